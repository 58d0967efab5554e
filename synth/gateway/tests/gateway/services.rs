//! Integrations with a service, and mocks: mapping templates, selections, overrides.

use gateway::{Failure, IntegrationTarget, ResponseType, ServiceAnswer, Unreachable};
use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::support::*;

const INTEGRATION: &str = "x-amazon-apigateway-integration";

/// An API with one operation, whose integration is changed.
fn changed(template: &str, change: impl FnOnce(&mut Value)) -> gateway::Gateway {
    let mut operation = table(template);
    change(&mut operation[INTEGRATION]);
    gateway(body(json!({"/items/{id}": {"get": operation.clone(), "post": operation}})))
}

#[tokio::test]
async fn a_template_makes_the_call() {
    let template =
        "$stageVariables.table $input.params('id') $input.params().querystring.q $context.resourcePath $context.stage";
    let backend = Fake::calling(|_| Ok(answer(200, &json!({"Item": 1}))));
    let exchange = ask(&changed(template, |_| {}), get("/v1/items/7?q=1"), &backend).await;
    assert_eq!((status(&exchange), parsed(&exchange)), (200, json!({"Item": 1})), "without a template, as it is");
    let call = backend.called();
    assert_eq!((&*call.service, &*call.action), ("dynamodb", "GetItem"));
    assert_eq!(call.body, "items 7 1 /items/{id} v1");
    assert_eq!(call.time_left.as_secs(), 29);
    let seen = exchange.trace.integration.unwrap();
    assert_eq!(seen.target, IntegrationTarget::Service { service: "dynamodb".into(), action: "GetItem".into() });
    assert_eq!((seen.request, seen.status), (call.body, Some(200)));
}

#[tokio::test]
async fn the_template_is_chosen_by_content_type() {
    let templates = json!({"application/json": "json", "text/plain": "text"});
    let set = |behaviour: &'static str, templates: Value| {
        changed("", move |integration| {
            integration["requestTemplates"] = templates;
            integration["passthroughBehavior"] = json!(behaviour);
        })
    };
    for (behaviour, media_type, expected) in [
        ("never", "application/json", Some("json")),
        ("never", "Application/JSON; charset=utf-8", Some("json")),
        ("never", "text/plain", Some("text")),
        ("never", "text/csv", None),
        ("when_no_templates", "text/csv", None),
        ("WHEN_NO_MATCH", "text/csv", Some("a,b")),
    ] {
        let backend = Fake::default();
        let gateway = set(behaviour, templates.clone());
        let exchange = ask(&gateway, post("/v1/items/7", media_type, "a,b"), &backend).await;
        match expected {
            Some(body) => assert_eq!(backend.called().body, body, "{behaviour} {media_type}"),
            None => {
                let refusal = (415, r#"{"message":"Unsupported Media Type"}"#);
                assert_eq!((status(&exchange), text(&exchange)), refusal, "{behaviour} {media_type}");
                assert_eq!(backend.asked(), 0);
            }
        }
    }
    let backend = Fake::default();
    ask(&set("when_no_templates", json!({})), post("/v1/items/7", "text/csv", "a,b"), &backend).await;
    assert_eq!(backend.called().body, "a,b", "no template at all");
    let backend = Fake::default();
    ask(&set("never", json!({"$default": "any"})), post("/v1/items/7", "text/csv", "a,b"), &backend).await;
    assert_eq!(backend.called().body, "any");
    let backend = Fake::default();
    ask(&set("never", templates), get("/v1/items/7"), &backend).await;
    assert_eq!(backend.called().body, "json", "what says nothing is JSON");
}

