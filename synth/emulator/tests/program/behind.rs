//! An API of a few lines, and a function behind it that does what it is told.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::serving::Serving;

/// Over the Runtime API: `error` is reported, `hang` never answers, `size` is an answer of so many bytes, `raw` is the answer;
/// anything else comes back. Each event leaves a line in `events`, beside the program.
const FUNCTION: &str = r#"#!/usr/bin/env python3
import json, os, time, urllib.request
here = os.path.dirname(os.path.abspath(__file__))
api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
while True:
    with urllib.request.urlopen(f"{api}/next") as asked:
        request, event = asked.headers["Lambda-Runtime-Aws-Request-Id"], json.load(asked)
    todo = json.loads(event["body"]) if "httpMethod" in event else event
    with open(f"{here}/events", "a") as file:
        file.write(json.dumps({"request": request, "todo": todo if len(str(todo)) < 1000 else "long"}) + "\n")
    if "hang" in todo:
        time.sleep(3600)
    how, answer = "response", json.dumps(event)
    if "error" in todo:
        how, answer = "error", json.dumps(todo["error"])
    elif "size" in todo:
        answer = json.dumps("x" * (todo["size"] - 2))
    elif "raw" in todo:
        answer = json.dumps(todo["raw"])
    try:
        urllib.request.urlopen(urllib.request.Request(f"{api}/{request}/{how}", data=answer.encode())).read()
    except urllib.error.HTTPError:
        pass
"#;

/// A stack with a function behind templates (`/custom`), as it is (`/proxy`), and one that has a second (`/hasty`, `/hasty-proxy`).
pub(crate) struct Behind {
    serving: Serving,
    folder: TempDir,
}

fn function(timeout: u32) -> Value {
    let code = json!({"S3Bucket": "b", "S3Key": "functions/told-arm64-1.zip"});
    json!({"Type": "AWS::Lambda::Function", "Properties": {"Code": code, "Timeout": timeout}})
}

fn integration(kind: &str, function: &str) -> Value {
    let arn =
        format!("arn:aws:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{{function}.Arn}}/invocations");
    json!({"type": kind, "httpMethod": "POST", "uri": {"Fn::Sub": arn}})
}

fn operation(integration: Value) -> Value {
    json!({"post": {"responses": {"200": {"description": "done"}}, "x-amazon-apigateway-integration": integration}})
}

/// Behind templates. What says that it timed out is 504, any other error 500.
fn custom(function: &str) -> Value {
    let mut custom = integration("aws", function);
    custom["responses"] = json!({
        "default": {"statusCode": "200"}, ".*Task timed out.*": {"statusCode": "504"}, "(?s).+": {"statusCode": "500"},
    });
    operation(custom)
}

/// The template, with more paths.
pub(crate) fn template(more: Value) -> Value {
    let mut paths = json!({
        "/custom": custom("Told"), "/proxy": operation(integration("aws_proxy", "Told")),
        "/hasty": custom("Hasty"), "/hasty-proxy": operation(integration("aws_proxy", "Hasty")),
    });
    paths.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let body = json!({"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": paths});
    let key = json!([{"AttributeName": "id", "KeyType": "HASH"}]);
    let attributes = json!([{"AttributeName": "id", "AttributeType": "S"}]);
    json!({"Resources": {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "t", "Body": body}},
        "Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {"StageName": "v1", "RestApiId": {"Ref": "Api"}}},
        "Told": function(60), "Hasty": function(1),
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {
            "AttributeDefinitions": attributes, "KeySchema": key, "BillingMode": "PAY_PER_REQUEST",
        }},
    }})
}

