//! The time that a request has.

use std::time::Duration;

use tokio::time::Instant;

/// API Gateway waits no longer for an answer.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
const MOST: Duration = Duration::from_secs(29);
/// For the way back.
const MARGIN: Duration = Duration::from_millis(300);
/// For taking back what could not be finished.
const WITHDRAWING: Duration = Duration::from_secs(2);

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
