//! DynamoDB.

use super::properties;
use crate::cloudformation::{Handle, Text};

properties! {
    /// A table. <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-table.html>
    Table = "AWS::DynamoDB::Table" tagged {
        billing_mode: &'static str,
        attribute_definitions: Vec<AttributeDefinition>,
        key_schema: Vec<KeySchema>,
        global_secondary_indexes: Vec<Index>,
        stream_specification: StreamSpecification,
        time_to_live_specification: TimeToLive,
        point_in_time_recovery_specification: PointInTimeRecovery,
        deletion_protection_enabled: bool,
        #[serde(rename = "SSESpecification")]
        encryption: Encryption,
    }
}

properties! {
    /// An attribute that a key uses. All of ours are strings.
    AttributeDefinition { attribute_name: &'static str, attribute_type: &'static str }
}

properties! {
    /// A part of a key.
    KeySchema { attribute_name: &'static str, key_type: &'static str }
}

properties! {
    /// A global secondary index.
    Index { index_name: &'static str, key_schema: Vec<KeySchema>, projection: Projection }
}

properties! {
    /// What an index holds.
    Projection { projection_type: &'static str, non_key_attributes: Option<Vec<&'static str>> }
}

properties! {
    /// What the stream carries.
    StreamSpecification { stream_view_type: &'static str }
}

properties! {
    /// Which attribute says when a row goes.
    TimeToLive { attribute_name: &'static str, enabled: bool }
}

properties! {
    /// Continuous backups.
    PointInTimeRecovery { point_in_time_recovery_enabled: bool }
}

properties! {
    /// Encryption at rest.
    Encryption {
        #[serde(rename = "SSEEnabled")]
        enabled: bool,
        #[serde(rename = "SSEType")]
        kind: &'static str,
        #[serde(rename = "KMSMasterKeyId")]
        key: Text,
    }
}

impl Handle<Table> {
    /// ARN of the table.
    pub fn arn(&self) -> Text {
        self.attribute("Arn")
    }

    /// ARN of one of its indexes.
    pub fn index_arn(&self, index: &str) -> Text {
        crate::text![self.arn(), "/index/", index]
    }

    /// ARN of its stream.
    pub fn stream_arn(&self) -> Text {
        self.attribute("StreamArn")
    }
}

/// A key of a partition key and a sort key.
pub fn key(partition: &'static str, sort: &'static str) -> Vec<KeySchema> {
    vec![
        KeySchema { attribute_name: partition, key_type: "HASH" },
        KeySchema { attribute_name: sort, key_type: "RANGE" },
    ]
}
