//! The template as CloudFormation reads it.

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::text::Text;
use super::walk::{Reference, references};

/// A CloudFormation template.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Template {
    #[serde(rename = "AWSTemplateFormatVersion")]
    version: FormatVersion,
    /// What the stack is.
    pub description: String,
    /// What can be given at deployment.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub parameters: IndexMap<String, Parameter>,
    /// What depends on it.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub conditions: IndexMap<String, Condition>,
    /// What is made.
    pub resources: IndexMap<String, Resource>,
    /// What is told to others.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<String, Output>,
}

#[derive(Debug, Clone, Default, Serialize)]
enum FormatVersion {
    #[default]
    #[serde(rename = "2010-09-09")]
    Only,
}

/// A value that is given at deployment.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Parameter {
    /// `String`, `Number`, ...
    #[serde(rename = "Type")]
    pub kind: &'static str,
    /// What it is for.
    pub description: String,
    /// What it is where nothing is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Regular expression that a value must match as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_pattern: Option<String>,
}

/// A condition: an expression of `Fn::Equals` and its kin.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Condition(pub(super) Json);

/// A resource.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Resource {
    /// `AWS::DynamoDB::Table`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// What must be there first, beyond what is referred to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// What becomes of it when the stack goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<Retention>,
    /// What becomes of the old one when an update replaces it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_replace_policy: Option<Retention>,
    /// What it is like.
    pub properties: Map<String, Json>,
    /// Attributes that only an override sets: `Metadata`, `Condition`, `UpdatePolicy`.
    #[serde(flatten)]
    pub other: Map<String, Json>,
}

/// What becomes of a resource that is no longer wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "CloudFormation's own names")]
pub enum Retention {
    Delete,
    Retain,
    RetainExceptOnCreate,
    Snapshot,
}

/// A value for people and other stacks.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Output {
    /// What it is.
    pub description: String,
    /// What it is worth.
    pub value: Text,
    /// The name under which other stacks import it.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "export")]
    pub export: Option<Text>,
}

fn export<S: serde::Serializer>(name: &Option<Text>, serializer: S) -> Result<S::Ok, S::Error> {
    serde_json::json!({ "Name": name }).serialize(serializer)
}

/// CloudFormation's quotas for one template.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Size of the template in bytes, when it is passed in an S3 object.
    pub bytes: usize,
    /// Number of resources.
    pub resources: usize,
    /// Number of parameters.
    pub parameters: usize,
    /// Number of outputs.
    pub outputs: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 1_000_000, resources: 500, parameters: 200, outputs: 200 }
    }
}

/// Why CloudFormation would refuse the template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It points at something that is not there.
    #[error("`{owner}` refers to `{target}`, which the template does not have (at {pointer})")]
    Dangling {
        /// The resource, condition or output that refers.
        owner: String,
        /// What it refers to.
        target: String,
        /// Where in it.
        pointer: String,
    },
    /// Resources that wait for each other.
    #[error("resources depend on each other in a circle: {}", .0.join(" -> "))]
    Cycle(Vec<String>),
    /// There is more of something than CloudFormation takes.
    #[error("the template has {actual} {what}; CloudFormation takes {limit} at most")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there are.
        actual: usize,
        /// How many there may be.
        limit: usize,
    },
}

impl Template {
    /// The template as one JSON document.
    pub fn to_json(&self) -> Json {
        serde_json::to_value(self).expect("a template holds only strings, numbers, lists and string-keyed maps")
    }

    /// The references of one resource, `DependsOn` included.
    pub fn references_of(&self, id: &str) -> Vec<Reference> {
        let Some(resource) = self.resources.get(id) else { return Vec::new() };
        let mut found = Vec::new();
        for (key, value) in &resource.properties {
            found.extend(references(value).into_iter().map(|mut reference| {
                reference.pointer = format!("/Properties/{key}{}", reference.pointer);
                reference
            }));
        }
        if let Some(Json::String(condition)) = resource.other.get("Condition") {
            let (target, pointer) = (condition.clone(), "/Condition".to_owned());
            found.push(Reference { target, attribute: None, condition: true, pointer });
        }
        for (index, id) in resource.depends_on.iter().enumerate() {
            let pointer = format!("/DependsOn/{index}");
            found.push(Reference { target: id.clone(), attribute: None, condition: false, pointer });
        }
        found
    }

