//! What stays, in which versions, and when it goes.

use local::Fault;
use serde_json::{Value, json};

use crate::asking::ask;
use crate::log::{Log, actie};

const VERWERKING: &str = "6d4c2b1a-0f9e-4d8c-b7a6-958473625140";

/// The versions of an actie from old to new: moment of registration, and the name that the actie has in it.
async fn versions(log: &Log, actie_id: &str) -> Vec<(String, String)> {
    let rows = log.rows_of(actie_id, "versie#").await;
    let version = |row: &Value| {
        let soort = row["soort"]["S"].as_str().expect("a sort key");
        let moment = soort.split('#').nth(1).expect("a moment").to_owned();
        let document: Value = serde_json::from_str(row["document"]["S"].as_str().unwrap_or("{}")).expect("JSON");
        (moment, document["actieNaam"].as_str().unwrap_or_default().to_owned())
    };
    let mut versions: Vec<_> = rows.iter().map(version).collect();
    versions.sort();
    versions
}

#[tokio::test]
async fn r04_r05_every_change_adds_a_version_and_the_newest_counts() {
    let log = Log::start().await;
    let named = |name: &str| actie(&["999990019"], &json!({"actieNaam": name, "verwerkingId": VERWERKING}));
    let id = log.post(&named("een")).await.actie_id();
    log.settle().await;
    let first = versions(&log, &id).await;
    assert_eq!(first.len(), 1, "{first:?}");
    for name in ["twee", "drie"] {
        assert_eq!(log.put(&id, &named(name)).await.status, 200);
    }
    assert_eq!(log.patch(VERWERKING, &json!({"bewaartermijn": "P90Y"})).await.status, 204);
    log.settle().await;
    let read = log.get(&id).await.body;
    assert_eq!((&read["actieNaam"], &read["bewaartermijn"]), (&json!("drie"), &json!("P90Y")));
    let all = versions(&log, &id).await;
    let names: Vec<_> = all.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["een", "twee", "drie", "drie"]);
    assert_eq!(all[0], first[0], "no version changes");
    assert_eq!(read["tijdstipRegistratie"], all[3].0, "R30: the PATCH's own version");
    log.delete(&id).await;
    log.settle().await;
    assert_eq!(log.get(&id).await.status, 404);
    assert_eq!(versions(&log, &id).await[..4], all, "a DELETE adds one as well");
    assert_eq!(versions(&log, &id).await.len(), 5);
}

#[tokio::test]
async fn r08_what_is_past_its_bewaartermijn_is_gone_with_all_its_versions_and_rows() {
    let log = Log::start().await;
    let of = |tijdstip: &str, termijn: &str| {
        actie(&["999990019"], &json!({"tijdstip": tijdstip, "bewaartermijn": termijn, "verwerkingId": VERWERKING}))
    };
    let past = log.post(&of("2020-02-29T12:00:00+01:00", "P1Y2M3DT4H")).await.actie_id();
    let later = log.post(&of("2020-02-29T12:00:00+01:00", "P200Y")).await.actie_id();
    let forever = log.post(&actie(&["999990019"], &json!({"tijdstip": "1950-01-01T00:00:00Z"}))).await.actie_id();
    log.settle().await;
    // Whether or not the table has been swept by now.
    assert_eq!(log.get(&past).await.status, 404, "R50");
    assert_eq!(log.delete(&past).await.status, 404);
    assert_eq!(log.list("999990019", &[]).await.body["count"], 2);
    log.sweep().await;
    let gone = log.rows().await.into_iter().filter(|row| row.to_string().contains(&past)).collect::<Vec<_>>();
    assert!(gone.is_empty(), "{gone:?}");
    for id in [&later, &forever] {
        assert_eq!(log.get(id).await.status, 200, "{id}");
    }
    let until = &log.rows_of(&later, "actueel").await[0]["bewaardTot"]["N"];
    assert_eq!(until, &json!("7894321200"), "by the calendar: 2220-02-29T12:00:00+01:00");
    // A PATCH may end it too.
    assert_eq!(log.patch(VERWERKING, &json!({"bewaartermijn": "P1D"})).await.status, 204);
    log.settle().await;
    log.sweep().await;
    assert_eq!(log.get(&later).await.status, 404);
    let left: Vec<_> =
        log.rows().await.iter().filter_map(|row| row["actieId"]["S"].as_str().map(str::to_owned)).collect();
    assert!(!left.contains(&later) && left.contains(&forever), "{left:?}");
    for wrong in ["10 jaar", "P", "PT", "P1Y1", "-P1Y", ""] {
        let refused = log.post(&of("2020-02-29T12:00:00+01:00", wrong)).await;
        assert_eq!((refused.status, refused.wrong_fields()), (400, vec!["bewaartermijn"]), "{wrong}");
    }
}

