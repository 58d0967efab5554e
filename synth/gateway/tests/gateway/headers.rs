//! Headers that do not pass as they are, limits, and what every response has.

use bytes::Bytes;
use gateway::ResponseType;
use http::Request;
use serde_json::json;

use crate::support::*;

fn api() -> gateway::Gateway {
    gateway(body(json!({"/f": {"get": proxy(), "post": proxy(), "head": proxy()}, "/m": {"get": mock(200)}})))
}

/// What becomes of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Passes,
    Dropped,
    Remapped,
}

use Fate::{Dropped, Passes, Remapped};

/// The table of <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>, as far as it
/// is about functions, row by row: in a request, in a response. Of `Transfer-Encoding` in a request it says "Exception".
const TABLE: [(&str, Fate, Fate); 24] = [
    ("Age", Passes, Passes),
    ("Authorization", Passes, Remapped),
    ("Connection", Dropped, Remapped),
    ("Content-Encoding", Passes, Passes),
    ("Content-Length", Passes, Passes),
    ("Content-MD5", Dropped, Remapped),
    ("Content-Type", Passes, Passes),
    ("Date", Passes, Remapped),
    ("Expect", Dropped, Dropped),
    ("Host", Passes, Dropped),
    ("Max-Forwards", Dropped, Remapped),
    ("Pragma", Passes, Passes),
    ("Proxy-Authenticate", Dropped, Dropped),
    ("Range", Passes, Passes),
    ("Referer", Passes, Passes),
    ("Server", Dropped, Remapped),
    ("TE", Dropped, Dropped),
    ("Transfer-Encoding", Dropped, Dropped),
    ("Trailer", Dropped, Dropped),
    ("Upgrade", Dropped, Dropped),
    ("User-Agent", Passes, Remapped),
    ("Via", Passes, Dropped),
    ("Warn", Passes, Passes),
    ("WWW-Authenticate", Dropped, Remapped),
];

#[tokio::test]
async fn what_a_function_sees_of_a_request_is_as_the_table_has_it() {
    let mut request = post("/v1/f", "text/plain", "x");
    for (name, ..) in TABLE {
        request.headers_mut().insert(name, "1".parse().unwrap());
    }
    let backend = Fake::default();
    ask(&api(), request, &backend).await;
    let event = backend.event();
    for (name, fate, _) in TABLE {
        let name = name.to_ascii_lowercase();
        let expected = (fate == Passes).then(|| json!("1"));
        assert_eq!(event["headers"].get(&name), expected.as_ref(), "{name}");
        let all = expected.map(|value| json!([value]));
        assert_eq!(event["multiValueHeaders"].get(&name), all.as_ref(), "{name}");
    }
}

#[tokio::test]
async fn what_a_client_sees_of_a_response_is_as_the_table_has_it() {
    let headers: serde_json::Map<_, _> = TABLE.iter().map(|(name, ..)| ((*name).to_owned(), json!("1"))).collect();
    let backend = Fake::giving(json!({"headers": headers, "body": "x"}));
    let exchange = ask(&api(), get("/v1/f"), &backend).await;
    for (name, _, fate) in TABLE {
        assert_eq!(header(&exchange, name), (fate == Passes).then_some("1"), "{name}");
        let renamed = header(&exchange, &format!("x-amzn-Remapped-{name}"));
        assert_eq!(renamed, (fate == Remapped).then_some("1"), "{name}");
    }
}

/// "Passthrough (generated based on body)", in the same table.
#[tokio::test]
async fn a_function_is_told_how_long_the_body_is() {
    for (method, given, body, told) in [
        ("POST", None, "four", Some("4")),
        ("POST", Some("9"), "four", Some("4")),
        ("POST", Some("0"), "", Some("0")),
        ("GET", None, "", None),
    ] {
        let mut request = Request::builder().method(method).uri("/v1/f");
        if let Some(given) = given {
            request = request.header("content-length", given);
        }
        let backend = Fake::default();
        ask(&api(), request.body(Bytes::from_static(body.as_bytes())).unwrap(), &backend).await;
        let event = backend.event();
        let headers = event["headers"].as_object().unwrap();
        let lengths: Vec<_> = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-length")).collect();
        assert_eq!(lengths.first().and_then(|(_, value)| value.as_str()), told, "{method} {body}");
        assert!(lengths.len() <= 1, "{lengths:?}");
    }
}

