//! The JSON Schema that editors use.

use std::fs;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value as Json;
use synth::settings::StackFile;

use crate::{json, repository};

pub(crate) fn validator() -> &'static Validator {
    static VALIDATOR: LazyLock<Validator> =
        LazyLock::new(|| jsonschema::draft7::new(&synth::settings::schema()).expect("the schema is one"));
    &VALIDATOR
}

#[test]
fn the_committed_schema_is_that_of_the_types() {
    let text = synth::emit::render(&synth::settings::schema(), synth::emit::Format::Json);
    let path = repository("stacks/schema.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        return fs::write(path, text).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), text, "UPDATE_GOLDEN=1 writes it anew");
}

#[test]
fn the_schema_is_one_of_draft_07() {
    let schema = synth::settings::schema();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    assert!(jsonschema::draft7::meta::is_valid(&schema));
}

#[test]
fn every_key_has_a_description_and_no_object_takes_any_key() {
    fn walk(schema: &Json, at: &str) {
        for (key, schema) in schema["properties"].as_object().into_iter().flatten() {
            let description = schema["description"].as_str().unwrap_or_default();
            assert!(description.ends_with('.'), "{at}.{key} has no description");
            // `overrides` is what CloudFormation takes; the schema cannot know.
            if key != "overrides" {
                walk(schema, &format!("{at}.{key}"));
            }
        }
        if schema.get("properties").is_some() {
            assert_eq!(schema["additionalProperties"], false, "{at} takes any key");
        }
    }
    let schema = synth::settings::schema();
    walk(&schema, "");
    for (name, definition) in schema["definitions"].as_object().unwrap() {
        walk(definition, name);
    }
}

#[test]
fn the_stack_files_of_the_repository_are_valid_and_name_the_schema() {
    let validator = validator();
    let files = fs::read_dir(repository("stacks")).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect();
    assert_eq!(files.len(), 3, "{files:?}");
    for path in files {
        StackFile::read(&path).unwrap_or_else(|errors| panic!("{errors:?}"));
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# yaml-language-server: $schema=schema.json\n"), "{}", path.display());
        let errors: Vec<_> = validator.iter_errors(&json(&text)).map(|error| error.to_string()).collect();
        assert_eq!(errors, [""; 0], "{}", path.display());
    }
}

#[test]
fn the_defaults_that_the_schema_shows_are_valid_themselves() {
    let schema = synth::settings::schema();
    let defaults = schema["properties"].as_object().unwrap().iter();
    let mut stack: serde_json::Map<_, _> =
        defaults.filter_map(|(key, schema)| Some((key.clone(), schema.get("default")?.clone()))).collect();
    stack.insert("name".to_owned(), Json::from("s"));
    let text = Json::Object(stack).to_string();
    let errors: Vec<_> = validator().iter_errors(&json(&text)).map(|error| error.to_string()).collect();
    assert_eq!(errors, [""; 0]);
    StackFile::parse("defaults.yaml", &text).unwrap_or_else(|errors| panic!("{errors:?}"));
}
