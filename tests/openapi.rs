//! Our OpenAPI documents and the published ones describe the same contract.
//!
//! The published files are read from `shared/vng` beside the repository, or from where `SHARED_DIR` says.
//! Wording and organisation may differ; every other difference is listed, with the rule that asks for it, in
//! `openapi/listed.rs` and in `docs/standard.md`.

#[path = "openapi/canonical.rs"]
mod canonical;
#[path = "openapi/differences.rs"]
mod differences;
#[path = "openapi/listed.rs"]
mod listed;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use canonical::{WORDING, canonical, parse};
use differences::{Api, Listed, compare, complaints};
use listed::listed;
use serde_json::{Value, json};

const APIS: [(Api, &str); 2] = [(Api::Bewerking, "bewerking"), (Api::Inzage, "inzage")];

fn repository(file: &str) -> String {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn published(name: &str) -> String {
    let shared = std::env::var_os("SHARED_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")), PathBuf::from);
    let path = shared.join("vng").join(format!("{name}-openapi.yaml"));
    fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; the published files must be in $SHARED_DIR/vng, or in shared/vng beside the repository",
            path.display()
        )
    })
}

fn ours(name: &str) -> String {
    repository(&format!("openapi/{name}.yaml"))
}

fn meaning(text: &str) -> Value {
    canonical(&parse("the document", text)).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn only_the_listed_differences_exist() {
    let listed = listed();
    let complaints: Vec<String> = APIS
        .iter()
        .flat_map(|&(api, name)| complaints(api, &meaning(&published(name)), &meaning(&ours(name)), &listed))
        .collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// The list is exact: without any of its rows, or with one place more or less, the comparison fails.
#[test]
fn a_row_too_few_or_too_many_is_noticed() {
    let documents = APIS.map(|(api, name)| (api, meaning(&published(name)), meaning(&ours(name))));
    let fails = |listed: &[Listed]| {
        documents.iter().any(|(api, published, ours)| !complaints(*api, published, ours, listed).is_empty())
    };
    for index in 0..listed().len() {
        let mut without = listed();
        let row = without.remove(index);
        assert!(fails(&without), "not missed: {row:?}");
        for place in 0..row.places.len() {
            let mut miscounted = listed();
            miscounted[index].places[place].1 += 1;
            assert!(fails(&miscounted), "not counted: {row:?}");
        }
    }
}

#[test]
fn every_operation_of_the_standard_was_compared() {
    let operations = |name| {
        let operations = meaning(&ours(name))["operations"].take();
        operations.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(
        operations("bewerking"),
        [
            "get /verwerkingsacties",
            "post /verwerkingsacties",
            "patch /verwerkingsacties",
            "get /verwerkingsacties/{actieId}",
            "put /verwerkingsacties/{actieId}",
            "delete /verwerkingsacties/{actieId}",
        ]
    );
    assert_eq!(operations("inzage"), ["get /verwerkte-objecten", "get /verwerkte-objecten/{verwerktObjectId}"]);
}

/// The table of `docs/standard.md` and the list of the test name the same differences and rules.
#[test]
fn the_documentation_names_every_listed_difference() {
    let text = repository("docs/standard.md");
    let rows: BTreeSet<(String, String)> = text
        .lines()
        .filter(|line| line.starts_with("| S"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let rule = cells.last().expect("splitting gives at least one part");
            (cells[0].to_owned(), (*rule).to_owned())
        })
        .collect();
    let lines: BTreeSet<(String, String)> =
        listed().iter().map(|line| (line.id.to_owned(), line.rule.to_owned())).collect();
    assert_eq!(rows, lines, "rows of docs/standard.md (left) and lines of the test (right)");
}

/// Taking any keyword out of our documents is noticed, so the comparison overlooks nothing that has a meaning and
/// the documents hold nothing without one.
#[test]
fn no_keyword_of_bewerking_is_without_effect() {
    every_keyword_has_effect("bewerking");
}

#[test]
fn no_keyword_of_inzage_is_without_effect() {
    every_keyword_has_effect("inzage");
}

fn every_keyword_has_effect(name: &str) {
    let document = parse(name, &ours(name));
    let whole = meaning(&ours(name));
    let mut places = Vec::new();
    keywords(&document, String::new(), &mut places);
    assert!(places.len() > 200, "only {} keywords", places.len());
    for (parent, key) in places {
        let mut without = document.clone();
        without
            .pointer_mut(&parent)
            .and_then(Value::as_object_mut)
            .and_then(|mapping| mapping.shift_remove(&key))
            .expect("the place was found in this document");
        let unnoticed = canonical(&without).is_ok_and(|rest| rest == whole);
        assert!(!unnoticed, "{parent}/{key} has no effect");
    }
}

/// The keywords of a document that hold a value or a list, as the pointer of their mapping and the key. Wording is
/// left out.
fn keywords(node: &Value, pointer: String, places: &mut Vec<(String, String)>) {
    match node {
        Value::Object(entries) => {
            let of_names = ["/properties", "/headers", "/parameters", "/schemas"];
            let names = of_names.iter().any(|end| pointer.ends_with(end));
            for (key, value) in entries {
                if !names && WORDING.contains(&key.as_str()) {
                    continue;
                }
                // The document's own tags and info describe; an operation's tags are part of the contract.
                if pointer.is_empty() && ["tags", "info"].contains(&key.as_str()) {
                    continue;
                }
                // Every part of an `allOf` says that it is an object, though one would do.
                if !(value.is_object() || key == "type" && value == "object") {
                    places.push((pointer.clone(), key.clone()));
                }
                let key = key.replace('~', "~0").replace('/', "~1");
                keywords(value, format!("{pointer}/{key}"), places);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                keywords(item, format!("{pointer}/{index}"), places);
            }
        }
        _ => {}
    }
}

/// The synthesizer can put both APIs into one document: what has the same name is the same.
#[test]
fn components_of_the_same_name_are_the_same_in_both_documents() {
    let [bewerking, inzage] = APIS.map(|(_, name)| parse(name, &ours(name))["components"].take());
    let mut shared = 0;
    for kind in ["securitySchemes", "headers", "responses", "schemas"] {
        for (name, component) in bewerking[kind].as_object().unwrap() {
            if let Some(same) = inzage[kind].get(name) {
                assert_eq!(component, same, "components/{kind}/{name}");
                shared += 1;
            }
        }
    }
    assert!(shared > 20, "only {shared} components are shared");
}

#[test]
fn no_sentence_of_the_published_files_is_taken_over() {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let mut sentences = BTreeSet::new();
    let mut taken = String::new();
    for (_, name) in APIS {
        let mut texts = Vec::new();
        strings(&parse(name, &published(name)), &mut texts);
        for text in texts {
            let text = plain(&text);
            let parts = text.split_inclusive(['.', '!', '?', ':', ';']).map(str::trim);
            sentences.extend(
                parts
                    .map(|part| part.trim_end_matches(['.', '!', '?', ':', ';']).to_owned())
                    .filter(|part| part.split(' ').count() > 4),
            );
        }
        let mut texts = Vec::new();
        strings(&parse(name, &ours(name)), &mut texts);
        let comments = ours(name).replace('#', "");
        taken += &plain(&format!("{} {comments} ", texts.join(" | ")));
    }
    assert!(sentences.len() > 30, "only {} sentences found", sentences.len());
    let taken: Vec<&String> = sentences.iter().filter(|sentence| taken.contains(sentence.as_str())).collect();
    assert!(taken.is_empty(), "taken over: {taken:#?}");
}

fn strings(node: &Value, texts: &mut Vec<String>) {
    match node {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, texts)),
        Value::Object(entries) => entries.values().for_each(|value| strings(value, texts)),
        _ => {}
    }
}

/// The comparison itself: what it must not see and what it must.
#[test]
fn organisation_is_not_meaning_and_a_constraint_is() {
    let document = |schema: Value, components: Value| {
        json!({
            "openapi": "3.0.1",
            "info": {"version": "1"},
            "security": [],
            "paths": {"/a": {"get": {
                "operationId": "a",
                "responses": {"200": {
                    "description": "goed",
                    "content": {"application/json": {"schema": schema}},
                }},
            }}},
            "components": {"securitySchemes": {}, "schemas": components},
        })
    };
    let inline = document(
        json!({
            "type": "object",
            "required": ["title", "b"],
            "properties": {"title": {"type": "string", "maxLength": 3}, "b": {"enum": ["x", "y"]}},
        }),
        json!({}),
    );
    let split = document(
        json!({"allOf": [{"$ref": "#/components/schemas/A"}, {"required": ["b"]}]}),
        json!({"A": {
            "description": "in andere woorden",
            "type": "object",
            "required": ["title"],
            "properties": {"b": {"enum": ["y", "x"]}, "title": {"type": "string", "maxLength": 3}},
        }}),
    );
    let inline_meaning = canonical(&inline).unwrap();
    assert_eq!(compare(&inline_meaning, &canonical(&split).unwrap()), []);

    let mut looser = split.clone();
    looser["components"]["schemas"]["A"]["properties"]["title"]["maxLength"] = json!(4);
    let found = compare(&inline_meaning, &canonical(&looser).unwrap());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].at.last().unwrap(), "maxLength");
    assert_eq!((&found[0].published, &found[0].ours), (&Some(json!(3)), &Some(json!(4))));

    let mut endless = split;
    endless["components"]["schemas"]["A"]["properties"]["b"] = json!({"items": {"$ref": "#/components/schemas/A"}});
    assert!(canonical(&endless).unwrap_err().contains("refers to itself"));
}
