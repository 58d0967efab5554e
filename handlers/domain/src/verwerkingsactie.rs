//! The types of the standard: a verwerkingsactie as it is asked for, and as it is answered.
//!
//! Fields stand in the order of the specification, which is the order of the answer; what was not given is left out
//! (R10). What the specification does not name is in no type, so it is neither stored nor returned (R14).

use std::fmt;

use contract::vertrouwelijkheid;
use serde::{Deserialize, Serialize};

use crate::bewaartermijn::Bewaartermijn;
use crate::tijd::{Tijdstip, TijdstipRegistratie};

/// A number or name that may be somebody's, plain or as a pseudonym. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Identificator(String);

impl Identificator {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Not for log lines.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Identificator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identificator(..)")
    }
}

/// Who may know of an actie (`VertrouwelijkheidEnum`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Vertrouwelijkheid {
    /// Anybody with a scope of the standard.
    Normaal,
    /// Only confidential scopes.
    Vertrouwelijk,
    /// What was `vertrouwelijk` and is so no longer.
    Opgeheven,
}

impl Vertrouwelijkheid {
    /// All values, in the order of the specification.
    pub const ALL: [Self; 3] = [Self::Normaal, Self::Vertrouwelijk, Self::Opgeheven];

    /// The value as the API writes it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Normaal => vertrouwelijkheid::NORMAAL,
            Self::Vertrouwelijk => vertrouwelijkheid::VERTROUWELIJK,
            Self::Opgeheven => vertrouwelijkheid::OPGEHEVEN,
        }
    }

    /// The value that the API writes so; none where there is no such value.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.text() == text)
    }
}

/// What an object is (`ObjecttypeEnum`): the standard has only persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Objecttype {
    /// A person.
    Persoon,
}

impl Objecttype {
    /// The value as the API writes it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Persoon => "persoon",
        }
    }
}

/// What the client says of an actie, apart from its objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the specification describes its fields; to repeat that here would be to have it twice")]
pub struct Content {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub actie_naam: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub handeling_naam: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verwerking_naam: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verwerking_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verwerkingsactiviteit_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verwerkingsactiviteit_url: Option<String>,
    pub vertrouwelijkheid: Vertrouwelijkheid,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bewaartermijn: Option<Bewaartermijn>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub uitvoerder: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub systeem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub gebruiker: Option<Identificator>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub gegevensbron: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub soort_afnemer_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub afnemer_id: Option<Identificator>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verwerkingsactiviteit_id_afnemer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verwerkingsactiviteit_url_afnemer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verwerking_id_afnemer: Option<String>,
    pub tijdstip: Tijdstip,
}

/// What the client says of an object (`VerwerktObjectBasis`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the specification describes its fields; to repeat that here would be to have it twice")]
pub struct ObjectContent {
    pub objecttype: Objecttype,
    pub soort_object_id: String,
    pub object_id: Identificator,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub betrokkenheid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verwerkte_soorten_gegevens: Option<Vec<VerwerktSoortGegeven>>,
}

/// One kind of data that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the specification describes its field")]
pub struct VerwerktSoortGegeven {
    pub soort_gegeven: String,
}

/// The body of a POST (`VerwerkingsactieUitgebreidBasis`) or PUT (`VerwerkingsactieUitgebreidWijziging`), after
/// [`crate::validation`]. What a POST says of `actieId`, `url` and the objects' keys never gets here (R01).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Of a PUT: the actie that the client means; must be that of the path (R21).
    #[serde(default)]
    pub actie_id: Option<String>,
    /// Of a PUT: the address of that actie; must belong to the path (R21).
    #[serde(default)]
    pub url: Option<String>,
    /// The actie.
    #[serde(flatten)]
    pub content: Content,
    /// Its objects, at least one (R03).
    pub verwerkte_objecten: Vec<RequestObject>,
}

/// An object in a [`Request`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RequestObject {
    /// Of a PUT: which object of the actie this is (R02); absent for a new one.
    #[serde(default)]
    pub verwerkt_object_id: Option<String>,
    /// Of a PUT: the address of that object.
    #[serde(default)]
    pub url: Option<String>,
    /// The object.
    #[serde(flatten)]
    pub content: ObjectContent,
}

/// An actie in an answer (`VerwerkingsactieUitgebreid`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Verwerkingsactie {
    /// Where it can be read.
    pub url: String,
    /// Its key.
    pub actie_id: String,
    /// What the client said of it.
    #[serde(flatten)]
    pub content: Content,
    /// When this version was registered.
    pub tijdstip_registratie: TijdstipRegistratie,
    /// Its objects.
    pub verwerkte_objecten: Vec<VerwerktObject>,
}

/// An object in an answer (`VerwerktObject`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct VerwerktObject {
    /// Where the Inzage API shows it.
    pub url: String,
    /// Its key within the actie.
    pub verwerkt_object_id: String,
    /// What the client said of it.
    #[serde(flatten)]
    pub content: ObjectContent,
}

