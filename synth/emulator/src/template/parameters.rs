//! The parameters of a template, and what their values have to be.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>

use std::collections::BTreeMap;

use fancy_regex::Regex;
use serde_json::{Map, Value};

use super::{Template, TemplateError, scalar};

impl Template {
    /// The values of its parameters: given ones, else defaults.
    ///
    /// # Errors
    /// A parameter without a value, one whose value it does not allow, and a value for one that is not there.
    pub(crate) fn parameters(
        &self,
        given: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, Value>, TemplateError> {
        let declared = self.part("Parameters");
        let known = |name: &str| declared.is_some_and(|declared| declared.contains_key(name));
        if let Some(name) = given.keys().find(|name| !known(name)) {
            let all: Vec<_> = declared.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
            let has = if all.is_empty() { "has none".to_owned() } else { format!("has {}", all.join(", ")) };
            return Err(TemplateError::at("Parameters", format!("there is no parameter {name}; the template {has}")));
        }
        let mut values = BTreeMap::new();
        for (name, parameter) in declared.into_iter().flatten() {
            let path = format!("Parameters.{name}");
            let value = match (given.get(name), parameter.get("Default")) {
                (Some(given), _) => given.clone(),
                (None, Some(default)) => scalar(default).unwrap_or_else(|| default.to_string()),
                (None, None) => {
                    let what = format!("it has no default; give it one with --parameter {name}=VALUE");
                    return Err(TemplateError::at(&path, what));
                }
            };
            let none = Map::new();
            values.insert(name.clone(), checked(value, parameter.as_object().unwrap_or(&none), &path)?);
        }
        Ok(values)
    }
}

/// A value as references to it give it, which is text, or a list of texts.
fn checked(value: String, parameter: &Map<String, Value>, path: &str) -> Result<Value, TemplateError> {
    let kind = parameter.get("Type").and_then(Value::as_str).unwrap_or("String");
    let text = |name: &str| parameter.get(name).and_then(scalar);
    let wrong = |one: &str, what: String| {
        let what = text("ConstraintDescription").unwrap_or(what);
        Err(TemplateError::at(path, format!("the value {one:?} is not allowed: {what}")))
    };
    let listed = kind == "CommaDelimitedList" || kind.starts_with("List<");
    let values: Vec<&str> = if listed { value.split(',').map(str::trim).collect() } else { vec![&value] };
    let numeric = matches!(kind, "Number" | "List<Number>");
    let pattern = text("AllowedPattern").map(|pattern| {
        // It has to match the whole value, whatever alternatives it has.
        let whole = Regex::new(&format!(r"\A(?:{pattern})\z"));
        whole.map_err(|why| TemplateError::at(&format!("{path}.AllowedPattern"), why.to_string()))
    });
    let pattern = pattern.transpose()?;
    let allowed = parameter.get("AllowedValues").and_then(Value::as_array);
    for &one in &values {
        if let Some(allowed) = allowed {
            let allowed: Vec<_> = allowed.iter().filter_map(scalar).collect();
            if !allowed.iter().any(|allowed| allowed == one) {
                return wrong(one, format!("it has to be one of {}", allowed.join(", ")));
            }
        }
        if numeric {
            let Some(number) = one.parse::<f64>().ok().filter(|number| number.is_finite()) else {
                return wrong(one, "it has to be a number".to_owned());
            };
            for (bound, beyond, says) in [("MinValue", -1.0, "at least"), ("MaxValue", 1.0, "at most")] {
                let limit = text(bound).and_then(|limit| limit.parse::<f64>().ok());
                if limit.is_some_and(|limit| (number - limit) * beyond > 0.0) {
                    return wrong(one, format!("it has to be {says} {}", text(bound).unwrap_or_default()));
                }
            }
            continue;
        }
        if let Some(pattern) = &pattern {
            // A search that takes too long is given up.
            if !pattern.is_match(one).unwrap_or(false) {
                return wrong(one, format!("it has to match {}", text("AllowedPattern").unwrap_or_default()));
            }
        }
        if kind == "String" {
            let length = one.chars().count();
            let limit = |name: &str| text(name).and_then(|limit| limit.parse::<usize>().ok());
            if let Some(least) = limit("MinLength").filter(|least| length < *least) {
                return wrong(one, format!("it has to have at least {least} characters"));
            }
            if let Some(most) = limit("MaxLength").filter(|most| length > *most) {
                return wrong(one, format!("it has to have at most {most} characters"));
            }
        }
    }
    // Members lose the spaces around them; a value that is no list is the text that was given, also where it is a number.
    Ok(if listed { values.into_iter().map(Value::from).collect() } else { value.into() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(parameter: Value, given: &str) -> Result<Value, String> {
        let root = json!({"Parameters": {"P": parameter}, "Resources": {}});
        let template = Template::of(root.as_object().unwrap().clone()).unwrap();
        let values = template.parameters(&BTreeMap::from([("P".to_owned(), given.to_owned())]));
        values.map(|mut values| values.remove("P").unwrap()).map_err(|why| why.to_string())
    }

    #[test]
    fn a_value_is_one_that_its_parameter_allows() {
        for (parameter, right, wrong, what) in [
            (
                json!({"Type": "String", "AllowedPattern": "[a-z]+|[0-9]"}),
                "abc",
                "abc1",
                "it has to match [a-z]+|[0-9]",
            ),
            (json!({"Type": "String", "AllowedPattern": "(?!x).*"}), "yx", "x", "it has to match (?!x).*"),
            (json!({"Type": "String", "AllowedValues": ["a", true, 3]}), "true", "b", "it has to be one of a, true, 3"),
            (json!({"Type": "String", "AllowedValues": [3]}), "3", "3.0", "it has to be one of 3"),
            (json!({"Type": "String", "MinLength": 2}), "éé", "é", "it has to have at least 2 characters"),
            (json!({"Type": "String", "MaxLength": "2"}), "éé", "ééé", "it has to have at most 2 characters"),
            (json!({"Type": "Number"}), "-1.5e2", "abc", "it has to be a number"),
            (json!({"Type": "Number"}), "3", "", "it has to be a number"),
            (json!({"Type": "Number", "MinValue": 2}), "2", "1.9", "it has to be at least 2"),
            (json!({"Type": "Number", "MaxValue": "2"}), "2", "2.1", "it has to be at most 2"),
            (json!({"Type": "Number", "MaxValue": 2, "ConstraintDescription": "te veel"}), "2", "3", "te veel"),
        ] {
            assert_eq!(value(parameter.clone(), right), Ok(json!(right)), "{parameter}");
            let refused = format!("Parameters.P: the value {wrong:?} is not allowed: {what}");
            assert_eq!(value(parameter.clone(), wrong), Err(refused), "{parameter}");
        }
        let each = json!({"Type": "CommaDelimitedList", "AllowedPattern": "[a-z]"});
        assert!(value(each.clone(), "a, b").is_ok());
        assert_eq!(
            value(each, "a,bb"),
            Err("Parameters.P: the value \"bb\" is not allowed: it has to match [a-z]".to_owned())
        );
        assert!(value(json!({"Type": "String", "AllowedPattern": "("}), "a").unwrap_err().contains("AllowedPattern"));
    }

    #[test]
    fn a_default_is_held_to_it_too() {
        let root = json!({"Parameters": {"P": {"Type": "Number", "Default": 3, "MaxValue": 2}}, "Resources": {}});
        let template = Template::of(root.as_object().unwrap().clone()).unwrap();
        let message = template.parameters(&BTreeMap::new()).unwrap_err().to_string();
        assert_eq!(message, "Parameters.P: the value \"3\" is not allowed: it has to be at most 2");
    }
}
