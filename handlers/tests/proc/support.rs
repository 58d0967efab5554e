//! What the tests of the functions start from: changes as `gen` accepts them, and services in memory.
use std::time::{Duration, Instant};

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use domain::bericht::{Bericht, Change};
use domain::bewaartermijn::Bewaartermijn;
use domain::pseudoniem::Pseudonymizer;
use domain::stored::Stored;
use domain::tijd::TijdstipRegistratie;
use domain::verwerkingsactie::{Addresses, Patch, Request, Vertrouwelijkheid, Verwerkingsactie};
use handlers::call::Call;
use serde_json::{Value, json};

/// The n-th key.
pub(crate) fn uuid(n: u64) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}

/// The n-th actie.
pub(crate) fn actie_id(n: u64) -> String {
    uuid(1_000_000 + n)
}

/// The n-th verwerking.
pub(crate) fn verwerking_id(n: u64) -> String {
    format!("abcdef00-0000-4000-8000-{n:012}")
}

/// The n-th moment of registration.
pub(crate) fn at(n: u64) -> TijdstipRegistratie {
    TijdstipRegistratie::parse(&format!("2026-01-15T08:30:00.{n:06}Z")).expect("n has at most six digits")
}

/// What a POST or PUT says of an actie, as the log keeps it.
pub(crate) struct Inhoud {
    pub(crate) actie: u64,
    pub(crate) at: u64,
    pub(crate) verwerking: Option<u64>,
    pub(crate) vertrouwelijkheid: &'static str,
    pub(crate) bewaartermijn: Option<&'static str>,
    pub(crate) persons: Vec<u64>,
    /// Stands in `actieNaam`, so that one version differs from another.
    pub(crate) name: String,
}

impl Inhoud {
    pub(crate) fn new(actie: u64, at: u64) -> Self {
        Self {
            actie,
            at,
            verwerking: None,
            vertrouwelijkheid: "normaal",
            bewaartermijn: None,
            persons: vec![1],
            name: format!("versie {at}"),
        }
    }

    pub(crate) fn in_verwerking(self, verwerking: u64) -> Self {
        Self { verwerking: Some(verwerking), ..self }
    }

    pub(crate) fn stored(&self) -> Stored {
        let persons = self.persons.iter().map(
            |n| json!({"objecttype": "persoon", "soortObjectId": "BSN", "objectId": format!("{:09}", 900_000_000 + n)}),
        );
        let mut request = json!({
            "actieNaam": self.name, "vertrouwelijkheid": self.vertrouwelijkheid,
            "tijdstip": "2026-01-15T09:30:00+01:00", "verwerkteObjecten": persons.collect::<Vec<Value>>(),
        });
        // In upper case: a client may write a UUID so.
        let verwerking = self.verwerking.map(|n| Value::from(verwerking_id(n).to_uppercase()));
        for (name, value) in [("verwerkingId", verwerking), ("bewaartermijn", self.bewaartermijn.map(Value::from))] {
            if let Some(value) = value {
                request[name] = value;
            }
        }
        let request: Request = serde_json::from_value(request).expect("this is a request");
        let mut key = 0;
        let new_key = || {
            key += 1;
            uuid(key)
        };
        let addresses = Addresses::joint("https://log.example/v1");
        let actie = Verwerkingsactie::new(request, actie_id(self.actie), at(self.at), &addresses, new_key);
        let secret = r#"{"id":"1","sleutel":"abcdefghijklmnopqrstuvwxyz0123456789"}"#;
        Pseudonymizer::from_secret(secret).expect("this is a secret").pseudonymize(actie, None)
    }
}

fn bericht(n: u64, at: TijdstipRegistratie, change: Change) -> Bericht {
    Bericht::new(uuid(n), "zaaksysteem".to_owned(), at, change)
}

/// A POST; `n` is the number of the message.
pub(crate) fn post(n: u64, inhoud: &Inhoud) -> Bericht {
    bericht(n, at(inhoud.at), Change::Post { inhoud: inhoud.stored() })
}

/// A PUT.
pub(crate) fn put(n: u64, inhoud: &Inhoud) -> Bericht {
    bericht(n, at(inhoud.at), Change::Put { inhoud: inhoud.stored() })
}

/// A PATCH.
pub(crate) fn patch(
    n: u64,
    moment: u64,
    verwerking: u64,
    bewaartermijn: Option<&str>,
    vertrouwelijkheid: Option<Vertrouwelijkheid>,
) -> Bericht {
    let bewaartermijn = bewaartermijn.map(|term| Bewaartermijn::parse(term).expect("this is a bewaartermijn"));
    let aanpassing = Patch { bewaartermijn, vertrouwelijkheid };
    bericht(n, at(moment), Change::Patch { verwerking_id: verwerking_id(verwerking), aanpassing })
}

/// An event of the queue.
pub(crate) fn batch<'a>(messages: impl IntoIterator<Item = (&'a str, &'a str)>) -> SqsEvent {
    let mut event = SqsEvent::default();
    for (id, body) in messages {
        let mut message = SqsMessage::default();
        (message.message_id, message.body) = (Some(id.to_owned()), Some(body.to_owned()));
        event.records.push(message);
    }
    event
}

/// A batch of these changes, whose messages have their ids.
pub(crate) fn batch_of<'a>(berichten: impl IntoIterator<Item = &'a Bericht>) -> SqsEvent {
    let messages: Vec<_> =
        berichten.into_iter().map(|bericht| (bericht.id(), bericht.json().expect("it can be written"))).collect();
    batch(messages.iter().map(|(id, body)| (*id, body.as_str())))
}

/// A call that may take this long.
pub(crate) fn call(left: Duration) -> Call {
    Call { request_id: "r".to_owned(), deadline: Instant::now() + left, trace: None }
}
