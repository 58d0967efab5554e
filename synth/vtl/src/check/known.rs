//! What can be told of a reference or a value from the template alone.

use super::Checker;
use crate::ast::{Expr, Reference, ReferenceId, Slot, Step, StepKind};

/// Methods that answer with a boolean.
const BOOLEAN_METHODS: [&str; 12] = [
    "containsKey",
    "containsValue",
    "contains",
    "containsAll",
    "isEmpty",
    "equals",
    "equalsIgnoreCase",
    "startsWith",
    "endsWith",
    "matches",
    "hasNext",
    "isBlank",
];

impl<'t> Checker<'t> {
    pub(super) fn found(&self, reference: ReferenceId) -> &'t Reference {
        reference.of(&self.template.references)
    }

    pub(super) fn steps(&self, reference: &Reference) -> &'t [Step] {
        reference.steps.of(&self.template.steps)
    }

    pub(super) fn name(&self, slot: Slot) -> &str {
        self.template.names[slot as usize].text()
    }

    pub(super) fn is_boolean(&self, e: &Expr) -> bool {
        match e {
            Expr::True | Expr::False | Expr::Or(..) | Expr::And(..) | Expr::Not(_) | Expr::Compare(..) => true,
            Expr::Reference(reference) => self.asks(self.found(*reference)),
            _ => false,
        }
    }

    /// Whether a reference ends in a call that answers with a boolean.
    pub(super) fn asks(&self, reference: &Reference) -> bool {
        let last = self.steps(reference).last().map(|step| &step.kind);
        matches!(last, Some(StepKind::Call(name, _)) if BOOLEAN_METHODS.contains(&self.name(*name)))
    }

    fn constant(&self, e: &Expr) -> Option<&str> {
        match e {
            Expr::Text(text) => Some(text.of(&self.template.texts)),
            _ => None,
        }
    }

    pub(super) fn is_repair(&self, step: Option<&Step>) -> bool {
        let Some(Step { kind: StepKind::Call(name, arguments), .. }) = step else {
            return false;
        };
        let [from, to] = &arguments[..] else {
            return false;
        };
        let from = self.constant(from);
        self.constant(to) == Some("'")
            && match self.name(*name) {
                "replaceAll" => from == Some("\\\\'"),
                "replace" => from == Some("\\'"),
                _ => false,
            }
    }

    pub(super) fn written(&self, reference: &Reference) -> String {
        let name =
            if reference.computable { self.name(reference.root) } else { reference.source.of(&self.template.texts) };
        let mut out = format!("${name}");
        for step in self.steps(reference) {
            match &step.kind {
                StepKind::Property(name) => out.push_str(&format!(".{}", self.name(*name))),
                StepKind::Call(name, _) => out.push_str(&format!(".{}(…)", self.name(*name))),
                StepKind::Index(_) => out.push_str("[…]"),
            }
        }
        out
    }

    pub(super) fn is_count(&self, e: &Expr) -> bool {
        match e {
            Expr::Reference(r) => matches!(
                self.steps(self.found(*r)).last().map(|s| &s.kind),
                Some(StepKind::Call(name, _)) if matches!(self.name(*name), "size" | "length" | "indexOf" | "intValue" | "longValue" | "parseInt")
            ),
            _ => false,
        }
    }

    /// Whether a value cannot break out of JSON: numbers, booleans, and JSON itself.
    pub(super) fn is_safe(&self, reference: &Reference) -> bool {
        if self.steps(reference).is_empty() && self.safe.contains(&reference.root) {
            return true;
        }
        let last = match self.steps(reference).last().map(|s| &s.kind) {
            Some(StepKind::Call(name, _) | StepKind::Property(name)) => self.name(*name),
            Some(StepKind::Index(_)) => "",
            None => {
                return matches!(self.name(reference.root), "velocityCount" | "velocityHasNext");
            }
        };
        match self.name(reference.root) {
            "input" => matches!(last, "json" | "body"),
            "foreach" => matches!(last, "index" | "count" | "hasNext" | "first" | "last"),
            // What these return is thrown away or is no text.
            _ => matches!(last, "size" | "length" | "put" | "putAll" | "add" | "addAll" | "intValue" | "longValue"),
        }
    }
}
