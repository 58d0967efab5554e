//! `docs/stack-file.md`: its table of keys is made from the schema, and its examples are stack files that work.

use std::fs;

use serde_json::Value as Json;
use synth::cloudformation::Limits;
use synth::mapping::Templates;
use synth::settings::StackFile;
use synth::{source, specification, stack};

use crate::schema::validator;
use crate::{json, repository};

const START: &str = "<!-- The keys, from stacks/schema.json: UPDATE_GOLDEN=1 cargo test -p synth --test settings -->\n";
const END: &str = "<!-- End of the keys -->\n";

/// One row: a key with its path, what it takes, its default, what it is.
struct Row {
    key: String,
    takes: String,
    default: String,
    what: String,
}

/// What a reference, or a choice between something and `null`, leads to.
fn followed<'a>(schema: &'a Json, root: &'a Json) -> &'a Json {
    let choices = schema["anyOf"].as_array().or(schema["allOf"].as_array());
    let real = choices.and_then(|choices| choices.iter().find(|choice| choice.get("$ref").is_some()));
    match real.unwrap_or(schema)["$ref"].as_str() {
        Some(reference) => &root["definitions"][reference.rsplit('/').next().unwrap()],
        None => schema,
    }
}

fn rows(object: &Json, root: &Json, prefix: &str, found: &mut Vec<Row>) {
    let required = |key: &str| object["required"].as_array().is_some_and(|keys| keys.iter().any(|name| name == key));
    for (key, schema) in object["properties"].as_object().into_iter().flatten() {
        let target = followed(schema, root);
        let default = match schema.get("default") {
            _ if required(key) => "required".to_owned(),
            None | Some(Json::Null) => "–".to_owned(),
            Some(Json::Object(_)) if target.get("properties").is_some() => String::new(),
            Some(value) => format!("`{value}`"),
        };
        let item = followed(&target["items"], root);
        let what = schema["description"].as_str().unwrap().replace('\n', " ");
        let key = format!("{prefix}{key}");
        found.push(Row { key: key.clone(), takes: takes(target, root), default, what });
        rows(target, root, &format!("{key}."), found);
        rows(item, root, &format!("{key}[]."), found);
    }
}

fn takes(schema: &Json, root: &Json) -> String {
    let number = |key: &str| schema[key].as_u64().map(|number| number.to_string());
    if let (Some(least), Some(most)) = (number("minimum"), number("maximum")) {
        return format!("{least} to {most}");
    }
    if let Some(pattern) = schema["pattern"].as_str().filter(|pattern| pattern.len() < 50) {
        return format!("`{}`", pattern.replace('|', "\\|"));
    }
    let choices = schema["enum"].as_array().cloned().unwrap_or_else(|| {
        let all = schema["oneOf"].as_array().into_iter().flatten();
        all.filter_map(|choice| choice.get("const").or_else(|| choice["enum"].get(0))).cloned().collect()
    });
    if !choices.is_empty() {
        return choices
            .iter()
            .map(|choice| format!("`{}`", choice.to_string().trim_matches('"')))
            .collect::<Vec<_>>()
            .join(", ");
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
    match kind {
        Some("array") => format!("list of {}", takes(followed(&schema["items"], root), root)),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("string") => "text".to_owned(),
        Some("object") => "object".to_owned(),
        _ => "text, or list of text".to_owned(),
    }
}

#[test]
fn the_reference_lists_every_key_of_the_schema() {
    let schema = synth::settings::schema();
    let mut all = Vec::new();
    rows(&schema, &schema, "", &mut all);
    assert!(all.iter().any(|row| row.key == "tokens.issuers[].jwksUri"), "lists are not followed");
    assert!(all.iter().any(|row| row.key == "api.domain.certificateArn"), "what may be left out is not followed");
    let mut table = "\n| key | takes | default | is |\n| --- | --- | --- | --- |\n".to_owned();
    for Row { key, takes, default, what } in all {
        table += &format!("| `{key}` | {takes} | {default} | {what} |\n");
    }
    let path = repository("docs/stack-file.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(START).expect("the page has a table of keys");
    let (written, after) = rest.split_once(END).expect("the table of keys has an end");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        return fs::write(&path, format!("{before}{START}{table}\n{END}{after}")).unwrap();
    }
    assert_eq!(written, format!("{table}\n"), "UPDATE_GOLDEN=1 writes the table anew");
}

#[test]
fn the_examples_are_stack_files_that_can_be_emitted() {
    let text = fs::read_to_string(repository("docs/stack-file.md")).unwrap();
    let examples: Vec<_> = text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(examples.len() >= 5, "{} examples", examples.len());
    let (bewerking, node) = source::read(repository("openapi/bewerking.yaml")).unwrap();
    let specifications = [specification::lower(&bewerking, &node).unwrap().0];
    let templates = Templates::embedded().unwrap();
    for example in examples {
        let errors: Vec<_> = validator().iter_errors(&json(example)).map(|error| error.to_string()).collect();
        assert_eq!(errors, [""; 0], "{example}");
        let file = StackFile::parse("example.yaml", example).unwrap_or_else(|errors| panic!("{example}{errors:?}"));
        let built =
            stack::build(&file, &specifications, &templates).unwrap_or_else(|errors| panic!("{example}{errors:?}"));
        assert_eq!(built.template.check(0, &Limits::default()), [], "{example}");
    }
}
