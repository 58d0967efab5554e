//! Integrations, carried out: what API Gateway makes of a request before what is behind it sees it, and of its answer
//! before the client does.
//!
//! Everything is read from the finished body, once: templates and patterns are parsed by [`Integration::parse`].

mod api;
mod body_path;
mod mapping;
mod mock;
mod proxy;
mod request;
mod response;
mod target;

use std::time::Duration;

use apigateway_vtl::{ParseError, RenderError, Template};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use crate::settings;
use mapping::Mapping;
use request::Passthrough;
use response::Responses;

pub use api::{Api, HttpRequest, Operation};
pub use mapping::AllValues;
pub(crate) use mapping::constant;
pub(crate) use mock::status as mock_status;
pub(crate) use proxy::{ProxyAnswer, event as proxy_event, request_parts};
pub use request::Call;
pub use response::HttpResponse;
pub use target::Target;
pub(crate) use target::{function_arn, uses_stage_variables};

/// The shortest that an integration can be given, in milliseconds, and what it gets where it says nothing. "You can increase
/// the default value to longer than 29 seconds for Regional or private APIs only", by a quota:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>.
const SHORTEST: i64 = 50;
pub(crate) const USUAL: i64 = 29_000;

/// Why an integration cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub enum IntegrationError {
    /// The template has no API with a body.
    #[error("the template has no `AWS::ApiGateway::RestApi` with a `Body`")]
    NoApi,
    /// The API does not have the operation.
    #[error("the API has no operation `{asked}`")]
    NoOperation {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: Vec<String>,
    },
    /// No mapping templates stand between the client and what answers.
    #[error("operation `{operation}` has no mapping templates: it goes to a function as it is (`{kind}`)")]
    NoTemplates {
        /// The operation.
        operation: String,
        /// The kind of integration.
        kind: String,
    },
    /// An integration that cannot be carried out at all.
    #[error("the integration of {operation} cannot be carried out: {reason}")]
    NotEmulated {
        /// Which.
        operation: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A path that does not lead to the operation.
    #[error("the path `{given}` is none of `{route}`")]
    Path {
        /// What the request has.
        given: String,
        /// The operation's route.
        route: String,
    },
    /// API Gateway has no template for the request's content type, and passes nothing through: 415.
    #[error("API Gateway answers 415: the integration takes {}, not `{given}`", .taken.join(", "))]
    MediaType {
        /// What the request has.
        given: String,
        /// What there are templates for.
        taken: Vec<String>,
    },
    /// No pattern selects a status, and there is no default: API Gateway answers 500.
    #[error("no integration response is selected by `{0}`, and there is no default")]
    NotSelected(String),
    /// A parameter mapping that this module does not know.
    #[error("the parameter mapping `{0}` is not known here")]
    Mapping(String),
    /// A parameter mapping from a body, by a JSONPath that is none.
    #[error("the parameter mapping `{mapping}` has no JSONPath: {reason}")]
    JsonPath {
        /// The mapping.
        mapping: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A template that is none.
    #[error("the {part} template does not parse: {error}")]
    Parse {
        /// Which template.
        part: String,
        /// Where and why.
        error: ParseError,
        /// The template.
        template: String,
    },
    /// A template that fails on this input: API Gateway answers 500.
    #[error("the {part} template fails: {error}")]
    Render {
        /// Which template.
        part: String,
        /// Where and why.
        error: RenderError,
        /// The template.
        template: String,
    },
}

/// An integration, parsed.
#[derive(Debug)]
pub struct Integration {
    operation: String,
    target: Target,
    timeout: Duration,
    /// In the order of the body.
    request_templates: IndexMap<String, Template>,
    passthrough: Passthrough,
    /// Headers for what is behind; what the body maps elsewhere is for HTTP integrations.
    request_headers: Vec<(String, Mapping)>,
    responses: Responses,
}

impl Integration {
    /// Reads an `x-amazon-apigateway-integration`; `operation` names it in errors.
    ///
    /// # Errors
    /// A kind or target that is not emulated, a template or pattern that does not parse, an unknown parameter mapping.
    pub fn parse(operation: &str, definition: &Json) -> Result<Self, IntegrationError> {
        let not_emulated = |reason| IntegrationError::NotEmulated { operation: operation.to_owned(), reason };
        let target = Target::parse(definition).map_err(not_emulated)?;
        let timeout = timeout(definition).map_err(not_emulated)?;
        let mut request_templates = IndexMap::new();
        for (media_type, source) in entries(definition, "requestTemplates") {
            let source = source.as_str().unwrap_or_default();
            request_templates.insert(media_type.clone(), parse(format!("{operation} request"), source)?);
        }
        let mut request_headers = Vec::new();
        for (to, from) in entries(definition, "requestParameters") {
            let mapping = Mapping::parse(from.as_str().unwrap_or_default())?;
            if let Some(header) = to.strip_prefix("integration.request.header.") {
                request_headers.push((header.to_owned(), mapping));
            }
        }
        Ok(Self {
            operation: operation.to_owned(),
            target,
            timeout,
            request_templates,
            passthrough: Passthrough::parse(definition).map_err(not_emulated)?,
            request_headers,
            responses: Responses::parse(operation, definition)?,
        })
    }

    /// What it asks.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// How long it may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }
}

/// How long an integration may take. More than is usual is taken at its word, as AWS does once the quota is raised.
fn timeout(definition: &Json) -> Result<Duration, String> {
    let given = settings::whole(definition, "timeoutInMillis")?.unwrap_or(USUAL);
    let long_enough = u64::try_from(given).ok().filter(|_| given >= SHORTEST);
    let wrong = || format!("`timeoutInMillis` is {SHORTEST} or more, not `{given}`");
    long_enough.map(Duration::from_millis).ok_or_else(wrong)
}

/// Whether a status can be that of an answer: a client takes 1xx for what comes before one.
pub(crate) fn is_status(status: u16) -> bool {
    (200..600).contains(&status)
}

/// The entries of an object in a definition; none where it is not there.
fn entries<'a>(definition: &'a Json, key: &str) -> impl Iterator<Item = (&'a String, &'a Json)> + use<'a> {
    definition.get(key).and_then(Json::as_object).map(Map::iter).into_iter().flatten()
}

/// Parses a template that was emitted.
fn parse(part: String, source: &str) -> Result<Template, IntegrationError> {
    Template::parse(source).map_err(|error| IntegrationError::Parse { part, error, template: source.to_owned() })
}
