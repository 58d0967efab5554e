//! What must hold before anything is translated.

use indexmap::IndexMap;

use super::models::bodies;
use super::problems::{Problems, at};
use super::{Options, Route};
use crate::specification::{SchemaRef, Specification, flatten};

/// Integration timeouts in milliseconds. The upper bound is a quota that AWS raises on request.
pub(super) const TIMEOUT_MS: std::ops::RangeInclusive<u32> = 50..=29_000;

/// The options are values that API Gateway takes.
pub(super) fn options(options: &Options, problems: &mut Problems) {
    let timeout = options.integration_timeout_ms;
    if timeout < *TIMEOUT_MS.start() {
        problems.error(
            Vec::new(),
            format!("an integration timeout of {timeout} ms is too short"),
            format!("API Gateway takes {} to {} ms", TIMEOUT_MS.start(), TIMEOUT_MS.end()),
        );
    } else if timeout > *TIMEOUT_MS.end() {
        problems.warning(
            Vec::new(),
            format!("an integration timeout of {timeout} ms is above API Gateway's default quota"),
            format!("ask AWS to raise the quota, or take at most {} ms", TIMEOUT_MS.end()),
        );
    }
}

/// Every schema can be merged into one without `allOf`, so that nothing after this has to ask.
pub(super) fn schemas(specification: &Specification, problems: &mut Problems) {
    let mut check = |schema: &SchemaRef| {
        if let Err(error) = flatten(specification, schema) {
            problems.add(error);
        }
    };
    for (name, schema) in &specification.schemas {
        check(&SchemaRef::Named(name.clone(), schema.span.clone()));
    }
    specification.operations.iter().flat_map(bodies).for_each(check);
}

/// Every operation has a route, and every route an operation.
pub(super) fn targets(specifications: &[Specification], routes: &IndexMap<String, Route>, problems: &mut Problems) {
    let mut unused: Vec<&String> = routes.keys().collect();
    for specification in specifications {
        for operation in &specification.operations {
            unused.retain(|id| **id != operation.id);
            if !routes.contains_key(&operation.id) {
                problems.error(
                    vec![at(specification, &operation.span, "")],
                    format!("operation `{}` goes nowhere", operation.id),
                    "an operation is answered by gen or by a mapping template with its name",
                );
            }
        }
    }
    for id in unused {
        problems.error(
            Vec::new(),
            format!("route `{id}` belongs to no operation"),
            "name it after the operationId of an operation in a specification",
        );
    }
}

/// The version travels as a literal in single quotes, which has no way to hold one.
pub(super) fn version(specification: &Specification, problems: &mut Problems) {
    let version = &specification.version;
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_');
    if version.is_empty() || !version.chars().all(fine) {
        problems.error(
            vec![at(specification, &(0..0), "")],
            format!("version `{version}` cannot be the value of a header"),
            "use letters, digits and . - + _ in info.version",
        );
    }
}
