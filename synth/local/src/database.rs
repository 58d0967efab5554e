//! A SQLite database of ours, on disk or in memory.

use std::ffi::OsString;
use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use rusqlite::config::DbConfig;

/// Where a service keeps what it is given.
#[derive(Debug, Clone, Default)]
pub enum Place {
    /// Gone when the service stops.
    #[default]
    Memory,
    /// In this file. What was acknowledged survives the process being killed at any moment; it may not survive a power
    /// failure, since SQLite is not told to wait for the disk.
    File(PathBuf),
}

/// One connection, which one caller uses at a time.
pub(crate) struct Database(Mutex<Connection>);

impl Database {
    /// Opens the database and runs `schema`, which must do nothing where it has run before.
    pub(crate) fn open(place: &Place, schema: &str) -> rusqlite::Result<Self> {
        let connection = match place {
            Place::Memory => Connection::open_in_memory()?,
            Place::File(path) => on_disk(path)?,
        };
        connection.set_prepared_statement_cache_capacity(64);
        // Plans that hold for any parameter: otherwise a statement with a range is planned anew each time that it runs
        // (<https://www.sqlite.org/queryplanner-ng.html#qpstab>).
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.execute_batch(schema)?;
        Ok(Self(Mutex::new(connection)))
    }

    /// The connection. A caller that panicked left no half-done work behind: its transaction was rolled back.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a database's file one that only its user can read, whatever others may do in its folder. It has to be there before
/// SQLite opens it: the files that SQLite makes beside it get its mode.
pub(crate) fn keep_private(path: &Path) -> io::Result<()> {
    OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
    for ending in ["", "-wal", "-shm"] {
        let mut file = OsString::from(path);
        file.push(ending);
        match fs::set_permissions(&file, Permissions::from_mode(0o600)) {
            Err(why) if why.kind() == io::ErrorKind::NotFound => {}
            done => done?,
        }
    }
    Ok(())
}

/// With a write-ahead log a commit is in the operating system's hands when it returns, which is what a killed process
/// needs (<https://www.sqlite.org/pragma.html#pragma_synchronous>).
fn on_disk(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(connection)
}
