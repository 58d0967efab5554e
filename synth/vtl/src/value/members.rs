//! What a map holds: the members of an object of JSON as they were read, until something changes them.

use std::ops::Range;

use super::{Entries, JMap, Key, Value};
use crate::string::JStr;

/// A member of an object of JSON.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member<'r> {
    pub(crate) name: JStr<'r>,
    pub(crate) value: Value<'r>,
}

/// Where a map's entries are.
#[derive(Debug)]
pub(crate) enum Members<'r> {
    /// A stretch of the heap's members: the objects of a document take no memory each.
    Read(Range<u32>),
    /// The map's own entries: it was made by a template or changed by it, or it is large and needs an index.
    Own(Box<Entries<'r>>),
}

impl<'r> Members<'r> {
    /// The entries to change; `all` are the heap's members.
    pub(super) fn own(&mut self, all: &[Member<'r>]) -> &mut Entries<'r> {
        match self {
            Members::Own(entries) => entries,
            Members::Read(range) => {
                let mut entries = Entries::default();
                for Member { name, value } in &all[range.start as usize..range.end as usize] {
                    entries.push(Key::Str(*name), (Value::Str(*name), *value));
                }
                *self = Members::Own(Box::new(entries));
                self.own(all)
            }
        }
    }
}

/// A map to look into.
#[derive(Clone, Copy)]
pub(crate) struct MapView<'h, 'r> {
    map: &'h JMap<'r>,
    members: Looked<'h, 'r>,
}

#[derive(Clone, Copy)]
enum Looked<'h, 'r> {
    Read(&'h [Member<'r>]),
    Own(&'h Entries<'r>),
}

impl<'h, 'r> MapView<'h, 'r> {
    pub(super) fn new(map: &'h JMap<'r>, members: &'h [Member<'r>]) -> Self {
        let members = match &map.members {
            Members::Read(range) => Looked::Read(&members[range.start as usize..range.end as usize]),
            Members::Own(entries) => Looked::Own(entries),
        };
        MapView { map, members }
    }

    pub(crate) fn map(&self) -> &'h JMap<'r> {
        self.map
    }

    pub(crate) fn len(&self) -> usize {
        match self.members {
            Looked::Read(read) => read.len(),
            Looked::Own(entries) => entries.len(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn contains_key(&self, key: &Key<'r>) -> bool {
        self.get(key).is_some()
    }

    /// The value under a string.
    pub(crate) fn get_text(&self, name: &str) -> Option<&'h Value<'r>> {
        match self.members {
            Looked::Own(entries) => entries.get_text(name),
            Looked::Read(read) => read.iter().find(|m| m.name.as_str() == Some(name)).map(|m| &m.value),
        }
    }

    pub(crate) fn get(&self, key: &Key<'r>) -> Option<&'h Value<'r>> {
        match (self.members, key) {
            (Looked::Own(entries), _) => entries.get(key).map(|(_, value)| value),
            (Looked::Read(read), Key::Str(name)) => read.iter().find(|m| m.name == *name).map(|m| &m.value),
            _ => None,
        }
    }

    /// The key as it was put, and its value.
    pub(crate) fn entry(&self, key: &Key<'r>) -> Option<(Value<'r>, Value<'r>)> {
        match (self.members, key) {
            (Looked::Own(entries), _) => entries.get(key).cloned(),
            (_, Key::Str(name)) => self.get(key).map(|value| (Value::Str(*name), *value)),
            _ => None,
        }
    }

    pub(crate) fn keys(&self) -> Vec<Key<'r>> {
        match self.members {
            Looked::Own(entries) => entries.keys().cloned().collect(),
            Looked::Read(read) => read.iter().map(|m| Key::Str(m.name)).collect(),
        }
    }

    pub(crate) fn values(&self) -> Vec<Value<'r>> {
        match self.members {
            Looked::Own(entries) => entries.values().map(|(_, value)| *value).collect(),
            Looked::Read(read) => read.iter().map(|m| m.value).collect(),
        }
    }
}
