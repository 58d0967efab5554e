//! What goes where: found in event sources, in the API's body, in what roles allow.

use serde_json::Value as Json;

use super::permissions::{Grant, Verb, grants};
use super::{Kind, Relation};
use crate::cloudformation::resources::Type;
use crate::cloudformation::resources::lambda::EventSourceMapping;
use crate::cloudformation::{Resource, Template, references};

/// Stands for whoever calls the API. Logical ids begin with a capital or not, but this one is no logical id that a
/// template could refer to: it has a space in it.
pub(super) const CLIENT: &str = "API client";

/// An edge between logical ids.
pub(super) struct Found {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) words: Vec<String>,
    pub(super) relation: Relation,
    /// The API calls it.
    pub(super) by_api: bool,
    /// An event source starts it.
    pub(super) by_event: bool,
}

/// Every edge of the template, one for each pair and direction. With `all`, also those of which nothing is known but
/// that one resource mentions another.
pub(super) fn find(template: &Template, all: bool) -> Vec<Found> {
    let mut edges = Edges { template, grants: grants(template), found: Vec::new() };
    for (id, resource) in &template.resources {
        match Kind::of(resource) {
            Kind::Api => edges.of_api(id, resource),
            Kind::Function => edges.of_function(id, resource),
            Kind::Queue => edges.of_queue(id, resource),
            _ if resource.kind == EventSourceMapping::NAME => edges.of_event_source(resource),
            _ => {}
        }
    }
    if all {
        edges.of_everything();
    }
    edges.found.into_iter().map(tidy).collect()
}

struct Edges<'a> {
    template: &'a Template,
    grants: Vec<Grant>,
    found: Vec<Found>,
}

