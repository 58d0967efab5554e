//! Stand-in for `specification::flatten`.

use crate::specification::{Schema, SchemaRef, Specification};

pub(super) fn flatten(specification: &Specification, schema: &SchemaRef) -> Schema {
    let own = match schema {
        SchemaRef::Named(name, _) => specification.schemas.get(name).cloned().unwrap_or_default(),
        SchemaRef::Inline(schema) => (**schema).clone(),
    };
    let parts = own.all_of.clone();
    let mut out = own;
    out.all_of.clear();
    for part in &parts {
        let part = flatten(specification, part);
        if out.kind.is_none() {
            out.kind = part.kind;
        }
        for (name, property) in part.properties {
            out.properties.entry(name).or_insert(property);
        }
        for name in part.required {
            if !out.required.contains(&name) {
                out.required.push(name);
            }
        }
    }
    out
}
