//! What serde says, in words for people and with its place.

use std::fmt;
use std::sync::Arc;

use serde::de::{Expected, Unexpected};

use crate::report::{Diagnostic, nearest, one_of, quoted};
use crate::source::{Entry, Node, Source, Span};

/// What went wrong, and what is known so far of its place.
#[derive(Debug)]
pub(super) struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    what: What,
    span: Option<Span>,
    /// The key whose value is wrong.
    subject: Option<String>,
}

#[derive(Debug)]
enum What {
    Custom(String),
    /// A value is not what it must be.
    Wrong {
        wanted: String,
        found: String,
    },
    UnknownKey {
        key: String,
        allowed: &'static [&'static str],
    },
    UnknownVariant {
        variant: String,
        allowed: &'static [&'static str],
    },
    Missing(&'static str),
    Twice(&'static str),
}

impl Error {
    fn new(what: What) -> Self {
        Self(Box::new(Inner { what, span: None, subject: None }))
    }

    /// Adds the place, if there is none yet.
    pub(super) fn at(mut self, span: Span) -> Self {
        self.0.span.get_or_insert(span);
        self
    }

    /// Adds the place, if there is none yet: the node, or within it the key or value that the error names.
    pub(super) fn within(self, node: &Node) -> Self {
        let span = match &self.0.what {
            What::UnknownKey { key, .. } => node.entry(key).map(|entry| entry.key_span.clone()),
            What::Twice(key) => node.entry(key).map(|entry| entry.key_span.clone()),
            What::UnknownVariant { variant, .. } => node
                .as_mapping()
                .and_then(|entries| entries.iter().find(|entry| entry.value.as_str() == Some(variant)))
                .map(|entry| entry.value.span.clone()),
            _ => None,
        };
        self.at(span.unwrap_or_else(|| node.span.clone()))
    }

    /// Notes the key whose value is wrong, if that is what is wrong.
    pub(super) fn about(mut self, entry: &Entry) -> Self {
        if self.0.span.as_ref() == Some(&entry.value.span) {
            self.0.subject.get_or_insert_with(|| entry.key.to_string());
        }
        self
    }

    /// Neither a variant's name nor an object of one key.
    pub(super) fn wrong_variant(node: &Node, variants: &'static [&'static str]) -> Self {
        let wanted = one_of(variants.iter().copied());
        Self::new(What::Wrong { wanted, found: node.describe() }).at(node.span.clone())
    }

    /// Anything but an object, where only an object can be.
    pub(super) fn no_object(node: &Node) -> Self {
        Self::new(What::Wrong { wanted: "an object".to_owned(), found: node.describe() }).at(node.span.clone())
    }

    /// A variant that needs something to go with it stands alone.
    pub(super) fn without_content(variant: &str, node: &Node) -> Self {
        Self::new(What::Custom(format!("{} needs a value: write it as a key", quoted(variant)))).at(node.span.clone())
    }

    /// A variant that is nothing but a name has something with it.
    pub(super) fn with_content(variant: &str, content: &Node) -> Self {
        Self::new(What::Custom(format!("{} takes no value", quoted(variant)))).at(content.span.clone())
    }

    pub(super) fn into_diagnostic(self, source: &Arc<Source>, root: &Node) -> Diagnostic {
        let Inner { what, span, subject } = *self.0;
        let span = span.unwrap_or_else(|| root.span.clone());
        let subject = subject.map_or_else(|| "this value".to_owned(), |key| quoted(&key));
        match what {
            What::Custom(message) => Diagnostic::error(message).at(source, span, ""),
            What::Wrong { wanted, found } => {
                let error = Diagnostic::error(format!("{subject} must be {wanted}"));
                let error = error.at(source, span, format!("this is {found}"));
                match (wanted.as_str(), found.as_str()) {
                    (_, "nothing") => error.help("give it a value, or leave out a key that has a default"),
                    ("text", found) if !found.starts_with('a') => error.help("put it in quotes"),
                    ("`true` or `false`", "the text `yes`" | "the text `on`") => {
                        error.help("YAML 1.2 writes it as `true`")
                    }
                    ("`true` or `false`", "the text `no`" | "the text `off`") => {
                        error.help("YAML 1.2 writes it as `false`")
                    }
                    _ => error,
                }
            }
            What::UnknownKey { key, allowed } => Diagnostic::error(format!("unknown key {}", quoted(&key)))
                .at(source, span, "not a key of this object")
                .help(match nearest(&key, allowed.iter().copied()) {
                    Some(near) => {
                        format!("did you mean `{near}`? allowed: {}", allowed_list(allowed))
                    }
                    None => format!("allowed: {}", allowed_list(allowed)),
                }),
            What::UnknownVariant { variant, allowed } => {
                let error = Diagnostic::error(format!("{subject} cannot be {}", quoted(&variant))).at(
                    source,
                    span,
                    "not one of the choices",
                );
                error.help(match nearest(&variant, allowed.iter().copied()) {
                    Some(near) => {
                        format!("did you mean `{near}`? allowed: {}", allowed_list(allowed))
                    }
                    None => format!("allowed: {}", allowed_list(allowed)),
                })
            }
            What::Missing(key) => Diagnostic::error(format!("the key `{key}` is missing")).at(
                source,
                span,
                format!("`{key}` must be in this object"),
            ),
            What::Twice(key) => Diagnostic::error(format!("the key `{key}` is given twice")).at(source, span, ""),
        }
    }
}

