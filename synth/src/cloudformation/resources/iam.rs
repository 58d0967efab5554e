//! IAM.

use super::properties;
use crate::cloudformation::{Handle, Policy, Text};

properties! {
    /// A role. <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-iam-role.html>
    Role = "AWS::IAM::Role" tagged {
        description: String,
        assume_role_policy_document: Policy,
        policies: Option<Vec<InlinePolicy>>,
        managed_policy_arns: Option<Vec<Text>>,
        permissions_boundary: Option<String>,
    }
}

properties! {
    /// What a role may do.
    InlinePolicy { policy_name: &'static str, policy_document: Policy }
}

impl Handle<Role> {
    /// ARN of the role.
    pub fn arn(&self) -> Text {
        self.attribute("Arn")
    }
}
