//! What can go wrong, and where in the template.

use std::fmt;

/// A place in a template, counted from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Position {
    /// The place of a byte offset in a text.
    pub(crate) fn of(text: &str, offset: usize) -> Self {
        let mut end = offset.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &text[..end];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        Position { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A fault at a byte offset, before it is known which line that is. It is boxed, so that the results of what rarely
/// fails stay small.
#[derive(Debug)]
pub(crate) struct Fault(Box<(usize, String)>);

impl Fault {
    #[cold]
    pub(crate) fn new(offset: usize, message: impl Into<String>) -> Self {
        Fault(Box::new((offset, message.into())))
    }

    /// As an error of the whole template.
    pub(crate) fn within(self, source: &str) -> ParseError {
        let (offset, message) = *self.0;
        ParseError { position: Position::of(source, offset), message }
    }
}

/// The text is not a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {message}")]
pub struct ParseError {
    /// Where.
    pub position: Position,
    /// What was found, and what was expected.
    pub message: String,
}

/// Rendering failed: API Gateway would answer with a 5XX (or 400 where the body is not JSON).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {kind}")]
pub struct RenderError {
    /// The reference or directive that was being rendered.
    pub position: Position,
    /// What went wrong.
    pub kind: ErrorKind,
}

/// The ways in which rendering fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A method raised an exception, which ends the rendering on API Gateway too.
    #[error("{0}")]
    Exception(String),
    /// The body, or the argument of `$util.parseJson`, is not JSON as json-smart reads it.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// A JSONPath that does not compile.
    #[error("invalid JSONPath: {0}")]
    InvalidPath(String),
    /// The method exists in Java and this crate does not have it; rendering stops rather than guess.
    #[error("{0} is not supported by this interpreter")]
    Unsupported(String),
    /// A limit of [`Limits`](crate::Limits) was reached.
    #[error("{0}")]
    Limit(String),
}
