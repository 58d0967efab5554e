//! Asking again while there is time: what is throttled, and what meets another change of the same rows.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use crate::aws::{Failure, WriteError};

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
/// enough for a fault of a moment; this is for a table that takes some time to grow, for the rows of others, and for a
/// minute in which a service is in trouble.
pub(crate) async fn persist<T, E: Passing, F>(mut pauses: Pauses, until: Instant, ask: impl Fn() -> F) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    let mut last = None;
    loop {
        // What the SDK does to ask is a large future; on the heap, since several of them stand within one another here.
        let error = match timeout_at(until, Box::pin(ask())).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) if !error.passes() => return Err(error),
            Ok(Err(error)) => error,
            Err(_) => return Err(last.unwrap_or_else(|| out_of_time().into())),
        };
        if !pauses.wait(until).await {
            return Err(error);
        }
        last = Some(error);
    }
}

/// There was no answer in the time that the call has.
pub(crate) fn out_of_time() -> Failure {
    Failure::Unavailable { service: "AWS", code: "Deadline".to_owned() }
}

/// Pauses that double, and are random, so that those who met do not meet again.
#[derive(Debug, Clone)]
pub(crate) struct Pauses {
    /// The longest that the next one can be.
    next: Duration,
    /// The longest that any can be.
    longest: Duration,
    /// The shortest, as a part of the longest that it could be.
    least: f64,
}

impl Pauses {
    /// Of a request: somebody waits for the answer, and it meets nobody else at its rows.
    pub(crate) const REQUEST: Self =
        Self { next: Duration::from_millis(100), longest: Duration::from_secs(2), least: 0.5 };
    /// Of a batch, whose many writes at once are what is throttled, and which may meet others at the same rows.
    pub(crate) const BATCH: Self =
        Self { next: Duration::from_millis(50), longest: Duration::from_secs(5), least: 0.0 };

    /// Waits a while; `false`, and at once, where there is no time for it.
    pub(crate) async fn wait(&mut self, until: Instant) -> bool {
        let random = f64::from(getrandom::u32().unwrap_or(u32::MAX)) / f64::from(u32::MAX);
        let pause = self.next.mul_f64(self.least + (1.0 - self.least) * random);
        if Instant::now() + pause >= until {
            return false;
        }
        self.next = (self.next * 2).min(self.longest);
        sleep(pause).await;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    fn throttled() -> Failure {
        Failure::Unavailable { service: "DynamoDB", code: "ThrottlingException".to_owned() }
    }

    /// The clock stands still but for the pauses.
    #[tokio::test(start_paused = true)]
    async fn what_passes_is_asked_again_after_pauses_that_double_until_there_is_no_time_left() {
        for (pauses, first, longest, least) in [(Pauses::REQUEST, 100, 2_000, 0.5), (Pauses::BATCH, 50, 5_000, 0.0)] {
            let (begin, moments) = (Instant::now(), RefCell::new(Vec::new()));
            let until = begin + Duration::from_secs(60);
            let result: Result<(), Failure> = persist(pauses, until, || async {
                moments.borrow_mut().push(Instant::now());
                Err(throttled())
            })
            .await;
            assert_eq!(result, Err(throttled()));
            let moments = moments.into_inner();
            assert!(moments.len() > 12, "it goes on: {}", moments.len());
            assert!(until - Instant::now() <= Duration::from_millis(longest), "it goes on until the end");
            for (n, pair) in moments.windows(2).enumerate() {
                let pause = pair[1] - pair[0];
                let most = Duration::from_millis((first << n.min(20)).min(longest));
                // The timer goes in steps of a millisecond.
                assert!(pause <= most + Duration::from_millis(1), "pause {n}: {pause:?}");
                assert!(pause >= most.mul_f64(least), "pause {n}: {pause:?}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_stays_is_asked_once() {
        let asked = Cell::new(0);
        let until = Instant::now() + Duration::from_secs(60);
        let result: Result<(), WriteError> = persist(Pauses::BATCH, until, || async {
            asked.set(asked.get() + 1);
            Err(WriteError::Condition)
        })
        .await;
        assert_eq!((result, asked.get()), (Err(WriteError::Condition), 1));
    }

    #[tokio::test(start_paused = true)]
    async fn where_no_answer_comes_the_error_is_the_last_one_or_that_time_is_over() {
        for (errors, expected) in [(0, out_of_time()), (1, throttled())] {
            let asked = Cell::new(0);
            let until = Instant::now() + Duration::from_secs(60);
            let result: Result<(), Failure> = persist(Pauses::REQUEST, until, || async {
                asked.set(asked.get() + 1);
                if asked.get() > errors { std::future::pending().await } else { Err(throttled()) }
            })
            .await;
            assert_eq!((result, Instant::now()), (Err(expected), until));
        }
    }
}
