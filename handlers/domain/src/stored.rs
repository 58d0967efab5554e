//! An actie as the log keeps it: with pseudonyms in the place of numbers (R09).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::pseudoniem::{NumberKind, Pseudonymizer, is_bsn};
use crate::verwerkingsactie::{Identificator, Verwerkingsactie};

/// An actie as the log keeps it, without a readable number of a person. Only [`Pseudonymizer::pseudonymize`]
/// makes one, and reading what was kept; so nothing else can get into a message or a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    actie: Verwerkingsactie,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    versleuteld: BTreeMap<String, String>,
}

impl Stored {
    /// What was kept: the `document` of a row and, where it has one, its attribute `versleuteld`, both JSON.
    ///
    /// # Errors
    /// One of them is not what [`crate::rows`] writes.
    pub(crate) fn parse(document: &str, versleuteld: Option<&str>) -> Result<Self, serde_json::Error> {
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

impl Pseudonymizer {
    /// The actie as the log keeps it: a pseudonym for each `objectId`, and for an `afnemerId` that is a BSN.
    ///
    /// `earlier` is the version that this one replaces: a client that sends back the pseudonym of a long number cannot
    /// send what was encrypted beside it, so that is taken from there.
    pub fn pseudonymize(&self, mut actie: Verwerkingsactie, earlier: Option<&Stored>) -> Stored {
        let mut versleuteld = BTreeMap::new();
        let mut replace = |number: &mut Identificator, kind: NumberKind<'_>| {
            let pseudoniem = self.pseudoniem(kind, number.text());
            let earlier = earlier.and_then(|earlier| earlier.versleuteld.get(&pseudoniem.text));
            if let Some(whole) = pseudoniem.versleuteld.or_else(|| earlier.cloned()) {
                versleuteld.insert(pseudoniem.text.clone(), whole);
            }
            *number = Identificator::new(pseudoniem.text);
        };
        for object in &mut actie.verwerkte_objecten {
            let soort = object.content.soort_object_id.clone();
            let kind = NumberKind { objecttype: object.content.objecttype.text(), soort: &soort };
            replace(&mut object.content.object_id, kind);
        }
        let soort = actie.content.soort_afnemer_id.as_deref();
        if let Some(afnemer) = &mut actie.content.afnemer_id
            && is_bsn_of_afnemer(soort, afnemer.text())
        {
            replace(afnemer, NumberKind::AFNEMER);
        }
        Stored { actie, versleuteld }
    }
}

/// Whether an `afnemerId` is a BSN: its soort says so, or says nothing and it has the nine digits of one. An OIN has 20.
/// Its pseudonym, when a client sends it back, is no BSN and is recognised before.
fn is_bsn_of_afnemer(soort: Option<&str>, number: &str) -> bool {
    match soort.map(str::trim) {
        None | Some("") => number.len() == 9 && number.bytes().all(|c| c.is_ascii_digit()),
        Some(soort) => is_bsn(soort),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pseudoniem::RevealError;
    use crate::testdata;
    use serde_json::json;

    #[test]
    fn r09_no_number_of_a_person_is_left_in_what_is_kept() {
        let long = "1f0e2d3c-burger-0123456789-abcdefghijklm";
        let actie = testdata::actie_from(
            testdata::request(json!({
                "vertrouwelijkheid": "normaal", "tijdstip": "2024-01-01T00:00:00Z",
                "soortAfnemerId": " bsn", "afnemerId": "999990032", "gebruiker": "jan",
                "verwerkteObjecten": [
                    {"objecttype": "persoon", "soortObjectId": "BSN", "objectId": "999990019"},
                    {"objecttype": "persoon", "soortObjectId": "intern", "objectId": long},
                ],
            })),
            "2024-01-01T00:00:01.000000Z",
        );
        let keys = testdata::keys();
        let kept = keys.pseudonymize(actie, None);
        let json = serde_json::to_string(&kept).unwrap();
        for number in ["999990032", "999990019", long] {
            assert!(!json.contains(number));
            assert!(!format!("{kept:?}").contains(number));
        }
        let kind = NumberKind { objecttype: "persoon", soort: "intern" };
        let pseudoniem = kept.actie().verwerkte_objecten[1].content.object_id.text();
        let whole = kept.versleuteld()[pseudoniem].as_str();
        assert_eq!(keys.reveal(kind, pseudoniem, Some(whole)).unwrap(), long);
        assert_eq!(keys.reveal(kind, pseudoniem, None), Err(RevealError::WithoutNumber));

        // That of another number of the same kind.
        let request = testdata::request(json!({
            "vertrouwelijkheid": "normaal", "tijdstip": "2024-01-01T00:00:00Z",
            "verwerkteObjecten": [{"objecttype": "persoon", "soortObjectId": "intern", "objectId": "een ander nummer"}],
        }));
        let other = keys.pseudonymize(testdata::actie_from(request, "2024-01-01T00:00:01.000000Z"), None);
        let whole = other.versleuteld().values().next().map(String::as_str);
        assert!(whole.is_some());
        assert_eq!(keys.reveal(kind, pseudoniem, whole), Err(RevealError::WithoutNumber));

        // Sent back by a client: nothing is encrypted twice, and the long number is still there.
        assert_eq!(keys.pseudonymize(kept.actie().clone(), Some(&kept)), kept);
    }

    #[test]
    fn r09_an_afnemer_is_pseudonymised_when_it_is_a_person() {
        for (soort, number, expected) in [
            (Some("BSN"), "999990019", true),
            (Some("bsn "), "12345678", true),
            (Some("Burgerservicenummer"), "999990019", true),
            (None, "999990019", true),
            (Some(""), "999990019", true),
            (Some("OIN"), "00000001821002193000", false),
            (None, "00000001821002193000", false),
            (Some("KVK"), "012345678", false),
        ] {
            assert_eq!(is_bsn_of_afnemer(soort, number), expected, "{soort:?} {number}");
        }
    }
}
