//! What a standard queue promises about one message.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html>

use std::time::Duration;

use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::MessageSystemAttributeName::{
    ApproximateFirstReceiveTimestamp, ApproximateReceiveCount, AwsTraceHeader, SentTimestamp,
};
use aws_sdk_sqs::types::{MessageAttributeValue, MessageSystemAttributeNameForSends, MessageSystemAttributeValue};
use local::Clock;
use serde_json::json;

use crate::clients::{Stack, code, handle, system};

#[tokio::test]
async fn a_message_is_sent_received_and_deleted() {
    let stack = Stack::start().await;
    let queue = stack.queue("queue", json!({}));
    let id = queue.send("één").await;
    let [message] = &queue.receive().await[..] else { panic!("one message") };
    assert_eq!(message.body(), Some("één"));
    assert_eq!(message.message_id(), Some(id.as_str()));
    assert_eq!(queue.counts().await, ["0", "1", "0"]);
    queue.delete(message).await;
    assert_eq!(queue.counts().await, ["0", "0", "0"]);
}

#[tokio::test]
async fn a_message_comes_back_when_its_visibility_timeout_is_over() {
    let (stack, clock) = Stack::start_at_rest().await;
    let queue = stack.queue("queue", json!({"VisibilityTimeout": 60}));
    queue.send("once").await;
    let sent = clock.now().to_string();
    clock.advance(Duration::from_secs(1));
    let first_received = clock.now().to_string();
    assert_eq!(queue.receive().await.len(), 1);
    clock.advance(Duration::from_millis(59_999));
    assert_eq!(queue.receive().await.len(), 0);
    clock.advance(Duration::from_millis(1));

    let [message] = &queue.receive().await[..] else { panic!("one message") };
    assert_eq!(system(message, ApproximateReceiveCount), Some("2"));
    assert_eq!(system(message, SentTimestamp), Some(sent.as_str()));
    assert_eq!(system(message, ApproximateFirstReceiveTimestamp), Some(first_received.as_str()));
}

#[tokio::test]
async fn a_request_sets_the_visibility_timeout_of_what_it_receives() {
    let (stack, clock) = Stack::start_at_rest().await;
    let queue = stack.queue("queue", json!({}));
    queue.send("once").await;
    let receive = queue.sqs.receive_message().queue_url(&queue.url).visibility_timeout(5).send().await.unwrap();
    assert_eq!(receive.messages().len(), 1);
    clock.advance(Duration::from_secs(5));
    assert_eq!(queue.receive().await.len(), 1);
}

#[tokio::test]
async fn a_changed_visibility_counts_from_the_change() {
    let (stack, clock) = Stack::start_at_rest().await;
    let queue = stack.queue("queue", json!({}));
    queue.send("once").await;
    let message = queue.receive().await.remove(0);
    clock.advance(Duration::from_secs(20));
    queue.change_visibility(&message, 30).await.unwrap();
    clock.advance(Duration::from_secs(29));
    assert!(queue.receive().await.is_empty());
    clock.advance(Duration::from_secs(1));
    let message = queue.receive().await.remove(0);
    queue.change_visibility(&message, 0).await.unwrap();
    assert_eq!(queue.counts().await, ["1", "0", "0"]);
}

#[tokio::test]
async fn a_message_is_invisible_for_twelve_hours_at_most() {
    let (stack, clock) = Stack::start_at_rest().await;
    let queue = stack.queue("queue", json!({}));
    queue.send("once").await;
    let message = queue.receive().await.remove(0);
    clock.advance(Duration::from_secs(10));
    assert_eq!(queue.change_visibility(&message, 43_190).await, Ok(()));
    assert_eq!(queue.change_visibility(&message, 43_191).await, Err("InvalidParameterValue".to_owned()));
    assert_eq!(queue.change_visibility(&message, 43_201).await, Err("InvalidParameterValue".to_owned()));
}

#[tokio::test]
async fn an_old_receipt_handle_deletes_nothing_and_changes_nothing() {
    let (stack, clock) = Stack::start_at_rest().await;
    let queue = stack.queue("queue", json!({}));
    queue.send("once").await;
    let old = queue.receive().await.remove(0);
    clock.advance(Duration::from_secs(30));
    let new = queue.receive().await.remove(0);
    assert_ne!(handle(&old), handle(&new));

    queue.delete(&old).await;
    assert_eq!(queue.counts().await, ["0", "1", "0"]);
    assert_eq!(queue.change_visibility(&old, 0).await, Err("InvalidParameterValue".to_owned()));
    queue.delete(&new).await;
    assert_eq!(queue.counts().await, ["0", "0", "0"]);
    // Deleting what has gone is no error.
    queue.delete(&new).await;
    assert_eq!(queue.change_visibility(&new, 0).await, Err("InvalidParameterValue".to_owned()));
}

