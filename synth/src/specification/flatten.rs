//! Merging `allOf`.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Number;

use super::{AdditionalProperties, Kind, Schema, SchemaRef, Specification};
use crate::report::{Diagnostic, quoted};
use crate::source::Source;

type Result<T> = std::result::Result<T, Diagnostic>;

/// How many schemas one merge may take in. Two properties of the same name are merged as well, which can go on.
const MAX_MERGED: usize = 10_000;

/// How many schemas may lead from one to the next by `allOf`, or by properties that are merged.
const MAX_DEPTH: usize = 64;

/// The schema with every `allOf` in it merged: what satisfies the result satisfies all parts.
///
/// Properties are united, in the order of the parts; what is required by one part is required; bounds become the
/// narrower ones, choices those that are in all lists. Title, description, default and example are those of the last
/// part that has them, the schema itself coming last. References from properties, items and alternatives stay
/// references, unless two parts describe the same property differently: those are merged too.
///
/// In one point the result allows more than JSON Schema does: `additionalProperties: false` in one part does not
/// forbid the properties of another. Whoever writes it beside an `allOf` means the whole.
///
/// # Errors
///
/// Parts that contradict one another, and what cannot be written as one schema: two patterns, two `anyOf`.
pub fn flatten(specification: &Specification, schema: &SchemaRef) -> Result<Schema> {
    let mut merge = Merge { source: &specification.source, schemas: &specification.schemas, merged: 0, depth: 0 };
    Ok(*merge.whole(schema)?)
}

/// As [`flatten`], for a schema at hand.
pub(super) fn merged(source: &Arc<Source>, schemas: &IndexMap<String, Schema>, schema: &Schema) -> Result<Schema> {
    let mut merge = Merge { source, schemas, merged: 0, depth: 0 };
    Ok(*merge.schema(schema, &mut HashSet::new())?)
}

struct Merge<'a> {
    source: &'a Arc<Source>,
    schemas: &'a IndexMap<String, Schema>,
    merged: usize,
    depth: usize,
}

impl<'a> Merge<'a> {
    fn whole(&mut self, schema: &SchemaRef) -> Result<Box<Schema>> {
        let schemas = self.schemas;
        match schema {
            SchemaRef::Inline(schema) => self.schema(schema, &mut HashSet::new()),
            SchemaRef::Named(name, span) => match schemas.get(name) {
                Some(schema) => self.schema(schema, &mut HashSet::from([name.as_str()])),
                None => Err(Diagnostic::error(format!("there is no schema {}", quoted(name))).at(
                    self.source,
                    span.clone(),
                    "referred to here",
                )),
            },
        }
    }

    /// `taken` holds the names that are part of the whole already: a part that comes twice adds nothing.
    fn schema<'b>(&mut self, schema: &'b Schema, taken: &mut HashSet<&'b str>) -> Result<Box<Schema>>
    where
        'a: 'b,
    {
        self.merged += 1;
        self.depth += 1;
        if self.merged > MAX_MERGED || self.depth > MAX_DEPTH {
            return Err(Diagnostic::error("this `allOf` takes in too many schemas")
                .at(self.source, schema.span.clone(), "at this one")
                .help("write the properties out in one schema"));
        }
        let schemas: &'a IndexMap<String, Schema> = self.schemas;
        let mut whole = Box::<Schema>::default();
        for part in &schema.all_of {
            let part = match part {
                SchemaRef::Inline(part) => self.schema(part, taken)?,
                SchemaRef::Named(name, _) => match schemas.get(name) {
                    Some(part) if taken.insert(name) => self.schema(part, taken)?,
                    _ => continue,
                },
            };
            whole = self.both(whole, part)?;
        }
        let own = self.own(schema)?;
        let mut whole = self.both(whole, own)?;
        whole.span = schema.span.clone();
        self.depth -= 1;
        self.check(whole)
    }

    /// The schema's own keywords, with what stands within it merged.
    fn own(&mut self, schema: &Schema) -> Result<Box<Schema>> {
        let mut own = Box::new(schema.clone());
        own.all_of.clear();
        let lists = own.any_of.iter_mut().chain(&mut own.one_of);
        let single = own.items.as_deref_mut().into_iter().chain(own.not.as_deref_mut());
        for child in lists.chain(single).chain(own.properties.values_mut()) {
            self.settle(child)?;
        }
        if let Some(AdditionalProperties::Schema(child)) = &mut own.additional_properties {
            self.settle(child)?;
        }
        Ok(own)
    }

    fn settle(&mut self, child: &mut SchemaRef) -> Result<()> {
        if let SchemaRef::Inline(schema) = child {
            *schema = self.schema(schema, &mut HashSet::new())?;
        }
        Ok(())
    }

    /// One reference that stands for two.
    fn refs(&mut self, one: SchemaRef, other: SchemaRef) -> Result<SchemaRef> {
        match (&one, &other) {
            (SchemaRef::Named(a, _), SchemaRef::Named(b, _)) if a == b => Ok(one),
            _ => {
                let (a, b) = (self.whole(&one)?, self.whole(&other)?);
                let span = b.span.clone();
                let mut whole = self.both(a, b)?;
                whole.span = span;
                Ok(SchemaRef::Inline(self.check(whole)?))
            }
        }
    }

