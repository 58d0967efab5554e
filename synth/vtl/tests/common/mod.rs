//! What the tests share: the input files, and a case's JSON.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::path::PathBuf;

use apigateway_vtl::batch::render_line;
use serde_json::{Map, Value};

/// The folder of shared input files: `SHARED_DIR`, else `shared` beside the repository.
pub(crate) fn shared(file: &str) -> PathBuf {
    let folder = std::env::var_os("SHARED_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")), PathBuf::from);
    let path = folder.join(file);
    assert!(path.exists(), "{} is missing: set SHARED_DIR to the folder of shared input files", path.display());
    path
}

/// The cases of a file, one JSON object a line.
pub(crate) fn cases(file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(shared(file)).expect("the file is readable");
    text.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect()
}

/// Renders a case; its expectations are not shown to the renderer.
pub(crate) fn render(case: &Value) -> Map<String, Value> {
    let mut input = Map::new();
    for key in ["id", "template", "body", "params", "context", "stageVariables"] {
        if let Some(value) = case.get(key) {
            input.insert(key.to_owned(), value.clone());
        }
    }
    match serde_json::from_str(&render_line(&Value::Object(input).to_string())) {
        Ok(Value::Object(answer)) => answer,
        other => panic!("render_line gave no JSON object: {other:?}"),
    }
}
