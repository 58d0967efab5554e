//! The same over the wire: the SDK's real clients, and services that speak AWS's protocols, with faults between them.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::config::Credentials;
use contract::table as names;
use domain::bericht::{Bericht, Change};
use domain::rows::{CurrentRow, Key, Row, verwerking};
use domain::tijd::TijdstipRegistratie;
use domain::versies::{State, states, versies};
use domain::verwerkingsactie::Vertrouwelijkheid;
use handlers::aws::{
    Backup, Clients, Condition, DynamoTable, MOST_MEMBERS, MOST_TOGETHER, S3Backup, SqsQueue, Table, Write,
};
use handlers::proc::{Limits, Proc, settle};
use local::{Fault, Options, Services};
use serde_json::{Value, json};

use crate::history::Dice;
use crate::support::{Inhoud, actie_id, at, batch, batch_of, call, patch, post, put, verwerking_id};

const TABLE: &str = "tabel";
const QUEUE: &str = "wachtrij";
const BUCKET: &str = "reserve";
const LONG: Duration = Duration::from_secs(60);

/// Running services, and the function.
struct Stack {
    services: Services,
    table: DynamoTable,
    backup: S3Backup,
    dynamodb: aws_sdk_dynamodb::Client,
    sqs: aws_sdk_sqs::Client,
    proc: Proc<DynamoTable, SqsQueue, S3Backup>,
}

impl Stack {
    async fn start() -> Self {
        let services = Services::start(Options::in_memory()).await.unwrap();
        services.dynamodb().create_table(TABLE, &table_properties()).unwrap();
        services.s3().create_bucket(BUCKET).unwrap();
        services.sqs().create_queue(QUEUE, &json!({})).unwrap();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .endpoint_url(services.endpoint())
            .credentials_provider(Credentials::new("proc", "geheim", None, None, "test"))
            .retry_config(RetryConfig::standard().with_max_attempts(2).with_initial_backoff(Duration::from_millis(5)));
        let clients = Clients::from(config.load().await);
        let table = DynamoTable::new(clients.dynamodb(), TABLE.to_owned());
        let queue = SqsQueue::new(clients.sqs(), services.sqs().url(QUEUE));
        let backup = S3Backup::new(clients.s3(), BUCKET.to_owned());
        let limits = Limits { concurrency: 8, page: 3, reserve: Duration::from_secs(1) };
        let proc = Proc::new(table.clone(), queue, backup.clone(), limits);
        services.faults().record();
        Self { services, table, backup, dynamodb: clients.dynamodb(), sqs: clients.sqs(), proc }
    }

    /// Handles a batch; the messages that failed.
    async fn handle<'a>(&self, messages: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<String> {
        let response = self.proc.handle(batch(messages), &call(LONG)).await;
        response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
    }

    async fn apply(&self, bericht: &Bericht) {
        let response = self.proc.handle(batch_of([bericht]), &call(LONG)).await;
        assert!(response.batch_item_failures.is_empty());
    }

    /// What the mapping template does: whether it was accepted.
    async fn delete(&self, actie_id: &str, nu: &TijdstipRegistratie) -> bool {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let update = self.dynamodb.update_item().table_name(TABLE);
        let update = update.key(names::ACTIE_ID, text(actie_id)).key(names::SOORT, text(names::SOORT_ACTUEEL));
        let update = update
            .update_expression("SET #v = :v, #t = :t")
            .condition_expression("attribute_exists(#a) AND attribute_not_exists(#v) AND #t < :t")
            .expression_attribute_names("#a", names::ACTIE_ID)
            .expression_attribute_names("#v", names::VERVALLEN)
            .expression_attribute_names("#t", names::TIJDSTIP_REGISTRATIE)
            .expression_attribute_values(":v", AttributeValue::Bool(true))
            .expression_attribute_values(":t", text(nu.text()));
        update.send().await.is_ok()
    }

    async fn state(&self, actie: &str) -> Option<State> {
        let row = self.table.get(&Key::actueel(actie)).await.unwrap()?;
        Some(CurrentRow::of(&row).state().unwrap())
    }

    async fn rows(&self, actie: &str) -> Vec<Row> {
        self.table.partition(actie, "", None).await.unwrap().rows
    }

    /// What was sent to the queue.
    async fn sent(&self) -> Vec<String> {
        let mut sent = Vec::new();
        loop {
            let url = self.services.sqs().url(QUEUE);
            let received = self.sqs.receive_message().queue_url(url).max_number_of_messages(10).send().await.unwrap();
            if received.messages().is_empty() {
                return sent;
            }
            sent.extend(received.messages().iter().map(|message| message.body().unwrap().to_owned()));
        }
    }

    fn calls(&self) -> Vec<String> {
        let calls = self.services.faults().recorded().into_iter().map(|call| call.operation).collect();
        self.services.faults().record();
        calls
    }
}