impl Behind {
    pub(crate) fn start(template: &Value) -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("template.json"), template.to_string()).unwrap();
        let place = folder.path().join("functions/told");
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("bootstrap"), FUNCTION).unwrap();
        fs::set_permissions(place.join("bootstrap"), fs::Permissions::from_mode(0o755)).unwrap();
        let more = ["--in-memory", "--functions=process", "--functions-dir=functions"];
        Self { serving: Serving::start(folder.path(), &more), folder }
    }

    pub(crate) async fn send(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Response<Bytes> {
        let mut request = Request::post(format!("{}{path}", self.serving.ready["api"].as_str().unwrap()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.serving.send(request.body(Full::new(body.into())).unwrap()).await
    }

    async fn told(&self, path: &str, todo: &Value) -> (u16, Value) {
        let answer = self.send(path, &[], todo.to_string()).await;
        let body = serde_json::from_slice(answer.body());
        (answer.status().as_u16(), body.unwrap_or_else(|why| panic!("{why}: {answer:?}")))
    }

    /// What the functions were told so far, each with its request's id.
    pub(crate) fn events(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.folder.path().join("functions/told/events")).unwrap_or_default();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[tokio::test]
async fn a_function_that_takes_longer_than_it_may_has_failed_as_lambda_says_it() {
    let behind = Behind::start(&template(json!({})));
    let (status, error) = behind.told("/hasty", &json!({"hang": true})).await;
    let id = behind.events()[0]["request"].as_str().unwrap().to_owned();
    let message = format!("RequestId: {id} Error: Task timed out after 1.00 seconds");
    assert_eq!((status, error), (504, json!({"errorType": "Sandbox.Timedout", "errorMessage": message})));
    let answer = behind.told("/hasty-proxy", &json!({"hang": true})).await;
    assert_eq!(answer, (502, json!({"message": "Internal server error"})));
}

#[tokio::test]
async fn an_error_comes_through_templates_whole() {
    let behind = Behind::start(&template(json!({})));
    let error =
        json!({"errorType": "Fout", "errorMessage": "kapot\nen stuk", "stackTrace": ["a:1", "b:2"], "meer": {"a": 1}});
    assert_eq!(behind.told("/custom", &json!({"error": error})).await, (500, error.clone()));
    let answer = behind.told("/proxy", &json!({"error": error})).await;
    assert_eq!(answer, (502, json!({"message": "Internal server error"})));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_by_the_gateway_however_large_it_is() {
    let behind = Behind::start(&template(json!({})));
    for size in [10 * 1024 * 1024 + 1, 64 * 1024 * 1024 + 1] {
        let answer = behind.send("/proxy", &[], vec![b' '; size]).await;
        assert_eq!(
            (answer.status().as_u16(), &answer.body()[..]),
            (413, &b"HTTP content length exceeded 10485760 bytes."[..])
        );
        assert!(answer.headers().contains_key("x-amz-apigw-id"), "{answer:?}");
    }
    let said = fs::read_to_string(behind.folder.path().join("said")).unwrap();
    assert_eq!(said.lines().filter(|line| line.starts_with("POST /v1/proxy 413 ")).count(), 2, "{said}");
    assert_eq!(behind.events().len(), 0);
}

/// `post` of an operation with these request parameters, whose response has these headers of what is behind it.
fn with_headers(mut operation: Value, status: &str, asked: Value) -> Value {
    let integration = &mut operation["post"]["x-amazon-apigateway-integration"];
    integration["requestParameters"] = asked;
    let from = |name: &str| format!("integration.response.header.{name}");
    integration["responses"] = json!({"default": {"statusCode": status, "responseParameters": {
        "method.response.header.X-Rid": from("x-amzn-RequestId"),
        "method.response.header.X-Kind": from("Content-Type"),
        "method.response.header.X-Failed": from("X-Amz-Function-Error"),
    }}});
    operation
}

fn headers(answer: &Response<Bytes>) -> [Option<&str>; 3] {
    ["x-rid", "x-kind", "x-failed"].map(|name| answer.headers().get(name).map(|value| value.to_str().unwrap()))
}

#[tokio::test]
async fn headers_of_what_is_behind_reach_the_client() {
    let scan = json!({"type": "aws", "httpMethod": "POST",
        "uri": {"Fn::Sub": "arn:aws:apigateway:${AWS::Region}:dynamodb:action/Scan"},
        "requestTemplates": {"application/json": {"Fn::Sub": "{\"TableName\": \"${Table}\"}"}}});
    let behind = Behind::start(&template(json!({
        "/table": with_headers(operation(scan), "200", json!({})),
        "/headers": with_headers(custom("Told"), "200", json!({})),
    })));
    let mut ids = Vec::new();
    // The second time, the table is asked by a shorter way.
    for _ in 0..2 {
        let answer = behind.send("/table", &[], "{}").await;
        assert_eq!(answer.status(), 200, "{answer:?}");
        let [id, kind, failed] = headers(&answer);
        assert_eq!((kind, failed), (Some("application/x-amz-json-1.0"), None));
        ids.push(id.unwrap().to_owned());
    }
    assert_ne!(ids[0], ids[1]);
    let answer = behind.send("/headers", &[], r#"{"n": 1}"#).await;
    let events = behind.events();
    assert_eq!(headers(&answer), [events[0]["request"].as_str(), Some("application/json"), None]);
    let answer = behind.send("/headers", &[], r#"{"error": {"errorMessage": "x"}}"#).await;
    let events = behind.events();
    assert_eq!(headers(&answer), [events[1]["request"].as_str(), Some("application/json"), Some("Unhandled")]);
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-integration-async.html>
#[tokio::test]
async fn a_function_can_be_invoked_without_waiting_for_it() {
    let kind = "integration.request.header.X-Amz-Invocation-Type";
    let mut chosen = custom("Told");
    chosen["post"]["x-amazon-apigateway-integration"]["requestTemplates"] = json!({"application/json":
        "#set($context.requestOverride.header.X-Amz-Invocation-Type = $input.params('kind'))$input.body"});
    let behind = Behind::start(&template(json!({
        "/later": with_headers(custom("Told"), "202", json!({kind: "'Event'"})),
        "/chosen": with_headers(chosen, "200", json!({})),
    })));
    let mut begun = 0;
    for (path, status, body, begins) in [
        ("/later", 202, "", true),
        ("/chosen?kind=Event", 200, "", true),
        ("/chosen?kind=RequestResponse", 200, r#"{"n": 1}"#, true),
        ("/chosen?kind=DryRun", 200, "", false),
        ("/chosen?kind=Anders", 500, r#"{"message":"Internal server error"}"#, false),
    ] {
        let answer = behind.send(path, &[("content-type", "application/json")], r#"{"n": 1}"#).await;
        assert_eq!((answer.status().as_u16(), &answer.body()[..]), (status, body.as_bytes()), "{path}");
        begun += usize::from(begins);
        while behind.events().len() < begun {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if begins {
            assert_eq!(headers(&answer)[0], behind.events()[begun - 1]["request"].as_str(), "{path}");
        }
    }
    assert_eq!(behind.events().len(), begun, "nothing else was begun");
}
