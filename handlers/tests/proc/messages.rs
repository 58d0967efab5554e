//! `proc`, message by message: what it does, with how many calls of AWS, and what it leaves to others.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use crate::history::paused;
use crate::memory::{Memory, Verdict};
use crate::support::{Inhoud, actie_id, at, batch, batch_of, call, patch, post, put, uuid, verwerking_id};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use contract::table as names;
use domain::bericht::Bericht;
use domain::rows::{Attribute, CurrentRow, Key, Row};
use domain::verwerkingsactie::Vertrouwelijkheid;
use handlers::proc::{Limits, Proc};

const LONG: Duration = Duration::from_secs(30);

fn limits(page: usize) -> Limits {
    Limits { concurrency: 4, page, reserve: Duration::from_secs(5) }
}

/// Handles a batch; the messages that failed.
fn handle_for(memory: &Memory, event: SqsEvent, left: Duration, page: usize) -> Vec<String> {
    let proc = Proc::new(memory.clone(), memory.clone(), memory.clone(), limits(page));
    failures(paused().block_on(proc.handle(event, &call(left))))
}

fn handle(memory: &Memory, event: SqsEvent) -> Vec<String> {
    handle_for(memory, event, LONG, 100)
}

fn failures(response: SqsBatchResponse) -> Vec<String> {
    response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

/// Handles a batch, and takes its calls of AWS.
fn calls(memory: &Memory, berichten: &[Bericht]) -> Vec<&'static str> {
    memory.store().calls.clear();
    assert!(handle(memory, batch_of(berichten)).is_empty());
    std::mem::take(&mut memory.store().calls)
}

fn actueel(memory: &Memory, actie: u64) -> Row {
    memory.store().rows[&Key::actueel(&actie_id(actie))].clone()
}

fn persons(memory: &Memory, actie: u64) -> usize {
    let store = memory.store();
    let of_actie = store.rows.keys().filter(|key| key.actie_id == actie_id(actie));
    of_actie.filter(|key| key.soort.starts_with(names::SOORT_OBJECT)).count()
}

/// A verwerking with this many acties, posted in the first moments.
fn verwerking_of(acties: u64) -> Memory {
    let memory = Memory::default();
    let berichten: Vec<_> = (1..=acties).map(|n| post(n, &Inhoud::new(n, n).in_verwerking(1))).collect();
    assert!(handle(&memory, batch_of(&berichten)).is_empty());
    memory
}

#[test]
fn a_post_is_one_transaction_and_a_batch_one_question_more() {
    let memory = Memory::default();
    assert_eq!(calls(&memory, &[post(1, &Inhoud::new(1, 1))]), ["TransactWriteItems"]);
    let with = Inhoud::new(2, 2).in_verwerking(1);
    assert_eq!(calls(&memory, &[post(2, &with)]), ["TransactWriteItems", "BatchGetItem"]);
    let many: Vec<_> = (10..20).map(|n| post(n, &Inhoud::new(n, n).in_verwerking(n))).collect();
    let calls = calls(&memory, &many);
    let count = |name| calls.iter().filter(|call| **call == name).count();
    assert_eq!((calls.len(), count("TransactWriteItems"), count("BatchGetItem")), (11, 10, 1));
}

#[test]
fn a_put_is_a_question_and_a_transaction() {
    let memory = verwerking_of(1);
    let put = put(2, &Inhoud::new(1, 2).in_verwerking(2));
    assert_eq!(calls(&memory, &[put]), ["GetItem", "TransactWriteItems", "BatchGetItem"]);
}

#[test]
fn a_patch_is_a_question_for_a_page_and_a_write_for_an_actie() {
    let memory = verwerking_of(3);
    let patch = patch(10, 10, 1, Some("P1Y"), None);
    let first = calls(&memory, std::slice::from_ref(&patch));
    assert_eq!(first, ["PutItem", "PutItem", "Query", "BatchGetItem", "PutItem", "PutItem", "PutItem"]);
    // What is done already is only looked at.
    assert_eq!(calls(&memory, &[patch]), ["PutItem", "PutItem", "Query", "BatchGetItem"]);
}