/// The table as the template declares it.
fn table_properties() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../synth/tests/golden/local.template.yaml");
    let template: Value = serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    template["Resources"]["Table"]["Properties"].clone()
}

#[tokio::test]
async fn a_post_is_one_call_and_one_more_for_its_batch() {
    let stack = Stack::start().await;
    stack.apply(&post(1, &Inhoud::new(1, 1))).await;
    assert_eq!(stack.calls(), ["TransactWriteItems"]);
    stack.apply(&post(2, &Inhoud::new(2, 2).in_verwerking(1))).await;
    assert_eq!(stack.calls(), ["TransactWriteItems", "BatchGetItem"]);
    let many: Vec<_> = (10..30).map(|n| post(n, &Inhoud::new(n, n).in_verwerking(n))).collect();
    assert!(stack.proc.handle(batch_of(&many), &call(LONG)).await.batch_item_failures.is_empty());
    assert_eq!(stack.calls().len(), 21);
}

/// Changes of every kind, in the order of registration.
fn changes() -> Vec<Bericht> {
    let vertrouwelijk = Some(Vertrouwelijkheid::Vertrouwelijk);
    let of = |actie, at, verwerking| Inhoud::new(actie, at).in_verwerking(verwerking);
    let wide = |inhoud: Inhoud| Inhoud { persons: vec![1, 2, 3], ..inhoud };
    vec![
        post(1, &wide(of(1, 1, 1))),
        post(2, &of(2, 2, 1)),
        post(3, &Inhoud { bewaartermijn: Some("P9Y"), ..of(3, 3, 2) }),
        patch(4, 4, 1, Some("P1Y"), None),
        put(5, &of(1, 5, 2)),
        patch(6, 6, 1, None, vertrouwelijk),
        put(7, &wide(of(3, 7, 1))),
        post(8, &of(4, 8, 1)),
        patch(9, 9, 2, Some("P2Y"), Some(Vertrouwelijkheid::Normaal)),
        put(10, &of(2, 10, 2)),
    ]
}

/// Goes through the changes in some order, in batches, until all are applied, and compares with the model.
async fn goes_through(stack: &Stack, seed: u64) {
    let mut dice = Dice(seed);
    let mut accepted = changes();
    let mut queue: Vec<(String, String)> =
        accepted.iter().map(|bericht| (bericht.id().to_owned(), bericht.json().unwrap())).collect();
    let mut batches = 0;
    while !queue.is_empty() {
        batches += 1;
        assert!(batches < 200, "it does not come to an end");
        let size = 1 + dice.below(3);
        let some: Vec<_> = (0..size.min(queue.len())).map(|_| queue.swap_remove(dice.below(queue.len()))).collect();
        let failed = stack.handle(some.iter().map(|(id, body)| (id.as_str(), body.as_str()))).await;
        queue.extend(some.into_iter().filter(|(id, _)| failed.contains(id) || dice.in_a_hundred(5)));
        queue.extend(stack.sent().await.into_iter().map(|body| (format!("sent-{batches}"), body)));
        if batches == 4 && stack.delete(&actie_id(2), &at(8)).await {
            let change = Change::Delete { actie_id: actie_id(2) };
            accepted.push(Bericht::new(names::GEEN_BERICHT.to_owned(), String::new(), at(8), change));
        }
    }
    stack.services.faults().clear();
    let until = || tokio::time::Instant::now() + LONG;
    for (actie, expected) in states(&accepted) {
        assert_eq!(stack.state(&actie).await.as_ref(), Some(&expected), "seed {seed}");
        settle(&stack.table, &actie, until()).await.unwrap();
        assert_eq!(stack.state(&actie).await, Some(expected), "seed {seed}");
        let about = |bericht: &&Bericht| bericht.change().actie_id().is_none_or(|id| id == actie);
        let versies = versies(accepted.iter().filter(about));
        let rows = stack.rows(&actie).await;
        for versie in &versies {
            let bewaard_tot = versies.last().and_then(|last| last.state.bewaard_tot());
            assert!(rows.contains(&Row::versie(versie, bewaard_tot).unwrap()), "seed {seed}");
        }
    }
}

#[tokio::test]
async fn r34_the_end_state_is_that_of_the_model_on_dynamodb() {
    for seed in 0..12 {
        goes_through(&Stack::start().await, seed).await;
    }
}

