//! What is wrong with a template source, as a message that points at it.

use std::ops::Range;
use std::sync::Arc;

use minijinja::{Error, ErrorKind};

use super::Templates;
use crate::report::{self, Diagnostic, Severity};
use crate::source::Source;

/// Where in a source a message points.
pub(super) enum Place {
    /// At its first line.
    Start,
    /// At the line that sets this; the first line where there is none.
    Set(&'static str),
}

/// A message about no file.
pub(super) fn plain(message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    Diagnostic { severity: Severity::Error, message: message.into(), places: Vec::new(), help: Some(help.into()) }
}

/// A message about a place in a source.
pub(super) fn at(
    templates: &Templates,
    name: &str,
    place: Place,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Diagnostic {
    let mut diagnostic = plain(message, help);
    if let Some(source) = templates.source(name) {
        let start = match place {
            Place::Start => None,
            Place::Set(set) => source.text.find(&format!("set {set} ")),
        };
        diagnostic.places.push(pointed(source, line_at(&source.text, start.unwrap_or(0))));
    }
    diagnostic
}

/// Minijinja's own message. An error in an included file comes wrapped in one per file that includes it; the
/// innermost says what is wrong.
pub(super) fn diagnostic(templates: &Templates, error: &Error) -> Diagnostic {
    let innermost = innermost(error);
    let detail = innermost.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    let mut diagnostic = Diagnostic {
        severity: Severity::Error,
        message: format!("{}{detail}", innermost.kind()),
        places: Vec::new(),
        help: help(innermost.kind()).map(str::to_owned),
    };
    if let Some(source) = innermost.name().and_then(|name| templates.source(name)) {
        let span = innermost.range().filter(|range| source.text.get(range.clone()).is_some());
        let span = span.or_else(|| innermost.line().map(|line| line_number(&source.text, line)));
        diagnostic.places.push(pointed(source, span.unwrap_or(0..0)));
    }
    diagnostic
}

/// Whether two messages say the same of the same place.
pub(super) fn same(one: &Diagnostic, other: &Diagnostic) -> bool {
    let place = |diagnostic: &Diagnostic| diagnostic.places.first().map(|p| (p.source.name.clone(), p.span.clone()));
    one.message == other.message && place(one) == place(other)
}

fn innermost(error: &Error) -> &Error {
    let mut deepest = error;
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        if let Some(cause) = cause.downcast_ref::<Error>() {
            deepest = cause;
        }
        next = cause.source();
    }
    deepest
}

fn help(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::UndefinedError => Some("the names that there are: synth/src/mapping/names.rs"),
        ErrorKind::TemplateNotFound => Some("paths count from the templates folder"),
        ErrorKind::SyntaxError => Some("blocks are `<% %>`, values `<< >>`, comments `<# #>`"),
        _ => None,
    }
}

fn pointed(source: &Arc<Source>, span: Range<usize>) -> report::Place {
    report::Place { source: Arc::clone(source), span, label: String::new() }
}

/// The line in which a byte stands, without its newline.
fn line_at(text: &str, byte: usize) -> Range<usize> {
    let start = text[..byte].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[byte..].find('\n').map_or(text.len(), |newline| byte + newline);
    start..end
}

/// A line by its number, counted from 1.
fn line_number(text: &str, line: usize) -> Range<usize> {
    let start = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    line_at(text, start)
}