#[tokio::test]
async fn a_handle_that_was_never_given_is_invalid() {
    let stack = Stack::start().await;
    let queue = stack.queue("queue", json!({}));
    let other = stack.queue("other", json!({}));
    other.send("elsewhere").await;
    let elsewhere = other.receive().await.remove(0);
    for handle in ["nonsense", handle(&elsewhere)] {
        let refused = queue.sqs.delete_message().queue_url(&queue.url).receipt_handle(handle).send().await.unwrap_err();
        assert_eq!(refused.raw_response().unwrap().status().as_u16(), 404);
        assert!(refused.as_service_error().unwrap().is_receipt_handle_is_invalid());
    }
    assert_eq!(other.counts().await, ["0", "1", "0"]);
}

#[tokio::test]
async fn a_delayed_message_is_there_when_its_delay_is_over() {
    let (stack, clock) = Stack::start_at_rest().await;
    let queue = stack.queue("queue", json!({"DelaySeconds": 10}));
    queue.send("by the queue").await;
    let send = |seconds| {
        queue.sqs.send_message().queue_url(&queue.url).message_body("by itself").delay_seconds(seconds).send()
    };
    send(20).await.unwrap();
    assert_eq!(code(send(901).await.unwrap_err()), "InvalidParameterValue");
    assert_eq!(queue.counts().await, ["0", "0", "2"]);
    clock.advance(Duration::from_secs(10));
    assert_eq!(queue.bodies().await, ["by the queue"]);
    clock.advance(Duration::from_secs(10));
    assert_eq!(queue.bodies().await, ["by itself"]);
}

#[tokio::test]
async fn a_message_is_kept_for_the_retention_period() {
    let (stack, clock) = Stack::start_at_rest().await;
    let queue = stack.queue("queue", json!({"MessageRetentionPeriod": 60}));
    queue.send("old").await;
    clock.advance(Duration::from_secs(30));
    queue.send("young").await;
    clock.advance(Duration::from_secs(30));
    assert_eq!(queue.counts().await, ["1", "0", "0"]);
    assert_eq!(queue.bodies().await, ["young"]);
}

/// The SDK compares the digests that come back with its own, so a wrong one fails the call.
#[tokio::test]
async fn attributes_come_back_with_the_digest_that_the_sdk_computes() {
    let stack = Stack::start().await;
    let queue = stack.queue("queue", json!({}));
    let text =
        |kind: &str, value: &str| MessageAttributeValue::builder().data_type(kind).string_value(value).build().unwrap();
    let binary = MessageAttributeValue::builder().data_type("Binary.png").binary_value(Blob::new([0, 255, 1]));
    let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
    let sent = queue
        .sqs
        .send_message()
        .queue_url(&queue.url)
        .message_body("with attributes")
        .message_attributes("soort.een", text("String", "één"))
        .message_attributes("soort.twee", text("Number", "-12.5"))
        .message_attributes("beeld", binary.build().unwrap())
        .message_system_attributes(
            MessageSystemAttributeNameForSends::AwsTraceHeader,
            MessageSystemAttributeValue::builder().data_type("String").string_value(trace).build().unwrap(),
        )
        .send()
        .await
        .unwrap();
    // Computed with Python's hashlib, by the steps that the developer guide gives.
    assert_eq!(sent.md5_of_message_attributes(), Some("1ef69f8b60d10da47286d0fe8c7ff5f5"));
    assert_eq!(sent.md5_of_message_body(), Some("c2d900c011c138c4a68934fee2fdd344"));
    assert_eq!(sent.md5_of_message_system_attributes(), Some("5f48eef650c1d0207456969c85af2fdd"));

    let receive = queue.sqs.receive_message().queue_url(&queue.url).visibility_timeout(0);
    let all = receive.clone().message_attribute_names("All").send().await.unwrap();
    let all = &all.messages()[0];
    assert_eq!(all.md5_of_message_attributes(), sent.md5_of_message_attributes());
    assert_eq!(all.message_attributes().unwrap()["beeld"].binary_value(), Some(&Blob::new([0, 255, 1])));
    assert_eq!(all.message_attributes().unwrap()["soort.een"].string_value(), Some("één"));
    assert!(all.attributes().is_none(), "no system attribute was asked for");

    let some = receive
        .clone()
        .message_attribute_names("soort.*")
        .message_system_attribute_names(AwsTraceHeader)
        .send()
        .await
        .unwrap();
    let some = &some.messages()[0];
    let mut names: Vec<_> = some.message_attributes().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["soort.een", "soort.twee"]);
    assert_eq!(system(some, AwsTraceHeader), Some(trace));

    let none = receive.send().await.unwrap();
    assert_eq!(none.messages()[0].message_attributes(), None);
    assert_eq!(none.messages()[0].md5_of_message_attributes(), None);
}

