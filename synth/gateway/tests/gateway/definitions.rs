//! Definitions: mistakes that are found before the first request, and what is taken no notice of.

use gateway::{Definition, Gateway};
use serde_json::{Value, json};

use crate::support::*;

/// The operation of `/m` with another integration.
fn integration(change: Value) -> Value {
    let mut operation = table("{}");
    for (key, value) in change.as_object().unwrap() {
        operation["x-amazon-apigateway-integration"][key] = value.clone();
    }
    body(json!({"/m": {"get": operation}}))
}

#[test]
fn an_integration_that_cannot_be_carried_out_is_named_with_its_place() {
    for (change, says) in [
        (json!({"type": "http"}), "type `http` are not emulated"),
        (json!({"type": "HTTP_PROXY"}), "type `http_proxy` are not emulated"),
        (json!({"type": "magic"}), "there is no type `magic`"),
        (json!({"type": "aws_proxy"}), "`aws_proxy` goes to a function"),
        (json!({"uri": "arn:aws:apigateway:eu-west-1:sqs:path/1/queue"}), "addresses sqs by path"),
        (json!({"uri": "arn:aws:apigateway:eu-west-1:s3:path/bucket/key"}), "addresses s3 by path"),
        (json!({"uri": "arn:aws:apigateway:eu-west-1:sns:action/Publish"}), "with sns are not emulated"),
        (json!({"uri": "https://example.com"}), "is no URI of a service"),
        (
            json!({"type": "aws_proxy", "uri": uri("arn:aws:lambda:eu-west-1:1:function:${stageVariables.fn}")}),
            "stage variables in a `uri` are not emulated; it names the function itself",
        ),
        (
            json!({"uri": "arn:aws:apigateway:eu-west-1:dynamodb:action/${stageVariables.action}"}),
            "stage variables in a `uri` are not emulated",
        ),
        (json!({"passthroughBehavior": "sometimes"}), "no passthroughBehavior `sometimes`"),
        (json!({"requestTemplates": {"application/json": "#if("}}), "the read request template does not parse"),
        (json!({"responses": {"(": {"statusCode": "200"}}}), "the pattern `(`"),
        (json!({"timeoutInMillis": 10}), "`timeoutInMillis` is 50 or more, not `10`"),
        (json!({"timeoutInMillis": "49"}), "`timeoutInMillis` is 50 or more, not `49`"),
        (json!({"timeoutInMillis": -1}), "`timeoutInMillis` is 50 or more, not `-1`"),
        (json!({"timeoutInMillis": 50.5}), "`timeoutInMillis` is a whole number, not `50.5`"),
        (json!({"timeoutInMillis": "soon"}), "`timeoutInMillis` is a whole number, not `soon`"),
        (json!({"timeoutInMillis": true}), "`timeoutInMillis` is a whole number, not `true`"),
        (json!({"responses": {"default": {}}}), "has no `statusCode`"),
        (json!({"responses": {"default": {"statusCode": "101"}}}), "has no `statusCode` of 200 to 599"),
        (json!({"responses": {"default": {"statusCode": 600}}}), "has no `statusCode` of 200 to 599"),
        (
            json!({"responses": {"default": {"statusCode": "200", "responseTemplates": {"a/b": "#foreach"}}}}),
            "the read response for `default` template does not parse",
        ),
        (
            json!({"responses": {"default": {"statusCode": "200", "responseParameters": {"method.response.header.A": "b"}}}}),
            "the parameter mapping `b` is not known",
        ),
        (
            json!({"requestParameters": {"integration.request.header.a": "method.request.body.a["}}),
            "the parameter mapping `method.request.body.a[` has no JSONPath: ",
        ),
        (
            json!({"requestParameters": {"integration.request.header.a": "method.request.multivalueheader."}}),
            "the parameter mapping `method.request.multivalueheader.` is not known",
        ),
    ] {
        let error = refused(integration(change.clone()));
        assert_eq!(error.at, "Body.paths./m.get", "{change}");
        assert!(error.reason.contains(says), "{change}: {}", error.reason);
    }
}

