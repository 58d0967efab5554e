//! How much of anything there may be, to the byte.

use bytes::Bytes;
use gateway::{Gateway, ResponseType, ServiceAnswer};
use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::support::*;

const SIX: usize = 6_291_456;
const TEN: usize = 10_485_760;

/// `/proxy`, `/custom` and `/table`, which hand the client's body on, and give back what they get; and `/deny/{rest+}`, which asks
/// an authorizer, beside `/open/{rest+}`, which does not.
fn api() -> Gateway {
    let mut custom = table("$input.body");
    let integration = &mut custom["x-amazon-apigateway-integration"];
    integration["uri"] = json!(uri(WORK));
    integration["responses"]["(?s).+"] = json!({"statusCode": "500"});
    let mut denied = mock(200);
    denied["security"] = json!([{"token": []}]);
    let mut all = body(json!({
        "/proxy": {"post": proxy()}, "/custom": {"post": custom}, "/table": {"post": table("{}")},
        "/deny/{rest+}": {"get": denied}, "/open/{rest+}": {"get": mock(200)},
    }));
    all["components"] = json!({"securitySchemes": {"token": {
        "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authorizer": {
            "type": "token", "authorizerUri": uri(AUTH), "authorizerResultTtlInSeconds": 0
        }
    }}});
    Gateway::with_clock(definition(all), Hands::default()).unwrap()
}

fn sent(path: &str, size: usize) -> http::Request<Bytes> {
    post(path, "application/json", "x".repeat(size))
}

#[tokio::test]
async fn a_function_is_handed_six_megabytes_at_most() {
    let gateway = api();
    let backend = Fake::default();
    // All but the body of an event, which is of the same size for lengths of as many digits.
    let some = 1_000_000;
    ask(&gateway, sent("/v1/proxy", some), &backend).await;
    let envelope = backend.event().to_string().len() - some;
    for (path, most) in [("/v1/proxy", SIX - envelope), ("/v1/custom", SIX)] {
        let backend = Fake::default();
        assert_eq!(status(&ask(&gateway, sent(path, most), &backend).await), 200, "{path}");
        assert_eq!(backend.asked(), 1);
        let exchange = ask(&gateway, sent(path, most + 1), &backend).await;
        assert_eq!((status(&exchange), text(&exchange)), (413, r#"{"message": "Request Too Long"}"#), "{path}");
        assert_eq!(header(&exchange, "content-type"), Some("application/json"));
        assert_eq!(header(&exchange, "x-amzn-errortype"), Some("BadRequestException"));
        assert_eq!(exchange.trace.gateway_response, Some(ResponseType::RequestTooLarge));
        assert_eq!(backend.asked(), 1, "nobody was asked");
    }
}

#[tokio::test]
async fn a_function_that_is_not_waited_for_is_handed_one_megabyte_at_most() {
    let mut later = table("$input.body");
    let integration = &mut later["x-amazon-apigateway-integration"];
    integration["uri"] = json!(uri(WORK));
    integration["requestParameters"] = json!({"integration.request.header.X-Amz-Invocation-Type": "'Event'"});
    let gateway = gateway(body(json!({"/later": {"post": later}})));
    let backend = Fake::default();
    let exchange = ask(&gateway, sent("/v1/later", 1_048_576), &backend).await;
    assert_eq!((status(&exchange), text(&exchange), backend.asked()), (200, "", 1));
    assert_eq!(exchange.trace.integration.unwrap().status, Some(202));
    let exchange = ask(&gateway, sent("/v1/later", 1_048_577), &backend).await;
    assert_eq!((status(&exchange), text(&exchange)), (413, r#"{"message": "Request Too Long"}"#));
    assert_eq!(backend.asked(), 1);
}

#[tokio::test]
async fn a_function_gives_six_megabytes_and_a_hundred_bytes_at_most() {
    let gateway = api();
    let giving = |size: usize| Fake::giving(json!({"body": "x".repeat(size - r#"{"body":""}"#.len())}));
    let exchange = ask(&gateway, sent("/v1/proxy", 1), &giving(SIX + 100)).await;
    assert_eq!((status(&exchange), exchange.response.body().len()), (200, SIX + 100 - r#"{"body":""}"#.len()));
    let exchange = ask(&gateway, sent("/v1/proxy", 1), &giving(SIX + 101)).await;
    assert_eq!((status(&exchange), text(&exchange)), (502, r#"{"message":"Internal server error"}"#));
    assert_eq!(status(&ask(&gateway, sent("/v1/custom", 1), &giving(SIX + 100)).await), 200);
    let exchange = ask(&gateway, sent("/v1/custom", 1), &giving(SIX + 101)).await;
    let error = json!({
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    });
    assert_eq!((status(&exchange), parsed(&exchange)), (500, error));
}

#[tokio::test]
async fn a_client_gets_ten_megabytes_at_most() {
    for (size, expected) in [(TEN, 200), (TEN + 1, 500)] {
        let backend = Fake::calling(move |_| {
            Ok(ServiceAnswer { status: 200, headers: IndexMap::new(), body: vec![b'x'; size].into() })
        });
        let exchange = ask(&api(), sent("/v1/table", 1), &backend).await;
        assert_eq!(status(&exchange), expected);
        if expected == 500 {
            assert_eq!(text(&exchange), r#"{"message":"Internal server error"}"#);
            assert_eq!(exchange.trace.gateway_response, Some(ResponseType::Default5xx));
        }
    }
}

/// "If authorization is enabled on a method, the maximum length of the method's ARN [...] is 1,600 bytes",
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>.
#[tokio::test]
async fn the_arn_of_a_method_with_an_authorizer_has_1600_bytes_at_most() {
    let allow = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let answer = json!({"principalId": "p", "policyDocument": {"Statement": allow}});
    let asked = async |path: &str| {
        let mut request = get(path);
        request.headers_mut().insert("authorization", "t".parse().unwrap());
        let backend = Fake::giving(answer.clone());
        let exchange = ask(&api(), request, &backend).await;
        let arn = backend.events.lock().unwrap().first().map(|(_, event)| event["methodArn"].clone());
        (exchange, arn)
    };
    let (_, arn) = asked("/v1/deny/").await;
    assert_eq!(arn, None, "a greedy parameter is not empty");
    let (_, Some(Value::String(arn))) = asked("/v1/deny/x").await else { panic!("the authorizer is asked") };
    let longest = "x".repeat(1600 - arn.len() + 1);
    let (exchange, arn) = asked(&format!("/v1/deny/{longest}")).await;
    assert_eq!((status(&exchange), arn.unwrap().as_str().map(str::len)), (200, Some(1600)));
    let (exchange, arn) = asked(&format!("/v1/deny/{longest}x")).await;
    assert_eq!((status(&exchange), text(&exchange), arn), (414, r#"{"message":"Request URI too long"}"#, None));
    assert!(exchange.trace.reason.unwrap().contains("1601"));
    assert_eq!(status(&asked(&format!("/v1/open/{longest}x")).await.0), 200);
}
