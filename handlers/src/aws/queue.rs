//! The queue of accepted changes.

use std::future::Future;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{MessageSystemAttributeNameForSends, MessageSystemAttributeValue};

use super::Failure;

/// Where changes wait to be applied.
pub trait Queue: Send + Sync {
    /// Sends a message; `trace` is the X-Ray header of the request that it comes from.
    fn send(&self, content: &str, trace: Option<&str>) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The queue on SQS.
#[derive(Debug, Clone)]
pub struct SqsQueue {
    client: Client,
    url: String,
}

const SERVICE: &str = "SQS";

impl SqsQueue {
    /// The queue at this URL.
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }
}

impl Queue for SqsQueue {
    async fn send(&self, content: &str, trace: Option<&str>) -> Result<(), Failure> {
        let mut send = self.client.send_message().queue_url(&self.url).message_body(content);
        if let Some(trace) = trace {
            let value = MessageSystemAttributeValue::builder().data_type("String").string_value(trace).build();
            let value = value.map_err(|_| Failure::Refused { service: SERVICE, code: "TraceHeader".to_owned() })?;
            send = send.message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, value);
        }
        send.send().await.map(|_| ()).map_err(|fout| Failure::of(SERVICE, &fout))
    }
}