/// Anything else than the body's length would have a client wait for what does not come.
#[tokio::test]
async fn the_length_that_a_function_gives_passes_if_it_is_true() {
    for (method, status, given, body, told) in [
        ("GET", 200, "4", "four", Some("4")),
        ("GET", 200, "9", "four", Some("4")),
        ("GET", 200, "many", "four", Some("4")),
        ("GET", 204, "4", "four", None),
        ("GET", 304, "4", "", None),
        ("HEAD", 200, "9", "", Some("9")),
        ("HEAD", 200, "many", "", Some("0")),
        ("HEAD", 200, "9", "four", Some("4")),
    ] {
        let result = json!({"statusCode": status, "headers": {"Content-Length": given}, "body": body});
        let request = Request::builder().method(method).uri("/v1/f").body(Bytes::new()).unwrap();
        let exchange = ask(&api(), request, &Fake::giving(result)).await;
        assert_eq!(header(&exchange, "content-length"), told, "{method} {status} {given} {body}");
    }
    // Who overrides the method still waits for what a POST gets.
    let request = Request::post("/v1/f").header("x-http-method-override", "HEAD").body(Bytes::new()).unwrap();
    let exchange = ask(&api(), request, &Fake::giving(json!({"headers": {"Content-Length": "9"}}))).await;
    assert_eq!(header(&exchange, "content-length"), Some("0"));
}

/// "The Authorization header is dropped if it contains a Signature Version 4 signature", on its way to a function; an
/// authorizer decides by it.
#[tokio::test]
async fn a_signature_is_for_the_gateway_alone() {
    let mut operation = proxy();
    operation["security"] = json!([{"token": []}]);
    let mut all = body(json!({"/f": {"get": operation}}));
    all["components"] = json!({"securitySchemes": {"token": {
        "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authorizer": {
            "type": "request", "authorizerUri": uri(AUTH), "identitySource": "method.request.header.Authorization",
            "authorizerResultTtlInSeconds": 0
        }
    }}});
    let gateway = gateway(all);
    let signature = "AWS4-HMAC-SHA256 Credential=a/20260101/eu-west-1/execute-api/aws4_request, Signature=b";
    for (sent, seen) in [(signature, None), ("Bearer x", Some("Bearer x"))] {
        let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        let allowed = json!({"principalId": "p", "policyDocument": {"Statement": statement}}).to_string();
        let backend = Fake::invoking(move |arn, _| Ok(if arn == AUTH { allowed.clone().into() } else { "{}".into() }));
        let mut request = get("/v1/f");
        request.headers_mut().insert("authorization", sent.parse().unwrap());
        assert_eq!(status(&ask(&gateway, request, &backend).await), 200);
        let events = backend.events.lock().unwrap();
        let header = |event: usize| events[event].1["headers"]["authorization"].as_str();
        assert_eq!((header(0), header(1)), (Some(sent), seen));
        let all = events[1].1["multiValueHeaders"].get("authorization");
        assert_eq!(all, seen.map(|seen| json!([seen])).as_ref());
    }
}

#[tokio::test]
async fn a_mapped_response_is_renamed_too() {
    let mut operation = mock(401);
    operation["x-amazon-apigateway-integration"]["responses"]["default"]["responseParameters"] =
        json!({"method.response.header.WWW-Authenticate": "'Bearer'"});
    let exchange = ask(&gateway(body(json!({"/m": {"get": operation}}))), get("/v1/m"), &Fake::default()).await;
    assert_eq!(header(&exchange, "www-authenticate"), None);
    assert_eq!(header(&exchange, "x-amzn-remapped-www-authenticate"), Some("Bearer"));
}

