//! The entries of a map, in the order in which they came.

use std::collections::HashMap;

use super::{Key, Value};
use crate::string::JStr;

/// Nearly all maps of a template are small: those are searched from end to end, and only larger ones get an index.
const SMALL: usize = 8;

/// A map's entries: what is hashed, and the key and value that it stands for.
#[derive(Debug)]
pub(crate) struct Entries<'r> {
    list: Vec<(Key<'r>, (Value<'r>, Value<'r>))>,
    #[expect(clippy::box_collection, reason = "most maps have no index, and a boxed one keeps all of them small")]
    index: Option<Box<HashMap<Key<'r>, usize>>>,
    /// The size of Java's hash table, which only grows, and which tells the order of some maps.
    buckets: usize,
}

/// The size of Java's hash table as long as there is nothing in it.
pub(super) const BUCKETS: usize = 16;

impl Default for Entries<'_> {
    fn default() -> Self {
        Entries { list: Vec::new(), index: None, buckets: BUCKETS }
    }
}

impl<'r> Entries<'r> {
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn buckets(&self) -> usize {
        self.buckets
    }

    fn position(&self, key: &Key<'r>) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(key).copied(),
            None => self.list.iter().position(|(k, _)| k == key),
        }
    }

    pub(crate) fn get(&self, key: &Key<'r>) -> Option<&(Value<'r>, Value<'r>)> {
        self.position(key).map(|i| &self.list[i].1)
    }

    /// The value under a string, without making a key of it where the map is small.
    pub(crate) fn get_text(&self, name: &str) -> Option<&Value<'r>> {
        match &self.index {
            Some(_) => self.position(&Key::Str(JStr::from(name))).map(|i| &self.list[i].1.1),
            None => self.list.iter().find_map(|(k, (_, v))| match k {
                Key::Str(s) if s.as_str() == Some(name) => Some(v),
                _ => None,
            }),
        }
    }

    pub(crate) fn get_mut(&mut self, key: &Key<'r>) -> Option<&mut (Value<'r>, Value<'r>)> {
        self.position(key).map(|i| &mut self.list[i].1)
    }

    /// Adds an entry whose key is not there yet.
    pub(crate) fn push(&mut self, key: Key<'r>, entry: (Value<'r>, Value<'r>)) {
        if let Some(index) = &mut self.index {
            index.insert(key.clone(), self.list.len());
        }
        if self.list.len() == self.list.capacity() {
            // Many maps of DynamoDB's JSON have but one entry; a list would at once take room for four.
            self.list.reserve_exact(if self.list.is_empty() { 1 } else { self.list.len().max(4) });
        }
        self.list.push((key, entry));
        while self.list.len() * 4 > self.buckets * 3 {
            self.buckets *= 2;
        }
        if self.index.is_none() && self.list.len() > SMALL {
            self.number();
        }
    }

    fn number(&mut self) {
        self.index = Some(Box::new(self.list.iter().enumerate().map(|(i, (k, _))| (k.clone(), i)).collect()));
    }

    pub(crate) fn remove(&mut self, key: &Key<'r>) -> Option<(Value<'r>, Value<'r>)> {
        let (_, entry) = self.list.remove(self.position(key)?);
        if self.index.is_some() {
            self.number();
        }
        Some(entry)
    }

    pub(crate) fn clear(&mut self) {
        *self = Entries { buckets: self.buckets, ..Entries::default() };
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key<'r>> {
        self.list.iter().map(|(k, _)| k)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &(Value<'r>, Value<'r>)> {
        self.list.iter().map(|(_, entry)| entry)
    }
}

#[cfg(test)]
mod tests {
    use super::{Entries, Key, Value};

    #[test]
    fn entries_keep_their_order_with_and_without_an_index() {
        for count in [5, 50] {
            let mut entries = Entries::default();
            for i in 0..count {
                entries.push(Key::Int(i), (Value::Int(i), Value::Int(i * 2)));
            }
            assert!(entries.remove(&Key::Int(2)).is_some());
            assert!(entries.remove(&Key::Int(2)).is_none());
            let keys: Vec<Key<'_>> = entries.keys().cloned().collect();
            let expected: Vec<Key<'_>> = (0..count).filter(|i| *i != 2).map(Key::Int).collect();
            assert_eq!(keys, expected);
            assert!(matches!(entries.get(&Key::Int(3)), Some((_, Value::Int(6)))));
            entries.clear();
            assert!(entries.len() == 0 && entries.get(&Key::Int(3)).is_none());
        }
    }
}
