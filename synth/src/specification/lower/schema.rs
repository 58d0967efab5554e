//! Schemas.

use super::Lowering;
use super::cycles::Edge;
use super::findings::key_of;
use super::object::{Keys, Object};
use super::reference::Target;
use crate::report::{Diagnostic, nearest, one_of, quoted};
use crate::source::{Node, Value};
use crate::specification::{AdditionalProperties, Kind, Schema, SchemaRef};

/// How many schemas may stand within one another, those included that a reference puts there.
const MAX_DEPTH: usize = 50;

const SCHEMA: Keys = Keys {
    what: "a schema",
    used: &[
        "type",
        "title",
        "description",
        "format",
        "pattern",
        "enum",
        "default",
        "example",
        "nullable",
        "readOnly",
        "writeOnly",
        "deprecated",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minItems",
        "maxItems",
        "uniqueItems",
        "items",
        "properties",
        "required",
        "minProperties",
        "maxProperties",
        "additionalProperties",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "discriminator",
    ],
    dropped: &["externalDocs", "xml"],
};

const DISCRIMINATOR: Keys = Keys { what: "`discriminator`", used: &["propertyName"], dropped: &["mapping"] };

const KINDS: [(&str, Kind); 6] = [
    ("string", Kind::String),
    ("integer", Kind::Integer),
    ("number", Kind::Number),
    ("boolean", Kind::Boolean),
    ("array", Kind::Array),
    ("object", Kind::Object),
];

impl<'a> Lowering<'a> {
    /// A key of `components.schemas`. One that is nothing but a reference becomes an `allOf` of one.
    pub(super) fn named_schema(&mut self, node: &'a Node) -> Schema {
        match self.schema_ref(node) {
            SchemaRef::Inline(schema) => *schema,
            named @ SchemaRef::Named(..) => {
                Schema { all_of: vec![named], span: node.span.clone(), ..Schema::default() }
            }
        }
    }

    pub(super) fn schema_ref(&mut self, node: &'a Node) -> SchemaRef {
        let placeholder = || SchemaRef::Inline(Box::new(Schema { span: node.span.clone(), ..Schema::default() }));
        if self.schema_depth >= MAX_DEPTH {
            self.error(
                Diagnostic::error(format!("schemas stand more than {MAX_DEPTH} deep within one another"))
                    .at(self.source, node.span.clone(), "too deep from here on")
                    .help("check for a reference into a schema that leads back into the same schema"),
            );
            return placeholder();
        }
        self.schema_depth += 1;
        let schema = match self.reference(node) {
            Some(reference) => self.referred(reference),
            None => self.schema(node).map(SchemaRef::Inline),
        };
        self.schema_depth -= 1;
        schema.unwrap_or_else(placeholder)
    }

    /// A named schema stays a name. A reference into a schema, to one of its properties for instance, has no name to
    /// be known by: what it leads to is put in its place.
    fn referred(&mut self, reference: &'a Node) -> Option<SchemaRef> {
        let step = self.follow(reference, Target::Schema)?;
        if let Some(name) = step.name(Target::Schema) {
            self.edges.push(Edge { to: name.to_owned(), span: reference.span.clone() });
            return Some(SchemaRef::Named(name.to_owned(), reference.span.clone()));
        }
        Some(self.schema_ref(step.node))
    }

