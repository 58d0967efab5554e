//! Asking a function, within what Lambda takes and gives.

use std::time::Duration;

use bytes::Bytes;

use super::Ids;
use crate::backend::{Backend, Failure, InvokeError};
use crate::gateway_responses::{Refusal, ResponseType as T};

/// The largest event, in bytes: 6 MB, <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
const LARGEST_EVENT: usize = 6 * 1024 * 1024;

/// The largest result. The same page has 6 MB; this is what Lambda itself says when there is more.
const LARGEST_RESULT: usize = LARGEST_EVENT + 100;

/// What a client gets whose request makes too large an event: seen, as
/// <https://github.com/koki-develop/lgtm-generator/issues/10> has it.
const EVENT_TOO_LARGE: &str = "Request Too Long";

/// What the function returned, or how it failed; otherwise, why it was not heard.
pub(super) async fn invoke(
    arn: &str,
    event: Bytes,
    time_left: Duration,
    ids: &Ids,
    backend: &impl Backend,
) -> Result<Result<Bytes, Failure>, Refusal> {
    if event.len() > LARGEST_EVENT {
        let reason = format!("the function's event has {} bytes, {LARGEST_EVENT} are allowed", event.len());
        return Err(Refusal::new(T::RequestTooLarge, EVENT_TOO_LARGE, reason));
    }
    let invoked = tokio::time::timeout(time_left, backend.invoke(arn, event, time_left, Some(&ids.trace))).await;
    match invoked.unwrap_or(Err(InvokeError::TimedOut)) {
        Ok(result) if result.len() > LARGEST_RESULT => {
            let message =
                format!("Response payload size exceeded maximum allowed payload size ({LARGEST_RESULT} bytes).");
            Ok(Err(Failure::new("Function.ResponseSizeTooLarge", &message)))
        }
        Ok(result) => Ok(Ok(result)),
        Err(InvokeError::Function(failure)) => Ok(Err(failure)),
        Err(InvokeError::Unavailable(reason)) => {
            let reason = format!("the function cannot be run: {reason}");
            Err(Refusal::internal(T::IntegrationFailure, reason).with_status(500))
        }
        Err(InvokeError::TimedOut) => Err(timed_out(time_left)),
    }
}

/// What is said when the time of an integration is over.
pub(super) fn timed_out(time: Duration) -> Refusal {
    let reason = format!("no answer within {} ms", time.as_millis());
    Refusal::new(T::IntegrationTimeout, "Endpoint request timed out", reason)
}