#[test]
fn r34_a_message_that_comes_twice_changes_nothing() {
    let memory = Memory::default();
    let berichten = [
        post(1, &Inhoud::new(1, 1).in_verwerking(1)),
        put(2, &Inhoud::new(1, 2).in_verwerking(1)),
        patch(3, 3, 1, Some("P1Y"), None),
    ];
    assert!(handle(&memory, batch_of(&berichten)).is_empty());
    // Once more, since the version that comes of the PATCH is not there yet: it follows from the stream.
    assert!(handle(&memory, batch_of(&berichten)).is_empty());
    let rows = memory.store().rows.clone();
    for bericht in &berichten {
        assert!(handle(&memory, batch_of([bericht])).is_empty());
        assert_eq!(memory.store().rows, rows, "{}", bericht.change().operatie());
    }
}

#[test]
fn messages_about_one_actie_are_applied_in_the_order_of_registration() {
    let memory = Memory::default();
    let (inhoud, later) = (Inhoud::new(1, 1), Inhoud::new(1, 2));
    let calls = calls(&memory, &[put(2, &later), post(1, &inhoud)]);
    assert_eq!(calls, ["TransactWriteItems", "GetItem", "TransactWriteItems"], "nothing had to be worked out anew");
}

/// Lets `handling` run until it waits for AWS.
async fn until_it_waits<R>(handling: &mut (impl Future<Output = R> + Unpin), memory: &Memory) -> Option<R> {
    std::future::poll_fn(|context| match std::pin::Pin::new(&mut *handling).poll(context) {
        Poll::Ready(response) => Poll::Ready(Some(response)),
        Poll::Pending if memory.waiting() > 0 => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

#[test]
fn messages_about_different_acties_are_applied_at_once_within_a_limit() {
    let memory = Memory::default();
    memory.schedule(true);
    let berichten: Vec<_> = (1..=10).map(|n| post(n, &Inhoud::new(n, n))).collect();
    let proc = Proc::new(memory.clone(), memory.clone(), memory.clone(), limits(100));
    paused().block_on(async {
        let call = call(LONG);
        let mut handling = pin!(proc.handle(batch_of(&berichten), &call));
        let mut most = 0;
        while until_it_waits(&mut handling, &memory).await.is_none() {
            most = most.max(memory.waiting());
            memory.release(0, Verdict::Done);
        }
        assert_eq!(most, 4);
    });
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn logged(happens: impl FnOnce()) -> Vec<serde_json::Value> {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = handlers::observe::subscriber(tracing::level_filters::LevelFilter::TRACE, move || writer.clone());
    tracing::subscriber::with_default(subscriber, happens);
    let bytes = log.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn r09_a_malformed_message_fails_alone_and_the_log_says_why_without_what_it_said() {
    let good = post(1, &Inhoud::new(1, 1)).json().unwrap();
    let only = good.replacen('{', r#"{"alleen":"geheim","#, 1);
    let patch = patch(2, 2, 1, Some("P1Y"), None).json().unwrap();
    let no_key = patch.replace(&verwerking_id(1), "geheim");
    let both = patch.replacen('{', r#"{"na":"geheim","alleen":"geheim","#, 1);
    let deleted = r#"{"formaat":1,"id":"1","clientId":"geheim","tijdstipRegistratie":"2026-01-15T08:30:00.000000Z","operatie":"verwerkingsactie_delete","actieId":"geheim"}"#;
    let later = good.replace(r#""formaat":1"#, r#""formaat":2"#);
    let unknown = good.replace("verwerkingsactie_create", "geheim");
    let bad = [
        "",
        "geheim",
        "{}",
        "[\"geheim\"]",
        r#"{"formaat":1,"backup":"geheim"}"#,
        r#"{"formaat":1,"backup":7}"#,
        &good[..good.len() - 1],
        &only,
        &no_key,
        &both,
        deleted,
        &later,
        &unknown,
    ];
    let ids: Vec<String> = (0..bad.len()).map(|n| format!("bad-{n}")).collect();
    let mut messages: Vec<(&str, &str)> = ids.iter().map(String::as_str).zip(bad).collect();
    messages.insert(5, ("good", &good));
    let memory = Memory::default();
    let mut event = batch(messages);
    event.records.push({
        let mut empty = aws_lambda_events::sqs::SqsMessage::default();
        empty.message_id = Some("empty".to_owned());
        empty
    });

    let mut failed = Vec::new();
    let lines = logged(|| failed = handle(&memory, event));
    let mut expected: Vec<String> = ids.into_iter().chain(["empty".to_owned()]).collect();
    expected.sort();
    assert_eq!(failed, expected);
    assert_eq!(memory.store().rows.len(), 3, "the good one is there");
    let reasons: Vec<_> = lines.iter().filter(|line| line["reason"].is_string()).collect();
    assert_eq!(reasons.len(), expected.len());
    let batch = lines.last().unwrap();
    assert_eq!((&batch["berichten"], &batch["mislukt"]), (&15.0.into(), &14.0.into()));
    assert!(batch["wachttijd"].as_f64().unwrap() > 0.0, "registered in January, and now is later");
    let metrics = batch["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
    let names: Vec<_> = metrics.iter().map(|metric| metric["Name"].as_str().unwrap()).collect();
    assert_eq!(names, ["berichten", "mislukt", "opnieuwBepaald", "ingetrokken", "wachttijd", "duur"]);
    let everything = format!("{lines:?}");
    assert!(!everything.contains("geheim") && !everything.contains("versie 1"), "{everything}");
}

#[test]
fn a_message_that_was_too_large_for_the_queue_is_read_from_the_backup() {
    let memory = Memory::default();
    let bericht = post(1, &Inhoud::new(1, 1));
    let claim = format!(r#"{{"formaat":1,"backup":"{}"}}"#, bericht.backup_key());
    assert_eq!(handle(&memory, batch([("a", claim.as_str())])), ["a"], "the object is not there");
    memory.store().objects.insert(bericht.backup_key(), bericht.json().unwrap());
    assert!(handle(&memory, batch([("a", claim.as_str())])).is_empty());
    assert_eq!(actueel(&memory, 1).text(names::BERICHT), Some(uuid(1).as_str()));
}

#[test]
fn an_actie_about_more_persons_than_a_transaction_has_rows_is_complete() {
    let memory = Memory::default();
    let many = Inhoud { persons: (1..=250).collect(), ..Inhoud::new(1, 1) };
    assert_eq!(calls(&memory, &[post(1, &many)]), ["TransactWriteItems"; 3]);
    assert_eq!(persons(&memory, 1), 250);
    let fewer = Inhoud { persons: vec![1, 300], ..Inhoud::new(1, 2) };
    assert!(handle(&memory, batch_of(&[put(2, &fewer)])).is_empty());
    assert_eq!(persons(&memory, 1), 2, "whom a PUT leaves out has no row any more");
}

#[test]
fn r34_a_patch_goes_on_in_other_calls_with_no_more_in_memory_than_a_page() {
    let memory = verwerking_of(250);
    memory.store().page = 20;
    memory.store().largest = 0;
    let patch = patch(1000, 1000, 1, Some("P1Y"), None);
    let mut message = patch.json().unwrap();
    let mut calls = 0;
    loop {
        calls += 1;
        assert!(calls < 100, "it does not come to an end");
        // No time is left from the start: every call does one page and hands on the rest.
        let mut event = batch([("a", message.as_str())]);
        event.records[0].attributes.insert("AWSTraceHeader".to_owned(), "Root=1".to_owned());
        assert!(handle_for(&memory, event, Duration::ZERO, 20).is_empty());
        match memory.store().sent.pop() {
            Some((next, trace)) => {
                assert_eq!(trace.as_deref(), Some("Root=1"));
                message = next;
            }
            None => break,
        }
    }
    assert_eq!(calls, 13, "250 in pages of 20");
    assert!(memory.store().largest <= 20, "{}", memory.store().largest);
    for actie in 1..=250 {
        assert_eq!(actueel(&memory, actie).text(names::BERICHT), Some(patch.id()), "{actie}");
    }
}

#[test]
fn an_actie_that_cannot_be_changed_does_not_hold_up_the_others_of_its_verwerking() {
    let memory = verwerking_of(5);
    let spoilt = Key::actueel(&actie_id(2));
    let fields = memory.store().rows[&spoilt].fields().clone();
    let fields = fields.into_iter().map(|(name, value)| (name.into_owned(), value));
    let document = (names::DOCUMENT.to_owned(), Attribute::S("{}".to_owned()));
    memory.store().rows.insert(spoilt, Row::from_fields(fields.chain([document])));

    let patch = patch(10, 10, 1, None, Some(Vertrouwelijkheid::Vertrouwelijk));
    assert!(handle(&memory, batch_of([&patch])).is_empty());
    for actie in [1, 3, 4, 5] {
        assert_eq!(actueel(&memory, actie).text(names::BERICHT), Some(patch.id()), "{actie}");
    }
    let sent = std::mem::take(&mut memory.store().sent);
    assert_eq!(sent.len(), 1);
    let message = &sent[0].0;
    assert!(message.contains(&actie_id(2)));
    // From its versions the actie can be worked out all the same, so this message mends it.
    assert!(handle(&memory, batch([("rest", message.as_str())])).is_empty());
    let state = CurrentRow::of(&actueel(&memory, 2)).state().unwrap();
    assert_eq!(state.stored.actie().content.vertrouwelijkheid, Vertrouwelijkheid::Vertrouwelijk);
}

#[test]
fn what_is_throttled_is_tried_again_and_in_the_end_reported() {
    for (busy, expected) in [(10, vec![]), (usize::MAX, vec![uuid(1)])] {
        let memory = Memory::default();
        memory.schedule(true);
        let bericht = post(1, &Inhoud::new(1, 1));
        let proc = Proc::new(memory.clone(), memory.clone(), memory.clone(), limits(100));
        let failed = paused().block_on(async {
            let (call, begin) = (call(LONG), tokio::time::Instant::now());
            let mut handling = pin!(proc.handle(batch_of([&bericht]), &call));
            let mut tried = 0;
            loop {
                match until_it_waits(&mut handling, &memory).await {
                    Some(response) => {
                        assert!(begin.elapsed() < LONG, "there was time for an answer");
                        break failures(response);
                    }
                    None => memory.release(0, if tried < busy { Verdict::Throttled } else { Verdict::Done }),
                }
                tried += 1;
            }
        });
        assert_eq!(failed, expected);
    }
}

#[test]
fn r08_an_actie_whose_term_is_over_is_stored_to_be_removed() {
    let memory = Memory::default();
    let inhoud = Inhoud { bewaartermijn: Some("PT1S"), ..Inhoud::new(1, 1).in_verwerking(1) };
    // A PATCH that was accepted in time may still be under way, so it must not be dropped.
    assert!(handle(&memory, batch_of(&[post(1, &inhoud)])).is_empty());
    let end = at(1).second() + 1;
    let store = memory.store();
    let of_actie: Vec<_> = store.rows.values().filter(|row| row.text(names::ACTIE_ID) == Some(&actie_id(1))).collect();
    assert_eq!(of_actie.len(), 3);
    assert!(of_actie.iter().all(|row| row.number(names::BEWAARD_TOT) == Some(end)));
}

#[test]
fn r08_a_put_that_changes_the_term_changes_it_for_all_versions() {
    let memory = verwerking_of(1);
    let inhoud = Inhoud { bewaartermijn: Some("P1Y"), ..Inhoud::new(1, 2) };
    assert!(handle(&memory, batch_of(&[put(2, &inhoud)])).is_empty());
    let store = memory.store();
    let of_actie: Vec<_> = store.rows.values().filter(|row| row.text(names::ACTIE_ID) == Some(&actie_id(1))).collect();
    assert_eq!(of_actie.len(), 4);
    assert!(of_actie.iter().all(|row| row.number(names::BEWAARD_TOT).is_some()));
}
