//! `java.lang.String`

use std::borrow::Cow;

use super::{illegal, int, null_pointer};
use crate::regex;
use crate::render::{Flow, Interpreter};
use crate::string::{JStr, Out};
use crate::value::{Heap, ListKind, Outcome, Value, unsupported};

fn text<'v, 'r>(value: &'v Value<'r>) -> Outcome<&'v JStr<'r>> {
    match value {
        Value::Str(s) => Ok(s),
        Value::Null => null_pointer(),
        _ => unsupported("this kind of argument"),
    }
}

/// Java takes an index below zero as zero.
fn from_index<'r>(value: &Value<'r>) -> usize {
    usize::try_from(int(value)).unwrap_or(0)
}

fn found<'r>(index: Option<usize>) -> Value<'r> {
    Value::Int(index.map_or(-1, |i| i as i32))
}

fn substring<'r>(heap: &mut Heap<'r>, s: &JStr<'r>, from: i32, to: Option<i32>) -> Outcome<JStr<'r>> {
    let len = s.len() as i32;
    let end = to.unwrap_or(len);
    if from < 0 || end > len || from > end {
        return illegal(format!("java.lang.StringIndexOutOfBoundsException: begin {from}, end {end}, length {len}"));
    }
    let (from, end) = (from as usize, end as usize);
    Ok(match s {
        JStr::Utf8(s) if s.is_ascii() => JStr::from(&s[from..end]),
        _ => heap.keep(s.units()[from..end].to_vec()),
    })
}

/// A code point or a `char` as a string to look for.
fn needle<'r>(heap: &mut Heap<'r>, value: &Value<'_>) -> JStr<'r> {
    match u32::try_from(int(value)).ok() {
        Some(unit @ 0..=0xffff) => heap.keep(vec![unit as u16]),
        Some(code) => char::from_u32(code).map_or_else(|| JStr::from(""), |c| heap.keep(c.to_string())),
        None => JStr::from(""),
    }
}

fn starts_with<'r>(s: &JStr<'r>, prefix: &JStr<'r>, from: i32) -> bool {
    match (s, prefix) {
        (JStr::Utf8(s), JStr::Utf8(p)) if from == 0 => s.starts_with(p),
        _ => usize::try_from(from)
            .is_ok_and(|from| s.units().get(from..).is_some_and(|u| u.starts_with(&prefix.units()))),
    }
}

/// Java compares the lower case of the upper case, character by character.
fn fold_case(code: u32) -> u32 {
    fn single(mut chars: impl Iterator<Item = char>) -> Option<char> {
        chars.next().filter(|_| chars.next().is_none())
    }
    let Some(c) = char::from_u32(code) else {
        return code;
    };
    let upper = single(c.to_uppercase()).unwrap_or(c);
    single(upper.to_lowercase()).unwrap_or(upper) as u32
}

fn compare_ignoring_case<'r>(a: &JStr<'r>, b: &JStr<'r>) -> i32 {
    // The JDK looks at whole code points only where both strings go beyond Latin-1.
    let beyond = |s: &JStr<'r>| s.units().iter().any(|u| *u > 0xff);
    let whole = beyond(a) && beyond(b);
    let codes = |s: &JStr<'r>| -> Vec<u32> {
        if !whole {
            return s.units().into_iter().map(u32::from).collect();
        }
        char::decode_utf16(s.units())
            .map(|c| c.map_or_else(|half| u32::from(half.unpaired_surrogate()), u32::from))
            .collect()
    };
    for (x, y) in codes(a).into_iter().zip(codes(b)) {
        let (x, y) = (fold_case(x), fold_case(y));
        if x != y {
            return x as i32 - y as i32;
        }
    }
    a.len() as i32 - b.len() as i32
}

fn map_text<'r>(heap: &mut Heap<'r>, s: &JStr<'r>, f: impl Fn(&str) -> String) -> Outcome<JStr<'r>> {
    match s {
        JStr::Utf8(s) => Ok(heap.keep(f(s))),
        JStr::Wide(_) => unsupported("this method on half a surrogate pair"),
    }
}

