//! Collects what is wrong, and what was changed on the way, so that everything is reported at once.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::report::{Diagnostic, Place, Severity};
use crate::source::Span;
use crate::specification::Specification;

/// Everything that was found so far.
#[derive(Default)]
pub(super) struct Problems {
    errors: Vec<Diagnostic>,
    notes: Vec<Diagnostic>,
    left_out: IndexMap<(String, &'static str), LeftOut>,
    seen: HashSet<(String, usize, &'static str)>,
}

/// How often something was left out of one document: sixty notes about `example` help nobody.
struct LeftOut {
    count: usize,
    first: Place,
    why: &'static str,
}

impl Problems {
    /// Something that API Gateway would refuse, or would take in another sense than the document's.
    pub(super) fn error(&mut self, places: Vec<Place>, message: impl Into<String>, help: impl Into<String>) {
        push(&mut self.errors, Severity::Error, places, message.into(), help.into());
    }

    /// An error that somebody else found.
    pub(super) fn add(&mut self, error: Diagnostic) {
        if !self.errors.iter().any(|one| is_same(one, &error)) {
            self.errors.push(error);
        }
    }

    /// Something that works, but not without doing something elsewhere.
    pub(super) fn warning(&mut self, places: Vec<Place>, message: impl Into<String>, help: impl Into<String>) {
        push(&mut self.notes, Severity::Warning, places, message.into(), help.into());
    }

    /// Something that is in the body in another form than in the document, or not at all.
    pub(super) fn note(&mut self, places: Vec<Place>, message: impl Into<String>, help: impl Into<String>) {
        push(&mut self.notes, Severity::Note, places, message.into(), help.into());
    }

    /// A kind of detail that does not come along; reported once per document.
    pub(super) fn left_out(
        &mut self,
        specification: &Specification,
        span: &Span,
        what: &'static str,
        why: &'static str,
    ) {
        let document = specification.source.name.clone();
        // A schema that is used in a request and in a response is converted twice.
        if !self.seen.insert((document.clone(), span.start, what)) {
            return;
        }
        self.left_out.entry((document, what)).and_modify(|entry| entry.count += 1).or_insert_with(|| LeftOut {
            count: 1,
            first: at(specification, span, "the first one"),
            why,
        });
    }

    /// The notes, or the errors where there is one.
    pub(super) fn finish(mut self) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        for ((_, what), entry) in std::mem::take(&mut self.left_out) {
            let places = match entry.count {
                1 => "in 1 place".to_owned(),
                count => format!("in {count} places"),
            };
            self.note(vec![entry.first], format!("{what} is left out {places}"), entry.why);
        }
        Ok(self.notes)
    }
}

/// Adds a message, unless it is there already: a security scheme is looked at once for every operation.
fn push(to: &mut Vec<Diagnostic>, severity: Severity, places: Vec<Place>, message: String, help: String) {
    let diagnostic = Diagnostic { severity, message, places, help: Some(help) };
    if !to.iter().any(|one| is_same(one, &diagnostic)) {
        to.push(diagnostic);
    }
}

fn is_same(one: &Diagnostic, other: &Diagnostic) -> bool {
    let start = |diagnostic: &Diagnostic| {
        let place = diagnostic.places.first()?;
        Some((Arc::clone(&place.source), place.span.start))
    };
    let same_place = match (start(one), start(other)) {
        (Some(one), Some(other)) => Arc::ptr_eq(&one.0, &other.0) && one.1 == other.1,
        (None, None) => true,
        _ => false,
    };
    one.message == other.message && same_place
}

/// A place in a specification.
pub(super) fn at(specification: &Specification, span: &Span, label: impl Into<String>) -> Place {
    Place { source: Arc::clone(&specification.source), span: span.clone(), label: label.into() }
}
