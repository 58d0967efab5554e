//! Event source mappings: what Lambda's pollers do between a queue or a stream and a function.

mod batch;
mod filter;
mod payload;
mod progress;
mod queue;
mod stream;
mod trim;

use std::sync::Arc;
use std::time::Duration;

use local::Services;
use serde_json::Value;

use crate::functions::Functions;
use crate::template::{Properties, TemplateError};

pub(crate) use filter::Filter;
pub(crate) use progress::Progress;
pub(crate) use queue::QueueSource;
pub(crate) use stream::StreamSource;
pub(crate) use trim::{Stream, trim};

/// What all mappings have in common.
#[derive(Debug)]
pub(crate) struct Mapping {
    pub(crate) function: String,
    pub(crate) batch_size: usize,
    pub(crate) window: Duration,
    /// Whether the function says which items of a batch failed.
    pub(crate) partial: bool,
    pub(crate) filter: Filter,
}

/// What a mapping works with.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    pub(crate) services: Arc<Services>,
    pub(crate) functions: Arc<Functions>,
    pub(crate) journal: crate::journal::Journal,
    pub(crate) progress: Progress,
}

/// After what came last, before more is asked for: what comes meanwhile goes together, and not each in a batch of its own. What
/// comes to an idle source is handed on at once.
const BREATH: Duration = Duration::from_millis(10);

impl Mapping {
    /// Reads what is common from an `AWS::Lambda::EventSourceMapping`'s properties, resolved.
    pub(crate) fn read(properties: Properties<'_>, function: String) -> Result<Self, TemplateError> {
        let number = |name: &str, default: u64| Ok(properties.whole(name)?.unwrap_or(default));
        let Properties { all: given, path } = properties;
        let patterns = given["FilterCriteria"]["Filters"].as_array().into_iter().flatten();
        let patterns: Vec<&str> = patterns.filter_map(|filter| filter["Pattern"].as_str()).collect();
        let filter = Filter::parse(&patterns)
            .map_err(|why| TemplateError::at(&format!("{path}.FilterCriteria.Filters"), why))?;
        let types = given["FunctionResponseTypes"].as_array();
        // <https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html>: 10 for queues, 100 for streams,
        // which alone have a place to start at.
        let batch_size = if given["StartingPosition"].is_null() { 10 } else { 100 };
        Ok(Self {
            function,
            batch_size: usize::try_from(number("BatchSize", batch_size)?).unwrap_or(usize::MAX).max(1),
            window: Duration::from_secs(number("MaximumBatchingWindowInSeconds", 0)?),
            partial: types.is_some_and(|types| types.iter().any(|kind| kind == "ReportBatchItemFailures")),
            filter,
        })
    }

    /// Which items the function says have failed, by their ids; `None` where all have, as an answer that cannot be
    /// understood counts (<https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>).
    fn failures(&self, answer: &[u8], known: impl Fn(&str) -> bool) -> Option<Vec<String>> {
        if !self.partial || answer.is_empty() {
            return Some(Vec::new());
        }
        let answer: Value = serde_json::from_slice(answer).ok()?;
        let failures = match &answer["batchItemFailures"] {
            Value::Null => return Some(Vec::new()),
            failures => failures.as_array()?,
        };
        let ids = failures.iter().map(|failure| failure["itemIdentifier"].as_str().map(str::to_owned));
        let ids: Vec<String> = ids.collect::<Option<_>>()?;
        ids.iter().all(|id| known(id)).then_some(ids)
    }
}
