//! The table that the template declares.

use aws_sdk_dynamodb::types::AttributeValue::{N, S};

use crate::clients::Stack;

/// The properties of the table, from the golden template.
fn properties() -> serde_json::Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/local.template.yaml");
    let text = std::fs::read_to_string(path).expect("the golden template is there");
    let template: serde_json::Value = serde_yaml::from_str(&text).expect("the golden template is YAML");
    let resources = template["Resources"].as_object().expect("a template has resources");
    let table = resources.values().find(|resource| resource["Type"] == "AWS::DynamoDB::Table");
    table.expect("the template declares a table")["Properties"].clone()
}

#[tokio::test]
async fn the_declared_table_takes_items_and_answers_by_its_index() {
    let stack = Stack::start().await;
    let ignored = stack.services.dynamodb().create_table("tabel", &properties()).unwrap();
    assert_eq!(ignored, ["PointInTimeRecoverySpecification", "SSESpecification"]);

    stack
        .dynamodb
        .put_item()
        .table_name("tabel")
        .item("actieId", S("a".into()))
        .item("soort", S("actueel".into()))
        .item("verwerkingId", S("v".into()))
        .item("tijdstipRegistratie", S("2026-01-01T00:00:00.000000Z".into()))
        .item("bewaardTot", N("2000000000".into()))
        .send()
        .await
        .unwrap();
    let found = stack
        .dynamodb
        .query()
        .table_name("tabel")
        .index_name("verwerkingId-index")
        .key_condition_expression("verwerkingId = :v")
        .expression_attribute_values(":v", S("v".into()))
        .send()
        .await
        .unwrap();
    assert_eq!(found.items()[0]["actieId"], S("a".into()));

    let described = stack.dynamodb.describe_time_to_live().table_name("tabel").send().await.unwrap();
    let described = described.time_to_live_description().unwrap();
    assert_eq!(described.attribute_name(), Some("bewaardTot"));
    let described = stack.dynamodb.describe_table().table_name("tabel").send().await.unwrap();
    assert!(described.table().unwrap().stream_specification().unwrap().stream_enabled());
}
