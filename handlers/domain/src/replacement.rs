//! PUT: a whole actie in the place of another (R20, R21), whose objects keep their keys (R02).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::fout::{InvalidParam, Rejection};
use crate::pseudoniem::Pseudonymizer;
use crate::stored::Stored;
use crate::tijd::TijdstipRegistratie;
use crate::verwerkingsactie::{Addresses, Request, RequestObject, Verwerkingsactie, VerwerktObject};

const NOT_OF_THIS_ACTIE: &str = "Hoort niet bij deze actie; laat het veld weg bij een object dat nieuw is.";

/// The actie that replaces `current`, as the answer shows it: with the numbers that the client sent.
///
/// An object that names its `verwerktObjectId` or `url` has that key, also where something else of it changes: that is
/// how a wrong number is corrected. Every other object has the key of an object of the same person (objecttype,
/// soortObjectId and objectId) that is still free, in their order; what is left gets a new one from `new_key`.
///
/// # Errors
/// 400 with each key or address that contradicts the path, belongs to no object of this actie, or is there twice.
pub fn replace(
    request: Request,
    current: &Stored,
    tijdstip_registratie: TijdstipRegistratie,
    addresses: &Addresses,
    keys: &Pseudonymizer,
    mut new_key: impl FnMut() -> String,
) -> Result<Verwerkingsactie, Rejection> {
    let actie = current.actie();
    let mut faults = Vec::new();
    // The address in the document is the one at which the client found it, though the API may have moved since.
    if request.url.is_some_and(|url| url != actie.url && url != addresses.actie(&actie.actie_id)) {
        faults.push(InvalidParam::invalid("url", "Moet het adres zijn van de actie in het pad."));
    }
    if request.actie_id.is_some_and(|id| !id.eq_ignore_ascii_case(&actie.actie_id)) {
        faults.push(InvalidParam::invalid("actieId", "Moet de actieId in het pad zijn."));
    }

    let known = Known::new(actie, addresses);
    let mut free = known.keys.clone();
    let mut named = Vec::with_capacity(request.verwerkte_objecten.len());
    for (place, object) in request.verwerkte_objecten.iter().enumerate() {
        let path = format!("verwerkteObjecten.{place}");
        let key = known.named(object, &path, &mut faults);
        if let Some(key) = key
            && !free.remove(key)
        {
            faults.push(InvalidParam::invalid(format!("{path}.verwerktObjectId"), "Komt meer dan eens voor."));
        }
        named.push(key);
    }
    if !faults.is_empty() {
        return Err(Rejection::invalid(faults));
    }

    // A pseudonym is that of one objecttype and one soortObjectId, so it says who it is all by itself.
    let mut free_by_person = BTreeMap::<&str, VecDeque<&str>>::new();
    for object in actie.verwerkte_objecten.iter().filter(|object| free.contains(object.verwerkt_object_id.as_str())) {
        let keys = free_by_person.entry(object.content.object_id.text()).or_default();
        keys.push_back(&object.verwerkt_object_id);
    }
    let mut same_person = |object: &RequestObject| {
        let pseudonyms = keys.object_sleutels((&object.content).into(), object.content.object_id.text());
        pseudonyms.iter().find_map(|pseudoniem| free_by_person.get_mut(pseudoniem.as_str())?.pop_front())
    };
    let objecten = request.verwerkte_objecten.into_iter().zip(named).map(|(object, named)| {
        let key = named.or_else(|| same_person(&object)).map_or_else(&mut new_key, str::to_owned);
        VerwerktObject::new(key, object.content, addresses)
    });
    Ok(Verwerkingsactie {
        url: addresses.actie(&actie.actie_id),
        actie_id: actie.actie_id.clone(),
        verwerkte_objecten: objecten.collect(),
        content: request.content,
        tijdstip_registratie,
    })
}

/// The objects of the actie that is there, by what a body may call them.
struct Known<'a> {
    keys: BTreeSet<&'a str>,
    by_address: BTreeMap<String, &'a str>,
}

impl<'a> Known<'a> {
    fn new(actie: &'a Verwerkingsactie, addresses: &Addresses) -> Self {
        let objecten = || actie.verwerkte_objecten.iter();
        let key = |object: &'a VerwerktObject| object.verwerkt_object_id.as_str();
        let addresses = objecten()
            .flat_map(|object| [(object.url.clone(), key(object)), (addresses.object(key(object)), key(object))]);
        Self { by_address: addresses.collect(), keys: objecten().map(key).collect() }
    }

