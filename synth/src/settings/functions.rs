//! The functions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kinds::*;

/// The functions.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Functions {
    /// The processor that they are built for and run on.
    pub architecture: Architecture,
    /// Policy that bounds what the stack's roles can ever do.
    pub permissions_boundary: Option<PolicyArn>,
    /// The VPC that they run in. Left out: none. In a VPC they need endpoints for DynamoDB, S3, SQS, KMS, Secrets
    /// Manager, CloudWatch Logs and X-Ray, and `auth` a way to the issuers' keys.
    pub vpc: Option<Vpc>,
    /// Answers POST, PUT and PATCH.
    pub r#gen: Gen,
    /// Applies the queue's messages to the table.
    pub proc: Proc,
    /// Checks tokens.
    pub auth: Sizing,
    /// Follows the table's stream.
    pub proj: Proj,
}

/// A processor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Architecture {
    /// AWS's own, cheaper for the same work.
    #[default]
    #[serde(rename = "arm64")]
    Arm64,
    /// Intel's and AMD's.
    #[serde(rename = "x86_64")]
    X86_64,
}

impl Architecture {
    /// As Lambda writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }
}

/// A VPC to run in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Vpc {
    /// Subnets, in more than one zone.
    pub subnet_ids: Vec<SubnetId>,
    /// Security groups.
    pub security_group_ids: Vec<SecurityGroupId>,
}

/// How big a function is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Sizing {
    /// Memory in MB; processor time grows with it.
    pub memory: Whole<128, 10_240>,
    /// Seconds that one call may take. Behind the API: 29 at most.
    pub timeout: Whole<1, 29>,
    /// How many may run at once, kept free for this function. Left out: what the account has.
    pub reserved_concurrency: Option<Whole<1, 10_000>>,
}

impl Default for Sizing {
    fn default() -> Self {
        Self { memory: Whole::of(512), timeout: Whole::of(10), reserved_concurrency: None }
    }
}

/// Answers POST, PUT and PATCH.
pub type Gen = Sizing;

/// Applies the queue's messages to the table.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Proc {
    /// Memory in MB; processor time grows with it.
    pub memory: Whole<128, 10_240>,
    /// Seconds that one batch may take.
    pub timeout: Whole<10, 900>,
    /// How many may run at once, kept free for this function.
    pub reserved_concurrency: Whole<2, 10_000>,
    /// How many the queue may start; no more than `reservedConcurrency`, or messages would be thrown back.
    pub maximum_concurrency: Whole<2, 1_000>,
    /// Messages in a batch.
    pub batch_size: Whole<1, 10_000>,
    /// Seconds to wait for a batch to fill.
    pub batch_window: Whole<0, 300>,
}

impl Default for Proc {
    fn default() -> Self {
        Self {
            memory: Whole::of(512),
            timeout: Whole::of(60),
            reserved_concurrency: Whole::of(20),
            maximum_concurrency: Whole::of(20),
            batch_size: Whole::of(10),
            batch_window: Whole::of(0),
        }
    }
}

/// Follows the table's stream.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Proj {
    /// Memory in MB; processor time grows with it.
    pub memory: Whole<128, 10_240>,
    /// Seconds that one batch may take.
    pub timeout: Whole<10, 900>,
    /// How many may run at once, kept free for this function. Left out: what the account has.
    pub reserved_concurrency: Option<Whole<1, 10_000>>,
    /// Records in a batch.
    pub batch_size: Whole<1, 10_000>,
    /// How often a batch is tried before it goes to the failure queue.
    pub maximum_retries: Whole<0, 10_000>,
    /// Batches of one shard that are worked on at once; records of one actie stay in order.
    pub parallelization: Whole<1, 10>,
}

impl Default for Proj {
    fn default() -> Self {
        Self {
            memory: Whole::of(512),
            timeout: Whole::of(60),
            reserved_concurrency: None,
            batch_size: Whole::of(100),
            maximum_retries: Whole::of(10),
            parallelization: Whole::of(2),
        }
    }
}
