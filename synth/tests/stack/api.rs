//! API Gateway: what it may call, in which order things are made, and what it never writes down.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use synth::stack::Built;

use crate::{MAXIMAL, all, of_type, properties, read, stack, written};

/// Every integration of the body.
fn integrations(built: &Built) -> Vec<Json> {
    let paths = properties(built, "Api")["Body"]["paths"].as_object().expect("paths").clone();
    let operations = paths.into_iter().flat_map(|(_, path)| path.as_object().cloned().unwrap_or_default());
    operations.filter_map(|(_, operation)| operation.get("x-amazon-apigateway-integration").cloned()).collect()
}

#[test]
fn the_tables_role_allows_exactly_what_the_templates_call() {
    let allowed = |built: &Built| -> BTreeSet<String> {
        let policy = properties(built, "ApiTableRole")["Policies"][0]["PolicyDocument"]["Statement"].clone();
        let statements = policy.as_array().expect("statements").iter();
        let on_table =
            statements.filter(|statement| statement["Action"][0].as_str().is_some_and(|it| it.starts_with("dynamodb")));
        let pair = |it: &Json| format!("{} on {}", it["Action"][0].as_str().unwrap_or(""), written(&it["Resource"][0]));
        on_table.map(pair).collect()
    };
    let called = |built: &Built| -> BTreeSet<String> {
        integrations(built)
            .iter()
            .filter_map(|integration| {
                let uri = written(&integration["uri"].as_object().map(|_| integration["uri"].clone())?);
                let action = uri.split_once(":dynamodb:action/")?.1.to_owned();
                let template = integration["requestTemplates"]["application/json"].as_str()?.to_owned();
                // The index that the request names, as JSON has it.
                let index = template
                    .split_once("\"IndexName\"")
                    .map(|(_, rest)| rest.split('"').nth(1).unwrap_or("").to_owned());
                let place = index.map_or_else(|| "Table".to_owned(), |index| format!("Table/index/{index}"));
                Some(format!("dynamodb:{action} on {place}"))
            })
            .collect()
    };
    for (path, built) in all() {
        let expected = called(&built);
        assert!(expected.contains("dynamodb:Query on Table/index/objectSleutel-index"), "{path}: {expected:?}");
        assert!(expected.len() >= 3, "{path}: {expected:?}");
        assert_eq!(allowed(&built), expected, "{path}: left the role, right the templates");
    }
}

#[test]
fn every_integration_runs_with_a_role_of_the_stack() {
    for (path, built) in all() {
        for integration in integrations(&built).iter().filter(|integration| integration["type"] != "mock") {
            let role = written(&integration["credentials"]);
            let of_table = integration["uri"].to_string().contains(":dynamodb:");
            assert_eq!(role, if of_table { "ApiTableRole" } else { "ApiInvokeRole" }, "{path}");
        }
    }
}

#[test]
fn r09_nothing_that_quotes_a_query_string_is_switched_on() {
    for (path, built) in all() {
        let stage = properties(&built, "ApiStage");
        // Traces and execution logs hold the address with its query string, and that the BSN asked for.
        assert_eq!(stage["TracingEnabled"], false, "{path}");
        let settings = &stage["MethodSettings"];
        assert_eq!(settings.as_array().map(Vec::len), Some(1), "{path}");
        assert_eq!((&settings[0]["ResourcePath"], &settings[0]["HttpMethod"]), (&"/*".into(), &"*".into()), "{path}");
        assert_eq!(settings[0]["LoggingLevel"], "OFF", "{path}");
        assert_eq!(settings[0]["DataTraceEnabled"], false, "{path}");
        let format: Json =
            serde_json::from_str(stage["AccessLogSetting"]["Format"].as_str().expect("text")).expect("JSON");
        for value in format.as_object().expect("an object").values() {
            let value = value.as_str().expect("text");
            let quotes = [
                "$context.path",
                "$context.requestOverride",
                "$input",
                "querystring",
                "$context.authorizer.objectSleutel",
            ];
            assert!(!quotes.iter().any(|part| value.contains(part)), "{path}: the access log has {value}");
        }
        for (id, acl) in of_type(&built, "AWS::WAFv2::WebACL") {
            let text = Json::Object(acl.clone()).to_string();
            assert!(!text.contains("\"SampledRequestsEnabled\":true"), "{path}: {id} samples requests");
        }
    }
}

#[test]
fn the_api_takes_tls_1_2_with_forward_secrecy_at_least() {
    for (path, built) in all() {
        let names = of_type(&built, "AWS::ApiGateway::DomainName").into_iter().map(|(_, properties)| properties);
        for endpoint in names.chain([properties(&built, "Api")]) {
            assert_eq!(endpoint["SecurityPolicy"], "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09", "{path}");
            assert_eq!(endpoint["EndpointAccessMode"], "BASIC", "{path}: API Gateway wants it with such a policy");
        }
    }
}

