//! KMS.

use super::properties;
use crate::cloudformation::{Handle, Policy, Text};

properties! {
    /// A key. <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-kms-key.html>
    Key = "AWS::KMS::Key" tagged {
        description: String,
        enable_key_rotation: bool,
        /// Days between asking for its deletion and the end.
        pending_window_in_days: u32,
        key_policy: Policy,
    }
}

properties! {
    /// A readable name for a key.
    Alias = "AWS::KMS::Alias" { alias_name: Text, target_key_id: Text }
}

impl Handle<Key> {
    /// ARN of the key.
    pub fn arn(&self) -> Text {
        self.attribute("Arn")
    }
}
