//! Lambda proxy integrations: the event, and what becomes of the result.

use bytes::Bytes;
use gateway::{Failure, HeaderSpelling, InvokeError, ResponseType};
use http::Request;
use serde_json::{Value, json};

use crate::support::*;

fn api() -> Value {
    body(json!({"/items/{id}": {"post": proxy(), "get": proxy()}}))
}

fn binary(media_types: Value) -> gateway::Gateway {
    let mut all = api();
    all["x-amazon-apigateway-binary-media-types"] = media_types;
    gateway(all)
}

async fn replied(result: Value) -> gateway::Exchange {
    ask(&gateway(api()), get("/v1/items/7"), &Fake::giving(result)).await
}

#[tokio::test]
async fn the_event_is_the_one_that_aws_sends() {
    let mut request = Request::post("/v1/items/a%2Bb/?x=1&x=2&y=z+%2B")
        .header("host", "api.example:8080")
        .header("content-type", "application/json")
        .header("user-agent", "test/1")
        .header("x-many", "1")
        .header("x-many", "2")
        .header("x-amzn-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793")
        .body(Bytes::from_static(b"{\"a\": \"\xc3\xa9\"}"))
        .unwrap();
    request.extensions_mut().insert(HeaderSpelling(vec!["Content-Type".to_owned(), "X-MANY".to_owned()]));
    let backend = Fake::default();
    let gateway = gateway::Gateway::with_clock(definition(api()), Hands::default()).unwrap();
    let exchange = ask(&gateway, request, &backend).await;
    let trace = "Root=1-5759e988-bd862e3fe1be46a994272793";
    let mut event = backend.event();
    let extended = event["requestContext"]["extendedRequestId"].take();
    let resource_id = event["requestContext"]["resourceId"].take();
    assert_eq!(
        event,
        json!({
            "resource": "/items/{id}",
            "path": "/items/a%2Bb/",
            "httpMethod": "POST",
            "headers": {
                "host": "api.example:8080", "Content-Type": "application/json", "user-agent": "test/1", "X-MANY": "2",
                "Content-Length": "11", "X-Amzn-Trace-Id": trace,
                "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Port": "8080", "X-Forwarded-Proto": "http"
            },
            "multiValueHeaders": {
                "host": ["api.example:8080"], "Content-Type": ["application/json"], "user-agent": ["test/1"],
                "X-MANY": ["1", "2"], "Content-Length": ["11"], "X-Amzn-Trace-Id": [trace],
                "X-Forwarded-For": ["203.0.113.7"], "X-Forwarded-Port": ["8080"], "X-Forwarded-Proto": ["http"]
            },
            "queryStringParameters": {"x": "2", "y": "z +"},
            "multiValueQueryStringParameters": {"x": ["1", "2"], "y": ["z +"]},
            "pathParameters": {"id": "a%2Bb"},
            "stageVariables": {"table": "items"},
            "requestContext": {
                "accountId": "111122223333",
                "apiId": "api",
                "domainName": "api.example:8080",
                "domainPrefix": "api",
                "extendedRequestId": null,
                "httpMethod": "POST",
                "identity": {
                    "accessKey": null, "accountId": null, "caller": null, "cognitoAuthenticationProvider": null,
                    "cognitoAuthenticationType": null, "cognitoIdentityId": null, "cognitoIdentityPoolId": null,
                    "principalOrgId": null, "sourceIp": "203.0.113.7", "user": null, "userAgent": "test/1",
                    "userArn": null
                },
                "path": "/v1/items/a%2Bb/",
                "protocol": "HTTP/1.1",
                "requestId": exchange.trace.request_id,
                "requestTime": "01/Jan/2026:12:00:00 +0000",
                "requestTimeEpoch": 1_767_268_800_123_i64,
                "resourceId": null,
                "resourcePath": "/items/{id}",
                "stage": "v1"
            },
            "body": "{\"a\": \"é\"}",
            "isBase64Encoded": false
        })
    );
    assert_eq!(header(&exchange, "x-amz-apigw-id"), extended.as_str());
    assert_eq!(resource_id.as_str().map(str::len), Some(6));
    assert_eq!(*backend.traces.lock().unwrap(), [Some(trace.to_owned())]);
}

#[tokio::test]
async fn what_there_is_none_of_is_null() {
    let backend = Fake::default();
    let definition =
        gateway::Definition::new(json!({"Body": body(json!({"/": {"get": proxy()}}))}), json!({"StageName": "v1"}));
    ask(&gateway::Gateway::new(definition).unwrap(), get("/v1"), &backend).await;
    let event = backend.event();
    for key in ["queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables", "body"]
    {
        assert_eq!(event.get(key), Some(&Value::Null), "{key}");
    }
}

#[tokio::test]
async fn a_result_is_the_response() {
    let exchange = replied(json!({
        "statusCode": 201,
        "headers": {"Content-Type": "text/plain", "X-One": "1", "X-Truth": true},
        "multiValueHeaders": {"X-Many": ["a", "b"], "x-one": ["1", "2"]},
        "body": "text",
        "isBase64Encoded": false
    }))
    .await;
    assert_eq!((status(&exchange), text(&exchange)), (201, "text"));
    assert_eq!(header(&exchange, "content-type"), Some("text/plain"));
    assert_eq!(header(&exchange, "x-truth"), Some("true"));
    let all = |name: &str| exchange.response.headers().get_all(name).iter().cloned().collect::<Vec<_>>();
    assert_eq!(all("x-many"), ["a", "b"]);
    assert_eq!(all("x-one"), ["1", "2"], "a pair that is in both is there once");
}

