//! A stack that runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use local::Services;
use local::http::Server;

use super::REGION;
use crate::background::Background;
use crate::finisher::Finishing;
use crate::sources::Progress;
use crate::state::Lock;

/// Least pause between two looks for rows whose time is over.
const SWEEP: Duration = Duration::from_secs(10);

/// How long requests may take that are under way at the end: longer than a function of the default stack.
const GRACE: Duration = Duration::from_secs(12);

/// A running stack. It ends when this is dropped; [`Running::stop`] also waits until it has.
#[derive(Debug)]
pub struct Running {
    /// Address of the API, stage included.
    pub api: String,
    /// Address of the AWS services.
    pub aws: String,
    /// Address of the page.
    pub page: String,
    /// A token with every scope.
    pub token: String,
    /// A key that the API takes, where it wants keys.
    pub key: Option<String>,
    /// A request of the API, as a line for a shell.
    pub example: String,
    /// What of the template is not emulated, each thing once.
    pub not_emulated: Vec<String>,
    pub(super) front: Server,
    pub(super) finishing: Finishing,
    pub(super) background: Background,
    pub(super) progress: Progress,
    pub(super) services: Arc<Services>,
    pub(super) _lock: Option<Lock>,
}

impl Running {
    /// The services, for what needs no HTTP.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// The environment with which any AWS SDK or CLI looks into it.
    pub fn environment(&self) -> [(&'static str, String); 5] {
        crate::environment(&self.aws, REGION)
    }

    /// Waits until everything that was accepted so far has been applied: the queues that have a function are empty, and it
    /// is done with the tables' streams. A message that keeps failing is waited for until it is a dead letter.
    pub async fn settled(&self) {
        self.progress.settled(&self.services).await;
    }

    /// Ends it: no new requests, no new batches, nothing half-written. Requests that are under way get their answers, and
    /// those whose clients are gone are carried out.
    pub async fn stop(self) {
        let Self { front, finishing, background, services, .. } = self;
        let end = Instant::now() + GRACE;
        front.finish(GRACE).await;
        finishing.stop(end.saturating_duration_since(Instant::now())).await;
        background.stop().await;
        if let Some(services) = Arc::into_inner(services) {
            services.stop().await;
        }
    }
}

/// Takes away rows whose time is over, again and again. A look at all rows takes a hundredth of the time at most.
pub(super) async fn sweep(services: Arc<Services>) {
    loop {
        let began = Instant::now();
        let sweeping = services.clone();
        let swept = tokio::task::spawn_blocking(move || sweeping.dynamodb().sweep()).await;
        match swept {
            Ok(Ok(0)) => {}
            Ok(Ok(_)) => services.touch(),
            Ok(Err(why)) => tracing::warn!("rows whose time is over stay: {why}"),
            // The runtime ends.
            Err(_) => return,
        }
        tokio::time::sleep(SWEEP.max(began.elapsed() * 100)).await;
    }
}
