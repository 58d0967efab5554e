//! A picture of a stack, drawn from its template and from nothing else.
//!
//! [`picture`] finds what there is and what goes where; [`mermaid`] and [`svg`] write it down. The template may hold
//! anything that an override brought in: what is not understood is drawn plainly or not at all, never refused.

mod edges;
mod layout;
mod mermaid;
mod permissions;
mod style;
mod svg;
#[cfg(test)]
mod tests;

pub use mermaid::mermaid;
pub use svg::svg;

use crate::cloudformation::resources::Type;
use crate::cloudformation::resources::apigateway::RestApi;
use crate::cloudformation::resources::dynamodb::Table;
use crate::cloudformation::resources::lambda::Function;
use crate::cloudformation::resources::s3::Bucket;
use crate::cloudformation::resources::secretsmanager::Secret;
use crate::cloudformation::resources::sqs::Queue;
use crate::cloudformation::{Resource, Template};

/// What is drawn: nodes, and the edges between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The template's description.
    pub title: String,
    /// The client first, then the resources in the template's order.
    pub nodes: Vec<Node>,
    /// At most one for each pair of nodes and direction.
    pub edges: Vec<Edge>,
}

/// A resource, or the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The logical id.
    pub id: String,
    /// What it is, in words: `Lambda function`.
    pub caption: String,
    /// The resource's own description; empty where it has none.
    pub description: String,
    /// What it is.
    pub kind: Kind,
    /// With what it is drawn together.
    pub group: Group,
}

/// What a node is, as far as that changes how it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the services' own names")]
pub enum Kind {
    /// Whoever calls the API. Stands in no template.
    Client,
    Api,
    Function,
    Table,
    Bucket,
    Queue,
    Secret,
    /// Everything else: drawn on request, and plainly.
    Other,
}

/// With what a node is drawn together, in the order of a request's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Not part of the stack.
    Outside,
    /// Works while the client waits: the API and what it calls.
    Waiting,
    /// Keeps data or messages.
    Kept,
    /// Works afterwards: what events start, and where failures go.
    Afterwards,
    /// Everything else.
    Supporting,
}

/// Something that goes from one node to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Index into [`Picture::nodes`].
    pub from: usize,
    /// Index into [`Picture::nodes`].
    pub to: usize,
    /// What goes there, a word or two each: `GET`, `writes`.
    pub words: Vec<String>,
    /// How it is drawn.
    pub relation: Relation,
}

/// How two nodes are related; where several relations hold, the first of these is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// Requests, events, messages, writes.
    Flow,
    /// What failed.
    Failure,
    /// Reads only.
    Read,
    /// The template mentions it, for a reason that is not known here.
    Refers,
}

/// Draws a template: the way of a request, and with `all` every other resource as well.
pub fn picture(template: &Template, all: bool) -> Picture {
    let found = edges::find(template, all);
    let mut nodes = Vec::new();
    if found.iter().any(|edge| edge.from == edges::CLIENT) {
        nodes.push(Node {
            id: edges::CLIENT.to_owned(),
            caption: "application".to_owned(),
            description: String::new(),
            kind: Kind::Client,
            group: Group::Outside,
        });
    }
    let drawn = template.resources.iter().filter(|(_, resource)| all || Kind::of(resource) != Kind::Other);
    nodes.extend(drawn.map(|(id, resource)| Node {
        id: id.clone(),
        caption: caption(&resource.kind),
        description: resource.properties.get("Description").and_then(|text| text.as_str()).unwrap_or_default().to_owned(),
        kind: Kind::of(resource),
        group: group(id, Kind::of(resource), &found),
    }));
    let index = |id: &str| nodes.iter().position(|node| node.id == id);
    let edges = found
        .iter()
        .filter_map(|edge| {
            let (from, to) = (index(&edge.from)?, index(&edge.to)?);
            Some(Edge { from, to, words: edge.words.clone(), relation: edge.relation })
        })
        .collect();
    Picture { title: template.description.clone(), nodes, edges }
}

impl Kind {
    fn of(resource: &Resource) -> Self {
        match resource.kind.as_str() {
            RestApi::NAME => Self::Api,
            Function::NAME => Self::Function,
            Table::NAME => Self::Table,
            Bucket::NAME => Self::Bucket,
            Queue::NAME => Self::Queue,
            Secret::NAME => Self::Secret,
            _ => Self::Other,
        }
    }
}

impl Edge {
    /// The words on the edge, as one line; empty where there are none.
    pub fn label(&self) -> String {
        self.words.join(" · ")
    }
}

impl Group {
    /// What is written over it; `None` where no line is drawn around it.
    fn title(self) -> Option<&'static str> {
        match self {
            Self::Outside => None,
            Self::Waiting => Some("while the client waits"),
            Self::Kept => Some("kept"),
            Self::Afterwards => Some("afterwards"),
            Self::Supporting => Some("also in the stack"),
        }
    }
}

fn group(id: &str, kind: Kind, found: &[edges::Found]) -> Group {
    let fails_into = || found.iter().any(|edge| edge.to == id && edge.relation == Relation::Failure);
    let answers = || found.iter().any(|edge| edge.to == id && edge.by_api);
    let is_fed = || found.iter().any(|edge| edge.to == id && edge.by_event);
    match kind {
        Kind::Client => Group::Outside,
        Kind::Api => Group::Waiting,
        Kind::Function if answers() && !is_fed() => Group::Waiting,
        Kind::Function => Group::Afterwards,
        Kind::Queue if fails_into() => Group::Afterwards,
        Kind::Table | Kind::Bucket | Kind::Queue | Kind::Secret => Group::Kept,
        Kind::Other => Group::Supporting,
    }
}

/// `Lambda function`; of a type that is not known here, its name without `AWS::`.
fn caption(kind: &str) -> String {
    match kind {
        RestApi::NAME => "API Gateway REST API".to_owned(),
        Function::NAME => "Lambda function".to_owned(),
        Table::NAME => "DynamoDB table".to_owned(),
        Bucket::NAME => "S3 bucket".to_owned(),
        Queue::NAME => "SQS queue".to_owned(),
        Secret::NAME => "Secrets Manager secret".to_owned(),
        other => other.strip_prefix("AWS::").unwrap_or(other).replace("::", " "),
    }
}
