//! What happened to a request, for somebody who wants to look.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value as Json};

use crate::ResponseType;

/// What happened to a request. Bodies are shared with what was sent, not copied.
#[derive(Debug, Clone)]
pub struct Trace {
    /// `$context.requestId`, and the response's `x-amzn-RequestId`.
    pub request_id: String,
    /// When it came in, in milliseconds since 1970-01-01T00:00:00Z.
    pub at: i64,
    /// Its method.
    pub method: String,
    /// Its path, with the stage and without the query.
    pub path: String,
    /// Its query, as it was sent; empty where there is none.
    pub query: String,
    /// Its body.
    pub body: Bytes,
    /// `operationId` of what it led to.
    pub operation: Option<Arc<str>>,
    /// The resource, `/items/{id}`.
    pub resource: Option<Arc<str>>,
    /// What the authorizer said, where one was asked.
    pub authorizer: Option<AuthorizerTrace>,
    /// What was asked of the backend, where anything was.
    pub integration: Option<IntegrationTrace>,
    /// Which of the gateway's own responses the client got, where it got one.
    pub gateway_response: Option<ResponseType>,
    /// Why, in words that the client does not see.
    pub reason: Option<String>,
    /// The response's status.
    pub status: u16,
    /// The response's body.
    pub response: Bytes,
    /// From the request to the response.
    pub took: Duration,
}

/// What an authorizer said.
#[derive(Debug, Clone)]
pub struct AuthorizerTrace {
    /// The name of its security scheme.
    pub name: Arc<str>,
    /// How it went.
    pub outcome: AuthorizerOutcome,
    /// Whether the function was not asked, since its answer was still known.
    pub cached: bool,
    /// `$context.authorizer`; empty unless it allowed the request.
    pub context: Map<String, Json>,
    /// How long the function took.
    pub took: Duration,
}

/// How an authorization went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorizerOutcome {
    /// The policy allows the request.
    Allowed,
    /// The policy does not.
    Denied,
    /// Nobody was asked: the request lacks an identity source.
    NotAsked,
    /// The function said `Unauthorized`.
    Unauthorized,
    /// It failed, or its answer was none.
    Failed,
}

/// What was asked of the backend, and what it answered.
#[derive(Debug, Clone)]
pub struct IntegrationTrace {
    /// What was asked.
    pub target: IntegrationTarget,
    /// What it got: the rendered body, or the function's event.
    pub request: Bytes,
    /// Its status; 200 of a function that answered.
    pub status: Option<u16>,
    /// Its body, or what the function returned.
    pub answer: Option<Bytes>,
    /// How long it took.
    pub took: Duration,
}

/// What an integration asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntegrationTarget {
    /// An AWS service.
    Service {
        /// `dynamodb`
        service: Arc<str>,
        /// `Query`
        action: Arc<str>,
    },
    /// A function, by its ARN.
    Function(Arc<str>),
    /// Nothing: the gateway answers by itself.
    Mock,
}
