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
    let began = batch.began() + 1;
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use gateway::Trace;
    use hyper::header::HeaderValue;
    use serde_json::json;

    use super::*;
    use crate::journal::Outcome;

    const ACTIE: &str = "00000000-0000-4000-8000-00000000000a";
    const VERWERKING: &str = "00000000-0000-4000-8000-00000000000b";

    fn request(at: i64, method: &str, path: &str, query: &str, root: &str) -> Event {
        let trace = Trace {
            request_id: String::new(),
            at,
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            body: "".into(),
            operation: None,
            resource: None,
            authorizer: None,
            integration: None,
            gateway_response: None,
            reason: None,
            status: 200,
            response: if method == "POST" { json!({"actieId": ACTIE}).to_string().into() } else { "".into() },
            took: Duration::ZERO,
        };
        Event::Request(Box::new(Request { trace, xray: HeaderValue::from_str(&format!("Root={root};Sampled=1")).ok() }))
    }

    /// A batch that began 5 ms before this moment.
    fn batch(at: i64, records: Value) -> Event {
        let size = records.as_array().map_or(0, Vec::len);
        let event = Some(json!({ "Records": records }));
        let (function, source) = (String::new(), String::new());
        Event::Batch(Batch {
            at,
            function,
            source,
            size,
            event,
            outcome: Outcome::Done,
            took: Duration::from_millis(5),
        })
    }

    /// Pairs of a request and a batch, by their places in the list.
    fn linked(events: Vec<Event>) -> Vec<(u64, u64)> {
        let mut events: Vec<Numbered> = (0..).zip(events.into_iter().map(Arc::new)).collect();
        events.reverse();
        links(&events)
            .into_iter()
            .flat_map(|(request, batches)| batches.into_iter().map(move |it| (request, it)))
            .collect()
    }

    #[test]
    fn a_message_belongs_to_the_request_whose_trace_it_has() {
        let message = |root: &str| json!({"attributes": {"AWSTraceHeader": format!("Root={root}")}, "body": "{}"});
        let found = linked(vec![
            request(10, "POST", "/v1/verwerkingsacties", "", "1-a"),
            request(20, "PUT", &format!("/v1/verwerkingsacties/{ACTIE}"), "", "1-b"),
            batch(40, json!([message("1-a"), message("1-b"), message("1-c")])),
            batch(50, json!([message("1-a")])),
        ]);
        assert_eq!(found, [(0, 2), (0, 3), (1, 2)]);
    }

    #[test]
    fn what_has_no_trace_belongs_to_the_last_change_before_it() {
        let row = |actie: &str, verwerking: &str| json!({"dynamodb": {"Keys": {"actieId": {"S": actie}}, "NewImage": {"verwerkingId": {"S": verwerking}}}});
        let found = linked(vec![
            request(10, "POST", "/v1/verwerkingsacties", "", "1-a"),
            batch(16, json!([row(ACTIE, VERWERKING)])),
            request(
                20,
                "PATCH",
                "/v1/verwerkingsacties",
                &format!("verwerkingId={}", VERWERKING.to_uppercase()),
                "1-b",
            ),
            request(25, "GET", &format!("/v1/verwerkingsacties/{ACTIE}"), "", "1-c"),
            batch(40, json!([row(ACTIE, VERWERKING)])),
            request(50, "DELETE", &format!("/v1/verwerkingsacties/{ACTIE}"), "", "1-d"),
            // It began before the DELETE came.
            batch(53, json!([row(ACTIE, VERWERKING)])),
            batch(60, json!([row(ACTIE, VERWERKING), row("another", "another")])),
        ]);
        assert_eq!(found, [(0, 1), (2, 4), (2, 6), (5, 7)]);
    }

    #[test]
    fn a_message_that_was_submitted_again_is_known_by_its_content() {
        let message = |body: Value| json!({"attributes": {}, "body": body.to_string()});
        let found = linked(vec![
            request(10, "POST", "/v1/verwerkingsacties", "", "1-a"),
            request(11, "PATCH", "/v1/verwerkingsacties", &format!("verwerkingId={VERWERKING}"), "1-b"),
            batch(20, json!([message(json!({"inhoud": {"actie": {"actieId": ACTIE}}}))])),
            batch(21, json!([message(json!({"backup": format!("2024/02/29/{ACTIE}/x.json")}))])),
            batch(22, json!([message(json!({"verwerkingId": VERWERKING}))])),
            batch(23, json!([message("no message".into()), {"body": "no JSON"}, "no record"])),
        ]);
        assert_eq!(found, [(0, 2), (0, 3), (1, 4)]);
    }
}
