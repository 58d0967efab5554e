//! `Idempotency-Key` (S09): any number of retries make one actie and get one answer.

use std::collections::BTreeSet;

use contract::fout;
use domain::bericht::Bericht;
use local::{Fault, Service};
use serde_json::{Value, json};

use crate::support::{Stack, VERWERKING, body, object, post, with_header, with_scopes};

const KEY: &str = "Idempotency-Key";

fn with_key(body: &Value, key: &str) -> Value {
    with_header(post(body), KEY, key)
}

/// The ids of the messages in the queue.
async fn queued(stack: &Stack) -> BTreeSet<String> {
    let queued = stack.queued().await;
    queued.iter().map(|(message, _)| Bericht::parse(message).unwrap().id().to_owned()).collect()
}

#[tokio::test]
async fn s09_a_retry_gets_the_same_answer_and_makes_no_second_actie() {
    let stack = Stack::start().await;
    let asked = body(json!({
        "verwerkingId": VERWERKING, "verwerkteObjecten": [object("999990019"), object("999990019"), object("111222333")],
    }));
    let first = stack.send(with_key(&asked, "5a0c8f1e-zaak")).await;
    assert_eq!(first.status, 201);
    for name in ["idempotency-key", KEY] {
        let again = stack.send(with_header(post(&asked), name, "5a0c8f1e-zaak")).await;
        assert_eq!((again.status, &again.headers, &again.body), (201, &first.headers, &first.body));
    }
    assert_eq!(queued(&stack).await.len(), 1);
    assert_eq!(stack.kept().await.len(), 1);
    let keys = stack.keys().await;
    assert_eq!(keys.iter().filter(|key| key.starts_with("verwerkingen/")).count(), 1);
}

#[tokio::test]
async fn s09_another_body_with_the_same_key_is_refused() {
    let stack = Stack::start().await;
    let asked = body(json!({}));
    assert_eq!(stack.send(with_key(&asked, "a")).await.status, 201);
    for other in [
        body(json!({"actieNaam": "Iets anders"})),
        body(json!({"verwerkteObjecten": [object("111222333")]})),
        body(json!({"verwerkteObjecten": [object("999990019"), object("111222333")]})),
    ] {
        stack.send(with_key(&other, "a")).await.is_fout(fout::SLEUTEL_HERGEBRUIKT);
    }
    assert_eq!(queued(&stack).await.len(), 1);
    // White space and unknown fields do not make another request.
    let mut event = with_key(&asked, "a");
    event["body"] = format!(" {} ", body(json!({"onbekend": 1}))).into();
    assert_eq!(stack.send(event).await.status, 201);
}

#[tokio::test]
async fn s09_a_key_is_that_of_its_client() {
    let stack = Stack::start().await;
    let mut answers = BTreeSet::new();
    for (client, key) in [("zaaksysteem", "a"), ("balie", "a"), ("zaaksysteem", "b"), ("zaaksystee", "ma")] {
        let mut event = with_key(&body(json!({})), key);
        event["requestContext"]["authorizer"]["clientId"] = client.into();
        answers.insert(stack.send(event).await.actie_id().to_owned());
    }
    assert_eq!(answers.len(), 4);
}

#[tokio::test]
async fn s09_two_at_once_make_one_actie() {
    let stack = Stack::start().await;
    let asked = body(json!({}));
    let (one, other) = tokio::join!(stack.send(with_key(&asked, "a")), stack.send(with_key(&asked, "a")));
    assert_eq!((one.status, &one.body), (201, &other.body));
    assert_eq!(queued(&stack).await.len(), 1);
    assert_eq!(stack.kept().await.len(), 1);
}

#[tokio::test]
async fn s09_a_retry_finishes_what_the_first_attempt_could_not() {
    let stack = Stack::start().await.within(std::time::Duration::from_millis(600));
    stack.services.faults().set(|call| match call.service {
        Service::Sqs => Fault::unavailable(Service::Sqs),
        _ => Fault::None,
    });
    let asked = body(json!({}));
    let first = stack.send(with_key(&asked, "a")).await;
    first.is_fout(fout::NIET_BESCHIKBAAR);
    assert_eq!(stack.calls().get("PutItem"), None, "the retry makes the same actie, so it is not withdrawn");
    stack.services.faults().clear();
    let stack = stack.within(std::time::Duration::from_secs(10));
    let again = stack.send(with_key(&asked, "a")).await;
    assert_eq!(again.status, 201);
    let kept = stack.kept().await;
    let [bericht] = kept.values().collect::<Vec<_>>()[..] else { panic!("{} messages", kept.len()) };
    assert_eq!(bericht.change().actie_id(), Some(again.actie_id()));
    assert_eq!(queued(&stack).await, BTreeSet::from([bericht.id().to_owned()]));
}

#[tokio::test]
async fn s09_an_answer_of_the_backup_that_got_lost_makes_no_second_actie() {
    let stack = Stack::start().await;
    stack.services.faults().set(|call| match (call.operation.as_str(), call.number) {
        ("PutObject", 1) => Fault::AnswerLost,
        _ => Fault::None,
    });
    let reply = stack.send(with_key(&body(json!({})), "a")).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    let kept = stack.kept().await;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept.values().next().unwrap().change().actie_id(), Some(reply.actie_id()));
}

#[tokio::test]
async fn s09_r71_a_key_has_1_to_255_characters_and_comes_once() {
    let stack = Stack::start().await;
    let asked = body(json!({}));
    assert_eq!(stack.send(with_key(&asked, &"é".repeat(255))).await.status, 201);
    stack.services.faults().record();
    assert_eq!(stack.send(with_key(&asked, &"a".repeat(256))).await.faults(), [(KEY, "max_length")]);
    assert_eq!(stack.send(with_key(&asked, "")).await.faults(), [(KEY, "invalid")]);
    let mut twice = with_key(&asked, "a");
    twice["multiValueHeaders"][KEY] = json!(["a", "b"]);
    assert_eq!(stack.send(twice).await.faults(), [(KEY, "invalid")]);
    let both = with_key(&body(json!({"tijdstip": "gisteren"})), "");
    assert_eq!(stack.send(both).await.faults(), [(KEY, "invalid"), ("tijdstip", "invalid")]);
    assert!(stack.calls().is_empty());
}

#[tokio::test]
async fn s09_a_retry_needs_the_scope_too() {
    let stack = Stack::start().await;
    let asked = body(json!({"vertrouwelijkheid": "vertrouwelijk"}));
    assert_eq!(stack.send(with_key(&asked, "a")).await.status, 201);
    let event = with_scopes(with_key(&asked, "a"), "create:normal");
    stack.send(event).await.is_fout(fout::NIET_TOEGESTAAN);
}

#[tokio::test]
async fn s09_a_key_costs_one_call_and_a_retry_one_more() {
    let stack = Stack::start().await;
    let asked = body(json!({}));
    stack.send(with_key(&asked, "a")).await;
    let calls = |get: Option<usize>| {
        let calls = [("GetObject", get), ("PutObject", Some(2)), ("SendMessage", Some(1))];
        calls.into_iter().filter_map(|(name, count)| Some((name.to_owned(), count?))).collect()
    };
    assert_eq!(stack.calls(), calls(None));
    stack.services.faults().record();
    stack.send(with_key(&asked, "a")).await;
    assert_eq!(stack.calls(), calls(Some(1)));
}
