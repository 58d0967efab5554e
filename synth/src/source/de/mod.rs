//! Typed structures from a tree, with errors that know their place.
//!
//! `serde` does the work; what this adds is that an error points at the key or the value that is wrong, names the
//! key, and proposes the nearest right spelling.

mod error;
mod spanned;

use std::sync::Arc;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::{Entry, Node, Source, Value};
use crate::report::Diagnostic;
use error::Error;
pub use spanned::Spanned;

/// Reads a typed structure from a tree.
///
/// Within an internally tagged or an untagged enum, or beneath `#[serde(flatten)]`, serde keeps values aside without
/// their places: an error in there points at the key where that can be told, else at the whole object.
///
/// # Errors
///
/// The first thing that does not fit the type, with its place.
pub fn from_node<T: DeserializeOwned>(source: &Arc<Source>, node: &Node) -> Result<T, Diagnostic> {
    T::deserialize(NodeDeserializer { node }).map_err(|error| error.into_diagnostic(source, node))
}

#[derive(Clone, Copy)]
struct NodeDeserializer<'a> {
    node: &'a Node,
}

impl NodeDeserializer<'_> {
    /// Adds the place to an error that has none yet.
    fn located<T>(self, result: Result<T, Error>) -> Result<T, Error> {
        result.map_err(|error| error.within(self.node))
    }
}

impl<'de> Deserializer<'de> for NodeDeserializer<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.located(match &self.node.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => {
                if let Some(number) = number.as_u64() {
                    visitor.visit_u64(number)
                } else if let Some(number) = number.as_i64() {
                    visitor.visit_i64(number)
                } else {
                    visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN))
                }
            }
            Value::String(text) => visitor.visit_str(text),
            Value::Sequence(items) => visitor.visit_seq(Items { items: items.iter() }),
            Value::Mapping(entries) => visitor.visit_map(Entries { entries: entries.iter(), next: None }),
        })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.located(visitor.visit_newtype_struct(self))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == spanned::NAME {
            return visitor.visit_seq(spanned::Parts::of(self.node));
        }
        // serde would take a list for the fields in their order, which nobody means.
        if self.node.as_mapping().is_none() {
            return Err(Error::no_object(self.node));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.located(match &self.node.value {
            Value::String(text) => visitor.visit_enum(Variant {
                key: KeyDeserializer { key: text, span: &self.node.span },
                node: self.node,
                content: None,
            }),
            Value::Mapping(entries) if entries.len() == 1 => visitor.visit_enum(Variant {
                key: KeyDeserializer { key: &entries[0].key, span: &entries[0].key_span },
                node: self.node,
                content: Some(&entries[0].value),
            }),
            _ => Err(Error::wrong_variant(self.node, variants)),
        })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map identifier
    }
}

impl<'de> IntoDeserializer<'de, Error> for NodeDeserializer<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

struct Items<'a> {
    items: std::slice::Iter<'a, Node>,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.items
            .next()
            .map(|node| {
                // As for keys: a type that refuses a value after reading it does not know where it stood.
                let result = seed.deserialize(NodeDeserializer { node });
                result.map_err(|error| error.within(node))
            })
            .transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Entries<'a> {
    entries: std::slice::Iter<'a, Entry>,
    next: Option<&'a Entry>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        self.next = self.entries.next();
        self.next
            .map(|entry| {
                let key = KeyDeserializer { key: &entry.key, span: &entry.key_span };
                // A type that refuses the key after reading it does not know where it stood.
                let result = seed.deserialize(key);
                result.map_err(|error| error.at(entry.key_span.clone()))
            })
            .transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let Some(entry) = self.next.take() else {
            return Err(serde::de::Error::custom("a value was asked for before its key"));
        };
        let result = seed.deserialize(NodeDeserializer { node: &entry.value });
        result.map_err(|error| error.within(&entry.value).about(entry))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// A key, or the name of a variant.
#[derive(Clone, Copy)]
struct KeyDeserializer<'a> {
    key: &'a str,
    span: &'a super::Span,
}

impl KeyDeserializer<'_> {
    fn located<T>(self, result: Result<T, Error>) -> Result<T, Error> {
        result.map_err(|error| error.at(self.span.clone()))
    }
}

/// Keys are text in the tree; a map with numbers as keys gets them from that text.
macro_rules! parsed_key {
    ($($method:ident $visit:ident $kind:ty, $wanted:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.located(match self.key.parse::<$kind>() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(serde::de::Error::invalid_value(Unexpected::Str(self.key), &$wanted)),
            })
        }
    )*};
}

impl<'de> Deserializer<'de> for KeyDeserializer<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.located(visitor.visit_str(self.key))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let key: StrDeserializer<'_, Error> = self.key.into_deserializer();
        self.located(key.deserialize_enum(name, variants, visitor))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.located(visitor.visit_newtype_struct(self))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.located(visitor.visit_some(self))
    }

    parsed_key! {
        deserialize_u8 visit_u8 u8, "u8";
        deserialize_u16 visit_u16 u16, "u16";
        deserialize_u32 visit_u32 u32, "u32";
        deserialize_u64 visit_u64 u64, "u64";
        deserialize_i8 visit_i8 i8, "i8";
        deserialize_i16 visit_i16 i16, "i16";
        deserialize_i32 visit_i32 i32, "i32";
        deserialize_i64 visit_i64 i64, "i64";
        deserialize_bool visit_bool bool, "a boolean";
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

/// An enum's variant: a text alone, or the one key of an object with what belongs to it.
struct Variant<'a> {
    key: KeyDeserializer<'a>,
    node: &'a Node,
    content: Option<&'a Node>,
}

impl Variant<'_> {
    fn content(&self) -> Result<NodeDeserializer<'_>, Error> {
        self.content
            .map(|node| NodeDeserializer { node })
            .ok_or_else(|| Error::without_content(self.key.key, self.node))
    }
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        Ok((seed.deserialize(self.key)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.content {
            None => Ok(()),
            Some(node) if node.is_null() => Ok(()),
            Some(node) => Err(Error::with_content(self.key.key, node)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.content()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Error> {
        self.content()?.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.content()?.deserialize_any(visitor)
    }
}
