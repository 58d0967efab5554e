//! What is said about text that is no YAML, or no document.

use std::sync::Arc;

use serde_saphyr::granit_parser::{ErrorKind, ScanError};

use super::{MAX_DEPTH, Source};
use crate::report::{Diagnostic, quoted};

/// Characters that YAML excludes from a document (YAML 1.2.2, section 5.1). The parser refuses most of them as well,
/// without saying which, and takes a NUL for the end.
pub(super) fn refuse_control_characters(source: &Arc<Source>) -> Result<(), Diagnostic> {
    let excluded = |character: char| match character {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\u{FFFE}' | '\u{FFFF}' => true,
        _ => character.is_control(),
    };
    let Some((offset, character)) = source.text.char_indices().find(|(_, character)| excluded(*character)) else {
        return Ok(());
    };
    let what = if character == '\0' { "a NUL byte" } else { "a control character" };
    let code = u32::from(character);
    Err(Diagnostic::error(format!("{what} (U+{code:04X}) cannot stand in YAML"))
        .at(source, offset..offset + character.len_utf8(), "here")
        .help(format!("remove it, or write it between double quotes as \"\\u{code:04X}\"")))
}

pub(super) fn too_deep(source: &Arc<Source>, offset: usize) -> Diagnostic {
    Diagnostic::error(format!("values are nested more than {MAX_DEPTH} deep"))
        .at(source, offset..offset + 1, "too deep from here on")
        .help("check for a bracket or a dash that is repeated by mistake")
}

pub(super) fn empty(source: &Arc<Source>) -> Diagnostic {
    Diagnostic::error(format!("`{}` is empty", source.name))
        .at(source, 0..0, "nothing but white space and comments")
        .help("a YAML or JSON document is needed")
}

/// The parser's own error, with a hint where there is one to give.
pub(super) fn syntax(source: &Arc<Source>, error: &ScanError) -> Diagnostic {
    let offset = error.marker().byte_offset().unwrap_or(source.text.len());
    let offset = source.boundary(offset);
    let length = source.text[offset..].chars().next().map_or(0, char::len_utf8);
    let span = offset..offset + length;
    let (message, help) = match error.kind() {
        ErrorKind::RecursionLimitExceeded => return too_deep(source, offset),
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => {
            ("a tab stands where YAML wants spaces".to_owned(), "indent with spaces instead of tabs")
        }
        ErrorKind::UnknownAnchor => (
            "this alias has no anchor".to_owned(),
            "define it earlier with `&name`, or quote text that begins with `*`",
        ),
        ErrorKind::UnexpectedCharacter { character } => (
            format!("{} cannot begin a value", quoted(&character.to_string())),
            "put the value in quotes if text is meant",
        ),
        ErrorKind::MappingValueNotAllowed => (
            "a key with its colon cannot stand here".to_owned(),
            "check the indentation; text that contains `: ` needs quotes",
        ),
        _ => (
            format!("this is not YAML: {}", error.info()),
            "check the indentation, the quotes and the brackets around it",
        ),
    };
    Diagnostic::error(message).at(source, span, "here").help(help)
}
