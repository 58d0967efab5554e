//! The services as a client sees them: through the AWS SDK.

mod clients;
mod dynamodb;
mod s3;
mod sqs;
