//! `components`.

use indexmap::IndexMap;

use super::Lowering;
use super::cycles::Edge;
use super::object::{Keys, Object};
use super::reference::Target;
use crate::report::{Diagnostic, quoted};
use crate::source::Entry;
use crate::specification::Schema;

const COMPONENTS: Keys = Keys {
    what: "`components`",
    used: &["schemas", "responses", "parameters", "requestBodies", "headers", "securitySchemes"],
    dropped: &["examples", "links", "callbacks"],
};

impl<'a> Lowering<'a> {
    pub(super) fn components(&mut self, document: &Object<'a>) -> Option<Object<'a>> {
        document.get("components").and_then(|node| self.object(node, &COMPONENTS))
    }

    /// The entries beneath one key of `components`, their names checked.
    pub(super) fn section(&mut self, components: Option<&Object<'a>>, target: Target) -> &'a [Entry] {
        let Some(components) = components else {
            return &[];
        };
        let entries = self.map(components, target.section());
        for entry in entries {
            let allowed = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
            if entry.key.is_empty() || !entry.key.chars().all(allowed) {
                self.error(
                    Diagnostic::error(format!("{} cannot be a name in `components`", quoted(&entry.key)))
                        .at(self.source, entry.key_span.clone(), "this name")
                        .help("use letters, digits, `.`, `-` and `_`"),
                );
            }
        }
        entries
    }

    /// The named schemas, and which of them refer to which.
    pub(super) fn lower_schemas(
        &mut self,
        components: Option<&Object<'a>>,
    ) -> (IndexMap<String, Schema>, Vec<Vec<Edge>>) {
        let mut schemas = IndexMap::new();
        let mut edges = Vec::new();
        for entry in self.section(components, Target::Schema) {
            self.edges.clear();
            let schema = self.named_schema(&entry.value);
            schemas.insert(entry.key.to_string(), schema);
            edges.push(std::mem::take(&mut self.edges));
        }
        (schemas, edges)
    }

    /// Looks for mistakes in components, whether something refers to them or not.
    pub(super) fn check_unused(&mut self, components: Option<&Object<'a>>) {
        for entry in self.section(components, Target::Parameter) {
            self.parameter(&entry.value);
        }
        for entry in self.section(components, Target::RequestBody) {
            self.request_body(&entry.value);
        }
        for entry in self.section(components, Target::Response) {
            self.response(&entry.value, &entry.key_span);
        }
        for entry in self.section(components, Target::Header) {
            self.header(&entry.value);
        }
    }
}
