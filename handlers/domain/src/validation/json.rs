//! Reads JSON as far as a table of fields names it, and notices what `serde_json` lets pass: a name that occurs twice in an
//! object, of which readers keep the first or the last as they please.
//!
//! What nobody named (R14) has to be JSON too, so it is read; but none of it is kept. Values take many times the memory of
//! their text: a few megabytes of `[[[[0]]]]` would be more than a function has.

use std::collections::BTreeSet;
use std::fmt;

use contract::table;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::fields::{Field, Kind};

/// What a JSON text says of the fields that are named, and the paths of those that occur more than once. A list or an
/// object where something else belongs is there, and empty.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) value: Value,
    pub(super) twice: BTreeSet<String>,
}

/// Why a text is not read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotRead {
    /// It is no JSON. Says where, with no word of what stands there.
    NotJson { line: usize, column: usize },
    /// It says more than a row holds.
    TooLarge,
}

/// The most named values that are kept. No two take less than twenty bytes of a row, in which `{"soortGegeven":""},` has
/// two; so this is more than any actie has that can be recorded.
pub(super) const MOST_VALUES: usize = table::MAX_ROW / 8;

/// Reads the one value that the bytes are, which should be an object with these fields. Refused are, besides what RFC 8259
/// refuses, a text that is not UTF-8, a surrogate without its other half, a number that no double can hold, and more than
/// 127 levels.
pub(super) fn parse(bytes: &[u8], fields: &'static [Field]) -> Result<Parsed, NotRead> {
    let mut found = Found { twice: BTreeSet::new(), left: MOST_VALUES };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Node { wanted: Wanted::Object(fields), path: "", found: &mut found }.deserialize(&mut reader);
    let value = value.and_then(|value| reader.end().map(|()| value));
    match value {
        Ok(value) => Ok(Parsed { value, twice: found.twice }),
        Err(_) if found.left == 0 => Err(NotRead::TooLarge),
        Err(fout) => Err(NotRead::NotJson { line: fout.line(), column: fout.column() }),
    }
}

/// The path of a field within another.
pub(super) fn path(parent: &str, name: impl fmt::Display) -> String {
    if parent.is_empty() { name.to_string() } else { format!("{parent}.{name}") }
}

/// What a table of fields says of a value.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    Object(&'static [Field]),
    List(&'static [Field]),
    /// Neither of them.
    Single,
    /// Nothing: nobody named it.
    Nothing,
}

/// What was found on the way.
struct Found {
    twice: BTreeSet<String>,
    /// How many more values may be kept; none is left once there were too many.
    left: usize,
}

impl Found {
    fn keep<E: Error>(&mut self) -> Result<(), E> {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 { Err(E::custom("too many values")) } else { Ok(()) }
    }
}

struct Node<'a> {
    wanted: Wanted,
    /// Where this value stands; empty where it does not matter.
    path: &'a str,
    found: &'a mut Found,
}

