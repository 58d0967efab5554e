//! `$util`

use super::{argument_text, illegal};
use crate::ast::Escaping;
use crate::render::{Flow, Interpreter};
use crate::scan;
use crate::string::{JStr, Out};
use crate::value::{Heap, Object, Outcome, Value, unsupported};

pub(super) fn invoke<'r>(it: &mut Interpreter<'r>, method: &str, a: &[Value<'r>]) -> Flow<Value<'r>> {
    if let ("base64Encode(Object)", Value::Object(id)) = (method, &a[0])
        && let Object::List { kind: crate::value::ListKind::ByteArray, items, .. } = it.heap.get(*id)
    {
        let bytes: Vec<u8> = items.iter().map(|v| crate::number::to_i64(v) as u8).collect();
        return Ok(it.heap.made(base64_encode(&bytes))?);
    }
    let text = match argument_text(it, &a[0])? {
        Some(text) => text,
        // A block inside itself has no text, which only escapeJavaScript bears.
        None if a[0].is_null() || method == "escapeJavaScript(Object)" => return Ok(Value::Null),
        None => return Ok(super::null_pointer()?),
    };
    it.heap.step(text.bytes() / 32)?;
    let result = match method {
        "escapeJavaScript(Object)" => escape_java_script(&mut it.heap, &text),
        "parseJson(Object)" => return Ok(crate::json::parse(&mut it.heap, &text)?),
        "urlEncode(Object)" => it.heap.keep(url_encode(&text)),
        "urlDecode(Object)" => it.heap.keep(url_decode(&text)?),
        "base64Encode(Object)" => it.heap.keep(base64_encode(text.to_text().as_bytes())),
        "base64Decode(Object)" => it.heap.keep(String::from_utf8_lossy(&base64_decode(&text)?).into_owned()),
        _ => return Ok(unsupported(format!("$util.{method}"))?),
    };
    Ok(it.heap.string(result)?)
}

/// Commons Lang 2's `escapeJavaScript`: quotes, slashes and everything that is not ASCII.
fn escape_java_script<'r>(heap: &mut Heap<'r>, s: &JStr<'r>) -> JStr<'r> {
    if s.as_str().is_some_and(|text| !text.bytes().any(|b| is_escaped(b, Escaping::JavaScript))) {
        return *s;
    }
    let mut out = Out::with_capacity(s.bytes() + s.bytes() / 4 + 4);
    write_escaped(*s, Escaping::JavaScript, &mut out);
    heap.keep_from(&mut out)
}

fn is_escaped(b: u8, escaping: Escaping) -> bool {
    !(b' '..=0x7f).contains(&b) || matches!(b, b'"' | b'\\' | b'/') || (b == b'\'' && escaping == Escaping::JavaScript)
}

/// Writes a text as `escapeJavaScript` gives it, or as JSON needs it.
pub(crate) fn write_escaped(s: JStr<'_>, escaping: Escaping, out: &mut Out) {
    match s {
        JStr::Utf8(text) if escaping == Escaping::Json => write_escaped_text(text, [b'"', b'\\', b'/'], escaping, out),
        JStr::Utf8(text) => write_escaped_text(text, [b'"', b'\\', b'/', b'\''], escaping, out),
        JStr::Wide(units) => units.iter().for_each(|unit| write_unit(*unit, escaping, out)),
    }
}

fn write_escaped_text<const N: usize>(text: &str, escaped: [u8; N], escaping: Escaping, out: &mut Out) {
    let mut from = 0;
    for at in scan::strange(text.as_bytes(), escaped) {
        // The bytes of one character come one by one.
        if at < from {
            continue;
        }
        out.push_str(&text[from..at]);
        from = at;
        if text.as_bytes()[at].is_ascii_graphic() {
            // What is escaped by a backslash goes with the text behind it.
            out.push_str("\\");
        } else {
            let c = text[at..].chars().next().unwrap_or(' ');
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| write_unit(*unit, escaping, out));
            from += c.len_utf8();
        }
    }
    out.push_str(&text[from..]);
}

