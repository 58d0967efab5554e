//! The table that the template declares.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use local::Options;
use local::dynamodb::TableError;
use serde_json::json;

use crate::clients::{Stack, code};

/// The properties of the table, from the golden template.
pub(crate) fn properties() -> serde_json::Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/local.template.yaml");
    let text = std::fs::read_to_string(path).expect("the golden template is there");
    let template: serde_json::Value = serde_yaml::from_str(&text).expect("the golden template is YAML");
    let resources = template["Resources"].as_object().expect("a template has resources");
    let table = resources.values().find(|resource| resource["Type"] == "AWS::DynamoDB::Table");
    table.expect("the template declares a table")["Properties"].clone()
}

async fn put(stack: &Stack, id: &str, kept_until: &str) {
    let put = stack.dynamodb.put_item().table_name("tabel").item("actieId", S(id.into()));
    put.item("soort", S("actueel".into()))
        .item("verwerkingId", S("v".into()))
        .item("tijdstipRegistratie", S("2026-01-01T00:00:00.000000Z".into()))
        .item("bewaardTot", N(kept_until.into()))
        .condition_expression("attribute_not_exists(actieId)")
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn the_declared_table_takes_items_and_answers_by_its_index() {
    let stack = Stack::start().await;
    let ignored = stack.services.dynamodb().create_table("tabel", &properties()).unwrap();
    assert_eq!(ignored, ["PointInTimeRecoverySpecification", "SSESpecification"]);
    put(&stack, "a", "2000000000").await;

    let found = stack.dynamodb.query().table_name("tabel").index_name("verwerkingId-index");
    let found = found.key_condition_expression("verwerkingId = :v").expression_attribute_values(":v", S("v".into()));
    assert_eq!(found.send().await.unwrap().items()[0]["actieId"], S("a".into()));

    let described = stack.dynamodb.describe_time_to_live().table_name("tabel").send().await.unwrap();
    assert_eq!(described.time_to_live_description().unwrap().attribute_name(), Some("bewaardTot"));
    let described = stack.dynamodb.describe_table().table_name("tabel").send().await.unwrap();
    assert!(described.table().unwrap().stream_specification().unwrap().stream_enabled());
}

#[tokio::test]
async fn a_condition_that_does_not_hold_is_an_error_of_dynamodb() {
    let stack = Stack::start().await;
    stack.services.dynamodb().create_table("tabel", &properties()).unwrap();
    put(&stack, "a", "2000000000").await;
    let again = stack.dynamodb.put_item().table_name("tabel").item("actieId", S("a".into()));
    let again = again.item("soort", S("actueel".into())).condition_expression("attribute_not_exists(actieId)");
    assert_eq!(code(again.send().await.unwrap_err()), "ConditionalCheckFailedException");
}

#[tokio::test]
async fn items_go_by_the_clock_of_the_test() {
    let (stack, clock) = Stack::start_at_rest().await;
    stack.services.dynamodb().create_table("tabel", &properties()).unwrap();
    // The clock stands at 1767225600.
    put(&stack, "a", "1767225660").await;
    assert_eq!(stack.services.dynamodb().sweep().unwrap(), 0);
    clock.advance(Duration::from_secs(61));
    assert_eq!(stack.services.dynamodb().sweep().unwrap(), 1);
}

/// On disk an index says whether there is something to look for, also in a table that was there before.
#[tokio::test]
async fn rows_on_disk_go_when_their_time_is_over() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..2 {
        let stack = Stack::with(Options::on_disk(folder.path())).await;
        stack.services.dynamodb().create_table("tabel", &properties()).unwrap();
        let swept = || stack.services.dynamodb().sweep().unwrap();
        put(&stack, &format!("later {round}"), "9000000000").await;
        assert_eq!(swept(), 0, "{round}");
        put(&stack, "over", "1767225600").await;
        put(&stack, "long over", "1").await;
        assert_eq!((swept(), swept()), (2, 0), "{round}");
        stack.services.stop().await;
    }
}

