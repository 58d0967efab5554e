//! PUT /verwerkingsacties/{actieId}: R02, R20-R24, judged by what was accepted, stored or not.

use contract::{fout, table};
use domain::bericht::{Bericht, Change};
use domain::rows::Attribute;
use serde_json::{Value, json};

use crate::support::{self, Stack, VERWERKING, body, days_ago, object, with_scopes};

/// Whether what came before is stored when the next request comes.
const BOTH: [bool; 2] = [false, true];

async fn settled(stack: &Stack, stored: bool) {
    if stored {
        stack.settle().await;
    }
    stack.services.faults().record();
}

#[tokio::test]
async fn r20_the_answer_is_the_whole_new_actie() {
    for stored in BOTH {
        let stack = Stack::start().await;
        let first = stack.accepted(&body(json!({"verwerkingId": VERWERKING}))).await;
        settled(&stack, stored).await;
        let asked = body(json!({"actieNaam": "Anders", "bewaartermijn": "P7Y"}));
        let reply = stack.put(first["actieId"].as_str().unwrap(), &asked).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert_eq!(reply.headers["Content-Type"], "application/json");
        assert!(!reply.headers.contains_key("Location"));
        let mut expected = asked;
        expected["url"] = first["url"].clone();
        expected["actieId"] = first["actieId"].clone();
        expected["tijdstipRegistratie"] = reply.body["tijdstipRegistratie"].clone();
        expected["verwerkteObjecten"] = first["verwerkteObjecten"].clone();
        assert_eq!(reply.body, expected);
        assert!(reply.body["tijdstipRegistratie"].as_str() > first["tijdstipRegistratie"].as_str());

        let kept = stack.kept().await;
        let last = kept.values().max_by_key(|bericht| bericht.order()).unwrap();
        assert!(matches!(last.change(), Change::Put { inhoud } if inhoud.actie().actie_id == reply.actie_id()));
        let queued = stack.queued().await;
        assert!(queued.iter().any(|(message, _)| Bericht::parse(message).as_ref() == Ok(last)));
    }
}

#[tokio::test]
async fn r02_an_object_that_stays_keeps_its_key() {
    for stored in BOTH {
        let stack = Stack::start().await;
        let objecten = json!([object("999990019"), object("111222333")]);
        let first = stack.accepted(&body(json!({"verwerkteObjecten": objecten}))).await;
        let actie_id = first["actieId"].as_str().unwrap().to_owned();
        settled(&stack, stored).await;
        let key = |answer: &Value, n: usize| answer["verwerkteObjecten"][n]["verwerktObjectId"].clone();
        let objecten = json!([object("123456782"), object("111222333")]);
        let second = stack.put(&actie_id, &body(json!({"verwerkteObjecten": objecten}))).await.body;
        assert_eq!(key(&second, 1), key(&first, 1));
        assert!(key(&second, 0).is_string() && key(&second, 0) != key(&first, 0));
        settled(&stack, stored).await;
        // The one that came with the PUT keeps its key too.
        let third = stack.put(&actie_id, &body(json!({"verwerkteObjecten": [object("123456782")]}))).await.body;
        assert_eq!(key(&third, 0), key(&second, 0));
    }
}

#[tokio::test]
async fn r21_what_contradicts_the_path_is_wrong() {
    let stack = Stack::start().await;
    let [one, other] = [stack.accepted(&body(json!({}))).await, stack.accepted(&body(json!({}))).await];
    let actie_id = one["actieId"].as_str().unwrap();
    let reply = stack.put(actie_id, &other).await;
    let names: Vec<_> = reply.faults().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["url", "actieId", "verwerkteObjecten.0.verwerktObjectId"]);
    assert_eq!(stack.put(actie_id, &one).await.status, 200);
    assert_eq!(stack.put(&actie_id.to_uppercase(), &one).await.status, 200);
    assert_eq!(stack.put("geen-uuid", &body(json!({}))).await.faults(), [("actieId", "invalid")]);
}

#[tokio::test]
async fn r22_an_actie_that_is_not_there_is_not_found() {
    let stack = Stack::start().await;
    let unknown = "00000000-0000-4000-8000-000000000000";
    stack.put(unknown, &body(json!({}))).await.is_fout(fout::NIET_GEVONDEN);
    let deleted = stack.accepted(&body(json!({}))).await;
    let actie_id = deleted["actieId"].as_str().unwrap();
    stack.settle().await;
    stack.delete(actie_id).await;
    stack.put(actie_id, &body(json!({}))).await.is_fout(fout::NIET_GEVONDEN);
    for stored in BOTH {
        let expired = stack.accepted(&body(json!({"bewaartermijn": "PT1S"}))).await;
        settled(&stack, stored).await;
        stack.put(expired["actieId"].as_str().unwrap(), &body(json!({}))).await.is_fout(fout::NIET_GEVONDEN);
    }
}

