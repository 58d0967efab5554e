//! The request of a client, as a file describes it.

use std::sync::Arc;

use gateway::integration::HttpRequest;
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use synth::report::{Diagnostic, nearest};
use synth::source::{Entry, Node, Source};

const KEYS: [&str; 7] = ["path", "pathParameters", "query", "headers", "body", "authorizer", "context"];

/// Reads a request from a file's tree: an object with any of `path`, `pathParameters`, `query`, `headers`, `body`,
/// `authorizer` and `context`.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub(super) fn read(source: &Arc<Source>, node: &Node) -> Result<HttpRequest, Diagnostic> {
    let mut request = HttpRequest::default();
    for Entry { key, key_span, value } in node.expect_mapping(source, "a request")? {
        match &**key {
            "path" => request.path = Some(value.expect_str(source, "`path`")?.to_owned()),
            "pathParameters" => {
                for entry in value.expect_mapping(source, "`pathParameters`")? {
                    request.path_parameters.insert(entry.key.to_string(), scalar(source, &entry.value)?);
                }
            }
            "query" => request.query = several(source, value, "`query`")?,
            "headers" => request.headers = several(source, value, "`headers`")?,
            "body" => {
                request.body = match value.as_str() {
                    Some(text) => text.to_owned(),
                    None if value.is_null() => String::new(),
                    None => value.to_json().to_string(),
                }
            }
            "authorizer" => request.authorizer = object(source, value, "`authorizer`")?,
            "context" => request.context = object(source, value, "`context`")?,
            other => {
                let help = match nearest(other, KEYS) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("a request has {}", KEYS.map(|key| format!("`{key}`")).join(", ")),
                };
                let error = Diagnostic::error(format!("a request has no `{other}`"));
                return Err(error.at(source, key_span.clone(), "unknown").help(help));
            }
        }
    }
    Ok(request)
}

fn object(source: &Arc<Source>, node: &Node, what: &str) -> Result<Map<String, Json>, Diagnostic> {
    node.expect_mapping(source, what)?;
    Ok(match node.to_json() {
        Json::Object(object) => object,
        _ => Map::new(),
    })
}

fn several(source: &Arc<Source>, node: &Node, what: &str) -> Result<IndexMap<String, Vec<String>>, Diagnostic> {
    let mut all = IndexMap::new();
    for entry in node.expect_mapping(source, what)? {
        let values = match entry.value.as_sequence() {
            Some(items) => items.iter().map(|item| scalar(source, item)).collect::<Result<_, _>>()?,
            None => vec![scalar(source, &entry.value)?],
        };
        all.insert(entry.key.to_string(), values);
    }
    Ok(all)
}

/// A parameter is text; a number or truth value that was written without quotes is taken for its text.
fn scalar(source: &Arc<Source>, node: &Node) -> Result<String, Diagnostic> {
    match node.to_json() {
        Json::String(text) => Ok(text),
        value @ (Json::Number(_) | Json::Bool(_)) => Ok(value.to_string()),
        _ => Err(node.wrong_kind(source, "a parameter", "text, or for a query or header a list of texts")),
    }
}
