//! Queues and their attributes.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use rusqlite::Transaction;
use serde_json::{Value, json};

use super::queue::{Queue, check_attributes, check_name};
use super::refusal::Refusal;
use super::requests::{CreateQueue, GetAttributes, GetQueueUrl, ListQueues, SetAttributes, read};
use super::{Names, Sqs, store};

/// How long a queue that was purged cannot be purged again, in milliseconds.
const PURGE_INTERVAL: i64 = 60 * 1000;
/// The most queues in one page.
const MAX_RESULTS: i64 = 1000;

impl Sqs {
    /// Makes sure that there is a queue with the attributes that a template declares, by `properties`, an
    /// `AWS::SQS::Queue`'s with intrinsic functions resolved; those of a queue that is there already are replaced.
    ///
    /// Returns the names of the properties that make no difference here.
    ///
    /// # Errors
    /// Where SQS refuses the name or an attribute.
    pub fn create_queue(&self, name: &str, properties: &Value) -> Result<Vec<String>, Refusal> {
        let mut attributes = BTreeMap::new();
        let mut ignored = Vec::new();
        for (property, value) in properties.as_object().into_iter().flatten() {
            match (property.as_str(), value) {
                ("QueueName", _) => {}
                ("Tags", _) => ignored.push(property.clone()),
                (_, Value::String(text)) => drop(attributes.insert(property.clone(), text.clone())),
                (_, other) => drop(attributes.insert(property.clone(), other.to_string())),
            }
            if property.starts_with("Kms") || property == "SqsManagedSseEnabled" {
                ignored.push(property.clone());
            }
        }
        self.transact(|transaction, now| match store::find_queue(transaction, name)? {
            Some(mut queue) => {
                // FIFO or not is said by the name, which is the same.
                attributes.remove("FifoQueue");
                queue.attributes.retain(|attribute, _| attribute == "FifoQueue");
                set(transaction, &self.names, queue, attributes, now)
            }
            None => create(transaction, &self.names, name, attributes, now),
        })?;
        Ok(ignored)
    }

    /// Makes the messages that were received and not deleted visible again: for a queue whose receivers are known to be
    /// gone, since they ended with the process that received.
    ///
    /// # Errors
    /// Where SQLite cannot write.
    pub fn release(&self, name: &str) -> Result<(), Refusal> {
        self.transact(|transaction, now| match store::find_queue(transaction, name)? {
            Some(queue) => store::release(transaction, &queue, now),
            None => Ok(()),
        })
    }

    /// The operations on queues as such; nothing where it is none of them.
    pub(super) fn administer(&self, operation: &str, body: &[u8]) -> Result<Option<Value>, Refusal> {
        let done = match operation {
            "CreateQueue" => self.create(read(body)?)?,
            "GetQueueUrl" => {
                let name = read::<GetQueueUrl>(body)?.queue_name.ok_or_else(|| Refusal::missing("QueueName"))?;
                self.transact(|transaction, _| store::find_queue(transaction, &name))?
                    .ok_or_else(Refusal::no_such_queue)?;
                json!({"QueueUrl": self.names.url(&name)})
            }
            "ListQueues" => self.list(&read(body)?)?,
            "ListDeadLetterSourceQueues" => self.sources(body)?,
            "GetQueueAttributes" => self.attributes(body)?,
            "SetQueueAttributes" => {
                let request: SetAttributes = read(body)?;
                self.arriving(body, |transaction, queue, now| {
                    if request.attributes.contains_key("FifoQueue") {
                        return Err(Refusal::attribute_name("Unknown Attribute FifoQueue."));
                    }
                    set(transaction, &self.names, queue.clone(), request.attributes, now)
                })?;
                Value::Null
            }
            "DeleteQueue" => {
                self.arriving(body, |transaction, queue, _| store::delete_queue(transaction, queue))?;
                Value::Null
            }
            "PurgeQueue" => {
                self.arriving(body, |transaction, queue, now| {
                    match store::purge(transaction, queue, now, now - PURGE_INTERVAL)? {
                        true => Ok(()),
                        false => Err(Refusal::purge_in_progress(format!(
                            "Only one PurgeQueue operation on {} is allowed every 60 seconds.",
                            queue.name
                        ))),
                    }
                })?;
                Value::Null
            }
            _ => return Ok(None),
        };
        Ok(Some(done))
    }

    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html>: asking for a queue
    /// that is there is no error, unless it is there with other attributes.
    fn create(&self, request: CreateQueue) -> Result<Value, Refusal> {
        let name = request.queue_name.ok_or_else(|| Refusal::missing("QueueName"))?;
        self.transact(|transaction, now| match store::find_queue(transaction, &name)? {
            None => create(transaction, &self.names, &name, request.attributes, now),
            Some(queue) => {
                let has = queue.all_attributes();
                let asked = check_attributes(&name, request.attributes)?;
                match asked.iter().find(|(attribute, value)| has.get(*attribute) != Some(value)) {
                    None => Ok(()),
                    Some((attribute, _)) => Err(Refusal::queue_name_exists(format!(
                        "A queue already exists with the same name and a different value for attribute {attribute}"
                    ))),
                }
            }
        })?;
        Ok(json!({"QueueUrl": self.names.url(&name)}))
    }

