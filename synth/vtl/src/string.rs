//! Java's strings: sequences of UTF-16 units, which may hold half a surrogate pair.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write as _;

use crate::scan;
use crate::value::Store;

/// A Java string, which points at where it stands: in the template, in the inputs, or among what the rendering made.
/// Nearly all are well formed and UTF-8; only one with an unpaired surrogate is kept as units, so that equal strings
/// always have the same shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum JStr<'r> {
    Utf8(&'r str),
    Wide(&'r [u16]),
}

/// A Java string that is kept here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JString {
    Utf8(String),
    Wide(Vec<u16>),
}

impl From<String> for JString {
    fn from(s: String) -> Self {
        JString::Utf8(s)
    }
}

impl From<&str> for JString {
    fn from(s: &str) -> Self {
        JString::Utf8(s.to_owned())
    }
}

impl From<Vec<u16>> for JString {
    fn from(units: Vec<u16>) -> Self {
        match String::from_utf16(&units) {
            Ok(s) => JString::from(s),
            Err(_) => JString::Wide(units),
        }
    }
}

impl From<Out> for JString {
    fn from(out: Out) -> Self {
        match out.wide {
            None => JString::from(out.text),
            Some(units) => JString::from(units),
        }
    }
}

impl JString {
    pub(crate) fn lend(&self) -> JStr<'_> {
        match self {
            JString::Utf8(text) => JStr::Utf8(text),
            JString::Wide(units) => JStr::Wide(units),
        }
    }
}

impl<'r> From<&'r str> for JStr<'r> {
    fn from(s: &'r str) -> Self {
        JStr::Utf8(s)
    }
}

impl<'r> JStr<'r> {
    pub(crate) fn as_str(&self) -> Option<&'r str> {
        match self {
            JStr::Utf8(s) => Some(s),
            JStr::Wide(_) => None,
        }
    }

    pub(crate) fn units(&self) -> Vec<u16> {
        match self {
            JStr::Utf8(s) => s.encode_utf16().collect(),
            JStr::Wide(u) => u.to_vec(),
        }
    }

    /// As it leaves the JVM: an unpaired surrogate becomes a question mark.
    pub(crate) fn to_text(self) -> Cow<'r, str> {
        match self {
            JStr::Utf8(s) => Cow::Borrowed(s),
            JStr::Wide(u) => Cow::Owned(char::decode_utf16(u.iter().copied()).map(|c| c.unwrap_or('?')).collect()),
        }
    }

    /// Length in UTF-16 units.
    pub(crate) fn len(&self) -> usize {
        match self {
            JStr::Utf8(s) if s.is_ascii() => s.len(),
            JStr::Utf8(s) => s.chars().map(char::len_utf16).sum(),
            JStr::Wide(u) => u.len(),
        }
    }

    /// Bytes that it takes, for the limits.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            JStr::Utf8(s) => s.len(),
            JStr::Wide(u) => u.len() * 2,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, JStr::Utf8(s) if s.is_empty())
    }

    pub(crate) fn unit(&self, index: usize) -> Option<u16> {
        match self {
            JStr::Utf8(s) if s.is_ascii() => s.as_bytes().get(index).map(|b| u16::from(*b)),
            JStr::Utf8(s) => s.encode_utf16().nth(index),
            JStr::Wide(u) => u.get(index).copied(),
        }
    }

    /// Java's `String.compareTo`.
    pub(crate) fn compare(&self, other: &JStr<'_>) -> i32 {
        let (a, b) = (self.units(), other.units());
        for (x, y) in a.iter().zip(&b) {
            if x != y {
                return i32::from(*x) - i32::from(*y);
            }
        }
        a.len() as i32 - b.len() as i32
    }

    pub(crate) fn order(&self, other: &JStr<'_>) -> Ordering {
        self.compare(other).cmp(&0)
    }

    /// Java's `String.hashCode`.
    pub(crate) fn hash_code(&self) -> i32 {
        let step = |h: i32, u: u16| h.wrapping_mul(31).wrapping_add(i32::from(u));
        match self {
            JStr::Utf8(s) => s.encode_utf16().fold(0, step),
            JStr::Wide(u) => u.iter().copied().fold(0, step),
        }
    }

    /// Where `needle` first is, in units, looking from `from`.
    pub(crate) fn index_of(&self, needle: &JStr<'_>, from: usize) -> Option<usize> {
        if let (JStr::Utf8(s), JStr::Utf8(n)) = (self, needle)
            && s.is_ascii()
        {
            return s.get(from.min(s.len())..)?.find(*n).map(|i| i + from.min(s.len()));
        }
        let (s, n) = (self.units(), needle.units());
        let from = from.min(s.len());
        if n.is_empty() {
            return Some(from);
        }
        s[from..].windows(n.len()).position(|w| w == n).map(|i| i + from)
    }

    /// Where `needle` last is, starting at `from` or before.
    pub(crate) fn last_index_of(&self, needle: &JStr<'_>, from: usize) -> Option<usize> {
        let (s, n) = (self.units(), needle.units());
        let last = s.len().checked_sub(n.len())?.min(from);
        (0..=last).rev().find(|i| s[*i..].starts_with(&n))
    }
}

