//! Messages for people: what is wrong, where, and what would be right.

use std::sync::Arc;

use crate::source::{Source, Span};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is written.
    Error,
    /// Written all the same.
    Warning,
    /// Shown with `-v` only: what was changed or left out on the way, and why.
    Note,
}

/// A place in a file, with what is the matter there.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file.
    pub source: Arc<Source>,
    /// Where in it.
    pub span: Span,
    /// What is the matter there; may be empty.
    pub label: String,
}

/// One message.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line, lower case, without a full stop.
    pub message: String,
    /// Where; the first is the main one. Empty where no file is concerned.
    pub places: Vec<Place>,
    /// What would be right.
    pub help: Option<String>,
}
