//! Parameters.

use super::Lowering;
use super::object::{Keys, Object};
use super::reference::Target;
use crate::report::{Diagnostic, nearest, one_of, quoted};
use crate::source::Node;
use crate::specification::{Location, Parameter, SchemaRef};

const PARAMETER: Keys = Keys {
    what: "a parameter",
    used: &["name", "in", "description", "required", "schema", "content"],
    dropped: &["deprecated", "allowEmptyValue", "style", "explode", "allowReserved", "example", "examples"],
};

const LOCATIONS: [(&str, Location); 4] =
    [("path", Location::Path), ("query", Location::Query), ("header", Location::Header), ("cookie", Location::Cookie)];

impl<'a> Lowering<'a> {
    /// The list of parameters of a path or an operation.
    pub(super) fn parameters(&mut self, object: &Object<'a>) -> Vec<Parameter> {
        let mut parameters: Vec<Parameter> = Vec::new();
        let mut seen = std::collections::HashMap::new();
        for node in self.list(object, "parameters") {
            let Some(parameter) = self.parameter(node) else {
                continue;
            };
            // OpenAPI itself has these described elsewhere (3.0.3, "Parameter Object": name).
            let reserved = ["accept", "content-type", "authorization"];
            if parameter.location == Location::Header
                && reserved.contains(&parameter.name.to_ascii_lowercase().as_str())
            {
                let kind = format!("the header parameter {}", quoted(&parameter.name));
                self.findings.dropped(&kind, &parameter.span);
                continue;
            }
            if let Some(first) = seen.insert(parameter.identity(), parameter.span.clone()) {
                self.error(
                    Diagnostic::error(format!("the parameter {} is declared twice", quoted(&parameter.name)))
                        .at(self.source, node.span.clone(), "declared again here")
                        .at(self.source, first, "declared here first")
                        .help("remove one of the two"),
                );
            }
            parameters.push(parameter);
        }
        parameters
    }

    pub(super) fn parameter(&mut self, node: &'a Node) -> Option<Parameter> {
        let node = self.resolve(node, Target::Parameter)?;
        let object = self.object(node, &PARAMETER)?;
        let name = self.required_text(&object, "name");
        let location = self.required(&object, "in").and_then(|node| self.location(node));
        let description = self.text(&object, "description");
        let required = self.flag(&object, "required");
        let schema = self.parameter_schema(&object, "a parameter");
        let (name, location, schema) = (name?, location?, schema?);
        let span = object.get("name").map_or(object.span, |node| &node.span).clone();
        if name.is_empty() {
            self.error(Diagnostic::error("a parameter's name is empty").at(self.source, span.clone(), "no name"));
        }
        if location == Location::Path && !required {
            let place = object.get("required").map_or(&span, |node| &node.span).clone();
            self.error(
                Diagnostic::error(format!("the path parameter {} is not required", quoted(&name)))
                    .at(self.source, place, "a path without it would be another path")
                    .help("add `required: true`"),
            );
        }
        Some(Parameter { name, location, description, required, schema, span })
    }

    pub(super) fn location(&mut self, node: &Node) -> Option<Location> {
        let text = self.text_of(node, || "`in`".to_owned())?;
        let location = LOCATIONS.iter().find(|(name, _)| *name == text).map(|(_, location)| *location);
        if location.is_none() {
            let names = LOCATIONS.map(|(name, _)| name);
            let error = Diagnostic::error(format!("there is no place {} for it to travel in", quoted(&text))).at(
                self.source,
                node.span.clone(),
                "this place",
            );
            self.error(match (text.as_str(), nearest(&text, names)) {
                ("body" | "formData", _) => error.help("OpenAPI 3.0 has `requestBody` instead"),
                (_, Some(near)) => error.help(format!("did you mean `{near}`?")),
                _ => error.help(format!("use {}", one_of(names))),
            });
        }
        location
    }

    /// `schema`, or the schema of the one media type in `content`.
    pub(super) fn parameter_schema(&mut self, object: &Object<'a>, what: &str) -> Option<SchemaRef> {
        match (object.get("schema"), object.get("content")) {
            (Some(schema), None) => Some(self.schema_ref(schema)),
            (None, Some(node)) => {
                let mut content = self.content(node);
                if content.len() != 1 {
                    self.error(
                        Diagnostic::error(format!("`content` of {what} must have one media type"))
                            .at(self.source, node.span.clone(), format!("this has {}", content.len()))
                            .help("keep one, or use `schema`"),
                    );
                }
                self.findings.dropped(&format!("the media type in `content` of {what}"), &node.span);
                content.pop().map(|(_, schema)| schema)
            }
            (Some(_), Some(node)) => {
                self.error(
                    Diagnostic::error(format!("{what} has both `schema` and `content`"))
                        .at(self.source, node.span.clone(), "one of the two too many")
                        .help("keep `schema`"),
                );
                None
            }
            (None, None) => {
                self.error(
                    Diagnostic::error(format!("the key `schema` is missing in {what}"))
                        .at(self.source, object.span.clone(), "what may it hold?")
                        .help("add for instance `schema: { type: string }`"),
                );
                None
            }
        }
    }
}

impl Parameter {
    /// What tells parameters of one operation apart. Case does not matter in a header.
    pub(super) fn identity(&self) -> (Location, String) {
        let name = match self.location {
            Location::Header => self.name.to_ascii_lowercase(),
            _ => self.name.clone(),
        };
        (self.location, name)
    }
}
