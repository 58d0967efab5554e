//! A parsed template and its rendering.

use std::collections::HashMap;
use std::fmt;

use serde_json::{Map, Value as Json};

use crate::ast::{Block, Name, Reference, Slot, Step};
use crate::error::{ErrorKind, ParseError, Position, RenderError};
use crate::limits::Limits;
use crate::methods::InputState;
use crate::parse::{self, Shared};
use crate::regex::{Compiled, Patterns};
use crate::render::{Abort, Interpreter, LoopSlots};
use crate::string::{JStr, Out};
use crate::value::{Heap, ListKind, MapKind, ObjectId, Outcome, Store, Value};

/// A mapping template, parsed once and rendered as often as needed, also by several threads at once.
pub struct Template {
    /// The source, and behind it what the syntax tree points at beside it.
    pub(crate) texts: Box<str>,
    length: usize,
    pub(crate) body: Block,
    pub(crate) names: Vec<Name>,
    pub(crate) references: Vec<Reference>,
    pub(crate) steps: Vec<Step>,
    pub(crate) macros: Vec<usize>,
    slots: Slots,
    compiled: Compiled,
}

struct Slots {
    input: Option<Slot>,
    util: Option<Slot>,
    context: Option<Slot>,
    stage_variables: Option<Slot>,
    count: Slot,
    has_next: Slot,
    foreach: Slot,
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template").field("bytes", &self.length).finish_non_exhaustive()
    }
}

/// What a template can read.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// The payload; empty where there is none, which reads as `{}`.
    pub body: String,
    /// Path parameters, `$input.params().path`.
    pub path: Map<String, Json>,
    /// Query string parameters, `$input.params().querystring`.
    pub querystring: Map<String, Json>,
    /// Headers, `$input.params().header`. Names are looked up as they are spelt here.
    pub header: Map<String, Json>,
    /// `$context`. To render a response as API Gateway does, put the request's
    /// [`Rendered::response_override`] under `responseOverride`: see [`Inputs::with_response_override`].
    pub context: Map<String, Json>,
    /// `$stageVariables`
    pub stage_variables: Map<String, Json>,
}

impl Inputs {
    /// Passes on what the request's template set: it is still set in the response's.
    #[must_use]
    pub fn with_response_override(mut self, response_override: Option<Json>) -> Self {
        if let Some(value) = response_override {
            self.context.insert("responseOverride".to_owned(), value);
        }
        self
    }
}

/// What a rendering gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// `$context.requestOverride`, with `header`, `path` and `querystring`; `None` where nothing is set in it.
    pub request_override: Option<Json>,
    /// `$context.responseOverride`, with `header` and perhaps `status`; `None` where nothing is set in it.
    pub response_override: Option<Json>,
}

impl Template {
    /// Parses a template within the default [`Limits`].
    ///
    /// # Errors
    /// Where the text is not a template: what was expected, and what stands there instead.
    pub fn parse(source: &str) -> Result<Self, ParseError> {
        Self::parse_within(source, &Limits::default())
    }

    /// Parses a template within given limits.
    ///
    /// # Errors
    /// As [`Template::parse`].
    pub fn parse_within(source: &str, limits: &Limits) -> Result<Self, ParseError> {
        if source.len() > limits.template_bytes || u32::try_from(source.len()).is_err() {
            let message = format!("the template has {} bytes, {} are allowed", source.len(), limits.template_bytes);
            return Err(ParseError { position: Position { line: 1, column: 1 }, message });
        }
        let mut shared = Shared::new(source);
        let body = parse::parse(source, 0, 0, &mut shared, limits).map_err(|fault| fault.within(source))?;
        let known = |name: &str| shared.slots.get(name).copied();
        let (input, util) = (known("input"), known("util"));
        let (context, stage_variables) = (known("context"), known("stageVariables"));
        let slots = Slots {
            input,
            util,
            context,
            stage_variables,
            count: shared.slot("velocityCount"),
            has_next: shared.slot("velocityHasNext"),
            foreach: shared.slot("foreach"),
        };
        Ok(Template {
            texts: shared.texts.finish(),
            length: source.len(),
            body,
            names: shared.names,
            references: shared.references,
            steps: shared.steps,
            macros: shared.macros,
            slots,
            compiled: Compiled::default(),
        })
    }

