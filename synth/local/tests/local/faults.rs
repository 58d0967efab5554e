//! Faults on request, and the calls counted.

use std::sync::Arc;

use aws_config::retry::RetryConfig;
use aws_sdk_dynamodb::types::AttributeValue::S;
use aws_sdk_sqs::error::SdkError;
use local::{Fault, Service};
use serde_json::json;
use tokio::sync::Notify;

use crate::clients::{Stack, code, config};
use crate::dynamodb::properties;

async fn put(stack: &Stack, id: &str) -> Result<(), String> {
    let put = stack.dynamodb.put_item().table_name("tabel").item("actieId", S(id.to_owned()));
    put.item("soort", S("actueel".to_owned())).send().await.map(drop).map_err(code)
}

async fn ready() -> Stack {
    let stack = Stack::start().await;
    stack.services.dynamodb().create_table("tabel", &properties()).unwrap();
    stack.services.s3().create_bucket("backup").unwrap();
    stack.services.secrets().set("naam", "geheim").expect("a secret");
    stack
}

#[tokio::test]
async fn the_call_that_is_named_fails_and_no_other() {
    let stack = ready().await;
    stack.services.faults().set(|call| match (call.service, call.operation.as_str(), call.number) {
        (Service::DynamoDb, "PutItem", 2) => Fault::throttled(call.service),
        _ => Fault::None,
    });
    assert_eq!(put(&stack, "a").await, Ok(()));
    assert_eq!(put(&stack, "b").await, Err("ProvisionedThroughputExceededException".to_owned()));
    assert_eq!(put(&stack, "b").await, Ok(()));
    assert_eq!(stack.services.faults().count(Service::DynamoDb, "PutItem"), 3);
    assert_eq!(stack.services.faults().count(Service::DynamoDb, "GetItem"), 0);
}

#[tokio::test]
async fn every_service_fails_in_its_own_words() {
    let stack = ready().await;
    let queue = stack.queue("queue", json!({}));
    let calls = || async {
        [
            put(&stack, "a").await.unwrap_err(),
            code(queue.sqs.send_message().queue_url(&queue.url).message_body("x").send().await.unwrap_err()),
            code(stack.s3.put_object().bucket("backup").key("k").body(Vec::new().into()).send().await.unwrap_err()),
            code(stack.secrets.get_secret_value().secret_id("naam").send().await.unwrap_err()),
        ]
    };
    let faults = stack.services.faults();
    faults.set(|call| Fault::throttled(call.service));
    let throttled = ["ProvisionedThroughputExceededException", "RequestThrottled", "SlowDown", "ThrottlingException"];
    assert_eq!(calls().await, throttled);
    faults.set(|call| Fault::internal(call.service));
    let internal = ["InternalServerError", "InternalFailure", "InternalError", "InternalServiceError"];
    assert_eq!(calls().await, internal);
    faults.set(|call| Fault::unavailable(call.service));
    let unavailable = ["ServiceUnavailableException", "ServiceUnavailableException", "ServiceUnavailable"];
    assert_eq!(calls().await[..3], unavailable);
    faults.set(|_| Fault::error(418, "Teapot"));
    assert_eq!(calls().await, ["Teapot"; 4]);

    faults.clear();
    assert_eq!(queue.counts().await, ["0", "0", "0"], "the service saw nothing of it");
    assert_eq!(stack.s3.list_objects_v2().bucket("backup").send().await.unwrap().key_count(), Some(0));
}

/// What the functions rely on: the SDK tries again when a service is throttled, in trouble, or gone.
#[tokio::test]
async fn the_sdk_s_own_retries_are_calls_too() {
    let stack = ready().await;
    let retrying = config(&stack.services.endpoint()).await.into_builder();
    let retrying = retrying.retry_config(
        RetryConfig::standard().with_max_attempts(4).with_initial_backoff(std::time::Duration::from_millis(1)),
    );
    let s3 = aws_sdk_s3::Client::new(&retrying.build());
    stack.services.faults().set(|call| match call.number {
        1 => Fault::throttled(call.service),
        2 => Fault::internal(call.service),
        3 => Fault::Reset,
        _ => Fault::None,
    });
    s3.put_object().bucket("backup").key("key").body(b"x".to_vec().into()).send().await.unwrap();
    assert_eq!(stack.services.faults().count(Service::S3, "PutObject"), 4);
}

#[tokio::test]
async fn a_connection_ends_before_or_after_the_service_has_done_it() {
    let stack = ready().await;
    let queue = stack.queue("queue", json!({}));
    let send = |body: &str| queue.sqs.send_message().queue_url(&queue.url).message_body(body).send();
    stack.services.faults().set(|call| match call.number {
        1 => Fault::Reset,
        2 => Fault::AnswerLost,
        _ => Fault::None,
    });
    assert!(matches!(send("reset").await, Err(SdkError::DispatchFailure(_))));
    assert!(matches!(send("lost").await, Err(SdkError::DispatchFailure(_))));
    send("good").await.unwrap();
    stack.services.faults().clear();
    assert_eq!(queue.bodies().await, ["lost", "good"]);
}

#[tokio::test]
async fn a_call_is_done_twice() {
    let stack = ready().await;
    let queue = stack.queue("queue", json!({}));
    stack.services.faults().set(|call| if call.operation == "SendMessage" { Fault::Twice } else { Fault::None });
    queue.send("double").await;
    assert_eq!(queue.bodies().await, ["double", "double"]);
    assert_eq!(stack.services.faults().count(Service::Sqs, "SendMessage"), 1, "the client called once");
}

#[tokio::test]
async fn a_call_waits_for_what_the_test_says() {
    let stack = ready().await;
    let queue = stack.queue("queue", json!({}));
    let go = Arc::new(Notify::new());
    let held = go.clone();
    stack.services.faults().set(move |call| {
        let held = held.clone();
        if (call.operation.as_str(), call.number) == ("SendMessage", 1) {
            Fault::None.after(async move { held.notified().await })
        } else {
            Fault::None
        }
    });
    let first = {
        let queue = queue.clone();
        tokio::spawn(async move { queue.send("first").await })
    };
    while stack.services.faults().count(Service::Sqs, "SendMessage") == 0 {
        tokio::task::yield_now().await;
    }
    queue.send("second").await;
    go.notify_one();
    first.await.unwrap();
    assert_eq!(queue.bodies().await, ["second", "first"]);
}

#[tokio::test]
async fn calls_are_recorded_with_what_was_sent() {
    let stack = ready().await;
    stack.services.faults().record();
    put(&stack, "a").await.unwrap();
    stack.s3.put_object().bucket("backup").key("key").body(b"object".to_vec().into()).send().await.unwrap();
    stack.s3.list_objects_v2().bucket("backup").send().await.unwrap();
    let recorded = stack.services.faults().recorded();
    let calls: Vec<_> = recorded.iter().map(|call| (call.service, call.operation.as_str(), call.number)).collect();
    assert_eq!(
        calls,
        [(Service::DynamoDb, "PutItem", 1), (Service::S3, "PutObject", 1), (Service::S3, "ListObjectsV2", 1)]
    );
    let item: serde_json::Value = serde_json::from_slice(&recorded[0].body).unwrap();
    assert_eq!(item["Item"]["actieId"]["S"], "a");
    assert_eq!(recorded[1].body.as_ref(), b"object");
    assert_eq!(stack.services.faults().total(), 3);
}
