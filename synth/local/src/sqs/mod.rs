//! SQS: standard and FIFO queues, over the JSON protocol.
//!
//! Everything is in SQLite, so a queue on disk has what was acknowledged even when the process is killed, and an
//! operation happens whole or not at all. What AWS documents is done as documented; the pages are named where it is done.

mod admin;
mod batch;
mod digest;
mod moves;
mod peek;
#[cfg(test)]
mod properties;
mod queue;
mod receive;
mod refusal;
mod requests;
mod send;
mod store;

use std::collections::HashMap;
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::StatusCode;
use rusqlite::{Transaction, TransactionBehavior};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::database::{Database, Place};
use crate::http::{AWS_JSON, Answer, answer};
pub use peek::{Peeked, State};
use queue::Queue;
pub use refusal::Refusal;
use requests::{Batch, ChangeVisibility, Delete, OfQueue, Receive, Send, read};

/// The account that everything belongs to.
pub const ACCOUNT: &str = "000000000000";

/// How queues are called from outside.
#[derive(Debug, Clone)]
struct Names {
    endpoint: String,
    region: String,
}

impl Names {
    fn url(&self, name: &str) -> String {
        format!("{}/{ACCOUNT}/{name}", self.endpoint)
    }

    fn arn(&self, queue: &Queue) -> String {
        self.arn_of(&queue.name)
    }

    fn arn_of(&self, name: &str) -> String {
        format!("arn:aws:sqs:{}:{ACCOUNT}:{name}", self.region)
    }

    /// The name of the queue of this account and region that an ARN means.
    fn name_of<'a>(&self, arn: &'a str) -> Option<&'a str> {
        arn.strip_prefix(&self.arn_of(""))
    }
}

/// The queues.
pub struct Sqs {
    database: Database,
    clock: Arc<dyn Clock>,
    names: Names,
    /// Who waits for a message in which queue.
    waiting: Mutex<HashMap<i64, Arc<Notify>>>,
}

impl Sqs {
    /// Opens what is in `place`. Queue URLs start with `endpoint`, and ARNs have `region`.
    ///
    /// # Errors
    /// Where SQLite cannot open or read it.
    pub fn open(place: &Place, clock: Arc<dyn Clock>, endpoint: &str, region: &str) -> rusqlite::Result<Self> {
        let names = Names { endpoint: endpoint.to_owned(), region: region.to_owned() };
        Ok(Self { database: Database::open(place, store::SCHEMA)?, clock, names, waiting: Mutex::default() })
    }

    /// The URL of a queue of this name.
    pub fn url(&self, name: &str) -> String {
        self.names.url(name)
    }

    /// The ARN of a queue of this name.
    pub fn arn(&self, name: &str) -> String {
        self.names.arn_of(name)
    }

    /// Answers a request.
    pub(crate) async fn answer(&self, operation: &str, body: &[u8]) -> Answer {
        match self.perform(operation, body).await {
            Ok(Value::Null) => answer(StatusCode::OK, AWS_JSON, "{}"),
            Ok(done) => answer(StatusCode::OK, AWS_JSON, done.to_string()),
            Err(refusal) => refusal.answer(),
        }
    }

