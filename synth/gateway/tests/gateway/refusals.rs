//! Gateway responses: which, by what template, with what headers.

use gateway::{InvokeError, ResponseType};
use serde_json::{Value, json};

use crate::support::*;

fn with(responses: Value) -> gateway::Gateway {
    let mut all =
        body(json!({"/f": {"get": proxy()}, "/t": {"get": table("{}"), "post": table("$input.path('$.a')")}}));
    all["x-amazon-apigateway-gateway-responses"] = responses;
    gateway(all)
}

#[tokio::test]
async fn a_response_is_made_by_its_own_template() {
    let gateway = with(json!({"MISSING_AUTHENTICATION_TOKEN": {
        "statusCode": 404,
        "responseParameters": {
            "gatewayresponse.header.Content-Type": "'application/problem+json'",
            "gatewayresponse.header.X-Path": "context.path",
            "gatewayresponse.header.X-Agent": "method.request.header.user-agent",
            "gatewayresponse.header.X-Query": "method.request.querystring.q",
            "gatewayresponse.header.X-Table": "stageVariables.table",
            "gatewayresponse.header.X-Absent": "context.authorizer.nobody",
            "gatewayresponse.header.WWW-Authenticate": "'Bearer'"
        },
        "responseTemplates": {
            "application/json": "{\"id\":\"$context.requestId\",\"type\":\"$context.error.responseType\",\"says\":$context.error.messageString,\"said\":\"$context.error.message\",\"ip\":\"${context.identity.sourceIp}\",\"none\":\"$context.nothing\"}"
        }
    }}));
    let mut request = get("/v1/nowhere?q=1");
    request.headers_mut().insert("user-agent", "test".parse().unwrap());
    let exchange = ask(&gateway, request, &Fake::default()).await;
    assert_eq!(status(&exchange), 404);
    let expected = json!({
        "id": exchange.trace.request_id,
        "type": "MISSING_AUTHENTICATION_TOKEN",
        "says": "Missing Authentication Token",
        "said": "Missing Authentication Token",
        "ip": "203.0.113.7",
        "none": ""
    });
    assert_eq!(parsed(&exchange), expected);
    for (name, value) in [
        ("content-type", Some("application/problem+json")),
        ("x-path", Some("/v1/nowhere")),
        ("x-agent", Some("test")),
        ("x-query", Some("1")),
        ("x-table", Some("items")),
        ("x-absent", None),
        ("www-authenticate", Some("Bearer")),
        ("x-amzn-errortype", Some("MissingAuthenticationTokenException")),
    ] {
        assert_eq!(header(&exchange, name), value, "{name}");
    }
}

/// The example of <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-gateway-responses.responseParameters.html>,
/// and several values.
#[tokio::test]
async fn a_response_can_name_what_was_asked_for() {
    let mut keyed = mock(200);
    keyed["security"] = json!([{"key": []}]);
    let mut all = body(json!({"/pets/{petId}": {"get": keyed}}));
    all["components"] = json!({"securitySchemes": {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}});
    let response = json!({
        "responseParameters": {
            "gatewayresponse.header.Access-Control-Allow-Origin": "'*.example.domain'",
            "gatewayresponse.header.from-request-header": "method.request.header.Accept",
            "gatewayresponse.header.from-request-headers": "method.request.multivalueheader.accept",
            "gatewayresponse.header.from-request-path": "method.request.path.petId",
            "gatewayresponse.header.from-no-path": "method.request.path.other",
            "gatewayresponse.header.from-request-query": "method.request.querystring.qname",
            "gatewayresponse.header.from-request-queries": "method.request.multivaluequerystring.qname"
        },
        "responseTemplates": {"application/json": "$method.request.path.petId/${method.request.path.other}/$method.request.querystring.qname"}
    });
    all["x-amazon-apigateway-gateway-responses"] =
        json!({"INVALID_API_KEY": response, "MISSING_AUTHENTICATION_TOKEN": response});
    let gateway = gateway(all);
    for (path, pet) in [("/v1/pets/a%20b", Some("a b")), ("/v1/nowhere", None)] {
        let mut request = get(&format!("{path}?qname=1&qname=2"));
        for value in ["x/y", "application/json"] {
            request.headers_mut().append("accept", value.parse().unwrap());
        }
        let exchange = ask(&gateway, request, &Fake::default()).await;
        assert_eq!(text(&exchange), format!("{}//2", pet.unwrap_or_default()));
        for (name, value) in [
            ("access-control-allow-origin", Some("*.example.domain")),
            ("from-request-header", Some("application/json")),
            ("from-request-headers", Some("x/y,application/json")),
            ("from-request-path", pet),
            ("from-no-path", None),
            ("from-request-query", Some("2")),
            ("from-request-queries", Some("1,2")),
        ] {
            assert_eq!(header(&exchange, name), value, "{path} {name}");
        }
    }
}

