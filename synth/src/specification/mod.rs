//! OpenAPI 3.0 documents, lowered to an explicit model before anything is emitted.

mod flatten;
mod lower;
mod model;
mod route;

use std::path::Path as FilePath;
use std::sync::Arc;

use crate::report::Diagnostic;
use crate::source::{self, Node, Source};

pub use flatten::flatten;
pub use model::*;

/// What [`lower`] returns: the model with warnings and notes, or all errors.
pub type Lowered = Result<(Specification, Vec<Diagnostic>), Vec<Diagnostic>>;

/// Lowers an OpenAPI 3.0 document to the model.
///
/// Accepted is what OpenAPI 3.0.3 has. What the model has no place for is named in a note, once for each kind.
///
/// # Errors
///
/// All mistakes that were found, in the order of the document; at most 50 of them are shown.
pub fn lower(source: &Arc<Source>, node: &Node) -> Lowered {
    lower::document(source, node)
}

/// Reads a file and lowers it.
///
/// # Errors
///
/// Those of [`source::read`], and those of [`lower`].
pub fn read(path: impl AsRef<FilePath>) -> Lowered {
    let (source, node) = source::read(path).map_err(|error| vec![error])?;
    lower(&source, &node)
}
