//! S3.

use serde_json::Value as Json;

use super::properties;
use crate::cloudformation::{Handle, Policy, Text};

properties! {
    /// A bucket. <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-s3-bucket.html>
    Bucket = "AWS::S3::Bucket" tagged {
        bucket_encryption: Json,
        public_access_block_configuration: PublicAccessBlock,
        ownership_controls: Json,
        versioning_configuration: Json,
        lifecycle_configuration: Lifecycle,
        logging_configuration: Option<Json>,
        object_lock_enabled: Option<bool>,
        object_lock_configuration: Option<Json>,
    }
}

properties! {
    /// All four are on: no object of this bucket is ever public.
    PublicAccessBlock {
        block_public_acls: bool,
        block_public_policy: bool,
        ignore_public_acls: bool,
        restrict_public_buckets: bool,
    }
}

properties! {
    /// What becomes of objects as they age.
    Lifecycle { rules: Vec<LifecycleRule> }
}

properties! {
    /// One rule of a lifecycle.
    LifecycleRule {
        id: &'static str,
        status: &'static str,
        expiration_in_days: Option<u32>,
        noncurrent_version_expiration: Option<Json>,
        abort_incomplete_multipart_upload: Option<Json>,
        transitions: Option<Json>,
    }
}

properties! {
    /// Who may use a bucket.
    BucketPolicy = "AWS::S3::BucketPolicy" { bucket: Text, policy_document: Policy }
}

impl Handle<Bucket> {
    /// ARN of the bucket.
    pub fn arn(&self) -> Text {
        self.attribute("Arn")
    }

    /// ARN of all objects under a prefix.
    pub fn objects_arn(&self, prefix: &str) -> Text {
        crate::text![self.arn(), "/", prefix, "*"]
    }
}
