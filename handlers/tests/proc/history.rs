//! Histories of changes, and what the sequential model says of them.

use std::collections::BTreeMap;
use std::time::Duration;

use contract::table as names;
use domain::bericht::{Bericht, Change};
use domain::rows::{CurrentRow, Row, Rows};
use domain::versies::{Versie, states, versies};
use domain::verwerkingsactie::Vertrouwelijkheid;
use handlers::proc::settle;
use proptest::prelude::*;
use tokio::time::Instant;

use crate::memory::Memory;
use crate::support::{Inhoud, actie_id, at, patch, post, put};

/// The actie whose POST may be withdrawn; nothing else is said of it.
pub(crate) const WITHDRAWN: u64 = 9;

/// What happens, apart from the schedule.
#[derive(Debug, Clone)]
pub(crate) struct History {
    /// Accepted changes that go through the queue.
    pub(crate) berichten: Vec<Bericht>,
    /// DELETEs that are tried at some time: the actie, and the moment by the API's clock.
    pub(crate) deletes: Vec<(u64, u64)>,
    /// Whether `gen` tries to withdraw a POST.
    pub(crate) withdraw: bool,
}

pub(crate) fn histories() -> impl Strategy<Value = History> {
    let verwerking = prop_oneof![1 => Just(None), 3 => (1..3_u64).prop_map(Some)];
    let vertrouwelijkheid = proptest::sample::select(vec!["normaal", "vertrouwelijk"]);
    let term = proptest::sample::select(vec![None, Some("P1Y"), Some("P2Y")]);
    let persons = proptest::collection::vec(1..4_u64, 1..3);
    // Moments are few, so that some changes are registered in the same microsecond.
    let change = (0..6_u8, 1..4_u64, 1..14_u64, verwerking, vertrouwelijkheid, term, persons);
    let changes = proptest::collection::vec(change, 1..9);
    let deletes = proptest::collection::vec((1..4_u64, 1..16_u64), 0..3);
    (changes, deletes, proptest::bool::weighted(0.2)).prop_map(|(changes, deletes, withdraw)| {
        let mut berichten = Vec::new();
        for (n, (kind, actie, at, verwerking, vertrouwelijkheid, bewaartermijn, persons)) in (1..).zip(changes) {
            let name = format!("bericht {n}");
            let inhoud = Inhoud { actie, at, verwerking, vertrouwelijkheid, bewaartermijn, persons, name };
            berichten.push(match kind {
                0..=2 if !berichten.iter().any(|other| is_post_of(other, actie)) => post(n, &inhoud),
                0..=3 => put(n, &inhoud),
                _ => {
                    let changed = Vertrouwelijkheid::parse(inhoud.vertrouwelijkheid);
                    let changed = changed.filter(|_| kind == 4 || bewaartermijn.is_none());
                    patch(n, at, verwerking.unwrap_or(1), bewaartermijn, changed)
                }
            });
        }
        if withdraw {
            berichten.push(post(99, &Inhoud::new(WITHDRAWN, 3).in_verwerking(1)));
        }
        History { berichten, deletes, withdraw }
    })
}

pub(crate) fn is_post_of(bericht: &Bericht, actie: u64) -> bool {
    matches!(bericht.change(), Change::Post { .. }) && bericht.change().actie_id() == Some(actie_id(actie).as_str())
}

/// Chooses.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let z = z ^ (z >> 31);
        usize::try_from(z % u64::try_from(n.max(1)).unwrap()).unwrap()
    }

    pub(crate) fn in_a_hundred(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }
}

impl History {
    /// What was accepted of it, given what became of the DELETEs and whether the POST could be withdrawn.
    pub(crate) fn accepted(&self, deleted: Vec<Bericht>, withdrawn: bool) -> Vec<Bericht> {
        let withdrawn = withdrawn.then(|| actie_id(WITHDRAWN));
        let counts = |bericht: &&Bericht| withdrawn.is_none() || bericht.change().actie_id() != withdrawn.as_deref();
        self.berichten.iter().filter(counts).cloned().chain(deleted).collect()
    }
}