#[tokio::test]
async fn r34_the_end_state_is_that_of_the_model_whatever_fails_on_the_way() {
    for seed in 0..12 {
        let stack = Stack::start().await;
        let (mut dice, mut left) = (Dice(seed + 1000), 40);
        stack.services.faults().set(move |call| {
            // Not of what the test itself asks.
            let of_proc = !matches!(call.operation.as_str(), "ReceiveMessage" | "UpdateItem");
            if !of_proc || left == 0 || !dice.in_a_hundred(25) {
                return Fault::None;
            }
            left -= 1;
            match dice.below(6) {
                0 => Fault::throttled(call.service),
                1 => Fault::internal(call.service),
                2 => Fault::Reset,
                3 => Fault::AnswerLost,
                4 => Fault::Twice,
                _ => Fault::error(400, "TransactionConflictException"),
            }
        });
        goes_through(&stack, seed).await;
    }
}

#[tokio::test]
async fn what_is_refused_for_good_is_reported_alone() {
    let stack = Stack::start().await;
    let refused = actie_id(2);
    stack.services.faults().set(move |call| {
        let about = String::from_utf8_lossy(&call.body).contains(&refused);
        if about { Fault::error(400, "ValidationException") } else { Fault::None }
    });
    let berichten: Vec<_> = (1..=5).map(|n| post(n, &Inhoud::new(n, n))).collect();
    let response = stack.proc.handle(batch_of(&berichten), &call(LONG)).await;
    let failed: Vec<_> = response.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect();
    assert_eq!(failed, [berichten[1].id()]);
    for actie in [1, 3, 4, 5] {
        assert!(stack.state(&actie_id(actie)).await.is_some());
    }
}

#[tokio::test]
async fn a_large_message_comes_from_the_bucket() {
    let stack = Stack::start().await;
    let bericht = post(1, &Inhoud { persons: (1..=600).collect(), ..Inhoud::new(1, 1) });
    stack.backup.put(&bericht.backup_key(), bericht.json().unwrap()).await.unwrap();
    let claim = json!({"formaat": 1, "backup": bericht.backup_key()}).to_string();
    assert!(stack.handle([("a", claim.as_str())]).await.is_empty());
    assert_eq!(stack.state(&actie_id(1)).await, states(&[bericht]).remove(&actie_id(1)));
    let lost = json!({"formaat": 1, "backup": "2026/01/15/none.json"}).to_string();
    assert_eq!(stack.handle([("b", lost.as_str())]).await, ["b"]);
}

/// What a PATCH has in memory is a page, whose size must not follow from that of the verwerking.
#[tokio::test]
async fn the_members_of_a_verwerking_come_in_pages_of_a_thousand() {
    let stack = Stack::start().await;
    let row = |n| Row::lid(&verwerking_id(1), &actie_id(n));
    let write = |row: Row| Write { key: row.key(), row: Some(row), condition: Condition::Always };
    let rows: Vec<Write> = (0..=u64::from(MOST_MEMBERS)).map(|n| write(row(n))).collect();
    for some in rows.chunks(MOST_TOGETHER) {
        stack.table.write(some.to_vec()).await.unwrap();
    }
    let first = stack.table.members(&verwerking_id(1), None).await.unwrap();
    assert_eq!(first.rows.len(), usize::from(MOST_MEMBERS));
    let second = stack.table.members(&verwerking_id(1), first.next.as_ref()).await.unwrap();
    assert_eq!((second.rows, second.next), (vec![row(MOST_MEMBERS.into())], None));
}

#[tokio::test]
async fn r34_a_patch_of_many_acties_goes_on_through_the_queue() {
    let stack = Stack::start().await;
    let berichten: Vec<_> = (1..=10).map(|n| post(n, &Inhoud::new(n, n).in_verwerking(1))).collect();
    assert!(stack.proc.handle(batch_of(&berichten), &call(LONG)).await.batch_item_failures.is_empty());
    // No page but the first of a call is in time.
    let slow = Limits { concurrency: 8, page: 3, reserve: LONG };
    let queue = SqsQueue::new(stack.sqs.clone(), stack.services.sqs().url(QUEUE));
    let slow = Proc::new(stack.table.clone(), queue, stack.backup.clone(), slow);
    let patch = patch(100, 100, 1, Some("P1Y"), None);
    let mut message = Some(patch.json().unwrap());
    let mut calls = 0;
    while let Some(body) = message {
        calls += 1;
        assert!(slow.handle(batch([("a", body.as_str())]), &call(LONG)).await.batch_item_failures.is_empty());
        message = stack.sent().await.pop();
    }
    assert_eq!(calls, 4, "ten in pages of three");
    for n in 1..=10 {
        let row = stack.table.get(&Key::actueel(&actie_id(n))).await.unwrap().unwrap();
        assert_eq!(row.text(names::BERICHT), Some(patch.id()));
    }
    let members = stack.table.partition(&verwerking(&verwerking_id(1)), names::SOORT_LID, None).await.unwrap();
    assert_eq!(members.rows.len(), 10);
}
