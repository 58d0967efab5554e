//! What the functions ask of AWS, each behind a small trait with one real implementation on the SDK.
//!
//! Errors say what kind of failure it was and never repeat what was sent: it may be about a person.

mod backup;
mod clients;
mod queue;
mod secrets;
mod table;

pub use backup::{Backup, Page, Put, S3Backup};
pub use clients::Clients;
pub use queue::{Queue, SqsQueue};
pub use secrets::{Secrets, SecretsManager};
pub use table::{Condition, DynamoTable, MOST_MEMBERS, MOST_TOGETHER, RowPage, Table, Write, WriteError};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// A service of AWS did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// For a moment: too much at once, a fault of the service, no answer in time. Asking again may help. Whether the
    /// service did it all the same is unknown.
    #[error("{service} is not available ({code})")]
    Unavailable {
        /// The service.
        service: &'static str,
        /// The service's own name of the error, or what kept the answer from coming.
        code: String,
    },
    /// For good: asking again gives the same.
    #[error("{service} refuses ({code})")]
    Refused {
        /// The service.
        service: &'static str,
        /// The service's own name of the error.
        code: String,
    },
}

impl Failure {
    /// Sorts an error of the SDK. Only its code is kept, since a message may quote the request.
    fn of<E: ProvideErrorMetadata>(service: &'static str, fout: &SdkError<E, HttpResponse>) -> Self {
        let unavailable = |code: &str| Self::Unavailable { service, code: code.to_owned() };
        match fout {
            SdkError::ConstructionFailure(_) => Self::Refused { service, code: "ConstructionFailure".to_owned() },
            SdkError::TimeoutError(_) => unavailable("Timeout"),
            SdkError::DispatchFailure(_) => unavailable("DispatchFailure"),
            SdkError::ServiceError(fout) => {
                let code = fout.err().code().unwrap_or("Unknown");
                if PASSING.contains(&code) || fout.raw().status().is_server_error() {
                    unavailable(code)
                } else {
                    Self::Refused { service, code: code.to_owned() }
                }
            }
            // Among them answers that broke off; the variants are not exhaustive.
            _ => unavailable("ResponseError"),
        }
    }
}

/// Codes of errors that pass, of all four services; besides these any answer with a status of 500 or more.
const PASSING: &[&str] = &[
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServiceError",
    "KMS.ThrottlingException",
    "KmsThrottled",
    "LimitExceededException",
    "OperationAborted",
    "OverLimit",
    "ProvisionedThroughputExceededException",
    "ReplicatedWriteConflictException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionConflictException",
    "TransactionInProgressException",
    "Unknown",
];
