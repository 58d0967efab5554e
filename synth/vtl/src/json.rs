//! JSON as json-smart reads and writes it: API Gateway's own error texts show that it parses payloads with that
//! library, in its permissive mode.

use crate::error::ErrorKind;
use crate::number::{self, Decimal};
use crate::string::{JStr, Out, Text};
use crate::value::{Entries, Heap, Key, ListKind, Object, Outcome, Value, exception, unsupported};
use std::sync::Arc;

/// Written over a text's end; the character itself ends a text too.
const END: char = '\u{1a}';

/// Where an unquoted word ends.
#[derive(Clone, Copy)]
enum Until {
    /// The end of the text.
    End,
    Key,
    Value,
    Array,
}

impl Until {
    fn stops(self, c: char) -> bool {
        c == END
            || match self {
                Until::End => false,
                Until::Key => c == ':',
                Until::Value => c == ',' || c == '}',
                Until::Array => c == ',' || c == ']',
            }
    }
}

/// Parses a text permissively: unquoted and single-quoted strings, spare commas, whatever follows the value.
pub(crate) fn parse<'r>(heap: &mut Heap<'r>, text: &JStr<'r>) -> Outcome<Value<'r>> {
    let (text, lent) = match text {
        JStr::Utf8(Text::Lent(text)) => (*text, Some(*text)),
        JStr::Utf8(text) => (&**text, None),
        JStr::Wide(_) => return unsupported("half a surrogate pair in JSON"),
    };
    heap.charge(text.len())?;
    heap.step(text.len() / 16)?;
    let mut parser = Parser { text, lent, pos: 0, heap };
    parser.value(Until::End)
}

struct Parser<'t, 'h, 'r> {
    text: &'t str,
    /// The same text, where it lasts as long as the rendering: then strings point at it.
    lent: Option<&'r str>,
    pos: usize,
    heap: &'h mut Heap<'r>,
}

fn trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

