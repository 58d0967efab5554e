//! How many requests are taken: rates and quotas.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html>

use std::sync::{Mutex, PoisonError};

use serde_json::Value as Json;

use crate::settings;

const DAY: i64 = 24 * 60 * 60 * 1000;

/// A token bucket: a request takes a token, and so many a second come back, up to the burst.
#[derive(Debug)]
pub(crate) struct Bucket {
    /// Tokens a second.
    rate: f64,
    /// Tokens at most.
    burst: f64,
    /// Tokens, and when they were counted, in milliseconds.
    state: Mutex<(f64, i64)>,
}

impl Bucket {
    /// Reads a rate and a burst of `limits`, by their names; `None` where there is no rate, or -1, which is
    /// CloudFormation's word for none. `Err` says what is wrong with one.
    pub(crate) fn parse(limits: &Json, rate: &str, burst: &str) -> Result<Option<Self>, String> {
        let limit = |name| settings::number(limits, name).map(|limit| limit.filter(|limit| *limit >= 0.0));
        let (rate, burst) = (limit(rate)?, limit(burst)?);
        Ok(rate.map(|rate| {
            let burst = burst.unwrap_or_else(|| rate.ceil());
            Self { rate, burst, state: Mutex::new((burst, i64::MIN)) }
        }))
    }

    /// Takes a token, if there is one.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds between two requests are far below 2^52")]
    pub(crate) fn take(&self, now: i64) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, counted) = *state;
        // A clock that goes back gives nothing.
        let since = if counted == i64::MIN { 0 } else { now.saturating_sub(counted).max(0) };
        let tokens = (tokens + since as f64 / 1000.0 * self.rate).min(self.burst);
        let taken = tokens >= 1.0;
        *state = (if taken { tokens - 1.0 } else { tokens }, now.max(counted));
        taken
    }
}

/// So many requests a day, week or month.
#[derive(Debug)]
pub(crate) struct Quota {
    limit: u64,
    period: Period,
    /// The period that is being counted, and how many there were in it.
    state: Mutex<(i64, u64)>,
}

#[derive(Debug, Clone, Copy)]
enum Period {
    Day,
    Week,
    Month,
}

impl Quota {
    /// Reads the `Quota` of a usage plan; `Err` says what is wrong with it.
    pub(crate) fn parse(quota: &Json) -> Result<Option<Self>, String> {
        let Some(limit) = settings::whole(quota, "Limit")? else { return Ok(None) };
        let limit = u64::try_from(limit).map_err(|_| format!("the quota's `Limit` is 0 or more, not `{limit}`"))?;
        let period = match quota.get("Period").and_then(Json::as_str) {
            Some("DAY") => Period::Day,
            Some("WEEK") => Period::Week,
            Some("MONTH") => Period::Month,
            _ => return Err("the quota's `Period` is DAY, WEEK or MONTH".to_owned()),
        };
        Ok(Some(Self { limit, period, state: Mutex::new((i64::MIN, 0)) }))
    }

    /// Counts a request, if there is room for it. Days begin at midnight UTC, weeks on Sunday.
    pub(crate) fn take(&self, now: i64) -> bool {
        let days = now.div_euclid(DAY);
        let period = match self.period {
            Period::Day => days,
            // 1970-01-01 was a Thursday.
            Period::Week => (days + 4).div_euclid(7),
            Period::Month => {
                let time = jiff::Timestamp::from_millisecond(now).unwrap_or_default();
                let date = time.to_zoned(jiff::tz::TimeZone::UTC).date();
                i64::from(date.year()) * 12 + i64::from(date.month())
            }
        };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let used = if state.0 == period { state.1 } else { 0 };
        let taken = used < self.limit;
        *state = (period, used + u64::from(taken));
        taken
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOON: i64 = 1_767_268_800_000; // Thursday 2026-01-01T12:00:00Z

    #[expect(clippy::needless_pass_by_value, reason = "it is written where it is passed")]
    fn bucket(limits: Json) -> Option<Bucket> {
        Bucket::parse(&limits, "Rate", "Burst").expect("numbers")
    }

    #[test]
    fn a_bucket_gives_its_burst_at_once_and_then_its_rate() {
        let bucket = bucket(json!({"Rate": 2.0, "Burst": 3})).expect("a rate");
        assert_eq!([0, 0, 0, 0].map(|after| bucket.take(NOON + after)), [true, true, true, false]);
        assert_eq!([499, 500, 501, 1000].map(|after| bucket.take(NOON + after)), [false, true, false, true]);
        // However long nobody comes, the burst is all that is saved.
        assert_eq!([0, 0, 0, 0].map(|after| bucket.take(NOON + DAY + after)), [true, true, true, false]);
        assert!(!bucket.take(NOON), "a clock that goes back gives nothing");
    }

    #[test]
    fn no_rate_is_no_bucket() {
        assert!(bucket(json!({"Burst": 5})).is_none());
        assert!(bucket(json!({"Rate": -1, "Burst": -1})).is_none());
        assert!(!bucket(json!({"Rate": "0"})).expect("a rate").take(NOON));
    }

    #[test]
    fn a_quota_starts_again_with_its_period() {
        for (period, within, next) in
            [("DAY", 11 * 3_600_000, DAY), ("WEEK", 2 * DAY, 3 * DAY), ("MONTH", 30 * DAY, 31 * DAY)]
        {
            let quota = Quota::parse(&json!({"Limit": 1, "Period": period})).expect("a quota").expect("a limit");
            assert_eq!([NOON, NOON + within, NOON + next].map(|now| quota.take(now)), [true, false, true], "{period}");
        }
        assert!(Quota::parse(&json!({"Limit": 1, "Period": "YEAR"})).is_err());
    }
}
