//! Which batches handled what a request changed.
//!
//! A queue's message has the X-Ray header of its request. A stream's records have none, and neither has a message that was
//! submitted again: there, a batch that names an actie is put down to the last change of it that came before the batch.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::fields::Fields;
use crate::journal::{Batch, Event, Numbered, Request};

/// The numbers of batches by the number of the request that they are about, both the oldest first.
pub(super) type Links = BTreeMap<u64, BTreeSet<u64>>;

/// What a request changed.
struct Change<'a> {
    number: u64,
    at: i64,
    root: Option<&'a str>,
    ids: BTreeSet<String>,
}

/// Finds the links between these events.
pub(super) fn links(events: &[Numbered]) -> Links {
    let changes: Vec<Change<'_>> = events
        .iter()
        .filter_map(|(number, event)| match event.as_ref() {
            Event::Request(request) => change(*number, request),
            _ => None,
        })
        .collect();
    let mut links = Links::new();
    for (number, event) in events {
        if let Event::Batch(batch) = event.as_ref() {
            for request in requests(batch, &changes) {
                links.entry(request).or_default().insert(*number);
            }
        }
    }
    links
}

fn change(number: u64, request: &Request) -> Option<Change<'_>> {
    let trace = &request.trace;
    if !matches!(trace.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE") || trace.status >= 300 {
        return None;
    }
    let answer: Value = serde_json::from_slice(&trace.response).unwrap_or_default();
    let last = trace.path.rsplit('/').next().unwrap_or_default().to_owned();
    let query = Fields::read(trace.query.as_bytes());
    let ids = [answer["actieId"].as_str(), Some(&last), query.get("verwerkingId")];
    let ids = ids.into_iter().flatten().map(str::to_ascii_lowercase).collect();
    let root = request.xray.as_ref().and_then(|header| root(header.to_str().ok()?));
    Some(Change { number, at: trace.at, root, ids })
}

/// The trace that an X-Ray header names:
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>.
fn root(header: &str) -> Option<&str> {
    header.split(';').find_map(|part| part.trim().strip_prefix("Root="))
}

fn requests(batch: &Batch, changes: &[Change<'_>]) -> BTreeSet<u64> {
    // Both clocks count whole milliseconds.
    let began = batch.at - i64::try_from(batch.took.as_millis()).unwrap_or(i64::MAX) + 1;
    let records = batch.event.as_ref().and_then(|event| event["Records"].as_array()).into_iter().flatten();
    let request = |record: &Value| {
        if let Some(root) = record["attributes"]["AWSTraceHeader"].as_str().and_then(root) {
            return changes.iter().find(|change| change.root == Some(root)).map(|change| change.number);
        }
        let ids = ids(record);
        let before = changes.iter().filter(|change| change.at <= began && !change.ids.is_disjoint(&ids));
        before.max_by_key(|change| change.number).map(|change| change.number)
    };
    records.filter_map(request).collect()
}

/// The actie of a record, and the verwerking that it is part of.
fn ids(record: &Value) -> BTreeSet<String> {
    let row = &record["dynamodb"];
    let message: Value = record["body"].as_str().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
    let texts = [
        row["Keys"]["actieId"]["S"].as_str(),
        row["NewImage"]["verwerkingId"]["S"].as_str(),
        message["inhoud"]["actie"]["actieId"].as_str(),
        message["verwerkingId"].as_str(),
        // A message that only says where it lies: `jjjj/mm/dd/<actieId or verwerkingId>/<name>`.
        message["backup"].as_str().and_then(|key| key.split('/').nth(3)),
    ];
    texts.into_iter().flatten().map(str::to_ascii_lowercase).collect()
}
