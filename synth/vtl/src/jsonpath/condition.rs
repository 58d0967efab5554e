//! Whether a filter's condition holds for an element.

use super::evaluate::{Evaluation, Hit, Miss, invalid};
use super::{Criterion, Operand, Operator};
use crate::error::ErrorKind;
use crate::number::{self, Decimal};
use crate::regex;
use crate::string::JStr;
use crate::value::Value;

impl<'r> Evaluation<'_, 'r> {
    pub(super) fn holds(&mut self, criterion: &'r Criterion, item: &Value<'r>) -> Hit<bool> {
        if let (Operator::Exists(wanted), Operand::Path(path)) = (criterion.operator, &criterion.left) {
            return match self.get(path, item) {
                Ok(value) => Ok(value.is_null() != wanted),
                Err(Miss::NotFound) => Ok(!wanted),
                Err(other) => Err(other),
            };
        }
        match self.compare(criterion, item) {
            Err(Miss::NotFound | Miss::Incomparable) => Ok(false),
            other => other,
        }
    }

    fn operand(&mut self, operand: &'r Operand, item: &Value<'r>) -> Hit<Value<'r>> {
        match operand {
            Operand::Text(text) => Ok(Value::str(text)),
            Operand::Path(path) => {
                let document = if path.from_root { self.root } else { *item };
                self.get(path, &document)
            }
            Operand::Regex(..) => invalid("a regular expression needs `=~`"),
        }
    }

    fn compare(&mut self, criterion: &'r Criterion, item: &Value<'r>) -> Hit<bool> {
        if criterion.operator == Operator::Regex {
            let (pattern, ignore_case, target) = match (&criterion.left, &criterion.right) {
                (Operand::Regex(p, i), other) | (other, Operand::Regex(p, i)) => (p, *i, other),
                _ => return invalid("expected a regular expression after `=~`"),
            };
            let target = self.operand(target, item)?;
            if target.is_null() {
                return Ok(false);
            }
            let text = self.heap.text(&target)?;
            return Ok(regex::matches_with(
                self.heap,
                self.patterns,
                &text,
                &JStr::from(pattern.as_str()),
                ignore_case,
            )?);
        }
        let model = self.operand(&criterion.left, item)?;
        let expected = self.operand(&criterion.right, item)?;
        let is_order = matches!(criterion.operator, Operator::Lt | Operator::Le | Operator::Gt | Operator::Ge);
        if is_order && (expected.is_null() != model.is_null()) {
            return Ok(false);
        }
        let order = self.order(&expected, &model)?;
        Ok(match criterion.operator {
            Operator::Eq => order == 0,
            Operator::Ne => order != 0,
            Operator::Gt => order < 0,
            Operator::Ge => order <= 0,
            Operator::Lt => order > 0,
            Operator::Le => order >= 0,
            Operator::Regex | Operator::Exists(_) => false,
        })
    }

    /// The order of what the filter says and what the document has.
    fn order(&mut self, expected: &Value<'r>, model: &Value<'r>) -> Hit<i32> {
        if let (Value::Object(a), Value::Object(b)) = (expected, model)
            && a == b
        {
            return Ok(0);
        }
        let nullish = |v: &Value<'r>| match v {
            Value::Null => true,
            Value::Str(s) => s.as_str() == Some("null"),
            _ => false,
        };
        match (nullish(expected), nullish(model)) {
            (true, true) => return Ok(0),
            (true, false) => return Ok(-1),
            (false, true) => return Ok(1),
            (false, false) => {}
        }
        match (expected, model) {
            (Value::Str(a), Value::Str(b)) => Ok(match a.as_str() {
                Some(text) if text.contains('\'') => JStr::from(text.replace("\\'", "'").as_str()).compare(b),
                _ => a.compare(b),
            }),
            (Value::Str(_), b) if number::is_number(b) => self.decimals(expected, model),
            (a, b) if number::is_number(a) && number::is_number(b) => self.decimals(expected, model),
            (Value::Str(a), Value::Bool(b)) => Ok(i32::from(a.to_text().eq_ignore_ascii_case("true")) - i32::from(*b)),
            (Value::Bool(a), Value::Bool(b)) => Ok(i32::from(*a) - i32::from(*b)),
            _ => Err(Miss::Incomparable),
        }
    }

    fn decimals(&mut self, a: &Value<'r>, b: &Value<'r>) -> Hit<i32> {
        if let (Value::Int(x), Value::Int(y)) = (a, b) {
            return Ok(x.cmp(y) as i32);
        }
        let mut decimal = |v: &Value<'r>| -> Hit<Decimal> {
            let text = self.heap.text(v)?;
            self.heap.step(1 + text.bytes() * text.bytes() / 4096)?;
            let parsed = Decimal::parse(&text.to_text());
            parsed.ok_or_else(|| {
                Miss::Error(ErrorKind::Exception(format!("java.lang.NumberFormatException: {}", text.to_text())).into())
            })
        };
        let (x, y) = (decimal(a)?, decimal(b)?);
        Ok(x.compare(&y) as i32)
    }
}
