//! The mapping templates, run by Apache Velocity as API Gateway runs them, against a table in memory.

mod client;
mod delete;
mod dynamodb;
mod engines;
mod errors;
mod expression;
mod list;
mod oracle;
mod paging;
mod property;
mod read;
mod rows;
mod sources;
mod traced;
mod whole;
