//! AWS's own schemas of its resource types, as cfn-lint brings them along, and templates held against them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value as Json, json};

/// The resource types of one region.
pub(crate) struct Schemas {
    region: &'static str,
    folder: PathBuf,
    /// Name of the file of each type.
    files: BTreeMap<String, String>,
}

impl Schemas {
    /// Finds the schemas of a region in the installed cfn-lint.
    pub(crate) fn read(region: &'static str) -> Self {
        let install = "`tests/run` installs the judges and puts them on the PATH";
        let find = "import cfnlint.data.schemas as schemas; print(list(schemas.__path__)[0])";
        let output = Command::new("python3").args(["-c", find]).output();
        let output = output.unwrap_or_else(|error| panic!("python3: {error}; {install}"));
        assert!(output.status.success(), "no cfn-lint: {}; {install}", String::from_utf8_lossy(&output.stderr));
        let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end());
        let index = parse(&folder.join(format!("providers/{region}.json")));
        let index = index.as_object().expect("an object of type and file").iter();
        let files = index.map(|(kind, file)| (kind.clone(), file.as_str().expect("a name").to_owned())).collect();
        Self { region, folder, files }
    }

    /// What AWS would say of each resource of a template. A value that CloudFormation completes fits anywhere.
    pub(crate) fn faults(&self, template: &Json) -> Vec<String> {
        let resources = template["Resources"].as_object().expect("resources");
        let mut validators: BTreeMap<&str, Option<(Validator, Vec<String>)>> = BTreeMap::new();
        let mut faults = Vec::new();
        for (id, resource) in resources {
            let kind = resource["Type"].as_str().expect("a type");
            let Some((validator, read_only)) = validators.entry(kind).or_insert_with(|| self.validator(kind)) else {
                faults.push(format!("{id}: {} has no {kind}", self.region));
                continue;
            };
            let properties = &resource["Properties"];
            let found = validator.iter_errors(properties);
            faults.extend(found.map(|error| format!("{id} ({kind}){}: {error}", error.instance_path())));
            let set = read_only.iter().filter(|key| properties.get(key.as_str()).is_some());
            faults.extend(set.map(|key| format!("{id} ({kind}): only AWS sets {key}")));
        }
        faults
    }

    /// The validator of a type, and the properties that only AWS sets.
    fn validator(&self, kind: &str) -> Option<(Validator, Vec<String>)> {
        let mut schema = parse(&self.folder.join(format!("resources/{}.json", self.files.get(kind)?)));
        let read_only = schema["readOnlyProperties"].as_array().into_iter().flatten();
        let read_only = read_only.filter_map(|path| path.as_str()?.strip_prefix("/properties/").map(str::to_owned));
        let read_only: Vec<_> = read_only.filter(|key| !key.contains('/')).collect();
        schema.as_object_mut().expect("a schema").remove("$schema");
        let schema = lenient(&schema);
        let validator = jsonschema::options().with_draft(Draft::Draft202012).build(&schema);
        Some((validator.unwrap_or_else(|error| panic!("{kind}: {error}")), read_only))
    }
}

fn parse(path: &Path) -> Json {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The same schema, in which every value may also be an intrinsic function.
fn lenient(schema: &Json) -> Json {
    let Json::Object(keywords) = schema else { return schema.clone() };
    let mut result = Map::new();
    for (keyword, value) in keywords {
        let (keyword, value) = match (keyword.as_str(), value) {
            ("properties", Json::Object(members)) => {
                (keyword.as_str(), members.iter().map(|(key, member)| (key.clone(), or_intrinsic(member))).collect())
            }
            ("patternProperties", Json::Object(members)) => {
                (keyword.as_str(), members.iter().map(|(key, member)| (pattern(key), or_intrinsic(member))).collect())
            }
            ("pattern", Json::String(text)) => (keyword.as_str(), Json::from(pattern(text))),
            ("items" | "additionalProperties" | "contains", Json::Object(_)) => (keyword.as_str(), or_intrinsic(value)),
            ("prefixItems", Json::Array(items)) => (keyword.as_str(), items.iter().map(or_intrinsic).collect()),
            ("allOf" | "anyOf" | "oneOf", Json::Array(items)) => {
                (keyword.as_str(), items.iter().map(lenient).collect())
            }
            ("if" | "then" | "else" | "not", _) => (keyword.as_str(), lenient(value)),
            ("definitions", Json::Object(members)) => {
                (keyword.as_str(), members.iter().map(|(key, member)| (key.clone(), lenient(member))).collect())
            }
            // Its name in the draft that the schemas are written in.
            ("dependencies", _) => ("dependentRequired", value.clone()),
            (keyword, value) => (keyword, value.clone()),
        };
        result.insert(keyword.to_owned(), value);
    }
    Json::Object(result)
}

/// A regular expression as JSON Schema writes it; cfn-lint has them as Python does.
fn pattern(python: &str) -> String {
    python.replace("\\Z", "$")
}

fn or_intrinsic(schema: &Json) -> Json {
    let intrinsic = json!({
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "propertyNames": { "pattern": "^(Ref|Fn::[A-Za-z0-9]+)$" },
    });
    json!({ "if": intrinsic, "else": lenient(schema) })
}
