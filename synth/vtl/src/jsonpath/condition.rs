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
            // What asks whether something is there asks for each of several names: `['a','b']` is there where both are.
            let all = std::mem::replace(&mut self.every_property, true);
            let found = self.get(path, item);
            self.every_property = all;
            return match found {
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

    /// The value of an operand; `None` for a regular expression, which is no value.
    fn operand(&mut self, operand: &'r Operand, item: &Value<'r>) -> Hit<Option<Value<'r>>> {
        match operand {
            Operand::Text(text) => Ok(Some(Value::str(text))),
            Operand::Path(path) => {
                let document = if path.from_root { self.root } else { *item };
                self.get(path, &document).map(Some)
            }
            Operand::Regex(..) => Ok(None),
        }
    }

    fn compare(&mut self, criterion: &'r Criterion, item: &Value<'r>) -> Hit<bool> {
        let model = self.operand(&criterion.left, item)?;
        let expected = self.operand(&criterion.right, item)?;
        let is_null = |value: &Option<Value<'r>>| value.is_some_and(|value| value.is_null());
        let mut order = || self.order(&expected, &model);
        Ok(match criterion.operator {
            Operator::Eq => order()? == 0,
            Operator::Ne => order()? != 0,
            Operator::Gt | Operator::Ge | Operator::Lt | Operator::Le if is_null(&expected) != is_null(&model) => false,
            Operator::Gt => order()? < 0,
            Operator::Ge => order()? <= 0,
            Operator::Lt => order()? > 0,
            Operator::Le => order()? >= 0,
            Operator::Regex => return self.matches(criterion, model, expected),
            Operator::Exists(_) => false,
        })
    }

    /// Whether a regular expression, on either side, matches the whole of the other.
    fn matches(&mut self, criterion: &'r Criterion, left: Option<Value<'r>>, right: Option<Value<'r>>) -> Hit<bool> {
        let (pattern, ignore_case, target) = match (&criterion.left, &criterion.right) {
            (Operand::Regex(pattern, ignore_case), _) => (pattern, *ignore_case, right),
            (_, Operand::Regex(pattern, ignore_case)) => (pattern, *ignore_case, left),
            // Nothing is matched, and so nothing asked of what should have been the expression.
            _ if [left, right].iter().all(|side| side.is_some_and(|value| value.is_null())) => return Ok(false),
            _ => return invalid("expected a regular expression after `=~`"),
        };
        let text = match target {
            Some(target) if target.is_null() => return Ok(false),
            Some(target) => self.heap.text(&target)?,
            None => match &criterion.right {
                Operand::Regex(text, _) => JStr::from(text.as_str()),
                _ => return Ok(false),
            },
        };
        let pattern = JStr::from(pattern.as_str());
        Ok(regex::matches_with(self.heap, self.patterns, &text, &pattern, ignore_case)?)
    }

    /// The order of what the filter says and what the document has; `None` is a regular expression.
    fn order(&mut self, expected: &Option<Value<'r>>, model: &Option<Value<'r>>) -> Hit<i32> {
        if let (Some(Value::Object(a)), Some(Value::Object(b))) = (expected, model)
            && a == b
        {
            return Ok(0);
        }
        let nullish = |v: &Option<Value<'r>>| match v {
            Some(Value::Null) => true,
            Some(Value::Str(s)) => s.as_str() == Some("null"),
            _ => false,
        };
        match (nullish(expected), nullish(model)) {
            (true, true) => return Ok(0),
            (true, false) => return Ok(-1),
            (false, true) => return Ok(1),
            (false, false) => {}
        }
        let (Some(expected), Some(model)) = (expected, model) else { return Err(Miss::Incomparable) };
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
