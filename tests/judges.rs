//! What other people's programs say of what we emit. `tests/run` installs them.

#[path = "judges/schemas.rs"]
mod schemas;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use schemas::Schemas;
use serde_json::{Value as Json, json};
use synth::emit::{self, Format};
use synth::stack::Built;
use tempfile::TempDir;

const REGIONS: [&str; 2] = ["eu-west-1", "eu-central-1"];

/// Runs a judge.
fn judge(name: &str, arguments: &[&str], files: &[PathBuf]) -> Output {
    let run = Command::new(name).args(arguments).args(files).env("LC_ALL", "C.UTF-8").output();
    run.unwrap_or_else(|error| panic!("{name}: {error}; `tests/run` installs the judges and puts them on the PATH"))
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Every stack that the judges see: ours, one with everything switched on, one with everything switched off, and one
/// that serves the published documents.
static STACKS: LazyLock<Vec<(String, Built)>> = LazyLock::new(|| {
    let ours = tests::root().join("tests/judges");
    let files = tests::stacks().into_iter().chain([ours.join("maximal.yaml"), ours.join("minimal.yaml")]);
    let mut stacks: Vec<_> = files
        .map(|file| {
            let name = file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            (name, tests::build(&file, &[]))
        })
        .collect();
    let published = ["vng/bewerking-openapi.yaml", "vng/inzage-openapi.yaml"].map(tests::shared);
    stacks.push(("published".to_owned(), tests::build(&ours.join("minimal.yaml"), &published)));
    stacks
});

/// The templates of all stacks, in both formats.
fn templates() -> (TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = Vec::new();
    for (name, built) in &*STACKS {
        for format in [Format::Json, Format::Yaml] {
            let file = folder.path().join(format!("{name}.template.{}", format.extension()));
            fs::write(&file, emit::render(&built.template, format)).expect("a file");
            files.push(file);
        }
    }
    (folder, files)
}

fn cfn_lint(files: &[PathBuf]) -> Vec<Json> {
    let arguments = ["--include-checks", "I", "--format", "json", "--regions", REGIONS[0], REGIONS[1], "--"];
    let output = judge("cfn-lint", &arguments, files);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said(&output)))
}

#[test]
fn cfn_lint_finds_nothing() {
    let (_folder, files) = templates();
    let found = cfn_lint(&files);
    let listed: Vec<_> = found
        .iter()
        .map(|it| format!("{} {} {}: {}", it["Filename"], it["Rule"]["Id"], it["Location"]["Path"], it["Message"]))
        .collect();
    assert!(listed.is_empty(), "{}", listed.join("\n"));
}

#[test]
fn cfn_lint_would_find_something() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("broken.template.json");
    let broken =
        json!({ "Resources": { "Table": { "Type": "AWS::DynamoDB::Table", "Properties": { "Nothing": 1 } } } });
    fs::write(&file, broken.to_string()).expect("a file");
    let rules: BTreeSet<_> = cfn_lint(&[file]).iter().map(|it| it["Rule"]["Id"].to_string()).collect();
    // An error (unknown property) and information (no word about what stays).
    assert!(rules.contains("\"E3002\"") && rules.contains("\"I3011\""), "{rules:?}");
}

/// The checks that `docs/security.md` justifies, with the reason.
fn justified() -> BTreeMap<String, String> {
    let path = tests::root().join("docs/security.md");
    let document = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let rows = document.lines().filter_map(|line| line.strip_prefix("| CKV")?.strip_suffix(" |")?.split_once(" | "));
    rows.map(|(id, reason)| (format!("CKV{id}"), reason.to_owned())).collect()
}

