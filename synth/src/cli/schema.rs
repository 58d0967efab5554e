//! `synth schema`: the JSON Schema of stack files.

use synth::emit::{Format, render};
use synth::settings;

use super::failure::{Failure, print};

pub(crate) const EXAMPLES: &str = "\
Examples:
  synth schema >stacks/schema.json

What the keys mean: docs/stack-file.md. Exit codes: 0 done, 1 stdout cannot be written.";

pub(crate) fn run() -> Result<(), Failure> {
    print(&render(&settings::schema(), Format::Json))
}
