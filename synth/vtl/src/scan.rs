//! Looking for bytes, eight at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Marks the bytes that are zero by their highest bit; only the lowest mark is to be relied on.
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

/// Where one of some bytes first is, from a place on; the text's length where none is.
///
/// Strings and the texts between references are short: this has no set-up, which costs library searches most of their
/// time on such.
pub(crate) fn find<const N: usize>(text: &[u8], from: usize, wanted: [u8; N]) -> usize {
    let mut at = from;
    while let Some(chunk) = text.get(at..at + 8).and_then(|chunk| <[u8; 8]>::try_from(chunk).ok()) {
        let word = u64::from_le_bytes(chunk);
        let found = wanted.iter().fold(0, |found, byte| found | zeros(word ^ (ONES * u64::from(*byte))));
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| wanted.contains(byte)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn bytes_are_found_where_a_plain_search_finds_them() {
        let text: Vec<u8> = (0..=255u8).chain((0..=255).rev()).collect();
        for wanted in [[0, 1], [0x7f, 0x80], [b'"', b'\\'], [0xff, 0xfe]] {
            for from in 0..text.len() {
                let plain = text[from..].iter().position(|b| wanted.contains(b)).map_or(text.len(), |i| from + i);
                assert_eq!(find(&text, from, wanted), plain, "{wanted:?} from {from}");
            }
        }
        assert_eq!(find(b"", 0, [b'a']), 0);
        assert_eq!(find(b"bcd", 3, [b'a']), 3);
    }
}