    /// Both schemas at once; neither has an `allOf`. Boxed, since merging recurses and a schema is large.
    fn both(&mut self, a: Box<Schema>, b: Box<Schema>) -> Result<Box<Schema>> {
        let kind = self.kind(&a, &b)?;
        let nullable = match (a.kind, b.kind) {
            // Without a type, `nullable` says nothing (OpenAPI 3.0.3, "Schema Object": nullable).
            (Some(_), None) => a.nullable,
            (None, Some(_)) => b.nullable,
            (Some(_), Some(_)) => a.nullable && b.nullable,
            (None, None) => a.nullable || b.nullable,
        };
        let enumeration = self.choices(&a, &b)?;
        let (minimum, exclusive_minimum) =
            bound((a.minimum.clone(), a.exclusive_minimum), (b.minimum.clone(), b.exclusive_minimum), |a, b| a > b);
        let (maximum, exclusive_maximum) =
            bound((a.maximum.clone(), a.exclusive_maximum), (b.maximum.clone(), b.exclusive_maximum), |a, b| a < b);
        let format = self.same("format", a.format.clone(), b.format.clone(), &a, &b)?;
        let pattern = self.same("pattern", a.pattern.clone(), b.pattern.clone(), &a, &b)?;
        let multiple_of = self.multiple(&a, &b)?;
        for (name, one, other) in [("anyOf", &a.any_of, &b.any_of), ("oneOf", &a.one_of, &b.one_of)] {
            if !one.is_empty() && !other.is_empty() {
                return Err(self.contradiction(&format!("two `{name}` cannot be merged into one"), &a, &b));
            }
        }
        let items = match (a.items, b.items) {
            (Some(a), Some(b)) => Some(Box::new(self.refs(*a, *b)?)),
            (a, b) => a.or(b),
        };
        let mut properties = a.properties;
        for (name, other) in b.properties {
            let property = match properties.get(&name) {
                Some(one) => self.refs(one.clone(), other)?,
                None => other,
            };
            properties.insert(name, property);
        }
        let mut seen: HashSet<String> = HashSet::new();
        let required = a.required.into_iter().chain(b.required).filter(|name| seen.insert(name.clone())).collect();
        Ok(Box::new(Schema {
            title: b.title.or(a.title),
            description: b.description.or(a.description),
            kind,
            format,
            pattern,
            enumeration,
            default: b.default.or(a.default),
            example: b.example.or(a.example),
            nullable,
            read_only: a.read_only || b.read_only,
            write_only: a.write_only || b.write_only,
            deprecated: a.deprecated || b.deprecated,
            min_length: a.min_length.max(b.min_length),
            max_length: least(a.max_length, b.max_length),
            minimum,
            maximum,
            exclusive_minimum,
            exclusive_maximum,
            multiple_of,
            min_items: a.min_items.max(b.min_items),
            max_items: least(a.max_items, b.max_items),
            unique_items: a.unique_items || b.unique_items,
            items,
            properties,
            required,
            min_properties: a.min_properties.max(b.min_properties),
            max_properties: least(a.max_properties, b.max_properties),
            additional_properties: self.additional(a.additional_properties, b.additional_properties)?,
            all_of: Vec::new(),
            any_of: if a.any_of.is_empty() { b.any_of } else { a.any_of },
            one_of: if a.one_of.is_empty() { b.one_of } else { a.one_of },
            not: neither(a.not, b.not),
            discriminator: b.discriminator.or(a.discriminator),
            span: if a.span.is_empty() { b.span } else { a.span },
        }))
    }

    fn kind(&self, a: &Schema, b: &Schema) -> Result<Option<Kind>> {
        match (a.kind, b.kind) {
            (Some(Kind::Number), Some(Kind::Integer)) | (Some(Kind::Integer), Some(Kind::Number)) => {
                Ok(Some(Kind::Integer))
            }
            (Some(one), Some(other)) if one != other => {
                let message = format!(
                    "the parts of `allOf` contradict one another: type `{}` and type `{}`",
                    one.key(),
                    other.key()
                );
                Err(self.contradiction(&message, a, b))
            }
            (one, other) => Ok(one.or(other)),
        }
    }

    fn choices(&self, a: &Schema, b: &Schema) -> Result<Vec<serde_json::Value>> {
        if a.enumeration.is_empty() || b.enumeration.is_empty() {
            return Ok(if a.enumeration.is_empty() { &b.enumeration } else { &a.enumeration }.clone());
        }
        let others: HashSet<String> = b.enumeration.iter().map(ToString::to_string).collect();
        let common: Vec<_> =
            a.enumeration.iter().filter(|choice| others.contains(&choice.to_string())).cloned().collect();
        if common.is_empty() {
            return Err(self.contradiction("the parts of `allOf` have no value of `enum` in common", a, b));
        }
        Ok(common)
    }

