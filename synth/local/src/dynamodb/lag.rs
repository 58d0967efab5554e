//! Global secondary indexes that are behind their tables.
//!
//! DynamoDB has a change in an index some time after it has answered
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.Writes>); `dynoxide` has it there at once.
//! Whoever is to meet an index that is behind gets its answers from a copy of all tables, in which each call that changed
//! something is made again, in the same order, once the lag is over. So an index shows all rows as they were then: new ones are
//! absent, changed ones are as they were, deleted ones are there, and pages, counts and filters are those of that moment.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dynoxide::actions::create_table::StreamSpecification;
use dynoxide::actions::list_streams::ListStreamsRequest;
use dynoxide::actions::update_table::UpdateTableRequest;
use dynoxide::errors::DynoxideError;
use serde_json::{Map, Value};

use super::{DynamoDb, TableError, direct};
use crate::clock::{Clock, ManualClock};
use crate::database::Place;
use crate::http::{Answer, Asked};

/// The copy, and what it has yet to be told.
pub(super) struct Lag {
    by: Duration,
    clock: Arc<dyn Clock>,
    copy: Box<DynamoDb>,
    /// Stands where the last change stood that the copy was told.
    of_copy: Arc<ManualClock>,
    changes: Mutex<VecDeque<Change>>,
    /// Held over a change and while the copy is told, so that both see the changes in one order.
    turn: tokio::sync::Mutex<()>,
}

struct Change {
    at: i64,
    what: What,
}

enum What {
    Call { operation: String, asked: Box<Asked>, inside: bool },
    Sweep,
}

impl Lag {
    /// Begins with everything that is in `place`.
    pub(super) async fn start(place: &Place, clock: Arc<dyn Clock>, by: Duration) -> io::Result<Self> {
        let of_copy = Arc::new(ManualClock::at(clock.now()));
        let copy = Box::pin(DynamoDb::open(&Place::Memory, of_copy.clone())).await?;
        if let Place::File(path) = place {
            let path = path.to_str().ok_or_else(|| io::Error::other("its path is not UTF-8"))?;
            copy.database.restore_from(path).map_err(io::Error::other)?;
            stop_streams(&copy).map_err(io::Error::other)?;
        }
        let (changes, turn) = (Mutex::default(), tokio::sync::Mutex::default());
        Ok(Self { by, clock, copy: Box::new(copy), of_copy, changes, turn })
    }

    /// Makes a table of the first database in the copy, where nobody reads its stream.
    pub(super) fn create_table(&self, name: &str, properties: &Map<String, Value>) -> Result<(), TableError> {
        let mut properties = properties.clone();
        properties.remove("StreamSpecification");
        self.copy.create_table(name, &Value::Object(properties)).map(drop)
    }

    /// Answers a request: by the copy where it is about an index, by `first` where it is about anything else.
    pub(super) async fn answer(
        &self,
        first: &DynamoDb,
        operation: &str,
        asked: Asked,
        inside: bool,
        writes: bool,
    ) -> Result<Answer, String> {
        let of_index = is_of_index(first, operation, &asked);
        if !of_index && !writes {
            return first.answer(operation, asked, inside).await;
        }
        let _turn = self.turn.lock().await;
        self.tell().await;
        if of_index {
            return self.copy.answer(operation, asked, inside).await;
        }
        let what = What::Call { operation: operation.to_owned(), asked: Box::new(asked.clone()), inside };
        // Whoever goes away before the answer has written all the same.
        let mut told = Told { lag: self, what: Some(what) };
        let answer = first.answer(operation, asked, inside).await?;
        if !answer.status().is_success() {
            told.what = None;
        }
        Ok(answer)
    }

    /// The first database takes away the items whose time is over.
    pub(super) fn sweep_later(&self) {
        self.later(What::Sweep);
    }

    fn later(&self, what: What) {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        changes.push_back(Change { at: self.clock.now(), what });
    }

    /// The next change whose time has come.
    fn next(&self) -> Option<Change> {
        let due = self.clock.now() - i64::try_from(self.by.as_millis()).unwrap_or(i64::MAX);
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        changes.pop_front_if(|change| change.at <= due)
    }

    /// Tells the copy what is to be seen by now. It takes what the first database took, being in the state that that was in.
    async fn tell(&self) {
        while let Some(Change { at, what }) = self.next() {
            self.of_copy.advance(Duration::from_millis(u64::try_from(at - self.of_copy.now()).unwrap_or(0)));
            match what {
                What::Call { operation, asked, inside } => {
                    // At once, where that can be: whoever waits may go away. The first database's server has checked it.
                    let request = direct::Request::read(&operation, asked.body());
                    if request.and_then(|request| request.answer(&self.copy.database)).is_none() {
                        let _ = self.copy.answer(&operation, *asked, inside).await;
                    }
                }
                What::Sweep => {
                    let _ = self.copy.database.sweep_ttl();
                }
            }
        }
    }

    pub(super) async fn stop(self) {
        self.copy.stop().await;
    }
}

/// A change that the copy is told when this is dropped, unless it was refused.
struct Told<'l> {
    lag: &'l Lag,
    what: Option<What>,
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if let Some(what) = self.what.take() {
            self.lag.later(what);
        }
    }
}

/// Whether it reads a global secondary index. A local one is read from the table's own partition.
fn is_of_index(first: &DynamoDb, operation: &str, asked: &Asked) -> bool {
    if !matches!(operation, "Query" | "Scan") {
        return false;
    }
    let Ok(asked) = serde_json::from_slice::<Value>(asked.body()) else { return false };
    let (Some(table), Some(index)) = (asked["TableName"].as_str(), asked["IndexName"].as_str()) else { return false };
    let definitions = first.database.get_table_metadata(table).ok().flatten().and_then(|table| table.gsi_definitions);
    let definitions: Option<Value> = definitions.and_then(|text| serde_json::from_str(&text).ok());
    definitions.iter().filter_map(Value::as_array).flatten().any(|known| known["IndexName"] == index)
}

/// Every write would look through all of a stream, which in memory has no index.
fn stop_streams(copy: &DynamoDb) -> Result<(), DynoxideError> {
    for stream in copy.database.list_streams(ListStreamsRequest::default())?.streams {
        let off = StreamSpecification { stream_enabled: false, stream_view_type: None };
        copy.database.update_table(UpdateTableRequest {
            table_name: stream.table_name,
            stream_specification: Some(off),
            ..UpdateTableRequest::default()
        })?;
    }
    Ok(())
}
