//! `proj`: follows the table's stream, and brings all rows of an actie in step with its current row: its versions (R04), the
//! rows per person (R41, R45, R63), what ends when the bewaartermijn does (R08).
//!
//! `docs/functions.md` says which record asks for what, and why it is right.

mod record;
mod remove;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use contract::functions as names;
use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use self::record::{Record, Work, sequence_number};
use self::remove::Removal;
use crate::aws::{Clients, DynamoTable, Table};
use crate::call::Call;
use crate::configuration::{Configuration, ConfigurationError};
use crate::observe::{Line, Unit};
use crate::proc::{ApplyError, settle_existing};

/// Acties that are worked on at the same time, and rows of one that are removed at the same time.
const CONCURRENCY: usize = 16;

/// Kept free at the end of a call, as far as it is that long: for the answer.
const MARGIN: Duration = Duration::from_secs(2);

/// The function.
#[derive(Debug, Clone)]
pub struct Proj<T> {
    table: T,
    concurrency: usize,
    now: fn() -> Timestamp,
}

impl Proj<DynamoTable> {
    /// As the stack's environment says.
    ///
    /// # Errors
    /// A variable is missing.
    pub fn configured(configuration: &Configuration, clients: &Clients) -> Result<Self, ConfigurationError> {
        Ok(Self::new(DynamoTable::new(clients.dynamodb(), configuration.required(names::ENV_TABLE)?)))
    }
}

/// A record with something to do.
struct Task {
    /// Its place in the batch, which is the stream's order.
    place: usize,
    work: Work,
}

/// What is counted of a batch.
#[derive(Default)]
struct Counts {
    followed: usize,
    cleared: usize,
    failed: usize,
    /// The age of the oldest record.
    age: Duration,
}

impl<T: Table> Proj<T> {
    /// With this table.
    pub fn new(table: T) -> Self {
        Self { table, concurrency: CONCURRENCY, now: Timestamp::now }
    }

    /// With so many acties at the same time.
    #[must_use]
    pub fn with_concurrency(self, concurrency: usize) -> Self {
        Self { concurrency, ..self }
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(self, now: fn() -> Timestamp) -> Self {
        Self { now, ..self }
    }

    /// Follows a batch. The answer names the first record that could not be followed, from which on the stream gives them
    /// again. Those after it were tried all the same, since nothing holds them up but records of the same actie.
    pub async fn handle(&self, event: Value, call: &Call) -> DynamoDbEventResponse {
        let (begin, left) = (Instant::now(), call.left());
        let until = begin + left - MARGIN.min(left / 4);
        let mut counts = Counts::default();
        let mut failed = BTreeMap::new();

        let Some(records) = records(event) else {
            tracing::error!("the event has no records of a stream");
            return response(Some(String::new()));
        };
        let numbers: Vec<String> = records.iter().map(sequence_number).collect();
        let acties = self.receive(records, &mut counts, &mut failed);
        self.work(acties, until, &mut counts, &mut failed).await;

        for (place, reason) in &failed {
            let number = numbers.get(*place).map(String::as_str).unwrap_or_default();
            tracing::warn!(sequence_number = number, reason, "the record could not be followed");
        }
        counts.failed = failed.len();
        counts.write(numbers.len(), call, begin.elapsed());
        let first = failed.into_keys().next();
        response(first.map(|place| numbers.into_iter().nth(place).unwrap_or_default()))
    }

    /// Reads the records: what is to be done, by actie and in the stream's order.
    fn receive(
        &self,
        records: Vec<Value>,
        counts: &mut Counts,
        failed: &mut BTreeMap<usize, String>,
    ) -> BTreeMap<String, Vec<Task>> {
        let now = (self.now)();
        let mut acties = BTreeMap::<String, Vec<Task>>::new();
        for (place, record) in records.into_iter().enumerate() {
            let record = match Record::read(record) {
                Ok(record) => record,
                Err(reason) => {
                    failed.insert(place, reason.to_string());
                    continue;
                }
            };
            counts.age = counts.age.max(record.age(now));
            let Some(work) = record.work else { continue };
            let tasks = acties.entry(record.actie_id).or_default();
            // What the table holds is followed, so the first of these does it for those after it.
            let again = work == Work::Follow && tasks.last().is_some_and(|last| last.work == Work::Follow);
            if !again {
                tasks.push(Task { place, work });
            }
        }
        acties
    }

    /// Does what is to be done; of one actie one thing after the other, and nothing after what failed.
    async fn work(
        &self,
        acties: BTreeMap<String, Vec<Task>>,
        until: Instant,
        counts: &mut Counts,
        failed: &mut BTreeMap<usize, String>,
    ) {
        let acties = acties.into_iter().map(|(actie_id, tasks)| async move {
            let mut counts = Counts::default();
            for Task { place, work } in tasks {
                match work {
                    Work::Follow => counts.followed += 1,
                    Work::Clear(_) | Work::Lost(_) => counts.cleared += 1,
                }
                if let Err(reason) = isolated(self.one(&actie_id, work, until)).await {
                    return (counts, Some((place, reason)));
                }
            }
            (counts, None)
        });
        let mut acties = stream::iter(acties).buffer_unordered(self.concurrency);
        while let Some((done, failure)) = acties.next().await {
            counts.followed += done.followed;
            counts.cleared += done.cleared;
            failed.extend(failure);
        }
    }

    async fn one(&self, actie_id: &str, work: Work, until: Instant) -> Result<(), ApplyError> {
        let removal = Removal { table: &self.table, concurrency: self.concurrency, until };
        match work {
            Work::Follow => settle_existing(&self.table, actie_id, until).await,
            Work::Clear(old) => removal.clear(&old).await,
            Work::Lost(old) => removal.lost(old, (self.now)()).await,
        }
    }
}

impl Counts {
    /// The line of the batch.
    fn write(&self, records: usize, call: &Call, duration: Duration) {
        #[allow(clippy::cast_precision_loss, reason = "no count here comes near 2^52")]
        let count = |line: Line, name, count: usize| line.metric(name, Unit::Count, count as f64);
        let line = Line::new(names::PROJ, "batch").text("requestId", &call.request_id);
        let line = count(line, "wijzigingen", records);
        let line = count(line, "bijgewerkt", self.followed);
        let line = count(line, "opgeruimd", self.cleared);
        let line = count(line, "mislukt", self.failed);
        let line = line.metric("wachttijd", Unit::Milliseconds, self.age.as_secs_f64() * 1e3);
        line.metric("duur", Unit::Milliseconds, duration.as_secs_f64() * 1e3).write();
    }
}

/// The records of an event.
fn records(mut event: Value) -> Option<Vec<Value>> {
    match event.get_mut("Records")?.take() {
        Value::Array(records) => Some(records),
        _ => None,
    }
}

fn response(failed: Option<String>) -> DynamoDbEventResponse {
    let mut response = DynamoDbEventResponse::default();
    response.batch_item_failures.extend(failed.map(|sequence_number| {
        let mut failure = DynamoDbBatchItemFailure::default();
        failure.item_identifier = Some(sequence_number);
        failure
    }));
    response
}

/// A mistake of ours that one actie brings out does not take the others down.
async fn isolated(work: impl Future<Output = Result<(), ApplyError>>) -> Result<(), String> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(result) => result.map_err(|reason| reason.to_string()),
        Err(_) => Err("panic".to_owned()),
    }
}
