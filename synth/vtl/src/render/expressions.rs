//! Values, arithmetic, comparisons and truth.

use std::cmp::Ordering;

use super::{At, Flow, Interpreter};
use crate::ast::{CompareOp, Expr, Math, MathOp, Shape};
use crate::error::ErrorKind;
use crate::number;
use crate::string::Out;
use crate::value::{Class, ListKind, MapKind, Object, Outcome, Value};

impl<'r> Interpreter<'r> {
    pub(crate) fn value(&mut self, e: &'r Expr) -> Flow<Value<'r>> {
        self.heap.step(1)?;
        // Nearly all values are these two; by themselves they need no room for what others need.
        match e {
            Expr::Text(text) => Ok(Value::str(text.of(self.texts))),
            Expr::Reference(reference) => {
                let reference = reference.of(self.references);
                if !reference.computable || reference.shape == Shape::Runt {
                    return Ok(Value::Null);
                }
                self.resolve(reference).at(reference.at)
            }
            _ => self.composed(e),
        }
    }

    #[inline(never)]
    fn composed(&mut self, e: &'r Expr) -> Flow<Value<'r>> {
        Ok(match e {
            // These come by themselves.
            Expr::Text(_) | Expr::Reference(_) => Value::Null,
            Expr::Wide(text) => Value::Str(text.lend()),
            Expr::Whole(number) => number.lend(),
            Expr::Double(number) => Value::Double(*number),
            Expr::True => Value::Bool(true),
            Expr::False => Value::Bool(false),
            Expr::Word => Value::Null,
            Expr::Interpolated { body, has_line_comment } => {
                let mut out = Out::new();
                self.block(body, &mut out)?;
                if !has_line_comment && out.len() > 0 {
                    out.drop_last();
                }
                self.heap.made(out)?
            }
            Expr::Range(from, to, at) => {
                let (from, to) = (self.value(from)?, self.value(to)?);
                if !number::is_number(&from) || !number::is_number(&to) {
                    return Ok(Value::Null);
                }
                let (from, to) = (number::to_i32(&from), number::to_i32(&to));
                let count = from.abs_diff(to) as usize + 1;
                self.heap.step(count).at(*at)?;
                self.heap.charge(count * 32).at(*at)?;
                let items = if from >= to {
                    (to..=from).rev().map(Value::Int).collect()
                } else {
                    (from..=to).map(Value::Int).collect()
                };
                self.heap.add(Object::List { kind: ListKind::ArrayList, items, changes: 0 })?
            }
            Expr::List(items) => {
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    values.push(self.value(item)?);
                }
                self.heap.list(ListKind::ArrayList, values)?
            }
            Expr::Map(pairs) => {
                let map = self.heap.new_map(MapKind::Linked)?;
                for (key, value) in pairs {
                    let (key, value) = (self.value(key)?, self.value(value)?);
                    self.heap.map_put(map, key, value)?;
                }
                Value::Object(map)
            }
            Expr::Math(math) => self.math(math).at(math.at)?,
            Expr::Or(..) | Expr::And(..) | Expr::Not(_) | Expr::Compare(..) => Value::Bool(self.truth(e)?),
        })
    }

    pub(super) fn math(&mut self, math: &'r Math) -> Flow<Value<'r>> {
        let (left, right) = (self.value(&math.left)?, self.value(&math.right)?);
        if math.op == MathOp::Add && (matches!(left, Value::Str(_)) || matches!(right, Value::Str(_))) {
            let mut out = Out::new();
            for (side, source) in [(&left, &math.left_source), (&right, &math.right_source)] {
                if side.is_null() {
                    out.push_str(source);
                } else {
                    match self.text(side)? {
                        Some(text) => out.push(&text),
                        None => {
                            return Err(ErrorKind::Exception("java.lang.NullPointerException".to_owned()).into());
                        }
                    }
                }
            }
            self.check_output(&out)?;
            return Ok(self.heap.made(out)?);
        }
        if !number::is_number(&left) || !number::is_number(&right) {
            return Ok(Value::Null);
        }
        self.charge_big(&left, &right)?;
        Ok(number::calculate(math.op, &left, &right, self.heap.store).map_err(ErrorKind::Exception)?)
    }

    /// Numbers without bounds count as memory, and as work in the square of their size.
    pub(super) fn charge_big(&mut self, left: &Value<'r>, right: &Value<'r>) -> Outcome<()> {
        let size = |v: &Value<'r>| match v {
            Value::BigInt(n) => n.bits() as usize / 8,
            Value::BigDec(d) => d.unscaled.bits() as usize / 8 + d.scale.unsigned_abs() as usize,
            _ => 0,
        };
        let (a, b) = (size(left), size(right));
        if a + b > 0 {
            self.heap.charge(a + b + 64)?;
            self.heap.step((a + b) * (a + b) / 64)?;
        }
        Ok(())
    }

    pub(super) fn truth(&mut self, e: &'r Expr) -> Flow<bool> {
        self.heap.step(1)?;
        Ok(match e {
            Expr::True => true,
            Expr::Reference(reference) => {
                let reference = reference.of(self.references);
                if reference.shape == Shape::Runt {
                    return Ok(false);
                }
                match self.resolve(reference).at(reference.at)? {
                    Value::Null => false,
                    Value::Bool(b) => b,
                    value @ Value::Object(_) if self.heap.class(&value) == Some(Class::Block) => {
                        self.text(&value)?.is_some()
                    }
                    // Velocity asks for the text of what it tests, and that can fail.
                    value @ Value::Object(_) => match self.heap.write(&value, &mut Out::new()) {
                        Ok(()) => true,
                        Err(kind) if matches!(*kind, ErrorKind::Unsupported(_)) => true,
                        Err(kind) => return Err(kind.into()),
                    },
                    _ => true,
                }
            }
            Expr::Or(sides) => self.truth(&sides[0])? || self.truth(&sides[1])?,
            Expr::And(sides) => self.truth(&sides[0])? && self.truth(&sides[1])?,
            Expr::Not(inner) => !self.truth(inner)?,
            Expr::Compare(op, sides) => self.compare(*op, &sides[0], &sides[1])?,
            _ => false,
        })
    }

    pub(super) fn compare(&mut self, op: CompareOp, left: &'r Expr, right: &'r Expr) -> Flow<bool> {
        let (left, right) = (self.value(left)?, self.value(right)?);
        let numbers = number::is_number(&left) && number::is_number(&right);
        if numbers {
            self.charge_big(&left, &right)?;
            let order = number::compare(&left, &right).map_err(ErrorKind::Exception)?;
            return Ok(match op {
                CompareOp::Eq => order == Ordering::Equal,
                CompareOp::Ne => order != Ordering::Equal,
                CompareOp::Lt => order == Ordering::Less,
                CompareOp::Le => order != Ordering::Greater,
                CompareOp::Gt => order == Ordering::Greater,
                CompareOp::Ge => order != Ordering::Less,
            });
        }
        match op {
            CompareOp::Eq => self.same(&left, &right),
            CompareOp::Ne => Ok(!self.same(&left, &right)?),
            _ => Ok(false),
        }
    }

    /// Velocity's `==`: by `equals` where one class extends the other, else by text.
    pub(super) fn same(&mut self, left: &Value<'r>, right: &Value<'r>) -> Flow<bool> {
        if let (Value::Str(a), Value::Str(b)) = (left, right) {
            return Ok(a == b);
        }
        if let (Some(a), Some(b)) = (self.heap.class(left), self.heap.class(right)) {
            let lists = |c| matches!(c, Class::ArrayList | Class::JsonArray);
            if a == b || (lists(a) && lists(b)) {
                return Ok(self.heap.equals(left, right)?);
            }
        }
        let texts = [left, right].map(|v| if v.is_null() { Ok(None) } else { self.text(v) });
        let [left, right] = texts;
        Ok(left? == right?)
    }
}
