//! `proc`: applies the queue's messages to the table, so that in the end it is as if every accepted change had been
//! applied in the order of registration (R34), whatever order they come in and how often.
//!
//! `docs/functions.md` describes the protocol and why it is right.

mod inhoud;
mod opdracht;
mod patch;
pub(crate) mod rows;
mod settle;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use contract::functions as names;
use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use tokio::time::Instant;

pub use self::settle::{ApplyError, settle, settle_existing};

use self::inhoud::Applied;
use self::opdracht::Opdracht;
use self::patch::{MARGIN, Patches};
use crate::aws::{Backup, Clients, DynamoTable, Queue, S3Backup, SqsQueue, Table};
use crate::call::Call;
use crate::configuration::{Configuration, ConfigurationError};
use crate::observe::{Line, Unit};

/// How much is done at once.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Acties of which the rows are read and written at the same time.
    pub concurrency: usize,
    /// Acties of a PATCH whose current rows are in memory at the same time; at most [`crate::aws::MOST_TOGETHER`].
    pub page: usize,
    /// A PATCH begins no page when there is less time left than this, but leaves the rest to a message of its own.
    pub reserve: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { concurrency: 32, page: crate::aws::MOST_TOGETHER, reserve: Duration::from_secs(5) }
    }
}

/// Until when what may be done.
#[derive(Debug, Clone, Copy)]
struct Time {
    /// Beginning another page of a PATCH.
    go_on: Instant,
    /// Reading and writing.
    until: Instant,
    /// Everything.
    end: Instant,
}

impl Time {
    fn of(call: &Call, limits: &Limits) -> Self {
        let (now, left) = (Instant::now(), call.left());
        let end = now + left;
        Self { go_on: now + left.saturating_sub(limits.reserve), until: end - MARGIN.min(left / 4), end }
    }
}

/// The function.
#[derive(Debug, Clone)]
pub struct Proc<T, Q, B> {
    table: T,
    queue: Q,
    backup: B,
    limits: Limits,
}

impl Proc<DynamoTable, SqsQueue, S3Backup> {
    /// As the stack's environment says.
    ///
    /// # Errors
    /// A variable is missing.
    pub fn configured(configuration: &Configuration, clients: &Clients) -> Result<Self, ConfigurationError> {
        Ok(Self {
            table: DynamoTable::new(clients.dynamodb(), configuration.required(names::ENV_TABLE)?),
            queue: SqsQueue::new(clients.sqs(), configuration.required(names::ENV_QUEUE)?),
            backup: S3Backup::new(clients.s3(), configuration.required(names::ENV_BUCKET)?),
            limits: Limits::default(),
        })
    }
}

/// A message of the batch.
struct Task {
    message_id: String,
    /// The X-Ray header that it was sent with.
    trace: Option<String>,
    opdracht: Opdracht,
}

/// What is counted of a batch.
#[derive(Default)]
struct Counts {
    settled: usize,
    withdrawn: usize,
    /// How long the message that waited longest was on its way.
    waited: Duration,
}

impl<T: Table, Q: Queue, B: Backup> Proc<T, Q, B> {
    /// With these.
    pub fn new(table: T, queue: Q, backup: B, limits: Limits) -> Self {
        Self { table, queue, backup, limits }
    }

    /// Applies a batch. The answer names the messages that could not be applied, which the queue then gives again, and
    /// sends to the DLQ in the end.
    pub async fn handle(&self, event: SqsEvent, call: &Call) -> SqsBatchResponse {
        let (time, begin, size) = (Time::of(call, &self.limits), Instant::now(), event.records.len());
        let mut counts = Counts::default();
        let mut failed = BTreeSet::new();

        let (inhoud, patches) = self.receive(event, time, &mut counts, &mut failed).await;
        let written = self.apply_inhoud(inhoud, time, &mut counts, &mut failed).await;
        self.apply_patches_before(written, time, &mut counts, &mut failed).await;
        self.apply_patches(patches, time, &mut failed).await;

        let line = Line::new(names::PROC, "batch").text("requestId", &call.request_id);
        #[allow(clippy::cast_precision_loss, reason = "no count here comes near 2^52")]
        let count = |line: Line, name, count: usize| line.metric(name, Unit::Count, count as f64);
        let line = count(line, "berichten", size);
        let line = count(line, "mislukt", failed.len());
        let line = count(line, "opnieuwBepaald", counts.settled);
        let line = count(line, "ingetrokken", counts.withdrawn);
        let line = line.metric("wachttijd", Unit::Milliseconds, counts.waited.as_secs_f64() * 1e3);
        line.metric("duur", Unit::Milliseconds, begin.elapsed().as_secs_f64() * 1e3).write();

        let mut response = SqsBatchResponse::default();
        for message_id in failed {
            response.add_failure(message_id);
        }
        response
    }

