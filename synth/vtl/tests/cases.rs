//! Every shared case renders exactly as Velocity 1.7 with API Gateway's settings renders it.

mod common;

use serde_json::Value;

#[test]
fn every_case_renders_as_the_reference_engine_does() {
    let cases = common::cases("vtl/cases.jsonl");
    assert!(cases.len() >= 500, "only {} cases were read", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let answer = common::render(case);
        let right = match &case["expected"] {
            Value::Null => answer.contains_key("error"),
            expected => {
                answer.get("output") == Some(expected)
                    && answer.get("requestOverride") == case.get("requestOverride")
                    && answer.get("responseOverride") == case.get("responseOverride")
            }
        };
        if !right {
            wrong.push(format!(
                "{}\n  template {}\n  expected {}\n  got      {:?}",
                case["id"], case["template"], case["expected"], answer
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
