//! The stack that this repository deploys, as it is emitted.

use bytes::Bytes;
use gateway::{Definition, Gateway};
use http::Request;
use serde_json::{Value, json};

use crate::support::*;

const ID: &str = "7a22eb38-bca6-463f-9955-54ab040287cb";

/// Intrinsic functions as an emulator resolves them: every name is the logical id.
fn resolved(value: &Value) -> Value {
    let Value::Object(object) = value else {
        return match value {
            Value::Array(items) => items.iter().map(resolved).collect(),
            other => other.clone(),
        };
    };
    if let Some(Value::String(id)) = object.get("Ref") {
        return json!(id);
    }
    if let Some(path) = object.get("Fn::GetAtt") {
        return json!(format!("arn:{}", path[0].as_str().unwrap()));
    }
    if let Some(Value::String(text)) = object.get("Fn::Sub") {
        let arn = |name: &str| format!("arn:aws:lambda:eu-west-1:111122223333:function:{name}");
        let text = text.replace("${AWS::Partition}", "aws").replace("${AWS::Region}", "eu-west-1");
        return json!(text.replace("${GenFunction.Arn}", &arn("gen")).replace("${AuthFunction.Arn}", &arn("auth")));
    }
    Value::Object(object.iter().map(|(key, value)| (key.clone(), resolved(value))).collect())
}

fn stack() -> Gateway {
    timed(Hands::default())
}

fn timed(clock: Hands) -> Gateway {
    let text = include_str!("../../../tests/golden/local.template.yaml");
    let template: Value = serde_yaml::from_str(text).unwrap();
    let properties = |kind: &str| {
        let resources = template["Resources"].as_object().unwrap();
        resolved(&resources.values().find(|resource| resource["Type"] == kind).unwrap()["Properties"])
    };
    let definition = Definition::new(properties("AWS::ApiGateway::RestApi"), properties("AWS::ApiGateway::Stage"));
    Gateway::with_clock(definition, clock).unwrap()
}

fn backend() -> Fake {
    let mut backend = Fake::calling(|call| {
        Ok(answer(
            200,
            &match &*call.action {
                "GetItem" => json!({"Item": {
                    "document": {"S": "{\"actieId\":\"7\"}"}, "vertrouwelijkheid": {"S": "normaal"}, "vervallen": {"BOOL": false}
                }}),
                _ => json!({}),
            },
        ))
    });
    backend.replace_invoke(|arn, _| {
        Ok(if arn.ends_with(":auth") {
            let policy = json!({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*"}
            ]});
            json!({"principalId": "p", "policyDocument": policy, "context": {"scopes": "read:normal"}})
        } else {
            json!({"statusCode": 201, "headers": {"Content-Type": "application/json"}, "body": "{}"})
        }
        .to_string()
        .into())
    });
    backend
}

fn request(method: &str, path: &str) -> Request<Bytes> {
    let request = Request::builder().method(method).uri(path).header("authorization", "Bearer x");
    request.header("content-type", "application/json").body(Bytes::new()).unwrap()
}

#[tokio::test]
async fn r53_a_get_goes_straight_to_the_table() {
    let backend = backend();
    let exchange = ask(&stack(), request("GET", &format!("/v1/verwerkingsacties/{ID}")), &backend).await;
    assert_eq!((status(&exchange), parsed(&exchange)), (200, json!({"actieId": "7"})));
    assert_eq!(header(&exchange, "api-version"), Some("0.9.0"));
    let call = backend.called();
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(
        (&*call.action, &body["TableName"], &body["Key"]["actieId"]["S"]),
        ("GetItem", &json!("Table"), &json!(ID))
    );
    assert_eq!(exchange.trace.operation.as_deref(), Some("verwerkingsactie_read"));
}

#[tokio::test]
async fn r53_a_post_goes_to_gen() {
    let backend = backend();
    let exchange = ask(&stack(), request("POST", "/v1/verwerkingsacties"), &backend).await;
    assert_eq!(status(&exchange), 201);
    let events = backend.events.lock().unwrap();
    let asked: Vec<&str> = events.iter().map(|(arn, _)| arn.rsplit(':').next().unwrap()).collect();
    assert_eq!(asked, ["auth", "gen"]);
    assert_eq!(events[1].1["requestContext"]["authorizer"]["scopes"], "read:normal");
}

#[tokio::test]
async fn r70_what_the_gateway_says_itself_is_a_fout() {
    for (method, path, expected, token) in [
        ("GET", "/v1/nergens", 404, true),
        ("DELETE", "/v1/verwerkingsacties", 405, true),
        ("GET", "/v1/verwerkingsacties", 401, false),
    ] {
        let mut request = request(method, path);
        if !token {
            request.headers_mut().remove("authorization");
        }
        let exchange = ask(&stack(), request, &backend()).await;
        let body = parsed(&exchange);
        assert_eq!((status(&exchange), &body["status"]), (expected, &json!(expected)), "{method} {path}");
        assert_eq!(header(&exchange, "content-type"), Some("application/problem+json"), "{method} {path}");
        assert_eq!(header(&exchange, "api-version"), Some("0.9.0"), "{method} {path}");
        assert_eq!(body["instance"], format!("urn:uuid:{}", exchange.trace.request_id));
    }
}

#[tokio::test]
async fn the_stage_takes_as_many_requests_as_it_says() {
    let clock = Hands::default();
    let gateway = timed(clock.clone());
    let path = format!("/v1/verwerkingsacties/{ID}");
    for expected in std::iter::repeat_n(200, 500).chain([429, 429]) {
        let exchange = ask(&gateway, request("GET", &path), &backend()).await;
        assert_eq!(status(&exchange), expected);
    }
    clock.advance(1);
    let exchange = ask(&gateway, request("GET", &path), &backend()).await;
    assert_eq!(status(&exchange), 200);
}

#[tokio::test]
async fn another_media_type_than_json_is_415() {
    let mut request = request("DELETE", &format!("/v1/verwerkingsacties/{ID}"));
    request.headers_mut().insert("content-type", "text/csv".parse().unwrap());
    assert_eq!(status(&ask(&stack(), request, &backend()).await), 415);
}

/// Measures, and asserts nothing about time: `cargo test --release -p gateway -- --ignored --nocapture`. What the
/// authorizer and the table take is left out, making the authorizer's event is not.
#[tokio::test]
#[ignore = "a measurement"]
async fn how_long_a_get_takes() {
    let clock = Hands::default();
    let gateway = timed(clock.clone());
    let mut times = Vec::new();
    for _ in 0..3000 {
        // The stage takes 1000 requests a second.
        clock.advance(1);
        let path = format!("/v1/verwerkingsacties/{ID}");
        let trace = ask(&gateway, request("GET", &path), &backend()).await.trace;
        assert_eq!(trace.status, 200);
        times.push(trace.took - trace.authorizer.unwrap().took - trace.integration.unwrap().took);
    }
    times.sort_unstable();
    println!("{:?} a GET, half of them less", times[times.len() / 2]);
}