/// Tries a DELETE as the API's mapping template does it; the change, if it was accepted.
pub(crate) fn try_delete(memory: &Memory, (actie, moment): (u64, u64)) -> Option<Bericht> {
    let nu = at(moment);
    let change = Change::Delete { actie_id: actie_id(actie) };
    let accepted = memory.store().delete(&actie_id(actie), nu.text());
    accepted.then(|| Bericht::new(names::GEEN_BERICHT.to_owned(), String::new(), nu, change))
}

/// Tries to withdraw a POST as `gen` does it.
pub(crate) fn try_withdraw(memory: &Memory) -> bool {
    memory.store().withdraw(Row::ingetrokken(&actie_id(WITHDRAWN), &at(3), 4_000_000_000))
}

pub(crate) fn rows_of(memory: &Memory, actie_id: &str) -> BTreeMap<String, Row> {
    let store = memory.store();
    let rows = store.rows.iter().filter(|(key, _)| key.actie_id == actie_id);
    rows.map(|(key, row)| (key.soort.clone(), row.clone())).collect()
}

/// The rows that are about an actie, as the model has them.
fn expected(actie_id: &str, accepted: &[Bericht]) -> BTreeMap<String, Row> {
    let about = |bericht: &&Bericht| bericht.change().actie_id().is_none_or(|id| id == actie_id);
    let versies = versies(accepted.iter().filter(about));
    let rows = Rows::of(versies.last().unwrap(), 0).unwrap();
    let bewaard_tot = rows.actueel.number(names::BEWAARD_TOT);
    // What came to nothing is kept as it was accepted.
    let nothing = accepted.iter().filter(about).filter(|bericht| bericht.change().inhoud().is_some());
    let nothing = nothing.map(|bericht| {
        let alone = Versie::first(bericht).unwrap();
        Row::versie(&alone, bewaard_tot).unwrap()
    });
    let versies = versies.iter().map(|versie| Row::versie(versie, bewaard_tot).unwrap());
    nothing.chain(versies).chain(rows.objecten).map(|row| (row.soort().to_owned(), row)).collect()
}

/// Whether the table holds what the model says.
pub(crate) async fn compare(memory: &Memory, accepted: &[Bericht]) -> Result<(), TestCaseError> {
    let model = states(accepted);
    let found: BTreeMap<String, _> = memory
        .store()
        .rows
        .iter()
        .filter(|(key, row)| key.soort == names::SOORT_ACTUEEL && !row.is(names::INGETROKKEN))
        .map(|(key, row)| (key.actie_id.clone(), CurrentRow::of(row).state().unwrap()))
        .collect();
    prop_assert_eq!(&found, &model, "the current rows");
    let withdrawn = rows_of(memory, &actie_id(WITHDRAWN));
    if withdrawn.get(names::SOORT_ACTUEEL).is_some_and(|row| row.is(names::INGETROKKEN)) {
        prop_assert_eq!(withdrawn.len(), 1, "a withdrawn POST leaves nothing but its mark");
    }

    for actie in model.keys() {
        // The versions and rows per person that come of a PATCH or DELETE follow from the table's stream; what that does
        // is the same as this.
        settle(memory, actie, Instant::now() + Duration::from_secs(1)).await.unwrap();
        let mut rows = rows_of(memory, actie);
        let actueel = rows.remove(names::SOORT_ACTUEEL).unwrap();
        prop_assert_eq!(&CurrentRow::of(&actueel).state().unwrap(), &model[actie], "nothing was left to repair");
        prop_assert_eq!(rows, expected(actie, accepted), "the versions and the rows per person");
    }
    Ok(())
}

/// A runtime whose clock goes on when there is nothing else to do.
pub(crate) fn paused() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

pub(crate) fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(400)
}
