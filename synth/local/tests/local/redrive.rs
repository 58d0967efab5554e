//! Messages that fail: to the dead-letter queue, and back.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html>

use std::time::Duration;

use aws_sdk_sqs::types::MessageSystemAttributeName::{
    ApproximateReceiveCount, DeadLetterQueueSourceArn, MessageDeduplicationId, MessageGroupId, SentTimestamp,
};
use aws_sdk_sqs::types::QueueAttributeName::RedrivePolicy;
use local::Clock;
use serde_json::json;

use crate::clients::{Queue, Stack, code, system};

/// A queue whose messages are received at most `max` times, and its dead-letter queue.
fn pair(stack: &Stack, max: i64) -> (Queue, Queue) {
    let failed = stack.queue("failed", json!({}));
    let policy = json!({"deadLetterTargetArn": stack.services.sqs().arn("failed"), "maxReceiveCount": max});
    let queue = stack.queue("queue", json!({"RedrivePolicy": policy, "VisibilityTimeout": 0}));
    (queue, failed)
}

#[tokio::test]
async fn a_message_that_was_received_too_often_goes_to_the_dead_letter_queue() {
    let (stack, clock) = Stack::start_at_rest().await;
    let (queue, failed) = pair(&stack, 2);
    let id = queue.send("poison").await;
    let sent = clock.now().to_string();
    clock.advance(Duration::from_secs(1));
    assert_eq!(queue.receive().await.len(), 1);
    assert_eq!(queue.receive().await.len(), 1);
    assert!(failed.receive().await.is_empty(), "it was received no oftener than allowed");
    assert!(queue.receive().await.is_empty());

    assert_eq!(queue.counts().await, ["0", "0", "0"]);
    let [message] = &failed.receive().await[..] else { panic!("one message") };
    assert_eq!(message.message_id(), Some(id.as_str()));
    assert_eq!(message.body(), Some("poison"));
    assert_eq!(system(message, ApproximateReceiveCount), Some("3"));
    assert_eq!(system(message, SentTimestamp), Some(sent.as_str()));
    assert_eq!(system(message, DeadLetterQueueSourceArn), Some(stack.services.sqs().arn("queue").as_str()));
}

#[tokio::test]
async fn a_poisonous_message_does_not_stand_in_the_way_of_others() {
    let stack = Stack::start().await;
    let (queue, failed) = pair(&stack, 1);
    queue.send("poison").await;
    assert_eq!(queue.bodies().await, ["poison"]);
    queue.send("good").await;
    let receive = queue.sqs.receive_message().queue_url(&queue.url).max_number_of_messages(1).send().await.unwrap();
    assert_eq!(receive.messages()[0].body(), Some("good"));
    assert_eq!(failed.bodies().await, ["poison"]);
}

/// In a standard queue, the retention period of a failed message counts from when it was first sent
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html>).
#[tokio::test]
async fn a_failed_message_keeps_its_age() {
    let (stack, clock) = Stack::start_at_rest().await;
    let (queue, failed) = pair(&stack, 1);
    let set = failed.sqs.set_queue_attributes().queue_url(&failed.url);
    set.attributes("MessageRetentionPeriod".into(), "120").send().await.unwrap();
    queue.send("poison").await;
    queue.receive().await;
    clock.advance(Duration::from_secs(100));
    queue.receive().await;
    assert_eq!(failed.counts().await, ["1", "0", "0"]);
    clock.advance(Duration::from_secs(20));
    assert_eq!(failed.counts().await, ["0", "0", "0"]);
}

#[tokio::test]
async fn failed_messages_move_back_to_where_they_came_from() {
    let (stack, clock) = Stack::start_at_rest().await;
    let (queue, failed) = pair(&stack, 1);
    let id = queue.send("poison").await;
    queue.receive().await;
    queue.receive().await;
    failed.send("sent here directly").await;
    clock.advance(Duration::from_secs(5));

    let source = stack.services.sqs().arn("failed");
    let started = stack.sqs.start_message_move_task().source_arn(&source).send().await.unwrap();
    assert!(started.task_handle().is_some());
    let tasks = stack.sqs.list_message_move_tasks().source_arn(&source).send().await.unwrap();
    let [task] = tasks.results() else { panic!("one task") };
    assert_eq!((task.status(), task.approximate_number_of_messages_moved()), (Some("FAILED"), 1));
    // Where it failed is not known of a message that was sent here.
    assert_eq!(task.failure_reason(), Some("CouldNotDetermineMessageSource"));
    assert_eq!(task.approximate_number_of_messages_to_move(), Some(2));
    assert_eq!(task.started_timestamp(), clock.now());
    assert_eq!(failed.bodies().await, ["sent here directly"]);

    // It is a new message: by its id, its age, and how often it was received.
    let [message] = &queue.receive().await[..] else { panic!("one message") };
    assert_eq!(message.body(), Some("poison"));
    assert_ne!(message.message_id(), Some(id.as_str()));
    assert_eq!(system(message, ApproximateReceiveCount), Some("1"));
    assert_eq!(system(message, SentTimestamp), Some(clock.now().to_string().as_str()));
    assert_eq!(system(message, DeadLetterQueueSourceArn), None);
}