fn write_unit(unit: u16, escaping: Escaping, out: &mut Out) {
    match unit {
        8 => out.push_str("\\b"),
        9 => out.push_str("\\t"),
        10 => out.push_str("\\n"),
        12 => out.push_str("\\f"),
        13 => out.push_str("\\r"),
        0..=31 | 0x80.. => out.push_str(&format!("\\u{unit:04X}")),
        _ => {
            if is_escaped(unit as u8, escaping) {
                out.push_str("\\");
            }
            out.push_unit(unit);
        }
    }
}

/// `java.net.URLEncoder`
fn url_encode<'r>(s: &JStr<'r>) -> String {
    let mut out = String::with_capacity(s.bytes() + 16);
    for b in s.to_text().bytes() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => out.push(char::from(b)),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

/// `java.net.URLDecoder`
fn url_decode<'r>(s: &JStr<'r>) -> Outcome<Out> {
    let units = s.units();
    let mut out = Out::new();
    let mut i = 0;
    while i < units.len() {
        if units[i] == u16::from(b'+') {
            out.push_str(" ");
            i += 1;
        } else if units[i] == u16::from(b'%') {
            let mut bytes = Vec::new();
            while i + 2 < units.len() && units[i] == u16::from(b'%') {
                match parse_hex(units[i + 1], units[i + 2]) {
                    Some(byte @ 0..) => bytes.push(byte as u8),
                    Some(_) => {
                        return illegal("URLDecoder: Illegal hex characters in escape (%) pattern - negative value");
                    }
                    None => {
                        return illegal("URLDecoder: Illegal hex characters in escape (%) pattern");
                    }
                }
                i += 3;
            }
            if i < units.len() && units[i] == u16::from(b'%') {
                return illegal("URLDecoder: Incomplete trailing escape (%) pattern");
            }
            out.push_str(&String::from_utf8_lossy(&bytes));
        } else {
            out.push_unit(units[i]);
            i += 1;
        }
    }
    Ok(out)
}

/// Two characters as Java's `Integer.parseInt` reads them: a sign is one of them.
fn parse_hex(a: u16, b: u16) -> Option<i32> {
    let digit = |u: u16| char::from_u32(u32::from(u)).and_then(|c| c.to_digit(16)).map(|d| d as i32);
    match char::from_u32(u32::from(a))? {
        '+' => digit(b),
        '-' => digit(b).map(|d| -d),
        _ => Some(digit(a)? * 16 + digit(b)?),
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64_encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().enumerate().fold(0u32, |n, (i, b)| n | u32::from(*b) << (16 - 8 * i));
        for i in 0..4 {
            out.push(if i <= chunk.len() { char::from(ALPHABET[(n >> (18 - 6 * i)) as usize & 63]) } else { '=' });
        }
    }
    out
}

/// `java.util.Base64`'s basic decoder: nothing but the alphabet; padding may be left out, but not be wrong.
fn base64_decode<'r>(s: &JStr<'r>) -> Outcome<Vec<u8>> {
    let units = s.units();
    let mut out = Vec::with_capacity(units.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    let mut i = 0;
    while i < units.len() {
        // What Latin-1 has not reaches the decoder as a question mark.
        let byte = u8::try_from(units[i]).unwrap_or(b'?');
        i += 1;
        if byte == b'=' {
            let complete = match count {
                2 => units.get(i) == Some(&u16::from(b'=')),
                3 => true,
                _ => false,
            };
            if !complete {
                return illegal("java.lang.IllegalArgumentException: Input byte array has wrong 4-byte ending unit");
            }
            i += if count == 2 { 1 } else { 0 };
            break;
        }
        let Some(value) = ALPHABET.iter().position(|a| *a == byte) else {
            return illegal(format!("java.lang.IllegalArgumentException: Illegal base64 character {byte:x}"));
        };
        bits = bits << 6 | value as u32;
        count += 1;
        if count == 4 {
            out.extend([(bits >> 16) as u8, (bits >> 8) as u8, bits as u8]);
            (bits, count) = (0, 0);
        }
    }
    match count {
        1 => {
            return illegal("java.lang.IllegalArgumentException: Last unit does not have enough valid bits");
        }
        2 => out.push((bits >> 4) as u8),
        3 => out.extend([(bits >> 10) as u8, (bits >> 2) as u8]),
        _ => {}
    }
    if i < units.len() {
        return illegal(format!(
            "java.lang.IllegalArgumentException: Input byte array has incorrect ending byte at {i}"
        ));
    }
    Ok(out)
}
