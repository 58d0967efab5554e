//! Maps, their views and entries, and the scope of a loop.

use super::collections::{ask, json_text, members};
use super::null_pointer;
use crate::ast::LoopProperty;
use crate::value::{Heap, MapKind, Object, ObjectId, Outcome, Value, ViewKind, exception, unsupported};

/// Java's `Entry.setValue`.
pub(super) fn set_entry<'r>(heap: &mut Heap<'r>, id: ObjectId, value: Value<'r>) -> Outcome<Value<'r>> {
    let Object::Entry { map, key } = heap.get(id) else {
        return unsupported("setting the value of this entry");
    };
    let (map, key) = (*map, key.clone());
    heap.map_set(map, &key, value)
}

pub(super) fn view<'r>(
    heap: &mut Heap<'r>,
    on: &Value<'r>,
    id: ObjectId,
    method: &str,
    a: &[Value<'r>],
) -> Outcome<Value<'r>> {
    let Object::View { kind, map } = heap.get(id) else {
        return unsupported(method);
    };
    let (kind, map) = (*kind, *map);
    if let ("contains(Object)", ViewKind::Keys) = (method, kind) {
        let key = heap.key(&a[0])?;
        return Ok(Value::Bool(heap.map(map).is_some_and(|m| m.contains_key(&key))));
    }
    if let ("remove(Object)", ViewKind::Keys) = (method, kind) {
        let key = heap.key(&a[0])?;
        return Ok(Value::Bool(heap.map_remove(map, &key)?.is_some()));
    }
    if let Some(answer) = ask(heap, on, id, method, a)? {
        return Ok(answer);
    }
    match method {
        "addAll(Collection)" if members(heap, &a[0])?.is_empty() => Ok(Value::Bool(false)),
        "add(Object)" | "addAll(Collection)" => exception("java.lang.UnsupportedOperationException"),
        "clear()" => {
            heap.map_clear(map);
            Ok(Value::Null)
        }
        "remove(Object)" | "removeAll(Collection)" | "retainAll(Collection)" => {
            let single = method.starts_with("remove(");
            let keep = method.starts_with("retain");
            let others = if single { vec![a[0]] } else { members(heap, &a[0])? };
            let mut changed = false;
            for key in heap.ordered_keys(map)? {
                let item = heap.view_item(kind, map, &key)?;
                if heap.contains(&others, &item)? != keep {
                    heap.map_remove(map, &key)?;
                    changed = true;
                    if single {
                        break;
                    }
                }
            }
            Ok(Value::Bool(changed))
        }
        _ => unsupported(format!("{method} of a map's view")),
    }
}

