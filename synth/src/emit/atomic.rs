//! Files that are there whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file or folder that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{path}`: {cause}", path = .path.display())]
pub struct WriteError {
    /// The file or folder.
    pub path: PathBuf,
    /// Why.
    pub cause: io::Error,
}

/// Writes several files. Each is written beside its place first, under another name, and only when all of them are on
/// disk are they moved there, so a full disk or a power cut leaves the old ones as they were.
///
/// # Errors
/// The first file or folder that cannot be written.
pub fn write_all(files: &[(&Path, &[u8])]) -> Result<(), WriteError> {
    let staged: Vec<_> = files.iter().map(|(path, content)| stage(path, content)).collect::<Result<_, _>>()?;
    for (staged, (path, _)) in staged.into_iter().zip(files) {
        staged.persist(path).map_err(|error| failed(path, error.error))?;
    }
    Ok(())
}

fn stage(path: &Path, content: &[u8]) -> Result<NamedTempFile, WriteError> {
    if path.is_dir() {
        return Err(failed(path, io::ErrorKind::IsADirectory.into()));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Some(file) = folder.ancestors().find(|above| above.exists()).filter(|above| !above.is_dir()) {
        return Err(failed(file, io::Error::new(io::ErrorKind::NotADirectory, "it is a file, and a folder is needed")));
    }
    fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    let write = || {
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(content)?;
        file.as_file().sync_all()?;
        readable(file.path())?;
        Ok(file)
    };
    write().map_err(|error| failed(path, error))
}

/// A temporary file is its owner's alone; a template is for whoever the folder is for.
#[cfg(unix)]
fn readable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &Path) -> io::Result<()> {
    Ok(())
}

fn failed(path: &Path, cause: io::Error) -> WriteError {
    WriteError { path: path.to_owned(), cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_changes_where_one_of_the_files_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let (good, bad) = (folder.path().join("good"), folder.path().join("bad"));
        fs::write(&good, "old").unwrap();
        fs::create_dir(&bad).unwrap();
        let error = write_all(&[(&good, b"new"), (&bad, b"new")]).unwrap_err();
        assert_eq!(error.path, bad);
        assert_eq!(fs::read_to_string(&good).unwrap(), "old");
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.len(), 2, "a temporary file was left behind: {left:?}");
    }

    #[test]
    fn a_folder_that_is_a_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = write_all(&[(&file.join("inside"), b"x")]).unwrap_err();
        assert!(error.to_string().contains(&file.display().to_string()), "{error}");
    }
}
