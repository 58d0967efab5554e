//! From YAML events to the tree.
//!
//! The tree is built on the events of `granit-parser`, the parser beneath `serde-saphyr`, and not through its
//! serde layer: that layer asks the target for a type first, so an untyped tree loses the spelling of keys
//! (`200:`), the place where a repeated key first stood, and the digits of a large number.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::sync::Arc;

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Tag, options};

use super::scalar::{self, Trouble};
use super::syntax::{empty, refuse_control_characters, syntax, too_deep};
use super::{Entry, Node, Source, Span, Value};
use crate::report::{Diagnostic, quoted};

/// How deep values may be nested. The published documents are 15 deep.
pub const MAX_DEPTH: usize = 100;

/// How many values anchors and aliases may stand for together, so that a small file cannot become a large tree.
pub const MAX_ALIASED_NODES: usize = 100_000;

type Result<T> = std::result::Result<T, Diagnostic>;

/// Reads YAML or JSON text. The name is for messages only.
///
/// What is accepted: one document of YAML 1.2 with the core schema, of which JSON is a subset. Aliases stand for
/// a copy of what their anchor stands for. Merge keys (`<<`) are not part of YAML 1.2, and refused: what an object
/// holds should be visible where it stands.
///
/// # Errors
///
/// The first mistake, with the place where it stands.
pub fn parse(name: impl Into<String>, text: impl Into<String>) -> Result<(Arc<Source>, Node)> {
    let text = text.into();
    let text = match text.strip_prefix('\u{FEFF}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    let source = Arc::new(Source { name: name.into(), text });
    refuse_control_characters(&source)?;
    let root = Builder::new(&source).build()?;
    Ok((source, root))
}

/// A collection that is not yet complete.
struct Open {
    kind: OpenKind,
    start: usize,
    anchor: usize,
    /// How many levels stand beneath it so far.
    height: usize,
    /// How many values it holds so far, itself included.
    count: usize,
}

enum OpenKind {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, keys: HashMap<Arc<str>, Span>, key: Option<(Arc<str>, Span)> },
}

/// A value that is complete, with its measures.
struct Done {
    node: Node,
    height: usize,
    count: usize,
}

struct Builder<'a> {
    source: &'a Arc<Source>,
    open: Vec<Open>,
    anchors: HashMap<usize, Done>,
    aliased: usize,
    root: Option<Node>,
}

impl<'a> Builder<'a> {
    fn new(source: &'a Arc<Source>) -> Self {
        Self { source, open: Vec::new(), anchors: HashMap::new(), aliased: 0, root: None }
    }

