//! Looking for bytes, eight at a time.
//!
//! Strings and the texts between references are short: this has no set-up, which costs library searches most of their
//! time on such. A byte that is found is marked by its highest bit; of several marks only the lowest is to be relied
//! on, because subtracting borrows from the bytes above.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Marks the bytes below a limit, which is at most 128.
fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(ONES * u64::from(limit)) & !word & HIGHS
}

fn any_of<const N: usize>(word: u64, wanted: [u8; N]) -> u64 {
    wanted.iter().fold(0, |marks, byte| marks | below(word ^ (ONES * u64::from(*byte)), 1))
}

/// Where the first marked byte is, from a place on; the text's length where none is.
#[inline(always)]
fn first(text: &[u8], from: usize, marks: impl Fn(u64) -> u64) -> usize {
    let mut at = from;
    while let Some(word) = word(text, at) {
        let found = marks(word);
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = text.get(at..).unwrap_or_default();
    at + (marks(short(rest)).trailing_zeros() as usize / 8).min(rest.len())
}

/// Fewer than eight bytes as a word, with zeros behind them.
#[inline]
pub(crate) fn short(bytes: &[u8]) -> u64 {
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        // The two halves overlap, and where they do they are alike.
        (Some(begin), Some(end)) => {
            let shift = 8 * (bytes.len() - 4) as u32;
            u64::from(u32::from_le_bytes(*begin)) | u64::from(u32::from_le_bytes(*end)).wrapping_shl(shift)
        }
        _ => bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// The eight bytes at a place, where there are as many.
#[inline]
pub(crate) fn word(text: &[u8], at: usize) -> Option<u64> {
    let bytes = text.get(at..)?.first_chunk::<8>()?;
    Some(u64::from_le_bytes(*bytes))
}

/// How many bytes of a word stand before the first of some bytes; eight where it has none of them.
#[inline]
pub(crate) fn find_within<const N: usize>(word: u64, wanted: [u8; N]) -> usize {
    any_of(word, wanted).trailing_zeros() as usize / 8
}

/// Where one of some bytes first is, from a place on; the text's length where none is.
#[inline]
pub(crate) fn find<const N: usize>(text: &[u8], from: usize, wanted: [u8; N]) -> usize {
    first(text, from, |word| any_of(word, wanted))
}

/// As [`find`], or a control character.
#[inline]
pub(crate) fn find_or_control<const N: usize>(text: &[u8], from: usize, wanted: [u8; N]) -> usize {
    first(text, from, |word| any_of(word, wanted) | below(word, b' '))
}

/// Where all bytes are that are one of some ASCII characters, a control character or not ASCII.
#[inline]
pub(crate) fn strange<const N: usize>(text: &[u8], wanted: [u8; N]) -> impl Iterator<Item = usize> {
    let (mut next, mut marks) = (0, 0u64);
    std::iter::from_fn(move || {
        while marks == 0 {
            let rest = text.get(next..).filter(|rest| !rest.is_empty())?;
            // The zeros behind a short word would pass for control characters.
            marks = match word(text, next) {
                Some(word) => strange_within(word, wanted),
                None => strange_within(short(rest), wanted) & !(u64::MAX << (8 * rest.len())),
            };
            next += 8;
        }
        let at = next - 8 + marks.trailing_zeros() as usize / 8;
        marks &= marks - 1;
        Some(at)
    })
}

/// Exact marks: without their highest bits, bytes cannot carry into each other, and those that are wanted stay below
/// 128 where all others get there.
fn strange_within<const N: usize>(word: u64, wanted: [u8; N]) -> u64 {
    let low = word & !HIGHS;
    let not_control = low + ONES * u64::from(0x80 - b' ');
    let plain =
        wanted.iter().fold(not_control, |plain, byte| plain & ((low ^ (ONES * u64::from(*byte))) + ONES * 0x7f));
    (!plain | word) & HIGHS
}

#[cfg(test)]
mod tests {
    use super::{find, find_or_control, short, strange};

    #[test]
    fn a_short_word_has_its_bytes_in_order() {
        for len in 0..8 {
            let mut bytes = [0; 8];
            bytes[..len].copy_from_slice(&b"\x81\xf2cdefg"[..len]);
            assert_eq!(short(&bytes[..len]), u64::from_le_bytes(bytes));
        }
    }

    #[test]
    fn bytes_are_found_where_a_plain_search_finds_them() {
        let ascending: Vec<u8> = (0..=255).collect();
        let mixed: Vec<u8> = (0..=1024u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for text in [&ascending[..], &ascending[33..], &mixed, b"", b"abc", b"\xc3\xa9tude a\"b"] {
            for wanted in [[0, 1], [0x7f, 0x80], [b'"', b'\\'], [0xff, 0xfe], [b'a', b'a']] {
                for from in 0..=text.len() {
                    let plain = |is: &dyn Fn(u8) -> bool| {
                        text[from..].iter().position(|b| is(*b)).map_or(text.len(), |i| from + i)
                    };
                    assert_eq!(find(text, from, wanted), plain(&|b| wanted.contains(&b)));
                    let control = |b: u8| wanted.contains(&b) || b < b' ';
                    assert_eq!(find_or_control(text, from, wanted), plain(&control));
                }
            }
            let found: Vec<usize> = strange(text, [b'"', b'\\']).collect();
            let is_strange = |b: u8| !(b' '..0x80).contains(&b) || b == b'"' || b == b'\\';
            let expected: Vec<usize> = (0..text.len()).filter(|at| is_strange(text[*at])).collect();
            assert_eq!(found, expected);
        }
    }
}
