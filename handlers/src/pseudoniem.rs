//! Pseudonyms (R09): what the log keeps in the place of a person's number.
//!
//! A pseudonym is `k<id>.<36 characters>`: the id of the key, and in base64url the 27 bytes that AES-SIV (RFC 5297) makes
//! of 11: a synthetic IV of 16, which is also the proof that the key made it, and 11 encrypted ones. That is as much as
//! fits in the 40 characters that the specification gives an `objectId`. So a number of up to 10 bytes (a BSN has 9, an
//! A-nummer 10) stands in its pseudonym, encrypted. A longer one does not fit; its pseudonym holds a keyed fingerprint
//! of 10 bytes, and the number itself is encrypted beside the actie (see [`crate::opgeslagen`]).
//!
//! The same number of the same kind always has the same pseudonym, so it can be looked up; that is what deterministic
//! encryption gives away, and all that it does. What kind of number it is (objecttype and soortObjectId) is associated
//! data: equal numbers of different kinds have pseudonyms that nobody can relate without the key.

use std::fmt;

use aes_siv::KeyInit;
use aes_siv::siv::Aes256Siv;
use data_encoding::BASE64URL_NOPAD;
use hkdf::Hkdf;
use serde::Deserialize;
use sha2::Sha512;

use crate::verwerkingsactie::ObjectGegevens;

/// Bytes of a number that fit in its pseudonym.
const KORT: usize = 10;
/// In the place of the length: what follows is a fingerprint.
const VINGERAFDRUK: u8 = 0xff;
/// Characters of a pseudonym after its key id.
const LENGTE: usize = 36;

/// A secret that holds no usable keys. Says nothing of what it does hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SleutelFout {
    /// Not JSON of the expected form.
    #[error(r#"the pseudonym secret must be JSON like {{"id": "1", "sleutel": "..."}}"#)]
    Vorm,
    /// An id of another shape.
    #[error("a key id must be one or two ASCII letters or digits")]
    Id,
    /// Two keys with one id.
    #[error("two keys have the same id")]
    Dubbel,
    /// A key that could be guessed.
    #[error("a key must have at least 32 characters, chosen at random")]
    Kort,
}

/// A pseudonym that cannot be turned back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OnthulFout {
    /// No key that is there made it, for this kind of number.
    #[error("not a pseudonym of this kind made with one of these keys")]
    Onbekend,
    /// A fingerprint, and what was encrypted beside it is missing or belongs to another.
    #[error("the encrypted number that belongs to this pseudonym is missing")]
    ZonderNummer,
}

/// What kind of number it is; part of what a pseudonym is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stelsel<'a> {
    /// `objecttype`, or [`Stelsel::AFNEMER`]'s.
    pub objecttype: &'a str,
    /// `soortObjectId` as the client wrote it.
    pub soort: &'a str,
}

impl Stelsel<'static> {
    /// A BSN as `afnemerId`. Not the kind of an object: who received data is not found by way of an actie about others.
    pub const AFNEMER: Self = Self { objecttype: "afnemer", soort: "BSN" };
}

impl<'a> From<&'a ObjectGegevens> for Stelsel<'a> {
    fn from(object: &'a ObjectGegevens) -> Self {
        Self { objecttype: object.objecttype.tekst(), soort: &object.soort_object_id }
    }
}

/// Whether this `soortObjectId` or `soortAfnemerId` is that of a BSN, however it is written.
pub fn is_bsn(soort: &str) -> bool {
    let soort = soort.trim();
    soort.eq_ignore_ascii_case("BSN") || soort.eq_ignore_ascii_case("burgerservicenummer")
}

/// A pseudonym, and for a long number what it takes to turn it back.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Pseudoniem {
    pub(crate) tekst: String,
    pub(crate) versleuteld: Option<String>,
}

struct Sleutel {
    prefix: String,
    sleutel: [u8; 64],
}

impl Sleutel {
    /// HKDF (RFC 5869) with SHA-512 turns the secret's text, of any length and alphabet, into the 64 uniform bytes that
    /// AES-256-SIV takes. The id is part of it, so that one text under two ids is two keys.
    fn new(geheim: Geheim) -> Result<Self, SleutelFout> {
        let Geheim { id, sleutel: tekst } = geheim;
        if !(1..=2).contains(&id.len()) || !id.bytes().all(|teken| teken.is_ascii_alphanumeric()) {
            return Err(SleutelFout::Id);
        }
        if tekst.chars().count() < 32 {
            return Err(SleutelFout::Kort);
        }
        let mut sleutel = [0; 64];
        Hkdf::<Sha512>::new(None, tekst.as_bytes())
            .expand_multi_info(&[b"verwerkingenlog pseudoniem ", id.as_bytes()], &mut sleutel)
            .expect("64 bytes are less than 255 times the 64 of SHA-512");
        Ok(Self { prefix: format!("k{id}."), sleutel })
    }

