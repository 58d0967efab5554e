//! Lambda authorizers: who may call a method, and what is known of them.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html>

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use regex_lite::Regex;
use serde_json::{Map, Value as Json};

use crate::gateway_responses::at;
use crate::integration::{function_arn, uses_stage_variables};
use crate::policy::{Policy, Verdict};
use crate::request::Facts;
use crate::settings;

/// Answers that are remembered at most, so that memory has a bound.
const MOST_REMEMBERED: usize = 10_000;

/// A Lambda authorizer of the body.
#[derive(Debug)]
pub(crate) struct Authorizer {
    pub(crate) name: Arc<str>,
    pub(crate) function: Arc<str>,
    kind: Kind,
    /// How long an answer holds, in milliseconds; 0 for not at all.
    ttl: i64,
    /// By identity: until when, and what.
    remembered: Mutex<Remembered>,
}

type Remembered = HashMap<Vec<String>, (i64, Arc<Answer>)>;

#[derive(Debug)]
enum Kind {
    Request(Vec<Source>),
    Token { header: String, valid: Option<Regex> },
}

/// Where a part of an identity comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Header(String),
    Query(String),
    Context(String),
    StageVariable(String),
}

/// What an authorizer's function answered.
#[derive(Debug)]
pub(crate) struct Answer {
    policy: Policy,
    /// `$context.authorizer`: every value as text, with the `principalId`.
    pub(crate) context: Map<String, Json>,
    pub(crate) usage_identifier_key: Option<String>,
}

impl Authorizer {
    /// Reads a security scheme with `x-amazon-apigateway-authorizer`; `Err` says what is wrong with it.
    pub(crate) fn parse(name: &str, scheme: &Json) -> Result<Self, String> {
        let definition = &scheme["x-amazon-apigateway-authorizer"];
        let text = |key: &str| definition.get(key).and_then(Json::as_str);
        let uri = text("authorizerUri").unwrap_or_default();
        if uses_stage_variables(uri) {
            return Err(
                "stage variables in an `authorizerUri` are not emulated; it names the function itself".to_owned()
            );
        }
        let function = function_arn(uri).ok_or_else(|| format!("`{uri}` is no URI of a function"))?;
        let ttl = settings::whole(definition, "authorizerResultTtlInSeconds")?.unwrap_or(300);
        if !(0..=3600).contains(&ttl) {
            return Err(format!("`authorizerResultTtlInSeconds` is 0 to 3600, not `{ttl}`"));
        }
        let kind = match text("type").unwrap_or_default() {
            "request" => {
                let sources = text("identitySource").unwrap_or_default().split(',').map(str::trim);
                let sources = sources.filter(|source| !source.is_empty()).map(Source::parse);
                let sources = sources.collect::<Result<Vec<_>, _>>()?;
                if sources.is_empty() && ttl > 0 {
                    return Err("without an `identitySource` there is nothing to cache its answers by".to_owned());
                }
                Kind::Request(sources)
            }
            "token" => {
                let given = text("identitySource").and_then(|source| source.strip_prefix("method.request.header."));
                let header = given.or_else(|| scheme.get("name").and_then(Json::as_str)).unwrap_or("Authorization");
                let whole = |pattern: &str| Regex::new(&format!("^(?:{pattern})$"));
                let valid = text("identityValidationExpression").map(whole).transpose();
                let valid = valid.map_err(|error| format!("`identityValidationExpression` is none: {error}"))?;
                Kind::Token { header: header.to_owned(), valid }
            }
            "" => return Err("it has no `type`, which is `request` or `token`".to_owned()),
            "cognito_user_pools" => {
                return Err(
                    "authorizers of type `cognito_user_pools` are not emulated, `request` and `token` are".to_owned()
                );
            }
            other => {
                let right = "it is `request` or `token`, in lower case";
                return Err(format!("`{other}` is no type of an authorizer: {right}"));
            }
        };
        Ok(Self { name: name.into(), function, kind, ttl: ttl * 1000, remembered: Mutex::default() })
    }

