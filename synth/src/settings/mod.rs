//! The stack file: what one deployment wants to be different from the defaults.
//!
//! Every key has a default that is safe to deploy, so a stack file is short. The types here are the only description
//! of it: they read it, check it, and give `stacks/schema.json`, by which an editor helps while typing.

mod api;
mod check;
mod functions;
mod kinds;
mod storage;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use api::{Api, ApiKeys, Domain, Period, Quota, Throttling, Waf};
pub use functions::{Architecture, Functions, Gen, Proc, Proj, Sizing, Vpc};
pub use kinds::*;
pub use storage::{Backup, LockMode, ObjectLock, Queue, Table, visibility_timeout};

use crate::report::Diagnostic;
use crate::source::{self, Node, Source, Span};

/// One deployment of the processing log.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "Stack file")]
pub struct Settings {
    /// Name of the CloudFormation stack, and of the files that `synth` writes.
    pub name: StackName,
    /// What this deployment is, for whoever sees the stack in the console. 1024 bytes at most.
    #[serde(default = "description")]
    #[schemars(length(max = 1024))]
    pub description: String,
    /// OpenAPI documents to serve, one or several, relative to this file. Left out: the built-in Bewerking API.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub spec: OneOrMany,
    /// Time zone in which `beginDatum` and `eindDatum` are days (R46).
    #[serde(default)]
    pub tijdzone: Tijdzone,
    /// Whether a BSN must pass the eleven-test. The standard's own examples do not (R15).
    #[serde(default)]
    pub elfproef: bool,
    /// Tags on every resource that takes tags.
    #[serde(default)]
    pub tags: IndexMap<TagKey, TagValue>,
    /// Whose tokens are accepted.
    #[serde(default)]
    pub tokens: Tokens,
    /// The API: its stage, limits, domain and firewall.
    #[serde(default)]
    pub api: Api,
    /// The table.
    #[serde(default)]
    pub table: Table,
    /// The queue and its DLQ.
    #[serde(default)]
    pub queue: Queue,
    /// The backup bucket.
    #[serde(default)]
    pub backup: Backup,
    /// The functions.
    #[serde(default)]
    pub functions: Functions,
    /// Log groups.
    #[serde(default)]
    pub logs: Logs,
    /// Alarms and the dashboard.
    #[serde(default)]
    pub monitoring: Monitoring,
    /// Where the functions' code is found.
    #[serde(default)]
    pub assets: Assets,
    /// The last word: properties to set, or with `null` to remove, by logical id. Applied to the finished template.
    #[serde(default)]
    pub overrides: IndexMap<String, serde_json::Map<String, serde_json::Value>>,
}

fn description() -> String {
    "Processing log (VNG Bewerking API voor logging van verwerkingen)".to_owned()
}

/// Whose tokens are accepted.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Tokens {
    /// Issuers of JWTs whose keys are published.
    pub issuers: Vec<Issuer>,
    /// Whether tokens in the ZGW way (HS256, a secret per `client_id`) are accepted too. Adds a secret to fill.
    pub zgw: bool,
}

/// Somebody who issues tokens.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Issuer {
    /// The `iss` claim.
    pub issuer: HttpsUrl,
    /// The `aud` claim that a token must carry.
    pub audience: String,
    /// Where the issuer publishes its keys.
    pub jwks_uri: HttpsUrl,
}

/// Log groups.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Logs {
    /// Days that log lines are kept. CloudWatch takes certain numbers only.
    pub retention_days: LogRetention,
}

/// Alarms and the dashboard.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Monitoring {
    /// SNS topic that alarms are sent to. Left out: alarms only show in the console.
    pub topic_arn: Option<TopicArn>,
    /// Age in seconds at which the oldest waiting message raises an alarm.
    pub oldest_message_seconds: Whole<60, 1_209_600>,
    /// 99th percentile of the API's latency, in milliseconds, above which an alarm is raised.
    pub latency_p99_ms: Whole<10, 29_000>,
    /// Share of requests, in percent, that may fail with 5xx before an alarm is raised.
    pub server_error_percent: Whole<1, 100>,
    /// Age in seconds at which the oldest unread stream record raises an alarm.
    pub iterator_age_seconds: Whole<60, 86_400>,
    /// Whether to make a dashboard.
    pub dashboard: bool,
}

impl Default for Monitoring {
    fn default() -> Self {
        Self {
            topic_arn: None,
            oldest_message_seconds: Whole::of(300),
            latency_p99_ms: Whole::of(1_000),
            server_error_percent: Whole::of(1),
            iterator_age_seconds: Whole::of(300),
            dashboard: true,
        }
    }
}

/// Where the functions' code is found.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Assets {
    /// Bucket with the packaged functions. Left out: the template's parameter `AssetsBucket`, else
    /// `synth-assets-<account>-<region>`.
    pub bucket: Option<BucketName>,
}

/// A stack file that was read: the settings, and the tree they came from, to point at.
#[derive(Debug)]
pub struct StackFile {
    /// The file.
    pub source: Arc<Source>,
    /// Its tree.
    pub node: Node,
    /// What it says.
    pub settings: Settings,
}

impl StackFile {
    /// Reads and checks a stack file.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn read(path: &Path) -> Result<Self, Vec<Diagnostic>> {
        let (source, node) = source::read(path).map_err(|error| vec![error])?;
        Self::from_node(source, node)
    }

    /// As [`StackFile::read`], from text.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let (source, node) = source::parse(name, text).map_err(|error| vec![error])?;
        Self::from_node(source, node)
    }

    fn from_node(source: Arc<Source>, node: Node) -> Result<Self, Vec<Diagnostic>> {
        let settings: Settings = source::de::from_node(&source, &node).map_err(|error| vec![error])?;
        let file = Self { source, node, settings };
        let contradictions = check::contradictions(&file);
        if contradictions.is_empty() { Ok(file) } else { Err(contradictions) }
    }

    /// The OpenAPI documents it names, from the folder that the stack file is in, each with the place where it is named.
    pub fn specifications(&self) -> Vec<(PathBuf, Span)> {
        let folder = Path::new(&self.source.name).parent().unwrap_or(Path::new(""));
        let Some(node) = self.node.get("spec") else { return Vec::new() };
        let named = node.as_sequence().unwrap_or(std::slice::from_ref(node));
        named.iter().filter_map(|node| Some((folder.join(node.as_str()?), node.span.clone()))).collect()
    }

    /// Where a key stands, named by its path: its value, or as much of the path as is written.
    pub fn place(&self, path: &[&str]) -> Span {
        let mut node = &self.node;
        for key in path {
            match node.get(key) {
                Some(next) => node = next,
                None => break,
            }
        }
        node.span.clone()
    }
}

/// The JSON Schema of a stack file.
pub fn schema() -> serde_json::Value {
    schemars::SchemaGenerator::from(schemars::generate::SchemaSettings::draft07())
        .into_root_schema_for::<Settings>()
        .into()
}
