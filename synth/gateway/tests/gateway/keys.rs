//! API keys, usage plans, and the stage's own limits.

use gateway::{ApiKey, Definition, Gateway, ResponseType, UsagePlan};
use http::Request;
use serde_json::{Value, json};

use crate::support::*;

fn key(value: &str, enabled: bool) -> ApiKey {
    ApiKey { id: format!("id-of-{value}"), value: value.to_owned(), enabled }
}

fn plan(properties: Value, keys: Vec<ApiKey>) -> UsagePlan {
    let mut all = json!({"ApiStages": [{"ApiId": "api", "Stage": "v1"}]});
    for (name, value) in properties.as_object().unwrap() {
        all[name] = value.clone();
    }
    UsagePlan { properties: all, keys }
}

fn with(plans: Vec<UsagePlan>, change: impl FnOnce(&mut Definition)) -> (Gateway, Hands) {
    let mut keyed = table("$context.identity.apiKeyId");
    keyed["security"] = json!([{"key": []}]);
    let mut all = body(json!({"/items/{id}": {"get": keyed.clone(), "delete": keyed}, "/open": {"get": mock(200)}}));
    all["components"] = json!({"securitySchemes": {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}});
    let mut definition = Definition { usage_plans: plans, ..definition(all) };
    change(&mut definition);
    let clock = Hands::default();
    (Gateway::with_clock(definition, clock.clone()).unwrap(), clock)
}

async fn asked(gateway: &Gateway, method: &str, key: Option<&str>) -> (u16, Option<ResponseType>) {
    let mut request = Request::builder().method(method).uri("/v1/items/7");
    if let Some(key) = key {
        request = request.header("x-api-key", key);
    }
    let exchange = ask(gateway, request.body(bytes::Bytes::new()).unwrap(), &Fake::default()).await;
    (status(&exchange), exchange.trace.gateway_response)
}

const FORBIDDEN: (u16, Option<ResponseType>) = (403, Some(ResponseType::InvalidApiKey));
const THROTTLED: (u16, Option<ResponseType>) = (429, Some(ResponseType::Throttled));
const USED_UP: (u16, Option<ResponseType>) = (429, Some(ResponseType::QuotaExceeded));
const PASSED: (u16, Option<ResponseType>) = (200, None);

