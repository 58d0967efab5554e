//! Services of their own for each test, and the SDK's clients for them.

use std::sync::Arc;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sqs::config::Credentials;
use local::{ManualClock, Options, Services};

/// Running services and the clients that talk to them.
pub(crate) struct Stack {
    pub(crate) services: Services,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) s3: aws_sdk_s3::Client,
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
            services,
        }
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