#[tokio::test]
async fn failed_messages_move_to_another_queue_where_one_is_named() {
    let stack = Stack::start().await;
    let (_, failed) = pair(&stack, 1);
    let third = stack.queue("third", json!({}));
    failed.send("sent here directly").await;
    let sqs = stack.services.sqs();
    let start = stack.sqs.start_message_move_task().source_arn(sqs.arn("failed")).destination_arn(sqs.arn("third"));
    start.send().await.unwrap();
    assert_eq!(third.bodies().await, ["sent here directly"]);
    let tasks = stack.sqs.list_message_move_tasks().source_arn(sqs.arn("failed")).send().await.unwrap();
    assert_eq!((tasks.results()[0].status(), tasks.results()[0].failure_reason()), (Some("COMPLETED"), None));
}

#[tokio::test]
async fn a_message_moves_to_a_queue_that_would_take_it() {
    let stack = Stack::start().await;
    let (_, failed) = pair(&stack, 1);
    stack.queue("ordered.fifo", json!({"FifoQueue": true}));
    let small = stack.queue("small", json!({"MaximumMessageSize": 1024}));
    failed.send(&"x".repeat(1025)).await;
    failed.send("x").await;
    let sqs = stack.services.sqs();
    let start =
        |arn: String| stack.sqs.start_message_move_task().source_arn(sqs.arn("failed")).destination_arn(arn).send();
    assert_eq!(code(start(sqs.arn("ordered.fifo")).await.unwrap_err()), "InvalidParameterValue");
    let none = start(sqs.arn("none")).await.unwrap_err();
    assert!(none.as_service_error().unwrap().to_string().contains("DestinationArn"), "{none:?}");
    start(sqs.arn("small")).await.unwrap();
    assert_eq!(small.bodies().await, ["x"]);
    assert_eq!(failed.counts().await, ["1", "0", "0"]);
    let tasks = stack.sqs.list_message_move_tasks().source_arn(sqs.arn("failed")).send().await.unwrap();
    assert_eq!(
        (tasks.results()[0].status(), tasks.results()[0].failure_reason()),
        (Some("FAILED"), Some("MessageTooLong"))
    );
}

/// Two messages can have one deduplication id, some time apart, and both fail.
#[tokio::test]
async fn a_failed_message_of_a_fifo_queue_is_deduplicated_by_its_own_id() {
    let stack = Stack::start().await;
    let failed = stack.queue("failed.fifo", json!({"FifoQueue": true}));
    let policy = json!({"deadLetterTargetArn": stack.services.sqs().arn("failed.fifo"), "maxReceiveCount": 1});
    let queue = stack.queue("queue.fifo", json!({"FifoQueue": true, "RedrivePolicy": policy, "VisibilityTimeout": 0}));
    queue.send_in("group", "poison").await;
    queue.receive().await;
    assert!(queue.receive().await.is_empty());
    let [message] = &failed.receive().await[..] else { panic!("one message") };
    assert_eq!(system(message, MessageDeduplicationId), message.message_id());
    assert_eq!(system(message, MessageGroupId), Some("group"));
}

#[tokio::test]
async fn only_a_dead_letter_queue_has_messages_to_move() {
    let stack = Stack::start().await;
    pair(&stack, 1);
    let start = |name: &str| stack.sqs.start_message_move_task().source_arn(stack.services.sqs().arn(name)).send();
    assert_eq!(code(start("queue").await.unwrap_err()), "InvalidParameterValue");
    assert!(start("none").await.unwrap_err().as_service_error().unwrap().is_resource_not_found_exception());
}

#[tokio::test]
async fn a_redrive_policy_is_checked() {
    let stack = Stack::start().await;
    let (queue, failed) = pair(&stack, 1);
    stack.queue("other.fifo", json!({"FifoQueue": true}));
    let deny = json!({"RedriveAllowPolicy": {"redrivePermission": "denyAll"}});
    stack.queue("closed", deny);
    let by_queue = json!({"redrivePermission": "byQueue", "sourceQueueArns": [stack.services.sqs().arn("elsewhere")]});
    stack.queue("particular", json!({"RedriveAllowPolicy": by_queue}));
    let set = |policy: String| {
        queue.sqs.set_queue_attributes().queue_url(&queue.url).attributes(RedrivePolicy, policy).send()
    };
    let policy = |target: &str, max: serde_json::Value| {
        json!({"deadLetterTargetArn": stack.services.sqs().arn(target), "maxReceiveCount": max}).to_string()
    };
    set(policy("failed", json!("7"))).await.unwrap();
    for (target, max) in [
        ("none", json!(1)),
        ("other.fifo", json!(1)),
        ("closed", json!(1)),
        ("particular", json!(1)),
        ("failed", json!(0)),
    ] {
        assert_eq!(code(set(policy(target, max)).await.unwrap_err()), "InvalidParameterValue", "{target}");
    }
    assert_eq!(code(set("{}".to_owned()).await.unwrap_err()), "InvalidAttributeValue");
    assert_eq!(code(set("x".to_owned()).await.unwrap_err()), "InvalidAttributeValue");

    let sources = || failed.sqs.list_dead_letter_source_queues().queue_url(&failed.url).send();
    assert_eq!(sources().await.unwrap().queue_urls().join(" "), queue.url);
    set(String::new()).await.unwrap();
    assert!(sources().await.unwrap().queue_urls().is_empty());
}
