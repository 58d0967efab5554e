//! Every rendering recorded on AWS, or printed in its guide, comes out as recorded.

mod common;

use serde_json::Value;

fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn parsed(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// Whether an output is as recorded, in the way in which the recording can be compared.
fn is_right(compare: &str, expected: Option<&str>, output: Option<&str>) -> bool {
    let (Some(expected), Some(output)) = (expected, output) else {
        return compare == "error" && output.is_none();
    };
    match compare {
        "exact" => expected == output,
        "json" => parsed(expected).is_some() && parsed(expected) == parsed(output),
        // An empty rendering and `{}` look the same through the function that echoed it.
        "json-or-empty" => output.is_empty() || (parsed(expected).is_some() && parsed(expected) == parsed(output)),
        "collapse-ws" => collapsed(expected) == collapsed(output),
        _ => false,
    }
}

#[test]
fn every_recording_renders_as_recorded() {
    let cases = common::cases("vtl/aws_recorded.jsonl");
    assert!(cases.len() >= 271, "only {} recordings were read", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let answer = common::render(case);
        let output = answer.get("output").and_then(Value::as_str);
        let compare = case["compare"].as_str().unwrap_or("exact");
        if !is_right(compare, case["expected"].as_str(), output) {
            wrong.push(format!(
                "{} ({compare})\n  template {}\n  expected {}\n  got      {:?}",
                case["id"], case["template"], case["expected"], answer
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {} recordings differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
