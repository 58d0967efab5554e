//! IAM and resource policies.

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::text::Text;

/// A policy document.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    version: &'static str,
    /// What it says; one sentence each.
    statement: Vec<Statement>,
}

/// One sentence of a policy.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    sid: String,
    effect: Effect,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<Json>,
    action: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resource: Vec<Text>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    condition: IndexMap<&'static str, IndexMap<String, Json>>,
}

/// Whether a statement allows or forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "IAM's own names")]
pub enum Effect {
    Allow,
    Deny,
}

/// To whom a statement speaks.
#[derive(Debug, Clone)]
pub enum Principal {
    /// Anybody. Only ever used to deny.
    Anybody,
    /// An AWS service, `lambda.amazonaws.com`.
    Service(Text),
    /// The administrators of the account that the stack is in, through their own IAM policies.
    Account,
}

impl Policy {
    /// A document of these statements.
    pub fn new(statements: impl IntoIterator<Item = Statement>) -> Self {
        Self { version: "2012-10-17", statement: statements.into_iter().collect() }
    }

    /// Lets one service take on a role. Without a condition on `aws:SourceAccount`: neither Lambda nor API Gateway
    /// documents that it sends one, and a role that nobody can take on answers nothing. Another account's resource
    /// cannot be given this role, since `iam:PassRole` ends at the account.
    pub fn assumed_by(service: &str) -> Self {
        let mut statement = Statement::new(Effect::Allow, "AssumeRole", ["sts:AssumeRole"], []);
        statement.principal = Some(json!({ "Service": service }));
        Self::new([statement])
    }
}

impl Statement {
    fn new<'a>(
        effect: Effect,
        sid: &str,
        actions: impl IntoIterator<Item = &'a str>,
        resources: impl IntoIterator<Item = Text>,
    ) -> Self {
        Self {
            sid: sid.to_owned(),
            effect,
            principal: None,
            action: actions.into_iter().map(str::to_owned).collect(),
            resource: resources.into_iter().collect(),
            condition: IndexMap::new(),
        }
    }

    /// Allows actions on resources.
    pub fn allow<'a>(
        sid: &str,
        actions: impl IntoIterator<Item = &'a str>,
        resources: impl IntoIterator<Item = Text>,
    ) -> Self {
        Self::new(Effect::Allow, sid, actions, resources)
    }

    /// Forbids actions on resources, whatever else allows them.
    pub fn deny<'a>(
        sid: &str,
        actions: impl IntoIterator<Item = &'a str>,
        resources: impl IntoIterator<Item = Text>,
    ) -> Self {
        Self::new(Effect::Deny, sid, actions, resources)
    }

    /// Forbids everything that does not come over TLS.
    pub fn deny_without_tls(action: &str, resources: impl IntoIterator<Item = Text>) -> Self {
        Self::deny("DenyWithoutTls", [action], resources).to(Principal::Anybody).when(
            "Bool",
            "aws:SecureTransport",
            "false",
        )
    }

    /// Speaks to this principal; for policies that stand on a resource.
    #[must_use]
    pub fn to(mut self, principal: Principal) -> Self {
        self.principal = Some(match principal {
            Principal::Anybody => json!("*"),
            Principal::Service(name) => json!({ "Service": name }),
            Principal::Account => {
                let root = crate::text!["arn:", super::partition(), ":iam::", super::account_id(), ":root"];
                json!({ "AWS": root })
            }
        });
        self
    }

    /// Holds only under this condition.
    #[must_use]
    pub fn when(mut self, operator: &'static str, key: &str, value: impl Into<Text>) -> Self {
        self.condition.entry(operator).or_default().insert(key.to_owned(), value.into().to_json());
        self
    }
}