    fn versleutel(&self, doel: &[u8], stelsel: Stelsel<'_>, inhoud: &[u8]) -> Vec<u8> {
        Aes256Siv::new(&self.sleutel.into())
            .encrypt([doel, stelsel.objecttype.as_bytes(), stelsel.soort.as_bytes()], inhoud)
            .expect("three associated data are fewer than the 126 that AES-SIV takes")
    }

    fn ontsleutel(&self, doel: &[u8], stelsel: Stelsel<'_>, bytes: &[u8]) -> Option<Vec<u8>> {
        Aes256Siv::new(&self.sleutel.into())
            .decrypt([doel, stelsel.objecttype.as_bytes(), stelsel.soort.as_bytes()], bytes)
            .ok()
    }

    fn pseudoniem(&self, stelsel: Stelsel<'_>, nummer: &str) -> Pseudoniem {
        let bytes = nummer.as_bytes();
        let mut inhoud = [0; KORT + 1];
        let mut versleuteld = None;
        if bytes.len() <= KORT {
            // At most 10, so it is never taken for the mark of a fingerprint.
            inhoud[0] = u8::try_from(bytes.len()).unwrap_or(VINGERAFDRUK);
            inhoud[1..=bytes.len()].copy_from_slice(bytes);
        } else {
            // The synthetic IV is a keyed hash of the number and of its kind.
            let geheel = self.versleutel(b"nummer", stelsel, bytes);
            inhoud[0] = VINGERAFDRUK;
            inhoud[1..].copy_from_slice(&geheel[..KORT]);
            versleuteld = Some(format!("{}{}", self.prefix, BASE64URL_NOPAD.encode(&geheel)));
        }
        let tekst = self.versleutel(b"pseudoniem", stelsel, &inhoud);
        Pseudoniem { tekst: format!("{}{}", self.prefix, BASE64URL_NOPAD.encode(&tekst)), versleuteld }
    }

    /// What the pseudonym holds, where this key made it for this kind of number.
    fn lees(&self, stelsel: Stelsel<'_>, tekst: &str) -> Option<[u8; KORT + 1]> {
        let rest = tekst.strip_prefix(&self.prefix).filter(|rest| rest.len() == LENGTE)?;
        let bytes = BASE64URL_NOPAD.decode(rest.as_bytes()).ok()?;
        self.ontsleutel(b"pseudoniem", stelsel, &bytes)?.try_into().ok()
    }
}

#[derive(Deserialize)]
struct Geheim {
    id: String,
    sleutel: String,
}

#[derive(Deserialize)]
struct Geheimen {
    #[serde(flatten)]
    actueel: Geheim,
    #[serde(default)]
    eerdere: Vec<Geheim>,
}

/// Makes pseudonyms, and turns them back.
pub struct Pseudonimiseerder {
    actueel: Sleutel,
    eerdere: Vec<Sleutel>,
}

/// Shows the ids of the keys and nothing of the keys.
impl fmt::Debug for Pseudonimiseerder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.sleutels().map(|sleutel| &sleutel.prefix)).finish()
    }
}

impl Pseudonimiseerder {
    /// Takes the text of the secret: `{"id": "1", "sleutel": "..."}`, and under `eerdere` optionally a list of such
    /// objects, earlier keys whose pseudonyms are still recognised and turned back. New ones are made with the first.
    ///
    /// # Errors
    /// See [`SleutelFout`].
    pub fn van_geheim(geheim: &str) -> Result<Self, SleutelFout> {
        let Geheimen { actueel, eerdere } = serde_json::from_str(geheim).map_err(|_| SleutelFout::Vorm)?;
        let actueel = Sleutel::new(actueel)?;
        let eerdere = eerdere.into_iter().map(Sleutel::new).collect::<Result<Vec<_>, _>>()?;
        let geheel = Self { actueel, eerdere };
        let mut ids: Vec<_> = geheel.sleutels().map(|sleutel| &sleutel.prefix).collect();
        ids.sort();
        if ids.windows(2).any(|paar| paar[0] == paar[1]) {
            return Err(SleutelFout::Dubbel);
        }
        Ok(geheel)
    }

    fn sleutels(&self) -> impl Iterator<Item = &Sleutel> {
        std::iter::once(&self.actueel).chain(&self.eerdere)
    }