#[test]
fn other_mistakes_have_their_place_too() {
    let with = |key: &str, value: Value| {
        let mut all = body(json!({"/m": {"get": mock(200)}}));
        all[key] = value;
        all
    };
    let scheme = |scheme: Value| with("components", json!({"securitySchemes": {"s": scheme}}));
    let authorizer =
        |authorizer: Value| scheme(json!({"type": "apiKey", "x-amazon-apigateway-authorizer": authorizer}));
    for (body, at, says) in [
        (body(json!({"/m": {"get": {}}})), "Body.paths./m.get", "no `x-amazon-apigateway-integration`"),
        (body(json!({"m": {"get": mock(200)}})), "Body.paths.m.get", "starts with no `/`"),
        (body(json!({"/{a+}/b": {"get": mock(200)}})), "Body.paths./{a+}/b.get", "only the last segment can be greedy"),
        (
            body(json!({"/{a}": {"get": mock(200)}, "/{b}/c": {"get": mock(200)}})),
            "Body.paths./{b}/c.get",
            "another path has `a`",
        ),
        (
            body(json!({"/res{id}": {"get": mock(200)}})),
            "Body.paths./res{id}.get",
            "`res{id}` has a brace inside: a parameter is a whole segment, `/{id}`",
        ),
        (body(json!({"/{a}{b}": {"get": mock(200)}})), "Body.paths./{a}{b}.get", "`{a}{b}` has a brace inside"),
        (body(json!({"/{a}b": {"get": mock(200)}})), "Body.paths./{a}b.get", "`{a}b` has a brace inside"),
        (body(json!({"/a/{+}": {"get": mock(200)}})), "Body.paths./a/{+}.get", "`{+}` names no parameter"),
        (body(json!({"/{}/a": {"get": mock(200)}})), "Body.paths./{}/a.get", "`{}` names no parameter"),
        (with("openapi", Value::Null), "Body.openapi", "there is none: a body is OpenAPI 3, `openapi: 3.0.1`"),
        (with("openapi", json!("2.0")), "Body.openapi", "`2.0` is not read: a body is OpenAPI 3"),
        (with("swagger", json!("2.0")), "Body.swagger", "Swagger 2.0 is not read: a body is OpenAPI 3"),
        (
            with("x-amazon-apigateway-gateway-responses", json!({"NO_SUCH": {}})),
            "Body.x-amazon-apigateway-gateway-responses",
            "no gateway response `NO_SUCH`",
        ),
        (
            with("x-amazon-apigateway-gateway-responses", json!({"THROTTLED": {"statusCode": "101"}})),
            "Body.x-amazon-apigateway-gateway-responses",
            "`THROTTLED` has the status `101`, and not one of 200 to 599",
        ),
        (
            scheme(json!({"type": "http", "scheme": "basic"})),
            "Body.components.securitySchemes.s",
            "neither a Lambda authorizer",
        ),
        (
            scheme(json!({"type": "apiKey", "name": "Authorization", "x-amazon-apigateway-authtype": "awsSigv4"})),
            "Body.components.securitySchemes.s",
            "neither a Lambda authorizer",
        ),
        (authorizer(json!({"type": "request"})), "Body.components.securitySchemes.s", "no URI of a function"),
        (
            authorizer(json!({"type": "cognito_user_pools", "authorizerUri": uri(AUTH)})),
            "Body.components.securitySchemes.s",
            "type `cognito_user_pools` are not emulated",
        ),
        (
            authorizer(json!({"type": "REQUEST", "authorizerUri": uri(AUTH)})),
            "Body.components.securitySchemes.s",
            "`REQUEST` is no type of an authorizer: it is `request` or `token`, in lower case",
        ),
        (
            authorizer(json!({"authorizerUri": uri(AUTH)})),
            "Body.components.securitySchemes.s",
            "it has no `type`, which is `request` or `token`",
        ),
        (
            authorizer(
                json!({"type": "request", "authorizerUri": uri("arn:aws:lambda:::function:${stageVariables.fn}")}),
            ),
            "Body.components.securitySchemes.s",
            "stage variables in an `authorizerUri` are not emulated; it names the function itself",
        ),
        (
            authorizer(json!({"type": "request", "authorizerUri": uri(AUTH)})),
            "Body.components.securitySchemes.s",
            "nothing to cache its answers by",
        ),
        (
            authorizer(json!({"type": "request", "authorizerUri": uri(AUTH), "identitySource": "method.request.body"})),
            "Body.components.securitySchemes.s",
            "no identity source",
        ),
        (
            authorizer(json!({"type": "token", "authorizerUri": uri(AUTH), "authorizerResultTtlInSeconds": 3601})),
            "Body.components.securitySchemes.s",
            "0 to 3600",
        ),
        (
            authorizer(json!({"type": "token", "authorizerUri": uri(AUTH), "authorizerResultTtlInSeconds": "never"})),
            "Body.components.securitySchemes.s",
            "`authorizerResultTtlInSeconds` is a whole number, not `never`",
        ),
    ] {
        let error = refused(body);
        assert_eq!(error.at, at, "{}", error.reason);
        assert!(error.reason.contains(says), "{}", error.reason);
    }
    let mut unknown = mock(200);
    unknown["security"] = json!([{"absent": []}]);
    assert!(refused(body(json!({"/m": {"get": unknown}}))).reason.contains("no security scheme `absent`"));
    let error = Gateway::new(Definition::new(json!({}), json!({"StageName": "v1"}))).expect_err("no body");
    assert_eq!(error.at, "Body");
    let error = Gateway::new(Definition::new(json!({"Body": body(json!({}))}), json!({}))).expect_err("no stage");
    assert_eq!(error.to_string(), "StageName: the stage has none");
}

