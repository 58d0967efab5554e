//! JSONPaths into a body, for parameter mappings.

use std::fmt;

use apigateway_vtl::{ErrorKind, Inputs, Template};
use serde_json::{Map, Value as Json};

use super::IntegrationError;

/// What is found, in JSON. The JSONPath that API Gateway has is that of its templates; where nothing is, it gives the empty
/// text, so that a text that is empty counts for nothing as well.
const READ: &str = "$input.json($stageVariables.path)";

/// A JSONPath into a body.
pub(super) struct BodyPath {
    /// From the root: `$.a[0].b`.
    path: String,
    read: Template,
}

impl fmt::Debug for BodyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BodyPath").field(&self.path).finish()
    }
}

impl BodyPath {
    /// Reads a path without its `$.`, as `mapping` has it.
    pub(super) fn parse(mapping: &str, path: &str) -> Result<Self, IntegrationError> {
        let wrong = |reason: String| IntegrationError::JsonPath { mapping: mapping.to_owned(), reason };
        let read = Template::parse(READ).map_err(|error| wrong(error.to_string()))?;
        let parsed = Self { path: format!("$.{path}"), read };
        // Paths are compiled when they are first followed.
        match parsed.read.render(&parsed.inputs("{}")) {
            Err(error) if matches!(error.kind, ErrorKind::InvalidPath(_)) => Err(wrong(error.kind.to_string())),
            _ => Ok(parsed),
        }
    }

    /// What is found; `None` where nothing is, or the body is no JSON.
    pub(super) fn find(&self, body: &str) -> Option<Json> {
        let found = self.read.render(&self.inputs(body)).ok()?.text;
        serde_json::from_str(&found).ok().filter(|found| found != "")
    }

    fn inputs(&self, body: &str) -> Inputs {
        let stage_variables = Map::from_iter([("path".to_owned(), Json::from(self.path.as_str()))]);
        Inputs { body: body.to_owned(), stage_variables, ..Inputs::default() }
    }
}
