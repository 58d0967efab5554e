//! The published documents, and what the tests have in common.

use std::path::PathBuf;

use synth::report::{Diagnostic, Severity, render};
use synth::source;
use synth::specification::{self, Lowered};

/// A file as the standard's authors published it.
pub(crate) fn published(name: &str) -> PathBuf {
    let shared = std::env::var_os("SHARED_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")), PathBuf::from);
    let path = shared.join("vng").join(name);
    assert!(path.is_file(), "{} is not there: set SHARED_DIR to the folder of the shared input files", path.display());
    path
}

pub(crate) fn published_text(name: &str) -> String {
    std::fs::read_to_string(published(name)).expect("it is readable UTF-8")
}

pub(crate) fn lower(text: &str) -> Lowered {
    let (source, node) = source::parse("api.yaml", text).map_err(|error| vec![error])?;
    specification::lower(&source, &node)
}

/// One line for each diagnostic: `line:column: message | help`.
pub(crate) fn lines(diagnostics: &[Diagnostic]) -> String {
    let lines: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| {
            let place = diagnostic.line_column().map_or("-".to_owned(), |(line, column)| format!("{line}:{column}"));
            let help = diagnostic.help.as_deref().map_or(String::new(), |help| format!(" | {help}"));
            format!("{place}: {}{help}", diagnostic.message)
        })
        .collect();
    lines.join("\n")
}

pub(crate) fn warnings(diagnostics: &[Diagnostic]) -> Vec<Diagnostic> {
    diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Warning).cloned().collect()
}

/// Panics with what a user would see.
pub(crate) fn expect_lowered(lowered: Lowered) -> (specification::Specification, Vec<Diagnostic>) {
    lowered.unwrap_or_else(|errors| panic!("{}", render(&errors, false)))
}
