//! A deployment is a snapshot: it has to be another one when the API is, and must not be another one when it is not.

use crate::{of_type, stack};

fn deployment(text: &str) -> String {
    let built = stack(text);
    let found = of_type(&built, "AWS::ApiGateway::Deployment");
    assert_eq!(found.len(), 1);
    let id = found[0].0.to_owned();
    let stage = &built.template.resources["ApiStage"].properties;
    assert_eq!(stage["DeploymentId"]["Ref"], id.as_str(), "the stage serves it");
    id
}

#[test]
fn another_api_is_another_deployment() {
    let plain = deployment("name: x");
    for changed in [
        "name: x\napi: { pageSize: 50 }",
        "name: x\napi: { requestValidation: true }",
        "name: x\napi: { apiKeys: { names: [a] } }",
        "name: x\nspec: ../openapi/inzage.yaml",
        "name: x\noverrides: { Api: { Properties: { Body: { info: { title: Ander } } } } }",
        // API Gateway applies these only when it deploys.
        "name: x\noverrides: { Api: { Properties: { SecurityPolicy: SecurityPolicy_TLS13_1_3_2025_09 } } }",
        "name: x\noverrides: { Api: { Properties: { DisableExecuteApiEndpoint: true } } }",
    ] {
        // Paths are relative to the stack file, which stands in the folder that tests run in.
        assert_ne!(deployment(changed), plain, "{changed}");
    }
}

#[test]
fn the_same_api_is_the_same_deployment() {
    let plain = deployment("name: x");
    assert_eq!(deployment("name: x"), plain);
    for unchanged in [
        "name: y",
        "name: x\ndescription: anders",
        "name: x\ntags: { omgeving: test }",
        "name: x\napi: { throttling: { rateLimit: 5 } }",
        "name: x\nfunctions: { gen: { memory: 2048 } }",
        "name: x\nfunctions: { architecture: x86_64 }",
        "name: x\nlogs: { retentionDays: 30 }",
        "name: x\nqueue: { maxReceiveCount: 9 }",
        "name: x\noverrides: { Table: { Properties: { TableClass: STANDARD_INFREQUENT_ACCESS } } }",
    ] {
        assert_eq!(deployment(unchanged), plain, "{unchanged}");
    }
}
