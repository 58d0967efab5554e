//! `gen`: answers POST, PUT and PATCH. It validates, checks scopes against content, gives ids, pseudonymises, and hands the
//! change over to the backup and the queue at the same time. What it answers with success is accepted, and will be applied.

mod answer;
mod current;
mod event;
mod keys;
mod patch;
mod post;
mod put;
mod send;
mod time;
mod verwerking;

use std::panic::AssertUnwindSafe;

use contract::functions as names;
use domain::fout::Rejection;
use domain::pseudoniem::{KeyError, Pseudonymizer};
use domain::tijd::Clock;
use domain::validation::Validator;
use domain::verwerkingsactie::uuid4;
use futures_util::FutureExt;
use tokio::time::Instant;
use tracing::Instrument;

pub use answer::Answer;
pub use event::Event;
pub(crate) use send::queued;

use answer::Refusal;
use event::Operation;
use time::Time;

use crate::aws::{Backup, Clients, DynamoTable, Failure, Queue, S3Backup, Secrets, SecretsManager, SqsQueue, Table};
use crate::call::Call;
use crate::configuration::{Configuration, ConfigurationError};
use crate::observe::{Line, Unit};

/// What a stack may choose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whether a BSN must pass the eleven-test (R15).
    pub elfproef: bool,
    /// The API's own address, where it is configured.
    pub api_url: Option<String>,
    /// What the header `API-version` says (R10, R70).
    pub api_version: String,
}

impl Settings {
    /// Reads the function's variables.
    ///
    /// # Errors
    /// A variable is missing or has another form.
    pub fn read(configuration: &Configuration) -> Result<Self, ConfigurationError> {
        Ok(Self {
            elfproef: configuration.flag(names::ENV_ELFPROEF)?,
            api_url: configuration.optional(names::ENV_API_URL),
            api_version: configuration.required(names::ENV_API_VERSION)?,
        })
    }
}

/// Why the function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The function's variables.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// The secret with the key of the pseudonyms cannot be read.
    #[error(transparent)]
    Secret(#[from] Failure),
    /// It holds no key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The function.
#[derive(Debug)]
pub struct Gen<T, Q, B> {
    table: T,
    queue: Q,
    backup: B,
    keys: Pseudonymizer,
    settings: Settings,
    clock: Clock,
}

/// A request on its way through the function.
struct Asked<'a> {
    event: &'a Event,
    call: &'a Call,
    time: Time,
}

impl Asked<'_> {
    fn content_type(&self) -> Option<&str> {
        self.event.header("Content-Type").first().copied()
    }
}

impl Gen<DynamoTable, SqsQueue, S3Backup> {
    /// The function on AWS. The key of the pseudonyms is read now, and never again: a new one comes with new instances.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn configured(configuration: &Configuration, clients: &Clients) -> Result<Self, StartError> {
        let secret = configuration.required(names::ENV_PSEUDONYM_SECRET)?;
        let secret = SecretsManager::new(clients.secrets()).get(&secret).await?;
        Ok(Self::new(
            DynamoTable::new(clients.dynamodb(), configuration.required(names::ENV_TABLE)?),
            SqsQueue::new(clients.sqs(), configuration.required(names::ENV_QUEUE)?),
            S3Backup::new(clients.s3(), configuration.required(names::ENV_BUCKET)?),
            Pseudonymizer::from_secret(&secret)?,
            Settings::read(configuration)?,
        ))
    }
}

impl<T: Table, Q: Queue, B: Backup> Gen<T, Q, B> {
    /// The function on these parts, with a clock of its own.
    pub fn new(table: T, queue: Q, backup: B, keys: Pseudonymizer, settings: Settings) -> Self {
        let clock = Clock::new(getrandom::u64().expect("the operating system has random numbers"));
        Self { table, queue, backup, keys, settings, clock }
    }

    /// Answers a request, whatever happens: also a mistake of our own that makes it panic is an answer (R70).
    pub async fn handle(&self, event: Event, call: Call) -> Answer {
        let began = Instant::now();
        let asked = Asked { event: &event, call: &call, time: Time::of(began, call.left()) };
        let operation = event.operation();
        let request_id = event.request_id().unwrap_or(&call.request_id);
        let span = tracing::info_span!("verzoek", requestId = request_id, operatie = operation.id());
        let answered = AssertUnwindSafe(self.answer(operation, &asked)).catch_unwind().instrument(span).await;
        let answer = answered.unwrap_or(Err(Rejection::Internal.into()));
        let answer = answer.unwrap_or_else(|refusal| refusal.answer(request_id));

        let of_class = |class: u16| if answer.status_code / 100 == class { 1.0 } else { 0.0 };
        Line::new(names::GEN, "verzoek")
            .dimension("operatie", operation.id())
            .text("requestId", request_id)
            .text("lambdaRequestId", &call.request_id)
            .text("clientId", event.client_id())
            .number("status", answer.status_code.into())
            .metric("duur", Unit::Milliseconds, began.elapsed().as_secs_f64() * 1000.0)
            .metric("verzoeken", Unit::Count, 1.0)
            .metric("fouten4xx", Unit::Count, of_class(4))
            .metric("fouten5xx", Unit::Count, of_class(5))
            .write();
        answer.with("API-version", self.settings.api_version.as_str())
    }

    async fn answer(&self, operation: Operation, asked: &Asked<'_>) -> Result<Answer, Refusal> {
        match operation {
            Operation::Post => self.post(asked).await,
            Operation::Put => self.put(asked).await,
            Operation::Patch => self.patch(asked).await,
            Operation::Read(_) => Err(Refusal::NotSupported),
            Operation::Unknown => {
                tracing::error!("a request for an operation that is not this function's");
                Err(Rejection::Internal.into())
            }
        }
    }

    fn validator(&self) -> Validator<'_> {
        Validator { elfproef: self.settings.elfproef, pseudonyms: &self.keys }
    }
}

/// A new key (R01).
fn new_key() -> String {
    let mut random = [0; 16];
    getrandom::fill(&mut random).expect("the operating system has random numbers");
    uuid4(random)
}

/// What the log wrote itself cannot be read.
fn unreadable(what: &str) -> Failure {
    Failure::Refused { service: "gen", code: format!("Unreadable{what}") }
}
