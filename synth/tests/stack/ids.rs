//! Logical ids and exports: what other stacks, and the next deployment of this one, rely on.

use crate::{MAXIMAL, all, read, stack, written};

/// Every logical id of the production stack. Another id makes CloudFormation replace the resource: where one goes from
/// this list, data may go with it.
const PRODUCTIE: &[&str] = &[
    "Api",
    "ApiAccount",
    "ApiAccountRole",
    "ApiDeployment",
    "ApiDomain",
    "ApiDomainMapping",
    "ApiDomainRecord",
    "ApiDomainRecordV6",
    "ApiInvokeRole",
    "ApiLogGroup",
    "ApiStage",
    "ApiTableRole",
    "AuthFunction",
    "AuthLogGroup",
    "AuthRole",
    "AuthThrottlesAlarm",
    "BackupBucket",
    "BackupBucketPolicy",
    "Dashboard",
    "DataKey",
    "DataKeyAlias",
    "DeadLetterAlarm",
    "DeadLetterQueue",
    "DeadLetterQueuePolicy",
    "GenErrorsAlarm",
    "GenFunction",
    "GenLogGroup",
    "GenRole",
    "GenThrottlesAlarm",
    "IteratorAgeAlarm",
    "LatencyAlarm",
    "OldestMessageAlarm",
    "ProcErrorsAlarm",
    "ProcFunction",
    "ProcLogGroup",
    "ProcQueueSource",
    "ProcRole",
    "ProcThrottlesAlarm",
    "ProjErrorsAlarm",
    "ProjFailureAlarm",
    "ProjFailureQueue",
    "ProjFailureQueuePolicy",
    "ProjFunction",
    "ProjLogGroup",
    "ProjRole",
    "ProjStreamSource",
    "ProjThrottlesAlarm",
    "PseudonymSecret",
    "Queue",
    "QueuePolicy",
    "ServerErrorAlarm",
    "Table",
    "WebAcl",
    "WebAclAssociation",
];

#[test]
fn logical_ids_are_those_that_were_deployed() {
    let built = read("stacks/productie.yaml");
    let stable = |id: &String| if id.starts_with("ApiDeployment") { "ApiDeployment".to_owned() } else { id.clone() };
    let mut ids: Vec<String> = built.template.resources.keys().map(stable).collect();
    ids.sort();
    assert_eq!(ids, PRODUCTIE);
}

#[test]
fn logical_ids_are_letters_and_digits() {
    for (path, built) in all() {
        let template = &built.template;
        let ids = template.resources.keys().chain(template.outputs.keys()).chain(template.parameters.keys());
        for id in ids.chain(template.conditions.keys()) {
            assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{path}: {id}");
        }
    }
}

#[test]
fn the_name_of_an_api_key_is_part_of_its_id() {
    let built = stack("name: x\napi: { apiKeys: { names: [zaak-systeem, archief] } }");
    for id in ["ApiKeyZaakSysteem", "UsagePlanKeyZaakSysteem", "ApiKeyArchief", "UsagePlanKeyArchief"] {
        assert!(built.template.resources.contains_key(id), "{id}");
    }
}

#[test]
fn what_others_need_is_told_and_exported() {
    let expected = [
        "ApiUrl",
        "TableName",
        "QueueUrl",
        "DeadLetterQueueUrl",
        "ProjFailureQueueUrl",
        "BackupBucketName",
        "PseudonymSecretArn",
        "ClientsSecretArn",
        "GenFunctionName",
        "ProcFunctionName",
        "AuthFunctionName",
        "ProjFunctionName",
    ];
    let ids: Vec<_> = read(MAXIMAL).template.outputs.keys().cloned().collect();
    assert_eq!(ids, expected);
    for (path, built) in all() {
        for id in expected.iter().filter(|id| **id != "ClientsSecretArn" || path == MAXIMAL) {
            let output = built.template.outputs.get(*id).unwrap_or_else(|| panic!("{path}: no output {id}"));
            let name = output.export.as_ref().unwrap_or_else(|| panic!("{path}: {id} is not exported"));
            assert_eq!(written(&name.to_json()), format!("${{AWS::StackName}}-{id}"), "{path}");
            assert!(!output.description.is_empty(), "{path}: {id}");
        }
    }
}

#[test]
fn the_api_is_reached_at_its_domain_or_at_its_stage() {
    let url = |path: &str| written(&read(path).template.outputs["ApiUrl"].value.to_json());
    assert_eq!(url("stacks/productie.yaml"), "https://verwerkingenlog.example.nl");
    assert_eq!(url("stacks/local.yaml"), "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${ApiStage}");
}
