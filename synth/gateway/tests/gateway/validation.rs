//! Request validators.

use gateway::ResponseType;
use serde_json::{Value, json};

use crate::support::*;

fn with(validator: &str) -> gateway::Gateway {
    let mut operation = mock(200);
    operation["x-amazon-apigateway-request-validator"] = json!(validator);
    operation["parameters"] = json!([
        {"$ref": "#/components/parameters/Q"},
        {"name": "X-Needed", "in": "header", "required": "true"},
        {"name": "optional", "in": "query", "required": false}
    ]);
    operation["requestBody"] =
        json!({"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}});
    operation["x-amazon-apigateway-integration"]["requestTemplates"]["text/plain"] = json!("{\"statusCode\": 200}");
    let mut all = body(json!({"/items/{id}": {
        "parameters": [{"name": "id", "in": "path", "required": true}],
        "post": operation
    }}));
    all["components"] = json!({
        "parameters": {"Q": {"name": "q", "in": "query", "required": true}},
        "schemas": {
            "Item": {"type": "object", "required": ["name"], "properties": {"name": {"$ref": "#/components/schemas/Name"}}},
            "Name": {"type": "string", "minLength": 2}
        }
    });
    all["x-amazon-apigateway-request-validators"] = json!({
        "full": {"validateRequestBody": true, "validateRequestParameters": true},
        "parameters": {"validateRequestBody": false, "validateRequestParameters": true},
        "none": {"validateRequestBody": false, "validateRequestParameters": false},
        "text": {"validateRequestBody": "true", "validateRequestParameters": "true"},
        "text without a body": {"validateRequestBody": "false", "validateRequestParameters": "true"}
    });
    let error = json!({"responseTemplates": {"application/json": "$context.error.validationErrorString"}});
    all["x-amazon-apigateway-gateway-responses"] = json!({"BAD_REQUEST_BODY": error});
    gateway(all)
}

async fn sent(validator: &str, query: &str, needed: &str, media_type: &str, body: &str) -> gateway::Exchange {
    let mut request = post(&format!("/v1/items/7{query}"), media_type, body.to_owned());
    request.headers_mut().insert("x-needed", needed.parse().unwrap());
    ask(&with(validator), request, &Fake::default()).await
}

#[tokio::test]
async fn required_parameters_must_be_there_and_not_blank() {
    for (query, needed, missing) in [
        ("?q=1", "1", None),
        ("", "1", Some("q")),
        ("?q=", "1", Some("q")),
        ("?q=+", "1", Some("q")),
        ("?q=1", "", Some("X-Needed")),
        ("?Q=1", " ", Some("X-Needed, q")),
    ] {
        let exchange = sent("parameters", query, needed, "application/json", "not looked at").await;
        match missing {
            None => assert_eq!(status(&exchange), 200, "{query}"),
            Some(names) => {
                let message = format!("Missing required request parameters: [{names}]");
                assert_eq!((status(&exchange), parsed(&exchange)), (400, json!({"message": message})));
                assert_eq!(exchange.trace.gateway_response, Some(ResponseType::BadRequestParameters));
            }
        }
    }
    assert_eq!(status(&sent("none", "", "", "application/json", "{}").await), 200);
}

#[tokio::test]
async fn a_body_must_fit_the_model_of_its_media_type() {
    let cases: [(&str, &str, Option<&str>); 7] = [
        ("application/json", r#"{"name": "ab"}"#, None),
        ("application/json; charset=utf-8", r#"{"name": "ab"}"#, None),
        ("application/json", r#"{"name": "a"}"#, Some("shorter than 2 characters")),
        ("application/json", "{}", Some("\"name\" is a required property")),
        ("application/json", "", Some("\"name\" is a required property")),
        ("application/json", "{", Some("EOF")),
        ("text/plain", "{", None),
    ];
    for (media_type, body, says) in cases {
        let exchange = sent("full", "?q=1", "1", media_type, body).await;
        match says {
            None => assert_eq!(status(&exchange), 200, "{media_type} {body}"),
            Some(says) => {
                let kind = Some(ResponseType::BadRequestBody);
                assert_eq!((status(&exchange), exchange.trace.gateway_response), (400, kind), "{body}");
                let text = text(&exchange);
                assert!(text.starts_with('[') && text.ends_with(']') && text.contains(says), "{text}");
            }
        }
    }
}

/// A parameter of CloudFormation is always text, so `{"Ref": "Validate"}` gives text.
#[tokio::test]
async fn a_validator_can_be_switched_on_and_off_by_text() {
    for (validator, query, body, expected) in [
        ("text", "?q=1", "{}", Some(ResponseType::BadRequestBody)),
        ("text", "", r#"{"name": "ab"}"#, Some(ResponseType::BadRequestParameters)),
        ("text without a body", "?q=1", "{}", None),
        ("text without a body", "", "{}", Some(ResponseType::BadRequestParameters)),
    ] {
        let exchange = sent(validator, query, "1", "application/json", body).await;
        assert_eq!(exchange.trace.gateway_response, expected, "{validator} {query} {body}");
    }
    for (key, wrong) in [("validateRequestBody", json!("yes")), ("validateRequestParameters", json!(1))] {
        let mut operation = mock(200);
        operation["x-amazon-apigateway-request-validator"] = json!("odd");
        let mut all = body(json!({"/m": {"post": operation}}));
        all["x-amazon-apigateway-request-validators"] = json!({"odd": {key: wrong}});
        let reason = refused(all).reason;
        assert!(reason.contains(&format!("`{key}` is true or false, not `")), "{reason}");
    }
    let mut operation = mock(200);
    operation["x-amazon-apigateway-request-validator"] = json!("on");
    operation["parameters"] = json!([{"name": "q", "in": "query", "required": "maybe"}]);
    let mut all = body(json!({"/m": {"post": operation}}));
    all["x-amazon-apigateway-request-validators"] = json!({"on": {"validateRequestParameters": true}});
    assert_eq!(refused(all).reason, "`required` is true or false, not `maybe`");
}

#[test]
fn a_validator_that_is_not_there_is_a_mistake() {
    let mut operation = mock(200);
    operation["x-amazon-apigateway-request-validator"] = json!("absent");
    let error = refused(body(json!({"/m": {"get": operation}})));
    assert_eq!(
        (error.at.as_str(), error.reason.as_str()),
        ("Body.paths./m.get", "there is no request validator `absent`")
    );
    let mut operation = mock(200);
    operation["x-amazon-apigateway-request-validator"] = json!("body");
    operation["requestBody"] = json!({"content": {"application/json": {"schema": {"type": "nonsense"}}}});
    let mut all = body(json!({"/m": {"post": operation}}));
    all["x-amazon-apigateway-request-validators"] = json!({"body": {"validateRequestBody": true}});
    let _: &Value = &all;
    assert!(refused(all).reason.contains("no JSON Schema of draft 4"));
}
