//! Event source mappings, as a function sees them that takes note of what it is handed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::emitted::NAME;
use crate::functions::programs;
use crate::serving::{RUN, Serving, folder, program};

/// A function over the Runtime API: writes a line for each event, waits until there is a file `go`, writes that it is done. A
/// message that says that it is broken fails when it comes for the first time; an event that is hopeless fails each time.
const FUNCTION: &str = r#"#!/usr/bin/env python3
import json, os, time, urllib.request
here = os.path.dirname(os.path.abspath(__file__))
api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
def note(line):
    with open(f"{here}/events", "a") as file:
        file.write(json.dumps(line) + "\n")
while True:
    with urllib.request.urlopen(f"{api}/next") as asked:
        request, event = asked.headers["Lambda-Runtime-Aws-Request-Id"], json.load(asked)
    note(event)
    while not os.path.exists(f"{here}/go"):
        time.sleep(0.005)
    note("done")
    messages = [r for r in event["Records"] if "broken" in r.get("body", "")]
    broken = [r["messageId"] for r in messages if r["attributes"]["ApproximateReceiveCount"] == "1"]
    answer = json.dumps({"batchItemFailures": [{"itemIdentifier": id} for id in broken]})
    how = "error" if "hopeless" in json.dumps(event) else "response"
    urllib.request.urlopen(urllib.request.Request(f"{api}/{request}/{how}", data=answer.encode())).read()
"#;

/// A stack whose queue or stream is handed to [`FUNCTION`].
struct Mapped {
    serving: Serving,
    function: PathBuf,
    aws: handlers::aws::Clients,
    folder: TempDir,
}

const IN_MEMORY: &str = "--in-memory";
const ON_DISK: &str = "--data=data";

impl Mapped {
    /// With these properties of the queue's mapping changed. What fails comes again after so many seconds.
    async fn of_queue(again_after: u32, mapping: Value) -> Self {
        Self::start("proc", &[IN_MEMORY], |template| {
            change(template, "Queue", json!({"VisibilityTimeout": again_after}));
            change(template, "ProcQueueSource", mapping);
        })
        .await
    }

    /// With these properties of the stream's mapping changed.
    async fn of_stream(mapping: Value) -> Self {
        Self::start("proj", &[IN_MEMORY], |template| change(template, "ProjStreamSource", mapping)).await
    }

    /// Has this function replaced, in a template that is changed.
    async fn start(function: &str, arguments: &[&str], change: impl FnOnce(&mut Value)) -> Self {
        let folder = folder();
        let programs = programs(folder.path(), "");
        fs::write(programs.join(function).join("bootstrap"), FUNCTION).unwrap();
        Self::serve(folder, programs.join(function), arguments, change).await
    }

    /// Ends it, and starts it anew with another template.
    async fn again(self, arguments: &[&str], change: impl FnOnce(&mut Value)) -> Self {
        let Self { serving, function, folder, .. } = self;
        assert_eq!(serving.interrupt(), Some(0));
        Self::serve(folder, function, arguments, change).await
    }

    async fn serve(folder: TempDir, function: PathBuf, arguments: &[&str], change: impl FnOnce(&mut Value)) -> Self {
        let mut template: Value = serde_json::from_str(&crate::emitted::template()).unwrap();
        change(&mut template);
        fs::write(folder.path().join("template.json"), template.to_string()).unwrap();
        let place = format!("--functions-dir={}", folder.path().join("functions").display());
        let serving = Serving::start(folder.path(), &[&["--functions=process", &place], arguments].concat());
        let aws = handlers::aws::Clients::at(serving.ready["aws"].as_str().unwrap(), "eu-west-1").await;
        Self { serving, function, aws, folder }
    }