    fn build(mut self) -> Result<Node> {
        let options = options! {
            emit_comments: false,
            // JSON knows no limit of 1024 characters to a key. All flow collections are looked ahead into so far,
            // so this is not free either.
            simple_key_max_lookahead: 8192,
            // The parser looks ahead, so without these it would be the first to notice, and further on.
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        let source = self.source;
        let mut documents = 0;
        for event in Parser::new_from_str_with_options(&source.text, options) {
            let (event, span) = event.map_err(|error| syntax(source, &error))?;
            let span = span.byte_range().unwrap_or_default();
            match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(Diagnostic::error("the file holds more than one document")
                            .at(source, span, "the second one begins here")
                            .help("put each document in a file of its own"));
                    }
                }
                Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag.as_deref(), span)?,
                Event::SequenceStart(_, anchor, tag) => {
                    self.check_tag(tag.as_deref(), "seq", &span)?;
                    self.start(OpenKind::Sequence(Vec::new()), anchor, &span)?;
                }
                Event::MappingStart(_, anchor, tag) => {
                    self.check_tag(tag.as_deref(), "map", &span)?;
                    let kind = OpenKind::Mapping { entries: Vec::new(), keys: HashMap::new(), key: None };
                    self.start(kind, anchor, &span)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.end(&span)?,
                Event::Alias(id) => self.alias(id, span)?,
                _ => {}
            }
        }
        match self.root {
            Some(Node { value: Value::Null, span }) if source.slice(&span).is_empty() => Err(empty(source)),
            Some(root) => Ok(root),
            None => Err(empty(source)),
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, anchor: usize, tag: Option<&Tag>, span: Span) -> Result<()> {
        // A block scalar reaches to the next line that is not its own; for a reader it ends with its text.
        let end = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => span.start + self.source.slice(&span).trim_end().len(),
            _ => span.end,
        };
        let span = span.start..end;
        let as_text = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str") || tag.parts() == ("", "!"));
        let plain = style == ScalarStyle::Plain && !as_text;
        if self.awaits_key() {
            return self.key(text, plain, anchor, span);
        }
        let value = if plain {
            scalar::plain(text).map_err(|trouble| self.bad_number(text, trouble, span.clone()))?
        } else {
            Value::String(text.into())
        };
        if !as_text {
            let kind = match &value {
                Value::Null => "null",
                Value::Bool(_) => "bool",
                Value::Number(number) if number.is_f64() => "float",
                Value::Number(_) => "int",
                _ => "str",
            };
            self.check_tag(tag, kind, &span)?;
        }
        self.done(Done { node: Node { value, span }, height: 0, count: 1 }, anchor)
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { kind: OpenKind::Mapping { key: None, .. }, .. }))
    }

    fn key(&mut self, text: &str, plain: bool, anchor: usize, span: Span) -> Result<()> {
        if plain && text == "<<" {
            return Err(Diagnostic::error("merge keys (`<<`) are not part of YAML 1.2")
                .at(self.source, span, "not merged")
                .help("write the keys out where they are meant"));
        }
        // For a key that is not there, the parser gives `~`.
        if plain && self.source.slice(&span).is_empty() {
            return Err(Diagnostic::error("a key is missing before the colon")
                .at(self.source, span, "nothing stands here")
                .help("name the key; an empty one is written as \"\""));
        }
        if anchor != 0 {
            return Err(Diagnostic::error("an anchor on a key has no use here")
                .at(self.source, span, "this key")
                .help("put the anchor before the value"));
        }
        let name: Arc<str> = text.into();
        let Some(Open { kind: OpenKind::Mapping { keys, key, .. }, .. }) = self.open.last_mut() else {
            return Ok(());
        };
        match keys.entry(Arc::clone(&name)) {
            Slot::Occupied(first) => Err(Diagnostic::error(format!("the key {} is used twice", quoted(text)))
                .at(self.source, span, "used again here")
                .at(self.source, first.get().clone(), "used here first")
                .help("remove one of the two")),
            Slot::Vacant(slot) => {
                slot.insert(span.clone());
                *key = Some((name, span));
                Ok(())
            }
        }
    }

    fn start(&mut self, kind: OpenKind, anchor: usize, span: &Span) -> Result<()> {
        if self.awaits_key() {
            return Err(Diagnostic::error("a list or an object cannot be a key")
                .at(self.source, span.start..span.start + 1, "this key")
                .help("use text as the key; text with brackets or braces needs quotes"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(self.source, span.start));
        }
        self.open.push(Open { kind, start: span.start, anchor, height: 0, count: 1 });
        Ok(())
    }

    fn end(&mut self, span: &Span) -> Result<()> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let (value, last) = match open.kind {
            OpenKind::Sequence(items) => {
                let last = items.last().map(|item| item.span.end);
                (Value::Sequence(items), last)
            }
            OpenKind::Mapping { entries, .. } => {
                let last = entries.last().map(|entry| entry.value.span.end.max(entry.key_span.end));
                (Value::Mapping(entries), last)
            }
        };
        // A flow collection ends with its bracket. A block collection has no end of its own: the parser notices
        // it at whatever comes next, while its last value is where it ends for a reader.
        let end = if span.is_empty() { last.unwrap_or(span.end) } else { span.end };
        let node = Node { value, span: open.start..end.max(open.start) };
        self.done(Done { node, height: open.height + 1, count: open.count }, open.anchor)
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<()> {
        if self.awaits_key() {
            return Err(Diagnostic::error("an alias cannot be a key")
                .at(self.source, span, "this key")
                .help("write the key out"));
        }
        let Some(Done { node, height, count }) = self.anchors.get(&id) else {
            return Err(Diagnostic::error("an alias stands inside of what it stands for")
                .at(self.source, span, "this alias")
                .help("write out what is meant"));
        };
        if self.open.len() + height > MAX_DEPTH {
            return Err(too_deep(self.source, span.start));
        }
        // Counted before copying, so that the copy that is too much is never made.
        self.aliased += count;
        if self.aliased > MAX_ALIASED_NODES {
            return Err(self.too_many_aliased(span));
        }
        let node = Node { value: node.value.clone(), span };
        let done = Done { node, height: *height, count: *count };
        self.done(done, 0)
    }

    /// Puts a complete value where it belongs.
    fn done(&mut self, done: Done, anchor: usize) -> Result<()> {
        if anchor != 0 {
            self.aliased += done.count;
            if self.aliased > MAX_ALIASED_NODES {
                return Err(self.too_many_aliased(done.node.span));
            }
            let Done { node, height, count } = &done;
            self.anchors.insert(anchor, Done { node: node.clone(), height: *height, count: *count });
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(done.node);
            return Ok(());
        };
        parent.height = parent.height.max(done.height);
        parent.count += done.count;
        match &mut parent.kind {
            OpenKind::Sequence(items) => items.push(done.node),
            OpenKind::Mapping { entries, key, .. } => {
                if let Some((key, key_span)) = key.take() {
                    entries.push(Entry { key, key_span, value: done.node });
                }
            }
        }
        Ok(())
    }

    /// A tag may say what a value is anyway, and nothing else.
    fn check_tag(&self, tag: Option<&Tag>, kind: &str, span: &Span) -> Result<()> {
        let Some(tag) = tag else { return Ok(()) };
        if tag.is_yaml_core_schema_tag(kind) {
            return Ok(());
        }
        Err(Diagnostic::error(format!("the tag {} cannot be used here", quoted(&tag.original())))
            .at(self.source, span.clone(), "tagged value")
            .help("remove the tag; `!!str`, or quotes, make text of a value"))
    }

    fn bad_number(&self, text: &str, trouble: Trouble, span: Span) -> Diagnostic {
        let message = match trouble {
            Trouble::TooManyBits => format!("the number {} does not fit in 64 bits", quoted(text)),
            Trouble::TooPrecise => format!("the number {} cannot be kept exactly", quoted(text)),
            Trouble::NotFinite => format!("{} is no number that JSON has", quoted(text)),
        };
        Diagnostic::error(message).at(self.source, span, "this number").help("put it in quotes if text is meant")
    }

    fn too_many_aliased(&self, span: Span) -> Diagnostic {
        Diagnostic::error(format!("anchors and aliases stand for more than {MAX_ALIASED_NODES} values"))
            .at(self.source, span, "too much from here on")
            .help("write out what is meant, or refer to it with `$ref`")
    }
}
