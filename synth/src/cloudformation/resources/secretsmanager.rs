//! Secrets Manager.

use super::properties;
use crate::cloudformation::{Handle, Text};

properties! {
    /// A secret.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-secretsmanager-secret.html>
    Secret = "AWS::SecretsManager::Secret" tagged {
        description: &'static str,
        kms_key_id: Text,
        generate_secret_string: Option<GenerateSecretString>,
    }
}

properties! {
    /// How a secret's first value is made, inside Secrets Manager.
    GenerateSecretString {
        secret_string_template: String,
        generate_string_key: &'static str,
        password_length: u32,
        exclude_punctuation: bool,
        include_space: bool,
    }
}

impl Handle<Secret> {
    /// ARN of the secret.
    pub fn arn(&self) -> Text {
        self.reference()
    }
}
