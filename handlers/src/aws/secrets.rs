//! Secrets: the key of the pseudonyms, and those of clients that sign their own tokens.

use std::future::Future;

use aws_sdk_secretsmanager::Client;

use super::Failure;

/// Where secrets are kept by name.
pub trait Secrets: Send + Sync {
    /// The text of a secret.
    fn get(&self, name: &str) -> impl Future<Output = Result<String, Failure>> + Send;
}

/// Secrets Manager.
#[derive(Debug, Clone)]
pub struct SecretsManager {
    client: Client,
}

const SERVICE: &str = "Secrets Manager";

impl SecretsManager {
    /// With this client.
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

impl Secrets for SecretsManager {
    async fn get(&self, name: &str) -> Result<String, Failure> {
        let secret = self.client.get_secret_value().secret_id(name).send().await;
        let secret = secret.map_err(|fout| Failure::of(SERVICE, &fout))?;
        let none = || Failure::Refused { service: SERVICE, code: "NoText".to_owned() };
        secret.secret_string().map(str::to_owned).ok_or_else(none)
    }
}
