//! What is refused: where the message points, what it says, and whether an editor with the schema would say so too.

use synth::settings::StackFile;

use crate::json;
use crate::schema::validator;

/// Whether the schema refuses it too.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Schema {
    Refuses,
    /// What no schema can say: keys that contradict each other, a list that is too long to write down.
    Takes,
}

use Schema::{Refuses, Takes};

/// A stack file after its name; line and column; a part of the message or the help; the schema.
type Case = (&'static str, (usize, usize), &'static str, Schema);

#[rustfmt::skip]
const CASES: &[Case] = &[
    // Unknown keys, with the nearest right one.
    ("nmae: s", (2, 1), "unknown key `nmae`; did you mean `name`?", Refuses),
    ("tijdzome: Europe/Amsterdam", (2, 1), "did you mean `tijdzone`?", Refuses),
    ("api: { stge: v1 }", (2, 8), "did you mean `stage`?", Refuses),
    ("api: { throttling: { rateLimt: 1 } }", (2, 22), "did you mean `rateLimit`?", Refuses),
    ("api: { domain: { name: a.nl, certificateARN: x } }", (2, 30), "did you mean `certificateArn`?", Refuses),
    ("api: { waf: { rateLimits: 100 } }", (2, 15), "did you mean `rateLimit`?", Refuses),
    ("api: { apiKeys: { name: [a] } }", (2, 19), "did you mean `names`?", Refuses),
    ("tokens: { issuer: [] }", (2, 11), "did you mean `issuers`?", Refuses),
    ("tokens: { issuers: [{ isuer: 'https://a.nl' }] }", (2, 23), "did you mean `issuer`?", Refuses),
    ("table: { deletionprotection: true }", (2, 10), "did you mean `deletionProtection`?", Refuses),
    ("queue: { maxReceives: 5 }", (2, 10), "allowed: `maxReceiveCount`, `retentionDays`", Refuses),
    ("backup: { objectLock: { modus: GOVERNANCE, days: 1 } }", (2, 25), "allowed: `mode`, `days`", Refuses),
    ("functions: { gne: {} }", (2, 14), "did you mean `gen`?", Refuses),
    ("functions: { gen: { batchSize: 1 } }", (2, 21), "unknown key `batchSize`", Refuses),
    ("functions: { proj: { maximumConcurrency: 2 } }", (2, 22), "unknown key `maximumConcurrency`", Refuses),
    ("logs: { retention: 30 }", (2, 9), "allowed: `retentionDays`", Refuses),
    ("monitoring: { topicARN: x }", (2, 15), "did you mean `topicArn`?", Refuses),
    ("assets: { buckets: x }", (2, 11), "did you mean `bucket`?", Refuses),
    // Keys that are missing.
    ("tokens: { issuers: [{ issuer: 'https://a.nl', audience: b }] }", (2, 21), "the key `jwksUri` is missing", Refuses),
    ("api: { domain: { name: a.nl } }", (2, 16), "the key `certificateArn` is missing", Refuses),
    ("api: { apiKeys: {} }", (2, 17), "the key `names` is missing", Refuses),
    ("api: { apiKeys: { names: [a], quota: { limit: 1 } } }", (2, 38), "the key `period` is missing", Refuses),
    ("backup: { objectLock: { days: 1 } }", (2, 23), "the key `mode` is missing", Refuses),
    ("functions: { vpc: { subnetIds: [] } }", (2, 19), "the key `securityGroupIds` is missing", Refuses),
    // Wrong types.
    ("description: 5", (2, 14), "`description` must be text; put it in quotes", Refuses),
    ("spec: 5", (2, 7), "`spec` must be a path, or a list of paths", Refuses),
    ("spec: [a.yaml, 5]", (2, 16), "must be text", Refuses),
    ("spec: []", (2, 7), "this list has no path in it", Refuses),
    ("elfproef: 'true'", (2, 11), "`elfproef` must be `true` or `false`", Refuses),
    ("elfproef: yes", (2, 11), "YAML 1.2 writes it as `true`", Refuses),
    ("elfproef: no", (2, 11), "YAML 1.2 writes it as `false`", Refuses),
    ("tags: [a]", (2, 7), "`tags` must be an object", Refuses),
    ("tags: { jaar: 2026 }", (2, 15), "`jaar` must be text; put it in quotes", Refuses),
    ("tokens: {}\napi:", (3, 4), "`api` must be an object; give it a value, or leave out a key that has a default", Refuses),
    ("tokens: { issuers: {} }", (2, 20), "`issuers` must be a list", Refuses),
    ("api: v1", (2, 6), "`api` must be an object", Refuses),
    ("api: { throttling: [1, 2] }", (2, 20), "`throttling` must be an object", Refuses),
    ("queue: { retentionDays: '14' }", (2, 25), "must be a whole number from 1 to 14", Refuses),
    ("overrides: [Table]", (2, 12), "`overrides` must be an object", Refuses),
    ("overrides: { Table: 5 }", (2, 21), "`Table` must be an object", Refuses),
    // Numbers out of range, or none.
    ("api: { pageSize: 0 }", (2, 18), "`pageSize` must be a whole number from 1 to 500", Refuses),
    ("api: { pageSize: 501 }", (2, 18), "from 1 to 500", Refuses),
    ("api: { throttling: { burstLimit: 5001 } }", (2, 34), "from 1 to 5000", Refuses),
    ("api: { waf: { rateLimit: 99 } }", (2, 26), "from 100 to 2000000000", Refuses),
    ("queue: { maxReceiveCount: 0 }", (2, 27), "from 1 to 1000", Refuses),
    ("queue: { retentionDays: 15 }", (2, 25), "from 1 to 14", Refuses),
    ("queue: { retentionDays: 1.5 }", (2, 25), "a whole number from 1 to 14", Refuses),
    ("queue: { retentionDays: -1 }", (2, 25), "from 1 to 14", Refuses),
    ("queue: { retentionDays: 18446744073709551615 }", (2, 25), "from 1 to 14", Refuses),
    ("queue: { retentionDays: 99999999999999999999 }", (2, 25), "does not fit in 64 bits", Refuses),
    ("backup: { expireAfterDays: 3651 }", (2, 28), "from 1 to 3650", Refuses),
    ("backup: { noncurrentDays: 0 }", (2, 27), "from 1 to 3650", Refuses),
    ("functions: { gen: { timeout: 30 } }", (2, 30), "from 1 to 29", Refuses),
    ("functions: { auth: { memory: 127 } }", (2, 30), "from 128 to 10240", Refuses),
    ("functions: { proc: { timeout: 901 } }", (2, 31), "from 10 to 900", Refuses),
    ("functions: { proc: { maximumConcurrency: 1 } }", (2, 42), "from 2 to 1000", Refuses),
    ("functions: { proj: { parallelization: 11 } }", (2, 39), "from 1 to 10", Refuses),
    ("logs: { retentionDays: 31 }", (2, 24), "a number of days that CloudWatch takes: 1, 3, 5, 7, 14, 30", Refuses),
    ("monitoring: { serverErrorPercent: 101 }", (2, 35), "from 1 to 100", Refuses),
    ("monitoring: { latencyP99Ms: 5 }", (2, 29), "from 10 to 29000", Refuses),
    // Patterns and choices.
    ("api: { stage: 'v 1' }", (2, 15), "`stage` must be a stage name", Refuses),
    ("tags: { 'aws:x': y }", (2, 9), "not beginning with `aws:`", Refuses),
    ("tags: { 'AWS:x': y }", (2, 9), "not beginning with `aws:`", Refuses),
    ("tags: { '': y }", (2, 9), "must be a tag key", Refuses),
    ("tags: { a: 'x;y' }", (2, 12), "must be a tag value", Refuses),
    ("tokens: { issuers: [{ issuer: 'http://a.nl', audience: b, jwksUri: 'https://a.nl' }] }", (2, 31), "begins with `https://`", Refuses),
    ("api: { domain: { name: Log.example.nl, certificateArn: x } }", (2, 24), "a domain name in lower case", Refuses),
    ("api: { domain: { name: log.example.nl, certificateArn: x } }", (2, 56), "the ARN of an ACM certificate", Refuses),
    ("api: { waf: { webAclArn: x } }", (2, 26), "the ARN of a regional WAF web ACL", Refuses),
    ("api: { apiKeys: { names: ['a b'] } }", (2, 27), "must be a name", Refuses),
    ("api: { apiKeys: { names: [a], quota: { limit: 1, period: month } } }", (2, 58), "did you mean `MONTH`?", Refuses),
    ("backup: { accessLogBucket: Bucket }", (2, 28), "`accessLogBucket` must be a bucket name", Refuses),
    ("backup: { objectLock: { mode: NEVER, days: 1 } }", (2, 31), "allowed: `GOVERNANCE`, `COMPLIANCE`", Refuses),
    ("functions: { architecture: arm }", (2, 28), "allowed: `arm64`, `x86_64`", Refuses),
    ("functions: { permissionsBoundary: boundary }", (2, 35), "the ARN of an IAM policy", Refuses),
    ("functions: { vpc: { subnetIds: [a], securityGroupIds: [] } }", (2, 33), "the id of a subnet", Refuses),
    ("functions: { vpc: { subnetIds: [], securityGroupIds: [a] } }", (2, 55), "the id of a security group", Refuses),
    ("monitoring: { topicArn: alarms }", (2, 25), "the ARN of an SNS topic", Refuses),
    ("assets: { bucket: a }", (2, 19), "`bucket` must be a bucket name", Refuses),
    // The database of time zones is no part of the schema: it changes with the world.
    ("tijdzone: Europe/Amsterdm", (2, 11), "did you mean `Europe/Amsterdam`?", Takes),
    ("tijdzone: nergens", (2, 11), "it is written as `Europe/Amsterdam`", Takes),
    // Contradictions.
    ("functions: { proc: { reservedConcurrency: 2, maximumConcurrency: 3 } }", (2, 66), "3 of `proc`, of which only 2 may run", Takes),
    ("functions: { proc: { reservedConcurrency: 2 } }", (2, 20), "20 of `proc`, of which only 2 may run", Takes),
    ("functions: { proc: { batchSize: 11 } }", (2, 33), "only with a `batchWindow` of 1 second or more", Takes),
    ("backup: { expireAfterDays: 7, objectLock: { mode: GOVERNANCE, days: 8 } }", (2, 69), "locked for 8 days but expire after 7", Takes),
    ("functions: { vpc: { subnetIds: [], securityGroupIds: [sg-0123456789abcdef0] } }", (2, 32), "a VPC without a subnet", Takes),
    ("functions: { vpc: { subnetIds: [subnet-0123456789abcdef0], securityGroupIds: [] } }", (2, 78), "a VPC without a security group", Takes),
    ("api: { apiKeys: { names: [] } }", (2, 26), "every request needs an API key, and there is none", Takes),
    ("api: { apiKeys: { names: [zaak-a, zaakA] } }", (2, 26), "two API keys of the same name", Takes),
    ("tokens: { issuers: [&a { issuer: 'https://a.nl', audience: b, jwksUri: 'https://a.nl/k' }, *a] }", (2, 20), "the issuer `https://a.nl` stands here twice", Takes),
];

