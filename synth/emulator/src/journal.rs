//! What happened lately, for somebody who wants to look: requests, and batches that were handed to functions.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use gateway::{InvokeError, Trace};
use hyper::header::HeaderValue;
use serde_json::Value;

/// How many things are remembered.
const LENGTH: usize = 200;
/// Texts longer than this, in bytes, are not kept.
const LONGEST: usize = 64 * 1024;

/// Something that happened.
#[derive(Debug)]
pub(crate) enum Event {
    /// A request to the API.
    Request(Box<Request>),
    /// A batch of a queue or a stream.
    Batch(Batch),
    /// What somebody did by the page.
    Note(Note),
}

/// A request to the API.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) trace: Trace,
    /// The response's X-Ray header, which what came of the request has too.
    pub(crate) xray: Option<HeaderValue>,
}

/// What somebody did by the page.
#[derive(Debug)]
pub(crate) struct Note {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) at: i64,
    pub(crate) what: String,
    /// What came of it.
    pub(crate) outcome: String,
    /// More about that.
    pub(crate) details: Vec<String>,
}

/// A batch that a function was handed.
#[derive(Debug)]
pub(crate) struct Batch {
    /// When it was done, in milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) at: i64,
    pub(crate) function: String,
    pub(crate) source: String,
    pub(crate) size: usize,
    pub(crate) event: Option<Value>,
    pub(crate) outcome: Outcome,
    pub(crate) took: Duration,
}

impl Batch {
    /// When it was handed over, in milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) fn began(&self) -> i64 {
        self.at.saturating_sub(i64::try_from(self.took.as_millis()).unwrap_or(i64::MAX))
    }
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

/// An event and its number, shared with whoever looks.
pub(crate) type Numbered = (u64, Arc<Event>);

/// The last events, the oldest first, each with its number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Journal(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    events: VecDeque<Numbered>,
    next: u64,
}

impl Journal {
    /// Takes note of a request. `xray` is the header `x-amzn-trace-id` of its response.
    pub(crate) fn request(&self, mut trace: Trace, xray: Option<HeaderValue>) {
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
        self.add(Event::Request(Box::new(Request { trace, xray })));
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
        self.add(Event::Batch(Batch {
            at: now(),
            function: name(function),
            source: name(source),
            size,
            // A typical record is 2 KB.
            event: (size <= LONGEST / 2048).then_some(event),
            outcome,
            took: began.elapsed(),
        }));
    }

    /// Takes note of what somebody did; gives its number.
    pub(crate) fn note(&self, what: String, outcome: String, details: Vec<String>) -> u64 {
        self.add(Event::Note(Note { at: now(), what, outcome, details }))
    }

    fn add(&self, event: Event) -> u64 {
        let event = Arc::new(event);
        let mut kept = self.kept();
        let number = kept.next;
        kept.next += 1;
        kept.events.push_back((number, event));
        // What goes is let go of once others can go on.
        let gone = if kept.events.len() > LENGTH { kept.events.pop_front() } else { None };
        drop(kept);
        drop(gone);
        number
    }

    /// All that is kept, the newest first.
    pub(crate) fn newest_first(&self) -> Vec<Numbered> {
        self.kept().events.iter().rev().cloned().collect()
    }

    /// One event, where it is still kept.
    pub(crate) fn get(&self, number: u64) -> Option<Arc<Event>> {
        self.kept().events.iter().find(|(at, _)| *at == number).map(|(_, event)| event.clone())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Milliseconds since 1970-01-01T00:00:00Z.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
