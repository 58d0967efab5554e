//! Reading a file from disk, with everything that can be wrong about it before it is YAML.

use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

use super::{Node, Source, tree};
use crate::report::Diagnostic;

/// The largest file that is read, in bytes: 6 MB, which is API Gateway's limit for an OpenAPI document
/// ("Amazon API Gateway quotas": size of an API definition to import).
pub const MAX_BYTES: usize = 6 * 1024 * 1024;

/// UTF-8's byte order mark, which some Windows editors write.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Reads a YAML or JSON file.
///
/// # Errors
///
/// A file that is not there, is no file, is too large (the size is looked at before reading), is not UTF-8,
/// or for which [`parse`](super::parse) has an error.
pub fn read(path: impl AsRef<Path>) -> Result<(Arc<Source>, Node), Diagnostic> {
    let path = path.as_ref();
    let name = path.display().to_string();
    let bytes = bytes(path, &name)?;
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => tree::parse(name, text),
        Err(error) => Err(not_utf8(name, bytes, error.valid_up_to())),
    }
}

fn bytes(path: &Path, name: &str) -> Result<Vec<u8>, Diagnostic> {
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(name, &error))?;
    if metadata.is_dir() {
        return Err(Diagnostic::error(format!("`{name}` is a folder, a file is needed"))
            .help("give the YAML or JSON file itself"));
    }
    if metadata.len() > MAX_BYTES as u64 {
        return Err(too_large(name, Some(metadata.len())));
    }
    let file = std::fs::File::open(path).map_err(|error| unreadable(name, &error))?;
    let mut bytes = Vec::with_capacity(metadata.len().try_into().unwrap_or(0));
    // A pipe or a device has no size of its own, so what comes out of it is counted as well.
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|error| unreadable(name, &error))?;
    if bytes.len() > MAX_BYTES {
        return Err(too_large(name, None));
    }
    Ok(bytes)
}

fn unreadable(name: &str, error: &std::io::Error) -> Diagnostic {
    match error.kind() {
        ErrorKind::NotFound => Diagnostic::error(format!("there is no file `{name}`"))
            .help("check the name, and the folder from which it is looked up"),
        ErrorKind::PermissionDenied => {
            Diagnostic::error(format!("`{name}` may not be read")).help("give the current user the right to read it")
        }
        _ => Diagnostic::error(format!("`{name}` cannot be read: {error}")),
    }
}

fn too_large(name: &str, size: Option<u64>) -> Diagnostic {
    let size = size.map_or_else(|| "more".to_owned(), |size| format!("{size} bytes"));
    Diagnostic::error(format!("`{name}` is too large: {size}, at most {MAX_BYTES} are read"))
        .help(format!("API Gateway imports documents of at most {} MB", MAX_BYTES / 1024 / 1024))
}

/// Points at the first byte that is no UTF-8, in the text as far as it can be shown.
fn not_utf8(name: String, bytes: &[u8], offset: usize) -> Diagnostic {
    let source = Arc::new(Source { name, text: String::from_utf8_lossy(bytes).into_owned() });
    // Everything before the offset is valid, so it means the same place in the text that is shown.
    let utf16 = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    let help = if utf16 { "the file seems to be UTF-16: save it as UTF-8" } else { "save the file as UTF-8" };
    Diagnostic::error(format!("this is not UTF-8: byte 0x{:02X} at offset {offset}", bytes[offset]))
        .at(&source, offset..offset + char::REPLACEMENT_CHARACTER.len_utf8(), "this byte")
        .help(help)
}