    /// The text that was parsed.
    pub fn source(&self) -> &str {
        &self.texts[..self.length]
    }

    pub(crate) fn position(&self, offset: usize) -> Position {
        Position::of(self.source(), offset)
    }

    /// Renders within the default [`Limits`].
    ///
    /// # Errors
    /// Where API Gateway would fail too (an exception in a method, a body that is not JSON, an invalid JSONPath),
    /// where a limit is reached, and where the template calls for something that this crate does not have.
    pub fn render(&self, inputs: &Inputs) -> Result<Rendered, RenderError> {
        self.render_within(inputs, &Limits::default())
    }

    /// Renders within given limits.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn render_within(&self, inputs: &Inputs, limits: &Limits) -> Result<Rendered, RenderError> {
        self.run(inputs, limits, &Store::new()).map_err(|abort| match *abort {
            Abort::Error { at, kind } => RenderError { position: self.position(at.unwrap_or(0)), kind },
            Abort::Nearest | Abort::Everything | Abort::Loop(_) => RenderError {
                position: self.position(0),
                kind: ErrorKind::Exception("`#break` of a loop that is not running".to_owned()),
            },
        })
    }

    fn run<'r>(&'r self, inputs: &'r Inputs, limits: &'r Limits, store: &'r Store) -> Result<Rendered, Box<Abort>> {
        let mut heap = Heap::new(limits, store);
        let context = import_map(&mut heap, &inputs.context)?;
        let request = override_map(&mut heap, context, "requestOverride", &["header", "path", "querystring"])?;
        let response = override_map(&mut heap, context, "responseOverride", &["header"])?;
        let mut variables = vec![Value::Null; self.names.len()];
        let body = JStr::from(if inputs.body.is_empty() { "{}" } else { inputs.body.as_str() });
        let params = heap.new_map(MapKind::Linked)?;
        for (name, map) in [("path", &inputs.path), ("querystring", &inputs.querystring), ("header", &inputs.header)] {
            let map = import_map(&mut heap, map)?;
            heap.map_put(params, Value::str(name), Value::Object(map))?;
        }
        if let Some(slot) = self.slots.stage_variables {
            variables[slot as usize] = Value::Object(import_map(&mut heap, &inputs.stage_variables)?);
        }
        for (slot, value) in [
            (self.slots.input, Value::Input),
            (self.slots.util, Value::Util),
            (self.slots.context, Value::Object(context)),
        ] {
            if let Some(slot) = slot {
                variables[slot as usize] = value;
            }
        }
        let input = InputState {
            body,
            params: Value::Object(params),
            document: None,
            paths: HashMap::new(),
            patterns: Patterns::new(&self.compiled),
        };
        let slots = LoopSlots { count: self.slots.count, has_next: self.slots.has_next, scope: self.slots.foreach };
        let mut interpreter = Interpreter {
            texts: &self.texts,
            names: &self.names,
            references: &self.references,
            steps: &self.steps,
            heap,
            variables,
            input,
            slots,
            hidden: Vec::new(),
            depth: 0,
        };
        // What is rendered is mostly the template with values in it, or the body in other words.
        let room = (self.length + inputs.body.len()).min(limits.output_bytes);
        let mut out = Out::with_capacity(room);
        match interpreter.block(&self.body, &mut out) {
            Ok(()) => {}
            Err(abort) if matches!(*abort, Abort::Nearest | Abort::Everything) => {}
            Err(abort) => return Err(abort),
        }
        let mut heap = interpreter.heap;
        let request_override = export_override(&mut heap, request, &["header", "path", "querystring"])?;
        let response_override = export_override(&mut heap, response, &["header"])?;
        Ok(Rendered { text: out.into_text(), request_override, response_override })
    }
}

