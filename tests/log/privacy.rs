//! R09: nobody's number lies readable anywhere.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use domain::pseudoniem::{NumberKind, Pseudonymizer};
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

use crate::asking::{Token, ask};
use crate::log::{Log, actie};

const ACTIES: &str = "/verwerkingsacties";
const VERWERKING: &str = "6d4c2b1a-0f9e-4d8c-b7a6-958473625140";

/// What the functions write down.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn r09_no_number_is_readable_in_the_table_the_bucket_the_queue_or_a_log_line() {
    let written = Written::default();
    let writer = written.clone();
    // As much as there is: what the libraries tell at lower levels is the request itself.
    let subscriber = handlers::observe::subscriber(LevelFilter::TRACE, move || writer.clone());
    let _listening = tracing::subscriber::set_default(subscriber);
    let log = Log::start().await;
    let numbers = ["999990019", "999990020", "999990032", "999990044", "999990056"];
    let [one, other, third, afnemer, key] = numbers;
    let more = json!({"soortAfnemerId": "BSN", "afnemerId": afnemer, "verwerkingId": VERWERKING});
    let id = log.post(&actie(&[one, other], &more)).await.actie_id();
    let queued = log.at_rest().await;
    log.settle().await;
    log.put(&id, &actie(&[other, third], &more)).await;
    assert_eq!(log.patch(VERWERKING, &json!({"bewaartermijn": "P90Y"})).await.status, 204);
    // One that says nothing of its soort, and has nine digits. The key may be made of a number too.
    let keyed = |body: &Value| ask("POST", ACTIES).header("Idempotency-Key", key).body(body);
    let body = actie(&[one], &json!({ "afnemerId": afnemer }));
    assert_eq!(log.ask(keyed(&body)).await.status, 201);
    log.settle().await;
    // A list asks by the plain number.
    assert_eq!(log.list(other, &[]).await.body["count"], 1);

    // And so does a request that is wrong, wherever it has the number: no answer says it again.
    let broken = format!("{{\"objectId\": {one}x");
    let patch = json!({ "bewaartermijn": other });
    let twice = [("objecttype", one), ("soortObjectId", "BSN"), ("objectId", one), ("objectId", other)];
    for (status, asked) in [
        (400, ask("PUT", &format!("{ACTIES}/{id}")).body(&json!({ "actieNaam": one, "tijdstip": other }))),
        (
            400,
            ask("POST", ACTIES).body(&actie(&[one], &json!({ "uitvoerder": one, "verwerkingId": afnemer, third: 1 }))),
        ),
        (400, ask("POST", ACTIES).bytes("application/json", broken)),
        (400, ask("PATCH", ACTIES).query(&[("verwerkingId", one)]).body(&patch)),
        (400, ask("GET", ACTIES).query(&twice)),
        (400, ask("GET", ACTIES).query(&[("objectId", one), ("beginDatum", other), ("pagina", third)])),
        (400, ask("GET", &format!("{ACTIES}/{one}"))),
        (401, ask("GET", &format!("{ACTIES}/{one}")).token(Token::Text(&format!("Bearer {one}.{other}.{third}")))),
        (403, ask("GET", ACTIES).scopes("read:normal").query(&[("objectId", one)])),
        (404, ask("PUT", &format!("{ACTIES}/{}", id.replace(['a', 'b', 'c'], "d"))).body(&body)),
        (404, ask("GET", &format!("/{one}"))),
        (405, ask("PUT", ACTIES).query(&[("objectId", one)])),
        (415, ask("POST", ACTIES).bytes(one, one)),
        (422, keyed(&actie(&[other], &json!({})))),
    ] {
        let what = format!("{} {}", asked.method, asked.path);
        let answer = log.ask(asked).await;
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        let text = format!("{answer:?}");
        assert!(numbers.iter().all(|number| !text.contains(number)), "{what}: {text}");
    }
    log.delete(&id).await;
    log.settle().await;

    let (kept, lines) = (log.at_rest().await, written.text());
    for (text, something) in [
        (&queued, id.as_str()),
        (&kept, id.as_str()),
        // A line of each function.
        (&lines, "autorisatie"),
        (&lines, "verwerkingsactie_create"),
        (&lines, "berichten"),
        (&lines, "wijzigingen"),
    ] {
        assert!(text.contains(something), "there is nothing to search: {something}");
        for number in numbers {
            assert!(!text.contains(number), "{number} is readable");
        }
    }
}

#[tokio::test]
async fn r09_with_the_key_a_pseudonym_leads_back_to_the_number() {
    let log = Log::start().await;
    let more = json!({"soortAfnemerId": "BSN", "afnemerId": "999990044"});
    let id = log.post(&actie(&["999990019"], &more)).await.actie_id();
    log.settle().await;
    let keys = Pseudonymizer::from_secret(&log.secret("log-PseudonymSecret").await).expect("the stack made a key");
    let row = &log.rows_of(&id, "object#").await[0];
    let person = row["objectSleutel"]["S"].as_str().expect("a pseudonym");
    let kind = NumberKind { objecttype: "persoon", soort: "BSN" };
    assert_eq!(keys.reveal(kind, person, None).expect("its key is there"), "999990019");
    let document: Value = serde_json::from_str(row["document"]["S"].as_str().expect("a document")).expect("JSON");
    let afnemer = document["afnemerId"].as_str().expect("a pseudonym");
    assert_eq!(keys.reveal(NumberKind::AFNEMER, afnemer, None).expect("its key is there"), "999990044");
    let other =
        Pseudonymizer::from_secret(r#"{"id":"1","sleutel":"abcdefghijklmnopqrstuvwxyz0123456789"}"#).expect("a key");
    assert!(other.reveal(kind, person, None).is_err(), "without the key it does not");
}
