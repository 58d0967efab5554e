//! What a queue's mapping hands to its function.

use serde_json::{Value, json};

use crate::mapped::{IN_MEMORY, Mapped, ON_DISK, all, change};

#[tokio::test]
async fn a_batch_has_so_many_messages_and_only_those_that_failed_come_again() {
    let filter = json!({"Filters": [{"Pattern": r#"{"body": {"soort": ["mee"]}}"#}]});
    let mapped = Mapped::of_queue(2, json!({"BatchSize": 2, "FilterCriteria": filter})).await;
    mapped.go();
    for number in 0..4 {
        mapped.send(&json!({"soort": "mee", "nummer": number}).to_string()).await;
        mapped.send(&json!({"soort": "niet", "nummer": number}).to_string()).await;
    }
    let broken = json!({"soort": "mee", "nummer": "broken"}).to_string();
    mapped.send(&broken).await;
    let events = mapped.events(|events| all(events) >= 6).await;
    // What the filter does not let through and what was done is gone.
    mapped.counts("0", "0").await;
    assert!(events.iter().all(|event| (1..=2).contains(&event.len())), "{events:?}");
    let mut bodies = events.concat();
    bodies.sort_unstable();
    let mut expected: Vec<_> = (0..4).map(|number| json!({"soort": "mee", "nummer": number}).to_string()).collect();
    expected.extend([broken.clone(), broken]);
    expected.sort_unstable();
    assert_eq!(bodies, expected);
}

#[tokio::test]
async fn a_window_gathers_a_batch() {
    let mapped = Mapped::of_queue(360, json!({"BatchSize": 3, "MaximumBatchingWindowInSeconds": 300})).await;
    mapped.go();
    for (body, in_flight) in [("een", "1"), ("twee", "2")] {
        mapped.send(body).await;
        mapped.counts("0", in_flight).await;
    }
    mapped.send("drie").await;
    assert_eq!(mapped.events(|events| all(events) >= 3).await, [["een", "twee", "drie"]]);
}

#[tokio::test]
async fn no_more_batches_than_it_says_are_under_way() {
    let mapped = Mapped::of_queue(360, json!({"BatchSize": 1, "ScalingConfig": {"MaximumConcurrency": 2}})).await;
    for body in ["een", "twee", "drie", "vier"] {
        mapped.send(body).await;
    }
    mapped.events(|events| events.len() >= 2).await;
    mapped.go();
    mapped.events(|events| events.len() >= 4).await;
    mapped.counts("0", "0").await;
    let mut under_way = 0_usize;
    for noted in mapped.noted() {
        under_way = if noted.is_some() { under_way + 1 } else { under_way - 1 };
        assert!(under_way <= 2);
    }
}

/// A pattern about plain text and one about JSON are each for messages of its kind.
#[tokio::test]
async fn each_pattern_says_for_itself_whether_a_message_is_json() {
    let patterns = [r#"{"body":["plain",{"prefix":"{"}]}"#, r#"{"body":{"a":[1]}}"#];
    let filters = patterns.map(|pattern| json!({"Pattern": pattern}));
    let mapped = Mapped::of_queue(360, json!({"FilterCriteria": {"Filters": filters}})).await;
    mapped.go();
    for body in ["plain", r#"{"a":1}"#, "other", r#"{"a":2}"#, "{"] {
        mapped.send(body).await;
    }
    mapped.counts("0", "0").await;
    let mut handed = mapped.events(|_| true).await.concat();
    handed.sort_unstable();
    assert_eq!(handed, ["plain", "{", r#"{"a":1}"#]);
}

/// 6 MB: <https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html>.
#[tokio::test]
async fn an_event_is_no_larger_than_lambda_takes_it() {
    let window = json!({"BatchSize": 7, "MaximumBatchingWindowInSeconds": 300});
    let mapped = Mapped::of_queue(360, window).await;
    mapped.go();
    for _ in 0..7 {
        mapped.send(&"x".repeat(1_000_000)).await;
    }
    mapped.counts("0", "0").await;
    let events = mapped.events(|events| all(events) >= 7).await;
    assert_eq!(events.iter().map(Vec::len).collect::<Vec<_>>(), [6, 1]);
}

/// Seven messages of a group are two events, of which the first fails in part: the second waits for what comes again.
#[tokio::test]
async fn nothing_overtakes_what_failed_in_a_fifo_queue() {
    let fifo = |enabled: bool| {
        move |template: &mut Value| {
            change(
                template,
                "Queue",
                json!({"FifoQueue": true, "ContentBasedDeduplication": true, "VisibilityTimeout": 360}),
            );
            template["Resources"]["Queue"]["Properties"].as_object_mut().unwrap().remove("RedrivePolicy");
            change(template, "ProcQueueSource", json!({"Enabled": enabled}));
        }
    };
    let mapped = Mapped::start("proc", &[ON_DISK], fifo(false)).await;
    for number in ["1 broken", "2", "3", "4", "5", "6", "7"] {
        let send = mapped.aws.sqs().send_message().queue_url(mapped.url("queue.fifo")).message_group_id("groep");
        send.message_body(format!("{number} {}", "x".repeat(1_000_000))).send().await.unwrap();
    }
    let mapped = mapped.again(&[ON_DISK], fifo(true)).await;
    mapped.go();
    mapped.counts_of("queue.fifo", "0", "2").await;
    // What is in flight comes again after the next start.
    let mapped = mapped.again(&[ON_DISK], fifo(true)).await;
    let events = mapped.events(|events| all(events) >= 8).await;
    let order: String = events.concat().iter().filter_map(|body| body.chars().next()).collect();
    assert_eq!(order, "12345617");
}

/// AWS never gives a message of a group before an earlier one, so there is nothing to have on purpose.
#[tokio::test]
async fn a_fifo_queue_is_not_reordered() {
    let mapped = Mapped::start("proc", &[IN_MEMORY, "--chaos=sqs:reorder=1"], |template| {
        change(template, "Queue", json!({"FifoQueue": true, "ContentBasedDeduplication": true}));
        template["Resources"]["Queue"]["Properties"].as_object_mut().unwrap().remove("RedrivePolicy");
    })
    .await;
    mapped.go();
    for body in ["een", "twee", "drie"] {
        let send = mapped.aws.sqs().send_message().queue_url(mapped.url("queue.fifo"));
        send.message_group_id("groep").message_body(body).send().await.unwrap();
    }
    let events = mapped.events(|events| all(events) >= 3).await;
    assert_eq!(events.concat(), ["een", "twee", "drie"]);
    let records = mapped.noted().into_iter().flatten().flat_map(|event| event.records);
    let counts: Vec<_> = records.map(|record| record.attributes["ApproximateReceiveCount"].clone()).collect();
    assert_eq!(counts, ["1", "1", "1"], "none was put back");
}
