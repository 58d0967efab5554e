//! PUT: a whole actie in the place of another (R20, R21), whose objects keep their keys (R02).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::fout::{Afwijzing, InvalidParam};
use crate::opgeslagen::Opgeslagen;
use crate::pseudoniem::Pseudonimiseerder;
use crate::tijd::TijdstipRegistratie;
use crate::verwerkingsactie::{Adressen, ObjectVerzoek, Verwerkingsactie, VerwerktObject, Verzoek};

const NIET_VAN_HIER: &str = "Hoort niet bij deze actie; laat het veld weg bij een object dat nieuw is.";

/// The actie that replaces `huidig`, as the answer shows it: with the numbers that the client sent.
///
/// An object that names its `verwerktObjectId` or `url` has that key, also where something else of it changes: that is
/// how a wrong number is corrected. Every other object has the key of an object of the same person (objecttype,
/// soortObjectId and objectId) that is still free, in their order; what is left gets a new one from `nieuwe_sleutel`.
///
/// # Errors
/// 400 with each key or address that contradicts the path, belongs to no object of this actie, or is there twice.
pub fn vervang(
    verzoek: Verzoek,
    huidig: &Opgeslagen,
    tijdstip_registratie: TijdstipRegistratie,
    adressen: &Adressen,
    sleutels: &Pseudonimiseerder,
    mut nieuwe_sleutel: impl FnMut() -> String,
) -> Result<Verwerkingsactie, Afwijzing> {
    let actie = huidig.actie();
    let mut fouten = Vec::new();
    // The address in the document is the one at which the client found it, though the API may have moved since.
    if verzoek.url.is_some_and(|url| url != actie.url && url != adressen.actie(&actie.actie_id)) {
        fouten.push(InvalidParam::ongeldig("url", "Moet het adres zijn van de actie in het pad."));
    }
    if verzoek.actie_id.is_some_and(|id| !id.eq_ignore_ascii_case(&actie.actie_id)) {
        fouten.push(InvalidParam::ongeldig("actieId", "Moet de actieId in het pad zijn."));
    }

    let bekend = Bekend::new(actie, adressen);
    let mut vrij = bekend.sleutels.clone();
    let mut genoemd = Vec::with_capacity(verzoek.verwerkte_objecten.len());
    for (plaats, object) in verzoek.verwerkte_objecten.iter().enumerate() {
        let pad = format!("verwerkteObjecten.{plaats}");
        let sleutel = bekend.genoemd(object, &pad, &mut fouten);
        if let Some(sleutel) = sleutel
            && !vrij.remove(sleutel)
        {
            fouten.push(InvalidParam::ongeldig(format!("{pad}.verwerktObjectId"), "Komt meer dan eens voor."));
        }
        genoemd.push(sleutel);
    }
    if !fouten.is_empty() {
        return Err(Afwijzing::Ongeldig(fouten));
    }

    // A pseudonym is that of one objecttype and one soortObjectId, so it says who it is all by itself.
    let mut vrij_per_persoon = BTreeMap::<&str, VecDeque<&str>>::new();
    for object in actie.verwerkte_objecten.iter().filter(|object| vrij.contains(object.verwerkt_object_id.as_str())) {
        let sleutels = vrij_per_persoon.entry(object.gegevens.object_id.tekst()).or_default();
        sleutels.push_back(&object.verwerkt_object_id);
    }
    let mut zelfde_persoon = |object: &ObjectVerzoek| {
        let pseudoniemen = sleutels.object_sleutels((&object.gegevens).into(), object.gegevens.object_id.tekst());
        pseudoniemen.iter().find_map(|pseudoniem| vrij_per_persoon.get_mut(pseudoniem.as_str())?.pop_front())
    };
    let objecten = verzoek.verwerkte_objecten.into_iter().zip(genoemd).map(|(object, genoemd)| {
        let sleutel = genoemd.or_else(|| zelfde_persoon(&object)).map_or_else(&mut nieuwe_sleutel, str::to_owned);
        VerwerktObject::nieuw(sleutel, object.gegevens, adressen)
    });
    Ok(Verwerkingsactie {
        url: adressen.actie(&actie.actie_id),
        actie_id: actie.actie_id.clone(),
        verwerkte_objecten: objecten.collect(),
        gegevens: verzoek.gegevens,
        tijdstip_registratie,
    })
}

