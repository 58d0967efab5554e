//! Time as the gateway sees it, so that a test can move it on instead of waiting.

use std::time::{SystemTime, UNIX_EPOCH};

/// Where a gateway reads the time, for `$context.requestTime`, throttling, quotas and cached authorizations.
pub trait Clock: Send + Sync {
    /// The time, in milliseconds since 1970-01-01T00:00:00Z.
    fn now(&self) -> i64;
}

/// The time of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

impl<C: Clock> Clock for std::sync::Arc<C> {
    fn now(&self) -> i64 {
        (**self).now()
    }
}
