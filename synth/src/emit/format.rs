//! JSON or YAML.

use serde::Serialize;
use serde_json::{Map, Value as Json};

/// How a document is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// JSON, indented.
    #[default]
    Json,
    /// YAML; text of several lines stands in blocks, which makes mapping templates readable.
    Yaml,
}

impl Format {
    /// Of the file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Yaml => "yaml",
        }
    }
}

/// A document as text, the same for the same document, ending in a new line.
pub fn render(document: &impl Serialize, format: Format) -> String {
    const WHY: &str = "documents hold strings, numbers, lists and string-keyed maps";
    match format {
        Format::Json => serde_json::to_string_pretty(document).expect(WHY) + "\n",
        Format::Yaml => yaml(serde_json::to_value(document).expect(WHY)),
    }
}

/// Stands where quotes will stand. Letters only, so that YAML writes it without quotes of its own.
const QUOTE: &str = "QzQsynthQzQ";

/// YAML as every reader takes it. The writer knows YAML 1.2, where `OFF` is text; CloudFormation reads YAML 1.1, where it
/// is false, and `2012-10-17` a date. So such text is given quotes.
fn yaml(document: Json) -> String {
    let text = serde_yaml::to_string(&mark(document)).expect("what is JSON is YAML");
    text.replace(QUOTE, "'")
}

fn mark(value: Json) -> Json {
    match value {
        Json::String(text) => Json::String(mark_text(text)),
        Json::Array(items) => items.into_iter().map(mark).collect(),
        Json::Object(members) => {
            let members: Map<_, _> = members.into_iter().map(|(key, value)| (mark_text(key), mark(value))).collect();
            Json::Object(members)
        }
        scalar => scalar,
    }
}

fn mark_text(text: String) -> String {
    if is_special_in_yaml_1_1(&text) { format!("{QUOTE}{text}{QUOTE}") } else { text }
}

/// Booleans, numbers and times of <https://yaml.org/type/> that YAML 1.2 has as text.
fn is_special_in_yaml_1_1(text: &str) -> bool {
    let word = matches!(text.to_ascii_lowercase().as_str(), "y" | "n" | "yes" | "no" | "on" | "off");
    let numeric = text.starts_with(|first: char| first.is_ascii_digit())
        && text.contains([':', '_', '-'])
        && text.chars().all(|char| char.is_ascii_digit() || ":_-.TtZz+".contains(char));
    word || numeric
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn yaml_quotes_what_older_readers_take_for_something_else() {
        let document =
            json!({ "a": "OFF", "b": "2012-10-17", "c": "12:30:00", "d": "1_000", "on": "v1", "e": "0.9.0" });
        let expected = "a: 'OFF'\nb: '2012-10-17'\nc: '12:30:00'\nd: '1_000'\n'on': v1\ne: 0.9.0\n";
        assert_eq!(render(&document, Format::Yaml), expected);
    }
}
