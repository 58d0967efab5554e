//! How long each token's match is at a place, zero for none.

use super::Kind;

/// The longest match so far; an equally long later one does not replace it.
pub(super) struct Best {
    pub(super) kind: Kind,
    pub(super) len: usize,
}

impl Best {
    pub(super) const NONE: Best = Best { kind: Kind::Eof, len: 0 };

    pub(super) fn offer(&mut self, kind: Kind, len: usize) {
        if len > self.len {
            self.kind = kind;
            self.len = len;
        }
    }
}

/// Adds bytes to a set to look up in.
const fn with(mut set: [bool; 256], others: &[u8]) -> [bool; 256] {
    let mut i = 0;
    while i < others.len() {
        set[others[i] as usize] = true;
        i += 1;
    }
    set
}

const LETTERS: [bool; 256] = with([false; 256], b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
static WORD: [bool; 256] = with(LETTERS, b"0123456789_@");
static NAME: [bool; 256] = with(LETTERS, b"0123456789_-");

/// What a name begins with.
pub(super) static WORD_START: [bool; 256] = with(LETTERS, b"_");

/// What a reference or a directive begins with.
pub(super) static SPECIAL: [bool; 256] = with([false; 256], b"$#\\");

fn is_word_char(b: u8) -> bool {
    WORD[usize::from(b)]
}

/// How long a character is, by its first byte.
pub(super) fn char_len(first: u8) -> usize {
    match first {
        0..=0x7f => 1,
        0x80..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0.. => 4,
    }
}

/// What is kept of a `$`, `#` or `\$` that started a token and did not become one.
pub(super) fn special_text(image: &str, out: &mut String) {
    if !image.bytes().any(|b| matches!(b, b'#' | b'$' | b'\\')) {
        return;
    }
    let chars: Vec<char> = image.chars().collect();
    let mut i = 0;
    while i < chars.len() {
        match chars[i] {
            c @ ('#' | '$') => out.push(c),
            '\\' => {
                let slashes = chars[i..].iter().take_while(|c| **c == '\\').count();
                if chars.get(i + slashes) == Some(&'$') {
                    out.extend(&chars[i..=i + slashes]);
                    // Velocity leaves out one character after such a run.
                    i += slashes + 1;
                }
            }
            _ => {}
        }
        i += 1;
    }
}

/// Blanks up to and including a line end, or nothing.
pub(super) fn blank_line_end(s: &[u8]) -> usize {
    let blanks = s.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    match &s[blanks..] {
        [b'\r', b'\n', ..] => blanks + 2,
        [b'\r' | b'\n', ..] => blanks + 1,
        _ => 0,
    }
}

pub(super) fn word_len(s: &[u8], first_may_be_at: bool) -> usize {
    match s.first() {
        Some(b) if WORD_START[usize::from(*b)] || (first_may_be_at && *b == b'@') => {
            s.iter().take_while(|b| is_word_char(**b)).count()
        }
        _ => 0,
    }
}

pub(super) fn braced_word_len(s: &[u8]) -> usize {
    if s.first() != Some(&b'{') {
        return 0;
    }
    let len = word_len(&s[1..], false);
    if len > 0 && s.get(1 + len) == Some(&b'}') { len + 2 } else { 0 }
}

pub(super) fn escaped_directive(s: &[u8]) -> usize {
    let slashes = s.iter().take_while(|b| **b == b'\\').count();
    if slashes % 2 == 0 || s.get(slashes) != Some(&b'#') {
        return 0;
    }
    let rest = &s[slashes + 1..];
    let len = word_len(rest, true).max(braced_word_len(rest));
    if len == 0 { 0 } else { slashes + 1 + len }
}

pub(super) fn set_directive(s: &[u8]) -> usize {
    if !matches!(s[0], b' ' | b'\t' | b'#') {
        return 0;
    }
    let blanks = s.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let rest = &s[blanks..];
    let word = if rest.starts_with(b"#set") {
        4
    } else if rest.starts_with(b"#{set}") {
        6
    } else {
        return 0;
    };
    let spaces = rest[word..].iter().take_while(|b| **b == b' ').count();
    if rest.get(word + spaces) == Some(&b'(') { blanks + word + spaces + 1 } else { 0 }
}

/// What starts a reference, a directive or a comment in every state.
pub(super) fn everywhere(s: &[u8], b: &mut Best) {
    match s[0] {
        b'$' if !matches!(s.get(1), Some(b'\\' | b'!')) => b.offer(Kind::Dollar, 1),
        b'\\' | b'$' => {
            let slashes = s.iter().take_while(|b| **b == b'\\').count();
            if s.get(slashes) == Some(&b'$') {
                b.offer(Kind::Dollar, slashes + 1);
                let more = s[slashes + 1..].iter().take_while(|b| **b == b'\\').count();
                if s.get(slashes + 1 + more) == Some(&b'!') {
                    b.offer(Kind::DollarBang, slashes + more + 2);
                }
            }
        }
        b'#' => {
            if s.starts_with(b"#[[") {
                b.offer(Kind::TextblockStart, 3);
            }
            if s.starts_with(b"#**") && s.get(3).is_some_and(|c| *c != b'#') {
                let len = std::str::from_utf8(&s[3..s.len().min(7)])
                    .or_else(|e| std::str::from_utf8(&s[3..3 + e.valid_up_to()]))
                    .ok()
                    .and_then(|t| t.chars().next())
                    .map_or(1, |c| if c.len_utf16() == 1 { c.len_utf8() } else { 0 });
                // Of a character beyond U+FFFF the JVM takes but the first half, and its second half is then text of the
                // comment: as much as if none of it were taken here.
                b.offer(Kind::FormalStart, 3 + len);
            }
            if s.starts_with(b"#*") {
                b.offer(Kind::BlockStart, 2);
            }
            b.offer(Kind::Hash, 1);
        }
        _ => {}
    }
}

pub(super) fn line_comment(s: &[u8], b: &mut Best) {
    if s.starts_with(b"##") {
        b.offer(Kind::LineCommentStart, 2);
    }
}

pub(super) fn empty_index(s: &[u8], b: &mut Best) {
    match s {
        [b'$', b'[' | b'.', ..] => b.offer(Kind::EmptyIndex, 2),
        [b'$', b'!', b'[', ..] => b.offer(Kind::EmptyIndex, 3),
        [b'$', b'\\', b'!', b'[', ..] => b.offer(Kind::EmptyIndex, 4),
        _ => {}
    }
}

pub(super) fn booleans(s: &[u8], b: &mut Best) {
    match s {
        [b't', b'r', b'u', b'e', ..] => b.offer(Kind::True, 4),
        [b'f', b'a', b'l', b's', b'e', ..] => b.offer(Kind::False, 5),
        _ => {}
    }
}

pub(super) fn identifier(s: &[u8], b: &mut Best) {
    if WORD_START[usize::from(s[0])] {
        let len = s.iter().take_while(|c| NAME[usize::from(**c)]).count();
        b.offer(Kind::Identifier, len);
    }
    if s[0] == b'.' && s.get(1).is_some_and(u8::is_ascii_alphabetic) {
        b.offer(Kind::Dot, 2);
    }
}

pub(super) fn whitespace(s: &[u8], b: &mut Best) {
    b.offer(Kind::Whitespace, s.iter().take_while(|c| matches!(c, b' ' | b'\t' | b'\n' | b'\r')).count());
}

/// A string ends at a quote that is not doubled; a doubled one that leads nowhere ends it after all.
pub(super) fn string(s: &[u8], b: &mut Best) {
    let quote = s[0];
    if quote != b'"' && quote != b'\'' {
        return;
    }
    let mut from = 1;
    let mut end = 0;
    while let Some(at) = s[from..].iter().position(|c| *c == quote) {
        end = from + at + 1;
        if s.get(end) != Some(&quote) {
            break;
        }
        from = end + 1;
    }
    b.offer(Kind::Str, end);
}

pub(super) fn punctuation(s: &[u8], b: &mut Best) {
    match s[0] {
        b'[' => b.offer(Kind::BracketOpen, 1),
        b']' => b.offer(Kind::BracketClose, 1),
        b',' => b.offer(Kind::Comma, 1),
        b':' => b.offer(Kind::Colon, 1),
        b'{' => b.offer(Kind::BraceOpen, 1),
        b'}' => b.offer(Kind::BraceClose, 1),
        b'.' if s.get(1) == Some(&b'.') => b.offer(Kind::DoubleDot, 2),
        _ => {}
    }
}

pub(super) fn operators(s: &[u8], b: &mut Best) {
    let (kind, len) = match s {
        [b'-', ..] => (Kind::Minus, 1),
        [b'+', ..] => (Kind::Plus, 1),
        [b'*', ..] => (Kind::Multiply, 1),
        [b'/', ..] => (Kind::Divide, 1),
        [b'%', ..] => (Kind::Modulus, 1),
        [b'&', b'&', ..] => (Kind::And, 2),
        [b'a', b'n', b'd', ..] => (Kind::And, 3),
        [b'|', b'|', ..] | [b'o', b'r', ..] => (Kind::Or, 2),
        [b'<', b'=', ..] | [b'l', b'e', ..] => (Kind::Le, 2),
        [b'>', b'=', ..] | [b'g', b'e', ..] => (Kind::Ge, 2),
        [b'l', b't', ..] => (Kind::Lt, 2),
        [b'g', b't', ..] => (Kind::Gt, 2),
        [b'<', ..] => (Kind::Lt, 1),
        [b'>', ..] => (Kind::Gt, 1),
        [b'=', b'=', ..] | [b'e', b'q', ..] => (Kind::Eq, 2),
        [b'!', b'=', ..] => (Kind::Ne, 2),
        [b'n', b'o', b't', ..] => (Kind::Not, 3),
        [b'n', b'e', ..] => (Kind::Ne, 2),
        [b'!', ..] => (Kind::Not, 1),
        [b'=', ..] => (Kind::Assign, 1),
        _ => return,
    };
    b.offer(kind, len);
}

pub(super) fn numbers(s: &[u8], b: &mut Best) {
    let sign = usize::from(s[0] == b'-');
    if !matches!(s.get(sign), Some(b'0'..=b'9' | b'.')) {
        return;
    }
    let digits = s[sign..].iter().take_while(|c| c.is_ascii_digit()).count();
    let whole = sign + digits;
    let exponent = |at: usize| -> usize {
        let rest = &s[at.min(s.len())..];
        if !matches!(rest.first(), Some(b'e' | b'E')) {
            return 0;
        }
        let sign = usize::from(matches!(rest.get(1), Some(b'+' | b'-')));
        let digits = rest[1 + sign..].iter().take_while(|c| c.is_ascii_digit()).count();
        if digits == 0 { 0 } else { 1 + sign + digits }
    };
    if digits > 0 {
        let dots = if s[whole..].starts_with(b"..") { 2 } else { 0 };
        b.offer(Kind::Integer, whole + dots);
        let e = exponent(whole);
        if e > 0 {
            b.offer(Kind::Float, whole + e);
        }
    }
    if s.get(whole) == Some(&b'.') {
        let fraction = s[whole + 1..].iter().take_while(|c| c.is_ascii_digit()).count();
        if digits > 0 || fraction > 0 {
            let end = whole + 1 + fraction;
            b.offer(Kind::Float, end + exponent(end));
        }
    }
}

pub(super) fn words(s: &[u8], b: &mut Best) {
    b.offer(Kind::Word, word_len(s, true));
    b.offer(Kind::BracedWord, braced_word_len(s));
}

/// The names of the directives that the grammar itself knows.
pub(super) fn control_words(s: &[u8], b: &mut Best) {
    let (word, braced) = match s {
        [b'{', rest @ ..] => (rest, true),
        _ => (s, false),
    };
    let (kind, len) = match word {
        [b'e', b'n', b'd', ..] => (Kind::End, 3),
        [b'e', b'l', b's', b'e', b'i', b'f', ..] => (Kind::ElseIf, 6),
        [b'e', b'l', b's', b'e', ..] => (Kind::Else, 4),
        [b'i', b'f', ..] => (Kind::If, 2),
        _ => return,
    };
    let len = match (braced, word.get(len)) {
        (true, Some(b'}')) => len + 2,
        (true, _) => return,
        (false, _) => len,
    };
    let line_end = if matches!(kind, Kind::End | Kind::Else) { blank_line_end(&s[len..]) } else { 0 };
    b.offer(kind, len + line_end);
}
