//! What a map holds: the members of an object of JSON as they were read, until something changes them.

use super::entries::BUCKETS;
use super::{Entries, JMap, Key, MapKind, Value};
use crate::string::{JStr, Tag};

/// A member of an object of JSON, and where in the heap's members the object's next one is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member<'r> {
    pub(crate) tag: Tag,
    pub(crate) next: u32,
    pub(crate) name: &'r str,
    pub(crate) value: Value<'r>,
}

/// The members of one object, each of which leads to the next: they are put down in the order in which a document is
/// read, so those of an object have those of the objects in it between them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chain {
    first: u32,
    pub(crate) len: u32,
}

/// Where no member is: an object without members begins there, and the last one of others leads there.
const NOWHERE: u32 = u32::MAX;

impl Chain {
    pub(crate) const EMPTY: Chain = Chain { first: NOWHERE, len: 0 };
    /// How many members can be told apart by where they are.
    pub(crate) const MOST: usize = NOWHERE as usize;

    /// Adds a member, for which the last one's place is to be told.
    #[inline(always)]
    pub(crate) fn add<'r>(
        &mut self,
        last: &mut usize,
        members: &mut Vec<Member<'r>>,
        tag: Tag,
        name: &'r str,
        value: Value<'r>,
    ) {
        let place = members.len();
        match self.len {
            0 => self.first = place as u32,
            _ => members[*last].next = place as u32,
        }
        members.push(Member { tag, next: NOWHERE, name, value });
        *last = place;
        self.len += 1;
    }

    /// The members as entries of a map of its own.
    pub(crate) fn entries<'r>(self, members: &[Member<'r>]) -> Entries<'r> {
        let mut entries = Entries::default();
        for Member { name, value, .. } in self.walk(members) {
            entries.push(Key::Str(JStr::from(*name)), (Value::str(name), *value));
        }
        entries
    }

    pub(crate) fn walk<'h, 'r>(self, members: &'h [Member<'r>]) -> impl Iterator<Item = &'h Member<'r>> + use<'h, 'r> {
        let mut at = self.first;
        (0..self.len).map(move |_| {
            let member = &members[at as usize];
            at = member.next;
            member
        })
    }

    /// A member, and where it is.
    #[inline]
    pub(crate) fn find<'h, 'r>(
        self,
        members: &'h [Member<'r>],
        tag: Tag,
        name: &str,
    ) -> Option<(usize, &'h Member<'r>)> {
        let mut at = self.first as usize;
        loop {
            let member = members.get(at)?;
            if member.tag == tag && (tag.is_all() || member.name == name) {
                return Some((at, member));
            }
            at = member.next as usize;
        }
    }

    /// A member's value.
    #[inline]
    pub(crate) fn get<'h, 'r>(self, members: &'h [Member<'r>], tag: Tag, name: &str) -> Option<&'h Value<'r>> {
        self.find(members, tag, name).map(|(_, member)| &member.value)
    }
}

/// A map to look into.
#[derive(Clone, Copy)]
pub(crate) struct MapView<'h, 'r> {
    pub(crate) kind: MapKind,
    /// How often it was changed.
    pub(crate) changes: u32,
    members: Looked<'h, 'r>,
}

#[derive(Clone, Copy)]
enum Looked<'h, 'r> {
    Read(Chain, &'h [Member<'r>]),
    Own(&'h Entries<'r>),
}

impl<'h, 'r> MapView<'h, 'r> {
    pub(super) fn read(chain: Chain, members: &'h [Member<'r>]) -> Self {
        MapView { kind: MapKind::Linked, changes: chain.len, members: Looked::Read(chain, members) }
    }

    pub(super) fn own(map: &'h JMap<'r>) -> Self {
        MapView { kind: map.kind, changes: map.changes, members: Looked::Own(&map.entries) }
    }

    pub(crate) fn len(&self) -> usize {
        match self.members {
            Looked::Read(chain, _) => chain.len as usize,
            Looked::Own(entries) => entries.len(),
        }
    }

    /// The size of Java's hash table.
    pub(super) fn buckets(&self) -> usize {
        match self.members {
            Looked::Read(..) => BUCKETS,
            Looked::Own(entries) => entries.buckets(),
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
            Looked::Read(chain, members) => chain.get(members, Tag::of(name), name),
            Looked::Own(entries) => entries.get_text(name),
        }
    }

    pub(crate) fn get(&self, key: &Key<'r>) -> Option<&'h Value<'r>> {
        match (self.members, key) {
            (Looked::Own(entries), _) => entries.get(key).map(|(_, value)| value),
            (Looked::Read(..), Key::Str(JStr::Utf8(name))) => self.get_text(name),
            _ => None,
        }
    }

    /// The key as it was put, and its value.
    pub(crate) fn entry(&self, key: &Key<'r>) -> Option<(Value<'r>, Value<'r>)> {
        match (self.members, key) {
            (Looked::Own(entries), _) => entries.get(key).copied(),
            (_, Key::Str(name)) => self.get(key).map(|value| (Value::Str(*name), *value)),
            _ => None,
        }
    }

    pub(crate) fn keys(&self) -> Vec<Key<'r>> {
        match self.members {
            Looked::Read(chain, members) => chain.walk(members).map(|m| Key::Str(JStr::from(m.name))).collect(),
            Looked::Own(entries) => entries.keys().cloned().collect(),
        }
    }

    pub(crate) fn values(&self) -> Vec<Value<'r>> {
        match self.members {
            Looked::Read(chain, members) => chain.walk(members).map(|m| m.value).collect(),
            Looked::Own(entries) => entries.values().map(|(_, value)| *value).collect(),
        }
    }
}
