//! R09: nobody's number lies readable anywhere.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use domain::pseudoniem::{NumberKind, Pseudonymizer};
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

use crate::log::{Log, actie};

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
    let numbers = ["999990019", "999990020", "999990032", "999990044"];
    let more = json!({"soortAfnemerId": "BSN", "afnemerId": numbers[3]});
    let id = log.post(&actie(&numbers[..2], &more)).await.actie_id();
    let queued = log.at_rest().await;
    log.settle().await;
    log.put(&id, &actie(&numbers[1..3], &more)).await;
    log.settle().await;
    // A list asks by the plain number, and so does a request that is wrong.
    assert_eq!(log.list(numbers[1], &[]).await.body["count"], 1);
    assert_eq!(log.put(&id, &json!({ "actieNaam": numbers[0], "tijdstip": numbers[1] })).await.status, 400);
    log.delete(&id).await;
    log.settle().await;
    let (kept, lines) = (log.at_rest().await, written.text());
    for (text, something) in [(&queued, id.as_str()), (&kept, id.as_str()), (&lines, "verwerkingsactie_create")] {
        assert!(text.contains(something), "there is nothing to search");
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