#[tokio::test]
async fn a_header_that_http_cannot_carry_is_left_out() {
    let backend = Fake::giving(json!({"headers": {"X-Bad": "a\r\nb", "bad name": "x", "X-Good": "é"}, "body": "b"}));
    let exchange = ask(&api(), get("/v1/f"), &backend).await;
    assert_eq!((status(&exchange), text(&exchange)), (200, "b"));
    assert_eq!(exchange.response.headers().get("x-bad"), None);
    assert_eq!(exchange.response.headers()["x-good"].as_bytes(), "é".as_bytes());
}

#[tokio::test]
async fn every_response_has_its_ids() {
    let exchange = ask(&api(), get("/v1/f"), &Fake::default()).await;
    let id = header(&exchange, "x-amzn-requestid").unwrap();
    assert_eq!(id, exchange.trace.request_id);
    let parts: Vec<usize> = id.split('-').map(str::len).collect();
    assert_eq!((parts, &id[14..15]), (vec![8, 4, 4, 4, 12], "4"), "{id} is a UUID of version 4");
    assert!("89ab".contains(&id[19..20]), "{id}");
    assert_eq!(header(&exchange, "x-amz-apigw-id").map(str::len), Some(16));
    assert!(header(&exchange, "x-amzn-trace-id").unwrap().starts_with("Root=1-"));
    let other = ask(&api(), get("/v1/f"), &Fake::default()).await;
    assert_ne!(id, other.trace.request_id);
    for path in ["/v1/m", "/v1/nothing"] {
        let exchange = ask(&api(), get(path), &Fake::default()).await;
        assert!(header(&exchange, "x-amzn-requestid").is_some(), "{path}");
        assert_eq!(header(&exchange, "x-amzn-trace-id"), None, "nothing was asked for {path}");
    }
}

#[tokio::test]
async fn a_client_can_choose_the_id_of_its_request_but_not_the_other() {
    let mut request = get("/v1/f");
    request.headers_mut().insert("x-amzn-requestid", "mine".parse().unwrap());
    let backend = Fake::default();
    let exchange = ask(&api(), request, &backend).await;
    assert_eq!(exchange.trace.request_id, "mine");
    assert_eq!(backend.event()["requestContext"]["requestId"], "mine");
    assert_ne!(header(&exchange, "x-amz-apigw-id"), Some("mine"));
}

#[tokio::test]
async fn addresses_are_added_to_those_before() {
    let mut request = get("/v1/f");
    request.headers_mut().insert("x-forwarded-for", "198.51.100.1".parse().unwrap());
    request.headers_mut().insert("x-forwarded-proto", "gopher".parse().unwrap());
    let backend = Fake::default();
    ask(&api(), request, &backend).await;
    let event = backend.event();
    assert_eq!(event["headers"]["X-Forwarded-For"], "198.51.100.1, 203.0.113.7");
    assert_eq!(event["multiValueHeaders"]["X-Forwarded-Proto"], json!(["http"]));
    assert_eq!(event["headers"].get("x-forwarded-for"), None, "once");
}

#[tokio::test]
async fn a_body_of_ten_megabytes_passes_and_one_byte_more_does_not() {
    let backend = Fake::default();
    // To a service: a function is handed less.
    let gateway = gateway(body(json!({"/t": {"post": table("{}")}})));
    let largest = vec![b' '; 10 * 1024 * 1024];
    let exchange = ask(&gateway, post("/v1/t", "application/json", largest.clone()), &backend).await;
    assert_eq!(status(&exchange), 200);
    let larger = [largest, vec![b' ']].concat();
    let exchange = ask(&gateway, post("/v1/t", "application/json", larger), &backend).await;
    assert_eq!((status(&exchange), exchange.trace.gateway_response), (413, Some(ResponseType::RequestTooLarge)));
    assert_eq!(backend.asked(), 1);
}

#[tokio::test]
async fn a_request_line_and_headers_have_ten_thousand_bytes_at_most() {
    let line = "GET".len() + "/v1/m".len();
    for (length, expected) in [(10_240 - line, 200), (10_240 - line + 1, 431)] {
        let request = Request::get("/v1/m").header("x-long", "x".repeat(length)).body(Bytes::new()).unwrap();
        assert_eq!(status(&ask(&api(), request, &Fake::default()).await), expected, "{length}");
    }
}
