//! The list: its pages, its filters, and what it shows of an actie.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::asking::ask;
use crate::log::{Log, actie};

/// Every page of a list, by way of `next`.
async fn pages(log: &Log, bsn: &str) -> Vec<Value> {
    let mut pages = Vec::new();
    let mut page = log.list(bsn, &[]).await;
    loop {
        assert_eq!(page.status, 200, "{page:?}");
        assert_eq!(page.body["previous"], Value::Null);
        let next = page.body["next"].as_str().map(str::to_owned);
        pages.push(page.body);
        let Some(next) = next else { return pages };
        assert!(next.starts_with(log.api()), "{next}");
        page = log.ask(ask("GET", &next)).await;
    }
}

#[tokio::test]
async fn r44_pages_skip_nothing_and_repeat_nothing() {
    let log = Log::start().await;
    let mut expected = BTreeSet::new();
    for n in 0..230 {
        // Many at the same moment: the order among them has to be stable too.
        let tijdstip = format!("2026-01-{:02}T09:30:00+01:00", 1 + n % 7);
        expected.insert(log.post(&actie(&["999990019"], &json!({ "tijdstip": tijdstip }))).await.actie_id());
    }
    log.settle().await;
    let pages = pages(&log, "999990019").await;
    assert!(pages.len() > 1, "one page holds them all");
    let results: Vec<&Value> = pages.iter().flat_map(|page| page["results"].as_array().expect("a list")).collect();
    let found: BTreeSet<String> =
        results.iter().filter_map(|actie| actie["actieId"].as_str().map(str::to_owned)).collect();
    assert_eq!(results.len(), expected.len(), "some are there twice");
    assert_eq!(found, expected);
    let moments: Vec<_> = results.iter().map(|actie| actie["tijdstip"].as_str()).collect();
    assert!(moments.is_sorted_by(|one, other| one >= other), "the newest first");
    for page in &pages {
        assert_eq!(page["count"], page["results"].as_array().map_or(0, Vec::len));
    }
}

#[tokio::test]
async fn r41_r45_r63_a_list_shows_the_person_asked_for_and_nobody_else() {
    let log = Log::start().await;
    let both = json!({"verwerkteObjecten": [
        {"objecttype": "persoon", "soortObjectId": "BSN", "objectId": "999990019", "betrokkenheid": "aanvrager"},
        {"objecttype": "persoon", "soortObjectId": "BSN", "objectId": "999990020", "betrokkenheid": "partner"},
        {"objecttype": "persoon", "soortObjectId": "BSN", "objectId": "999990019", "betrokkenheid": "ouder"},
    ]});
    log.post(&actie(&[], &both)).await;
    log.settle().await;
    let list = log.list("999990019", &[]).await.body;
    assert_eq!(list["count"], 1, "R45: {list}");
    let objects = list["results"][0]["verwerkteObjecten"].as_array().expect("objects");
    let roles: Vec<_> = objects.iter().map(|object| &object["betrokkenheid"]).collect();
    assert_eq!(roles, ["aanvrager", "ouder"]);
}

#[tokio::test]
async fn r40_r42_r43_r46_filters() {
    let log = Log::start().await;
    for (tijdstip, vertrouwelijkheid) in [
        // The last moment of the 14th and the first of the 15th in Amsterdam.
        ("2026-01-14T22:59:59.999Z", "normaal"),
        ("2026-01-14T23:00:00Z", "vertrouwelijk"),
        ("2026-01-15T23:00:00+00:00", "normaal"),
    ] {
        let more = json!({"tijdstip": tijdstip, "vertrouwelijkheid": vertrouwelijkheid});
        assert_eq!(log.post(&actie(&["999990019"], &more)).await.status, 201);
    }
    log.settle().await;
    let count = async |more: &[(&str, &str)]| log.list("999990019", more).await.body["count"].clone();
    assert_eq!(count(&[]).await, 3);
    assert_eq!(count(&[("beginDatum", "2026-01-15")]).await, 2);
    assert_eq!(count(&[("eindDatum", "2026-01-15")]).await, 1);
    assert_eq!(count(&[("beginDatum", "2026-01-15"), ("eindDatum", "2026-01-16")]).await, 1);
    assert_eq!(count(&[("vertrouwelijkheid", "vertrouwelijk")]).await, 1);
    assert_eq!(count(&[("vertrouwelijkheid__in", "vertrouwelijk,normaal")]).await, 3);
    let wrong = log.list("999990019", &[("beginDatum", "2026-02-30")]).await;
    assert_eq!((wrong.status, &wrong.body["invalidParams"][0]["name"]), (400, &json!("beginDatum")));

    let query = [("objecttype", "persoon"), ("soortObjectId", "BSN"), ("objectId", "999990019")];
    let normal = |more: &[(&'static str, &'static str)]| {
        ask("GET", "/verwerkingsacties").scopes("read:normal").query(&[query.as_slice(), more].concat())
    };
    assert_eq!(log.ask(normal(&[])).await.status, 403, "R43");
    assert_eq!(log.ask(normal(&[("vertrouwelijkheid", "normaal")])).await.body["count"], 2);
}
