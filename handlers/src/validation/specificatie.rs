//! Holds the tables of fields, and the types that become answers, against `openapi/bewerking.yaml`.

use serde_json::{Value, json};

use super::velden::{self, Soort, Veld};
use crate::fout::{Afwijzing, InvalidParam};
use crate::testdata;
use crate::verwerkingsactie::{Vertrouwelijkheid, Verwerkingsactie};

fn specificatie() -> Value {
    let plaats = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/bewerking.yaml");
    let tekst = std::fs::read_to_string(plaats).expect("the specification lies beside this crate");
    serde_yaml::from_str(&tekst).expect("the specification is YAML")
}

/// A schema, without `$ref` and `allOf`: the properties in order, and which are required.
fn schema<'a>(document: &'a Value, schema: &'a Value) -> (Vec<(&'a str, &'a Value)>, Vec<&'a str>) {
    let schema = volg(document, schema);
    let mut velden = Vec::new();
    let mut verplicht = Vec::new();
    for deel in schema["allOf"].as_array().into_iter().flatten() {
        let (meer, ook) = self::schema(document, deel);
        velden.extend(meer);
        verplicht.extend(ook);
    }
    velden.extend(
        schema["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(naam, veld)| (naam.as_str(), volg(document, veld))),
    );
    verplicht.extend(schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str));
    (velden, verplicht)
}

fn volg<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(plaats) => volg(document, document.pointer(&plaats[1..]).expect("what is referred to is there")),
        None => schema,
    }
}

fn named<'a>(document: &'a Value, naam: &str) -> (Vec<(&'a str, &'a Value)>, Vec<&'a str>) {
    schema(document, &document["components"]["schemas"][naam])
}

/// What our table asks of a field, in the words of OpenAPI.
fn in_openapi(soort: Soort) -> Value {
    match soort {
        Soort::Tekst(langste) => json!({"type": "string", "maxLength": langste}),
        Soort::Uuid => json!({"type": "string", "format": "uuid"}),
        Soort::Uri(0, langste) => json!({"type": "string", "format": "uri", "maxLength": langste}),
        Soort::Uri(kortste, langste) => {
            json!({"type": "string", "format": "uri", "minLength": kortste, "maxLength": langste})
        }
        Soort::Tijdstip => json!({"type": "string", "format": "date-time"}),
        Soort::Duur => json!({"type": "string", "format": "duration"}),
        Soort::Oin => json!({"type": "string", "pattern": "^[0-9]{20}$"}),
        Soort::Keuze(keuzes) => json!({"type": "string", "enum": keuzes}),
        Soort::Lijst(_, 0) => json!({"type": "array"}),
        Soort::Lijst(_, minstens) => json!({"type": "array", "minItems": minstens}),
        Soort::Log => json!({"readOnly": true}),
    }
}

/// What the document asks of a field. `readOnly` says all there is to say of a request's field; the format
/// `identificator` asks for nothing.
fn gevraagd(veld: &Value, soort: Soort) -> Value {
    if soort == Soort::Log {
        return json!({"readOnly": veld["readOnly"]});
    }
    let mut gevraagd = veld.clone();
    let velden = gevraagd.as_object_mut().expect("a schema is an object");
    velden.retain(|naam, waarde| {
        let vraagt_niets = naam == "format" && waarde == "identificator";
        !vraagt_niets && !["title", "description", "example", "items", "readOnly"].contains(&naam.as_str())
    });
    gevraagd
}

fn vergelijk(document: &Value, naam: &str, onze: &[Veld]) {
    vergelijk_schema(document, naam, &document["components"]["schemas"][naam], onze);
}

