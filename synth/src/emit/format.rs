//! JSON or YAML.

use serde::Serialize;

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
    match format {
        Format::Json => {
            let text = serde_json::to_string_pretty(document);
            text.expect("documents hold strings, numbers, lists and string-keyed maps") + "\n"
        }
        Format::Yaml => serde_yaml::to_string(document).expect("what is JSON is YAML"),
    }
}
