//! What both measurements start from: services in memory in this process, and functions as processes of their own, whose
//! processor time and memory the kernel counts.

use std::path::{Path, PathBuf};
use std::time::Duration;

use contract::functions as names;
use handlers::aws::Clients;
use local::{Options, Services};
use serde_json::{Value, json};

/// The table.
pub(crate) const TABLE: &str = "tabel";
/// Where all of it is.
const REGION: &str = "eu-west-1";
/// The queue.
pub(crate) const QUEUE: &str = "wachtrij";

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A function as `handlers/package` packed it.
pub(crate) fn packed(name: &str) -> PathBuf {
    root().join("target/functions").join(name).join("bootstrap")
}

/// Services with all that `gen` and `proc` use. The table has no stream: nobody follows it here, and the local DynamoDB
/// looks through all of a stream in memory at every write.
pub(crate) async fn services() -> Services {
    let services = Services::start(Options::in_memory()).await.expect("the services start");
    let path = root().join("synth/tests/golden/local.template.yaml");
    let text = std::fs::read_to_string(path).expect("the golden template is there");
    let mut template: Value = serde_yaml::from_str(&text).expect("it is YAML");
    let properties = &mut template["Resources"]["Table"]["Properties"];
    properties.as_object_mut().expect("a table has properties").remove("StreamSpecification");
    services.dynamodb().create_table(TABLE, properties).expect("a table");
    services.s3().create_bucket("reserve").expect("a bucket");
    services.sqs().create_queue(QUEUE, &json!({})).expect("a queue");
    services
        .secrets()
        .set("geheim", r#"{"id":"1","sleutel":"abcdefghijklmnopqrstuvwxyz0123456789"}"#)
        .expect("a secret");
    services
}

/// What a function is told of them.
pub(crate) fn environment(services: &Services) -> Vec<(String, String)> {
    let queue = services.sqs().url(QUEUE);
    let endpoint = services.endpoint();
    let path = std::env::var("PATH").unwrap_or_default();
    let variables = [
        ("PATH", path.as_str()),
        ("AWS_ENDPOINT_URL", &endpoint),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", "bench"),
        ("AWS_SECRET_ACCESS_KEY", "bench"),
        (names::ENV_TABLE, TABLE),
        (names::ENV_QUEUE, &queue),
        (names::ENV_BUCKET, "reserve"),
        (names::ENV_PSEUDONYM_SECRET, "geheim"),
        (names::ENV_API_VERSION, "0.9.0"),
    ];
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

/// What Lambda makes of messages of a queue.
pub(crate) fn batch(messages: &[String]) -> String {
    let records = messages.iter().enumerate().map(|(n, body)| {
        json!({
            "messageId": format!("00000000-0000-4000-8000-{n:012}"), "receiptHandle": "handle", "body": body,
            "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1768465800000", "SenderId": "bench",
                           "ApproximateFirstReceiveTimestamp": "1768465800001"},
            "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:wachtrij", "awsRegion": "eu-west-1",
        })
    });
    json!({ "Records": records.collect::<Vec<_>>() }).to_string()
}

/// Clients of these services.
pub(crate) async fn clients(services: &Services) -> Clients {
    Clients::at(&services.endpoint(), REGION).await
}

/// Processor time of a process so far, in user and kernel mode, children included: `proc_pid_stat(5)`.
pub(crate) fn processor_time(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process runs");
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = after_name.split_whitespace().skip(11).take(4).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    // USER_HZ is 100 on every Linux that Rust supports.
    Duration::from_millis(ticks * 10)
}
