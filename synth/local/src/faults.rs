//! Faults on request, and the calls counted.
//!
//! Every call passes through here before a service sees it. A test states what goes wrong by a function from [`Call`] to
//! [`Fault`]:
//!
//! ```
//! use local::{Fault, Faults, Service};
//!
//! let faults = Faults::default();
//! // The second PutItem is throttled; everything else works.
//! faults.set(|call| match (call.service, call.operation.as_str(), call.number) {
//!     (Service::DynamoDb, "PutItem", 2) => Fault::throttled(call.service),
//!     _ => Fault::None,
//! });
//! ```

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// The services that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// DynamoDB's tables.
    DynamoDb,
    /// DynamoDB's streams.
    DynamoDbStreams,
    /// SQS.
    Sqs,
    /// Secrets Manager.
    SecretsManager,
    /// S3, and whatever names no target.
    S3,
}

/// One call, as a function of the test sees it.
#[derive(Debug, Clone)]
pub struct Call {
    /// Of which service.
    pub service: Service,
    /// As the service's API reference names it: `PutItem`, `SendMessageBatch`.
    pub operation: String,
    /// Counts the calls of this service and operation, from 1; an SDK's own retry is a call.
    pub number: u64,
    /// What was sent. Of S3's objects, the object.
    pub body: Bytes,
}

/// What happens to a call.
#[derive(Default)]
pub enum Fault {
    /// Nothing goes wrong.
    #[default]
    None,
    /// The service does nothing and answers with an error, in the form that its protocol has for it.
    Error {
        /// HTTP status.
        status: u16,
        /// The error's name, without a namespace: `ThrottlingException`.
        code: String,
    },
    /// The connection ends without an answer, and the service has done nothing.
    Reset,
    /// The service does it, and the connection ends without an answer.
    AnswerLost,
    /// The service does it twice; the client gets the second answer.
    Twice,
    /// Waits for the first before the second happens.
    After(Pin<Box<dyn Future<Output = ()> + Send>>, Box<Fault>),
}

impl Fault {
    /// The service's own way to say: slower. The SDKs try again.
    pub fn throttled(service: Service) -> Self {
        match service {
            Service::DynamoDb | Service::DynamoDbStreams => Self::error(400, "ProvisionedThroughputExceededException"),
            Service::Sqs => Self::error(400, "RequestThrottled"),
            Service::SecretsManager => Self::error(400, "ThrottlingException"),
            Service::S3 => Self::error(503, "SlowDown"),
        }
    }

    /// Status 500 by the name that the service has for it. The SDKs try again.
    pub fn internal(service: Service) -> Self {
        match service {
            Service::DynamoDb | Service::DynamoDbStreams => Self::error(500, "InternalServerError"),
            Service::Sqs => Self::error(500, "InternalFailure"),
            Service::SecretsManager => Self::error(500, "InternalServiceError"),
            Service::S3 => Self::error(500, "InternalError"),
        }
    }

    /// Status 503 by the name that the service has for it. The SDKs try again.
    pub fn unavailable(service: Service) -> Self {
        match service {
            Service::S3 => Self::error(503, "ServiceUnavailable"),
            _ => Self::error(503, "ServiceUnavailableException"),
        }
    }

    /// An error by its name.
    pub fn error(status: u16, code: &str) -> Self {
        Self::Error { status, code: code.to_owned() }
    }

    /// This fault, once `first` has happened: a barrier or a notification of the test, or a timer.
    pub fn after(self, first: impl Future<Output = ()> + Send + 'static) -> Self {
        Self::After(Box::pin(first), Box::new(self))
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Error { status, code } => {
                f.debug_struct("Error").field("status", status).field("code", code).finish()
            }
            Self::Reset => f.write_str("Reset"),
            Self::AnswerLost => f.write_str("AnswerLost"),
            Self::Twice => f.write_str("Twice"),
            Self::After(_, then) => f.debug_tuple("After").field(then).finish(),
        }
    }
}

type Script = Box<dyn FnMut(&Call) -> Fault + Send>;

#[derive(Default)]
struct State {
    script: Option<Script>,
    counts: HashMap<(Service, String), u64>,
    recording: Option<Vec<Call>>,
}

/// What is to go wrong, and what was called.
#[derive(Default)]
pub struct Faults(Mutex<State>);

impl Faults {
    /// From the next call on, `script` decides. It is called once a call, in the order in which the calls came in.
    pub fn set(&self, script: impl FnMut(&Call) -> Fault + Send + 'static) {
        self.state().script = Some(Box::new(script));
    }

    /// Nothing goes wrong any more.
    pub fn clear(&self) {
        self.state().script = None;
    }

    /// How many calls of this operation have come in, those that failed included.
    pub fn count(&self, service: Service, operation: &str) -> u64 {
        self.state().counts.get(&(service, operation.to_owned())).copied().unwrap_or(0)
    }

    /// How many calls of any service have come in, those that failed included.
    pub fn total(&self) -> u64 {
        self.state().counts.values().sum()
    }

    /// Counts from zero again, and keeps the calls from now on, for [`Faults::recorded`].
    pub fn record(&self) {
        let mut state = self.state();
        state.counts.clear();
        state.recording = Some(Vec::new());
    }

    /// The calls since [`Faults::record`], in the order in which they came in.
    pub fn recorded(&self) -> Vec<Call> {
        self.state().recording.clone().unwrap_or_default()
    }

    /// Takes note of a call and says what happens to it.
    pub(crate) fn decide(&self, service: Service, operation: &str, body: &Bytes) -> Fault {
        let mut state = self.state();
        let number = state.counts.entry((service, operation.to_owned())).or_default();
        *number += 1;
        let call = Call { service, operation: operation.to_owned(), number: *number, body: body.clone() };
        let fault = state.script.as_mut().map_or(Fault::None, |script| script(&call));
        if let Some(calls) = &mut state.recording {
            calls.push(call);
        }
        fault
    }

    /// A script that panicked fails the test that wrote it; the counts are right all the same.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults").field("counts", &self.state().counts).finish_non_exhaustive()
    }
}
