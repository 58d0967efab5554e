//! One batch: what it asks of DynamoDB, what it reports, and what one record does to the others.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use contract::table as names;
use domain::bericht::Bericht;
use domain::rows::{Attribute, Key, Row};
use handlers::proc::{Limits, Proc};
use handlers::proj::Proj;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::memory::Memory;
use crate::records::{event, expected, record, rows_of};
use crate::support::{Inhoud, actie_id, at, batch_of, call, patch, post, put, uuid, verwerking_id};

const LONG: Duration = Duration::from_secs(60);

/// `proc` applies changes, one after the other.
async fn apply(memory: &Memory, berichten: &[Bericht]) {
    let proc = Proc::new(memory.clone(), memory.clone(), memory.clone(), Limits::default());
    for bericht in berichten {
        assert_eq!(proc.handle(batch_of([bericht]), &call(LONG)).await.batch_item_failures, []);
    }
}

/// What `proj` reports of records.
async fn follow(memory: &Memory, records: impl IntoIterator<Item = Value>) -> Option<String> {
    let now = || Timestamp::from_second(1_800_100_000).expect("this is a moment");
    let proj = Proj::new(memory.clone()).with_clock(now);
    let response = proj.handle(event(records), &call(LONG)).await;
    response.batch_item_failures.into_iter().next().map(|failure| failure.item_identifier.expect("it has a value"))
}

fn actueel(memory: &Memory, actie: u64) -> Row {
    memory.store().rows[&Key::actueel(&actie_id(actie))].clone()
}

fn assert_in_step(memory: &Memory, actie: u64, accepted: &[Bericht]) {
    let revisie = actueel(memory, actie).number(names::REVISIE).expect("it has one");
    assert_eq!(rows_of(memory, &actie_id(actie)), expected(&actie_id(actie), accepted, revisie));
}

fn calls(memory: &Memory) -> Vec<&'static str> {
    std::mem::take(&mut memory.store().calls)
}

#[tokio::test]
async fn a_post_asks_nothing_and_a_patch_three_calls() {
    let memory = Memory::default();
    let berichten = [post(1, &Inhoud::new(1, 1).in_verwerking(1)), patch(2, 2, 1, Some("P1Y"), None)];
    apply(&memory, &berichten[..1]).await;
    let new = actueel(&memory, 1);
    calls(&memory);
    assert_eq!(follow(&memory, [record(1, None, Some(&new), false)]).await, None);
    assert_eq!(calls(&memory), [""; 0]);

    apply(&memory, &berichten[1..]).await;
    let (old, new) = (new, actueel(&memory, 1));
    calls(&memory);
    // Three times the same, as after a batch that was given again.
    let records = [1, 2, 3].map(|n| record(n, Some(&old), Some(&new), false));
    assert_eq!(follow(&memory, records).await, None);
    assert_eq!(calls(&memory), ["Query", "Query", "TransactWriteItems"]);
    assert_in_step(&memory, 1, &berichten);

    // What `proj` wrote itself.
    let (old, new) = (new, actueel(&memory, 1));
    assert_eq!(follow(&memory, [record(4, Some(&old), Some(&new), false)]).await, None);
    assert_eq!(calls(&memory), [""; 0]);
}

#[tokio::test]
async fn the_first_record_that_failed_is_reported_and_the_others_are_done() {
    let memory = Memory::default();
    let mut berichten: Vec<Bericht> = (1..=3).map(|n| post(n, &Inhoud::new(n, n).in_verwerking(1))).collect();
    berichten.push(patch(4, 4, 1, Some("P1Y"), None));
    apply(&memory, &berichten).await;
    // A row of the second actie that nobody can read.
    let key = Key::new(actie_id(2), format!("{}{}#{}", names::SOORT_VERSIE, at(2), uuid(2)));
    let fields = memory.store().rows[&key].clone();
    let fields = fields.fields().iter().map(|(name, value)| (name.to_string(), value.clone()));
    let broken = [(names::DOCUMENT.to_owned(), Attribute::S("{".to_owned()))];
    memory.store().rows.insert(key, Row::from_fields(fields.chain(broken)));

    let new = |n| record(usize::try_from(n).expect("small"), None, Some(&actueel(&memory, n)), false);
    assert_eq!(follow(&memory, [new(1), new(2), new(3)]).await.as_deref(), Some("2"));
    assert_in_step(&memory, 1, &berichten);
    assert_in_step(&memory, 3, &berichten);

    let unreadable = json!({ "dynamodb": { "SequenceNumber": "7" } });
    assert_eq!(follow(&memory, [new(1), unreadable.clone(), new(2)]).await.as_deref(), Some("7"));
    assert_eq!(follow(&memory, [new(2), unreadable]).await.as_deref(), Some("2"));
    // Without a number the whole batch has to come again.
    assert_eq!(follow(&memory, [json!({})]).await.as_deref(), Some(""));
    let proj = Proj::new(memory);
    let response = proj.handle(json!({}), &call(LONG)).await;
    assert_eq!(response.batch_item_failures[0].item_identifier.as_deref(), Some(""));
}

