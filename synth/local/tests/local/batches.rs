//! Batches: each entry is done or fails for itself.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-batch-api-actions.html>

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, SendMessageBatchRequestEntry,
};
use serde_json::json;

use crate::clients::{Queue, Stack, code, handle};

fn entry(id: &str, body: impl Into<String>) -> SendMessageBatchRequestEntry {
    SendMessageBatchRequestEntry::builder().id(id).message_body(body).build().unwrap()
}

async fn refusal(queue: &Queue, entries: Vec<SendMessageBatchRequestEntry>) -> String {
    let send = queue.sqs.send_message_batch().queue_url(&queue.url).set_entries(Some(entries));
    code(send.send().await.unwrap_err())
}

#[tokio::test]
async fn an_entry_that_fails_fails_alone() {
    let stack = Stack::start().await;
    let queue = stack.queue("queue", json!({"MaximumMessageSize": 1024}));
    let entries =
        vec![entry("good", "een"), entry("long", "x".repeat(1025)), entry("strange", "\u{0}"), entry("last", "twee")];
    let sent = queue.sqs.send_message_batch().queue_url(&queue.url).set_entries(Some(entries)).send().await.unwrap();
    let good: Vec<_> = sent.successful().iter().map(|entry| entry.id()).collect();
    assert_eq!(good, ["good", "last"]);
    let bad: Vec<_> = sent.failed().iter().map(|entry| (entry.id(), entry.code(), entry.sender_fault())).collect();
    assert_eq!(bad, [("long", "InvalidParameterValue", true), ("strange", "InvalidMessageContents", true)]);
    assert_eq!(queue.bodies().await, ["een", "twee"]);
}

#[tokio::test]
async fn a_batch_that_is_none_fails_as_a_whole() {
    let stack = Stack::start().await;
    let queue = stack.queue("queue", json!({}));
    let prefix = "AWS.SimpleQueueService.";
    let many = (0..11).map(|number| entry(&number.to_string(), "x")).collect();
    let long = "x".repeat(524_289);
    for (entries, expected) in [
        (vec![], "EmptyBatchRequest"),
        (many, "TooManyEntriesInBatchRequest"),
        (vec![entry("a", "x"), entry("b", "x"), entry("a", "x")], "BatchEntryIdsNotDistinct"),
        (vec![entry("één", "x")], "InvalidBatchEntryId"),
        (vec![entry(&"x".repeat(81), "x")], "InvalidBatchEntryId"),
        (vec![entry("a", &long), entry("b", &long)], "BatchRequestTooLong"),
    ] {
        assert_eq!(refusal(&queue, entries).await, format!("{prefix}{expected}"));
    }
    assert_eq!(queue.counts().await, ["0", "0", "0"]);
}

#[tokio::test]
async fn ten_messages_of_a_mebibyte_together_are_a_batch() {
    let stack = Stack::start().await;
    let queue = stack.queue("queue", json!({}));
    let entries = (0..8).map(|number| entry(&number.to_string(), "x".repeat(131_072))).collect();
    let sent = queue.sqs.send_message_batch().queue_url(&queue.url).set_entries(Some(entries)).send().await.unwrap();
    assert_eq!(sent.successful().len(), 8);
}

#[tokio::test]
async fn messages_are_deleted_and_hidden_in_batches() {
    let stack = Stack::start().await;
    let queue = stack.queue("queue", json!({}));
    queue.send("een").await;
    queue.send("twee").await;
    let received = queue.receive().await;
    let change = |id: &str, handle: &str, seconds| {
        let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(id).receipt_handle(handle);
        entry.visibility_timeout(seconds).build().unwrap()
    };
    let changed = queue
        .sqs
        .change_message_visibility_batch()
        .queue_url(&queue.url)
        .entries(change("good", handle(&received[0]), 0))
        .entries(change("bad", "nonsense", 0))
        .entries(change("long", handle(&received[1]), 50_000))
        .send()
        .await
        .unwrap();
    assert_eq!(changed.successful()[0].id(), "good");
    let failed: Vec<_> = changed.failed().iter().map(|entry| (entry.id(), entry.code())).collect();
    assert_eq!(failed, [("bad", "ReceiptHandleIsInvalid"), ("long", "InvalidParameterValue")]);
    assert_eq!(queue.counts().await, ["1", "1", "0"]);

    let delete = |id: &str, handle: &str| {
        DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(handle).build().unwrap()
    };
    let deleted = queue
        .sqs
        .delete_message_batch()
        .queue_url(&queue.url)
        .entries(delete("bad", "nonsense"))
        .entries(delete("good", handle(&received[1])))
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.successful()[0].id(), "good");
    assert_eq!(deleted.failed()[0].code(), "ReceiptHandleIsInvalid");
    assert_eq!(queue.counts().await, ["1", "0", "0"]);
}
