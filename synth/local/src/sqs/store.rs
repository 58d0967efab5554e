//! The tables, and what is read from and written to them.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::queue::Queue;
use super::refusal::Refusal;

/// A message's id in its queue grows with every message that comes in, so it is also its place in the order and, in a
/// FIFO queue, its sequence number.
pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS queues (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        attributes TEXT NOT NULL,
        created INTEGER NOT NULL,
        modified INTEGER NOT NULL,
        purged INTEGER
    );
    CREATE TABLE IF NOT EXISTS messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        queue INTEGER NOT NULL REFERENCES queues (id),
        message_id TEXT NOT NULL,
        body TEXT NOT NULL,
        attributes TEXT NOT NULL,
        trace_header TEXT,
        group_id TEXT,
        deduplication_id TEXT,
        sent INTEGER NOT NULL,
        kept_since INTEGER NOT NULL,
        visible INTEGER NOT NULL,
        first_received INTEGER,
        received INTEGER,
        receive_count INTEGER NOT NULL DEFAULT 0,
        receipt TEXT,
        source_arn TEXT
    );
    CREATE INDEX IF NOT EXISTS messages_visible ON messages (queue, visible, id);
    CREATE INDEX IF NOT EXISTS messages_kept ON messages (queue, kept_since);
    CREATE INDEX IF NOT EXISTS messages_group ON messages (queue, group_id, id) WHERE group_id IS NOT NULL;
    CREATE TABLE IF NOT EXISTS deduplication (
        queue INTEGER NOT NULL,
        scope TEXT NOT NULL,
        id TEXT NOT NULL,
        message INTEGER NOT NULL,
        message_id TEXT NOT NULL,
        until INTEGER NOT NULL,
        PRIMARY KEY (queue, scope, id)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS moves (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        source INTEGER NOT NULL,
        source_arn TEXT NOT NULL,
        destination_arn TEXT,
        rate INTEGER,
        moved INTEGER NOT NULL,
        started INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS failed_moves (move INTEGER PRIMARY KEY, to_move INTEGER NOT NULL, reason TEXT NOT NULL);
";

/// A message as it is stored.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) id: i64,
    pub(super) message_id: String,
    pub(super) body: String,
    /// JSON.
    pub(super) attributes: String,
    pub(super) trace_header: Option<String>,
    pub(super) group_id: Option<String>,
    pub(super) deduplication_id: Option<String>,
    /// In milliseconds since 1970-01-01T00:00:00Z, as the other times.
    pub(super) sent: i64,
    /// From when on the retention period counts.
    pub(super) kept_since: i64,
    /// From when on it can be received.
    pub(super) visible: i64,
    pub(super) first_received: Option<i64>,
    /// When it was last received.
    pub(super) received: Option<i64>,
    pub(super) receive_count: i64,
    /// The random part of the last receipt handle.
    pub(super) receipt: Option<String>,
    /// The queue that it failed in.
    pub(super) source_arn: Option<String>,
}

const COLUMNS: &str = "id, message_id, body, attributes, trace_header, group_id, deduplication_id, sent, kept_since, \
                       visible, first_received, received, receive_count, receipt, source_arn";

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        id: row.get(0)?,
        message_id: row.get(1)?,
        body: row.get(2)?,
        attributes: row.get(3)?,
        trace_header: row.get(4)?,
        group_id: row.get(5)?,
        deduplication_id: row.get(6)?,
        sent: row.get(7)?,
        kept_since: row.get(8)?,
        visible: row.get(9)?,
        first_received: row.get(10)?,
        received: row.get(11)?,
        receive_count: row.get(12)?,
        receipt: row.get(13)?,
        source_arn: row.get(14)?,
    })
}

fn queue(row: &Row<'_>) -> rusqlite::Result<Queue> {
    let attributes: String = row.get(2)?;
    Ok(Queue {
        id: row.get(0)?,
        name: row.get(1)?,
        attributes: serde_json::from_str(&attributes).unwrap_or_default(),
        created: row.get(3)?,
        modified: row.get(4)?,
    })
}

/// The queue of this name.
pub(super) fn find_queue(connection: &Connection, name: &str) -> Result<Option<Queue>, Refusal> {
    let found = connection
        .prepare_cached("SELECT id, name, attributes, created, modified FROM queues WHERE name = ?")?
        .query_row([name], queue)
        .optional()?;
    Ok(found)
}

