//! Indexes that are behind their tables.

use std::future::Future;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use local::{Fault, ManualClock, Options};
use serde_json::{Value, json};

use crate::clients::{Stack, code};
use crate::dynamodb::properties;

const LAG: Duration = Duration::from_secs(60);
const INDEX: &str = "verwerkingId-index";

/// Indexes are a minute behind; the clock stands at 1767225600.
async fn lagging() -> (Stack, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    let stack = Stack::with(Options::in_memory().clock(clock.clone()).index_lag(LAG)).await;
    stack.services.dynamodb().create_table("tabel", &properties()).unwrap();
    (stack, clock)
}

fn row(id: &str, level: &str) -> Value {
    json!({
        "actieId": {"S": id}, "soort": {"S": "actueel"}, "verwerkingId": {"S": "v"}, "vertrouwelijkheid": {"S": level},
        "tijdstipRegistratie": {"S": id}, "bewaardTot": {"N": "1767225660"},
    })
}

/// Writes as the gateway does, from within the process.
async fn write(stack: &Stack, operation: &str, body: Value) {
    let (status, answer) =
        stack.services.call(&format!("DynamoDB_20120810.{operation}"), body.to_string()).await.unwrap();
    assert!(status.is_success(), "{answer:?}");
}

async fn put(stack: &Stack, id: &str, level: &str) {
    write(stack, "PutItem", json!({"TableName": "tabel", "Item": row(id, level)})).await;
}

/// What a query of the index shows, by HTTP and from within the process.
async fn shown(stack: &Stack) -> Vec<String> {
    let query = stack.dynamodb.query().table_name("tabel").index_name(INDEX);
    let query = query.key_condition_expression("verwerkingId = :v").expression_attribute_values(":v", S("v".into()));
    let found = query.send().await.unwrap();
    let text = |value: &aws_sdk_dynamodb::types::AttributeValue| value.as_s().unwrap().clone();
    let over_http: Vec<_> = found
        .items()
        .iter()
        .map(|item| format!("{} {}", text(&item["actieId"]), text(&item["vertrouwelijkheid"])))
        .collect();
    let asked = json!({
        "TableName": "tabel", "IndexName": INDEX, "KeyConditionExpression": "verwerkingId = :v",
        "ExpressionAttributeValues": {":v": {"S": "v"}},
    });
    let (_, answer) = stack.services.call("DynamoDB_20120810.Query", asked.to_string()).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let items = answer["Items"].as_array().unwrap();
    let text = |value: &Value| value["S"].as_str().unwrap().to_owned();
    let inside: Vec<_> =
        items.iter().map(|item| format!("{} {}", text(&item["actieId"]), text(&item["vertrouwelijkheid"]))).collect();
    assert_eq!(over_http, inside);
    assert_eq!(answer["Count"], items.len());
    inside
}

#[tokio::test]
async fn a_row_is_in_the_table_at_once_and_in_the_index_after_the_lag() {
    let (stack, clock) = lagging().await;
    put(&stack, "a", "normaal").await;
    let get = stack.dynamodb.get_item().table_name("tabel").key("actieId", S("a".into()));
    assert!(get.key("soort", S("actueel".into())).send().await.unwrap().item().is_some());
    let own = stack.dynamodb.query().table_name("tabel").key_condition_expression("actieId = :a");
    assert_eq!(own.expression_attribute_values(":a", S("a".into())).send().await.unwrap().count(), 1);
    assert_eq!(stack.dynamodb.scan().table_name("tabel").send().await.unwrap().count(), 1);
    let scan = stack.dynamodb.scan().table_name("tabel").index_name(INDEX);
    assert_eq!(scan.clone().send().await.unwrap().count(), 0);
    assert_eq!(shown(&stack).await, [""; 0]);

    clock.advance(LAG - Duration::from_millis(1));
    assert_eq!(shown(&stack).await, [""; 0]);
    clock.advance(Duration::from_millis(1));
    assert_eq!(shown(&stack).await, ["a normaal"]);
    assert_eq!(scan.send().await.unwrap().count(), 1);
}

#[tokio::test]
async fn what_is_changed_or_deleted_is_shown_as_it_was() {
    let (stack, clock) = lagging().await;
    put(&stack, "a", "normaal").await;
    put(&stack, "b", "normaal").await;
    clock.advance(LAG);
    assert_eq!(shown(&stack).await, ["a normaal", "b normaal"]);

    let update = stack.dynamodb.update_item().table_name("tabel").key("actieId", S("a".into()));
    let update = update.key("soort", S("actueel".into())).update_expression("SET vertrouwelijkheid = :n");
    update.expression_attribute_values(":n", S("geheim".into())).send().await.unwrap();
    clock.advance(LAG / 2);
    let transaction = json!({"TransactItems": [
        {"Put": {"TableName": "tabel", "Item": row("c", "normaal"), "ConditionExpression": "attribute_not_exists(actieId)"}},
        {"Delete": {"TableName": "tabel", "Key": {"actieId": {"S": "b"}, "soort": {"S": "actueel"}}}},
    ]});
    write(&stack, "TransactWriteItems", transaction).await;
    assert_eq!(shown(&stack).await, ["a normaal", "b normaal"]);
    clock.advance(LAG / 2);
    assert_eq!(shown(&stack).await, ["a geheim", "b normaal"]);
    clock.advance(LAG / 2);
    assert_eq!(shown(&stack).await, ["a geheim", "c normaal"]);
}

