//! What travels: request bodies, responses, headers and their content.

use indexmap::IndexMap;

use super::Lowering;
use super::object::{Keys, Object};
use super::reference::Target;
use crate::report::{Diagnostic, quoted};
use crate::source::{Node, Span};
use crate::specification::{Header, RequestBody, Response, Schema, SchemaRef};

const REQUEST_BODY: Keys = Keys { what: "a request body", used: &["description", "required", "content"], dropped: &[] };

const RESPONSE: Keys = Keys { what: "a response", used: &["description", "headers", "content"], dropped: &["links"] };

const HEADER: Keys = Keys {
    what: "a header",
    used: &["description", "required", "schema", "content"],
    dropped: &["deprecated", "allowEmptyValue", "style", "explode", "allowReserved", "example", "examples"],
};

const MEDIA_TYPE: Keys =
    Keys { what: "a media type", used: &["schema"], dropped: &["example", "examples", "encoding"] };

impl<'a> Lowering<'a> {
    pub(super) fn request_body(&mut self, node: &'a Node) -> Option<RequestBody> {
        let node = self.resolve(node, Target::RequestBody)?;
        let object = self.object(node, &REQUEST_BODY)?;
        let description = self.text(&object, "description");
        let required = self.flag(&object, "required");
        let content = self.required(&object, "content")?;
        Some(RequestBody { description, required, content: self.content(content) })
    }

    pub(super) fn responses(&mut self, object: &Object<'a>) -> IndexMap<String, Response> {
        let mut responses = IndexMap::new();
        if self.required(object, "responses").is_none() {
            return responses;
        }
        let entries = self.map(object, "responses");
        for entry in entries {
            if entry.key.starts_with("x-") {
                self.findings.dropped(&quoted(&entry.key), &entry.key_span);
                continue;
            }
            if !is_status(&entry.key) {
                self.error(
                    Diagnostic::error(format!("{} is no status code", quoted(&entry.key)))
                        .at(self.source, entry.key_span.clone(), "this key")
                        .help("use a code such as `200`, a range such as `4XX`, or `default`"),
                );
            }
            if let Some(response) = self.response(&entry.value, &entry.key_span) {
                responses.insert(entry.key.to_string(), response);
            }
        }
        if let (Some(node), []) = (object.get("responses"), entries)
            && node.as_mapping().is_some()
        {
            self.error(
                Diagnostic::error("`responses` of an operation is empty")
                    .at(self.source, node.span.clone(), "no response stands here")
                    .help("describe at least the response of success"),
            );
        }
        responses
    }

    pub(super) fn response(&mut self, node: &'a Node, span: &Span) -> Option<Response> {
        let node = self.resolve(node, Target::Response)?;
        let object = self.object(node, &RESPONSE)?;
        let description = self.required_text(&object, "description").unwrap_or_default();
        let mut headers = IndexMap::new();
        for entry in self.map(&object, "headers") {
            if let Some(header) = self.header(&entry.value) {
                headers.insert(entry.key.to_string(), header);
            }
        }
        let content = object.get("content").map(|node| self.content(node)).unwrap_or_default();
        Some(Response { description, headers, content, span: span.clone() })
    }

    pub(super) fn header(&mut self, node: &'a Node) -> Option<Header> {
        let node = self.resolve(node, Target::Header)?;
        let object = self.object(node, &HEADER)?;
        let description = self.text(&object, "description");
        let required = self.flag(&object, "required");
        let described = object.get("schema").is_some() || object.get("content").is_some();
        let schema = if described { self.parameter_schema(&object, "a header") } else { None };
        Some(Header { description, required, schema })
    }

    /// Schemas by media type. A media type without a schema allows anything.
    pub(super) fn content(&mut self, node: &'a Node) -> IndexMap<String, SchemaRef> {
        let mut content = IndexMap::new();
        let Some(entries) = self.accept(node.expect_mapping(self.source, "`content`")) else {
            return content;
        };
        for entry in entries {
            let named = entry.key.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty());
            if !named {
                self.error(
                    Diagnostic::error(format!("{} is no media type", quoted(&entry.key)))
                        .at(self.source, entry.key_span.clone(), "this key")
                        .help("a media type looks like `application/json`"),
                );
            }
            let Some(object) = self.object(&entry.value, &MEDIA_TYPE) else {
                continue;
            };
            let schema = match object.get("schema") {
                Some(schema) => self.schema_ref(schema),
                None => {
                    let anything = Schema { span: object.span.clone(), ..Schema::default() };
                    SchemaRef::Inline(Box::new(anything))
                }
            };
            content.insert(entry.key.to_string(), schema);
        }
        content
    }
}

fn is_status(key: &str) -> bool {
    let bytes = key.as_bytes();
    key == "default"
        || (bytes.len() == 3
            && (b'1'..=b'5').contains(&bytes[0])
            && (&bytes[1..] == b"XX" || bytes[1..].iter().all(u8::is_ascii_digit)))
}
