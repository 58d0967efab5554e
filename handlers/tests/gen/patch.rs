//! PATCH /verwerkingsacties?verwerkingId=: R30-R33, judged by what was accepted, stored or not.

use contract::{fout, table};
use domain::bericht::{Bericht, Change};
use domain::rows::Attribute;
use handlers::aws::Backup;
use serde_json::{Value, json};

use crate::put::recent_days;
use crate::support::{self, Stack, VERWERKING, body, with_scopes};

const BOTH: [bool; 2] = [false, true];
const OTHER: &str = "6d4c2b1a-0f9e-4d8c-b7a6-000000000000";

fn term() -> Value {
    json!({"bewaartermijn": "P90Y"})
}

fn of_verwerking(more: Value) -> Value {
    let mut body = body(more);
    body["verwerkingId"] = VERWERKING.into();
    body
}

async fn settled(stack: &Stack, stored: bool) {
    if stored {
        stack.settle().await;
    }
    stack.services.faults().record();
}

async fn normal(stack: &Stack, asked: &Value) -> support::Reply {
    stack.send(with_scopes(support::patch(VERWERKING, asked), "update:normal")).await
}

#[tokio::test]
async fn r30_a_patch_is_accepted_with_204_and_nothing_else() {
    for stored in BOTH {
        let stack = Stack::start().await;
        let first = stack.accepted(&of_verwerking(json!({}))).await;
        stack.queued().await;
        settled(&stack, stored).await;
        let asked = json!({"bewaartermijn": "P90Y", "vertrouwelijkheid": "opgeheven", "actieNaam": "onbekend veld"});
        let reply = stack.patch(&VERWERKING.to_uppercase(), &asked).await;
        assert_eq!((reply.status, &reply.body), (204, &Value::Null));
        assert!(!reply.headers.contains_key("Content-Type"));
        let (message, trace) = stack.queued().await.remove(0);
        assert_eq!(trace.as_deref(), Some(support::TRACE));
        let bericht = Bericht::parse(&message).unwrap();
        let Change::Patch { verwerking_id, aanpassing } = bericht.change() else { panic!("no PATCH") };
        assert_eq!(verwerking_id, VERWERKING);
        assert_eq!(
            serde_json::to_value(aanpassing).unwrap(),
            json!({"bewaartermijn": "P90Y", "vertrouwelijkheid": "opgeheven"})
        );
        assert!(bericht.tijdstip_registratie().text() > first["tijdstipRegistratie"].as_str().unwrap());
        assert_eq!(stack.kept().await.get(&bericht.backup_key()), Some(&bericht));
        let pointers = stack.keys().await.into_iter();
        assert_eq!(pointers.filter(|key| key.contains("/patch/") && key.ends_with("/opgeheven")).count(), 1);
    }
}

#[tokio::test]
async fn r31_the_verwerking_and_a_change_are_needed() {
    let stack = Stack::start().await;
    assert_eq!(stack.patch("geen-uuid", &term()).await.faults(), [("verwerkingId", "invalid")]);
    let both = [("bewaartermijn", "required"), ("vertrouwelijkheid", "required")];
    assert_eq!(stack.patch(VERWERKING, &json!({})).await.faults(), both);
    let mut event = support::patch(VERWERKING, &term());
    event["multiValueQueryStringParameters"] = json!({"verwerkingId": [VERWERKING, OTHER]});
    assert_eq!(stack.send(event.clone()).await.faults(), [("verwerkingId", "invalid")]);
    event["multiValueQueryStringParameters"] = Value::Null;
    event["queryStringParameters"] = Value::Null;
    assert_eq!(stack.send(event).await.faults(), [("verwerkingId", "required")]);
    assert!(stack.calls().is_empty());
}

#[tokio::test]
async fn r32_a_verwerking_without_acties_is_not_found() {
    let stack = Stack::start().await;
    stack.patch(VERWERKING, &term()).await.is_fout(fout::NIET_GEVONDEN);
    // A PATCH makes no actie, nor does one of another verwerking.
    stack.accepted(&body(json!({"verwerkingId": OTHER}))).await;
    stack.accepted(&body(json!({}))).await;
    assert_eq!(stack.patch(OTHER, &term()).await.status, 204);
    for stored in BOTH {
        settled(&stack, stored).await;
        stack.patch(VERWERKING, &term()).await.is_fout(fout::NIET_GEVONDEN);
        assert_eq!(stack.calls().get("SendMessage"), None);
    }
}

