//! Where the objects are: one row each.

use rusqlite::{Connection, OptionalExtension, params};

use crate::database::{Database, Place};

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY, created INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS objects (
        bucket TEXT NOT NULL REFERENCES buckets (name),
        key TEXT NOT NULL,
        etag TEXT NOT NULL,
        size INTEGER NOT NULL,
        modified INTEGER NOT NULL,
        headers TEXT NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (bucket, key)
    );
";

/// What is known of an object without reading its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: String,
    /// Hexadecimal MD5 of the body, without quotes.
    pub(super) etag: String,
    /// In bytes.
    pub(super) size: i64,
    /// In milliseconds since 1970-01-01T00:00:00Z.
    pub(super) modified: i64,
    /// What the client sent along, as JSON.
    pub(super) headers: String,
}

/// A condition on a write or a delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    None,
    /// `If-None-Match: *`
    Absent,
    /// `If-Match` with this ETag, or with any.
    Present(Option<String>),
}

/// Why a write did not happen.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("no such bucket")]
    NoSuchBucket,
    #[error("no such key")]
    NoSuchKey,
    #[error("the condition does not hold")]
    PreconditionFailed,
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
}

/// All buckets.
pub(super) struct Objects(Database);

impl Objects {
    pub(super) fn open(place: &Place) -> rusqlite::Result<Self> {
        Ok(Self(Database::open(place, SCHEMA)?))
    }

    /// Whether the bucket is new.
    pub(super) fn create_bucket(&self, name: &str, now: i64) -> rusqlite::Result<bool> {
        let created = self.0.lock().execute("INSERT OR IGNORE INTO buckets VALUES (?, ?)", params![name, now])?;
        Ok(created == 1)
    }

    pub(super) fn has_bucket(&self, name: &str) -> rusqlite::Result<bool> {
        has_bucket(&self.0.lock(), name)
    }

    /// Names and times, in order.
    pub(super) fn buckets(&self) -> rusqlite::Result<Vec<(String, i64)>> {
        let connection = self.0.lock();
        let mut all = connection.prepare_cached("SELECT name, created FROM buckets ORDER BY name")?;
        all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    }

    /// Writes an object if the condition holds, in one step.
    pub(super) fn put(&self, bucket: &str, entry: &Entry, body: &[u8], condition: &Condition) -> Result<(), Refused> {
        let mut connection = self.0.lock();
        let transaction = connection.transaction()?;
        if !has_bucket(&transaction, bucket)? {
            return Err(Refused::NoSuchBucket);
        }
        check(&transaction, bucket, &entry.key, condition)?;
        transaction.prepare_cached("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?)")?.execute(params![
            bucket,
            entry.key,
            entry.etag,
            entry.size,
            entry.modified,
            entry.headers,
            body
        ])?;
        Ok(transaction.commit()?)
    }

    pub(super) fn head(&self, bucket: &str, key: &str) -> rusqlite::Result<Option<Entry>> {
        find(&self.0.lock(), bucket, key)
    }

    pub(super) fn get(&self, bucket: &str, key: &str) -> rusqlite::Result<Option<(Entry, Vec<u8>)>> {
        let connection = self.0.lock();
        let mut one = connection.prepare_cached(
            "SELECT key, etag, size, modified, headers, body FROM objects WHERE bucket = ? AND key = ?",
        )?;
        one.query_row([bucket, key], |row| Ok((entry(row)?, row.get(5)?))).optional()
    }

    /// Deletes an object if the condition holds; without one, if there is one.
    pub(super) fn delete(&self, bucket: &str, key: &str, condition: &Condition) -> Result<(), Refused> {
        // Whoever holds the lock is alone, so nothing comes between the condition and the delete.
        let connection = self.0.lock();
        if !has_bucket(&connection, bucket)? {
            return Err(Refused::NoSuchBucket);
        }
        match check(&connection, bucket, key, condition) {
            // Here "if there is any" is a condition like the others, whereas a write with it finds no such key.
            Err(Refused::NoSuchKey) if *condition == Condition::Present(None) => {
                return Err(Refused::PreconditionFailed);
            }
            checked => checked?,
        }
        connection.prepare_cached("DELETE FROM objects WHERE bucket = ? AND key = ?")?.execute([bucket, key])?;
        Ok(())
    }

    /// At most `limit` objects whose keys start with `prefix` and come after `after`, in the order of their UTF-8 bytes.
    pub(super) fn list(&self, bucket: &str, prefix: &str, after: &str, limit: usize) -> rusqlite::Result<Vec<Entry>> {
        let connection = self.0.lock();
        let mut page = connection.prepare_cached(
            "SELECT key, etag, size, modified, headers FROM objects
             WHERE bucket = ?1 AND key > ?3 AND key >= ?2 ORDER BY key LIMIT ?4",
        )?;
        let rows = page.query_map(params![bucket, prefix, after, limit], entry)?;
        // Keys with one prefix stand together in the order, so the first one without it ends the list.
        rows.take_while(|row| row.as_ref().map_or(true, |row| row.key.starts_with(prefix))).collect()
    }
}

fn has_bucket(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT 1 FROM buckets WHERE name = ?")?.exists([name])
}

fn check(connection: &Connection, bucket: &str, key: &str, condition: &Condition) -> Result<(), Refused> {
    if *condition == Condition::None {
        return Ok(());
    }
    let etag = find(connection, bucket, key)?.map(|found| found.etag);
    match (condition, etag) {
        (Condition::Present(_), None) => Err(Refused::NoSuchKey),
        (Condition::Absent, Some(_)) => Err(Refused::PreconditionFailed),
        (Condition::Present(Some(wanted)), Some(found)) if *wanted != found => Err(Refused::PreconditionFailed),
        _ => Ok(()),
    }
}

fn find(connection: &Connection, bucket: &str, key: &str) -> rusqlite::Result<Option<Entry>> {
    connection
        .prepare_cached("SELECT key, etag, size, modified, headers FROM objects WHERE bucket = ? AND key = ?")?
        .query_row([bucket, key], entry)
        .optional()
}

fn entry(row: &rusqlite::Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry { key: row.get(0)?, etag: row.get(1)?, size: row.get(2)?, modified: row.get(3)?, headers: row.get(4)? })
}
