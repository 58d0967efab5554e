//! One OpenAPI 3.0 schema as a JSON Schema draft 4, the form in which API Gateway keeps models.
//!
//! What API Gateway takes and what it does not is listed in "Amazon API Gateway important notes",
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>.

use std::collections::HashSet;

use serde_json::{Map, Value as Json, json};

use crate::source::Span;
use crate::specification::{AdditionalProperties, Kind, Schema, SchemaRef, Specification, flatten};

/// Which way a body travels: `readOnly` is not sent by a client, `writeOnly` not by the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Direction {
    Request,
    Response,
}

impl Direction {
    fn hides(self, schema: &Schema) -> bool {
        match self {
            Self::Request => schema.read_only,
            Self::Response => schema.write_only,
        }
    }
}

/// A schema without `allOf`. Every schema of a document was merged once before any of them is converted, so there
/// is no error left to report here.
pub(super) fn flat(specification: &Specification, schema: &SchemaRef) -> Schema {
    flatten(specification, schema).unwrap_or_default()
}

/// Whether a body of this schema looks different in this direction: somewhere in it a property is hidden.
pub(super) fn differs(specification: &Specification, schema: &SchemaRef, direction: Direction) -> bool {
    differs_within(specification, schema, direction, &mut HashSet::new())
}

fn differs_within(
    specification: &Specification,
    schema: &SchemaRef,
    direction: Direction,
    visited: &mut HashSet<String>,
) -> bool {
    if let SchemaRef::Named(name, _) = schema
        && !visited.insert(name.clone())
    {
        return false;
    }
    let whole = flat(specification, schema);
    whole.properties.values().any(|property| direction.hides(&flat(specification, property)))
        || children(&whole).any(|child| differs_within(specification, child, direction, visited))
}

/// The schemas directly inside a schema, except those of its `allOf`.
pub(super) fn children(schema: &Schema) -> impl Iterator<Item = &SchemaRef> {
    let additional = match &schema.additional_properties {
        Some(AdditionalProperties::Schema(inner)) => Some(&**inner),
        _ => None,
    };
    schema
        .properties
        .values()
        .chain(schema.items.as_deref())
        .chain(additional)
        .chain(&schema.any_of)
        .chain(&schema.one_of)
        .chain(schema.not.as_deref())
}

/// Turns schemas into draft 4.
pub(super) struct Draft4<'a> {
    /// Where names are looked up.
    pub(super) specification: &'a Specification,
    /// For whom.
    pub(super) direction: Direction,
    /// Gives the name of the model for the name of a schema.
    pub(super) model_of: &'a mut dyn FnMut(&str) -> String,
    /// Told of every keyword that does not come along, and why.
    pub(super) left_out: &'a mut dyn FnMut(&Span, &'static str, &'static str),
}