fn import_map<'r>(heap: &mut Heap<'r>, map: &'r Map<String, Json>) -> Outcome<ObjectId> {
    let id = heap.new_map(MapKind::Linked)?;
    for (key, value) in map {
        let value = import(heap, value)?;
        heap.map_put(id, Value::str(key), value)?;
    }
    Ok(id)
}

fn import<'r>(heap: &mut Heap<'r>, value: &'r Json) -> Outcome<Value<'r>> {
    Ok(match value {
        Json::Null => Value::Null,
        Json::Bool(b) => Value::Bool(*b),
        Json::String(s) => Value::str(s),
        Json::Number(n) => match (n.as_i64(), n.as_u64()) {
            (Some(i), _) => i32::try_from(i).map_or(Value::Long(i), Value::Int),
            (None, Some(u)) => crate::number::Whole::parse(&u.to_string()).keep(heap.store),
            (None, None) => Value::Double(n.as_f64().unwrap_or(f64::NAN)),
        },
        Json::Array(items) => {
            let mut values = Vec::with_capacity(items.len());
            for item in items {
                values.push(heap.deeper(|h| import(h, item))?);
            }
            heap.list(ListKind::ArrayList, values)?
        }
        Json::Object(map) => Value::Object(heap.deeper(|h| import_map(h, map))?),
    })
}

/// The maps that a template sets overrides in; they are there before it does.
fn override_map<'r>(
    heap: &mut Heap<'r>,
    context: ObjectId,
    name: &'static str,
    parts: &[&'static str],
) -> Outcome<ObjectId> {
    let id = submap(heap, context, name)?;
    for part in parts {
        submap(heap, id, part)?;
    }
    Ok(id)
}

fn submap<'r>(heap: &mut Heap<'r>, on: ObjectId, name: &'static str) -> Outcome<ObjectId> {
    let key = Value::str(name);
    let id = match heap.map_get(on, &key)? {
        Value::Null => heap.new_map(MapKind::Linked)?,
        value @ Value::Object(id) if heap.is_map(&value) => id,
        _ => {
            return Err(ErrorKind::Exception(format!("$context's {name} is not a map")).into());
        }
    };
    heap.map_put(on, key, Value::Object(id))?;
    Ok(id)
}

/// `None` where nothing but empty maps is in it.
fn export_override<'r>(heap: &mut Heap<'r>, id: ObjectId, parts: &[&str]) -> Outcome<Option<Json>> {
    let untouched = heap.map(id).is_some_and(|m| {
        m.len() == parts.len()
            && parts.iter().all(|part| {
                matches!(m.get_text(part), Some(Value::Object(inner))
                    if heap.map(*inner).is_some_and(|m| m.is_empty()))
            })
    });
    if untouched { Ok(None) } else { Ok(Some(export(heap, &Value::Object(id))?)) }
}

fn export<'r>(heap: &mut Heap<'r>, value: &Value<'r>) -> Outcome<Json> {
    heap.step(1)?;
    Ok(match value {
        Value::Null => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Str(s) => Json::String(s.to_text().into_owned()),
        v if crate::number::is_number(v) => {
            let text = heap.text(v)?;
            let text = text.to_text();
            match (text.parse::<i64>(), text.parse::<f64>()) {
                (Ok(i), _) => Json::from(i),
                (Err(_), Ok(f)) if f.is_finite() => Json::from(f),
                _ => Json::String(text.into_owned()),
            }
        }
        Value::Object(id) if heap.is_map(value) => {
            let id = *id;
            let keys = heap.ordered_keys(id)?;
            heap.deeper(|h| {
                let mut map = Map::new();
                for key in keys {
                    let (k, v) = h.entry_of(id, &key);
                    let k = h.text(&k)?;
                    let v = export(h, &v)?;
                    map.insert(k.to_text().into_owned(), v);
                }
                Ok(Json::Object(map))
            })?
        }
        Value::Object(id) if heap.is_list(value) => {
            let items = heap.items(*id)?;
            heap.deeper(|h| Ok(Json::Array(items.iter().map(|v| export(h, v)).collect::<Outcome<_>>()?)))?
        }
        other => Json::String(heap.text(other)?.to_text().into_owned()),
    })
}
