//! R22, R32, R33 for any history: however much of it is stored, `gen` decides as the model of the domain does on all of it.

use std::collections::BTreeMap;

use domain::bericht::Bericht;
use domain::versies::{self, State};
use domain::verwerkingsactie::Vertrouwelijkheid;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{self, Stack, with_scopes};

/// What a client does.
#[derive(Debug, Clone)]
enum Step {
    Post { verwerking: Option<usize>, vertrouwelijk: bool, expired: bool },
    Put { actie: usize, verwerking: Option<usize>, vertrouwelijk: bool },
    Patch { verwerking: usize, vertrouwelijkheid: Option<Vertrouwelijkheid>, expires: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let verwerking = || prop_oneof![3 => (0..2_usize).prop_map(Some), 1 => Just(None)];
    let vertrouwelijkheid = proptest::option::of(proptest::sample::select(Vertrouwelijkheid::ALL.to_vec()));
    let rarely = || proptest::bool::weighted(0.2);
    let step = prop_oneof![
        (verwerking(), rarely(), rarely()).prop_map(|(verwerking, vertrouwelijk, expired)| Step::Post {
            verwerking,
            vertrouwelijk,
            expired
        }),
        (0..4_usize, verwerking(), rarely()).prop_map(|(actie, verwerking, vertrouwelijk)| Step::Put {
            actie,
            verwerking,
            vertrouwelijk
        }),
        (0..2_usize, vertrouwelijkheid, rarely()).prop_map(|(verwerking, vertrouwelijkheid, expires)| {
            Step::Patch { verwerking, vertrouwelijkheid, expires }
        }),
    ];
    proptest::collection::vec(step, 1..9)
}

fn verwerking_id(n: usize) -> String {
    format!("6d4c2b1a-0f9e-4d8c-b7a6-{n:012}")
}

fn body(verwerking: Option<usize>, vertrouwelijk: bool, expired: bool) -> Value {
    support::body(json!({
        "verwerkingId": verwerking.map(verwerking_id),
        "vertrouwelijkheid": if vertrouwelijk { "vertrouwelijk" } else { "normaal" },
        "bewaartermijn": expired.then_some("PT1S"),
    }))
}

/// Each actie as it must be by everything that was accepted, `deleted` after that.
async fn model(stack: &Stack, deleted: &[String]) -> BTreeMap<String, State> {
    let kept: Vec<Bericht> = stack.kept().await.into_values().collect();
    let mut states = versies::states(&kept);
    for actie_id in deleted {
        states.get_mut(actie_id).expect("what was deleted was there").vervallen = true;
    }
    let now = Timestamp::now();
    states.retain(|_, state| state.exists(now));
    states
}

fn is_normaal(state: &State) -> bool {
    state.stored.actie().content.vertrouwelijkheid == Vertrouwelijkheid::Normaal
}

async fn run(steps: Vec<Step>, stored: u32, deleted: u8) {
    let stack = Stack::start().await;
    let mut acties: Vec<String> = Vec::new();
    for step in steps {
        let reply = match step {
            Step::Post { verwerking, vertrouwelijk, expired } => {
                stack.post(&body(verwerking, vertrouwelijk, expired)).await
            }
            Step::Put { actie, verwerking, vertrouwelijk } => {
                let Some(actie_id) = acties.get(actie) else { continue };
                stack.put(actie_id, &body(verwerking, vertrouwelijk, false)).await
            }
            Step::Patch { verwerking, vertrouwelijkheid, expires } => {
                let term = if expires { "PT1S" } else { "P90Y" };
                let mut patch = json!({ "bewaartermijn": term });
                if let Some(value) = vertrouwelijkheid {
                    patch["vertrouwelijkheid"] = value.text().into();
                }
                stack.patch(&verwerking_id(verwerking), &patch).await
            }
        };
        assert!(reply.status < 300 || reply.status == 404, "{}", reply.body);
        if reply.status == 201 {
            acties.push(reply.actie_id().to_owned());
        }
    }

    // Any of the changes is stored, and an actie may be deleted once it is there.
    let mut names: Vec<(domain::tijd::TijdstipRegistratie, String)> = Vec::new();
    names.extend(stack.kept().await.values().map(|one| (one.tijdstip_registratie().clone(), one.id().to_owned())));
    names.sort();
    stack
        .settle_some(|bericht| {
            let place = names.iter().position(|(_, id)| id == bericht.id()).expect("it is one of them");
            stored >> place & 1 == 1
        })
        .await;
    let mut gone = Vec::new();
    for (place, actie_id) in acties.iter().enumerate() {
        let there = stack.current_row(actie_id).await.is_some();
        if there && deleted >> place & 1 == 1 {
            stack.delete(actie_id).await;
            gone.push(actie_id.clone());
        }
    }

    for verwerking in 0..2 {
        let verwerking_id = verwerking_id(verwerking);
        let states = model(&stack, &gone).await;
        let of_it = || {
            states
                .values()
                .filter(|state| state.stored.actie().content.verwerking_id.as_deref() == Some(verwerking_id.as_str()))
        };
        let expected = match (of_it().count(), of_it().all(is_normaal)) {
            (0, _) => 404,
            (_, true) => 204,
            (_, false) => 403,
        };
        let event = support::patch(&verwerking_id, &json!({"bewaartermijn": "P90Y"}));
        let reply = stack.send(with_scopes(event, "update:normal")).await;
        assert_eq!(reply.status, expected, "PATCH of {verwerking_id}: {}", reply.body);
    }
    for actie_id in &acties {
        let states = model(&stack, &gone).await;
        let expected = match states.get(actie_id) {
            None => 404,
            Some(state) if is_normaal(state) => 200,
            Some(_) => 403,
        };
        let event = support::put(actie_id, &body(None, false, false));
        let reply = stack.send(with_scopes(event, "update:normal")).await;
        assert_eq!(reply.status, expected, "PUT of {actie_id}: {}", reply.body);
        if let Some(state) = states.get(actie_id).filter(|_| expected == 200) {
            // R02: it is the same person, so the same key.
            let key = &state.stored.actie().verwerkte_objecten[0].verwerkt_object_id;
            assert_eq!(reply.body["verwerkteObjecten"][0]["verwerktObjectId"], key.as_str());
        }
    }
}

#[test]
fn r22_r32_r33_any_history_is_judged_as_a_whole_however_much_of_it_is_stored() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) };
    proptest!(config, |(steps in steps(), stored: u32, deleted in prop_oneof![3 => Just(0_u8), 1 => any::<u8>()])| {
        runtime.block_on(run(steps, stored, deleted));
    });
}