    fn same(
        &self,
        keyword: &str,
        one: Option<String>,
        other: Option<String>,
        a: &Schema,
        b: &Schema,
    ) -> Result<Option<String>> {
        match (&one, &other) {
            (Some(x), Some(y)) if x != y => {
                let message = format!("two `{keyword}` cannot be merged into one: {} and {}", quoted(x), quoted(y));
                Err(self.contradiction(&message, a, b))
            }
            _ => Ok(one.or(other)),
        }
    }

    fn multiple(&self, a: &Schema, b: &Schema) -> Result<Option<Number>> {
        let (Some(one), Some(other)) = (&a.multiple_of, &b.multiple_of) else {
            return Ok(a.multiple_of.clone().or_else(|| b.multiple_of.clone()));
        };
        if one == other {
            return Ok(Some(one.clone()));
        }
        match (one.as_u64(), other.as_u64()) {
            (Some(x @ 1..), Some(y @ 1..)) if let Some(multiple) = (x / divisor(x, y)).checked_mul(y) => {
                Ok(Some(multiple.into()))
            }
            _ => Err(self.contradiction("two `multipleOf` cannot be merged into one", a, b)),
        }
    }

    fn additional(
        &mut self,
        one: Option<AdditionalProperties>,
        other: Option<AdditionalProperties>,
    ) -> Result<Option<AdditionalProperties>> {
        use AdditionalProperties::{Allowed, Schema};
        Ok(match (one, other) {
            (Some(Allowed(false)), _) | (_, Some(Allowed(false))) => Some(Allowed(false)),
            (Some(Schema(a)), Some(Schema(b))) => Some(Schema(Box::new(self.refs(*a, *b)?))),
            (Some(Schema(schema)), _) | (_, Some(Schema(schema))) => Some(Schema(schema)),
            (one, other) => one.or(other),
        })
    }

    /// Bounds that leave nothing between them.
    fn check(&self, schema: Box<Schema>) -> Result<Box<Schema>> {
        let crossed =
            |low: Option<u64>, high: Option<u64>| matches!((low, high), (Some(low), Some(high)) if low > high);
        let numbers = match (&schema.minimum, &schema.maximum) {
            (Some(low), Some(high)) => match compare(low, high) {
                std::cmp::Ordering::Greater => true,
                std::cmp::Ordering::Equal => schema.exclusive_minimum || schema.exclusive_maximum,
                std::cmp::Ordering::Less => false,
            },
            _ => false,
        };
        let keyword = if numbers {
            "`minimum` and `maximum`"
        } else if crossed(schema.min_length, schema.max_length) {
            "`minLength` and `maxLength`"
        } else if crossed(schema.min_items, schema.max_items) {
            "`minItems` and `maxItems`"
        } else if crossed(schema.min_properties, schema.max_properties) {
            "`minProperties` and `maxProperties`"
        } else {
            return Ok(schema);
        };
        Err(Diagnostic::error(format!("nothing fits between {keyword}"))
            .at(self.source, schema.span.clone(), "in this schema")
            .help("a part of its `allOf` may have brought one of the two"))
    }

    fn contradiction(&self, message: &str, a: &Schema, b: &Schema) -> Diagnostic {
        Diagnostic::error(message)
            .at(self.source, b.span.clone(), "this part")
            .at(self.source, a.span.clone(), "and what came before it, beginning here")
            .help("change one of the two, or leave one out of the `allOf`")
    }
}

impl Kind {
    /// As JSON Schema writes it.
    pub fn key(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Array => "array",
            Self::Object => "object",
        }
    }
}

fn least(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

type Bound = (Option<Number>, bool);

fn bound(a: Bound, b: Bound, narrower: impl Fn(i8, i8) -> bool) -> Bound {
    match (&a.0, &b.0) {
        (Some(x), Some(y)) => match compare(x, y) {
            std::cmp::Ordering::Equal => (a.0, a.1 || b.1),
            order if narrower(order as i8, 0) => a,
            _ => b,
        },
        (Some(_), None) => a,
        (None, Some(_)) => b,
        // Without a bound, `exclusive...` says nothing.
        (None, None) => (None, a.1 || b.1),
    }
}

fn compare(a: &Number, b: &Number) -> std::cmp::Ordering {
    match (a.as_i128(), b.as_i128()) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.as_f64().unwrap_or(0.0).total_cmp(&b.as_f64().unwrap_or(0.0)),
    }
}

fn divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { divisor(b, a % b) }
}

/// Not the one and not the other is not any of the two.
fn neither(a: Option<Box<SchemaRef>>, b: Option<Box<SchemaRef>>) -> Option<Box<SchemaRef>> {
    match (a, b) {
        (Some(a), Some(b)) => {
            let any = Schema { any_of: vec![*a, *b], ..Schema::default() };
            Some(Box::new(SchemaRef::Inline(Box::new(any))))
        }
        (a, b) => a.or(b),
    }
}
