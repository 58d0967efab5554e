//! Queues as such: names, attributes, and what there is no queue for.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName::{self, MaximumMessageSize, QueueArn, RedrivePolicy, VisibilityTimeout};
use local::{Options, Services};
use serde_json::{Value, json};

use crate::clients::{Stack, code};

#[tokio::test]
async fn a_queue_is_made_found_listed_and_deleted() {
    let stack = Stack::start().await;
    let made = stack.sqs.create_queue().queue_name("een").attributes(VisibilityTimeout, "45").send().await.unwrap();
    let url = made.queue_url().unwrap();
    assert_eq!(url, format!("{}/000000000000/een", stack.services.endpoint()));
    assert_eq!(stack.sqs.get_queue_url().queue_name("een").send().await.unwrap().queue_url(), Some(url));

    let attributes = stack.sqs.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All);
    let attributes = attributes.send().await.unwrap().attributes.unwrap();
    assert_eq!(attributes[&VisibilityTimeout], "45");
    assert_eq!(attributes[&MaximumMessageSize], "1048576");
    assert_eq!(attributes[&QueueArn], "arn:aws:sqs:eu-west-1:000000000000:een");

    stack.sqs.delete_queue().queue_url(url).send().await.unwrap();
    let gone = stack.sqs.get_queue_url().queue_name("een").send().await.unwrap_err();
    assert!(gone.as_service_error().unwrap().is_queue_does_not_exist());
}

#[tokio::test]
async fn queues_are_listed_in_pages_and_by_the_start_of_their_names() {
    let stack = Stack::start().await;
    for name in ["a-1", "a-2", "a_3", "b-1"] {
        stack.queue(name, json!({}));
    }
    let listed = stack.sqs.list_queues().queue_name_prefix("a-").send().await.unwrap();
    assert_eq!(listed.queue_urls().len(), 2);
    assert_eq!(listed.next_token(), None);
    let first = stack.sqs.list_queues().max_results(3).send().await.unwrap();
    assert_eq!(first.queue_urls().len(), 3);
    let rest = stack.sqs.list_queues().max_results(3).next_token(first.next_token().unwrap()).send().await.unwrap();
    assert_eq!(rest.queue_urls(), [stack.services.sqs().url("b-1")]);
    assert_eq!(rest.next_token(), None);
}

#[tokio::test]
async fn making_a_queue_again_is_an_error_only_with_other_attributes() {
    let stack = Stack::start().await;
    let create = |timeout| stack.sqs.create_queue().queue_name("een").attributes(VisibilityTimeout, timeout).send();
    create("45").await.unwrap();
    create("45").await.unwrap();
    stack.sqs.create_queue().queue_name("een").send().await.unwrap();
    assert_eq!(code(create("46").await.unwrap_err()), "QueueAlreadyExists");
}

/// The code of the query protocol is what the SDK reports; the name in the JSON protocol is what it matches on.
#[tokio::test]
async fn an_unknown_queue_is_named_in_both_protocols() {
    let stack = Stack::start().await;
    let url = stack.services.sqs().url("none");
    let refused = stack.sqs.send_message().queue_url(url).message_body("x").send().await.unwrap_err();
    assert_eq!(refused.raw_response().unwrap().status().as_u16(), 400);
    assert_eq!(
        refused.raw_response().unwrap().headers().get("x-amzn-query-error"),
        Some("AWS.SimpleQueueService.NonExistentQueue;Sender")
    );
    assert!(refused.as_service_error().unwrap().is_queue_does_not_exist());
    assert_eq!(code(refused), "AWS.SimpleQueueService.NonExistentQueue");
}

#[tokio::test]
async fn names_and_attributes_have_bounds() {
    let stack = Stack::start().await;
    let create = |name: &str| stack.sqs.create_queue().queue_name(name);
    for name in ["", "één", "a b", &"x".repeat(81)] {
        assert_eq!(code(create(name).send().await.unwrap_err()), "InvalidParameterValue", "{name}");
    }
    create(&"x".repeat(80)).send().await.unwrap();
    for (attribute, value) in [
        ("VisibilityTimeout", "43201"),
        ("VisibilityTimeout", "-1"),
        ("VisibilityTimeout", "half a minute"),
        ("DelaySeconds", "901"),
        ("MessageRetentionPeriod", "59"),
        ("MaximumMessageSize", "1023"),
        ("ReceiveMessageWaitTimeSeconds", "21"),
        ("SqsManagedSseEnabled", "perhaps"),
    ] {
        let refused = create("een").attributes(attribute.into(), value).send().await.unwrap_err();
        assert_eq!(code(refused), "InvalidAttributeValue", "{attribute} {value}");
    }
    for attribute in ["FifoQueue", "Colour"] {
        let refused = create("een").attributes(attribute.into(), "true").send().await.unwrap_err();
        assert_eq!(code(refused), "InvalidAttributeName", "{attribute}");
    }
}