    fn schema(&mut self, node: &'a Node) -> Option<Box<Schema>> {
        let object = self.object(node, &SCHEMA)?;
        let mut schema = Box::new(Schema {
            title: self.text(&object, "title"),
            description: self.text(&object, "description"),
            kind: self.kind(&object),
            format: self.text(&object, "format"),
            pattern: self.pattern(&object),
            enumeration: self.enumeration(&object),
            default: self.json(&object, "default"),
            example: self.json(&object, "example"),
            nullable: self.flag(&object, "nullable"),
            read_only: self.flag(&object, "readOnly"),
            write_only: self.flag(&object, "writeOnly"),
            deprecated: self.flag(&object, "deprecated"),
            min_length: self.count(&object, "minLength"),
            max_length: self.count(&object, "maxLength"),
            minimum: self.number(&object, "minimum"),
            maximum: self.number(&object, "maximum"),
            exclusive_minimum: self.exclusive(&object, "exclusiveMinimum", "minimum"),
            exclusive_maximum: self.exclusive(&object, "exclusiveMaximum", "maximum"),
            multiple_of: self.number(&object, "multipleOf"),
            min_items: self.count(&object, "minItems"),
            max_items: self.count(&object, "maxItems"),
            unique_items: self.flag(&object, "uniqueItems"),
            min_properties: self.count(&object, "minProperties"),
            max_properties: self.count(&object, "maxProperties"),
            discriminator: self.discriminator(&object),
            span: node.span.clone(),
            ..Schema::default()
        });
        schema.required = self.required_names(&object);
        schema.items = object.get("items").map(|items| Box::new(self.schema_ref(items)));
        if schema.kind == Some(Kind::Array) && schema.items.is_none() {
            self.error(
                Diagnostic::error("the key `items` is missing in a schema of the type `array`")
                    .at(self.source, node.span.clone(), "what does the list hold?")
                    .help("describe one item with `items`; `items: {}` allows anything"),
            );
        }
        for entry in self.map(&object, "properties") {
            let property = self.schema_ref(&entry.value);
            schema.properties.insert(entry.key.to_string(), property);
        }
        schema.additional_properties = object.get("additionalProperties").map(|node| match node.value {
            Value::Bool(allowed) => AdditionalProperties::Allowed(allowed),
            _ => AdditionalProperties::Schema(Box::new(self.schema_ref(node))),
        });
        schema.all_of = self.alternatives(&object, "allOf");
        schema.any_of = self.alternatives(&object, "anyOf");
        schema.one_of = self.alternatives(&object, "oneOf");
        schema.not = object.get("not").map(|node| Box::new(self.schema_ref(node)));
        Some(schema)
    }

