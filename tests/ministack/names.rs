//! Names in the place of what no two runs have the same: ids, moments of registration, pseudonyms, addresses.

use std::sync::LazyLock;

use regex_lite::Regex;
use serde_json::Value;

static UNIQUE: LazyLock<Regex> = LazyLock::new(|| {
    let id = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
    let moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z";
    let pseudonym = r"k\d+\.[A-Za-z0-9_-]{20,}";
    Regex::new(&format!("{id}|{moment}|{pseudonym}")).expect("it is well-formed")
});
/// The address of an API, up to its stage.
static API: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"https?://[^/"\s]*/v1\b"#).expect("it is well-formed"));

/// What was seen so far, in the order in which it came; its place is its name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(Vec<String>);

impl Names {
    fn in_text(&mut self, text: &str) -> String {
        let text = API.replace_all(text, "API");
        let named = UNIQUE.replace_all(&text, |found: &regex_lite::Captures<'_>| {
            let place = self.0.iter().position(|known| *known == found[0]);
            let place = place.unwrap_or_else(|| {
                self.0.push(found[0].to_owned());
                self.0.len() - 1
            });
            format!("<{place}>")
        });
        named.into_owned()
    }

    /// Names in all texts, the fields of an object in the order of their names: that of a row says nothing.
    pub(crate) fn in_values(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.in_text(text).into(),
            Value::Array(values) => values.iter().map(|value| self.in_values(value)).collect(),
            Value::Object(fields) => {
                let mut fields: Vec<_> = fields.iter().collect();
                fields.sort_by_key(|(name, _)| *name);
                fields.into_iter().map(|(name, value)| (name.clone(), self.in_values(value))).collect()
            }
            other => other.clone(),
        }
    }

    /// Names in rows, in an order that is the same for any two runs: by the moment of registration, and within it by the
    /// names that are known already.
    pub(crate) fn in_rows(&mut self, mut rows: Vec<Value>) -> Vec<Value> {
        rows.sort_by_cached_key(|row| {
            let known = self.0.len();
            let mut names = self.clone();
            let text = names.in_values(row).to_string();
            let new = (known..names.0.len()).fold(text, |text, place| text.replace(&format!("<{place}>"), "<new>"));
            (row["tijdstipRegistratie"]["S"].as_str().unwrap_or_default().to_owned(), new)
        });
        rows.iter().map(|row| self.in_values(row)).collect()
    }

    /// A text of a run with these names, as it would be in the run with the other names.
    pub(crate) fn translate(&self, text: &str, other: &Self) -> String {
        let found = |found: &regex_lite::Captures<'_>| {
            let place = self.0.iter().position(|known| *known == found[0]);
            place.and_then(|place| other.0.get(place)).cloned().unwrap_or_else(|| found[0].to_owned())
        };
        UNIQUE.replace_all(text, found).into_owned()
    }
}
