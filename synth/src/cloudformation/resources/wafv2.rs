//! WAF.

use serde_json::Value as Json;

use super::properties;
use crate::cloudformation::{Handle, Text};

properties! {
    /// A firewall.
    WebAcl = "AWS::WAFv2::WebACL" tagged {
        scope: &'static str,
        default_action: Json,
        visibility_config: Json,
        rules: Vec<Json>,
    }
}

properties! {
    /// Puts a stage behind a firewall.
    WebAclAssociation = "AWS::WAFv2::WebACLAssociation" {
        resource_arn: Text,
        #[serde(rename = "WebACLArn")]
        web_acl_arn: Text,
    }
}

impl Handle<WebAcl> {
    /// ARN of the firewall.
    pub fn arn(&self) -> Text {
        self.attribute("Arn")
    }
}
