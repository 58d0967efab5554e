//! A stack of which one function takes note of what its mapping hands it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::emitted::NAME;
use crate::functions::programs;
use crate::serving::{Serving, folder};

/// A function over the Runtime API: writes a line for each event, waits until there is a file `go`, writes that it is done. A
/// message that says that it is broken fails when it comes for the first time; an event that is hopeless fails each time.
pub(crate) const FUNCTION: &str = r#"#!/usr/bin/env python3
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
pub(crate) struct Mapped {
    pub(crate) serving: Serving,
    pub(crate) function: PathBuf,
    pub(crate) aws: handlers::aws::Clients,
    pub(crate) folder: TempDir,
}

pub(crate) const IN_MEMORY: &str = "--in-memory";
pub(crate) const ON_DISK: &str = "--data=data";

impl Mapped {
    /// With these properties of the queue's mapping changed. What fails comes again after so many seconds.
    pub(crate) async fn of_queue(again_after: u32, mapping: Value) -> Self {
        Self::start("proc", &[IN_MEMORY], |template| {
            change(template, "Queue", json!({"VisibilityTimeout": again_after}));
            change(template, "ProcQueueSource", mapping);
        })
        .await
    }

    /// With these properties of the stream's mapping changed.
    pub(crate) async fn of_stream(mapping: Value) -> Self {
        Self::start("proj", &[IN_MEMORY], |template| change(template, "ProjStreamSource", mapping)).await
    }

    /// Has this function replaced, in a template that is changed.
    pub(crate) async fn start(function: &str, arguments: &[&str], change: impl FnOnce(&mut Value)) -> Self {
        let folder = folder();
        let programs = programs(folder.path(), "");
        fs::write(programs.join(function).join("bootstrap"), FUNCTION).unwrap();
        Self::serve(folder, programs.join(function), arguments, change).await
    }

    /// Ends it, and starts it anew with another template.
    pub(crate) async fn again(self, arguments: &[&str], change: impl FnOnce(&mut Value)) -> Self {
        let Self { serving, function, folder, .. } = self;
        assert_eq!(serving.interrupt(), Some(0));
        Self::serve(folder, function, arguments, change).await
    }

    pub(crate) async fn serve(
        folder: TempDir,
        function: PathBuf,
        arguments: &[&str],
        change: impl FnOnce(&mut Value),
    ) -> Self {
        let mut template: Value = serde_json::from_str(&crate::emitted::template()).unwrap();
        change(&mut template);
        fs::write(folder.path().join("template.json"), template.to_string()).unwrap();
        let place = format!("--functions-dir={}", folder.path().join("functions").display());
        let serving = Serving::start(folder.path(), &[&["--functions=process", &place], arguments].concat());
        let aws = handlers::aws::Clients::at(serving.ready["aws"].as_str().unwrap(), "eu-west-1").await;
        Self { serving, function, aws, folder }
    }

    /// Waits until it was written down how far a stream was followed; the files that say so.
    pub(crate) async fn checkpoints(&self) -> Vec<PathBuf> {
        loop {
            let files = fs::read_dir(self.folder.path().join("data")).unwrap().map(|file| file.unwrap().path());
            let files: Vec<_> = files.filter(|path| path.to_string_lossy().ends_with(".stream.json")).collect();
            if !files.is_empty() {
                return files;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) fn url(&self, queue: &str) -> String {
        format!("{}/000000000000/{NAME}-{queue}", self.serving.ready["aws"].as_str().unwrap())
    }

    pub(crate) async fn send(&self, body: &str) {
        self.aws.sqs().send_message().queue_url(self.url("queue")).message_body(body).send().await.unwrap();
    }

    /// Writes a current row of so many bytes.
    pub(crate) async fn write_large(&self, id: &str, bytes: usize) {
        let put = self.aws.dynamodb().put_item().table_name(format!("{NAME}-Table"));
        let put = put
            .item("actieId", AttributeValue::S(id.to_owned()))
            .item("soort", AttributeValue::S("actueel".to_owned()));
        put.item("document", AttributeValue::S("x".repeat(bytes))).send().await.unwrap();
    }

    /// Writes current rows with these keys, at once, so that they are in one batch.
    pub(crate) async fn write(&self, ids: &[&str]) {
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
    pub(crate) fn rows(&self) -> Vec<Vec<String>> {
        rows_of(&self.function)
    }

    /// The same, once this holds of them.
    pub(crate) async fn rows_when(&self, enough: impl Fn(&[Vec<String>]) -> bool) -> Vec<Vec<String>> {
        loop {
            let rows = self.rows();
            if enough(&rows) {
                return rows;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// What the failure destination hears, waiting at most so many seconds for it.
    pub(crate) async fn given_up(&self, wait: i32) -> Option<Value> {
        let asked = self.aws.sqs().receive_message().queue_url(self.url("ProjFailureQueue")).wait_time_seconds(wait);
        let message = asked.send().await.unwrap().messages.unwrap_or_default().pop()?;
        Some(serde_json::from_str(message.body().unwrap()).unwrap())
    }

    /// Waits until it says this, on stderr.
    pub(crate) async fn says(&self, what: &str) {
        while !fs::read_to_string(self.folder.path().join("said")).unwrap().contains(what) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) fn go(&self) {
        fs::write(self.function.join("go"), "").unwrap();
    }

    /// The events so far, none for one that is done.
    pub(crate) fn noted(&self) -> Vec<Option<SqsEvent>> {
        let text = fs::read_to_string(self.function.join("events")).unwrap_or_default();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The bodies of each event, once this holds of them.
    pub(crate) async fn events(&self, enough: impl Fn(&[Vec<String>]) -> bool) -> Vec<Vec<String>> {
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
    pub(crate) async fn counts(&self, visible: &str, in_flight: &str) {
        self.counts_of("queue", visible, in_flight).await;
    }

    pub(crate) async fn counts_of(&self, queue: &str, visible: &str, in_flight: &str) {
        loop {
            let asked = self.aws.sqs().get_queue_attributes().queue_url(self.url(queue));
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
pub(crate) fn change(template: &mut Value, id: &str, properties: Value) {
    for (name, value) in properties.as_object().unwrap() {
        template["Resources"][id]["Properties"][name] = value.clone();
    }
}

/// The keys of the rows of each event that a function was handed so far.
pub(crate) fn rows_of(function: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(function.join("events")).unwrap_or_default();
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let events = whole.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let key = |record: &Value| record["dynamodb"]["Keys"]["actieId"]["S"].as_str().unwrap().to_owned();
    events.filter_map(|event| Some(event["Records"].as_array()?.iter().map(key).collect())).collect()
}

pub(crate) fn all(events: &[Vec<String>]) -> usize {
    events.iter().map(Vec::len).sum()
}
