//! What the next token is, by the lexical state and the first byte: one function per state.
//!
//! Most bytes can start only one kind of token in a state, and are asked for first. What remains is tried in Velocity's
//! order, because that decides between two equally long matches.

use super::matchers::{
    Best, SPECIAL, WORD_START, blank_line_end, booleans, char_len, control_words, empty_index, escaped_directive,
    everywhere, identifier, line_comment, numbers, operators, punctuation, set_directive, string, whitespace, words,
};
use super::{Kind, State};
use crate::scan;

/// The longest match at the beginning of a text that is not empty; its length is zero where nothing matches.
#[inline(always)]
pub(super) fn best(state: State, s: &[u8], first: u8) -> Best {
    match state {
        State::Default => default(s, first),
        State::Reference => reference(s, first),
        State::RefModifier => modifier(s, first),
        State::RefIndex => index(s, first),
        State::Directive => directive(s, first),
        State::RefCall => call(s, first),
        State::PreDirective => pre_directive(s, first),
        State::InTextblock => in_comment(s, first, b"]]#", Kind::Textblock, Kind::MoreChar),
        State::InLineComment => in_line_comment(s, first),
        State::InFormalComment => in_comment(s, first, b"*#", Kind::FormalComment, Kind::SkipChar),
        State::InBlockComment => in_comment(s, first, b"*#", Kind::BlockComment, Kind::SkipChar),
    }
}

fn is_special(first: u8) -> bool {
    SPECIAL[usize::from(first)]
}

fn is_word(first: u8) -> bool {
    WORD_START[usize::from(first)]
}

fn text(s: &[u8]) -> usize {
    scan::find(s, 0, [b'$', b'#', b'\\'])
}

#[inline(never)]
fn default(s: &[u8], first: u8) -> Best {
    let mut best = Best::NONE;
    let b = &mut best;
    match first {
        b'$' => {
            everywhere(s, b);
            empty_index(s, b);
        }
        b'#' => {
            b.offer(Kind::Set, set_directive(s));
            everywhere(s, b);
            line_comment(s, b);
        }
        b'\\' => {
            b.offer(Kind::EscapedDirective, escaped_directive(s));
            everywhere(s, b);
            if s.starts_with(b"\\\\") {
                b.offer(Kind::DoubleEscape, 2);
            }
            b.offer(Kind::Escape, 1);
        }
        b' ' | b'\t' => {
            b.offer(Kind::Set, set_directive(s));
            if b.len == 0 {
                b.offer(Kind::Text, text(s));
            }
        }
        _ => b.offer(Kind::Text, text(s)),
    }
    best
}

/// A name, where a reference or one of its steps begins with it.
#[inline(always)]
fn name(s: &[u8]) -> Best {
    let mut best = Best::NONE;
    booleans(s, &mut best);
    identifier(s, &mut best);
    best
}

#[inline(never)]
fn reference(s: &[u8], first: u8) -> Best {
    if is_word(first) {
        return name(s);
    }
    let mut best = Best::NONE;
    let b = &mut best;
    match first {
        b'[' => b.offer(Kind::IndexOpen, 1),
        b'{' => b.offer(Kind::RefOpen, 1),
        b'}' => b.offer(Kind::RefClose, 1),
        b'.' => identifier(s, b),
        _ if is_special(first) || matches!(first, b' ' | b'\t') => {
            b.offer(Kind::Set, set_directive(s));
            everywhere(s, b);
            line_comment(s, b);
            b.offer(Kind::RefEnd, 1);
            empty_index(s, b);
        }
        _ => {}
    }
    b.offer(Kind::RefEnd, char_len(first));
    best
}

#[inline(never)]
fn modifier(s: &[u8], first: u8) -> Best {
    if is_word(first) {
        return name(s);
    }
    let mut best = Best::NONE;
    let b = &mut best;
    match first {
        b'(' => b.offer(Kind::ParenOpen, 1),
        b'[' => b.offer(Kind::IndexOpen, 1),
        b'{' => b.offer(Kind::RefOpen, 1),
        b'}' => b.offer(Kind::RefClose, 1),
        b'.' => identifier(s, b),
        _ if is_special(first) || matches!(first, b' ' | b'\t') => {
            b.offer(Kind::Set, set_directive(s));
            everywhere(s, b);
        }
        _ => {}
    }
    b.offer(Kind::RefEnd, char_len(first));
    best
}

#[inline(never)]
fn index(s: &[u8], first: u8) -> Best {
    let mut best = Best::NONE;
    let b = &mut best;
    if first == b']' {
        b.offer(Kind::IndexClose, 1);
    }
    everywhere(s, b);
    whitespace(s, b);
    string(s, b);
    booleans(s, b);
    numbers(s, b);
    best
}

#[inline(never)]
fn directive(s: &[u8], first: u8) -> Best {
    let mut best = Best::NONE;
    let b = &mut best;
    match first {
        b' ' | b'\t' | b'\n' | b'\r' => whitespace(s, b),
        b'(' => b.offer(Kind::ParenOpen, 1),
        b')' => b.offer(Kind::ParenClose, 1 + blank_line_end(&s[1..])),
        b'"' | b'\'' => string(s, b),
        b'$' | b'\\' => everywhere(s, b),
        b'0'..=b'9' => numbers(s, b),
        b'=' | b'&' | b'|' | b'<' | b'>' | b'!' | b'+' | b'*' | b'/' | b'%' => operators(s, b),
        _ if is_word(first) => {
            booleans(s, b);
            operators(s, b);
            words(s, b);
        }
        _ => {
            punctuation(s, b);
            everywhere(s, b);
            line_comment(s, b);
            booleans(s, b);
            operators(s, b);
            numbers(s, b);
            words(s, b);
        }
    }
    best
}

#[inline(never)]
fn call(s: &[u8], first: u8) -> Best {
    if is_word(first) {
        return name(s);
    }
    let mut best = Best::NONE;
    let b = &mut best;
    match first {
        b')' => b.offer(Kind::CallClose, 1),
        b',' => b.offer(Kind::Comma, 1),
        b'"' | b'\'' => string(s, b),
        b'$' | b'\\' => everywhere(s, b),
        b'0'..=b'9' => numbers(s, b),
        _ => {
            punctuation(s, b);
            b.offer(Kind::Set, set_directive(s));
            everywhere(s, b);
            whitespace(s, b);
            numbers(s, b);
            identifier(s, b);
        }
    }
    best
}

#[inline(never)]
fn pre_directive(s: &[u8], first: u8) -> Best {
    let mut best = Best::NONE;
    let b = &mut best;
    if !is_word(first) {
        everywhere(s, b);
        line_comment(s, b);
    }
    control_words(s, b);
    numbers(s, b);
    words(s, b);
    b.offer(Kind::DirectiveEnd, char_len(first));
    best
}

#[inline(never)]
fn in_line_comment(s: &[u8], first: u8) -> Best {
    let mut best = Best::NONE;
    let b = &mut best;
    everywhere(s, b);
    match s {
        [b'\r', b'\n', ..] => b.offer(Kind::LineCommentEnd, 2),
        [b'\r' | b'\n', ..] => b.offer(Kind::LineCommentEnd, 1),
        _ => {}
    }
    b.offer(Kind::SkipChar, char_len(first));
    best
}

#[inline(never)]
fn in_comment(s: &[u8], first: u8, end: &[u8], kind: Kind, other: Kind) -> Best {
    let mut best = Best::NONE;
    let b = &mut best;
    everywhere(s, b);
    if s.starts_with(end) {
        b.offer(kind, end.len());
    }
    b.offer(other, char_len(first));
    best
}
