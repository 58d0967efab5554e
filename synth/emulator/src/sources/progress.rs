//! How far the event sources are, for who wants to wait until all that was accepted has been applied.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use local::Services;
use serde_json::{Value, json};
use tokio::sync::watch;

/// How long to wait for news of the sources before looking again: a message may also expire, of which nobody hears.
const PATIENCE: Duration = Duration::from_secs(1);

/// How far the event sources are. Subscribers hear when a source has done something, and when it finds nothing to do.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<watch::Sender<Sources>>);

#[derive(Debug, Default)]
struct Sources {
    /// URLs of the queues.
    queues: Vec<String>,
    /// Streams by the ids of the mappings that follow them: after how many of the services' writes each was followed to its end.
    streams: BTreeMap<String, Option<u64>>,
}

impl Progress {
    /// There is a queue to hand on.
    pub(crate) fn queue(&self, url: &str) {
        self.0.send_modify(|sources| sources.queues.push(url.to_owned()));
    }

    /// There is a stream to follow, by this mapping.
    pub(crate) fn stream(&self, mapping: &str) {
        self.0.send_modify(|sources| {
            sources.streams.insert(mapping.to_owned(), None);
        });
    }

    /// Something of a queue was handled.
    pub(crate) fn moved(&self) {
        self.0.send_modify(|_| ());
    }

    /// This mapping followed its stream to its end as it was after so many writes.
    pub(crate) fn followed(&self, mapping: &str, writes: u64) {
        self.0.send_modify(|sources| {
            sources.streams.insert(mapping.to_owned(), Some(writes));
        });
    }

    /// Waits until the queues are empty and the streams have been followed to their ends.
    pub(crate) async fn settled(&self, services: &Services) {
        let mut news = self.0.subscribe();
        loop {
            news.mark_unchanged();
            // In this order: what a message changes has been written before it leaves its queue.
            if self.queues_are_empty(services).await {
                let writes = *services.written().borrow();
                if self.0.borrow().streams.values().all(|followed| *followed == Some(writes)) {
                    return;
                }
            }
            // The sender lives as long as this.
            let _ = tokio::time::timeout(PATIENCE, news.changed()).await;
        }
    }

    async fn queues_are_empty(&self, services: &Services) -> bool {
        let queues = self.0.borrow().queues.clone();
        for url in queues {
            let asked = json!({"QueueUrl": url, "AttributeNames": ["All"]}).to_string();
            let Ok((status, body)) = services.call("AmazonSQS.GetQueueAttributes", asked).await else { return false };
            let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
            let none = |what: &str| answer["Attributes"][format!("ApproximateNumberOfMessages{what}")] == "0";
            if !(status.is_success() && none("") && none("NotVisible") && none("Delayed")) {
                return false;
            }
        }
        true
    }
}
