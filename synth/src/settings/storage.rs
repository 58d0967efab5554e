//! What is kept: the table, the queue, the backup.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kinds::*;

/// The table.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Table {
    /// Whether the table refuses to be deleted.
    pub deletion_protection: bool,
    /// Whether the table can be brought back to any second of the last 35 days.
    pub point_in_time_recovery: bool,
}

impl Default for Table {
    fn default() -> Self {
        Self { deletion_protection: true, point_in_time_recovery: true }
    }
}

/// The queue and its DLQ.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Queue {
    /// How often a message is tried before it goes to the DLQ.
    pub max_receive_count: Whole<1, 1_000>,
    /// Days that an unread message is kept.
    pub retention_days: Whole<1, 14>,
}

impl Default for Queue {
    fn default() -> Self {
        Self { max_receive_count: Whole::of(5), retention_days: Whole::of(14) }
    }
}

/// The backup bucket.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Backup {
    /// Days after which a backup object goes. It holds personal data under a pseudonym, so no longer than lost
    /// messages can need it (R08).
    pub expire_after_days: Whole<1, 3_650>,
    /// Days after which an overwritten or deleted version goes for good.
    pub noncurrent_days: Whole<1, 3_650>,
    /// Makes backup objects impossible to change or delete for a time.
    pub object_lock: Option<ObjectLock>,
    /// Existing bucket that S3's access log goes to. Left out: no access log.
    pub access_log_bucket: Option<BucketName>,
}

impl Default for Backup {
    fn default() -> Self {
        Self {
            expire_after_days: Whole::of(35),
            noncurrent_days: Whole::of(7),
            object_lock: None,
            access_log_bucket: None,
        }
    }
}

/// Makes backup objects impossible to change or delete for a time. Can only be chosen when the bucket is made.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ObjectLock {
    /// Who may still delete: nobody, or who has the right to.
    pub mode: LockMode,
    /// For how many days.
    pub days: Whole<1, 3_650>,
}

/// Who may still delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum LockMode {
    /// Those with the right to go around it.
    Governance,
    /// Nobody.
    Compliance,
}

/// Seconds that a message stays hidden while `proc` works on it: six times what one batch may take, as Lambda asks, and
/// the time that a batch waits to fill.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>
pub fn visibility_timeout(proc: &super::Proc) -> u32 {
    6 * proc.timeout.get() + proc.batch_window.get()
}
