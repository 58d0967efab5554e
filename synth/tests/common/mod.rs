//! What the tests of the template share: building one from a stack file.

use std::path::{Path, PathBuf};

use synth::mapping::Templates;
use synth::report::Diagnostic;
use synth::settings::StackFile;
use synth::specification;
use synth::stack::{self, Built};

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Builds a stack with our own templates, from the documents that the file names or else our Bewerking API.
pub(crate) fn build(file: &StackFile) -> Result<Built, Vec<Diagnostic>> {
    let mut paths: Vec<_> = file.specifications().into_iter().map(|(path, _)| path).collect();
    if paths.is_empty() {
        paths.push(root().join("openapi/bewerking.yaml"));
    }
    let specifications: Vec<_> = paths.into_iter().map(specification::read).collect::<Result<_, _>>()?;
    let specifications: Vec<_> = specifications.into_iter().map(|(specification, _)| specification).collect();
    stack::build(file, &specifications, &Templates::embedded()?)
}

/// Builds the stack of a file of the repository.
pub(crate) fn read(path: &str) -> Built {
    let file = StackFile::read(&root().join(path)).unwrap_or_else(|errors| panic!("{path}: {}", listed(&errors)));
    build(&file).unwrap_or_else(|errors| panic!("{path}: {}", listed(&errors)))
}

/// Errors, one a line.
pub(crate) fn listed(errors: &[Diagnostic]) -> String {
    errors.iter().map(|error| format!("{error}\n")).collect()
}
