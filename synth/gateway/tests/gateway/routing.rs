//! Which method a path leads to, and what is made of its parameters.

use gateway::Trace;
use http::{Method, Request};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::*;

/// Every resource says its own name.
fn named() -> Value {
    let named = |name: &str| {
        json!({"operationId": name, "x-amazon-apigateway-integration": {
            "type": "mock",
            "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
            "responses": {"default": {"statusCode": "200", "responseTemplates": {
                "application/json": format!("{name} $input.params('id') $input.params('proxy') $input.params('a')")
            }}}
        }})
    };
    body(json!({
        "/": {"get": named("root")},
        "/items": {"get": named("list"), "post": named("create")},
        "/items/{id}": {"get": named("read"), "x-amazon-apigateway-any-method": named("any")},
        "/items/special": {"get": named("special")},
        "/items/{id}/parts/{a}": {"get": named("part")},
        "/items/special/parts/all": {"get": named("all")},
        "/files/{proxy+}": {"get": named("file")},
        "/files/index": {"get": named("index")},
    }))
}

async fn outcome(method: Method, path: &str) -> (u16, String) {
    let request = Request::builder().method(method).uri(path).body(bytes::Bytes::new()).unwrap();
    let exchange = ask(&gateway(named()), request, &Fake::default()).await;
    let words: Vec<&str> = text(&exchange).split_whitespace().collect();
    (status(&exchange), words.join(" "))
}