#[tokio::test]
async fn what_dynamodb_refuses_never_comes_into_the_index() {
    let (stack, clock) = lagging().await;
    put(&stack, "a", "normaal").await;
    let refused = stack.dynamodb.delete_item().table_name("tabel").key("actieId", S("a".into()));
    let refused =
        refused.key("soort", S("actueel".into())).condition_expression("attribute_not_exists(vertrouwelijkheid)");
    assert_eq!(code(refused.send().await.unwrap_err()), "ConditionalCheckFailedException");
    // Whoever does not hear of it has written all the same.
    stack.services.faults().set(|_| Fault::AnswerLost);
    let lost = json!({"RequestItems": {"tabel": [{"PutRequest": {"Item": row("b", "normaal")}}]}}).to_string();
    stack.services.call("DynamoDB_20120810.BatchWriteItem", lost).await.unwrap_err();
    stack.services.faults().clear();
    clock.advance(LAG);
    assert_eq!(shown(&stack).await, ["a normaal", "b normaal"]);
}

/// On its first way a request goes by DynamoDB's server, and whoever asked may have gone when it is done.
#[tokio::test]
async fn what_nobody_waits_for_any_more_comes_into_the_index_too() {
    let (stack, clock) = lagging().await;
    let asked = json!({"TableName": "tabel", "Item": row("a", "normaal")}).to_string();
    let mut call = Box::pin(stack.services.call("DynamoDB_20120810.PutItem", asked));
    let there = || {
        let key = json!({"TableName": "tabel", "Key": {"actieId": {"S": "a"}, "soort": {"S": "actueel"}}});
        let got = stack.services.dynamodb().database().get_item(serde_json::from_value(key).unwrap());
        got.unwrap().item.is_some()
    };
    while !there() {
        let waits = std::future::poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_pending()));
        assert!(waits.await, "it is answered after it is done");
        tokio::task::yield_now().await;
    }
    drop(call);
    clock.advance(LAG);
    assert_eq!(shown(&stack).await, ["a normaal"]);
}

#[tokio::test]
async fn rows_whose_time_is_over_leave_the_index_later() {
    let (stack, clock) = lagging().await;
    put(&stack, "a", "normaal").await;
    clock.advance(LAG);
    clock.advance(Duration::from_secs(1));
    assert_eq!(stack.services.dynamodb().sweep().unwrap(), 1);
    assert_eq!(shown(&stack).await, ["a normaal"]);
    // Written anew before the index has heard of its end.
    let mut kept = row("a", "geheim");
    kept["bewaardTot"]["N"] = "2000000000".into();
    write(&stack, "PutItem", json!({"TableName": "tabel", "Item": kept})).await;
    clock.advance(LAG);
    assert_eq!(shown(&stack).await, ["a geheim"]);
}

#[tokio::test]
async fn a_local_index_and_an_index_that_is_not_there_are_the_tables_own() {
    let (stack, _) = lagging().await;
    let key =
        |range: &str| json!([{"AttributeName": "a", "KeyType": "HASH"}, {"AttributeName": range, "KeyType": "RANGE"}]);
    let attributes = ["a", "b", "c"].map(|name| json!({"AttributeName": name, "AttributeType": "N"}));
    let properties = json!({
        "AttributeDefinitions": attributes,
        "KeySchema": key("b"), "BillingMode": "PAY_PER_REQUEST",
        "LocalSecondaryIndexes": [
            {"IndexName": "local", "KeySchema": key("c"), "Projection": {"ProjectionType": "ALL"}},
        ],
    });
    stack.services.dynamodb().create_table("ander", &properties).unwrap();
    let put = stack.dynamodb.put_item().table_name("ander").item("a", N("1".into())).item("b", N("2".into()));
    put.item("c", N("3".into())).send().await.unwrap();
    let query = |index: &str| {
        let query = stack.dynamodb.query().table_name("ander").index_name(index).key_condition_expression("a = :a");
        query.expression_attribute_values(":a", N("1".into())).send()
    };
    assert_eq!(query("local").await.unwrap().count(), 1);
    assert_eq!(code(query("niets").await.unwrap_err()), "ValidationException");
}

#[tokio::test]
async fn on_disk_an_index_begins_with_all_that_is_there() {
    let folder = tempfile::tempdir().unwrap();
    for (level, before) in [("normaal", vec![]), ("geheim", vec!["a normaal"])] {
        let clock = Arc::new(ManualClock::default());
        let stack = Stack::with(Options::on_disk(folder.path()).clock(clock.clone()).index_lag(LAG)).await;
        stack.services.dynamodb().create_table("tabel", &properties()).unwrap();
        put(&stack, "a", level).await;
        assert_eq!(shown(&stack).await, before);
        clock.advance(LAG);
        assert_eq!(shown(&stack).await, [format!("a {level}")]);
        stack.services.stop().await;
    }
}