/// At most `limit` queues whose names start with `prefix` and come after `after`, in order.
pub(super) fn queues(connection: &Connection, prefix: &str, after: &str, limit: i64) -> Result<Vec<Queue>, Refusal> {
    let mut page = connection.prepare_cached(
        "SELECT id, name, attributes, created, modified FROM queues
         WHERE name > ?2 AND substr(name, 1, length(?1)) = ?1 ORDER BY name LIMIT ?3",
    )?;
    let queues = page.query_map(params![prefix, after, limit], queue)?.collect::<rusqlite::Result<_>>()?;
    Ok(queues)
}

fn json(attributes: &BTreeMap<String, String>) -> String {
    serde_json::to_string(attributes).expect("texts are JSON")
}

pub(super) fn insert_queue(
    transaction: &Transaction<'_>,
    name: &str,
    attributes: &BTreeMap<String, String>,
    now: i64,
) -> Result<(), Refusal> {
    transaction
        .prepare_cached("INSERT INTO queues (name, attributes, created, modified) VALUES (?1, ?2, ?3, ?3)")?
        .execute(params![name, json(attributes), now])?;
    Ok(())
}

pub(super) fn update_queue(transaction: &Transaction<'_>, queue: &Queue, now: i64) -> Result<(), Refusal> {
    transaction.prepare_cached("UPDATE queues SET attributes = ?2, modified = ?3 WHERE id = ?1")?.execute(params![
        queue.id,
        json(&queue.attributes),
        now
    ])?;
    Ok(())
}

pub(super) fn delete_queue(transaction: &Transaction<'_>, queue: &Queue) -> Result<(), Refusal> {
    for table in ["messages", "deduplication"] {
        transaction.execute(&format!("DELETE FROM {table} WHERE queue = ?"), [queue.id])?;
    }
    transaction
        .execute("DELETE FROM failed_moves WHERE move IN (SELECT id FROM moves WHERE source = ?)", [queue.id])?;
    transaction.execute("DELETE FROM moves WHERE source = ?", [queue.id])?;
    transaction.execute("DELETE FROM queues WHERE id = ?", [queue.id])?;
    Ok(())
}

/// Takes the queue's messages away, unless that was done since `before`; says whether it did.
pub(super) fn purge(transaction: &Transaction<'_>, queue: &Queue, now: i64, before: i64) -> Result<bool, Refusal> {
    let marked = transaction
        .prepare_cached("UPDATE queues SET purged = ?2 WHERE id = ?1 AND coalesce(purged, ?3) <= ?3")?
        .execute(params![queue.id, now, before])?;
    if marked == 1 {
        transaction.execute("DELETE FROM messages WHERE queue = ?", [queue.id])?;
    }
    Ok(marked == 1)
}

/// Puts a message at the end of a queue; its id is given, whatever it had.
pub(super) fn insert(transaction: &Transaction<'_>, queue: &Queue, message: &Message) -> Result<i64, Refusal> {
    let id = transaction
        .prepare_cached(
            "INSERT INTO messages (queue, message_id, body, attributes, trace_header, group_id, deduplication_id, sent,
             kept_since, visible, first_received, received, receive_count, receipt, source_arn)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .insert(params![
            queue.id,
            message.message_id,
            message.body,
            message.attributes,
            message.trace_header,
            message.group_id,
            message.deduplication_id,
            message.sent,
            message.kept_since,
            message.visible,
            message.first_received,
            message.received,
            message.receive_count,
            message.receipt,
            message.source_arn,
        ])?;
    Ok(id)
}

/// Writes what changes about a message while it is in its queue.
pub(super) fn update(transaction: &Transaction<'_>, message: &Message) -> Result<(), Refusal> {
    transaction
        .prepare_cached(
            "UPDATE messages SET visible = ?2, first_received = ?3, received = ?4, receive_count = ?5, receipt = ?6
             WHERE id = ?1",
        )?
        .execute(params![
            message.id,
            message.visible,
            message.first_received,
            message.received,
            message.receive_count,
            message.receipt,
        ])?;
    Ok(())
}

/// Undoes the receiving of all messages that are in flight: it does not count either.
pub(super) fn release(transaction: &Transaction<'_>, queue: &Queue, now: i64) -> Result<(), Refusal> {
    transaction
        .prepare_cached(
            "UPDATE messages SET visible = ?2, receipt = NULL, receive_count = max(receive_count - 1, 0)
             WHERE queue = ?1 AND visible > ?2 AND receipt IS NOT NULL",
        )?
        .execute([queue.id, now])?;
    Ok(())
}

pub(super) fn delete(transaction: &Transaction<'_>, id: i64) -> Result<(), Refusal> {
    transaction.prepare_cached("DELETE FROM messages WHERE id = ?")?.execute([id])?;
    Ok(())
}