#[test]
fn a_mapping_that_is_none_is_a_mistake() {
    for (to, from, says) in [
        ("gatewayresponse.header.a", "method.request.cookie.b", "the parameter mapping `method.request.cookie.b`"),
        ("gatewayresponse.header.a", "method.request.path.", "the parameter mapping `method.request.path.`"),
        ("gatewayresponse.header.a", "integration.response.header.b", "the parameter mapping `integration."),
        ("gatewayresponse.header.a", "*", "the parameter mapping `*`"),
        ("gatewayresponse.cookie.a", "'b'", "`gatewayresponse.cookie.a`"),
        ("method.response.header.a", "'b'", "`method.response.header.a`"),
    ] {
        let mut all = body(json!({"/m": {"get": mock(200)}}));
        all["x-amazon-apigateway-gateway-responses"] = json!({"THROTTLED": {"responseParameters": {to: from}}});
        let error = refused(all);
        assert_eq!(error.at, "Body.x-amazon-apigateway-gateway-responses.THROTTLED.responseParameters");
        assert!(error.reason.contains(says), "{}", error.reason);
    }
}

#[tokio::test]
async fn what_has_none_of_its_own_gets_the_default_of_its_hundred() {
    let gateway = with(json!({
        "DEFAULT_4XX": {"responseTemplates": {"application/json": "four $context.error.responseType"}},
        "DEFAULT_5XX": {"statusCode": "599", "responseTemplates": {"application/json": "five $context.error.responseType"}},
        "THROTTLED": {"statusCode": "429"}
    }));
    let exchange = ask(&gateway, get("/v1/nowhere"), &Fake::default()).await;
    assert_eq!((status(&exchange), text(&exchange)), (403, "four MISSING_AUTHENTICATION_TOKEN"));
    let exchange = ask(&gateway, post("/v1/t", "text/csv", "x"), &Fake::default()).await;
    assert_eq!((status(&exchange), text(&exchange)), (415, "four UNSUPPORTED_MEDIA_TYPE"));
    let backend = Fake::invoking(|_, _| Err(InvokeError::TimedOut));
    let exchange = ask(&gateway, get("/v1/f"), &backend).await;
    assert_eq!((status(&exchange), text(&exchange)), (599, "five INTEGRATION_TIMEOUT"));
    let backend = Fake::giving(json!("malformed"));
    let exchange = ask(&gateway, get("/v1/f"), &backend).await;
    assert_eq!((status(&exchange), text(&exchange)), (599, "five DEFAULT_5XX"));
}

