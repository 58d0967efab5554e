//! Writing what was built: the template and the list of its assets.

mod atomic;
mod format;

use std::path::{Path, PathBuf};

pub use atomic::{WriteError, write_all};
pub use format::{Format, render};

use crate::stack::Built;

/// Writes `<name>.template.<json|yaml>` and `<name>.assets.json` into a folder, which is made where it is not there.
/// Returns their paths. Both are on disk before the first takes its place, and each takes it whole.
///
/// # Errors
/// A folder or file that cannot be written.
pub fn write(
    built: &Built,
    template: &str,
    name: &str,
    folder: &Path,
    format: Format,
) -> Result<[PathBuf; 2], WriteError> {
    let assets = render(&built.assets, Format::Json);
    let paths =
        [folder.join(format!("{name}.template.{}", format.extension())), folder.join(format!("{name}.assets.json"))];
    write_all(&[(&paths[0], template.as_bytes()), (&paths[1], assets.as_bytes())])?;
    Ok(paths)
}
