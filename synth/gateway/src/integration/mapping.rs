//! Parameter mappings, which need no template:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-parameter-mapping-sources.html>.

use apigateway_vtl::Inputs;
use indexmap::IndexMap;
use serde_json::Value as Json;

use super::IntegrationError;
use super::body_path::BodyPath;

/// The query parameters and headers of a request with all their values, of which [`Inputs`] has the last.
#[derive(Debug, Clone, Default)]
pub struct AllValues {
    /// Query parameters.
    pub query: IndexMap<String, Vec<String>>,
    /// Headers.
    pub headers: IndexMap<String, Vec<String>>,
}

/// Where a parameter's value comes from.
#[derive(Debug)]
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
    /// `method.request.multivalueheader.Name`
    RequestHeaders(String),
    /// `method.request.multivaluequerystring.name`
    Queries(String),
    /// `method.request.path.name`
    Path(String),
    /// `integration.response.header.Name`, and `integration.response.multivalueheader.Name`
    AnswerHeader(String),
    /// `integration.response.body`, and `method.request.body`
    Body,
    /// `integration.response.body.a[0].b`, and `method.request.body.a[0].b`
    BodyPath(Box<BodyPath>),
}

impl Mapping {
    pub(super) fn parse(text: &str) -> Result<Self, IntegrationError> {
        let names = |path: &str| path.split('.').map(str::to_owned).collect::<Vec<_>>();
        let rest = |prefix: &str| text.strip_prefix(prefix).filter(|rest| !rest.is_empty());
        if let Some(constant) = constant(text) {
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
        } else if let Some(name) = rest("method.request.multivalueheader.") {
            Some(Self::RequestHeaders(name.to_owned()))
        } else if let Some(name) = rest("method.request.multivaluequerystring.") {
            Some(Self::Queries(name.to_owned()))
        } else if let Some(name) = rest("method.request.path.") {
            Some(Self::Path(name.to_owned()))
        } else if let Some(name) =
            rest("integration.response.header.").or_else(|| rest("integration.response.multivalueheader."))
        {
            Some(Self::AnswerHeader(name.to_owned()))
        } else if text == "integration.response.body" || text == "method.request.body" {
            Some(Self::Body)
        } else {
            let path = rest("integration.response.body.").or_else(|| rest("method.request.body."));
            path.map(|path| BodyPath::parse(text, path)).transpose()?.map(|path| Self::BodyPath(Box::new(path)))
        };
        found.ok_or_else(|| IntegrationError::Mapping(text.to_owned()))
    }

    /// The value, `None` where there is none: then nothing is mapped. `answer` is what the backend answered, its headers
    /// and body; `inputs` are the request's. Several values are joined by commas, which is how HTTP has several headers in
    /// one; AWS does not say what it makes of them.
    pub(super) fn value(
        &self,
        inputs: &Inputs,
        all: &AllValues,
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
            Self::RequestHeaders(name) => {
                Some(all.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?.1.join(","))
            }
            Self::Queries(name) => Some(all.query.get(name)?.join(",")),
            Self::Query(name) => text(inputs.querystring.get(name)?),
            Self::Path(name) => text(inputs.path.get(name)?),
            Self::AnswerHeader(name) => {
                Some(answer?.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?.1.clone())
            }
            Self::Body => Some(body.to_owned()),
            Self::BodyPath(path) => text(&path.find(body)?),
        }
    }
}

/// The text of a constant, `'text'`, as gateway responses have it too.
pub(crate) fn constant(mapping: &str) -> Option<&str> {
    mapping.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''))
}

/// A value as text; null is none.
fn text(value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
