//! Any mapping as a stack file: no panic, and what is taken is valid by the schema.

use proptest::prelude::*;
use serde_json::{Map, Value as Json};
use synth::settings::StackFile;

use crate::repository;
use crate::schema::validator;

/// Every key that a stack file knows, and some that it does not.
fn key() -> impl Strategy<Value = String> {
    let mut known = Vec::new();
    let schema = synth::settings::schema();
    let definitions = schema["definitions"].as_object().into_iter().flat_map(Map::values);
    for object in definitions.chain([&schema]) {
        known.extend(object["properties"].as_object().into_iter().flat_map(Map::keys).cloned());
    }
    known.extend(["Table", "Properties", "DependsOn", "DeletionPolicy"].map(str::to_owned));
    prop_oneof![9 => proptest::sample::select(known), 1 => ".{0,12}"]
}

fn value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-5..2000_i64).prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,20}".prop_map(Json::from),
        proptest::sample::select(vec!["s", "https://a.nl", "MONTH", "arm64", "UTC", "a.yaml", "GOVERNANCE", "Retain"])
            .prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            1 => proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            4 => proptest::collection::vec((key(), inner), 0..6).prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

fn read(document: &Json) -> Result<StackFile, Vec<synth::report::Diagnostic>> {
    StackFile::parse("stack.yaml", &serde_yaml::to_string(document).unwrap())
}

/// The places in a document that hold no object.
fn leaves(document: &Json, at: &str, found: &mut Vec<String>) {
    match document {
        Json::Object(members) => members.iter().for_each(|(key, value)| leaves(value, &format!("{at}/{key}"), found)),
        Json::Array(items) => {
            items.iter().enumerate().for_each(|(key, item)| leaves(item, &format!("{at}/{key}"), found))
        }
        _ => found.push(at.to_owned()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_mapping_is_taken_or_refused_with_a_place(entries in proptest::collection::vec((key(), value()), 0..6)) {
        let mut document: Json = entries.into_iter().collect();
        document["name"] = "s".into();
        match read(&document) {
            Ok(_) => prop_assert!(validator().is_valid(&document), "taken, but not by the schema: {document}"),
            Err(errors) => prop_assert!(errors.iter().all(|error| error.line_column().is_some())),
        }
    }

    #[test]
    fn a_good_file_with_one_value_changed_is_taken_only_if_the_schema_takes_it(pick in any::<prop::sample::Index>(), new in value()) {
        let text = std::fs::read_to_string(repository("stacks/productie.yaml")).unwrap();
        let mut document = crate::json(&text);
        let mut places = Vec::new();
        leaves(&document, "", &mut places);
        *document.pointer_mut(pick.get(places.as_slice()).as_str()).unwrap() = new;
        if read(&document).is_ok() {
            prop_assert!(validator().is_valid(&document), "taken, but not by the schema: {document}");
        }
    }
}
