//! Strings and numbers.

use super::{END, Parser, Until, trim};
use crate::number::{Decimal, Whole};
use crate::scan;
use crate::string::JStr;
use crate::value::{Outcome, Value, exception, unsupported};

impl<'r> Parser<'_, 'r> {
    /// A string that begins at the quote here.
    pub(super) fn string(&mut self, quote: u8) -> Outcome<JStr<'r>> {
        let start = self.pos + 1;
        let end = scan::find(self.text.as_bytes(), start, [quote, b'\\']);
        if self.text.as_bytes().get(end) == Some(&quote) {
            self.pos = end + 1;
            return Ok(JStr::from(&self.text[start..end]));
        }
        self.escaped_string(quote)
    }

    /// A string in double quotes that stands in the text as it reads. Nothing is read where it is another.
    #[inline(always)]
    pub(super) fn plain_string(&mut self) -> Option<&'r str> {
        let start = self.pos + 1;
        let end = scan::find(self.text.as_bytes(), start, [b'"', b'\\']);
        if self.text.as_bytes().get(end) != Some(&b'"') {
            return None;
        }
        self.pos = end + 1;
        Some(&self.text[start..end])
    }

    /// A string that has an escape in it, or no end.
    #[inline(never)]
    pub(super) fn escaped_string(&mut self, quote: u8) -> Outcome<JStr<'r>> {
        self.pos += 1;
        let start = self.pos;
        // With the quote known, what is looked for is known too.
        let text = if quote == b'"' { self.unescape(b'"') } else { self.unescape(b'\'') };
        text.or_else(|error| {
            if self.text.as_bytes()[start..].contains(&quote) {
                return Err(error);
            }
            self.pos = self.text.len();
            self.unexpected()
        })
    }

    #[inline(always)]
    fn unescape(&mut self, quote: u8) -> Outcome<JStr<'r>> {
        let mut search = self.pos;
        loop {
            let end = scan::find_or_control(self.text.as_bytes(), search, [quote, b'\\', 0x7f]);
            self.scratch.push_str(&self.text[self.pos..end]);
            self.pos = end;
            match self.byte() {
                END => return self.unexpected(),
                b if b == quote => {
                    self.pos += 1;
                    return Ok(self.heap.keep_from(&mut self.scratch));
                }
                b'\\' => {
                    self.pos += 1;
                    // What stands for itself goes with the text behind it.
                    if matches!(self.byte(), b'"' | b'\\' | b'/' | b'\'') {
                        search = self.pos + 1;
                        continue;
                    }
                    self.escape()?;
                }
                // Control characters go, but only from strings that have an escape in them.
                _ => self.pos += 1,
            }
            search = self.pos;
        }
    }

    /// What stands behind a backslash; where it means nothing, it goes too.
    fn escape(&mut self) -> Outcome<()> {
        let Some(c) = self.text[self.pos..].chars().next() else {
            return Ok(());
        };
        self.pos += c.len_utf8();
        match c {
            't' => self.scratch.push_str("\t"),
            'n' => self.scratch.push_str("\n"),
            'r' => self.scratch.push_str("\r"),
            'f' => self.scratch.push_str("\u{c}"),
            'b' => self.scratch.push_str("\u{8}"),
            'u' => {
                let unit = self.hex(4)?;
                self.scratch.push_unit(unit);
            }
            'x' => {
                let unit = self.hex(2)?;
                self.scratch.push_unit(unit);
            }
            _ => {}
        }
        Ok(())
    }

    fn hex(&mut self, digits: usize) -> Outcome<u16> {
        let mut value = 0u32;
        for _ in 0..digits {
            match char::from(self.byte()).to_digit(16) {
                Some(digit) => value = value * 16 + digit,
                None => return self.unexpected(),
            }
            self.pos += 1;
        }
        Ok(value as u16)
    }

    fn digits(&mut self) {
        while self.text.as_bytes().get(self.pos).is_some_and(u8::is_ascii_digit) {
            self.pos += 1;
        }
    }

    /// Whether what follows a number's digits makes it a word after all.
    fn is_word(&mut self, until: Until) -> bool {
        self.skip_space();
        // json-smart looks at the characters below 126 only.
        self.byte() < 126 && !until.stops(self.byte())
    }

    #[inline(never)]
    pub(super) fn number(&mut self, until: Until) -> Outcome<Value<'r>> {
        let start = self.pos;
        self.pos += 1;
        self.digits();
        let mut whole = true;
        if self.byte() == b'.' {
            whole = false;
            self.pos += 1;
            self.digits();
        }
        if matches!(self.byte(), b'e' | b'E') {
            whole = false;
            self.pos += 1;
            if !matches!(self.byte(), b'+' | b'-' | b'0'..=b'9') {
                return Ok(Value::str(self.word(start, until)));
            }
            self.pos += 1;
            self.digits();
        }
        if self.is_word(until) {
            return Ok(Value::str(self.word(start, until)));
        }
        let text = trim(&self.text[start..self.pos]);
        if whole {
            if text == "-" {
                return Ok(Value::Int(0));
            }
            self.heap.step(text.len() * text.len() / 4096)?;
            return Ok(Whole::parse(text).keep(self.heap.store));
        }
        let invalid = || exception(format!("java.lang.NumberFormatException: For input string: {text:?}"));
        if text.len() > 18 {
            self.heap.step(text.len() * text.len() / 4096)?;
            return match Decimal::parse(text) {
                Some(decimal) if decimal.scale.unsigned_abs() <= 100_000 => {
                    Ok(Value::BigDec(self.heap.store.decimal(decimal)))
                }
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
