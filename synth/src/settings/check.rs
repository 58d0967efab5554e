//! What no single key can say: keys that contradict each other.

use contract::functions as names;

use super::{Settings, StackFile};
use crate::report::Diagnostic;

/// Every contradiction in the file.
pub(super) fn contradictions(file: &StackFile) -> Vec<Diagnostic> {
    let settings = &file.settings;
    let mut found = Vec::new();
    let mut report = |path: &[&str], message: String, help: &str| {
        let (span, key) = (file.place(path), path.join("."));
        found.push(Diagnostic::error(message).at(&file.source, span, format!("`{key}` stands here")).help(help));
    };

    let proc = &settings.functions.proc;
    let (maximum, reserved) = (proc.maximum_concurrency.get(), proc.reserved_concurrency.get());
    if maximum > reserved {
        report(
            &["functions", "proc", "maximumConcurrency"],
            format!("the queue may start {maximum} of `proc`, of which only {reserved} may run"),
            "messages that find no place are thrown back and end in the DLQ: set `maximumConcurrency` to \
             `reservedConcurrency` at most",
        );
    }
    if proc.batch_size.get() > 10 && proc.batch_window.get() == 0 {
        report(
            &["functions", "proc", "batchSize"],
            format!("a batch of {} needs time to fill", proc.batch_size.get()),
            "Lambda takes more than 10 messages in a batch only with a `batchWindow` of 1 second or more",
        );
    }
    // SQS keeps a message invisible for 12 hours at most.
    let visibility = super::storage::visibility_timeout(proc);
    if visibility > 43_200 {
        report(
            &["functions", "proc", "timeout"],
            format!("the queue would have to hide a message for {visibility} seconds"),
            "six times `timeout` plus `batchWindow` must stay below 43200 seconds",
        );
    }
    if let Some(lock) = &settings.backup.object_lock {
        let (days, kept) = (lock.days.get(), settings.backup.expire_after_days.get());
        if days > kept {
            report(
                &["backup", "objectLock", "days"],
                format!("objects are locked for {days} days but expire after {kept}"),
                "a locked object cannot expire: set `objectLock.days` to `expireAfterDays` at most",
            );
        }
    }
    if let Some(vpc) = &settings.functions.vpc {
        if vpc.subnet_ids.is_empty() {
            report(&["functions", "vpc", "subnetIds"], "a VPC without a subnet".to_owned(), "name one subnet or more");
        }
        if vpc.security_group_ids.is_empty() {
            let help = "name one security group or more";
            report(&["functions", "vpc", "securityGroupIds"], "a VPC without a security group".to_owned(), help);
        }
    }
    if let Some(keys) = &settings.api.api_keys {
        if keys.names.is_empty() {
            let message = "every request needs an API key, and there is none".to_owned();
            report(&["api", "apiKeys", "names"], message, "name one key or more, or leave out `apiKeys`");
        }
        let mut names: Vec<_> = keys.names.iter().map(|name| name.as_str().replace('-', "").to_lowercase()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            let message = "two API keys of the same name, hyphens and case aside".to_owned();
            report(&["api", "apiKeys", "names"], message, "give each key a name of its own");
        }
    }
    let mut issuers: Vec<_> = settings.tokens.issuers.iter().map(|issuer| issuer.issuer.as_str()).collect();
    issuers.sort_unstable();
    if let Some(pair) = issuers.windows(2).find(|pair| pair[0] == pair[1]) {
        let message = format!("the issuer `{}` stands here twice", pair[0]);
        report(&["tokens", "issuers"], message, "name an issuer once");
    }
    let environment = authorizer_environment(settings);
    if environment > ENVIRONMENT_LIMIT {
        let over = environment - ENVIRONMENT_LIMIT;
        report(
            &["tokens", "issuers"],
            format!("the issuers make the environment variables of `auth` {over} bytes too large"),
            "Lambda takes 4096 bytes for all variables of a function: name fewer issuers, or shorter addresses",
        );
    }
    let description = settings.description.len();
    if description > DESCRIPTION_LIMIT {
        report(
            &["description"],
            format!("a description of {description} bytes"),
            "CloudFormation takes 1024 bytes at most; a letter with an accent has two",
        );
    }
    found
}

/// Bytes that Lambda takes for all environment variables of a function.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const ENVIRONMENT_LIMIT: usize = 4096;

/// Bytes that CloudFormation takes for a template's description.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const DESCRIPTION_LIMIT: usize = 1024;

/// Bytes of an ARN that is only known at deployment; one of a secret whose name CloudFormation makes is shorter.
const ARN: usize = 200;

/// Bytes of the environment variables of `auth`, the only function that gets more the more the stack file says. Lambda
/// measures them as one JSON object, in which the quotes of the issuers' own JSON count double.
fn authorizer_environment(settings: &Settings) -> usize {
    let arn = "x".repeat(ARN);
    let mut variables = serde_json::json!({
        names::ENV_ISSUERS: serde_json::to_string(&settings.tokens.issuers).expect("issuers are strings"),
        names::ENV_PSEUDONYM_SECRET: arn,
        names::ENV_TIJDZONE: settings.tijdzone.as_str(),
    });
    if settings.tokens.zgw {
        variables[names::ENV_CLIENTS_SECRET] = arn.into();
    }
    variables.to_string().len()
}
