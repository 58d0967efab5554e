//! What resources are called here, and what references to them give.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Resource;

/// The account of everything here, which no account of AWS has.
pub(crate) const ACCOUNT: &str = "000000000000";

/// What `Ref` and `Fn::GetAtt` give of a resource.
#[derive(Debug, Clone, Default)]
struct Known {
    reference: String,
    attributes: BTreeMap<&'static str, String>,
}

/// The names of a stack's resources.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) stack: String,
    pub(crate) region: String,
    known: BTreeMap<String, Known>,
}

impl Names {
    pub(crate) fn new(stack: &str, region: &str) -> Self {
        Self { stack: stack.to_owned(), region: region.to_owned(), known: BTreeMap::new() }
    }

    /// A name like the one that CloudFormation makes up, but the same every time.
    pub(crate) fn physical(&self, id: &str) -> String {
        format!("{}-{id}", self.stack)
    }

    /// An ARN in this account and region.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{ACCOUNT}:{resource}", self.region)
    }

    pub(crate) fn reference(&self, id: &str) -> Option<&str> {
        self.known.get(id).map(|known| known.reference.as_str())
    }

    pub(crate) fn attribute(&self, id: &str, attribute: &str) -> Option<&str> {
        self.known.get(id)?.attributes.get(attribute).map(String::as_str)
    }

    /// The logical id of the resource whose attribute has this value.
    pub(crate) fn with_attribute(&self, attribute: &str, value: &str) -> Option<&str> {
        let found =
            self.known.iter().find(|(_, known)| known.attributes.get(attribute).is_some_and(|has| has == value));
        found.map(|(id, _)| id.as_str())
    }

    /// Takes note of what references to a resource give.
    pub(crate) fn know(
        &mut self,
        id: &str,
        reference: String,
        attributes: impl IntoIterator<Item = (&'static str, String)>,
    ) {
        self.known.insert(id.to_owned(), Known { reference, attributes: attributes.into_iter().collect() });
    }

    /// The same for a resource that nothing here stands for, so far as it can be told: `name` is the one that it is given.
    pub(crate) fn know_unemulated(&mut self, resource: Resource<'_>, name: Option<String>) {
        let given = name.is_some();
        let name = name.unwrap_or_else(|| self.physical(resource.id));
        let (reference, arn) = match resource.kind {
            "AWS::Lambda::Function" => (name.clone(), self.arn("lambda", &format!("function:{name}"))),
            "AWS::IAM::Role" => (name.clone(), format!("arn:aws:iam::{ACCOUNT}:role/{name}")),
            "AWS::KMS::Key" => (name.clone(), self.arn("kms", &format!("key/{name}"))),
            "AWS::Logs::LogGroup" => (name.clone(), self.arn("logs", &format!("log-group:{name}:*"))),
            "AWS::S3::Bucket" => {
                // A name that CloudFormation makes up has the logical id in lower case.
                let bucket = if given { name } else { name.to_lowercase() };
                (bucket.clone(), format!("arn:aws:s3:::{bucket}"))
            }
            "AWS::DynamoDB::Table" => (name.clone(), self.arn("dynamodb", &format!("table/{name}"))),
            "AWS::CloudWatch::Alarm" => (name.clone(), self.arn("cloudwatch", &format!("alarm:{name}"))),
            "AWS::WAFv2::WebACL" => (name.clone(), self.arn("wafv2", &format!("regional/webacl/{name}"))),
            other => {
                let service = other.split("::").nth(1).unwrap_or_default().to_lowercase();
                (name.clone(), self.arn(&service, &name))
            }
        };
        let mut attributes = BTreeMap::from([("Arn", arn)]);
        if resource.kind == "AWS::DynamoDB::Table" {
            attributes.insert("StreamArn", format!("{}/stream/1", attributes["Arn"]));
        }
        self.known.insert(resource.id.to_owned(), Known { reference, attributes });
    }
}

/// The name that a template gives a resource, before anything is resolved; `None` where CloudFormation makes one up.
pub(crate) fn name_property(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "AWS::DynamoDB::Table" => "TableName",
        "AWS::SQS::Queue" => "QueueName",
        "AWS::S3::Bucket" => "BucketName",
        "AWS::Lambda::Function" => "FunctionName",
        "AWS::IAM::Role" => "RoleName",
        "AWS::Logs::LogGroup" => "LogGroupName",
        "AWS::ApiGateway::Stage" => "StageName",
        "AWS::SecretsManager::Secret" => "Name",
        _ => return None,
    })
}

impl<'a> Resource<'a> {
    /// Its properties, nothing resolved.
    pub(crate) fn properties(&self) -> &'a Value {
        &self.whole["Properties"]
    }

    /// The property with its name, if it has one.
    pub(crate) fn given_name(&self) -> Option<&'a Value> {
        self.properties().get(name_property(self.kind)?)
    }
}