    /// The key that an object in the body names, itself or by its address; none where it names none, or a wrong one.
    fn named(&self, object: &RequestObject, path: &str, faults: &mut Vec<InvalidParam>) -> Option<&'a str> {
        let by_address = object.url.as_ref().map(|url| self.by_address.get(url).copied());
        let by_key = object.verwerkt_object_id.as_ref();
        let by_key = by_key.map(|id| self.keys.get(id.to_ascii_lowercase().as_str()).copied());
        let (field, reason) = match (by_key, by_address) {
            (Some(None), _) => ("verwerktObjectId", NOT_OF_THIS_ACTIE),
            (None, Some(None)) => ("url", NOT_OF_THIS_ACTIE),
            (Some(key), Some(address)) if key != address => ("url", "Moet het adres zijn van verwerktObjectId."),
            (Some(key), _) | (None, Some(key)) => return key,
            (None, None) => return None,
        };
        faults.push(InvalidParam::invalid(format!("{path}.{field}"), reason));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testdata::{self, moment, uuid};
    use crate::validation::MAX_INVALID_PARAMS;
    use serde_json::{Value, json};

    fn object(number: &str) -> Value {
        json!({"objecttype": "persoon", "soortObjectId": "BSN", "objectId": number})
    }

    fn with(mut object: Value, field: &str, value: &str) -> Value {
        object[field] = value.into();
        object
    }

    /// Replaces an actie about A, B and A again, whose objects have the keys 2, 3 and 4; new keys begin at 100.
    fn put(objecten: &[Value], actie: &[(&str, &str)]) -> Result<Verwerkingsactie, Rejection> {
        let current = testdata::stored(&[("BSN", "111222333"), ("BSN", "123456782"), ("BSN", "111222333")]);
        let mut request =
            json!({"vertrouwelijkheid": "normaal", "tijdstip": "2024-04-05T14:35:42Z", "verwerkteObjecten": objecten});
        for (field, value) in actie {
            request[field] = (*value).into();
        }
        let tijdstip = moment("2024-04-05T14:35:43.000000Z");
        let (addresses, keys) = (testdata::addresses(), testdata::keys());
        replace(testdata::request(request), &current, tijdstip, &addresses, &keys, testdata::uuids(100))
    }

    fn keys(objecten: &[Value]) -> Vec<String> {
        put(objecten, &[]).unwrap().verwerkte_objecten.into_iter().map(|object| object.verwerkt_object_id).collect()
    }

    fn faults(outcome: Result<Verwerkingsactie, Rejection>) -> Vec<String> {
        let Err(Rejection::Invalid(faults)) = outcome else { panic!("no 400: {outcome:?}") };
        faults.into_iter().map(|fout| fout.name).collect()
    }

    #[test]
    fn r02_an_object_that_stays_the_same_keeps_its_key() {
        let [a, b, c] = ["111222333", "123456782", "999990019"].map(object);
        assert_eq!(keys(&[b.clone(), c.clone(), a.clone()]), [uuid(3), uuid(100), uuid(2)]);
        assert_eq!(keys(&[a.clone(), a.clone(), a.clone()]), [uuid(2), uuid(4), uuid(100)]);
        let other_kind = with(a.clone(), "soortObjectId", "A-nummer");
        assert_eq!(keys(&[other_kind]), [uuid(100)]);
        assert_eq!(keys(&[with(b, "betrokkenheid", "Getuige")]), [uuid(3)]);
    }

    #[test]
    fn r02_a_pseudonym_that_a_client_sends_back_is_the_same_object() {
        let current = testdata::stored(&[("BSN", "123456782")]);
        let pseudoniem = current.actie().verwerkte_objecten[0].content.object_id.text();
        assert_eq!(keys(&[object(pseudoniem)]), [uuid(3)]);
    }

