//! Any bytes as a stack file: nothing panics, nothing takes long, whatever is wrong can be shown; and whatever is right
//! becomes a stack in which every override is found.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::Value as Json;
use synth::emit::{Format, render};
use synth::mapping::Templates;
use synth::report::{self, Diagnostic};
use synth::settings::StackFile;
use synth::source::{self, Node};
use synth::specification::{self, Specification};
use synth::stack;

static SPECIFICATIONS: LazyLock<[Specification; 1]> = LazyLock::new(|| {
    let (source, node) =
        source::parse("bewerking.yaml", include_str!("../../openapi/bewerking.yaml")).expect("it is ours");
    [specification::lower(&source, &node).expect("it is ours").0]
});

static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| Templates::embedded().expect("they are ours"));

fuzz_target!(|bytes: &[u8]| {
    let file = match StackFile::parse("fuzz.yaml", &String::from_utf8_lossy(bytes)) {
        Ok(file) => file,
        Err(errors) => return shown(&errors),
    };
    let built = match stack::build(&file, &*SPECIFICATIONS, &TEMPLATES) {
        Ok(built) => built,
        Err(errors) => return shown(&errors),
    };
    shown(&built.notes);
    let text = render(&built.template, Format::Json);
    if let Err(errors) = stack::check(&built, &file, text.len()) {
        shown(&errors);
    }
    overrides_are_found(&file, &text);
});

/// Whatever is told, is told in a way that a terminal can take.
fn shown(diagnostics: &[Diagnostic]) {
    let text = report::render(diagnostics, false);
    assert!(!text.chars().any(|character| character.is_control() && character != '\n'), "{text:?}");
}

fn overrides_are_found(file: &StackFile, text: &str) {
    let template: Json = serde_json::from_str(text).expect("a template is JSON");
    // The deployment's name depends on the body; a stack file knows it without that.
    let ids = template["Resources"].as_object().expect("a template has resources").keys();
    let deployment = ids.into_iter().find(|id| id.starts_with("ApiDeployment")).expect("an API is deployed").clone();
    let template: Json =
        serde_json::from_str(&text.replace(&deployment, "ApiDeployment")).expect("a name changes nothing else");
    for resource in file.node.get("overrides").and_then(Node::as_mapping).unwrap_or_default() {
        let actual = &template["Resources"][&*resource.key];
        for part in resource.value.as_mapping().unwrap_or_default() {
            let actual = actual.get(&*part.key);
            match (&*part.key, part.value.as_str()) {
                ("DependsOn", Some(id)) => assert_eq!(actual, Some(&Json::from(vec![id]))),
                ("DependsOn", None) if part.value.as_sequence().is_some_and(<[_]>::is_empty) => {
                    assert_eq!(actual, None)
                }
                _ => assert!(found(&part.value, actual), "{} of {}", part.key, resource.key),
            }
        }
    }
}

fn found(expected: &Node, actual: Option<&Json>) -> bool {
    match (expected.as_mapping(), actual) {
        (Some(entries), Some(Json::Object(actual))) => {
            entries.iter().all(|entry| found(&entry.value, actual.get(&*entry.key)))
        }
        _ if expected.is_null() => actual.is_none(),
        _ => actual == Some(&expected.to_json()),
    }
}
