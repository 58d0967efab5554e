//! What an OpenAPI document says, made explicit: references resolved, defaults filled in, nothing left to look up.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value as Json;

use crate::source::{Source, Span};

/// One document.
#[derive(Debug, Clone)]
pub struct Specification {
    /// The file that it was read from.
    pub source: Arc<Source>,
    /// `info.title`.
    pub title: String,
    /// `info.version`, also the value of the `API-version` header.
    pub version: String,
    /// `info.description`.
    pub description: Option<String>,
    /// In the order of the document.
    pub operations: Vec<Operation>,
    /// `components.schemas`, in the order of the document. References between them stay by name.
    pub schemas: IndexMap<String, Schema>,
    /// `components.securitySchemes`.
    pub security_schemes: IndexMap<String, SecurityScheme>,
}

/// One method on one route.
#[derive(Debug, Clone)]
pub struct Operation {
    /// `operationId`; unique in the document.
    pub id: String,
    /// HTTP method.
    pub method: Method,
    /// Route.
    pub path: Path,
    /// `summary`.
    pub summary: Option<String>,
    /// `description`.
    pub description: Option<String>,
    /// `tags`.
    pub tags: Vec<String>,
    /// Those of the operation and those of its path, the operation's own winning.
    pub parameters: Vec<Parameter>,
    /// The body, where the operation takes one.
    pub request_body: Option<RequestBody>,
    /// By status code: `200`, `4XX` or `default`.
    pub responses: IndexMap<String, Response>,
    /// The operation's own, else the document's. Alternatives: one of them is enough. Empty: open to anybody.
    pub security: Vec<Requirement>,
    /// Where the `operationId` stands.
    pub span: Span,
}

/// The methods that OpenAPI 3.0 knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "HTTP's own names")]
pub enum Method {
    Get,
    Put,
    Post,
    Delete,
    Options,
    Head,
    Patch,
    Trace,
}

impl Method {
    /// As OpenAPI writes it: lower case.
    pub fn key(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Put => "put",
            Self::Post => "post",
            Self::Delete => "delete",
            Self::Options => "options",
            Self::Head => "head",
            Self::Patch => "patch",
            Self::Trace => "trace",
        }
    }
}

/// A route, `/verwerkingsacties/{actieId}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// As written.
    pub text: String,
    /// Its parts.
    pub segments: Vec<Segment>,
    /// Where it stands in the document.
    pub span: Span,
}

/// One part of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Fixed text.
    Literal(String),
    /// `{name}`, the whole segment.
    Parameter(String),
    /// Text and parameters mixed, which OpenAPI allows and API Gateway does not.
    Mixed(String),
}

/// Where a parameter travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "OpenAPI's own names")]
pub enum Location {
    Path,
    Query,
    Header,
    Cookie,
}

/// A parameter of an operation.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name; case matters except in a header.
    pub name: String,
    /// Where it travels.
    pub location: Location,
    /// What it is for.
    pub description: Option<String>,
    /// Whether a request without it is wrong.
    pub required: bool,
    /// What it may hold.
    pub schema: SchemaRef,
    /// Where it stands.
    pub span: Span,
}

/// What an operation takes.
#[derive(Debug, Clone)]
pub struct RequestBody {
    /// `description`.
    pub description: Option<String>,
    /// Whether a request without it is wrong.
    pub required: bool,
    /// By media type.
    pub content: IndexMap<String, SchemaRef>,
}

/// What an operation returns.
#[derive(Debug, Clone)]
pub struct Response {
    /// `description`.
    pub description: String,
    /// By name.
    pub headers: IndexMap<String, Header>,
    /// By media type; empty for a response without a body.
    pub content: IndexMap<String, SchemaRef>,
    /// Where it stands.
    pub span: Span,
}

/// A header of a response.
#[derive(Debug, Clone)]
pub struct Header {
    /// `description`.
    pub description: Option<String>,
    /// `required`.
    pub required: bool,
    /// What it holds.
    pub schema: Option<SchemaRef>,
}

/// One alternative of `security`: all of its schemes are needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Scheme name to the scopes that it must carry.
    pub schemes: IndexMap<String, Vec<String>>,
}

/// A way to authenticate.
#[derive(Debug, Clone)]
pub struct SecurityScheme {
    /// What kind.
    pub kind: SecurityKind,
    /// `description`.
    pub description: Option<String>,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of security scheme that OpenAPI 3.0 has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecurityKind {
    /// `http` with a scheme, `bearer` or `basic`, in lower case.
    Http {
        /// The scheme.
        scheme: String,
        /// A hint, such as `JWT`.
        bearer_format: Option<String>,
    },
    /// `apiKey`.
    ApiKey {
        /// Name of the header, query parameter or cookie.
        name: String,
        /// Where it travels.
        location: Location,
    },
    /// `oauth2`.
    OAuth2,
    /// `openIdConnect`.
    OpenIdConnect,
}

/// A schema of the document by its name, or one written in place.
#[derive(Debug, Clone)]
pub enum SchemaRef {
    /// A key of [`Specification::schemas`]; always one that exists.
    Named(String, Span),
    /// Written in place.
    Inline(Box<Schema>),
}

/// A schema as OpenAPI 3.0 has it. `allOf` is kept as it was written; [`super::flatten`] merges it.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the keywords of OpenAPI 3.0's Schema Object")]
pub struct Schema {
    pub title: Option<String>,
    pub description: Option<String>,
    pub kind: Option<Kind>,
    pub format: Option<String>,
    pub pattern: Option<String>,
    pub enumeration: Vec<Json>,
    pub default: Option<Json>,
    pub example: Option<Json>,
    pub nullable: bool,
    pub read_only: bool,
    pub write_only: bool,
    pub deprecated: bool,
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
    pub minimum: Option<serde_json::Number>,
    pub maximum: Option<serde_json::Number>,
    pub exclusive_minimum: bool,
    pub exclusive_maximum: bool,
    pub multiple_of: Option<serde_json::Number>,
    pub min_items: Option<u64>,
    pub max_items: Option<u64>,
    pub unique_items: bool,
    pub items: Option<Box<SchemaRef>>,
    pub properties: IndexMap<String, SchemaRef>,
    pub required: Vec<String>,
    pub min_properties: Option<u64>,
    pub max_properties: Option<u64>,
    pub additional_properties: Option<AdditionalProperties>,
    pub all_of: Vec<SchemaRef>,
    pub any_of: Vec<SchemaRef>,
    pub one_of: Vec<SchemaRef>,
    pub not: Option<Box<SchemaRef>>,
    /// Name of the property that tells alternatives apart.
    pub discriminator: Option<String>,
    pub span: Span,
}

/// `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "JSON Schema's own names")]
pub enum Kind {
    String,
    Integer,
    Number,
    Boolean,
    Array,
    Object,
}

/// `additionalProperties`.
#[derive(Debug, Clone)]
pub enum AdditionalProperties {
    /// `true` or `false`.
    Allowed(bool),
    /// What they must look like.
    Schema(Box<SchemaRef>),
}
