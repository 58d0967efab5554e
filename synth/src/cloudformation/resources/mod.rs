//! The resource types that the stack is made of, one module a service.
//!
//! Each holds the properties that this project sets and no others; a stack file's `overrides` reaches the rest.
//! A test holds what is emitted against AWS's own resource schemas.

pub mod apigateway;
pub mod cloudwatch;
pub mod dynamodb;
pub mod iam;
pub mod kms;
pub mod lambda;
pub mod logs;
pub mod route53;
pub mod s3;
pub mod secretsmanager;
pub mod sqs;
pub mod wafv2;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

/// A resource type: its name, and its properties as a Rust type.
pub trait Type: Serialize {
    /// `AWS::DynamoDB::Table`.
    const NAME: &'static str;
    /// The property that takes tags, where there is one.
    const TAGS: Option<&'static str>;

    /// The properties as CloudFormation reads them. What was not set is left out.
    fn to_properties(&self) -> Map<String, Json> {
        let value = serde_json::to_value(self).expect("properties are strings, numbers, lists and string-keyed maps");
        match without_nulls(value) {
            Json::Object(properties) => properties,
            _ => Map::new(),
        }
    }

    /// Tags in the form of this type: a list of pairs.
    fn tags(tags: &IndexMap<String, String>) -> Json {
        tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
    }
}

fn without_nulls(value: Json) -> Json {
    match value {
        Json::Object(members) => members
            .into_iter()
            .filter(|(_, member)| !member.is_null())
            .map(|(key, member)| (key, without_nulls(member)))
            .collect(),
        Json::Array(items) => items.into_iter().map(without_nulls).collect(),
        scalar => scalar,
    }
}

/// Declares property types: `TypeName = "AWS::Service::Type" tagged { .. }` for a resource, `TypeName { .. }` for
/// what stands inside one. Fields are written in CloudFormation's PascalCase.
macro_rules! properties {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident : $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, serde::Serialize)]
        #[serde(rename_all = "PascalCase")]
        #[allow(missing_docs, reason = "CloudFormation's own names")]
        pub struct $name { $($(#[$field_meta])* pub $field: $type),* }
    };
    ($(#[$meta:meta])* $name:ident = $kind:literal $body:tt) => {
        $crate::cloudformation::resources::properties! { $(#[$meta])* $name $body }
        impl $crate::cloudformation::resources::Type for $name {
            const NAME: &'static str = $kind;
            const TAGS: Option<&'static str> = None;
        }
    };
    ($(#[$meta:meta])* $name:ident = $kind:literal tagged $body:tt) => {
        $crate::cloudformation::resources::properties! { $(#[$meta])* $name $body }
        impl $crate::cloudformation::resources::Type for $name {
            const NAME: &'static str = $kind;
            const TAGS: Option<&'static str> = Some("Tags");
        }
    };
}
pub(crate) use properties;
