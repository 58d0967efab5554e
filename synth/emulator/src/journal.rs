//! What happened lately, for somebody who wants to look: requests, and batches that were handed to functions.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use gateway::{InvokeError, Trace};
use serde_json::Value;

/// How many things are remembered.
const LENGTH: usize = 200;
/// Texts longer than this, in bytes, are not kept.
const LONGEST: usize = 64 * 1024;

/// Something that happened.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// A request to the API.
    Request(Box<Trace>),
    /// A batch of a queue or a stream.
    Batch(Box<Batch>),
}

/// A batch that a function was handed.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) at: i64,
    pub(crate) function: String,
    pub(crate) source: String,
    pub(crate) size: usize,
    pub(crate) event: Option<Value>,
    pub(crate) outcome: Outcome,
    pub(crate) took: Duration,
}

/// What came of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    /// So many items failed.
    Partly(usize),
    /// All of them.
    Failed(String),
}

/// The last events, the oldest first, each with its number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Journal(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    events: VecDeque<(u64, Event)>,
    next: u64,
}

impl Journal {
    /// Takes note of a request.
    pub(crate) fn request(&self, mut trace: Trace) {
        let long = |bytes: &Bytes| bytes.len() > LONGEST;
        let shorten = |bytes: &mut Bytes| {
            if long(bytes) {
                *bytes = Bytes::from(format!("({} bytes)", bytes.len()));
            }
        };
        shorten(&mut trace.body);
        shorten(&mut trace.response);
        if let Some(integration) = &mut trace.integration {
            shorten(&mut integration.request);
            if let Some(answer) = &mut integration.answer {
                shorten(answer);
            }
        }
        self.add(Event::Request(Box::new(trace)));
    }

    /// Takes note of a batch. `failed` are the items that failed, `None` where all did.
    pub(crate) fn batch(
        &self,
        function: &str,
        source: &str,
        event: Value,
        answer: &Result<Bytes, InvokeError>,
        failed: Option<&[String]>,
        began: Instant,
    ) {
        let outcome = match (failed, answer) {
            (Some([]), _) => Outcome::Done,
            (Some(failed), _) => Outcome::Partly(failed.len()),
            (None, Err(why)) => Outcome::Failed(why.to_string()),
            (None, Ok(_)) => Outcome::Failed("its answer is none that is understood".to_owned()),
        };
        if let Outcome::Failed(why) = &outcome {
            tracing::warn!("a batch of {source} failed: {why}");
        }
        let size = event["Records"].as_array().map_or(0, Vec::len);
        let name = |arn: &str| arn.rsplit(':').next().unwrap_or_default().to_owned();
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        self.add(Event::Batch(Box::new(Batch {
            at: i64::try_from(at).unwrap_or(i64::MAX),
            function: name(function),
            source: name(source),
            size,
            // A typical record is 2 KB.
            event: (size <= LONGEST / 2048).then_some(event),
            outcome,
            took: began.elapsed(),
        })));
    }

    fn add(&self, event: Event) {
        let mut kept = self.kept();
        let number = kept.next;
        kept.next += 1;
        kept.events.push_back((number, event));
        if kept.events.len() > LENGTH {
            kept.events.pop_front();
        }
    }

    /// All that is kept, the newest first.
    pub(crate) fn newest_first(&self) -> Vec<(u64, Event)> {
        self.kept().events.iter().rev().cloned().collect()
    }

    /// One event, where it is still kept.
    pub(crate) fn get(&self, number: u64) -> Option<Event> {
        self.kept().events.iter().find(|(at, _)| *at == number).map(|(_, event)| event.clone())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
