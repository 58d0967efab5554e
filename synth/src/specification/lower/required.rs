//! Checks that need all schemas: that each `allOf` can be merged, and that `required` names properties that exist.

use std::collections::HashSet;

use super::Lowering;
use crate::report::{Diagnostic, nearest, quoted};
use crate::specification::flatten::merged;
use crate::specification::{AdditionalProperties, Schema, SchemaRef, Specification};

impl Lowering<'_> {
    pub(super) fn check_schemas(&mut self, specification: &Specification) {
        let mut roots: Vec<&SchemaRef> = Vec::new();
        for operation in &specification.operations {
            roots.extend(operation.parameters.iter().map(|parameter| &parameter.schema));
            roots.extend(operation.request_body.iter().flat_map(|body| body.content.values()));
            for response in operation.responses.values() {
                roots.extend(response.content.values());
                roots.extend(response.headers.values().filter_map(|header| header.schema.as_ref()));
            }
        }
        let inline = roots.into_iter().filter_map(|schema| match schema {
            SchemaRef::Inline(schema) => Some(&**schema),
            SchemaRef::Named(..) => None,
        });
        let mut all: Vec<&Schema> = specification.schemas.values().chain(inline).collect();
        let mut parts = HashSet::new();
        let mut next = 0;
        while next < all.len() {
            let schema = all[next];
            next += 1;
            for part in &schema.all_of {
                match part {
                    SchemaRef::Named(name, _) => parts.extend(specification.schemas.get(name).map(std::ptr::from_ref)),
                    SchemaRef::Inline(part) => {
                        parts.insert(&**part);
                    }
                }
            }
            all.extend(children(schema));
        }
        for schema in all {
            // A part may require what only the whole has, so the whole is looked at.
            if !parts.contains(&std::ptr::from_ref(schema)) {
                self.check_schema(schema, specification);
            }
        }
    }

    fn check_schema(&mut self, schema: &Schema, specification: &Specification) {
        if schema.all_of.is_empty() {
            self.check_required(schema, schema);
            return;
        }
        match merged(&specification.source, &specification.schemas, schema) {
            Ok(whole) => self.check_required(schema, &whole),
            Err(error) => self.error(error),
        }
    }

    fn check_required(&mut self, schema: &Schema, whole: &Schema) {
        let open = !matches!(whole.additional_properties, None | Some(AdditionalProperties::Allowed(false)));
        let alternatives = !whole.any_of.is_empty() || !whole.one_of.is_empty();
        if open || alternatives {
            return;
        }
        for name in &whole.required {
            if whole.properties.contains_key(name) {
                continue;
            }
            let span = self.required_at.get(&(schema.span.start, name.clone())).unwrap_or(&schema.span).clone();
            let help = match nearest(name, whole.properties.keys().map(String::as_str)) {
                Some(near) => format!("did you mean {}?", quoted(near)),
                None => "describe it in `properties`".to_owned(),
            };
            self.findings.warning(
                Diagnostic::warning(format!("the property {} is required and not described", quoted(name)))
                    .at(self.source, span, "required here")
                    .help(help),
            );
        }
    }
}

/// The schemas that stand within a schema, without those that it refers to.
fn children(schema: &Schema) -> impl Iterator<Item = &Schema> {
    let additional = match &schema.additional_properties {
        Some(AdditionalProperties::Schema(schema)) => Some(&**schema),
        _ => None,
    };
    let lists = schema.all_of.iter().chain(&schema.any_of).chain(&schema.one_of);
    let single = schema.items.as_deref().into_iter().chain(schema.not.as_deref()).chain(additional);
    lists.chain(single).chain(schema.properties.values()).filter_map(|child| match child {
        SchemaRef::Inline(child) => Some(&**child),
        SchemaRef::Named(..) => None,
    })
}
