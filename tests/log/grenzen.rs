//! What a client hears when it asks too much, too fast, or when the answer takes too long.

use local::{Call, Fault, Service};
use serde_json::{Value, json};
use tests::build;

use crate::asking::{Reply, ask};
use crate::log::{Log, actie, template};

const ACTIE: &str = "/verwerkingsacties/6d4c2b1a-0f9e-4d8c-b7a6-958473625140";
const ACTIES: &str = "/verwerkingsacties";

/// Resources of a template of this type.
fn resources<'a>(template: &'a mut Value, kind: &'a str) -> impl Iterator<Item = &'a mut Value> {
    let resources = template["Resources"].as_object_mut().expect("resources");
    resources.values_mut().filter(move |resource| resource["Type"] == kind).map(|resource| &mut resource["Properties"])
}

/// Holds this to be an error of this status that says when to come back (R70).
fn is_fout_with_time(reply: &Reply, status: u16, title: &str, retry: &str) {
    reply.is_fout(status);
    assert_eq!(reply.body["title"], title, "{reply:?}");
    assert_eq!(reply.headers.get("retry-after").map(String::as_str), Some(retry), "{reply:?}");
}

#[tokio::test]
async fn r70_who_asks_faster_than_the_stage_allows_gets_a_429() {
    let mut template = template();
    for stage in resources(&mut template, "AWS::ApiGateway::Stage") {
        // Two at once, and the next one in a quarter of an hour.
        stage["MethodSettings"][0]["ThrottlingRateLimit"] = json!(0.001);
        stage["MethodSettings"][0]["ThrottlingBurstLimit"] = json!(2);
    }
    let log = Log::of(&template).await;
    let good = actie(&["999990019"], &json!({}));
    for asked in [|_: &Value| ask("GET", ACTIE), |good: &Value| ask("POST", ACTIES).body(good)] {
        for _ in 0..2 {
            assert_ne!(log.ask(asked(&good)).await.status, 429, "each method has a rate of its own");
        }
        is_fout_with_time(&log.ask(asked(&good)).await, 429, "Te veel verzoeken", "1");
    }
    log.settle().await;
    assert_eq!(log.list("999990019", &[]).await.body["count"], 2, "what was refused is not there");
}

#[tokio::test]
async fn r70_who_has_asked_all_that_its_key_allows_gets_a_429_and_who_has_no_key_a_403() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys.yaml");
    let stack = "name: keys\napi: { apiKeys: { names: [leverancier], quota: { limit: 2, period: MONTH } } }\n";
    std::fs::write(&file, stack).expect("a file can be written");
    let mut template = serde_json::to_value(build(&file, &[]).template).expect("a template is JSON");
    for key in resources(&mut template, "AWS::ApiGateway::ApiKey") {
        // AWS would make one up.
        key["Value"] = "a-key-that-the-client-knows".into();
    }
    let log = Log::of(&template).await;
    let with = |key: &str| ask("GET", ACTIE).header("x-api-key", key);
    for refused in [ask("GET", ACTIE), with("another-key")] {
        log.ask(refused).await.is_fout(403);
    }
    for _ in 0..2 {
        assert_eq!(log.ask(with("a-key-that-the-client-knows")).await.status, 404);
    }
    is_fout_with_time(&log.ask(with("a-key-that-the-client-knows")).await, 429, "Te veel verzoeken", "3600");
}

#[tokio::test]
async fn r70_a_body_that_the_gateway_or_gen_finds_too_large_is_a_413() {
    let log = Log::start().await;
    let good = actie(&["999990019"], &json!({}));
    let objects = |count| json!({"verwerkteObjecten": vec![good["verwerkteObjecten"][0].clone(); count]});
    // More than an item of DynamoDB or a message of SQS holds: it is `gen` that says so.
    let large = log.ask(ask("POST", ACTIES).body(&actie(&[], &objects(9_000)))).await;
    large.is_fout(413);
    // As much as Lambda takes goes on to `gen`: with what else an event has, somewhat less than 6 MB.
    let small = "x".repeat(6 * 1024 * 1024 - 16 * 1024);
    log.ask(ask("POST", ACTIES).bytes("application/json", small)).await.is_fout(400);
    // What is more than Lambda or API Gateway takes is refused, whatever it is; AWS lets nobody choose how that is said.
    let most = "x".repeat(10 * 1024 * 1024);
    let reply = log.ask(ask("POST", ACTIES).bytes("application/json", most.clone())).await;
    assert_eq!((reply.status, &reply.body), (413, &json!({"message": "Request Too Long"})));
    for (method, path) in [("POST", ACTIES), ("PUT", ACTIE), ("PATCH", ACTIES), ("GET", ACTIE), ("DELETE", ACTIE)] {
        let reply = log.ask(ask(method, path).bytes("application/json", format!("{most}x"))).await;
        assert_eq!(
            (reply.status, &reply.body),
            (413, &json!("HTTP content length exceeded 10485760 bytes.")),
            "{method}"
        );
    }
    assert_eq!(log.sent().len(), 0, "nothing was queued");
    assert_eq!(log.backup().await.len(), 0, "nothing was kept");
}

#[tokio::test]
async fn r70_what_takes_longer_than_the_gateway_waits_is_a_504_and_whether_it_was_done_is_not_said() {
    let mut template = template();
    for api in resources(&mut template, "AWS::ApiGateway::RestApi") {
        let methods = api["Body"]["paths"].as_object_mut().expect("paths").values_mut();
        for method in methods.filter_map(Value::as_object_mut).flat_map(|methods| methods.values_mut()) {
            if let Some(integration) = method.get_mut("x-amazon-apigateway-integration") {
                // Its least.
                integration["timeoutInMillis"] = json!(50);
            }
        }
    }
    let log = Log::of(&template).await;
    // DynamoDB and the bucket never answer.
    log.services().faults().set(|call: &Call| match call.service {
        Service::DynamoDb | Service::S3 => Fault::None.after(std::future::pending()),
        _ => Fault::None,
    });
    let list =
        ask("GET", ACTIES).query(&[("objecttype", "persoon"), ("soortObjectId", "BSN"), ("objectId", "999990019")]);
    let good = actie(&["999990019"], &json!({}));
    for asked in [ask("GET", ACTIE), ask("DELETE", ACTIE), list, ask("POST", ACTIES).body(&good)] {
        let what = format!("{} {}", asked.method, asked.path);
        let reply = log.ask(asked).await;
        assert_eq!(reply.status, 504, "{what}: {reply:?}");
        is_fout_with_time(&reply, 504, "Geen tijdig antwoord", "5");
        let said = "Het verzoek duurde te lang. Het is niet zeker of het is verwerkt.";
        assert_eq!(reply.body["detail"], said, "{what}");
    }
}
