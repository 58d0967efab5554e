//! Messages for people: what is wrong, where, and what would be right.

mod render;
mod text;

use std::fmt;
use std::sync::Arc;

use crate::source::{Source, Span};

pub use render::render;
pub use text::{harmless, nearest, one_of, quoted};

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

impl Diagnostic {
    /// Something that stops the work.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Severity::Error, message)
    }

    /// Something that is probably a mistake, and does not stop the work.
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message)
    }

    /// Something to know that is no mistake.
    pub fn note(message: impl Into<String>) -> Self {
        Self::new(Severity::Note, message)
    }

    fn new(severity: Severity, message: impl Into<String>) -> Self {
        Self { severity, message: message.into(), places: Vec::new(), help: None }
    }

    /// Adds a place; the first is the main one.
    #[must_use]
    pub fn at(mut self, source: &Arc<Source>, span: Span, label: impl Into<String>) -> Self {
        self.places.push(Place { source: Arc::clone(source), span, label: label.into() });
        self
    }

    /// Says what would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Line and column of the main place, both counted from 1, the column in characters.
    pub fn line_column(&self) -> Option<(usize, usize)> {
        self.places.first().map(|place| place.source.line_column(place.span.start))
    }
}

/// One line: `file:line:column: message`. [`render`] shows the line as well.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(place), Some((line, column))) = (self.places.first(), self.line_column()) {
            write!(f, "{}:{line}:{column}: ", harmless(&place.source.name))?;
        }
        f.write_str(&harmless(&self.message))
    }
}

impl std::error::Error for Diagnostic {}
