//! Java's objects, as far as a template can get hold of them.
//!
//! Lists and maps live in a [`Heap`] and values refer to them by number: two variables can share a list, a list can
//! contain itself, and all of it goes at once when the rendering ends.

use std::sync::Arc;

use indexmap::IndexMap;
use num_bigint::BigInt;

use crate::ast::Definition;
use crate::error::ErrorKind;
use crate::limits::Limits;
use crate::number::{self, Decimal};
use crate::string::{JStr, Out};

pub(crate) type ObjectId = u32;

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Byte(i8),
    Short(i16),
    Int(i32),
    Long(i64),
    Float(f32),
    Double(f64),
    BigInt(Arc<BigInt>),
    BigDec(Arc<Decimal>),
    Char(u16),
    Str(JStr),
    Object(ObjectId),
    /// `$input` and `$util`, unless the template sets variables of that name.
    Input,
    Util,
    Class(Class),
}

impl Value {
    pub(crate) fn str(s: &str) -> Value {
        Value::Str(JStr::from(s))
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }
}

/// Which Java class a value has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    Boolean,
    Byte,
    Short,
    Integer,
    Long,
    Float,
    Double,
    BigInteger,
    BigDecimal,
    Character,
    String,
    ArrayList,
    JsonArray,
    SubList,
    ObjectArray,
    StringArray,
    CharArray,
    ByteArray,
    LinkedHashMap,
    JsonObject,
    KeySet,
    Values,
    EntrySet,
    Entry,
    Iterator,
    Foreach,
    Block,
    Input,
    Util,
    /// `java.lang.Class` itself.
    Meta,
}

impl Class {
    /// Java's name; `None` where the name says more about an implementation than about the class.
    pub(crate) fn java_name(self) -> Option<&'static str> {
        Some(match self {
            Class::Boolean => "java.lang.Boolean",
            Class::Byte => "java.lang.Byte",
            Class::Short => "java.lang.Short",
            Class::Integer => "java.lang.Integer",
            Class::Long => "java.lang.Long",
            Class::Float => "java.lang.Float",
            Class::Double => "java.lang.Double",
            Class::BigInteger => "java.math.BigInteger",
            Class::BigDecimal => "java.math.BigDecimal",
            Class::Character => "java.lang.Character",
            Class::String => "java.lang.String",
            Class::ArrayList => "java.util.ArrayList",
            Class::JsonArray => "net.minidev.json.JSONArray",
            Class::LinkedHashMap => "java.util.LinkedHashMap",
            Class::JsonObject => "net.minidev.json.JSONObject",
            _ => return None,
        })
    }
}

/// What a map holds its entries under. Java's numbers of different types are different keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Null,
    Bool(bool),
    Byte(i8),
    Short(i16),
    Int(i32),
    Long(i64),
    Float(u32),
    Double(u64),
    BigInt(Arc<BigInt>),
    BigDec(Arc<Decimal>),
    Char(u16),
    Str(JStr),
    List(Vec<Key>),
    /// Anything else is only equal to itself.
    Object(ObjectId),
    Other(Class),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListKind {
    ArrayList,
    JsonArray,
    ObjectArray,
    StringArray,
    CharArray,
    ByteArray,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MapKind {
    /// Keeps its entries in the order in which they were put.
    Linked,
    /// Keeps them in the order of their hash codes.
    JsonObject,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ViewKind {
    Keys,
    Values,
    Entries,
}

#[derive(Debug)]
pub(crate) struct JMap {
    pub(crate) kind: MapKind,
    pub(crate) entries: IndexMap<Key, (Value, Value)>,
    pub(crate) changes: u32,
    /// The hash table's size, which only grows.
    pub(crate) capacity: usize,
}

#[derive(Debug)]
pub(crate) enum Cursor {
    List {
        list: ObjectId,
        next: usize,
        changes: u32,
    },
    Map {
        map: ObjectId,
        keys: Vec<Key>,
        next: usize,
        changes: u32,
        kind: ViewKind,
    },
}

#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) owner: usize,
    pub(crate) parent: Option<ObjectId>,
    pub(crate) replaced: Value,
    pub(crate) index: i32,
    pub(crate) has_next: bool,
    pub(crate) storage: ObjectId,
}

#[derive(Debug)]
pub(crate) enum Object {
    List {
        kind: ListKind,
        items: Vec<Value>,
        changes: u32,
    },
    SubList {
        list: ObjectId,
        from: usize,
        len: usize,
        changes: u32,
    },
    Map(JMap),
    View {
        kind: ViewKind,
        map: ObjectId,
    },
    Entry {
        map: ObjectId,
        key: Key,
        detached: Option<(Value, Value)>,
    },
    Iterator(Cursor),
    Scope(Scope),
    Block {
        definition: Arc<Definition>,
        depth: u32,
    },
}

pub(crate) type Outcome<T> = Result<T, ErrorKind>;

/// Why an object's text could not be made.
pub(crate) fn unsupported<T>(what: impl Into<String>) -> Outcome<T> {
    Err(ErrorKind::Unsupported(what.into()))
}

pub(crate) fn exception<T>(what: impl Into<String>) -> Outcome<T> {
    Err(ErrorKind::Exception(what.into()))
}

/// All objects of one rendering, and what it may still use.
pub(crate) struct Heap<'a> {
    objects: Vec<Object>,
    pub(crate) limits: &'a Limits,
    steps: usize,
    memory: usize,
    depth: usize,
}