fn vergelijk_schema(document: &Value, naam: &str, schema: &Value, onze: &[Veld]) {
    let (velden, verplicht) = self::schema(document, schema);
    let namen: Vec<_> = velden.iter().map(|(naam, _)| *naam).collect();
    assert_eq!(onze.iter().map(|veld| veld.naam).collect::<Vec<_>>(), namen, "fields of {naam}");
    for (onze, (_, hun)) in onze.iter().zip(velden) {
        assert_eq!(in_openapi(onze.soort), gevraagd(hun, onze.soort), "{naam}.{}", onze.naam);
        // In a request, what is required and readOnly is required of the answer only.
        let hun_verplicht = verplicht.contains(&onze.naam) && hun["readOnly"] != true;
        assert_eq!(onze.verplicht, hun_verplicht, "{naam}.{} required", onze.naam);
        if let Soort::Lijst(binnen, _) = onze.soort {
            vergelijk_schema(document, &format!("{naam}.{}", onze.naam), &hun["items"], binnen);
        }
    }
}

#[test]
fn r71_the_checks_are_those_of_the_specification() {
    let document = specificatie();
    vergelijk(&document, "VerwerkingsactieUitgebreidBasis", velden::NIEUW);
    vergelijk(&document, "VerwerkingsactieUitgebreidWijziging", velden::VERVANGING);
    vergelijk(&document, "PatchRequestBody", velden::AANPASSING);
}

fn namen(waarde: &Value) -> Vec<&str> {
    waarde.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn namen_in<'a>(document: &'a Value, naam: &str) -> Vec<&'a str> {
    named(document, naam).0.into_iter().map(|(naam, _)| naam).collect()
}

#[test]
fn r10_an_answer_has_the_fields_of_the_specification_in_its_order() {
    let document = specificatie();
    let actie: Verwerkingsactie = testdata::volledige_actie();
    let json = serde_json::to_value(&actie).unwrap();
    assert_eq!(namen(&json), namen_in(&document, "VerwerkingsactieUitgebreid"));
    assert_eq!(namen(&json["verwerkteObjecten"][0]), namen_in(&document, "VerwerktObject"));
    let gegeven = &json["verwerkteObjecten"][0]["verwerkteSoortenGegevens"][0];
    assert_eq!(namen(gegeven), namen_in(&document, "VerwerktSoortGegeven"));
}

#[test]
fn r70_an_error_has_the_fields_of_the_specification() {
    let document = specificatie();
    let fout =
        Afwijzing::Ongeldig(vec![InvalidParam::verplicht("tijdstip")]).fout("7d1b9f3e-3a5c-4f0e-9a63-0d1c2b3a4f5e");
    let json = serde_json::to_value(fout).unwrap();
    assert_eq!(namen(&json), namen_in(&document, "ValidatieFout"));
    assert_eq!(namen(&json["invalidParams"][0]), namen_in(&document, "FieldValidationError"));
}

#[test]
fn r11_the_values_of_vertrouwelijkheid_are_those_of_the_specification() {
    let document = specificatie();
    let waarden = Vertrouwelijkheid::ALLE.map(Vertrouwelijkheid::tekst);
    assert_eq!(json!(waarden), document["components"]["schemas"]["VertrouwelijkheidEnum"]["enum"]);
    assert_eq!(serde_json::to_value(Vertrouwelijkheid::ALLE).unwrap(), json!(waarden));
}

/// The pseudonym of any number fits where the number stood (`objectId` and `afnemerId`).
#[test]
fn r09_a_pseudonym_fits_in_the_field_that_it_stands_in() {
    let document = specificatie();
    let (velden, _) = named(&document, "VerwerktObjectBasis");
    let langste =
        velden.iter().find(|(naam, _)| *naam == "objectId").expect("it is there").1["maxLength"].as_u64().unwrap();
    for nummer in ["", "999990019", &"x".repeat(40), &"é".repeat(40)] {
        let bewaard = testdata::opgeslagen(&[("BSN", nummer)]);
        let pseudoniem = bewaard.actie().verwerkte_objecten[0].gegevens.object_id.tekst().chars().count();
        // One character is left for a key of which the id has two.
        assert!((pseudoniem as u64) < langste, "{pseudoniem}");
    }
}
