//! Arrays, whose number of elements stays as it is, and stretches of lists, which change the list that they are part of.

use super::collections::{ask, index, items_mut, list, members, size, sorted};
use super::{illegal, int};
use crate::value::{Class, Heap, ListKind, Object, ObjectId, Outcome, Value, exception, unsupported};

pub(super) fn array<'r>(
    heap: &mut Heap<'r>,
    on: &Value<'r>,
    id: ObjectId,
    class: Class,
    method: &str,
    a: &[Value<'r>],
) -> Outcome<Value<'r>> {
    if matches!(method, "toString()" | "hashCode()") {
        return unsupported(format!("{method} of an array"));
    }
    if let Some(answer) = ask(heap, on, id, method, a)? {
        return Ok(answer);
    }
    let len = size(heap, id)?;
    // Only what would change the number of elements fails, not what finds nothing to add or to remove.
    let (changes, answer) = match method {
        "set(int,Object)" => {
            let i = index(method, int(&a[0]), len)?;
            let fits = match (class, heap.class(&a[1])) {
                (Class::ObjectArray, _) | (Class::StringArray, None) => true,
                (Class::StringArray, Some(element)) => element == Class::String,
                (Class::CharArray, element) => element == Some(Class::Character),
                (_, element) => element == Some(Class::Byte),
            };
            if !fits {
                return illegal("java.lang.IllegalArgumentException: array element type mismatch");
            }
            return Ok(std::mem::replace(&mut items_mut(heap, id, false)?[i], a[1]));
        }
        "sort(Comparator)" => {
            let items = sorted(heap, id)?;
            *items_mut(heap, id, false)? = items;
            return Ok(Value::Null);
        }
        "add(Object)" | "add(int,Object)" | "remove(int)" => (true, Value::Null),
        "clear()" => (len > 0, Value::Null),
        "addAll(Collection)" => (!members(heap, &a[0])?.is_empty(), Value::Bool(false)),
        "addAll(int,Collection)" => {
            let at = int(&a[0]);
            let outside = usize::try_from(at).map_or(true, |at| at > len);
            (outside || !members(heap, &a[1])?.is_empty(), Value::Bool(false))
        }
        "remove(Object)" => {
            let items = heap.items(id)?;
            (heap.position(&items, &a[0])?.is_some(), Value::Bool(false))
        }
        "removeAll(Collection)" | "retainAll(Collection)" => {
            let others = members(heap, &a[0])?;
            let keep = method.starts_with("retain");
            let mut changes = false;
            for item in heap.items(id)? {
                changes |= heap.contains(&others, &item)? != keep;
            }
            (changes, Value::Bool(false))
        }
        _ => return unsupported(format!("{method} of an array")),
    };
    if changes { exception("java.lang.UnsupportedOperationException") } else { Ok(answer) }
}

/// What a stretch of a list does is done to a copy, which then takes the stretch's place.
pub(super) fn part<'r>(
    heap: &mut Heap<'r>,
    on: &Value<'r>,
    id: ObjectId,
    method: &str,
    a: &[Value<'r>],
) -> Outcome<Value<'r>> {
    if let Some(answer) = ask(heap, on, id, method, a)? {
        return Ok(answer);
    }
    let Object::SubList { list: whole, from, len, .. } = *heap.get(id) else {
        return unsupported(method);
    };
    // Who adds nothing is not told that the list has changed by itself.
    if let ("addAll(Collection)" | "addAll(int,Collection)", [.., new]) = (method, a)
        && (a.len() == 1 || u32::try_from(int(&a[0])).is_ok_and(|at| at <= len))
        && members(heap, new)?.is_empty()
    {
        return Ok(Value::Bool(false));
    }
    let items = heap.items(id)?;
    let answer;
    let copy = match (heap.get(whole), heap.class(&Value::Object(whole))) {
        (Object::List { kind, .. }, Some(class)) if !matches!(kind, ListKind::ArrayList | ListKind::JsonArray) => {
            let copy = heap.list_of(*kind, items)?;
            answer = array(heap, &Value::Object(copy), copy, class, method, a)?;
            copy
        }
        _ => {
            let copy = heap.list_of(ListKind::ArrayList, items)?;
            answer = list(heap, &Value::Object(copy), copy, Class::ArrayList, method, a)?;
            copy
        }
    };
    let items = heap.items(copy)?;
    let changed = match (method, &answer) {
        ("sort(Comparator)", _) => false,
        (_, Value::Bool(changed)) => *changed,
        _ => matches!(heap.get(copy), Object::List { changes, .. } if *changes > 0),
    };
    let new = items.len() as u32;
    let all = size(heap, whole)?;
    heap.step(all / 64)?;
    let range = from as usize..(from + len) as usize;
    items_mut(heap, whole, changed)?.splice(range, items);
    let Object::List { changes: now, .. } = *heap.get(whole) else {
        return unsupported(method);
    };
    // The stretches that it is part of go on too; others of the list do not.
    let mut next = Some(id);
    while let Some(part) = next {
        let Object::SubList { parent, len: size, changes, .. } = heap.get_mut(part) else {
            break;
        };
        *size = *size + new - len;
        *changes = now;
        next = *parent;
    }
    Ok(answer)
}
