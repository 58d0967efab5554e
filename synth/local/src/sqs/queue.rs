//! A queue: its name, its attributes, and what they mean.
//!
//! Names, defaults and bounds:
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::refusal::Refusal;

/// A queue as it is stored.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    pub(super) id: i64,
    pub(super) name: String,
    /// Those that were set.
    pub(super) attributes: BTreeMap<String, String>,
    /// In milliseconds since 1970-01-01T00:00:00Z.
    pub(super) created: i64,
    /// In milliseconds since 1970-01-01T00:00:00Z.
    pub(super) modified: i64,
}

/// Attributes that are integers: name, default, least, most.
const INTEGERS: &[(&str, i64, i64, i64)] = &[
    ("DelaySeconds", 0, 0, 900),
    ("MaximumMessageSize", 1_048_576, 1_024, 1_048_576),
    ("MessageRetentionPeriod", 345_600, 60, 1_209_600),
    ("ReceiveMessageWaitTimeSeconds", 0, 0, 20),
    ("VisibilityTimeout", 30, 0, 43_200),
];

/// Attributes with one of a few values, the default first.
const CHOICES: &[(&str, &[&str])] = &[("SqsManagedSseEnabled", &["true", "false"])];

/// Likewise, of FIFO queues only.
const FIFO_CHOICES: &[(&str, &[&str])] = &[
    ("FifoQueue", &["true"]),
    ("ContentBasedDeduplication", &["false", "true"]),
    ("DeduplicationScope", &["queue", "messageGroup"]),
    ("FifoThroughputLimit", &["perQueue", "perMessageGroupId"]),
];

/// Attributes that are kept and given back, and change nothing here.
const KEPT: &[&str] = &["KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "Policy"];

/// Where messages go that were received too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Redrive {
    pub(super) target_arn: String,
    pub(super) max_receive_count: i64,
}

/// Which queues may send their messages here.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RedriveAllow {
    redrive_permission: String,
    #[serde(default)]
    source_queue_arns: Vec<String>,
}

impl Queue {
    /// The value of an attribute that is an integer.
    fn integer(&self, name: &str) -> i64 {
        let default = INTEGERS.iter().find(|(known, ..)| *known == name).map_or(0, |(_, default, ..)| *default);
        self.attributes.get(name).and_then(|value| value.parse().ok()).unwrap_or(default)
    }

    /// In milliseconds.
    pub(super) fn delay(&self) -> i64 {
        self.integer("DelaySeconds") * 1000
    }

    /// In milliseconds.
    pub(super) fn retention(&self) -> i64 {
        self.integer("MessageRetentionPeriod") * 1000
    }

    /// In seconds.
    pub(super) fn visibility_timeout(&self) -> i64 {
        self.integer("VisibilityTimeout")
    }

    /// In seconds.
    pub(super) fn wait_time(&self) -> i64 {
        self.integer("ReceiveMessageWaitTimeSeconds")
    }

    /// In bytes.
    pub(super) fn max_message_size(&self) -> usize {
        usize::try_from(self.integer("MaximumMessageSize")).unwrap_or(0)
    }

    pub(super) fn fifo(&self) -> bool {
        self.name.ends_with(".fifo")
    }

    pub(super) fn deduplicates_by_content(&self) -> bool {
        self.is("ContentBasedDeduplication", "true")
    }

    pub(super) fn deduplicates_by_group(&self) -> bool {
        self.is("DeduplicationScope", "messageGroup")
    }

    fn is(&self, attribute: &str, value: &str) -> bool {
        self.attributes.get(attribute).is_some_and(|has| has == value)
    }

    /// Where messages go that were received too often.
    pub(super) fn redrive(&self) -> Option<Redrive> {
        self.attributes.get("RedrivePolicy").and_then(|policy| read_redrive(policy).ok())
    }

    /// Whether this queue takes the failed messages of `source`.
    pub(super) fn allows_redrive_from(&self, source_arn: &str) -> bool {
        let policy = self.attributes.get("RedriveAllowPolicy");
        match policy.and_then(|policy| serde_json::from_str::<RedriveAllow>(policy).ok()) {
            Some(allow) => match allow.redrive_permission.as_str() {
                "denyAll" => false,
                "byQueue" => allow.source_queue_arns.iter().any(|arn| arn == source_arn),
                _ => true,
            },
            None => true,
        }
    }

