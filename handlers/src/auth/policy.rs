//! The answer to API Gateway: an IAM policy for this one request, and what is handed on.

use std::collections::BTreeMap;

use contract::authorizer as names;
use serde::Serialize;

use super::Identity;
use super::request::Request;

/// What is handed on, by the names of [`contract::authorizer`]. API Gateway takes text, numbers and booleans; here it is text.
pub(super) type Context = BTreeMap<&'static str, String>;

/// Whether the request may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Effect {
    /// It may.
    Allow,
    /// API Gateway answers 403.
    Deny,
}

/// What an authorizer returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// Who asks: the client's id.
    pub principal_id: String,
    /// The policy.
    pub policy_document: Policy,
    /// Available as `$context.authorizer`.
    pub context: BTreeMap<&'static str, String>,
}

impl Answer {
    /// Whether the request may go on.
    pub fn is_allowed(&self) -> bool {
        self.policy_document.statement.iter().all(|statement| statement.effect == Effect::Allow)
    }
}

/// An IAM policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    /// Of the policy language. From this one on `${...}` is a variable, which [`Statement::resource`] depends on.
    pub version: &'static str,
    /// Its one statement.
    pub statement: [Statement; 1],
}

/// A statement of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// What may be done: calling the API.
    pub action: &'static str,
    /// Whether it may.
    pub effect: Effect,
    /// ARN of the method and path asked for, and of no other.
    pub resource: String,
}

/// Allows the request if there is something to hand on, and denies it if not.
pub(super) fn answer(request: &Request, identity: Identity, facts: Option<Context>) -> Answer {
    let effect = if facts.is_some() { Effect::Allow } else { Effect::Deny };
    let mut context = facts.unwrap_or_default();
    context.insert(names::CLIENT_ID, identity.client_id.clone());
    context.insert(names::SCOPES, identity.scopes.to_string());
    let statement = Statement { action: "execute-api:Invoke", effect, resource: literally(&request.method_arn) };
    Answer {
        principal_id: identity.client_id,
        policy_document: Policy { version: "2012-10-17", statement: [statement] },
        context,
    }
}

/// The ARN as a pattern that matches it alone. The client chose the path at its end, and may have put into it what a
/// policy takes for wildcards or variables.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars>
fn literally(arn: &str) -> String {
    let mut pattern = String::with_capacity(arn.len());
    for c in arn.chars() {
        match c {
            '*' | '?' | '$' => pattern.extend(['$', '{', c, '}']),
            c => pattern.push(c),
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r72_a_wildcard_in_a_path_is_no_wildcard_in_the_policy() {
        assert_eq!(literally("a/GET/verwerkingsacties"), "a/GET/verwerkingsacties");
        assert_eq!(literally("a/GET/*/?/${aws:userid}"), "a/GET/${*}/${?}/${$}{aws:userid}");
    }
}
