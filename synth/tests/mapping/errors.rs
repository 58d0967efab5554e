//! What becomes of DynamoDB's own errors, in every operation.

use serde_json::{Value, json};

use crate::client::Call;
use crate::rows::id;

fn calls() -> [Call; 3] {
    [Call::list(), Call::read(&id(1)), Call::delete(&id(1))]
}

fn exception(name: &str) -> Value {
    json!({"__type": name, "message": "User: arn:aws:sts::123456789012:assumed-role/r is not 479580261 geheim"})
}

#[test]
fn r72_throttling_is_429_with_retry_after() {
    let names = [
        "ThrottlingException",
        "com.amazon.coral.availability#ThrottlingException",
        "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
        "com.amazonaws.dynamodb.v20120810#RequestLimitExceeded",
    ];
    for (call, name) in calls().iter().flat_map(|call| names.iter().map(move |name| (call, name))) {
        let answer = call.response(400, &exception(name));
        assert_eq!(answer.fout(429)["code"], "throttled");
        assert_eq!(answer.headers["Retry-After"], "1");
    }
}

#[test]
fn r70_dynamodb_s_other_refusals_are_ours_to_mend() {
    let names = [
        "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
        "com.amazon.coral.service#AccessDeniedException",
        "com.amazon.coral.validate#ValidationException",
        "com.amazon.coral.service#SerializationException",
        "UnrecognizedClientException",
        "",
    ];
    for (call, name) in calls().iter().flat_map(|call| names.iter().map(move |name| (call, name))) {
        call.response(400, &exception(name)).fout(500);
        call.response(400, &json!({})).fout(500);
    }
}

#[test]
fn r70_a_write_that_meets_a_transaction_can_be_repeated() {
    let conflict = exception("com.amazonaws.dynamodb.v20120810#TransactionConflictException");
    Call::delete(&id(1)).response(400, &conflict).fout(503);
}

#[test]
fn r70_dynamodb_out_of_order_is_503_with_retry_after() {
    for call in calls() {
        for status in [500, 502, 503, 413] {
            call.response(status, &exception("com.amazonaws.dynamodb.v20120810#InternalServerError")).fout(503);
        }
    }
}

#[test]
fn r70_no_error_repeats_what_dynamodb_or_the_client_said() {
    for call in calls() {
        for status in [400, 500] {
            let body = call.response(status, &exception("com.amazon.coral.validate#ValidationException")).body;
            for secret in ["479580261", "geheim", "arn:aws", &id(1)] {
                assert!(!body.contains(secret), "{body}");
            }
        }
    }
}

#[test]
fn r70_nothing_is_overridden_twice() {
    for call in calls() {
        for response in &call.templates().responses {
            let targets: Vec<&str> = response
                .template
                .split("#set($context.responseOverride.")
                .skip(1)
                .map(|rest| rest.split(" =").next().expect("a #set has an ="))
                .collect();
            let mut once = targets.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), targets.len(), "{targets:?}");
        }
    }
}

#[test]
fn r70_the_integration_has_an_answer_for_every_status() {
    for call in calls() {
        let templates = call.templates();
        let patterns: Vec<_> = templates.responses.iter().map(|response| response.selection_pattern.as_str()).collect();
        assert_eq!(patterns, ["200", "400", r"5\d{2}", "default"]);
    }
}
