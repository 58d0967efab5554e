//! Lists and iterators; what all collections can answer.

use std::cmp::Ordering;

use super::maps::{entry, map, scope, view};
use super::parts::{array, part};
use super::{illegal, int, iterator_next, null_pointer};
use crate::number;
use crate::string::Out;
use crate::value::{Class, Heap, ListKind, Object, ObjectId, Outcome, Value, unsupported};

pub(super) fn invoke<'r>(
    heap: &mut Heap<'r>,
    on: &Value<'r>,
    id: ObjectId,
    class: Class,
    method: &str,
    a: &[Value<'r>],
) -> Outcome<Value<'r>> {
    match class {
        Class::LinkedHashMap | Class::JsonObject => map(heap, id, method, a),
        Class::Foreach => scope(heap, id, method, a),
        Class::Entry => entry(heap, id, method, a),
        Class::Iterator => iterator(heap, id, method),
        Class::KeySet | Class::Values | Class::EntrySet => view(heap, on, id, method, a),
        Class::ArrayList | Class::JsonArray => list(heap, on, id, class, method, a),
        Class::SubList => part(heap, on, id, method, a),
        Class::ObjectArray | Class::StringArray | Class::CharArray | Class::ByteArray => {
            array(heap, on, id, class, method, a)
        }
        _ => unsupported(format!("{method} of this object")),
    }
}

pub(super) fn members<'r>(heap: &mut Heap<'r>, value: &Value<'r>) -> Outcome<Vec<Value<'r>>> {
    match value {
        Value::Object(id) => heap.items(*id),
        _ => null_pointer(),
    }
}

pub(super) fn index(method: &str, i: i32, len: usize) -> Outcome<usize> {
    match usize::try_from(i) {
        Ok(i) if i < len => Ok(i),
        _ => illegal(format!(
            "java.lang.IndexOutOfBoundsException: Index {i} out of bounds for length {len} in {method}"
        )),
    }
}

fn found<'r>(position: Option<usize>) -> Value<'r> {
    Value::Int(position.map_or(-1, |i| i as i32))
}

/// What every collection can answer from its elements; `None` where it is no such question.
pub(super) fn ask<'r>(
    heap: &mut Heap<'r>,
    on: &Value<'r>,
    id: ObjectId,
    method: &str,
    a: &[Value<'r>],
) -> Outcome<Option<Value<'r>>> {
    Ok(Some(match method {
        "size()" => Value::Int(size(heap, id)? as i32),
        "isEmpty()" => Value::Bool(size(heap, id)? == 0),
        "contains(Object)" => {
            let items = heap.items(id)?;
            Value::Bool(heap.contains(&items, &a[0])?)
        }
        "containsAll(Collection)" => {
            let wanted = members(heap, &a[0])?;
            let items = heap.items(id)?;
            for value in &wanted {
                if !heap.contains(&items, value)? {
                    return Ok(Some(Value::Bool(false)));
                }
            }
            Value::Bool(true)
        }
        "iterator()" => match heap.cursor(on)? {
            Some(cursor) => heap.add(Object::Iterator(Box::new(cursor)))?,
            None => return unsupported("an iterator over this object"),
        },
        "toArray()" => {
            let items = heap.items(id)?;
            heap.list(ListKind::ObjectArray, items)?
        }
        "get(int)" => {
            let i = int(&a[0]);
            if let Object::List { items, .. } = heap.get(id) {
                return Ok(Some(items[index(method, i, items.len())?]));
            }
            let items = heap.items(id)?;
            items[index(method, i, items.len())?]
        }
        "indexOf(Object)" => {
            let items = heap.items(id)?;
            found(heap.position(&items, &a[0])?)
        }
        "lastIndexOf(Object)" => {
            let mut items = heap.items(id)?;
            items.reverse();
            let position = heap.position(&items, &a[0])?;
            found(position.map(|i| items.len() - 1 - i))
        }
        "subList(int,int)" => {
            let (from, to, len) = (int(&a[0]), int(&a[1]), size(heap, id)?);
            if from < 0 {
                return illegal(format!("java.lang.IndexOutOfBoundsException: fromIndex = {from}"));
            }
            if to as i64 > len as i64 {
                return illegal(format!("java.lang.IndexOutOfBoundsException: toIndex = {to}"));
            }
            if from > to {
                return illegal(format!("java.lang.IllegalArgumentException: fromIndex({from}) > toIndex({to})"));
            }
            let (from, len) = (from as u32, (to - from) as u32);
            match heap.get(id) {
                Object::List { changes, .. } => {
                    let changes = *changes;
                    heap.add(Object::SubList { list: id, parent: None, from, len, changes })?
                }
                Object::SubList { list, from: start, changes, .. } => {
                    let (list, from, changes) = (*list, *start + from, *changes);
                    heap.add(Object::SubList { list, parent: Some(id), from, len, changes })?
                }
                _ => return unsupported(method),
            }
        }
        "forEach(Consumer)" | "removeIf(Predicate)" => return null_pointer(),
        _ => return Ok(None),
    }))
}

pub(super) fn size<'r>(heap: &mut Heap<'r>, id: ObjectId) -> Outcome<usize> {
    Ok(match heap.get(id) {
        Object::List { items, .. } => items.len(),
        Object::View { map, .. } => heap.map_len(*map),
        _ => heap.items(id)?.len(),
    })
}

/// The elements to change; `structure` where their number changes, which ends loops over the list.
pub(super) fn items_mut<'r, 'h>(
    heap: &'h mut Heap<'r>,
    id: ObjectId,
    structure: bool,
) -> Outcome<&'h mut Vec<Value<'r>>> {
    match heap.get_mut(id) {
        Object::List { items, changes, .. } => {
            if structure {
                *changes += 1;
            }
            Ok(items)
        }
        _ => unsupported("changing this list"),
    }
}

