//! The models that the operations use, each under a name that API Gateway accepts.

use std::collections::{BTreeMap, HashSet};

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

use super::problems::{Problems, at};
use super::schema::{Direction, Draft4, children, differs, flat};
use crate::specification::{Operation, SchemaRef, Specification};

/// A model holds at most 400 KB (`CreateModel` in API Gateway's API reference).
const MODEL_LIMIT: usize = 400 * 1024;

/// Which schema, of which document, and for whom: `None` where both directions see the same.
type Key = (usize, String, Option<Direction>);

/// What was asked for so far.
pub(super) struct Models<'a> {
    specifications: &'a [Specification],
    names: IndexMap<Key, String>,
    /// Which schema has a name; models of schemas written in place have no key.
    owners: IndexMap<String, Option<Key>>,
    schemas: IndexMap<String, Json>,
}

impl<'a> Models<'a> {
    pub(super) fn new(specifications: &'a [Specification]) -> Self {
        Self { specifications, names: IndexMap::new(), owners: IndexMap::new(), schemas: IndexMap::new() }
    }

    /// A reference to the model of a body. A schema that was written in place becomes a model called
    /// `suggestion`: in method responses, a schema that is no reference must be of type object.
    pub(super) fn body(
        &mut self,
        document: usize,
        schema: &SchemaRef,
        direction: Direction,
        suggestion: &str,
        problems: &mut Problems,
    ) -> Json {
        let name = match schema {
            SchemaRef::Named(name, _) => self.named(document, name, direction, problems),
            SchemaRef::Inline(_) => self.inline(document, schema, direction, suggestion, problems),
        };
        json!({ "$ref": format!("#/components/schemas/{name}") })
    }

    /// `components.schemas`, in the order in which the operations asked for them. Notes which schemas
    /// of the documents nobody asked for.
    pub(super) fn finish(self, problems: &mut Problems) -> Map<String, Json> {
        for specification in self.specifications {
            let used = reachable(specification);
            for (name, schema) in &specification.schemas {
                if !used.contains(name.as_str()) {
                    problems.note(
                        vec![at(specification, &schema.span, "part of no request or response body")],
                        format!("schema `{name}` is left out"),
                        "only what a body refers to becomes a model",
                    );
                }
            }
        }
        for (name, schema) in &self.schemas {
            let size = schema.to_string().len();
            if size > MODEL_LIMIT {
                problems.error(
                    Vec::new(),
                    format!("model `{name}` takes {size} bytes"),
                    format!("API Gateway accepts {MODEL_LIMIT}: split the schema"),
                );
            }
        }
        self.schemas.into_iter().collect()
    }

    fn named(&mut self, document: usize, name: &str, direction: Direction, problems: &mut Problems) -> String {
        let specification = &self.specifications[document];
        let schema = SchemaRef::Named(name.to_owned(), 0..0);
        let variant = differs(specification, &schema, direction).then_some(direction);
        let key: Key = (document, name.to_owned(), variant);
        if let Some(model) = self.names.get(&key) {
            return model.clone();
        }

        let suffix = match variant {
            None => "",
            Some(Direction::Request) => "Request",
            Some(Direction::Response) => "Response",
        };
        let wanted = format!("{}{suffix}", alphanumeric(name));
        let (model, shared) = self.free_or_same(&wanted, &key);
        self.names.insert(key.clone(), model.clone());
        if shared {
            return model;
        }
        self.note_renaming(&key, &format!("{name}{suffix}"), &wanted, &model, problems);

        // The name is taken before the content is made, so that a model stands before those that it refers to.
        self.owners.insert(model.clone(), Some(key));
        self.schemas.insert(model.clone(), Json::Null);
        let content = self.convert(document, &schema, direction, problems);
        self.schemas.insert(model.clone(), content);
        model
    }

    fn inline(
        &mut self,
        document: usize,
        schema: &SchemaRef,
        direction: Direction,
        suggestion: &str,
        problems: &mut Problems,
    ) -> String {
        let content = self.convert(document, schema, direction, problems);
        let wanted = alphanumeric(suggestion);
        for candidate in candidates(&wanted) {
            match self.schemas.get(&candidate) {
                Some(existing) if *existing == content => return candidate,
                Some(_) => {}
                None => {
                    self.owners.insert(candidate.clone(), None);
                    self.schemas.insert(candidate.clone(), content);
                    return candidate;
                }
            }
        }
        unreachable!("there is always a next number")
    }

