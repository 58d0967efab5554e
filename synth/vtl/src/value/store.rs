//! Where the strings and the large numbers that a rendering makes stay until it ends.

use std::cell::{Cell, OnceCell};

use bumpalo::Bump;
use num_bigint::BigInt;

use crate::jsonpath::Path;
use crate::number::Decimal;
use crate::string::{JStr, JString};

/// Chunks of an arena: each has twice the room of the one before it.
const CHUNKS: usize = 26;
const FIRST: usize = 16;

/// A list that only grows, and whose elements never move: so that a value can point at them and be copied freely.
struct Arena<T> {
    chunks: [OnceCell<Box<[OnceCell<T>]>>; CHUNKS],
    len: Cell<usize>,
}

impl<T> Arena<T> {
    fn new() -> Self {
        Arena { chunks: [const { OnceCell::new() }; CHUNKS], len: Cell::new(0) }
    }

    fn keep(&self, element: T) -> &T {
        let place = self.len.get() + FIRST;
        self.len.set(self.len.get() + 1);
        let chunk = (place / FIRST).ilog2();
        let room = FIRST << chunk;
        let cells = self.chunks[chunk as usize].get_or_init(|| (0..room).map(|_| OnceCell::new()).collect());
        cells[place - room].get_or_init(|| element)
    }
}

/// All that values of one rendering point at, beside its template and its inputs.
pub(crate) struct Store {
    strings: Bump,
    integers: Arena<BigInt>,
    decimals: Arena<Decimal>,
    paths: Arena<Path>,
}

impl Store {
    pub(crate) fn new() -> Self {
        Store { strings: Bump::new(), integers: Arena::new(), decimals: Arena::new(), paths: Arena::new() }
    }

    pub(crate) fn text(&self, text: &str) -> &str {
        self.strings.alloc_str(text)
    }

    pub(crate) fn string(&self, string: &JString) -> JStr<'_> {
        match string {
            JString::Utf8(text) => JStr::Utf8(self.text(text)),
            JString::Wide(units) => JStr::Wide(self.strings.alloc_slice_copy(units)),
        }
    }

    pub(crate) fn integer(&self, integer: BigInt) -> &BigInt {
        self.integers.keep(integer)
    }

    pub(crate) fn decimal(&self, decimal: Decimal) -> &Decimal {
        self.decimals.keep(decimal)
    }

    pub(crate) fn path(&self, path: Path) -> &Path {
        self.paths.keep(path)
    }
}

#[cfg(test)]
mod tests {
    use super::Arena;

    #[test]
    fn an_arena_keeps_what_it_is_given_in_its_place() {
        let arena = Arena::new();
        let kept: Vec<&String> = (0..1000).map(|i| arena.keep(format!("number {i}"))).collect();
        for (i, text) in kept.iter().enumerate() {
            assert_eq!(**text, format!("number {i}"));
        }
    }
}
