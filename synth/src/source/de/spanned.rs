//! A value that remembers where it stood.

use serde::de::value::U64Deserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IntoDeserializer, SeqAccess, Visitor};

use super::{Error, NodeDeserializer};
use crate::source::{Node, Span};

/// By this name the deserializer recognises [`Spanned`]; no structure of a file can have it.
pub(super) const NAME: &str = "$synth::Spanned";

/// A value, and where it stands, for a field that is checked after reading.
///
/// Not for use within internally tagged or untagged enums or beneath `#[serde(flatten)]`: serde drops places there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parts<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Parts<T> {
            type Value = Spanned<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a value with its place")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Self::Value, A::Error> {
                let missing = || serde::de::Error::custom("a value has lost its place");
                let start = parts.next_element()?.ok_or_else(missing)?;
                let end = parts.next_element()?.ok_or_else(missing)?;
                let value = parts.next_element()?.ok_or_else(missing)?;
                Ok(Spanned { value, span: start..end })
            }
        }

        deserializer.deserialize_struct(NAME, &["start", "end", "value"], Parts(std::marker::PhantomData))
    }
}

/// Start, end and value of a node, one after another.
pub(super) struct Parts<'a> {
    node: &'a Node,
    given: usize,
}

impl<'a> Parts<'a> {
    pub(super) fn of(node: &'a Node) -> Self {
        Self { node, given: 0 }
    }
}

impl<'de> SeqAccess<'de> for Parts<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.given += 1;
        let offset = |offset: usize| -> U64Deserializer<Error> { (offset as u64).into_deserializer() };
        match self.given {
            1 => seed.deserialize(offset(self.node.span.start)).map(Some),
            2 => seed.deserialize(offset(self.node.span.end)).map(Some),
            3 => seed.deserialize(NodeDeserializer { node: self.node }).map(Some),
            _ => Ok(None),
        }
    }
}