#[tokio::test]
async fn r32_acties_that_went_do_not_count() {
    for stored in BOTH {
        let stack = Stack::start().await;
        // Expired, moved to another verwerking, deleted.
        stack.accepted(&of_verwerking(json!({"bewaartermijn": "PT1S"}))).await;
        let moved = stack.accepted(&of_verwerking(json!({}))).await;
        settled(&stack, stored).await;
        let elsewhere = body(json!({"verwerkingId": OTHER}));
        assert_eq!(stack.put(moved["actieId"].as_str().unwrap(), &elsewhere).await.status, 200);
        let deleted = stack.accepted(&of_verwerking(json!({}))).await;
        stack.settle().await;
        stack.delete(deleted["actieId"].as_str().unwrap()).await;
        stack.patch(VERWERKING, &term()).await.is_fout(fout::NIET_GEVONDEN);
        // One that is there is enough.
        stack.accepted(&of_verwerking(json!({}))).await;
        settled(&stack, stored).await;
        assert_eq!(stack.patch(VERWERKING, &term()).await.status, 204);
    }
}

#[tokio::test]
async fn r32_an_actie_is_found_among_many_that_went() {
    let stack = Stack::start().await;
    for _ in 0..40 {
        stack.accepted(&of_verwerking(json!({"bewaartermijn": "PT1S"}))).await;
    }
    stack.settle().await;
    stack.patch(VERWERKING, &term()).await.is_fout(fout::NIET_GEVONDEN);
    stack.accepted(&of_verwerking(json!({}))).await;
    assert_eq!(stack.patch(VERWERKING, &term()).await.status, 204);
}

#[tokio::test]
async fn r33_update_normal_may_change_the_bewaartermijn_of_acties_that_are_normaal() {
    for stored in BOTH {
        let stack = Stack::start().await;
        for _ in 0..3 {
            stack.accepted(&of_verwerking(json!({}))).await;
        }
        settled(&stack, stored).await;
        assert_eq!(normal(&stack, &term()).await.status, 204);
        for value in ["normaal", "vertrouwelijk"] {
            normal(&stack, &json!({"vertrouwelijkheid": value})).await.is_fout(fout::NIET_TOEGESTAAN);
        }
        let event = support::patch(VERWERKING, &term());
        stack.send(with_scopes(event, "create:confidential")).await.is_fout(fout::NIET_TOEGESTAAN);
        assert_eq!(stack.patch(VERWERKING, &json!({"vertrouwelijkheid": "vertrouwelijk"})).await.status, 204);
    }
}

#[tokio::test]
async fn r33_one_actie_that_is_not_normaal_is_enough() {
    for stored in BOTH {
        let stack = Stack::start().await;
        stack.accepted(&of_verwerking(json!({}))).await;
        let other = stack.accepted(&of_verwerking(json!({"vertrouwelijkheid": "vertrouwelijk"}))).await;
        stack.accepted(&of_verwerking(json!({}))).await;
        settled(&stack, stored).await;
        normal(&stack, &term()).await.is_fout(fout::NIET_TOEGESTAAN);
        assert_eq!(stack.calls().get("SendMessage"), None);
        // It becomes normaal, and is so though the table and its index say otherwise.
        let other = other["actieId"].as_str().unwrap();
        assert_eq!(stack.put(other, &of_verwerking(json!({}))).await.status, 200);
        assert_eq!(normal(&stack, &term()).await.status, 204);
    }
}

#[tokio::test]
async fn r33_a_patch_that_is_not_applied_yet_counts() {
    for stored in BOTH {
        for value in ["vertrouwelijk", "opgeheven"] {
            let stack = Stack::start().await;
            for _ in 0..3 {
                stack.accepted(&of_verwerking(json!({}))).await;
            }
            settled(&stack, stored).await;
            assert_eq!(stack.patch(VERWERKING, &json!({"vertrouwelijkheid": value})).await.status, 204);
            // One that says nothing of it does not hide it.
            assert_eq!(stack.patch(VERWERKING, &term()).await.status, 204);
            normal(&stack, &term()).await.is_fout(fout::NIET_TOEGESTAAN);
            assert_eq!(stack.patch(VERWERKING, &json!({"vertrouwelijkheid": "normaal"})).await.status, 204);
            assert_eq!(normal(&stack, &term()).await.status, 204);
        }
    }
}

