//! What is wrong with the disk, or with a file on it, and not with what was asked.

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// The file is no database, or no whole one.
    Damaged,
    /// There is no space.
    Full,
}

impl Disk {
    /// By what SQLite says (<https://www.sqlite.org/rescode.html>): of `dynoxide`'s errors there is nothing but the text.
    pub fn of(said: &str) -> Option<Self> {
        let says = |texts: &[&str]| texts.iter().any(|text| said.contains(text));
        if says(&["file is not a database", "not a valid SQLite database", "disk image is malformed"]) {
            return Some(Self::Damaged);
        }
        says(&["database or disk is full"]).then_some(Self::Full)
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn what_sqlite_says_is_understood() {
        let full = Connection::open_in_memory().unwrap();
        full.execute_batch("PRAGMA max_page_count = 2; CREATE TABLE t (a)").unwrap();
        let why = full.execute("INSERT INTO t VALUES (zeroblob(100000))", []).unwrap_err();
        assert_eq!(Disk::of(&why.to_string()), Some(Disk::Full), "{why}");

        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "no database, ".repeat(100)).unwrap();
        let why = Connection::open(file.path()).unwrap().execute_batch("CREATE TABLE t (a)").unwrap_err();
        assert_eq!(Disk::of(&why.to_string()), Some(Disk::Damaged), "{why}");
        let path = file.path().to_str().unwrap();
        let why = dynoxide::Database::new(path).err().unwrap();
        assert_eq!(Disk::of(&why.to_string()), Some(Disk::Damaged), "{why}");

        let why = full.execute("INSERT INTO u VALUES (1)", []).unwrap_err();
        assert_eq!(Disk::of(&why.to_string()), None, "{why}");
    }
}
