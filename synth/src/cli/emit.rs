//! `synth`: writes the template.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use synth::emit::{self, Format};
use synth::stack;

use super::failure::{Failure, print, say};
use super::inputs::{Inputs, Stack};

pub(crate) const EXAMPLES: &str = "\
Examples:
  synth
      Writes the default stack to out/verwerkingenlog-local.template.json.
  synth --stack stacks/productie.yaml --out build --format yaml
      Writes build/verwerkingenlog-productie.template.yaml.
  synth --spec openapi/bewerking.yaml --spec openapi/inzage.yaml
      Serves both APIs.
  synth --stdout | jq '.Resources | keys'
      Lists the logical ids.
  synth -v 2>notes.txt
      Keeps what was translated, changed or left out.

Files, named after the stack's `name`:
  <out>/<name>.template.json   the CloudFormation template
  <out>/<name>.assets.json     the function packages that the template expects in the assets bucket
Each takes its place whole, once both are on disk. Results go to stdout, messages to stderr; colours
only to a terminal (NO_COLOR turns them off, CLICOLOR_FORCE=1 on).

Exit codes:
  0  done
  1  failed: a disk that is full, a folder that cannot be written
  2  wrong usage, or a mistake in the input: nothing is written";

/// Where and how the template is written.
#[derive(Debug, Args)]
pub(crate) struct Emit {
    #[command(flatten)]
    inputs: Inputs,
    /// Folder that the files are written to
    #[arg(long, value_name = "DIR", default_value = "out", value_hint = ValueHint::DirPath)]
    out: PathBuf,
    /// Prints the template, byte for byte what the file would hold, and writes nothing
    #[arg(long, conflicts_with = "out")]
    stdout: bool,
    /// How the template is written, which is also the ending of its file's name
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
    let Stack { file, built, .. } = arguments.inputs.build()?;
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
