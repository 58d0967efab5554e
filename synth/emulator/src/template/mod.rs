//! The template that CloudFormation would get, and what its intrinsic functions come to on this machine.

mod intrinsic;
mod names;
mod parameters;
mod properties;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

pub(crate) use intrinsic::Resolver;
pub(crate) use names::{ACCOUNT, Names, name_property};
pub(crate) use properties::Properties;

/// What is wrong with a template.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is no JSON object.
    #[error("{}:{line}:{column}: {what}; it has to be a CloudFormation template in JSON, as `synth` writes it", path.display())]
    Json {
        /// Which.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What JSON says.
        what: String,
    },
    /// Something in it cannot be made sense of.
    #[error("{path}: {what}")]
    Value {
        /// Where, as a JSON path: `Resources.Table.Properties.KeySchema`.
        path: String,
        /// What is wrong, and what would be right.
        what: String,
    },
}

impl TemplateError {
    pub(crate) fn at(path: &str, what: impl Into<String>) -> Self {
        Self::Value { path: path.to_owned(), what: what.into() }
    }
}

/// A whole number, which CloudFormation also takes as text.
pub(crate) fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// A value that is neither list nor object, as text: to CloudFormation, `true` and `"true"` are the same.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// A template.
#[derive(Debug)]
pub struct Template {
    root: Map<String, Value>,
}

/// A resource as the template has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resource<'a> {
    pub(crate) id: &'a str,
    pub(crate) kind: &'a str,
    /// The whole of it: `Type`, `Properties`, `Condition` and so on.
    pub(crate) whole: &'a Value,
}

impl Template {
    /// Reads a template from a file.
    ///
    /// # Errors
    /// Where it cannot be read, or is no JSON object with resources.
    pub fn read(path: &Path) -> Result<Self, TemplateError> {
        let unreadable = |source| TemplateError::File { path: path.to_owned(), source };
        Self::read_from(path, File::open(path).map_err(unreadable)?)
    }

    /// Reads a template from anything; `name` is what messages call it.
    ///
    /// # Errors
    /// As [`Template::read`].
    pub fn read_from(name: impl AsRef<Path>, mut from: impl Read) -> Result<Self, TemplateError> {
        let path = name.as_ref();
        let mut text = String::new();
        from.read_to_string(&mut text).map_err(|source| TemplateError::File { path: path.to_owned(), source })?;
        let json = |line, column, what: String| TemplateError::Json { path: path.to_owned(), line, column, what };
        match serde_json::from_str(&text) {
            Ok(Value::Object(root)) => Self::of(root),
            Ok(_) => Err(json(1, 1, "this is no JSON object".to_owned())),
            Err(why) => {
                let what = why.to_string();
                let what = what.split(" at line ").next().unwrap_or_default().to_owned();
                Err(json(why.line(), why.column(), what))
            }
        }
    }

    /// A template that has been parsed.
    ///
    /// # Errors
    /// Where it has no resources, or one without a type.
    pub fn of(root: Map<String, Value>) -> Result<Self, TemplateError> {
        let Some(resources) = root.get("Resources").and_then(Value::as_object) else {
            return Err(TemplateError::at("Resources", "there are none; a template has an object of them here"));
        };
        for (id, resource) in resources {
            if resource["Type"].as_str().is_none() {
                return Err(TemplateError::at(&format!("Resources.{id}.Type"), "there is none; a resource has one"));
            }
        }
        Ok(Self { root })
    }

    /// Its resources, in their order.
    pub(crate) fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        let resources = self.root.get("Resources").and_then(Value::as_object).into_iter().flatten();
        resources.map(|(id, whole)| Resource { id, kind: whole["Type"].as_str().unwrap_or_default(), whole })
    }

    fn part(&self, name: &str) -> Option<&Map<String, Value>> {
        self.root.get(name).and_then(Value::as_object)
    }
}