    /// Waits until it was written down how far a stream was followed; the files that say so.
    async fn checkpoints(&self) -> Vec<PathBuf> {
        loop {
            let files = fs::read_dir(self.folder.path().join("data")).unwrap().map(|file| file.unwrap().path());
            let files: Vec<_> = files.filter(|path| path.to_string_lossy().ends_with(".stream.json")).collect();
            if !files.is_empty() {
                return files;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn url(&self, queue: &str) -> String {
        format!("{}/000000000000/{NAME}-{queue}", self.serving.ready["aws"].as_str().unwrap())
    }

    async fn send(&self, body: &str) {
        self.aws.sqs().send_message().queue_url(self.url("queue")).message_body(body).send().await.unwrap();
    }

    /// Writes a current row of so many bytes.
    async fn write_large(&self, id: &str, bytes: usize) {
        let put = self.aws.dynamodb().put_item().table_name(format!("{NAME}-Table"));
        let put = put
            .item("actieId", AttributeValue::S(id.to_owned()))
            .item("soort", AttributeValue::S("actueel".to_owned()));
        put.item("document", AttributeValue::S("x".repeat(bytes))).send().await.unwrap();
    }

    /// Writes current rows with these keys, at once, so that they are in one batch.
    async fn write(&self, ids: &[&str]) {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let rows = ids.iter().map(|id| {
            let put = Put::builder().table_name(format!("{NAME}-Table"));
            let put = put.item("actieId", text(id)).item("soort", text("actueel")).build().unwrap();
            TransactWriteItem::builder().put(put).build()
        });
        let write = self.aws.dynamodb().transact_write_items();
        write.set_transact_items(Some(rows.collect())).send().await.unwrap();
    }

    /// The keys of the rows of each event so far.
    fn rows(&self) -> Vec<Vec<String>> {
        rows_of(&self.function)
    }

    /// The same, once this holds of them.
    async fn rows_when(&self, enough: impl Fn(&[Vec<String>]) -> bool) -> Vec<Vec<String>> {
        loop {
            let rows = self.rows();
            if enough(&rows) {
                return rows;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// What the failure destination hears, waiting at most so many seconds for it.
    async fn given_up(&self, wait: i32) -> Option<Value> {
        let asked = self.aws.sqs().receive_message().queue_url(self.url("ProjFailureQueue")).wait_time_seconds(wait);
        let message = asked.send().await.unwrap().messages.unwrap_or_default().pop()?;
        Some(serde_json::from_str(message.body().unwrap()).unwrap())
    }

    /// Waits until it says this, on stderr.
    async fn says(&self, what: &str) {
        while !fs::read_to_string(self.folder.path().join("said")).unwrap().contains(what) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn go(&self) {
        fs::write(self.function.join("go"), "").unwrap();
    }

    /// The events so far, none for one that is done.
    fn noted(&self) -> Vec<Option<SqsEvent>> {
        let text = fs::read_to_string(self.function.join("events")).unwrap_or_default();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The bodies of each event, once this holds of them.
    async fn events(&self, enough: impl Fn(&[Vec<String>]) -> bool) -> Vec<Vec<String>> {
        loop {
            let events = self.noted().into_iter().flatten();
            let bodies = |event: SqsEvent| event.records.into_iter().filter_map(|record| record.body).collect();
            let events: Vec<Vec<String>> = events.map(bodies).collect();
            if enough(&events) {
                return events;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until so many messages are visible and in flight.
    async fn counts(&self, visible: &str, in_flight: &str) {
        loop {
            let asked = self.aws.sqs().get_queue_attributes().queue_url(self.url("queue"));
            let answer = asked.attribute_names("All".into()).send().await.unwrap();
            let count = |name: &str| answer.attributes().unwrap()[&name.into()].clone();
            let found = (count("ApproximateNumberOfMessages"), count("ApproximateNumberOfMessagesNotVisible"));
            if found == (visible.to_owned(), in_flight.to_owned()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Gives a resource of a template these properties.
fn change(template: &mut Value, id: &str, properties: Value) {
    for (name, value) in properties.as_object().unwrap() {
        template["Resources"][id]["Properties"][name] = value.clone();
    }
}

/// The keys of the rows of each event that a function was handed so far.
fn rows_of(function: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(function.join("events")).unwrap_or_default();
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let events = whole.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let key = |record: &Value| record["dynamodb"]["Keys"]["actieId"]["S"].as_str().unwrap().to_owned();
    events.filter_map(|event| Some(event["Records"].as_array()?.iter().map(key).collect())).collect()
}

fn all(events: &[Vec<String>]) -> usize {
    events.iter().map(Vec::len).sum()
}

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

/// Seven messages of a group are two events, of which the first fails in part: the second waits for what comes again.
#[tokio::test]
async fn nothing_overtakes_what_failed_in_a_fifo_queue() {
    let fifo = |enabled: bool| {
        move |template: &mut Value| {
            change(
                template,
                "Queue",
                json!({"FifoQueue": true, "ContentBasedDeduplication": true, "VisibilityTimeout": 2}),
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
