//! Finding the references in a piece of a template.

use serde_json::Value as Json;

/// One use of another part of the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The logical id, parameter, pseudo parameter or condition that is used.
    pub target: String,
    /// The attribute, where one is asked for.
    pub attribute: Option<String>,
    /// Whether it names a condition.
    pub condition: bool,
    /// JSON pointer to the place, from the value that was walked.
    pub pointer: String,
}

/// Every reference in `value`, in the order in which they stand: `Ref`, `Fn::GetAtt`, `Fn::Sub`, `Fn::If`, `Condition`.
pub fn references(value: &Json) -> Vec<Reference> {
    let mut found = Vec::new();
    walk(value, &mut String::new(), &mut found);
    found
}

fn walk(value: &Json, pointer: &mut String, found: &mut Vec<Reference>) {
    let length = pointer.len();
    match value {
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointer.push_str(&format!("/{index}"));
                walk(item, pointer, found);
                pointer.truncate(length);
            }
        }
        Json::Object(members) => {
            let mut locals: Vec<&str> = Vec::new();
            if let [(name, argument)] = members.iter().collect::<Vec<_>>().as_slice() {
                if name.as_str() == "Fn::Sub" {
                    locals = argument
                        .get(1)
                        .and_then(Json::as_object)
                        .into_iter()
                        .flatten()
                        .map(|(k, _)| k.as_str())
                        .collect();
                }
                intrinsic(name, argument, &locals, pointer, found);
            }
            for (key, member) in members {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                walk(member, pointer, found);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

fn intrinsic(name: &str, argument: &Json, locals: &[&str], pointer: &str, found: &mut Vec<Reference>) {
    let mut push = |target: &str, attribute: Option<&str>, condition: bool| {
        found.push(Reference {
            target: target.to_owned(),
            attribute: attribute.map(str::to_owned),
            condition,
            pointer: pointer.to_owned(),
        });
    };
    match (name, argument) {
        ("Ref", Json::String(id)) => push(id, None, false),
        ("Condition", Json::String(id)) => push(id, None, true),
        ("Fn::GetAtt", Json::String(path)) => {
            let (id, attribute) = path.split_once('.').unwrap_or((path, ""));
            push(id, Some(attribute), false);
        }
        ("Fn::GetAtt", Json::Array(path)) => {
            if let [Json::String(id), Json::String(attribute)] = path.as_slice() {
                push(id, Some(attribute), false);
            }
        }
        ("Fn::If", Json::Array(arguments)) => {
            if let Some(Json::String(id)) = arguments.first() {
                push(id, None, true);
            }
        }
        ("Fn::Sub", argument) => {
            let pattern = argument.as_str().or_else(|| argument.get(0)?.as_str()).unwrap_or_default();
            for variable in pattern.split("${").skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name)) {
                if variable.starts_with('!') || locals.contains(&variable) {
                    continue;
                }
                match variable.split_once('.') {
                    Some((id, attribute)) => push(id, Some(attribute), false),
                    None => push(variable, None, false),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_every_way_to_refer() {
        let value = json!({
            "a": { "Ref": "A" },
            "b": [{ "Fn::GetAtt": ["B", "Arn"] }, { "Fn::GetAtt": "C.Arn.Deep" }],
            "c/d": { "Fn::Sub": "x-${D}-${E.Arn}-${!F}" },
            "e": { "Fn::Sub": ["${G}${local}", { "local": { "Ref": "H" } }] },
            "f": { "Fn::If": ["Given", { "Ref": "I" }, ""] },
        });
        let found: Vec<_> = references(&value).into_iter().map(|found| (found.target, found.pointer)).collect();
        let expected = [
            ("A", "/a"),
            ("B", "/b/0"),
            ("C", "/b/1"),
            ("D", "/c~1d"),
            ("E", "/c~1d"),
            ("G", "/e"),
            ("H", "/e/Fn::Sub/1/local"),
            ("Given", "/f"),
            ("I", "/f/Fn::If/1"),
        ];
        assert_eq!(found, expected.map(|(target, pointer)| (target.to_owned(), pointer.to_owned())));
    }
}