#[test]
fn with_a_domain_the_generated_address_is_closed() {
    assert_eq!(properties(&read("stacks/productie.yaml"), "Api")["DisableExecuteApiEndpoint"], true);
    assert_eq!(properties(&read("stacks/local.yaml"), "Api")["DisableExecuteApiEndpoint"], false);
}

/// Everything that a resource waits for, directly or not.
fn needs(built: &Built, id: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![id.to_owned()];
    while let Some(id) = open.pop() {
        for reference in built.template.references_of(&id) {
            if built.template.resources.contains_key(&reference.target) && found.insert(reference.target.clone()) {
                open.push(reference.target);
            }
        }
    }
    found
}

#[test]
fn no_function_or_role_waits_for_the_api() {
    for (path, built) in all() {
        for id in built.template.resources.keys().filter(|id| id.ends_with("Function") || id.ends_with("Role")) {
            assert!(!needs(&built, id).contains("Api"), "{path}: {id}");
        }
    }
}

#[test]
fn things_are_made_in_the_order_that_aws_asks_for() {
    let built = read(MAXIMAL);
    // API Gateway refuses an access log before the account has a role to write it with.
    assert!(needs(&built, "ApiStage").contains("ApiAccount"));
    // The rest need a stage that is served.
    for id in ["WebAclAssociation", "ApiDomainMapping", "UsagePlan", "ApiKeyArchief", "UsagePlanKeyArchief"] {
        assert!(needs(&built, id).contains("ApiStage"), "{id}");
    }
    for (id, _) in of_type(&built, "AWS::Lambda::EventSourceMapping") {
        let needs = needs(&built, id);
        assert!(needs.contains(if id == "ProcQueueSource" { "ProcRole" } else { "ProjRole" }), "{id}");
    }
    let without = read(crate::MINIMAL);
    assert!(!without.template.resources.contains_key("ApiAccount"), "switched off");
}

#[test]
fn stage_variables_hold_only_what_api_gateway_takes() {
    for (path, built) in all() {
        let variables = properties(&built, "ApiStage")["Variables"].as_object().expect("variables").clone();
        assert!(variables.contains_key(contract::stage::TABEL), "{path}");
        for (name, value) in variables {
            assert!(name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_'), "{path}: {name}");
            // CloudFormation makes a table's name of letters, digits and hyphens.
            let value = written(&value);
            let taken = |char: char| char.is_ascii_alphanumeric() || "-._~:/?#&=,".contains(char);
            assert!(value.chars().all(taken), "{path}: {name} is {value}");
        }
    }
}

#[test]
fn the_dashboard_is_json_and_draws_what_exists() {
    let built = read(MAXIMAL);
    let body = properties(&built, "Dashboard")["DashboardBody"]["Fn::Sub"].as_str().expect("Fn::Sub").to_owned();
    // What CloudFormation puts in are names, which need no quotes of their own.
    let mut filled = String::new();
    for (index, part) in body.split("${").enumerate() {
        filled.push_str(if index == 0 { part } else { part.split_once('}').expect("a closed variable").1 });
    }
    let body: Json = serde_json::from_str(&filled).expect("JSON");
    let widgets = body["widgets"].as_array().expect("widgets");
    assert!(!widgets.is_empty());
    for widget in widgets {
        assert!(!widget["properties"]["metrics"].as_array().expect("metrics").is_empty(), "{widget}");
    }
    assert!(!read(crate::MINIMAL).template.resources.contains_key("Dashboard"), "switched off");
}

#[test]
fn alarms_go_to_the_topic_that_is_named() {
    let topic = "arn:aws:sns:eu-west-1:111122223333:alarms";
    let named = stack(&format!("name: x\nmonitoring: {{ topicArn: '{topic}' }}"));
    let alarms = of_type(&named, "AWS::CloudWatch::Alarm");
    assert!(alarms.len() > 10);
    for (id, alarm) in alarms {
        assert_eq!(alarm["AlarmActions"], serde_json::json!([topic]), "{id}");
        assert_eq!(alarm["TreatMissingData"], "notBreaching", "{id}");
    }
    let silent = stack("name: x");
    assert!(of_type(&silent, "AWS::CloudWatch::Alarm").iter().all(|(_, alarm)| !alarm.contains_key("AlarmActions")));
}

#[test]
fn traces_of_the_api_are_there_for_who_asks() {
    let built = stack("name: x\napi: { tracing: true }");
    assert_eq!(properties(&built, "ApiStage")["TracingEnabled"], true);
}
