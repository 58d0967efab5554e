//! What was found on the way.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::report::{Diagnostic, Severity, quoted};
use crate::source::{Source, Span};
use crate::specification::{Lowered, Specification};

/// How many errors, and how many warnings, are shown. Whoever has more looks at the first ones first.
const MAX_SHOWN: usize = 50;

/// Errors, warnings, and what was left out.
#[derive(Debug, Default)]
pub(super) struct Findings {
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    /// Place and message of everything found. A part that is referred to twice is lowered twice.
    seen: HashSet<(usize, String)>,
    errors_more: usize,
    warnings_more: usize,
    /// By what was left out: where first, and how many times.
    dropped: IndexMap<String, (Span, usize)>,
}

impl Findings {
    pub(super) fn error(&mut self, error: Diagnostic) {
        if !self.is_new(&error) {
            return;
        }
        if self.errors.len() < MAX_SHOWN { self.errors.push(error) } else { self.errors_more += 1 }
    }

    pub(super) fn warning(&mut self, warning: Diagnostic) {
        if !self.is_new(&warning) {
            return;
        }
        if self.warnings.len() < MAX_SHOWN { self.warnings.push(warning) } else { self.warnings_more += 1 }
    }

    /// Notes that the model has no place for something.
    pub(super) fn dropped(&mut self, kind: &str, span: &Span) {
        if !self.seen.insert((span.start, kind.to_owned())) {
            return;
        }
        match self.dropped.get_mut(kind) {
            Some((_, count)) => *count += 1,
            None => {
                self.dropped.insert(kind.to_owned(), (span.clone(), 1));
            }
        }
    }

    /// Whether a further error would only be counted, so that its help need not be worked out. If so, it is counted.
    pub(super) fn only_counted(&mut self) -> bool {
        let full = self.errors.len() >= MAX_SHOWN;
        self.errors_more += usize::from(full);
        full
    }

    pub(super) fn failed(&self) -> bool {
        !self.errors.is_empty()
    }

    fn is_new(&mut self, diagnostic: &Diagnostic) -> bool {
        self.seen.insert((start(diagnostic), diagnostic.message.clone()))
    }

    pub(super) fn finish(mut self, source: &Arc<Source>, specification: Option<Specification>) -> Lowered {
        if let (true, Some(specification)) = (self.errors.is_empty(), specification) {
            self.warnings.sort_by_key(start);
            if self.warnings_more > 0 {
                self.warnings.push(Diagnostic::warning(format!("{} more warnings", self.warnings_more)));
            }
            self.dropped.sort_by(|_, (one, _), _, (other, _)| one.start.cmp(&other.start));
            let notes = self.dropped.into_iter().map(|(kind, (span, count))| {
                let often = if count == 1 { String::new() } else { format!(" ({count} times)") };
                Diagnostic::note(format!("{kind} is left out{often}")).at(source, span, "here first")
            });
            self.warnings.extend(notes);
            return Ok((specification, self.warnings));
        }
        self.errors.sort_by_key(start);
        if self.errors_more > 0 {
            self.errors.push(Diagnostic::error(format!("{} more errors", self.errors_more)));
        }
        debug_assert!(self.errors.iter().all(|error| error.severity == Severity::Error));
        Err(self.errors)
    }
}

fn start(diagnostic: &Diagnostic) -> usize {
    diagnostic.places.first().map_or(0, |place| place.span.start)
}

/// Names a key of an object for a note.
pub(super) fn key_of(key: &str, what: &str) -> String {
    format!("{} of {what}", quoted(key))
}
