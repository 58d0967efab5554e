//! Java's `equals` and `hashCode`.

use super::{Class, Heap, Outcome, Value, unsupported};
use crate::number;

impl<'r> Heap<'r> {
    /// Java's `equals`.
    pub(crate) fn equals(&mut self, a: &Value<'r>, b: &Value<'r>) -> Outcome<bool> {
        self.step(1)?;
        Ok(match (a, b) {
            (Value::Object(x), Value::Object(y)) if x == y => true,
            (Value::Object(x), Value::Object(y)) => {
                let (x, y) = (*x, *y);
                if self.is_list(a) && self.is_list(b) {
                    let (p, q) = (self.items(x)?, self.items(y)?);
                    if p.len() != q.len() {
                        return Ok(false);
                    }
                    return self.deeper(|h| {
                        for (m, n) in p.iter().zip(&q) {
                            if !h.equals(m, n)? {
                                return Ok(false);
                            }
                        }
                        Ok(true)
                    });
                }
                if self.is_map(a) && self.is_map(b) {
                    let keys = self.ordered_keys(x)?;
                    if self.map_len(y) != keys.len() {
                        return Ok(false);
                    }
                    return self.deeper(|h| {
                        for key in keys {
                            let (_, m) = h.entry_of(x, &key);
                            let Some(n) = h.map(y).and_then(|map| map.get(&key)).cloned() else {
                                return Ok(false);
                            };
                            if !h.equals(&m, &n)? {
                                return Ok(false);
                            }
                        }
                        Ok(true)
                    });
                }
                match (self.class(a), self.class(b)) {
                    (Some(Class::Entry), Some(Class::Entry)) => {
                        let ((k, v), (l, w)) = (self.entry_parts(x)?, self.entry_parts(y)?);
                        self.deeper(|h| Ok(h.equals(&k, &l)? && h.equals(&v, &w)?))?
                    }
                    (Some(Class::KeySet | Class::EntrySet), Some(Class::KeySet | Class::EntrySet)) => {
                        let (p, q) = (self.items(x)?, self.items(y)?);
                        if p.len() != q.len() {
                            return Ok(false);
                        }
                        for m in &p {
                            if !self.contains(&q, m)? {
                                return Ok(false);
                            }
                        }
                        true
                    }
                    _ => false,
                }
            }
            (Value::Object(_), _) | (_, Value::Object(_)) => false,
            (Value::Null, Value::Null) => true,
            _ => self.key(a)? == self.key(b)?,
        })
    }

    pub(crate) fn contains(&mut self, items: &[Value<'r>], value: &Value<'r>) -> Outcome<bool> {
        Ok(self.position(items, value)?.is_some())
    }

    pub(crate) fn position(&mut self, items: &[Value<'r>], value: &Value<'r>) -> Outcome<Option<usize>> {
        for (i, item) in items.iter().enumerate() {
            if self.equals(value, item)? {
                return Ok(Some(i));
            }
        }
        Ok(None)
    }

    /// Java's `hashCode`.
    pub(crate) fn hash_code(&mut self, value: &Value<'r>) -> Outcome<i32> {
        self.step(1)?;
        Ok(match value {
            Value::Null => 0,
            Value::Bool(b) => {
                if *b {
                    1231
                } else {
                    1237
                }
            }
            Value::Char(c) => i32::from(*c),
            Value::Str(s) => s.hash_code(),
            v if number::is_number(v) => number::hash_code(v),
            Value::Object(id) => {
                let id = *id;
                if self.is_list(value) {
                    let items = self.items(id)?;
                    return self.deeper(|h| {
                        items.iter().try_fold(1i32, |hash, v| Ok(hash.wrapping_mul(31).wrapping_add(h.hash_code(v)?)))
                    });
                }
                if self.is_map(value) {
                    let keys = self.ordered_keys(id)?;
                    return self.deeper(|h| {
                        keys.iter().try_fold(0i32, |sum, key| {
                            let (k, v) = h.entry_of(id, key);
                            Ok(sum.wrapping_add(h.hash_code(&k)? ^ h.hash_code(&v)?))
                        })
                    });
                }
                match self.class(value) {
                    Some(Class::KeySet | Class::EntrySet) => {
                        let items = self.items(id)?;
                        self.deeper(|h| items.iter().try_fold(0i32, |sum, v| Ok(sum.wrapping_add(h.hash_code(v)?))))?
                    }
                    Some(Class::Entry) => {
                        let (k, v) = self.entry_parts(id)?;
                        self.deeper(|h| Ok(h.hash_code(&k)? ^ h.hash_code(&v)?))?
                    }
                    _ => {
                        return unsupported("the hash code of this object, which differs from run to run,");
                    }
                }
            }
            _ => {
                return unsupported("the hash code of this object, which differs from run to run,");
            }
        })
    }
}
