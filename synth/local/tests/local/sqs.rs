//! Queues.

use std::time::Duration;

use aws_sdk_sqs::types::MessageSystemAttributeName::{All, ApproximateReceiveCount};
use serde_json::json;

use crate::clients::Stack;

async fn queue(stack: &Stack, properties: serde_json::Value) -> String {
    stack.services.sqs().create_queue("queue", &properties).expect("the queue is made");
    stack.services.sqs().url("queue")
}

#[tokio::test]
async fn a_message_is_sent_received_and_deleted() {
    let stack = Stack::start().await;
    let queue = queue(&stack, json!({})).await;
    let sent = stack.sqs.send_message().queue_url(&queue).message_body("één").send().await.unwrap();
    let received =
        stack.sqs.receive_message().queue_url(&queue).message_system_attribute_names(All).send().await.unwrap();
    let [message] = received.messages() else { panic!("one message: {received:?}") };
    assert_eq!(message.body(), Some("één"));
    assert_eq!(message.message_id(), sent.message_id());
    assert_eq!(message.attributes().unwrap()[&ApproximateReceiveCount], "1");

    let handle = message.receipt_handle().unwrap();
    stack.sqs.delete_message().queue_url(&queue).receipt_handle(handle).send().await.unwrap();
    let counts = stack
        .sqs
        .get_queue_attributes()
        .queue_url(&queue)
        .attribute_names(aws_sdk_sqs::types::QueueAttributeName::All)
        .send()
        .await
        .unwrap();
    let counts = counts.attributes().unwrap();
    assert_eq!(counts[&aws_sdk_sqs::types::QueueAttributeName::ApproximateNumberOfMessages], "0");
    assert_eq!(counts[&aws_sdk_sqs::types::QueueAttributeName::ApproximateNumberOfMessagesNotVisible], "0");
}

#[tokio::test]
async fn a_message_comes_back_when_its_visibility_timeout_is_over() {
    let (stack, clock) = Stack::start_at_rest().await;
    let queue = queue(&stack, json!({"VisibilityTimeout": 60})).await;
    stack.sqs.send_message().queue_url(&queue).message_body("once").send().await.unwrap();
    let receive = || async { stack.sqs.receive_message().queue_url(&queue).send().await.unwrap().messages().len() };
    assert_eq!(receive().await, 1);
    clock.advance(Duration::from_millis(59_999));
    assert_eq!(receive().await, 0);
    clock.advance(Duration::from_millis(1));
    assert_eq!(receive().await, 1);
}
