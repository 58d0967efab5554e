//! Asking a function, within what Lambda takes and gives.

use std::time::Duration;

use bytes::Bytes;

use crate::backend::{Backend, Failure, Invocation, InvokeError};
use crate::gateway_responses::{Refusal, ResponseType as T};

/// The largest event, in bytes: 6 MB, <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
const LARGEST_EVENT: usize = 6 * 1024 * 1024;

/// The largest event of an invocation that is not waited for; the same page.
const LARGEST_LATER: usize = 1024 * 1024;

/// The largest result. The same page has 6 MB; this is what Lambda itself says when there is more.
const LARGEST_RESULT: usize = LARGEST_EVENT + 100;

/// What a client gets whose request makes too large an event: seen, as
/// <https://github.com/koki-develop/lgtm-generator/issues/10> has it.
const EVENT_TOO_LARGE: &str = "Request Too Long";

/// What the function returned, or how it failed; otherwise, why it was not heard.
pub(super) async fn invoke(
    invocation: Invocation<'_>,
    backend: &impl Backend,
) -> Result<Result<Bytes, Failure>, Refusal> {
    fits(&invocation.event, LARGEST_EVENT)?;
    let time_left = invocation.time_left;
    let invoked = tokio::time::timeout(time_left, backend.invoke(invocation)).await;
    match invoked.unwrap_or(Err(InvokeError::TimedOut)) {
        Ok(result) if result.len() > LARGEST_RESULT => {
            let message =
                format!("Response payload size exceeded maximum allowed payload size ({LARGEST_RESULT} bytes).");
            Ok(Err(Failure::new("Function.ResponseSizeTooLarge", &message)))
        }
        Ok(result) => Ok(Ok(result)),
        Err(InvokeError::Function(failure)) => Ok(Err(failure)),
        Err(InvokeError::Unavailable(reason)) => Err(not_run(&reason)),
        Err(InvokeError::TimedOut) => Err(timed_out(time_left)),
    }
}

/// What Lambda answers to an invocation that a header asks for in a way of its own,
/// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>: its status, and what the function returned or how it failed.
pub(super) async fn invoke_as(
    kind: Option<&str>,
    invocation: Invocation<'_>,
    backend: &impl Backend,
) -> Result<(u16, Result<Bytes, Failure>), Refusal> {
    match kind {
        None | Some("RequestResponse") => Ok((200, invoke(invocation, backend).await?)),
        Some("Event") => {
            fits(&invocation.event, LARGEST_LATER)?;
            let time_left = invocation.time_left;
            let accepted = tokio::time::timeout(time_left, backend.invoke_later(invocation)).await;
            match accepted.unwrap_or(Err(InvokeError::TimedOut)) {
                Ok(()) => Ok((202, Ok(Bytes::new()))),
                Err(InvokeError::TimedOut) => Err(timed_out(time_left)),
                Err(why) => Err(not_run(&why.to_string())),
            }
        }
        Some("DryRun") => Ok((204, Ok(Bytes::new()))),
        Some(other) => Err(not_run(&format!("InvalidParameterValueException: there is no invocation type {other}"))),
    }
}

fn fits(event: &Bytes, most: usize) -> Result<(), Refusal> {
    if event.len() <= most {
        return Ok(());
    }
    let reason = format!("the function's event has {} bytes, {most} are allowed", event.len());
    Err(Refusal::new(T::RequestTooLarge, EVENT_TOO_LARGE, reason))
}

fn not_run(reason: &str) -> Refusal {
    let reason = format!("the function cannot be run: {reason}");
    Refusal::internal(T::IntegrationFailure, reason).with_status(500)
}

/// What is said when the time of an integration is over.
pub(super) fn timed_out(time: Duration) -> Refusal {
    let reason = format!("no answer within {} ms", time.as_millis());
    Refusal::new(T::IntegrationTimeout, "Endpoint request timed out", reason)
}
