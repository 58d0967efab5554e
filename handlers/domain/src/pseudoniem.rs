//! Pseudonyms (R09): what the log keeps in the place of a person's number.
//!
//! A pseudonym is `k<id>.<36 characters>`: the id of the key, and in base64url the 27 bytes that AES-SIV (RFC 5297) makes
//! of 11: a synthetic IV of 16, which is also the proof that the key made it, and 11 encrypted ones. That is as much as
//! fits in the 40 characters that the specification gives an `objectId`. So a number of up to 10 bytes (a BSN has 9, an
//! A-nummer 10) stands in its pseudonym, encrypted. A longer one does not fit; its pseudonym holds a keyed fingerprint
//! of 10 bytes, and the number itself is encrypted beside the actie (see [`crate::stored`]).
//!
//! The same number of the same kind always has the same pseudonym, so it can be looked up; that is what deterministic
//! encryption gives away, and all that it does. What kind of number it is (objecttype and soortObjectId) is associated
//! data: equal numbers of different kinds have pseudonyms that nobody can relate without the key.

use std::fmt;

use aes_siv::KeyInit;
use aes_siv::siv::Aes256Siv;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use hkdf::Hkdf;
use serde::Deserialize;
use sha2::Sha512;

use crate::verwerkingsactie::ObjectContent;

/// Bytes of a number that fit in its pseudonym.
const SHORT: usize = 10;
/// In the place of the length: what follows is a fingerprint.
const FINGERPRINT: u8 = 0xff;
/// Characters of a pseudonym after its key id.
const LENGTH: usize = 36;

/// A secret that holds no usable keys. Says nothing of what it does hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not JSON of the expected form.
    #[error(r#"the pseudonym secret must be JSON like {{"id": "1", "sleutel": "..."}}"#)]
    Shape,
    /// An id of another shape.
    #[error("a key id must be one or two ASCII letters or digits")]
    Id,
    /// Two keys with one id.
    #[error("two keys have the same id")]
    Duplicate,
    /// A key that could be guessed.
    #[error("a key must have at least 32 characters, chosen at random")]
    Short,
}

/// A pseudonym that cannot be turned back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RevealError {
    /// No key that is there made it, for this kind of number.
    #[error("not a pseudonym of this kind made with one of these keys")]
    Unknown,
    /// A fingerprint, and what was encrypted beside it is missing or belongs to another.
    #[error("the encrypted number that belongs to this pseudonym is missing")]
    WithoutNumber,
}

/// What kind of number it is; part of what a pseudonym is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberKind<'a> {
    /// `objecttype`, or [`NumberKind::AFNEMER`]'s.
    pub objecttype: &'a str,
    /// `soortObjectId` as the client wrote it.
    pub soort: &'a str,
}

impl NumberKind<'static> {
    /// A BSN as `afnemerId`. Not the kind of an object: who received data is not found by way of an actie about others.
    pub const AFNEMER: Self = Self { objecttype: "afnemer", soort: "BSN" };
}

impl<'a> From<&'a ObjectContent> for NumberKind<'a> {
    fn from(object: &'a ObjectContent) -> Self {
        Self { objecttype: object.objecttype.text(), soort: &object.soort_object_id }
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
    pub(crate) text: String,
    pub(crate) versleuteld: Option<String>,
}

struct Key {
    prefix: String,
    key: [u8; 64],
}

impl Key {
    /// HKDF (RFC 5869) with SHA-512 turns the secret's text, of any length and alphabet, into the 64 uniform bytes that
    /// AES-256-SIV takes. The id is part of it, so that one text under two ids is two keys.
    fn new(secret: Secret) -> Result<Self, KeyError> {
        let Secret { id, key: text } = secret;
        if !(1..=2).contains(&id.len()) || !id.bytes().all(|c| c.is_ascii_alphanumeric()) {
            return Err(KeyError::Id);
        }
        if text.chars().count() < 32 {
            return Err(KeyError::Short);
        }
        let mut key = [0; 64];
        Hkdf::<Sha512>::new(None, text.as_bytes())
            .expand_multi_info(&[b"verwerkingenlog pseudoniem ", id.as_bytes()], &mut key)
            .expect("64 bytes are less than 255 times the 64 of SHA-512");
        Ok(Self { prefix: format!("k{id}."), key })
    }

    fn encrypt(&self, purpose: &[u8], kind: NumberKind<'_>, content: &[u8]) -> Vec<u8> {
        Aes256Siv::new(&self.key.into())
            .encrypt([purpose, kind.objecttype.as_bytes(), kind.soort.as_bytes()], content)
            .expect("three associated data are fewer than the 126 that AES-SIV takes")
    }

