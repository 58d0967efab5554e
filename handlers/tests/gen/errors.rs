//! Errors (R70-R72): each in its form, and none for which a client could be blamed is ours.

use std::future::Future;

use contract::fout;
use domain::pseudoniem::Pseudonymizer;
use domain::rows::{Key, Row};
use handlers::aws::{Failure, RowPage, Table, Write, WriteError};
use handlers::aws::{S3Backup, SqsQueue};
use handlers::r#gen::{Event, Gen, Settings};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{self, REQUEST_ID, Reply, Stack, VERSION, VERWERKING, body, object, with_header};

#[tokio::test]
async fn r71_everything_that_is_wrong_is_said_at_once() {
    let stack = Stack::start().await;
    let mut wrong = object("999990019");
    wrong["objecttype"] = "zaak".into();
    wrong["betrokkenheid"] = "x".repeat(243).into();
    let reply = stack
        .post(&body(json!({
            "tijdstip": "gisteren", "vertrouwelijkheid": "geheim", "uitvoerder": "1", "bewaartermijn": "tien jaar",
            "verwerkingId": 7, "verwerkteObjecten": [wrong, {}],
        })))
        .await;
    let names: Vec<_> = reply.faults().into_iter().map(|(name, _)| name.to_owned()).collect();
    for name in [
        "tijdstip",
        "vertrouwelijkheid",
        "uitvoerder",
        "bewaartermijn",
        "verwerkingId",
        "verwerkteObjecten.0.objecttype",
        "verwerkteObjecten.0.betrokkenheid",
        "verwerkteObjecten.1.objecttype",
        "verwerkteObjecten.1.soortObjectId",
        "verwerkteObjecten.1.objectId",
    ] {
        assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{name} in {names:?}");
    }
    assert_eq!(names.len(), 10);
    assert!(stack.calls().is_empty());
}

#[tokio::test]
async fn r71_what_is_no_json_is_a_wrong_body() {
    let stack = Stack::start().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for text in ["", "{", "null", "[]", "\"\\ud800\"", "{\"a\":1}x", deep.as_str()] {
        let mut event = support::post(&json!({}));
        event["body"] = text.into();
        assert_eq!(stack.send(event).await.faults()[0].0, "body", "{:?}", text.get(..10));
    }
    let mut event = support::post(&json!({}));
    event["isBase64Encoded"] = true.into();
    assert_eq!(stack.send(event).await.faults(), [("body", "invalid")]);
}

#[tokio::test]
async fn r72_only_json_is_understood() {
    let stack = Stack::start().await;
    for wrong in ["text/plain", "application/xml", "application/json; charset=latin1", "multipart/form-data", ""] {
        let mut event = support::post(&body(json!({})));
        event["multiValueHeaders"] = Value::Null;
        event["headers"] = json!({"CONTENT-TYPE": wrong});
        stack.send(event).await.is_fout(fout::MEDIATYPE_NIET_ONDERSTEUND);
    }
    let mut none = support::put(VERWERKING, &body(json!({})));
    none["headers"] = Value::Null;
    none["multiValueHeaders"] = Value::Null;
    stack.send(none).await.is_fout(fout::MEDIATYPE_NIET_ONDERSTEUND);
    let event = with_header(support::post(&body(json!({}))), "content-type", "Application/JSON; charset=\"UTF-8\"");
    assert_eq!(stack.send(event).await.status, 201);
}

#[tokio::test]
async fn r64_the_reads_of_the_inzage_api_are_not_built() {
    let stack = Stack::start().await;
    for resource in ["/verwerkte-objecten", "/verwerkte-objecten/{verwerktObjectId}"] {
        let mut event = support::event("GET", resource, resource, "");
        event["body"] = Value::Null;
        let reply = stack.send(event).await;
        reply.is_fout(fout::NIET_ONDERSTEUND);
        assert!(reply.body["detail"].as_str().unwrap().contains("Inzage"));
    }
}

#[tokio::test]
async fn r70_a_request_that_is_not_for_this_function_is_a_mistake_of_ours() {
    let stack = Stack::start().await;
    stack.send(support::event("DELETE", "/verwerkingsacties/{actieId}", "/", "")).await.is_fout(fout::INTERN);
}

#[tokio::test]
async fn r72_without_an_authorizer_nothing_is_allowed() {
    let stack = Stack::start().await;
    for mut event in [
        support::post(&body(json!({}))),
        support::put(VERWERKING, &body(json!({}))),
        support::patch(VERWERKING, &json!({"bewaartermijn": "P1Y"})),
    ] {
        event["requestContext"].as_object_mut().unwrap().shift_remove("authorizer");
        stack.send(event).await.is_fout(fout::NIET_TOEGESTAAN);
    }
}

/// A table in which every question is a mistake.
#[derive(Debug)]
struct Broken;

async fn mistake<T>() -> T {
    panic!("about 999990019")
}

impl Table for Broken {
    fn get(&self, _: &Key) -> impl Future<Output = Result<Option<Row>, Failure>> + Send {
        mistake()
    }

    fn get_many(&self, _: &[Key]) -> impl Future<Output = Result<Vec<Row>, Failure>> + Send {
        mistake()
    }

    fn partition(&self, _: &str, _: &str, _: Option<&Row>) -> impl Future<Output = Result<RowPage, Failure>> + Send {
        mistake()
    }

