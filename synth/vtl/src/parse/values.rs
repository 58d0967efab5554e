//! Strings, numbers, ranges, lists and maps.

use super::{ANY, Parser, parse};
use crate::ast::Expr;
use crate::error::Fault;
use crate::lex::Kind;
use crate::number::Whole;
use crate::string::JString;

impl Parser<'_, '_> {
    pub(super) fn directive_argument(&mut self) -> Result<Expr, Fault> {
        match self.peek()? {
            Kind::Identifier | Kind::RefOpen => Ok(Expr::Reference(self.reference()?)),
            Kind::Word => {
                self.current += 1;
                Ok(Expr::Word)
            }
            Kind::Str => self.string(),
            Kind::Integer => self.integer(),
            Kind::BracketOpen if self.look(ANY, Self::scan_range_start)? => self.range(),
            Kind::Float => self.float(),
            Kind::BraceOpen => self.map(),
            Kind::BracketOpen => self.list(),
            Kind::True | Kind::False => self.boolean(),
            _ => Err(self.unexpected("a reference or a value")),
        }
    }

    pub(super) fn parameter(&mut self) -> Result<Expr, Fault> {
        self.accept(Kind::Whitespace)?;
        let value = self.deeper(|p| match p.peek()? {
            Kind::Str => p.string(),
            Kind::Integer => p.integer(),
            Kind::BracketOpen if p.look(ANY, Self::scan_range_start)? => p.range(),
            Kind::BraceOpen => p.map(),
            Kind::BracketOpen => p.list(),
            Kind::True | Kind::False => p.boolean(),
            Kind::Identifier | Kind::RefOpen => Ok(Expr::Reference(p.reference()?)),
            Kind::Float => p.float(),
            _ => Err(p.unexpected("a value")),
        })?;
        self.accept(Kind::Whitespace)?;
        Ok(value)
    }

    pub(super) fn boolean(&mut self) -> Result<Expr, Fault> {
        let value = if self.peek()? == Kind::True { Expr::True } else { Expr::False };
        self.current += 1;
        Ok(value)
    }

    pub(super) fn integer(&mut self) -> Result<Expr, Fault> {
        self.expect(Kind::Integer)?;
        Ok(Expr::Whole(Whole::parse(self.image(self.current))))
    }

    pub(super) fn float(&mut self) -> Result<Expr, Fault> {
        self.expect(Kind::Float)?;
        let value: f64 = self.image(self.current).parse().map_err(|_| self.unexpected("a number"))?;
        Ok(Expr::Double(value))
    }

    pub(super) fn range(&mut self) -> Result<Expr, Fault> {
        self.expect(Kind::BracketOpen)?;
        let at = self.at(self.current);
        self.accept(Kind::Whitespace)?;
        let from = self.bound()?;
        self.accept(Kind::Whitespace)?;
        self.expect(Kind::DoubleDot)?;
        self.accept(Kind::Whitespace)?;
        let to = self.bound()?;
        self.accept(Kind::Whitespace)?;
        self.expect(Kind::BracketClose)?;
        Ok(Expr::Range(Box::new(from), Box::new(to), at))
    }

    pub(super) fn bound(&mut self) -> Result<Expr, Fault> {
        match self.peek()? {
            Kind::Integer => self.integer(),
            Kind::Identifier | Kind::RefOpen => Ok(Expr::Reference(self.reference()?)),
            _ => Err(self.unexpected("a whole number or a reference")),
        }
    }

    pub(super) fn list(&mut self) -> Result<Expr, Fault> {
        self.expect(Kind::BracketOpen)?;
        let mut items = Vec::new();
        if matches!(
            self.peek()?,
            Kind::Whitespace
                | Kind::Str
                | Kind::Integer
                | Kind::BracketOpen
                | Kind::BraceOpen
                | Kind::True
                | Kind::False
                | Kind::Identifier
                | Kind::RefOpen
                | Kind::Float
        ) {
            items.push(self.parameter()?);
            while self.accept(Kind::Comma)? {
                items.push(self.parameter()?);
            }
        }
        self.expect(Kind::BracketClose)?;
        Ok(Expr::List(items))
    }

    pub(super) fn map(&mut self) -> Result<Expr, Fault> {
        self.expect(Kind::BraceOpen)?;
        let mut pairs = Vec::new();
        if self.look(2, Self::scan_pairs)? {
            loop {
                let key = self.parameter()?;
                self.expect(Kind::Colon)?;
                pairs.push((key, self.parameter()?));
                if !self.accept(Kind::Comma)? {
                    break;
                }
            }
        } else {
            self.accept(Kind::Whitespace)?;
        }
        if !self.accept(Kind::RefClose)? {
            self.expect(Kind::BraceClose)?;
        }
        Ok(Expr::Map(pairs))
    }

    pub(super) fn string(&mut self) -> Result<Expr, Fault> {
        self.expect(Kind::Str)?;
        let index = self.current;
        let token = self.tokens[index];
        let image = self.raw(index);
        let quote = image.as_bytes()[0];
        let inner = &image[1..image.len() - 1];
        let double = [quote, quote];
        let changes =
            (quote == b'"' && inner.contains("\\u")) || inner.as_bytes().windows(2).any(|pair| pair == double);
        let is_text = quote != b'"' || !image.contains(['$', '#']);
        if is_text && !changes {
            return Ok(Expr::Text(self.span(token.start() + 1, token.end() - 1)));
        }
        let inner = if quote == b'"' { unescape(inner, self.at(index))? } else { JString::from(inner) };
        let inner = single_quotes(inner, quote);
        let Some(text) = inner.lend().as_str() else {
            if is_text {
                return Ok(Expr::Wide(inner));
            }
            return Err(Fault::new(
                self.at(index),
                "half a surrogate pair beside a reference in a string is not supported",
            ));
        };
        if is_text {
            return Ok(Expr::Text(self.shared.texts.make(text)));
        }
        let has_line_comment = text.contains("##");
        let text = if has_line_comment { text.to_owned() } else { format!("{text} ") };
        let origin = self.shared.texts.make(&text).start;
        let base = self.at(index) + 1;
        let limits = self.limits;
        let body = self.deeper(|p| parse(&text, base, origin, p.shared, limits))?;
        Ok(Expr::Interpolated { body, has_line_comment })
    }
}

/// `\uXXXX` in a double-quoted string.
fn unescape(text: &str, at: usize) -> Result<JString, Fault> {
    if !text.contains('\\') || !text.contains("\\u") {
        return Ok(JString::from(text));
    }
    let mut units: Vec<u16> = Vec::new();
    let mut rest = text;
    while let Some(u) = rest.find("\\u") {
        units.extend(rest[..u].encode_utf16());
        let digits = rest.get(u + 2..u + 6).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(code) = digits.and_then(|d| u16::from_str_radix(d, 16).ok()) else {
            return Err(Fault::new(at, "expected four hexadecimal digits after `\\u` in a string"));
        };
        units.push(code);
        rest = &rest[u + 6..];
    }
    units.extend(rest.encode_utf16());
    Ok(JString::from(units))
}

/// A doubled quote inside a string is one.
fn single_quotes(text: JString, quote: u8) -> JString {
    let double = [quote, quote];
    match (text.lend().as_str(), std::str::from_utf8(&double)) {
        (Some(s), Ok(double)) if s.contains(char::from(quote)) && s.contains(double) => {
            JString::from(s.replace(double, &double[1..]))
        }
        _ => text,
    }
}