impl Draft4<'_> {
    /// A reference to a model, or the schema itself where it was written in place.
    pub(super) fn reference(&mut self, schema: &SchemaRef) -> Json {
        match schema {
            SchemaRef::Named(name, _) => {
                json!({ "$ref": format!("#/components/schemas/{}", (self.model_of)(name)) })
            }
            SchemaRef::Inline(_) => self.schema(&flat(self.specification, schema)),
        }
    }

    /// A flat schema.
    pub(super) fn schema(&mut self, schema: &Schema) -> Json {
        let mut out = Map::new();
        self.kind(schema, &mut out);
        Self::text_and_numbers(schema, &mut out);
        self.arrays(schema, &mut out);
        self.objects(schema, &mut out);
        self.alternatives(schema, &mut out);
        self.report_the_rest(schema);
        Json::Object(out)
    }

    fn kind(&mut self, schema: &Schema, out: &mut Map<String, Json>) {
        if let Some(kind) = schema.kind {
            let name = kind_name(kind);
            // Draft 4 has no `nullable`; API Gateway drops it on import without a word.
            let value = if schema.nullable { json!([name, "null"]) } else { json!(name) };
            out.insert("type".to_owned(), value);
        }
        if let Some(format) = &schema.format {
            let numeric = matches!(schema.kind, Some(Kind::Integer | Kind::Number));
            if numeric && matches!(format.as_str(), "int32" | "int64" | "decimal") {
                (self.left_out)(
                    &schema.span,
                    "`format`",
                    "API Gateway does not support int32, int64 and decimal; the other constraints on the number stay",
                );
            } else {
                out.insert("format".to_owned(), json!(format));
            }
        }
        if !schema.enumeration.is_empty() {
            let mut values: Vec<&Json> = Vec::new();
            for value in &schema.enumeration {
                if !values.contains(&value) {
                    values.push(value);
                }
            }
            if schema.nullable && !values.contains(&&Json::Null) {
                values.push(&Json::Null);
            }
            out.insert("enum".to_owned(), json!(values));
        }
    }

    fn text_and_numbers(schema: &Schema, out: &mut Map<String, Json>) {
        put(out, "minLength", schema.min_length.map(Json::from));
        put(out, "maxLength", schema.max_length.map(Json::from));
        put(out, "pattern", schema.pattern.clone().map(Json::from));
        put(out, "minimum", schema.minimum.clone().map(Json::Number));
        if schema.exclusive_minimum && schema.minimum.is_some() {
            out.insert("exclusiveMinimum".to_owned(), Json::Bool(true));
        }
        put(out, "maximum", schema.maximum.clone().map(Json::Number));
        if schema.exclusive_maximum && schema.maximum.is_some() {
            out.insert("exclusiveMaximum".to_owned(), Json::Bool(true));
        }
        put(out, "multipleOf", schema.multiple_of.clone().map(Json::Number));
    }

    fn arrays(&mut self, schema: &Schema, out: &mut Map<String, Json>) {
        if let Some(items) = &schema.items {
            let items = self.reference(items);
            out.insert("items".to_owned(), items);
        }
        put(out, "minItems", schema.min_items.map(Json::from));
        put(out, "maxItems", schema.max_items.map(Json::from));
        if schema.unique_items {
            out.insert("uniqueItems".to_owned(), Json::Bool(true));
        }
    }

    fn objects(&mut self, schema: &Schema, out: &mut Map<String, Json>) {
        let open = matches!(schema.additional_properties, None | Some(AdditionalProperties::Allowed(true)));
        let mut hidden = HashSet::new();
        let mut properties = Map::new();
        for (name, property) in &schema.properties {
            let flat = flat(self.specification, property);
            if self.direction.hides(&flat) {
                hidden.insert(name.as_str());
                // A closed object would now refuse what it should not look at (R01).
                if !open {
                    properties.insert(name.clone(), json!({}));
                }
                match self.direction {
                    Direction::Request => (self.left_out)(
                        &flat.span,
                        "`readOnly`",
                        "API Gateway does not support it: such properties are not in the models of requests, and a value that a client sends for one is not checked",
                    ),
                    Direction::Response => (self.left_out)(
                        &flat.span,
                        "`writeOnly`",
                        "API Gateway does not know it: such properties are not in the models of responses",
                    ),
                }
                continue;
            }
            let property = self.reference(property);
            properties.insert(name.clone(), property);
        }
        let mut required: Vec<&str> = Vec::new();
        for name in &schema.required {
            if !hidden.contains(name.as_str()) && !required.contains(&name.as_str()) {
                required.push(name);
            }
        }
        // Draft 4 forbids an empty `required`.
        if !required.is_empty() {
            out.insert("required".to_owned(), json!(required));
        }
        if !properties.is_empty() {
            out.insert("properties".to_owned(), Json::Object(properties));
        }
        put(out, "minProperties", schema.min_properties.map(Json::from));
        put(out, "maxProperties", schema.max_properties.map(Json::from));
        match &schema.additional_properties {
            Some(AdditionalProperties::Allowed(false)) => {
                out.insert("additionalProperties".to_owned(), Json::Bool(false));
            }
            Some(AdditionalProperties::Schema(inner)) => {
                let inner = self.reference(inner);
                out.insert("additionalProperties".to_owned(), inner);
            }
            // Allowed is what draft 4 takes when nothing is said.
            Some(AdditionalProperties::Allowed(true)) | None => {}
        }
    }

    fn alternatives(&mut self, schema: &Schema, out: &mut Map<String, Json>) {
        for (keyword, schemas) in [("anyOf", &schema.any_of), ("oneOf", &schema.one_of)] {
            if !schemas.is_empty() {
                let list: Vec<Json> = schemas.iter().map(|one| self.reference(one)).collect();
                out.insert(keyword.to_owned(), Json::Array(list));
            }
        }
        if let Some(not) = &schema.not {
            let not = self.reference(not);
            out.insert("not".to_owned(), not);
        }
    }

    fn report_the_rest(&mut self, schema: &Schema) {
        let unsupported = "API Gateway does not support it; nothing is checked less for it";
        let mut report = |there: bool, keyword, why| {
            if there {
                (self.left_out)(&schema.span, keyword, why);
            }
        };
        report(schema.example.is_some(), "`example`", unsupported);
        report(
            schema.default.is_some(),
            "`default`",
            "API Gateway does not support it; whoever handles the request fills in defaults",
        );
        report(schema.discriminator.is_some(), "`discriminator`", unsupported);
        report(schema.deprecated, "`deprecated`", unsupported);
        report(
            schema.title.is_some() || schema.description.is_some(),
            "`title` or `description`",
            "they say nothing that API Gateway acts on, and a CloudFormation template may hold 1 MB",
        );
    }
}

fn put(out: &mut Map<String, Json>, keyword: &str, value: Option<Json>) {
    if let Some(value) = value {
        out.insert(keyword.to_owned(), value);
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::String => "string",
        Kind::Integer => "integer",
        Kind::Number => "number",
        Kind::Boolean => "boolean",
        Kind::Array => "array",
        Kind::Object => "object",
    }
}
