//! CloudWatch Logs.

use super::properties;
use crate::cloudformation::{Handle, Text, account_id, partition, region};

properties! {
    /// A log group. <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-logs-loggroup.html>
    LogGroup = "AWS::Logs::LogGroup" tagged {
        /// Days.
        retention_in_days: u32,
        kms_key_id: Text,
    }
}

impl Handle<LogGroup> {
    /// ARN of its log streams, for policies. (`GetAtt Arn` ends in `:*` by itself.)
    pub fn streams_arn(&self) -> Text {
        self.attribute("Arn")
    }

    /// ARN of the group itself, without `:*`.
    pub fn arn(&self) -> Text {
        crate::text!["arn:", partition(), ":logs:", region(), ":", account_id(), ":log-group:", self.reference()]
    }
}
