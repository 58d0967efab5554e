//! Maps, and the order of their entries.

use super::{
    Class, Entries, Heap, JMap, Key, ListKind, MapKind, MapView, Object, ObjectId, Outcome, Value, ViewKind,
    unsupported,
};
use crate::ast::Name;
use crate::number;

/// A map that is being changed.
struct Changing<'h, 'r> {
    entries: &'h mut Entries<'r>,
    changes: &'h mut u32,
}

impl<'r> Heap<'r> {
    pub(crate) fn map(&self, id: ObjectId) -> Option<MapView<'_, 'r>> {
        match self.get(id) {
            Object::Read(chain) => Some(MapView::read(*chain, &self.members)),
            Object::Map(map) => Some(MapView::own(map)),
            Object::Scope(scope) => match self.get(scope.storage) {
                Object::Map(map) => Some(MapView::own(map)),
                _ => None,
            },
            _ => None,
        }
    }

    pub(crate) fn map_len(&self, id: ObjectId) -> usize {
        self.map(id).map_or(0, |m| m.len())
    }

    /// A map to change: from now on its entries are its own.
    fn map_mut(&mut self, id: ObjectId) -> Option<Changing<'_, 'r>> {
        let id = match self.get(id) {
            Object::Scope(scope) => scope.storage,
            _ => id,
        };
        let object = &mut self.objects[id as usize];
        if let Object::Read(chain) = *object {
            let entries = Box::new(chain.entries(&self.members));
            *object = Object::Map(JMap { kind: MapKind::Linked, entries, changes: chain.len });
        }
        match object {
            Object::Map(map) => Some(Changing { entries: &mut map.entries, changes: &mut map.changes }),
            _ => None,
        }
    }

    /// The key under which a map holds a value.
    pub(crate) fn key(&mut self, value: &Value<'r>) -> Outcome<Key<'r>> {
        self.step(1)?;
        Ok(match value {
            Value::Null => Key::Null,
            Value::Bool(v) => Key::Bool(*v),
            Value::Byte(v) => Key::Byte(*v),
            Value::Short(v) => Key::Short(*v),
            Value::Int(v) => Key::Int(*v),
            Value::Long(v) => Key::Long(*v),
            Value::Float(v) => Key::Float(number::float_bits(*v)),
            Value::Double(v) => Key::Double(number::double_bits(*v)),
            Value::BigInt(v) => Key::BigInt(v),
            Value::BigDec(v) => Key::BigDec(v),
            Value::Char(v) => Key::Char(*v),
            Value::Str(v) => Key::Str(*v),
            Value::Input => Key::Other(Class::Input),
            Value::Util => Key::Other(Class::Util),
            Value::Class(c) => Key::Other(*c),
            Value::Object(id) => self.deeper(|h| h.key_of_object(*id))?,
        })
    }

    fn key_of_object(&mut self, id: ObjectId) -> Outcome<Key<'r>> {
        Ok(match self.get(id) {
            Object::List { kind: ListKind::ArrayList | ListKind::JsonArray, .. } | Object::SubList { .. } => {
                Key::List(self.keys_of_items(id)?)
            }
            Object::Read(_) | Object::Map(_) => {
                let keys = self.map(id).map_or_else(Vec::new, |map| map.keys());
                self.charge(keys.len() * size_of::<(Key<'r>, Key<'r>)>())?;
                let pair = |key| {
                    // Its keys as they are now: a list that is one can have changed, or have come to hold this map.
                    let (key, value) = self.entry_of(id, &key);
                    Ok((self.key(&key)?, self.key(&value)?))
                };
                let mut pairs = keys.into_iter().map(pair).collect::<Outcome<Vec<_>>>()?;
                pairs.sort_unstable();
                Key::Map(pairs)
            }
            Object::View { kind: ViewKind::Keys | ViewKind::Entries, .. } => {
                let mut keys = self.keys_of_items(id)?;
                keys.sort_unstable();
                Key::Set(keys)
            }
            Object::Entry { .. } => {
                let (key, value) = self.entry_parts(id)?;
                Key::Entry(Box::new((self.key(&key)?, self.key(&value)?)))
            }
            _ => Key::Object(id),
        })
    }

    fn keys_of_items(&mut self, id: ObjectId) -> Outcome<Vec<Key<'r>>> {
        let items = self.items(id)?;
        self.charge(items.len() * size_of::<Key<'r>>())?;
        items.iter().map(|item| self.key(item)).collect()
    }

