//! What no single key can say: keys that contradict each other.

use super::StackFile;
use crate::report::Diagnostic;
use crate::source::Span;

/// Every contradiction in the file.
pub(super) fn contradictions(file: &StackFile) -> Vec<Diagnostic> {
    let settings = &file.settings;
    let mut found = Vec::new();
    let mut report = |path: &[&str], message: String, help: &str| {
        let (span, key) = (span(file, path), path.join("."));
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
    found
}

/// Where a key stands: its value, or as much of the path as is written.
fn span(file: &StackFile, path: &[&str]) -> Span {
    let mut node = &file.node;
    for key in path {
        match node.get(key) {
            Some(next) => node = next,
            None => break,
        }
    }
    node.span.clone()
}
