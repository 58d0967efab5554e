//! Receiving, and what is done with a message by its receipt handle.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html>,
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html>.

use data_encoding::BASE64;
use rusqlite::Transaction;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::digest;
use super::queue::Queue;
use super::refusal::Refusal;
use super::requests::{Attributes, ChangeVisibility, Delete, Receive};
use super::send::sequence_number;
use super::store::{self, Message};
use super::{ACCOUNT, Names};

/// The longest that a message stays invisible, in seconds: twelve hours from its receipt.
const MAX_VISIBILITY: i64 = 43_200;
/// The longest that a request waits, in seconds.
const MAX_WAIT: i64 = 20;
/// The most messages in one answer.
const MAX_MESSAGES: i64 = 10;

/// A request whose parameters are within their bounds.
#[derive(Debug, Clone)]
pub(super) struct Checked {
    limit: i64,
    /// In seconds; the queue's own where there is none.
    visibility_timeout: Option<i64>,
    /// In seconds; the queue's own where there is none.
    pub(super) wait: Option<i64>,
    system: Vec<String>,
    attributes: Vec<String>,
}

/// Checks the parameters.
pub(super) fn check(receive: Receive) -> Result<Checked, Refusal> {
    let within = |value: Option<i64>, parameter: &str, least: i64, most: i64| match value {
        Some(value) if !(least..=most).contains(&value) => {
            let reason = format!("Must be between {least} and {most}, if provided.");
            Err(Refusal::value(value, parameter, reason))
        }
        value => Ok(value),
    };
    let mut system = receive.message_system_attribute_names.unwrap_or_default();
    system.extend(receive.attribute_names.unwrap_or_default());
    Ok(Checked {
        limit: within(receive.max_number_of_messages, "MaxNumberOfMessages", 1, MAX_MESSAGES)?.unwrap_or(1),
        visibility_timeout: within(receive.visibility_timeout, "VisibilityTimeout", 0, MAX_VISIBILITY)?,
        wait: within(receive.wait_time_seconds, "WaitTimeSeconds", 0, MAX_WAIT)?,
        system,
        attributes: receive.message_attribute_names.unwrap_or_default(),
    })
}

/// What there is to receive now, and the dead-letter queue that took messages instead.
pub(super) struct Received {
    pub(super) messages: Vec<Value>,
    pub(super) moved_to: Option<i64>,
}

/// Receives what there is. A message that was received as often as the redrive policy allows goes to the dead-letter
/// queue now that it would be received once more.
pub(super) fn receive(
    transaction: &Transaction<'_>,
    names: &Names,
    queue: &Queue,
    request: &Checked,
    now: i64,
) -> Result<Received, Refusal> {
    store::expire(transaction, queue, now)?;
    let dead_letters = dead_letter_queue(transaction, names, queue)?;
    let timeout = request.visibility_timeout.unwrap_or_else(|| queue.visibility_timeout()) * 1000;
    let mut received = Received { messages: Vec::new(), moved_to: None };
    loop {
        let left = request.limit - i64::try_from(received.messages.len()).unwrap_or(request.limit);
        let mut moved = false;
        for mut message in store::receivable(transaction, queue, now, left)? {
            if let Some((target, max)) = &dead_letters
                && message.receive_count >= *max
            {
                move_to(transaction, &message, target, Some(names.arn(queue)), now)?;
                received.moved_to = Some(target.id);
                moved = true;
                continue;
            }
            message.visible = now + timeout;
            message.received = Some(now);
            message.first_received.get_or_insert(now);
            message.receive_count += 1;
            message.receipt = Some(Uuid::new_v4().simple().to_string());
            store::update(transaction, &message)?;
            received.messages.push(describe(queue, &message, request));
        }
        // What was moved made room for others, which a timeout of zero must not hand out twice.
        if !moved || !received.messages.is_empty() {
            return Ok(received);
        }
    }
}

fn dead_letter_queue(
    transaction: &Transaction<'_>,
    names: &Names,
    queue: &Queue,
) -> Result<Option<(Queue, i64)>, Refusal> {
    let Some(redrive) = queue.redrive() else { return Ok(None) };
    let Some(name) = names.name_of(&redrive.target_arn) else { return Ok(None) };
    // A queue that has gone takes nothing, and one that sends to itself would do so for ever.
    let target = store::find_queue(transaction, name)?.filter(|target| target.id != queue.id);
    Ok(target.map(|target| (target, redrive.max_receive_count)))
}

/// Moves a message to the end of another queue. In a standard queue it keeps the age that it has, in a FIFO queue its
/// retention period starts again
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html>),
/// and its id replaces that of its deduplication, which two messages can share
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html>).
pub(super) fn move_to(
    transaction: &Transaction<'_>,
    message: &Message,
    target: &Queue,
    source_arn: Option<String>,
    now: i64,
) -> Result<(), Refusal> {
    let moved = Message {
        deduplication_id: target.fifo().then(|| message.message_id.clone()),
        kept_since: if target.fifo() { now } else { message.kept_since },
        visible: now,
        receipt: None,
        source_arn,
        ..message.clone()
    };
    store::delete(transaction, message.id)?;
    store::insert(transaction, target, &moved)?;
    Ok(())
}