/// A message of this queue by its id.
pub(super) fn find(transaction: &Transaction<'_>, queue: &Queue, id: i64) -> Result<Option<Message>, Refusal> {
    let found = transaction
        .prepare_cached(&format!("SELECT {COLUMNS} FROM messages WHERE queue = ? AND id = ?"))?
        .query_row([queue.id, id], message)
        .optional()?;
    Ok(found)
}

/// Takes away what was kept for longer than the retention period.
pub(super) fn expire(transaction: &Transaction<'_>, queue: &Queue, now: i64) -> Result<(), Refusal> {
    transaction
        .prepare_cached("DELETE FROM messages WHERE queue = ? AND kept_since <= ?")?
        .execute([queue.id, now - queue.retention()])?;
    Ok(())
}

/// At most `limit` messages that can be received now. Of a FIFO queue, in order, and none of a group of which a message
/// is in flight or an earlier one is not there yet.
pub(super) fn receivable(
    transaction: &Transaction<'_>,
    queue: &Queue,
    now: i64,
    limit: i64,
) -> Result<Vec<Message>, Refusal> {
    let select = if queue.fifo() {
        format!(
            "SELECT {COLUMNS} FROM messages AS it WHERE queue = ?1 AND visible <= ?2 AND NOT EXISTS (
                SELECT 1 FROM messages AS other WHERE other.queue = ?1 AND other.group_id = it.group_id
                AND other.visible > ?2 AND (other.id < it.id OR other.receipt IS NOT NULL)
            ) ORDER BY id LIMIT ?3"
        )
    } else {
        format!("SELECT {COLUMNS} FROM messages WHERE queue = ?1 AND visible <= ?2 ORDER BY visible, id LIMIT ?3")
    };
    let mut select = transaction.prepare_cached(&select)?;
    let messages = select.query_map([queue.id, now, limit], message)?.collect::<rusqlite::Result<_>>()?;
    Ok(messages)
}

/// The first messages of a queue, in the order in which they came.
pub(super) fn first(transaction: &Transaction<'_>, queue: &Queue, limit: usize) -> Result<Vec<Message>, Refusal> {
    let mut select =
        transaction.prepare_cached(&format!("SELECT {COLUMNS} FROM messages WHERE queue = ? ORDER BY id LIMIT ?"))?;
    let messages = select.query_map(params![queue.id, limit], message)?.collect::<rusqlite::Result<_>>()?;
    Ok(messages)
}

/// When the next message can be received that cannot be now.
pub(super) fn next_visible(connection: &Connection, queue: &Queue, now: i64) -> Result<Option<i64>, Refusal> {
    let next = connection
        .prepare_cached("SELECT min(visible) FROM messages WHERE queue = ? AND visible > ?")?
        .query_row([queue.id, now], |row| row.get(0))?;
    Ok(next)
}

/// How many messages of a queue are in which state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) visible: i64,
    pub(super) in_flight: i64,
    pub(super) delayed: i64,
}

/// A message that cannot be received and never was is delayed.
pub(super) fn counts(connection: &Connection, queue: &Queue, now: i64) -> Result<Counts, Refusal> {
    let counts = connection
        .prepare_cached(
            "SELECT count(*) FILTER (WHERE visible <= ?2),
                    count(*) FILTER (WHERE visible > ?2 AND receipt IS NOT NULL),
                    count(*) FILTER (WHERE visible > ?2 AND receipt IS NULL)
             FROM messages WHERE queue = ?1",
        )?
        .query_row([queue.id, now], |row| {
            Ok(Counts { visible: row.get(0)?, in_flight: row.get(1)?, delayed: row.get(2)? })
        })?;
    Ok(counts)
}

/// The message that took a deduplication id first, in this scope and not too long ago: its id and its MessageId.
pub(super) fn duplicate_of(
    transaction: &Transaction<'_>,
    queue: &Queue,
    scope: &str,
    id: &str,
    now: i64,
) -> Result<Option<(i64, String)>, Refusal> {
    transaction.prepare_cached("DELETE FROM deduplication WHERE queue = ? AND until <= ?")?.execute([queue.id, now])?;
    let found = transaction
        .prepare_cached("SELECT message, message_id FROM deduplication WHERE queue = ? AND scope = ? AND id = ?")?
        .query_row(params![queue.id, scope, id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found)
}

/// Notes which message took a deduplication id, until when.
pub(super) fn note_deduplication(
    transaction: &Transaction<'_>,
    queue: &Queue,
    scope: &str,
    id: &str,
    message: (i64, &str),
    until: i64,
) -> Result<(), Refusal> {
    transaction
        .prepare_cached("INSERT INTO deduplication VALUES (?, ?, ?, ?, ?, ?)")?
        .execute(params![queue.id, scope, id, message.0, message.1, until])?;
    Ok(())
}
