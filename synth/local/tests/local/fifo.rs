//! FIFO queues: order within a group, and no message twice.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fifo-queues.html>

use std::time::Duration;

use aws_sdk_sqs::types::MessageSystemAttributeName::{MessageDeduplicationId, MessageGroupId, SequenceNumber};
use serde_json::json;

use crate::clients::{Stack, code, system};

#[tokio::test]
async fn a_group_is_received_in_order_and_waits_for_what_is_in_flight() {
    let (stack, clock) = Stack::start_at_rest().await;
    let queue = stack.queue("queue.fifo", json!({"FifoQueue": true}));
    for (group, body) in [("a", "a1"), ("a", "a2"), ("b", "b1"), ("a", "a3")] {
        queue.send_in(group, body).await;
    }
    let one = || async {
        let receive = queue.sqs.receive_message().queue_url(&queue.url).max_number_of_messages(1).send().await.unwrap();
        receive.messages.unwrap_or_default().pop()
    };
    let a1 = one().await.unwrap();
    assert_eq!(a1.body(), Some("a1"));
    assert_eq!(one().await.unwrap().body(), Some("b1"), "the group a waits for a1, the group b does not");
    assert_eq!(one().await, None);
    queue.delete(&a1).await;
    assert_eq!(queue.bodies().await, ["a2", "a3"], "one request gets more than one of a group");
    clock.advance(Duration::from_secs(30));
    assert_eq!(queue.bodies().await, ["a2", "b1", "a3"], "what comes back comes back in its place");
}

#[tokio::test]
async fn sequence_numbers_grow_and_ids_come_back() {
    let stack = Stack::start().await;
    let queue = stack.queue("queue.fifo", json!({"FifoQueue": true}));
    queue.send_in("a", "1").await;
    queue.send_in("b", "2").await;
    let received = queue.receive().await;
    let numbers: Vec<_> = received.iter().map(|message| system(message, SequenceNumber).unwrap()).collect();
    assert_eq!(numbers[0].len(), 20);
    assert!(numbers[0] < numbers[1]);
    assert_eq!(system(&received[1], MessageGroupId), Some("b"));
    assert_eq!(system(&received[1], MessageDeduplicationId), Some("2"));
}

#[tokio::test]
async fn a_message_sent_twice_within_five_minutes_is_there_once() {
    let (stack, clock) = Stack::start_at_rest().await;
    let queue = stack.queue("queue.fifo", json!({"FifoQueue": true}));
    let send = |id: &str, body: &str| {
        let send = queue.sqs.send_message().queue_url(&queue.url).message_group_id("a");
        send.message_deduplication_id(id).message_body(body).send()
    };
    let first = send("same", "een").await.unwrap();
    clock.advance(Duration::from_secs(299));
    let second = send("same", "een").await.unwrap();
    assert_eq!(first.message_id(), second.message_id());
    assert_eq!(first.sequence_number(), second.sequence_number());
    let message = queue.receive().await.remove(0);
    queue.delete(&message).await;
    send("same", "een").await.unwrap();
    assert_eq!(queue.counts().await, ["0", "0", "0"], "it is remembered also after it was deleted");
    clock.advance(Duration::from_secs(1));
    let third = send("same", "een").await.unwrap();
    assert_ne!(first.message_id(), third.message_id());
    assert_eq!(queue.counts().await, ["1", "0", "0"]);
}

#[tokio::test]
async fn the_content_is_the_deduplication_id_where_the_queue_says_so() {
    let stack = Stack::start().await;
    let queue = stack.queue("queue.fifo", json!({"FifoQueue": true, "ContentBasedDeduplication": true}));
    let send =
        |body: &str| queue.sqs.send_message().queue_url(&queue.url).message_group_id("a").message_body(body).send();
    send("een").await.unwrap();
    send("een").await.unwrap();
    send("twee").await.unwrap();
    assert_eq!(queue.bodies().await, ["een", "twee"]);
}

#[tokio::test]
async fn groups_deduplicate_by_themselves_where_the_queue_says_so() {
    let stack = Stack::start().await;
    let queue = stack.queue("queue.fifo", json!({"FifoQueue": true, "DeduplicationScope": "messageGroup"}));
    queue.send_in("a", "same").await;
    queue.send_in("a", "same").await;
    queue.send_in("b", "same").await;
    assert_eq!(queue.counts().await, ["2", "0", "0"]);
}

#[tokio::test]
async fn what_a_fifo_queue_needs_it_asks_for() {
    let stack = Stack::start().await;
    let fifo = stack.queue("queue.fifo", json!({"FifoQueue": true}));
    let standard = stack.queue("queue", json!({}));
    let send = |url: &str| stack.sqs.send_message().queue_url(url).message_body("x");
    assert_eq!(code(send(&fifo.url).send().await.unwrap_err()), "MissingParameter");
    let grouped = send(&fifo.url).message_group_id("a");
    assert_eq!(code(grouped.clone().send().await.unwrap_err()), "InvalidParameterValue");
    let delayed = grouped.clone().message_deduplication_id("1").delay_seconds(5);
    assert_eq!(code(delayed.send().await.unwrap_err()), "InvalidParameterValue");
    let strange = grouped.message_deduplication_id("één");
    assert_eq!(code(strange.send().await.unwrap_err()), "InvalidParameterValue");
    let misplaced = send(&standard.url).message_deduplication_id("1");
    assert_eq!(code(misplaced.send().await.unwrap_err()), "InvalidParameterValue");
    // A group in a standard queue is for fairness.
    send(&standard.url).message_group_id("a").send().await.unwrap();

    assert_eq!(code(stack.sqs.create_queue().queue_name("x.fifo").send().await.unwrap_err()), "InvalidParameterValue");
}

#[tokio::test]
async fn a_handle_whose_time_is_over_deletes_nothing() {
    let (stack, clock) = Stack::start_at_rest().await;
    let queue = stack.queue("queue.fifo", json!({"FifoQueue": true}));
    queue.send_in("a", "een").await;
    let message = queue.receive().await.remove(0);
    clock.advance(Duration::from_secs(30));
    let delete = queue.sqs.delete_message().queue_url(&queue.url).receipt_handle(message.receipt_handle().unwrap());
    assert_eq!(code(delete.send().await.unwrap_err()), "InvalidParameterValue");
    assert_eq!(queue.bodies().await, ["een"]);
}

#[tokio::test]
async fn a_failed_message_makes_way_for_its_group() {
    let stack = Stack::start().await;
    let failed = stack.queue("failed.fifo", json!({"FifoQueue": true}));
    let policy = json!({"deadLetterTargetArn": stack.services.sqs().arn("failed.fifo"), "maxReceiveCount": 1});
    let properties = json!({"FifoQueue": true, "RedrivePolicy": policy, "VisibilityTimeout": 0});
    let queue = stack.queue("queue.fifo", properties);
    queue.send_in("a", "poison").await;
    assert_eq!(queue.bodies().await, ["poison"]);
    queue.send_in("a", "good").await;
    assert_eq!(queue.bodies().await, ["good"]);
    assert_eq!(failed.bodies().await, ["poison"]);
}