#[tokio::test]
async fn r33_one_actie_that_a_patch_left_not_normaal_is_found_among_those_that_are_again() {
    for stored in BOTH {
        for left in 0..3 {
            let stack = Stack::start().await;
            let mut acties = Vec::new();
            for _ in 0..3 {
                acties.push(stack.accepted(&of_verwerking(json!({}))).await["actieId"].as_str().unwrap().to_owned());
            }
            // In the order in which they are found.
            acties.sort();
            settled(&stack, stored).await;
            for value in ["normaal", "vertrouwelijk"] {
                assert_eq!(stack.patch(VERWERKING, &json!({"vertrouwelijkheid": value})).await.status, 204);
            }
            for actie_id in acties.iter().enumerate().filter(|(n, _)| *n != left).map(|(_, actie_id)| actie_id) {
                assert_eq!(stack.put(actie_id, &of_verwerking(json!({}))).await.status, 200);
            }
            normal(&stack, &term()).await.is_fout(fout::NIET_TOEGESTAAN);
            assert_eq!(stack.put(&acties[left], &of_verwerking(json!({}))).await.status, 200);
            assert_eq!(normal(&stack, &term()).await.status, 204);
        }
    }
}

#[tokio::test]
async fn r32_r33_what_the_backup_has_no_longer_is_found_in_the_table() {
    let stack = Stack::start().await;
    let mut acties = Vec::new();
    for _ in 0..3 {
        acties.push(stack.accepted(&of_verwerking(json!({}))).await["actieId"].as_str().unwrap().to_owned());
    }
    acties.sort();
    let last = &acties[2];
    let vertrouwelijk = of_verwerking(json!({"vertrouwelijkheid": "vertrouwelijk"}));
    assert_eq!(stack.put(last, &vertrouwelijk).await.status, 200);
    stack.settle().await;
    for key in stack.keys().await {
        stack.clients.s3().delete_object().bucket("reserve").key(key).send().await.unwrap();
    }
    normal(&stack, &term()).await.is_fout(fout::NIET_TOEGESTAAN);
    let put = with_scopes(support::put(last, &of_verwerking(json!({}))), "update:normal");
    stack.send(put).await.is_fout(fout::NIET_TOEGESTAAN);
    assert_eq!(stack.put(last, &of_verwerking(json!({}))).await.status, 200);
    assert_eq!(normal(&stack, &term()).await.status, 204);
}

#[tokio::test]
async fn r33_a_patch_is_found_behind_a_thousand_others() {
    let stack = Stack::start().await;
    stack.accepted(&of_verwerking(json!({}))).await;
    stack.settle().await;
    let then = support::days_ago(3);
    let others: Vec<String> = (0..1005)
        .map(|n| {
            let name = format!("{}-00000000-0000-4000-8000-{n:012}", then.text().replace(['-', ':'], ""));
            format!("verwerkingen/{VERWERKING}/patch/{name}/-")
        })
        .collect();
    for some in others.chunks(50) {
        let puts = some.iter().map(|key| Backup::put(&stack.backup, key, String::new()));
        futures_util::future::try_join_all(puts).await.unwrap();
    }
    assert_eq!(stack.patch(VERWERKING, &json!({"vertrouwelijkheid": "vertrouwelijk"})).await.status, 204);
    normal(&stack, &term()).await.is_fout(fout::NIET_TOEGESTAAN);
}

#[tokio::test]
async fn r33_an_actie_that_went_forbids_nothing() {
    let stack = Stack::start().await;
    stack.accepted(&of_verwerking(json!({}))).await;
    let vertrouwelijk = of_verwerking(json!({"vertrouwelijkheid": "vertrouwelijk"}));
    let deleted = stack.accepted(&vertrouwelijk).await;
    let mut expired = vertrouwelijk.clone();
    expired["bewaartermijn"] = "PT1S".into();
    stack.accepted(&expired).await;
    stack.settle().await;
    normal(&stack, &term()).await.is_fout(fout::NIET_TOEGESTAAN);
    stack.delete(deleted["actieId"].as_str().unwrap()).await;
    assert_eq!(normal(&stack, &term()).await.status, 204);
}

#[tokio::test]
async fn r33_an_index_that_lags_hides_nothing() {
    let stack = Stack::start().await;
    stack.accepted(&of_verwerking(json!({}))).await;
    let other = stack.accepted(&of_verwerking(json!({"vertrouwelijkheid": "vertrouwelijk"}))).await;
    stack.settle().await;
    // As if the index did not have it yet: it is not in the index without this attribute.
    let row = stack.current_row(other["actieId"].as_str().unwrap()).await.unwrap();
    let fields = row.fields().iter().filter(|(name, _)| *name != table::VERWERKING_ID);
    let fields = fields.map(|(name, value)| (name.to_string(), value.clone()));
    stack.write(domain::rows::Row::from_fields(fields)).await;
    normal(&stack, &term()).await.is_fout(fout::NIET_TOEGESTAAN);
}

