//! Failed messages back to where they came from.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html>. AWS moves them
//! in the background, at a rate; here they have all moved when the request is answered, so no task can be cancelled.

use data_encoding::BASE64;
use rusqlite::{Transaction, params};
use serde_json::{Value, json};
use uuid::Uuid;

use super::queue::Queue;
use super::refusal::Refusal;
use super::requests::{Attributes, ListMoves, StartMove, read};
use super::store::{self, Message};
use super::{Names, Sqs, digest};

/// The most tasks in one answer.
const MAX_RESULTS: i64 = 10;
/// The highest rate, in messages a second.
const MAX_RATE: i64 = 500;

/// Why a message stays where it is. What AWS says of one that was sent to the dead-letter queue and did not fail in another is
/// not in its documentation, but seen; the others are our own.
const NO_SOURCE: &str = "CouldNotDetermineMessageSource";
const NO_QUEUE: &str = "NonExistentQueue";
const TOO_LONG: &str = "MessageTooLong";

/// A task, and the queues that messages moved to.
struct Moved {
    task: i64,
    targets: Vec<i64>,
}

impl Sqs {
    /// The operations on tasks that move messages.
    pub(super) fn move_messages(&self, operation: &str, body: &[u8]) -> Result<Value, Refusal> {
        match operation {
            "StartMessageMoveTask" => {
                let request: StartMove = read(body)?;
                let moved = self.transact(|transaction, now| start(transaction, &self.names, &request, now))?;
                for target in moved.targets {
                    self.wake(target);
                }
                Ok(json!({"TaskHandle": BASE64.encode(format!("task {}", moved.task).as_bytes())}))
            }
            "ListMessageMoveTasks" => {
                let request: ListMoves = read(body)?;
                self.transact(|transaction, _| list(transaction, &self.names, &request))
            }
            "CancelMessageMoveTask" => Err(Refusal::resource_not_found("Task does not exist.")),
            _ => Err(Refusal::unknown_operation(format!("{operation} is not emulated."))),
        }
    }
}

/// The queue that an ARN means; it must be there. `parameter` is where the request has the ARN.
fn by_arn(transaction: &Transaction<'_>, names: &Names, arn: &str, parameter: &str) -> Result<Queue, Refusal> {
    let found = match names.name_of(arn) {
        Some(name) => store::find_queue(transaction, name)?,
        None => None,
    };
    found.ok_or_else(|| {
        let why = format!("The resource that you specified for the {parameter} parameter doesn't exist.");
        Refusal::resource_not_found(why)
    })
}

fn start(transaction: &Transaction<'_>, names: &Names, request: &StartMove, now: i64) -> Result<Moved, Refusal> {
    let source_arn = request.source_arn.as_deref().ok_or_else(|| Refusal::missing("SourceArn"))?;
    let source = by_arn(transaction, names, source_arn, "SourceArn")?;
    let is_dead_letter_queue = store::queues(transaction, "", "", i64::MAX)?
        .iter()
        .any(|queue| queue.redrive().is_some_and(|redrive| redrive.target_arn == source_arn));
    if !is_dead_letter_queue {
        return Err(Refusal::parameter_value("Source queue must be configured as a Dead Letter Queue."));
    }
    let rate = request.max_number_of_messages_per_second;
    if let Some(rate) = rate.filter(|rate| !(1..=MAX_RATE).contains(rate)) {
        let reason = format!("Must be between 1 and {MAX_RATE}, if provided.");
        return Err(Refusal::value(rate, "MaxNumberOfMessagesPerSecond", reason));
    }
    let destination = match request.destination_arn.as_deref() {
        Some(arn) => Some(by_arn(transaction, names, arn, "DestinationArn")?),
        None => None,
    };
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
    if destination.as_ref().is_some_and(|destination| destination.fifo() != source.fifo()) {
        return Err(Refusal::parameter_value("Source and destination queues must be of the same type."));
    }

    store::expire(transaction, &source, now)?;
    let messages = store::receivable(transaction, &source, now, i64::MAX)?;
    let mut targets = Vec::new();
    let mut moved = 0;
    let mut failure = None;
    for message in &messages {
        match target(transaction, names, destination.as_ref(), message)? {
            Ok(target) => {
                send_anew(transaction, message, &target, now)?;
                targets.push(target.id);
                moved += 1;
            }
            Err(why) => failure = failure.or(Some(why)),
        }
    }
    targets.sort_unstable();
    targets.dedup();
    transaction.execute(
        "INSERT INTO moves (source, source_arn, destination_arn, rate, moved, started) VALUES (?, ?, ?, ?, ?, ?)",
        params![source.id, source_arn, request.destination_arn, rate, moved, now],
    )?;
    let task = transaction.last_insert_rowid();
    if let Some(failure) = failure {
        let all = i64::try_from(messages.len()).unwrap_or(i64::MAX);
        transaction.execute("INSERT INTO failed_moves VALUES (?, ?, ?)", params![task, all, failure])?;
    }
    Ok(Moved { task, targets })
}

