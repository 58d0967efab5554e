//! Numbers and booleans of a resource, which CloudFormation also takes as text: what a parameter gives always is.

use serde_json::Value;

use super::{TemplateError, whole};

/// A resource's properties, resolved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Properties<'a> {
    pub(crate) all: &'a Value,
    /// Where they are, for messages.
    pub(crate) path: &'a str,
}

impl Properties<'_> {
    /// A whole number; nothing where there is none. A dot leads into a property of a property.
    pub(crate) fn whole(&self, name: &str) -> Result<Option<u64>, TemplateError> {
        self.read(name, whole, "this has to be a whole number")
    }

    /// The same of a number that may be -1, which stands for nothing too.
    pub(crate) fn limit(&self, name: &str) -> Result<Option<u64>, TemplateError> {
        let limit = |value: &Value| if *value == -1 || *value == "-1" { Some(None) } else { whole(value).map(Some) };
        let read = self.read(name, limit, "this has to be a whole number, or -1 for no limit")?;
        Ok(read.flatten())
    }

    /// A boolean; nothing where there is none.
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, TemplateError> {
        let boolean = |value: &Value| value.as_bool().or_else(|| value.as_str()?.parse().ok());
        self.read(name, boolean, "this has to be true or false")
    }

    fn read<T>(&self, name: &str, how: impl Fn(&Value) -> Option<T>, what: &str) -> Result<Option<T>, TemplateError> {
        match name.split('.').fold(self.all, |within, name| &within[name]) {
            Value::Null => Ok(None),
            value => how(value).map(Some).ok_or_else(|| TemplateError::at(&format!("{}.{name}", self.path), what)),
        }
    }
}