#[tokio::test]
async fn r34_a_patch_is_registered_after_what_it_changes_though_that_clock_was_ahead() {
    let stack = Stack::start().await;
    let first = stack.accepted(&of_verwerking(json!({}))).await;
    let ahead = domain::tijd::Clock::new(3).next(jiff::Timestamp::now() + jiff::SignedDuration::from_secs(30));
    // Registered by another instance: in the queue, with its pointer; or stored.
    let kept = stack.kept().await.into_values().next().unwrap();
    let json = kept.json().unwrap().replace(kept.tijdstip_registratie().text(), ahead.text());
    let json = json.replace(first["actieId"].as_str().unwrap(), "00000000-0000-4000-8000-000000000000");
    let other = Bericht::parse(&json).unwrap();
    let name = other.backup_key().rsplit('/').next().unwrap().replace(".json", "");
    let pointer = format!("verwerkingen/{VERWERKING}/normaal/{name}/00000000-0000-4000-8000-000000000000");
    Backup::put(&stack.backup, &other.backup_key(), json).await.unwrap();
    Backup::put(&stack.backup, &pointer, String::new()).await.unwrap();
    assert_eq!(stack.patch(VERWERKING, &term()).await.status, 204);
    let mut kept = stack.kept().await.into_values();
    let patch = kept.rfind(|bericht| bericht.change().actie_id().is_none()).unwrap();
    assert!(*patch.tijdstip_registratie() > ahead, "{} after {ahead}", patch.tijdstip_registratie());
}

#[tokio::test]
async fn r30_r72_a_term_that_does_not_fit_in_a_row_is_too_large() {
    let stack = Stack::start().await;
    let asked = json!({"bewaartermijn": format!("P{}1Y", "0".repeat(2000))});
    stack.patch(VERWERKING, &asked).await.is_fout(fout::TE_GROOT);
    assert!(stack.calls().is_empty());
}

#[tokio::test]
async fn r32_the_calls_of_a_patch_do_not_grow_with_the_verwerking() {
    let stack = Stack::start().await;
    for _ in 0..30 {
        stack.accepted(&of_verwerking(json!({}))).await;
    }
    stack.settle().await;
    let expected = |query: usize| {
        // Pointers of three kinds, and the messages of the one actie that is looked up.
        let list = 3 + recent_days();
        let calls = [("GetItem", 1), ("ListObjectsV2", list), ("PutObject", 2), ("Query", query), ("SendMessage", 1)];
        calls.map(|(name, count)| (name.to_owned(), count)).into()
    };
    assert_eq!(normal(&stack, &term()).await.status, 204);
    assert_eq!(stack.calls(), expected(2));
    stack.settle().await;
    // Stored by now, the PATCH is what the row came of, and the POST is read to make sure of it.
    let mut expected = expected(1);
    expected.insert("GetObject".to_owned(), 2);
    assert_eq!(stack.patch(VERWERKING, &term()).await.status, 204);
    assert_eq!(stack.calls(), expected);
}

/// Who may change what is `normaal` alone has the whole index looked through, a megabyte a call.
#[tokio::test]
async fn r33_the_index_costs_a_call_for_each_megabyte() {
    let stack = Stack::start().await;
    stack.accepted(&of_verwerking(json!({}))).await;
    stack.settle().await;
    let text = |text: &str| Attribute::S(text.to_owned());
    let row = |n: usize| {
        // As long as a key may be: so few rows are enough.
        let key = format!("{n:0>2048}");
        let fields = [
            (table::ACTIE_ID, text(&key)),
            (table::SOORT, text(table::SOORT_ACTUEEL)),
            (table::VERWERKING_ID, text(VERWERKING)),
            (table::TIJDSTIP_REGISTRATIE, text(support::days_ago(3).text())),
            (table::VERTROUWELIJKHEID, text("normaal")),
        ];
        support::with(&domain::rows::Row::from_fields([]), fields)
    };
    for n in 0..560 {
        stack.write(row(n)).await;
    }
    stack.services.faults().record();
    assert_eq!(normal(&stack, &term()).await.status, 204);
    assert_eq!(stack.calls()["Query"], 3, "the members, and a megabyte and a bit of the index");
    stack.services.faults().record();
    assert_eq!(stack.patch(VERWERKING, &term()).await.status, 204);
    assert_eq!(stack.calls()["Query"], 1);
}

#[tokio::test]
async fn r34_a_row_of_a_member_is_only_what_it_says_in_its_own_row() {
    let stack = Stack::start().await;
    let key = [
        (table::ACTIE_ID, Attribute::S(format!("{}{VERWERKING}", table::VERWERKING))),
        (table::SOORT, Attribute::S(format!("{}00000000-0000-4000-8000-000000000000", table::SOORT_LID))),
    ];
    // A membership whose actie was removed at the end of its term.
    stack.write(support::with(&domain::rows::Row::from_fields([]), key)).await;
    stack.patch(VERWERKING, &term()).await.is_fout(fout::NIET_GEVONDEN);
}
