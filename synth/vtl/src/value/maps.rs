//! Maps, and the order of their entries.

use std::sync::Arc;

use super::{Class, Entries, Heap, JMap, Key, ListKind, MapKind, Object, ObjectId, Outcome, Scope, Value, unsupported};
use crate::number;
use crate::string::JStr;

impl<'r> Heap<'r> {
    pub(crate) fn map(&self, id: ObjectId) -> Option<&JMap<'r>> {
        match self.get(id) {
            Object::Map(map) => Some(map),
            Object::Scope(scope) => match self.get(scope.storage) {
                Object::Map(map) => Some(map),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn map_mut(&mut self, id: ObjectId) -> Option<&mut JMap<'r>> {
        let id = match self.get(id) {
            Object::Scope(scope) => scope.storage,
            _ => id,
        };
        match self.get_mut(id) {
            Object::Map(map) => Some(map),
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
            Value::BigInt(v) => Key::BigInt(Arc::clone(v)),
            Value::BigDec(v) => Key::BigDec(Arc::clone(v)),
            Value::Char(v) => Key::Char(*v),
            Value::Str(v) => Key::Str(v.clone()),
            Value::Input => Key::Other(Class::Input),
            Value::Util => Key::Other(Class::Util),
            Value::Class(c) => Key::Other(*c),
            Value::Object(id) => match self.get(*id) {
                Object::List { kind: ListKind::ArrayList | ListKind::JsonArray, .. } | Object::SubList { .. } => {
                    let items = self.items(*id)?;
                    self.deeper(|h| Ok(Key::List(items.iter().map(|v| h.key(v)).collect::<Outcome<_>>()?)))?
                }
                _ => Key::Object(*id),
            },
        })
    }

    pub(crate) fn map_get(&mut self, id: ObjectId, key: &Value<'r>) -> Outcome<Value<'r>> {
        let key = self.key(key)?;
        let mut id = id;
        loop {
            if let Some((_, value)) = self.map(id).and_then(|m| m.entries.get(&key)) {
                return Ok(value.clone());
            }
            // A loop's scope asks the scope of the loop around it.
            match self.get(id) {
                Object::Scope(Scope { parent: Some(parent), .. }) => id = *parent,
                _ => return Ok(Value::Null),
            }
        }
    }

    /// `map.name`, for maps whose entries are all their own.
    pub(crate) fn map_get_text(&mut self, id: ObjectId, name: &'r str) -> Outcome<Value<'r>> {
        self.step(1)?;
        Ok(self.map(id).and_then(|m| m.entries.get_text(name)).cloned().unwrap_or(Value::Null))
    }

    /// Puts a member of an object of JSON that is being read.
    pub(crate) fn put_member(&mut self, entries: &mut Entries<'r>, name: JStr<'r>, value: Value<'r>) -> Outcome<()> {
        self.step(1)?;
        self.charge(96)?;
        let key = Key::Str(name.clone());
        match entries.get_mut(&key) {
            Some((_, old)) => *old = value,
            None => entries.push(key, (Value::Str(name), value)),
        }
        Ok(())
    }

    /// The map of an object of JSON that has been read.
    pub(crate) fn map_of(&mut self, entries: Entries<'r>) -> Outcome<Value<'r>> {
        let mut capacity = 16;
        while entries.len() * 4 > capacity * 3 {
            capacity *= 2;
        }
        let changes = entries.len() as u32;
        self.add(Object::Map(JMap { kind: MapKind::Linked, entries, changes, capacity }))
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
        map.changes += 1;
        while map.entries.len() * 4 > map.capacity * 3 {
            map.capacity *= 2;
        }
        Ok(Value::Null)
    }

    pub(crate) fn map_remove(&mut self, id: ObjectId, key: &Key<'r>) -> Outcome<Option<Value<'r>>> {
        let len = self.map(id).map_or(0, |m| m.entries.len());
        self.step(len)?;
        let Some(map) = self.map_mut(id) else {
            return unsupported("removing from this map");
        };
        let removed = map.entries.remove(key);
        if removed.is_some() {
            map.changes += 1;
        }
        Ok(removed.map(|(_, v)| v))
    }

    pub(crate) fn map_clear(&mut self, id: ObjectId) {
        if let Some(map) = self.map_mut(id) {
            map.entries.clear();
            map.changes += 1;
        }
    }

    /// Keys in the order in which Java's iterator gives them.
    pub(crate) fn ordered_keys(&mut self, id: ObjectId) -> Outcome<Vec<Key<'r>>> {
        let Some(map) = self.map(id) else {
            return Ok(Vec::new());
        };
        let len = map.entries.len();
        if map.kind == MapKind::Linked {
            let keys = map.entries.keys().cloned().collect();
            self.step(len)?;
            return Ok(keys);
        }
        let capacity = map.capacity;
        let pairs: Vec<(Key<'r>, Value<'r>)> = map.entries.iter().map(|(k, (v, _))| (k.clone(), v.clone())).collect();
        self.step(len)?;
        let mut ordered = Vec::with_capacity(len);
        for (key, value) in pairs {
            let hash = self.hash_code(&value)? as u32;
            ordered.push((((hash ^ (hash >> 16)) as usize) & (capacity - 1), key));
        }
        ordered.sort_by_key(|(bucket, _)| *bucket);
        Ok(ordered.into_iter().map(|(_, key)| key).collect())
    }

    pub(crate) fn entry_of(&self, id: ObjectId, key: &Key<'r>) -> (Value<'r>, Value<'r>) {
        self.map(id).and_then(|m| m.entries.get(key)).cloned().unwrap_or((Value::Null, Value::Null))
    }
}
