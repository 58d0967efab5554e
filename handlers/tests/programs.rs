//! The four programs as Lambda starts them, one after the other on the way of an actie: what API Gateway, SQS and the
//! table's stream hand on, and what they leave in the table.
//!
//! `FUNCTIONS_DIR=target/functions` has it done by the binaries that `handlers/package` packed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::PathBuf;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use contract::{functions as names, table};
use domain::rows::{Attribute, Key, Row};
use handlers::aws::{Clients, DynamoTable, Table};
use local::lambda::{Function, Program};
use local::{Options, Services};
use serde_json::{Map, Value, json};

const TIME: Duration = Duration::from_secs(60);
const TABLE: &str = "tabel";
const BSN: &str = "999990019";
const CLIENT_KEY: &str = "een geheim van ten minste 32 tekens";

fn program(name: &str, built: &str) -> PathBuf {
    match std::env::var_os("FUNCTIONS_DIR") {
        Some(folder) => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(folder).join(name).join("bootstrap"),
        None => PathBuf::from(built),
    }
}

async fn invoke(function: &Function, event: &Value) -> Value {
    let answer = function.invoke(event.to_string(), TIME, None).await.unwrap();
    serde_json::from_slice(&answer).unwrap()
}

/// An attribute as DynamoDB's JSON has it.
fn image(row: &Row) -> Value {
    let value = |attribute: &Attribute| match attribute {
        Attribute::S(text) => json!({ "S": text }),
        Attribute::N(number) => json!({ "N": number.to_string() }),
        Attribute::Bool => json!({ "BOOL": true }),
    };
    Value::Object(
        row.fields().iter().map(|(name, attribute)| (name.to_string(), value(attribute))).collect::<Map<_, _>>(),
    )
}

