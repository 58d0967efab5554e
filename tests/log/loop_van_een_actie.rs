//! An actie from its POST to its DELETE.

use serde_json::{Value, json};

use crate::asking::ask;
use crate::log::{Log, actie};

const VERWERKING: &str = "6d4c2b1a-0f9e-4d8c-b7a6-958473625140";

/// An actie as it comes back: with pseudonyms in the place of numbers, so those are left out.
fn without_numbers(actie: &Value) -> Value {
    let mut actie = actie.clone();
    for object in actie["verwerkteObjecten"].as_array_mut().expect("objects") {
        object.as_object_mut().expect("an object").remove("objectId");
    }
    actie
}

#[tokio::test]
async fn r10_r50_what_was_posted_can_be_read() {
    let log = Log::start().await;
    let hold = log.hold();
    let posted = log.post(&actie(&["999990019", "999990020"], &json!({"bewaartermijn": "P10Y"}))).await;
    assert_eq!(posted.status, 201, "{posted:?}");
    let id = posted.actie_id();
    assert_eq!(log.get(&id).await.status, 404, "it is still in the queue");
    drop(hold);
    log.settle().await;
    let read = log.get(&id).await;
    assert_eq!(read.status, 200, "{read:?}");
    assert_eq!(without_numbers(&read.body), without_numbers(&posted.body));
    assert_eq!(read.headers["api-version"], posted.headers["api-version"]);
}

#[tokio::test]
async fn r20_r22_a_put_replaces_an_actie_that_is_still_in_the_queue() {
    let log = Log::start().await;
    let hold = log.hold();
    let id = log.post(&actie(&["999990019"], &json!({}))).await.actie_id();
    let put = log.put(&id, &actie(&["999990020"], &json!({"actieNaam": "Naam controleren"}))).await;
    assert_eq!(put.status, 200, "{put:?}");
    drop(hold);
    log.settle().await;
    let read = log.get(&id).await;
    assert_eq!(without_numbers(&read.body), without_numbers(&put.body));
    assert_eq!(log.list("999990019", &[]).await.body["count"], 0, "R41: the first person is in it no longer");
    assert_eq!(log.list("999990020", &[]).await.body["results"][0]["actieNaam"], "Naam controleren");
}

#[tokio::test]
async fn r30_r33_a_patch_changes_every_actie_of_a_verwerking() {
    let log = Log::start().await;
    let of_verwerking = json!({ "verwerkingId": VERWERKING });
    let mut ids = vec![log.post(&actie(&["999990019"], &of_verwerking)).await.actie_id()];
    log.settle().await;
    // That one is in the table, the others are still under way.
    let hold = log.hold();
    for _ in 0..2 {
        ids.push(log.post(&actie(&["999990019"], &of_verwerking)).await.actie_id());
    }
    let other = log.post(&actie(&["999990019"], &json!({}))).await.actie_id();
    let patched = log.patch(VERWERKING, &json!({"bewaartermijn": "P5Y", "vertrouwelijkheid": "vertrouwelijk"})).await;
    assert_eq!(patched.status, 204, "{patched:?}");
    drop(hold);
    log.settle().await;
    for id in &ids {
        let read = log.get(id).await.body;
        assert_eq!((&read["bewaartermijn"], &read["vertrouwelijkheid"]), (&json!("P5Y"), &json!("vertrouwelijk")));
    }
    assert_eq!(log.get(&other).await.body["vertrouwelijkheid"], "normaal");
    let normaal = log.list("999990019", &[("vertrouwelijkheid", "normaal")]).await;
    assert_eq!(normaal.body["count"], 1, "the rows per person follow: {normaal:?}");

    let path = format!("/verwerkingsacties/{}", ids[0]);
    let refused = log.ask(ask("GET", &path).scopes("read:normal")).await;
    assert_eq!(refused.status, 403, "R51");
    let refused = ask("PATCH", "/verwerkingsacties").query(&[("verwerkingId", VERWERKING)]);
    let refused = log.ask(refused.scopes("update:normal").body(&json!({"bewaartermijn": "P1Y"}))).await;
    assert_eq!(refused.status, 403, "R33");
    assert_eq!(log.patch(&VERWERKING.replace('6', "7"), &json!({"bewaartermijn": "P1Y"})).await.status, 404, "R32");
}

#[tokio::test]
async fn r06_r52_a_deleted_actie_is_in_no_answer_and_its_versions_stay() {
    let log = Log::start().await;
    let hold = log.hold();
    let id = log.post(&actie(&["999990019"], &json!({}))).await.actie_id();
    assert_eq!(log.delete(&id).await.status, 404, "R52: it is not in the table yet");
    drop(hold);
    log.settle().await;
    let deleted = log.delete(&id).await;
    assert_eq!((deleted.status, &deleted.body), (204, &Value::Null));
    log.settle().await;
    assert_eq!(log.get(&id).await.status, 404);
    assert_eq!(log.delete(&id).await.status, 404);
    assert_eq!(log.put(&id, &actie(&["999990019"], &json!({}))).await.status, 404, "R22");
    assert_eq!(log.list("999990019", &[]).await.body["count"], 0);
    assert_eq!(log.rows_of(&id, "versie#").await.len(), 2, "R04: of the POST and of the DELETE");
}

#[tokio::test]
async fn r72_r73_a_token_says_what_may_be_done() {
    let log = Log::start().await;
    let post = |scopes| ask("POST", "/verwerkingsacties").scopes(scopes);
    let normaal = actie(&["999990019"], &json!({}));
    let vertrouwelijk = actie(&["999990019"], &json!({"vertrouwelijkheid": "vertrouwelijk"}));
    for (scopes, body, status) in [
        ("create:normal", &normaal, 201),
        ("create:normal", &vertrouwelijk, 403),
        ("create:confidential", &normaal, 201),
        ("create:confidential", &vertrouwelijk, 201),
        ("read:confidential", &normaal, 403),
        ("", &normaal, 403),
    ] {
        assert_eq!(log.ask(post(scopes).body(body)).await.status, status, "{scopes}: {body}");
    }
}
