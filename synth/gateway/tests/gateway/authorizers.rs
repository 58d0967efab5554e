//! Authorizers: when they are asked, with what, and what becomes of what they say.

use bytes::Bytes;
use gateway::{AuthorizerOutcome, Failure, Gateway, InvokeError, ResponseType};
use http::Request;
use serde_json::{Value, json};

use crate::support::*;

fn with(authorizer: Value, operation: Value) -> Value {
    let mut operation = operation;
    operation["security"] = json!([{"token": []}]);
    let mut all = body(json!({"/items/{id}": {"get": operation}}));
    let mut definition = json!({
        "type": "request",
        "identitySource": "method.request.header.Authorization",
        "authorizerUri": uri(AUTH),
        "authorizerResultTtlInSeconds": 0
    });
    for (key, value) in authorizer.as_object().unwrap() {
        definition[key] = value.clone();
    }
    all["components"] = json!({"securitySchemes": {"token": {
        "type": "apiKey", "name": "Authorization", "in": "header",
        "x-amazon-apigateway-authtype": "custom", "x-amazon-apigateway-authorizer": definition
    }}});
    all
}

fn says(effect: &str, context: Value) -> Value {
    json!({
        "principalId": "somebody",
        "policyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": effect, "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*:*:*/v1/GET/items/*"}
        ]},
        "context": context
    })
}

fn request(token: Option<&str>) -> Request<Bytes> {
    let mut request = get("/v1/items/a%20b?q=1&q=2");
    if let Some(token) = token {
        request.headers_mut().insert("authorization", token.parse().unwrap());
    }
    request
}

/// Asks with a token; the authorizer gives this.
async fn judged(answer: Result<Value, InvokeError>) -> gateway::Exchange {
    let backend = Fake::invoking(move |arn, _| match (arn == AUTH, &answer) {
        (true, Ok(answer)) => Ok(answer.to_string().into()),
        (true, Err(error)) => Err(error.clone()),
        (false, _) => Ok(Bytes::from_static(b"{}")),
    });
    ask(&gateway(with(json!({}), proxy())), request(Some("Bearer x")), &backend).await
}