#[test]
fn what_changes_nothing_is_told_once() {
    let mut keyed = proxy();
    keyed["x-amazon-apigateway-integration"]["credentials"] = json!("arn:aws:iam::1:role/r");
    let mut definition = definition(body(json!({"/a": {"get": keyed.clone()}, "/b": {"get": keyed}})));
    definition.api["Policy"] = json!({"Statement": []});
    definition.api["DisableExecuteApiEndpoint"] = json!("false");
    definition.stage["TracingEnabled"] = json!(true);
    definition.stage["MethodSettings"] = json!([
        {"ResourcePath": "/*", "HttpMethod": "*", "MetricsEnabled": true, "LoggingLevel": "OFF"},
        {"ResourcePath": "/~1a", "HttpMethod": "GET", "MetricsEnabled": true}
    ]);
    assert_eq!(
        Gateway::new(definition).unwrap().not_emulated(),
        [
            "Policy: the resource policy is not evaluated",
            "Stage.TracingEnabled: no segments are sent to X-Ray",
            "Stage.MethodSettings.MetricsEnabled: no metrics are sent",
            "Body.paths./a.get.x-amazon-apigateway-integration.credentials: roles are not assumed, and permissions not \
             checked",
        ]
    );
    assert_eq!(gateway(body(json!({"/m": {"get": mock(200)}}))).not_emulated(), [""; 0]);
}

#[test]
fn what_aws_does_only_with_a_raised_quota_is_told() {
    for (given, told) in [(json!(29_000), &[][..]), (json!("29001"), &["a regional or private API"])] {
        let gateway = gateway(integration(json!({"timeoutInMillis": given})));
        assert_eq!(gateway.not_emulated().len(), told.len(), "{given}");
        for (line, says) in gateway.not_emulated().iter().zip(told) {
            let at = "Body.paths./m.get.x-amazon-apigateway-integration.timeoutInMillis: ";
            assert!(line.starts_with(at) && line.contains(says), "{line}");
        }
    }
}

/// A parameter of CloudFormation is always text, so `{"Ref": "Burst"}` gives text.
#[test]
fn a_limit_that_is_no_number_is_a_mistake() {
    for (setting, wrong, says) in [
        ("ThrottlingRateLimit", json!("fast"), "`ThrottlingRateLimit` is a number, not `fast`"),
        ("ThrottlingBurstLimit", json!(true), "`ThrottlingBurstLimit` is a number, not `true`"),
    ] {
        let mut definition = definition(body(json!({"/m": {"get": mock(200)}})));
        let mut settings = json!({"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": "1"});
        settings[setting] = wrong;
        definition.stage["MethodSettings"] = json!([settings]);
        let error = Gateway::new(definition).expect_err("a limit that is none");
        assert_eq!((error.at.as_str(), error.reason.as_str()), ("Stage.MethodSettings", says));
    }
}
