//! Intrinsic functions, as
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html> has them.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use serde_json::{Map, Value};

use super::{ACCOUNT, Names, Template, TemplateError, scalar};

/// How deep conditions may refer to conditions. A circle is a mistake that CloudFormation refuses too.
const DEEPEST: usize = 32;

/// Works out what the values of a template come to.
#[derive(Debug)]
pub(crate) struct Resolver<'a> {
    template: &'a Template,
    parameters: BTreeMap<String, Value>,
    pub(crate) names: Names,
}

/// A value, or none where the template says `AWS::NoValue`.
type Resolved = Result<Option<Value>, TemplateError>;

impl<'a> Resolver<'a> {
    pub(crate) fn new(template: &'a Template, parameters: BTreeMap<String, Value>, names: Names) -> Self {
        Self { template, parameters, names }
    }

    /// What a value comes to. `path` is its place, for messages.
    pub(crate) fn resolve(&self, value: &Value, path: &str) -> Result<Value, TemplateError> {
        Ok(self.value(value, path)?.unwrap_or(Value::Null))
    }

    /// What a value comes to, which has to be text.
    pub(crate) fn text(&self, value: &Value, path: &str) -> Result<String, TemplateError> {
        scalar(&self.resolve(value, path)?).ok_or_else(|| TemplateError::at(path, "this has to be text"))
    }

    /// Whether a resource is part of the stack, by its condition.
    pub(crate) fn includes(&self, resource: &Value, path: &str) -> Result<bool, TemplateError> {
        match resource.get("Condition").and_then(Value::as_str) {
            Some(condition) => self.condition(condition, &format!("{path}.Condition"), 0),
            None => Ok(true),
        }
    }

    fn value(&self, value: &Value, path: &str) -> Resolved {
        match value {
            Value::Object(object) => match function(object) {
                Some((name, argument)) => self.call(name, argument, &format!("{path}.{name}")),
                None => self.object(object, path),
            },
            Value::Array(items) => {
                let mut resolved = Vec::with_capacity(items.len());
                for (place, item) in items.iter().enumerate() {
                    resolved.extend(self.value(item, &format!("{path}[{place}]"))?);
                }
                Ok(Some(Value::Array(resolved)))
            }
            other => Ok(Some(other.clone())),
        }
    }

    fn object(&self, object: &Map<String, Value>, path: &str) -> Resolved {
        let mut resolved = Map::new();
        for (key, value) in object {
            if let Some(value) = self.value(value, &format!("{path}.{key}"))? {
                resolved.insert(key.clone(), value);
            }
        }
        Ok(Some(Value::Object(resolved)))
    }

    fn call(&self, name: &str, argument: &Value, path: &str) -> Resolved {
        match name {
            "Ref" => {
                let target = self.literal(argument, path)?;
                if target == "AWS::NoValue" { Ok(None) } else { self.reference(target, path).map(Some) }
            }
            "Fn::GetAtt" => self.attribute(argument, path).map(|text| Some(text.into())),
            "Fn::Sub" => self.sub(argument, path).map(|text| Some(text.into())),
            "Fn::Join" => {
                let [delimiter, items] = self.arguments(argument, path, "a delimiter and a list")?;
                let delimiter = self.text(delimiter, path)?;
                let items = self.resolve(items, path)?;
                let items = items.as_array().ok_or_else(|| TemplateError::at(path, "the second has to be a list"))?;
                let texts: Result<Vec<_>, _> = items.iter().map(|item| self.text(item, path)).collect();
                Ok(Some(texts?.join(&delimiter).into()))
            }
            "Fn::Split" => {
                let [delimiter, text] = self.arguments(argument, path, "a delimiter and a text")?;
                let (delimiter, text) = (self.text(delimiter, path)?, self.text(text, path)?);
                Ok(Some(text.split(&delimiter).map(Value::from).collect()))
            }
            "Fn::Select" => {
                let [index, items] = self.arguments(argument, path, "an index and a list")?;
                let index = self.text(index, path)?;
                let items = self.resolve(items, path)?;
                let item = index.parse::<usize>().ok().and_then(|index| items.get(index));
                item.map(|item| Some(item.clone()))
                    .ok_or_else(|| TemplateError::at(path, format!("the list has nothing at {index}")))
            }
            "Fn::If" => {
                let [condition, yes, no] = self.arguments(argument, path, "a condition and two values")?;
                let condition = self.literal(condition, path)?;
                if self.condition(condition, path, 0)? { self.value(yes, path) } else { self.value(no, path) }
            }
            "Fn::FindInMap" => {
                let (keys, default) = match argument.as_array().map(Vec::as_slice) {
                    Some([keys @ .., default]) if keys.len() == 3 => (keys, default.get("DefaultValue")),
                    Some(keys) if keys.len() == 3 => (keys, None),
                    _ => return Err(TemplateError::at(path, "this takes a list of a mapping and two keys")),
                };
                let keys = keys.iter().map(|key| self.text(key, path)).collect::<Result<Vec<_>, _>>()?;
                let maps = self.template.part("Mappings");
                let found = maps.and_then(|maps| maps.get(&keys[0])?.get(&keys[1])?.get(&keys[2]));
                match (found, default) {
                    (Some(value), _) => Ok(Some(value.clone())),
                    // <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-findinmap-enhancements.html>
                    (None, Some(default)) => self.value(default, path),
                    (None, None) => Err(TemplateError::at(path, format!("there is no mapping {}", keys.join(".")))),
                }
            }
            "Fn::Base64" => Ok(Some(BASE64.encode(self.text(argument, path)?.as_bytes()).into())),
            "Fn::ImportValue" => {
                let what = "there is no other stack here to import from; give the value by a parameter of the template";
                Err(TemplateError::at(path, what))
            }
            other => Err(TemplateError::at(path, format!("{other} is not emulated"))),
        }
    }

