//! The services as a client sees them: through the AWS SDK.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands, in its helpers too")]

mod batches;
mod bodies;
mod clients;
mod durability;
mod dynamodb;
mod ending;
mod faults;
mod fifo;
mod index_lag;
mod lambda;
mod long_polling;
mod queues;
mod redrive;
mod s3;
mod secrets;
mod services;
mod sqs;
mod streams;