#[tokio::test]
async fn r22_a_message_that_was_registered_days_ago_and_is_still_queued_counts() {
    let stack = Stack::start().await;
    for (days, status) in [(1, 200), (14, 200), (20, 404)] {
        stack.accepted(&body(json!({}))).await;
        let kept = stack.kept().await;
        let (_, fresh) = kept.last_key_value().unwrap();
        // The same message, registered then.
        let then = days_ago(days);
        let json = fresh.json().unwrap().replace(fresh.tijdstip_registratie().text(), then.text());
        let actie_id = format!("00000000-0000-4000-8000-{days:012}");
        let json = json.replace(fresh.change().actie_id().unwrap(), &actie_id);
        let old = Bericht::parse(&json).unwrap();
        handlers::aws::Backup::put(&stack.backup, &old.backup_key(), json).await.unwrap();
        let reply = stack.put(&actie_id, &body(json!({}))).await;
        assert_eq!(reply.status, status, "{days} days: {}", reply.body);
    }
}

#[tokio::test]
async fn r23_r24_the_scopes_hang_on_what_the_actie_is_and_becomes() {
    for (is, becomes, scopes, status) in [
        ("normaal", "normaal", "update:normal", 200),
        ("normaal", "vertrouwelijk", "update:normal", 403),
        ("vertrouwelijk", "normaal", "update:normal", 403),
        ("vertrouwelijk", "vertrouwelijk", "update:normal", 403),
        ("normaal", "opgeheven", "update:normal", 403),
        ("normaal", "vertrouwelijk", "update:confidential", 200),
        ("vertrouwelijk", "normaal", "update:confidential", 200),
        ("vertrouwelijk", "opgeheven", "update:confidential", 403),
        ("normaal", "normaal", "create:confidential read:confidential", 403),
    ] {
        for stored in BOTH {
            let stack = Stack::start().await;
            let first = stack.accepted(&body(json!({"vertrouwelijkheid": is}))).await;
            settled(&stack, stored).await;
            let event = support::put(first["actieId"].as_str().unwrap(), &body(json!({"vertrouwelijkheid": becomes})));
            let reply = stack.send(with_scopes(event, scopes)).await;
            assert_eq!(reply.status, status, "{is} {becomes} {scopes} {stored}: {}", reply.body);
            if status == 403 {
                reply.is_fout(fout::NIET_TOEGESTAAN);
                assert_eq!(stack.calls().get("SendMessage"), None);
            }
        }
    }
}

#[tokio::test]
async fn r23_a_patch_that_is_not_applied_yet_counts() {
    let patched = json!({"vertrouwelijkheid": "vertrouwelijk", "bewaartermijn": "P90Y"});
    // The PATCH alone is not applied; neither is; both are.
    for (post_stored, patch_stored) in [(true, false), (false, false), (true, true)] {
        let stack = Stack::start().await;
        let first = stack.accepted(&body(json!({"verwerkingId": VERWERKING}))).await;
        let actie_id = first["actieId"].as_str().unwrap();
        settled(&stack, post_stored).await;
        assert_eq!(stack.patch(VERWERKING, &patched).await.status, 204);
        settled(&stack, patch_stored).await;
        let event = support::put(actie_id, &body(json!({"verwerkingId": VERWERKING})));
        let reply = stack.send(with_scopes(event, "update:normal")).await;
        reply.is_fout(fout::NIET_TOEGESTAAN);
        // And an older PATCH that made it normaal again does not.
        let normaal = json!({"vertrouwelijkheid": "normaal"});
        assert_eq!(stack.patch(VERWERKING, &normaal).await.status, 204);
        let event = support::put(actie_id, &body(json!({})));
        assert_eq!(stack.send(with_scopes(event, "update:normal")).await.status, 200);
    }
}

#[tokio::test]
async fn r22_a_put_that_is_not_applied_yet_counts_though_a_later_patch_is() {
    let stack = Stack::start().await;
    let first = stack.accepted(&body(json!({"verwerkingId": VERWERKING}))).await;
    let actie_id = first["actieId"].as_str().unwrap();
    let before: Vec<String> = stack.keys().await;
    let second =
        body(json!({"verwerkingId": VERWERKING, "verwerkteObjecten": [object("999990019"), object("111222333")]}));
    let second = stack.put(actie_id, &second).await.body;
    // As if the PUT were still in the queue: the PATCH was applied to what the POST made.
    let put: Vec<String> = stack.keys().await.into_iter().filter(|key| !before.contains(key)).collect();
    let objects = stack.objects().await;
    for key in &put {
        stack.clients.s3().delete_object().bucket("reserve").key(key).send().await.unwrap();
    }
    assert_eq!(stack.patch(VERWERKING, &json!({"bewaartermijn": "P90Y"})).await.status, 204);
    stack.settle().await;
    for key in &put {
        handlers::aws::Backup::put(&stack.backup, key, objects[key].clone()).await.unwrap();
    }
    let third = body(json!({"verwerkteObjecten": [object("111222333")]}));
    let third = stack.put(actie_id, &third).await.body;
    assert_eq!(third["verwerkteObjecten"][0]["verwerktObjectId"], second["verwerkteObjecten"][1]["verwerktObjectId"]);
}

