//! The backup bucket: every accepted message, until it can no longer be needed.

use serde_json::json;

use super::encryption;
use crate::cloudformation::resources::s3::{Bucket, BucketPolicy, Lifecycle, LifecycleRule, PublicAccessBlock};
use crate::cloudformation::{self as cfn, Policy, Stack, Statement};
use crate::settings::{self, LockMode};

pub(super) type Handle = cfn::Handle<Bucket>;

/// Makes the bucket. It stays when the stack goes.
pub(super) fn bucket(stack: &mut Stack, settings: &settings::Backup, key: &encryption::Handle) -> Handle {
    let rule = |id| LifecycleRule {
        id,
        status: "Enabled",
        expiration_in_days: None,
        noncurrent_version_expiration: None,
        abort_incomplete_multipart_upload: None,
        transitions: None,
    };
    let lock = settings.object_lock.as_ref();
    let bucket = stack.add_retained(
        "BackupBucket",
        Bucket {
            bucket_encryption: json!({
                "ServerSideEncryptionConfiguration": [{
                    "BucketKeyEnabled": true,
                    "ServerSideEncryptionByDefault": { "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key.arn() },
                }],
            }),
            public_access_block_configuration: PublicAccessBlock {
                block_public_acls: true,
                block_public_policy: true,
                ignore_public_acls: true,
                restrict_public_buckets: true,
            },
            ownership_controls: json!({ "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] }),
            versioning_configuration: json!({ "Status": "Enabled" }),
            lifecycle_configuration: Lifecycle {
                rules: vec![
                    LifecycleRule {
                        expiration_in_days: Some(settings.expire_after_days.get()),
                        noncurrent_version_expiration: Some(
                            json!({ "NoncurrentDays": settings.noncurrent_days.get() }),
                        ),
                        ..rule("Expire")
                    },
                    LifecycleRule {
                        abort_incomplete_multipart_upload: Some(json!({ "DaysAfterInitiation": 1 })),
                        ..rule("AbortUploads")
                    },
                ],
            },
            logging_configuration: settings.access_log_bucket.as_ref().map(|log| {
                let prefix = cfn::Text::concat([cfn::stack_name(), "/".into()]);
                json!({ "DestinationBucketName": log, "LogFilePrefix": prefix })
            }),
            object_lock_enabled: lock.map(|_| true),
            object_lock_configuration: lock.map(|lock| {
                let mode = match lock.mode {
                    LockMode::Governance => "GOVERNANCE",
                    LockMode::Compliance => "COMPLIANCE",
                };
                json!({
                    "ObjectLockEnabled": "Enabled",
                    "Rule": { "DefaultRetention": { "Mode": mode, "Days": lock.days.get() } },
                })
            }),
        },
    );
    stack.add(
        "BackupBucketPolicy",
        BucketPolicy {
            bucket: bucket.reference(),
            policy_document: Policy::new([Statement::deny_without_tls("s3:*", [bucket.arn(), bucket.objects_arn("")])]),
        },
    );
    bucket
}
