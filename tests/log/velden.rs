//! What an actie holds: what the log adds, what a client may give, and what comes back.

use serde_json::{Value, json};

use crate::asking::ask;
use crate::log::{Log, actie, template};

fn objects(actie: &Value) -> Vec<&str> {
    let objects = actie["verwerkteObjecten"].as_array().expect("objects").iter();
    objects.map(|object| object["verwerktObjectId"].as_str().expect("an id")).collect()
}

fn is_uuid(text: &str) -> bool {
    let hyphens = [8, 13, 18, 23];
    text.len() == 36
        && text.bytes().enumerate().all(|(at, c)| match hyphens.contains(&at) {
            true => c == b'-',
            false => c.is_ascii_hexdigit() && !c.is_ascii_uppercase(),
        })
}

#[tokio::test]
async fn r01_r10_the_log_sets_ids_addresses_and_moment_and_returns_everything_else_as_it_was_given() {
    let log = Log::start().await;
    let own = "11111111-1111-4111-8111-111111111111";
    let asked = json!({
        "url": "https://elders.example/1", "actieId": own, "tijdstipRegistratie": "2001-01-01T00:00:00Z",
        "actieNaam": "Adres controleren", "handelingNaam": "Raadplegen", "verwerkingNaam": "Verhuizing",
        "verwerkingId": "6d4c2b1a-0f9e-4d8c-b7a6-958473625140",
        "verwerkingsactiviteitId": "3b5e7a90-1c2d-4e4f-9a6b-7c8d9e0f1a2b",
        "verwerkingsactiviteitUrl": "https://register.example/3b5e7a90", "vertrouwelijkheid": "normaal",
        "bewaartermijn": "P10Y", "uitvoerder": "00000001821002193000", "systeem": "BRP \u{1f3e0} ë",
        "gebruiker": "medewerker-1", "gegevensbron": "Basisregistratie", "soortAfnemerId": "OIN",
        "afnemerId": "00000001821002193000", "verwerkingIdAfnemer": "6d4c2b1a-0f9e-4d8c-b7a6-958473625141",
        "verwerkingsactiviteitIdAfnemer": "3b5e7a90-1c2d-4e4f-9a6b-7c8d9e0f1a2c",
        "verwerkingsactiviteitUrlAfnemer": "https://register.example/3b5e7a91", "tijdstip": "2026-01-15T09:30:00+01:00",
        "verwerkteObjecten": [{
            "objecttype": "persoon", "soortObjectId": "BSN", "objectId": "999990019", "betrokkenheid": "aanvrager",
            "verwerkteSoortenGegevens": [{"soortGegeven": "adres"}, {"soortGegeven": "naam"}],
        }],
    });
    let posted = log.post(&asked).await;
    assert_eq!((posted.status, &*posted.headers["content-type"]), (201, "application/json"), "{posted:?}");
    assert_eq!(posted.headers["api-version"], "0.9.0");
    let id = posted.actie_id();
    assert!(is_uuid(&id) && id != own && &id[14..15] == "4", "{id}");
    let url = format!("{}/verwerkingsacties/{id}", log.api());
    assert_eq!((&posted.body["url"], &posted.headers["location"]), (&json!(url), &url));
    assert_ne!(posted.body["tijdstipRegistratie"], asked["tijdstipRegistratie"]);
    let object = &posted.body["verwerkteObjecten"][0];
    let object_id = object["verwerktObjectId"].as_str().expect("an id");
    assert!(is_uuid(object_id) && object["url"].as_str().is_some_and(|url| url.ends_with(object_id)), "{object}");
    log.settle().await;
    let read = log.get(&id).await.body;
    for (name, value) in asked.as_object().expect("fields") {
        match name.as_str() {
            "url" | "actieId" | "tijdstipRegistratie" => assert_eq!(read[name], posted.body[name], "{name}"),
            "verwerkteObjecten" => {
                for field in ["objecttype", "soortObjectId", "betrokkenheid", "verwerkteSoortenGegevens"] {
                    assert_eq!(read[name][0][field], value[0][field], "{field}");
                }
                assert_eq!(posted.body[name][0]["objectId"], value[0]["objectId"]);
            }
            _ => assert_eq!((&posted.body[name], &read[name]), (value, value), "{name}"),
        }
    }
    // What was not given is left out.
    let little = log.post(&actie(&["999990019"], &json!({}))).await.body;
    let absent: Vec<_> =
        ["systeem", "bewaartermijn", "uitvoerder"].into_iter().filter(|it| little.get(it).is_none()).collect();
    assert_eq!(absent.len(), 3, "{little}");
}

#[tokio::test]
async fn r02_r03_an_object_keeps_its_id_as_long_as_it_is_in_the_actie() {
    let log = Log::start().await;
    let none = log.post(&actie(&[], &json!({}))).await;
    assert_eq!((none.status, none.wrong_fields()), (400, vec!["verwerkteObjecten"]), "{none:?}");
    let posted = log.post(&actie(&["999990019", "999990020"], &json!({}))).await;
    let (id, before) = (posted.actie_id(), posted.body);
    log.settle().await;
    let after = log.put(&id, &actie(&["999990032", "999990020"], &json!({}))).await.body;
    assert_eq!(objects(&after)[1], objects(&before)[1]);
    assert!(!objects(&before).contains(&objects(&after)[0]), "R02: {after}");
    log.settle().await;
    assert_eq!(objects(&log.get(&id).await.body), objects(&after));
    let other = log.post(&actie(&["999990020"], &json!({}))).await.body;
    assert_ne!(objects(&other)[0], objects(&before)[1], "within that actie");
}