/// The objects of the actie that is there, by what a body may call them.
struct Bekend<'a> {
    sleutels: BTreeSet<&'a str>,
    per_adres: BTreeMap<String, &'a str>,
}

impl<'a> Bekend<'a> {
    fn new(actie: &'a Verwerkingsactie, adressen: &Adressen) -> Self {
        let objecten = || actie.verwerkte_objecten.iter();
        let sleutel = |object: &'a VerwerktObject| object.verwerkt_object_id.as_str();
        let adressen = objecten().flat_map(|object| {
            [(object.url.clone(), sleutel(object)), (adressen.object(sleutel(object)), sleutel(object))]
        });
        Self { per_adres: adressen.collect(), sleutels: objecten().map(sleutel).collect() }
    }

    /// The key that an object in the body names, itself or by its address; none where it names none, or a wrong one.
    fn genoemd(&self, object: &ObjectVerzoek, pad: &str, fouten: &mut Vec<InvalidParam>) -> Option<&'a str> {
        let per_adres = object.url.as_ref().map(|url| self.per_adres.get(url).copied());
        let per_sleutel = object.verwerkt_object_id.as_ref();
        let per_sleutel = per_sleutel.map(|id| self.sleutels.get(id.to_ascii_lowercase().as_str()).copied());
        let (veld, reden) = match (per_sleutel, per_adres) {
            (Some(None), _) => ("verwerktObjectId", NIET_VAN_HIER),
            (None, Some(None)) => ("url", NIET_VAN_HIER),
            (Some(sleutel), Some(adres)) if sleutel != adres => ("url", "Moet het adres zijn van verwerktObjectId."),
            (Some(sleutel), _) | (None, Some(sleutel)) => return sleutel,
            (None, None) => return None,
        };
        fouten.push(InvalidParam::ongeldig(format!("{pad}.{veld}"), reden));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testdata::{self, moment, uuid};
    use serde_json::{Value, json};

    fn object(nummer: &str) -> Value {
        json!({"objecttype": "persoon", "soortObjectId": "BSN", "objectId": nummer})
    }

    fn met(mut object: Value, veld: &str, waarde: &str) -> Value {
        object[veld] = waarde.into();
        object
    }

    /// Replaces an actie about A, B and A again, whose objects have the keys 2, 3 and 4; new keys begin at 100.
    fn put(objecten: &[Value], actie: &[(&str, &str)]) -> Result<Verwerkingsactie, Afwijzing> {
        let huidig = testdata::opgeslagen(&[("BSN", "111222333"), ("BSN", "123456782"), ("BSN", "111222333")]);
        let mut verzoek =
            json!({"vertrouwelijkheid": "normaal", "tijdstip": "2024-04-05T14:35:42Z", "verwerkteObjecten": objecten});
        for (veld, waarde) in actie {
            verzoek[veld] = (*waarde).into();
        }
        let tijdstip = moment("2024-04-05T14:35:43.000000Z");
        let (adressen, sleutels) = (testdata::adressen(), testdata::sleutels());
        vervang(testdata::verzoek(verzoek), &huidig, tijdstip, &adressen, &sleutels, testdata::uuids(100))
    }

    fn keys(objecten: &[Value]) -> Vec<String> {
        put(objecten, &[]).unwrap().verwerkte_objecten.into_iter().map(|object| object.verwerkt_object_id).collect()
    }

    fn fouten(uitkomst: Result<Verwerkingsactie, Afwijzing>) -> Vec<String> {
        let Err(Afwijzing::Ongeldig(fouten)) = uitkomst else { panic!("no 400: {uitkomst:?}") };
        fouten.into_iter().map(|fout| fout.name).collect()
    }