    fn reference(&self, target: &str, path: &str) -> Result<Value, TemplateError> {
        let names = &self.names;
        let text = match target {
            "AWS::Partition" => "aws".to_owned(),
            "AWS::Region" => names.region.clone(),
            "AWS::AccountId" => ACCOUNT.to_owned(),
            "AWS::StackName" => names.stack.clone(),
            "AWS::StackId" => names.arn("cloudformation", &format!("stack/{}/local", names.stack)),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            "AWS::NotificationARNs" => return Ok(Value::Array(Vec::new())),
            _ => match (self.parameters.get(target), names.reference(target)) {
                (Some(value), _) => return Ok(value.clone()),
                (None, Some(reference)) => reference.to_owned(),
                (None, None) => return Err(self.unknown(target, path)),
            },
        };
        Ok(text.into())
    }

    /// What is wrong with a reference to something that has no name.
    fn unknown(&self, target: &str, path: &str) -> TemplateError {
        let what = match self.template.resources().find(|resource| resource.id == target) {
            None => format!("there is no parameter and no resource {target}"),
            Some(resource) => match self.includes(resource.whole, &format!("Resources.{target}")) {
                Ok(true) => format!("the name of {target} is made of this one's, in a circle"),
                Ok(false) => format!("the condition of {target} leaves it out of this stack"),
                Err(why) => return why,
            },
        };
        TemplateError::at(path, what)
    }

    fn attribute(&self, argument: &Value, path: &str) -> Result<String, TemplateError> {
        let (id, attribute) = match argument {
            Value::String(text) => {
                let (id, attribute) = text.split_once('.').unwrap_or((text, ""));
                (id, attribute.to_owned())
            }
            _ => {
                let [id, attribute] = self.arguments(argument, path, "a logical id and an attribute")?;
                (self.literal(id, path)?, self.text(attribute, path)?)
            }
        };
        if self.names.reference(id).is_none() {
            return Err(self.unknown(id, path));
        }
        let found = self.names.attribute(id, &attribute).map(str::to_owned);
        found.ok_or_else(|| TemplateError::at(path, format!("the attribute {attribute} of {id} is not emulated")))
    }

