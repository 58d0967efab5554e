//! The time that a request has, and asking again while there is some left.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use crate::aws::Failure;

/// API Gateway waits no longer for an answer.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
const MOST: Duration = Duration::from_secs(29);
/// For the way back.
const MARGIN: Duration = Duration::from_millis(300);
/// For taking back what could not be finished.
const WITHDRAWING: Duration = Duration::from_secs(2);

/// The longest and shortest pause before asking again.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(2)];

/// Until when what may be done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time {
    /// The work itself.
    pub(super) work: Instant,
    /// Taking it back.
    pub(super) end: Instant,
}

impl Time {
    /// Of a call that begins `now` and may run for as long as is `left`.
    pub(super) fn of(now: Instant, left: Duration) -> Self {
        let total = left.min(MOST).saturating_sub(MARGIN);
        let end = now + total;
        Self { work: end - WITHDRAWING.min(total / 4), end }
    }
}

/// Asks until it is done, or is refused for good, or there is no time left. The SDK itself tries a few times, which is
/// enough for a moment; this is for a minute in which a service is in trouble.
pub(super) async fn persist<T, F>(until: Instant, ask: impl Fn() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let [mut pause, longest] = PAUSES;
    let mut last = None;
    loop {
        // What the SDK does to ask is a large future; on the heap, since several of them stand within one another here.
        let failure = match timeout_at(until, Box::pin(ask())).await {
            Ok(Ok(done)) => return Ok(done),
            Ok(Err(refused @ Failure::Refused { .. })) => return Err(refused),
            Ok(Err(failure)) => failure,
            Err(_) => {
                let none = || Failure::Unavailable { service: "AWS", code: "Deadline".to_owned() };
                return Err(last.unwrap_or_else(none));
            }
        };
        let pause_now = jittered(pause);
        if Instant::now() + pause_now >= until {
            return Err(failure);
        }
        sleep(pause_now).await;
        pause = (pause * 2).min(longest);
        last = Some(failure);
    }
}

/// Between half and the whole of a pause, so that instances do not ask in step.
fn jittered(pause: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(0);
    pause / 2 + pause.mul_f64(f64::from(random) / f64::from(u32::MAX) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r72_the_answer_comes_before_api_gateway_or_lambda_gives_up() {
        let now = Instant::now();
        for (left, work, end) in [(10_000, 7_700, 9_700), (900_000, 26_700, 28_700), (1_900, 1_200, 1_600), (200, 0, 0)]
        {
            let time = Time::of(now, Duration::from_millis(left));
            let millis = [time.work, time.end].map(|then| (then - now).as_millis());
            assert_eq!(millis, [work, end], "{left}");
        }
    }
}
