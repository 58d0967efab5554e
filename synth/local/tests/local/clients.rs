//! Services of their own for each test, and the SDK's clients for them.

use std::collections::HashMap;
use std::sync::Arc;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sqs::config::Credentials;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use local::{ManualClock, Options, Services};
use serde_json::Value;

/// Running services and the clients that talk to them.
pub(crate) struct Stack {
    pub(crate) services: Services,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) secrets: aws_sdk_secretsmanager::Client,
}

impl Stack {
    /// In memory, by the machine's time.
    pub(crate) async fn start() -> Self {
        Self::with(Options::in_memory()).await
    }

    /// In memory, by a clock that stands still.
    pub(crate) async fn start_at_rest() -> (Self, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::default());
        (Self::with(Options::in_memory().clock(clock.clone())).await, clock)
    }

    pub(crate) async fn with(options: Options) -> Self {
        let services = Services::start(options).await.expect("the services start");
        let config = config(&services.endpoint()).await;
        Self {
            sqs: aws_sdk_sqs::Client::new(&config),
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            s3: aws_sdk_s3::Client::new(&config),
            secrets: aws_sdk_secretsmanager::Client::new(&config),
            services,
        }
    }

    /// A queue with these properties of a template.
    pub(crate) fn queue(&self, name: &str, properties: Value) -> Queue {
        self.services.sqs().create_queue(name, &properties).expect("SQS takes the properties");
        Queue { sqs: self.sqs.clone(), url: self.services.sqs().url(name) }
    }
}

/// What a program gets from its environment, given here; a call that fails is not made again.
pub(crate) async fn config(endpoint: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new("anybody", "anything", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .load()
        .await
}

/// One queue, and what most tests do with it.
#[derive(Clone)]
pub(crate) struct Queue {
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) url: String,
}

impl Queue {
    /// Returns the MessageId.
    pub(crate) async fn send(&self, body: &str) -> String {
        let sent = self.sqs.send_message().queue_url(&self.url).message_body(body).send().await.expect("it is sent");
        sent.message_id.expect("a message has an id")
    }

    /// In a FIFO queue.
    pub(crate) async fn send_in(&self, group: &str, body: &str) {
        let send = self.sqs.send_message().queue_url(&self.url).message_body(body);
        send.message_group_id(group).message_deduplication_id(body).send().await.expect("it is sent");
    }

    /// Up to ten messages, without waiting.
    pub(crate) async fn receive(&self) -> Vec<Message> {
        let receive = self.sqs.receive_message().queue_url(&self.url).max_number_of_messages(10).wait_time_seconds(0);
        let received = receive.message_system_attribute_names(MessageSystemAttributeName::All).send().await;
        received.expect("there is an answer").messages.unwrap_or_default()
    }

    /// The bodies of up to ten messages, without waiting.
    pub(crate) async fn bodies(&self) -> Vec<String> {
        self.receive().await.into_iter().filter_map(|message| message.body).collect()
    }

    pub(crate) async fn delete(&self, message: &Message) {
        let delete = self.sqs.delete_message().queue_url(&self.url).receipt_handle(handle(message));
        delete.send().await.expect("it is deleted");
    }

    pub(crate) async fn change_visibility(&self, message: &Message, seconds: i32) -> Result<(), String> {
        let change = self.sqs.change_message_visibility().queue_url(&self.url).receipt_handle(handle(message));
        change.visibility_timeout(seconds).send().await.map(drop).map_err(code)
    }

    pub(crate) async fn attributes(&self) -> HashMap<QueueAttributeName, String> {
        let attributes = self.sqs.get_queue_attributes().queue_url(&self.url);
        let attributes = attributes.attribute_names(QueueAttributeName::All).send().await.expect("there is an answer");
        attributes.attributes.unwrap_or_default()
    }

    /// How many messages can be received, are in flight, and are delayed.
    pub(crate) async fn counts(&self) -> [String; 3] {
        let attributes = self.attributes().await;
        [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ]
        .map(|name| attributes[&name].clone())
    }
}

pub(crate) fn handle(message: &Message) -> &str {
    message.receipt_handle().expect("a message that was received has a handle")
}

/// A system attribute of a message.
pub(crate) fn system(message: &Message, name: MessageSystemAttributeName) -> Option<&str> {
    message.attributes()?.get(&name).map(String::as_str)
}

/// The code of the error that a service answered with.
pub(crate) fn code<E, R>(error: SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + std::fmt::Debug,
    R: std::fmt::Debug,
{
    match &error {
        SdkError::ServiceError(answered) => answered.err().code().unwrap_or_default().to_owned(),
        other => panic!("an answer, not {other:?}"),
    }
}