    async fn perform(&self, operation: &str, body: &[u8]) -> Result<Value, Refusal> {
        match operation {
            "SendMessage" => {
                let send: Send = read(body)?;
                self.arriving(body, |transaction, queue, now| send::send(transaction, queue, send, now))
            }
            "SendMessageBatch" => {
                let batch: Batch<Send> = read(body)?;
                batch::check_size(&batch)?;
                self.arriving(body, |transaction, queue, now| {
                    batch::all(batch, |send| send::send(transaction, queue, send, now))
                })
            }
            "ReceiveMessage" => self.receive(body).await,
            "DeleteMessage" => {
                let delete: Delete = read(body)?;
                // A message that goes may let the next one of its group come.
                self.arriving(body, |transaction, queue, now| receive::delete(transaction, queue, &delete, now))
                    .map(|()| Value::Null)
            }
            "DeleteMessageBatch" => {
                let batch: Batch<Delete> = read(body)?;
                self.arriving(body, |transaction, queue, now| {
                    batch::all(batch, |delete| receive::delete(transaction, queue, &delete, now).map(|()| json!({})))
                })
            }
            "ChangeMessageVisibility" => {
                let change: ChangeVisibility = read(body)?;
                self.arriving(body, |transaction, queue, now| {
                    receive::change_visibility(transaction, queue, &change, now)
                })
                .map(|()| Value::Null)
            }
            "ChangeMessageVisibilityBatch" => {
                let batch: Batch<ChangeVisibility> = read(body)?;
                self.arriving(body, |transaction, queue, now| {
                    batch::all(batch, |change| {
                        receive::change_visibility(transaction, queue, &change, now).map(|()| json!({}))
                    })
                })
            }
            _ => match self.administer(operation, body)? {
                Some(done) => Ok(done),
                None => self.move_messages(operation, body),
            },
        }
    }

    /// Does something in one transaction: all of it happens, or nothing where it is refused.
    fn transact<T>(&self, work: impl FnOnce(&Transaction<'_>, i64) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let mut connection = self.database.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction, self.clock.now())?;
        transaction.commit()?;
        Ok(done)
    }

    /// Does something with the queue that a request names, after which there may be something to receive.
    fn arriving<T>(
        &self,
        body: &[u8],
        work: impl FnOnce(&Transaction<'_>, &Queue, i64) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let (done, queue) = self.transact(|transaction, now| {
            let queue = self.queue(transaction, body)?;
            Ok((work(transaction, &queue, now)?, queue.id))
        })?;
        self.wake(queue);
        Ok(done)
    }

    /// The queue that a request names.
    fn queue(&self, transaction: &Transaction<'_>, body: &[u8]) -> Result<Queue, Refusal> {
        let named: OfQueue = read(body)?;
        // Whatever the host: a queue on disk outlives the port that it was made on.
        let url = named.queue_url.unwrap_or_default();
        let mut parts = url.rsplit('/');
        match (parts.next(), parts.next()) {
            (Some(name), Some(ACCOUNT)) => store::find_queue(transaction, name)?.ok_or_else(Refusal::no_such_queue),
            _ => Err(Refusal::no_such_queue()),
        }
    }

    /// Receives what there is, or waits for something to come: sent, visible again, moved here.
    async fn receive(&self, body: &[u8]) -> Result<Value, Refusal> {
        let request = receive::check(read::<Receive>(body)?)?;
        let started = self.clock.now();
        let notify = self.notify(self.transact(|transaction, _| self.queue(transaction, body))?.id);
        loop {
            // What comes between the look into the queue and the wait for it ends the wait at once.
            let mut notified = pin!(notify.notified());
            notified.as_mut().enable();
            let (received, until) = self.transact(|transaction, now| {
                let queue = self.queue(transaction, body)?;
                let received = receive::receive(transaction, &self.names, &queue, &request, now)?;
                let end = started + request.wait.unwrap_or_else(|| queue.wait_time()) * 1000;
                let next = store::next_visible(transaction, &queue, now)?;
                Ok((received, (end, next.map_or(end, |next| next.min(end)))))
            })?;
            if let Some(target) = received.moved_to {
                self.wake(target);
            }
            if !received.messages.is_empty() {
                return Ok(json!({"Messages": received.messages}));
            }
            let (end, until) = until;
            if self.clock.now() >= end {
                return Ok(json!({}));
            }
            tokio::select! {
                () = notified => {}
                () = self.clock.until(until) => {}
            }
        }
    }

    fn notify(&self, queue: i64) -> Arc<Notify> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).entry(queue).or_default().clone()
    }

    fn wake(&self, queue: i64) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(notify) = waiting.get(&queue) {
            notify.notify_waiters();
        }
    }
}

impl fmt::Debug for Sqs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqs").field("names", &self.names).finish_non_exhaustive()
    }
}
