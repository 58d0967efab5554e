//! Whether rows on disk have outlived their TTL, asked of an index.
//!
//! `dynoxide` finds such rows by reading every row of every table that has a TTL, which with a million acties keeps a core busy
//! for half a minute. So it is asked to look only once an index says that it will find something.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension};

/// A look into the database file beside `dynoxide`'s own connection.
pub(super) struct Expiry(Mutex<Connection>);

/// A table that has a TTL, and the attribute that it goes by.
struct Timed {
    table: String,
    attribute: String,
}

impl Expiry {
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        Ok(Self(Mutex::new(Connection::open(path)?)))
    }

    /// Makes the indexes that are not there yet. For a table that has many rows already this takes a while.
    pub(super) fn index(&self) -> rusqlite::Result<()> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        timed(&connection)?.iter().try_for_each(|timed| connection.execute_batch(&timed.index()))
    }

    /// Whether there is a row whose time was over before `now`, in seconds since 1970. It can say yes where there is none,
    /// for a number that is not whole, and never the other way round.
    pub(super) fn is_due(&self, now: i64) -> rusqlite::Result<bool> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for timed in timed(&connection)? {
            // A table can have got its TTL by a call of DynamoDB's API.
            connection.execute_batch(&timed.index())?;
            if connection.prepare_cached(&timed.due())?.query_row([now], |_| Ok(())).optional()?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The tables that have a TTL, as `dynoxide` keeps them.
fn timed(connection: &Connection) -> rusqlite::Result<Vec<Timed>> {
    let statement = "SELECT table_name, ttl_attribute FROM _tables WHERE ttl_enabled = 1 AND ttl_attribute IS NOT NULL";
    let mut statement = connection.prepare_cached(statement)?;
    let rows = statement.query_map([], |row| Ok(Timed { table: row.get(0)?, attribute: row.get(1)? }))?;
    rows.collect()
}

impl Timed {
    fn table(&self) -> String {
        self.table.replace('"', "\"\"")
    }

    /// The attribute's number as SQL has it; null where a row has none. The attribute's name is a label of a JSON path, in which
    /// SQLite reads JSON's escapes.
    fn expression(&self) -> String {
        let label = serde_json::to_string(&self.attribute).expect("a text is JSON");
        format!("CAST(json_extract(item_json, '$.{}.N') AS INTEGER)", label.replace('\'', "''"))
    }

    fn index(&self) -> String {
        let (table, attribute) = (self.table(), self.attribute.replace('"', "\"\""));
        let expression = self.expression();
        format!("CREATE INDEX IF NOT EXISTS \"ttl {table} {attribute}\" ON \"{table}\" ({expression})")
    }

    fn due(&self) -> String {
        format!("SELECT 1 FROM \"{}\" WHERE {} BETWEEN 0 AND ?1 - 1 LIMIT 1", self.table(), self.expression())
    }
}

#[cfg(test)]
mod tests {
    use dynoxide::Database;
    use serde_json::{Value, json};

    use super::*;

    fn made(database: &Database, table: &str) {
        let request = json!({
            "TableName": table, "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        });
        database.create_table(serde_json::from_value(request).unwrap()).unwrap();
    }

    fn put(database: &Database, table: &str, id: &str, attribute: &str, value: Value) {
        let request = json!({"TableName": table, "Item": {"id": {"S": id}, attribute: value}});
        database.put_item(serde_json::from_value(request).unwrap()).unwrap();
    }

    fn lives(database: &Database, table: &str, attribute: &str) {
        let specification = json!({"Enabled": true, "AttributeName": attribute});
        let request = json!({"TableName": table, "TimeToLiveSpecification": specification});
        database.update_time_to_live(serde_json::from_value(request).unwrap()).unwrap();
    }

    #[test]
    fn rows_are_due_once_their_time_is_over() {
        for attribute in ["bewaardTot", "a \"b\" 'c' é.d[0]"] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("dynamodb.sqlite");
            let database = Database::new(path.to_str().unwrap()).unwrap();
            made(&database, "log");
            made(&database, "ander");
            let expiry = Expiry::open(&path).unwrap();
            put(&database, "log", "a", attribute, json!({"N": "100"}));
            assert!(!expiry.is_due(1_000).unwrap(), "without a TTL there is no end");
            lives(&database, "log", attribute);
            expiry.index().unwrap();
            assert!(!expiry.is_due(100).unwrap());
            assert!(expiry.is_due(101).unwrap());

            put(&database, "log", "a", attribute, json!({"N": "300"}));
            put(&database, "log", "b", attribute, json!({"S": "100"}));
            put(&database, "log", "c", attribute, json!({"N": "-5"}));
            put(&database, "log", "d", "other", json!({"N": "100"}));
            put(&database, "ander", "a", attribute, json!({"N": "100"}));
            assert!(!expiry.is_due(200).unwrap(), "none of these goes");
            assert!(expiry.is_due(301).unwrap());
        }
    }

    #[test]
    fn no_row_is_read_to_know_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dynamodb.sqlite");
        let database = Database::new(path.to_str().unwrap()).unwrap();
        made(&database, "log");
        lives(&database, "log", "bewaardTot");
        Expiry::open(&path).unwrap().index().unwrap();
        let connection = Connection::open(&path).unwrap();
        let due = timed(&connection).unwrap()[0].due();
        let plan = format!("EXPLAIN QUERY PLAN {due}");
        let plan: String = connection.query_row(&plan, [0], |row| row.get(3)).unwrap();
        assert!(plan.contains("INDEX ttl log bewaardTot"), "{plan}");
    }
}
