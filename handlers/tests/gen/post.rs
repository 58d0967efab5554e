//! POST /verwerkingsacties: R01, R10-R14, and how many calls it takes.

use contract::fout;
use domain::bericht::{Bericht, Change};
use handlers::r#gen::Settings;
use serde_json::{Value, json};

use crate::support::{self, Stack, TRACE, VERSION, VERWERKING, body, object, with_scopes};

#[tokio::test]
async fn r10_the_answer_is_the_request_with_what_the_log_made() {
    let stack = Stack::start().await;
    let asked = body(json!({
        "verwerkingId": VERWERKING.to_uppercase(),
        "soortAfnemerId": "BSN", "afnemerId": "111222333",
        "verwerkteObjecten": [object("999990019"), object("een nummer dat langer is dan een BSN")],
    }));
    let reply = stack.post(&asked).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    assert_eq!(reply.headers["Content-Type"], "application/json");
    let url = reply.body["url"].as_str().unwrap();
    assert_eq!(url, format!("https://log.example/v1/verwerkingsacties/{}", reply.actie_id()));
    assert_eq!(reply.headers["Location"], url);

    let mut rest = reply.body.clone();
    let fields = rest.as_object_mut().unwrap();
    for made in ["url", "actieId", "tijdstipRegistratie"] {
        assert!(fields.shift_remove(made).is_some(), "{made}");
    }
    for object in rest["verwerkteObjecten"].as_array_mut().unwrap() {
        let object = object.as_object_mut().unwrap();
        let key = object.shift_remove("verwerktObjectId").unwrap();
        let url = format!("https://log.example/v1/verwerkte-objecten/{}", key.as_str().unwrap());
        assert_eq!(object.shift_remove("url").unwrap(), url);
    }
    assert_eq!(rest, asked);
}

#[tokio::test]
async fn r01_what_a_client_says_of_the_logs_own_fields_is_ignored() {
    let stack = Stack::start().await;
    let own = "00000000-0000-4000-8000-000000000000";
    let mut object = object("999990019");
    object["verwerktObjectId"] = own.into();
    object["url"] = "https://elders.example/".into();
    let asked = body(json!({
        "actieId": own, "url": "https://elders.example/", "tijdstipRegistratie": "2000-01-01T00:00:00.000000Z",
        "verwerkteObjecten": [object],
    }));
    let [first, second] = [stack.accepted(&asked).await, stack.accepted(&asked).await];
    for answer in [&first, &second] {
        assert_ne!(answer["actieId"], own);
        assert_ne!(answer["verwerkteObjecten"][0]["verwerktObjectId"], own);
        assert!(answer["tijdstipRegistratie"].as_str().unwrap() > "2026");
        assert!(!answer.to_string().contains("elders"));
        let id = answer["actieId"].as_str().unwrap();
        assert_eq!((id.len(), &id[14..15]), (36, "4"));
    }
    assert_ne!(first["actieId"], second["actieId"]);
    assert!(first["tijdstipRegistratie"].as_str() < second["tijdstipRegistratie"].as_str());
}

#[tokio::test]
async fn r14_unknown_fields_are_neither_stored_nor_returned() {
    let stack = Stack::start().await;
    let answer = stack.accepted(&body(json!({"geheim": "onbekend veld"}))).await;
    assert!(!answer.to_string().contains("onbekend veld"));
    let objects = stack.objects().await;
    assert!(!format!("{objects:?}").contains("onbekend veld"));
    assert!(!format!("{:?}", stack.queued().await).contains("onbekend veld"));
}

#[tokio::test]
async fn r11_r12_r73_a_vertrouwelijkheid_asks_for_its_scope() {
    let stack = Stack::start().await;
    for (value, scopes, status) in [
        ("normaal", "create:normal", 201),
        ("normaal", "create:confidential", 201),
        ("normaal", "read:confidential update:confidential", 403),
        ("normaal", "", 403),
        ("vertrouwelijk", "create:confidential", 201),
        ("vertrouwelijk", "create:normal", 403),
        ("opgeheven", "create:confidential", 403),
        ("opgeheven", "create:normal", 403),
    ] {
        let event = with_scopes(support::post(&body(json!({"vertrouwelijkheid": value}))), scopes);
        let reply = stack.send(event).await;
        assert_eq!(reply.status, status, "{value} {scopes}");
        if status == 403 {
            reply.is_fout(fout::NIET_TOEGESTAAN);
        }
    }
    assert_eq!(stack.queued().await.len(), 3);
    let missing = stack.post(&body(json!({"vertrouwelijkheid": null}))).await;
    assert_eq!(missing.faults(), [("vertrouwelijkheid", "required")]);
}

