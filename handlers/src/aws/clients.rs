//! The SDK's clients, made once when a function starts.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sqs::config::Credentials;
use aws_smithy_runtime_api::client::http::HttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(4).with_initial_backoff(Duration::from_millis(50))
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(5))
        .build()
}

/// What all clients are made of: the region, the credentials, one connection pool.
#[derive(Debug, Clone)]
pub struct Clients {
    config: SdkConfig,
}

impl Clients {
    /// Reads the environment of a function. Nothing is connected to yet.
    pub async fn from_env() -> Self {
        let config = aws_config::defaults(BehaviorVersion::latest());
        Self { config: config.retry_config(retries()).timeout_config(timeouts()).load().await }
    }

    /// Services at an address of their own, which takes any credentials.
    pub async fn at(endpoint: &str, region: &str) -> Self {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .endpoint_url(endpoint)
            .region(Region::new(region.to_owned()))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"));
        Self { config: config.retry_config(retries()).timeout_config(timeouts()).load().await }
    }

    /// The same, with requests sent another way than by a connection.
    pub fn over(self, client: impl HttpClient + 'static) -> Self {
        Self { config: self.config.into_builder().http_client(client).build() }
    }

    /// The table's client.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config)
    }

    /// The queue's client.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config)
    }

    /// The backup's client. An address of its own (local, or in a test) has no names for buckets in it.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let path_style = self.config.endpoint_url().is_some();
        aws_sdk_s3::Client::from_conf(
            aws_sdk_s3::config::Builder::from(&self.config).force_path_style(path_style).build(),
        )
    }

    /// The secrets' client.
    pub fn secrets(&self) -> aws_sdk_secretsmanager::Client {
        aws_sdk_secretsmanager::Client::new(&self.config)
    }
}

impl From<SdkConfig> for Clients {
    fn from(config: SdkConfig) -> Self {
        Self { config }
    }
}
