//! Holds the tables of fields, and the types that become answers, against `openapi/bewerking.yaml`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fields::{self, Field, Kind};
use crate::fout::{Fout, InvalidParam, Rejection};
use crate::testdata;
use crate::verwerkingsactie::{Patch, Request, Vertrouwelijkheid, Verwerkingsactie};

fn specification() -> Value {
    let place = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/bewerking.yaml");
    let text = std::fs::read_to_string(place).expect("the specification lies beside this crate");
    serde_yaml::from_str(&text).expect("the specification is YAML")
}

/// A schema, without `$ref` and `allOf`: the properties in order, and which are required.
fn schema<'a>(document: &'a Value, schema: &'a Value) -> (Vec<(&'a str, &'a Value)>, Vec<&'a str>) {
    let schema = follow(document, schema);
    let mut fields = Vec::new();
    let mut required = Vec::new();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        let (more, also) = self::schema(document, part);
        fields.extend(more);
        required.extend(also);
    }
    fields.extend(
        schema["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, field)| (name.as_str(), follow(document, field))),
    );
    required.extend(schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str));
    (fields, required)
}

fn follow<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(place) => follow(document, document.pointer(&place[1..]).expect("what is referred to is there")),
        None => schema,
    }
}

fn named<'a>(document: &'a Value, name: &str) -> (Vec<(&'a str, &'a Value)>, Vec<&'a str>) {
    schema(document, &document["components"]["schemas"][name])
}

/// What our table asks of a field, in the words of OpenAPI.
fn in_openapi(kind: Kind) -> Value {
    match kind {
        Kind::Text(longest) => json!({"type": "string", "maxLength": longest}),
        Kind::Uuid => json!({"type": "string", "format": "uuid"}),
        Kind::Uri(0, longest) => json!({"type": "string", "format": "uri", "maxLength": longest}),
        Kind::Uri(shortest, longest) => {
            json!({"type": "string", "format": "uri", "minLength": shortest, "maxLength": longest})
        }
        Kind::Tijdstip => json!({"type": "string", "format": "date-time"}),
        Kind::Duration => json!({"type": "string", "format": "duration"}),
        Kind::Oin => json!({"type": "string", "pattern": "^[0-9]{20}$"}),
        Kind::Choice(choices) => json!({"type": "string", "enum": choices}),
        Kind::List(_, 0) => json!({"type": "array"}),
        Kind::List(_, at_least) => json!({"type": "array", "minItems": at_least}),
        Kind::Log => json!({"readOnly": true}),
    }
}

/// What the document asks of a field. `readOnly` says all there is to say of a request's field; the format
/// `identificator` asks for nothing.
fn asked(field: &Value, kind: Kind) -> Value {
    if kind == Kind::Log {
        return json!({"readOnly": field["readOnly"]});
    }
    let mut asked = field.clone();
    let fields = asked.as_object_mut().expect("a schema is an object");
    fields.retain(|name, value| {
        let asks_nothing = name == "format" && value == "identificator";
        !asks_nothing && !["title", "description", "example", "items", "readOnly"].contains(&name.as_str())
    });
    asked
}

fn compare(document: &Value, name: &str, ours: &[Field]) {
    compare_schema(document, name, &document["components"]["schemas"][name], ours);
}

fn compare_schema(document: &Value, name: &str, schema: &Value, ours: &[Field]) {
    let (fields, required) = self::schema(document, schema);
    let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
    assert_eq!(ours.iter().map(|field| field.name).collect::<Vec<_>>(), names, "fields of {name}");
    for (ours, (_, theirs)) in ours.iter().zip(fields) {
        assert_eq!(in_openapi(ours.kind), asked(theirs, ours.kind), "{name}.{}", ours.name);
        // In a request, what is required and readOnly is required of the answer only.
        let theirs_required = required.contains(&ours.name) && theirs["readOnly"] != true;
        assert_eq!(ours.required, theirs_required, "{name}.{} required", ours.name);
        if let Kind::List(within, _) = ours.kind {
            compare_schema(document, &format!("{name}.{}", ours.name), &theirs["items"], within);
        }
    }
}

#[test]
fn r71_the_checks_are_those_of_the_specification() {
    let document = specification();
    compare(&document, "VerwerkingsactieUitgebreidBasis", fields::POST);
    compare(&document, "VerwerkingsactieUitgebreidWijziging", fields::PUT);
    compare(&document, "PatchRequestBody", fields::PATCH);
}

fn names(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn names_in<'a>(document: &'a Value, name: &str) -> Vec<&'a str> {
    named(document, name).0.into_iter().map(|(name, _)| name).collect()
}

#[test]
fn r10_an_answer_has_the_fields_of_the_specification_in_its_order() {
    let document = specification();
    let actie: Verwerkingsactie = testdata::full_actie();
    let json = serde_json::to_value(&actie).unwrap();
    assert_eq!(names(&json), names_in(&document, "VerwerkingsactieUitgebreid"));
    assert_eq!(names(&json["verwerkteObjecten"][0]), names_in(&document, "VerwerktObject"));
    let given = &json["verwerkteObjecten"][0]["verwerkteSoortenGegevens"][0];
    assert_eq!(names(given), names_in(&document, "VerwerktSoortGegeven"));
}

