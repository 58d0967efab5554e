//! What stands behind a gateway: functions and services, handed in.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::Value as Json;

/// What a gateway calls.
pub trait Backend: Send + Sync {
    /// Invokes a function, and gives what it returned.
    ///
    /// The gateway stops waiting when the integration's time is over. On AWS that does not end the function, so a backend may
    /// carry it on when this is dropped.
    fn invoke(&self, invocation: Invocation<'_>) -> impl Future<Output = Result<Bytes, InvokeError>> + Send;

    /// Has a function invoked sooner or later, and waits for nothing but that this is certain:
    /// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html>.
    fn invoke_later(&self, invocation: Invocation<'_>) -> impl Future<Output = Result<(), InvokeError>> + Send;

    /// Calls an AWS service by its JSON protocol.
    fn call(&self, call: ServiceCall) -> impl Future<Output = Result<ServiceAnswer, Unreachable>> + Send;
}

/// An invocation of a function.
#[derive(Debug, Clone)]
pub struct Invocation<'a> {
    /// The ARN of the function.
    pub function: &'a str,
    /// What Lambda calls the invocation: `x-amzn-RequestId` of its answer, and what the function is told.
    pub request_id: &'a str,
    /// What the function is handed.
    pub event: Bytes,
    /// The `X-Amzn-Trace-Id` of the request.
    pub trace_header: Option<&'a str>,
    /// What remains of the integration's time.
    pub time_left: Duration,
}

/// A call of an AWS service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCall {
    /// The service as an integration's URI has it: `dynamodb`.
    pub service: Arc<str>,
    /// The service's name of the call: `Query`.
    pub action: Arc<str>,
    /// Headers that the integration sets, by a mapping or an override.
    pub headers: IndexMap<String, String>,
    /// The body, rendered.
    pub body: Bytes,
    /// What remains of the integration's time.
    pub time_left: Duration,
}

/// What a service answered, an error of its own included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAnswer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: IndexMap<String, String>,
    /// Its body.
    pub body: Bytes,
}

/// A service that could not be asked.
#[derive(Debug, Clone, thiserror::Error)]
#[error("cannot reach {service}: {reason}")]
pub struct Unreachable {
    /// The service.
    pub service: Arc<str>,
    /// Why.
    pub reason: String,
}

/// What a function answered that failed: a function error, as Lambda has it,
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html>.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error_type}: {message}")]
pub struct Failure {
    answer: Bytes,
    error_type: String,
    message: String,
}

impl Failure {
    /// An error that consists of `errorType` and `errorMessage`.
    pub fn new(error_type: &str, message: &str) -> Self {
        let answer = serde_json::json!({"errorType": error_type, "errorMessage": message}).to_string().into();
        Self { answer, error_type: error_type.to_owned(), message: message.to_owned() }
    }

    /// An error as a function reported it: in JSON, mostly with a `stackTrace` beside these two.
    pub fn reported(answer: Bytes) -> Self {
        let error: Json = serde_json::from_slice(&answer).unwrap_or_default();
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        Self { error_type: text("errorType"), message: text("errorMessage"), answer }
    }

    /// All of it, in JSON.
    pub fn answer(&self) -> &Bytes {
        &self.answer
    }

    /// Its `errorMessage`.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// A function that gave no result.
#[derive(Debug, Clone, thiserror::Error)]
pub enum InvokeError {
    /// It ran and failed, its own timeout included.
    #[error(transparent)]
    Function(#[from] Failure),
    /// It could not be run.
    #[error("the function cannot be run: {0}")]
    Unavailable(String),
    /// It was not done when the time of the gateway was over.
    #[error("the function was not done in time")]
    TimedOut,
}
