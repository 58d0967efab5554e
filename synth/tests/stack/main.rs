//! The promises of the template, each held against what is built and not against its text.

mod api;
#[path = "../common/mod.rs"]
mod common;
mod deployment;
mod ids;
mod overrides;
mod permissions;
mod storage;

use serde_json::{Map, Value as Json};
use synth::report::Diagnostic;
use synth::settings::StackFile;
use synth::stack::{self, Built};

use common::{build, listed, read};

/// Everything that a stack file can switch on.
const MAXIMAL: &str = "tests/judges/maximal.yaml";
/// Everything that it can switch off.
const MINIMAL: &str = "tests/judges/minimal.yaml";

/// Every stack file that promises are held against.
fn all() -> Vec<(&'static str, Built)> {
    ["stacks/local.yaml", "stacks/acceptatie.yaml", "stacks/productie.yaml", MAXIMAL, MINIMAL]
        .map(|path| (path, read(path)))
        .into()
}

/// Builds a stack file and holds it against CloudFormation's rules, as the command does.
fn try_stack(text: &str) -> Result<Built, Vec<Diagnostic>> {
    let file = StackFile::parse("stack.yaml", text)?;
    let built = build(&file)?;
    stack::check(&built, &file, 0)?;
    Ok(built)
}

fn stack(text: &str) -> Built {
    try_stack(text).unwrap_or_else(|errors| panic!("{}", listed(&errors)))
}

/// The resources of a type, by logical id.
fn of_type<'a>(built: &'a Built, kind: &str) -> Vec<(&'a str, &'a Map<String, Json>)> {
    let resources = built.template.resources.iter().filter(|(_, resource)| resource.kind == kind);
    resources.map(|(id, resource)| (id.as_str(), &resource.properties)).collect()
}

fn properties<'a>(built: &'a Built, id: &str) -> &'a Map<String, Json> {
    &built.template.resources.get(id).unwrap_or_else(|| panic!("no resource {id}")).properties
}

/// A value as people write it: `Table/index/x` for an ARN that begins with the table's, `${AWS::Region}` as it stands.
fn written(value: &Json) -> String {
    if let Some(id) = value.get("Ref").and_then(Json::as_str) {
        return id.to_owned();
    }
    if let Some(path) = value.get("Fn::GetAtt") {
        let [id, attribute] = [&path[0], &path[1]].map(|part| part.as_str().expect("text"));
        return if attribute == "Arn" { id.to_owned() } else { format!("{id}.{attribute}") };
    }
    let text = value.get("Fn::Sub").unwrap_or(value).as_str().unwrap_or_else(|| panic!("{value} is no text"));
    text.replace(".Arn}/", "}/").replace("${BackupBucket}", "BackupBucket").replace("${Table}", "Table")
}

/// A document of the project's.
fn document(path: &str) -> String {
    std::fs::read_to_string(common::root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
