//! Merging `allOf`.

use serde_json::json;
use synth::report::Diagnostic;
use synth::specification::{self, AdditionalProperties, Kind, Schema, SchemaRef, Specification};

use crate::shared::{expect_lowered, lower};

/// The schemas given, each on a line of its own, from line 6 on.
fn specification(schemas: &str) -> Result<Specification, Vec<Diagnostic>> {
    let lines: Vec<_> = schemas.trim().lines().map(|line| format!("    {}\n", line.trim())).collect();
    lower(&format!(
        "openapi: 3.0.3\ninfo: {{title: T, version: '1'}}\npaths: {{/a: {{get: {{operationId: a, responses: \
         {{'200': {{description: d}}}}}}}}}}\ncomponents:\n  schemas:\n{}",
        lines.concat()
    ))
    .map(|(specification, _)| specification)
}

fn flat(schemas: &str) -> Schema {
    let specification = expect_lowered(specification(schemas).map(|specification| (specification, vec![]))).0;
    specification::flatten(&specification, &SchemaRef::Named("A".to_owned(), 0..0)).expect("it merges")
}

fn inline(schema: &SchemaRef) -> &Schema {
    match schema {
        SchemaRef::Inline(schema) => schema,
        SchemaRef::Named(name, _) => panic!("a name: {name}"),
    }
}

#[test]
fn constraints_become_the_narrower_ones() {
    let a = flat(
        "A: {allOf: [{$ref: '#/components/schemas/B'}, {type: integer, minimum: 3, exclusiveMinimum: true, \
         maximum: 8, multipleOf: 4}], maximum: 9}
         B: {type: number, minimum: 3, maximum: 10, multipleOf: 6}",
    );
    assert_eq!(a.kind, Some(Kind::Integer));
    assert_eq!((a.minimum, a.exclusive_minimum), (Some(3.into()), true));
    assert_eq!((a.maximum, a.exclusive_maximum), (Some(8.into()), false));
    assert_eq!(a.multiple_of, Some(12.into()));

    let a = flat("A: {allOf: [{type: string, minLength: 2, maxLength: 9}, {minLength: 1, maxLength: 5, pattern: x}]}");
    assert_eq!((a.min_length, a.max_length, a.pattern.as_deref()), (Some(2), Some(5), Some("x")));
    let a = flat(
        "A: {allOf: [{type: array, items: {}, minItems: 1}, {minItems: 2, maxItems: 3, uniqueItems: true}, \
         {minProperties: 1}, {maxProperties: 4}]}",
    );
    assert_eq!((a.min_items, a.max_items, a.unique_items), (Some(2), Some(3), true));
    assert_eq!((a.min_properties, a.max_properties), (Some(1), Some(4)));
    let a = flat("A: {allOf: [{enum: [a, b, c]}, {enum: [c, d, b]}]}");
    assert_eq!(a.enumeration, [json!("b"), json!("c")]);
}

#[test]
fn properties_are_united() {
    let a = flat(
        "A: {title: whole, allOf: [{$ref: '#/components/schemas/B'}, {$ref: '#/components/schemas/B'}, {required: [p, q], \
         properties: {p: {maxLength: 5}, r: {$ref: '#/components/schemas/C'}}}], properties: {s: {}}}
         B: {title: part, description: d, type: object, required: [p], properties: {q: {type: integer}, p: {type: string}, \
         r: {$ref: '#/components/schemas/C'}}}
         C: {type: object}",
    );
    assert_eq!(a.title.as_deref(), Some("whole"));
    assert_eq!(a.description.as_deref(), Some("d"));
    assert_eq!(a.required, ["p", "q"]);
    assert_eq!(a.properties.keys().collect::<Vec<_>>(), ["q", "p", "r", "s"]);
    let p = inline(&a.properties["p"]);
    assert_eq!((p.kind, p.max_length), (Some(Kind::String), Some(5)));
    // The same reference in both parts stays one.
    assert!(matches!(&a.properties["r"], SchemaRef::Named(name, _) if name == "C"));
}