#[test]
fn r70_an_error_has_the_fields_of_the_specification() {
    let document = specification();
    let fout =
        Rejection::Invalid(vec![InvalidParam::required("tijdstip")]).fout("7d1b9f3e-3a5c-4f0e-9a63-0d1c2b3a4f5e");
    let json = serde_json::to_value(fout).unwrap();
    assert_eq!(names(&json), names_in(&document, "ValidatieFout"));
    assert_eq!(names(&json["invalidParams"][0]), names_in(&document, "FieldValidationError"));
}

#[test]
fn r11_the_values_of_vertrouwelijkheid_are_those_of_the_specification() {
    let document = specification();
    let values = Vertrouwelijkheid::ALL.map(Vertrouwelijkheid::text);
    assert_eq!(json!(values), document["components"]["schemas"]["VertrouwelijkheidEnum"]["enum"]);
    assert_eq!(serde_json::to_value(Vertrouwelijkheid::ALL).unwrap(), json!(values));
}

/// The pseudonym of any number fits where the number stood (`objectId` and `afnemerId`).
#[test]
fn r09_a_pseudonym_fits_in_the_field_that_it_stands_in() {
    let document = specification();
    let (fields, _) = named(&document, "VerwerktObjectBasis");
    let longest =
        fields.iter().find(|(name, _)| *name == "objectId").expect("it is there").1["maxLength"].as_u64().unwrap();
    for number in ["", "999990019", &"x".repeat(40), &"é".repeat(40)] {
        let kept = testdata::stored(&[("BSN", number)]);
        let pseudoniem = kept.actie().verwerkte_objecten[0].content.object_id.text().chars().count();
        // One character is left for a key of which the id has two.
        assert!((pseudoniem as u64) < longest, "{pseudoniem}");
    }
}

/// The shape of a JSON Schema, whoever wrote it: of each field its type, and of a field that is an object or a list what
/// is in it; and which fields have to be there.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    Text,
    Number,
    List(Box<Shape>),
    Object(BTreeMap<String, (Shape, bool)>),
}

/// What of a schema is compared.
#[derive(Clone, Copy)]
enum Of {
    /// All of it.
    Answer,
    /// A `readOnly` field does not have to be there (R14), and the moment of registration is the log's alone (R01).
    Request,
    /// Not which fields have to be there.
    Fields,
}

impl Shape {
    fn of(document: &Value, schema: &Value, what: Of) -> Self {
        // In `schemars`' words an optional field is its type or null.
        let schema = follow(document, without_null(follow(document, schema)));
        let is = |kind: &str| match &schema["type"] {
            Value::Array(kinds) => kinds.iter().any(|one| one == kind),
            one => one == kind,
        };
        if is("string") {
            return Self::Text;
        }
        if is("integer") {
            return Self::Number;
        }
        if is("array") {
            return Self::List(Box::new(Self::of(document, &schema["items"], what)));
        }
        // An enum of texts may say no more than its values.
        if schema["enum"].is_array() || schema["oneOf"].is_array() || schema["const"].is_string() {
            return Self::Text;
        }
        let (fields, required) = self::schema(document, schema);
        assert!(!fields.is_empty(), "neither text, number, list nor object: {schema}");
        let kept = |(name, _): &(&str, &Value)| !matches!(what, Of::Request) || *name != "tijdstipRegistratie";
        let field = |(name, field): (&str, &Value)| {
            let counts = match what {
                Of::Answer => true,
                Of::Request => field["readOnly"] != true,
                Of::Fields => false,
            };
            let required = counts && required.contains(&name);
            (name.to_owned(), (Self::of(document, field, what), required))
        };
        Self::Object(fields.into_iter().filter(kept).map(field).collect())
    }
}

fn without_null(schema: &Value) -> &Value {
    let parts = schema["anyOf"].as_array();
    parts.and_then(|parts| parts.iter().find(|part| part["type"] != "null")).unwrap_or(schema)
}

/// R71, R10: what our types say of themselves is what the specification says of them.
#[test]
fn r10_r71_the_types_are_those_of_the_specification() {
    fn ours<T: schemars::JsonSchema>(what: Of) -> Shape {
        let schema = schemars::schema_for!(T).to_value();
        Shape::of(&schema, &schema, what)
    }
    let document = specification();
    let named = |name: &str, what| Shape::of(&document, &document["components"]["schemas"][name], what);
    assert_eq!(ours::<Verwerkingsactie>(Of::Answer), named("VerwerkingsactieUitgebreid", Of::Answer));
    assert_eq!(ours::<Request>(Of::Answer), named("VerwerkingsactieUitgebreidWijziging", Of::Request));
    assert_eq!(ours::<Patch>(Of::Answer), named("PatchRequestBody", Of::Request));
    // One type of ours is both `Fout` and `ValidatieFout`; which fields an answer has is tested above.
    assert_eq!(ours::<Fout>(Of::Fields), named("ValidatieFout", Of::Fields));
}