/// The queue that a message goes to: the one that was named, or the one that it failed in. Otherwise, why it stays.
fn target(
    transaction: &Transaction<'_>,
    names: &Names,
    destination: Option<&Queue>,
    message: &Message,
) -> Result<Result<Queue, &'static str>, Refusal> {
    let target = match (destination, &message.source_arn) {
        (Some(destination), _) => destination.clone(),
        (None, Some(arn)) => {
            let found = names.name_of(arn).map(|name| store::find_queue(transaction, name)).transpose()?.flatten();
            let Some(found) = found else { return Ok(Err(NO_QUEUE)) };
            found
        }
        (None, None) => return Ok(Err(NO_SOURCE)),
    };
    let attributes: Attributes = serde_json::from_str(&message.attributes).unwrap_or_default();
    let fits = message.body.len() + digest::size(&attributes) <= target.max_message_size();
    Ok(if fits { Ok(target) } else { Err(TOO_LONG) })
}

/// A message that is moved back is a new one, with a MessageId, an age and a receive count of its own
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html>).
fn send_anew(transaction: &Transaction<'_>, message: &Message, target: &Queue, now: i64) -> Result<(), Refusal> {
    let anew = Message {
        message_id: Uuid::new_v4().to_string(),
        sent: now,
        kept_since: now,
        visible: now + target.delay(),
        first_received: None,
        received: None,
        receive_count: 0,
        receipt: None,
        source_arn: None,
        ..message.clone()
    };
    store::delete(transaction, message.id)?;
    store::insert(transaction, target, &anew)?;
    Ok(())
}

fn list(transaction: &Transaction<'_>, names: &Names, request: &ListMoves) -> Result<Value, Refusal> {
    let arn = request.source_arn.as_deref().ok_or_else(|| Refusal::missing("SourceArn"))?;
    let source = by_arn(transaction, names, arn, "SourceArn")?;
    let limit = request.max_results.unwrap_or(1);
    if !(1..=MAX_RESULTS).contains(&limit) {
        return Err(Refusal::value(limit, "MaxResults", "Must be between 1 and 10, if provided."));
    }
    let mut tasks = transaction.prepare_cached(
        "SELECT destination_arn, rate, moved, started, to_move, reason FROM moves LEFT JOIN failed_moves ON move = id
         WHERE source = ? ORDER BY id DESC LIMIT ?",
    )?;
    let tasks = tasks.query_map([source.id, limit], |row| {
        let moved: i64 = row.get(2)?;
        let mut task = json!({
            "Status": "COMPLETED",
            "SourceArn": arn,
            "ApproximateNumberOfMessagesMoved": moved,
            "ApproximateNumberOfMessagesToMove": moved,
            "StartedTimestamp": row.get::<_, i64>(3)?,
        });
        if let Some(reason) = row.get::<_, Option<String>>(5)? {
            task["Status"] = "FAILED".into();
            task["FailureReason"] = reason.into();
            task["ApproximateNumberOfMessagesToMove"] = row.get::<_, i64>(4)?.into();
        }
        if let Some(destination) = row.get::<_, Option<String>>(0)? {
            task["DestinationArn"] = destination.into();
        }
        if let Some(rate) = row.get::<_, Option<i64>>(1)? {
            task["MaxNumberOfMessagesPerSecond"] = rate.into();
        }
        Ok(task)
    })?;
    Ok(json!({"Results": tasks.collect::<rusqlite::Result<Vec<_>>>()?}))
}
