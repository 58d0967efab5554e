//! Text that CloudFormation completes: literals, references and attributes in one value.

use serde::{Serialize, Serializer};
use serde_json::{Value as Json, json};

/// A string in a template, in which some parts may be known only at deployment.
///
/// It is written as the plainest thing that says it: a string, `Ref`, `Fn::GetAtt`, or else `Fn::Sub`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Ref(String),
    Attribute(String, String),
}

impl Text {
    /// `Ref` of a logical id or pseudo parameter. Not public: handles are how others get one.
    pub(super) fn reference(id: &str) -> Self {
        Self { parts: vec![Part::Ref(id.to_owned())] }
    }

    /// `Fn::GetAtt`. Not public: handles are how others get one.
    pub(super) fn attribute(id: &str, name: &str) -> Self {
        Self { parts: vec![Part::Attribute(id.to_owned(), name.to_owned())] }
    }

    /// Several texts, one after the other.
    pub fn concat(texts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::default();
        for part in texts.into_iter().flat_map(|text| text.parts) {
            all.push(part);
        }
        all
    }

    /// A JSON document as text, in which a value that is itself a reference (an object with `Ref`, `Fn::GetAtt` or
    /// `Fn::Sub`, as [`Text`] serializes) becomes a quoted string that CloudFormation completes. Dashboards need this:
    /// their body is JSON inside a string.
    ///
    /// What is put in must not hold quotes or backslashes; names and ARNs do not.
    pub fn json_document(document: &Json) -> Self {
        let mut text = Self::default();
        text.push_json(document);
        text
    }

    fn push(&mut self, part: Part) {
        match (self.parts.last_mut(), part) {
            (_, Part::Literal(more)) if more.is_empty() => {}
            (Some(Part::Literal(last)), Part::Literal(more)) => last.push_str(&more),
            (_, part) => self.parts.push(part),
        }
    }

    fn push_literal(&mut self, literal: &str) {
        self.push(Part::Literal(literal.to_owned()));
    }

    fn push_json(&mut self, value: &Json) {
        if let Some(completed) = Self::from_intrinsic(value) {
            self.push_literal("\"");
            for part in completed.parts {
                self.push(part);
            }
            self.push_literal("\"");
            return;
        }
        match value {
            Json::Object(members) => {
                for (index, (key, member)) in members.iter().enumerate() {
                    self.push_literal(if index == 0 { "{" } else { "," });
                    self.push_literal(&Json::from(key.as_str()).to_string());
                    self.push_literal(":");
                    self.push_json(member);
                }
                self.push_literal(if members.is_empty() { "{}" } else { "}" });
            }
            Json::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.push_literal(if index == 0 { "[" } else { "," });
                    self.push_json(item);
                }
                self.push_literal(if items.is_empty() { "[]" } else { "]" });
            }
            scalar => self.push_literal(&scalar.to_string()),
        }
    }

    /// Reads back what `serialize` writes for anything but a plain string.
    fn from_intrinsic(value: &Json) -> Option<Self> {
        let object = value.as_object().filter(|object| object.len() == 1)?;
        let (name, argument) = object.iter().next()?;
        match name.as_str() {
            "Ref" => Some(Self::reference(argument.as_str()?)),
            "Fn::GetAtt" => match argument.as_array()?.as_slice() {
                [Json::String(id), Json::String(attribute)] => Some(Self::attribute(id, attribute)),
                _ => None,
            },
            "Fn::Sub" => Some(Self::from_sub(argument.as_str()?)),
            _ => None,
        }
    }

    fn from_sub(pattern: &str) -> Self {
        let mut text = Self::default();
        let mut rest = pattern;
        while let Some(start) = rest.find("${") {
            text.push_literal(&rest[..start]);
            let Some(end) = rest[start..].find('}').map(|at| start + at) else { break };
            let name = &rest[start + 2..end];
            match (name.strip_prefix('!'), name.split_once('.')) {
                (Some(literal), _) => text.push_literal(&format!("${{{literal}}}")),
                (None, Some((id, attribute))) => text.push(Part::Attribute(id.to_owned(), attribute.to_owned())),
                (None, None) => text.push(Part::Ref(name.to_owned())),
            }
            rest = &rest[end + 1..];
        }
        text.push_literal(rest);
        text
    }

    /// As it stands in a template.
    pub fn to_json(&self) -> Json {
        match self.parts.as_slice() {
            [] => Json::from(""),
            [Part::Literal(literal)] => Json::from(literal.as_str()),
            [Part::Ref(id)] => json!({ "Ref": id }),
            [Part::Attribute(id, name)] => json!({ "Fn::GetAtt": [id, name] }),
            parts => {
                let mut pattern = String::new();
                for part in parts {
                    match part {
                        // `${` would be taken for a variable; `${!` is CloudFormation's way to mean it literally.
                        Part::Literal(literal) => pattern.push_str(&literal.replace("${", "${!")),
                        Part::Ref(id) => pattern.push_str(&format!("${{{id}}}")),
                        Part::Attribute(id, name) => pattern.push_str(&format!("${{{id}.{name}}}")),
                    }
                }
                json!({ "Fn::Sub": pattern })
            }
        }
    }
}

impl From<&str> for Text {
    fn from(literal: &str) -> Self {
        Self::from(literal.to_owned())
    }
}

impl From<String> for Text {
    fn from(literal: String) -> Self {
        let mut text = Self::default();
        text.push(Part::Literal(literal));
        text
    }
}

impl From<&Text> for Text {
    fn from(text: &Text) -> Self {
        text.clone()
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

/// `aws`, `aws-cn` or `aws-us-gov`.
pub fn partition() -> Text {
    Text::reference("AWS::Partition")
}

/// The region that the stack is deployed to.
pub fn region() -> Text {
    Text::reference("AWS::Region")
}

/// The account that the stack is deployed to.
pub fn account_id() -> Text {
    Text::reference("AWS::AccountId")
}

/// The name that the stack was deployed under.
pub fn stack_name() -> Text {
    Text::reference("AWS::StackName")
}

/// `amazonaws.com`, or what the partition has in its place.
pub fn url_suffix() -> Text {
    Text::reference("AWS::URLSuffix")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_as_the_plainest_thing() {
        assert_eq!(Text::from("a").to_json(), json!("a"));
        assert_eq!(Text::reference("Table").to_json(), json!({ "Ref": "Table" }));
        assert_eq!(Text::attribute("Table", "Arn").to_json(), json!({ "Fn::GetAtt": ["Table", "Arn"] }));
        let joined = Text::concat([Text::attribute("Table", "Arn"), "/index/".into(), "x".into()]);
        assert_eq!(joined.to_json(), json!({ "Fn::Sub": "${Table.Arn}/index/x" }));
    }

    #[test]
    fn a_literal_dollar_brace_stays_literal() {
        let joined = Text::concat(["${x} ".into(), Text::reference("Table")]);
        assert_eq!(joined.to_json(), json!({ "Fn::Sub": "${!x} ${Table}" }));
        assert_eq!(Text::from_sub("${!x} ${Table}"), joined);
    }

    #[test]
    fn a_document_keeps_its_references() {
        let document = json!({ "a": [1, Text::reference("Queue"), { "b": "say \"hi\"" }], "c": {}, "d": [] });
        let expected = r#"{"a":[1,"${Queue}",{"b":"say \"hi\""}],"c":{},"d":[]}"#;
        assert_eq!(Text::json_document(&document).to_json(), json!({ "Fn::Sub": expected }));
    }
}
