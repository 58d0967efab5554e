//! The stack file's last word.

use serde_json::{Map, Value as Json};

use crate::cloudformation::{Resource, Retention, Template, TemplateError};
use crate::report::{Diagnostic, nearest};
use crate::settings::StackFile;
use crate::source::{Entry, Node};

/// Applies `overrides`: objects are merged, `null` removes, anything else replaces.
///
/// # Errors
/// An override that hits nothing: a logical id that is not there, a removal of what is not there, a part of a resource
/// that CloudFormation does not know.
pub(super) fn apply(template: &mut Template, file: &StackFile) -> Result<(), Vec<Diagnostic>> {
    let mut overrides = Overrides { file, wrong: Vec::new() };
    let entries = file.node.get("overrides").and_then(Node::as_mapping).unwrap_or_default();
    for entry in entries {
        let Some(resource) = template.resources.get_mut(&*entry.key) else {
            let known = template.resources.keys().map(String::as_str);
            let help = match nearest(&entry.key, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "logical ids stand in the emitted template, under `Resources`".to_owned(),
            };
            overrides.refuse(entry, format!("the override of `{}` hits nothing", entry.key), "no such resource", &help);
            continue;
        };
        overrides.resource(resource, entry);
    }
    if overrides.wrong.is_empty() { Ok(()) } else { Err(overrides.wrong) }
}

/// Says why CloudFormation would refuse the template, and where the stack file is to blame: only an override can bring
/// in a reference that misses.
pub fn explain(error: &TemplateError, file: &StackFile) -> Diagnostic {
    let diagnostic = Diagnostic::error(error.to_string());
    let (owner, pointer, help) = match error {
        TemplateError::Dangling { owner, pointer, .. } => {
            (owner, pointer.as_str(), "logical ids stand in the emitted template, under `Resources`")
        }
        TemplateError::Cycle(ids) => match ids.iter().find(|id| overridden(file, id).is_some()) {
            Some(id) => (id, "", "leave out what makes it wait for the next in the circle"),
            None => return diagnostic,
        },
        TemplateError::TooMany { .. } => {
            return diagnostic.help("serve fewer operations, or divide them over several stacks");
        }
    };
    let Some(entry) = overridden(file, owner) else { return diagnostic };
    let mut span = entry.key_span.clone();
    let mut node = &entry.value;
    for key in pointer.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~")) {
        let Some(next) = node.get(&key).or_else(|| node.as_sequence()?.get(key.parse::<usize>().ok()?)) else { break };
        (node, span) = (next, next.span.clone());
    }
    diagnostic.at(&file.source, span, "overridden here").help(help)
}

fn overridden<'a>(file: &'a StackFile, id: &str) -> Option<&'a Entry> {
    file.node.get("overrides")?.entry(id)
}

struct Overrides<'a> {
    file: &'a StackFile,
    wrong: Vec<Diagnostic>,
}

impl Overrides<'_> {
    fn refuse(&mut self, entry: &Entry, message: String, label: &str, help: &str) {
        self.wrong.push(Diagnostic::error(message).at(&self.file.source, entry.key_span.clone(), label).help(help));
    }

    fn resource(&mut self, resource: &mut Resource, overridden: &Entry) {
        for entry in self.entries(overridden) {
            match &*entry.key {
                "Properties" => self.merge(&mut resource.properties, entry),
                key @ ("DeletionPolicy" | "UpdateReplacePolicy") => match retention(&entry.value) {
                    Ok(policy) if key == "DeletionPolicy" => resource.deletion_policy = policy,
                    Ok(policy) => resource.update_replace_policy = policy,
                    Err(()) => {
                        let help =
                            "Delete, Retain, RetainExceptOnCreate or Snapshot; null for CloudFormation's own default";
                        self.refuse(entry, format!("`{key}` takes no {}", entry.value.describe()), "this", help);
                    }
                },
                "DependsOn" => match strings(&entry.value) {
                    Some(ids) => resource.depends_on = ids,
                    None => {
                        let message = "`DependsOn` must be a list of logical ids".to_owned();
                        self.refuse(entry, message, "this", "write `[Table, Queue]`");
                    }
                },
                "Metadata" | "Condition" | "UpdatePolicy" | "CreationPolicy" => self.set(&mut resource.other, entry),
                key => self.refuse(
                    entry,
                    format!("a resource has no `{key}`"),
                    "no part of a resource",
                    "set `Properties`, `DeletionPolicy`, `UpdateReplacePolicy`, `DependsOn`, `Metadata`, `Condition`, \
                     `UpdatePolicy` or `CreationPolicy`; a property stands under `Properties`",
                ),
            }
        }
    }

    fn merge(&mut self, target: &mut Map<String, Json>, overridden: &Entry) {
        for entry in self.entries(overridden) {
            match (target.get_mut(&*entry.key), entry.value.as_mapping()) {
                // An intrinsic function is one value: merging into it would make an object that is none.
                (Some(Json::Object(inner)), Some(_)) if !is_intrinsic(inner) => self.merge(inner, entry),
                _ => self.set(target, entry),
            }
        }
    }

    /// Sets or removes one value as a whole.
    fn set(&mut self, target: &mut Map<String, Json>, entry: &Entry) {
        let key = &*entry.key;
        if !entry.value.is_null() {
            self.refuse_nulls(entry);
            target.insert(key.to_owned(), entry.value.to_json());
        } else if target.shift_remove(key).is_none() {
            let help = match nearest(key, target.keys().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "leave it out".to_owned(),
            };
            self.refuse(entry, format!("there is no `{key}` to remove"), "hits nothing", &help);
        }
    }

    /// What an override holds; one that holds nothing is a mistake, as is anything but an object.
    fn entries<'n>(&mut self, overridden: &'n Entry) -> &'n [Entry] {
        let entries = overridden.value.as_mapping().unwrap_or_default();
        if entries.is_empty() {
            let message = format!("the override of `{}` changes nothing", overridden.key);
            let label = format!(
                "this is {}",
                if overridden.value.as_mapping().is_some() { "empty" } else { overridden.value.kind() }
            );
            self.refuse(overridden, message, &label, "name what is to be set, or with `null` removed; or leave it out");
        }
        entries
    }

    /// A `null` removes. Within a value that is set as a whole there is nothing to remove, and CloudFormation refuses
    /// a template with a null in it.
    fn refuse_nulls(&mut self, entry: &Entry) {
        let mut open = vec![&entry.value];
        while let Some(node) = open.pop() {
            if node.is_null() {
                let message = format!("`null` has nothing to remove within `{}`", entry.key);
                let place = if node.span.is_empty() { entry.key_span.clone() } else { node.span.clone() };
                let error = Diagnostic::error(message).at(&self.file.source, place, "hits nothing");
                self.wrong.push(error.help("leave it out: the whole value is replaced"));
            }
            open.extend(node.as_sequence().unwrap_or_default());
            open.extend(node.as_mapping().unwrap_or_default().iter().map(|entry| &entry.value));
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