#[test]
fn what_stands_within_is_merged_too() {
    let a = flat(
        "A: {type: object, properties: {p: {allOf: [{type: string}, {maxLength: 3}]}}, \
         additionalProperties: {allOf: [{type: string}]}, anyOf: [{allOf: [{type: object}]}]}",
    );
    let p = inline(&a.properties["p"]);
    assert!(p.all_of.is_empty());
    assert_eq!((p.kind, p.max_length), (Some(Kind::String), Some(3)));
    assert_eq!(inline(&a.any_of[0]).kind, Some(Kind::Object));
    let Some(AdditionalProperties::Schema(rest)) = &a.additional_properties else { panic!("a schema") };
    assert_eq!(inline(rest).kind, Some(Kind::String));
}

#[test]
fn nullable_needs_all_typed_parts() {
    assert!(!flat("A: {allOf: [{type: string, nullable: true}, {type: string}]}").nullable);
    assert!(flat("A: {allOf: [{type: string, nullable: true}, {maxLength: 3}]}").nullable);
    assert!(!flat("A: {allOf: [{type: string}], nullable: true}").nullable);
}

#[test]
fn a_named_schema_that_is_a_reference_is_what_it_refers_to() {
    let a = flat(
        "A: {$ref: '#/components/schemas/B'}
         B: {type: string, maxLength: 4}",
    );
    assert_eq!((a.kind, a.max_length), (Some(Kind::String), Some(4)));
}

#[test]
fn references_into_a_schema_are_put_in_place() {
    let a = flat(
        "A: {properties: {x: {$ref: '#/components/schemas/B/properties/a~1b%20~0'}}}
         B: {properties: {'a/b ~': {type: string, maxLength: 7}}}",
    );
    assert_eq!(inline(&a.properties["x"]).max_length, Some(7));
}

#[test]
fn contradictions_name_both() {
    for (schema, message) in [
        (
            "{allOf: [{type: string}, {type: object}]}",
            "the parts of `allOf` contradict one another: type `string` and type `object`",
        ),
        ("{allOf: [{enum: [a]}, {enum: [b]}]}", "the parts of `allOf` have no value of `enum` in common"),
        ("{allOf: [{pattern: a}, {pattern: b}]}", "two `pattern` cannot be merged into one: `a` and `b`"),
        ("{allOf: [{format: uuid}, {format: uri}]}", "two `format` cannot be merged into one: `uuid` and `uri`"),
        ("{allOf: [{anyOf: [{}]}, {anyOf: [{}]}]}", "two `anyOf` cannot be merged into one"),
        ("{allOf: [{multipleOf: 0.5}, {multipleOf: 2}]}", "two `multipleOf` cannot be merged into one"),
        ("{allOf: [{minimum: 5}, {maximum: 4}]}", "nothing fits between `minimum` and `maximum`"),
        ("{allOf: [{minLength: 5}, {maxLength: 4}]}", "nothing fits between `minLength` and `maxLength`"),
        (
            "{allOf: [{properties: {p: {items: {type: string}}}}, {properties: {p: {items: {type: number}}}}]}",
            "the parts of `allOf` contradict one another: type `string` and type `number`",
        ),
    ] {
        let errors = specification(&format!("A: {schema}")).expect_err(schema);
        assert_eq!(errors[0].message, message, "{schema}");
        assert_eq!(errors[0].line_column().map(|(line, _)| line), Some(6), "{schema}");
        let both = if message.starts_with("nothing fits") { 1 } else { 2 };
        assert_eq!(errors[0].places.len(), both, "{schema}");
    }
}

#[test]
fn merging_cannot_multiply() {
    let mut schemas = String::new();
    for level in 0..40 {
        let next = level + 1;
        for name in ["S", "T"] {
            schemas.push_str(&format!(
                "{name}{level}: {{properties: {{p: {{$ref: '#/components/schemas/{name}{next}'}}, \
                 q: {{$ref: '#/components/schemas/{name}{next}'}}}}}}\n"
            ));
        }
    }
    schemas.push_str("S40: {type: string}\nT40: {type: string}\n");
    schemas.push_str("A: {allOf: [{$ref: '#/components/schemas/S0'}, {$ref: '#/components/schemas/T0'}]}\n");
    let errors = specification(&schemas).expect_err("2^40 schemas");
    assert_eq!(errors[0].message, "this `allOf` takes in too many schemas");
}