#[tokio::test]
async fn a_message_that_is_too_long_or_has_strange_characters_is_refused() {
    let stack = Stack::start().await;
    let queue = stack.queue("queue", json!({"MaximumMessageSize": 1024}));
    let send = |body: String| queue.sqs.send_message().queue_url(&queue.url).message_body(body).send();
    send("x".repeat(1024)).await.unwrap();
    assert_eq!(code(send("x".repeat(1025)).await.unwrap_err()), "InvalidParameterValue");
    // Characters count by their bytes.
    assert_eq!(code(send("é".repeat(513)).await.unwrap_err()), "InvalidParameterValue");
    send("\t\n\r \u{7f}\u{fffd}\u{10ffff}".to_owned()).await.unwrap();
    for strange in ["\u{0}", "\u{1f}", "\u{fffe}"] {
        assert_eq!(code(send(strange.to_owned()).await.unwrap_err()), "InvalidMessageContents");
    }
    assert_eq!(code(send(String::new()).await.unwrap_err()), "MissingParameter");

    let attribute =
        MessageAttributeValue::builder().data_type("String").string_value("x".repeat(1012)).build().unwrap();
    let with = queue.sqs.send_message().queue_url(&queue.url).message_attributes("name", attribute);
    with.clone().message_body("xx").send().await.unwrap();
    assert_eq!(code(with.message_body("xxx").send().await.unwrap_err()), "InvalidParameterValue");
}

#[tokio::test]
async fn an_attribute_that_is_none_is_refused() {
    let stack = Stack::start().await;
    let queue = stack.queue("queue", json!({}));
    for (name, kind, value) in [
        ("AWS.name", "String", "x"),
        (".name", "String", "x"),
        ("a..b", "String", "x"),
        ("naam één", "String", "x"),
        ("name", "String", ""),
        ("name", "Number", "twaalf"),
        ("name", "Boolean", "true"),
    ] {
        let value = MessageAttributeValue::builder().data_type(kind).string_value(value).build().unwrap();
        let send = queue.sqs.send_message().queue_url(&queue.url).message_body("x").message_attributes(name, value);
        assert_eq!(code(send.send().await.unwrap_err()), "InvalidParameterValue", "{name} {kind}");
    }
    assert_eq!(queue.counts().await, ["0", "0", "0"]);
}

#[tokio::test]
async fn a_request_out_of_bounds_is_refused() {
    let stack = Stack::start().await;
    let queue = stack.queue("queue", json!({}));
    let receive = || queue.sqs.receive_message().queue_url(&queue.url);
    assert_eq!(code(receive().max_number_of_messages(11).send().await.unwrap_err()), "InvalidParameterValue");
    assert_eq!(code(receive().max_number_of_messages(0).send().await.unwrap_err()), "InvalidParameterValue");
    assert_eq!(code(receive().wait_time_seconds(21).send().await.unwrap_err()), "InvalidParameterValue");
    assert_eq!(code(receive().visibility_timeout(43_201).send().await.unwrap_err()), "InvalidParameterValue");
}

#[tokio::test]
async fn the_most_that_a_request_asks_for_is_the_most_that_it_gets() {
    let stack = Stack::start().await;
    let queue = stack.queue("queue", json!({}));
    for number in 0..5 {
        queue.send(&number.to_string()).await;
    }
    let receive = |most| queue.sqs.receive_message().queue_url(&queue.url).max_number_of_messages(most).send();
    assert_eq!(receive(3).await.unwrap().messages().len(), 3);
    assert_eq!(receive(10).await.unwrap().messages().len(), 2);
}

/// Whoever comes too late is told that somebody else may have the message.
#[tokio::test]
async fn what_is_visible_again_cannot_be_hidden() {
    let (stack, clock) = Stack::start_at_rest().await;
    let queue = stack.queue("queue", json!({}));
    queue.send("once").await;
    let message = queue.receive().await.remove(0);
    clock.advance(Duration::from_secs(30));
    let late = queue.change_visibility(&message, 60).await;
    assert_eq!(late, Err("AWS.SimpleQueueService.MessageNotInflight".to_owned()));
    assert_eq!(queue.counts().await, ["1", "0", "0"]);
}
