//! What accepted changes make of an actie (R34): the end state is that of applying them one by one, in the order in
//! which they were registered, however they arrive.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::bericht::{Bericht, Wijziging};
use crate::opgeslagen::Opgeslagen;
use crate::verwerkingsactie::{Aanpassing, Vertrouwelijkheid};

/// An actie after some of its changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toestand {
    /// The actie; its `tijdstipRegistratie` is that of the last change, a DELETE included.
    pub opgeslagen: Opgeslagen,
    /// Whether it was deleted (R06). It stays so, whatever comes after.
    pub vervallen: bool,
    /// Whether it, or any version before it, was not `normaal` (R62).
    pub ooit_vertrouwelijk: bool,
}

impl Toestand {
    /// A new actie.
    pub fn nieuw(opgeslagen: Opgeslagen) -> Self {
        let ooit_vertrouwelijk = opgeslagen.actie().gegevens.vertrouwelijkheid != Vertrouwelijkheid::Normaal;
        Self { opgeslagen, vervallen: false, ooit_vertrouwelijk }
    }

    /// What one change makes of an actie: `None` is one that is not there. A change that is about another actie, or that
    /// comes after the DELETE, changes nothing. The changes must come in the order of [`Bericht::volgorde`], each once.
    pub fn na(huidig: Option<Self>, bericht: &Bericht) -> Option<Self> {
        let Some(mut toestand) = huidig else {
            return match bericht.wijziging() {
                Wijziging::Nieuw { inhoud } => Some(Self::nieuw(inhoud.clone())),
                _ => None,
            };
        };
        if toestand.vervallen || !toestand.valt_onder(bericht.wijziging()) {
            return Some(toestand);
        }
        match bericht.wijziging() {
            Wijziging::Nieuw { .. } => return Some(toestand),
            Wijziging::Vervanging { inhoud } => toestand.opgeslagen = inhoud.clone(),
            Wijziging::Aanpassing { aanpassing, .. } => toestand.pas_aan(aanpassing),
            Wijziging::Verwijdering { .. } => toestand.vervallen = true,
        }
        let actie = toestand.opgeslagen.actie_mut();
        actie.tijdstip_registratie = bericht.tijdstip_registratie().clone();
        toestand.ooit_vertrouwelijk |= actie.gegevens.vertrouwelijkheid != Vertrouwelijkheid::Normaal;
        Some(toestand)
    }

    /// Whether a change is about this actie: it names the actie, or the verwerking of which the actie is part now.
    fn valt_onder(&self, wijziging: &Wijziging) -> bool {
        let actie = self.opgeslagen.actie();
        match wijziging {
            Wijziging::Aanpassing { verwerking_id, .. } => {
                actie.gegevens.verwerking_id.as_ref().is_some_and(|id| id.eq_ignore_ascii_case(verwerking_id))
            }
            ander => ander.actie_id() == Some(actie.actie_id.as_str()),
        }
    }

    /// R30: these two, and no other content.
    fn pas_aan(&mut self, aanpassing: &Aanpassing) {
        let gegevens = &mut self.opgeslagen.actie_mut().gegevens;
        if let Some(bewaartermijn) = &aanpassing.bewaartermijn {
            gegevens.bewaartermijn = Some(bewaartermijn.clone());
        }
        if let Some(vertrouwelijkheid) = aanpassing.vertrouwelijkheid {
            gegevens.vertrouwelijkheid = vertrouwelijkheid;
        }
    }

    /// The epoch second from which on it is no longer kept (R08); none where it is kept for ever.
    pub fn bewaard_tot(&self) -> Option<i64> {
        let gegevens = &self.opgeslagen.actie().gegevens;
        gegevens.bewaartermijn.as_ref().map(|termijn| gegevens.tijdstip.einde(termijn))
    }

    /// Whether a client may find it: neither deleted (R06) nor past its bewaartermijn (R08), which the table removes
    /// only some time later. What is not there is unknown to a PUT (R22) and to a PATCH (R32).
    pub fn is_er(&self, nu: Timestamp) -> bool {
        !self.vervallen && self.bewaard_tot().is_none_or(|einde| nu.as_second() < einde)
    }
}