impl Node<'_> {
    /// A value that is neither list nor object; whether it is what it should be is for the rules to say.
    fn single(&self, value: impl FnOnce() -> Value) -> Value {
        if matches!(self.wanted, Wanted::Nothing) { Value::Null } else { value() }
    }

    /// A list or an object where something else belongs, with nothing in it.
    fn empty(&self, value: impl Into<Value>) -> Value {
        self.single(|| value.into())
    }

    /// For what stands in a value of which nothing is kept.
    fn within(&mut self) -> Node<'_> {
        Node { wanted: Wanted::Nothing, path: "", found: self.found }
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
        Ok(self.single(|| value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(self.single(|| value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(self.single(|| value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(self.single(|| Number::from_f64(value).map_or(Value::Null, Value::Number)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(self.single(|| value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<Value, A::Error> {
        let Wanted::List(fields) = self.wanted else {
            while elements.next_element_seed(self.within())?.is_some() {}
            return Ok(self.empty(Vec::<Value>::new()));
        };
        let mut values = Vec::new();
        loop {
            let path = path(self.path, values.len());
            let element = Node { wanted: Wanted::Object(fields), path: &path, found: self.found };
            match elements.next_element_seed(element)? {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
            self.found.keep()?;
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Value, A::Error> {
        let fields = if let Wanted::Object(fields) = self.wanted { fields } else { &[] };
        let mut values = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let field = fields.iter().find(|field| field.name == name);
            let Some(wanted) = field.and_then(|field| wanted(field.kind)) else {
                members.next_value_seed(self.within())?;
                continue;
            };
            let path = path(self.path, &name);
            let value = members.next_value_seed(Node { wanted, path: &path, found: self.found })?;
            self.found.keep()?;
            if values.insert(name, value).is_some() {
                self.found.twice.insert(path);
            }
        }
        Ok(self.empty(values))
    }
}

/// What belongs in a field; nothing where what a client says counts for nothing (R01).
fn wanted(kind: Kind) -> Option<Wanted> {
    match kind {
        Kind::Log => None,
        Kind::List(fields, _) => Some(Wanted::List(fields)),
        _ => Some(Wanted::Single),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::{PATCH, POST, PUT};
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(text: &str) -> Value {
        parse(text.as_bytes(), POST).unwrap().value
    }

    #[test]
    fn r71_a_name_that_occurs_twice_is_found() {
        let text = br#"{"tijdstip":1,"tijdstip":2,"tijdstip":3,"url":1,"url":1,"onbekend":{"tijdstip":1,"tijdstip":1},"onbekend":1,
            "verwerkteObjecten":[{},{"objectId":1,"objectId":1,"a":1,"a":1,"verwerkteSoortenGegevens":
                [{"soortGegeven":1,"soortGegeven":1}]}]}"#;
        let parsed = parse(text, POST).unwrap();
        let gegeven = "verwerkteObjecten.1.verwerkteSoortenGegevens.0.soortGegeven";
        assert_eq!(Vec::from_iter(parsed.twice), ["tijdstip", "verwerkteObjecten.1.objectId", gegeven]);
        assert!(parse(text, PUT).unwrap().twice.contains("url"), "in a PUT it counts (R21)");
    }

    #[test]
    fn r14_a_name_that_nobody_named_is_not_taken_for_another_field() {
        for text in [
            r#"{"":{"tijdstip":1,"tijdstip":1}}"#,
            r#"{"verwerkteObjecten.0.objectId":1,"verwerkteObjecten.0.objectId":1}"#,
            r#"{"tijdstip":{"tijdstip":1,"tijdstip":1}}"#,
            r#"{"verwerkteObjecten":{"0":{"objectId":1,"objectId":1}}}"#,
        ] {
            assert!(parse(text.as_bytes(), POST).unwrap().twice.is_empty(), "{text}");
        }
    }

    #[test]
    fn r14_of_what_nobody_named_nothing_is_kept() {
        assert_eq!(read(r#"{"a":[[[[0]]]],"tijdstip":"nu","url":{"a":1},"B":"b"}"#), json!({"tijdstip": "nu"}));
        assert_eq!(
            read(r#"{"verwerkteObjecten":[{"objectId":"1","a":{"b":[1]}},[[1]],2,null]}"#),
            json!({"verwerkteObjecten": [{"objectId": "1"}, [], 2, null]})
        );
        let wrong = r#"{"actieNaam":[1,[2]],"tijdstip":{"a":1},"verwerkteObjecten":{"0":{}},"systeem":7}"#;
        assert_eq!(read(wrong), json!({"actieNaam": [], "tijdstip": {}, "verwerkteObjecten": {}, "systeem": 7}));
        for (text, value) in [("[{}]", json!([])), ("null", Value::Null), ("7", json!(7)), ("\"a\"", json!("a"))] {
            assert_eq!(read(text), value);
        }
    }

    #[test]
    fn r72_more_values_than_a_row_holds_are_too_large() {
        let with = |count: usize, list: &str| {
            let list = vec![list; count].join(",");
            parse(format!(r#"{{"verwerkteObjecten":[{list}]}}"#).as_bytes(), POST).map(drop)
        };
        assert_eq!(with(MOST_VALUES - 2, "0"), Ok(()));
        assert_eq!(with(MOST_VALUES - 1, "0"), Err(NotRead::TooLarge));
        assert_eq!(with(MOST_VALUES / 2, r#"{"objectId":0}"#), Err(NotRead::TooLarge));
        // Of what nobody named there may be as much as there likes to be.
        let unnamed = format!(r#"{{"a":[{}0]}}"#, "0,".repeat(2 * MOST_VALUES));
        assert!(parse(unnamed.as_bytes(), PATCH).is_ok());
        let smallest = format!("{},", json!({"soortGegeven": ""}));
        assert!(MOST_VALUES * smallest.len() / 2 > table::MAX_ROW, "an actie that a row holds is read");
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
            let in_a_field = [("tijdstip", fout), ("a", fout)].map(|(name, fout)| format!("{{\"{name}\":{fout}}}"));
            for fout in [fout, &in_a_field[0], &in_a_field[1]] {
                let outcome = parse(fout.as_bytes(), POST);
                let refused = matches!(outcome, Err(NotRead::NotJson { .. }));
                assert!(refused, "{:?}", fout.get(..20).unwrap_or(fout));
            }
        }
        assert!(parse(b"\"\xff\"", POST).is_err());
        assert!(parse(b"{\"a\":\"\xed\xa0\x80\"}", POST).is_err());
        assert_eq!(parse(b"{\n \"a\": x}", POST).unwrap_err(), NotRead::NotJson { line: 2, column: 7 });
    }

    /// A value as the table has it, where `serde_json` has read it.
    fn named(value: Value, wanted: Wanted) -> Value {
        match (value, wanted) {
            (Value::Object(values), Wanted::Object(fields)) => {
                let kind = |name: &str| fields.iter().find(|field| field.name == name).map(|field| field.kind);
                let known = values.into_iter().filter_map(|(name, value)| {
                    let value = named(value, super::wanted(kind(&name)?)?);
                    Some((name, value))
                });
                Value::Object(known.collect())
            }
            (Value::Array(values), Wanted::List(fields)) => {
                values.into_iter().map(|value| named(value, Wanted::Object(fields))).collect()
            }
            (Value::Object(_), _) => json!({}),
            (Value::Array(_), _) => json!([]),
            (value, _) => value,
        }
    }

    /// Values in which names of the table are likely, also where they do not belong.
    fn values() -> impl Strategy<Value = Value> {
        let names =
            ["tijdstip", "url", "verwerkteObjecten", "objectId", "verwerkteSoortenGegevens", "soortGegeven", "a"];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1e300..1e300).prop_map(|n: f64| json!(n)),
            "\\PC{0,4}".prop_map(Value::from)
        ];
        leaf.prop_recursive(6, 40, 6, move |within| {
            let fields = proptest::collection::vec((proptest::sample::select(names.to_vec()), within.clone()), 0..6);
            prop_oneof![
                proptest::collection::vec(within, 0..4).prop_map(Value::from),
                fields.prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_json_is_what_serde_json_reads(text in "[\\[\\]{},:\"a0-9. \\\\u-]{0,40}") {
            prop_assert_eq!(parse(text.as_bytes(), POST).is_ok(), serde_json::from_str::<Value>(&text).is_ok());
        }

        #[test]
        fn what_is_named_is_read_as_serde_json_reads_it(value in values()) {
            for fields in [POST, PUT, PATCH] {
                let text = value.to_string();
                let expected = named(serde_json::from_str(&text).unwrap(), Wanted::Object(fields));
                prop_assert_eq!(parse(text.as_bytes(), fields).unwrap().value, expected);
            }
        }
    }
}