#[tokio::test]
async fn a_missing_identity_is_refused_without_asking() {
    for token in [None, Some("")] {
        let backend = Fake::default();
        let exchange = ask(&gateway(with(json!({}), proxy())), request(token), &backend).await;
        assert_eq!((status(&exchange), text(&exchange)), (401, r#"{"message":"Unauthorized"}"#));
        assert_eq!(exchange.trace.gateway_response, Some(ResponseType::Unauthorized));
        assert_eq!(exchange.trace.authorizer.unwrap().outcome, AuthorizerOutcome::NotAsked);
        assert_eq!(backend.asked(), 0);
    }
}

#[tokio::test]
async fn the_event_has_the_whole_request() {
    let backend = Fake::giving(says("Deny", json!({})));
    let exchange = ask(&gateway(with(json!({}), proxy())), request(Some("Bearer x")), &backend).await;
    let mut event = backend.event();
    let context = event["requestContext"].take();
    let headers = event["headers"].take();
    let multi_value_headers = event["multiValueHeaders"].take();
    assert_eq!(
        event,
        json!({
            "type": "REQUEST",
            "methodArn": "arn:aws:execute-api:eu-west-1:111122223333:api/v1/GET/items/a%20b",
            "resource": "/items/{id}",
            "path": "/items/a%20b",
            "httpMethod": "GET",
            "headers": null,
            "multiValueHeaders": null,
            "queryStringParameters": {"q": "2"},
            "multiValueQueryStringParameters": {"q": ["1", "2"]},
            "pathParameters": {"id": "a%20b"},
            "stageVariables": {"table": "items"},
            "requestContext": null
        })
    );
    assert_eq!(headers["authorization"], "Bearer x");
    assert_eq!(multi_value_headers["authorization"], json!(["Bearer x"]));
    assert_eq!(context["resourcePath"], "/items/{id}");
    assert_eq!(context["identity"]["sourceIp"], "203.0.113.7");
    assert_eq!(context["requestId"], exchange.trace.request_id);
    assert_eq!(context.get("authorizer"), None);
}

#[tokio::test]
async fn the_method_that_is_judged_is_the_one_that_is_carried_out() {
    let backend = Fake::giving(says("Allow", json!({})));
    let mut sent = request(Some("Bearer x"));
    *sent.method_mut() = http::Method::POST;
    sent.headers_mut().insert("x-http-method-override", "GET".parse().unwrap());
    ask(&gateway(with(json!({}), mock(200))), sent, &backend).await;
    let arn = "arn:aws:execute-api:eu-west-1:111122223333:api/v1/GET/items/a%20b";
    assert_eq!((&backend.event()["methodArn"], &backend.event()["httpMethod"]), (&json!(arn), &json!("GET")));
}

#[tokio::test]
async fn the_policy_decides() {
    let exchange = judged(Ok(says("Allow", json!({})))).await;
    assert_eq!((status(&exchange), exchange.trace.authorizer.unwrap().outcome), (200, AuthorizerOutcome::Allowed));
    let exchange = judged(Ok(says("Deny", json!({})))).await;
    let denied = r#"{"Message":"User is not authorized to access this resource with an explicit deny"}"#;
    assert_eq!((status(&exchange), text(&exchange)), (403, denied));
    let mut elsewhere = says("Allow", json!({}));
    elsewhere["policyDocument"]["Statement"][0]["Resource"] = json!("arn:aws:execute-api:*:*:*/v1/POST/*");
    let exchange = judged(Ok(elsewhere)).await;
    assert_eq!(
        (status(&exchange), text(&exchange)),
        (403, r#"{"Message":"User is not authorized to access this resource"}"#)
    );
    assert_eq!(exchange.trace.gateway_response, Some(ResponseType::AccessDenied));
    assert_eq!(exchange.trace.authorizer.unwrap().outcome, AuthorizerOutcome::Denied);
    assert!(exchange.trace.integration.is_none(), "nobody else was asked");
}

#[tokio::test]
async fn an_authorizer_that_fails_is_not_the_clients_fault() {
    let function = |message: &str| Err(Failure::new("Error", message).into());
    let no_principal = json!({"policyDocument": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}});
    for (answer, status_expected, kind) in [
        (function("Unauthorized"), 401, ResponseType::Unauthorized),
        (function("out of memory"), 500, ResponseType::AuthorizerFailure),
        (Err(InvokeError::Unavailable("no such".to_owned())), 500, ResponseType::AuthorizerConfigurationError),
        (Err(InvokeError::TimedOut), 500, ResponseType::AuthorizerConfigurationError),
        (Ok(json!("yes")), 500, ResponseType::AuthorizerConfigurationError),
        (Ok(no_principal), 500, ResponseType::AuthorizerConfigurationError),
        (Ok(says("Allow", json!({"list": []}))), 500, ResponseType::AuthorizerConfigurationError),
        (Ok(says("Maybe", json!({}))), 500, ResponseType::AuthorizerConfigurationError),
    ] {
        let exchange = judged(answer).await;
        assert_eq!((status(&exchange), exchange.trace.gateway_response), (status_expected, Some(kind)));
        let message = if status_expected == 500 { Value::Null } else { json!("Unauthorized") };
        assert_eq!(parsed(&exchange), json!({"message": message}));
    }
}

#[tokio::test]
async fn what_an_authorizer_knows_goes_on_as_text() {
    let known = json!({"scopes": "read", "number": 7, "truth": true});
    let exchange = judged(Ok(says("Allow", known.clone()))).await;
    let seen = exchange.trace.integration.unwrap();
    let event: Value = serde_json::from_slice(&seen.request).unwrap();
    let mut context = event["requestContext"]["authorizer"].clone();
    assert!(context.as_object_mut().unwrap().remove("integrationLatency").unwrap().is_u64());
    assert_eq!(context, json!({"principalId": "somebody", "scopes": "read", "number": "7", "truth": "true"}));

    let template = "$context.authorizer.principalId/$context.authorizer.scopes/$context.authorizer.number.length()";
    let backend = Fake::giving(says("Allow", known));
    let exchange = ask(&gateway(with(json!({}), table(template))), request(Some("Bearer x")), &backend).await;
    assert_eq!(status(&exchange), 200);
    assert_eq!(backend.called().body, "somebody/read/1");
}

#[tokio::test]
async fn an_answer_is_remembered_by_its_identity_for_as_long_as_it_holds() {
    let clock = Hands::default();
    let authorizer = json!({"authorizerResultTtlInSeconds": 60});
    let gateway = Gateway::with_clock(definition(with(authorizer, mock(200))), clock.clone()).unwrap();
    let backend = Fake::giving(says("Allow", json!({})));
    for (token, after, asked) in [("a", 0, 1), ("a", 59_999, 1), ("b", 0, 2), ("a", 1, 3), ("a", 1, 3)] {
        clock.advance(after);
        let exchange = ask(&gateway, request(Some(token)), &backend).await;
        assert_eq!((status(&exchange), backend.asked()), (200, asked));
    }
    let without = Gateway::with_clock(definition(with(json!({}), mock(200))), clock).unwrap();
    for _ in 0..2 {
        ask(&without, request(Some("a")), &backend).await;
    }
    assert_eq!(backend.asked(), 5, "a time of 0 remembers nothing");
}

#[tokio::test]
async fn a_remembered_policy_is_asked_about_each_method() {
    let mut all = with(json!({"authorizerResultTtlInSeconds": 60}), mock(200));
    all["paths"]["/other"] = json!({"get": all["paths"]["/items/{id}"]["get"]});
    let gateway = gateway(all);
    let backend = Fake::giving(says("Allow", json!({})));
    assert_eq!(status(&ask(&gateway, request(Some("a")), &backend).await), 200);
    let mut other = get("/v1/other");
    other.headers_mut().insert("authorization", "a".parse().unwrap());
    let exchange = ask(&gateway, other, &backend).await;
    assert_eq!((status(&exchange), backend.asked()), (403, 1));
    assert!(exchange.trace.authorizer.unwrap().cached);
}

#[tokio::test]
async fn a_token_authorizer_gets_the_token_alone_and_only_a_valid_one() {
    let authorizer = json!({"type": "token", "identityValidationExpression": "Bearer [a-z]+"});
    let gateway = gateway(with(authorizer, mock(200)));
    let backend = Fake::giving(says("Allow", json!({})));
    let exchange = ask(&gateway, request(Some("Bearer x7")), &backend).await;
    assert_eq!((status(&exchange), backend.asked()), (401, 0), "the whole token must fit");
    assert_eq!(status(&ask(&gateway, request(Some("Bearer x")), &backend).await), 200);
    let arn = "arn:aws:execute-api:eu-west-1:111122223333:api/v1/GET/items/a%20b";
    assert_eq!(backend.event(), json!({"type": "TOKEN", "methodArn": arn, "authorizationToken": "Bearer x"}));
}

#[tokio::test]
async fn an_identity_can_come_from_several_places() {
    let sources = "method.request.querystring.q, context.identity.sourceIp, stageVariables.table";
    let backend = Fake::giving(says("Allow", json!({})));
    let exchange = ask(&gateway(with(json!({"identitySource": sources}), mock(200))), request(None), &backend).await;
    assert_eq!(status(&exchange), 200);
    let sources = "method.request.querystring.other";
    let exchange = ask(&gateway(with(json!({"identitySource": sources}), mock(200))), request(None), &backend).await;
    assert_eq!(status(&exchange), 401);
}

#[tokio::test(start_paused = true)]
async fn an_authorizer_that_never_answers_is_given_up() {
    let exchange = ask(&gateway(with(json!({}), mock(200))), request(Some("a")), &Silent).await;
    assert_eq!(exchange.trace.gateway_response, Some(ResponseType::AuthorizerConfigurationError));
}
