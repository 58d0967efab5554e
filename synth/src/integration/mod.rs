//! Integrations as they were emitted, carried out: what API Gateway makes of a request before DynamoDB sees it, and of
//! DynamoDB's answer before the client does.
//!
//! Everything is read from the finished template, so what is shown here is what is deployed.

mod answer;
mod call;
mod context;
mod request;

use apigateway_vtl::{ParseError, RenderError};
use serde_json::{Map, Value as Json};

use crate::cloudformation::Template;

pub use answer::{BackendAnswer, HttpResponse};
pub use call::Call;
pub use request::HttpRequest;

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
    #[error("no integration response is selected by status {0}, and there is no default")]
    NotSelected(u16),
    /// A parameter mapping that this module does not know.
    #[error("the parameter mapping `{0}` is not known here")]
    Mapping(String),
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

/// The API of a template.
#[derive(Debug)]
pub struct Api {
    body: Json,
    stage: String,
    stage_variables: Map<String, Json>,
}

/// One operation of it, behind mapping templates.
#[derive(Debug)]
pub struct Integration<'a> {
    operation: &'a str,
    /// HTTP method, upper case.
    pub method: String,
    /// Its route.
    pub path: &'a str,
    definition: &'a Map<String, Json>,
    api: &'a Api,
}

impl Api {
    /// The API of a template. A reference to another resource is replaced by its logical id, since nothing is deployed.
    ///
    /// # Errors
    /// A template without an API.
    pub fn of(template: &Template) -> Result<Self, IntegrationError> {
        let of_kind = |kind: &str| template.resources.values().find(|resource| resource.kind == kind);
        let api = of_kind("AWS::ApiGateway::RestApi").and_then(|api| api.properties.get("Body"));
        let body = api.cloned().ok_or(IntegrationError::NoApi)?;
        let stage = of_kind("AWS::ApiGateway::Stage").map(|stage| &stage.properties);
        let text = |key: &str| stage.and_then(|stage| stage.get(key)).map(undeployed).unwrap_or_default();
        let variables = stage.and_then(|stage| stage.get("Variables")).and_then(Json::as_object);
        let stage_variables = variables
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), Json::String(undeployed(value))))
            .collect();
        Ok(Self { body, stage: text("StageName"), stage_variables })
    }

    /// The integration of an operation.
    ///
    /// # Errors
    /// An operation that is not there, or that has no mapping templates.
    pub fn integration(&self, operation: &str) -> Result<Integration<'_>, IntegrationError> {
        let mut known = Vec::new();
        for (path, item) in self.body["paths"].as_object().into_iter().flatten() {
            for (method, definition) in item.as_object().into_iter().flatten() {
                let Some(id) = definition.get("operationId").and_then(Json::as_str) else { continue };
                if id != operation {
                    known.push(id.to_owned());
                    continue;
                }
                let integration = definition.get("x-amazon-apigateway-integration").and_then(Json::as_object);
                let Some(definition) = integration else { continue };
                let kind = definition.get("type").and_then(Json::as_str).unwrap_or_default();
                if kind != "aws" {
                    let (operation, kind) = (operation.to_owned(), kind.to_owned());
                    return Err(IntegrationError::NoTemplates { operation, kind });
                }
                return Ok(Integration { operation: id, method: method.to_uppercase(), path, definition, api: self });
            }
        }
        Err(IntegrationError::NoOperation { asked: operation.to_owned(), known })
    }
}

/// A value before deployment: text as it is, a reference as the logical id that it points at.
fn undeployed(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Object(_) => {
            let found = crate::cloudformation::references(value);
            found.into_iter().next().map(|reference| reference.target).unwrap_or_default()
        }
        other => other.to_string(),
    }
}
