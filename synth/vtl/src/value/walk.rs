//! Elements, one after the other.

use super::{Class, Cursor, Heap, Key, Object, ObjectId, Outcome, Value, ViewKind, exception, unsupported};

impl<'r> Heap<'r> {
    /// The elements of anything that has elements.
    pub(crate) fn items(&mut self, id: ObjectId) -> Outcome<Vec<Value<'r>>> {
        match self.get(id) {
            Object::List { items, .. } => {
                let items = items.clone();
                self.step(items.len())?;
                Ok(items)
            }
            Object::SubList { list, from, len, changes, .. } => {
                let (list, from, len, expected) = (*list, *from as usize, *len as usize, *changes);
                self.step(len)?;
                match self.get(list) {
                    Object::List { items, changes, .. } if *changes == expected => Ok(items[from..from + len].to_vec()),
                    _ => exception("java.util.ConcurrentModificationException"),
                }
            }
            Object::View { kind, map } => {
                let (kind, map) = (*kind, *map);
                let mut items = Vec::new();
                for key in self.ordered_keys(map)? {
                    items.push(self.view_item(kind, map, &key)?);
                }
                Ok(items)
            }
            _ => unsupported("taking the elements of this object"),
        }
    }

    pub(crate) fn view_item(&mut self, kind: ViewKind, map: ObjectId, key: &Key<'r>) -> Outcome<Value<'r>> {
        let (k, v) = self.entry_of(map, key);
        match kind {
            ViewKind::Keys => Ok(k),
            ViewKind::Values => Ok(v),
            ViewKind::Entries => self.add(Object::Entry { map, key: Box::new(key.clone()) }),
        }
    }

    pub(crate) fn entry_parts(&self, id: ObjectId) -> Outcome<(Value<'r>, Value<'r>)> {
        let found = match self.get(id) {
            Object::Entry { map, key } => self.map(*map).and_then(|m| m.entry(key)),
            _ => None,
        };
        match found {
            Some(parts) => Ok(parts),
            None => unsupported("an entry that is no longer in its map"),
        }
    }

    pub(crate) fn is_list(&self, value: &Value<'r>) -> bool {
        matches!(self.class(value), Some(Class::ArrayList | Class::JsonArray | Class::SubList))
    }

    pub(crate) fn is_collection(&self, value: &Value<'r>) -> bool {
        self.is_list(value) || matches!(self.class(value), Some(Class::KeySet | Class::Values | Class::EntrySet))
    }

    pub(crate) fn is_map(&self, value: &Value<'r>) -> bool {
        matches!(self.class(value), Some(Class::LinkedHashMap | Class::JsonObject | Class::Foreach))
    }

    /// A cursor over what `#foreach` and `iterator()` can walk; `None` where there is nothing to walk.
    pub(crate) fn cursor(&mut self, value: &Value<'r>) -> Outcome<Option<Cursor<'r>>> {
        let Value::Object(id) = value else {
            return Ok(None);
        };
        let id = *id;
        Ok(match self.get(id) {
            Object::List { changes, .. } => Some(Cursor::List { list: id, next: 0, changes: *changes }),
            Object::SubList { changes, .. } => {
                let changes = *changes;
                // It fails where the list has changed by itself.
                self.items(id)?;
                Some(Cursor::List { list: id, next: 0, changes })
            }
            Object::View { kind, map } => {
                let (kind, map) = (*kind, *map);
                Some(self.map_cursor(map, kind)?)
            }
            Object::Read(_) | Object::Map(_) => Some(self.map_cursor(id, ViewKind::Values)?),
            Object::Scope(scope) => {
                let storage = scope.storage;
                Some(self.map_cursor(storage, ViewKind::Values)?)
            }
            _ => None,
        })
    }

    pub(super) fn map_cursor(&mut self, map: ObjectId, kind: ViewKind) -> Outcome<Cursor<'r>> {
        let keys = self.ordered_keys(map)?;
        let changes = self.map(map).map_or(0, |m| m.changes);
        Ok(Cursor::Map { map, keys, next: 0, changes, kind })
    }

    pub(crate) fn has_next(&self, cursor: &Cursor<'r>) -> bool {
        match cursor {
            Cursor::List { list, next, .. } => match self.get(*list) {
                Object::List { items, .. } => items.len() != *next,
                Object::SubList { len, .. } => *len as usize != *next,
                _ => false,
            },
            Cursor::Map { keys, next, .. } => *next < keys.len(),
        }
    }

    pub(crate) fn advance(&mut self, cursor: &mut Cursor<'r>) -> Outcome<Value<'r>> {
        self.step(1)?;
        const CHANGED: &str = "java.util.ConcurrentModificationException: changed while it is walked";
        match cursor {
            Cursor::List { list, next, changes: expected } => match self.get(*list) {
                Object::List { items, changes, .. } if changes == expected => match items.get(*next) {
                    Some(item) => {
                        *next += 1;
                        Ok(*item)
                    }
                    None => exception("java.util.NoSuchElementException"),
                },
                Object::SubList { list, from, len, .. } => match self.get(*list) {
                    Object::List { items, changes, .. } if changes == expected => {
                        match items.get(*from as usize + *next).filter(|_| *next < *len as usize) {
                            Some(item) => {
                                *next += 1;
                                Ok(*item)
                            }
                            None => exception("java.util.NoSuchElementException"),
                        }
                    }
                    _ => exception(CHANGED),
                },
                _ => exception(CHANGED),
            },
            Cursor::Map { map, keys, next, changes, kind } => {
                if self.map(*map).is_none_or(|m| m.changes != *changes) {
                    return exception(CHANGED);
                }
                let Some(key) = keys.get(*next).cloned() else {
                    return exception("java.util.NoSuchElementException");
                };
                *next += 1;
                self.view_item(*kind, *map, &key)
            }
        }
    }
}
