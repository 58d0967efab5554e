//! Which events of a source a function wants to see.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html>

use serde_json::{Map, Value};

/// Patterns of which one has to match; without any, everything does.
#[derive(Debug, Default)]
pub(crate) struct Filter(Vec<Pattern>);

#[derive(Debug)]
enum Pattern {
    /// Each key has to match.
    Object(Vec<(String, Pattern)>),
    /// One of these objects has to match.
    Or(Vec<Pattern>),
    /// One of these rules has to hold for the value, or for one of its values where it is a list.
    Values(Vec<Rule>),
}

#[derive(Debug)]
enum Rule {
    Equals(Value),
    Prefix(String),
    Suffix(String),
    EqualsIgnoreCase(String),
    AnythingBut(Vec<Value>),
    Exists(bool),
    Numeric(Vec<(Comparison, f64)>),
}

#[derive(Debug, Clone, Copy)]
enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Filter {
    /// Reads the patterns of a mapping.
    pub(crate) fn parse(patterns: &[&str]) -> Result<Self, String> {
        let read = |text: &&str| {
            let value: Value = serde_json::from_str(text).map_err(|why| format!("{text} is no JSON: {why}"))?;
            let object = value.as_object().ok_or_else(|| format!("{text} is no JSON object"))?;
            pattern(object)
        };
        patterns.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Whether an event passes.
    pub(crate) fn passes(&self, event: &Value) -> bool {
        self.0.is_empty() || self.0.iter().any(|pattern| pattern.matches(Some(event)))
    }

    /// Whether a queue's message passes. Where a pattern and the message's body are not both JSON or both plain text, they do not
    /// match: <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html>.
    pub(crate) fn passes_message(&self, message: &Value) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let text = message["body"].as_str().unwrap_or_default();
        let json = serde_json::from_str(text).ok();
        self.0.iter().any(|pattern| pattern.matches_message(message, json.as_ref()))
    }
}

fn pattern(object: &Map<String, Value>) -> Result<Pattern, String> {
    let mut keys = Vec::new();
    for (key, value) in object {
        let below = match (key.as_str(), value) {
            ("$or", Value::Array(objects)) => {
                let read = |one: &Value| pattern(one.as_object().ok_or("$or takes objects")?);
                Pattern::Or(objects.iter().map(read).collect::<Result<_, _>>()?)
            }
            (_, Value::Object(object)) => pattern(object)?,
            (_, Value::Array(rules)) => Pattern::Values(rules.iter().map(rule).collect::<Result<_, _>>()?),
            (_, other) => return Err(format!("{key}: {other}: a pattern has an object or a list here")),
        };
        keys.push((key.clone(), below));
    }
    Ok(Pattern::Object(keys))
}

fn rule(value: &Value) -> Result<Rule, String> {
    let Value::Object(object) = value else {
        return Ok(Rule::Equals(value.clone()));
    };
    let one = object.iter().next().filter(|_| object.len() == 1);
    let (name, argument) = one.ok_or_else(|| format!("{value}: one rule at a time"))?;
    let text = || argument.as_str().map(str::to_owned).ok_or_else(|| format!("{name} takes a text"));
    match name.as_str() {
        "prefix" => Ok(Rule::Prefix(text()?)),
        "suffix" => Ok(Rule::Suffix(text()?)),
        "equals-ignore-case" => Ok(Rule::EqualsIgnoreCase(text()?.to_lowercase())),
        "exists" => argument.as_bool().map(Rule::Exists).ok_or_else(|| "exists takes true or false".to_owned()),
        "anything-but" => match argument {
            Value::Array(values) => Ok(Rule::AnythingBut(values.clone())),
            Value::Object(_) => Err("anything-but takes values here".to_owned()),
            one => Ok(Rule::AnythingBut(vec![one.clone()])),
        },
        "numeric" => {
            numeric(argument).ok_or_else(|| format!("{argument}: numeric takes comparisons and numbers in turn"))
        }
        other => Err(format!("{other} is not emulated")),
    }
}

fn numeric(argument: &Value) -> Option<Rule> {
    let parts = argument.as_array()?;
    let comparison = |name: &Value| {
        Some(match name.as_str()? {
            "=" => Comparison::Equal,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            _ => return None,
        })
    };
    let pairs = parts.chunks(2).map(|pair| Some((comparison(pair.first()?)?, pair.get(1)?.as_f64()?)));
    pairs.collect::<Option<Vec<_>>>().filter(|pairs| !pairs.is_empty()).map(Rule::Numeric)
}

impl Pattern {
    /// As [`Pattern::matches`], for a message and its body as JSON, where it is that.
    fn matches_message(&self, message: &Value, json: Option<&Value>) -> bool {
        match self {
            Self::Object(keys) => keys.iter().all(|(key, below)| match below {
                Self::Or(_) => below.matches_message(message, json),
                Self::Values(_) if key == "body" => json.is_none() && below.matches(message.get("body")),
                Self::Object(_) if key == "body" => json.is_some() && below.matches(json),
                below => below.matches(message.get(key)),
            }),
            Self::Or(objects) => objects.iter().any(|object| object.matches_message(message, json)),
            Self::Values(_) => false,
        }
    }