    /// `${Name}` and `${Name.Attribute}`; `${!Name}` stands for `${Name}`.
    fn sub(&self, argument: &Value, path: &str) -> Result<String, TemplateError> {
        let none = Map::new();
        let (text, variables) = match argument {
            Value::String(text) => (text.as_str(), &none),
            _ => {
                let [text, variables] = self.arguments(argument, path, "a text and its variables")?;
                let variables = variables.as_object();
                let variables = variables.ok_or_else(|| TemplateError::at(path, "the second has to be an object"))?;
                (self.literal(text, path)?, variables)
            }
        };
        let mut result = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let Some(length) = rest[start..].find('}') else { break };
            let name = rest[start + 2..start + length].trim();
            result.push_str(&rest[..start]);
            rest = &rest[start + length + 1..];
            if let Some(literal) = name.strip_prefix('!') {
                result.push_str(&format!("${{{literal}}}"));
            } else if let Some(value) = variables.get(name) {
                result.push_str(&self.text(value, path)?);
            } else if name.contains('.') {
                result.push_str(&self.attribute(&Value::from(name), path)?);
            } else {
                result.push_str(&self.text(&self.reference(name, path)?, path)?);
            }
        }
        result.push_str(rest);
        Ok(result)
    }

    fn condition(&self, name: &str, path: &str, depth: usize) -> Result<bool, TemplateError> {
        let found = self.template.part("Conditions").and_then(|conditions| conditions.get(name));
        let condition = found.ok_or_else(|| TemplateError::at(path, format!("there is no condition {name}")))?;
        self.truth(condition, &format!("Conditions.{name}"), depth + 1)
    }

    fn truth(&self, condition: &Value, path: &str, depth: usize) -> Result<bool, TemplateError> {
        if depth > DEEPEST {
            return Err(TemplateError::at(path, "conditions go round in a circle"));
        }
        let object = condition.as_object().filter(|object| object.len() == 1);
        let Some((name, argument)) = object.and_then(|object| object.iter().next()) else {
            return Err(TemplateError::at(path, "this has to be one condition function"));
        };
        let all = || {
            let list = argument.as_array().ok_or_else(|| TemplateError::at(path, format!("{name} takes a list")))?;
            list.iter().map(|one| self.truth(one, path, depth + 1)).collect::<Result<Vec<_>, _>>()
        };
        match name.as_str() {
            "Condition" => self.condition(self.literal(argument, path)?, path, depth),
            "Fn::Not" => Ok(all()?.iter().all(|one| !one)),
            "Fn::And" => Ok(all()?.iter().all(|one| *one)),
            "Fn::Or" => Ok(all()?.iter().any(|one| *one)),
            "Fn::Equals" => {
                let [one, other] = self.arguments(argument, path, "two values")?;
                Ok(same(&self.resolve(one, path)?, &self.resolve(other, path)?))
            }
            other => Err(TemplateError::at(path, format!("{other} is no condition function"))),
        }
    }

    fn arguments<'v, const N: usize>(
        &self,
        argument: &'v Value,
        path: &str,
        what: &str,
    ) -> Result<&'v [Value; N], TemplateError> {
        let items = argument.as_array().and_then(|items| items.as_slice().try_into().ok());
        items.ok_or_else(|| TemplateError::at(path, format!("this takes a list of {what}")))
    }

    fn literal<'v>(&self, value: &'v Value, path: &str) -> Result<&'v str, TemplateError> {
        value.as_str().ok_or_else(|| TemplateError::at(path, "this has to be text, and no function"))
    }
}

/// Whether two values are equal, numbers and truth values being texts too: the values of parameters are nothing else.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let equal = |(key, one): (&String, &Value)| other.get(key).is_some_and(|other| same(one, other));
            one.len() == other.len() && one.iter().all(equal)
        }
        _ => match (scalar(one), scalar(other)) {
            (Some(one), Some(other)) => one == other,
            _ => one == other,
        },
    }
}