impl<'a> Heap<'a> {
    pub(crate) fn new(limits: &'a Limits) -> Self {
        Heap {
            objects: Vec::new(),
            limits,
            steps: limits.steps,
            memory: limits.memory_bytes,
            depth: 0,
        }
    }

    /// Counts work; an error once the limit is used up.
    pub(crate) fn step(&mut self, count: usize) -> Outcome<()> {
        match self.steps.checked_sub(count) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => Err(ErrorKind::Limit(format!(
                "the rendering takes more than {} steps",
                self.limits.steps
            ))),
        }
    }

    /// Counts memory.
    pub(crate) fn charge(&mut self, bytes: usize) -> Outcome<()> {
        match self.memory.checked_sub(bytes) {
            Some(left) => {
                self.memory = left;
                Ok(())
            }
            None => {
                let limit = self.limits.memory_bytes;
                Err(ErrorKind::Limit(format!(
                    "the rendering makes more than {limit} bytes of values"
                )))
            }
        }
    }

    pub(crate) fn enter(&mut self) -> Outcome<()> {
        if self.depth >= self.limits.value_depth {
            return Err(ErrorKind::Limit(format!(
                "values are nested more than {} deep",
                self.limits.value_depth
            )));
        }
        self.depth += 1;
        Ok(())
    }

    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    pub(crate) fn deeper<T>(&mut self, f: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        self.enter()?;
        let result = f(self);
        self.leave();
        result
    }

    pub(crate) fn add(&mut self, object: Object) -> Outcome<Value> {
        self.charge(96)?;
        let id = ObjectId::try_from(self.objects.len())
            .map_err(|_| ErrorKind::Limit("too many objects".to_owned()))?;
        self.objects.push(object);
        Ok(Value::Object(id))
    }

    pub(crate) fn get(&self, id: ObjectId) -> &Object {
        &self.objects[id as usize]
    }

    pub(crate) fn get_mut(&mut self, id: ObjectId) -> &mut Object {
        &mut self.objects[id as usize]
    }

    pub(crate) fn list(&mut self, kind: ListKind, items: Vec<Value>) -> Outcome<Value> {
        self.charge(items.len() * 32)?;
        self.add(Object::List {
            kind,
            items,
            changes: 0,
        })
    }

    pub(crate) fn new_map(&mut self, kind: MapKind) -> Outcome<ObjectId> {
        let map = JMap {
            kind,
            entries: IndexMap::new(),
            changes: 0,
            capacity: 16,
        };
        match self.add(Object::Map(map))? {
            Value::Object(id) => Ok(id),
            _ => unsupported("a map that is no object"),
        }
    }

    pub(crate) fn string(&mut self, s: JStr) -> Outcome<Value> {
        self.charge(s.bytes())?;
        Ok(Value::Str(s))
    }

    pub(crate) fn class(&self, value: &Value) -> Option<Class> {
        Some(match value {
            Value::Null => return None,
            Value::Bool(_) => Class::Boolean,
            Value::Byte(_) => Class::Byte,
            Value::Short(_) => Class::Short,
            Value::Int(_) => Class::Integer,
            Value::Long(_) => Class::Long,
            Value::Float(_) => Class::Float,
            Value::Double(_) => Class::Double,
            Value::BigInt(_) => Class::BigInteger,
            Value::BigDec(_) => Class::BigDecimal,
            Value::Char(_) => Class::Character,
            Value::Str(_) => Class::String,
            Value::Input => Class::Input,
            Value::Util => Class::Util,
            Value::Class(_) => Class::Meta,
            Value::Object(id) => match self.get(*id) {
                Object::List { kind, .. } => match kind {
                    ListKind::ArrayList => Class::ArrayList,
                    ListKind::JsonArray => Class::JsonArray,
                    ListKind::ObjectArray => Class::ObjectArray,
                    ListKind::StringArray => Class::StringArray,
                    ListKind::CharArray => Class::CharArray,
                    ListKind::ByteArray => Class::ByteArray,
                },
                Object::SubList { .. } => Class::SubList,
                Object::Map(map) => match map.kind {
                    MapKind::Linked => Class::LinkedHashMap,
                    MapKind::JsonObject => Class::JsonObject,
                },
                Object::View { kind, .. } => match kind {
                    ViewKind::Keys => Class::KeySet,
                    ViewKind::Values => Class::Values,
                    ViewKind::Entries => Class::EntrySet,
                },
                Object::Entry { .. } => Class::Entry,
                Object::Iterator(_) => Class::Iterator,
                Object::Scope(_) => Class::Foreach,
                Object::Block { .. } => Class::Block,
            },
        })
    }

    pub(crate) fn map(&self, id: ObjectId) -> Option<&JMap> {
        match self.get(id) {
            Object::Map(map) => Some(map),
            Object::Scope(scope) => match self.get(scope.storage) {
                Object::Map(map) => Some(map),
                _ => None,
            },
            _ => None,
        }
    }

    fn map_mut(&mut self, id: ObjectId) -> Option<&mut JMap> {
        let id = match self.get(id) {
            Object::Scope(scope) => scope.storage,
            _ => id,
        };
        match self.get_mut(id) {
            Object::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The key under which a map holds a value.
    pub(crate) fn key(&mut self, value: &Value) -> Outcome<Key> {
        self.step(1)?;
        Ok(match value {
            Value::Null => Key::Null,
            Value::Bool(v) => Key::Bool(*v),
            Value::Byte(v) => Key::Byte(*v),
            Value::Short(v) => Key::Short(*v),
            Value::Int(v) => Key::Int(*v),
            Value::Long(v) => Key::Long(*v),
            Value::Float(v) => Key::Float(number::float_bits(*v)),
            Value::Double(v) => Key::Double(number::double_bits(*v)),
            Value::BigInt(v) => Key::BigInt(Arc::clone(v)),
            Value::BigDec(v) => Key::BigDec(Arc::clone(v)),
            Value::Char(v) => Key::Char(*v),
            Value::Str(v) => Key::Str(v.clone()),
            Value::Input => Key::Other(Class::Input),
            Value::Util => Key::Other(Class::Util),
            Value::Class(c) => Key::Other(*c),
            Value::Object(id) => match self.get(*id) {
                Object::List {
                    kind: ListKind::ArrayList | ListKind::JsonArray,
                    ..
                }
                | Object::SubList { .. } => {
                    let items = self.items(*id)?;
                    self.deeper(|h| {
                        Ok(Key::List(
                            items.iter().map(|v| h.key(v)).collect::<Outcome<_>>()?,
                        ))
                    })?
                }
                _ => Key::Object(*id),
            },
        })
    }

    pub(crate) fn map_get(&mut self, id: ObjectId, key: &Value) -> Outcome<Value> {
        let key = self.key(key)?;
        let mut id = id;
        loop {
            if let Some((_, value)) = self.map(id).and_then(|m| m.entries.get(&key)) {
                return Ok(value.clone());
            }
            // A loop's scope asks the scope of the loop around it.
            match self.get(id) {
                Object::Scope(Scope {
                    parent: Some(parent),
                    ..
                }) => id = *parent,
                _ => return Ok(Value::Null),
            }
        }
    }

    pub(crate) fn map_put(&mut self, id: ObjectId, key: Value, value: Value) -> Outcome<Value> {
        let hashed = self.key(&key)?;
        self.charge(96)?;
        let Some(map) = self.map_mut(id) else {
            return unsupported("putting into this map");
        };
        if let Some((_, old)) = map.entries.get_mut(&hashed) {
            return Ok(std::mem::replace(old, value));
        }
        map.entries.insert(hashed, (key, value));
        map.changes += 1;
        while map.entries.len() * 4 > map.capacity * 3 {
            map.capacity *= 2;
        }
        Ok(Value::Null)
    }

    pub(crate) fn map_remove(&mut self, id: ObjectId, key: &Key) -> Outcome<Option<Value>> {
        let len = self.map(id).map_or(0, |m| m.entries.len());
        self.step(len / 8)?;
        let Some(map) = self.map_mut(id) else {
            return unsupported("removing from this map");
        };
        let removed = map.entries.shift_remove(key);
        if removed.is_some() {
            map.changes += 1;
        }
        Ok(removed.map(|(_, v)| v))
    }

    pub(crate) fn map_clear(&mut self, id: ObjectId) {
        if let Some(map) = self.map_mut(id) {
            map.entries.clear();
            map.changes += 1;
        }
    }

    /// Keys in the order in which Java's iterator gives them.
    pub(crate) fn ordered_keys(&mut self, id: ObjectId) -> Outcome<Vec<Key>> {
        let Some(map) = self.map(id) else {
            return Ok(Vec::new());
        };
        let len = map.entries.len();
        if map.kind == MapKind::Linked {
            let keys = map.entries.keys().cloned().collect();
            self.step(len)?;
            return Ok(keys);
        }
        let capacity = map.capacity;
        let pairs: Vec<(Key, Value)> = map
            .entries
            .iter()
            .map(|(k, (v, _))| (k.clone(), v.clone()))
            .collect();
        self.step(len)?;
        let mut ordered = Vec::with_capacity(len);
        for (key, value) in pairs {
            let hash = self.hash_code(&value)? as u32;
            ordered.push((((hash ^ (hash >> 16)) as usize) & (capacity - 1), key));
        }
        ordered.sort_by_key(|(bucket, _)| *bucket);
        Ok(ordered.into_iter().map(|(_, key)| key).collect())
    }

    pub(crate) fn entry_of(&self, id: ObjectId, key: &Key) -> (Value, Value) {
        self.map(id)
            .and_then(|m| m.entries.get(key))
            .cloned()
            .unwrap_or((Value::Null, Value::Null))
    }

    /// The elements of anything that has elements.
    pub(crate) fn items(&mut self, id: ObjectId) -> Outcome<Vec<Value>> {
        match self.get(id) {
            Object::List { items, .. } => {
                let items = items.clone();
                self.step(items.len())?;
                Ok(items)
            }
            Object::SubList {
                list,
                from,
                len,
                changes,
            } => {
                let (list, from, len, expected) = (*list, *from, *len, *changes);
                self.step(len)?;
                match self.get(list) {
                    Object::List { items, changes, .. } if *changes == expected => {
                        Ok(items[from..from + len].to_vec())
                    }
                    _ => exception("java.util.ConcurrentModificationException"),
                }
            }
            Object::View { kind, map } => {
                let (kind, map) = (*kind, *map);
                let mut items = Vec::new();
                for key in self.ordered_keys(map)? {
                    items.push(self.view_item(kind, map, &key)?);
                }
                Ok(items)
            }
            _ => unsupported("taking the elements of this object"),
        }
    }

    pub(crate) fn view_item(&mut self, kind: ViewKind, map: ObjectId, key: &Key) -> Outcome<Value> {
        let (k, v) = self.entry_of(map, key);
        match kind {
            ViewKind::Keys => Ok(k),
            ViewKind::Values => Ok(v),
            ViewKind::Entries => self.add(Object::Entry {
                map,
                key: key.clone(),
                detached: None,
            }),
        }
    }

    pub(crate) fn entry_parts(&self, id: ObjectId) -> (Value, Value) {
        match self.get(id) {
            Object::Entry {
                detached: Some(parts),
                ..
            } => parts.clone(),
            Object::Entry { map, key, .. } => self.entry_of(*map, key),
            _ => (Value::Null, Value::Null),
        }
    }

    pub(crate) fn is_list(&self, value: &Value) -> bool {
        matches!(
            self.class(value),
            Some(Class::ArrayList | Class::JsonArray | Class::SubList)
        )
    }

    pub(crate) fn is_collection(&self, value: &Value) -> bool {
        self.is_list(value)
            || matches!(
                self.class(value),
                Some(Class::KeySet | Class::Values | Class::EntrySet)
            )
    }

    pub(crate) fn is_map(&self, value: &Value) -> bool {
        matches!(
            self.class(value),
            Some(Class::LinkedHashMap | Class::JsonObject | Class::Foreach)
        )
    }

    /// Java's `equals`.
    pub(crate) fn equals(&mut self, a: &Value, b: &Value) -> Outcome<bool> {
        self.step(1)?;
        Ok(match (a, b) {
            (Value::Object(x), Value::Object(y)) if x == y => true,
            (Value::Object(x), Value::Object(y)) => {
                let (x, y) = (*x, *y);
                if self.is_list(a) && self.is_list(b) {
                    let (p, q) = (self.items(x)?, self.items(y)?);
                    if p.len() != q.len() {
                        return Ok(false);
                    }
                    return self.deeper(|h| {
                        for (m, n) in p.iter().zip(&q) {
                            if !h.equals(m, n)? {
                                return Ok(false);
                            }
                        }
                        Ok(true)
                    });
                }
                if self.is_map(a) && self.is_map(b) {
                    let keys = self.ordered_keys(x)?;
                    if self.map(y).map_or(0, |m| m.entries.len()) != keys.len() {
                        return Ok(false);
                    }
                    return self.deeper(|h| {
                        for key in keys {
                            let (_, m) = h.entry_of(x, &key);
                            let Some((_, n)) =
                                h.map(y).and_then(|map| map.entries.get(&key)).cloned()
                            else {
                                return Ok(false);
                            };
                            if !h.equals(&m, &n)? {
                                return Ok(false);
                            }
                        }
                        Ok(true)
                    });
                }
                match (self.class(a), self.class(b)) {
                    (Some(Class::Entry), Some(Class::Entry)) => {
                        let ((k, v), (l, w)) = (self.entry_parts(x), self.entry_parts(y));
                        self.deeper(|h| Ok(h.equals(&k, &l)? && h.equals(&v, &w)?))?
                    }
                    (
                        Some(Class::KeySet | Class::EntrySet),
                        Some(Class::KeySet | Class::EntrySet),
                    ) => {
                        let (p, q) = (self.items(x)?, self.items(y)?);
                        if p.len() != q.len() {
                            return Ok(false);
                        }
                        for m in &p {
                            if !self.contains(&q, m)? {
                                return Ok(false);
                            }
                        }
                        true
                    }
                    _ => false,
                }
            }
            (Value::Object(_), _) | (_, Value::Object(_)) => false,
            (Value::Null, Value::Null) => true,
            _ => self.key(a)? == self.key(b)?,
        })
    }

    pub(crate) fn contains(&mut self, items: &[Value], value: &Value) -> Outcome<bool> {
        Ok(self.position(items, value)?.is_some())
    }

    pub(crate) fn position(&mut self, items: &[Value], value: &Value) -> Outcome<Option<usize>> {
        for (i, item) in items.iter().enumerate() {
            if self.equals(value, item)? {
                return Ok(Some(i));
            }
        }
        Ok(None)
    }

    /// Java's `hashCode`.
    pub(crate) fn hash_code(&mut self, value: &Value) -> Outcome<i32> {
        self.step(1)?;
        Ok(match value {
            Value::Null => 0,
            Value::Bool(b) => {
                if *b {
                    1231
                } else {
                    1237
                }
            }
            Value::Char(c) => i32::from(*c),
            Value::Str(s) => s.hash_code(),
            v if number::is_number(v) => number::hash_code(v),
            Value::Object(id) => {
                let id = *id;
                if self.is_list(value) {
                    let items = self.items(id)?;
                    return self.deeper(|h| {
                        items.iter().try_fold(1i32, |hash, v| {
                            Ok(hash.wrapping_mul(31).wrapping_add(h.hash_code(v)?))
                        })
                    });
                }
                if self.is_map(value) {
                    let keys = self.ordered_keys(id)?;
                    return self.deeper(|h| {
                        keys.iter().try_fold(0i32, |sum, key| {
                            let (k, v) = h.entry_of(id, key);
                            Ok(sum.wrapping_add(h.hash_code(&k)? ^ h.hash_code(&v)?))
                        })
                    });
                }
                match self.class(value) {
                    Some(Class::KeySet | Class::EntrySet) => {
                        let items = self.items(id)?;
                        self.deeper(|h| {
                            items
                                .iter()
                                .try_fold(0i32, |sum, v| Ok(sum.wrapping_add(h.hash_code(v)?)))
                        })?
                    }
                    Some(Class::Entry) => {
                        let (k, v) = self.entry_parts(id);
                        self.deeper(|h| Ok(h.hash_code(&k)? ^ h.hash_code(&v)?))?
                    }
                    _ => {
                        return unsupported(
                            "the hash code of this object, which differs from run to run,",
                        );
                    }
                }
            }
            _ => {
                return unsupported("the hash code of this object, which differs from run to run,");
            }
        })
    }

    /// Java's `toString`. Blocks are rendered by the interpreter before they come here.
    pub(crate) fn write(&mut self, value: &Value, out: &mut Out) -> Outcome<()> {
        self.step(1)?;
        match value {
            Value::Null => out.push_str("null"),
            Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Value::Byte(n) => out.display(n),
            Value::Short(n) => out.display(n),
            Value::Int(n) => out.display(n),
            Value::Long(n) => out.display(n),
            Value::Float(n) => out.push_str(&number::float(*n)),
            Value::Double(n) => out.push_str(&number::double(*n)),
            Value::BigInt(n) => out.display(n),
            Value::BigDec(n) => out.display(n),
            Value::Char(c) => out.push_unit(*c),
            Value::Str(s) => out.push(s),
            Value::Input | Value::Util => out.push_str("{}"),
            Value::Class(class) => match class.java_name() {
                Some(name) => {
                    out.push_str("class ");
                    out.push_str(name);
                }
                None => return unsupported("the name of this object's class"),
            },
            Value::Object(id) => self.write_object(*id, out)?,
        }
        if out.len() > self.limits.output_bytes {
            let limit = self.limits.output_bytes;
            return Err(ErrorKind::Limit(format!(
                "a text gets longer than {limit} bytes"
            )));
        }
        Ok(())
    }

    fn write_object(&mut self, id: ObjectId, out: &mut Out) -> Outcome<()> {
        match self.get(id) {
            Object::List {
                kind: ListKind::JsonArray,
                ..
            } => crate::json::write(self, &Value::Object(id), true, out),
            Object::List {
                kind: ListKind::ArrayList,
                ..
            }
            | Object::SubList { .. }
            | Object::View { .. } => {
                let items = self.items(id)?;
                out.push_str("[");
                self.deeper(|h| {
                    for (i, item) in items.iter().enumerate() {
                        if i > 0 {
                            out.push_str(", ");
                        }
                        match item {
                            Value::Object(inner) if *inner == id => {
                                out.push_str("(this Collection)")
                            }
                            _ => h.write(item, out)?,
                        }
                    }
                    Ok(())
                })?;
                out.push_str("]");
                Ok(())
            }
            Object::Map(JMap {
                kind: MapKind::JsonObject,
                ..
            }) => crate::json::write(self, &Value::Object(id), true, out),
            Object::Map(_) | Object::Scope(_) => {
                let keys = self.ordered_keys(id)?;
                out.push_str("{");
                self.deeper(|h| {
                    for (i, key) in keys.iter().enumerate() {
                        if i > 0 {
                            out.push_str(", ");
                        }
                        let (k, v) = h.entry_of(id, key);
                        for (part, separator) in [(k, "="), (v, "")] {
                            match part {
                                Value::Object(inner) if inner == id => out.push_str("(this Map)"),
                                _ => h.write(&part, out)?,
                            }
                            out.push_str(separator);
                        }
                    }
                    Ok(())
                })?;
                out.push_str("}");
                Ok(())
            }
            Object::Entry { .. } => {
                let (k, v) = self.entry_parts(id);
                self.deeper(|h| {
                    h.write(&k, out)?;
                    out.push_str("=");
                    h.write(&v, out)
                })
            }
            Object::Block { .. } => unsupported("a block of `#define` inside a list or map"),
            Object::List { .. } | Object::Iterator(_) => {
                unsupported("the text of an array or an iterator, which differs from run to run,")
            }
        }
    }

    pub(crate) fn text(&mut self, value: &Value) -> Outcome<JStr> {
        if let Value::Str(s) = value {
            return Ok(s.clone());
        }
        let mut out = Out::new();
        self.write(value, &mut out)?;
        self.charge(out.len())?;
        Ok(out.finish())
    }

    /// A cursor over what `#foreach` and `iterator()` can walk; `None` where there is nothing to walk.
    pub(crate) fn cursor(&mut self, value: &Value) -> Outcome<Option<Cursor>> {
        let Value::Object(id) = value else {
            return Ok(None);
        };
        let id = *id;
        Ok(match self.get(id) {
            Object::List { changes, .. } => Some(Cursor::List {
                list: id,
                next: 0,
                changes: *changes,
            }),
            Object::SubList { .. } => {
                let items = self.items(id)?;
                match self.list(ListKind::ArrayList, items)? {
                    Value::Object(copy) => Some(Cursor::List {
                        list: copy,
                        next: 0,
                        changes: 0,
                    }),
                    _ => None,
                }
            }
            Object::View { kind, map } => {
                let (kind, map) = (*kind, *map);
                Some(self.map_cursor(map, kind)?)
            }
            Object::Map(_) => Some(self.map_cursor(id, ViewKind::Values)?),
            Object::Scope(scope) => {
                let storage = scope.storage;
                Some(self.map_cursor(storage, ViewKind::Values)?)
            }
            _ => None,
        })
    }

    fn map_cursor(&mut self, map: ObjectId, kind: ViewKind) -> Outcome<Cursor> {
        let keys = self.ordered_keys(map)?;
        let changes = self.map(map).map_or(0, |m| m.changes);
        Ok(Cursor::Map {
            map,
            keys,
            next: 0,
            changes,
            kind,
        })
    }

    pub(crate) fn has_next(&self, cursor: &Cursor) -> bool {
        match cursor {
            Cursor::List { list, next, .. } => {
                matches!(self.get(*list), Object::List { items, .. } if items.len() != *next)
            }
            Cursor::Map { keys, next, .. } => *next < keys.len(),
        }
    }

    pub(crate) fn advance(&mut self, cursor: &mut Cursor) -> Outcome<Value> {
        self.step(1)?;
        const CHANGED: &str =
            "java.util.ConcurrentModificationException: changed while it is walked";
        match cursor {
            Cursor::List {
                list,
                next,
                changes: expected,
            } => match self.get(*list) {
                Object::List { items, changes, .. } if changes == expected => {
                    match items.get(*next) {
                        Some(item) => {
                            *next += 1;
                            Ok(item.clone())
                        }
                        None => exception("java.util.NoSuchElementException"),
                    }
                }
                _ => exception(CHANGED),
            },
            Cursor::Map {
                map,
                keys,
                next,
                changes,
                kind,
            } => {
                if self.map(*map).is_none_or(|m| m.changes != *changes) {
                    return exception(CHANGED);
                }
                let Some(key) = keys.get(*next).cloned() else {
                    return exception("java.util.NoSuchElementException");
                };
                *next += 1;
                self.view_item(*kind, *map, &key)
            }
        }
    }
}