fn replace<'r>(heap: &mut Heap<'r>, s: &JStr<'r>, from: &JStr<'r>, to: &JStr<'r>) -> Outcome<JStr<'r>> {
    let occurrences = s.len() / from.len().max(1) + 1;
    heap.step(occurrences / 8)?;
    if let (JStr::Utf8(text), JStr::Utf8(from), JStr::Utf8(to)) = (s, from, to)
        && (!from.is_empty() || text.is_ascii())
    {
        let count = if from.is_empty() { text.len() + 1 } else { text.matches(from).count() };
        heap.charge(text.len() + count * to.len())?;
        return Ok(if count == 0 { *s } else { heap.keep(text.replace(from, to)) });
    }
    let (units, from, to) = (s.units(), from.units(), to.units());
    heap.charge(2 * (units.len() + occurrences * to.len()))?;
    let mut out = Vec::new();
    let mut i = 0;
    while i < units.len() {
        if from.is_empty() {
            out.extend(&to);
            out.push(units[i]);
            i += 1;
        } else if units[i..].starts_with(&from) {
            out.extend(&to);
            i += from.len();
        } else {
            out.push(units[i]);
            i += 1;
        }
    }
    if from.is_empty() {
        out.extend(&to);
    }
    Ok(heap.keep(out))
}

pub(super) fn replace_all<'r>(
    it: &mut Interpreter<'r>,
    s: &JStr<'r>,
    pattern: &JStr<'r>,
    with: &JStr<'r>,
) -> Outcome<Value<'r>> {
    let result = regex::replace(&mut it.heap, &mut it.input.patterns, s, pattern, with, usize::MAX)?;
    it.heap.string(result)
}

fn list<'r>(heap: &mut Heap<'r>, parts: Vec<JStr<'r>>) -> Outcome<Value<'r>> {
    let bytes = parts.iter().map(JStr::bytes).sum();
    heap.charge(bytes)?;
    heap.list(ListKind::StringArray, parts.into_iter().map(Value::Str).collect())
}

pub(super) fn invoke<'r>(it: &mut Interpreter<'r>, s: &JStr<'r>, method: &str, a: &[Value<'r>]) -> Flow<Value<'r>> {
    it.heap.step(s.bytes() / 64)?;
    if method == "valueOf(Object)" {
        let text = super::argument_text(it, &a[0])?;
        return Ok(Value::Str(text.unwrap_or_else(|| JStr::from("null"))));
    }
    Ok(plain(it, s, method, a)?)
}

