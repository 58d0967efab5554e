//! From an OpenAPI specification to the CloudFormation stack of the processing log.
//!
//! Data flows one way: [`source`] → [`specification`] → [`mapping`] and [`apigateway`] → [`stack`] →
//! [`cloudformation`] → [`emit`]. [`graph`] draws what comes out.

pub mod apigateway;
pub mod cloudformation;
pub mod emit;
pub mod graph;
pub mod mapping;
pub mod report;
pub mod settings;
pub mod source;
pub mod specification;
pub mod stack;