    pub(crate) fn map_get(&mut self, id: ObjectId, key: &Value<'r>) -> Outcome<Value<'r>> {
        let key = self.key(key)?;
        let mut id = id;
        loop {
            if let Some(value) = self.map(id).and_then(|m| m.get(&key)) {
                return Ok(*value);
            }
            // A loop's scope asks the scope of the loop around it.
            match self.get(id) {
                Object::Scope(scope) if let Some(parent) = scope.parent => id = parent,
                _ => return Ok(Value::Null),
            }
        }
    }

    /// `value.name` where the value is an object of JSON as it was read, null where it has no such member.
    #[inline]
    pub(crate) fn member(&self, value: &Value<'r>, name: &Name) -> Option<&Value<'r>> {
        let Value::Object(id) = value else {
            return None;
        };
        let Object::Read(chain) = self.get(*id) else {
            return None;
        };
        if name.is_class() {
            return None;
        }
        Some(chain.get(&self.members, name.tag(), name.text()).unwrap_or(&Value::Null))
    }

    /// As [`Heap::member`], or what a loop knows of itself.
    #[inline]
    pub(crate) fn property(&self, value: &Value<'r>, name: &Name) -> Option<Value<'r>> {
        if let (Value::Object(id), Some(property)) = (value, name.of_loop())
            && let Object::Scope(scope) = self.get(*id)
        {
            return Some(scope.property(property));
        }
        self.member(value, name).copied()
    }

    /// `map.name`, for maps whose entries are all their own.
    pub(crate) fn map_get_text(&mut self, id: ObjectId, name: &'r str) -> Outcome<Value<'r>> {
        self.step(1)?;
        Ok(self.map(id).and_then(|m| m.get_text(name)).copied().unwrap_or(Value::Null))
    }

    pub(crate) fn map_put(&mut self, id: ObjectId, key: Value<'r>, value: Value<'r>) -> Outcome<Value<'r>> {
        let hashed = self.key(&key)?;
        self.charge(96)?;
        let Some(map) = self.map_mut(id) else {
            return unsupported("putting into this map");
        };
        if let Some((_, old)) = map.entries.get_mut(&hashed) {
            return Ok(std::mem::replace(old, value));
        }
        map.entries.push(hashed, (key, value));
        *map.changes += 1;
        Ok(Value::Null)
    }

    /// Puts a value in the place of another, which is given back. Unlike [`Heap::map_put`] it goes by the key as it was
    /// when the entry was made: a list that is a key can have changed since.
    pub(crate) fn map_set(&mut self, id: ObjectId, key: &Key<'r>, value: Value<'r>) -> Outcome<Value<'r>> {
        self.step(1)?;
        let Some(map) = self.map_mut(id) else {
            return unsupported("setting the value of this entry");
        };
        match map.entries.get_mut(key) {
            Some((_, old)) => Ok(std::mem::replace(old, value)),
            None => unsupported("an entry that is no longer in its map"),
        }
    }

    pub(crate) fn map_remove(&mut self, id: ObjectId, key: &Key<'r>) -> Outcome<Option<Value<'r>>> {
        let len = self.map_len(id);
        self.step(len)?;
        let Some(map) = self.map_mut(id) else {
            return unsupported("removing from this map");
        };
        let removed = map.entries.remove(key);
        if removed.is_some() {
            *map.changes += 1;
        }
        Ok(removed.map(|(_, v)| v))
    }

    pub(crate) fn map_clear(&mut self, id: ObjectId) {
        if let Some(map) = self.map_mut(id) {
            map.entries.clear();
            *map.changes += 1;
        }
    }

    /// Keys in the order in which Java's iterator gives them.
    pub(crate) fn ordered_keys(&mut self, id: ObjectId) -> Outcome<Vec<Key<'r>>> {
        let Some(map) = self.map(id) else {
            return Ok(Vec::new());
        };
        let (len, keys, buckets) = (map.len(), map.keys(), map.buckets());
        let kind = map.kind;
        if kind == MapKind::Linked {
            self.step(len)?;
            return Ok(keys);
        }
        let pairs: Vec<(Key<'r>, Value<'r>)> =
            keys.into_iter().map(|key| (key.clone(), self.entry_of(id, &key).0)).collect();
        self.step(len)?;
        let mut ordered = Vec::with_capacity(len);
        for (key, value) in pairs {
            let hash = self.hash_code(&value)? as u32;
            ordered.push((((hash ^ (hash >> 16)) as usize) & (buckets - 1), key));
        }
        ordered.sort_by_key(|(bucket, _)| *bucket);
        Ok(ordered.into_iter().map(|(_, key)| key).collect())
    }

    pub(crate) fn entry_of(&self, id: ObjectId, key: &Key<'r>) -> (Value<'r>, Value<'r>) {
        self.map(id).and_then(|m| m.entry(key)).unwrap_or((Value::Null, Value::Null))
    }
}
