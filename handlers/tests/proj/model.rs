//! Whatever the schedule: in the end every row is what the model says, and after the end there is none.

use std::collections::BTreeMap;

use contract::table as names;
use domain::bericht::{Bericht, Change};
use domain::rows::{Key, Row};
use domain::versies::states;
use domain::verwerkingsactie::Vertrouwelijkheid;
use proptest::prelude::*;

use crate::records::{expected, rows_of};
use crate::support::{Inhoud, actie_id, patch, post, put};
use crate::world::World;

/// The actie whose POST may be withdrawn.
const WITHDRAWN: u64 = 9;

/// What happens, apart from the schedule.
#[derive(Debug, Clone)]
struct History {
    /// Accepted changes that go through the queue.
    berichten: Vec<Bericht>,
    /// DELETEs that are tried: the actie, and the moment.
    deletes: Vec<(u64, u64)>,
    /// Whether a POST is withdrawn, if there is time.
    withdraw: bool,
}

fn histories() -> impl Strategy<Value = History> {
    let verwerking = prop_oneof![1 => Just(None), 3 => (1..3_u64).prop_map(Some)];
    let vertrouwelijkheid = proptest::sample::select(vec!["normaal", "vertrouwelijk"]);
    let term = proptest::sample::select(vec![None, Some("P1Y"), Some("P2Y")]);
    let persons = proptest::collection::vec(1..4_u64, 1..3);
    // Moments are few, so that some changes are registered in the same microsecond.
    let change = (0..6_u8, 1..3_u64, 1..14_u64, verwerking, vertrouwelijkheid, term, persons);
    let changes = proptest::collection::vec(change, 1..8);
    let deletes = proptest::collection::vec((1..3_u64, 1..16_u64), 0..3);
    (changes, deletes, proptest::bool::weighted(0.1)).prop_map(|(changes, deletes, withdraw)| {
        let mut berichten = Vec::new();
        for (n, (kind, actie, at, verwerking, vertrouwelijkheid, bewaartermijn, persons)) in (1..).zip(changes) {
            let name = format!("bericht {n}");
            let inhoud = Inhoud { actie, at, verwerking, vertrouwelijkheid, bewaartermijn, persons, name };
            berichten.push(match kind {
                0 | 1 if !berichten.iter().any(|other| is_post_of(other, actie)) => post(n, &inhoud),
                0..=2 => put(n, &inhoud),
                _ => {
                    let changed = Vertrouwelijkheid::parse(inhoud.vertrouwelijkheid);
                    let changed = changed.filter(|_| kind == 3 || bewaartermijn.is_none());
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

fn is_post_of(bericht: &Bericht, actie: u64) -> bool {
    matches!(bericht.change(), Change::Post { .. }) && bericht.change().actie_id() == Some(actie_id(actie).as_str())
}

async fn check(history: &History, seed: u64, mishaps: usize) -> Result<(), TestCaseError> {
    let withdraw = history.withdraw.then_some(WITHDRAWN);
    let mut world = World::new(seed, mishaps, &history.berichten, history.deletes.clone(), withdraw);
    world.run().await;

    let withdrawn = world.withdrawn.then(|| actie_id(WITHDRAWN));
    let counts = |bericht: &&Bericht| withdrawn.is_none() || bericht.change().actie_id() != withdrawn.as_deref();
    let accepted: Vec<Bericht> =
        history.berichten.iter().filter(counts).cloned().chain(world.deleted.iter().cloned()).collect();
    let mut wanted = BTreeMap::new();
    for actie in states(&accepted).into_keys() {
        let rows = rows_of(&world.memory, &actie);
        let actueel = rows.get(&Key::actueel(&actie));
        prop_assert!(actueel.is_some(), "{actie} has a current row");
        let revisie = actueel.and_then(|row| row.number(names::REVISIE)).unwrap_or_default();
        let expected = expected(&actie, &accepted, revisie);
        prop_assert_eq!(&rows, &expected, "the rows of {}", actie);
        wanted.extend(expected);
    }
    let rows = world.memory.store().rows.clone();
    prop_assert!(
        rows.iter().all(|(key, row)| wanted.contains_key(key) || row.is(names::INGETROKKEN) || is_of_a_patch(row)),
        "nothing else is left"
    );

    world.end(mishaps);
    world.run().await;
    let left: Vec<Key> = world.memory.store().rows.values().filter(|row| !is_of_a_patch(row)).map(Row::key).collect();
    prop_assert_eq!(left, vec![], "r08: nothing is left");
    Ok(())
}

/// Whether a row is a verwerking's own and no actie's.
fn is_of_a_patch(row: &Row) -> bool {
    row.soort() == names::SOORT_LAATSTE || row.soort().starts_with(names::SOORT_AANPASSING)
}

fn paused() -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime can be made")
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn r04_r08_r41_r45_r62_r63_all_rows_follow_and_all_rows_end(history in histories(), seed: u64) {
        paused().block_on(check(&history, seed, 12))?;
    }

    #[test]
    fn r04_r08_also_where_nothing_goes_wrong(history in histories(), seed: u64) {
        paused().block_on(check(&history, seed, 0))?;
    }
}