    #[test]
    fn r21_an_object_may_name_its_key_or_its_address() {
        let address = testdata::addresses().object(&uuid(3));
        let corrected = with(object("999990019"), "verwerktObjectId", &uuid(2));
        // The second names the key of the first A, so the other A is what is left for the third.
        let by_address = with(object("123456782"), "url", &address);
        assert_eq!(keys(&[by_address.clone(), corrected, object("111222333")]), [uuid(3), uuid(2), uuid(4)]);
        assert_eq!(keys(&[with(by_address, "verwerktObjectId", &uuid(3).to_uppercase())]), [uuid(3)]);
    }

    #[test]
    fn r21_a_key_of_another_actie_is_refused() {
        let foreign = with(object("111222333"), "verwerktObjectId", &uuid(50));
        let address = with(object("111222333"), "url", "https://log.example/v1/verwerkte-objecten/x");
        let contradictory =
            with(with(object("1"), "verwerktObjectId", &uuid(2)), "url", &testdata::addresses().object(&uuid(3)));
        let twice = with(object("1"), "verwerktObjectId", &uuid(4));
        assert_eq!(
            faults(put(&[foreign, address, contradictory, twice.clone(), twice], &[])),
            [
                "verwerkteObjecten.0.verwerktObjectId",
                "verwerkteObjecten.1.url",
                "verwerkteObjecten.2.url",
                "verwerkteObjecten.4.verwerktObjectId"
            ]
        );
    }

    #[test]
    fn r71_there_is_an_end_to_the_list_of_keys_of_another_actie() {
        let foreign = |n: u64| with(object("111222333"), "verwerktObjectId", &uuid(n));
        let twice = with(object("1"), "verwerktObjectId", &uuid(2));
        for objecten in [(100..3_000).map(foreign).collect::<Vec<_>>(), vec![twice; 3_000]] {
            let named = faults(put(&objecten, &[("actieId", &uuid(2)), ("url", "https://log.example/v1/x")]));
            assert_eq!(named.len(), MAX_INVALID_PARAMS);
            assert_eq!(named[..2], ["url", "actieId"]);
        }
    }

    #[test]
    fn r21_a_key_or_address_that_contradicts_the_path_is_refused() {
        let objecten = [object("111222333")];
        assert_eq!(
            faults(put(&objecten, &[("actieId", &uuid(2)), ("url", "https://log.example/v1/x")])),
            ["url", "actieId"]
        );
        let address = testdata::addresses().actie(&uuid(1));
        assert!(put(&objecten, &[("actieId", &uuid(1).to_uppercase()), ("url", &address)]).is_ok());
    }

    #[test]
    fn r21_an_address_from_before_the_api_moved_is_still_that_of_the_actie() {
        let current = testdata::stored(&[("BSN", "111222333")]);
        let moved = Addresses::joint("https://nieuw.example/v2");
        let keys = testdata::keys();
        for addresses in [&testdata::addresses(), &moved] {
            let request = testdata::request(json!({
                "url": addresses.actie(&uuid(1)), "vertrouwelijkheid": "normaal", "tijdstip": "2024-04-05T14:35:42Z",
                "verwerkteObjecten": [with_address(addresses)],
            }));
            let tijdstip = moment("2024-04-05T14:35:43.000000Z");
            let actie = replace(request, &current, tijdstip, &moved, &keys, testdata::uuids(100)).unwrap();
            assert_eq!(actie.url, moved.actie(&uuid(1)));
            assert_eq!(actie.verwerkte_objecten[0].url, moved.object(&uuid(2)));
        }
    }

    fn with_address(addresses: &Addresses) -> Value {
        with(object("999990019"), "url", &addresses.object(&uuid(2)))
    }

    #[test]
    fn r20_the_answer_is_the_whole_new_actie() {
        let actie = put(&[object("999990019")], &[("actieNaam", "Wijzigen")]).unwrap();
        assert_eq!(
            serde_json::to_value(actie).unwrap(),
            json!({
                "url": testdata::addresses().actie(&uuid(1)), "actieId": uuid(1), "actieNaam": "Wijzigen",
                "vertrouwelijkheid": "normaal", "tijdstip": "2024-04-05T14:35:42Z",
                "tijdstipRegistratie": "2024-04-05T14:35:43.000000Z",
                "verwerkteObjecten": [{
                    "url": testdata::addresses().object(&uuid(100)), "verwerktObjectId": uuid(100),
                    "objecttype": "persoon", "soortObjectId": "BSN", "objectId": "999990019",
                }],
            })
        );
    }
}