    /// Whether every reference points at something, nothing waits for itself, and the quotas hold. `bytes` is the size
    /// of the template as it will be written.
    pub fn check(&self, bytes: usize, limits: &Limits) -> Vec<TemplateError> {
        let mut errors = Vec::new();
        let counts = [
            ("bytes", bytes, limits.bytes),
            ("resources", self.resources.len(), limits.resources),
            ("parameters", self.parameters.len(), limits.parameters),
            ("outputs", self.outputs.len(), limits.outputs),
        ];
        errors.extend(
            counts
                .into_iter()
                .filter(|(_, actual, limit)| actual > limit)
                .map(|(what, actual, limit)| TemplateError::TooMany { what, actual, limit }),
        );
        let uses = self.resources.keys().map(|id| (id, self.references_of(id)));
        let conditions = self.conditions.iter().map(|(id, condition)| (id, references(&condition.0)));
        let outputs = self.outputs.iter().map(|(id, output)| (id, references(&output.value.to_json())));
        for (owner, found) in uses.chain(conditions).chain(outputs) {
            errors.extend(found.into_iter().filter(|reference| !self.has(reference)).map(|reference| {
                TemplateError::Dangling { owner: owner.clone(), target: reference.target, pointer: reference.pointer }
            }));
        }
        errors.extend(self.cycle().map(TemplateError::Cycle));
        errors
    }

    /// Gives a resource another logical id, wherever it is referred to as a whole.
    pub fn rename(&mut self, old: &str, new: &str) {
        let rename = |id: &mut String| {
            if id == old {
                *id = new.to_owned();
            }
        };
        self.resources = std::mem::take(&mut self.resources)
            .into_iter()
            .map(|(mut id, mut resource)| {
                rename(&mut id);
                resource.depends_on.iter_mut().for_each(rename);
                resource.properties.values_mut().for_each(|value| rename_references(value, old, new));
                (id, resource)
            })
            .collect();
    }

    fn has(&self, reference: &Reference) -> bool {
        let id = reference.target.as_str();
        if reference.condition {
            return self.conditions.contains_key(id);
        }
        let whole = reference.attribute.is_none();
        self.resources.contains_key(id) || (whole && (self.parameters.contains_key(id) || id.starts_with("AWS::")))
    }

    /// A circle of resources, if there is one: depth first, with a stack of its own, in the template's order.
    fn cycle(&self) -> Option<Vec<String>> {
        #[derive(Clone, Copy, PartialEq)]
        enum State {
            New,
            Open,
            Done,
        }
        let edges: Vec<Vec<usize>> = self
            .resources
            .keys()
            .map(|id| self.references_of(id).iter().filter_map(|r| self.resources.get_index_of(&r.target)).collect())
            .collect();
        let mut states = vec![State::New; edges.len()];
        for start in 0..edges.len() {
            let mut path = vec![(start, 0)];
            while let Some((at, next)) = path.pop() {
                states[at] = State::Open;
                let Some(&to) = edges[at].get(next) else {
                    states[at] = State::Done;
                    continue;
                };
                path.push((at, next + 1));
                if states[to] == State::Open {
                    let ids = path.iter().map(|&(index, _)| index).skip_while(|&index| index != to).chain([to]);
                    return Some(
                        ids.filter_map(|index| self.resources.get_index(index)).map(|(id, _)| id.clone()).collect(),
                    );
                }
                if states[to] == State::New {
                    path.push((to, 0));
                }
            }
        }
        None
    }
}

fn rename_references(value: &mut Json, old: &str, new: &str) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(|item| rename_references(item, old, new)),
        Json::Object(members) if members.len() == 1 => {
            for (name, argument) in members.iter_mut() {
                match (name.as_str(), &mut *argument) {
                    ("Ref", Json::String(id)) if id == old => new.clone_into(id),
                    ("Fn::GetAtt", Json::Array(path)) => match path.first_mut() {
                        Some(Json::String(id)) if id == old => new.clone_into(id),
                        _ => {}
                    },
                    ("Fn::Sub", Json::String(pattern)) => *pattern = rename_variables(pattern, old, new),
                    _ => rename_references(argument, old, new),
                }
            }
        }
        Json::Object(members) => members.values_mut().for_each(|member| rename_references(member, old, new)),
        _ => {}
    }
}

/// `${old}` and `${old.Attribute}`, but not the literal `${!old}` nor a longer name.
fn rename_variables(pattern: &str, old: &str, new: &str) -> String {
    pattern
        .replace(&format!("${{{old}}}"), &format!("${{{new}}}"))
        .replace(&format!("${{{old}."), &format!("${{{new}."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_renamed_resource_is_followed_wherever_it_is_referred_to() {
        let mut value = json!([
            { "Ref": "Old" },
            { "Fn::GetAtt": ["Old", "Arn"] },
            { "Fn::Sub": "${Old}/${Old.Arn}/${!Old}/${Older}" },
            { "Fn::If": ["Old", { "Ref": "Old" }, "Old"] },
            "Old",
        ]);
        rename_references(&mut value, "Old", "New");
        let expected = json!([
            { "Ref": "New" },
            { "Fn::GetAtt": ["New", "Arn"] },
            { "Fn::Sub": "${New}/${New.Arn}/${!Old}/${Older}" },
            { "Fn::If": ["Old", { "Ref": "New" }, "Old"] },
            "Old",
        ]);
        assert_eq!(value, expected);
    }
}
