//! Sending: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>.

use rusqlite::Transaction;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::digest;
use super::queue::Queue;
use super::refusal::Refusal;
use super::requests::{Attributes, Send};
use super::store::{self, Message};

/// The only system attribute that can be sent.
const TRACE_HEADER: &str = "AWSTraceHeader";
/// How long a deduplication id is remembered, in milliseconds: five minutes.
const DEDUPLICATION_INTERVAL: i64 = 5 * 60 * 1000;
/// The longest delay of a message, in seconds.
const MAX_DELAY: i64 = 900;

/// Sends a message; returns the response.
pub(super) fn send(transaction: &Transaction<'_>, queue: &Queue, send: Send, now: i64) -> Result<Value, Refusal> {
    let attributes = send.message_attributes.clone().unwrap_or_default();
    let body = body(queue, &send, &attributes)?;
    let trace_header = trace_header(send.message_system_attributes.as_ref())?;
    let delay = delay(queue, send.delay_seconds)?;
    let (group_id, deduplication_id) = ids(queue, &send, body)?;

    let mut response = json!({"MD5OfMessageBody": digest::of_text(body)});
    if let Some(digest) = digest::of_attributes(&attributes) {
        response["MD5OfMessageAttributes"] = digest.into();
    }
    if let Some(digest) = send.message_system_attributes.as_ref().and_then(digest::of_attributes) {
        response["MD5OfMessageSystemAttributes"] = digest.into();
    }

    let scope = if queue.deduplicates_by_group() { group_id.clone().unwrap_or_default() } else { String::new() };
    let duplicate = match &deduplication_id {
        Some(id) => store::duplicate_of(transaction, queue, &scope, id, now)?,
        None => None,
    };
    let (id, message_id) = match duplicate {
        Some(first) => first,
        None => {
            let message = Message {
                id: 0,
                message_id: Uuid::new_v4().to_string(),
                body: body.to_owned(),
                attributes: serde_json::to_string(&attributes).expect("texts are JSON"),
                trace_header,
                group_id,
                deduplication_id: deduplication_id.clone(),
                sent: now,
                kept_since: now,
                visible: now + delay,
                first_received: None,
                received: None,
                receive_count: 0,
                receipt: None,
                source_arn: None,
            };
            let id = store::insert(transaction, queue, &message)?;
            if let Some(deduplication_id) = &deduplication_id {
                let until = now + DEDUPLICATION_INTERVAL;
                let message = (id, message.message_id.as_str());
                store::note_deduplication(transaction, queue, &scope, deduplication_id, message, until)?;
            }
            (id, message.message_id)
        }
    };
    response["MessageId"] = message_id.into();
    if queue.fifo() {
        response["SequenceNumber"] = sequence_number(id).into();
    }
    Ok(response)
}

/// A message's place in its FIFO queue, in the twenty digits that SQS writes.
pub(super) fn sequence_number(id: i64) -> String {
    format!("{id:020}")
}

/// How many bytes count for the limits: body and attributes.
pub(super) fn size(send: &Send) -> usize {
    let attributes = send.message_attributes.as_ref().map_or(0, digest::size);
    send.message_body.as_ref().map_or(0, String::len) + attributes
}

fn body<'a>(queue: &Queue, send: &'a Send, attributes: &Attributes) -> Result<&'a str, Refusal> {
    let body = send.message_body.as_deref().filter(|body| !body.is_empty());
    let body = body.ok_or_else(|| Refusal::missing("MessageBody"))?;
    digest::check(attributes)?;
    let limit = queue.max_message_size();
    if size(send) > limit {
        return Err(Refusal::parameter_value(format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes."
        )));
    }
    // The characters of XML 1.0, https://www.w3.org/TR/REC-xml/#charsets; a char is never a surrogate.
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    if !body.chars().all(allowed) {
        return Err(Refusal::message_contents(
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
        ));
    }
    Ok(body)
}

fn trace_header(attributes: Option<&Attributes>) -> Result<Option<String>, Refusal> {
    let Some(attributes) = attributes else { return Ok(None) };
    if let Some(name) = attributes.keys().find(|name| *name != TRACE_HEADER) {
        return Err(Refusal::parameter_value(format!("Message system attribute name '{name}' is invalid.")));
    }
    Ok(attributes.get(TRACE_HEADER).and_then(|value| value.string_value.clone()))
}

/// In milliseconds. A FIFO queue delays all its messages or none.
fn delay(queue: &Queue, seconds: Option<i64>) -> Result<i64, Refusal> {
    match seconds {
        None => Ok(queue.delay()),
        Some(seconds) if queue.fifo() && seconds != 0 => Err(Refusal::value(
            seconds,
            "DelaySeconds",
            "The request include parameter that is not valid for this queue type",
        )),
        Some(_) if queue.fifo() => Ok(queue.delay()),
        Some(seconds) if (0..=MAX_DELAY).contains(&seconds) => Ok(seconds * 1000),
        Some(seconds) => {
            Err(Refusal::value(seconds, "DelaySeconds", format!("DelaySeconds must be >= 0 and <= {MAX_DELAY}")))
        }
    }
}

/// MessageGroupId and MessageDeduplicationId. A standard queue takes a group, which it uses for fairness only.
fn ids(queue: &Queue, send: &Send, body: &str) -> Result<(Option<String>, Option<String>), Refusal> {
    let group = send.message_group_id.clone();
    if let Some(group) = &group {
        check_id("MessageGroupId", group)?;
    }
    let id = send.message_deduplication_id.clone();
    if let Some(id) = &id {
        check_id("MessageDeduplicationId", id)?;
    }
    if !queue.fifo() {
        return match id {
            None => Ok((group, None)),
            Some(id) => Err(Refusal::value(
                id,
                "MessageDeduplicationId",
                "The request includes a parameter that is not valid for this queue type",
            )),
        };
    }
    if group.is_none() {
        return Err(Refusal::missing("MessageGroupId"));
    }
    let by_content = || queue.deduplicates_by_content().then(|| data_encoding::HEXLOWER.encode(&Sha256::digest(body)));
    match id.or_else(by_content) {
        Some(id) => Ok((group, Some(id))),
        None => Err(Refusal::parameter_value(
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
        )),
    }
}

fn check_id(parameter: &str, id: &str) -> Result<(), Refusal> {
    if (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let reason = format!("{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.");
    Err(Refusal::value(id, parameter, reason))
}