    /// Every attribute that is not counted or derived, defaults included.
    pub(super) fn all_attributes(&self) -> BTreeMap<String, String> {
        let mut all = self.attributes.clone();
        for (name, default, ..) in INTEGERS {
            all.entry((*name).to_owned()).or_insert_with(|| default.to_string());
        }
        let fifo = if self.fifo() { FIFO_CHOICES } else { &[] };
        for (name, values) in CHOICES.iter().chain(fifo) {
            all.entry((*name).to_owned()).or_insert_with(|| values[0].to_owned());
        }
        all
    }
}

/// Up to 80 letters, digits, hyphens and underscores, `.fifo` included where it is a FIFO queue.
pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    let base = name.strip_suffix(".fifo").unwrap_or(name);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if base.is_empty() || name.len() > 80 || !base.bytes().all(allowed) {
        return Err(Refusal::parameter_value(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        ));
    }
    Ok(())
}

/// Checks attributes that a queue of this name is to get, and gives them the form in which they are kept. An empty
/// policy takes the policy away.
pub(super) fn check_attributes(
    name: &str,
    attributes: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Refusal> {
    let fifo = name.ends_with(".fifo");
    let mut checked = BTreeMap::new();
    for (attribute, value) in attributes {
        let value = check_attribute(fifo, &attribute, value)?;
        checked.insert(attribute, value);
    }
    Ok(checked)
}

fn check_attribute(fifo: bool, name: &str, value: String) -> Result<String, Refusal> {
    let invalid = || Refusal::attribute_value(format!("Invalid value for the parameter {name}."));
    if let Some((.., least, most)) = INTEGERS.iter().find(|(known, ..)| *known == name) {
        let number: i64 = value.parse().map_err(|_| invalid())?;
        return if (*least..=*most).contains(&number) { Ok(number.to_string()) } else { Err(invalid()) };
    }
    let of_fifo = if fifo { FIFO_CHOICES } else { &[] };
    if let Some((_, values)) = CHOICES.iter().chain(of_fifo).find(|(known, _)| *known == name) {
        return if values.contains(&value.as_str()) { Ok(value) } else { Err(invalid()) };
    }
    match name {
        "RedrivePolicy" | "RedriveAllowPolicy" if value.is_empty() => Ok(value),
        "RedrivePolicy" => {
            let redrive = read_redrive(&value)?;
            Ok(json!({"deadLetterTargetArn": redrive.target_arn, "maxReceiveCount": redrive.max_receive_count})
                .to_string())
        }
        "RedriveAllowPolicy" => check_redrive_allow(value),
        _ if KEPT.contains(&name) => Ok(value),
        _ => Err(Refusal::attribute_name(format!("Unknown Attribute {name}."))),
    }
}

/// Reads a RedrivePolicy; its count is a number or a text.
fn read_redrive(policy: &str) -> Result<Redrive, Refusal> {
    let malformed = |why: &str| {
        Refusal::attribute_value(format!("Value {policy} for parameter RedrivePolicy is invalid. Reason: {why}"))
    };
    let read: Value = serde_json::from_str(policy).map_err(|_| malformed("Redrive policy is not a valid JSON map."))?;
    let target = read["deadLetterTargetArn"].as_str();
    let target =
        target.ok_or_else(|| malformed("Redrive policy does not contain mandatory attribute: deadLetterTargetArn."))?;
    let count = match &read["maxReceiveCount"] {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    };
    let count =
        count.ok_or_else(|| malformed("Redrive policy does not contain mandatory attribute: maxReceiveCount."))?;
    if !(1..=1000).contains(&count) {
        return Err(Refusal::value(
            policy,
            "RedrivePolicy",
            "Invalid value for maxReceiveCount: it must be an integer from 1 to 1000.",
        ));
    }
    Ok(Redrive { target_arn: target.to_owned(), max_receive_count: count })
}

fn check_redrive_allow(policy: String) -> Result<String, Refusal> {
    let malformed = |why: String| Refusal::value(&policy, "RedriveAllowPolicy", why);
    let allow: RedriveAllow = serde_json::from_str(&policy).map_err(|why| malformed(why.to_string()))?;
    let sources = allow.source_queue_arns.len();
    match (allow.redrive_permission.as_str(), sources) {
        ("allowAll" | "denyAll", 0) | ("byQueue", 1..=10) => Ok(policy),
        ("byQueue", _) => Err(malformed("byQueue needs 1 to 10 sourceQueueArns.".to_owned())),
        ("allowAll" | "denyAll", _) => Err(malformed("only byQueue goes with sourceQueueArns.".to_owned())),
        (other, _) => Err(malformed(format!("{other} is none of allowAll, denyAll and byQueue."))),
    }
}
