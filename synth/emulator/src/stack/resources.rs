//! The resources of the stack: what they are called, and their properties, resolved once.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use local::Services;
use serde_json::Value;

use super::Error;
use crate::inventory::Inventory;
use crate::secret::first_value;
use crate::template::{Names, Resolver, Resource, Template, TemplateError, name_property};

/// Id of the one API.
pub(super) const API_ID: &str = "local";

/// Kinds whose properties are read once everything has a name. What those of others say need not be understood.
const READ: &[&str] = &[
    "AWS::ApiGateway::ApiKey",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGateway::UsagePlan",
    "AWS::ApiGateway::UsagePlanKey",
    "AWS::DynamoDB::Table",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::SQS::Queue",
];

/// Kinds of which each has to have a name of its own, since something is kept by it.
const KEPT: &[&str] = &[
    "AWS::DynamoDB::Table",
    "AWS::Lambda::Function",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
];

/// A resource that is part of the stack.
#[derive(Debug)]
pub(super) struct Resolved<'t> {
    pub(super) id: &'t str,
    pub(super) kind: &'t str,
    /// Null for the kinds that are not [`READ`].
    pub(super) properties: Value,
}

impl Resolved<'_> {
    /// Where its properties are, for messages.
    pub(super) fn path(&self) -> String {
        path(self.id)
    }
}

/// The resources whose conditions hold.
#[derive(Debug)]
pub(super) struct Resources<'t> {
    pub(super) names: Names,
    all: Vec<Resolved<'t>>,
}

impl<'t> Resources<'t> {
    /// Names everything and then resolves it. Takes note of what makes no difference here; makes the secrets, whose ARNs
    /// are told by the service.
    pub(super) fn of(
        template: &'t Template,
        mut resolver: Resolver<'t>,
        services: &Services,
        inventory: &mut Inventory,
    ) -> Result<Self, Error> {
        let mut included = Vec::new();
        for resource in template.resources() {
            if resolver.includes(resource.whole, &format!("Resources.{}", resource.id))? {
                inventory.resource(resource);
                included.push(resource);
            }
        }
        name_all(&included, &mut resolver, services)?;
        let resolved = included.into_iter().map(|resource: Resource<'t>| {
            let properties = if READ.contains(&resource.kind) {
                resolver.resolve(resource.properties(), &path(resource.id))?
            } else {
                Value::Null
            };
            Ok(Resolved { id: resource.id, kind: resource.kind, properties })
        });
        let all = resolved.collect::<Result<Vec<_>, Error>>()?;
        let resources = Self { names: resolver.names, all };
        resources.check_names()?;
        Ok(resources)
    }

    /// Two resources with one name would be one here, and AWS refuses the second. A bucket that S3 would refuse is made nowhere.
    fn check_names(&self) -> Result<(), TemplateError> {
        let mut known = BTreeMap::new();
        for resource in &self.all {
            let Some(property) = name_property(resource.kind).filter(|_| KEPT.contains(&resource.kind)) else {
                continue;
            };
            let path = format!("{}.{property}", resource.path());
            let name = match resource.kind {
                "AWS::SQS::Queue" => self.attribute(resource, "QueueName"),
                _ => self.reference(resource),
            };
            if resource.kind == "AWS::S3::Bucket" && !is_bucket(name) {
                let what = format!(
                    "{name} is no name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens, \
                     beginning and ending with a letter or digit"
                );
                return Err(TemplateError::at(&path, what));
            }
            if let Some(first) = known.insert((resource.kind, name), resource.id) {
                return Err(TemplateError::at(&path, format!("Resources.{first} has the name {name} already")));
            }
        }
        Ok(())
    }

    /// Those of a kind, in their order.
    pub(super) fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Resolved<'t>> {
        self.all.iter().filter(move |resource| resource.kind == kind)
    }

    /// The one of a kind.
    pub(super) fn the(&self, kind: &str) -> Result<&Resolved<'t>, TemplateError> {
        let mut found = self.of_kind(kind);
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one),
            (None, _) => Err(TemplateError::at("Resources", format!("there is no {kind}"))),
            (Some(_), Some(second)) => {
                let path = format!("Resources.{}", second.id);
                Err(TemplateError::at(&path, format!("this is a second {kind}; one is served")))
            }
        }
    }

    /// The one whose attribute has this value.
    pub(super) fn with_attribute(&self, attribute: &str, value: &str) -> Option<&Resolved<'t>> {
        let id = self.names.with_attribute(attribute, value)?;
        self.all.iter().find(|resource| resource.id == id)
    }

    /// What `Ref` gives of it.
    pub(super) fn reference(&self, resource: &Resolved<'_>) -> &str {
        self.names.reference(resource.id).unwrap_or_default()
    }

    /// What `Fn::GetAtt` gives of it; nothing for an attribute that it does not have.
    pub(super) fn attribute(&self, resource: &Resolved<'_>, attribute: &str) -> &str {
        self.names.attribute(resource.id, attribute).unwrap_or_default()
    }
}

