//! The emitted templates, as a reviewer reads them: a change of the stack shows in the diff of `golden/`.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use similar::TextDiff;
use synth::emit::{self, Format};
use synth::source;

use common::{read, root};

/// The stack files, by name.
fn stacks() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join("stacks"))
        .expect("the folder of stack files")
        .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned))
        .collect();
    names.sort();
    assert!(!names.is_empty(), "no stack files");
    names
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Compares with a golden file, or writes it where `UPDATE_GOLDEN` is set.
fn compare(name: &str, actual: &str) -> Result<(), String> {
    let path = golden(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, actual).map_err(|error| format!("{}: {error}", path.display()))?;
        return Ok(());
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if expected == actual {
        return Ok(());
    }
    let diff = TextDiff::from_lines(expected.as_str(), actual).unified_diff().header(name, "emitted").to_string();
    Err(format!(
        "{diff}\n{name} is not what is emitted. If the change is meant, write the golden files again with\n\n    \
                 UPDATE_GOLDEN=1 cargo test -p synth --test golden\n\nand read the difference as a reviewer will."
    ))
}

#[test]
fn the_templates_are_those_that_were_reviewed() {
    let mut wrong = Vec::new();
    for name in stacks() {
        let built = read(&format!("stacks/{name}.yaml"));
        // A change of the functions' code changes where it is found, which is nothing to review here.
        let fingerprint = built.assets.fingerprint;
        let neutral =
            |text: String| text.replace(fingerprint, "FINGERPRINT").replace(&fingerprint[..32], "FINGERPRINT");
        let template = neutral(emit::render(&built.template, Format::Yaml));
        let assets = neutral(emit::render(&built.assets, Format::Json));
        wrong.extend(compare(&format!("{name}.template.yaml"), &template).err());
        wrong.extend(compare(&format!("{name}.assets.json"), &assets).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_golden_file_belongs_to_a_stack() {
    let stacks = stacks();
    for entry in fs::read_dir(golden("")).expect("the folder of golden files") {
        let name = entry.expect("an entry").file_name().into_string().expect("UTF-8");
        let stack = name.split('.').next().unwrap_or_default();
        assert!(stacks.iter().any(|known| known == stack), "{name} belongs to no stack file: remove it");
    }
}

#[test]
fn json_and_yaml_say_the_same() {
    for name in stacks() {
        let built = read(&format!("stacks/{name}.yaml"));
        let json: serde_json::Value =
            serde_json::from_str(&emit::render(&built.template, Format::Json)).expect("what was rendered is JSON");
        let (_, yaml) = source::parse("yaml", emit::render(&built.template, Format::Yaml)).expect("and this is YAML");
        assert_eq!(json, yaml.to_json(), "{name}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_anywhere() {
    let stack = root().join("stacks/productie.yaml").canonicalize().expect("a stack file");
    let elsewhere = tempfile::tempdir().expect("a folder");
    let emitted = |folder: &Path, surroundings: &[(&str, &str)]| {
        let output = Command::new(env!("CARGO_BIN_EXE_synth"))
            .current_dir(folder)
            .args(["--stdout", "--format", "yaml", "--stack"])
            .arg(&stack)
            .envs(surroundings.iter().copied())
            .output()
            .expect("the command starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let here = emitted(&root(), &[]);
    let home = elsewhere.path().to_str().expect("UTF-8");
    let there = [("HOME", home), ("LC_ALL", "tr_TR.UTF-8"), ("LANG", "tr_TR.UTF-8"), ("TZ", "Pacific/Kiritimati")];
    assert_eq!(here, emitted(elsewhere.path(), &there));
    assert_eq!(here, emit::render(&read("stacks/productie.yaml").template, Format::Yaml));
}