    fn members(&self, _: &str, _: Option<&Row>) -> impl Future<Output = Result<RowPage, Failure>> + Send {
        mistake()
    }

    fn of_verwerking(&self, _: &str, _: Option<&Row>) -> impl Future<Output = Result<RowPage, Failure>> + Send {
        mistake()
    }

    fn write(&self, _: Vec<Write>) -> impl Future<Output = Result<(), WriteError>> + Send {
        mistake()
    }
}

#[tokio::test]
async fn r70_a_panic_is_an_answer() {
    let (log, _listening) = support::Log::listen();
    let stack = Stack::start().await;
    let keys = Pseudonymizer::from_secret(r#"{"id":"1","sleutel":"abcdefghijklmnopqrstuvwxyz0123456789"}"#).unwrap();
    let settings = Settings { api_version: VERSION.to_owned(), ..Settings::default() };
    let queue = SqsQueue::new(stack.clients.sqs(), stack.services.sqs().url("wachtrij"));
    let backup = S3Backup::new(stack.clients.s3(), "reserve".to_owned());
    let r#gen = Gen::new(Broken, queue, backup, keys, settings);
    let event: Event = serde_json::from_value(support::put(VERWERKING, &body(json!({})))).unwrap();
    let reply = Reply::from(r#gen.handle(event, stack.call()).await);
    reply.is_fout(fout::INTERN);
    let lines = log.lines();
    let line = lines.last().unwrap();
    assert_eq!((&line["status"], &line["fouten5xx"]), (&json!(500), &json!(1.0)));
    assert!(!log.text().contains("999990019"));
}

#[tokio::test]
async fn every_request_has_one_line_with_what_became_of_it() {
    let (log, _listening) = support::Log::listen();
    let stack = Stack::start().await;
    stack.accepted(&body(json!({}))).await;
    stack.post(&json!({})).await;
    let lines = log.lines();
    let [first, second] = lines.as_slice() else { panic!("{lines:?}") };
    for (line, status, class) in [(first, 201, "verzoeken"), (second, 400, "fouten4xx")] {
        assert_eq!(line["requestId"], REQUEST_ID);
        assert_eq!(line["lambdaRequestId"], "lambda");
        assert_eq!(line["operatie"], "verwerkingsactie_create");
        assert_eq!(line["status"], status);
        assert_eq!(line["clientId"], "zaaksysteem");
        assert_eq!(line[class], 1.0);
        assert_eq!(line["fouten5xx"], 0.0);
        assert!(line["duur"].as_f64().is_some_and(|duration| duration > 0.0));
        let metrics = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
        let names: Vec<_> = metrics.iter().map(|metric| metric["Name"].as_str().unwrap()).collect();
        assert_eq!(names, ["duur", "verzoeken", "fouten4xx", "fouten5xx"]);
    }
}

/// Any JSON, in which names and values of the specification are as likely as others.
fn any_json() -> impl Strategy<Value = Value> {
    let names = ["actieNaam", "verwerkingId", "vertrouwelijkheid", "bewaartermijn", "uitvoerder", "tijdstip", "url"];
    let more =
        ["verwerkteObjecten", "objecttype", "soortObjectId", "objectId", "verwerkteSoortenGegevens", "afnemerId"];
    let names: Vec<&str> = names.into_iter().chain(more).collect();
    let name = prop_oneof![proptest::sample::select(names).prop_map(str::to_owned), "\\PC{0,4}"];
    let texts =
        ["normaal", "persoon", "BSN", "P1Y", "P999999999Y", "2026-01-15T09:30:00+01:00", VERWERKING, "\u{ffff}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        proptest::sample::select(texts.to_vec()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((name.clone(), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// A body that is right but for one field; or any JSON; or any text.
fn any_body() -> impl Strategy<Value = String> {
    let fields = ["actieNaam", "verwerkingId", "vertrouwelijkheid", "bewaartermijn", "tijdstip", "verwerkteObjecten"];
    let spoilt = (proptest::sample::select(fields.to_vec()), any_json()).prop_map(|(field, value)| {
        let mut body = body(json!({}));
        body[field] = value;
        body.to_string()
    });
    prop_oneof![spoilt, any_json().prop_map(|json| json.to_string()), any::<String>(), "[{}\\[\\]\",:0-9a-z\\\\]{0,30}"]
}

#[test]
fn r70_no_body_is_answered_with_an_error_of_ours() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stack = runtime.block_on(Stack::start());
    let known = runtime.block_on(stack.accepted(&body(json!({"verwerkingId": VERWERKING}))));
    let actie_id = known["actieId"].as_str().unwrap();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) };
    let any = (any_body(), any::<bool>(), proptest::option::of("\\PC{0,300}"));
    proptest!(config, |((text, base64, key) in any)| {
        for mut event in [
            support::post(&json!({})),
            support::put(actie_id, &json!({})),
            support::patch(VERWERKING, &json!({})),
        ] {
            event["body"] = text.clone().into();
            event["isBase64Encoded"] = base64.into();
            if let Some(key) = &key {
                event = with_header(event, "Idempotency-Key", key);
            }
            let reply = runtime.block_on(stack.send(event));
            prop_assert!(reply.status < 500, "{} to {text:?}", reply.body);
            prop_assert!(!(200..300).contains(&reply.status) || reply.status == 204 || reply.body["actieId"].is_string());
        }
    });
}