#[tokio::test]
async fn a_key_opens_what_its_plan_names() {
    let mut elsewhere = plan(json!({}), vec![key("elsewhere", true)]);
    elsewhere.properties["ApiStages"][0]["Stage"] = json!("v2");
    let plans = vec![plan(json!({}), vec![key("good", true), key("off", false)]), elsewhere];
    let (gateway, _) = with(plans, |_| {});
    for (given, expected) in [
        (Some("good"), PASSED),
        (Some("off"), FORBIDDEN),
        (Some("elsewhere"), FORBIDDEN),
        (Some("unknown"), FORBIDDEN),
        (None, FORBIDDEN),
    ] {
        assert_eq!(asked(&gateway, "GET", given).await, expected, "{given:?}");
    }
    let exchange = ask(&gateway, get("/v1/items/7"), &Fake::default()).await;
    assert_eq!(text(&exchange), r#"{"message":"Forbidden"}"#);
    assert_eq!(status(&ask(&gateway, get("/v1/open"), &Fake::default()).await), 200);
    let mut request = get("/v1/items/7");
    request.headers_mut().insert("x-api-key", "good".parse().unwrap());
    let backend = Fake::default();
    ask(&gateway, request, &backend).await;
    assert_eq!(backend.called().body, "id-of-good");
}

/// A parameter of CloudFormation is always text, so `{"Ref": "On"}` gives text.
#[tokio::test]
async fn what_a_key_says_can_be_text() {
    for (enabled, expected) in
        [(json!("false"), FORBIDDEN), (json!(false), FORBIDDEN), (json!("true"), PASSED), (Value::Null, PASSED)]
    {
        let properties = json!({"Value": "k", "Enabled": enabled});
        let key = ApiKey::read("id".to_owned(), &properties, || "made".to_owned()).unwrap();
        assert_eq!(key.value, "k");
        let (gateway, _) = with(vec![plan(json!({}), vec![key])], |_| {});
        assert_eq!(asked(&gateway, "GET", Some("k")).await, expected, "{enabled}");
    }
    assert_eq!(ApiKey::read("id".to_owned(), &json!({}), || "made".to_owned()).unwrap().value, "made");
    let error = ApiKey::read("id".to_owned(), &json!({"Enabled": "no"}), || "made".to_owned()).expect_err("no truth");
    assert_eq!(error.to_string(), "API key: `Enabled` is true or false, not `no`");
}

#[tokio::test]
async fn the_limits_of_a_plan_can_be_text_and_nothing_else_but_numbers() {
    let limits = json!({"Throttle": {"RateLimit": "1", "BurstLimit": "2"}, "Quota": {"Limit": "3", "Period": "DAY"}});
    let (gateway, clock) = with(vec![plan(limits, vec![key("a", true)])], |_| {});
    for expected in [PASSED, PASSED, THROTTLED] {
        assert_eq!(asked(&gateway, "GET", Some("a")).await, expected);
    }
    clock.advance(2000);
    for expected in [PASSED, USED_UP] {
        assert_eq!(asked(&gateway, "GET", Some("a")).await, expected);
    }
    for (limits, says) in [
        (json!({"Throttle": {"RateLimit": "fast"}}), "`RateLimit` is a number, not `fast`"),
        (json!({"Throttle": {"RateLimit": 1, "BurstLimit": {}}}), "`BurstLimit` is a number, not `{}`"),
        (json!({"Quota": {"Limit": "many", "Period": "DAY"}}), "`Limit` is a whole number, not `many`"),
        (json!({"Quota": {"Limit": -1, "Period": "DAY"}}), "the quota's `Limit` is 0 or more, not `-1`"),
    ] {
        let usage_plans = vec![plan(limits, vec![key("a", true)])];
        let error = Gateway::new(Definition { usage_plans, ..definition(body(json!({}))) }).expect_err("no limit");
        assert_eq!((error.at.as_str(), error.reason.as_str()), ("usage plan", says));
    }
}

#[tokio::test]
async fn a_plan_counts_each_key_by_itself() {
    let limits = json!({"Throttle": {"RateLimit": 1, "BurstLimit": 2}});
    let (gateway, clock) = with(vec![plan(limits, vec![key("a", true), key("b", true)])], |_| {});
    for expected in [PASSED, PASSED, THROTTLED] {
        assert_eq!(asked(&gateway, "GET", Some("a")).await, expected);
    }
    assert_eq!(asked(&gateway, "GET", Some("b")).await, PASSED);
    clock.advance(1000);
    assert_eq!(asked(&gateway, "GET", Some("a")).await, PASSED);
}

#[tokio::test]
async fn a_plan_can_limit_a_method() {
    let mut limited = plan(json!({}), vec![key("a", true)]);
    limited.properties["ApiStages"][0]["Throttle"] = json!({"/items/{id}/GET": {"RateLimit": 0, "BurstLimit": 1}});
    let (gateway, _) = with(vec![limited], |_| {});
    assert_eq!(asked(&gateway, "GET", Some("a")).await, PASSED);
    assert_eq!(asked(&gateway, "GET", Some("a")).await, THROTTLED);
    assert_eq!(asked(&gateway, "DELETE", Some("a")).await, PASSED);
}

#[tokio::test]
async fn a_quota_is_used_up_until_its_period_is_over() {
    let (gateway, clock) =
        with(vec![plan(json!({"Quota": {"Limit": 2, "Period": "DAY"}}), vec![key("a", true)])], |_| {});
    for expected in [PASSED, PASSED, USED_UP] {
        assert_eq!(asked(&gateway, "GET", Some("a")).await, expected);
    }
    clock.advance(24 * 60 * 60 * 1000);
    assert_eq!(asked(&gateway, "GET", Some("a")).await, PASSED);
}

#[tokio::test]
async fn a_stage_limits_each_method_for_everybody() {
    let (gateway, clock) = with(vec![plan(json!({}), vec![key("a", true), key("b", true)])], |definition| {
        definition.stage["MethodSettings"] = json!([
            {"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": 10.0, "ThrottlingBurstLimit": 2},
            {"ResourcePath": "/~1items~1{id}", "HttpMethod": "DELETE", "ThrottlingRateLimit": 1, "ThrottlingBurstLimit": 1}
        ]);
    });
    for (method, key, expected) in [
        ("GET", "a", PASSED),
        ("GET", "b", PASSED),
        ("GET", "a", THROTTLED),
        ("DELETE", "a", PASSED),
        ("DELETE", "b", THROTTLED),
    ] {
        assert_eq!(asked(&gateway, method, Some(key)).await, expected, "{method} {key}");
    }
    clock.advance(100);
    assert_eq!(asked(&gateway, "GET", Some("a")).await, PASSED);
    assert_eq!(asked(&gateway, "DELETE", Some("a")).await, THROTTLED);
}

#[tokio::test]
async fn an_authorizer_can_name_the_key() {
    let named = |name: &'static str| {
        Fake::invoking(move |_, _| {
            let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
            let policy = json!({"Statement": [statement]});
            Ok(json!({"principalId": "p", "policyDocument": policy, "usageIdentifierKey": name}).to_string().into())
        })
    };
    let (gateway, _) = with(vec![plan(json!({}), vec![key("good", true)])], |definition| {
        definition.api["ApiKeySourceType"] = json!("AUTHORIZER");
        let body = &mut definition.api["Body"];
        body["components"]["securitySchemes"]["token"] = json!({
            "type": "apiKey", "name": "Authorization", "in": "header",
            "x-amazon-apigateway-authorizer": {
                "type": "request", "authorizerUri": uri(AUTH), "authorizerResultTtlInSeconds": 0
            }
        });
        body["paths"]["/items/{id}"]["get"]["security"] = json!([{"key": [], "token": []}]);
    });
    assert_eq!(status(&ask(&gateway, get("/v1/items/7"), &named("good")).await), 200);
    let exchange = ask(&gateway, get("/v1/items/7"), &named("bad")).await;
    assert_eq!(exchange.trace.gateway_response, Some(ResponseType::InvalidApiKey));
}