    fn list(&self, request: &ListQueues) -> Result<Value, Refusal> {
        let limit = request.max_results.unwrap_or(MAX_RESULTS);
        if !(1..=MAX_RESULTS).contains(&limit) {
            return Err(Refusal::value(limit, "MaxResults", "Must be between 1 and 1000"));
        }
        // A token is the last name that was returned.
        let after = match &request.next_token {
            None => String::new(),
            Some(token) => BASE64
                .decode(token.as_bytes())
                .ok()
                .and_then(|name| String::from_utf8(name).ok())
                .ok_or_else(|| Refusal::value(token, "NextToken", "it is none that was returned here"))?,
        };
        let prefix = request.queue_name_prefix.as_deref().unwrap_or_default();
        let mut queues = self.transact(|transaction, _| store::queues(transaction, prefix, &after, limit + 1))?;
        let more = i64::try_from(queues.len()).unwrap_or(i64::MAX) > limit;
        queues.truncate(usize::try_from(limit).unwrap_or(0));
        let mut answer = json!({});
        if !queues.is_empty() {
            answer["QueueUrls"] = queues.iter().map(|queue| self.names.url(&queue.name)).collect();
        }
        if let (true, Some(last), Some(_)) = (more, queues.last(), request.max_results) {
            answer["NextToken"] = BASE64.encode(last.name.as_bytes()).into();
        }
        Ok(answer)
    }

    fn sources(&self, body: &[u8]) -> Result<Value, Refusal> {
        let sources = self.transact(|transaction, _| {
            let target = self.names.arn(&self.queue(transaction, body)?);
            let mut sources = store::queues(transaction, "", "", i64::MAX)?;
            sources.retain(|queue| queue.redrive().is_some_and(|redrive| redrive.target_arn == target));
            Ok(sources)
        })?;
        let urls: Vec<_> = sources.iter().map(|queue| self.names.url(&queue.name)).collect();
        Ok(json!({"queueUrls": urls}))
    }

    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html>
    fn attributes(&self, body: &[u8]) -> Result<Value, Refusal> {
        let wanted = read::<GetAttributes>(body)?.attribute_names;
        let all = self.transact(|transaction, now| {
            let queue = self.queue(transaction, body)?;
            store::expire(transaction, &queue, now)?;
            let counts = store::counts(transaction, &queue, now)?;
            let mut all = queue.all_attributes();
            let mut add = |name: &str, value: String| drop(all.insert(name.to_owned(), value));
            add("QueueArn", self.names.arn(&queue));
            add("ApproximateNumberOfMessages", counts.visible.to_string());
            add("ApproximateNumberOfMessagesNotVisible", counts.in_flight.to_string());
            add("ApproximateNumberOfMessagesDelayed", counts.delayed.to_string());
            // Seconds, where messages have milliseconds.
            add("CreatedTimestamp", (queue.created / 1000).to_string());
            add("LastModifiedTimestamp", (queue.modified / 1000).to_string());
            Ok(all)
        })?;
        if let Some(unknown) = wanted.iter().find(|name| *name != "All" && !KNOWN.contains(&name.as_str())) {
            return Err(Refusal::attribute_name(format!("Unknown Attribute {unknown}.")));
        }
        let selected: BTreeMap<_, _> =
            all.into_iter().filter(|(name, _)| wanted.iter().any(|wanted| wanted == "All" || wanted == name)).collect();
        Ok(if selected.is_empty() { json!({}) } else { json!({"Attributes": selected}) })
    }
}

