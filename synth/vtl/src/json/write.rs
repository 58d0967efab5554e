//! Values, written as JSON.

use crate::error::ErrorKind;
use crate::string::{JStr, Out};
use crate::value::{Heap, Key, ListKind, Object, Outcome, Value, exception, unsupported};

/// json-smart's escaping of a string; `web` escapes slashes too.
fn escape<'r>(s: &JStr<'r>, web: bool, out: &mut Out) {
    let plain = |c: char| {
        !(c < ' '
            || c == '"'
            || c == '\\'
            || (web && c == '/')
            || ('\u{7f}'..='\u{9f}').contains(&c)
            || ('\u{2000}'..='\u{20ff}').contains(&c))
    };
    let Some(text) = s.as_str() else {
        for unit in s.units() {
            match char::from_u32(u32::from(unit)) {
                Some(c) if !plain(c) => escape(&JStr::from(c.encode_utf8(&mut [0; 4]) as &str), web, out),
                _ => out.push_unit(unit),
            }
        }
        return;
    };
    let mut rest = text;
    while let Some(at) = rest.find(|c| !plain(c)) {
        out.push_str(&rest[..at]);
        let c = rest[at..].chars().next().unwrap_or(' ');
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '/' => out.push_str("\\/"),
            c => out.push_str(&format!("\\u{:04X}", c as u32)),
        }
        rest = &rest[at + c.len_utf8()..];
    }
    out.push_str(rest);
}

/// Writes a value as json-smart does; `web` as `toString` of its arrays, else as `$input.json`.
pub(crate) fn write<'r>(heap: &mut Heap<'r>, value: &Value<'r>, web: bool, out: &mut Out) -> Outcome<()> {
    heap.step(1)?;
    match value {
        Value::Null => out.push_str("null"),
        Value::Str(s) => quoted(s, web, out),
        Value::Double(n) if n.is_infinite() => out.push_str("null"),
        Value::Float(n) if n.is_infinite() => out.push_str("null"),
        Value::Object(id) if heap.is_map(value) => {
            let id = *id;
            let keys = heap.ordered_keys(id)?;
            out.push_str("{");
            heap.deeper(|h| {
                for (i, key) in keys.iter().enumerate() {
                    if i > 0 {
                        out.push_str(",");
                    }
                    let (k, v) = h.entry_of(id, key);
                    if matches!(key, Key::Null) {
                        return exception("java.lang.NullPointerException: a null key in JSON");
                    }
                    let k = h.text(&k)?;
                    quoted(&k, web, out);
                    out.push_str(":");
                    write(h, &v, web, out)?;
                }
                Ok(())
            })?;
            out.push_str("}");
        }
        Value::Object(id) if heap.is_collection(value) => {
            let items = heap.items(*id)?;
            out.push_str("[");
            heap.deeper(|h| {
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push_str(",");
                    }
                    write(h, item, web, out)?;
                }
                Ok(())
            })?;
            out.push_str("]");
        }
        Value::Object(id) => match heap.get(*id) {
            Object::List { kind: ListKind::ByteArray | ListKind::CharArray, .. } => {
                return exception("java.lang.ClassCastException: not an array of objects");
            }
            Object::List { items, .. } => {
                let items = items.clone();
                out.push_str("[");
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push_str(",");
                    }
                    write(heap, item, web, out)?;
                }
                out.push_str("]");
            }
            _ => return unsupported("this object in JSON"),
        },
        Value::Char(_) | Value::Input | Value::Util | Value::Class(_) => {
            return unsupported("this object in JSON");
        }
        _ => heap.write(value, out)?,
    }
    if out.len() > heap.limits.output_bytes {
        let limit = heap.limits.output_bytes;
        return Err(ErrorKind::Limit(format!("a JSON text gets longer than {limit} bytes")).into());
    }
    Ok(())
}

fn quoted<'r>(s: &JStr<'r>, web: bool, out: &mut Out) {
    out.push_str("\"");
    escape(s, web, out);
    out.push_str("\"");
}
