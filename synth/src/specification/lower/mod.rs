//! From the tree of a document to the model.
//!
//! All mistakes are collected, not the first alone, so every step goes on with what it can use. A step that found
//! a mistake returns a stand-in or `None`; nobody sees it, since a document with a mistake has no model.

mod components;
mod cycles;
mod findings;
mod message;
mod object;
mod operation;
mod parameter;
mod paths;
mod reference;
mod required;
mod schema;
mod security;

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use super::{Lowered, Requirement, SecurityScheme, Specification};
use crate::report::{Diagnostic, quoted};
use crate::source::{Node, Source, Span};
use cycles::Edge;
use findings::Findings;
use object::{Keys, Object};
use reference::Index;

const DOCUMENT: Keys = Keys {
    what: "an OpenAPI document",
    used: &["openapi", "info", "paths", "components", "security"],
    dropped: &["servers", "tags", "externalDocs"],
};

const INFO: Keys = Keys {
    what: "`info`",
    used: &["title", "version", "description"],
    dropped: &["termsOfService", "contact", "license"],
};

/// What all steps share.
struct Lowering<'a> {
    source: &'a Arc<Source>,
    root: &'a Node,
    index: Index<'a>,
    findings: Findings,
    security_schemes: IndexMap<String, SecurityScheme>,
    /// The document's own `security`, for operations that have none.
    security: Vec<Requirement>,
    /// How much text that is.
    security_size: usize,
    /// Where each `operationId` was used first.
    operation_ids: HashMap<&'a str, Span>,
    /// The named schemas that the schema at hand refers to.
    edges: Vec<Edge>,
    /// How many schemas the one at hand stands in.
    schema_depth: usize,
    /// Where a schema, known by where it begins, requires a property.
    required_at: HashMap<(usize, String), Span>,
    /// How large the model has become, in bytes or nearly so.
    size: usize,
}

pub(super) fn document(source: &Arc<Source>, root: &Node) -> Lowered {
    let mut lowering = Lowering {
        source,
        root,
        index: Index::default(),
        findings: Findings::default(),
        security_schemes: IndexMap::new(),
        security: Vec::new(),
        security_size: 0,
        operation_ids: HashMap::new(),
        edges: Vec::new(),
        schema_depth: 0,
        required_at: HashMap::new(),
        size: 0,
    };
    let specification = lowering.document();
    lowering.findings.finish(source, specification)
}

impl<'a> Lowering<'a> {
    fn document(&mut self) -> Option<Specification> {
        self.check_version()?;
        let document = self.object(self.root, &DOCUMENT)?;
        let (title, version, description) = self.info(&document);
        let components = self.components(&document);
        self.security_schemes = self.lower_security_schemes(components.as_ref());
        if let Some(node) = document.get("security") {
            self.security = self.requirements(node);
            self.security_size = node.span.len();
        }
        let (schemas, edges) = self.lower_schemas(components.as_ref());
        let sound = self.refuse_cycles(&schemas, &edges);
        let operations = self.lower_paths(&document);
        self.check_unused(components.as_ref());
        let specification = Specification {
            source: Arc::clone(self.source),
            title,
            version,
            description,
            operations,
            schemas,
            security_schemes: std::mem::take(&mut self.security_schemes),
        };
        // What is merged must have an end.
        if sound && !self.findings.failed() {
            self.check_schemas(&specification);
        }
        Some(specification)
    }

    /// Another version has other keys, so its document would give rise to errors without end.
    fn check_version(&mut self) -> Option<()> {
        let entries = self.accept(self.root.expect_mapping(self.source, "an OpenAPI document"))?;
        let entry = |key: &str| entries.iter().find(|entry| &*entry.key == key);
        if let Some(swagger) = entry("swagger") {
            self.error(
                Diagnostic::error("this is a Swagger 2.0 document, OpenAPI 3.0 is needed")
                    .at(self.source, swagger.key_span.clone(), "only Swagger 2.0 has this key")
                    .help("convert it to OpenAPI 3.0.3, with Swagger Editor for instance"),
            );
            return None;
        }
        let Some(openapi) = entry("openapi") else {
            self.error(
                Diagnostic::error("the key `openapi` is missing")
                    .at(self.source, self.root.span.clone(), "an OpenAPI document says its version here")
                    .help("begin the document with `openapi: 3.0.3`"),
            );
            return None;
        };
        let version = self.accept(openapi.value.expect_str(self.source, "`openapi`"))?;
        if version == "3.0" || version.starts_with("3.0.") {
            return Some(());
        }
        let error = Diagnostic::error(format!("OpenAPI {} cannot be read, 3.0 is needed", quoted(version))).at(
            self.source,
            openapi.value.span.clone(),
            "this version",
        );
        self.error(if version.starts_with("3.") {
            error.help(
                "write the document as 3.0.3: `nullable: true` instead of a list of types, \
                 `exclusiveMinimum: true` beside `minimum`, no `$ref` with other keys beside it",
            )
        } else {
            error.help("write it as `3.0.3`")
        });
        None
    }

    fn info(&mut self, document: &Object<'a>) -> (String, String, Option<String>) {
        let Some(node) = self.required(document, "info") else {
            return Default::default();
        };
        let Some(info) = self.object(node, &INFO) else {
            return Default::default();
        };
        let title = self.required_text(&info, "title").unwrap_or_default();
        let version = self.required_text(&info, "version").unwrap_or_default();
        (title, version, self.text(&info, "description"))
    }

    fn error(&mut self, error: Diagnostic) {
        self.findings.error(error);
    }

    /// The value, or `None` with the error noted down.
    fn accept<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|error| self.error(error)).ok()
    }
}
