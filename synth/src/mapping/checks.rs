//! The VTL that the sources became, looked at before it is deployed: does it parse, and does it fall into one of the
//! traps of API Gateway's template language.

use apigateway_vtl::{Position, Template, Warning};

use super::source_map::SourceMap;
use super::{ANSWERS, OperationTemplates, Settings, Templates, errors, names};
use crate::report::{Diagnostic, Place};
use crate::source::offset;

/// How many places are shown of one that is written from many.
const CALLS_SHOWN: usize = 5;

/// What is wrong with the VTL of an operation, errors and warnings, each pointing into the sources.
pub(super) fn check(
    templates: &Templates,
    operation_id: &str,
    settings: &Settings,
    operation: &OperationTemplates,
) -> Vec<Diagnostic> {
    let mut all: Vec<Diagnostic> = Vec::new();
    for part in parts(operation_id, operation) {
        let found = findings(part.vtl);
        if found.is_empty() {
            continue;
        }
        let traced = Traced::new(templates, settings, &part);
        for (position, finding) in found {
            let places = traced.places(position);
            add(&mut all, Diagnostic { places, ..finding });
        }
    }
    all
}

/// Adds a message, or where it is there already only the places from which it is reached.
pub(super) fn add(all: &mut Vec<Diagnostic>, new: Diagnostic) {
    let Some(old) = all.iter_mut().find(|old| errors::same(old, &new)) else { return all.push(new) };
    for place in new.places {
        let known = |old: &Place| old.source.name == place.source.name && old.span == place.span;
        if !old.places.iter().any(known) && old.places.len() <= CALLS_SHOWN {
            old.places.push(place);
        }
    }
}

/// The places in the sources from which a place of a VTL comes, the innermost first. Empty where no rendering of the
/// operation is this VTL.
pub(super) fn trace(
    templates: &Templates,
    operation_id: &str,
    settings: &Settings,
    vtl: &str,
    position: Position,
) -> Vec<Place> {
    let Ok(operation) = templates.expand_both(operation_id, settings) else { return Vec::new() };
    let part = parts(operation_id, &operation).find(|part| part.vtl == vtl);
    part.map(|part| Traced::new(templates, settings, &part).places(position)).unwrap_or_default()
}

/// One VTL of an operation.
struct Part<'a> {
    /// The source that it comes from.
    name: String,
    answer: Option<&'static str>,
    vtl: &'a str,
}

/// The VTLs of an operation, each once.
fn parts<'a>(operation_id: &str, operation: &'a OperationTemplates) -> impl Iterator<Item = Part<'a>> {
    let request = Part { name: format!("{operation_id}.request.vtl"), answer: None, vtl: &operation.request };
    let name = format!("{operation_id}.response.vtl");
    // The patterns of one answer share its VTL.
    let responses = ANSWERS.iter().filter_map(move |(answer, patterns, _)| {
        let mut all = operation.responses.iter();
        let response = all.find(|response| patterns.contains(&response.selection_pattern.as_str()))?;
        Some(Part { name: name.clone(), answer: Some(*answer), vtl: &response.template })
    });
    std::iter::once(request).chain(responses)
}

/// What is wrong with a VTL, without places in the sources.
fn findings(vtl: &str) -> Vec<(Position, Diagnostic)> {
    match Template::parse(vtl) {
        Err(error) => {
            let message = format!("this is no template that API Gateway takes: {}", error.message);
            vec![(error.position, Diagnostic::error(message))]
        }
        Ok(template) => template.check().iter().map(|warning| (warning.position, warned(warning))).collect(),
    }
}

/// A warning without its place in the VTL, which nobody has before them.
fn warned(warning: &Warning) -> Diagnostic {
    let text = warning.to_string();
    let message = text.strip_prefix(&format!("{}: ", warning.position)).unwrap_or(&text);
    Diagnostic::warning(message).help("rules for writing a template: docs/mapping-templates.md")
}

/// A VTL with its map, where one can be made.
struct Traced<'a> {
    templates: &'a Templates,
    part: &'a Part<'a>,
    map: Option<SourceMap>,
}

impl<'a> Traced<'a> {
    fn new(templates: &'a Templates, settings: &Settings, part: &'a Part<'a>) -> Self {
        let context = names::context(settings, part.answer);
        Self { templates, part, map: SourceMap::new(templates, &part.name, context, part.vtl) }
    }

    fn places(&self, position: Position) -> Vec<Place> {
        let spots = self
            .map
            .as_ref()
            .map(|map| map.spots(offset(self.part.vtl, position.line, position.column)))
            .unwrap_or_default();
        let place = |(index, (path, span)): (usize, super::source_map::Spot)| {
            let source = self.templates.source(&path)?;
            // What is written here may be long; its first character is where it goes wrong.
            let first = source.text[span.start..].chars().next().map_or(0, char::len_utf8);
            let (end, label) = if index == 0 { (span.start + first, "here") } else { (span.end, "written by this") };
            Some(Place { source: source.clone(), span: span.start..end, label: label.to_owned() })
        };
        let places: Vec<_> = spots.into_iter().enumerate().filter_map(place).collect();
        if places.is_empty() { self.without_map(position) } else { places }
    }

    /// The first line of the operation's own file, with the place in what it becomes.
    fn without_map(&self, position: Position) -> Vec<Place> {
        let Some(source) = self.templates.source(&self.part.name) else { return Vec::new() };
        let end = source.text.find('\n').unwrap_or(source.text.len());
        vec![Place { source: source.clone(), span: 0..end, label: format!("in what this becomes, at {position}") }]
    }
}
