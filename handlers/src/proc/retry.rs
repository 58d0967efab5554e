//! Asking again while there is time: what is throttled, and what meets another change of the same rows.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use crate::aws::{Failure, WriteError};

/// The longest that is waited before the first and before any later attempt; what is waited is random below it, so that
/// those who met do not meet again.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(5)];

/// An error that may pass.
pub(crate) trait Passing: From<Failure> {
    /// Whether asking again may help.
    fn passes(&self) -> bool;
}

impl Passing for Failure {
    fn passes(&self) -> bool {
        matches!(self, Failure::Unavailable { .. })
    }
}

impl Passing for WriteError {
    fn passes(&self) -> bool {
        matches!(self, WriteError::Failure(failure) if failure.passes())
    }
}

/// Asks until there is an answer, or an error that stays, or no time left. The SDK itself tries a few times, which is
/// enough for a fault of a moment; this is for a table that takes some time to grow, and for the rows of others.
pub(crate) async fn persist<T, E: Passing, F>(until: Instant, ask: impl Fn() -> F) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    let mut pauses = Pauses::new();
    loop {
        let error = match timeout_at(until, ask()).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) if !error.passes() => return Err(error),
            Ok(Err(error)) => error,
            Err(_) => return Err(out_of_time().into()),
        };
        if !pauses.wait(until).await {
            return Err(error);
        }
    }
}

/// There was no answer in the time that the call has.
pub(crate) fn out_of_time() -> Failure {
    Failure::Unavailable { service: "AWS", code: "Deadline".to_owned() }
}

/// Pauses that grow.
pub(crate) struct Pauses(Duration);

impl Pauses {
    pub(crate) fn new() -> Self {
        Self(PAUSES[0])
    }

    /// Waits a while; `false`, and at once, where there is no time for it.
    pub(crate) async fn wait(&mut self, until: Instant) -> bool {
        let random = f64::from(getrandom::u32().unwrap_or(u32::MAX)) / f64::from(u32::MAX);
        let pause = self.0.mul_f64(random);
        if Instant::now() + pause >= until {
            return false;
        }
        self.0 = (self.0 * 2).min(PAUSES[1]);
        sleep(pause).await;
        true
    }
}
