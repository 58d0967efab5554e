//! The AWS services that the emitted stack uses, served on this machine over the protocols that AWS speaks, so that
//! the SDKs, the CLI and the project's own functions work with them unchanged.
//!
//! [`Services`] starts all of them on one port. DynamoDB is the `dynoxide-rs` crate, S3's protocol is the `s3s` crate;
//! SQS, S3's objects and Secrets Manager are this crate's own. [`faults`] stands in front of them: tests make a service
//! fail, lose an answer or wait, and count the calls.
//!
//! Signatures are not verified: every credential is accepted. All servers listen on 127.0.0.1 only.

mod chunked;
pub mod clock;
mod database;
mod disk;
pub mod dynamodb;
mod error;
pub mod faults;
mod guard;
pub mod http;
pub mod lambda;
pub mod s3;
pub mod secrets;
mod services;
pub mod sqs;

pub use clock::{Clock, ManualClock, SystemClock};
pub use disk::Disk;
pub use error::Error;
pub use faults::{Call, Fault, Faults, Service};
pub use services::{Options, Services};
