//! What a stream's mapping hands to its function, and what becomes of what the function does not do.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::emitted::NAME;
use crate::functions::programs;
use crate::mapped::{FUNCTION, IN_MEMORY, Mapped, ON_DISK, all, change, rows_of};
use crate::serving::{RUN, folder, program};

#[tokio::test]
async fn a_window_gathers_a_batch_of_a_stream() {
    let change = json!({"BatchSize": 3, "MaximumBatchingWindowInSeconds": 300, "ParallelizationFactor": 1});
    let mapped = Mapped::of_stream(change).await;
    mapped.go();
    for id in ["one", "two", "three"] {
        mapped.write(&[id]).await;
    }
    assert_eq!(mapped.rows_when(|rows| all(rows) >= 3).await, [["one", "two", "three"]]);
}

/// The halving itself uses up no try: each half may fail as often as the whole might have.
#[tokio::test]
async fn a_batch_of_a_stream_that_fails_is_halved_tried_again_and_given_up() {
    let mapped = Mapped::of_stream(json!({"MaximumRetryAttempts": 1, "ParallelizationFactor": 1})).await;
    mapped.go();
    mapped.write(&["good", "hopeless"]).await;
    let told = mapped.given_up(20).await.unwrap();
    assert_eq!(told["DDBStreamBatchInfo"]["batchSize"], 1, "{told}");
    assert_eq!(told["requestContext"]["condition"], "RetryAttemptsExhausted", "{told}");
    let seen = mapped.rows();
    assert_eq!(seen, [vec!["good", "hopeless"], vec!["good"], vec!["hopeless"], vec!["hopeless"]]);
    assert_eq!(told["requestContext"]["approximateInvokeCount"], 2, "{told}");
    let response = json!({"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"});
    assert_eq!(told["responseContext"], response, "{told}");
    let info = &told["DDBStreamBatchInfo"];
    assert_eq!(info["shardId"], format!("shardId-00000001-{NAME}-Table"), "{told}");
    assert_eq!(info["approximateArrivalOfFirstRecord"], info["approximateArrivalOfLastRecord"], "{told}");
    let time = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(time(&info["approximateArrivalOfFirstRecord"]) <= time(&told["timestamp"]), "{told}");
}

#[tokio::test]
async fn a_batch_of_a_stream_whose_function_is_busy_is_not_given_up() {
    let mapped = Mapped::start("proj", &[IN_MEMORY], |template| {
        change(template, "ProjFunction", json!({"ReservedConcurrentExecutions": 1}));
        change(template, "ProjStreamSource", json!({"MaximumRetryAttempts": 0, "ParallelizationFactor": 10}));
    })
    .await;
    let ids = ["eight", "five", "four", "one", "seven", "six", "three", "two"];
    mapped.write(&ids).await;
    mapped.says("TooManyRequestsException").await;
    mapped.go();
    let mut seen = Vec::new();
    while seen.len() < ids.len() {
        let told = mapped.given_up(0).await;
        assert_eq!(told, None, "after {seen:?}");
        seen = mapped.rows().concat();
    }
    seen.sort_unstable();
    assert_eq!(seen, ids);
}

#[tokio::test]
async fn a_record_that_is_too_old_is_given_up_before_it_is_handed_on() {
    let mapped = Mapped::of_stream(json!({"MaximumRecordAgeInSeconds": 0, "ParallelizationFactor": 1})).await;
    mapped.write(&["one", "two"]).await;
    let told = mapped.given_up(20).await.unwrap();
    assert_eq!(told["requestContext"]["condition"], "RecordAgeExceeded", "{told}");
    assert_eq!(told["DDBStreamBatchInfo"]["batchSize"], 2, "{told}");
    assert_eq!(told["requestContext"]["approximateInvokeCount"], 0, "{told}");
    assert_eq!(told["responseContext"], Value::Null, "{told}");
    assert!(mapped.rows().is_empty(), "{:?}", mapped.rows());
}

