//! API Gateway's REST APIs, carried out from the OpenAPI body that is deployed, and from nothing else.
//!
//! A [`Gateway`] is made of a [`Definition`]: the properties of an `AWS::ApiGateway::RestApi` and its `Stage`. It turns
//! a request into a response as API Gateway does: stage, route, authorizer, API key, throttling, validation, mapping
//! templates, integration, and its own responses where one of these refuses. What is behind it (functions, services) is
//! a [`Backend`], handed in. It opens no socket and reads no file.
//!
//! ```
//! use std::net::IpAddr;
//! use bytes::Bytes;
//! use gateway::{Backend, Definition, Gateway};
//! use serde_json::json;
//!
//! # async fn run(backend: &impl Backend) -> Result<(), Box<dyn std::error::Error>> {
//! let definition = Definition::new(
//!     json!({"Body": {"openapi": "3.0.1", "paths": {"/ready": {"get": {
//!         "x-amazon-apigateway-integration": {
//!             "type": "mock",
//!             "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
//!             "responses": {"default": {"statusCode": "200"}}
//!         }
//!     }}}}}),
//!     json!({"StageName": "v1"}),
//! );
//! let gateway = Gateway::new(definition)?;
//! let request = http::Request::get("/v1/ready").body(Bytes::new())?;
//! let exchange = gateway.handle(request, IpAddr::from([127, 0, 0, 1]), backend).await;
//! assert_eq!(exchange.response.status(), 200);
//! # Ok(())
//! # }
//! ```
//!
//! [`Gateway::handle`] waits with `tokio`'s timer, so it wants a `tokio` runtime with time enabled.

mod authorizer;
mod backend;
mod clock;
mod context;
mod definition;
mod gateway;
mod gateway_responses;
mod headers;
pub mod integration;
mod keys;
mod not_emulated;
mod policy;
mod request;
mod routes;
mod settings;
mod throttle;
mod trace;
mod validate;

pub use backend::{Backend, Failure, Invocation, InvokeError, ServiceAnswer, ServiceCall, Unreachable};
pub use clock::{Clock, SystemClock};
pub use definition::{ApiKey, Definition, DefinitionError, UsagePlan};
pub use gateway::{Exchange, Gateway};
pub use gateway_responses::ResponseType;
pub use request::HeaderSpelling;
pub use trace::{AuthorizerOutcome, AuthorizerTrace, IntegrationTarget, IntegrationTrace, Trace};