    fn kind(&mut self, object: &Object<'a>) -> Option<Kind> {
        let node = object.get("type")?;
        if node.as_sequence().is_some() {
            self.error(
                Diagnostic::error("`type` of a schema must be text")
                    .at(self.source, node.span.clone(), "a list of types is OpenAPI 3.1")
                    .help("write one type, with `nullable: true` beside it where null is allowed"),
            );
            return None;
        }
        let text = self.text_of(node, || key_of("type", object.what))?;
        let kind = KINDS.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind);
        if kind.is_none() {
            let names = KINDS.map(|(name, _)| name);
            let error = Diagnostic::error(format!("there is no type {}", quoted(&text))).at(
                self.source,
                node.span.clone(),
                "this type",
            );
            self.error(match (text.as_str(), nearest(&text, names)) {
                ("null", _) => error.help("OpenAPI 3.0 has `nullable: true` instead"),
                (_, Some(near)) => error.help(format!("did you mean `{near}`?")),
                _ => error.help(format!("use {}", one_of(names))),
            });
        }
        kind
    }

    /// A mistake in a pattern is a warning: patterns are JavaScript's, which no parser here knows in full. So only
    /// what is wrong in every dialect is looked at.
    fn pattern(&mut self, object: &Object<'a>) -> Option<String> {
        use regex_syntax::ast::ErrorKind as Kind;
        let pattern = self.text(object, "pattern")?;
        if let Err(error) = regex_syntax::ast::parse::Parser::new().parse(&pattern) {
            let problem = match error.kind() {
                Kind::ClassUnclosed => "a bracket is not closed",
                Kind::ClassRangeInvalid => "a range between brackets runs backwards",
                Kind::GroupUnclosed => "a parenthesis is not closed",
                Kind::GroupUnopened => "a parenthesis is closed that was not opened",
                Kind::RepetitionMissing => "there is nothing to repeat",
                Kind::RepetitionCountInvalid => "a repetition's bounds run backwards",
                Kind::EscapeUnexpectedEof => "it ends in a backslash",
                _ => return Some(pattern),
            };
            let span = object.get("pattern").map_or(object.span, |node| &node.span).clone();
            self.findings.warning(
                Diagnostic::warning(format!("the pattern {} is no regular expression: {problem}", quoted(&pattern)))
                    .at(self.source, span, "this pattern")
                    .help("requests are checked against it"),
            );
        }
        Some(pattern)
    }

    fn enumeration(&mut self, object: &Object<'a>) -> Vec<serde_json::Value> {
        let items = self.list(object, "enum");
        if let (Some(node), []) = (object.get("enum"), items)
            && node.as_sequence().is_some()
        {
            self.error(
                Diagnostic::error("`enum` of a schema is empty")
                    .at(self.source, node.span.clone(), "no value at all would be allowed")
                    .help("list the values, or leave `enum` out"),
            );
        }
        items.iter().filter_map(|item| self.json_of(item)).collect()
    }

    fn json(&mut self, object: &Object<'a>, key: &'static str) -> Option<serde_json::Value> {
        object.get(key).and_then(|node| self.json_of(node))
    }

    fn json_of(&mut self, node: &'a Node) -> Option<serde_json::Value> {
        self.charge(node.size(), node)?;
        Some(node.to_json())
    }

    fn number(&mut self, object: &Object<'a>, key: &'static str) -> Option<serde_json::Number> {
        let node = object.get(key)?;
        let number = node.as_number().cloned();
        if number.is_none() {
            let error = node.wrong_kind(self.source, &key_of(key, object.what), "a number");
            self.error(error);
        }
        number
    }

    fn count(&mut self, object: &Object<'a>, key: &'static str) -> Option<u64> {
        let node = object.get(key)?;
        let count = node.as_u64();
        if count.is_none() {
            let error = node.wrong_kind(self.source, &key_of(key, object.what), "a whole number from 0");
            self.error(error);
        }
        count
    }

    fn exclusive(&mut self, object: &Object<'a>, key: &'static str, bound: &str) -> bool {
        if let Some(node) = object.get(key)
            && let Some(number) = node.as_number()
        {
            self.error(
                Diagnostic::error(format!("{} must be `true` or `false`", key_of(key, object.what)))
                    .at(self.source, node.span.clone(), "a number here is OpenAPI 3.1")
                    .help(format!("write `{bound}: {number}` and `{key}: true`")),
            );
            return false;
        }
        self.flag(object, key)
    }

    fn discriminator(&mut self, object: &Object<'a>) -> Option<String> {
        let node = object.get("discriminator")?;
        let object = self.object(node, &DISCRIMINATOR)?;
        self.required_text(&object, "propertyName")
    }

    fn required_names(&mut self, object: &Object<'a>) -> Vec<String> {
        if let Some(node) = object.get("required")
            && node.as_bool().is_some()
        {
            self.error(
                Diagnostic::error("`required` of a schema must be a list")
                    .at(self.source, node.span.clone(), format!("this is {}", node.describe()))
                    .help("the object around a property lists the names of those that it requires"),
            );
            return Vec::new();
        }
        let names = self.texts(object, "required");
        let mut required = Vec::with_capacity(names.len());
        for (name, span) in names {
            self.required_at.insert((object.span.start, name.clone()), span.clone());
            required.push(name);
        }
        required
    }

    fn alternatives(&mut self, object: &Object<'a>, key: &'static str) -> Vec<SchemaRef> {
        let nodes = self.list(object, key);
        if let (Some(node), []) = (object.get(key), nodes)
            && node.as_sequence().is_some()
        {
            self.error(
                Diagnostic::error(format!("`{key}` of a schema is empty"))
                    .at(self.source, node.span.clone(), "no schema stands here")
                    .help(format!("list the schemas, or leave `{key}` out")),
            );
        }
        nodes.iter().map(|node| self.schema_ref(node)).collect()
    }
}
