//! Reads JSON, and notices what `serde_json` lets pass: a name that occurs twice in an object, of which readers keep
//! the first or the last as they please.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A JSON text, and the paths of the fields that occur more than once.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) value: Value,
    pub(crate) twice: BTreeSet<String>,
}

/// Where a text is no JSON; with no word of what stands there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotJson {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// Reads the one value that the bytes are. Refused are, besides what RFC 8259 refuses, a text that is not UTF-8, a
/// surrogate without its other half, a number that no double can hold, and more than 127 levels.
pub(crate) fn parse(bytes: &[u8]) -> Result<Parsed, NotJson> {
    let mut twice = BTreeSet::new();
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Node { path: Some(""), twice: &mut twice }.deserialize(&mut reader);
    let value = value.and_then(|value| reader.end().map(|()| value));
    match value {
        Ok(value) => Ok(Parsed { value, twice }),
        Err(fout) => Err(NotJson { line: fout.line(), column: fout.column() }),
    }
}

/// The path of a field within another.
pub(crate) fn path(parent: &str, name: impl fmt::Display) -> String {
    if parent.is_empty() { name.to_string() } else { format!("{parent}.{name}") }
}

/// No field that the specification names lies deeper, has a longer name, or one that is empty or holds a dot. Where that
/// is so no path is made: it would cost a hostile client nothing and us the square of what it sends, and with a dot in a
/// name it could be taken for that of another field.
const DEEPEST: usize = 5;
const LONGEST: usize = 64;

struct Node<'a> {
    /// Where this value stands; none where it can be nothing that the specification names.
    path: Option<&'a str>,
    twice: &'a mut BTreeSet<String>,
}

impl Node<'_> {
    fn within(&self, name: &str) -> Option<String> {
        let parent = self.path?;
        let depth = if parent.is_empty() { 0 } else { parent.split('.').count() };
        let nameable = depth < DEEPEST && (1..=LONGEST).contains(&name.len()) && !name.contains('.');
        nameable.then(|| path(parent, name))
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        loop {
            let path = self.within(&values.len().to_string());
            match elements.next_element_seed(Node { path: path.as_deref(), twice: self.twice })? {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let path = self.within(&name);
            let value = fields.next_value_seed(Node { path: path.as_deref(), twice: self.twice })?;
            if values.insert(name, value).is_some() {
                self.twice.extend(path);
            }
        }
        Ok(Value::Object(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn r71_a_name_that_occurs_twice_is_found() {
        let parsed = parse(br#"{"a":1,"a":2,"a":3,"b":[{},{"c":{"d":1,"d":1}}]}"#).unwrap();
        assert_eq!(Vec::from_iter(parsed.twice), ["a", "b.1.c.d"]);
    }

    #[test]
    fn r14_a_name_that_nobody_named_is_not_taken_for_another_field() {
        for text in [r#"{"":{"a":1,"a":1}}"#, r#"{"a.b":1,"a.b":1}"#, r#"{"a.b":{"c":1,"c":1}}"#] {
            assert!(parse(text.as_bytes()).unwrap().twice.is_empty(), "{text}");
        }
    }

    #[test]
    fn a_long_name_around_many_values_costs_no_more_than_its_length() {
        let text = format!(r#"{{"{}":[{}1]}}"#, "a".repeat(1_000_000), "1,".repeat(1_000_000));
        assert!(parse(text.as_bytes()).unwrap().twice.is_empty());
    }

    #[test]
    fn r71_what_is_no_json_is_refused_by_its_place() {
        let deep = "[".repeat(100_000);
        for fout in [
            "",
            " ",
            "{",
            "{\"a\":}",
            "{\"a\":1} x",
            "{'a':1}",
            "[1,]",
            "\"\\ud800\"",
            "\"\\ud800\\u0041\"",
            "\"\\udc00\"",
            "\"\u{0}\"",
            "\"\n\"",
            "1e999",
            "NaN",
            "\u{feff}{}",
            deep.as_str(),
        ] {
            assert!(parse(fout.as_bytes()).is_err(), "{:?}", fout.get(..20).unwrap_or(fout));
        }
        assert!(parse(b"\"\xff\"").is_err());
        assert!(parse(b"\"\xed\xa0\x80\"").is_err());
        assert_eq!(parse(b"{\n \"a\": x}").unwrap_err(), NotJson { line: 2, column: 7 });
    }

    proptest! {
        #[test]
        fn any_json_is_read_as_serde_json_reads_it(text in "[\\[\\]{},:\"a0-9. \\\\u-]{0,40}") {
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                prop_assert_eq!(parse(text.as_bytes()).unwrap().value, value);
            } else {
                prop_assert!(parse(text.as_bytes()).is_err());
            }
        }
    }
}
