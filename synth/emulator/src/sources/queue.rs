//! From a queue to a function. <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{BREATH, Mapping, Surroundings, payload};
use crate::chaos::Dice;

/// Of how many messages at most a call of SQS gives.
const MOST_AT_ONCE: usize = 10;
/// How many seconds at most a call of SQS waits for a message.
const LONGEST_POLL: u64 = 20;
/// How many batches Lambda begins with at the same time. It goes on to more, up to `MaximumConcurrency`; that would not make
/// one machine any quicker, and would make the batches smaller.
const CONCURRENCY: usize = 5;
/// After a call of SQS that failed.
const PAUSE: Duration = Duration::from_millis(200);

/// A mapping of a queue.
#[derive(Debug)]
pub(crate) struct QueueSource {
    pub(crate) mapping: Mapping,
    pub(crate) url: String,
    pub(crate) arn: String,
    pub(crate) region: String,
    pub(crate) concurrency: Option<usize>,
    /// Share of a standard queue's messages that are put back when they first come, so that they come after later ones.
    pub(crate) reorder: f64,
    pub(crate) seed: u64,
}

impl QueueSource {
    /// Hands messages to the function until this is dropped. What is in flight then will be received again.
    pub(crate) async fn run(self, surroundings: Surroundings) {
        let dice = Dice::new(self.seed);
        let free = Arc::new(Semaphore::new(self.concurrency.unwrap_or(CONCURRENCY).min(CONCURRENCY)));
        let this = Arc::new(self);
        let mut batches = JoinSet::new();
        loop {
            // A batch is received once there is somebody to take it, so that its messages are not invisible for nothing.
            let Ok(permit) = free.clone().acquire_owned().await else { return };
            let mut messages = this.batch(&surroundings).await;
            let full = messages.len() >= this.mapping.batch_size.min(MOST_AT_ONCE);
            if this.reorder > 0.0 && !this.is_fifo() {
                messages = this.put_back_some(messages, &dice, &surroundings).await;
            }
            if !messages.is_empty() {
                let (this, surroundings) = (this.clone(), surroundings.clone());
                batches.spawn(async move {
                    this.hand_over(messages, &surroundings).await;
                    drop(permit);
                });
            }
            while batches.try_join_next().is_some() {}
            if !full {
                tokio::time::sleep(BREATH).await;
            }
        }
    }

    /// Receives a batch: as soon as there is a message, or when the window is over or it is full, where there is one.
    async fn batch(&self, surroundings: &Surroundings) -> Vec<Value> {
        let mut messages = self.receive(surroundings, self.mapping.batch_size, LONGEST_POLL).await;
        if self.mapping.window.is_zero() {
            return messages;
        }
        let end = Instant::now() + self.mapping.window;
        let mut bytes: usize = messages.iter().map(payload::size).sum();
        while !messages.is_empty() && messages.len() < self.mapping.batch_size && bytes < payload::LARGEST {
            let left = end.saturating_duration_since(Instant::now());
            // SQS waits whole seconds, so a window may last a little longer than it says.
            let wait = left.as_millis().div_ceil(1000).try_into().unwrap_or(LONGEST_POLL).min(LONGEST_POLL);
            let more = self.receive(surroundings, self.mapping.batch_size - messages.len(), wait).await;
            let some = !more.is_empty();
            bytes += more.iter().map(payload::size).sum::<usize>();
            messages.extend(more);
            if left.is_zero() && !some {
                break;
            }
        }
        messages
    }