#[tokio::test]
async fn r07_a_moment_comes_back_as_it_was_given() {
    let log = Log::start().await;
    // From early to late; as text they sort otherwise.
    let moments = [
        "2026-01-15T09:30:00.000000001+14:00",
        "2026-01-14T23:59:59-00:30",
        "2026-01-15T00:30:00Z",
        "2026-01-15T01:30:00.5+01:00",
    ];
    for moment in moments {
        let posted = log.post(&actie(&["999990019"], &json!({ "tijdstip": moment }))).await;
        assert_eq!((posted.status, &posted.body["tijdstip"]), (201, &json!(moment)), "{posted:?}");
    }
    for moment in ["2026-01-15T09:30:00", "2026-01-15", "2026-02-30T09:30:00Z", "gisteren", ""] {
        let refused = log.post(&actie(&["999990019"], &json!({ "tijdstip": moment }))).await;
        assert_eq!((refused.status, refused.wrong_fields()), (400, vec!["tijdstip"]), "{moment}");
    }
    log.settle().await;
    let list = log.list("999990019", &[]).await.body;
    let listed =
        list["results"].as_array().expect("acties").iter().map(|actie| actie["tijdstip"].as_str().expect("text"));
    assert!(listed.eq(moments.into_iter().rev()), "the newest first, by the instant: {list}");
}

#[tokio::test]
async fn r14_what_the_specification_does_not_name_is_neither_kept_nor_returned() {
    let log = Log::start().await;
    let more = json!({"toelichting": "belt morgen terug", "verwerkteObjecten": [{
        "objecttype": "persoon", "soortObjectId": "BSN", "objectId": "999990019", "naam": "J. Jansen",
        "verwerkteSoortenGegevens": [{"soortGegeven": "adres", "waarde": "Dorpsstraat 1"}],
    }]});
    let posted = log.post(&actie(&[], &more)).await;
    assert_eq!(posted.status, 201, "{posted:?}");
    log.settle().await;
    let read = log.get(&posted.actie_id()).await;
    let kept = log.at_rest().await;
    for text in [posted.body.to_string(), read.body.to_string(), kept] {
        assert!(text.contains("adres"), "there is nothing to search: {text}");
        for unnamed in ["belt morgen", "Jansen", "Dorpsstraat"] {
            assert!(!text.contains(unnamed), "{unnamed}: {text}");
        }
    }
}

#[tokio::test]
async fn r15_a_stack_may_ask_for_the_eleven_test() {
    let number = "123456789";
    let log = Log::start().await;
    assert_eq!(log.post(&actie(&[number], &json!({}))).await.status, 201);
    let mut template = template();
    template["Resources"]["GenFunction"]["Properties"]["Environment"]["Variables"]["ELFPROEF"] = json!("true");
    let log = Log::of(&template).await;
    let refused = log.post(&actie(&["999990019", number], &json!({}))).await;
    assert_eq!((refused.status, refused.wrong_fields()), (400, vec!["verwerkteObjecten.1.objectId"]), "{refused:?}");
    assert_eq!(log.post(&actie(&["999990019"], &json!({}))).await.status, 201);
}

#[tokio::test]
async fn r16_an_oin_has_exactly_twenty_digits() {
    let log = Log::start().await;
    for (oin, status) in [
        ("00000001821002193000", 201),
        ("0000000182100219300", 400),
        ("000000018210021930000", 400),
        ("x00000001821002193000", 400),
        ("00000001821002193000\n", 400),
        ("٠٠٠٠٠٠٠١٨٢١٠٠٢١٩٣٠٠٠", 400),
    ] {
        let answer = log.post(&actie(&["999990019"], &json!({ "uitvoerder": oin }))).await;
        assert_eq!(answer.status, status, "{oin:?}: {answer:?}");
        assert_eq!(answer.wrong_fields(), if status == 400 { vec!["uitvoerder"] } else { vec![] });
    }
}

#[tokio::test]
async fn r21_a_put_is_the_whole_actie_and_contradicts_nothing() {
    let log = Log::start().await;
    let posted = log.post(&actie(&["999990019"], &json!({"systeem": "BRP", "gebruiker": "medewerker-1"}))).await;
    let other = log.post(&actie(&["999990020"], &json!({}))).await;
    let id = posted.actie_id();
    log.settle().await;
    let object = |object_id: &str| {
        json!([{
            "objecttype": "persoon", "soortObjectId": "BSN", "objectId": "999990019", "verwerktObjectId": object_id,
        }])
    };
    for (wrong, field) in [
        (json!({"actieId": other.actie_id()}), "actieId"),
        (json!({"url": other.body["url"]}), "url"),
        (json!({"verwerkteObjecten": object(objects(&other.body)[0])}), "verwerkteObjecten.0.verwerktObjectId"),
    ] {
        let refused = log.put(&id, &actie(&["999990019"], &wrong)).await;
        assert_eq!((refused.status, refused.wrong_fields()), (400, vec![field]), "{refused:?}");
    }
    let same = json!({"actieId": id, "url": posted.body["url"], "verwerkteObjecten": object(objects(&posted.body)[0])});
    let put = log.put(&id, &actie(&[], &same)).await;
    assert_eq!((put.status, put.body.get("systeem"), put.body.get("gebruiker")), (200, None, None), "{put:?}");
    log.settle().await;
    assert_eq!(log.get(&id).await.body.get("systeem"), None, "what was not given is gone");
    assert_eq!(log.put("geen-uuid", &actie(&["999990019"], &json!({}))).await.wrong_fields(), ["actieId"]);
    let unknown = ask("PUT", "/verwerkingsacties/6d4c2b1a-0f9e-4d8c-b7a6-958473625140");
    assert_eq!(log.ask(unknown.body(&actie(&["999990019"], &json!({})))).await.status, 404, "R22");
}