/// The attributes that can be asked for.
const KNOWN: &[&str] = &[
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "ContentBasedDeduplication",
    "CreatedTimestamp",
    "DeduplicationScope",
    "DelaySeconds",
    "FifoQueue",
    "FifoThroughputLimit",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "LastModifiedTimestamp",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "Policy",
    "QueueArn",
    "ReceiveMessageWaitTimeSeconds",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
];

fn create(
    transaction: &Transaction<'_>,
    names: &Names,
    name: &str,
    attributes: BTreeMap<String, String>,
    now: i64,
) -> Result<(), Refusal> {
    check_name(name)?;
    let attributes = check_attributes(name, attributes)?;
    if name.ends_with(".fifo") && !attributes.contains_key("FifoQueue") {
        return Err(Refusal::parameter_value(
            "The name of a standard queue can only include alphanumeric characters, hyphens, or underscores; a name \
             that ends with .fifo needs the attribute FifoQueue.",
        ));
    }
    check_redrive(transaction, names, name, &attributes)?;
    store::insert_queue(transaction, name, &without_empty(attributes), now)
}

fn set(
    transaction: &Transaction<'_>,
    names: &Names,
    mut queue: Queue,
    attributes: BTreeMap<String, String>,
    now: i64,
) -> Result<(), Refusal> {
    let attributes = check_attributes(&queue.name, attributes)?;
    check_redrive(transaction, names, &queue.name, &attributes)?;
    queue.attributes.extend(attributes);
    queue.attributes = without_empty(queue.attributes);
    store::update_queue(transaction, &queue, now)
}

/// A policy that is empty is none.
fn without_empty(mut attributes: BTreeMap<String, String>) -> BTreeMap<String, String> {
    attributes.retain(|_, value| !value.is_empty());
    attributes
}

/// A dead-letter queue must be there, be of the same type, and allow it
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue.html>).
fn check_redrive(
    transaction: &Transaction<'_>,
    names: &Names,
    name: &str,
    attributes: &BTreeMap<String, String>,
) -> Result<(), Refusal> {
    let Some(policy) = attributes.get("RedrivePolicy").filter(|policy| !policy.is_empty()) else { return Ok(()) };
    let source = Queue { id: 0, name: name.to_owned(), attributes: attributes.clone(), created: 0, modified: 0 };
    let Some(redrive) = source.redrive() else { return Ok(()) };
    let refuse = |why: &str| Err(Refusal::value(policy, "RedrivePolicy", why));
    // A queue may name itself, also before it is there.
    if names.name_of(&redrive.target_arn) == Some(name) {
        return Ok(());
    }
    let target = match names.name_of(&redrive.target_arn) {
        Some(target) => store::find_queue(transaction, target)?,
        None => None,
    };
    match target {
        None => refuse("Dead letter target does not exist."),
        Some(target) if target.fifo() != source.fifo() => {
            refuse("Dead-letter queue must be same type of queue as the source.")
        }
        Some(target) if !target.allows_redrive_from(&names.arn(&source)) => {
            refuse("The dead-letter queue does not allow this source queue, by its RedriveAllowPolicy.")
        }
        Some(_) => Ok(()),
    }
}
