//! The errors that SQS documents, in both of their names.
//!
//! SQS once spoke the query protocol, whose error codes clients still look for; so every error carries its old code in
//! the header `x-amzn-query-error` (<https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#awsquerycompatible-trait>).
//! What is refused with what: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html>
//! and the page of each operation.

use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue};
use serde_json::json;

use crate::http::{AWS_JSON, Answer, answer};

/// Why a request, or an entry of a batch, is not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refusal {
    /// The error's code in the query protocol: `AWS.SimpleQueueService.NonExistentQueue`.
    pub code: &'static str,
    /// Its name in the JSON protocol: `com.amazonaws.sqs#QueueDoesNotExist`.
    pub shape: &'static str,
    /// HTTP status.
    pub status: u16,
    /// What is wrong.
    pub message: String,
}

/// Declares an error: its constructor, status, and its two names.
macro_rules! refusals {
    ($($(#[$doc:meta])* $constructor:ident: $status:literal $code:literal $shape:literal;)*) => {
        impl Refusal {
            $($(#[$doc])* pub(super) fn $constructor(message: impl Into<String>) -> Self {
                Self { code: $code, shape: $shape, status: $status, message: message.into() }
            })*
        }
    };
}

refusals! {
    queue_name_exists: 400 "QueueAlreadyExists" "com.amazonaws.sqs#QueueNameExists";
    purge_in_progress: 403 "AWS.SimpleQueueService.PurgeQueueInProgress" "com.amazonaws.sqs#PurgeQueueInProgress";
    receipt_handle: 404 "ReceiptHandleIsInvalid" "com.amazonaws.sqs#ReceiptHandleIsInvalid";
    not_in_flight: 400 "AWS.SimpleQueueService.MessageNotInflight" "com.amazonaws.sqs#MessageNotInflight";
    attribute_name: 400 "InvalidAttributeName" "com.amazonaws.sqs#InvalidAttributeName";
    attribute_value: 400 "InvalidAttributeValue" "com.amazonaws.sqs#InvalidAttributeValue";
    message_contents: 400 "InvalidMessageContents" "com.amazonaws.sqs#InvalidMessageContents";
    empty_batch: 400 "AWS.SimpleQueueService.EmptyBatchRequest" "com.amazonaws.sqs#EmptyBatchRequest";
    too_many_entries: 400
        "AWS.SimpleQueueService.TooManyEntriesInBatchRequest" "com.amazonaws.sqs#TooManyEntriesInBatchRequest";
    ids_not_distinct: 400
        "AWS.SimpleQueueService.BatchEntryIdsNotDistinct" "com.amazonaws.sqs#BatchEntryIdsNotDistinct";
    batch_entry_id: 400 "AWS.SimpleQueueService.InvalidBatchEntryId" "com.amazonaws.sqs#InvalidBatchEntryId";
    batch_too_long: 400 "AWS.SimpleQueueService.BatchRequestTooLong" "com.amazonaws.sqs#BatchRequestTooLong";
    unsupported: 400 "AWS.SimpleQueueService.UnsupportedOperation" "com.amazonaws.sqs#UnsupportedOperation";
    resource_not_found: 404 "ResourceNotFoundException" "com.amazonaws.sqs#ResourceNotFoundException";
    parameter_value: 400 "InvalidParameterValue" "com.amazon.coral.service#InvalidParameterValueException";
    unknown_operation: 400 "InvalidAction" "com.amazon.coral.service#UnknownOperationException";
    malformed: 400 "MalformedInput" "com.amazon.coral.service#SerializationException";
    internal: 500 "InternalFailure" "com.amazon.coral.service#InternalFailure";
}

impl Refusal {
    pub(super) fn no_such_queue() -> Self {
        Self {
            code: "AWS.SimpleQueueService.NonExistentQueue",
            shape: "com.amazonaws.sqs#QueueDoesNotExist",
            status: 400,
            message: "The specified queue does not exist.".to_owned(),
        }
    }

    pub(super) fn missing(parameter: &str) -> Self {
        Self {
            code: "MissingParameter",
            shape: "com.amazon.coral.service#MissingRequiredParameterException",
            status: 400,
            message: format!("The request must contain the parameter {parameter}."),
        }
    }

    /// A parameter whose value is out of bounds.
    pub(super) fn value(value: impl std::fmt::Display, parameter: &str, reason: impl std::fmt::Display) -> Self {
        Self::parameter_value(format!("Value {value} for parameter {parameter} is invalid. Reason: {reason}"))
    }

    /// Whether the caller is to blame.
    pub(super) fn sender(&self) -> bool {
        self.status < 500
    }

    /// As the JSON protocol has it.
    pub(super) fn answer(&self) -> Answer {
        let status = StatusCode::from_u16(self.status).expect("the statuses above are statuses");
        let body = json!({"__type": self.shape, "message": self.message}).to_string();
        let mut answer = answer(status, AWS_JSON, body);
        let fault = if self.sender() { "Sender" } else { "Receiver" };
        let header = HeaderValue::from_str(&format!("{};{fault}", self.code)).expect("the codes above are ASCII");
        answer.headers_mut().insert(HeaderName::from_static("x-amzn-query-error"), header);
        answer
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(why: rusqlite::Error) -> Self {
        Self::internal(why.to_string())
    }
}
