//! The stack file's last word.

use serde_json::{Map, Value as Json};

use super::api::DEPLOYMENT;
use crate::cloudformation::{Resource, Retention, Template, TemplateError};
use crate::report::{Diagnostic, nearest};
use crate::settings::StackFile;
use crate::source::Node;

/// Applies `overrides`: objects are merged, `null` removes, anything else replaces.
///
/// # Errors
/// An override that hits nothing: a logical id that is not there, a removal of what is not there, a part of a resource
/// that CloudFormation does not know.
pub(super) fn apply(template: &mut Template, file: &StackFile) -> Result<(), Vec<Diagnostic>> {
    let mut wrong = Vec::new();
    let Some(entries) = file.node.get("overrides").and_then(Node::as_mapping) else { return Ok(()) };
    for entry in entries {
        let Some(resource) = template.resources.get_mut(&*entry.key) else {
            let known = template.resources.keys().map(String::as_str);
            let help = match nearest(&entry.key, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "logical ids stand in the emitted template, under `Resources`".to_owned(),
            };
            let message = format!("the override of `{}` hits nothing", entry.key);
            wrong.push(
                Diagnostic::error(message).at(&file.source, entry.key_span.clone(), "no such resource").help(help),
            );
            continue;
        };
        wrong.extend(override_resource(resource, &entry.value, file));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// What CloudFormation would refuse in the finished template, with the override that brought it in. What is put together
/// here is right by construction, so an override is what such a mistake comes from; only the quotas have no place.
pub(super) fn explain(error: &TemplateError, file: &StackFile) -> Diagnostic {
    let message = Diagnostic::error(error.to_string());
    let (place, label, help) = match error {
        TemplateError::Dangling { owner, pointer, .. } => {
            let help = "logical ids stand in the emitted template, under `Resources`";
            (overridden(file, owner, pointer), "refers to it", help)
        }
        TemplateError::Cycle(ids) => {
            let place = ids.iter().find_map(|id| overridden(file, id, ""));
            (place, "changed here", "take out one of the references or `DependsOn` that make the circle")
        }
        TemplateError::TooMany { .. } => (None, "", "serve fewer operations, or split them over several stacks"),
    };
    match place {
        Some(node) => message.at(&file.source, node.span.clone(), label),
        None => message,
    }
    .help(help)
}

/// The part of an override that a pointer into a resource leads to, or as much of the way as the override goes.
fn overridden<'a>(file: &'a StackFile, id: &str, pointer: &str) -> Option<&'a Node> {
    // The deployment got its name after the overrides were applied.
    let id = if id.starts_with(DEPLOYMENT) { DEPLOYMENT } else { id };
    let mut node = file.node.get("overrides")?.get(id)?;
    for step in pointer.split('/').skip(1) {
        let key = step.replace("~1", "/").replace("~0", "~");
        let item = || node.as_sequence()?.get(key.parse::<usize>().ok()?);
        match node.get(&key).or_else(item) {
            Some(next) => node = next,
            None => break,
        }
    }
    Some(node)
}

fn override_resource(resource: &mut Resource, node: &Node, file: &StackFile) -> Vec<Diagnostic> {
    let mut wrong = Vec::new();
    for entry in node.as_mapping().unwrap_or_default() {
        let refuse = |message: String, help: &str| {
            Diagnostic::error(message).at(&file.source, entry.key_span.clone(), "stands here").help(help)
        };
        match &*entry.key {
            "Properties" => merge(&mut resource.properties, &entry.value, file, &mut wrong),
            key @ ("DeletionPolicy" | "UpdateReplacePolicy") => match retention(&entry.value) {
                Ok(policy) if key == "DeletionPolicy" => resource.deletion_policy = policy,
                Ok(policy) => resource.update_replace_policy = policy,
                Err(()) => wrong.push(refuse(
                    format!("`{key}` takes no {}", entry.value.describe()),
                    "Delete, Retain, RetainExceptOnCreate or Snapshot; null for CloudFormation's own default",
                )),
            },
            "DependsOn" => match strings(&entry.value) {
                Some(ids) => resource.depends_on = ids,
                None => wrong.push(refuse("`DependsOn` is a list of logical ids".to_owned(), "write `[Table, Queue]`")),
            },
            key @ ("Metadata" | "Condition" | "UpdatePolicy" | "CreationPolicy") => {
                if !entry.value.is_null() {
                    resource.other.insert(key.to_owned(), entry.value.to_json());
                } else if resource.other.shift_remove(key).is_none() {
                    wrong.push(refuse(format!("there is no `{key}` to remove"), "leave it out"));
                }
            }
            key => wrong.push(refuse(
                format!("a resource has no `{key}`"),
                "set `Properties`, `DeletionPolicy`, `UpdateReplacePolicy`, `DependsOn`, `Metadata`, `Condition`, \
                 `UpdatePolicy` or `CreationPolicy`; a property stands under `Properties`",
            )),
        }
    }
    wrong
}

fn merge(target: &mut Map<String, Json>, node: &Node, file: &StackFile, wrong: &mut Vec<Diagnostic>) {
    for entry in node.as_mapping().unwrap_or_default() {
        let key = &*entry.key;
        if entry.value.is_null() {
            if target.shift_remove(key).is_none() {
                let help = match nearest(key, target.keys().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "leave it out".to_owned(),
                };
                let message = format!("there is no `{key}` to remove");
                wrong.push(
                    Diagnostic::error(message).at(&file.source, entry.key_span.clone(), "hits nothing").help(help),
                );
            }
            continue;
        }
        match (target.get_mut(key), entry.value.as_mapping()) {
            // An intrinsic function is one value: merging into it would make an object that is none.
            (Some(Json::Object(inner)), Some(_)) if !is_intrinsic(inner) => merge(inner, &entry.value, file, wrong),
            _ => {
                target.insert(key.to_owned(), entry.value.to_json());
            }
        }
    }
}

fn is_intrinsic(object: &Map<String, Json>) -> bool {
    object.len() == 1 && object.keys().all(|key| key == "Ref" || key.starts_with("Fn::"))
}

fn retention(node: &Node) -> Result<Option<Retention>, ()> {
    match node.as_str() {
        None if node.is_null() => Ok(None),
        Some("Delete") => Ok(Some(Retention::Delete)),
        Some("Retain") => Ok(Some(Retention::Retain)),
        Some("RetainExceptOnCreate") => Ok(Some(Retention::RetainExceptOnCreate)),
        Some("Snapshot") => Ok(Some(Retention::Snapshot)),
        _ => Err(()),
    }
}

fn strings(node: &Node) -> Option<Vec<String>> {
    match node.as_str() {
        Some(id) => Some(vec![id.to_owned()]),
        None => node.as_sequence()?.iter().map(|id| id.as_str().map(str::to_owned)).collect(),
    }
}