    pub(crate) fn pseudoniem(&self, stelsel: Stelsel<'_>, nummer: &str) -> Pseudoniem {
        if self.is_pseudoniem(stelsel, nummer) {
            return Pseudoniem { tekst: nummer.to_owned(), versleuteld: None };
        }
        self.actueel.pseudoniem(stelsel, nummer)
    }

    /// The pseudonym of a number of this kind, which is the `objectSleutel` of the rows of that person. What is one
    /// already stays what it is.
    pub fn object_sleutel(&self, stelsel: Stelsel<'_>, nummer: &str) -> String {
        self.pseudoniem(stelsel, nummer).tekst
    }

    /// Every pseudonym that this number may have among what was kept: one of each key, that of the newest first.
    pub fn object_sleutels(&self, stelsel: Stelsel<'_>, nummer: &str) -> Vec<String> {
        if self.is_pseudoniem(stelsel, nummer) {
            return vec![nummer.to_owned()];
        }
        self.sleutels().map(|sleutel| sleutel.pseudoniem(stelsel, nummer).tekst).collect()
    }

    /// Whether this is a pseudonym for this kind of number, made with one of the keys. A number that only looks like
    /// one is none.
    pub fn is_pseudoniem(&self, stelsel: Stelsel<'_>, tekst: &str) -> bool {
        self.sleutels().any(|sleutel| sleutel.lees(stelsel, tekst).is_some())
    }

