//! What of a template makes no difference here, and is named at the start.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::serving::{Serving, folder};

/// Kinds of resources of which something runs here.
const RUN: [&str; 10] = [
    "AWS::ApiGateway::ApiKey",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::DynamoDB::Table",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
];
/// Those of them whose properties are told by their names; the API's say why they make no difference.
const BY_NAME: [&str; 7] = [
    "AWS::ApiGateway::ApiKey",
    "AWS::DynamoDB::Table",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
];

/// A property that makes no difference here. SQS refuses those that it does not know.
fn strange(kind: &str) -> &'static str {
    if kind == "AWS::SQS::Queue" { "KmsMasterKeyId" } else { "Zonderling" }
}

/// What is named at the start of this template.
fn said(folder: &TempDir, template: &Value) -> Vec<String> {
    fs::write(folder.path().join("template.json"), template.to_string()).unwrap();
    let _serving = Serving::start(folder.path(), &["--in-memory"]);
    let said = fs::read_to_string(folder.path().join("said")).unwrap();
    let lines = said.lines().skip_while(|line| *line != "not emulated:").skip(1);
    lines.map_while(|line| line.strip_prefix("  ")).map(str::to_owned).collect()
}

/// Each kind of resource that does not run, and each property that is not known, is named; and each once.
#[test]
fn each_thing_that_is_not_emulated_is_named_once() {
    let folder = folder();
    let mut template: Value = serde_json::from_str(&crate::emitted::template()).unwrap();
    let resources = template["Resources"].as_object_mut().unwrap();
    for id in ["Sleutel", "Sleutels"] {
        resources.insert(id.to_owned(), json!({"Type": "AWS::ApiGateway::ApiKey"}));
        resources.insert(format!("Ander{id}"), json!({"Type": "AWS::SNS::Topic"}));
    }
    let mut kinds = BTreeSet::new();
    for resource in resources.values_mut() {
        let kind = resource["Type"].as_str().unwrap().to_owned();
        match &*kind {
            "AWS::ApiGateway::RestApi" => resource["Properties"]["Policy"] = json!({"Statement": []}),
            "AWS::ApiGateway::Stage" => resource["Properties"]["TracingEnabled"] = json!(true),
            _ => resource["Properties"][strange(&kind)] = json!("x"),
        }
        kinds.insert(kind);
    }
    let said = said(&folder, &template);
    let lines: Vec<&str> = said.iter().map(String::as_str).collect();

    assert_eq!(lines.iter().collect::<BTreeSet<_>>().len(), lines.len(), "each once: {lines:#?}");
    let named = |start: &str| lines.iter().filter(|line| line.starts_with(start)).count();
    for kind in &kinds {
        let of_kind = |line: &&&str| **line == kind || line.starts_with(&format!("{kind} "));
        let times = usize::from(!RUN.contains(&kind.as_str()));
        assert_eq!(lines.iter().filter(of_kind).count(), times, "{kind} in {lines:#?}");
    }
    assert!(lines.contains(&"AWS::SNS::Topic × 2"), "{lines:#?}");
    for kind in BY_NAME.iter().filter(|kind| kinds.contains(**kind)) {
        let found: Vec<_> = lines.iter().filter(|line| line.starts_with(&format!("{kind}: "))).collect();
        assert!(found.len() == 1 && found[0].contains(strange(kind)), "{kind}: {found:?} in {lines:#?}");
    }
    assert_eq!((named("Policy: "), named("Stage.TracingEnabled: ")), (1, 1), "{lines:#?}");
}

/// Capacity is taken by CloudFormation's tables, and changes nothing here; nor does it matter what a function is written in.
#[test]
fn what_is_taken_and_changes_nothing_is_named() {
    let folder = folder();
    let mut template: Value = serde_json::from_str(&crate::emitted::template()).unwrap();
    let throughput = json!({"ReadCapacityUnits": 5, "WriteCapacityUnits": 5});
    let table = &mut template["Resources"]["Table"]["Properties"];
    table["BillingMode"] = json!("PROVISIONED");
    table["ProvisionedThroughput"] = throughput.clone();
    table["TableClass"] = json!("STANDARD_INFREQUENT_ACCESS");
    for index in table["GlobalSecondaryIndexes"].as_array_mut().unwrap() {
        index["ProvisionedThroughput"] = throughput.clone();
        index["ContributorInsightsSpecification"] = json!({"Enabled": true});
    }
    template["Resources"]["GenFunction"]["Properties"]["Runtime"] = json!("python3.13");
    let said = said(&folder, &template);
    let named = [
        "BillingMode",
        "GlobalSecondaryIndexes.ContributorInsightsSpecification",
        "GlobalSecondaryIndexes.ProvisionedThroughput",
        "PointInTimeRecoverySpecification",
        "ProvisionedThroughput",
        "SSESpecification",
        "TableClass",
    ];
    let table = format!("AWS::DynamoDB::Table: {}", named.join(", "));
    assert!(said.contains(&table), "{table} in {said:#?}");
    let runtime = "GenFunction.Runtime: python3.13 is not there; the package's name says which program runs";
    assert!(said.iter().any(|line| line == runtime), "{said:#?}");
}
