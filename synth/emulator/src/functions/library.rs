//! A function of the library, in this process.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lambda_events::sqs::SqsEvent;
use bytes::Bytes;
use contract::functions as names;
use futures_util::FutureExt;
use gateway::{Failure, InvokeError};
use handlers::auth::{Auth, HttpKeys, KeySource, Refusal, Settings, SourceError};
use handlers::aws::{Clients, DynamoTable, S3Backup, SecretsManager, SqsQueue};
use handlers::call::Call;
use handlers::configuration::Configuration;
use handlers::r#gen::{Event, Gen};
use handlers::proc::Proc;
use handlers::proj::Proj;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Declared;

/// Keys of issuers: those of the local one are at hand, the others are fetched.
#[derive(Debug, Clone)]
pub(crate) struct LocalKeys {
    /// Where the local issuer publishes its keys.
    pub(crate) address: String,
    pub(crate) published: Arc<[u8]>,
    pub(crate) others: Arc<HttpKeys>,
}

impl KeySource for LocalKeys {
    async fn fetch(&self, address: &str) -> Result<Vec<u8>, SourceError> {
        if address == self.address { Ok(self.published.to_vec()) } else { self.others.fetch(address).await }
    }
}

#[derive(Debug)]
pub(super) enum Library {
    Gen(Box<Gen<DynamoTable, SqsQueue, S3Backup>>),
    Proc(Proc<DynamoTable, SqsQueue, S3Backup>),
    Auth(Box<Auth<SecretsManager, LocalKeys>>),
    Proj(Proj<DynamoTable>),
}

impl Library {
    pub(super) async fn start(function: &Declared, clients: &Clients, keys: &LocalKeys) -> Result<Self, String> {
        let variables = function.variables.iter().map(|(name, value)| (name.clone(), value.clone()));
        let configuration: Configuration = variables.collect();
        let wrong = |why: &dyn std::fmt::Display| why.to_string();
        match function.binary.as_str() {
            names::GEN => {
                let r#gen = Gen::configured(&configuration, clients).await.map_err(|why| wrong(&why))?;
                Ok(Self::Gen(Box::new(r#gen)))
            }
            names::PROC => Proc::configured(&configuration, clients).map(Self::Proc).map_err(|why| wrong(&why)),
            names::PROJ => Proj::configured(&configuration, clients).map(Self::Proj).map_err(|why| wrong(&why)),
            names::AUTH => {
                let settings = Settings::read(&configuration).map_err(|why| wrong(&why))?;
                let auth = Auth::new(settings, SecretsManager::new(clients.secrets()), keys.clone());
                Ok(Self::Auth(Box::new(auth)))
            }
            other => Err(format!(
                "its package is {other:?}, and the library has gen, proc, auth and proj; others run as programs, with --functions process"
            )),
        }
    }

    pub(super) async fn invoke(
        &self,
        id: &str,
        event: &[u8],
        time: Duration,
        trace: Option<&str>,
    ) -> Result<Bytes, InvokeError> {
        let call = Call { request_id: id.to_owned(), deadline: Instant::now() + time, trace: trace.map(str::to_owned) };
        let handled = AssertUnwindSafe(self.handle(event, call)).catch_unwind().await;
        handled.unwrap_or_else(|_| Err(failed("Panic", "the function panicked")))
    }

    async fn handle(&self, event: &[u8], call: Call) -> Result<Bytes, InvokeError> {
        match self {
            Self::Gen(r#gen) => written(&r#gen.handle(read::<Event>(event)?, call).await),
            Self::Proc(proc) => written(&proc.handle(read::<SqsEvent>(event)?, &call).await),
            Self::Proj(proj) => written(&proj.handle(read::<Value>(event)?, &call).await),
            Self::Auth(auth) => match auth.authorize(&read::<Value>(event)?).await {
                Ok(answer) => written(&answer),
                Err(refusal @ Refusal::Unauthorized(_)) => Err(failed("Unauthorized", &refusal.to_string())),
                Err(refusal) => Err(failed("Fault", &refusal.to_string())),
            },
        }
    }
}

fn failed(error_type: &str, message: &str) -> InvokeError {
    Failure::new(error_type, message).into()
}

fn read<T: DeserializeOwned>(event: &[u8]) -> Result<T, InvokeError> {
    serde_json::from_slice(event).map_err(|why| failed("InvalidEvent", &why.to_string()))
}

fn written(answer: &impl Serialize) -> Result<Bytes, InvokeError> {
    serde_json::to_vec(answer).map(Bytes::from).map_err(|why| failed("InvalidAnswer", &why.to_string()))
}
