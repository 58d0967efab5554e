//! Which routes API Gateway can have, and which it cannot have side by side.

use std::collections::HashMap;

use super::problems::{Problems, at};
use crate::specification::{Method, Operation, Segment, Specification};

/// Finds everything about the routes that API Gateway would refuse.
pub(super) fn check(specifications: &[Specification], problems: &mut Problems) {
    let mut routes: HashMap<(&str, Method), (&Specification, &Operation)> = HashMap::new();
    let mut ids: HashMap<&str, (&Specification, &Operation)> = HashMap::new();
    // The parameter at a position, by what stands before it.
    let mut parameters: HashMap<String, (&str, &Specification, &Operation)> = HashMap::new();

    for specification in specifications {
        for operation in &specification.operations {
            check_path(specification, operation, problems);
            if operation.method == Method::Trace {
                problems.error(
                    vec![at(specification, &operation.span, "")],
                    format!("operation `{}` is a TRACE", operation.id),
                    "API Gateway has no TRACE; leave the operation out",
                );
            }

            let places = |other: &(&Specification, &Operation)| {
                vec![at(specification, &operation.span, "this one"), at(other.0, &other.1.span, "and this one")]
            };
            let route = (operation.path.text.as_str(), operation.method);
            if let Some(other) = routes.insert(route, (specification, operation)) {
                problems.error(
                    places(&other),
                    format!("{} {} occurs twice", operation.method.key().to_uppercase(), operation.path.text),
                    "all specifications become one API, so a route belongs to one of them",
                );
            }
            if let Some(other) = ids.insert(&operation.id, (specification, operation)) {
                problems.error(
                    places(&other),
                    format!("operationId `{}` occurs twice", operation.id),
                    "all specifications become one API, so an operationId must be unique over all of them",
                );
            }

            let mut before = String::new();
            for segment in &operation.path.segments {
                if let Segment::Parameter(name) = segment {
                    let (other, other_specification, other_operation) =
                        *parameters.entry(before.clone()).or_insert((name, specification, operation));
                    if other != name {
                        problems.error(
                            vec![
                                at(specification, &operation.path.span, format!("{{{name}}} here")),
                                at(other_specification, &other_operation.path.span, format!("{{{other}}} here")),
                            ],
                            format!("path parameters `{name}` and `{other}` stand at the same position"),
                            "API Gateway has one parameter at a position: give both the same name",
                        );
                    }
                }
                before.push('/');
                before.push_str(&text(segment));
            }
        }
    }
}

/// Whether the first segment of some route is a parameter.
pub(super) fn root_has_parameter(specifications: &[Specification]) -> bool {
    specifications
        .iter()
        .flat_map(|specification| &specification.operations)
        .any(|operation| matches!(operation.path.segments.first(), Some(Segment::Parameter(_))))
}

fn text(segment: &Segment) -> String {
    match segment {
        Segment::Literal(text) | Segment::Mixed(text) => text.clone(),
        Segment::Parameter(name) => format!("{{{name}}}"),
    }
}

fn check_path(specification: &Specification, operation: &Operation, problems: &mut Problems) {
    let path = &operation.path;
    let mut error = |message: String, help: &str| {
        problems.error(vec![at(specification, &path.span, "")], message, help);
    };

    if path.text != "/" && (path.text.ends_with('/') || path.text.contains("//")) {
        error(
            format!("path `{}` has an empty segment", path.text),
            "API Gateway ignores a slash at the end and refuses two in a row: write the path without",
        );
    }
    // Reserved for the health check: the page of important notes that `schema` names.
    if matches!(path.text.as_str(), "/ping" | "/sping") {
        error(
            format!("path `{}` is reserved", path.text),
            "API Gateway uses /ping and /sping for its own health check: take another path",
        );
    }

    for (position, segment) in path.segments.iter().enumerate() {
        match segment {
            Segment::Literal(text) => {
                if !text.is_empty() && !text.chars().all(allowed) {
                    error(
                        format!("path segment `{text}` holds a character that API Gateway refuses"),
                        "use letters, digits and . , : _ - only",
                    );
                }
            }
            Segment::Mixed(text) => error(
                format!("path segment `{text}` mixes text and a parameter"),
                "in API Gateway a parameter is a whole segment: /text/{parameter}",
            ),
            Segment::Parameter(name) => {
                let greedy = name.ends_with('+');
                if greedy && position + 1 != path.segments.len() {
                    error(
                        format!("path parameter `{name}` is not the last segment"),
                        "a parameter that takes the rest of the path can only stand at its end",
                    );
                }
            }
        }
    }
}

fn allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | ',' | ':' | '_' | '-')
}
