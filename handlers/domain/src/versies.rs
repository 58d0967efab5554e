//! What accepted changes make of an actie (R34): the end state is that of applying them one by one, in the order in
//! which they were registered, however they arrive.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::bericht::{Bericht, Change};
use crate::stored::Stored;
use crate::verwerkingsactie::{Patch, Vertrouwelijkheid};

/// An actie after some of its changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The actie; its `tijdstipRegistratie` is that of the last change, a DELETE included.
    pub stored: Stored,
    /// Whether it was deleted (R06). It stays so, whatever comes after.
    pub vervallen: bool,
    /// Whether it, or any version before it, was not `normaal` (R62).
    pub ooit_vertrouwelijk: bool,
}

impl State {
    /// A new actie.
    pub fn new(stored: Stored) -> Self {
        let ooit_vertrouwelijk = stored.actie().content.vertrouwelijkheid != Vertrouwelijkheid::Normaal;
        Self { stored, vervallen: false, ooit_vertrouwelijk }
    }

    /// What one change makes of an actie: `None` is one that is not there. A change that is about another actie, or that
    /// comes after the DELETE, changes nothing. A PUT of an actie that is not there makes it: it has all that the POST
    /// would have brought. The changes must come in the order of [`Bericht::order`]; one that comes twice in a row makes
    /// no difference the second time.
    pub fn after(current: Option<Self>, bericht: &Bericht) -> Option<Self> {
        if !Self::takes(current.as_ref(), bericht) {
            return current;
        }
        let Some(mut state) = current else {
            return bericht.change().inhoud().cloned().map(Self::new);
        };
        match bericht.change() {
            Change::Post { inhoud } | Change::Put { inhoud } => state.stored = inhoud.clone(),
            Change::Patch { aanpassing, .. } => state.apply_patch(aanpassing),
            Change::Delete { .. } => state.vervallen = true,
        }
        let actie = state.stored.actie_mut();
        actie.tijdstip_registratie = bericht.tijdstip_registratie().clone();
        state.ooit_vertrouwelijk |= actie.content.vertrouwelijkheid != Vertrouwelijkheid::Normaal;
        Some(state)
    }

    /// Whether a change makes a version of an actie in this state. `None` is one that is not there.
    pub fn takes(current: Option<&Self>, bericht: &Bericht) -> bool {
        match (current, bericht.change()) {
            (None, change) => change.inhoud().is_some(),
            (Some(_), Change::Post { .. }) => false,
            (Some(state), change) => !state.vervallen && state.is_subject_to(change),
        }
    }

    /// Whether a change is about this actie: it names the actie, or the verwerking of which the actie is part now.
    fn is_subject_to(&self, change: &Change) -> bool {
        let actie = self.stored.actie();
        match change {
            Change::Patch { verwerking_id, .. } => {
                actie.content.verwerking_id.as_ref().is_some_and(|id| id.eq_ignore_ascii_case(verwerking_id))
            }
            other => other.actie_id() == Some(actie.actie_id.as_str()),
        }
    }

    /// R30: these two, and no other content.
    fn apply_patch(&mut self, aanpassing: &Patch) {
        let content = &mut self.stored.actie_mut().content;
        if let Some(bewaartermijn) = &aanpassing.bewaartermijn {
            content.bewaartermijn = Some(bewaartermijn.clone());
        }
        if let Some(vertrouwelijkheid) = aanpassing.vertrouwelijkheid {
            content.vertrouwelijkheid = vertrouwelijkheid;
        }
    }

    /// The epoch second from which on it is no longer kept (R08); none where it is kept for ever.
    pub fn bewaard_tot(&self) -> Option<i64> {
        let content = &self.stored.actie().content;
        content.bewaartermijn.as_ref().map(|term| content.tijdstip.end(term))
    }

    /// Whether a client may find it: neither deleted (R06) nor past its bewaartermijn (R08), which the table removes
    /// only some time later. What is not there is unknown to a PUT (R22) and to a PATCH (R32).
    pub fn exists(&self, now: Timestamp) -> bool {
        !self.vervallen && self.bewaard_tot().is_none_or(|end| now.as_second() < end)
    }
}

/// A version of an actie: a change, and the state that it made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versie<'a> {
    /// What changed.
    pub bericht: &'a Bericht,
    /// What the actie was from then on.
    pub state: State,
}

