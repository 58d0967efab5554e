//! An actie as the log keeps it: with pseudonyms in the place of numbers (R09).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::pseudoniem::{Pseudonimiseerder, Stelsel, is_bsn};
use crate::verwerkingsactie::{Identificator, Verwerkingsactie};

/// An actie as the log keeps it, without a readable number of a person. Only [`Pseudonimiseerder::pseudonimiseer`]
/// makes one, and reading what was kept; so nothing else can get into a message or a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opgeslagen {
    actie: Verwerkingsactie,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    versleuteld: BTreeMap<String, String>,
}

impl Opgeslagen {
    /// What was kept: the `document` of a row and, where it has one, its attribute `versleuteld`, both JSON.
    ///
    /// # Errors
    /// One of them is not what [`crate::rijen`] writes.
    pub fn lees(document: &str, versleuteld: Option<&str>) -> Result<Self, serde_json::Error> {
        Ok(Self {
            actie: serde_json::from_str(document)?,
            versleuteld: versleuteld.map(serde_json::from_str).transpose()?.unwrap_or_default(),
        })
    }

    /// The actie, with pseudonyms.
    pub fn actie(&self) -> &Verwerkingsactie {
        &self.actie
    }

    /// By pseudonym, the encrypted number that was too long to stand in it.
    pub fn versleuteld(&self) -> &BTreeMap<String, String> {
        &self.versleuteld
    }

    /// The actie, to change what is no number.
    pub(crate) fn actie_mut(&mut self) -> &mut Verwerkingsactie {
        &mut self.actie
    }
}

impl Pseudonimiseerder {
    /// The actie as the log keeps it: a pseudonym for each `objectId`, and for an `afnemerId` that is a BSN.
    ///
    /// `eerder` is the version that this one replaces: a client that sends back the pseudonym of a long number cannot
    /// send what was encrypted beside it, so that is taken from there.
    pub fn pseudonimiseer(&self, mut actie: Verwerkingsactie, eerder: Option<&Opgeslagen>) -> Opgeslagen {
        let mut versleuteld = BTreeMap::new();
        let mut vervang = |nummer: &mut Identificator, stelsel: Stelsel<'_>| {
            let pseudoniem = self.pseudoniem(stelsel, nummer.tekst());
            let eerder = eerder.and_then(|eerder| eerder.versleuteld.get(&pseudoniem.tekst));
            if let Some(geheel) = pseudoniem.versleuteld.or_else(|| eerder.cloned()) {
                versleuteld.insert(pseudoniem.tekst.clone(), geheel);
            }
            *nummer = Identificator::new(pseudoniem.tekst);
        };
        for object in &mut actie.verwerkte_objecten {
            let soort = object.gegevens.soort_object_id.clone();
            let stelsel = Stelsel { objecttype: object.gegevens.objecttype.tekst(), soort: &soort };
            vervang(&mut object.gegevens.object_id, stelsel);
        }
        let soort = actie.gegevens.soort_afnemer_id.as_deref();
        if let Some(afnemer) = &mut actie.gegevens.afnemer_id
            && is_bsn_van_afnemer(soort, afnemer.tekst())
        {
            vervang(afnemer, Stelsel::AFNEMER);
        }
        Opgeslagen { actie, versleuteld }
    }
}

/// Whether an `afnemerId` is a BSN: its soort says so, or says nothing and it has the nine digits of one. An OIN has 20.
/// Its pseudonym, when a client sends it back, is no BSN and is recognised before.
fn is_bsn_van_afnemer(soort: Option<&str>, nummer: &str) -> bool {
    match soort.map(str::trim) {
        None | Some("") => nummer.len() == 9 && nummer.bytes().all(|teken| teken.is_ascii_digit()),
        Some(soort) => is_bsn(soort),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pseudoniem::OnthulFout;
    use crate::testdata;
    use serde_json::json;

    #[test]
    fn r09_no_number_of_a_person_is_left_in_what_is_kept() {
        let lang = "1f0e2d3c-burger-0123456789-abcdefghijklm";
        let actie = testdata::actie_van(
            testdata::verzoek(json!({
                "vertrouwelijkheid": "normaal", "tijdstip": "2024-01-01T00:00:00Z",
                "soortAfnemerId": " bsn", "afnemerId": "999990032", "gebruiker": "jan",
                "verwerkteObjecten": [
                    {"objecttype": "persoon", "soortObjectId": "BSN", "objectId": "999990019"},
                    {"objecttype": "persoon", "soortObjectId": "intern", "objectId": lang},
                ],
            })),
            "2024-01-01T00:00:01.000000Z",
        );
        let sleutels = testdata::sleutels();
        let bewaard = sleutels.pseudonimiseer(actie, None);
        let json = serde_json::to_string(&bewaard).unwrap();
        for nummer in ["999990032", "999990019", lang] {
            assert!(!json.contains(nummer));
            assert!(!format!("{bewaard:?}").contains(nummer));
        }
        let stelsel = Stelsel { objecttype: "persoon", soort: "intern" };
        let pseudoniem = bewaard.actie().verwerkte_objecten[1].gegevens.object_id.tekst();
        let geheel = bewaard.versleuteld()[pseudoniem].as_str();
        assert_eq!(sleutels.onthul(stelsel, pseudoniem, Some(geheel)).unwrap(), lang);
        assert_eq!(sleutels.onthul(stelsel, pseudoniem, None), Err(OnthulFout::ZonderNummer));

        // Sent back by a client: nothing is encrypted twice, and the long number is still there.
        assert_eq!(sleutels.pseudonimiseer(bewaard.actie().clone(), Some(&bewaard)), bewaard);
    }

    #[test]
    fn r09_an_afnemer_is_pseudonymised_when_it_is_a_person() {
        for (soort, nummer, verwacht) in [
            (Some("BSN"), "999990019", true),
            (Some("bsn "), "12345678", true),
            (Some("Burgerservicenummer"), "999990019", true),
            (None, "999990019", true),
            (Some(""), "999990019", true),
            (Some("OIN"), "00000001821002193000", false),
            (None, "00000001821002193000", false),
            (Some("KVK"), "012345678", false),
        ] {
            assert_eq!(is_bsn_van_afnemer(soort, nummer), verwacht, "{soort:?} {nummer}");
        }
    }
}