#[test]
fn checkov_fails_exactly_what_is_justified() {
    let (folder, files) = templates();
    let path = folder.path().to_str().expect("UTF-8");
    let arguments = ["--framework", "cloudformation", "--skip-download", "--output", "json", "--directory", path];
    let output = judge("checkov", &arguments, &[]);
    let report: Json =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said(&output)));
    assert_eq!(report["summary"]["parsing_errors"], 0, "{}", report["results"]["parsing_errors"]);
    let checks = |result: &str| report["results"][result].as_array().cloned().unwrap_or_default();
    let file_of = |check: &Json| check["file_path"].as_str().unwrap_or_default().trim_start_matches('/').to_owned();
    let seen: BTreeSet<_> = checks("passed_checks").iter().map(file_of).collect();
    for file in &files {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        assert!(seen.contains(&name), "checkov did not look at {name}");
    }

    let justified = justified();
    assert!(justified.values().all(|reason| reason.len() > 20), "a check without a reason: {justified:?}");
    let failed = checks("failed_checks");
    let id_of = |check: &Json| check["check_id"].as_str().unwrap_or_default().to_owned();
    let unjustified: Vec<_> = failed
        .iter()
        .filter(|check| !justified.contains_key(&id_of(check)))
        .map(|check| format!("{} {} {}: {}", id_of(check), file_of(check), check["resource"], check["check_name"]))
        .collect();
    assert!(unjustified.is_empty(), "mend it, or justify it in docs/security.md:\n{}", unjustified.join("\n"));
    let failed: BTreeSet<_> = failed.iter().map(id_of).collect();
    let stale: Vec<_> = justified.keys().filter(|id| !failed.contains(*id)).collect();
    assert!(stale.is_empty(), "docs/security.md justifies what checkov does not report: {stale:?}");
}

#[test]
fn openapi_spec_validator_takes_our_documents() {
    let folder = tests::root().join("openapi");
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    assert!(files.len() >= 2, "{files:?}");
    for file in files {
        let output = judge("openapi-spec-validator", &[], std::slice::from_ref(&file));
        assert!(output.status.success(), "{}: {}", file.display(), said(&output));
    }
    let broken = tempfile::NamedTempFile::with_suffix(".yaml").expect("a file");
    fs::write(broken.path(), "openapi: 3.0.3\npaths: {}\n").expect("a file");
    let output = judge("openapi-spec-validator", &[], &[broken.path().to_owned()]);
    assert!(!output.status.success(), "a document without `info` was taken: {}", said(&output));
}

#[test]
fn a_yaml_1_1_reader_reads_what_the_json_says() {
    let (_folder, files) = templates();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("judges/yaml11.py");
    let output = judge("python3", &[script.to_str().expect("UTF-8")], &files);
    assert!(output.status.success(), "{}", said(&output));
    let compared = String::from_utf8_lossy(&output.stdout).lines().count();
    assert_eq!(compared, files.len() / 2, "one line a pair: {}", said(&output));
}

#[test]
fn every_resource_fits_aws_own_schema() {
    let regions = REGIONS.map(Schemas::read);
    for (name, built) in &*STACKS {
        for schemas in &regions {
            let faults = schemas.faults(&built.template.to_json());
            assert!(faults.is_empty(), "{name}:\n{}", faults.join("\n"));
        }
    }
}

#[test]
fn a_resource_that_does_not_fit_is_refused() {
    let schemas = Schemas::read(REGIONS[0]);
    let built = tests::build(&tests::root().join("stacks/local.yaml"), &[]);
    let whole = built.template.to_json();
    assert_eq!(schemas.faults(&whole), [""; 0]);
    for (what, pointer, value) in [
        ("an unknown property", "/Resources/Table/Properties/Nothing", json!(1)),
        ("an unknown property further in", "/Resources/Table/Properties/SSESpecification/Nothing", json!(true)),
        ("a required property that is missing", "/Resources/GenFunction/Properties/Role", Json::Null),
        ("a wrong type", "/Resources/GenFunction/Properties/MemorySize", json!("much")),
        ("a wrong type in a list", "/Resources/Table/Properties/KeySchema/0", json!("actieId")),
        ("a value that is none of those possible", "/Resources/GenFunction/Properties/TracingConfig/Mode", json!("On")),
        ("a number out of range", "/Resources/ProcQueueSource/Properties/ScalingConfig/MaximumConcurrency", json!(1)),
        ("text that does not match", "/Resources/GenLogGroup/Properties/KmsKeyId", json!("key")),
        ("a property that only AWS sets", "/Resources/Table/Properties/StreamArn", json!("arn")),
        ("a type that AWS does not have", "/Resources/Table/Type", json!("AWS::DynamoDB::Tabel")),
    ] {
        let mut broken = whole.clone();
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        match broken.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent}")) {
            Json::Object(members) if value.is_null() => drop(members.shift_remove(key).expect("it is there")),
            Json::Object(members) => drop(members.insert(key.to_owned(), value)),
            list => list[key.parse::<usize>().expect("an index")] = value,
        }
        let faults = schemas.faults(&broken);
        assert_eq!(faults.len(), 1, "{what}: {faults:?}");
    }
}
