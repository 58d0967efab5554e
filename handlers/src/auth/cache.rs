//! Something fetched from elsewhere and kept: keys of an issuer, a secret.

use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::refusal::Fault;

/// How long a value is used before it is fetched again, in seconds. So long a key that was withdrawn still counts.
const FRESH: i64 = 300;
/// Least time between two attempts while there is a value, in seconds: an unknown key id makes no more than one a minute.
const INTERVAL: i64 = 60;
/// The same while there is none, so that a cold start recovers soon after its source does.
const INTERVAL_EMPTY: i64 = 5;

/// A value that is fetched when it is needed, again when it has become old or lacks something, and kept when that fails.
#[derive(Debug)]
pub(super) struct Cached<T> {
    what: &'static str,
    state: RwLock<State<T>>,
    /// Held while fetching: others wait for that one attempt, or go on with what there is.
    fetching: Mutex<()>,
}

#[derive(Debug)]
struct State<T> {
    value: Option<Arc<T>>,
    fetched: Timestamp,
    tried: Option<Timestamp>,
}

impl<T> Cached<T> {
    pub(super) fn new(what: &'static str) -> Self {
        let state = State { value: None, fetched: Timestamp::UNIX_EPOCH, tried: None };
        Self { what, state: RwLock::new(state), fetching: Mutex::new(()) }
    }

    /// The value. `suffices` says whether it has what is needed; if not it is fetched again, though no more often than
    /// [`INTERVAL`] allows, and may then still not have it.
    ///
    /// # Errors
    /// There is no value: fetching fails, or failed a moment ago.
    pub(super) async fn get(
        &self,
        now: Timestamp,
        suffices: impl Fn(&T) -> bool,
        fetch: impl Future<Output = Result<T, Fault>>,
    ) -> Result<Arc<T>, Fault> {
        if let Some(outcome) = self.kept(now, &suffices) {
            return outcome;
        }
        let _fetching = self.fetching.lock().await;
        // Somebody else may have fetched it in the meantime.
        if let Some(outcome) = self.kept(now, &suffices) {
            return outcome;
        }
        let fetched = fetch.await;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.tried = Some(now);
        match (fetched, &state.value) {
            (Ok(value), _) => {
                let value = Arc::new(value);
                state.value = Some(Arc::clone(&value));
                state.fetched = now;
                Ok(value)
            }
            (Err(fault), Some(value)) => {
                tracing::warn!(fout = %fault, "the {} cannot be refreshed; the one that is kept stays in use", self.what);
                Ok(Arc::clone(value))
            }
            (Err(fault), None) => Err(fault),
        }
    }

    /// What can be said without fetching; `None` where it is time to fetch.
    fn kept(&self, now: Timestamp, suffices: impl Fn(&T) -> bool) -> Option<Result<Arc<T>, Fault>> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        // The absolute difference: after the clock was set back, time goes on from there.
        let since = |then: Timestamp| (now.as_second() - then.as_second()).abs();
        let value = state.value.as_ref();
        let good = value.filter(|value| since(state.fetched) < FRESH && suffices(value));
        let interval = if value.is_some() { INTERVAL } else { INTERVAL_EMPTY };
        let just_now = state.tried.is_some_and(|tried| since(tried) < interval);
        match (good, value) {
            (Some(value), _) => Some(Ok(Arc::clone(value))),
            (None, Some(value)) if just_now => Some(Ok(Arc::clone(value))),
            (None, None) if just_now => Some(Err(Fault::JustNow(self.what))),
            _ => None,
        }
    }
}
