//! Where the local stack keeps what has to be there the next time.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It cannot be made, read or written.
    #[error("cannot use {}: {source}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another process has it open.
    #[error(
        "{} is in use by another `synth local`; end that one, or keep this one's state elsewhere with --data DIR or --in-memory",
        .0.display()
    )]
    InUse(PathBuf),
    /// There is nothing that says where a user's state goes.
    #[error("neither XDG_STATE_HOME nor HOME is set; say where to keep state with --data DIR")]
    NoHome,
}

impl StateError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Io { path, source }
    }
}

/// The folders of one run: where the issuer's key lies, and where the stack's own state lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// Of the local issuer.
    pub issuer: PathBuf,
    /// Of the stack.
    pub stack: PathBuf,
}

impl Folders {
    /// `data` where one is given, which then holds both; otherwise under the user's state directory
    /// (<https://specifications.freedesktop.org/basedir-spec/latest/>), where all stacks share one issuer.
    ///
    /// # Errors
    /// [`StateError::NoHome`].
    pub fn new(data: Option<&Path>, stack: &str) -> Result<Self, StateError> {
        if let Some(data) = data {
            return Ok(Self { issuer: data.to_owned(), stack: data.to_owned() });
        }
        let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")));
        let issuer = state.ok_or(StateError::NoHome)?.join("synth");
        Ok(Self { stack: issuer.join(stack), issuer })
    }
}

/// Makes a folder that only its user can look into.
pub(crate) fn make(folder: &Path) -> Result<(), StateError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(StateError::io(folder))
}

/// A folder that no other process uses as long as this lives.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "the lock goes when the file is closed")] File);

impl Lock {
    pub(crate) fn take(folder: &Path) -> Result<Self, StateError> {
        let path = folder.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(StateError::io(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(fs::TryLockError::WouldBlock) => Err(StateError::InUse(folder.to_owned())),
            Err(fs::TryLockError::Error(source)) => Err(StateError::Io { path, source }),
        }
    }
}

/// Writes a file that only its user can read; it is there whole or not at all.
///
/// # Errors
/// Where it cannot be written.
pub fn write(path: &Path, content: &[u8]) -> Result<(), StateError> {
    let unfinished = unfinished(path);
    let done =
        begin(&unfinished, content).and_then(|file| file.sync_all()).and_then(|()| fs::rename(&unfinished, path));
    done.map_err(StateError::io(path))
}

/// Finds out whether a file can be written later. What is there stays.
///
/// # Errors
/// Where it could not be written.
pub fn can_write(path: &Path) -> Result<(), StateError> {
    let unfinished = unfinished(path);
    let tried = begin(&unfinished, b"").and_then(|_| fs::remove_file(&unfinished));
    let done = tried.and_then(|()| if path.is_dir() { Err(io::ErrorKind::IsADirectory.into()) } else { Ok(()) });
    done.map_err(StateError::io(path))
}

/// Takes away what an earlier run left there.
pub(crate) fn make_way(path: &Path) -> Result<(), StateError> {
    match fs::remove_file(path) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(StateError::io(path)),
    }
}

/// The same without waiting for the disk, for what can be worked out anew: after a power failure the file may be empty.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn note(path: &Path, content: &[u8]) -> Result<(), StateError> {
    let unfinished = unfinished(path);
    let done = begin(&unfinished, content).and_then(|_| fs::rename(&unfinished, path));
    done.map_err(StateError::io(path))
}

/// Writes a file that only its user can read, not yet under its own name.
fn begin(unfinished: &Path, content: &[u8]) -> io::Result<File> {
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(unfinished)?;
    file.write_all(content)?;
    Ok(file)
}

/// A name beside a file's, this process's own.
fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

/// Reads a file, or makes it where there is none; of two processes that make it at the same time, both get what one of
/// them made.
pub(crate) fn read_or_make(path: &Path, content: impl FnOnce() -> Vec<u8>) -> Result<Vec<u8>, StateError> {
    match fs::read(path) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => {}
        read => return read.map_err(StateError::io(path)),
    }
    let made = content();
    let unfinished = unfinished(path);
    let linked = (|| {
        begin(&unfinished, &made)?.sync_all()?;
        // Unlike a rename, a link does not take the place of what is there.
        let linked = fs::hard_link(&unfinished, path);
        fs::remove_file(&unfinished)?;
        linked
    })();
    match linked {
        Ok(()) => Ok(made),
        Err(why) if why.kind() == io::ErrorKind::AlreadyExists => fs::read(path).map_err(StateError::io(path)),
        Err(source) => Err(StateError::Io { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_that_is_given_holds_everything() {
        let folders = Folders::new(Some(Path::new("/x")), "log").unwrap();
        assert_eq!(folders, Folders { issuer: "/x".into(), stack: "/x".into() });
    }

    #[test]
    fn a_folder_is_used_by_one_process_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();
        assert!(matches!(Lock::take(folder.path()), Err(StateError::InUse(_))));
        drop(first);
        Lock::take(folder.path()).unwrap();
    }

    #[test]
    fn only_its_user_can_read_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bestand");
        for written in [write, note] {
            let _ = fs::remove_file(&path);
            written(&path, b"tekst").unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"tekst");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn what_was_made_first_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sleutel");
        assert_eq!(read_or_make(&path, || b"een".to_vec()).unwrap(), b"een");
        assert_eq!(read_or_make(&path, || b"twee".to_vec()).unwrap(), b"een");
        write(&path, b"drie").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"drie");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
