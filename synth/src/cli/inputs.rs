//! What a stack is made from: the stack file, the specifications, the templates.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use synth::mapping::Templates;
use synth::report::{Diagnostic, Severity};
use synth::settings::StackFile;
use synth::source;
use synth::specification::{self, Specification};
use synth::stack::{self, Built};

use super::failure::Failure;

const DEFAULT_STACK: &str = "stacks/local.yaml";
const DEFAULT_SPECIFICATION: &str = "openapi/bewerking.yaml";

/// What a stack is made from.
#[derive(Debug, Args)]
pub(crate) struct Inputs {
    /// Stack file: what this deployment wants to be different from the defaults, see docs/stack-file.md
    /// [default: stacks/local.yaml, or the built-in one of that name where there is no such file]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    stack: Option<PathBuf>,
    /// OpenAPI 3.0 document to serve, instead of those that the stack file names; may be repeated
    /// [default: the built-in Bewerking API]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    spec: Vec<PathBuf>,
    /// Folder of mapping templates, `<operationId>.request.vtl` and `<operationId>.response.vtl`, instead of the
    /// built-in ones
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    templates: Option<PathBuf>,
    /// Shows on stderr what was translated, changed or left out on the way, and why
    #[arg(short, long)]
    verbose: bool,
}

/// A stack, and the file that it is described in.
pub(crate) struct Stack {
    pub(crate) file: StackFile,
    pub(crate) templates: Templates,
    pub(crate) built: Built,
}

impl Inputs {
    /// Reads everything and puts the stack together. Warnings are shown; notes only where they are asked for.
    pub(crate) fn build(&self) -> Result<Stack, Failure> {
        let file = self.stack_file()?;
        let (specifications, mut notes) = self.specifications(&file)?;
        let templates = match &self.templates {
            Some(folder) => Templates::from_dir(folder)?,
            None => Templates::embedded()?,
        };
        let mut built = stack::build(&file, &specifications, &templates)?;
        notes.append(&mut built.notes);
        let (notes, warnings): (Vec<_>, Vec<_>) = notes.into_iter().partition(|note| note.severity == Severity::Note);
        super::failure::show(&warnings);
        if self.verbose {
            super::failure::show(&notes);
        }
        Ok(Stack { file, templates, built })
    }

    fn stack_file(&self) -> Result<StackFile, Vec<Diagnostic>> {
        match &self.stack {
            Some(path) => StackFile::read(path),
            None if Path::new(DEFAULT_STACK).exists() => StackFile::read(Path::new(DEFAULT_STACK)),
            None => StackFile::parse(DEFAULT_STACK, include_str!("../../../stacks/local.yaml")),
        }
    }

    fn specifications(&self, file: &StackFile) -> Result<(Vec<Specification>, Vec<Diagnostic>), Vec<Diagnostic>> {
        let named = if self.spec.is_empty() { file.specifications() } else { Vec::new() };
        let (mut read, mut notes, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
        let mut keep = |lowered: specification::Lowered| match lowered {
            Ok((specification, mut more)) => {
                read.push(specification);
                notes.append(&mut more);
            }
            Err(mut errors) => wrong.append(&mut errors),
        };
        if self.spec.is_empty() && named.is_empty() {
            keep(embedded_specification());
        }
        for path in &self.spec {
            keep(specification::read(path));
        }
        for (path, span) in &named {
            // A file that cannot be read has no line to show; the stack file has one, which names it.
            let point = |error: Diagnostic| match error.places.is_empty() {
                true => error.at(&file.source, span.clone(), "named here, from the folder of this file"),
                false => error,
            };
            keep(specification::read(path).map_err(|errors| errors.into_iter().map(point).collect()));
        }
        if wrong.is_empty() { Ok((read, notes)) } else { Err(wrong) }
    }
}

fn embedded_specification() -> specification::Lowered {
    let text = include_str!("../../../openapi/bewerking.yaml");
    let (source, node) = source::parse(DEFAULT_SPECIFICATION, text).map_err(|error| vec![error])?;
    specification::lower(&source, &node)
}