#[tokio::test]
async fn a_table_on_disk_is_there_again_and_has_to_be_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::with(Options::on_disk(folder.path())).await;
    stack.services.dynamodb().create_table("tabel", &properties()).unwrap();
    put(&stack, "a", "2000000000").await;
    stack.services.stop().await;

    let stack = Stack::with(Options::on_disk(folder.path())).await;
    stack.services.dynamodb().create_table("tabel", &properties()).unwrap();
    let got = stack.dynamodb.get_item().table_name("tabel").key("actieId", S("a".into()));
    assert!(got.key("soort", S("actueel".into())).send().await.unwrap().item().is_some());

    let mut other = properties();
    other["GlobalSecondaryIndexes"].as_array_mut().unwrap().pop();
    other["AttributeDefinitions"].as_array_mut().unwrap().truncate(4);
    let refused = stack.services.dynamodb().create_table("tabel", &other).unwrap_err();
    assert!(matches!(refused, TableError::Differs { what: "GlobalSecondaryIndexes", .. }), "{refused}");
}

/// As CloudFormation does, which makes no new table for these.
#[tokio::test]
async fn what_a_template_changes_of_a_table_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let mut without = properties();
    let members = without.as_object_mut().unwrap();
    members.remove("TimeToLiveSpecification");
    members.insert("StreamSpecification".to_owned(), json!({"StreamViewType": "KEYS_ONLY"}));
    members.insert("DeletionProtectionEnabled".to_owned(), false.into());
    let mut other = properties();
    other["TimeToLiveSpecification"] = json!({"AttributeName": "tot", "Enabled": true});
    let mut off = properties();
    off["TimeToLiveSpecification"] = json!({"AttributeName": "bewaardTot", "Enabled": false});
    off.as_object_mut().unwrap().remove("StreamSpecification");

    for (properties, attribute, view, protected) in [
        (&without, None, Some("KEYS_ONLY"), false),
        (&properties(), Some("bewaardTot"), Some("NEW_AND_OLD_IMAGES"), true),
        (&properties(), Some("bewaardTot"), Some("NEW_AND_OLD_IMAGES"), true),
        (&other, Some("tot"), Some("NEW_AND_OLD_IMAGES"), true),
        (&off, None, None, true),
        (&without, None, Some("KEYS_ONLY"), false),
    ] {
        let stack = Stack::with(Options::on_disk(folder.path())).await;
        stack.services.dynamodb().create_table("tabel", properties).unwrap();
        let lives = stack.dynamodb.describe_time_to_live().table_name("tabel").send().await.unwrap();
        assert_eq!(lives.time_to_live_description().unwrap().attribute_name(), attribute);
        let table = stack.dynamodb.describe_table().table_name("tabel").send().await.unwrap().table.unwrap();
        let stream = table.stream_specification().filter(|stream| stream.stream_enabled());
        assert_eq!(stream.map(|stream| stream.stream_view_type().unwrap().as_str()), view);
        assert_eq!(table.deletion_protection_enabled(), Some(protected));
        stack.services.stop().await;
    }
}

#[tokio::test]
async fn properties_that_are_no_table_s_are_refused_by_name() {
    let stack = Stack::start().await;
    let create = |properties| stack.services.dynamodb().create_table("tabel", &properties).unwrap_err().to_string();
    assert!(create(json!("x")).contains("table tabel: this is no object"));
    let unresolved = create(json!({"KeySchema": {"Ref": "Keys"}, "AttributeDefinitions": []}));
    assert!(unresolved.contains("intrinsic functions resolved"), "{unresolved}");
}

/// What DynamoDB answers over HTTP.
async fn over_http(stack: &Stack, target: &str, body: &str) -> (StatusCode, Bytes) {
    let request = Request::post(stack.services.endpoint())
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", target)
        .header("x-amz-date", "20260101T000000Z")
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=x/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x",
        )
        .body(Full::new(Bytes::from(body.to_owned())))
        .unwrap();
    let answer = Client::builder(TokioExecutor::new()).build_http().request(request).await.unwrap();
    (answer.status(), answer.into_body().collect().await.unwrap().to_bytes())
}