/// The body of a PATCH (`PatchRequestBody`): at least one of both (R31).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Patch {
    /// The new term, if it changes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bewaartermijn: Option<Bewaartermijn>,
    /// The new vertrouwelijkheid, if it changes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub vertrouwelijkheid: Option<Vertrouwelijkheid>,
}

/// Where the two APIs are: their addresses up to the route, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// The Bewerking API.
    pub bewerking: String,
    /// The Inzage API, which shows objects.
    pub inzage: String,
}

impl Addresses {
    /// Both APIs at one address; a slash at its end is left out.
    pub fn joint(address: &str) -> Self {
        let address = address.trim_end_matches('/').to_owned();
        Self { bewerking: address.clone(), inzage: address }
    }

    /// The `url` of an actie.
    pub fn actie(&self, actie_id: &str) -> String {
        format!("{}/verwerkingsacties/{actie_id}", self.bewerking)
    }

    /// The `url` of an object.
    pub fn object(&self, verwerkt_object_id: &str) -> String {
        format!("{}/verwerkte-objecten/{verwerkt_object_id}", self.inzage)
    }
}

/// A UUID of version 4 made of 16 random bytes (R01), in lower case.
pub fn uuid4(random: [u8; 16]) -> String {
    let number = u128::from_be_bytes(random);
    let number = number & !(0xf << 76) & !(0b11 << 62) | 0x4 << 76 | 0b10 << 62;
    let hex = format!("{number:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// Whether this is a UUID in the usual form, in any case.
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, c)| match place {
            8 | 13 | 18 | 23 => c == b'-',
            _ => c.is_ascii_hexdigit(),
        })
}

impl Verwerkingsactie {
    /// A new actie, as a POST makes it and is answered with (R01, R02, R10). `actie_id` and every key that `new_key`
    /// gives are from [`uuid4`].
    pub fn new(
        request: Request,
        actie_id: String,
        tijdstip_registratie: TijdstipRegistratie,
        addresses: &Addresses,
        mut new_key: impl FnMut() -> String,
    ) -> Self {
        let verwerkte_objecten = request.verwerkte_objecten.into_iter();
        Self {
            url: addresses.actie(&actie_id),
            actie_id,
            content: request.content,
            tijdstip_registratie,
            verwerkte_objecten: verwerkte_objecten
                .map(|object| VerwerktObject::new(new_key(), object.content, addresses))
                .collect(),
        }
    }
}

impl VerwerktObject {
    pub(crate) fn new(verwerkt_object_id: String, content: ObjectContent, addresses: &Addresses) -> Self {
        Self { url: addresses.object(&verwerkt_object_id), verwerkt_object_id, content }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testdata;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn r10_the_answer_has_the_request_and_what_the_log_made_in_the_order_of_the_specification() {
        let request = testdata::request(json!({
            "tijdstip": "2024-04-05T14:35:42+01:00",
            "vertrouwelijkheid": "normaal",
            "actieNaam": "Zoeken",
            "verwerkteObjecten": [{"objectId": "999990019", "soortObjectId": "BSN", "objecttype": "persoon"}],
        }));
        let actie = testdata::actie_from(request, "2024-04-05T13:35:43.000000Z");
        assert_eq!(
            serde_json::to_string(&actie).unwrap(),
            concat!(
                r#"{"url":"https://log.example/v1/verwerkingsacties/00000000-0000-4000-8000-000000000001","#,
                r#""actieId":"00000000-0000-4000-8000-000000000001","actieNaam":"Zoeken","vertrouwelijkheid":"normaal","#,
                r#""tijdstip":"2024-04-05T14:35:42+01:00","tijdstipRegistratie":"2024-04-05T13:35:43.000000Z","#,
                r#""verwerkteObjecten":[{"url":"https://log.example/v1/verwerkte-objecten/00000000-0000-4000-8000-000000000002","#,
                r#""verwerktObjectId":"00000000-0000-4000-8000-000000000002","objecttype":"persoon","soortObjectId":"BSN","#,
                r#""objectId":"999990019"}]}"#,
            )
        );
    }

    #[test]
    fn r01_a_new_key_is_a_uuid_of_version_4() {
        assert_eq!(uuid4([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(uuid4([0; 16]), "00000000-0000-4000-8000-000000000000");
    }

    #[test]
    fn r09_debug_shows_no_identifier() {
        let actie = testdata::actie(&[("BSN", "999990019")]);
        assert!(!format!("{actie:?}").contains("999990019"));
        assert!(!format!("{:?}", Identificator::new("999990019")).contains('9'));
    }

    #[test]
    fn a_slash_at_the_end_of_an_address_is_not_doubled() {
        assert_eq!(
            Addresses::joint("https://log.example/v1/").actie("a"),
            "https://log.example/v1/verwerkingsacties/a"
        );
    }

    proptest! {
        #[test]
        fn r01_every_key_is_a_uuid(random: [u8; 16]) {
            prop_assert!(is_uuid(&uuid4(random)));
        }

        #[test]
        fn r10_an_actie_is_the_same_after_json(actie in testdata::acties()) {
            let json = serde_json::to_string(&actie).unwrap();
            prop_assert_eq!(serde_json::from_str::<Verwerkingsactie>(&json).unwrap(), actie);
        }
    }
}
