//! Java's objects, as far as a template can get hold of them.
//!
//! Lists and maps live in a [`Heap`] and values refer to them by number: two variables can share a list, a list can
//! contain itself, and all of it goes at once when the rendering ends.

mod entries;
mod equality;
mod heap;
mod maps;
mod members;
mod store;
mod text;
mod walk;

pub(crate) use entries::Entries;
pub(crate) use heap::Heap;
pub(crate) use members::{Chain, MapView, Member};
pub(crate) use store::Store;

use num_bigint::BigInt;

use crate::ast::{Definition, LoopProperty};
use crate::error::ErrorKind;
use crate::number::Decimal;
use crate::string::JStr;

pub(crate) type ObjectId = u32;

/// A value is copied freely: what it points at stays until the rendering ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'r> {
    Null,
    Bool(bool),
    Byte(i8),
    Short(i16),
    Int(i32),
    Long(i64),
    Float(f32),
    Double(f64),
    BigInt(&'r BigInt),
    BigDec(&'r Decimal),
    Char(u16),
    Str(JStr<'r>),
    Object(ObjectId),
    /// `$input` and `$util`, unless the template sets variables of that name.
    Input,
    Util,
    Class(Class),
}

impl<'r> Value<'r> {
    pub(crate) fn str(s: &'r str) -> Value<'r> {
        Value::Str(JStr::from(s))
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }
}

/// Which Java class a value has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

/// What a map holds its entries under. Java's numbers of different types are different keys. The order of keys means
/// nothing to Java; by it, what has no order of its own is equal in whatever order it was made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Key<'r> {
    Null,
    Bool(bool),
    Byte(i8),
    Short(i16),
    Int(i32),
    Long(i64),
    Float(u32),
    Double(u64),
    BigInt(&'r BigInt),
    BigDec(&'r Decimal),
    Char(u16),
    Str(JStr<'r>),
    List(Vec<Key<'r>>),
    /// Keys and values, sorted.
    Map(Vec<(Key<'r>, Key<'r>)>),
    /// What `keySet` and `entrySet` give, sorted.
    Set(Vec<Key<'r>>),
    Entry(Box<(Key<'r>, Key<'r>)>),
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

/// A map that a template made or changed, or one with so many entries that they need an index.
#[derive(Debug)]
pub(crate) struct JMap<'r> {
    pub(crate) kind: MapKind,
    pub(crate) entries: Box<Entries<'r>>,
    pub(crate) changes: u32,
}

#[derive(Debug)]
pub(crate) enum Cursor<'r> {
    List { list: ObjectId, next: usize, changes: u32 },
    Map { map: ObjectId, keys: Vec<Key<'r>>, next: usize, changes: u32, kind: ViewKind },
}

#[derive(Debug)]
pub(crate) struct Scope<'r> {
    pub(crate) owner: usize,
    pub(crate) parent: Option<ObjectId>,
    pub(crate) replaced: Value<'r>,
    pub(crate) index: i32,
    pub(crate) has_next: bool,
    pub(crate) storage: ObjectId,
}

impl<'r> Scope<'r> {
    pub(crate) fn property(&self, property: LoopProperty) -> Value<'r> {
        match property {
            LoopProperty::Index => Value::Int(self.index),
            LoopProperty::Count => Value::Int(self.index + 1),
            LoopProperty::HasNext => Value::Bool(self.has_next),
            LoopProperty::First => Value::Bool(self.index < 1),
            LoopProperty::Last => Value::Bool(!self.has_next),
        }
    }
}

/// Nearly all objects are maps and lists: what is larger is boxed, so that these stay small.
#[derive(Debug)]
pub(crate) enum Object<'r> {
    List {
        kind: ListKind,
        items: Vec<Value<'r>>,
        changes: u32,
    },
    SubList {
        list: ObjectId,
        /// What it is a stretch of, where that is one itself.
        parent: Option<ObjectId>,
        from: u32,
        len: u32,
        changes: u32,
    },
    /// A map as it was read from JSON, which takes no memory of its own; also an empty one of a template.
    Read(Chain),
    Map(JMap<'r>),
    View {
        kind: ViewKind,
        map: ObjectId,
    },
    Entry {
        map: ObjectId,
        key: Box<Key<'r>>,
    },
    Iterator(Box<Cursor<'r>>),
    Scope(Box<Scope<'r>>),
    Block {
        definition: &'r Definition,
        depth: u32,
    },
}

/// An error is boxed, so that the results of what rarely fails stay small.
pub(crate) type Outcome<T> = Result<T, Box<ErrorKind>>;

/// Why an object's text could not be made.
pub(crate) fn unsupported<T>(what: impl Into<String>) -> Outcome<T> {
    Err(ErrorKind::Unsupported(what.into()).into())
}

pub(crate) fn exception<T>(what: impl Into<String>) -> Outcome<T> {
    Err(ErrorKind::Exception(what.into()).into())
}