    fn matches(&self, value: Option<&Value>) -> bool {
        match self {
            Self::Object(keys) => keys.iter().all(|(key, below)| match below {
                Self::Or(objects) => objects.iter().any(|object| object.matches(value)),
                below => below.matches(value.and_then(|value| value.get(key))),
            }),
            Self::Or(objects) => objects.iter().any(|object| object.matches(value)),
            Self::Values(rules) => rules.iter().any(|rule| match value {
                Some(Value::Array(values)) => match rule {
                    Rule::Exists(exists) => *exists,
                    rule => values.iter().any(|value| rule.holds(value)),
                },
                // Only a leaf exists (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>).
                Some(Value::Object(_)) | None => matches!(rule, Rule::Exists(false)),
                Some(value) => rule.holds(value),
            }),
        }
    }
}

impl Rule {
    fn holds(&self, value: &Value) -> bool {
        let text = value.as_str();
        match self {
            Self::Equals(wanted) => match (wanted.as_f64(), value.as_f64()) {
                (Some(wanted), Some(value)) => wanted == value,
                _ => wanted == value,
            },
            Self::Prefix(prefix) => text.is_some_and(|text| text.starts_with(prefix.as_str())),
            Self::Suffix(suffix) => text.is_some_and(|text| text.ends_with(suffix.as_str())),
            Self::EqualsIgnoreCase(wanted) => text.is_some_and(|text| text.to_lowercase() == *wanted),
            Self::AnythingBut(values) => !values.contains(value),
            Self::Exists(exists) => *exists,
            Self::Numeric(comparisons) => value.as_f64().is_some_and(|value| {
                comparisons.iter().all(|(comparison, number)| match comparison {
                    Comparison::Equal => value == *number,
                    Comparison::Less => value < *number,
                    Comparison::LessOrEqual => value <= *number,
                    Comparison::Greater => value > *number,
                    Comparison::GreaterOrEqual => value >= *number,
                })
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pattern_lets_through_what_it_says() {
        let event = json!({
            "dynamodb": {"Keys": {"soort": {"S": "versie#1"}}, "OldImage": {"operatie": {"S": "POST"}}},
            "aantal": 5, "lijst": ["a", "b"], "leeg": null, "waar": true,
        });
        for (pattern, passes) in [
            (json!({"dynamodb": {"Keys": {"soort": {"S": ["actueel"]}}}}), false),
            (json!({"dynamodb": {"Keys": {"soort": {"S": [{"prefix": "versie#"}]}}}}), true),
            (json!({"dynamodb": {"OldImage": {"operatie": {"S": [{"exists": true}]}}}}), true),
            (json!({"dynamodb": {"NewImage": {"operatie": {"S": [{"exists": true}]}}}}), false),
            (json!({"dynamodb": {"NewImage": {"operatie": {"S": [{"exists": false}]}}}}), true),
            (json!({"aantal": [4, 5]}), true),
            (json!({"aantal": [5.0]}), true),
            (json!({"aantal": [{"numeric": [">", 4, "<=", 5]}]}), true),
            (json!({"aantal": [{"numeric": [">", 5]}]}), false),
            (json!({"aantal": ["5"]}), false),
            (json!({"lijst": ["b"]}), true),
            (json!({"lijst": [{"suffix": "c"}]}), false),
            (json!({"leeg": [null], "waar": [true]}), true),
            (json!({"lijst": [{"anything-but": ["a"]}]}), true),
            (json!({"waar": [{"equals-ignore-case": "TRUE"}]}), false),
            (json!({"$or": [{"aantal": [6]}, {"waar": [true]}]}), true),
            (json!({"$or": [{"aantal": [6]}, {"waar": [false]}], "aantal": [5]}), false),
        ] {
            let text = pattern.to_string();
            assert_eq!(Filter::parse(&[&text]).unwrap().passes(&event), passes, "{pattern}");
        }
        assert!(Filter::parse(&[]).unwrap().passes(&event));
        assert!(Filter::parse(&[r#"{"aantal":[1]}"#, r#"{"aantal":[5]}"#]).unwrap().passes(&event));
    }

    #[test]
    fn a_pattern_that_is_none_is_refused() {
        for pattern in [
            "",
            "[]",
            r#"{"a":1}"#,
            r#"{"a":[{"cidr":"10.0.0.0/8"}]}"#,
            r#"{"a":[{"numeric":[">"]}]}"#,
            r#"{"a":[{"prefix":1}]}"#,
        ] {
            assert!(Filter::parse(&[pattern]).is_err(), "{pattern}");
        }
    }
}