    fn convert(&mut self, document: usize, schema: &SchemaRef, direction: Direction, problems: &mut Problems) -> Json {
        let specification = &self.specifications[document];
        let mut dropped = Vec::new();
        let content = Draft4 {
            specification,
            direction,
            model_of: &mut |name| self.named(document, name, direction, problems),
            left_out: &mut |span, keyword, why| dropped.push((span.clone(), keyword, why)),
        }
        .schema(&flat(specification, schema));
        for (span, keyword, why) in dropped {
            problems.left_out(specification, &span, keyword, why);
        }
        content
    }

    /// The wanted name, or the first numbered one, that is free or belongs to a schema with the same content.
    fn free_or_same(&self, wanted: &str, key: &Key) -> (String, bool) {
        for candidate in candidates(wanted) {
            match self.owners.get(&candidate) {
                None => return (candidate, false),
                Some(Some(owner)) if self.content(owner) == self.content(key) => {
                    return (candidate, true);
                }
                Some(_) => {}
            }
        }
        unreachable!("there is always a next number")
    }

    /// A schema with everything that it refers to, by the documents' own names, to compare two of them.
    fn content(&self, key: &Key) -> (Json, BTreeMap<String, Json>) {
        let specification = &self.specifications[key.0];
        // Where both directions see the same, either will do.
        let direction = key.2.unwrap_or(Direction::Response);
        let mut all = BTreeMap::new();
        let mut open = vec![key.1.clone()];
        while let Some(name) = open.pop() {
            if all.contains_key(&name) {
                continue;
            }
            let mut found = Vec::new();
            let content = Draft4 {
                specification,
                direction,
                model_of: &mut |name| {
                    found.push(name.to_owned());
                    name.to_owned()
                },
                left_out: &mut |_, _, _| {},
            }
            .schema(&flat(specification, &SchemaRef::Named(name.clone(), 0..0)));
            all.insert(name, content);
            open.append(&mut found);
        }
        let own = all.remove(&key.1).unwrap_or_default();
        (own, all)
    }

    fn note_renaming(&self, key: &Key, original: &str, wanted: &str, model: &str, problems: &mut Problems) {
        if model == original {
            return;
        }
        let specification = &self.specifications[key.0];
        let span = specification.schemas.get(&key.1).map_or(0..0, |schema| schema.span.clone());
        let why = if model == wanted {
            "API Gateway's model names hold letters and digits only"
        } else {
            "another schema with other content has that name already"
        };
        problems.note(vec![at(specification, &span, "")], format!("schema `{}` becomes model `{model}`", key.1), why);
    }
}

/// The schemas of everything that an operation takes and returns.
pub(super) fn bodies(operation: &Operation) -> impl Iterator<Item = &SchemaRef> {
    let request = operation.request_body.iter().map(|body| &body.content);
    let responses = operation.responses.values().map(|response| &response.content);
    request.chain(responses).flat_map(IndexMap::values)
}

/// The names of the schemas that the operations' bodies are made of, those that are merged into others included.
fn reachable(specification: &Specification) -> HashSet<&str> {
    let mut used = HashSet::new();
    let mut open: Vec<&SchemaRef> = Vec::new();
    for operation in &specification.operations {
        open.extend(bodies(operation));
    }
    while let Some(next) = open.pop() {
        match next {
            SchemaRef::Named(name, _) => {
                if used.insert(name.as_str())
                    && let Some(schema) = specification.schemas.get(name)
                {
                    open.extend(schema.all_of.iter().chain(children(schema)));
                }
            }
            SchemaRef::Inline(schema) => open.extend(schema.all_of.iter().chain(children(schema))),
        }
    }
    used
}

/// `Naam`, `Naam2`, `Naam3`, …
fn candidates(wanted: &str) -> impl Iterator<Item = String> {
    std::iter::once(wanted.to_owned()).chain((2..).map(move |number: u64| format!("{wanted}{number}")))
}

/// A name with everything left out that is not allowed in a model's name.
fn alphanumeric(name: &str) -> String {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    if name.is_empty() { "Model".to_owned() } else { name }
}

/// `verwerkte-objecten_list` as `VerwerkteObjectenList`.
pub(super) fn pascal_case(text: &str) -> String {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
        })
        .collect()
}