fn describe(queue: &Queue, message: &Message, request: &Checked) -> Value {
    let attributes: Attributes = serde_json::from_str(&message.attributes).unwrap_or_default();
    let attributes = selected(attributes, &request.attributes);
    let mut described = json!({
        "MessageId": message.message_id,
        "ReceiptHandle": handle(queue, message),
        "MD5OfBody": digest::of_text(&message.body),
        "Body": message.body,
    });
    if let Some(digest) = digest::of_attributes(&attributes) {
        described["MD5OfMessageAttributes"] = digest.into();
        described["MessageAttributes"] = serde_json::to_value(&attributes).expect("texts are JSON");
    }
    let system = system_attributes(queue, message, &request.system);
    if !system.is_empty() {
        described["Attributes"] = Value::Object(system);
    }
    described
}

/// By `All`, `.*`, a whole name, or the start of a name and `.*`.
fn selected(all: Attributes, wanted: &[String]) -> Attributes {
    all.into_iter()
        .filter(|(name, _)| {
            wanted.iter().any(|wanted| {
                wanted == "All"
                    || wanted == name
                    || wanted.strip_suffix(".*").is_some_and(|start| name.starts_with(start))
            })
        })
        .collect()
}

fn system_attributes(queue: &Queue, message: &Message, wanted: &[String]) -> Map<String, Value> {
    let number = |number: Option<i64>| number.map(|number| number.to_string());
    let all = [
        ("SenderId", Some(ACCOUNT.to_owned())),
        ("SentTimestamp", number(Some(message.sent))),
        ("ApproximateReceiveCount", number(Some(message.receive_count))),
        ("ApproximateFirstReceiveTimestamp", number(message.first_received)),
        ("AWSTraceHeader", message.trace_header.clone()),
        ("MessageGroupId", message.group_id.clone()),
        ("MessageDeduplicationId", message.deduplication_id.clone()),
        ("SequenceNumber", queue.fifo().then(|| sequence_number(message.id))),
        ("DeadLetterQueueSourceArn", message.source_arn.clone()),
    ];
    all.into_iter()
        .filter(|(name, _)| wanted.iter().any(|wanted| wanted == "All" || wanted == name))
        .filter_map(|(name, value)| Some((name.to_owned(), value?.into())))
        .collect()
}

/// Names the queue, the message and this one receipt of it.
fn handle(queue: &Queue, message: &Message) -> String {
    let receipt = message.receipt.as_deref().unwrap_or_default();
    BASE64.encode(format!("{} {} {receipt}", queue.name, message.id).as_bytes())
}

/// The message that a handle is of, and whether this was its last receipt; no message where it has gone.
fn find(
    transaction: &Transaction<'_>,
    queue: &Queue,
    handle: Option<&str>,
) -> Result<Option<(Message, bool)>, Refusal> {
    let handle = handle.ok_or_else(|| Refusal::missing("ReceiptHandle"))?;
    let invalid =
        || Refusal::receipt_handle(format!("The input receipt handle \"{handle}\" is not a valid receipt handle."));
    let decoded = BASE64.decode(handle.as_bytes()).map_err(|_| invalid())?;
    let decoded = String::from_utf8(decoded).map_err(|_| invalid())?;
    let [name, id, receipt] = decoded.split(' ').collect::<Vec<_>>()[..] else { return Err(invalid()) };
    let id = id.parse().map_err(|_| invalid())?;
    if name != queue.name {
        return Err(invalid());
    }
    let message = store::find(transaction, queue, id)?;
    Ok(message.map(|message| {
        let last = message.receipt.as_deref() == Some(receipt);
        (message, last)
    }))
}

/// Deletes a message. An older handle than the last one deletes nothing and is no error; of a FIFO queue, a handle whose
/// visibility timeout is over is one
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html>).
pub(super) fn delete(transaction: &Transaction<'_>, queue: &Queue, delete: &Delete, now: i64) -> Result<(), Refusal> {
    let handle = delete.receipt_handle.as_deref();
    match find(transaction, queue, handle)? {
        Some((message, last)) if queue.fifo() && (!last || message.visible <= now) => {
            Err(Refusal::value(handle.unwrap_or_default(), "ReceiptHandle", "The receipt handle has expired."))
        }
        Some((message, true)) => store::delete(transaction, message.id),
        Some((_, false)) | None => Ok(()),
    }
}

/// Hides a message for another while, from now on. One that can be received again is not in flight
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html#API_ChangeMessageVisibility_Errors>).
pub(super) fn change_visibility(
    transaction: &Transaction<'_>,
    queue: &Queue,
    change: &ChangeVisibility,
    now: i64,
) -> Result<(), Refusal> {
    let handle = change.receipt_handle.as_deref();
    let found = find(transaction, queue, handle)?;
    let timeout = change.visibility_timeout.ok_or_else(|| Refusal::missing("VisibilityTimeout"))?;
    if !(0..=MAX_VISIBILITY).contains(&timeout) {
        let reason = format!("VisibilityTimeout must be an integer between 0 and {MAX_VISIBILITY}");
        return Err(Refusal::value(timeout, "VisibilityTimeout", reason));
    }
    let Some((mut message, true)) = found else {
        let reason = "Message does not exist or is not available for visibility timeout change.";
        return Err(Refusal::value(handle.unwrap_or_default(), "ReceiptHandle", reason));
    };
    if message.visible <= now {
        return Err(Refusal::not_in_flight("The specified message isn't in flight."));
    }
    let until = now + timeout * 1000;
    if until > message.received.unwrap_or(now) + MAX_VISIBILITY * 1000 {
        let reason = format!("Total VisibilityTimeout for the message is beyond the limit [{MAX_VISIBILITY} seconds]");
        return Err(Refusal::value(timeout, "VisibilityTimeout", reason));
    }
    message.visible = until;
    store::update(transaction, &message)
}