#[tokio::test]
async fn the_programs_carry_an_actie_from_its_post_to_its_delete() {
    let services = Services::start(Options::in_memory()).await.unwrap();
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../synth/tests/golden/local.template.yaml");
    let template: Value = serde_yaml::from_str(&std::fs::read_to_string(golden).unwrap()).unwrap();
    services.dynamodb().create_table(TABLE, &template["Resources"]["Table"]["Properties"]).unwrap();
    services.s3().create_bucket("reserve").unwrap();
    services.sqs().create_queue("wachtrij", &json!({})).unwrap();
    let pseudonyms = services
        .secrets()
        .set("geheim", r#"{"id":"1","sleutel":"abcdefghijklmnopqrstuvwxyz0123456789"}"#)
        .expect("a secret");
    let register = json!({"zaken": {"sleutel": CLIENT_KEY, "scopes": "create:normal"}});
    let clients_secret = services.secrets().set("clients", &register.to_string()).expect("a secret");
    let (endpoint, queue) = (services.endpoint(), services.sqs().url("wachtrij"));
    let environment = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL", &endpoint),
        (names::ENV_TABLE, TABLE),
        (names::ENV_QUEUE, &queue),
        (names::ENV_BUCKET, "reserve"),
        (names::ENV_PSEUDONYM_SECRET, &pseudonyms),
        (names::ENV_CLIENTS_SECRET, &clients_secret),
        (names::ENV_TIJDZONE, "Europe/Amsterdam"),
        (names::ENV_API_VERSION, "0.9.0"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let start = async |name: &str, built| {
        let program = Program::new(name, program(name, built), environment.clone());
        Function::start(&program).await.unwrap()
    };
    let auth = start(names::AUTH, env!("CARGO_BIN_EXE_auth")).await;
    let r#gen = start(names::GEN, env!("CARGO_BIN_EXE_gen")).await;
    let proc = start(names::PROC, env!("CARGO_BIN_EXE_proc")).await;
    let proj = start(names::PROJ, env!("CARGO_BIN_EXE_proj")).await;

    let now = jiff::Timestamp::now().as_second();
    let claims = json!({"iss": "zaken", "client_id": "zaken", "iat": now});
    let key = jsonwebtoken::EncodingKey::from_secret(CLIENT_KEY.as_bytes());
    let token = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap();
    let body = json!({
        "actieNaam": "Adres controleren", "vertrouwelijkheid": "normaal", "tijdstip": "2026-01-15T09:30:00+01:00",
        "verwerkteObjecten": [{"objecttype": "persoon", "soortObjectId": "BSN", "objectId": BSN}],
    });
    let mut post = json!({
        "type": "REQUEST", "methodArn": "arn:aws:execute-api:eu-west-1:111122223333:api/v1/POST/verwerkingsacties",
        "resource": "/verwerkingsacties", "path": "/verwerkingsacties", "httpMethod": "POST",
        "headers": {"Authorization": format!("Bearer {token}"), "Content-Type": "application/json"},
        "multiValueHeaders": {"Authorization": [format!("Bearer {token}")], "Content-Type": ["application/json"]},
        "queryStringParameters": null, "multiValueQueryStringParameters": null, "pathParameters": null,
        "requestContext": {
            "requestId": "7d1b9f3e-3a5c-4f0e-9a63-0d1c2b3a4f5e", "domainName": "log.example", "stage": "v1",
            "path": "/v1/verwerkingsacties",
        },
        "body": body.to_string(), "isBase64Encoded": false,
    });
    let policy = invoke(&auth, &post).await;
    assert_eq!(policy["policyDocument"]["Statement"][0]["Effect"], "Allow", "{policy}");

    post["requestContext"]["authorizer"] = policy["context"].clone();
    let answer = invoke(&r#gen, &post).await;
    assert_eq!(answer["statusCode"], 201, "{answer}");
    let actie: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    let key = Key::actueel(actie["actieId"].as_str().unwrap());

    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(&endpoint)
        .credentials_provider(aws_sdk_sqs::config::Credentials::new("test", "test", None, None, "test"));
    let clients = Clients::from(config.load().await);
    let received = clients.sqs().receive_message().queue_url(&queue).send().await.unwrap().messages.unwrap();
    let [message] = received.as_slice() else { panic!("one message is in the queue: {received:?}") };
    let batch = json!({"Records": [
        {"messageId": message.message_id, "receiptHandle": message.receipt_handle, "body": message.body,
         "attributes": {}, "messageAttributes": {}, "eventSource": "aws:sqs", "awsRegion": "eu-west-1"},
        {"messageId": "kapot", "receiptHandle": "kapot", "body": "geen bericht",
         "attributes": {}, "messageAttributes": {}, "eventSource": "aws:sqs", "awsRegion": "eu-west-1"},
    ]});
    let answer = invoke(&proc, &batch).await;
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "kapot"}]}));
    let rows = DynamoTable::new(clients.dynamodb(), TABLE.to_owned());
    let before = rows.get(&key).await.unwrap().unwrap();

    // What the mapping template of DELETE does.
    let update = clients.dynamodb().update_item().table_name(TABLE);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let update = update.key(table::ACTIE_ID, text(&key.actie_id)).key(table::SOORT, text(&key.soort));
    let update = update.update_expression("SET vervallen = :v, tijdstipRegistratie = :t");
    let update = update.expression_attribute_values(":v", AttributeValue::Bool(true));
    update.expression_attribute_values(":t", text("2999-01-01T00:00:00.000000Z")).send().await.unwrap();
    let after = rows.get(&key).await.unwrap().unwrap();
    let keys = json!({table::ACTIE_ID: {"S": key.actie_id}, table::SOORT: {"S": key.soort}});
    let record = json!({"Records": [{
        "eventID": "1", "eventName": "MODIFY", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-1",
        "dynamodb": {
            "ApproximateCreationDateTime": now, "Keys": keys, "NewImage": image(&after), "OldImage": image(&before),
            "SequenceNumber": "100", "SizeBytes": 1, "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }]});
    let answer = invoke(&proj, &record).await;
    assert_eq!(answer, json!({"batchItemFailures": []}));
    let all = rows.partition(&key.actie_id, "", None).await.unwrap().rows;
    let of_kind = |kind: &'static str| all.iter().filter(move |row| row.soort().starts_with(kind));
    assert_eq!(of_kind(table::SOORT_VERSIE).count(), 2, "R04: of the POST and of the DELETE");
    assert!(of_kind(table::SOORT_OBJECT).all(|row| row.is(table::VERVALLEN)), "R06: it is in no list any more");

    for function in [&auth, &r#gen, &proc, &proj] {
        let log = function.log().join("\n");
        assert!(!log.is_empty(), "a function writes a line a request");
        assert!(!log.contains(BSN) && !log.contains(CLIENT_KEY) && !log.contains(&token), "R09: {log}");
    }
    services.stop().await;
}
