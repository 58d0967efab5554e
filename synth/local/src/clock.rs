//! Time as the services see it, so that a test can move it on instead of waiting.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

/// What [`Clock::until`] returns.
pub type Wait<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Where the services read the time.
pub trait Clock: Send + Sync + 'static {
    /// The time, in milliseconds since 1970-01-01T00:00:00Z.
    fn now(&self) -> i64;

    /// Waits until the time is `at`, in milliseconds since 1970-01-01T00:00:00Z, or later.
    fn until(&self, at: i64) -> Wait<'_>;
}

/// The time of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn until(&self, at: i64) -> Wait<'_> {
        let left = u64::try_from(at - self.now()).unwrap_or(0);
        Box::pin(tokio::time::sleep(Duration::from_millis(left)))
    }
}

/// A time that stands still until it is told to move.
#[derive(Debug)]
pub struct ManualClock(watch::Sender<i64>);

impl ManualClock {
    /// Stands at `at`, in milliseconds since 1970-01-01T00:00:00Z.
    pub fn at(at: i64) -> Self {
        Self(watch::Sender::new(at))
    }

    /// Moves the time on, and wakes whoever waited for a time that has now come.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.0.send_modify(|now| *now = now.saturating_add(by));
    }

    /// How many are waiting for a time that has not come.
    pub fn waiting(&self) -> usize {
        self.0.receiver_count()
    }
}

impl Default for ManualClock {
    /// Stands at 2026-01-01T00:00:00Z.
    fn default() -> Self {
        Self::at(1_767_225_600_000)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> i64 {
        *self.0.borrow()
    }

    fn until(&self, at: i64) -> Wait<'_> {
        let mut times = self.0.subscribe();
        Box::pin(async move {
            // The sender is borrowed for as long as this waits, so it cannot have gone.
            let _ = times.wait_for(|now| *now >= at).await;
        })
    }
}
