//! The queue between `gen` and `proc`, its DLQ, and the queue for stream batches that `proj` could not handle.

use serde_json::json;

use super::encryption;
use crate::cloudformation::resources::sqs::{Queue, QueuePolicy, RedrivePolicy};
use crate::cloudformation::{self as cfn, Policy, Stack, Statement};
use crate::settings;
use crate::text;

/// The queues.
pub(super) struct Queues {
    pub(super) main: cfn::Handle<Queue>,
    pub(super) dead_letters: cfn::Handle<Queue>,
    pub(super) proj_failures: cfn::Handle<Queue>,
}

const DAY: u32 = 24 * 60 * 60;

/// Longest that SQS keeps a message.
const DEAD_LETTER_RETENTION: u32 = 14 * DAY;

/// Makes the queues. A message is a promise that was already given to a client, so none of them goes before it was
/// handled: what fails ends in the DLQ, which keeps it as long as SQS can.
pub(super) fn queues(
    stack: &mut Stack,
    settings: &settings::Queue,
    proc: &settings::Proc,
    key: &encryption::Handle,
) -> Queues {
    let queue = |retention: u32| Queue {
        queue_name: None,
        kms_master_key_id: key.arn(),
        kms_data_key_reuse_period_seconds: 300,
        message_retention_period: retention,
        visibility_timeout: None,
        redrive_policy: None,
        redrive_allow_policy: None,
    };
    // The DLQ names the queue that may use it, and the queue names its DLQ. CloudFormation resolves no such circle, so
    // the queue has a name that is known beforehand. A queue of a fixed name cannot be kept when the stack goes, or the
    // stack could not be made again; what was still in it stands in the backup, which is kept.
    let name = text![cfn::stack_name(), "-queue"];
    let arn = text!["arn:", cfn::partition(), ":sqs:", cfn::region(), ":", cfn::account_id(), ":", &name];
    let dead_letters = stack.add_retained(
        "DeadLetterQueue",
        Queue {
            redrive_allow_policy: Some(json!({ "redrivePermission": "byQueue", "sourceQueueArns": [arn] })),
            ..queue(DEAD_LETTER_RETENTION)
        },
    );
    let main = stack.add_disposable(
        "Queue",
        Queue {
            queue_name: Some(name),
            visibility_timeout: Some(settings::visibility_timeout(proc)),
            redrive_policy: Some(RedrivePolicy {
                target: dead_letters.arn(),
                max_receive_count: settings.max_receive_count.get(),
            }),
            // Nobody's messages are sent here because they failed elsewhere.
            redrive_allow_policy: Some(json!({ "redrivePermission": "denyAll" })),
            ..queue(settings.retention_days.get() * DAY)
        },
    );
    let proj_failures = stack.add_retained(
        "ProjFailureQueue",
        Queue { redrive_allow_policy: Some(json!({ "redrivePermission": "denyAll" })), ..queue(DEAD_LETTER_RETENTION) },
    );
    for queue in [&main, &dead_letters, &proj_failures] {
        stack.add(
            &format!("{}Policy", queue.id()),
            QueuePolicy {
                queues: vec![queue.url()],
                policy_document: Policy::new([Statement::deny_without_tls("sqs:*", [queue.arn()])]),
            },
        );
    }
    Queues { main, dead_letters, proj_failures }
}
