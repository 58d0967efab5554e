//! Stack files: what is taken, what is refused and where, and that schema, documentation and reader say the same.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests; clippy knows only those with the attribute")]

mod docs;
mod property;
mod refused;
mod schema;

use std::path::{Path, PathBuf};

/// A file at the root of the repository.
fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// YAML as JSON, as the reader of stack files sees it.
fn json(text: &str) -> serde_json::Value {
    synth::source::parse("stack.yaml", text).unwrap_or_else(|error| panic!("{error}")).1.to_json()
}
