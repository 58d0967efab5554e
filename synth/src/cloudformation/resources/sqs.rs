//! SQS.

use serde_json::Value as Json;

use super::properties;
use crate::cloudformation::{Handle, Policy, Text};

properties! {
    /// A queue. <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sqs-queue.html>
    Queue = "AWS::SQS::Queue" tagged {
        queue_name: Option<Text>,
        kms_master_key_id: Text,
        /// Seconds for which SQS may use one data key.
        kms_data_key_reuse_period_seconds: u32,
        /// Seconds.
        message_retention_period: u32,
        /// Seconds.
        visibility_timeout: Option<u32>,
        redrive_policy: Option<RedrivePolicy>,
        redrive_allow_policy: Option<Json>,
    }
}

properties! {
    /// Where a message goes that keeps failing. SQS spells these in camelCase.
    RedrivePolicy {
        #[serde(rename = "deadLetterTargetArn")]
        target: Text,
        #[serde(rename = "maxReceiveCount")]
        max_receive_count: u32,
    }
}

properties! {
    /// Who may use a queue.
    QueuePolicy = "AWS::SQS::QueuePolicy" { queues: Vec<Text>, policy_document: Policy }
}

impl Handle<Queue> {
    /// ARN of the queue.
    pub fn arn(&self) -> Text {
        self.attribute("Arn")
    }

    /// Name of the queue, as CloudWatch's dimension wants it.
    pub fn name(&self) -> Text {
        self.attribute("QueueName")
    }

    /// URL of the queue.
    pub fn url(&self) -> Text {
        self.reference()
    }
}
