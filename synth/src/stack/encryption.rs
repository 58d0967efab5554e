//! The key that everything at rest is encrypted with.

use crate::cloudformation::resources::kms::{Alias, Key};
use crate::cloudformation::{self as cfn, Policy, Principal, Stack, Statement};
use crate::text;

pub(super) type Handle = cfn::Handle<Key>;

/// What the account's administrators may do with the key, in their own IAM policies. Spelt out, so that the policy
/// holds no wildcard action; `PutKeyPolicy` is among them, so nobody is locked out.
const ADMINISTRATION: [&str; 26] = [
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
];

/// One key for the whole log, changed every year. It stays when the stack goes: what it encrypted stays too.
pub(super) fn key(stack: &mut Stack) -> Handle {
    // In a key's own policy, `*` means this key: it has no ARN yet.
    let this_key = || ["*".into()];
    let administrators = Statement::allow("AdministerByIamPolicies", ADMINISTRATION, this_key()).to(Principal::Account);
    let logs = Statement::allow(
        "EncryptLogGroups",
        [
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        ],
        this_key(),
    )
    .to(Principal::Service(text!["logs.", cfn::region(), ".", cfn::url_suffix()]))
    // The groups get their names from CloudFormation, which begins each with the name of the stack.
    .when("ArnLike", "kms:EncryptionContext:aws:logs:arn", log_groups());
    let key = stack.add_retained(
        "DataKey",
        Key {
            description: "Everything that the processing log keeps".to_owned(),
            enable_key_rotation: true,
            pending_window_in_days: 30,
            key_policy: Policy::new([administrators, logs]),
        },
    );
    stack.add("DataKeyAlias", Alias { alias_name: text!["alias/", cfn::stack_name()], target_key_id: key.reference() });
    key
}

fn log_groups() -> cfn::Text {
    text![
        "arn:",
        cfn::partition(),
        ":logs:",
        cfn::region(),
        ":",
        cfn::account_id(),
        ":log-group:",
        cfn::stack_name(),
        "-*"
    ]
}

/// What a role needs to read and write what the key encrypts.
pub(super) fn use_key(key: &Handle) -> Statement {
    Statement::allow("UseKey", ["kms:Decrypt", "kms:GenerateDataKey"], [key.arn()])
}

/// What a role needs to read what the key encrypts.
pub(super) fn read_with_key(key: &Handle) -> Statement {
    Statement::allow("UseKey", ["kms:Decrypt"], [key.arn()])
}