impl Edges<'_> {
    /// Adds a word to the edge between two, which is made where it is not there yet.
    fn add(&mut self, from: &str, to: &str, word: impl Into<String>, relation: Relation) -> &mut Found {
        let known = self.found.iter().position(|edge| edge.from == from && edge.to == to);
        let index = known.unwrap_or_else(|| {
            let (from, to) = (from.to_owned(), to.to_owned());
            self.found.push(Found { from, to, words: Vec::new(), relation, by_api: false, by_event: false });
            self.found.len() - 1
        });
        let edge = &mut self.found[index];
        let word = word.into();
        if !word.is_empty() && !edge.words.contains(&word) {
            edge.words.push(word);
        }
        edge.relation = edge.relation.min(relation);
        edge
    }

    /// The resources that a property mentions.
    fn targets(&self, value: Option<&Json>) -> Vec<String> {
        let mentioned = value.map(references).unwrap_or_default().into_iter().map(|reference| reference.target);
        mentioned.filter(|id| self.template.resources.contains_key(id)).collect()
    }

    fn is_function(&self, id: &str) -> bool {
        self.template.resources.get(id).is_some_and(|resource| Kind::of(resource) == Kind::Function)
    }

    /// The API's callers, and where its operations and authorizers go.
    fn of_api(&mut self, id: &str, resource: &Resource) {
        self.add(CLIENT, id, "HTTPS", Relation::Flow);
        let Some(body) = resource.properties.get("Body") else { return };
        let components = body.get("components").and_then(|components| components.get("securitySchemes"));
        for schemes in components.into_iter().chain(body.get("securityDefinitions")) {
            for scheme in members(Some(schemes)).map(|(_, scheme)| scheme) {
                let uri = scheme.get("x-amazon-apigateway-authorizer").and_then(|found| found.get("authorizerUri"));
                for function in self.targets(uri) {
                    self.add(id, &function, "token", Relation::Flow).by_api = true;
                }
            }
        }
        for (method, operation) in members(body.get("paths")).flat_map(|(_, path)| members(Some(path))) {
            let word = if method == "x-amazon-apigateway-any-method" { "ANY" } else { method };
            let Some(integration) = operation.get("x-amazon-apigateway-integration") else { continue };
            for target in self.integrated(integration) {
                self.add(id, &target, word.to_uppercase(), Relation::Flow).by_api = true;
            }
        }
    }

    /// Where an integration goes: the function in its address, or else what its role lets it do the address's action to.
    fn integrated(&self, integration: &Json) -> Vec<String> {
        let uri = integration.get("uri");
        let functions: Vec<_> = self.targets(uri).into_iter().filter(|id| self.is_function(id)).collect();
        let Some((service, action)) = uri.and_then(service) else { return functions };
        if !functions.is_empty() {
            return functions;
        }
        let roles = self.targets(integration.get("credentials"));
        let allowed = self.grants.iter().filter(|grant| roles.contains(&grant.role));
        let mut targets: Vec<_> = allowed
            .filter(|grant| grant.covers(&service, action.as_deref()))
            .map(|grant| grant.on.target.clone())
            .filter(|id| self.template.resources.contains_key(id))
            .collect();
        targets.sort_unstable();
        targets.dedup();
        targets
    }

    /// What a function's role lets it do.
    fn of_function(&mut self, id: &str, resource: &Resource) {
        let roles = self.targets(resource.properties.get("Role"));
        let allowed = self.grants.iter().filter(|grant| roles.contains(&grant.role));
        let allowed: Vec<_> = allowed.map(|grant| (grant.verb(), grant.on.target.clone())).collect();
        for (verb, target) in allowed {
            if !self.template.resources.contains_key(&target) {
                continue;
            }
            match verb {
                Verb::Receives => self.add(&target, id, verb.word(), verb.relation()),
                _ => self.add(id, &target, verb.word(), verb.relation()),
            };
        }
    }

    fn of_queue(&mut self, id: &str, resource: &Resource) {
        let Some(redrive) = resource.properties.get("RedrivePolicy") else { return };
        let tries = redrive.get("maxReceiveCount").and_then(Json::as_u64);
        let word = tries.map_or_else(|| "failures".to_owned(), |tries| format!("after {tries} tries"));
        for target in self.targets(redrive.get("deadLetterTargetArn")) {
            self.add(id, &target, word.as_str(), Relation::Failure);
        }
    }

    fn of_event_source(&mut self, resource: &Resource) {
        let property = |name| resource.properties.get(name);
        let is_stream = property("EventSourceArn")
            .is_some_and(|source| references(source).iter().any(|found| found.attribute.as_deref() == Some("StreamArn")));
        let word = match property("BatchSize").and_then(Json::as_u64) {
            _ if is_stream => "stream".to_owned(),
            Some(size) => format!("batches of {size}"),
            None => "events".to_owned(),
        };
        let failures = property("DestinationConfig").and_then(|config| config.get("OnFailure")?.get("Destination"));
        for function in self.targets(property("FunctionName")) {
            for source in self.targets(property("EventSourceArn")) {
                self.add(&source, &function, word.as_str(), Relation::Flow).by_event = true;
            }
            for destination in self.targets(failures) {
                self.add(&function, &destination, "failures", Relation::Failure);
            }
        }
    }

    fn of_everything(&mut self) {
        let template = self.template;
        for id in template.resources.keys() {
            for reference in template.references_of(id) {
                let target = &reference.target;
                if target != id && !reference.condition && template.resources.contains_key(target) {
                    self.add(id, target, "", Relation::Refers);
                }
            }
        }
    }
}

/// What is said twice is said once: a function that is fed from a queue also receives from it, and one whose failures
/// go to a queue also sends to it. The rest stands in the order in which people know it.
fn tidy(mut edge: Found) -> Found {
    const ORDER: [&str; 11] =
        ["ANY", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "writes", "sends", "reads"];
    let is_failure = edge.words.iter().any(|word| word == "failures");
    let is_source = edge.by_event;
    edge.words.retain(|word| !(is_failure && word == "sends" || is_source && word == "receives"));
    if is_failure {
        edge.relation = Relation::Failure;
    }
    edge.words.sort_by_key(|word| ORDER.iter().position(|known| known == word).unwrap_or(ORDER.len()));
    edge
}

/// The service and action of an integration's address, `arn:aws:apigateway:<region>:dynamodb:action/GetItem`.
fn service(uri: &Json) -> Option<(String, Option<String>)> {
    // As JSON, since it may be put together by any intrinsic function.
    let text = uri.to_string();
    for (marker, named) in [(":action/", true), (":path/", false)] {
        let Some((before, after)) = text.split_once(marker) else { continue };
        let service = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '-').next()?.to_owned();
        let action: String = after.chars().take_while(char::is_ascii_alphanumeric).collect();
        return Some((service, named.then_some(action)));
    }
    None
}

fn members(value: Option<&Json>) -> impl Iterator<Item = (&str, &Json)> {
    value.and_then(Json::as_object).into_iter().flatten().map(|(key, member)| (key.as_str(), member))
}