/// What tells most names apart in one comparison: the first seven bytes and the length, if that is not above seven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag(u64);

impl Tag {
    const MOST: usize = 7;

    pub(crate) fn of(name: &str) -> Self {
        Tag::at(name.as_bytes(), 0, name.len())
    }

    /// Of the name of so many bytes that stands at a place in a text.
    #[inline]
    pub(crate) fn at(text: &[u8], start: usize, len: usize) -> Self {
        let word = scan::word(text, start).unwrap_or_else(|| scan::short(&text[start..start + len.min(Self::MOST)]));
        Tag::begins(word, len.min(Self::MOST + 1))
    }

    /// Of the name that a word begins with, or all of it and perhaps more.
    #[inline]
    pub(crate) fn begins(word: u64, len: usize) -> Self {
        const MASKS: [u64; Tag::MOST + 2] = {
            let mut masks = [0; Tag::MOST + 2];
            let mut len = 1;
            while len < masks.len() {
                masks[len] = if len > Tag::MOST { masks[Tag::MOST] } else { masks[len - 1] << 8 | 0xff };
                len += 1;
            }
            masks
        };
        Tag(word & MASKS[len] | (len as u64) << 56)
    }

    /// One of so many places, of which different tags mostly get different ones.
    pub(crate) fn spread(self, places: usize) -> usize {
        (self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as usize % places
    }

    /// Whether names with this tag are equal.
    #[inline]
    pub(crate) fn is_all(self) -> bool {
        self.0 >> 56 <= Self::MOST as u64
    }
}

/// Text under construction; becomes UTF-16 once half a surrogate pair is written, so that two halves can meet.
#[derive(Debug, Default)]
pub(crate) struct Out {
    text: String,
    wide: Option<Vec<u16>>,
}

impl Out {
    pub(crate) fn new() -> Self {
        Out::default()
    }

    /// With room for so many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Out { text: String::with_capacity(bytes), wide: None }
    }

    #[inline]
    pub(crate) fn push_str(&mut self, s: &str) {
        match &mut self.wide {
            None => self.text.push_str(s),
            Some(units) => units.extend(s.encode_utf16()),
        }
    }

    pub(crate) fn push_unit(&mut self, unit: u16) {
        match char::from_u32(u32::from(unit)) {
            Some(c) => self.push_str(c.encode_utf8(&mut [0; 4])),
            None => self.widen().push(unit),
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, s: &JStr<'_>) {
        match s {
            JStr::Utf8(s) => self.push_str(s),
            JStr::Wide(u) => self.widen().extend(*u),
        }
    }

    fn widen(&mut self) -> &mut Vec<u16> {
        let text = &self.text;
        self.wide.get_or_insert_with(|| text.encode_utf16().collect())
    }

    pub(crate) fn display(&mut self, value: impl std::fmt::Display) {
        match &mut self.wide {
            None => {
                // Writing to a String cannot fail.
                let _ = write!(self.text, "{value}");
            }
            Some(units) => units.extend(value.to_string().encode_utf16()),
        }
    }

    /// Bytes so far, for the limits.
    pub(crate) fn len(&self) -> usize {
        self.wide.as_ref().map_or(self.text.len(), |w| w.len() * 2)
    }

    /// What was written so far, kept in a store; what is written next begins anew in the same room.
    pub(crate) fn move_to<'r>(&mut self, store: &'r Store) -> JStr<'r> {
        let kept = match self.wide.take() {
            None => JStr::Utf8(store.text(&self.text)),
            Some(units) => store.string(&JString::from(units)),
        };
        self.text.clear();
        kept
    }

    pub(crate) fn into_text(self) -> String {
        match self.wide {
            None => self.text,
            Some(_) => JString::from(self).lend().to_text().into_owned(),
        }
    }

    /// Everything but the last unit.
    pub(crate) fn drop_last(&mut self) {
        match &mut self.wide {
            None => {
                self.text.pop();
            }
            Some(units) => {
                units.pop();
            }
        }
    }
}
