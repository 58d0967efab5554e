//! Putting text from files into messages.

use std::borrow::Cow;

/// How much of a value from a file a message repeats, in characters.
const MAX_QUOTED: usize = 60;

/// Text that a terminal shows and never obeys: control characters and those that turn the direction of writing
/// become visible stand-ins.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if text.chars().all(|character| stand_in(character).is_none()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|character| stand_in(character).unwrap_or(character)).collect())
}

/// The visible stand-in for a character that a terminal would act upon.
///
/// It has as many bytes as the character or more of them; equally many for the C1 controls.
pub(super) fn stand_in(character: char) -> Option<char> {
    match character {
        '\0'..='\u{1F}' => char::from_u32(0x2400 + u32::from(character)),
        '\u{7F}' => Some('\u{2421}'),
        '\u{80}'..='\u{9F}' => Some('\u{B7}'),
        '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' => {
            Some(char::REPLACEMENT_CHARACTER)
        }
        _ => None,
    }
}

/// A value from a file within a message: between backticks, shortened where it is long.
pub fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(MAX_QUOTED).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("`{}`", harmless(&shown))
}

/// The candidate that somebody who wrote `given` most probably meant, if one is near enough.
pub fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Comparing takes time in proportion to both lengths, and nobody misspells a word into a page.
    if given.len() > 4 * MAX_QUOTED {
        return None;
    }
    let lower = given.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().max(3) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A list for a sentence: `` `a`, `b` or `c` ``.
pub fn one_of<'a>(choices: impl IntoIterator<Item = &'a str>) -> String {
    let mut shown: Vec<String> = choices.into_iter().map(quoted).collect();
    match shown.pop() {
        None => "nothing".to_owned(),
        Some(last) if shown.is_empty() => last,
        Some(last) => format!("{} or {last}", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_escape_reaches_a_terminal() {
        assert_eq!(harmless("a\u{1b}[31mb\u{9b}c\u{202e}d\r\n"), "a␛[31mb·c\u{FFFD}d␍␊");
        assert!(matches!(harmless("geïdentificeerd"), Cow::Borrowed(_)));
    }

    #[test]
    fn long_values_are_shortened() {
        assert_eq!(quoted("abc"), "`abc`");
        assert_eq!(quoted(&"é".repeat(61)), format!("`{}…`", "é".repeat(60)));
    }

    #[test]
    fn the_nearest_is_found() {
        let keys = ["required", "requestBody", "responses", "in"];
        assert_eq!(nearest("requierd", keys), Some("required"));
        assert_eq!(nearest("RequestBody", keys), Some("requestBody"));
        assert_eq!(nearest("respones", keys), Some("responses"));
        assert_eq!(nearest("xyz", keys), None);
        assert_eq!(nearest(&"required".repeat(1000), keys), None);
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(one_of(["a"]), "`a`");
        assert_eq!(one_of(["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