#[tokio::test]
async fn nothing_in_a_result_is_obligatory() {
    let exchange = replied(json!({})).await;
    assert_eq!((status(&exchange), text(&exchange)), (200, ""));
    assert_eq!(header(&exchange, "content-type"), Some("application/json"));
    assert_eq!(status(&replied(json!({"statusCode": "204", "body": null, "headers": null})).await), 204);
}

#[tokio::test]
async fn a_result_that_is_no_response_is_a_bad_gateway() {
    for (result, says) in [
        (json!("text"), "no object"),
        (json!(null), "no object"),
        (json!({"statusCode": 200, "extra": 1}), "`extra` is no part of a response"),
        (json!({"extra": null}), "`extra` is no part of a response"),
        (json!({"statusCode": "x"}), "`statusCode` cannot be"),
        (json!({"statusCode": 99}), "`statusCode` cannot be"),
        (json!({"statusCode": 100}), "`statusCode` cannot be"),
        (json!({"statusCode": 101}), "`statusCode` cannot be"),
        (json!({"statusCode": "199"}), "`statusCode` cannot be"),
        (json!({"statusCode": 600}), "`statusCode` cannot be"),
        (json!({"statusCode": 200.5}), "`statusCode` cannot be"),
        (json!({"body": {"a": 1}}), "`body` cannot be"),
        (json!({"headers": ["a"]}), "`headers` cannot be"),
        (json!({"headers": {"a": ["b"]}}), "the header `a` cannot be"),
        (json!({"multiValueHeaders": {"a": "b"}}), "no list for `a`"),
        (json!({"isBase64Encoded": "true"}), "`isBase64Encoded` cannot be"),
        (json!({"errorMessage": "x", "errorType": "y"}), "`errorMessage` is no part of a response"),
    ] {
        let exchange = replied(result.clone()).await;
        assert_eq!((status(&exchange), text(&exchange)), (502, r#"{"message":"Internal server error"}"#), "{result}");
        let reason = exchange.trace.reason.unwrap();
        assert!(reason.starts_with("malformed proxy response: ") && reason.contains(says), "{reason}");
    }
    let backend = Fake::invoking(|_, _| Ok(Bytes::from_static(b"<html>")));
    let exchange = ask(&gateway(api()), get("/v1/items/7"), &backend).await;
    assert_eq!((status(&exchange), exchange.trace.gateway_response), (502, Some(ResponseType::Default5xx)));
}

#[tokio::test]
async fn a_function_that_gives_no_result_is_told_from_one_that_cannot_be_run() {
    let failed = InvokeError::Function(Failure::new("Panic", "secret"));
    for (error, status_expected, kind) in [
        (failed, 502, ResponseType::Default5xx),
        (InvokeError::Unavailable("none".to_owned()), 500, ResponseType::IntegrationFailure),
        (InvokeError::TimedOut, 504, ResponseType::IntegrationTimeout),
    ] {
        let backend = Fake::invoking(move |_, _| Err(error.clone()));
        let exchange = ask(&gateway(api()), get("/v1/items/7"), &backend).await;
        assert_eq!((status(&exchange), exchange.trace.gateway_response), (status_expected, Some(kind)));
        assert!(!text(&exchange).contains("secret"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_that_never_answers_is_given_up() {
    let exchange = ask(&gateway(api()), get("/v1/items/7"), &Silent).await;
    assert_eq!((status(&exchange), exchange.trace.gateway_response), (504, Some(ResponseType::IntegrationTimeout)));
}

#[tokio::test]
async fn a_binary_body_goes_in_base64_and_any_other_as_text() {
    for (types, media_type, body, is_base64) in [
        (json!(["image/png"]), "image/png", "iVBORw==", true),
        (json!(["image/*"]), "image/png; x=y", "iVBORw==", true),
        (json!(["*/*"]), "image/png", "iVBORw==", true),
        (json!(["image/gif"]), "image/png", "\u{fffd}PNG", false),
        (json!([]), "image/png", "\u{fffd}PNG", false),
    ] {
        let backend = Fake::default();
        ask(&binary(types.clone()), post("/v1/items/7", media_type, b"\x89PNG".as_slice()), &backend).await;
        let event = backend.event();
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!(body), &json!(is_base64)), "{types}");
    }
}

#[tokio::test]
async fn a_binary_response_is_decoded_for_a_client_that_takes_it() {
    let result = json!({"body": "iVBORw==", "isBase64Encoded": true});
    for (accept, body) in [("image/png, */*", b"\x89PNG".as_slice()), ("text/html, image/png", b"iVBORw==")] {
        let mut request = get("/v1/items/7");
        request.headers_mut().insert("accept", accept.parse().unwrap());
        let exchange = ask(&binary(json!(["image/png"])), request, &Fake::giving(result.clone())).await;
        assert_eq!(exchange.response.body(), body, "by the first type alone: {accept}");
    }
    let mut request = get("/v1/items/7");
    request.headers_mut().insert("accept", "image/png".parse().unwrap());
    let broken = Fake::giving(json!({"body": "%", "isBase64Encoded": true}));
    let exchange = ask(&binary(json!(["image/png"])), request, &broken).await;
    assert_eq!(status(&exchange), 502);
}