#[tokio::test]
async fn r08_everything_goes_page_by_page_with_the_current_row() {
    let memory = Memory::default();
    let many = Inhoud { persons: (1..=250).collect(), ..Inhoud::new(1, 1).in_verwerking(1) };
    let berichten = [post(1, &many), put(2, &Inhoud { at: 2, ..many }.in_verwerking(2))];
    apply(&memory, &berichten).await;
    assert!(rows_of(&memory, &actie_id(1)).len() > 250);
    let old = actueel(&memory, 1);
    {
        let mut store = memory.store();
        store.rows.remove(&old.key());
        (store.page, store.largest) = (10, 0);
    }
    assert_eq!(follow(&memory, [record(1, Some(&old), None, true)]).await, None);
    assert_eq!(memory.store().rows.len(), 0, "both verwerkingen have forgotten it too");
    assert!(memory.store().largest <= 10, "no more than a page is in memory");
}

#[tokio::test]
async fn r04_a_version_that_ended_while_a_patch_put_off_the_end_comes_back() {
    let memory = Memory::default();
    let short = Inhoud { bewaartermijn: Some("P1Y"), ..Inhoud::new(1, 1).in_verwerking(1) };
    let berichten = [post(1, &short), patch(2, 2, 1, Some("P9Y"), None)];
    apply(&memory, &berichten).await;
    // DynamoDB goes by the rows that are still to follow the PATCH.
    let gone: Vec<Row> = {
        let mut store = memory.store();
        let keys: Vec<Key> = store.rows.keys().filter(|key| key.actie_id == actie_id(1)).cloned().collect();
        let others = keys.iter().filter(|key| key.soort != names::SOORT_ACTUEEL);
        others.filter_map(|key| store.rows.remove(key)).collect()
    };
    let follows = record(1, None, Some(&actueel(&memory, 1)), false);
    let ended = gone.iter().filter(|row| row.soort().starts_with(names::SOORT_VERSIE));
    let records: Vec<Value> = [follows].into_iter().chain(ended.map(|row| record(2, Some(row), None, true))).collect();
    assert_eq!(records.len(), 2);
    assert_eq!(follow(&memory, records.clone()).await, None);
    assert_in_step(&memory, 1, &berichten);
    // The same again.
    assert_eq!(follow(&memory, records).await, None);
    assert_in_step(&memory, 1, &berichten);
}

#[tokio::test]
async fn r08_what_told_of_an_earlier_verwerking_may_end_before_the_current_row() {
    let memory = Memory::default();
    let first = Inhoud { bewaartermijn: Some("P1Y"), ..Inhoud::new(1, 1).in_verwerking(1) };
    let second = Inhoud { bewaartermijn: Some("P1Y"), ..Inhoud::new(1, 2).in_verwerking(2) };
    apply(&memory, &[post(1, &first), put(2, &second)]).await;
    let key = Key::new(actie_id(1), format!("{}{}#{}", names::SOORT_VERSIE, at(1), uuid(1)));
    let lid = Row::lid(&verwerking_id(1), &actie_id(1)).key();
    assert!(memory.store().rows.contains_key(&lid));
    let old = memory.store().rows.remove(&key).expect("the version is there");
    assert_eq!(follow(&memory, [record(1, Some(&old), None, true)]).await, None);
    assert_eq!(memory.store().rows.len(), 0);
}