#[tokio::test]
async fn r13_what_the_queue_lost_is_submitted_again_from_the_backup() {
    let log = Log::start().await;
    let failed = log.fail_once();
    let posted = log.post(&actie(&["999990019"], &json!({}))).await;
    assert_eq!(posted.status, 201, "{posted:?}");
    let id = posted.actie_id();
    let sent = log.sent();
    let backup = log.backup().await;
    let [(_, message)] = backup.iter().filter(|(key, _)| key.contains(&id)).collect::<Vec<_>>()[..] else {
        panic!("one message: {backup:?}")
    };
    assert!(sent.len() == 1 && sent[0].contains(&id), "{sent:?}");
    failed.await.expect("proc gets the message");
    log.lose_queue().await;
    log.settle().await;
    assert_eq!(log.get(&id).await.status, 404, "it is lost");
    log.submit(message).await;
    log.settle().await;
    let read = log.get(&id).await;
    assert_eq!((read.status, &read.body["tijdstipRegistratie"]), (200, &posted.body["tijdstipRegistratie"]));
    // Once more does no harm.
    log.submit(message).await;
    log.settle().await;
    assert_eq!(log.get(&id).await.body, read.body);
    assert_eq!(log.rows_of(&id, "versie#").await.len(), 1);
}

#[tokio::test]
async fn r34_changes_that_come_twice_and_out_of_order_end_as_if_done_one_by_one() {
    let log = Log::troubled("sqs:reorder=0.4").await;
    log.services().faults().set(|call| match call.operation.as_str() {
        "SendMessage" if call.number % 2 == 0 => Fault::Twice,
        _ => Fault::None,
    });
    let mut expected = Vec::new();
    for round in 0..4 {
        let verwerking = format!("{round}d4c2b1a-0f9e-4d8c-b7a6-958473625140");
        let of = |name: &str| {
            actie(&["999990019"], &json!({"actieNaam": name, "verwerkingId": verwerking, "bewaartermijn": "P20Y"}))
        };
        let replaced = log.post(&of("een")).await.actie_id();
        let untouched = log.post(&of("twee")).await.actie_id();
        assert_eq!(log.patch(&verwerking, &json!({"bewaartermijn": "P90Y"})).await.status, 204);
        assert_eq!(log.put(&replaced, &of("drie")).await.status, 200);
        let late = log.post(&of("vier")).await.actie_id();
        let confidential = json!({"vertrouwelijkheid": "vertrouwelijk"});
        assert_eq!(log.patch(&verwerking, &confidential).await.status, 204);
        let last = log.post(&of("vijf")).await.actie_id();
        expected.extend([
            (replaced, "drie", "P20Y", "vertrouwelijk"),
            (untouched, "twee", "P90Y", "vertrouwelijk"),
            (late, "vier", "P20Y", "vertrouwelijk"),
            (last, "vijf", "P20Y", "normaal"),
        ]);
    }
    log.settle().await;
    for (id, name, termijn, vertrouwelijkheid) in &expected {
        let read = log.ask(ask("GET", &format!("/verwerkingsacties/{id}"))).await.body;
        let found = [&read["actieNaam"], &read["bewaartermijn"], &read["vertrouwelijkheid"]];
        assert_eq!(found, [name, termijn, vertrouwelijkheid], "{read}");
    }
    assert_eq!(log.list("999990019", &[]).await.body["count"], expected.len());
    assert_eq!(log.list("999990019", &[("vertrouwelijkheid", "normaal")]).await.body["count"], 4);
}
