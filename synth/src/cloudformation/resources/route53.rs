//! Route 53.

use super::properties;
use crate::cloudformation::Text;

properties! {
    /// A DNS record.
    RecordSet = "AWS::Route53::RecordSet" {
        hosted_zone_id: String,
        name: String,
        #[serde(rename = "Type")]
        kind: &'static str,
        alias_target: AliasTarget,
    }
}

properties! {
    /// What the record stands for.
    AliasTarget {
        #[serde(rename = "DNSName")]
        dns_name: Text,
        hosted_zone_id: Text,
        evaluate_target_health: bool,
    }
}
