//! A request that waits is answered when there is something to receive, and no later than it asked for.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html>

use std::time::Duration;

use aws_sdk_sqs::types::Message;
use local::ManualClock;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::clients::{Queue, Stack};

/// Asks for a message, and returns when the request is waiting.
async fn wait_for_one(queue: &Queue, seconds: Option<i32>, clock: &ManualClock) -> JoinHandle<Vec<Message>> {
    let receive = queue.sqs.receive_message().queue_url(&queue.url).set_wait_time_seconds(seconds);
    let waiting = clock.waiting();
    let request =
        tokio::spawn(async { receive.send().await.expect("there is an answer").messages.unwrap_or_default() });
    while clock.waiting() == waiting {
        assert!(!request.is_finished(), "the request does not wait");
        tokio::task::yield_now().await;
    }
    request
}

#[tokio::test]
async fn a_message_that_is_sent_ends_the_wait() {
    let (stack, clock) = Stack::start_at_rest().await;
    let queue = stack.queue("queue", json!({}));
    let request = wait_for_one(&queue, Some(20), &clock).await;
    queue.send("now").await;
    assert_eq!(request.await.unwrap()[0].body(), Some("now"));
}

#[tokio::test]
async fn the_wait_ends_when_its_time_is_over() {
    let (stack, clock) = Stack::start_at_rest().await;
    let queue = stack.queue("queue", json!({}));
    let request = wait_for_one(&queue, Some(20), &clock).await;
    clock.advance(Duration::from_secs(20));
    assert!(request.await.unwrap().is_empty());
}

#[tokio::test]
async fn a_queue_can_say_how_long_requests_wait() {
    let (stack, clock) = Stack::start_at_rest().await;
    let queue = stack.queue("queue", json!({"ReceiveMessageWaitTimeSeconds": 7}));
    let request = wait_for_one(&queue, None, &clock).await;
    clock.advance(Duration::from_secs(7));
    assert!(request.await.unwrap().is_empty());
    // Asking for no wait is asking for it.
    assert!(queue.receive().await.is_empty());
}

#[tokio::test]
async fn a_delay_that_is_over_ends_the_wait() {
    let (stack, clock) = Stack::start_at_rest().await;
    let queue = stack.queue("queue", json!({"DelaySeconds": 5}));
    queue.send("later").await;
    let request = wait_for_one(&queue, Some(20), &clock).await;
    clock.advance(Duration::from_secs(5));
    assert_eq!(request.await.unwrap()[0].body(), Some("later"));
}

#[tokio::test]
async fn a_message_that_is_given_back_ends_the_wait() {
    let (stack, clock) = Stack::start_at_rest().await;
    let queue = stack.queue("queue", json!({}));
    queue.send("again").await;
    let message = queue.receive().await.remove(0);
    let request = wait_for_one(&queue, Some(20), &clock).await;
    queue.change_visibility(&message, 0).await.unwrap();
    assert_eq!(request.await.unwrap()[0].body(), Some("again"));
}

#[tokio::test]
async fn a_message_that_fails_ends_the_wait_for_failed_ones() {
    let (stack, clock) = Stack::start_at_rest().await;
    let failed = stack.queue("failed", json!({}));
    let policy = json!({"deadLetterTargetArn": stack.services.sqs().arn("failed"), "maxReceiveCount": 1});
    let queue = stack.queue("queue", json!({"RedrivePolicy": policy, "VisibilityTimeout": 0}));
    queue.send("poison").await;
    queue.receive().await;
    let request = wait_for_one(&failed, Some(20), &clock).await;
    queue.receive().await;
    assert_eq!(request.await.unwrap()[0].body(), Some("poison"));
}

#[tokio::test]
async fn a_message_that_is_deleted_makes_way_for_the_next_of_its_group() {
    let (stack, clock) = Stack::start_at_rest().await;
    let queue = stack.queue("queue.fifo", json!({"FifoQueue": true}));
    queue.send_in("a", "first").await;
    let first = queue.receive().await.remove(0);
    queue.send_in("a", "second").await;
    let request = wait_for_one(&queue, Some(20), &clock).await;
    queue.delete(&first).await;
    assert_eq!(request.await.unwrap()[0].body(), Some("second"));
}

#[tokio::test]
async fn one_message_ends_one_of_two_waits() {
    let (stack, clock) = Stack::start_at_rest().await;
    let queue = stack.queue("queue", json!({}));
    let one = wait_for_one(&queue, Some(20), &clock).await;
    let other = wait_for_one(&queue, Some(20), &clock).await;
    queue.send("for one of them").await;
    let (first, second) = tokio::select! {
        first = one => (first.unwrap(), None),
        second = other => (Vec::new(), Some(second.unwrap())),
    };
    let received = first.into_iter().chain(second.into_iter().flatten());
    assert_eq!(received.count(), 1);
    assert_eq!(queue.counts().await, ["0", "1", "0"]);
}