#[tokio::test]
async fn r22_a_row_that_is_ahead_of_the_backup_is_believed() {
    let stack = Stack::start().await;
    let first = stack.accepted(&body(json!({}))).await;
    let actie_id = first["actieId"].as_str().unwrap();
    stack.settle().await;
    assert_eq!(stack.put(actie_id, &body(json!({"vertrouwelijkheid": "vertrouwelijk"}))).await.status, 200);
    stack.settle().await;
    // A PUT that the queue had before the backup.
    let kept = stack.kept().await;
    let put = kept.iter().max_by_key(|(_, bericht)| bericht.order()).unwrap().0;
    stack.clients.s3().delete_object().bucket("reserve").key(put).send().await.unwrap();
    let event = support::put(actie_id, &body(json!({})));
    stack.send(with_scopes(event, "update:normal")).await.is_fout(fout::NIET_TOEGESTAAN);
}

#[tokio::test]
async fn r34_a_put_is_registered_after_what_it_builds_upon_though_that_clock_was_ahead() {
    let stack = Stack::start().await;
    let first = stack.accepted(&body(json!({}))).await;
    let actie_id = first["actieId"].as_str().unwrap();
    stack.settle().await;
    let row = stack.current_row(actie_id).await.unwrap();
    let ahead = domain::tijd::Clock::new(3).next(jiff::Timestamp::now() + jiff::SignedDuration::from_secs(30));
    let text = |text: &str| Attribute::S(text.to_owned());
    let more = [(table::TIJDSTIP_REGISTRATIE, text(ahead.text())), (table::BERICHT, text("van een ander"))];
    stack.write(support::with(&row, more)).await;
    let second = stack.put(actie_id, &body(json!({}))).await;
    assert!(second.body["tijdstipRegistratie"].as_str().unwrap() > ahead.text(), "{}", second.body);
}

#[tokio::test]
async fn r22_a_put_takes_three_calls_to_look_and_two_to_hand_over() {
    let stack = Stack::start().await;
    let count = |get: usize, list: usize, object: usize, put: usize| {
        let calls =
            [("GetItem", get), ("ListObjectsV2", list), ("GetObject", object), ("PutObject", put), ("SendMessage", 1)];
        calls
            .into_iter()
            .filter(|(_, n)| *n > 0)
            .map(|(name, n)| (name.to_owned(), n))
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    let first = stack.accepted(&body(json!({}))).await;
    stack.settle().await;
    let actie_id = first["actieId"].as_str().unwrap();
    let days = recent_days();
    assert_eq!(stack.put(actie_id, &body(json!({}))).await.status, 200);
    assert_eq!(stack.calls(), count(1, days, 0, 1));
    // What it builds upon is queued: that is read from the backup.
    stack.services.faults().record();
    assert_eq!(stack.put(actie_id, &body(json!({}))).await.status, 200);
    assert_eq!(stack.calls(), count(1, days, 1, 1));
    // Of a verwerking: its PATCHes, and the pointer.
    assert_eq!(stack.put(actie_id, &body(json!({"verwerkingId": VERWERKING}))).await.status, 200);
    stack.settle().await;
    assert_eq!(stack.put(actie_id, &body(json!({"verwerkingId": VERWERKING}))).await.status, 200);
    assert_eq!(stack.calls(), count(1, days + 1, 0, 2));
    // Before it is said that there is no such actie, it is looked for on all days on which it may have been registered.
    stack.services.faults().record();
    stack.put("00000000-0000-4000-8000-000000000000", &body(json!({}))).await.is_fout(fout::NIET_GEVONDEN);
    assert_eq!(stack.calls(), [("GetItem".to_owned(), 1), ("ListObjectsV2".to_owned(), days + 14)].into());
}

/// Two, and three in the last minutes of a day.
pub(crate) fn recent_days() -> usize {
    let date = |moment: jiff::Timestamp| moment.strftime("%F").to_string();
    let now = jiff::Timestamp::now();
    if date(now) == date(now + jiff::SignedDuration::from_mins(5)) { 2 } else { 3 }
}