#[tokio::test]
async fn the_first_pattern_that_takes_the_whole_status_is_selected() {
    let gateway = changed("{}", |integration| {
        integration["responses"] = json!({
            "default": {"statusCode": "299"},
            "40": {"statusCode": "201"},
            "4\\d{2}": {"statusCode": "202"},
            "404": {"statusCode": "203"},
        });
    });
    for (from, to) in [(200, 299), (400, 202), (404, 202), (500, 299)] {
        let backend = Fake::calling(move |_| Ok(answer(from, &json!({}))));
        assert_eq!(status(&ask(&gateway, get("/v1/items/7"), &backend).await), to, "{from}");
    }
    let gateway = changed("{}", |integration| integration["responses"] = json!({"200": {"statusCode": "200"}}));
    let backend = Fake::calling(|_| Ok(answer(500, &json!({}))));
    let exchange = ask(&gateway, get("/v1/items/7"), &backend).await;
    assert_eq!(exchange.trace.gateway_response, Some(ResponseType::ApiConfigurationError));
    assert_eq!((status(&exchange), text(&exchange)), (500, r#"{"message":"Internal server error"}"#));
}

#[tokio::test]
async fn templates_and_mappings_make_the_response_and_overrides_have_the_last_word() {
    let gateway = changed("#set($context.responseOverride.header.X-From = \"request\"){}", |integration| {
        integration["responses"] = json!({"default": {
            "statusCode": "200",
            "responseParameters": {
                "method.response.header.X-Constant": "'c'",
                "method.response.header.X-Header": "integration.response.header.x-amzn-RequestId",
                "method.response.header.X-None": "integration.response.header.absent",
                "method.response.header.X-Body": "integration.response.body.a.b",
                "method.response.header.X-Context": "context.identity.sourceIp",
                "method.response.header.X-Stage": "stageVariables.table",
                "method.response.header.X-Path": "method.request.path.id",
                "method.response.header.X-Over": "'mapped'",
            },
            "responseTemplates": {
                "application/json": "#set($context.responseOverride.status = 418)#set($context.responseOverride.header.x-over = \"o\")$input.path('$.a.b')/$input.params('id')",
                "text/plain": "plain"
            }
        }});
    });
    let backend = Fake::calling(|_| {
        let headers = IndexMap::from([("X-Amzn-RequestId".to_owned(), "r".to_owned())]);
        Ok(ServiceAnswer { headers, ..answer(200, &json!({"a": {"b": 5}})) })
    });
    let exchange = ask(&gateway, get("/v1/items/7"), &backend).await;
    assert_eq!((status(&exchange), text(&exchange)), (418, "5/7"));
    for (name, value) in [
        ("content-type", Some("application/json")),
        ("x-constant", Some("c")),
        ("x-header", Some("r")),
        ("x-none", None),
        ("x-body", Some("5")),
        ("x-context", Some("203.0.113.7")),
        ("x-stage", Some("items")),
        ("x-path", Some("7")),
        ("x-over", Some("o")),
        ("x-from", Some("request")),
    ] {
        assert_eq!(header(&exchange, name), value, "{name}");
    }
    // "API Gateway only honors the first Accept media type."
    for (accept, expected) in [
        ("text/plain", "plain"),
        ("Text/Plain;q=0.5, application/json", "plain"),
        ("text/html, text/plain;q=0.5", "5/7"),
        ("image/png", "5/7"),
    ] {
        let mut request = get("/v1/items/7");
        request.headers_mut().insert("accept", accept.parse().unwrap());
        assert_eq!(text(&ask(&gateway, request, &backend).await), expected, "{accept}");
    }
}

#[tokio::test]
async fn headers_of_a_call_come_from_mappings_and_overrides() {
    let gateway = changed("#set($context.requestOverride.header.X-Two = \"2\"){}", |integration| {
        integration["requestParameters"] = json!({
            "integration.request.header.X-One": "method.request.querystring.q",
            "integration.request.header.X-Two": "'mapped'",
            "integration.request.header.X-Three": "method.request.header.x-absent",
        });
    });
    let backend = Fake::default();
    ask(&gateway, get("/v1/items/7?q=1"), &backend).await;
    let expected = [("X-One", "1"), ("X-Two", "2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(backend.called().headers, IndexMap::from(expected));
}

/// The first table of <https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-parameter-mapping-sources.html>,
/// row by row, and what of it has no value.
#[tokio::test]
async fn every_source_of_a_request_can_be_mapped() {
    let rows = [
        ("method.request.path.id", Some("a b")),
        ("method.request.path.other", None),
        ("method.request.querystring.q", Some("2")),
        ("method.request.querystring.Q", None),
        ("method.request.multivaluequerystring.q", Some("1,2")),
        ("method.request.multivaluequerystring.Q", None),
        ("method.request.header.X-Many", Some("b")),
        ("method.request.multivalueheader.X-Many", Some("a,b")),
        ("method.request.multivalueheader.x-one", Some("c")),
        ("method.request.multivalueheader.x-none", None),
        ("method.request.body", Some(PETS)),
        ("method.request.body.petstore.pets[0].name", Some("Rex")),
        ("method.request.body.petstore.pets[0].tame", Some("false")),
        ("method.request.body.petstore.pets[0].legs", Some("4")),
        ("method.request.body.petstore.pets[*].name", Some(r#"["Rex","Tom"]"#)),
        ("method.request.body.petstore['pets'][1]", Some(r#"{"name":"Tom"}"#)),
        ("method.request.body.petstore.empty", None),
        ("method.request.body.petstore.nothing", None),
        ("method.request.body.petstore.pets[7].name", None),
        ("stageVariables.table", Some("items")),
        ("context.identity.sourceIp", Some("203.0.113.7")),
        ("'static'", Some("static")),
    ];
    let mappings: serde_json::Map<_, _> =
        rows.iter().zip(0..).map(|((from, _), n)| (format!("integration.request.header.h{n}"), json!(from))).collect();
    let gateway = changed("{}", |integration| integration["requestParameters"] = Value::Object(mappings));
    let mut request = post("/v1/items/a%20b?q=1&q=2", "application/json", PETS);
    for (name, value) in [("x-many", "a"), ("x-many", "b"), ("x-one", "c")] {
        request.headers_mut().append(name, value.parse().unwrap());
    }
    let backend = Fake::default();
    ask(&gateway, request, &backend).await;
    let call = backend.called();
    for ((from, expected), n) in rows.iter().zip(0..) {
        assert_eq!(call.headers.get(&format!("h{n}")).map(String::as_str), *expected, "{from}");
    }
}

const PETS: &str =
    r#"{"petstore":{"pets":[{"name":"Rex","tame":false,"legs":4},{"name":"Tom"}],"empty":"","nothing":null}}"#;

/// The second table of the same page.
#[tokio::test]
async fn every_source_of_an_answer_can_be_mapped() {
    let rows = [
        ("integration.response.header.X-Answer", Some("x,y")),
        ("integration.response.multivalueheader.X-Answer", Some("x,y")),
        ("integration.response.multivalueheader.X-None", None),
        ("integration.response.body", Some(PETS)),
        ("integration.response.body.petstore.pets[0].name", Some("Rex")),
        ("integration.response.body.petstore.pets[7].name", None),
        ("stageVariables.table", Some("items")),
        ("context.stage", Some("v1")),
        ("'static'", Some("static")),
    ];
    let mappings: serde_json::Map<_, _> =
        rows.iter().zip(0..).map(|((from, _), n)| (format!("method.response.header.h{n}"), json!(from))).collect();
    let gateway = changed("{}", |integration| {
        integration["responses"]["default"]["responseParameters"] = Value::Object(mappings);
    });
    let backend = Fake::calling(|_| {
        let headers = IndexMap::from([("x-answer".to_owned(), "x,y".to_owned())]);
        Ok(ServiceAnswer { status: 200, headers, body: PETS.into() })
    });
    let exchange = ask(&gateway, get("/v1/items/7"), &backend).await;
    for ((from, expected), n) in rows.iter().zip(0..) {
        assert_eq!(header(&exchange, &format!("h{n}")), *expected, "{from}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_has_nothing_to_map() {
    let gateway = changed("{}", |integration| {
        integration["requestParameters"] = json!({"integration.request.header.h": "method.request.body.a[0]"});
        integration["requestTemplates"] = json!({"text/plain": "{}"});
    });
    let backend = Fake::default();
    let exchange = ask(&gateway, post("/v1/items/7", "text/plain", "a"), &backend).await;
    assert_eq!((status(&exchange), backend.called().headers.len()), (200, 0));
}

#[tokio::test]
async fn a_template_that_fails_is_a_server_error_and_a_body_that_is_no_json_the_clients() {
    let gateway = changed("$input.path('$.a')", |_| {});
    let backend = Fake::default();
    let exchange = ask(&gateway, post("/v1/items/7", "application/json", "{"), &backend).await;
    assert_eq!((status(&exchange), exchange.trace.gateway_response), (400, Some(ResponseType::Default4xx)));
    assert!(
        text(&exchange).starts_with(r#"{"message":"Could not parse request body into json: "#),
        "{}",
        text(&exchange)
    );
    let gateway = changed("$input.path('$[')", |_| {});
    let exchange = ask(&gateway, get("/v1/items/7"), &backend).await;
    assert_eq!((status(&exchange), text(&exchange)), (500, r#"{"message":"Internal server error"}"#));
    assert_eq!(backend.asked(), 0);
    assert!(exchange.trace.reason.unwrap().contains("read request template fails"));
    let gateway = changed("{}", |integration| {
        integration["responses"]["default"]["responseTemplates"] = json!({"application/json": "$input.json('$')"});
    });
    let backend = Fake::calling(|_| Ok(ServiceAnswer { body: "{".into(), ..answer(200, &json!({})) }));
    let exchange = ask(&gateway, get("/v1/items/7"), &backend).await;
    assert_eq!((status(&exchange), exchange.trace.gateway_response), (500, Some(ResponseType::Default5xx)));
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_is_an_integration_failure() {
    let backend =
        Fake::calling(|call| Err(Unreachable { service: call.service.clone(), reason: "refused".to_owned() }));
    let exchange = ask(&changed("{}", |_| {}), get("/v1/items/7"), &backend).await;
    assert_eq!((status(&exchange), exchange.trace.gateway_response), (504, Some(ResponseType::IntegrationFailure)));
    assert!(exchange.trace.reason.unwrap().contains("refused"));
}

#[tokio::test(start_paused = true)]
async fn a_service_is_waited_for_as_long_as_the_body_says() {
    for (given, waited) in [
        (json!(50), 50),
        (json!("1000"), 1000),
        (json!(29_000), 29_000),
        (json!(60_000), 60_000),
        (json!("60000"), 60_000),
        (Value::Null, 29_000),
    ] {
        let gateway = changed("{}", |integration| integration["timeoutInMillis"] = given);
        let started = tokio::time::Instant::now();
        let exchange = ask(&gateway, get("/v1/items/7"), &Silent).await;
        assert_eq!(started.elapsed().as_millis(), waited);
        assert_eq!((status(&exchange), text(&exchange)), (504, r#"{"message":"Endpoint request timed out"}"#));
        assert_eq!(exchange.trace.gateway_response, Some(ResponseType::IntegrationTimeout));
    }
}

#[tokio::test]
async fn a_mock_answers_by_itself() {
    let backend = Fake::default();
    let exchange = ask(&gateway(body(json!({"/m": {"get": mock(202)}}))), get("/v1/m"), &backend).await;
    assert_eq!((status(&exchange), text(&exchange), backend.asked()), (202, "{}", 0));
    let mut broken = mock(200);
    broken[INTEGRATION]["requestTemplates"] = json!({"application/json": "{}"});
    let exchange = ask(&gateway(body(json!({"/m": {"get": broken}}))), get("/v1/m"), &backend).await;
    assert_eq!((status(&exchange), text(&exchange)), (500, r#"{"message":"Internal server error"}"#));
}

/// A client takes 1xx for what comes before the answer.
#[tokio::test]
async fn a_status_that_ends_nothing_is_no_answer() {
    for wrong in [101, 199, 600] {
        let mut operation = mock(200);
        operation[INTEGRATION]["requestTemplates"]["application/json"] = json!(format!("{{\"statusCode\": {wrong}}}"));
        let exchange = ask(&gateway(body(json!({"/m": {"get": operation}}))), get("/v1/m"), &Fake::default()).await;
        assert_eq!((status(&exchange), text(&exchange)), (500, r#"{"message":"Internal server error"}"#), "{wrong}");
        let gateway = changed("{}", |integration| {
            integration["responses"]["default"]["responseTemplates"] =
                json!({"application/json": format!("#set($context.responseOverride.status = {wrong})x")});
        });
        let exchange = ask(&gateway, get("/v1/items/7"), &Fake::default()).await;
        assert_eq!((status(&exchange), text(&exchange)), (200, "x"), "{wrong}");
    }
}

#[tokio::test]
async fn a_status_without_a_body_has_none() {
    for status_given in [204, 304] {
        let exchange =
            ask(&gateway(body(json!({"/m": {"get": mock(status_given)}}))), get("/v1/m"), &Fake::default()).await;
        assert_eq!((status(&exchange), text(&exchange)), (status_given, ""));
    }
}

#[tokio::test]
async fn a_function_behind_templates_is_selected_by_its_error() {
    let gateway = changed(r#"{"id": "$input.params('id')"}"#, |integration| {
        integration["uri"] = json!(uri(WORK));
        integration["responses"] = json!({
            "default": {"statusCode": "200"},
            "not found.*": {"statusCode": "404", "responseTemplates": {"application/json": "$input.path('$.errorMessage')"}}
        });
    });
    let backend = Fake::giving(json!({"a": 1}));
    let exchange = ask(&gateway, get("/v1/items/7"), &backend).await;
    assert_eq!((status(&exchange), parsed(&exchange)), (200, json!({"a": 1})));
    assert_eq!(backend.event(), json!({"id": "7"}));
    let backend = Fake::invoking(|_, _| Err(Failure::new("Missing", "not found: 7").into()));
    let exchange = ask(&gateway, get("/v1/items/7"), &backend).await;
    assert_eq!((status(&exchange), text(&exchange)), (404, "not found: 7"));
}
