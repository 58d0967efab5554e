//! Diagnostics as a compiler shows them: the message, the line with the place underlined, and what would be right.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::text::{harmless, stand_in};
use super::{Diagnostic, Place, Severity};
use crate::source::Span;

/// How much of a line is handed on after a place, in bytes: the renderer shortens what does not fit on a screen,
/// and need not look at more.
const AFTER: usize = 200;

/// How much of a place is underlined, in bytes.
const MARKED: usize = 80;

/// How much is handed on of what stands before it. Only a file without line breaks has more.
const BEFORE: usize = 50_000;

/// Shows diagnostics in the order given, an empty line between them.
///
/// `styled` puts in colours for a terminal. Nothing that comes from a file reaches the terminal as a control
/// character.
pub fn render(diagnostics: &[Diagnostic], styled: bool) -> String {
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for diagnostic in diagnostics {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&one(diagnostic, &renderer));
        out.push('\n');
    }
    out
}

fn one(diagnostic: &Diagnostic, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group = Group::with_title(level.primary_title(harmless(&diagnostic.message)));
    for (index, place) in diagnostic.places.iter().enumerate() {
        let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        group = Excerpt::of(place).show(group, place, kind);
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(harmless(help)));
    }
    renderer.render(&[group])
}

/// The line of a place, as far as it can matter, with everything in it harmless to a terminal.
struct Excerpt {
    line: usize,
    /// Of the place, where the excerpt begins in the middle of its line, so that it cannot be counted there.
    column: Option<usize>,
    text: String,
    /// Within `text`.
    span: Span,
}

impl Excerpt {
    fn of(place: &Place) -> Self {
        let source = &place.source;
        let (line, column) = source.line_column(place.span.start);
        let whole = source.line_span(place.span.start);
        let start = source.boundary(place.span.start).min(whole.end);
        // An object of many lines is marked on its first line alone, and a long text at its beginning.
        let end = source.boundary(place.span.end.min(start + MARKED)).clamp(start, whole.end);
        let after = source.boundary(end + AFTER).min(whole.end);
        let cut = start - whole.start > BEFORE;
        let before = if cut { source.boundary(start - AFTER) } else { whole.start };
        let mut text = visible(&source.text[before..start]);
        let span_start = text.len();
        text.push_str(&visible(&source.text[start..end]));
        let span = span_start..text.len();
        text.push_str(&visible(&source.text[end..after]));
        Self { line, column: cut.then_some(column), text, span }
    }

    fn show<'a>(self, group: Group<'a>, place: &'a Place, kind: AnnotationKind) -> Group<'a> {
        let mut annotation = kind.span(self.span);
        if !place.label.is_empty() {
            annotation = annotation.label(harmless(&place.label));
        }
        let snippet = Snippet::source(self.text).line_start(self.line).annotation(annotation);
        let name = harmless(&place.source.name);
        match self.column {
            None => group.element(snippet.path(name)),
            Some(column) => group.element(Origin::path(name).line(self.line).char_column(column)).element(snippet),
        }
    }
}

/// Each character as one character, so that columns can still be counted; the renderer widens tabs.
fn visible(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\t' => '\t',
            _ => stand_in(character).unwrap_or(character),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::Source;

    fn source(text: &str) -> Arc<Source> {
        Arc::new(Source { name: "a.yaml".to_owned(), text: text.to_owned() })
    }

    fn shown(diagnostic: Diagnostic) -> String {
        render(&[diagnostic], false)
    }

    #[test]
    fn like_a_compiler() {
        let source = source("a: 1\r\nb: één twee\r\n");
        let start = source.text.find("twee").expect("it is there");
        let shown = shown(
            Diagnostic::error("two is too much")
                .at(&source, start..start + 4, "this")
                .at(&source, 0..1, "because of this")
                .help("write `one`"),
        );
        assert_eq!(
            shown,
            "\
error: two is too much
 --> a.yaml:2:8
  |
2 | b: één twee
  |        ^^^^ this
  |
 ::: a.yaml:1:1
  |
1 | a: 1
  | - because of this
  |
  = help: write `one`
"
        );
    }

    #[test]
    fn without_a_place() {
        assert_eq!(shown(Diagnostic::warning("no file")), "warning: no file\n");
    }

    #[test]
    fn a_long_line_is_cut_and_its_column_is_not() {
        for before in [10_000, 500_000] {
            let source = source(&format!("{}wrong{}", "é".repeat(before), "x".repeat(50_000)));
            let span = 2 * before..2 * before + 5;
            let shown = shown(Diagnostic::error("bad").at(&source, span, "this"));
            assert!(shown.contains(&format!("a.yaml:1:{}\n", before + 1)), "{shown}");
            assert!(shown.contains("éwrongx") && shown.contains("..."), "{shown}");
            assert!(shown.lines().all(|line| line.chars().count() < 200), "{shown}");
        }
    }

    #[test]
    fn a_long_mark_is_cut() {
        let source = source(&"x".repeat(10_000));
        let shown = shown(Diagnostic::error("bad").at(&source, 0..10_000, "this"));
        assert!(shown.lines().all(|line| line.chars().count() < 200), "{shown}");
    }

    #[test]
    fn no_control_character_gets_through() {
        let source = Arc::new(Source {
            name: "\u{1b}]0;title\u{7}.yaml".to_owned(),
            text: "a:\t\u{1b}[31m\u{9b}31m\u{202e}b\u{7f}".to_owned(),
        });
        let shown =
            shown(Diagnostic::error("\u{1b}[2J").at(&source, 3..8, "\u{1b}[1m").help("\u{1b}[0m\nerror: forged"));
        let controls: String = shown.chars().filter(|c| c.is_control() && *c != '\n').collect();
        assert_eq!(controls, "", "{shown}");
        assert!(!shown.contains('\u{202e}') && !shown.contains("\nerror: forged"), "{shown}");
    }

    #[test]
    fn any_span_can_be_shown() {
        let source = source("é\ncd\n");
        for start in 0..10 {
            for end in 0..10 {
                assert!(shown(Diagnostic::note("n").at(&source, start..end, "l")).contains("a.yaml:"));
            }
        }
    }
}