/// "Customizing the default gateway response for 413 REQUEST_TOO_LARGE isn't currently supported",
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>.
#[tokio::test]
async fn what_is_too_large_is_said_in_the_gateways_own_words() {
    let own = json!({
        "statusCode": "400", "responseTemplates": {"application/json": "own"},
        "responseParameters": {"gatewayresponse.header.X-Own": "'own'"}
    });
    for kind in ["REQUEST_TOO_LARGE", "DEFAULT_4XX"] {
        let gateway = with(json!({kind: own}));
        let large = vec![b' '; 10 * 1024 * 1024 + 1];
        let exchange = ask(&gateway, post("/v1/t", "application/json", large), &Fake::default()).await;
        assert_eq!(
            (status(&exchange), text(&exchange)),
            (413, "HTTP content length exceeded 10485760 bytes."),
            "{kind}"
        );
        assert_eq!(header(&exchange, "content-type"), Some("text; charset=utf-8"));
        assert_eq!((header(&exchange, "x-own"), header(&exchange, "x-amzn-errortype")), (None, None), "{kind}");
        assert!(header(&exchange, "x-amzn-requestid").is_some() && header(&exchange, "x-amz-apigw-id").is_some());
        assert_eq!(exchange.trace.gateway_response, Some(ResponseType::RequestTooLarge));
    }
}

#[tokio::test]
async fn the_template_is_chosen_by_accept() {
    let gateway = with(json!({"DEFAULT_4XX": {"responseTemplates": {
        "text/html": "<p>", "application/json": "{}"
    }}}));
    for (accept, body, media_type) in [
        ("text/html,*/*", "<p>", "text/html"),
        ("TEXT/HTML; q=0.1, application/json", "<p>", "text/html"),
        ("x/y, text/html", "{}", "application/json"),
        ("application/json", "{}", "application/json"),
        ("x/y", "{}", "application/json"),
    ] {
        let mut request = get("/v1/nowhere");
        request.headers_mut().insert("accept", accept.parse().unwrap());
        let exchange = ask(&gateway, request, &Fake::default()).await;
        assert_eq!((text(&exchange), header(&exchange, "content-type")), (body, Some(media_type)), "{accept}");
    }
}

#[tokio::test]
async fn what_the_authorizer_knew_can_be_named() {
    let mut all = body(json!({"/t": {"get": table("$input.path('$[')")}}));
    all["paths"]["/t"]["get"]["security"] = json!([{"token": []}]);
    all["components"] = json!({"securitySchemes": {"token": {
        "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authorizer": {
            "type": "request", "authorizerUri": uri(AUTH), "authorizerResultTtlInSeconds": 0
        }
    }}});
    all["x-amazon-apigateway-gateway-responses"] =
        json!({"DEFAULT_5XX": {"responseTemplates": {"application/json": "$context.authorizer.client"}}});
    let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let allowed = json!({"principalId": "p", "policyDocument": {"Statement": statement}, "context": {"client": "c-1"}});
    let exchange = ask(&gateway(all), get("/v1/t"), &Fake::giving(allowed)).await;
    assert_eq!((status(&exchange), text(&exchange)), (500, "c-1"));
}

#[test]
fn every_type_that_aws_lists_is_known_by_name_and_status() {
    let listed = [
        ("ACCESS_DENIED", 403),
        ("API_CONFIGURATION_ERROR", 500),
        ("AUTHORIZER_CONFIGURATION_ERROR", 500),
        ("AUTHORIZER_FAILURE", 500),
        ("BAD_REQUEST_BODY", 400),
        ("BAD_REQUEST_PARAMETERS", 400),
        ("DEFAULT_4XX", 400),
        ("DEFAULT_5XX", 500),
        ("EXPIRED_TOKEN", 403),
        ("INTEGRATION_FAILURE", 504),
        ("INTEGRATION_TIMEOUT", 504),
        ("INVALID_API_KEY", 403),
        ("INVALID_SIGNATURE", 403),
        ("MISSING_AUTHENTICATION_TOKEN", 403),
        ("QUOTA_EXCEEDED", 429),
        ("REQUEST_TOO_LARGE", 413),
        ("RESOURCE_NOT_FOUND", 404),
        ("THROTTLED", 429),
        ("UNAUTHORIZED", 401),
        ("UNSUPPORTED_MEDIA_TYPE", 415),
        ("WAF_FILTERED", 403),
    ];
    let known: Vec<_> = ResponseType::all().map(|kind| (kind.name(), kind.status())).collect();
    assert_eq!(known, listed);
}
