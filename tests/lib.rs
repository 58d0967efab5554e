//! What the end-to-end tests share: where things are, and how a stack is emitted.

use std::path::{Path, PathBuf};

use synth::emit::{self, Format};
use synth::mapping::Templates;
use synth::report::Diagnostic;
use synth::settings::StackFile;
use synth::stack::{self, Built};
use synth::{report, specification};

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file of those that lie beside the repository, or in `$SHARED_DIR`.
///
/// # Panics
/// Where it is not there.
pub fn shared(file: &str) -> PathBuf {
    let folder = std::env::var_os("SHARED_DIR").map_or_else(|| root().join("../shared"), PathBuf::from);
    let path = folder.join(file);
    assert!(path.exists(), "no {}: set SHARED_DIR to the folder that holds vng/ and vtl/", path.display());
    path
}

/// The stack files of `stacks/`, in alphabetical order.
///
/// # Panics
/// Where there are none.
pub fn stacks() -> Vec<PathBuf> {
    let folder = root().join("stacks");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("an entry of a folder that can be read").path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|it| it == "yaml")).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no stack files in {}", folder.display());
    paths
}

/// Builds a stack: from these documents, else from those that the file names, else from our Bewerking API.
///
/// # Panics
/// Where something is wrong with the stack file or the documents; the message shows it.
pub fn build(stack_file: &Path, documents: &[PathBuf]) -> Built {
    let shown = |errors: Vec<Diagnostic>| -> ! { panic!("{}", report::render(&errors, false)) };
    let file = StackFile::read(stack_file).unwrap_or_else(|errors| shown(errors));
    let mut paths = if documents.is_empty() {
        file.specifications().into_iter().map(|(path, _)| path).collect()
    } else {
        documents.to_vec()
    };
    if paths.is_empty() {
        paths.push(root().join("openapi/bewerking.yaml"));
    }
    let specifications: Vec<_> =
        paths.iter().map(|path| specification::read(path).unwrap_or_else(|errors| shown(errors)).0).collect();
    let templates = Templates::embedded().unwrap_or_else(|errors| shown(errors));
    let built = stack::build(&file, &specifications, &templates).unwrap_or_else(|errors| shown(errors));
    let bytes = emit::render(&built.template, Format::Json).len();
    stack::check(&built, &file, bytes).unwrap_or_else(|errors| shown(errors));
    built
}