impl<'a> Versie<'a> {
    /// The first version of an actie, where a change can make one.
    pub fn first(bericht: &'a Bericht) -> Option<Self> {
        State::after(None, bericht).map(|state| Self { bericht, state })
    }
}

/// All versions of one actie (R04), the last being its state now: [`states`] for one actie, with the way there. The order
/// of the changes does not matter, nor does how often each of them is there; none may name another actie.
pub fn versies<'a>(berichten: impl IntoIterator<Item = &'a Bericht>) -> Vec<Versie<'a>> {
    let mut berichten: Vec<&Bericht> = berichten.into_iter().collect();
    berichten.sort_by_key(|bericht| bericht.order());
    berichten.dedup_by_key(|bericht| bericht.order());
    let mut versies: Vec<Versie<'a>> = Vec::new();
    for bericht in berichten {
        let current = versies.last().map(|versie| &versie.state);
        if State::takes(current, bericht)
            && let Some(state) = State::after(current.cloned(), bericht)
        {
            versies.push(Versie { bericht, state });
        }
    }
    versies
}

/// What changes make of the log: the state of every actie by its actieId. Their order does not matter, nor does how often
/// each of them is there.
pub fn states<'a>(berichten: impl IntoIterator<Item = &'a Bericht>) -> BTreeMap<String, State> {
    let mut berichten: Vec<&Bericht> = berichten.into_iter().collect();
    berichten.sort_by_key(|bericht| bericht.order());
    let mut log = BTreeMap::new();
    for bericht in berichten {
        let acties = match bericht.change().actie_id() {
            Some(actie_id) => vec![actie_id.to_owned()],
            None => log.keys().cloned().collect(),
        };
        for actie_id in acties {
            if let Some(state) = State::after(log.remove(&actie_id), bericht) {
                log.insert(actie_id, state);
            }
        }
    }
    log
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bewaartermijn::Bewaartermijn;
    use crate::testdata::{self, moment, uuid};
    use proptest::prelude::*;
    use serde_json::json;

    /// The n-th moment of registration.
    fn at(n: u64) -> crate::tijd::TijdstipRegistratie {
        moment(&format!("2024-02-29T09:00:00.{n:06}Z"))
    }

    fn inhoud(actie: u64, n: u64, verwerking: Option<u64>, vertrouwelijkheid: &str) -> Stored {
        let mut request = json!({
            "actieNaam": format!("versie {n}"), "vertrouwelijkheid": vertrouwelijkheid, "tijdstip": "2024-02-29T10:00:00+01:00",
            "verwerkteObjecten": [{"objecttype": "persoon", "soortObjectId": "BSN", "objectId": "999990019"}],
        });
        if let Some(verwerking) = verwerking {
            request["verwerkingId"] = uuid(verwerking).to_uppercase().into();
        }
        let mut new = testdata::actie_from(testdata::request(request), at(n).text());
        new.actie_id = uuid(actie_nummer(actie));
        testdata::keys().pseudonymize(new, None)
    }

    fn actie_nummer(actie: u64) -> u64 {
        1000 + actie
    }

    fn bericht(n: u64, change: Change) -> Bericht {
        Bericht::new(uuid(n), "zaaksysteem".to_owned(), at(n), change)
    }

    fn post(n: u64, actie: u64, verwerking: Option<u64>, vertrouwelijkheid: &str) -> Bericht {
        bericht(n, Change::Post { inhoud: inhoud(actie, n, verwerking, vertrouwelijkheid) })
    }

    fn put(n: u64, actie: u64, verwerking: Option<u64>, vertrouwelijkheid: &str) -> Bericht {
        bericht(n, Change::Put { inhoud: inhoud(actie, n, verwerking, vertrouwelijkheid) })
    }

    fn patch(
        n: u64,
        verwerking: u64,
        bewaartermijn: Option<&str>,
        vertrouwelijkheid: Option<Vertrouwelijkheid>,
    ) -> Bericht {
        let bewaartermijn = bewaartermijn.map(|term| Bewaartermijn::parse(term).unwrap());
        let aanpassing = Patch { bewaartermijn, vertrouwelijkheid };
        bericht(n, Change::Patch { verwerking_id: uuid(verwerking), aanpassing })
    }

    fn delete(n: u64, actie: u64) -> Bericht {
        bericht(n, Change::Delete { actie_id: uuid(actie_nummer(actie)) })
    }

    /// Name, term, vertrouwelijkheid, vervallen, ever confidential, moment of the one actie that there is.
    fn only(berichten: &[Bericht]) -> (String, Option<String>, Vertrouwelijkheid, bool, bool, u64) {
        let log = states(berichten);
        assert_eq!(log.len(), 1);
        let state = log.into_values().next().unwrap();
        let actie = state.stored.actie();
        let content = actie.content.clone();
        let n = (0..100).find(|n| at(*n) == actie.tijdstip_registratie).unwrap();
        let term = content.bewaartermijn.map(String::from);
        let name = content.actie_naam.unwrap();
        (name, term, content.vertrouwelijkheid, state.vervallen, state.ooit_vertrouwelijk, n)
    }

    use Vertrouwelijkheid::{Normaal, Opgeheven, Vertrouwelijk};

    #[test]
    fn r30_a_patch_changes_what_it_names_and_begins_a_version() {
        let berichten = [post(1, 1, Some(7), "normaal"), patch(2, 7, Some("P1Y"), None)];
        assert_eq!(only(&berichten), ("versie 1".to_owned(), Some("P1Y".to_owned()), Normaal, false, false, 2));
        let berichten = [berichten.as_slice(), &[patch(3, 7, None, Some(Vertrouwelijk))]].concat();
        assert_eq!(only(&berichten), ("versie 1".to_owned(), Some("P1Y".to_owned()), Vertrouwelijk, false, true, 3));
    }

    #[test]
    fn r34_a_patch_reaches_the_acties_that_were_accepted_before_it_and_no_others() {
        let berichten = [
            post(1, 1, Some(7), "normaal"),
            post(2, 2, Some(7), "normaal"),
            post(3, 3, Some(8), "normaal"),
            post(4, 4, None, "normaal"),
            // Moves to the verwerking before the PATCH, and out of it.
            put(5, 3, Some(7), "normaal"),
            put(6, 2, Some(8), "normaal"),
            patch(10, 7, Some("P1Y"), None),
            post(11, 5, Some(7), "normaal"),
        ];
        let log = states(&berichten);
        let changed: Vec<bool> =
            log.values().map(|state| state.stored.actie().content.bewaartermijn.is_some()).collect();
        assert_eq!(changed, [true, false, true, false, false]);
    }

    #[test]
    fn r20_a_put_replaces_what_a_patch_had_changed() {
        let berichten = [
            post(1, 1, Some(7), "normaal"),
            patch(2, 7, Some("P1Y"), Some(Vertrouwelijk)),
            put(3, 1, Some(7), "normaal"),
        ];
        assert_eq!(only(&berichten), ("versie 3".to_owned(), None, Normaal, false, true, 3));
    }

    #[test]
    fn r06_after_a_delete_nothing_changes() {
        let berichten = [
            post(1, 1, Some(7), "normaal"),
            delete(2, 1),
            put(3, 1, Some(7), "vertrouwelijk"),
            patch(4, 7, Some("P1Y"), None),
            delete(5, 1),
        ];
        assert_eq!(only(&berichten), ("versie 1".to_owned(), None, Normaal, true, false, 2));
    }

    #[test]
    fn r34_what_is_not_there_is_made_by_a_post_or_put_alone() {
        assert!(states(&[patch(1, 7, Some("P1Y"), None), delete(2, 1)]).is_empty());
        // Its POST is still under way, or was lost: the PUT has all of it.
        assert_eq!(only(&[put(1, 1, None, "normaal"), post(2, 1, None, "normaal")]).0, "versie 1");
    }

    #[test]
    fn r04_every_change_that_did_something_is_a_version() {
        let berichten = [
            post(1, 1, Some(7), "normaal"),
            patch(2, 8, Some("P1Y"), None),
            patch(3, 7, None, Some(Vertrouwelijk)),
            put(4, 1, Some(8), "normaal"),
            patch(5, 7, Some("P2Y"), None),
            delete(6, 1),
            put(7, 1, Some(7), "normaal"),
        ];
        let twice = berichten.iter().chain(&berichten).rev();
        let versies: Vec<_> = versies(twice)
            .into_iter()
            .map(|versie| (versie.bericht.id().to_owned(), versie.state.ooit_vertrouwelijk, versie.state.vervallen))
            .collect();
        let expected = [(1, false, false), (3, true, false), (4, true, false), (6, true, true)];
        assert_eq!(versies, expected.map(|(n, ever, vervallen)| (uuid(n), ever, vervallen)));
    }

    #[test]
    fn r62_that_it_was_confidential_is_never_forgotten() {
        let ever = |berichten: &[Bericht]| only(berichten).4;
        assert!(!ever(&[post(1, 1, Some(7), "normaal"), put(2, 1, Some(7), "normaal")]));
        assert!(ever(&[post(1, 1, Some(7), "vertrouwelijk"), put(2, 1, Some(7), "normaal")]));
        assert!(ever(&[
            post(1, 1, Some(7), "normaal"),
            patch(2, 7, None, Some(Opgeheven)),
            patch(3, 7, None, Some(Normaal))
        ]));
    }

    #[test]
    fn r08_r22_what_is_past_its_term_is_no_longer_there() {
        let log = states(&[post(1, 1, Some(7), "normaal"), patch(2, 7, Some("P10Y"), None)]);
        let state = &log[&uuid(actie_nummer(1))];
        let end: Timestamp = "2034-02-28T09:00:00Z".parse().unwrap();
        assert_eq!(state.bewaard_tot(), Some(end.as_second()));
        assert!(!state.exists(end));
        assert!(state.exists(end - jiff::SignedDuration::from_nanos(1)));
        let vervallen = State { vervallen: true, ..state.clone() };
        assert!(!vervallen.exists(Timestamp::UNIX_EPOCH));
        assert!(State::new(inhoud(1, 1, None, "normaal")).exists(Timestamp::MAX));
    }

    /// The n-th change: its kind, which actie and verwerking it is about, and what it says.
    fn random(n: u64, (soort, actie, verwerking, value): &(u8, u64, Option<u64>, &str)) -> Bericht {
        match soort {
            0 | 1 => post(n, *actie, *verwerking, value),
            2 => put(n, *actie, *verwerking, value),
            3 => patch(n, verwerking.unwrap_or(7), Some("P1Y"), Vertrouwelijkheid::parse(value)),
            _ => delete(n, *actie),
        }
    }

    fn changes() -> impl Strategy<Value = Vec<Bericht>> {
        let value = proptest::sample::select(vec!["normaal", "vertrouwelijk"]);
        let change = (0..5_u8, 1..4_u64, proptest::option::of(7_u64..9), value);
        proptest::collection::vec(change, 1..12)
            .prop_map(|changes| (1..).zip(&changes).map(|(n, change)| random(n, change)).collect())
    }

    proptest! {
        #[test]
        fn r34_the_order_of_arrival_and_repetition_do_not_matter(
            (berichten, arrival) in changes().prop_flat_map(|berichten| {
                let twice: Vec<Bericht> = berichten.iter().chain(&berichten).cloned().collect();
                (Just(berichten), Just(twice).prop_shuffle())
            }),
            twice in 0_usize..12,
        ) {
            // Each at least once, and some of them twice.
            let mut seen = std::collections::BTreeMap::new();
            let arrival: Vec<&Bericht> = arrival
                .iter()
                .filter(|bericht| {
                    let times = seen.entry(bericht.id()).or_insert(0);
                    *times += 1;
                    *times == 1 || bericht.id().ends_with(&twice.to_string())
                })
                .collect();
            prop_assert_eq!(states(arrival), states(&berichten));
        }

        #[test]
        fn r34_one_actie_alone_becomes_what_it_becomes_in_the_whole_log(berichten in changes()) {
            for (actie_id, state) in states(&berichten) {
                let about_this = |bericht: &&Bericht| bericht.change().actie_id().is_none_or(|id| id == actie_id);
                prop_assert_eq!(berichten.iter().filter(about_this).fold(None, State::after), Some(&state).cloned());
                let versies = versies(berichten.iter().filter(about_this));
                prop_assert_eq!(versies.last().map(|versie| &versie.state), Some(&state));
            }
        }
    }
}