    fn decrypt(&self, purpose: &[u8], kind: NumberKind<'_>, bytes: &[u8]) -> Option<Vec<u8>> {
        Aes256Siv::new(&self.key.into())
            .decrypt([purpose, kind.objecttype.as_bytes(), kind.soort.as_bytes()], bytes)
            .ok()
    }

    fn pseudoniem(&self, kind: NumberKind<'_>, number: &str) -> Pseudoniem {
        let bytes = number.as_bytes();
        let mut content = [0; SHORT + 1];
        let mut versleuteld = None;
        if bytes.len() <= SHORT {
            // At most 10, so it is never taken for the mark of a fingerprint.
            content[0] = u8::try_from(bytes.len()).unwrap_or(FINGERPRINT);
            content[1..=bytes.len()].copy_from_slice(bytes);
        } else {
            // The synthetic IV is a keyed hash of the number and of its kind.
            let whole = self.encrypt(b"nummer", kind, bytes);
            content[0] = FINGERPRINT;
            content[1..].copy_from_slice(&whole[..SHORT]);
            versleuteld = Some(format!("{}{}", self.prefix, BASE64URL_NOPAD.encode(&whole)));
        }
        let text = self.encrypt(b"pseudoniem", kind, &content);
        Pseudoniem { text: format!("{}{}", self.prefix, BASE64URL_NOPAD.encode(&text)), versleuteld }
    }

    /// What the pseudonym holds, where this key made it for this kind of number.
    fn parse(&self, kind: NumberKind<'_>, text: &str) -> Option<[u8; SHORT + 1]> {
        let rest = text.strip_prefix(&self.prefix).filter(|rest| rest.len() == LENGTH)?;
        let bytes = BASE64URL_NOPAD.decode(rest.as_bytes()).ok()?;
        self.decrypt(b"pseudoniem", kind, &bytes)?.try_into().ok()
    }
}

#[derive(Deserialize)]
struct Secret {
    id: String,
    #[serde(rename = "sleutel")]
    key: String,
}

#[derive(Deserialize)]
struct Secrets {
    #[serde(flatten)]
    current: Secret,
    #[serde(default, rename = "eerdere")]
    earlier: Vec<Secret>,
}

/// Makes pseudonyms, and turns them back.
pub struct Pseudonymizer {
    current: Key,
    earlier: Vec<Key>,
}

/// Shows the ids of the keys and nothing of the keys.
impl fmt::Debug for Pseudonymizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys().map(|key| &key.prefix)).finish()
    }
}

