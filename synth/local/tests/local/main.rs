//! The services as a client sees them: through the AWS SDK.

mod batches;
mod clients;
mod durability;
mod dynamodb;
mod lambda;
mod faults;
mod fifo;
mod long_polling;
mod queues;
mod redrive;
mod s3;
mod secrets;
mod services;
mod sqs;
