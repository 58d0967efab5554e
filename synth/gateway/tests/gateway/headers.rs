//! Headers that do not pass as they are, limits, and what every response has.

use bytes::Bytes;
use gateway::ResponseType;
use http::Request;
use serde_json::json;

use crate::support::*;

fn api() -> gateway::Gateway {
    gateway(body(json!({"/f": {"get": proxy(), "post": proxy()}, "/m": {"get": mock(200)}})))
}

#[tokio::test]
async fn nothing_behind_sees_headers_of_the_connection() {
    let names = [
        "connection",
        "content-length",
        "content-md5",
        "expect",
        "max-forwards",
        "proxy-authenticate",
        "server",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "www-authenticate",
    ];
    let mut request = get("/v1/f");
    for name in names {
        request.headers_mut().insert(name, "1".parse().unwrap());
    }
    request.headers_mut().insert("authorization", "Bearer x".parse().unwrap());
    let backend = Fake::default();
    ask(&api(), request, &backend).await;
    let event = backend.event();
    for name in names {
        assert_eq!(event["headers"].get(name), None, "{name}");
        assert_eq!(event["multiValueHeaders"].get(name), None, "{name}");
    }
    assert_eq!(event["headers"]["authorization"], "Bearer x");
}

#[tokio::test]
async fn what_is_behind_does_not_speak_for_the_gateway() {
    let names = [
        "Authorization",
        "Connection",
        "Content-Length",
        "Content-MD5",
        "Date",
        "Expect",
        "Host",
        "Max-Forwards",
        "Proxy-Authenticate",
        "Server",
        "Trailer",
        "Upgrade",
        "User-Agent",
        "WWW-Authenticate",
    ];
    let headers: serde_json::Map<_, _> = names.iter().map(|name| ((*name).to_owned(), json!("1"))).collect();
    let backend = Fake::giving(json!({"headers": headers, "multiValueHeaders": {"Transfer-Encoding": ["chunked"]}}));
    let exchange = ask(&api(), get("/v1/f"), &backend).await;
    for name in names {
        assert_eq!(header(&exchange, name), None, "{name}");
        assert_eq!(header(&exchange, &format!("x-amzn-Remapped-{name}")), Some("1"), "{name}");
    }
    assert_eq!(header(&exchange, "transfer-encoding"), None);
    assert_eq!(header(&exchange, "x-amzn-remapped-transfer-encoding"), None);
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
