//! Security schemes, and who requires them.

use indexmap::IndexMap;

use super::Lowering;
use super::object::{Keys, Object};
use super::reference::Target;
use crate::report::{Diagnostic, nearest, one_of, quoted};
use crate::source::{Entry, Node};
use crate::specification::{Location, Requirement, SecurityKind, SecurityScheme};

const SCHEME: Keys = Keys {
    what: "a security scheme",
    used: &["type", "description", "name", "in", "scheme", "bearerFormat"],
    dropped: &["flows", "openIdConnectUrl"],
};

const TYPES: [&str; 4] = ["http", "apiKey", "oauth2", "openIdConnect"];

impl<'a> Lowering<'a> {
    pub(super) fn lower_security_schemes(
        &mut self,
        components: Option<&Object<'a>>,
    ) -> IndexMap<String, SecurityScheme> {
        let mut schemes = IndexMap::new();
        for entry in self.section(components, Target::SecurityScheme) {
            // One with a mistake is kept as well, so that what requires it is not wrong too.
            let (kind, description) = self.scheme(entry).unwrap_or((SecurityKind::OAuth2, None));
            let scheme = SecurityScheme { kind, description, span: entry.key_span.clone() };
            schemes.insert(entry.key.to_string(), scheme);
        }
        schemes
    }

    fn scheme(&mut self, entry: &'a Entry) -> Option<(SecurityKind, Option<String>)> {
        let node = self.resolve(&entry.value, Target::SecurityScheme)?;
        let object = self.object(node, &SCHEME)?;
        let description = self.text(&object, "description");
        let kind = self.required_text(&object, "type")?;
        let kind = match kind.as_str() {
            "http" => SecurityKind::Http {
                scheme: self.required_text(&object, "scheme")?.to_ascii_lowercase(),
                bearer_format: self.text(&object, "bearerFormat"),
            },
            "apiKey" => {
                let name = self.required_text(&object, "name");
                let node = self.required(&object, "in")?;
                let location = self.location(node)?;
                if location == Location::Path {
                    self.error(
                        Diagnostic::error("an API key cannot travel in the path")
                            .at(self.source, node.span.clone(), "this place")
                            .help("use `header`, `query` or `cookie`"),
                    );
                }
                SecurityKind::ApiKey { name: name?, location }
            }
            "oauth2" => SecurityKind::OAuth2,
            "openIdConnect" => SecurityKind::OpenIdConnect,
            other => {
                let span = object.get("type").map_or(object.span, |node| &node.span).clone();
                let help = match nearest(other, TYPES) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("use {}", one_of(TYPES)),
                };
                self.error(
                    Diagnostic::error(format!("there is no type of security scheme {}", quoted(other)))
                        .at(self.source, span, "this type")
                        .help(help),
                );
                return None;
            }
        };
        Some((kind, description))
    }

    /// The value of a `security`.
    pub(super) fn requirements(&mut self, node: &'a Node) -> Vec<Requirement> {
        let Some(items) = self.accept(node.expect_sequence(self.source, "`security`")) else {
            return Vec::new();
        };
        items.iter().filter_map(|item| self.requirement(item)).collect()
    }

    fn requirement(&mut self, node: &'a Node) -> Option<Requirement> {
        let entries = self.accept(node.expect_mapping(self.source, "each item of `security`"))?;
        let mut schemes = IndexMap::new();
        for entry in entries {
            if !self.security_schemes.contains_key(&*entry.key) {
                self.unknown_scheme(entry);
            }
            let what = || format!("the scopes of {}", quoted(&entry.key));
            let Some(items) = self.accept(entry.value.expect_sequence(self.source, &what())) else {
                continue;
            };
            let scopes = items.iter().filter_map(|item| self.text_of(item, || format!("each of {}", what())));
            let scopes = scopes.collect();
            schemes.insert(entry.key.to_string(), scopes);
        }
        Some(Requirement { schemes })
    }

    fn unknown_scheme(&mut self, entry: &Entry) {
        if self.findings.only_counted() {
            return;
        }
        let help = match nearest(&entry.key, self.security_schemes.keys().map(String::as_str)) {
            Some(near) => format!("did you mean {}?", quoted(near)),
            None => "define it in `components.securitySchemes`".to_owned(),
        };
        self.error(
            Diagnostic::error(format!("there is no security scheme {}", quoted(&entry.key)))
                .at(self.source, entry.key_span.clone(), "required here")
                .help(help),
        );
    }
}