#[tokio::test]
async fn r13_the_message_is_in_the_backup_and_in_the_queue_before_the_answer() {
    let stack = Stack::start().await;
    let answer = stack.accepted(&body(json!({"verwerkingId": VERWERKING.to_uppercase()}))).await;

    let queued = stack.queued().await;
    let [(message, trace)] = queued.as_slice() else { panic!("{queued:?}") };
    assert_eq!(trace.as_deref(), Some(TRACE));
    let queued = Bericht::parse(message).unwrap();
    let kept = stack.kept().await;
    assert_eq!(kept.into_iter().collect::<Vec<_>>(), [(queued.backup_key(), queued.clone())]);

    assert_eq!(queued.client_id(), "zaaksysteem");
    assert_eq!(answer["tijdstipRegistratie"], queued.tijdstip_registratie().text());
    let Change::Post { inhoud } = queued.change() else { panic!("no POST") };
    let mut expected = answer.clone();
    let pseudoniem = inhoud.actie().verwerkte_objecten[0].content.object_id.text();
    assert!(pseudoniem.starts_with("k1."));
    expected["verwerkteObjecten"][0]["objectId"] = pseudoniem.into();
    assert_eq!(serde_json::to_value(inhoud.actie()).unwrap(), expected);

    let name = queued.backup_key().rsplit('/').next().unwrap().replace(".json", "");
    let actie_id = answer["actieId"].as_str().unwrap();
    let pointer = format!("verwerkingen/{VERWERKING}/normaal/{name}/{actie_id}");
    assert_eq!(stack.keys().await, [queued.backup_key(), pointer]);
}

#[tokio::test]
async fn r13_a_post_takes_two_calls_and_a_third_where_it_belongs_to_a_verwerking() {
    let stack = Stack::start().await;
    stack.accepted(&body(json!({}))).await;
    let calls = |put: usize| [("PutObject".to_owned(), put), ("SendMessage".to_owned(), 1)].into();
    assert_eq!(stack.calls(), calls(1));
    stack.services.faults().record();
    stack.accepted(&body(json!({"verwerkingId": VERWERKING}))).await;
    assert_eq!(stack.calls(), calls(2));
}

#[tokio::test]
async fn r13_a_message_too_large_for_the_queue_waits_in_the_backup() {
    let stack = Stack::start().await;
    let objecten: Vec<Value> = (0..1200).map(|n| object(&format!("{n:09}"))).collect();
    let answer = stack.accepted(&body(json!({"verwerkteObjecten": objecten}))).await;
    let queued = stack.queued().await;
    let [(message, trace)] = queued.as_slice() else { panic!("{} messages", queued.len()) };
    assert_eq!(trace.as_deref(), Some(TRACE));
    let reference: Value = serde_json::from_str(message).unwrap();
    let kept = stack.kept().await;
    let (key, bericht) = kept.first_key_value().unwrap();
    assert_eq!(reference, json!({"formaat": 1, "backup": key}));
    assert_eq!(bericht.change().actie_id(), answer["actieId"].as_str());

    // Whoever reads the message finds the object: the queue comes after the backup.
    let order: Vec<String> = stack.services.faults().recorded().into_iter().map(|call| call.operation).collect();
    assert_eq!(order[..2], ["PutObject", "SendMessage"]);
}

#[tokio::test]
async fn r72_what_the_table_cannot_keep_is_too_large_and_nothing_of_it_is_accepted() {
    let stack = Stack::start().await;
    let objecten: Vec<Value> = (0..3000).map(|n| object(&format!("{n:09}"))).collect();
    let reply = stack.post(&body(json!({"verwerkteObjecten": objecten}))).await;
    reply.is_fout(fout::TE_GROOT);
    assert!(stack.calls().is_empty());

    let mut event = support::post(&body(json!({})));
    event["body"] = " ".repeat(10 * 1024 * 1024 + 1).into();
    stack.send(event).await.is_fout(fout::TE_GROOT);
}

#[tokio::test]
async fn r13_any_character_of_json_gets_through() {
    let stack = Stack::start().await;
    let name = "\u{0}\u{1}\t\u{7f}\u{85}\u{2028}\u{d7ff}\u{e000}\u{fffd}\u{fffe}\u{ffff}\u{10ffff}\"\\";
    let answer = stack.accepted(&body(json!({"actieNaam": name}))).await;
    assert_eq!(answer["actieNaam"], name);
    let (message, _) = stack.queued().await.remove(0);
    assert!(message.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)));
    let Change::Post { inhoud } = Bericht::parse(&message).unwrap().change().clone() else { panic!("no POST") };
    assert_eq!(inhoud.actie().content.actie_naam.as_deref(), Some(name));
}

#[tokio::test]
async fn r10_the_url_has_the_configured_address() {
    let settings = Settings {
        api_url: Some("https://eigen.example".to_owned()),
        api_version: VERSION.to_owned(),
        elfproef: false,
    };
    let stack = Stack::with(settings).await;
    let answer = stack.accepted(&body(json!({}))).await;
    assert!(answer["url"].as_str().unwrap().starts_with("https://eigen.example/verwerkingsacties/"));
}

#[tokio::test]
async fn r15_the_eleven_test_is_made_where_the_stack_asks_for_it() {
    let wrong = body(json!({"verwerkteObjecten": [object("999990018")]}));
    Stack::start().await.accepted(&wrong).await;
    let settings = Settings { elfproef: true, api_version: VERSION.to_owned(), api_url: None };
    let stack = Stack::with(settings).await;
    assert_eq!(stack.post(&wrong).await.faults(), [("verwerkteObjecten.0.objectId", "invalid")]);
}