    /// Turns a pseudonym back into the number. `versleuteld` is what [`Opgeslagen::versleuteld`](crate::opgeslagen::Opgeslagen::versleuteld) has for it; a short
    /// number, and so a BSN, needs it not.
    ///
    /// # Errors
    /// See [`OnthulFout`].
    pub fn onthul(&self, stelsel: Stelsel<'_>, tekst: &str, versleuteld: Option<&str>) -> Result<String, OnthulFout> {
        let (sleutel, inhoud) = self
            .sleutels()
            .find_map(|sleutel| Some((sleutel, sleutel.lees(stelsel, tekst)?)))
            .ok_or(OnthulFout::Onbekend)?;
        let nummer = match inhoud[0] {
            VINGERAFDRUK => versleuteld
                .and_then(|tekst| BASE64URL_NOPAD.decode(tekst.strip_prefix(&sleutel.prefix)?.as_bytes()).ok())
                .filter(|bytes| bytes.starts_with(&inhoud[1..]))
                .and_then(|bytes| sleutel.ontsleutel(b"nummer", stelsel, &bytes))
                .ok_or(OnthulFout::ZonderNummer)?,
            lengte => inhoud[1..].get(..usize::from(lengte)).ok_or(OnthulFout::Onbekend)?.to_vec(),
        };
        String::from_utf8(nummer).map_err(|_| OnthulFout::Onbekend)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const BSN: Stelsel<'_> = Stelsel { objecttype: "persoon", soort: "BSN" };
    const SLEUTEL: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
    const ANDER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    fn sleutels(id: &str, sleutel: &str) -> Pseudonimiseerder {
        Pseudonimiseerder::van_geheim(&json!({"id": id, "sleutel": sleutel}).to_string()).unwrap()
    }

    #[test]
    fn r09_a_bsn_has_a_pseudonym_of_its_own_that_fits_the_specification() {
        let sleutels = sleutels("1", SLEUTEL);
        let pseudoniem = sleutels.object_sleutel(BSN, "999990019");
        assert!(pseudoniem.starts_with("k1."));
        assert_eq!(pseudoniem.len(), 39);
        assert_eq!(sleutels.onthul(BSN, &pseudoniem, None).unwrap(), "999990019");
        assert_ne!(pseudoniem, sleutels.object_sleutel(BSN, "999990020"));
    }

    /// What lies in a table must stay findable: neither the derivation of the key nor the format may ever change. The
    /// values were computed with OpenSSL (HKDF, AES-256-SIV), by way of Python's `cryptography`.
    #[test]
    fn r09_a_pseudonym_stays_the_same_over_the_years() {
        let sleutels = sleutels("1", SLEUTEL);
        assert_eq!(sleutels.object_sleutel(BSN, "999990019"), "k1.NKJL2R6DcET6dNmAqs_Oee7i2tOF-EPMPUI3");
        assert_eq!(sleutels.object_sleutel(BSN, "00000001821002193000"), "k1.OwMJ4NYBDD2JhCAXwwXnJHP9K7WeI8sLC765");
    }

    #[test]
    fn r09_a_pseudonym_depends_on_key_and_kind() {
        let ander = Stelsel { soort: "A-nummer", ..BSN };
        let verschillend = [
            sleutels("1", SLEUTEL).object_sleutel(BSN, "999990019"),
            sleutels("1", ANDER).object_sleutel(BSN, "999990019"),
            sleutels("2", SLEUTEL).object_sleutel(BSN, "999990019"),
            sleutels("1", SLEUTEL).object_sleutel(ander, "999990019"),
            sleutels("1", SLEUTEL).object_sleutel(Stelsel::AFNEMER, "999990019"),
        ];
        let uniek: std::collections::BTreeSet<_> = verschillend.iter().map(|tekst| &tekst[3..]).collect();
        assert_eq!(uniek.len(), verschillend.len());
        assert!(!sleutels("1", SLEUTEL).is_pseudoniem(ander, &verschillend[0]));
        assert!(!sleutels("1", ANDER).is_pseudoniem(BSN, &verschillend[0]));
    }

    #[test]
    fn r09_what_only_looks_like_a_pseudonym_is_encrypted() {
        let sleutels = sleutels("1", SLEUTEL);
        let nep = format!("k1.{}", "A".repeat(LENGTE));
        assert!(!sleutels.is_pseudoniem(BSN, &nep));
        assert_ne!(sleutels.object_sleutel(BSN, &nep), nep);
        assert_eq!(sleutels.onthul(BSN, &nep, None), Err(OnthulFout::Onbekend));
    }

    #[test]
    fn r09_a_second_key_follows_the_first() {
        let oud = sleutels("1", SLEUTEL).object_sleutel(BSN, "999990019");
        let geheim = json!({"id": "2", "sleutel": ANDER, "eerdere": [{"id": "1", "sleutel": SLEUTEL}]}).to_string();
        let beide = Pseudonimiseerder::van_geheim(&geheim).unwrap();
        assert_eq!(beide.object_sleutel(BSN, &oud), oud);
        assert_eq!(beide.onthul(BSN, &oud, None).unwrap(), "999990019");
        let nieuw = beide.object_sleutel(BSN, "999990019");
        assert!(nieuw.starts_with("k2."));
        assert_eq!(beide.object_sleutels(BSN, "999990019"), [nieuw.as_str(), oud.as_str()]);
        assert_eq!(beide.object_sleutels(BSN, &oud), [oud]);
    }

    #[test]
    fn r09_a_secret_that_is_none_is_refused_without_repeating_it() {
        for (geheim, fout) in [
            ("", SleutelFout::Vorm),
            (r#"{"id":"1"}"#, SleutelFout::Vorm),
            (r#"{"id":"","sleutel":"abcdefghijklmnopqrstuvwxyz0123456789"}"#, SleutelFout::Id),
            (r#"{"id":"1.","sleutel":"abcdefghijklmnopqrstuvwxyz0123456789"}"#, SleutelFout::Id),
            (r#"{"id":"123","sleutel":"abcdefghijklmnopqrstuvwxyz0123456789"}"#, SleutelFout::Id),
            (r#"{"id":"1","sleutel":"geheim"}"#, SleutelFout::Kort),
            (
                r#"{"id":"1","sleutel":"abcdefghijklmnopqrstuvwxyz0123456789","eerdere":[{"id":"1","sleutel":"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"}]}"#,
                SleutelFout::Dubbel,
            ),
        ] {
            assert_eq!(Pseudonimiseerder::van_geheim(geheim).map(drop), Err(fout), "{geheim}");
        }
        assert_eq!(format!("{:?}", sleutels("1", SLEUTEL)), r#"["k1."]"#);
    }

    proptest! {
        #[test]
        fn r09_every_number_has_one_pseudonym_and_comes_back_from_it(soort in "\\PC{0,20}", nummer in "\\PC{0,40}|[0-9]{9}") {
            let sleutels = sleutels("1", SLEUTEL);
            let stelsel = Stelsel { soort: &soort, ..BSN };
            let pseudoniem = sleutels.pseudoniem(stelsel, &nummer);
            prop_assert_eq!(pseudoniem.tekst.len(), 39);
            prop_assert_eq!(sleutels.object_sleutel(stelsel, &nummer), pseudoniem.tekst.clone());
            prop_assert_eq!(sleutels.object_sleutel(stelsel, &pseudoniem.tekst), pseudoniem.tekst.clone());
            prop_assert_eq!(pseudoniem.versleuteld.is_some(), nummer.len() > KORT);
            let terug = sleutels.onthul(stelsel, &pseudoniem.tekst, pseudoniem.versleuteld.as_deref());
            prop_assert_eq!(terug, Ok(nummer));
        }

        #[test]
        fn r09_any_text_can_be_asked_to_be_a_pseudonym(tekst in "\\PC*|k1\\.[A-Za-z0-9_-]{30,40}") {
            prop_assert!(!sleutels("1", SLEUTEL).is_pseudoniem(BSN, &tekst));
        }
    }
}
