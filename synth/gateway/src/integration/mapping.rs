//! Parameter mappings, which need no template:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html>.

use apigateway_vtl::Inputs;
use indexmap::IndexMap;
use serde_json::Value as Json;

use super::IntegrationError;

/// Where a parameter's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mapping {
    /// `'text'`
    Constant(String),
    /// `context.identity.sourceIp`
    Context(Vec<String>),
    /// `stageVariables.name`
    StageVariable(String),
    /// `method.request.header.Name`
    RequestHeader(String),
    /// `method.request.querystring.name`
    Query(String),
    /// `method.request.path.name`
    Path(String),
    /// `integration.response.header.Name`
    AnswerHeader(String),
    /// `integration.response.body`, and `method.request.body`
    Body,
    /// `integration.response.body.a.b`: names alone, of JSONPath
    BodyPath(Vec<String>),
}

impl Mapping {
    pub(super) fn parse(text: &str) -> Result<Self, IntegrationError> {
        let names = |path: &str| path.split('.').map(str::to_owned).collect::<Vec<_>>();
        let rest = |prefix: &str| text.strip_prefix(prefix).filter(|rest| !rest.is_empty());
        if let Some(constant) = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            return Ok(Self::Constant(constant.to_owned()));
        }
        let found = if let Some(path) = rest("context.") {
            Some(Self::Context(names(path)))
        } else if let Some(name) = rest("stageVariables.") {
            Some(Self::StageVariable(name.to_owned()))
        } else if let Some(name) = rest("method.request.header.") {
            Some(Self::RequestHeader(name.to_owned()))
        } else if let Some(name) = rest("method.request.querystring.") {
            Some(Self::Query(name.to_owned()))
        } else if let Some(name) = rest("method.request.path.") {
            Some(Self::Path(name.to_owned()))
        } else if let Some(name) = rest("integration.response.header.") {
            Some(Self::AnswerHeader(name.to_owned()))
        } else if text == "integration.response.body" || text == "method.request.body" {
            Some(Self::Body)
        } else {
            let path = rest("integration.response.body.").or_else(|| rest("method.request.body."));
            let plain = |path: &&str| path.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
            path.filter(plain).map(|path| Self::BodyPath(names(path)))
        };
        found.ok_or_else(|| IntegrationError::Mapping(text.to_owned()))
    }

    /// The value, `None` where there is none: then nothing is mapped. `answer` is what the backend answered, its headers
    /// and body; `inputs` are the request's.
    pub(super) fn value(
        &self,
        inputs: &Inputs,
        answer: Option<&IndexMap<String, String>>,
        body: &str,
    ) -> Option<String> {
        match self {
            Self::Constant(text) => Some(text.clone()),
            Self::Context(path) => {
                let (first, rest) = path.split_first()?;
                text(rest.iter().try_fold(inputs.context.get(first)?, |value, name| value.get(name))?)
            }
            Self::StageVariable(name) => text(inputs.stage_variables.get(name)?),
            Self::RequestHeader(name) => {
                text(inputs.header.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?.1)
            }
            Self::Query(name) => text(inputs.querystring.get(name)?),
            Self::Path(name) => text(inputs.path.get(name)?),
            Self::AnswerHeader(name) => {
                Some(answer?.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?.1.clone())
            }
            Self::Body => Some(body.to_owned()),
            Self::BodyPath(path) => {
                let body: Json = serde_json::from_str(body).ok()?;
                text(path.iter().try_fold(&body, |value, name| value.get(name))?)
            }
        }
    }
}

/// A value as text; null is none.
fn text(value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