/// What was written before the mapping was there is not handed over; what was written while nothing ran is.
#[tokio::test]
async fn a_mapping_that_starts_at_the_latest_record_is_handed_all_that_come_after_it() {
    let disabled = |template: &mut Value| change(template, "ProjStreamSource", json!({"Enabled": false}));
    let latest = |template: &mut Value| {
        let mapping = json!({"StartingPosition": "LATEST", "ParallelizationFactor": 1});
        change(template, "ProjStreamSource", mapping);
    };
    let mapped = Mapped::start("proj", &[ON_DISK], disabled).await;
    mapped.write(&["before"]).await;
    let mapped = mapped.again(&[ON_DISK], latest).await;
    let mapped = mapped.again(&[ON_DISK], disabled).await;
    mapped.write(&["meanwhile"]).await;
    let mapped = mapped.again(&[ON_DISK], latest).await;
    mapped.go();
    mapped.rows_when(|rows| all(rows) >= 1).await;
    mapped.write(&["after"]).await;
    assert_eq!(mapped.rows_when(|rows| all(rows) >= 2).await, [["meanwhile"], ["after"]]);
}

#[tokio::test]
async fn a_mapping_that_starts_at_the_latest_record_is_handed_the_first_one_after_the_start() {
    let mapped = Mapped::of_stream(json!({"StartingPosition": "LATEST"})).await;
    mapped.go();
    mapped.write(&["one"]).await;
    assert_eq!(mapped.rows_when(|rows| all(rows) >= 1).await, [["one"]]);
}

#[tokio::test]
async fn two_mappings_of_a_stream_are_each_handed_what_they_have_not_done() {
    let slow = "gen";
    let two = |template: &mut Value| {
        change(template, "ProjStreamSource", json!({"ParallelizationFactor": 1}));
        let mut second = template["Resources"]["ProjStreamSource"].clone();
        second["Properties"]["FunctionName"] = json!({"Ref": "GenFunction"});
        template["Resources"]["SlowStreamSource"] = second;
    };
    let folder = folder();
    let programs = programs(folder.path(), "");
    for function in ["proj", slow] {
        fs::write(programs.join(function).join("bootstrap"), FUNCTION).unwrap();
    }
    let mapped = Mapped::serve(folder, programs.join("proj"), &[ON_DISK], two).await;
    mapped.go();
    mapped.write(&["one"]).await;
    mapped.checkpoints().await;
    let slow = programs.join(slow);
    while rows_of(&slow).is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // It was handed the first record, and is not done with it when everything ends.
    let mapped = mapped.again(&[ON_DISK], two).await;
    fs::write(slow.join("go"), "").unwrap();
    mapped.write(&["two"]).await;
    while !rows_of(&slow).concat().contains(&"two".to_owned()) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(rows_of(&slow).concat(), ["one", "one", "two"], "the first is handed to it again");
    assert_eq!(mapped.rows_when(|rows| all(rows) >= 2).await, [["one"], ["two"]]);
}

/// Before mappings had files of their own, the file was the table's.
#[tokio::test]
async fn a_folder_from_before_goes_on_where_it_was() {
    let one = |template: &mut Value| change(template, "ProjStreamSource", json!({"ParallelizationFactor": 1}));
    let mapped = Mapped::start("proj", &[ON_DISK], one).await;
    mapped.go();
    mapped.write(&["one"]).await;
    let files = mapped.checkpoints().await;
    let Mapped { serving, function, folder, .. } = mapped;
    assert_eq!(serving.interrupt(), Some(0));
    let before = folder.path().join(format!("data/{NAME}-Table.stream.json"));
    fs::rename(&files[0], &before).unwrap();
    let mapped = Mapped::serve(folder, function, &[ON_DISK], one).await;
    mapped.write(&["two"]).await;
    assert_eq!(mapped.rows_when(|rows| all(rows) >= 2).await, [["one"], ["two"]]);
    assert!(!before.exists(), "it is the mapping's now");
}