impl<'t, 'r> Parser<'t, '_, 'r> {
    fn current(&self) -> char {
        match self.text.as_bytes().get(self.pos) {
            None => END,
            Some(b) if b.is_ascii() => char::from(*b),
            Some(_) => self.text[self.pos..].chars().next().unwrap_or(END),
        }
    }

    fn at_end(&self) -> bool {
        self.current() == END
    }

    fn advance(&mut self) {
        self.pos += self.current().len_utf8();
        self.pos = self.pos.min(self.text.len());
    }

    fn fail<T>(&self, what: &str) -> Outcome<T> {
        Err(ErrorKind::NotJson(format!("{what} at character {}", self.text[..self.pos].chars().count())))
    }

    fn unexpected<T>(&self) -> Outcome<T> {
        if self.at_end() { self.fail("unexpected end") } else { self.fail(&format!("unexpected {:?}", self.current())) }
    }

    fn skip_space(&mut self) {
        while self.text.as_bytes().get(self.pos).is_some_and(|b| *b <= b' ' && char::from(*b) != END) {
            self.pos += 1;
        }
    }

    fn skip_until(&mut self, until: Until) {
        while !self.at_end() && !until.stops(self.current()) {
            self.advance();
        }
    }

    /// A stretch of the text.
    fn stretch(&self, text: &str, start: usize) -> JStr<'r> {
        match self.lent {
            Some(whole) => JStr::from(&whole[start..start + text.len()]),
            None => JStr::from(text.to_owned()),
        }
    }

    /// A word that is not quoted; the caller looks at its text before it becomes a string.
    fn word_from(&mut self, start: usize, until: Until) -> (&'t str, JStr<'r>) {
        self.skip_until(until);
        let raw = &self.text[start..self.pos];
        let leading = raw.len() - raw.trim_start_matches(|c| c <= ' ').len();
        let word = trim(raw);
        (word, self.stretch(word, start + leading))
    }

    fn word(&mut self, until: Until) -> (&'t str, JStr<'r>) {
        self.word_from(self.pos, until)
    }

    fn value(&mut self, until: Until) -> Outcome<Value<'r>> {
        loop {
            return match self.current() {
                ' ' | '\r' | '\n' | '\t' => {
                    self.pos += 1;
                    continue;
                }
                ':' | '}' | ']' => self.unexpected(),
                '{' => self.nested(Self::object),
                '[' => self.nested(Self::array),
                '"' | '\'' => Ok(Value::Str(self.string()?)),
                '0'..='9' | '-' => self.number(until),
                _ => {
                    let (word, text) = self.word(until);
                    Ok(match word {
                        "null" => Value::Null,
                        "true" => Value::Bool(true),
                        "false" => Value::Bool(false),
                        "NaN" => Value::Float(f32::NAN),
                        _ => Value::Str(text),
                    })
                }
            };
        }
    }

    fn nested(&mut self, f: impl FnOnce(&mut Self) -> Outcome<Value<'r>>) -> Outcome<Value<'r>> {
        self.heap.enter()?;
        let result = f(self);
        self.heap.leave();
        result
    }

    fn array(&mut self) -> Outcome<Value<'r>> {
        self.pos += 1;
        let mut items = Vec::new();
        loop {
            match self.current() {
                ' ' | '\r' | '\n' | '\t' | ',' => self.pos += 1,
                ']' => {
                    self.pos += 1;
                    return self.heap.list(ListKind::JsonArray, items);
                }
                ':' | '}' => return self.unexpected(),
                _ if self.at_end() => return self.unexpected(),
                _ => items.push(self.value(Until::Array)?),
            }
        }
    }

    fn object(&mut self) -> Outcome<Value<'r>> {
        let mut entries = Entries::default();
        loop {
            self.pos += 1;
            match self.current() {
                ' ' | '\r' | '\n' | '\t' | ',' => continue,
                ':' | ']' | '[' | '{' => return self.unexpected(),
                '}' => {
                    self.pos += 1;
                    return self.heap.map_of(entries);
                }
                _ => {}
            }
            let key = match self.current() {
                '"' | '\'' => self.string()?,
                _ => self.word(Until::Key).1,
            };
            self.skip_space();
            if self.current() != ':' {
                return self.unexpected();
            }
            self.pos += 1;
            if self.pos >= self.text.len() {
                return self.unexpected();
            }
            let value = self.value(Until::Value)?;
            self.heap.put_member(&mut entries, key, value)?;
            self.skip_space();
            match self.current() {
                '}' => {
                    self.pos += 1;
                    return self.heap.map_of(entries);
                }
                ',' => {}
                _ => return self.unexpected(),
            }
        }
    }

    /// A string without escapes, with what is between its quotes; `None` stays where it is.
    fn plain_string(&mut self) -> Option<JStr<'r>> {
        let start = self.pos + 1;
        let quote = self.text.as_bytes()[self.pos];
        let rest = &self.text.as_bytes()[start..];
        let end = start + rest.iter().position(|b| *b == quote || *b == b'\\')?;
        if self.text.as_bytes()[end] != quote {
            return None;
        }
        self.pos = end + 1;
        Some(self.stretch(&self.text[start..end], start))
    }

    fn string(&mut self) -> Outcome<JStr<'r>> {
        if let Some(plain) = self.plain_string() {
            return Ok(plain);
        }
        let quote = self.current();
        let Some(end) = self.text[self.pos + 1..].find(quote) else {
            self.pos = self.text.len();
            return self.unexpected();
        };
        // An escaped quote is not yet the end, so there is some room to spare.
        let mut out = Out::with_capacity(end + 16);
        loop {
            self.advance();
            match self.current() {
                _ if self.at_end() => return self.unexpected(),
                c if c == quote => {
                    self.pos += 1;
                    return Ok(out.finish());
                }
                '\\' => {
                    self.advance();
                    match self.current() {
                        't' => out.push_str("\t"),
                        'n' => out.push_str("\n"),
                        'r' => out.push_str("\r"),
                        'f' => out.push_str("\u{c}"),
                        'b' => out.push_str("\u{8}"),
                        c @ ('\\' | '/' | '\'' | '"') => out.push_str(c.encode_utf8(&mut [0; 4])),
                        'u' => {
                            let unit = self.hex(4)?;
                            out.push_unit(unit);
                        }
                        'x' => {
                            let unit = self.hex(2)?;
                            out.push_unit(unit);
                        }
                        _ => {}
                    }
                }
                // Control characters go, but only from strings that have an escape in them.
                c if c < ' ' || c == '\u{7f}' => {}
                _ => {
                    // A run of ordinary characters, of which the next round leaves the last.
                    let rest = &self.text[self.pos..];
                    let stop = |b: u8| b < b' ' || b == 0x7f || b == b'\\' || u32::from(b) == quote as u32;
                    let run = &rest[..rest.bytes().position(stop).unwrap_or(rest.len())];
                    out.push_str(run);
                    let last = run.chars().next_back().map_or(0, char::len_utf8);
                    self.pos += run.len() - last;
                }
            }
        }
    }

    fn hex(&mut self, digits: usize) -> Outcome<u16> {
        let mut value = 0u32;
        for _ in 0..digits {
            self.advance();
            match self.current().to_digit(16) {
                Some(digit) => value = value * 16 + digit,
                None => return self.unexpected(),
            }
        }
        Ok(value as u16)
    }

    fn digits(&mut self) {
        while self.text.as_bytes().get(self.pos).is_some_and(u8::is_ascii_digit) {
            self.pos += 1;
        }
    }

    /// Whether what follows a number's digits makes it a word after all.
    fn goes_on(&mut self, until: Until) -> bool {
        self.skip_space();
        let c = self.current();
        // json-smart looks at the characters below 126 only.
        !self.at_end() && (c as u32) < 126 && !until.stops(c)
    }

    fn number(&mut self, until: Until) -> Outcome<Value<'r>> {
        let start = self.pos;
        self.pos += 1;
        self.digits();
        let mut whole = true;
        if self.current() == '.' {
            whole = false;
            self.pos += 1;
            self.digits();
        }
        if matches!(self.current(), 'e' | 'E') {
            whole = false;
            self.pos += 1;
            if !matches!(self.current(), '+' | '-' | '0'..='9') {
                return Ok(Value::Str(self.word_from(start, until).1));
            }
            self.pos += 1;
            self.digits();
        }
        if self.goes_on(until) {
            return Ok(Value::Str(self.word_from(start, until).1));
        }
        let text = trim(&self.text[start..self.pos]);
        if whole {
            if text == "-" {
                return Ok(Value::Int(0));
            }
            self.heap.step(text.len() * text.len() / 4096)?;
            return Ok(number::integer_literal(text));
        }
        let invalid = || exception(format!("java.lang.NumberFormatException: For input string: {text:?}"));
        if text.len() > 18 {
            self.heap.step(text.len() * text.len() / 4096)?;
            return match Decimal::parse(text) {
                Some(decimal) if decimal.scale.unsigned_abs() <= 100_000 => Ok(Value::BigDec(Arc::new(decimal))),
                Some(_) => unsupported("a number with so large an exponent"),
                None => invalid(),
            };
        }
        match text.parse::<f64>() {
            Ok(value) => Ok(Value::Double(value)),
            Err(_) => invalid(),
        }
    }
}

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
        return Err(ErrorKind::Limit(format!("a JSON text gets longer than {limit} bytes")));
    }
    Ok(())
}

fn quoted<'r>(s: &JStr<'r>, web: bool, out: &mut Out) {
    out.push_str("\"");
    escape(s, web, out);
    out.push_str("\"");
}
