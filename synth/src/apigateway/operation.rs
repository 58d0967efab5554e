//! What a client may send to an operation and get back: parameters, body, responses.

use serde_json::{Map, Value as Json, json};

use super::models::{Models, pascal_case};
use super::problems::{Problems, at};
use super::schema::Direction;
use crate::specification::{Location, Method, Operation, Segment, Specification};

/// An operation's `parameters`. Of each, API Gateway keeps the name, the place and whether it is required
/// ("Amazon API Gateway important notes"), and every value is text to it.
pub(super) fn parameters(specification: &Specification, operation: &Operation, problems: &mut Problems) -> Vec<Json> {
    let mut all = Vec::new();
    for parameter in &operation.parameters {
        let location = match parameter.location {
            Location::Path => "path",
            Location::Query => "query",
            Location::Header => "header",
            Location::Cookie => {
                problems.error(
                    vec![at(specification, &parameter.span, "")],
                    format!("parameter `{}` is a cookie", parameter.name),
                    "API Gateway has parameters in the path, the query and headers only",
                );
                continue;
            }
        };
        let reserved = ["accept", "authorization", "content-type"];
        if parameter.location == Location::Header && reserved.contains(&parameter.name.to_ascii_lowercase().as_str()) {
            problems.note(
                vec![at(specification, &parameter.span, "")],
                format!("header parameter `{}` is left out", parameter.name),
                "OpenAPI 3.0 says that such a parameter is to be ignored: media types and security say it",
            );
            continue;
        }
        let name = parameter.name.strip_suffix('+').unwrap_or(&parameter.name);
        if !is_name(name) {
            problems.error(
                vec![at(specification, &parameter.span, "")],
                format!("parameter `{name}` has a name that API Gateway refuses"),
                "use letters, digits and . : _ $ - only",
            );
        }
        problems.left_out(
            specification,
            &parameter.span,
            "description and schema of a parameter",
            "API Gateway looks at its name, its place and whether it is required; gen, auth and the templates check its value",
        );
        all.push(parameter_object(name, location, parameter.required));
    }
    all
}

/// The `parameters` of a method that only has those of its route.
pub(super) fn path_parameters(segments: &[Segment]) -> Vec<Json> {
    segments
        .iter()
        .filter_map(|segment| match segment {
            Segment::Parameter(name) => {
                let name = name.strip_suffix('+').unwrap_or(name);
                Some(parameter_object(name, "path", true))
            }
            Segment::Literal(_) | Segment::Mixed(_) => None,
        })
        .collect()
}

fn parameter_object(name: &str, location: &str, required: bool) -> Json {
    json!({ "name": name, "in": location, "required": required, "schema": { "type": "string" } })
}

/// An operation's `requestBody`.
pub(super) fn request_body(
    document: usize,
    specification: &Specification,
    operation: &Operation,
    models: &mut Models<'_>,
    problems: &mut Problems,
) -> Option<Json> {
    let body = operation.request_body.as_ref()?;
    if matches!(operation.method, Method::Get | Method::Head | Method::Delete | Method::Options) {
        problems.note(
            vec![at(specification, &operation.span, "")],
            format!("the request body of operation `{}` is left out", operation.id),
            "a body has no meaning with this method",
        );
        return None;
    }
    let suggestion = format!("{}Request", pascal_case(&operation.id));
    let mut content = Map::new();
    for (media_type, schema) in &body.content {
        let model = models.body(document, schema, Direction::Request, &suggestion, problems);
        content.insert(media_type.clone(), json!({ "schema": model }));
    }
    Some(json!({ "required": body.required, "content": content }))
}

/// An operation's `responses`. What is not a single status cannot be a method response; nothing depends on it,
/// since a status that was not declared is passed on all the same.
pub(super) fn responses(
    document: usize,
    specification: &Specification,
    operation: &Operation,
    models: &mut Models<'_>,
    problems: &mut Problems,
) -> Map<String, Json> {
    let mut all = Map::new();
    for (status, response) in &operation.responses {
        if !is_status(status) {
            problems.note(
                vec![at(specification, &response.span, "")],
                format!("response `{status}` of operation `{}` is left out", operation.id),
                "a method response in API Gateway has one status code",
            );
            continue;
        }
        let mut out = Map::new();
        out.insert("description".to_owned(), json!(response.description));
        for name in response.headers.keys().filter(|name| !is_name(name)) {
            problems.error(
                vec![at(specification, &response.span, "")],
                format!("header `{name}` has a name that API Gateway refuses"),
                "use letters, digits and . : _ $ - only",
            );
        }
        if !response.headers.is_empty() {
            problems.left_out(
                specification,
                &response.span,
                "description and schema of a response's headers",
                "API Gateway looks at their names",
            );
            let headers: Map<String, Json> = response.headers.keys().map(|name| (name.clone(), header())).collect();
            out.insert("headers".to_owned(), Json::Object(headers));
        }
        if !response.content.is_empty() {
            let suggestion = format!("{}{status}", pascal_case(&operation.id));
            let mut content = Map::new();
            for (media_type, schema) in &response.content {
                let model = models.body(document, schema, Direction::Response, &suggestion, problems);
                content.insert(media_type.clone(), json!({ "schema": model }));
            }
            out.insert("content".to_owned(), Json::Object(content));
        }
        all.insert(status.clone(), Json::Object(out));
    }
    all
}

/// Makes sure that a response exists and declares these headers: an integration response can only set a header
/// that its method response declares. Says whether the response was there.
pub(super) fn declare(responses: &mut Map<String, Json>, status: &str, names: &[&str]) -> bool {
    let existed = responses.contains_key(status);
    let response = responses.entry(status).or_insert_with(|| json!({ "description": "Fout" }));
    if response.get("headers").is_none() {
        response["headers"] = json!({});
    }
    if let Some(headers) = response["headers"].as_object_mut() {
        for name in names {
            if !headers.keys().any(|existing| existing.eq_ignore_ascii_case(name)) {
                headers.insert((*name).to_owned(), header());
            }
        }
    }
    existed
}

/// The name under which a response declares a header, whose case API Gateway does mind.
pub(super) fn declared_name(responses: &Map<String, Json>, status: &str, name: &str) -> String {
    responses
        .get(status)
        .and_then(|response| response["headers"].as_object())
        .and_then(|headers| headers.keys().find(|existing| existing.eq_ignore_ascii_case(name)))
        .map_or_else(|| name.to_owned(), Clone::clone)
}

fn header() -> Json {
    json!({ "schema": { "type": "string" } })
}

/// Whether API Gateway can map to or from a parameter of this name. Its guide does not say so, its import does.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '_' | '$' | '-'))
}

fn is_status(text: &str) -> bool {
    text.len() == 3 && text.chars().all(|c| c.is_ascii_digit())
}
