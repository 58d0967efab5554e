//! From an OpenAPI specification to the CloudFormation stack of the processing log.
//!
//! Data flows one way: [`source`] → [`specification`] → [`apigateway`] and [`stack`] → [`cloudformation`] → [`emit`].

pub mod apigateway;
pub mod report;
pub mod source;
pub mod specification;
