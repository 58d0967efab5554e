//! What `dynoxide`'s database on disk needs to be quick for somebody who writes all day.

use std::path::Path;

use dynoxide::Database;
use rusqlite::Connection;

/// A table's stream is a table without an index, of which every write looks for the last record and every reader for its
/// place. The names and expressions are those of `dynoxide`'s statements, so that SQLite finds that these indexes fit.
const STREAM_INDEXES: &str = "
    CREATE INDEX IF NOT EXISTS stream_last ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
    CREATE INDEX IF NOT EXISTS stream_order ON _stream_records (table_name, shard_id, CAST(sequence_number AS INTEGER));
";

/// How many records a transaction takes away: those who write wait for it.
const AT_ONCE: usize = 1000;

/// Has a commit be in the operating system's hands when it returns, as in our own databases: that is what survives the end
/// of the process. The default is to wait for the disk, some milliseconds for each row.
pub(super) fn prepare(database: &Database, path: &Path) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    // By this name: the normal settings, after a bulk load, say `synchronous = NORMAL`.
    database.disable_bulk_loading()?;
    Connection::open(path)?.execute_batch(STREAM_INDEXES)?;
    Ok(())
}

/// Whether there is a row in a table.
pub(super) fn has_rows(path: &Path) -> rusqlite::Result<bool> {
    let connection = Connection::open(path)?;
    let mut tables = connection.prepare("SELECT table_name FROM _tables")?;
    let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for table in tables {
        let any = format!("SELECT EXISTS (SELECT 1 FROM \"{}\")", table.replace('"', "\"\""));
        if connection.query_row(&any, [], |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes away the records of a stream up to `last` that were made before `before`, in seconds. The newest record stays, since
/// the next one's number comes after it.
pub(super) fn trim(path: &Path, table: &str, last: i64, before: i64) -> rusqlite::Result<usize> {
    let connection = Connection::open(path)?;
    let mut oldest = connection.prepare(
        "DELETE FROM _stream_records WHERE created_at < ?3 AND rowid IN (
             SELECT rowid FROM _stream_records
             WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <= ?2 AND CAST(sequence_number AS INTEGER) <
                 (SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?1)
             ORDER BY CAST(sequence_number AS INTEGER) LIMIT ?4)",
    )?;
    let mut all = 0;
    loop {
        let gone = oldest.execute((table, last, before, AT_ONCE))?;
        all += gone;
        if gone < AT_ONCE {
            return Ok(all);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(connection: &Connection, statement: &str) -> String {
        let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
        let lines = explained.query_map([], |row| row.get::<_, String>(3)).unwrap();
        lines.collect::<rusqlite::Result<Vec<_>>>().unwrap().join("\n")
    }

    #[test]
    fn a_stream_is_not_read_from_its_beginning_for_each_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dynamodb.sqlite");
        let database = Database::new(path.to_str().unwrap()).unwrap();
        prepare(&database, &path).unwrap();
        // A second start finds them there.
        prepare(&database, &path).unwrap();
        let connection = Connection::open(&path).unwrap();
        let last = plan(
            &connection,
            "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 FROM _stream_records WHERE table_name = 't'",
        );
        assert!(last.contains("USING COVERING INDEX stream_last"), "{last}");
        let next = plan(
            &connection,
            "SELECT event_name FROM _stream_records WHERE table_name = 't' AND shard_id = 's'
             AND CAST(sequence_number AS INTEGER) > 5 ORDER BY CAST(sequence_number AS INTEGER) ASC LIMIT 5",
        );
        assert!(next.contains("USING INDEX stream_order") && !next.contains("TEMP B-TREE"), "{next}");
    }
}
