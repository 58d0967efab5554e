//! Records of a stream that go together, and what a failure destination is told when they are given up.

use gateway::InvokeError;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Records that are handed over together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) records: Vec<Value>,
    /// How often the function failed with just these.
    pub(super) tries: u64,
    /// What [`response`] made of its last answer; null where it was not invoked.
    pub(super) response: Value,
}

/// What a failure destination is told of a function's answer.
pub(super) fn response<T>(answer: &Result<T, InvokeError>) -> Value {
    let mut response = json!({"statusCode": 200, "executedVersion": "$LATEST"});
    if answer.is_err() {
        response["functionError"] = "Unhandled".into();
    }
    response
}

impl Batch {
    pub(super) fn new(records: Vec<Value>) -> Self {
        Self { records, ..Self::default() }
    }

    /// What a failure destination is told: where the records are found, since they themselves stay in the stream.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html>
    pub(super) fn given_up(&self, condition: &str, function: &str, stream: &str, shard: &str) -> Value {
        let (first, last) = (self.records.first(), self.records.last());
        let number = |record: Option<&Value>| record.map(|record| record["dynamodb"]["SequenceNumber"].clone());
        let mut message = json!({
            "requestContext": {
                "requestId": uuid::Uuid::new_v4().to_string(), "functionArn": function,
                "condition": condition, "approximateInvokeCount": self.tries,
            },
            "version": "1.0",
            "timestamp": Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            "DDBStreamBatchInfo": {
                "shardId": shard,
                "startSequenceNumber": number(first), "endSequenceNumber": number(last),
                "approximateArrivalOfFirstRecord": first.and_then(arrival),
                "approximateArrivalOfLastRecord": last.and_then(arrival),
                "batchSize": self.records.len(), "streamArn": stream,
            },
        });
        if !self.response.is_null() {
            message["responseContext"] = self.response.clone();
        }
        message
    }
}

/// When a record came, to the second, as the stream has it.
fn arrival(record: &Value) -> Option<String> {
    let seconds = record["dynamodb"]["ApproximateCreationDateTime"].as_f64()?;
    Some(Timestamp::from_second(seconds as i64).ok()?.to_string())
}