/// What changes make of the log: the state of every actie by its actieId. Their order does not matter, nor does how often
/// each of them is there.
pub fn toestanden<'a>(berichten: impl IntoIterator<Item = &'a Bericht>) -> BTreeMap<String, Toestand> {
    let mut berichten: Vec<&Bericht> = berichten.into_iter().collect();
    berichten.sort_by_key(|bericht| bericht.volgorde());
    berichten.dedup_by_key(|bericht| bericht.volgorde());
    let mut log = BTreeMap::new();
    for bericht in berichten {
        let acties = match bericht.wijziging().actie_id() {
            Some(actie_id) => vec![actie_id.to_owned()],
            None => log.keys().cloned().collect(),
        };
        for actie_id in acties {
            if let Some(toestand) = Toestand::na(log.remove(&actie_id), bericht) {
                log.insert(actie_id, toestand);
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
    fn op(n: u64) -> crate::tijd::TijdstipRegistratie {
        moment(&format!("2024-02-29T09:00:00.{n:06}Z"))
    }

    fn inhoud(actie: u64, n: u64, verwerking: Option<u64>, vertrouwelijkheid: &str) -> Opgeslagen {
        let mut verzoek = json!({
            "actieNaam": format!("versie {n}"), "vertrouwelijkheid": vertrouwelijkheid, "tijdstip": "2024-02-29T10:00:00+01:00",
            "verwerkteObjecten": [{"objecttype": "persoon", "soortObjectId": "BSN", "objectId": "999990019"}],
        });
        if let Some(verwerking) = verwerking {
            verzoek["verwerkingId"] = uuid(verwerking).to_uppercase().into();
        }
        let mut nieuw = testdata::actie_van(testdata::verzoek(verzoek), op(n).tekst());
        nieuw.actie_id = uuid(actie_nummer(actie));
        testdata::sleutels().pseudonimiseer(nieuw, None)
    }

    fn actie_nummer(actie: u64) -> u64 {
        1000 + actie
    }

    fn bericht(n: u64, wijziging: Wijziging) -> Bericht {
        Bericht::new(uuid(n), "zaaksysteem".to_owned(), op(n), wijziging)
    }

    fn post(n: u64, actie: u64, verwerking: Option<u64>, vertrouwelijkheid: &str) -> Bericht {
        bericht(n, Wijziging::Nieuw { inhoud: inhoud(actie, n, verwerking, vertrouwelijkheid) })
    }

    fn put(n: u64, actie: u64, verwerking: Option<u64>, vertrouwelijkheid: &str) -> Bericht {
        bericht(n, Wijziging::Vervanging { inhoud: inhoud(actie, n, verwerking, vertrouwelijkheid) })
    }

    fn patch(
        n: u64,
        verwerking: u64,
        bewaartermijn: Option<&str>,
        vertrouwelijkheid: Option<Vertrouwelijkheid>,
    ) -> Bericht {
        let bewaartermijn = bewaartermijn.map(|termijn| Bewaartermijn::lees(termijn).unwrap());
        let aanpassing = Aanpassing { bewaartermijn, vertrouwelijkheid };
        bericht(n, Wijziging::Aanpassing { verwerking_id: uuid(verwerking), aanpassing })
    }

    fn delete(n: u64, actie: u64) -> Bericht {
        bericht(n, Wijziging::Verwijdering { actie_id: uuid(actie_nummer(actie)) })
    }

    /// Name, term, vertrouwelijkheid, vervallen, ever confidential, moment of the one actie that there is.
    fn enige(berichten: &[Bericht]) -> (String, Option<String>, Vertrouwelijkheid, bool, bool, u64) {
        let log = toestanden(berichten);
        assert_eq!(log.len(), 1);
        let toestand = log.into_values().next().unwrap();
        let actie = toestand.opgeslagen.actie();
        let gegevens = actie.gegevens.clone();
        let n = (0..100).find(|n| op(*n) == actie.tijdstip_registratie).unwrap();
        let termijn = gegevens.bewaartermijn.map(String::from);
        let naam = gegevens.actie_naam.unwrap();
        (naam, termijn, gegevens.vertrouwelijkheid, toestand.vervallen, toestand.ooit_vertrouwelijk, n)
    }

    use Vertrouwelijkheid::{Normaal, Opgeheven, Vertrouwelijk};

    #[test]
    fn r30_a_patch_changes_what_it_names_and_begins_a_version() {
        let berichten = [post(1, 1, Some(7), "normaal"), patch(2, 7, Some("P1Y"), None)];
        assert_eq!(enige(&berichten), ("versie 1".to_owned(), Some("P1Y".to_owned()), Normaal, false, false, 2));
        let berichten = [berichten.as_slice(), &[patch(3, 7, None, Some(Vertrouwelijk))]].concat();
        assert_eq!(enige(&berichten), ("versie 1".to_owned(), Some("P1Y".to_owned()), Vertrouwelijk, false, true, 3));
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
        let log = toestanden(&berichten);
        let aangepast: Vec<bool> =
            log.values().map(|toestand| toestand.opgeslagen.actie().gegevens.bewaartermijn.is_some()).collect();
        assert_eq!(aangepast, [true, false, true, false, false]);
    }

    #[test]
    fn r20_a_put_replaces_what_a_patch_had_changed() {
        let berichten = [
            post(1, 1, Some(7), "normaal"),
            patch(2, 7, Some("P1Y"), Some(Vertrouwelijk)),
            put(3, 1, Some(7), "normaal"),
        ];
        assert_eq!(enige(&berichten), ("versie 3".to_owned(), None, Normaal, false, true, 3));
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
        assert_eq!(enige(&berichten), ("versie 1".to_owned(), None, Normaal, true, false, 2));
    }

    #[test]
    fn r34_what_is_not_there_is_not_made_by_a_change() {
        assert!(toestanden(&[put(1, 1, None, "normaal"), patch(2, 7, Some("P1Y"), None), delete(3, 1)]).is_empty());
    }

    #[test]
    fn r62_that_it_was_confidential_is_never_forgotten() {
        let ooit = |berichten: &[Bericht]| enige(berichten).4;
        assert!(!ooit(&[post(1, 1, Some(7), "normaal"), put(2, 1, Some(7), "normaal")]));
        assert!(ooit(&[post(1, 1, Some(7), "vertrouwelijk"), put(2, 1, Some(7), "normaal")]));
        assert!(ooit(&[
            post(1, 1, Some(7), "normaal"),
            patch(2, 7, None, Some(Opgeheven)),
            patch(3, 7, None, Some(Normaal))
        ]));
    }

    #[test]
    fn r08_r22_what_is_past_its_term_is_no_longer_there() {
        let log = toestanden(&[post(1, 1, Some(7), "normaal"), patch(2, 7, Some("P10Y"), None)]);
        let toestand = &log[&uuid(actie_nummer(1))];
        let einde: Timestamp = "2034-02-28T09:00:00Z".parse().unwrap();
        assert_eq!(toestand.bewaard_tot(), Some(einde.as_second()));
        assert!(!toestand.is_er(einde));
        assert!(toestand.is_er(einde - jiff::SignedDuration::from_nanos(1)));
        let vervallen = Toestand { vervallen: true, ..toestand.clone() };
        assert!(!vervallen.is_er(Timestamp::UNIX_EPOCH));
        assert!(Toestand::nieuw(inhoud(1, 1, None, "normaal")).is_er(Timestamp::MAX));
    }

    /// The n-th change: its kind, which actie and verwerking it is about, and what it says.
    fn willekeurig(n: u64, (soort, actie, verwerking, waarde): &(u8, u64, Option<u64>, &str)) -> Bericht {
        match soort {
            0 | 1 => post(n, *actie, *verwerking, waarde),
            2 => put(n, *actie, *verwerking, waarde),
            3 => patch(n, verwerking.unwrap_or(7), Some("P1Y"), Vertrouwelijkheid::lees(waarde)),
            _ => delete(n, *actie),
        }
    }

    fn wijzigingen() -> impl Strategy<Value = Vec<Bericht>> {
        let waarde = proptest::sample::select(vec!["normaal", "vertrouwelijk"]);
        let wijziging = (0..5_u8, 1..4_u64, proptest::option::of(7_u64..9), waarde);
        proptest::collection::vec(wijziging, 1..12)
            .prop_map(|wijzigingen| (1..).zip(&wijzigingen).map(|(n, wijziging)| willekeurig(n, wijziging)).collect())
    }

    proptest! {
        #[test]
        fn r34_the_order_of_arrival_and_repetition_do_not_matter(
            (berichten, aankomst) in wijzigingen().prop_flat_map(|berichten| {
                let dubbel: Vec<Bericht> = berichten.iter().chain(&berichten).cloned().collect();
                (Just(berichten), Just(dubbel).prop_shuffle())
            }),
            dubbel in 0_usize..12,
        ) {
            // Each at least once, and some of them twice.
            let mut gezien = std::collections::BTreeMap::new();
            let aankomst: Vec<&Bericht> = aankomst
                .iter()
                .filter(|bericht| {
                    let keer = gezien.entry(bericht.id()).or_insert(0);
                    *keer += 1;
                    *keer == 1 || bericht.id().ends_with(&dubbel.to_string())
                })
                .collect();
            prop_assert_eq!(toestanden(aankomst), toestanden(&berichten));
        }

        #[test]
        fn r34_one_actie_alone_becomes_what_it_becomes_in_the_whole_log(berichten in wijzigingen()) {
            for (actie_id, toestand) in toestanden(&berichten) {
                let over_deze = |bericht: &&Bericht| bericht.wijziging().actie_id().is_none_or(|id| id == actie_id);
                prop_assert_eq!(berichten.iter().filter(over_deze).fold(None, Toestand::na), Some(toestand));
            }
        }
    }
}