/// What a parameter gives is text.
#[tokio::test]
async fn numbers_and_booleans_may_come_as_text() {
    let mapped = Mapped::start("proj", &[IN_MEMORY, "--parameter=Age=-1"], |template| {
        for (name, default) in
            [("Retries", "0"), ("Bisect", "true"), ("Lanes", "1"), ("Age", "0"), ("Enabled", "false")]
        {
            template["Parameters"][name] = json!({"Type": "String", "Default": default});
        }
        let mapping = json!({
            "MaximumRetryAttempts": {"Ref": "Retries"}, "BisectBatchOnFunctionError": {"Ref": "Bisect"},
            "ParallelizationFactor": {"Ref": "Lanes"}, "MaximumRecordAgeInSeconds": {"Ref": "Age"},
        });
        change(template, "ProjStreamSource", mapping);
        // If it were enabled, it would be refused.
        change(template, "ProcQueueSource", json!({"Enabled": {"Ref": "Enabled"}, "FunctionName": "nobody"}));
    })
    .await;
    mapped.go();
    mapped.write(&["good", "hopeless"]).await;
    let told = mapped.given_up(20).await.unwrap();
    assert_eq!(told["requestContext"]["condition"], "RetryAttemptsExhausted", "{told}");
    assert_eq!(mapped.rows(), [vec!["good", "hopeless"], vec!["good"], vec!["hopeless"]]);
}

#[test]
fn a_value_that_is_no_number_and_no_boolean_is_refused() {
    let whole = "this has to be a whole number";
    let limit = "this has to be a whole number, or -1 for no limit";
    let boolean = "this has to be true or false";
    for (id, name, value, said) in [
        ("ProjStreamSource", "BatchSize", json!("many"), whole),
        ("ProjStreamSource", "ParallelizationFactor", json!(1.5), whole),
        ("ProjStreamSource", "MaximumRetryAttempts", json!("often"), limit),
        ("ProjStreamSource", "MaximumRecordAgeInSeconds", json!(-2), limit),
        ("ProjStreamSource", "BisectBatchOnFunctionError", json!("yes"), boolean),
        ("ProcQueueSource", "Enabled", json!("no"), boolean),
        ("ProcQueueSource", "ScalingConfig", json!({"MaximumConcurrency": "few"}), whole),
    ] {
        let folder = folder();
        let mut template: Value = serde_json::from_str(&crate::emitted::template()).unwrap();
        change(&mut template, id, json!({name: value}));
        fs::write(folder.path().join("template.json"), template.to_string()).unwrap();
        let output = program(&RUN, folder.path()).arg(IN_MEMORY).output().unwrap();
        let inner = if value.is_object() { ".MaximumConcurrency" } else { "" };
        let expected = format!("error: Resources.{id}.Properties.{name}{inner}: {said}\n");
        assert_eq!(crate::refused(&output), (2, expected));
    }
}

#[tokio::test]
async fn an_event_of_a_stream_is_no_larger_than_lambda_takes_it() {
    let window = json!({"BatchSize": 17, "MaximumBatchingWindowInSeconds": 300, "ParallelizationFactor": 1});
    let mapped = Mapped::of_stream(window).await;
    mapped.go();
    for id in 0..17 {
        mapped.write_large(&id.to_string(), 380_000).await;
    }
    let events = mapped.rows_when(|rows| all(rows) >= 17).await;
    assert_eq!(events.iter().map(Vec::len).collect::<Vec<_>>(), [16, 1]);
}

/// Only a queue is told of it here. That is said at the start, and again when there was something to tell.
#[tokio::test]
async fn a_failure_destination_that_is_no_queue_is_named() {
    for destination in
        [json!({"Fn::GetAtt": ["BackupBucket", "Arn"]}), json!("arn:aws:sns:eu-west-1:000000000000:topic")]
    {
        let mapping = json!({
            "MaximumRetryAttempts": 0, "ParallelizationFactor": 1,
            "DestinationConfig": {"OnFailure": {"Destination": destination}},
        });
        let mapped = Mapped::of_stream(mapping).await;
        let arn = match destination.as_str() {
            Some(topic) => topic.to_owned(),
            None => format!("arn:aws:s3:::{NAME}-backupbucket"),
        };
        let line = format!("\n  ProjStreamSource.DestinationConfig: {arn} is no queue of this template\n");
        assert!(fs::read_to_string(mapped.folder.path().join("said")).unwrap().contains(&line), "{line}");
        mapped.go();
        mapped.write(&["hopeless"]).await;
        mapped.says("was given up (RetryAttemptsExhausted), and no queue is told").await;
    }
}
