//! What the tests of several modules start from.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::pseudoniem::Pseudonymizer;
use crate::stored::Stored;
use crate::tijd::TijdstipRegistratie;
use crate::verwerkingsactie::{Addresses, Request, Verwerkingsactie};

pub(crate) fn keys() -> Pseudonymizer {
    Pseudonymizer::from_secret(r#"{"id":"1","sleutel":"abcdefghijklmnopqrstuvwxyz0123456789"}"#)
        .expect("this is a secret")
}

pub(crate) fn addresses() -> Addresses {
    Addresses::joint("https://log.example/v1")
}

pub(crate) fn request(json: Value) -> Request {
    serde_json::from_value(json).expect("this is a request")
}

pub(crate) fn moment(text: &str) -> TijdstipRegistratie {
    TijdstipRegistratie::parse(text).expect("this is a moment of registration")
}

/// The n-th key.
pub(crate) fn uuid(n: u64) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}

/// Gives keys in order, beginning with the n-th.
pub(crate) fn uuids(mut n: u64) -> impl FnMut() -> String {
    move || {
        n += 1;
        uuid(n - 1)
    }
}

/// The first actie, whose objects have the keys that follow.
pub(crate) fn actie_from(request: Request, tijdstip_registratie: &str) -> Verwerkingsactie {
    Verwerkingsactie::new(request, uuid(1), moment(tijdstip_registratie), &addresses(), uuids(2))
}

/// An actie about persons, each with the kind of their number.
pub(crate) fn actie(objecten: &[(&str, &str)]) -> Verwerkingsactie {
    let objecten: Vec<Value> = objecten
        .iter()
        .map(|(soort, number)| json!({"objecttype": "persoon", "soortObjectId": soort, "objectId": number}))
        .collect();
    let request = request(json!({
        "actieNaam": "Zoeken",
        "verwerkingId": "6D4C2B1A-0f9e-4d8c-b7a6-958473625140",
        "verwerkingsactiviteitId": "3B5E7A90-1c2d-4e4f-9a6b-7c8d9e0f1a2b",
        "vertrouwelijkheid": "normaal",
        "bewaartermijn": "P10Y",
        "tijdstip": "2024-02-29T10:00:00+01:00",
        "verwerkteObjecten": objecten,
    }));
    actie_from(request, "2024-02-29T09:00:01.000000Z")
}

pub(crate) fn stored(objecten: &[(&str, &str)]) -> Stored {
    keys().pseudonymize(actie(objecten), None)
}

/// Any actie, about one to five persons of whom some are the same, with numbers that stand nowhere else in it.
pub(crate) fn acties() -> impl Strategy<Value = Verwerkingsactie> {
    let object = (
        "BSN|intern|\\PC{0,10}",
        "7770000[0-3][0-9]|7770000[0-3][0-9]-lang-nummer",
        proptest::option::of("[a-z\u{7f}\"\\\\\u{0}é]{0,8}"),
    )
        .prop_map(|(soort, number, betrokkenheid)| {
            let mut object = json!({"objecttype": "persoon", "soortObjectId": soort, "objectId": number});
            if let Some(betrokkenheid) = betrokkenheid {
                object["betrokkenheid"] = betrokkenheid.into();
                object["verwerkteSoortenGegevens"] = json!([{"soortGegeven": "adres"}]);
            }
            object
        });
    let objecten = proptest::collection::vec(object, 1..=5);
    let vertrouwelijkheid = prop_oneof![Just("normaal"), Just("vertrouwelijk"), Just("opgeheven")];
    (objecten, vertrouwelijkheid, "[a-zé\u{7f}\"\\\\]{0,20}", proptest::option::of("77711100[0-9]")).prop_map(
        |(objecten, vertrouwelijkheid, name, afnemer)| {
            let mut json = json!({
                "actieNaam": name, "vertrouwelijkheid": vertrouwelijkheid, "tijdstip": "2024-02-29T10:00:00.5+01:00",
                "verwerkteObjecten": objecten,
            });
            if let Some(afnemer) = afnemer {
                json["soortAfnemerId"] = "BSN".into();
                json["afnemerId"] = afnemer.into();
            }
            actie_from(request(json), "2024-02-29T09:00:01.000000Z")
        },
    )
}

/// A request in which no field is missing.
pub(crate) fn full_request() -> Value {
    json!({
        "actieNaam": "Adres controleren",
        "handelingNaam": "Aanvraag beoordelen",
        "verwerkingNaam": "Parkeervergunning",
        "verwerkingId": "6d4c2b1a-0f9e-4d8c-b7a6-958473625140",
        "verwerkingsactiviteitId": "3b5e7a90-1c2d-4e4f-9a6b-7c8d9e0f1a2b",
        "verwerkingsactiviteitUrl": "https://register.voorbeeld.nl/activiteiten/3b5e7a90",
        "vertrouwelijkheid": "vertrouwelijk",
        "bewaartermijn": "P7Y",
        "uitvoerder": "00000003123456780000",
        "systeem": "Vergunningen 4.2",
        "gebruiker": "medewerker-0815",
        "gegevensbron": "Basisregistratie Personen",
        "soortAfnemerId": "OIN",
        "afnemerId": "00000003876543210000",
        "verwerkingsactiviteitIdAfnemer": "8c7b6a59-4837-4261-b504-f3e2d1c0b9a8",
        "verwerkingsactiviteitUrlAfnemer": "https://afnemer.voorbeeld.nl/activiteiten/8c7b6a59",
        "verwerkingIdAfnemer": "1e2d3c4b-5a69-4788-9796-a5b4c3d2e1f0",
        "tijdstip": "2026-01-15T09:30:00+01:00",
        "verwerkteObjecten": [{
            "objecttype": "persoon",
            "soortObjectId": "BSN",
            "objectId": "999990019",
            "betrokkenheid": "Aanvrager",
            "verwerkteSoortenGegevens": [{"soortGegeven": "Verblijfsadres"}],
        }],
    })
}

/// An actie in which no field is missing.
pub(crate) fn full_actie() -> Verwerkingsactie {
    actie_from(request(full_request()), "2026-01-15T08:30:01.250000Z")
}

/// Every number of a person in an actie.
pub(crate) fn numbers(actie: &Verwerkingsactie) -> Vec<String> {
    let objecten = actie.verwerkte_objecten.iter().map(|object| &object.content.object_id);
    objecten.chain(&actie.content.afnemer_id).map(|number| number.text().to_owned()).collect()
}