    /// The identity of a request, `None` where a part of it is missing, empty or not valid: then nobody is asked,
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/configure-api-gateway-lambda-authorization.html>.
    pub(crate) fn identity(
        &self,
        facts: &Facts,
        context: &Map<String, Json>,
        stage_variables: &Map<String, Json>,
    ) -> Option<Vec<String>> {
        let filled = |value: Option<String>| value.filter(|value| !value.is_empty());
        match &self.kind {
            Kind::Request(sources) => {
                let value = |source: &Source| match source {
                    Source::Header(name) => facts.header(name).map(str::to_owned),
                    Source::Query(name) => facts.query.get(name)?.last().cloned(),
                    Source::Context(path) => at(context, path),
                    Source::StageVariable(name) => at(stage_variables, name),
                };
                sources.iter().map(|source| filled(value(source))).collect()
            }
            Kind::Token { header, valid } => {
                let token = filled(facts.header(header).map(str::to_owned))?;
                valid.as_ref().is_none_or(|valid| valid.is_match(&token)).then(|| vec![token])
            }
        }
    }

    /// The event of a request. One of type TOKEN gets nothing but the token.
    pub(crate) fn event(
        &self,
        method_arn: &str,
        identity: &[String],
        request: impl FnOnce() -> Map<String, Json>,
    ) -> Json {
        let mut event = Map::new();
        let mut put = |name: &str, value: Json| event.insert(name.to_owned(), value);
        match &self.kind {
            Kind::Token { .. } => {
                put("type", "TOKEN".into());
                put("methodArn", method_arn.into());
                put("authorizationToken", identity.first().cloned().into());
            }
            Kind::Request(_) => {
                put("type", "REQUEST".into());
                put("methodArn", method_arn.into());
                // What is null in a function's event is an empty object in an authorizer's.
                for (name, value) in request() {
                    put(&name, if value.is_null() { Json::Object(Map::new()) } else { value });
                }
            }
        }
        Json::Object(event)
    }

    pub(crate) fn remembered(&self, identity: &[String], now: i64) -> Option<Arc<Answer>> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, answer) = remembered.get(identity)?;
        (now < *until).then(|| Arc::clone(answer))
    }

    pub(crate) fn remember(&self, identity: Vec<String>, answer: &Arc<Answer>, now: i64) {
        if self.ttl == 0 {
            return;
        }
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= MOST_REMEMBERED {
            remembered.retain(|_, (until, _)| now < *until);
        }
        if remembered.len() < MOST_REMEMBERED {
            remembered.insert(identity, (now + self.ttl, Arc::clone(answer)));
        }
    }
}

impl Source {
    fn parse(text: &str) -> Result<Self, String> {
        let rest = |prefix: &str| text.strip_prefix(prefix).map(str::to_owned);
        let found = rest("method.request.header.").map(Self::Header);
        let found = found.or_else(|| rest("method.request.querystring.").map(Self::Query));
        let found = found.or_else(|| rest("context.").map(Self::Context));
        let found = found.or_else(|| rest("stageVariables.").map(Self::StageVariable));
        found.ok_or_else(|| format!("`{text}` is no identity source"))
    }
}

impl Answer {
    /// Reads an answer: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html>.
    /// `Err` says what is wrong with it.
    pub(crate) fn parse(answer: &[u8]) -> Result<Self, String> {
        let answer: Json = serde_json::from_slice(answer).map_err(|error| format!("it is no JSON: {error}"))?;
        let principal = answer.get("principalId").and_then(Json::as_str).ok_or("it has no `principalId`")?;
        let policy = answer.get("policyDocument").ok_or("it has no `policyDocument`")?;
        let policy = Policy::parse(policy)?;
        let mut context = Map::new();
        context.insert("principalId".to_owned(), principal.into());
        match answer.get("context") {
            None | Some(Json::Null) => {}
            Some(Json::Object(values)) => {
                for (name, value) in values {
                    // Neither an object nor a list may be a value there; what may becomes text.
                    let value = match value {
                        Json::String(text) => text.clone(),
                        Json::Number(_) | Json::Bool(_) => value.to_string(),
                        _ => return Err(format!("`context.{name}` is no text, number or truth value")),
                    };
                    context.insert(name.clone(), value.into());
                }
            }
            Some(_) => return Err("its `context` is no object".to_owned()),
        }
        let usage_identifier_key = answer.get("usageIdentifierKey").and_then(Json::as_str).map(str::to_owned);
        Ok(Self { policy, context, usage_identifier_key })
    }

    pub(crate) fn verdict(&self, method_arn: &str) -> Verdict {
        self.policy.verdict(method_arn)
    }
}