/// The function that an object stands for, and its argument.
fn function(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = object.iter().next().filter(|_| object.len() == 1)?;
    (name == "Ref" || name.starts_with("Fn::")).then_some((name.as_str(), argument))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template() -> Template {
        let root = json!({
            "Parameters": {
                "Leeg": {"Type": "String", "Default": ""}, "Getal": {"Type": "Number", "Default": 3},
                "Waarheid": {"Type": "String", "Default": "true"},
                "Lijst": {"Type": "CommaDelimitedList", "Default": "a, b c ,d"},
                "Getallen": {"Type": "List<Number>", "Default": "1,2"},
            },
            "Conditions": {
                "Gegeven": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Leeg"}, ""]}]},
                "Altijd": {"Fn::Or": [{"Condition": "Gegeven"}, {"Fn::Equals": ["3", {"Ref": "Getal"}]}]},
                "Rond": {"Condition": "Rond"},
                "Waar": {"Fn::Equals": [{"Ref": "Waarheid"}, true]},
                "Drie": {"Fn::Equals": [[{"Ref": "Getal"}, {"a": "false"}], [3, {"a": false}]]},
                "Anders": {"Fn::Or": [
                    {"Fn::Equals": [{"Ref": "Waarheid"}, false]}, {"Fn::Equals": [["3"], ["3", "3"]]},
                    {"Fn::Equals": ["3", ["3"]]}, {"Fn::Equals": [{"a": 1}, {"b": 1}]},
                ]},
            },
            "Mappings": {"Kaart": {"a": {"b": "gevonden"}}},
            "Resources": {"Tabel": {"Type": "AWS::DynamoDB::Table"}},
        });
        Template::of(root.as_object().unwrap().clone()).unwrap()
    }

    fn resolve(value: Value) -> Result<Value, String> {
        let template = template();
        let mut names = Names::new("log", "eu-west-1");
        names.know_unemulated(template.resources().next().unwrap(), None);
        let parameters = template.parameters(&BTreeMap::new()).unwrap();
        Resolver::new(&template, parameters, names).resolve(&value, "hier").map_err(|error| error.to_string())
    }

    #[test]
    fn functions_come_to_what_cloudformation_makes_of_them() {
        for (value, resolved) in [
            (json!({"Ref": "Tabel"}), json!("log-Tabel")),
            (json!({"Ref": "AWS::Region"}), json!("eu-west-1")),
            (json!({"Ref": "Getal"}), json!("3")),
            (json!({"Fn::GetAtt": ["Tabel", "Arn"]}), json!("arn:aws:dynamodb:eu-west-1:000000000000:table/log-Tabel")),
            (json!({"Fn::GetAtt": "Tabel.Arn"}), json!("arn:aws:dynamodb:eu-west-1:000000000000:table/log-Tabel")),
            (json!({"Fn::Sub": "a ${Tabel} ${!x} ${AWS::StackName} ${"}), json!("a log-Tabel ${x} log ${")),
            (json!({"Fn::Sub": ["${x}-${Getal}", {"x": {"Ref": "Tabel"}}]}), json!("log-Tabel-3")),
            (json!({"Fn::Join": ["-", ["a", {"Ref": "Getal"}]]}), json!("a-3")),
            (json!({"Fn::Select": [1, {"Fn::Split": [",", "a,b"]}]}), json!("b")),
            (json!({"Fn::If": ["Gegeven", "ja", {"Ref": "AWS::NoValue"}]}), Value::Null),
            (json!({"a": {"Fn::If": ["Gegeven", "ja", {"Ref": "AWS::NoValue"}]}, "b": 1}), json!({"b": 1})),
            (json!([{"Ref": "AWS::NoValue"}, {"Fn::If": ["Altijd", "ja", "nee"]}]), json!(["ja"])),
            (json!({"Fn::FindInMap": ["Kaart", "a", "b"]}), json!("gevonden")),
            (json!({"Fn::FindInMap": ["Kaart", "a", "b", {"DefaultValue": "anders"}]}), json!("gevonden")),
            (json!({"Fn::FindInMap": ["Kaart", "a", "c", {"DefaultValue": {"Ref": "Tabel"}}]}), json!("log-Tabel")),
            (json!({"Fn::FindInMap": ["Kaart", "a", "c", {"DefaultValue": ["x"]}]}), json!(["x"])),
            (json!({"Fn::Base64": {"Fn::Sub": "é ${Getal}"}}), json!("w6kgMw==")),
            (json!({"Ref": "Lijst"}), json!(["a", "b c", "d"])),
            (json!({"Fn::Join": ["|", {"Ref": "Lijst"}]}), json!("a|b c|d")),
            (json!({"Fn::Select": ["1", {"Ref": "Getallen"}]}), json!("2")),
            (json!({"Fn::If": ["Waar", "ja", "nee"]}), json!("ja")),
            (json!({"Fn::If": ["Drie", "ja", "nee"]}), json!("ja")),
            (json!({"Fn::If": ["Anders", "ja", "nee"]}), json!("nee")),
            (json!({"Ref": "a", "b": 1}), json!({"Ref": "a", "b": 1})),
        ] {
            assert_eq!(resolve(value.clone()), Ok(resolved), "{value}");
        }
    }

    #[test]
    fn what_cannot_be_resolved_is_said_with_its_place() {
        for (value, message) in [
            (json!({"a": [{"Ref": "Niets"}]}), "hier.a[0].Ref: there is no parameter and no resource Niets"),
            (
                json!({"Fn::GetAtt": ["Tabel", "Kleur"]}),
                "hier.Fn::GetAtt: the attribute Kleur of Tabel is not emulated",
            ),
            (
                json!({"Fn::ImportValue": "x"}),
                "hier.Fn::ImportValue: there is no other stack here to import from; give the value by a parameter of the template",
            ),
            (json!({"Fn::If": ["Rond", 1, 2]}), "Conditions.Rond: conditions go round in a circle"),
            (json!({"Fn::Select": [2, ["a"]]}), "hier.Fn::Select: the list has nothing at 2"),
            (json!({"Fn::FindInMap": ["Kaart", "a", "c"]}), "hier.Fn::FindInMap: there is no mapping Kaart.a.c"),
            (json!({"Fn::FindInMap": ["Kaart"]}), "hier.Fn::FindInMap: this takes a list of a mapping and two keys"),
            (json!({"Fn::GetAtt": ["Niets", "Arn"]}), "hier.Fn::GetAtt: there is no parameter and no resource Niets"),
            (json!({"Fn::Join": "a"}), "hier.Fn::Join: this takes a list of a delimiter and a list"),
        ] {
            assert_eq!(resolve(value), Err(message.to_owned()));
        }
    }

    #[test]
    fn a_parameter_needs_a_value_and_a_value_a_parameter() {
        let given = BTreeMap::from([("Fout".to_owned(), "x".to_owned())]);
        let message = template().parameters(&given).unwrap_err().to_string();
        assert_eq!(
            message,
            "Parameters: there is no parameter Fout; the template has Leeg, Getal, Waarheid, Lijst, Getallen"
        );
    }
}
