//! Reading an object of a known kind, key by key.

use super::Lowering;
use super::findings::key_of;
use crate::report::{Diagnostic, nearest, quoted};
use crate::source::{Entry, MAX_BYTES, Node, Span};

/// How large the model may become, in bytes or nearly so. References let a small document describe a huge model.
const MAX_SIZE: usize = 4 * MAX_BYTES;

/// What an object costs beside its texts.
const OBJECT_SIZE: usize = 100;

/// The keys that an object of one kind may have.
pub(super) struct Keys {
    /// The kind, for messages: `a parameter`.
    pub(super) what: &'static str,
    /// Those that the model holds.
    pub(super) used: &'static [&'static str],
    /// Those that OpenAPI has and the model has no place for.
    pub(super) dropped: &'static [&'static str],
}

/// An object whose keys are all known.
#[derive(Clone, Copy)]
pub(super) struct Object<'a> {
    pub(super) what: &'static str,
    pub(super) entries: &'a [Entry],
    pub(super) span: &'a Span,
}

impl<'a> Object<'a> {
    pub(super) fn get(&self, key: &str) -> Option<&'a Node> {
        self.entries.iter().find(|entry| &*entry.key == key).map(|entry| &entry.value)
    }
}

impl<'a> Lowering<'a> {
    /// Takes a node for an object with these keys. Vendors' own keys (`x-...`) are left out.
    pub(super) fn object(&mut self, node: &'a Node, keys: &Keys) -> Option<Object<'a>> {
        self.charge(OBJECT_SIZE, node)?;
        let entries = self.accept(node.expect_mapping(self.source, keys.what))?;
        for entry in entries {
            let key = &*entry.key;
            if keys.used.contains(&key) {
                continue;
            }
            if keys.dropped.contains(&key) {
                self.findings.dropped(&key_of(key, keys.what), &entry.key_span);
            } else if key.starts_with("x-") {
                self.findings.dropped(&quoted(key), &entry.key_span);
            } else {
                self.unknown_key(entry, keys);
            }
        }
        Some(Object { what: keys.what, entries, span: &node.span })
    }

    fn unknown_key(&mut self, entry: &Entry, keys: &Keys) {
        if self.findings.only_counted() {
            return;
        }
        let all = keys.used.iter().chain(keys.dropped).copied();
        let help = match nearest(&entry.key, all) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                let used: Vec<_> = keys.used.iter().map(|key| format!("`{key}`")).collect();
                format!("keys of {}: {}; your own begin with `x-`", keys.what, used.join(", "))
            }
        };
        self.error(
            Diagnostic::error(format!("unknown key {} in {}", quoted(&entry.key), keys.what))
                .at(self.source, entry.key_span.clone(), "OpenAPI 3.0 has no such key here")
                .help(help),
        );
    }

    /// Counts what the model takes up, and gives up where it is too much.
    pub(super) fn charge(&mut self, bytes: usize, node: &Node) -> Option<()> {
        let fitted = self.size <= MAX_SIZE;
        self.size += bytes;
        if self.size <= MAX_SIZE {
            return Some(());
        }
        if fitted {
            self.error(
                Diagnostic::error(format!(
                    "with its references resolved, the document is larger than {MAX_SIZE} bytes"
                ))
                .at(self.source, node.span.clone(), "too much from here on")
                .help("refer to large schemas by name, `#/components/schemas/...`: those are not copied"),
            );
        }
        None
    }

    pub(super) fn required(&mut self, object: &Object<'a>, key: &'static str) -> Option<&'a Node> {
        let node = object.get(key);
        if node.is_none() {
            self.error(Diagnostic::error(format!("the key `{key}` is missing in {}", object.what)).at(
                self.source,
                object.span.clone(),
                format!("`{key}` must be in this object"),
            ));
        }
        node
    }

    pub(super) fn text(&mut self, object: &Object<'a>, key: &'static str) -> Option<String> {
        object.get(key).and_then(|node| self.text_of(node, || key_of(key, object.what)))
    }

    pub(super) fn required_text(&mut self, object: &Object<'a>, key: &'static str) -> Option<String> {
        let node = self.required(object, key)?;
        self.text_of(node, || key_of(key, object.what))
    }

    pub(super) fn text_of(&mut self, node: &Node, what: impl FnOnce() -> String) -> Option<String> {
        match node.as_str() {
            Some(text) => {
                self.charge(text.len(), node)?;
                Some(text.to_owned())
            }
            None => {
                let error = node.wrong_kind(self.source, &what(), "text");
                self.error(error);
                None
            }
        }
    }

    pub(super) fn flag(&mut self, object: &Object<'a>, key: &'static str) -> bool {
        let Some(node) = object.get(key) else {
            return false;
        };
        if let Some(value) = node.as_bool() {
            return value;
        }
        let error = node.wrong_kind(self.source, &key_of(key, object.what), "`true` or `false`");
        self.error(error);
        false
    }

    pub(super) fn list(&mut self, object: &Object<'a>, key: &'static str) -> &'a [Node] {
        let Some(node) = object.get(key) else {
            return &[];
        };
        match node.as_sequence() {
            Some(items) => items,
            None => {
                let error = node.wrong_kind(self.source, &key_of(key, object.what), "a list");
                self.error(error);
                &[]
            }
        }
    }

    /// A list of texts, each with its place.
    pub(super) fn texts(&mut self, object: &Object<'a>, key: &'static str) -> Vec<(String, &'a Span)> {
        let mut texts = Vec::new();
        for item in self.list(object, key) {
            if let Some(text) = self.text_of(item, || format!("each item of {}", key_of(key, object.what))) {
                texts.push((text, &item.span));
            }
        }
        texts
    }

    /// The entries of an object whose keys are the document's own.
    pub(super) fn map(&mut self, object: &Object<'a>, key: &'static str) -> &'a [Entry] {
        let Some(node) = object.get(key) else {
            return &[];
        };
        self.accept(node.expect_mapping(self.source, &key_of(key, object.what))).unwrap_or(&[])
    }
}
