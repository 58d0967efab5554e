//! What the roles of a template allow.

use serde_json::Value as Json;

use super::Relation;
use crate::cloudformation::resources::Type;
use crate::cloudformation::resources::iam::Role;
use crate::cloudformation::{Reference, Template, references};

/// One action that a role allows on one resource of the template.
pub(super) struct Grant {
    /// Logical id of the role.
    pub(super) role: String,
    /// `dynamodb:GetItem`
    pub(super) action: String,
    /// What it may be done to.
    pub(super) on: Reference,
}

/// What all roles allow: their own policies, and those that are attached to them as resources of their own. What is
/// allowed on anything (`*`) tells nothing about where data goes and is left out.
pub(super) fn grants(template: &Template) -> Vec<Grant> {
    let mut found = Vec::new();
    for (id, resource) in &template.resources {
        if resource.kind == Role::NAME {
            let documents = list(resource.properties.get("Policies")).filter_map(|policy| policy.get("PolicyDocument"));
            documents.for_each(|document| add(document, id, &mut found));
        } else if matches!(resource.kind.as_str(), "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy") {
            let Some(document) = resource.properties.get("PolicyDocument") else { continue };
            let roles = resource.properties.get("Roles").map(references).unwrap_or_default();
            roles.iter().for_each(|role| add(document, &role.target, &mut found));
        }
    }
    found
}

fn add(document: &Json, role: &str, found: &mut Vec<Grant>) {
    for statement in list(document.get("Statement")) {
        if statement.get("Effect").and_then(Json::as_str) != Some("Allow") {
            continue;
        }
        let resources = statement.get("Resource").map(references).unwrap_or_default();
        for action in list(statement.get("Action")).filter_map(Json::as_str) {
            let grant = |on: &Reference| Grant { role: role.to_owned(), action: action.to_owned(), on: on.clone() };
            found.extend(resources.iter().map(grant));
        }
    }
}

/// IAM and CloudFormation take a single value where a list could stand.
fn list(value: Option<&Json>) -> impl Iterator<Item = &Json> {
    match value {
        Some(Json::Array(items)) => items.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => &[],
    }
    .iter()
}

impl Grant {
    /// Whether it covers an action, with `*` at the end as the only wildcard that is understood. Without a name, any
    /// action of the service will do.
    pub(super) fn covers(&self, service: &str, name: Option<&str>) -> bool {
        let Some((of, allowed)) = self.action.split_once(':') else { return self.action == "*" };
        of.eq_ignore_ascii_case(service)
            && name.is_none_or(|name| match allowed.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name.eq_ignore_ascii_case(allowed),
            })
    }

    /// What the holder of the role does with it.
    pub(super) fn verb(&self) -> Verb {
        if self.on.attribute.as_deref() == Some("StreamArn") {
            return Verb::Receives;
        }
        let (service, name) = self.action.split_once(':').unwrap_or(("", &self.action));
        let begins = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
        match service {
            "sqs" if name == "SendMessage" => Verb::Sends,
            "sqs" if name != "*" => Verb::Receives,
            "sns" | "events" => Verb::Sends,
            "lambda" | "states" if begins(&["Invoke", "Start"]) => Verb::Calls,
            _ if begins(&["Get", "BatchGet", "Query", "Scan", "List", "Describe", "Head", "ConditionCheck", "Select"]) => {
                Verb::Reads
            }
            _ if begins(&["Put", "Update", "Delete", "BatchWrite", "Create"]) => Verb::Writes,
            _ => Verb::Uses,
        }
    }
}

/// What an action comes down to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Reads,
    Writes,
    Sends,
    Receives,
    Calls,
    Uses,
}

impl Verb {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::Sends => "sends",
            Self::Receives => "receives",
            Self::Calls => "calls",
            Self::Uses => "uses",
        }
    }

    pub(super) fn relation(self) -> Relation {
        match self {
            Self::Reads => Relation::Read,
            _ => Relation::Flow,
        }
    }
}
