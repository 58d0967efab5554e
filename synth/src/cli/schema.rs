//! `synth schema`: the JSON Schema of stack files.

use synth::emit::{Format, render};
use synth::settings;

use super::failure::{Failure, print};

pub(crate) fn run() -> Result<(), Failure> {
    print(&render(&settings::schema(), Format::Json))
}