pub(super) fn list<'r>(
    heap: &mut Heap<'r>,
    on: &Value<'r>,
    id: ObjectId,
    class: Class,
    method: &str,
    a: &[Value<'r>],
) -> Outcome<Value<'r>> {
    if let Some(answer) = ask(heap, on, id, method, a)? {
        return Ok(answer);
    }
    let len = size(heap, id)?;
    Ok(match method {
        "add(Object)" => {
            heap.charge(32)?;
            items_mut(heap, id, true)?.push(a[0]);
            Value::Bool(true)
        }
        "add(int,Object)" => {
            let i = int(&a[0]);
            if i < 0 || i as usize > len {
                return illegal(format!("java.lang.IndexOutOfBoundsException: Index: {i}, Size: {len}"));
            }
            heap.charge(32)?;
            heap.step(len / 64)?;
            items_mut(heap, id, true)?.insert(i as usize, a[1]);
            Value::Null
        }
        "addAll(Collection)" | "addAll(int,Collection)" => {
            let at = if a.len() == 2 { int(&a[0]) } else { len as i32 };
            if at < 0 || at as usize > len {
                return illegal(format!("java.lang.IndexOutOfBoundsException: Index: {at}, Size: {len}"));
            }
            let new = members(heap, &a[a.len() - 1])?;
            heap.charge(new.len() * 32)?;
            heap.step(len / 64)?;
            let changed = !new.is_empty();
            let at = at as usize;
            items_mut(heap, id, true)?.splice(at..at, new);
            Value::Bool(changed)
        }
        "set(int,Object)" => {
            let i = index(method, int(&a[0]), len)?;
            std::mem::replace(&mut items_mut(heap, id, false)?[i], a[1])
        }
        "remove(int)" => {
            let i = index(method, int(&a[0]), len)?;
            heap.step(len / 64)?;
            items_mut(heap, id, true)?.remove(i)
        }
        "remove(Object)" => {
            let items = heap.items(id)?;
            match heap.position(&items, &a[0])? {
                Some(i) => {
                    items_mut(heap, id, true)?.remove(i);
                    Value::Bool(true)
                }
                None => Value::Bool(false),
            }
        }
        "removeAll(Collection)" | "retainAll(Collection)" => {
            let others = members(heap, &a[0])?;
            let keep = method.starts_with("retain");
            let mut kept = Vec::new();
            for item in heap.items(id)? {
                if heap.contains(&others, &item)? == keep {
                    kept.push(item);
                }
            }
            let changed = kept.len() != len;
            *items_mut(heap, id, changed)? = kept;
            Value::Bool(changed)
        }
        "clear()" => {
            items_mut(heap, id, true)?.clear();
            Value::Null
        }
        "clone()" => {
            let items = heap.items(id)?;
            let kind = if class == Class::JsonArray { ListKind::JsonArray } else { ListKind::ArrayList };
            heap.list(kind, items)?
        }
        "sort(Comparator)" => {
            let items = sorted(heap, id)?;
            *items_mut(heap, id, true)? = items;
            Value::Null
        }
        "replaceAll(UnaryOperator)" => return null_pointer(),
        "ensureCapacity(int)" | "trimToSize()" => Value::Null,
        "toJSONString()" => return json_text(heap, on),
        _ => return unsupported(format!("{method} of a list")),
    })
}

pub(super) fn json_text<'r>(heap: &mut Heap<'r>, on: &Value<'r>) -> Outcome<Value<'r>> {
    let mut out = Out::new();
    crate::json::write(heap, on, true, &mut out)?;
    heap.made(out)
}

/// The natural order: of numbers of one type, and of strings.
pub(super) fn sorted<'r>(heap: &mut Heap<'r>, id: ObjectId) -> Outcome<Vec<Value<'r>>> {
    let mut items = heap.items(id)?;
    let classes: Vec<Option<Class>> = items.iter().map(|v| heap.class(v)).collect();
    if items.len() > 1 {
        if classes.contains(&None) {
            return null_pointer();
        }
        if classes.iter().any(|c| *c != classes[0]) {
            return illegal("java.lang.ClassCastException: elements of several classes cannot be sorted");
        }
        match classes[0] {
            Some(
                Class::String
                | Class::Boolean
                | Class::Character
                | Class::Byte
                | Class::Integer
                | Class::Long
                | Class::Double
                | Class::BigInteger
                | Class::BigDecimal,
            ) => {}
            _ => {
                return illegal("java.lang.ClassCastException: elements that have no order cannot be sorted");
            }
        }
    }
    heap.step(items.len() * 8)?;
    items.sort_by(order);
    Ok(items)
}

fn order<'r>(a: &Value<'r>, b: &Value<'r>) -> Ordering {
    match (a, b) {
        (Value::Str(x), Value::Str(y)) => x.order(y),
        (Value::Bool(x), Value::Bool(y)) => x.cmp(y),
        (Value::Char(x), Value::Char(y)) => x.cmp(y),
        (Value::Double(x), Value::Double(y)) => number::java_double_order(*x, *y),
        _ => number::compare(a, b).unwrap_or(Ordering::Equal),
    }
}

fn iterator<'r>(heap: &mut Heap<'r>, id: ObjectId, method: &str) -> Outcome<Value<'r>> {
    match method {
        "hasNext()" => match heap.get(id) {
            Object::Iterator(cursor) => Ok(Value::Bool(heap.has_next(cursor))),
            _ => unsupported(method),
        },
        "next()" => iterator_next(heap, id),
        _ => unsupported(format!("{method} of an iterator")),
    }
}
