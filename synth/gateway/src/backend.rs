//! What stands behind a gateway: functions and services, handed in.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use indexmap::IndexMap;

/// What a gateway calls.
pub trait Backend: Send + Sync {
    /// Invokes the function of this ARN with an event, and gives what it returned.
    ///
    /// `time_left` is what remains of the integration's time; the gateway stops waiting when it is over, whether or not
    /// the backend heeds it. On AWS that does not end the function, so a backend may carry it on when this is dropped.
    /// `trace_header` is the `X-Amzn-Trace-Id` of the request.
    fn invoke(
        &self,
        function_arn: &str,
        event: Bytes,
        time_left: Duration,
        trace_header: Option<&str>,
    ) -> impl Future<Output = Result<Bytes, InvokeError>> + Send;

    /// Calls an AWS service by its JSON protocol.
    fn call(&self, call: ServiceCall) -> impl Future<Output = Result<ServiceAnswer, Unreachable>> + Send;
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

/// A function that gave no result.
#[derive(Debug, Clone, thiserror::Error)]
pub enum InvokeError {
    /// It ran and failed.
    #[error("{error_type}: {message}")]
    Function {
        /// `errorType` of its answer.
        error_type: String,
        /// `errorMessage` of its answer.
        message: String,
    },
    /// It could not be run.
    #[error("the function cannot be run: {0}")]
    Unavailable(String),
    /// It was not done when its time was over.
    #[error("the function was not done in time")]
    TimedOut,
}