impl Pseudonymizer {
    /// Takes the text of the secret: `{"id": "1", "sleutel": "..."}`, and under `eerdere` optionally a list of such
    /// objects, earlier keys whose pseudonyms are still recognised and turned back. New ones are made with the first.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn from_secret(secret: &str) -> Result<Self, KeyError> {
        let Secrets { current, earlier } = serde_json::from_str(secret).map_err(|_| KeyError::Shape)?;
        let current = Key::new(current)?;
        let earlier = earlier.into_iter().map(Key::new).collect::<Result<Vec<_>, _>>()?;
        let whole = Self { current, earlier };
        let mut ids: Vec<_> = whole.keys().map(|key| &key.prefix).collect();
        ids.sort();
        if ids.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(KeyError::Duplicate);
        }
        Ok(whole)
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.earlier)
    }

    pub(crate) fn pseudoniem(&self, kind: NumberKind<'_>, number: &str) -> Pseudoniem {
        if self.is_pseudoniem(kind, number) {
            return Pseudoniem { text: number.to_owned(), versleuteld: None };
        }
        self.current.pseudoniem(kind, number)
    }

    /// The pseudonym of a number of this kind, which is the `objectSleutel` of the rows of that person. What is one
    /// already stays what it is.
    pub fn object_sleutel(&self, kind: NumberKind<'_>, number: &str) -> String {
        self.pseudoniem(kind, number).text
    }

    /// Every pseudonym that this number may have among what was kept: one of each key, that of the newest first.
    pub fn object_sleutels(&self, kind: NumberKind<'_>, number: &str) -> Vec<String> {
        if self.is_pseudoniem(kind, number) {
            return vec![number.to_owned()];
        }
        self.keys().map(|key| key.pseudoniem(kind, number).text).collect()
    }

    /// A keyed hash, in 32 hexadecimal digits, of a text that somebody made up, such as an `Idempotency-Key`: it might
    /// hold a number (R09). That of another owner is another. It changes with the key.
    pub fn fingerprint(&self, owner: &str, text: &str) -> String {
        let kind = NumberKind { objecttype: "", soort: owner };
        // The synthetic IV of AES-SIV is a keyed hash of the text and of what is associated with it.
        HEXLOWER.encode(&self.current.encrypt(b"kenmerk", kind, text.as_bytes())[..16])
    }

    /// 64 hexadecimal digits that nobody without the key can tell from random ones: always the same for a text and an
    /// owner, and others for every other.
    pub fn masker(&self, owner: &str, text: &str) -> String {
        let half = |nth: &str| {
            let kind = NumberKind { objecttype: nth, soort: owner };
            HEXLOWER.encode(&self.current.encrypt(b"masker", kind, text.as_bytes())[..16])
        };
        half("1") + &half("2")
    }

    /// Whether this is a pseudonym for this kind of number, made with one of the keys. A number that only looks like
    /// one is none.
    pub fn is_pseudoniem(&self, kind: NumberKind<'_>, text: &str) -> bool {
        self.keys().any(|key| key.parse(kind, text).is_some())
    }

    /// Turns a pseudonym back into the number. `versleuteld` is what [`crate::stored::Stored::versleuteld`] has for it; a
    /// short number, and so a BSN, needs it not.
    ///
    /// # Errors
    /// See [`RevealError`].
    pub fn reveal(&self, kind: NumberKind<'_>, text: &str, versleuteld: Option<&str>) -> Result<String, RevealError> {
        let (key, content) =
            self.keys().find_map(|key| Some((key, key.parse(kind, text)?))).ok_or(RevealError::Unknown)?;
        let number = match content[0] {
            FINGERPRINT => versleuteld
                .and_then(|text| BASE64URL_NOPAD.decode(text.strip_prefix(&key.prefix)?.as_bytes()).ok())
                .filter(|bytes| bytes.starts_with(&content[1..]))
                .and_then(|bytes| key.decrypt(b"nummer", kind, &bytes))
                .ok_or(RevealError::WithoutNumber)?,
            length => content[1..].get(..usize::from(length)).ok_or(RevealError::Unknown)?.to_vec(),
        };
        String::from_utf8(number).map_err(|_| RevealError::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const BSN: NumberKind<'_> = NumberKind { objecttype: "persoon", soort: "BSN" };
    const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
    const OTHER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    fn keys(id: &str, key: &str) -> Pseudonymizer {
        Pseudonymizer::from_secret(&json!({"id": id, "sleutel": key}).to_string()).unwrap()
    }

    #[test]
    fn r09_a_bsn_has_a_pseudonym_of_its_own_that_fits_the_specification() {
        let keys = keys("1", KEY);
        let pseudoniem = keys.object_sleutel(BSN, "999990019");
        assert!(pseudoniem.starts_with("k1."));
        assert_eq!(pseudoniem.len(), 39);
        assert_eq!(keys.reveal(BSN, &pseudoniem, None).unwrap(), "999990019");
        assert_ne!(pseudoniem, keys.object_sleutel(BSN, "999990020"));
    }

    /// What lies in a table must stay findable: neither the derivation of the key nor the format may ever change. The
    /// values were computed with OpenSSL (HKDF, AES-256-SIV), by way of Python's `cryptography`.
    #[test]
    fn r09_a_pseudonym_stays_the_same_over_the_years() {
        let keys = keys("1", KEY);
        assert_eq!(keys.object_sleutel(BSN, "999990019"), "k1.NKJL2R6DcET6dNmAqs_Oee7i2tOF-EPMPUI3");
        assert_eq!(keys.object_sleutel(BSN, "00000001821002193000"), "k1.OwMJ4NYBDD2JhCAXwwXnJHP9K7WeI8sLC765");
    }

    #[test]
    fn r09_a_fingerprint_depends_on_key_and_owner_and_does_not_hold_the_text() {
        let keys = keys("1", KEY);
        let fingerprint = keys.fingerprint("zaaksysteem", "999990019");
        assert_eq!(fingerprint, keys.fingerprint("zaaksysteem", "999990019"));
        assert_eq!(fingerprint.len(), 32);
        let others = [
            keys.fingerprint("zaaksysteem", "999990018"),
            keys.fingerprint("zaaksysteem9", "99990019"),
            super::tests::keys("1", OTHER).fingerprint("zaaksysteem", "999990019"),
        ];
        assert!(!others.contains(&fingerprint));
    }

    #[test]
    fn r09_a_pseudonym_depends_on_key_and_kind() {
        let other = NumberKind { soort: "A-nummer", ..BSN };
        let different = [
            keys("1", KEY).object_sleutel(BSN, "999990019"),
            keys("1", OTHER).object_sleutel(BSN, "999990019"),
            keys("2", KEY).object_sleutel(BSN, "999990019"),
            keys("1", KEY).object_sleutel(other, "999990019"),
            keys("1", KEY).object_sleutel(NumberKind::AFNEMER, "999990019"),
        ];
        let unique: std::collections::BTreeSet<_> = different.iter().map(|text| &text[3..]).collect();
        assert_eq!(unique.len(), different.len());
        assert!(!keys("1", KEY).is_pseudoniem(other, &different[0]));
        assert!(!keys("1", OTHER).is_pseudoniem(BSN, &different[0]));
    }

    #[test]
    fn r09_what_only_looks_like_a_pseudonym_is_encrypted() {
        let keys = keys("1", KEY);
        let fake = format!("k1.{}", "A".repeat(LENGTH));
        assert!(!keys.is_pseudoniem(BSN, &fake));
        assert_ne!(keys.object_sleutel(BSN, &fake), fake);
        assert_eq!(keys.reveal(BSN, &fake, None), Err(RevealError::Unknown));
    }

    #[test]
    fn r09_a_second_key_follows_the_first() {
        let old = keys("1", KEY).object_sleutel(BSN, "999990019");
        let secret = json!({"id": "2", "sleutel": OTHER, "eerdere": [{"id": "1", "sleutel": KEY}]}).to_string();
        let both = Pseudonymizer::from_secret(&secret).unwrap();
        assert_eq!(both.object_sleutel(BSN, &old), old);
        assert_eq!(both.reveal(BSN, &old, None).unwrap(), "999990019");
        let new = both.object_sleutel(BSN, "999990019");
        assert!(new.starts_with("k2."));
        assert_eq!(both.object_sleutels(BSN, "999990019"), [new.as_str(), old.as_str()]);
        assert_eq!(both.object_sleutels(BSN, &old), [old]);
    }

    #[test]
    fn r09_a_secret_that_is_none_is_refused_without_repeating_it() {
        for (secret, fout) in [
            ("", KeyError::Shape),
            (r#"{"id":"1"}"#, KeyError::Shape),
            (r#"{"id":"","sleutel":"abcdefghijklmnopqrstuvwxyz0123456789"}"#, KeyError::Id),
            (r#"{"id":"1.","sleutel":"abcdefghijklmnopqrstuvwxyz0123456789"}"#, KeyError::Id),
            (r#"{"id":"123","sleutel":"abcdefghijklmnopqrstuvwxyz0123456789"}"#, KeyError::Id),
            (r#"{"id":"1","sleutel":"geheim"}"#, KeyError::Short),
            (
                r#"{"id":"1","sleutel":"abcdefghijklmnopqrstuvwxyz0123456789","eerdere":[{"id":"1","sleutel":"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"}]}"#,
                KeyError::Duplicate,
            ),
        ] {
            assert_eq!(Pseudonymizer::from_secret(secret).map(drop), Err(fout), "{secret}");
        }
        assert_eq!(format!("{:?}", keys("1", KEY)), r#"["k1."]"#);
    }

    proptest! {
        #[test]
        fn r09_every_number_has_one_pseudonym_and_comes_back_from_it(soort in "\\PC{0,20}", number in "\\PC{0,40}|[0-9]{9}") {
            let keys = keys("1", KEY);
            let kind = NumberKind { soort: &soort, ..BSN };
            let pseudoniem = keys.pseudoniem(kind, &number);
            prop_assert_eq!(pseudoniem.text.len(), 39);
            prop_assert_eq!(keys.object_sleutel(kind, &number), pseudoniem.text.clone());
            prop_assert_eq!(keys.object_sleutel(kind, &pseudoniem.text), pseudoniem.text.clone());
            prop_assert_eq!(pseudoniem.versleuteld.is_some(), number.len() > SHORT);
            let back = keys.reveal(kind, &pseudoniem.text, pseudoniem.versleuteld.as_deref());
            prop_assert_eq!(back, Ok(number));
        }

        #[test]
        fn r09_any_text_can_be_asked_to_be_a_pseudonym(text in "\\PC*|k1\\.[A-Za-z0-9_-]{30,40}") {
            prop_assert!(!keys("1", KEY).is_pseudoniem(BSN, &text));
        }
    }
}
