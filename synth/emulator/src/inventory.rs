//! What of a template makes no difference here, each thing once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::template::Resource;

/// Kinds of resources of which something runs here, with the properties that make a difference. Those of tables and queues
/// are known to the crate `local`.
const EMULATED: &[(&str, &[&str])] = &[
    ("AWS::ApiGateway::ApiKey", &["Enabled", "Name", "Value", "StageKeys"]),
    ("AWS::ApiGateway::Deployment", &["RestApiId", "Description"]),
    ("AWS::ApiGateway::UsagePlanKey", &["KeyId", "KeyType", "UsagePlanId"]),
    ("AWS::DynamoDB::Table", &[]),
    (
        "AWS::Lambda::EventSourceMapping",
        &[
            "BatchSize",
            "BisectBatchOnFunctionError",
            "DestinationConfig",
            "Enabled",
            "EventSourceArn",
            "FilterCriteria",
            "FunctionName",
            "FunctionResponseTypes",
            "MaximumBatchingWindowInSeconds",
            "MaximumRecordAgeInSeconds",
            "MaximumRetryAttempts",
            "ParallelizationFactor",
            "ScalingConfig",
            "StartingPosition",
        ],
    ),
    (
        "AWS::Lambda::Function",
        &[
            "Code",
            "Description",
            "Environment",
            "FunctionName",
            "Handler",
            "ReservedConcurrentExecutions",
            "Runtime",
            "Timeout",
        ],
    ),
    ("AWS::S3::Bucket", &["BucketName"]),
    ("AWS::SQS::Queue", &[]),
    ("AWS::SecretsManager::Secret", &["Description", "GenerateSecretString", "Name", "SecretString"]),
];

/// Kinds about which somebody else says what makes no difference.
const ASKED_ELSEWHERE: &[&str] = &[
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGateway::UsagePlan",
    "AWS::DynamoDB::Table",
    "AWS::SQS::Queue",
];

/// Why a kind of resource is not missed, where that needs saying.
fn remark(kind: &str) -> &'static str {
    match kind {
        "AWS::IAM::Role" | "AWS::SQS::QueuePolicy" | "AWS::S3::BucketPolicy" => " (permissions are not checked)",
        "AWS::KMS::Key" | "AWS::KMS::Alias" => " (nothing is encrypted)",
        _ => "",
    }
}

/// Collects it.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    kinds: BTreeMap<String, usize>,
    properties: BTreeMap<String, BTreeSet<String>>,
    others: BTreeSet<String>,
}

impl Inventory {
    /// Takes note of a resource.
    pub(crate) fn resource(&mut self, resource: Resource<'_>) {
        if ASKED_ELSEWHERE.contains(&resource.kind) {
            return;
        }
        match EMULATED.iter().find(|(kind, _)| *kind == resource.kind) {
            None => *self.kinds.entry(resource.kind.to_owned()).or_default() += 1,
            Some((_, known)) => {
                let properties = resource.properties().as_object().into_iter().flatten();
                let ignored = properties.filter(|(name, _)| !known.contains(&name.as_str()));
                self.ignored(resource.kind, ignored.map(|(name, _): (&String, &Value)| name.clone()));
            }
        }
    }

    /// Properties of a kind of resource that make no difference.
    pub(crate) fn ignored(&mut self, kind: &str, properties: impl IntoIterator<Item = String>) {
        let mut properties = properties.into_iter().filter(|name| name != "Tags").peekable();
        if properties.peek().is_some() {
            self.properties.entry(kind.to_owned()).or_default().extend(properties);
        }
    }

    /// Anything else.
    pub(crate) fn other(&mut self, what: impl IntoIterator<Item = String>) {
        self.others.extend(what);
    }

    /// A line for each.
    pub(crate) fn lines(&self) -> Vec<String> {
        let kinds = self.kinds.iter().map(|(kind, count)| {
            let times = if *count > 1 { format!(" × {count}") } else { String::new() };
            format!("{kind}{times}{}", remark(kind))
        });
        let properties = self.properties.iter().map(|(kind, properties)| {
            let names: Vec<&str> = properties.iter().map(String::as_str).collect();
            format!("{kind}: {}", names.join(", "))
        });
        kinds.chain(properties).chain(self.others.iter().cloned()).collect()
    }
}
