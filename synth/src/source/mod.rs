//! A YAML or JSON file as a tree in which every node knows where it stands.
//!
//! Everything that people write (specifications, stack files) is read through here, so that an error can
//! point at the line that caused it.

pub mod de;
mod file;
mod node;
mod position;
mod scalar;
mod syntax;
mod tree;

use std::ops::Range;
use std::sync::Arc;

pub use file::{MAX_BYTES, read};
pub use position::offset;
pub use tree::{MAX_ALIASED_NODES, MAX_DEPTH, parse};

/// A file that was read, with its name as the user gave it.
#[derive(Debug)]
pub struct Source {
    /// As the user wrote it, for messages.
    pub name: String,
    /// The whole text, without a byte order mark.
    pub text: String,
}

/// A byte range in a [`Source`].
pub type Span = Range<usize>;

/// A value, and where it stands.
///
/// A tree is at most [`MAX_DEPTH`] deep, so walking, cloning and dropping it may recurse.
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
    /// `true` or `false`, in the three spellings of YAML 1.2: `true`, `True`, `TRUE`. `yes` and `no` are text.
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
    /// The key; one that is no text (`200:`) as it was written.
    pub key: Arc<str>,
    /// Where the key stands.
    pub key_span: Span,
    /// Its value.
    pub value: Node,
}
