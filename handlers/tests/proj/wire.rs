//! On DynamoDB's protocols: `proc`, the DELETE of the API, the table's own stream and its TTL.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::types::AttributeValue;
use contract::table as names;
use domain::bericht::{Bericht, Change};
use domain::rows::{Key, Row, verwerking};
use domain::verwerkingsactie::Vertrouwelijkheid;
use handlers::aws::{Clients, DynamoTable, S3Backup, SqsQueue, Table};
use handlers::proc::{Limits, Proc};
use handlers::proj::Proj;
use jiff::Timestamp;
use local::{Fault, ManualClock, Options, Service, Services};
use serde_json::{Value, json};

use crate::records::{event, expected};
use crate::support::{Inhoud, actie_id, at, batch_of, call, patch, post, put, verwerking_id};

const TABLE: &str = "tabel";
const LONG: Duration = Duration::from_secs(60);

struct Stack {
    services: Services,
    clock: Arc<ManualClock>,
    dynamodb: aws_sdk_dynamodb::Client,
    table: DynamoTable,
    proc: Proc<DynamoTable, SqsQueue, S3Backup>,
    proj: Proj<DynamoTable>,
    iterator: String,
    accepted: Vec<Bericht>,
}

impl Stack {
    async fn start() -> Self {
        let clock = Arc::new(ManualClock::default());
        let services = Services::start(Options::in_memory().clock(clock.clone())).await.expect("the services start");
        services.dynamodb().create_table(TABLE, &table_properties()).expect("the table is made");
        services.sqs().create_queue("wachtrij", &json!({})).expect("the queue is made");
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .endpoint_url(services.endpoint())
            .credentials_provider(Credentials::new("proj", "geheim", None, None, "test"));
        let clients = Clients::from(config.load().await);
        let table = DynamoTable::new(clients.dynamodb(), TABLE.to_owned());
        let queue = SqsQueue::new(clients.sqs(), services.sqs().url("wachtrij"));
        let backup = S3Backup::new(clients.s3(), "reserve".to_owned());
        let proc = Proc::new(table.clone(), queue, backup, Limits::default());
        let proj = Proj::new(table.clone()).with_clock(|| Timestamp::from_second(5_000_000_000).expect("a moment"));
        let iterator = iterator(&services);
        let dynamodb = clients.dynamodb();
        Self { services, clock, dynamodb, table, proc, proj, iterator, accepted: Vec::new() }
    }

    /// `proc` applies a change.
    async fn apply(&mut self, bericht: Bericht) {
        let response = self.proc.handle(batch_of([&bericht]), &call(LONG)).await;
        assert_eq!(response.batch_item_failures, []);
        self.accepted.push(bericht);
    }

    /// The API's DELETE, as its mapping template asks for it.
    async fn delete(&mut self, actie: u64, moment: u64) {
        let nu = at(moment);
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let update = self.dynamodb.update_item().table_name(TABLE).key(names::ACTIE_ID, text(&actie_id(actie)));
        let update = update.key(names::SOORT, text(names::SOORT_ACTUEEL));
        let update = update.update_expression("SET vervallen = :vervallen, tijdstipRegistratie = :nu");
        let update = update.expression_attribute_values(":vervallen", AttributeValue::Bool(true));
        update.expression_attribute_values(":nu", text(nu.text())).send().await.expect("it is deleted");
        let change = Change::Delete { actie_id: actie_id(actie) };
        self.accepted.push(Bericht::new(names::GEEN_BERICHT.to_owned(), String::new(), nu, change));
    }

    /// `proj` follows the stream to its end, and what it makes of it; how many records there were.
    async fn follow(&mut self) -> usize {
        let mut count = 0;
        loop {
            let records = self.records();
            if records.is_empty() {
                return count;
            }
            count += records.len();
            let response = self.proj.handle(event(records), &call(LONG)).await;
            assert_eq!(response.batch_item_failures, []);
        }
    }

    /// What the stream has that the event source mapping lets through.
    fn records(&mut self) -> Vec<Value> {
        let database = self.services.dynamodb().database();
        let request = serde_json::from_value(json!({ "ShardIterator": self.iterator })).expect("this is a request");
        let answer = json!(database.get_records(request).expect("there are records"));
        self.iterator = answer["NextShardIterator"].as_str().expect("the shard is open").to_owned();
        let all = answer["Records"].as_array().expect("there are records").clone();
        let told = |record: &Value| {
            let soort = record["dynamodb"]["Keys"]["soort"]["S"].as_str().unwrap_or_default();
            soort == names::SOORT_ACTUEEL || soort.starts_with(names::SOORT_VERSIE)
        };
        all.into_iter().filter(told).collect()
    }

    /// What a GET list finds of a person: the documents.
    async fn list(&self, object_sleutel: &str, vertrouwelijkheid: &str) -> Vec<Value> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let query = self.dynamodb.query().table_name(TABLE).index_name(names::OBJECT_SLEUTEL_INDEX);
        let query = query.key_condition_expression("objectSleutel = :wie");
        let query = query.filter_expression("attribute_not_exists(vervallen) AND vertrouwelijkheid = :hoe");
        let query = query.expression_attribute_values(":wie", text(object_sleutel));
        let found = query.expression_attribute_values(":hoe", text(vertrouwelijkheid)).send().await;
        let document = |item: &std::collections::HashMap<String, AttributeValue>| {
            let text = item[names::DOCUMENT].as_s().expect("a document is text");
            serde_json::from_str(text).expect("a document is JSON")
        };
        found.expect("the index answers").items().iter().map(document).collect()
    }

    /// All rows of an actie, and what must be there.
    async fn compare(&self, actie: u64) {
        let actie_id = actie_id(actie);
        let mut rows: BTreeMap<Key, Row> = BTreeMap::new();
        for (partition, prefix) in [(actie_id.clone(), ""), (verwerking(&verwerking_id(1)), names::SOORT_LID)] {
            let page = self.table.partition(&partition, prefix, None).await.expect("it can be read");
            rows.extend(page.rows.into_iter().map(|row| (row.key(), row)));
        }
        let revisie = rows[&Key::actueel(&actie_id)].number(names::REVISIE).expect("a current row has one");
        assert_eq!(rows, expected(&actie_id, &self.accepted, revisie));
    }
}