/// What is called from within the process must not show in what is answered and kept.
#[tokio::test]
async fn several_writes_from_within_are_as_over_http() {
    let (inside, outside) = (Stack::start().await, Stack::start().await);
    for stack in [&inside, &outside] {
        stack.services.dynamodb().create_table("tabel", &properties()).unwrap();
    }
    let same = async |operation: &str, body: String| {
        let target = format!("DynamoDB_20120810.{operation}");
        let within = inside.services.call(&target, body.clone()).await.unwrap();
        assert_eq!(within, over_http(&outside, &target, &body).await, "{operation} {body}");
    };
    // The first of a shape goes by DynamoDB's server in any case, the next ones may not.
    let numbers = ["0", "1", "-7", "100", "007", "1.50", "1e2", "-0", "", "x", "12345678901234567890", "1e999"];
    for (at, number) in numbers.iter().enumerate() {
        let put = json!({"actieId": {"S": format!("b{at}")}, "soort": {"S": "actueel"}, "n": {"NS": ["1", number]}});
        let batch = json!({"RequestItems": {"tabel": [{"PutRequest": {"Item": put}}]}}).to_string();
        same("BatchWriteItem", batch).await;
        for condition in ["attribute_not_exists(actieId)", "attribute_exists(actieId)"] {
            let row = |soort: &str, condition: &str| {
                json!({"Put": {
                    "TableName": "tabel",
                    "Item": {"actieId": {"S": format!("a{at}")}, "soort": {"S": soort}, "n": {"N": number}},
                    "ConditionExpression": condition,
                }})
            };
            let rows = [row("actueel", condition), row("versie", "attribute_not_exists(actieId)")];
            let transaction = json!({"TransactItems": rows}).to_string();
            same("TransactWriteItems", transaction).await;
        }
    }
    let rows = async |stack: &Stack| stack.dynamodb.scan().table_name("tabel").send().await.unwrap().items().to_vec();
    let kept = rows(&inside).await;
    assert_eq!(kept, rows(&outside).await);
    assert!(kept.len() >= 16, "{kept:?}");
}

/// A transaction that comes again with its token is done once, whichever way the first came.
#[tokio::test]
async fn a_token_from_within_is_as_over_http() {
    let (inside, outside) = (Stack::start().await, Stack::start().await);
    for stack in [&inside, &outside] {
        stack.services.dynamodb().create_table("tabel", &properties()).unwrap();
    }
    let target = "DynamoDB_20120810.TransactWriteItems";
    let same = async |token: &str, id: &str, more: &[(&str, &str)]| {
        let add = json!({"Update": {
            "TableName": "tabel", "Key": {"actieId": {"S": id}, "soort": {"S": "actueel"}},
            "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}},
        }});
        let mut asked = json!({"TransactItems": [add], "ClientRequestToken": token});
        for (name, value) in more {
            asked[*name] = (*value).into();
        }
        let within = inside.services.call(target, asked.to_string()).await.unwrap();
        let without = over_http(&outside, target, &asked.to_string()).await;
        let said = |(status, body): &(StatusCode, Bytes)| {
            let body: serde_json::Value = serde_json::from_slice(body).unwrap();
            (*status, body["__type"].clone(), body["ConsumedCapacity"].clone())
        };
        assert_eq!(said(&within), said(&without), "{token} {id} {more:?}: {within:?} {without:?}");
        within.0.as_u16()
    };
    // The first goes by DynamoDB's server, as does a call that wants to know what it cost.
    for (token, id, more, status) in [
        ("a", "1", &[][..], 200),
        ("a", "1", &[], 200),
        ("a", "2", &[], 400),
        ("b", "1", &[], 200),
        ("b", "1", &[], 200),
        ("b", "2", &[], 400),
        ("c", "2", &[("ReturnConsumedCapacity", "TOTAL")], 200),
        ("c", "2", &[("ReturnConsumedCapacity", "TOTAL")], 200),
        (&"d".repeat(37), "1", &[], 400),
    ] {
        assert_eq!(same(token, id, more).await, status, "{token} {id}");
    }
    let rows = async |stack: &Stack| stack.dynamodb.scan().table_name("tabel").send().await.unwrap().items().to_vec();
    let kept = rows(&inside).await;
    assert_eq!(kept, rows(&outside).await);
    assert!(kept.iter().any(|row| row["n"] == N("2".into())), "one for each token: {kept:?}");
}