#[tokio::test]
async fn r08_an_actie_that_is_there_again_stays() {
    let memory = Memory::default();
    let berichten = [post(1, &Inhoud::new(1, 1).in_verwerking(1))];
    apply(&memory, &berichten).await;
    let old = actueel(&memory, 1);
    memory.store().rows.retain(|key, _| !key.soort.starts_with(names::SOORT_OBJECT));
    assert_eq!(follow(&memory, [record(1, Some(&old), None, true)]).await, None);
    assert_in_step(&memory, 1, &berichten);
}

#[tokio::test]
async fn r08_what_is_left_of_a_removed_actie_does_not_make_it_anew() {
    let memory = Memory::default();
    apply(&memory, &[post(1, &Inhoud::new(1, 1).in_verwerking(1)), patch(2, 2, 1, Some("P1Y"), None)]).await;
    let new = memory.store().rows.remove(&Key::actueel(&actie_id(1))).expect("it is there");
    assert_eq!(follow(&memory, [record(1, None, Some(&new), false)]).await, None);
    assert!(!memory.store().rows.contains_key(&Key::actueel(&actie_id(1))));
}

/// What was written down.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn logged(happens: impl FnOnce()) -> Vec<Value> {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = handlers::observe::subscriber(tracing::level_filters::LevelFilter::TRACE, move || writer.clone());
    tracing::subscriber::with_default(subscriber, happens);
    let bytes = log.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let text = String::from_utf8(bytes).expect("a log is text");
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

#[test]
fn r09_the_log_says_what_went_wrong_and_not_what_stood_there() {
    let text = |text: &str| json!({ "S": text });
    let keys = json!({ "actieId": text("geheim"), "soort": text("actueel") });
    let image = json!({ "actieId": text("geheim"), "soort": text("actueel"), "document": text("geheim"),
        "bericht": text("geheim"), "vooruit": { "BOOL": true } });
    let dynamodb =
        json!({ "SequenceNumber": "5", "ApproximateCreationDateTime": 1.0, "Keys": keys, "NewImage": image });
    let bad = [
        json!("geheim"),
        json!({ "geheim": "geheim" }),
        json!({ "eventName": "geheim", "dynamodb": dynamodb }),
        json!({ "eventName": "REMOVE", "dynamodb": dynamodb }),
        json!({ "eventName": "MODIFY", "dynamodb": dynamodb }),
    ];
    let memory = Memory::default();
    let (versie, actueel) = (format!("{}x", names::SOORT_VERSIE), names::SOORT_ACTUEEL.to_owned());
    for soort in [versie, actueel] {
        let names = [names::DOCUMENT, names::OPERATIE, names::TIJDSTIP_REGISTRATIE];
        let fields = names.map(|name| (name.to_owned(), Attribute::S("geheim".to_owned())));
        let key = [(names::ACTIE_ID, "geheim"), (names::SOORT, soort.as_str())];
        let key = key.map(|(name, value)| (name.to_owned(), Attribute::S(value.to_owned())));
        let row = Row::from_fields(key.into_iter().chain(fields));
        memory.store().rows.insert(row.key(), row);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime can be made");
    // `tracing` looks only once whether anybody listens at a place; other tests, to which nobody does, may be first there
    // at the very moment that somebody begins to.
    runtime.block_on(follow(&memory, bad.clone()));
    let lines = logged(|| {
        let failed = runtime.block_on(follow(&memory, bad));
        assert_eq!(failed.as_deref(), Some(""), "the first has no number");
    });
    let reasons = lines.iter().filter(|line| line["reason"].is_string()).count();
    assert_eq!(reasons, 5);
    let batch = lines.last().expect("a batch has a line");
    assert_eq!(
        (&batch["wijzigingen"], &batch["mislukt"], &batch["bijgewerkt"]),
        (&json!(5.0), &json!(5.0), &json!(1.0))
    );
    assert_eq!(batch["wachttijd"], 1_800_099_999_000.0, "as old as the oldest change");
    let metrics = batch["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().expect("it is a metric too");
    let names: Vec<_> = metrics.iter().filter_map(|metric| metric["Name"].as_str()).collect();
    assert_eq!(names, ["wijzigingen", "bijgewerkt", "opgeruimd", "mislukt", "wachttijd", "duur"]);
    assert!(!format!("{lines:?}").contains("geheim"), "{lines:?}");
}
