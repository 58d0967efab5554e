//! What a table's stream hands out.

use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use serde_json::{Value, json};

use crate::clients::Stack;
use crate::dynamodb::properties;

async fn ask(stack: &Stack, operation: &str, asked: Value) -> Value {
    let target = format!("DynamoDBStreams_20120810.{operation}");
    let (status, answer) = stack.services.call(&target, asked.to_string()).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(status.as_u16(), 200, "{answer}");
    answer
}

/// The beginning of the only stream.
async fn horizon(stack: &Stack) -> Value {
    let streams = ask(stack, "ListStreams", json!({})).await;
    let arn = &streams["Streams"][0]["StreamArn"];
    let described = ask(stack, "DescribeStream", json!({"StreamArn": arn})).await;
    let shard = &described["StreamDescription"]["Shards"][0]["ShardId"];
    let asked = json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
    ask(stack, "GetShardIterator", asked).await["ShardIterator"].clone()
}

async fn put(stack: &Stack, id: &str, number: &str) {
    let put = stack.dynamodb.put_item().table_name("tabel").item("actieId", S(id.into()));
    put.item("soort", S("actueel".into())).item("n", N(number.into())).send().await.unwrap();
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html>
#[tokio::test]
async fn a_write_that_changes_nothing_has_no_record() {
    let stack = Stack::start().await;
    stack.services.dynamodb().create_table("tabel", &properties()).unwrap();
    for _ in 0..4 {
        put(&stack, "a", "1").await;
    }
    put(&stack, "b", "1").await;
    put(&stack, "a", "2").await;
    let update = stack.dynamodb.update_item().table_name("tabel").key("actieId", S("a".into()));
    let update = update.key("soort", S("actueel".into())).update_expression("SET n = :n");
    update.expression_attribute_values(":n", N("2".into())).send().await.unwrap();

    let told = |answer: &Value| -> Vec<String> {
        let records = answer["Records"].as_array().unwrap();
        let told = |record: &Value| {
            let (event, id) =
                (record["eventName"].as_str().unwrap(), record["dynamodb"]["Keys"]["actieId"]["S"].as_str());
            format!("{event} {}", id.unwrap())
        };
        records.iter().map(told).collect()
    };
    let beginning = horizon(&stack).await;
    let all = ask(&stack, "GetRecords", json!({"ShardIterator": beginning})).await;
    assert_eq!(told(&all), ["INSERT a", "INSERT b", "MODIFY a"]);
    // A page is full where there is more, also where nothing changed in between.
    let page = ask(&stack, "GetRecords", json!({"ShardIterator": beginning, "Limit": 2})).await;
    assert_eq!(told(&page), ["INSERT a", "INSERT b"]);
    let page = ask(&stack, "GetRecords", json!({"ShardIterator": page["NextShardIterator"], "Limit": 2})).await;
    assert_eq!(told(&page), ["MODIFY a"]);
    let page = ask(&stack, "GetRecords", json!({"ShardIterator": page["NextShardIterator"], "Limit": 2})).await;
    assert_eq!(told(&page), [] as [&str; 0]);

    let asked = json!({"ShardIterator": beginning}).to_string();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX-Amz-Target: DynamoDBStreams_20120810.GetRecords\r\n\
         Content-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\n\r\n{asked}",
        asked.len()
    );
    let answer = crate::services::exchange(&stack.services, &request).await;
    assert_eq!(answer.matches("eventName").count(), 3, "{answer}");
}