pub(super) fn map<'r>(heap: &mut Heap<'r>, id: ObjectId, method: &str, a: &[Value<'r>]) -> Outcome<Value<'r>> {
    let view = |heap: &mut Heap<'r>, kind| heap.add(Object::View { kind, map: id });
    Ok(match method {
        "get(Object)" => heap.map_get(id, &a[0])?,
        "put(Object,Object)" => heap.map_put(id, a[0], a[1])?,
        "size()" => Value::Int(heap.map_len(id) as i32),
        "isEmpty()" => Value::Bool(heap.map(id).is_none_or(|m| m.is_empty())),
        "containsKey(Object)" => {
            let key = heap.key(&a[0])?;
            Value::Bool(heap.map(id).is_some_and(|m| m.contains_key(&key)))
        }
        "containsValue(Object)" => {
            let values: Vec<Value<'r>> = heap.map(id).map(|m| m.values()).unwrap_or_default();
            Value::Bool(heap.contains(&values, &a[0])?)
        }
        "getOrDefault(Object,Object)" => {
            let key = heap.key(&a[0])?;
            *heap.map(id).and_then(|m| m.get(&key)).unwrap_or(&a[1])
        }
        "putIfAbsent(Object,Object)" => {
            let old = heap.map_get(id, &a[0])?;
            if old.is_null() {
                heap.map_put(id, a[0], a[1])?;
            }
            old
        }
        "putAll(Map)" => {
            let Value::Object(other) = a[0] else {
                return null_pointer();
            };
            for key in heap.ordered_keys(other)? {
                let (k, v) = heap.entry_of(other, &key);
                heap.map_put(id, k, v)?;
            }
            Value::Null
        }
        "remove(Object)" => {
            let key = heap.key(&a[0])?;
            heap.map_remove(id, &key)?.unwrap_or(Value::Null)
        }
        "remove(Object,Object)" => {
            let key = heap.key(&a[0])?;
            let held = heap.map(id).and_then(|m| m.get(&key)).cloned();
            match held {
                Some(value) if heap.equals(&a[1], &value)? => {
                    heap.map_remove(id, &key)?;
                    Value::Bool(true)
                }
                _ => Value::Bool(false),
            }
        }
        "replace(Object,Object)" => {
            let key = heap.key(&a[0])?;
            if heap.map(id).is_some_and(|m| m.contains_key(&key)) { heap.map_put(id, a[0], a[1])? } else { Value::Null }
        }
        "replace(Object,Object,Object)" => {
            let key = heap.key(&a[0])?;
            let held = heap.map(id).and_then(|m| m.get(&key)).cloned();
            match held {
                Some(value) if heap.equals(&value, &a[1])? => {
                    heap.map_put(id, a[0], a[2])?;
                    Value::Bool(true)
                }
                _ => Value::Bool(false),
            }
        }
        "clear()" => {
            heap.map_clear(id);
            Value::Null
        }
        "clone()" => {
            let kind = heap.map(id).map_or(MapKind::Linked, |m| m.kind);
            let copy = heap.new_map(kind)?;
            for key in heap.ordered_keys(id)? {
                let (k, v) = heap.entry_of(id, &key);
                heap.map_put(copy, k, v)?;
            }
            Value::Object(copy)
        }
        "keySet()" => view(heap, ViewKind::Keys)?,
        "values()" => view(heap, ViewKind::Values)?,
        "entrySet()" => view(heap, ViewKind::Entries)?,
        "forEach(BiConsumer)" | "replaceAll(BiFunction)" => return null_pointer(),
        "computeIfAbsent(Object,Function)" | "computeIfPresent(Object,BiFunction)" | "compute(Object,BiFunction)" => {
            return null_pointer();
        }
        "merge(Object,Object,BiFunction)" => return null_pointer(),
        "toJSONString()" => return json_text(heap, &Value::Object(id)),
        _ => return unsupported(format!("{method} of a map")),
    })
}

pub(super) fn scope<'r>(heap: &mut Heap<'r>, id: ObjectId, method: &str, a: &[Value<'r>]) -> Outcome<Value<'r>> {
    let Object::Scope(scope) = heap.get(id) else {
        return unsupported(method);
    };
    let (parent, storage) = (scope.parent, scope.storage);
    Ok(match method {
        "getIndex()" => scope.property(LoopProperty::Index),
        "getCount()" => scope.property(LoopProperty::Count),
        "getHasNext()" | "hasNext()" => scope.property(LoopProperty::HasNext),
        "getFirst()" | "isFirst()" => scope.property(LoopProperty::First),
        "getLast()" | "isLast()" => scope.property(LoopProperty::Last),
        "getParent()" => parent.map_or(Value::Null, Value::Object),
        "getTopmost()" => {
            let mut top = id;
            while let Object::Scope(scope) = heap.get(top)
                && let Some(parent) = scope.parent
            {
                top = parent;
            }
            Value::Object(top)
        }
        "getReplaced()" => {
            let mut at = id;
            loop {
                match heap.get(at) {
                    Object::Scope(s) if s.replaced.is_null() && s.parent.is_some() => at = s.parent.unwrap_or(at),
                    Object::Scope(s) => return Ok(s.replaced),
                    _ => return Ok(Value::Null),
                }
            }
        }
        "get(Object)" => heap.map_get(id, &a[0])?,
        "getInfo()" => return unsupported("$foreach.info"),
        _ => map(heap, storage, method, a)?,
    })
}

pub(super) fn entry<'r>(heap: &mut Heap<'r>, id: ObjectId, method: &str, a: &[Value<'r>]) -> Outcome<Value<'r>> {
    let (key, value) = heap.entry_parts(id)?;
    match method {
        "getKey()" => Ok(key),
        "getValue()" => Ok(value),
        "setValue(Object)" => set_entry(heap, id, a[0]),
        _ => unsupported(format!("{method} of an entry")),
    }
}