    /// Reads the messages: those about one actie, by that actie, and the PATCHes; both in the order of registration.
    async fn receive(
        &self,
        event: SqsEvent,
        time: Time,
        counts: &mut Counts,
        failed: &mut BTreeSet<String>,
    ) -> (BTreeMap<String, Vec<Task>>, Vec<Task>) {
        let read = event.records.into_iter().map(|message| async move {
            let SqsMessage { message_id, body, mut attributes, .. } = message;
            let message_id = message_id.unwrap_or_default();
            let opdracht = Opdracht::read(&self.backup, body.as_deref(), time.until).await;
            (message_id, attributes.remove("AWSTraceHeader"), opdracht)
        });
        let mut read = stream::iter(read).buffered(self.limits.concurrency);
        let (mut inhoud, mut patches) = (BTreeMap::<String, Vec<Task>>::new(), Vec::new());
        let now = Timestamp::now();
        while let Some((message_id, trace, opdracht)) = read.next().await {
            match opdracht {
                Ok(opdracht) => {
                    counts.waited = counts.waited.max(waited(&opdracht, now));
                    let actie_id = opdracht.bericht.change().actie_id().map(str::to_owned);
                    let task = Task { message_id, trace, opdracht };
                    match actie_id {
                        Some(actie_id) => inhoud.entry(actie_id).or_default().push(task),
                        None => patches.push(task),
                    }
                }
                Err(reason) => {
                    tracing::error!(message_id, %reason, "the message cannot be applied");
                    failed.insert(message_id);
                }
            }
        }
        for tasks in inhoud.values_mut().chain([&mut patches]) {
            tasks.sort_by(|one, other| one.opdracht.bericht.order().cmp(&other.opdracht.bericht.order()));
        }
        (inhoud, patches)
    }

    /// Applies POSTs and PUTs, those of one actie one after the other. Gives those of which is still to be asked whether a
    /// PATCH was before them.
    async fn apply_inhoud(
        &self,
        inhoud: BTreeMap<String, Vec<Task>>,
        time: Time,
        counts: &mut Counts,
        failed: &mut BTreeSet<String>,
    ) -> Vec<Task> {
        let acties = inhoud.into_values().map(|tasks| async move {
            let mut results = Vec::with_capacity(tasks.len());
            for task in tasks {
                let applied = inhoud::apply(&self.table, &task.opdracht.bericht, time.until);
                let applied = isolated(applied).await;
                results.push((task, applied));
            }
            results
        });
        let mut acties = stream::iter(acties).buffer_unordered(self.limits.concurrency);
        let mut written = Vec::new();
        while let Some(results) = acties.next().await {
            for (task, applied) in results {
                match applied {
                    Ok(Applied::Written) => written.push(task),
                    Ok(Applied::Settled) => counts.settled += 1,
                    Ok(Applied::Withdrawn) => counts.withdrawn += 1,
                    Err(reason) => task.failed(&reason, failed),
                }
            }
        }
        written
    }

    /// For acties whose verwerking had a later PATCH before they were there: works them out anew.
    async fn apply_patches_before(
        &self,
        mut written: Vec<Task>,
        time: Time,
        counts: &mut Counts,
        failed: &mut BTreeSet<String>,
    ) {
        written.retain(|task| task.verwerking_id().is_some());
        let verwerkingen: BTreeSet<String> = written.iter().filter_map(Task::verwerking_id).collect();
        if verwerkingen.is_empty() {
            return;
        }
        let verwerkingen: Vec<&str> = verwerkingen.iter().map(String::as_str).collect();
        let last = match inhoud::last_patches(&self.table, &verwerkingen, time.until).await {
            Ok(last) => last,
            Err(reason) => {
                let reason = reason.to_string();
                written.iter().for_each(|task| task.failed(&reason, failed));
                return;
            }
        };
        written.retain(|task| {
            let last = task.verwerking_id().and_then(|verwerking_id| last.get(&verwerking_id));
            last.is_some_and(|last| last.as_str() >= task.opdracht.bericht.tijdstip_registratie().text())
        });
        let settled = written.into_iter().map(|task| async move {
            let actie_id = task.opdracht.bericht.change().actie_id().unwrap_or_default();
            let settled = isolated(settle(&self.table, actie_id, time.until)).await;
            (task, settled)
        });
        let mut settled = stream::iter(settled).buffer_unordered(self.limits.concurrency);
        while let Some((task, result)) = settled.next().await {
            match result {
                Ok(()) => counts.settled += 1,
                Err(reason) => task.failed(&reason, failed),
            }
        }
    }

    /// Applies PATCHes, one after the other: each does as many acties at once as may be done.
    async fn apply_patches(&self, tasks: Vec<Task>, time: Time, failed: &mut BTreeSet<String>) {
        let patches = Patches { table: &self.table, queue: &self.queue, limits: &self.limits, time };
        let mut begun = false;
        for task in tasks {
            let applied = patches.apply(&task.opdracht, task.trace.as_deref(), &mut begun);
            if let Err(reason) = isolated(applied).await {
                task.failed(&reason, failed);
            }
        }
    }
}

impl Task {
    /// The verwerking of a POST or PUT, in lower case.
    fn verwerking_id(&self) -> Option<String> {
        let inhoud = self.opdracht.bericht.change().inhoud()?;
        inhoud.actie().content.verwerking_id.as_deref().map(str::to_ascii_lowercase)
    }

    fn failed(&self, reason: &str, failed: &mut BTreeSet<String>) {
        let operatie = self.opdracht.bericht.change().operatie();
        tracing::warn!(message_id = self.message_id, operatie, reason, "the message could not be applied");
        failed.insert(self.message_id.clone());
    }
}

/// A mistake of ours that one message brings out does not take the others down.
async fn isolated<R>(applied: impl Future<Output = Result<R, ApplyError>>) -> Result<R, String> {
    match AssertUnwindSafe(applied).catch_unwind().await {
        Ok(result) => result.map_err(|reason| reason.to_string()),
        Err(_) => Err("panic".to_owned()),
    }
}

/// How long ago a change was registered; not at all by a clock that is behind the one that registered it.
fn waited(opdracht: &Opdracht, now: Timestamp) -> Duration {
    let registered = opdracht.bericht.tijdstip_registratie().text().parse::<Timestamp>();
    registered.ok().and_then(|registered| now.duration_since(registered).try_into().ok()).unwrap_or_default()
}
