//! API keys, as a template writes them.

use std::fs;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::Request;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::refused;
use crate::serving::{RUN, Serving, program};

/// A stack with one key, that may be used where the parameter `On` says so.
fn stack() -> Value {
    let integration = json!({
        "type": "mock",
        "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
        "responses": {"default": {"statusCode": "200"}}
    });
    let operation = json!({"security": [{"key": []}], "x-amazon-apigateway-integration": integration});
    let body = json!({
        "openapi": "3.0.1",
        "paths": {"/closed": {"get": operation}},
        "components": {"securitySchemes": {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}}
    });
    let resource = |kind: &str, properties: Value| json!({"Type": format!("AWS::{kind}"), "Properties": properties});
    let stages = json!([{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "Stage"}}]);
    let member = json!({"KeyId": {"Ref": "Key"}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": "Plan"}});
    json!({
        "Parameters": {"On": {"Type": "String", "Default": "true"}},
        "Resources": {
            "Api": resource("ApiGateway::RestApi", json!({"Body": body})),
            "Stage": resource("ApiGateway::Stage", json!({"StageName": "v1", "RestApiId": {"Ref": "Api"}})),
            "Key": resource("ApiGateway::ApiKey", json!({"Value": "a-long-enough-secret", "Enabled": {"Ref": "On"}})),
            "Plan": resource("ApiGateway::UsagePlan", json!({"ApiStages": stages})),
            "Member": resource("ApiGateway::UsagePlanKey", member)
        }
    })
}

async fn status(serving: &Serving) -> u16 {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let uri = format!("{}/closed", serving.ready["api"].as_str().unwrap());
    let request = Request::get(uri).header("x-api-key", "a-long-enough-secret").body(Empty::new()).unwrap();
    client.request(request).await.unwrap().status().as_u16()
}

/// A parameter of CloudFormation is always text.
#[tokio::test]
async fn a_parameter_opens_and_closes_a_key() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("template.json"), stack().to_string()).unwrap();
    for (on, expected) in [("true", 200), ("false", 403)] {
        let serving = Serving::start(folder.path(), &["--in-memory", &format!("--parameter=On={on}")]);
        assert_eq!(status(&serving).await, expected, "{on}");
    }
    let wrong = program(&RUN, folder.path()).args(["--in-memory", "--parameter=On=no"]).output().unwrap();
    let (code, stderr) = refused(&wrong);
    assert_eq!((code, stderr.as_str()), (2, "error: Resources.Key: `Enabled` is true or false, not `no`\n"));
}