    /// Puts back some of the messages that come for the first time, for a second.
    async fn put_back_some(&self, messages: Vec<Value>, dice: &Dice, surroundings: &Surroundings) -> Vec<Value> {
        let mut kept = Vec::new();
        for message in messages {
            let first = message["Attributes"]["ApproximateReceiveCount"] == "1";
            if first && dice.happens(self.reorder) {
                let asked =
                    json!({"QueueUrl": self.url, "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 1});
                // One that stays comes back after its visibility timeout.
                call(surroundings, "ChangeMessageVisibility", &asked).await;
            } else {
                kept.push(message);
            }
        }
        kept
    }

    async fn receive(&self, surroundings: &Surroundings, most: usize, wait: u64) -> Vec<Value> {
        let asked = json!({
            "QueueUrl": self.url, "MaxNumberOfMessages": most.min(MOST_AT_ONCE), "WaitTimeSeconds": wait,
            "MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"],
        });
        match call(surroundings, "ReceiveMessage", &asked).await {
            Some(mut answer) => match answer["Messages"].take() {
                Value::Array(messages) => messages,
                _ => Vec::new(),
            },
            None => {
                tokio::time::sleep(PAUSE).await;
                Vec::new()
            }
        }
    }

    async fn hand_over(&self, messages: Vec<Value>, surroundings: &Surroundings) {
        let with_record = |message: Value| {
            let record = self.record(&message);
            (message, record)
        };
        let all = messages.into_iter().map(with_record);
        let (wanted, unwanted): (Vec<_>, Vec<_>) =
            all.partition(|(_, record)| self.mapping.filter.passes_message(record));
        // What the filter does not let through is done with.
        self.delete(unwanted.into_iter().map(|(message, _)| message).collect(), surroundings).await;
        for event in payload::part(wanted, |(_, record)| record) {
            let size = event.len();
            let done = self.invoke(event, surroundings).await;
            let failed = done.len() < size;
            self.delete(done, surroundings).await;
            // In a FIFO queue, nothing overtakes what comes again.
            if failed && self.is_fifo() {
                break;
            }
        }
        surroundings.progress.moved();
    }

    fn is_fifo(&self) -> bool {
        self.url.ends_with(".fifo")
    }

    /// Has the function handle messages; gives those that are done.
    async fn invoke(&self, messages: Vec<(Value, Value)>, surroundings: &Surroundings) -> Vec<Value> {
        let (messages, records): (Vec<Value>, Vec<Value>) = messages.into_iter().unzip();
        let event = json!({ "Records": records });
        let trace = messages.first().and_then(|message| message["Attributes"]["AWSTraceHeader"].as_str());
        let began = std::time::Instant::now();
        let bytes = Bytes::from(event.to_string());
        let answer = surroundings.functions.invoke(&self.mapping.function, bytes, trace).await;
        let known = |id: &str| messages.iter().any(|message| message["MessageId"] == id);
        let failed = match &answer {
            Ok(answer) => self.mapping.failures(answer, known),
            Err(_) => None,
        };
        surroundings.journal.batch(&self.mapping.function, &self.arn, event, &answer, failed.as_deref(), began);
        let Some(failed) = failed else { return Vec::new() };
        let succeeded = |message: &Value| !failed.iter().any(|id| message["MessageId"] == id.as_str());
        messages.into_iter().filter(succeeded).collect()
    }

    async fn delete(&self, messages: Vec<Value>, surroundings: &Surroundings) {
        for some in messages.chunks(MOST_AT_ONCE) {
            let entry = |(place, message): (usize, &Value)| json!({"Id": place.to_string(), "ReceiptHandle": message["ReceiptHandle"]});
            let entries: Vec<Value> = some.iter().enumerate().map(entry).collect();
            // A message that is not deleted comes again, and what it says is done already.
            call(surroundings, "DeleteMessageBatch", &json!({"QueueUrl": self.url, "Entries": entries})).await;
        }
    }

    /// A message as Lambda hands it on.
    fn record(&self, message: &Value) -> Value {
        let attributes = message["MessageAttributes"].as_object().into_iter().flatten();
        let attributes = attributes.map(|(name, value)| {
            let attribute = json!({
                "stringValue": value["StringValue"], "binaryValue": value["BinaryValue"], "dataType": value["DataType"],
                "stringListValues": [], "binaryListValues": [],
            });
            (name.clone(), attribute)
        });
        json!({
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": attributes.collect::<serde_json::Map<_, _>>(),
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self.arn,
            "awsRegion": self.region,
        })
    }
}

/// A call of SQS; nothing where it fails.
async fn call(surroundings: &Surroundings, operation: &str, asked: &Value) -> Option<Value> {
    let answer = surroundings.services.call(&format!("AmazonSQS.{operation}"), asked.to_string()).await;
    let (status, body) = answer.ok()?;
    if status.is_success() { serde_json::from_slice(&body).ok() } else { None }
}