#[tokio::test]
async fn an_attribute_that_is_set_holds_from_then_on() {
    let stack = Stack::start().await;
    let queue = stack.queue("queue", json!({}));
    let set = |name, value: &str| queue.sqs.set_queue_attributes().queue_url(&queue.url).attributes(name, value).send();
    set(VisibilityTimeout, "0").await.unwrap();
    queue.send("again and again").await;
    assert_eq!(queue.receive().await.len(), 1);
    assert_eq!(queue.receive().await.len(), 1);
    assert_eq!(code(set(VisibilityTimeout, "x").await.unwrap_err()), "InvalidAttributeValue");
    assert_eq!(queue.attributes().await[&VisibilityTimeout], "0");
}

#[tokio::test]
async fn a_queue_can_be_purged_once_a_minute() {
    let (stack, clock) = Stack::start_at_rest().await;
    let queue = stack.queue("queue", json!({}));
    let purge = || queue.sqs.purge_queue().queue_url(&queue.url).send();
    queue.send("in flight").await;
    queue.receive().await;
    queue.send("visible").await;
    purge().await.unwrap();
    assert_eq!(queue.counts().await, ["0", "0", "0"]);
    queue.send("later").await;
    let refused = purge().await.unwrap_err();
    assert!(refused.as_service_error().unwrap().is_purge_queue_in_progress());
    clock.advance(Duration::from_secs(60));
    purge().await.unwrap();
    assert_eq!(queue.counts().await, ["0", "0", "0"]);
}

/// CloudFormation has numbers, booleans and objects where the API has texts.
#[tokio::test]
async fn the_properties_of_a_template_become_attributes() {
    let stack = Stack::start().await;
    stack.queue("failed", json!({"MessageRetentionPeriod": 1_209_600}));
    let arn = stack.services.sqs().arn("failed");
    let properties = json!({
        "QueueName": "another",
        "VisibilityTimeout": 90,
        "RedrivePolicy": {"deadLetterTargetArn": arn, "maxReceiveCount": 5},
        "KmsMasterKeyId": {"Fn::GetAtt": ["DataKey", "Arn"]},
        "Tags": [{"Key": "a", "Value": "b"}],
    });
    let ignored = stack.services.sqs().create_queue("queue", &properties).unwrap();
    assert_eq!(ignored, ["KmsMasterKeyId", "Tags"]);
    let queue = stack.queue("queue", properties);
    let attributes: HashMap<_, _> = queue.attributes().await;
    assert_eq!(attributes[&VisibilityTimeout], "90");
    let policy: serde_json::Value = serde_json::from_str(&attributes[&RedrivePolicy]).unwrap();
    assert_eq!(policy, json!({"deadLetterTargetArn": arn, "maxReceiveCount": 5}));

    // What the template no longer says no longer holds.
    let queue = stack.queue("queue", json!({"VisibilityTimeout": 91}));
    assert_eq!(queue.attributes().await[&VisibilityTimeout], "91");
    assert_eq!(queue.attributes().await.get(&RedrivePolicy), None);

    let refused = stack.services.sqs().create_queue("queue", &json!({"Colour": "green"})).unwrap_err();
    assert_eq!(refused.code, "InvalidAttributeName");
}

#[tokio::test]
async fn what_a_receiver_that_is_gone_had_received_can_be_received_again_and_was_received_once() {
    let services = Services::start(Options::in_memory()).await.unwrap();
    services.sqs().create_queue("wachtrij", &json!({})).unwrap();
    let url = services.sqs().url("wachtrij");
    let call = async |operation: &str, more: Value| {
        let mut asked = json!({ "QueueUrl": url });
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, got) = services.call(&format!("AmazonSQS.{operation}"), asked.to_string()).await.unwrap();
        assert_eq!(status, 200, "{got:?}");
        serde_json::from_slice::<Value>(&got).unwrap()
    };
    let receive = json!({"VisibilityTimeout": 600, "MessageSystemAttributeNames": ["All"]});
    call("SendMessage", json!({"MessageBody": "bericht"})).await;
    assert_eq!(call("ReceiveMessage", receive.clone()).await["Messages"][0]["Body"], "bericht");
    assert_eq!(call("ReceiveMessage", receive.clone()).await, json!({}));
    services.sqs().release("wachtrij").unwrap();
    let again = call("ReceiveMessage", receive).await;
    assert_eq!(again["Messages"][0]["Attributes"]["ApproximateReceiveCount"], "1", "{again}");
}
