//! `$input`

use std::collections::HashMap;

use super::{argument_text, null_pointer};
use crate::error::ErrorKind;
use crate::json;
use crate::jsonpath::{self, Path};
use crate::regex::Patterns;
use crate::render::{Flow, Interpreter};
use crate::string::{JStr, Out};
use crate::value::{Outcome, Value, unsupported};

/// The request or response that a rendering is about.
pub(crate) struct InputState<'r> {
    pub(crate) body: JStr<'r>,
    /// The map of `path`, `querystring` and `header`.
    pub(crate) params: Value<'r>,
    pub(crate) document: Option<Value<'r>>,
    pub(crate) paths: HashMap<&'r str, &'r Path>,
    pub(crate) patterns: Patterns<'r>,
}

impl<'r> Interpreter<'r> {
    fn document(&mut self) -> Outcome<Value<'r>> {
        if let Some(document) = &self.input.document {
            return Ok(*document);
        }
        let body = self.input.body;
        let document = json::parse(&mut self.heap, &body)?;
        self.input.document = Some(document);
        Ok(document)
    }

    /// What a JSONPath finds; `None` where there is nothing.
    fn read(&mut self, path: &JStr<'r>) -> Outcome<Option<Value<'r>>> {
        let document = self.document()?;
        if document.is_null() {
            return Ok((path.as_str() == Some("$")).then_some(Value::Null));
        }
        let compiled = match path.as_str().and_then(|path| self.input.paths.get(path)) {
            Some(compiled) => *compiled,
            None => {
                let Some(text) = path.as_str() else {
                    return unsupported("half a surrogate pair in a JSONPath");
                };
                let compiled = self.heap.store.path(jsonpath::compile(text).map_err(ErrorKind::InvalidPath)?);
                self.heap.charge(path.bytes() + 64)?;
                self.input.paths.insert(text, compiled);
                compiled
            }
        };
        jsonpath::read(&mut self.heap, &mut self.input.patterns, compiled, &document)
    }
}

pub(super) fn invoke<'r>(it: &mut Interpreter<'r>, method: &str, a: &[Value<'r>]) -> Flow<Value<'r>> {
    let text = match a.first() {
        Some(value) => argument_text(it, value)?,
        None => None,
    };
    match (method, text) {
        ("getBody()", _) => Ok(Value::Str(it.input.body)),
        ("params()", _) => Ok(it.input.params),
        ("params(String)", name) => {
            let name = name.map_or(Value::Null, Value::Str);
            let Value::Object(params) = it.input.params else {
                return Ok(Value::Null);
            };
            for place in ["path", "querystring", "header"] {
                if let Value::Object(map) = it.heap.map_get(params, &Value::str(place))? {
                    let value = it.heap.map_get(map, &name)?;
                    if !value.is_null() {
                        return Ok(value);
                    }
                }
            }
            Ok(Value::Null)
        }
        ("path(String)", Some(path)) => Ok(it.read(&path)?.unwrap_or(Value::Null)),
        ("json(String)", Some(path)) => {
            let mut out = Out::new();
            match it.read(&path)? {
                Some(value) => json::write(&mut it.heap, &value, false, &mut out)?,
                None => out.push_str("\"\""),
            }
            Ok(it.heap.made(out)?)
        }
        ("path(String)" | "json(String)", None) => Ok(null_pointer()?),
        _ => Ok(unsupported(format!("$input.{method}"))?),
    }
}
