//! A YAML or JSON file as a tree in which every node knows where it stands.
//!
//! Everything that people write (specifications, stack files) is read through here, so that an error can
//! point at the line that caused it.

use std::ops::Range;
use std::sync::Arc;

/// A file that was read, with its name as the user gave it.
#[derive(Debug)]
pub struct Source {
    /// As the user wrote it, for messages.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// A byte range in a [`Source`].
pub type Span = Range<usize>;

/// A value, and where it stands.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it stands. For an alias, where the alias stands.
    pub span: Span,
}

/// What a node can be: JSON's kinds of value.
#[derive(Debug, Clone)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`, in no other spelling.
    Bool(bool),
    /// An integer or a decimal number.
    Number(serde_json::Number),
    /// Text.
    String(Arc<str>),
    /// A list.
    Sequence(Vec<Node>),
    /// Key and value pairs in the order of the file; keys are unique.
    Mapping(Vec<Entry>),
}

/// One key with its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: Arc<str>,
    /// Where the key stands.
    pub key_span: Span,
    /// Its value.
    pub value: Node,
}
