//! Message attributes: what is allowed, how large they are, and the digest that the SDKs check.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>

use data_encoding::{BASE64, HEXLOWER};
use md5::{Digest, Md5};

use super::refusal::Refusal;
use super::requests::{AttributeValue, Attributes};

/// The most attributes that a message has.
const MAX_ATTRIBUTES: usize = 10;
/// The most characters that the name or the type of an attribute has.
const MAX_NAME: usize = 256;

/// Hexadecimal MD5 of a text.
pub(super) fn of_text(text: &str) -> String {
    HEXLOWER.encode(&Md5::digest(text.as_bytes()))
}

/// Hexadecimal MD5 of attributes: name, type and value of each in the order of the names, each preceded by its length,
/// with a byte between type and value that says which kind of value it is. Nothing where there are none.
pub(super) fn of_attributes(attributes: &Attributes) -> Option<String> {
    fn add(digest: &mut Md5, piece: &[u8]) {
        // A piece is part of a message, which is far smaller than 4 GiB.
        digest.update(u32::try_from(piece.len()).unwrap_or(u32::MAX).to_be_bytes());
        digest.update(piece);
    }
    if attributes.is_empty() {
        return None;
    }
    let mut digest = Md5::new();
    for (name, value) in attributes {
        add(&mut digest, name.as_bytes());
        add(&mut digest, value.data_type.as_bytes());
        digest.update([if is_binary(value) { 2 } else { 1 }]);
        add(&mut digest, &bytes(value));
    }
    Some(HEXLOWER.encode(&digest.finalize()))
}

/// How many bytes the attributes add to the size of a message: names, types and values.
pub(super) fn size(attributes: &Attributes) -> usize {
    attributes.iter().map(|(name, value)| name.len() + value.data_type.len() + bytes(value).len()).sum()
}

/// Refuses attributes that SQS refuses.
pub(super) fn check(attributes: &Attributes) -> Result<(), Refusal> {
    if attributes.len() > MAX_ATTRIBUTES {
        let count = attributes.len();
        return Err(Refusal::parameter_value(format!(
            "Number of message attributes [{count}] exceeds the allowed maximum [{MAX_ATTRIBUTES}]."
        )));
    }
    attributes.iter().try_for_each(|(name, value)| check_one(name, value))
}

fn check_one(name: &str, value: &AttributeValue) -> Result<(), Refusal> {
    let refuse = |why: &str| Err(Refusal::parameter_value(format!("The message attribute '{name}' {why}")));
    if value.string_list_values.as_ref().is_some_and(|list| !list.is_empty())
        || value.binary_list_values.as_ref().is_some_and(|list| !list.is_empty())
    {
        return Err(Refusal::unsupported("Message attribute list values in SendMessage operation are not supported."));
    }
    if !is_name(name) {
        return refuse(
            "has a name that is not allowed: up to 256 of A-Z, a-z, 0-9, underscore, hyphen and period, the period \
             neither first nor last nor twice in a row, and not starting with AWS. or Amazon.",
        );
    }
    if value.data_type.chars().count() > MAX_NAME {
        return refuse("has a type of more than 256 characters.");
    }
    match value.data_type.split('.').next().unwrap_or_default() {
        "String" | "Number" if value.string_value.as_deref().is_none_or(str::is_empty) => {
            refuse("must contain a non-empty StringValue.")
        }
        "Number" if !value.string_value.as_deref().is_some_and(is_number) => {
            refuse("is a Number whose StringValue is none.")
        }
        "String" | "Number" => Ok(()),
        "Binary" => match value.binary_value.as_deref() {
            None | Some("") => refuse("must contain a non-empty BinaryValue."),
            Some(base64) if BASE64.decode(base64.as_bytes()).is_err() => refuse("has a BinaryValue that is no base64."),
            Some(_) => Ok(()),
        },
        other => refuse(&format!("has the type {other}; it has to be String, Number or Binary.")),
    }
}

fn is_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
        && !lower.starts_with("aws.")
        && !lower.starts_with("amazon.")
}

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
}

fn is_binary(value: &AttributeValue) -> bool {
    value.data_type.split('.').next() == Some("Binary")
}

fn bytes(value: &AttributeValue) -> Vec<u8> {
    match (is_binary(value), &value.string_value, &value.binary_value) {
        (false, Some(text), _) => text.as_bytes().to_vec(),
        (true, _, Some(base64)) => BASE64.decode(base64.as_bytes()).unwrap_or_default(),
        _ => Vec::new(),
    }
}