fn table_properties() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../synth/tests/golden/local.template.yaml");
    let text = std::fs::read_to_string(path).expect("the golden template is there");
    let template: Value = serde_yaml::from_str(&text).expect("the golden template is YAML");
    template["Resources"]["Table"]["Properties"].clone()
}

/// The begin of the table's stream.
fn iterator(services: &Services) -> String {
    let database = services.dynamodb().database();
    let request = |request: Value| serde_json::from_value(request).expect("this is a request");
    let streams = json!(database.list_streams(request(json!({ "TableName": TABLE }))).expect("the table is there"));
    let arn = &streams["Streams"][0]["StreamArn"];
    let asked = serde_json::from_value(json!({ "StreamArn": arn })).expect("this is a request");
    let stream = json!(database.describe_stream(asked).expect("the stream is there"));
    let shard = &stream["StreamDescription"]["Shards"][0]["ShardId"];
    let asked = json!({ "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
    let asked = serde_json::from_value(asked).expect("this is a request");
    let iterator = json!(database.get_shard_iterator(asked).expect("the shard is there"));
    iterator["ShardIterator"].as_str().expect("there is one").to_owned()
}

#[tokio::test]
async fn r04_r08_r41_a_patch_and_a_delete_reach_the_lists_and_the_end_reaches_every_row() {
    let mut stack = Stack::start().await;
    let inhoud = Inhoud { persons: vec![1, 2], ..Inhoud::new(1, 1).in_verwerking(1) };
    let stored = inhoud.stored();
    let sleutel = stored.actie().verwerkte_objecten[0].content.object_id.text().to_owned();

    stack.apply(post(1, &inhoud)).await;
    assert_eq!(stack.list(&sleutel, "normaal").await.len(), 1, "a POST is there at once");
    assert!(stack.follow().await > 0);
    stack.compare(1).await;

    stack.apply(patch(2, 2, 1, Some("P1Y"), Some(Vertrouwelijkheid::Vertrouwelijk))).await;
    stack.follow().await;
    stack.compare(1).await;
    assert!(stack.list(&sleutel, "normaal").await.is_empty());
    let listed = stack.list(&sleutel, "vertrouwelijk").await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["bewaartermijn"], "P1Y");
    assert_eq!(listed[0]["verwerkteObjecten"].as_array().expect("objects").len(), 1, "only that person's");

    let second = Inhoud { persons: vec![2], bewaartermijn: Some("P1Y"), ..Inhoud::new(1, 3).in_verwerking(1) };
    stack.apply(put(3, &second)).await;
    stack.follow().await;
    stack.compare(1).await;
    assert!(stack.list(&sleutel, "normaal").await.is_empty(), "the PUT left this person out");
    let sleutel = stored.actie().verwerkte_objecten[1].content.object_id.text().to_owned();
    assert_eq!(stack.list(&sleutel, "normaal").await.len(), 1);

    stack.delete(1, 4).await;
    stack.follow().await;
    stack.compare(1).await;
    assert!(stack.list(&sleutel, "normaal").await.is_empty());

    stack.clock.advance(Duration::from_secs(2 * 366 * 24 * 60 * 60));
    let removed = stack.services.dynamodb().sweep_ttl().expect("the sweep ends");
    assert!(removed > 0, "all rows have an end");
    assert!(stack.follow().await > 0);
    for partition in [actie_id(1), verwerking(&verwerking_id(1))] {
        let page = stack.table.partition(&partition, "", None).await.expect("it can be read");
        let left: Vec<&str> = page.rows.iter().map(Row::soort).filter(|soort| !is_of_a_patch(soort)).collect();
        assert_eq!(left, [""; 0], "{partition}");
    }
}

#[tokio::test]
async fn what_fails_is_reported_and_done_when_it_comes_again() {
    let mut stack = Stack::start().await;
    stack.apply(post(1, &Inhoud::new(1, 1).in_verwerking(1))).await;
    stack.follow().await;
    stack.apply(patch(2, 2, 1, Some("P1Y"), None)).await;
    let records = stack.records();
    let first = records[0]["dynamodb"]["SequenceNumber"].as_str().expect("it has one").to_owned();

    stack.services.faults().set(|call| match call.service {
        Service::DynamoDb => Fault::throttled(Service::DynamoDb),
        _ => Fault::None,
    });
    let response = stack.proj.handle(event(records.clone()), &call(Duration::from_millis(500))).await;
    assert_eq!(response.batch_item_failures[0].item_identifier.as_ref(), Some(&first));

    // Done, and nobody hears of it: the next attempt finds the condition broken and everything in step.
    let mut lost = 0;
    stack.services.faults().set(move |call| match call.operation.as_str() {
        "TransactWriteItems" if lost == 0 => {
            lost += 1;
            Fault::AnswerLost
        }
        _ => Fault::None,
    });
    let response = stack.proj.handle(event(records), &call(LONG)).await;
    assert_eq!(response.batch_item_failures, []);
    stack.compare(1).await;
}

fn is_of_a_patch(soort: &str) -> bool {
    soort == names::SOORT_LAATSTE || soort.starts_with(names::SOORT_AANPASSING)
}
