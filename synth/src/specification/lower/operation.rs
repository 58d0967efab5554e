//! One operation.

use super::Lowering;
use super::object::{Keys, Object};
use crate::report::{Diagnostic, quoted};
use crate::source::{Entry, Span};
use crate::specification::{Method, Operation, Parameter, Path};

const OPERATION: Keys = Keys {
    what: "an operation",
    used: &["tags", "summary", "description", "operationId", "parameters", "requestBody", "responses", "security"],
    dropped: &["externalDocs", "callbacks", "deprecated", "servers"],
};

impl<'a> Lowering<'a> {
    pub(super) fn operation(
        &mut self,
        path: &Path,
        method: Method,
        entry: &'a Entry,
        shared: &[Parameter],
    ) -> Option<Operation> {
        let object = self.object(&entry.value, &OPERATION)?;
        let id = self.operation_id(&object, &entry.key_span);
        let own = self.parameters(&object);
        let parameters = self.merged(path, shared, own, &entry.key_span);
        let request_body = object.get("requestBody").and_then(|node| self.request_body(node));
        let responses = self.responses(&object);
        let security = match object.get("security") {
            Some(node) => self.requirements(node),
            None => {
                self.charge(self.security_size, &entry.value)?;
                self.security.clone()
            }
        };
        let summary = self.text(&object, "summary");
        let description = self.text(&object, "description");
        let tags = self.texts(&object, "tags").into_iter().map(|(tag, _)| tag).collect();
        let (id, span) = id?;
        let path = path.clone();
        Some(Operation {
            id,
            method,
            path,
            summary,
            description,
            tags,
            parameters,
            request_body,
            responses,
            security,
            span,
        })
    }

    /// The name is needed: the operation's mapping template, where it has one, is a file of that name.
    fn operation_id(&mut self, object: &Object<'a>, method: &Span) -> Option<(String, Span)> {
        let Some(node) = object.get("operationId") else {
            self.error(
                Diagnostic::error("the key `operationId` is missing in an operation")
                    .at(self.source, method.clone(), "this operation has no name")
                    .help("add an `operationId`: it names the operation's mapping template"),
            );
            return None;
        };
        let id = self.accept(node.expect_str(self.source, "`operationId` of an operation"))?;
        let allowed = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
        if id.is_empty() || id.starts_with('.') || !id.chars().all(allowed) {
            self.error(
                Diagnostic::error(format!("the `operationId` {} cannot name a file", quoted(id)))
                    .at(self.source, node.span.clone(), "it names the operation's mapping template")
                    .help("use letters, digits, `.`, `-` and `_`"),
            );
        }
        if let Some(first) = self.operation_ids.get(id) {
            let error = Diagnostic::error(format!("the `operationId` {} is used twice", quoted(id)))
                .at(self.source, node.span.clone(), "used again here")
                .at(self.source, first.clone(), "used here first")
                .help("give each operation a name of its own");
            self.error(error);
        } else {
            self.operation_ids.insert(id, node.span.clone());
        }
        Some((id.to_owned(), node.span.clone()))
    }
}
