//! `synth`: writes the template.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use synth::emit::{self, Format};
use synth::stack;

use super::failure::{Failure, print, say};
use super::inputs::{Inputs, Stack};

/// Where and how the template is written.
#[derive(Debug, Args)]
pub(crate) struct Emit {
    #[command(flatten)]
    inputs: Inputs,
    /// Folder that the files are written to
    #[arg(long, value_name = "DIR", default_value = "out", value_hint = ValueHint::DirPath)]
    out: PathBuf,
    /// Prints the template instead of writing files
    #[arg(long, conflicts_with = "out")]
    stdout: bool,
    /// How the template is written
    #[arg(long, value_enum, default_value_t = Written::Json)]
    format: Written,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Written {
    /// Indented JSON
    Json,
    /// YAML, with mapping templates as blocks
    Yaml,
}

impl From<Written> for Format {
    fn from(written: Written) -> Self {
        match written {
            Written::Json => Self::Json,
            Written::Yaml => Self::Yaml,
        }
    }
}

pub(crate) fn run(arguments: &Emit) -> Result<(), Failure> {
    let Stack { file, built } = arguments.inputs.build()?;
    let format = arguments.format.into();
    let text = emit::render(&built.template, format);
    stack::check(&built, &file, text.len())?;
    if arguments.stdout {
        return print(&text);
    }
    let name = file.settings.name.as_str();
    let written = emit::write(&built, &text, name, &arguments.out, format)?;
    let (operations, resources) = (built.operations, built.template.resources.len());
    say(&format!("{name}: {operations} operations, {resources} resources, {} KB", text.len().div_ceil(1024)));
    for path in written {
        say(&format!("wrote {}", path.display()));
    }
    Ok(())
}
