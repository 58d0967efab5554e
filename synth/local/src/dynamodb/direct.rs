//! Calls from within this process, without the way over HTTP, which is most of what they would cost.
//!
//! `dynoxide` checks a request in two places: its server looks at the kinds of the JSON values, which DynamoDB is strict
//! about, and its library at the rest. Only the library can be called. So the first request of each shape (the same members,
//! holding the same kinds of values) goes by the server; where the server takes it, it would take the next one of that shape
//! too, and those go to the library. Whatever the library refuses goes by the server as well, which knows how to say so.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use dynoxide::Database;
use dynoxide::actions::get_records::{GetRecordsRequest, GetRecordsResponse};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::digest;

/// How many shapes are remembered: some more than a stack has templates and statements.
const MOST: usize = 4096;

/// The most records in one answer (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html>).
const MOST_RECORDS: usize = 1000;

/// The shapes of requests that the server took.
#[derive(Default)]
pub(super) struct Shapes(Mutex<HashSet<Shape>>);

/// The operation, and the members and kinds of values of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Shape(u64);

impl Shapes {
    /// Whether the server took such a request.
    pub(super) fn knows(&self, shape: Shape) -> bool {
        self.lock().contains(&shape)
    }

    /// The server took such a request.
    pub(super) fn learn(&self, shape: Shape) {
        let mut shapes = self.lock();
        if shapes.len() >= MOST {
            shapes.clear();
        }
        shapes.insert(shape);
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Shape>> {
        // No caller can leave it half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request of an operation that the library knows.
pub(super) struct Request {
    operation: Operation,
    members: Value,
    shape: Shape,
}

impl Request {
    /// Reads a request's body; none where it is no JSON, or the operation goes by the server in any case.
    pub(super) fn read(operation: &str, body: &[u8]) -> Option<Self> {
        let known = library(operation)?;
        let members: Value = serde_json::from_slice(body).ok()?;
        let mut hasher = DefaultHasher::new();
        (operation, digest::of_shape(&members)).hash(&mut hasher);
        Some(Self { operation: known, members, shape: Shape(hasher.finish()) })
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape
    }

    pub(super) fn members(&mut self) -> &mut Value {
        &mut self.members
    }

    /// Records of a stream, of which the server would hand out more than DynamoDB does: a call for them goes to the library first.
    pub(super) fn of_stream(operation: &str, body: &[u8]) -> Option<Self> {
        if operation == "GetRecords" { Self::read(operation, body) } else { None }
    }

    /// What the library answers; none where it refuses, which changes nothing.
    pub(super) fn answer(self, database: &Database) -> Option<Bytes> {
        (self.operation)(database, self.members)
    }
}

/// An operation of the library: from a request to its answer's body, or none where it refuses.
type Operation = fn(&Database, Value) -> Option<Bytes>;

/// The operations that the library knows as the server does. In transactions and batches of writes the server has values
/// read by other rules than in the rest; those differ in how a refusal is worded, which the server is asked for in any case.
fn library(operation: &str) -> Option<Operation> {
    Some(match operation {
        "BatchGetItem" => |database, asked| done(asked, |request| database.batch_get_item(request)),
        "BatchWriteItem" => |database, asked| done(asked, |request| database.batch_write_item(request)),
        "DeleteItem" => |database, asked| done(asked, |request| database.delete_item(request)),
        "GetItem" => |database, asked| done(asked, |request| database.get_item(request)),
        "GetRecords" => |database, asked| done(asked, |request| changes(database, request)),
        "PutItem" => |database, asked| done(asked, |request| database.put_item(request)),
        "Query" => |database, asked| done(asked, |request| database.query(request)),
        "TransactWriteItems" => |database, asked| done(asked, |request| database.transact_write_items(request)),
        "UpdateItem" => |database, asked| done(asked, |request| database.update_item(request)),
        _ => return None,
    })
}

/// The records of a stream in which something changed: DynamoDB writes none for a write that changes nothing
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html>), `dynoxide` does. A page is as full as it
/// would be without those, so that an empty one still says that there are no more.
fn changes(database: &Database, request: GetRecordsRequest) -> dynoxide::Result<GetRecordsResponse> {
    let most = request.limit.map_or(MOST_RECORDS, |limit| limit.min(MOST_RECORDS));
    let mut records = Vec::new();
    let mut shard_iterator = request.shard_iterator;
    loop {
        let limit = most - records.len();
        let page = database.get_records(GetRecordsRequest { shard_iterator, limit: Some(limit) })?;
        let read = page.records.len();
        records.extend(page.records.into_iter().filter(|record| {
            let (old, new) = (&record.dynamodb.old_image, &record.dynamodb.new_image);
            old.is_none() || old != new
        }));
        match page.next_shard_iterator {
            Some(next) if read == limit && records.len() < most => shard_iterator = next,
            next_shard_iterator => return Ok(GetRecordsResponse { records, next_shard_iterator }),
        }
    }
}

fn done<Q: DeserializeOwned, A: Serialize>(asked: Value, work: impl FnOnce(Q) -> dynoxide::Result<A>) -> Option<Bytes> {
    let answer = work(serde_json::from_value(asked).ok()?).ok()?;
    // What was done must not be done once more by the server.
    Some(serde_json::to_vec(&answer).expect("answers have texts for keys, so they are JSON").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(operation: &str, body: &str) -> Option<Shape> {
        Request::read(operation, body.as_bytes()).map(|request| request.shape())
    }

    #[test]
    fn a_shape_is_what_the_server_checks() {
        let first = shape("GetItem", r#"{"TableName":"t","Key":{"a":{"S":"1"}},"ConsistentRead":true}"#);
        assert!(first.is_some());
        assert_eq!(first, shape("GetItem", r#"{"TableName":"u","Key":{"a":{"S":"2"}},"ConsistentRead":false}"#));
        let order = r#"{"ConsistentRead":true,"Key":{"a":{"S":"1"}},"TableName":"t"}"#;
        assert_eq!(first, shape("GetItem", order), "the SDK writes members in another order each time");
        for other in [
            r#"{"TableName":"t","Key":{"a":{"N":"1"}},"ConsistentRead":true}"#,
            r#"{"TableName":"t","Key":{"b":{"S":"1"}},"ConsistentRead":true}"#,
            r#"{"TableName":"t","Key":{"a":{"S":"1"}},"ConsistentRead":"true"}"#,
            r#"{"TableName":"t","Key":{"a":{"S":"1"}},"ConsistentRead":1}"#,
            r#"{"TableName":"t","Key":{"a":{"S":"1"}},"ConsistentRead":1.0}"#,
            r#"{"TableName":"t","Key":[{"a":{"S":"1"}}],"ConsistentRead":true}"#,
            r#"{"TableName":"t","Key":{"a":{"S":"1"}}}"#,
        ] {
            assert_ne!(first, shape("GetItem", other), "{other}");
        }
        assert_ne!(first, shape("DeleteItem", r#"{"TableName":"t","Key":{"a":{"S":"1"}},"ConsistentRead":true}"#));
        assert_eq!(shape("GetItem", "{"), None);
        for library in ["BatchWriteItem", "TransactWriteItems", "Query"] {
            assert!(shape(library, "{}").is_some(), "{library}");
        }
        assert_eq!(shape("CreateTable", "{}"), None);
    }

    #[test]
    fn shapes_are_forgotten_before_they_are_too_many() {
        let shapes = Shapes::default();
        for number in 0..=MOST {
            shapes.learn(Shape(number as u64));
        }
        assert!(shapes.knows(Shape(MOST as u64)) && !shapes.knows(Shape(0)));
    }
}