    #[test]
    fn r02_an_object_that_stays_the_same_keeps_its_key() {
        let [a, b, c] = ["111222333", "123456782", "999990019"].map(object);
        assert_eq!(keys(&[b.clone(), c.clone(), a.clone()]), [uuid(3), uuid(100), uuid(2)]);
        assert_eq!(keys(&[a.clone(), a.clone(), a.clone()]), [uuid(2), uuid(4), uuid(100)]);
        let ander_stelsel = met(a.clone(), "soortObjectId", "A-nummer");
        assert_eq!(keys(&[ander_stelsel]), [uuid(100)]);
        assert_eq!(keys(&[met(b, "betrokkenheid", "Getuige")]), [uuid(3)]);
    }

    #[test]
    fn r02_a_pseudonym_that_a_client_sends_back_is_the_same_object() {
        let huidig = testdata::opgeslagen(&[("BSN", "123456782")]);
        let pseudoniem = huidig.actie().verwerkte_objecten[0].gegevens.object_id.tekst();
        assert_eq!(keys(&[object(pseudoniem)]), [uuid(3)]);
    }

    #[test]
    fn r21_an_object_may_name_its_key_or_its_address() {
        let adres = testdata::adressen().object(&uuid(3));
        let gecorrigeerd = met(object("999990019"), "verwerktObjectId", &uuid(2));
        // The second names the key of the first A, so the other A is what is left for the third.
        let per_adres = met(object("123456782"), "url", &adres);
        assert_eq!(keys(&[per_adres.clone(), gecorrigeerd, object("111222333")]), [uuid(3), uuid(2), uuid(4)]);
        assert_eq!(keys(&[met(per_adres, "verwerktObjectId", &uuid(3).to_uppercase())]), [uuid(3)]);
    }

    #[test]
    fn r21_a_key_of_another_actie_is_refused() {
        let vreemd = met(object("111222333"), "verwerktObjectId", &uuid(50));
        let adres = met(object("111222333"), "url", "https://log.example/v1/verwerkte-objecten/x");
        let tegenstrijdig =
            met(met(object("1"), "verwerktObjectId", &uuid(2)), "url", &testdata::adressen().object(&uuid(3)));
        let dubbel = met(object("1"), "verwerktObjectId", &uuid(4));
        assert_eq!(
            fouten(put(&[vreemd, adres, tegenstrijdig, dubbel.clone(), dubbel], &[])),
            [
                "verwerkteObjecten.0.verwerktObjectId",
                "verwerkteObjecten.1.url",
                "verwerkteObjecten.2.url",
                "verwerkteObjecten.4.verwerktObjectId"
            ]
        );
    }

    #[test]
    fn r21_a_key_or_address_that_contradicts_the_path_is_refused() {
        let objecten = [object("111222333")];
        assert_eq!(
            fouten(put(&objecten, &[("actieId", &uuid(2)), ("url", "https://log.example/v1/x")])),
            ["url", "actieId"]
        );
        let adres = testdata::adressen().actie(&uuid(1));
        assert!(put(&objecten, &[("actieId", &uuid(1).to_uppercase()), ("url", &adres)]).is_ok());
    }

    #[test]
    fn r20_the_answer_is_the_whole_new_actie() {
        let actie = put(&[object("999990019")], &[("actieNaam", "Wijzigen")]).unwrap();
        assert_eq!(
            serde_json::to_value(actie).unwrap(),
            json!({
                "url": testdata::adressen().actie(&uuid(1)), "actieId": uuid(1), "actieNaam": "Wijzigen",
                "vertrouwelijkheid": "normaal", "tijdstip": "2024-04-05T14:35:42Z",
                "tijdstipRegistratie": "2024-04-05T14:35:43.000000Z",
                "verwerkteObjecten": [{
                    "url": testdata::adressen().object(&uuid(100)), "verwerktObjectId": uuid(100),
                    "objecttype": "persoon", "soortObjectId": "BSN", "objectId": "999990019",
                }],
            })
        );
    }
}
