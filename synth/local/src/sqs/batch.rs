//! Batches: each entry is done or fails for itself, the request as a whole only by its form.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-batch-api-actions.html>

use std::collections::HashSet;

use serde_json::{Value, json};

use super::refusal::Refusal;
use super::requests::{Batch, Entry, Send};
use super::send::size;

/// The most entries.
const MAX_ENTRIES: usize = 10;
/// The most bytes of all messages of a batch together.
const MAX_SIZE: usize = 1_048_576;

/// Does every entry; `each` returns what to say of one that was done.
pub(super) fn all<T>(batch: Batch<T>, mut each: impl FnMut(T) -> Result<Value, Refusal>) -> Result<Value, Refusal> {
    check(&batch.entries)?;
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for Entry { id, content } in batch.entries {
        match each(content) {
            Ok(mut done) => {
                done["Id"] = id.into();
                successful.push(done);
            }
            Err(refusal) => failed.push(json!({
                "Id": id,
                "SenderFault": refusal.sender(),
                "Code": refusal.code,
                "Message": refusal.message,
            })),
        }
    }
    let mut answer = json!({"Successful": successful});
    if !failed.is_empty() {
        answer["Failed"] = failed.into();
    }
    Ok(answer)
}

/// What all messages weigh together.
pub(super) fn check_size(batch: &Batch<Send>) -> Result<(), Refusal> {
    let total: usize = batch.entries.iter().map(|entry| size(&entry.content)).sum();
    if total > MAX_SIZE {
        return Err(Refusal::batch_too_long(format!(
            "Batch requests cannot be longer than {MAX_SIZE} bytes. You have sent {total} bytes."
        )));
    }
    Ok(())
}

fn check<T>(entries: &[Entry<T>]) -> Result<(), Refusal> {
    if entries.is_empty() {
        return Err(Refusal::empty_batch("There should be at least one entry in the request."));
    }
    if entries.len() > MAX_ENTRIES {
        let count = entries.len();
        return Err(Refusal::too_many_entries(format!(
            "Maximum number of entries per request are {MAX_ENTRIES}. You have sent {count}."
        )));
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if entries.iter().any(|entry| !(1..=80).contains(&entry.id.len()) || !entry.id.bytes().all(allowed)) {
        return Err(Refusal::batch_entry_id(
            "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 \
             letters long.",
        ));
    }
    let mut seen = HashSet::new();
    match entries.iter().find(|entry| !seen.insert(&entry.id)) {
        Some(entry) => Err(Refusal::ids_not_distinct(format!("Id {} repeated.", entry.id))),
        None => Ok(()),
    }
}
