//! `paths`, and the operations on each.

use std::collections::{HashMap, HashSet};

use super::Lowering;
use super::object::{Keys, Object};
use super::reference::Target;
use crate::report::{Diagnostic, nearest, quoted};
use crate::source::{Entry, Span};
use crate::specification::{Location, Method, Operation, Parameter, Path};

const PATH_ITEM: Keys = Keys {
    what: "a path",
    used: &["get", "put", "post", "delete", "options", "head", "patch", "trace", "parameters"],
    dropped: &["summary", "description", "servers"],
};

const METHODS: [Method; 8] = [
    Method::Get,
    Method::Put,
    Method::Post,
    Method::Delete,
    Method::Options,
    Method::Head,
    Method::Patch,
    Method::Trace,
];

impl<'a> Lowering<'a> {
    pub(super) fn lower_paths(&mut self, document: &Object<'a>) -> Vec<Operation> {
        let mut operations = Vec::new();
        let Some(node) = self.required(document, "paths") else {
            return operations;
        };
        let entries = self.map(document, "paths");
        if entries.is_empty() && node.as_mapping().is_some() {
            self.error(
                Diagnostic::error("`paths` is empty")
                    .at(self.source, node.span.clone(), "no path stands here")
                    .help("an API without operations cannot be deployed"),
            );
        }
        let mut shapes: HashMap<String, &'a Entry> = HashMap::new();
        for entry in entries {
            if entry.key.starts_with("x-") {
                self.findings.dropped(&quoted(&entry.key), &entry.key_span);
                continue;
            }
            let path = match Path::parse(&entry.key, entry.key_span.clone()) {
                Ok(path) => path,
                Err(problem) => {
                    self.error(Diagnostic::error(format!("{} is no route: {problem}", quoted(&entry.key))).at(
                        self.source,
                        entry.key_span.clone(),
                        "this route",
                    ));
                    continue;
                }
            };
            match shapes.get(&path.shape()) {
                None => {
                    shapes.insert(path.shape(), entry);
                }
                Some(first) => self.error(
                    Diagnostic::error(format!("{} and {} are the same route", quoted(&first.key), quoted(&entry.key)))
                        .at(self.source, entry.key_span.clone(), "matches the same requests")
                        .at(self.source, first.key_span.clone(), "as this one")
                        .help("put the operations of both beneath one of them"),
                ),
            }
            self.path_item(&path, entry, &mut operations);
        }
        operations
    }

    fn path_item(&mut self, path: &Path, entry: &'a Entry, operations: &mut Vec<Operation>) {
        let Some(node) = self.resolve(&entry.value, Target::PathItem) else {
            return;
        };
        let Some(item) = self.object(node, &PATH_ITEM) else {
            return;
        };
        let shared = self.parameters(&item);
        self.refuse_strangers(path, &shared);
        for entry in item.entries {
            let Some(method) = METHODS.into_iter().find(|method| method.key() == &*entry.key) else {
                continue;
            };
            if let Some(operation) = self.operation(path, method, entry, &shared) {
                operations.push(operation);
            }
        }
    }

    /// The operation's own parameters, and those of its path that it does not replace.
    pub(super) fn merged(
        &mut self,
        path: &Path,
        shared: &[Parameter],
        own: Vec<Parameter>,
        span: &Span,
    ) -> Vec<Parameter> {
        self.refuse_strangers(path, &own);
        let replaced: HashSet<_> = own.iter().map(Parameter::identity).collect();
        let kept = shared.iter().filter(|parameter| !replaced.contains(&parameter.identity())).cloned();
        let parameters: Vec<_> = kept.chain(own).collect();
        let declared: HashSet<&str> = parameters
            .iter()
            .filter(|parameter| parameter.location == Location::Path)
            .map(|parameter| parameter.name.as_str())
            .collect();
        for name in path.parameters() {
            if !declared.contains(name) {
                self.undeclared(path, name, span);
            }
        }
        // A parameter of a path can be shared by many operations, so what is kept counts.
        self.size += parameters.len() * size_of::<Parameter>();
        parameters
    }

    fn undeclared(&mut self, path: &Path, name: &str, operation: &Span) {
        let written = format!("{{{name}}}");
        let offset = self.source.slice(&path.span).find(&written);
        let span = match offset {
            Some(offset) => path.span.start + offset..path.span.start + offset + written.len(),
            None => path.span.clone(),
        };
        self.error(
            Diagnostic::error(format!("the path parameter {} is not declared", quoted(name)))
                .at(self.source, span, "in the route")
                .at(self.source, operation.clone(), "not among the parameters of this operation")
                .help(format!("add a parameter with `name: {name}`, `in: path` and `required: true`")),
        );
    }

    /// Path parameters that the route does not have.
    fn refuse_strangers(&mut self, path: &Path, parameters: &[Parameter]) {
        let names = path.parameters();
        for parameter in parameters {
            if parameter.location != Location::Path || names.contains(&parameter.name.as_str()) {
                continue;
            }
            let help = match nearest(&parameter.name, names.iter().copied()) {
                Some(near) => format!("did you mean {}?", quoted(near)),
                None => format!("add {} to the route", quoted(&format!("{{{}}}", parameter.name))),
            };
            self.error(
                Diagnostic::error(format!(
                    "the path parameter {} is not in the route {}",
                    quoted(&parameter.name),
                    quoted(&path.text)
                ))
                .at(self.source, parameter.span.clone(), "declared here")
                .at(self.source, path.span.clone(), "the route")
                .help(help),
            );
        }
    }
}