/// The first error as one line: message and help.
fn refusal(text: &str) -> ((usize, usize), String) {
    let Err(errors) = StackFile::parse("stack.yaml", text) else { panic!("it is taken: {text}") };
    let error = &errors[0];
    let place = error.line_column().unwrap_or_else(|| panic!("no place: {error}"));
    (place, [Some(error.message.clone()), error.help.clone()].into_iter().flatten().collect::<Vec<_>>().join("; "))
}

#[test]
fn each_mistake_is_told_with_its_place_and_what_would_be_right() {
    let validator = validator();
    let mut different = Vec::new();
    for (rest, place, message, schema) in CASES {
        let text = format!("name: s\n{rest}\n");
        let (actual_place, said) = refusal(&text);
        let document = synth::source::parse("stack.yaml", text.as_str());
        // What is no YAML, an editor refuses without a schema.
        let valid = document.is_ok_and(|(_, node)| validator.is_valid(&node.to_json()));
        let actual_schema = if valid { Takes } else { Refuses };
        if actual_place != *place || !said.contains(message) || actual_schema != *schema {
            different.push(format!(
                "{rest}\n  {actual_place:?} {actual_schema:?} {said}\n  wanted {place:?} {schema:?} {message}"
            ));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn every_contradiction_of_a_file_is_told_at_once() {
    let text =
        "name: s\nfunctions: { proc: { batchSize: 11, reservedConcurrency: 2 } }\napi: { apiKeys: { names: [] } }\n";
    assert_eq!(StackFile::parse("stack.yaml", text).unwrap_err().len(), 3);
}

#[test]
fn a_message_is_hidden_no_longer_than_sqs_can() {
    // The longest that the ranges allow is within SQS's 12 hours, so this only guards the ranges.
    let text = "name: s\nfunctions: { proc: { timeout: 900, batchWindow: 300 } }\n";
    StackFile::parse("stack.yaml", text).unwrap();
}

/// A stack file with so many issuers.
fn issuers(count: usize, zgw: bool) -> String {
    let mut text = format!("name: s\ntokens:\n  zgw: {zgw}\n  issuers:\n");
    for number in 0..count {
        text += &format!(
            "    - issuer: https://login-{number:03}.gemeente.example.nl\n      audience: verwerkingenlog\n      \
             jwksUri: https://login-{number:03}.gemeente.example.nl/.well-known/jwks.json\n"
        );
    }
    text
}

#[test]
fn more_issuers_than_fit_in_lambdas_environment_are_refused() {
    let most = (1..100).take_while(|count| StackFile::parse("s.yaml", &issuers(*count, false)).is_ok()).last().unwrap();
    // 164 bytes each, with the quotes of their JSON escaped once more, in what the ARN of the secret leaves of 4096.
    assert_eq!(most, 23);
    let text = issuers(most + 1, false);
    let (place, said) = refusal(&text);
    assert_eq!(place, (5, 5), "{said}");
    assert!(said.contains("environment variables of `auth`") && said.contains("4096 bytes"), "{said}");
    assert!(validator().is_valid(&json(&text)), "a schema cannot count bytes");
    // A second secret takes the place of an issuer or two.
    assert!(StackFile::parse("s.yaml", &issuers(most, true)).is_err());
}

#[test]
fn a_description_is_counted_in_bytes() {
    let stack = |description: String| format!("name: s\ndescription: '{description}'\n");
    StackFile::parse("s.yaml", &stack("é".repeat(512))).unwrap();
    let (place, said) = refusal(&stack("é".repeat(513)));
    assert_eq!(place, (2, 14));
    assert!(said.contains("a description of 1026 bytes"), "{said}");
}

#[test]
fn a_time_zone_is_found_in_any_case_and_written_as_the_database_has_it() {
    let file = StackFile::parse("s.yaml", "name: s\ntijdzone: europe/amsterdam\n").unwrap();
    assert_eq!(file.settings.tijdzone.as_str(), "Europe/Amsterdam");
}

#[test]
fn tag_keys_of_amazon_alone_are_reserved() {
    for key in ["a", "aw", "aws", "awsx", "aws-x", "a:b", "Aw s", "wsa:", "x", "_", &"x".repeat(125)] {
        let text = format!("name: s\ntags: {{ '{key}': v }}\n");
        StackFile::parse("s.yaml", &text).unwrap_or_else(|errors| panic!("{key}: {errors:?}"));
        assert!(validator().is_valid(&json(&text)), "{key}");
    }
}
