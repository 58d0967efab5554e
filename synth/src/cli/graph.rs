//! `synth graph`: a picture of the stack.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use synth::emit::{self, WriteError};
use synth::graph::{mermaid, picture, svg};
use synth::report::Diagnostic;

use super::failure::{Failure, print, say};
use super::inputs::Inputs;

pub(crate) const EXAMPLES: &str = "\
Examples:
  synth graph --format svg --out stack.svg
  synth graph --stack stacks/productie.yaml --all

Exit codes: 0 done, 1 the picture cannot be written, 2 wrong usage or a mistake in the input.";

/// What is drawn, and how.
#[derive(Debug, Args)]
pub(crate) struct Graph {
    #[command(flatten)]
    inputs: Inputs,
    /// How the picture is written
    #[arg(long, value_enum, default_value_t = Drawn::Mermaid)]
    format: Drawn,
    /// Draws every resource: roles, policies, log groups, alarms as well
    #[arg(long)]
    all: bool,
    /// File that the picture is written to, instead of stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Drawn {
    /// Text that GitHub, GitLab and most wikis draw
    Mermaid,
    /// A picture that browsers draw
    Svg,
}

pub(crate) fn run(arguments: &Graph) -> Result<(), Failure> {
    let stack = arguments.inputs.build()?;
    let picture = picture(&stack.built.template, arguments.all);
    let text = match arguments.format {
        Drawn::Mermaid => mermaid(&picture),
        Drawn::Svg => svg(&picture),
    };
    let Some(path) = &arguments.out else { return print(&text) };
    emit::write_all(&[(path, text.as_bytes())]).map_err(unwritten)?;
    say(&format!("wrote {}", path.display()));
    Ok(())
}

fn unwritten(error: WriteError) -> Failure {
    let help = "choose another file with `--out`, or leave it out to print the picture";
    Failure::Failed(Diagnostic::error(error.to_string()).help(help))
}