/// Whether S3 takes this name: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>.
fn is_bucket(name: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [name.bytes().next(), name.bytes().last()];
    (3..=63).contains(&name.len())
        && name.bytes().all(|byte| alphanumeric(byte) || byte == b'.' || byte == b'-')
        && ends.into_iter().flatten().all(alphanumeric)
        && !name.contains("..")
        && name.parse::<Ipv4Addr>().is_err()
}

fn path(id: &str) -> String {
    format!("Resources.{id}.Properties")
}

/// Names everything; a name can be made of that of a resource further down.
fn name_all(resources: &[Resource<'_>], resolver: &mut Resolver<'_>, services: &Services) -> Result<(), Error> {
    let mut left = resources.to_vec();
    while !left.is_empty() {
        let before = left.len();
        let mut first = None;
        left.retain(|resource| match name(*resource, resolver, services) {
            Ok(()) => false,
            Err(why) => {
                first.get_or_insert(why);
                true
            }
        });
        if let Some(why) = first.filter(|_| left.len() == before) {
            return Err(why);
        }
    }
    Ok(())
}

/// Takes note of what references to a resource give.
fn name(resource: Resource<'_>, resolver: &mut Resolver<'_>, services: &Services) -> Result<(), Error> {
    let (id, path) = (resource.id, path(resource.id));
    let given = resource.given_name().map(|name| resolver.text(name, &path)).transpose()?;
    let name = given.clone().unwrap_or_else(|| resolver.names.physical(id));
    match resource.kind {
        "AWS::SQS::Queue" => {
            let fifo = resource.properties()["FifoQueue"] == true && !name.ends_with(".fifo");
            let name = if fifo { format!("{name}.fifo") } else { name };
            let (url, arn) = (services.sqs().url(&name), services.sqs().arn(&name));
            let attributes = [("Arn", arn), ("QueueName", name), ("QueueUrl", url.clone())];
            resolver.names.know(id, url, attributes);
        }
        "AWS::SecretsManager::Secret" => {
            let arn = secret(resource, &name, &path, services)?;
            resolver.names.know(id, arn.clone(), [("Arn", arn.clone()), ("Id", arn)]);
        }
        "AWS::ApiGateway::Stage" => resolver.names.know(id, name, []),
        "AWS::ApiGateway::RestApi" => {
            let api = ("RestApiId", API_ID.to_owned());
            resolver.names.know(id, API_ID.to_owned(), [("RootResourceId", "root".to_owned()), api]);
        }
        _ => resolver.names.know_unemulated(resource, given),
    }
    Ok(())
}

/// The ARN of a secret, which is made where there is none of this name.
fn secret(resource: Resource<'_>, name: &str, path: &str, services: &Services) -> Result<String, Error> {
    let secrets = services.secrets();
    if let Some(arn) = secrets.arn(name) {
        return Ok(arn);
    }
    let value = first_value(resource.properties(), path)?.unwrap_or_default();
    secrets.set(name, &value).map_err(|why| Error::resource(resource.id, why))
}