fn plain<'r>(it: &mut Interpreter<'r>, s: &JStr<'r>, method: &str, a: &[Value<'r>]) -> Outcome<Value<'r>> {
    let result = match method {
        "length()" => return Ok(Value::Int(s.len() as i32)),
        "isEmpty()" => return Ok(Value::Bool(s.is_empty())),
        "isBlank()" => return Ok(Value::Bool(s.to_text().chars().all(is_white))),
        "charAt(int)" => {
            let index = int(&a[0]);
            return match usize::try_from(index).ok().and_then(|i| s.unit(i)) {
                Some(unit) => Ok(Value::Char(unit)),
                None => {
                    illegal(format!("java.lang.StringIndexOutOfBoundsException: index {index}, length {}", s.len()))
                }
            };
        }
        "codePointAt(int)" => {
            let index = int(&a[0]);
            let units = s.units();
            let rest = usize::try_from(index).ok().and_then(|i| units.get(i..)).filter(|r| !r.is_empty());
            return match rest {
                Some(rest) => Ok(Value::Int(match char::decode_utf16(rest.iter().copied()).next() {
                    Some(Ok(c)) => c as i32,
                    _ => i32::from(rest[0]),
                })),
                None => {
                    illegal(format!("java.lang.StringIndexOutOfBoundsException: index {index}, length {}", s.len()))
                }
            };
        }
        "substring(int)" => substring(&mut it.heap, s, int(&a[0]), None)?,
        "substring(int,int)" | "subSequence(int,int)" => substring(&mut it.heap, s, int(&a[0]), Some(int(&a[1])))?,
        "indexOf(String)" => return Ok(found(s.index_of(text(&a[0])?, 0))),
        "indexOf(String,int)" => {
            let (needle, from) = (text(&a[0])?, from_index(&a[1]));
            let index = if from > s.len() && !needle.is_empty() { None } else { s.index_of(needle, from) };
            return Ok(found(index));
        }
        "indexOf(int)" => {
            return Ok(found(
                Some(needle(&mut it.heap, &a[0])).filter(|n| !n.is_empty()).and_then(|n| s.index_of(&n, 0)),
            ));
        }
        "indexOf(int,int)" => {
            let from = from_index(&a[1]);
            return Ok(found(
                Some(needle(&mut it.heap, &a[0]))
                    .filter(|n| !n.is_empty() && from < s.len())
                    .and_then(|n| s.index_of(&n, from)),
            ));
        }
        "lastIndexOf(String)" => return Ok(found(s.last_index_of(text(&a[0])?, usize::MAX))),
        "lastIndexOf(String,int)" | "lastIndexOf(int,int)" => {
            let needle = if method.contains("String") { *text(&a[0])? } else { needle(&mut it.heap, &a[0]) };
            let empty_char = needle.is_empty() && method == "lastIndexOf(int,int)";
            return Ok(found(match usize::try_from(int(&a[1])) {
                Ok(from) if !empty_char => s.last_index_of(&needle, from),
                _ => None,
            }));
        }
        "lastIndexOf(int)" => {
            return Ok(found(
                Some(needle(&mut it.heap, &a[0]))
                    .filter(|n| !n.is_empty())
                    .and_then(|n| s.last_index_of(&n, usize::MAX)),
            ));
        }
        "contains(CharSequence)" => return Ok(Value::Bool(s.index_of(text(&a[0])?, 0).is_some())),
        "contentEquals(CharSequence)" => return Ok(Value::Bool(s == text(&a[0])?)),
        "startsWith(String)" => return Ok(Value::Bool(starts_with(s, text(&a[0])?, 0))),
        "startsWith(String,int)" => {
            return Ok(Value::Bool(starts_with(s, text(&a[0])?, int(&a[1]))));
        }
        "endsWith(String)" => return Ok(Value::Bool(s.units().ends_with(&text(&a[0])?.units()))),
        "equalsIgnoreCase(String)" => {
            return Ok(Value::Bool(match &a[0] {
                Value::Str(other) => s.len() == other.len() && compare_ignoring_case(s, other) == 0,
                _ => false,
            }));
        }
        "compareTo(String)" => return Ok(Value::Int(s.compare(text(&a[0])?))),
        "compareTo(Object)" => {
            return match &a[0] {
                Value::Str(other) => Ok(Value::Int(s.compare(other))),
                Value::Null => null_pointer(),
                _ => illegal("java.lang.ClassCastException: not a java.lang.String"),
            };
        }
        "compareToIgnoreCase(String)" => {
            return Ok(Value::Int(compare_ignoring_case(s, text(&a[0])?)));
        }
        "concat(String)" => {
            let mut out = Out::new();
            out.push(s);
            out.push(text(&a[0])?);
            it.heap.keep(out)
        }
        "toLowerCase()" => map_text(&mut it.heap, s, str::to_lowercase)?,
        "toUpperCase()" => map_text(&mut it.heap, s, str::to_uppercase)?,
        "trim()" => map_text(&mut it.heap, s, |t| t.trim_matches(|c| c <= ' ').to_owned())?,
        "strip()" => map_text(&mut it.heap, s, |t| t.trim_matches(is_white).to_owned())?,
        "stripLeading()" => map_text(&mut it.heap, s, |t| t.trim_start_matches(is_white).to_owned())?,
        "stripTrailing()" => map_text(&mut it.heap, s, |t| t.trim_end_matches(is_white).to_owned())?,
        "intern()" => *s,
        "repeat(int)" => {
            let Ok(count) = usize::try_from(int(&a[0])) else {
                return illegal("java.lang.IllegalArgumentException: count is negative");
            };
            it.heap.charge(s.bytes().saturating_mul(count))?;
            match s {
                JStr::Utf8(t) => it.heap.keep(t.repeat(count)),
                JStr::Wide(u) => it.heap.keep(u.repeat(count)),
            }
        }
        "replace(CharSequence,CharSequence)" => replace(&mut it.heap, s, text(&a[0])?, text(&a[1])?)?,
        "replace(char,char)" => {
            let unit = |v: &Value<'r>| match v {
                Value::Char(c) => *c,
                _ => 0,
            };
            let (from, to) = (unit(&a[0]), unit(&a[1]));
            it.heap.keep(s.units().into_iter().map(|u| if u == from { to } else { u }).collect::<Vec<u16>>())
        }
        "replaceAll(String,String)" | "replaceFirst(String,String)" => {
            let (pattern, with) = (text(&a[0])?, text(&a[1])?);
            let times = if method.starts_with("replaceFirst") { 1 } else { usize::MAX };
            regex::replace(&mut it.heap, &mut it.input.patterns, s, pattern, with, times)?
        }
        "matches(String)" => {
            return Ok(Value::Bool(regex::matches(&mut it.heap, &mut it.input.patterns, s, text(&a[0])?)?));
        }
        "split(String)" | "split(String,int)" => {
            let limit = a.get(1).map_or(0, int);
            let parts = regex::split(&mut it.heap, &mut it.input.patterns, s, text(&a[0])?, limit)?;
            return list(&mut it.heap, parts);
        }
        "toCharArray()" => {
            let units = s.units();
            it.heap.charge(units.len() * 32)?;
            return it.heap.list(ListKind::CharArray, units.into_iter().map(Value::Char).collect());
        }
        "getBytes()" => {
            let text: Cow<'_, str> = s.to_text();
            it.heap.charge(text.len() * 32)?;
            return it.heap.list(ListKind::ByteArray, text.bytes().map(|b| Value::Byte(b as i8)).collect());
        }
        "valueOf(boolean)" | "valueOf(char)" | "valueOf(int)" | "valueOf(long)" | "valueOf(float)"
        | "valueOf(double)" => {
            let widened = match (method, &a[0]) {
                ("valueOf(float)", v) => Value::Float(crate::number::to_f64(v) as f32),
                ("valueOf(double)", v) => Value::Double(crate::number::to_f64(v)),
                (_, v) => *v,
            };
            it.heap.text(&widened)?
        }
        "valueOf(char[])" | "copyValueOf(char[])" => match &a[0] {
            Value::Object(id) => {
                let mut out = Out::new();
                for item in it.heap.items(*id)? {
                    it.heap.write(&item, &mut out)?;
                }
                it.heap.keep(out)
            }
            _ => return null_pointer(),
        },
        "join(CharSequence,Iterable)" | "join(CharSequence,CharSequence[])" => {
            let separator = text(&a[0])?;
            let mut items = Vec::new();
            for value in &a[1..] {
                match value {
                    Value::Object(id) => items.extend(it.heap.items(*id)?),
                    other => items.push(*other),
                }
            }
            let mut out = Out::new();
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(separator);
                }
                match item {
                    Value::Str(s) => out.push(s),
                    Value::Null => out.push_str("null"),
                    _ => {
                        return illegal("java.lang.ClassCastException: not a java.lang.CharSequence");
                    }
                }
            }
            it.heap.keep(out)
        }
        _ => return unsupported(format!("java.lang.String.{method}")),
    };
    it.heap.string(result)
}

/// Java's `Character.isWhitespace`.
fn is_white(c: char) -> bool {
    matches!(c, '\t'..='\r' | '\u{1c}'..='\u{1f}')
        || (c.is_whitespace() && !matches!(c, '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}'))
}
