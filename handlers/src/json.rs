//! Reads JSON, and notices what `serde_json` lets pass: a name that occurs twice in an object, of which readers keep
//! the first or the last as they please.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A JSON text, and the paths of the fields that occur more than once.
#[derive(Debug)]
pub(crate) struct Gelezen {
    pub(crate) waarde: Value,
    pub(crate) dubbel: BTreeSet<String>,
}

/// Where a text is no JSON; with no word of what stands there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct GeenJson {
    pub(crate) regel: usize,
    pub(crate) teken: usize,
}

/// Reads the one value that the bytes are. Refused are, besides what RFC 8259 refuses, a text that is not UTF-8, a
/// surrogate without its other half, a number that no double can hold, and more than 127 levels.
pub(crate) fn lees(bytes: &[u8]) -> Result<Gelezen, GeenJson> {
    let mut dubbel = BTreeSet::new();
    let mut lezer = serde_json::Deserializer::from_slice(bytes);
    let waarde = Knoop { pad: Some(""), dubbel: &mut dubbel }.deserialize(&mut lezer);
    let waarde = waarde.and_then(|waarde| lezer.end().map(|()| waarde));
    match waarde {
        Ok(waarde) => Ok(Gelezen { waarde, dubbel }),
        Err(fout) => Err(GeenJson { regel: fout.line(), teken: fout.column() }),
    }
}

/// The path of a field within another.
pub(crate) fn pad(ouder: &str, naam: impl fmt::Display) -> String {
    if ouder.is_empty() { naam.to_string() } else { format!("{ouder}.{naam}") }
}

/// No field that the specification names lies deeper or has a longer name. Further in, paths are not made: they would
/// cost a hostile client nothing and us the square of what it sends.
const DIEPSTE: usize = 5;
const LANGSTE: usize = 64;

struct Knoop<'a> {
    /// Where this value stands; none where it can be nothing that the specification names.
    pad: Option<&'a str>,
    dubbel: &'a mut BTreeSet<String>,
}

impl Knoop<'_> {
    fn binnen(&self, naam: &str) -> Option<String> {
        let ouder = self.pad?;
        let diepte = if ouder.is_empty() { 0 } else { ouder.split('.').count() };
        (diepte < DIEPSTE && naam.len() <= LANGSTE).then(|| pad(ouder, naam))
    }
}

impl<'de> DeserializeSeed<'de> for Knoop<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, lezer: D) -> Result<Value, D::Error> {
        lezer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Knoop<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, waarde: bool) -> Result<Value, E> {
        Ok(Value::Bool(waarde))
    }

    fn visit_i64<E>(self, waarde: i64) -> Result<Value, E> {
        Ok(Value::Number(waarde.into()))
    }

    fn visit_u64<E>(self, waarde: u64) -> Result<Value, E> {
        Ok(Value::Number(waarde.into()))
    }

    fn visit_f64<E>(self, waarde: f64) -> Result<Value, E> {
        Ok(Number::from_f64(waarde).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, waarde: &str) -> Result<Value, E> {
        Ok(Value::String(waarde.to_owned()))
    }

    fn visit_string<E>(self, waarde: String) -> Result<Value, E> {
        Ok(Value::String(waarde))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rij: A) -> Result<Value, A::Error> {
        let mut waarden = Vec::new();
        loop {
            let pad = self.binnen(&waarden.len().to_string());
            match rij.next_element_seed(Knoop { pad: pad.as_deref(), dubbel: self.dubbel })? {
                Some(waarde) => waarden.push(waarde),
                None => return Ok(Value::Array(waarden)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut velden: A) -> Result<Value, A::Error> {
        let mut waarden = Map::new();
        while let Some(naam) = velden.next_key::<String>()? {
            let pad = self.binnen(&naam);
            let waarde = velden.next_value_seed(Knoop { pad: pad.as_deref(), dubbel: self.dubbel })?;
            if waarden.insert(naam, waarde).is_some() {
                self.dubbel.extend(pad);
            }
        }
        Ok(Value::Object(waarden))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn r71_a_name_that_occurs_twice_is_found() {
        let gelezen = lees(br#"{"a":1,"a":2,"a":3,"b":[{},{"c":{"d":1,"d":1}}]}"#).unwrap();
        assert_eq!(Vec::from_iter(gelezen.dubbel), ["a", "b.1.c.d"]);
    }

    #[test]
    fn a_long_name_around_many_values_costs_no_more_than_its_length() {
        let tekst = format!(r#"{{"{}":[{}1]}}"#, "a".repeat(1_000_000), "1,".repeat(1_000_000));
        assert!(lees(tekst.as_bytes()).unwrap().dubbel.is_empty());
    }

    #[test]
    fn r71_what_is_no_json_is_refused_by_its_place() {
        let diep = "[".repeat(100_000);
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
            diep.as_str(),
        ] {
            assert!(lees(fout.as_bytes()).is_err(), "{:?}", fout.get(..20).unwrap_or(fout));
        }
        assert!(lees(b"\"\xff\"").is_err());
        assert!(lees(b"\"\xed\xa0\x80\"").is_err());
        assert_eq!(lees(b"{\n \"a\": x}").unwrap_err(), GeenJson { regel: 2, teken: 7 });
    }

    proptest! {
        #[test]
        fn any_json_is_read_as_serde_json_reads_it(tekst in "[\\[\\]{},:\"a0-9. \\\\u-]{0,40}") {
            if let Ok(waarde) = serde_json::from_str::<Value>(&tekst) {
                prop_assert_eq!(lees(tekst.as_bytes()).unwrap().waarde, waarde);
            } else {
                prop_assert!(lees(tekst.as_bytes()).is_err());
            }
        }
    }
}
