//! Looking into a tree.

use std::sync::Arc;

use super::{Entry, Node, Source, Value};
use crate::report::{Diagnostic, quoted};

impl Node {
    /// The value of a key; `None` where there is none, or where this is no mapping.
    ///
    /// Looks at one key after another: meant for objects of a few keys, not for a document's components.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// As [`get`](Self::get), with the key's place.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.as_mapping()?.iter().find(|entry| &*entry.key == key)
    }

    /// The text, where it is text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, where it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The number, where it is one.
    pub fn as_number(&self) -> Option<&serde_json::Number> {
        match &self.value {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The number, where it is a whole one and not negative.
    pub fn as_u64(&self) -> Option<u64> {
        self.as_number().and_then(serde_json::Number::as_u64)
    }

    /// The items, where it is a list.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, where it is an object.
    pub fn as_mapping(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// What it is, for a message: `text`, `a list`, ...
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "`true` or `false`",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "an object",
        }
    }

    /// What it is with its value where that is short, for a message: `the text "abc"`.
    pub fn describe(&self) -> String {
        match &self.value {
            Value::Bool(value) => format!("`{value}`"),
            Value::Number(number) => format!("the number `{number}`"),
            Value::String(text) => format!("the text {}", quoted(text)),
            _ => self.kind().to_owned(),
        }
    }

    /// How much it holds: one for each value, and the bytes of its texts.
    pub fn size(&self) -> usize {
        1 + match &self.value {
            Value::String(text) => text.len(),
            Value::Sequence(items) => items.iter().map(Self::size).sum(),
            Value::Mapping(entries) => entries.iter().map(|entry| entry.key.len() + entry.value.size()).sum(),
            _ => 0,
        }
    }

    /// The same as JSON, without places.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => serde_json::Value::Bool(*value),
            Value::Number(number) => serde_json::Value::Number(number.clone()),
            Value::String(text) => serde_json::Value::String(text.to_string()),
            Value::Sequence(items) => items.iter().map(Self::to_json).collect(),
            Value::Mapping(entries) => serde_json::Value::Object(
                entries.iter().map(|entry| (entry.key.to_string(), entry.value.to_json())).collect(),
            ),
        }
    }

    /// The entries of an object.
    ///
    /// # Errors
    ///
    /// Anything but an object. `what` names what the object describes: `a parameter`.
    pub fn expect_mapping(&self, source: &Arc<Source>, what: &str) -> Result<&[Entry], Diagnostic> {
        self.as_mapping().ok_or_else(|| self.wrong_kind(source, what, "an object"))
    }

    /// The items of a list.
    ///
    /// # Errors
    ///
    /// Anything but a list.
    pub fn expect_sequence(&self, source: &Arc<Source>, what: &str) -> Result<&[Node], Diagnostic> {
        self.as_sequence().ok_or_else(|| self.wrong_kind(source, what, "a list"))
    }

    /// The text.
    ///
    /// # Errors
    ///
    /// Anything but text, a number without quotes included.
    pub fn expect_str(&self, source: &Arc<Source>, what: &str) -> Result<&str, Diagnostic> {
        self.as_str().ok_or_else(|| self.wrong_kind(source, what, "text"))
    }

    /// The truth value.
    ///
    /// # Errors
    ///
    /// Anything but `true` and `false`, the same in quotes included.
    pub fn expect_bool(&self, source: &Arc<Source>, what: &str) -> Result<bool, Diagnostic> {
        self.as_bool().ok_or_else(|| self.wrong_kind(source, what, "`true` or `false`"))
    }

    /// An error that says what this should be and what it is.
    pub fn wrong_kind(&self, source: &Arc<Source>, what: &str, wanted: &str) -> Diagnostic {
        let error = Diagnostic::error(format!("{what} must be {wanted}")).at(
            source,
            self.span.clone(),
            format!("this is {}", self.describe()),
        );
        match (&self.value, wanted) {
            (Value::Number(_) | Value::Bool(_), "text") => error.help("put it in quotes"),
            (Value::String(text), "`true` or `false`") if matches!(&**text, "true" | "false") => {
                error.help("leave the quotes out")
            }
            (Value::String(text), "`true` or `false`") if matches!(&**text, "yes" | "on" | "Yes" | "On") => {
                error.help("YAML 1.2 writes it as `true`")
            }
            (Value::String(text), "`true` or `false`") if matches!(&**text, "no" | "off" | "No" | "Off") => {
                error.help("YAML 1.2 writes it as `false`")
            }
            _ => error,
        }
    }
}
