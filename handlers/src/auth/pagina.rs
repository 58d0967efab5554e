//! Where a page of a list begins, so that a client can ask for it and cannot read it (R44): the row before it may be one that
//! the client must not know of, since DynamoDB filters after it has read.
//!
//! A mapping template writes `pagina`, and cannot encrypt. So it is given, with every request, digits that hide the begin of
//! the next page when they are added to its own: a one-time pad, made of a random text that stands in `pagina` too.

use contract::authorizer::{MASKER_CIJFERS, MASKER_KENMERK};
use domain::pseudoniem::Pseudonymizer;
use domain::tijd::instant_key;
use jiff::Timestamp;

/// Digits of a `tijdstipSleutel` that belong to its instant.
const OF_INSTANT: usize = 23;

/// What hides the begin of the next page, for whoever asks about this object.
///
/// # Errors
/// The operating system has no random numbers.
pub(super) fn masker(pseudonyms: &Pseudonymizer, object_sleutel: &str) -> Result<String, getrandom::Error> {
    Ok(with_kenmerk(pseudonyms, object_sleutel, &format!("{:016x}", getrandom::u64()?)))
}

fn with_kenmerk(pseudonyms: &Pseudonymizer, object_sleutel: &str, kenmerk: &str) -> String {
    let digits = pseudonyms.masker(object_sleutel, kenmerk);
    format!("{kenmerk}{}", &digits[..MASKER_CIJFERS])
}

/// The `tijdstipSleutel` after which this page begins; none where it is no page of this object's list.
pub(super) fn begin(pseudonyms: &Pseudonymizer, object_sleutel: &str, pagina: &str) -> Option<String> {
    let is_digit = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    if pagina.len() != MASKER_KENMERK + MASKER_CIJFERS || !pagina.bytes().all(is_digit) {
        return None;
    }
    let (kenmerk, hidden) = pagina.split_at(MASKER_KENMERK);
    let masker = with_kenmerk(pseudonyms, object_sleutel, kenmerk);
    let value = |c: char| c.to_digit(16).unwrap_or_default();
    let digits = hidden.chars().zip(masker.chars().skip(MASKER_KENMERK));
    let digits = digits.filter_map(|(hidden, mask)| char::from_digit((value(hidden) + 16 - value(mask)) % 16, 16));
    let digits: String = digits.collect();

    let (instant, actie_id) = digits.split_at(OF_INSTANT);
    let split = |text: &str, lengths: &[usize]| {
        let mut rest = text;
        let parts = lengths.iter().map(|length| {
            let (part, others) = rest.split_at(*length);
            rest = others;
            part.to_owned()
        });
        parts.collect::<Vec<_>>()
    };
    let parts = split(instant, &[4, 2, 2, 2, 2, 2, 9]);
    let [year, month, day, hour, minute, second, nano] = parts.as_slice() else { return None };
    let instant = format!("{year}-{month}-{day}T{hour}:{minute}:{second}.{nano}Z");
    // Of digits that were made up, nearly none are an instant.
    let exists = instant.parse::<Timestamp>().is_ok_and(|parsed| instant_key(parsed) == instant);
    exists.then(|| format!("{instant}#{}", split(actie_id, &[8, 4, 4, 4, 12]).join("-")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const SLEUTEL: &str = "2024-02-29T09:00:01.123456789Z#0f1d2c3b-4a59-4687-8a96-b5c4d3e2f101";

    fn keys(sleutel: &str) -> Pseudonymizer {
        Pseudonymizer::from_secret(&format!(r#"{{"id":"1","sleutel":"{sleutel}"}}"#)).unwrap()
    }

    fn key() -> Pseudonymizer {
        keys("abcdefghijklmnopqrstuvwxyz0123456789")
    }

    /// What the mapping template does.
    fn pagina(masker: &str, sleutel: &str) -> String {
        let digits = sleutel.chars().filter(|c| c.is_ascii_digit() || ('a'..='f').contains(c));
        let (kenmerk, mask) = masker.split_at(MASKER_KENMERK);
        let sum = |(a, b): (char, char)| (a.to_digit(16).unwrap() + b.to_digit(16).unwrap()) % 16;
        let hidden = digits.zip(mask.chars()).map(|pair| char::from_digit(sum(pair), 16).unwrap());
        format!("{kenmerk}{}", hidden.collect::<String>())
    }

    #[test]
    fn r44_a_page_begins_where_the_one_before_it_ended() {
        let masker = masker(&key(), "k1.een").unwrap();
        assert_eq!(masker.len(), MASKER_KENMERK + MASKER_CIJFERS);
        assert_eq!(begin(&key(), "k1.een", &pagina(&masker, SLEUTEL)).as_deref(), Some(SLEUTEL));
    }

    #[test]
    fn r44_a_page_shows_nothing_of_where_it_begins() {
        // Each time another text, in which no digit of the key stands in its place more often than by chance.
        let pages: BTreeSet<_> = (0..200).map(|_| pagina(&masker(&key(), "k1.een").unwrap(), SLEUTEL)).collect();
        assert_eq!(pages.len(), 200);
        let own = pagina(&"0".repeat(MASKER_KENMERK + MASKER_CIJFERS), SLEUTEL);
        for place in 0..MASKER_KENMERK + MASKER_CIJFERS {
            let same = pages.iter().filter(|page| page.as_bytes()[place] == own.as_bytes()[place]).count();
            assert!(same < 60, "{same} of 200 at {place}");
        }
    }

    #[test]
    fn r44_what_is_no_page_of_this_list_begins_nowhere() {
        let good = pagina(&with_kenmerk(&key(), "k1.een", "00112233445566ff"), SLEUTEL);
        assert!(begin(&key(), "k1.een", &good).is_some());
        assert_eq!(begin(&key(), "k1.ander", &good), None, "another person's");
        assert_eq!(begin(&keys("een andere sleutel van 32 tekens of meer"), "k1.een", &good), None);
        for wrong in [
            "",
            "2",
            &good[1..],
            &format!("{good}0"),
            &good.to_uppercase(),
            &good.replacen('0', "é", 1),
            &good.replacen('0', "g", 1),
        ] {
            assert_eq!(begin(&key(), "k1.een", wrong), None, "{wrong}");
        }
        let kenmerk = good.replacen('0', "1", 1);
        assert_eq!(begin(&key(), "k1.een", &kenmerk), None);
    }
}