#[tokio::test]
async fn the_most_specific_resource_wins() {
    for (path, expected) in [
        ("/v1", "root"),
        ("/v1/", "root"),
        ("/v1/items", "list"),
        ("/v1/items/", "list"),
        ("/v1/items?a=b", "list b"),
        ("/v1/items/7", "read 7"),
        ("/v1/items/special", "special"),
        ("/v1/items/special/parts/all", "all"),
        ("/v1/items/special/parts/3", "part special 3"),
        ("/v1//items", "list"),
        ("/v1/files/index", "index"),
        ("/v1/files/index/", "index"),
        ("/v1/files/a/b", "file a/b"),
        ("/v1/files/a//b/", "file a//b"),
        ("/v1/files/index/x", "file index/x"),
    ] {
        assert_eq!(outcome(Method::GET, path).await, (200, expected.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn what_leads_nowhere_lacks_an_authentication_token() {
    for path in ["/v1/nothing", "/v1/items/7/parts", "/v1/files", "/v1/items//x"] {
        let (status, text) = outcome(Method::GET, path).await;
        assert_eq!((status, text.as_str()), (403, r#"{"message":"Missing Authentication Token"}"#), "{path}");
    }
    assert_eq!(outcome(Method::DELETE, "/v1/items").await.0, 403, "the resource has no DELETE");
    assert_eq!(outcome(Method::HEAD, "/v1/items").await.0, 403, "a HEAD is no GET");
    assert_eq!(outcome(Method::OPTIONS, "/v1/items").await.0, 403, "nothing is added for CORS");
}

#[tokio::test]
async fn a_path_without_the_stage_is_forbidden_and_gets_no_gateway_response_of_the_api() {
    let mut body = named();
    let own = json!({"statusCode": "404", "responseTemplates": {"application/json": "own"}});
    body["x-amazon-apigateway-gateway-responses"] =
        json!({"MISSING_AUTHENTICATION_TOKEN": own, "DEFAULT_4XX": own, "ACCESS_DENIED": own});
    let gateway = gateway(body);
    for path in ["/v2/items", "/v1items", "/V1/items", "/", "/items"] {
        let exchange = ask(&gateway, get(path), &Fake::default()).await;
        assert_eq!((status(&exchange), text(&exchange)), (403, r#"{"message":"Forbidden"}"#), "{path}");
        let headers = exchange.response.headers();
        assert_eq!(headers["x-amzn-errortype"], "ForbiddenException");
        assert_eq!(headers["content-type"], "application/json");
        assert!(headers.contains_key("x-amzn-requestid"));
        let Trace { gateway_response, reason, .. } = exchange.trace;
        assert!(gateway_response.is_none() && reason.unwrap().contains("paths start with /v1/"), "{path}");
    }
    let nothing = ask(&gateway, get("/v1/nothing"), &Fake::default()).await;
    assert_eq!((status(&nothing), text(&nothing)), (404, "own"));
}

#[tokio::test]
async fn any_method_is_what_no_other_is() {
    assert_eq!(outcome(Method::GET, "/v1/items/7").await.1, "read 7");
    assert_eq!(outcome(Method::DELETE, "/v1/items/7").await.1, "any 7");
    assert_eq!(outcome(Method::PATCH, "/v1/items/7").await.1, "any 7");
}

/// "API Gateway overrides the method. So in order to pass the header to the backend, the header needs to be added to the
/// integration request", <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>.
#[tokio::test]
async fn a_header_overrides_the_method() {
    let overridden = |method: Method, path: &str, value: &str| {
        let request = Request::builder().method(method).uri(path).header("x-http-method-override", value);
        request.body(bytes::Bytes::new()).unwrap()
    };
    for (method, path, value, expected) in [
        (Method::POST, "/v1/items/7", "GET", "read 7"),
        (Method::GET, "/v1/items/7", "DELETE", "any 7"),
        (Method::DELETE, "/v1/items", "post", "create"),
        (Method::GET, "/v1/items", "", "list"),
    ] {
        let exchange = ask(&gateway(named()), overridden(method, path, value), &Fake::default()).await;
        let words: Vec<&str> = text(&exchange).split_whitespace().collect();
        assert_eq!((status(&exchange), words.join(" ").as_str()), (200, expected), "{value} {path}");
    }
    let exchange = ask(&gateway(named()), overridden(Method::GET, "/v1/items", "PUT"), &Fake::default()).await;
    assert_eq!((status(&exchange), exchange.trace.method.as_str()), (403, "PUT"));
    let gateway = gateway(body(json!({"/f": {"get": proxy()}})));
    let backend = Fake::default();
    ask(&gateway, overridden(Method::PUT, "/v1/f", "GET"), &backend).await;
    let event = backend.event();
    assert_eq!((&event["httpMethod"], &event["requestContext"]["httpMethod"]), (&json!("GET"), &json!("GET")));
    assert_eq!(event["headers"].get("x-http-method-override"), None);
    assert_eq!(event["multiValueHeaders"].get("x-http-method-override"), None);
}

#[tokio::test]
async fn a_header_that_overrides_the_method_can_be_mapped() {
    let mut operation = table("$context.httpMethod");
    operation["x-amazon-apigateway-integration"]["requestParameters"] =
        json!({"integration.request.header.X-Method": "method.request.header.X-HTTP-Method-Override"});
    let backend = Fake::default();
    let request = Request::post("/v1/t").header("x-http-method-override", "GET").body(bytes::Bytes::new()).unwrap();
    ask(&gateway(body(json!({"/t": {"get": operation}}))), request, &backend).await;
    let call = backend.called();
    assert_eq!((call.body, call.headers.get("X-Method").map(String::as_str)), ("GET".into(), Some("GET")));
}

#[tokio::test]
async fn a_template_sees_parameters_decoded() {
    assert_eq!(outcome(Method::GET, "/v1/items/a%2Fb+c%C3%A9").await.1, "read a/b+cé");
    assert_eq!(outcome(Method::GET, "/v1/items?a=x+y%2Bz").await.1, "list x y+z");
    assert_eq!(outcome(Method::GET, "/v1/items?a=1&a=2").await.1, "list 2", "the last value");
    assert_eq!(outcome(Method::GET, "/v1/items?a=1;2").await.1, "list 1", "a semicolon splits");
    assert_eq!(outcome(Method::GET, "/v1/items?b=1;a=2").await.1, "list 2", "a semicolon splits");
    assert_eq!(outcome(Method::GET, "/v1/items?a=1%3B2").await.1, "list 1;2", "an escape does not");
}

#[tokio::test]
async fn the_trace_names_the_operation_and_its_resource() {
    let exchange = ask(&gateway(named()), get("/v1/items/7?x=1"), &Fake::default()).await;
    let trace = exchange.trace;
    assert_eq!((trace.operation.as_deref(), trace.resource.as_deref()), (Some("read"), Some("/items/{id}")));
    assert_eq!((trace.method.as_str(), trace.path.as_str(), trace.query.as_str()), ("GET", "/v1/items/7", "x=1"));
    assert_eq!((trace.status, trace.gateway_response), (200, None));
}

proptest! {
    /// Whatever a client asks for is answered: by a resource, or by the gateway.
    #[test]
    fn no_path_is_too_strange(path in "(/(v1|items|files|special|parts|[a-z%0-9{}+.~/]{0,6})){0,9}[?]?[a-z&=+%]{0,9}") {
        let Ok(uri) = format!("/v1{path}").parse::<http::Uri>() else { return Ok(()) };
        let request = Request::get(uri).body(bytes::Bytes::new()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let gateway = gateway(named());
        let exchange = runtime.block_on(ask(&gateway, request, &Fake::default()));
        prop_assert!(matches!(status(&exchange), 200 | 403), "{}", text(&exchange));
    }
}