fn allowed_list(allowed: &[&str]) -> String {
    if allowed.is_empty() {
        return "nothing".to_owned();
    }
    allowed.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.what {
            What::Custom(message) => f.write_str(message),
            What::Wrong { wanted, found } => write!(f, "must be {wanted}, is {found}"),
            What::UnknownKey { key, .. } => write!(f, "unknown key {}", quoted(key)),
            What::UnknownVariant { variant, .. } => write!(f, "cannot be {}", quoted(variant)),
            What::Missing(key) => write!(f, "the key `{key}` is missing"),
            What::Twice(key) => write!(f, "the key `{key}` is given twice"),
        }
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(What::Custom(message.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(What::Wrong { wanted: wanted(&expected.to_string()), found: describe(found) })
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::new(What::Wrong { wanted: wanted(&expected.to_string()), found: format!("of length {length}") })
    }

    fn unknown_variant(variant: &str, allowed: &'static [&'static str]) -> Self {
        Self::new(What::UnknownVariant { variant: variant.to_owned(), allowed })
    }

    fn unknown_field(key: &str, allowed: &'static [&'static str]) -> Self {
        Self::new(What::UnknownKey { key: key.to_owned(), allowed })
    }

    fn missing_field(key: &'static str) -> Self {
        Self::new(What::Missing(key))
    }

    fn duplicate_field(key: &'static str) -> Self {
        Self::new(What::Twice(key))
    }
}

/// What serde expects, without the names of Rust's types.
fn wanted(expected: &str) -> String {
    let unsigned = |bits: u32| format!("a whole number from 0 to {}", (1_u128 << bits) - 1);
    let signed =
        |bits: u32| format!("a whole number from -{0} to {1}", 1_u128 << (bits - 1), (1_u128 << (bits - 1)) - 1);
    match expected {
        "u8" => unsigned(8),
        "u16" => unsigned(16),
        "u32" => unsigned(32),
        "u64" | "usize" => unsigned(64),
        "i8" => signed(8),
        "i16" => signed(16),
        "i32" => signed(32),
        "i64" | "isize" => signed(64),
        "f32" | "f64" => "a number".to_owned(),
        "a string" | "string" | "str" => "text".to_owned(),
        "a boolean" | "bool" => "`true` or `false`".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "an object".to_owned(),
        "unit" => "empty".to_owned(),
        _ if expected.starts_with("a nonzero u") => "a whole number above 0".to_owned(),
        _ if expected.starts_with("struct ") || expected.contains("tagged enum ") => "an object".to_owned(),
        _ => expected.to_owned(),
    }
}

fn describe(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Unsigned(number) => format!("the number `{number}`"),
        Unexpected::Signed(number) => format!("the number `{number}`"),
        Unexpected::Float(number) => format!("the number `{number}`"),
        Unexpected::Str(text) => format!("the text {}", quoted(text)),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "an object".to_owned(),
        other => other.to_string(),
    }
}
