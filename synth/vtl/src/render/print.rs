//! References that stand in the text, and blocks of `#define`.

use super::{Abort, At, Flow, Interpreter};
use crate::ast::{Definition, Escaping, Expr, Reference, Shape, Step, StepKind};
use crate::error::ErrorKind;
use crate::methods;
use crate::string::{JStr, Out};
use crate::value::{Object, ObjectId, Value};

impl<'r> Interpreter<'r> {
    /// What printing an argument of a directive does: references print, and so do those inside lists.
    pub(super) fn print_expression(&mut self, e: &'r Expr, out: &mut Out) -> Flow<()> {
        match e {
            Expr::Reference(reference) => self.print(reference.of(self.references), out),
            Expr::Range(from, to, _) => {
                self.print_expression(from, out)?;
                self.print_expression(to, out)
            }
            Expr::List(items) => items.iter().try_for_each(|e| self.print_expression(e, out)),
            Expr::Map(pairs) => pairs.iter().try_for_each(|(k, v)| {
                self.print_expression(k, out)?;
                self.print_expression(v, out)
            }),
            _ => Ok(()),
        }
    }

    pub(super) fn print(&mut self, reference: &'r Reference, out: &mut Out) -> Flow<()> {
        if reference.escaping != Escaping::No
            && !reference.escaped
            && matches!(self.get(reference.root), Value::Util)
            && let Some(Step { at, kind: StepKind::Call(_, arguments) }) = reference.steps.of(self.steps).first()
            && let [argument] = &arguments[..]
        {
            return self.print_escaping(reference, argument, out).at(*at);
        }
        if reference.is_bare
            && let (Value::Str(JStr::Utf8(text)), taken, []) = self.find(reference)
        {
            out.push_str(text);
            self.heap.step(2 + 2 * taken)?;
            return Ok(self.heap.check_text(out)?);
        }
        self.print_value(reference, out)
    }

    #[inline(never)]
    fn print_value(&mut self, reference: &'r Reference, out: &mut Out) -> Flow<()> {
        if reference.shape == Shape::Runt {
            out.push_str(self.name(reference.root));
            return Ok(());
        }
        let value = self.resolve(reference)?;
        if reference.escaped {
            if let Some(before) = &reference.before {
                out.push_str(&before.prefix);
            }
            out.push_str(reference.source.of(self.texts));
            return Ok(self.check_output(out)?);
        }
        if let Value::Object(id) = value
            && let Object::Block { .. } = self.heap.get(id)
        {
            // Backslashes and dollar signs before a block are printed only where the block is not, and then the
            // backslashes twice.
            if self.run_block(id, out)? {
                return Ok(());
            }
            if let Some(before) = &reference.before {
                out.push_str(&before.prefix);
                out.push_str(&before.prefix);
                out.push_str(&before.more);
            }
            out.push_str(reference.source.of(self.texts));
            return Ok(());
        }
        if let Some(before) = &reference.before {
            out.push_str(&before.prefix);
            out.push_str(&before.more);
        }
        if let Value::Str(JStr::Utf8(text)) = value {
            self.heap.step(1)?;
            out.push_str(text);
            return Ok(self.heap.check_text(out)?);
        }
        self.heap.write(&value, out)?;
        Ok(self.check_output(out)?)
    }

    /// `$util.escapeJavaScript(argument)`, without a string of its own; it counts as it would with one.
    #[inline(never)]
    fn print_escaping(&mut self, reference: &'r Reference, argument: &'r Expr, out: &mut Out) -> Flow<()> {
        let text = match argument {
            Expr::Reference(argument)
                if let argument = argument.of(self.references)
                    && argument.is_bare
                    && let (Value::Str(text), taken, []) = self.find(argument) =>
            {
                let text = *text;
                self.heap.step(2 + 2 * taken)?;
                Some(text)
            }
            _ => {
                let value = self.value(argument)?;
                methods::argument_text(self, &value)?
            }
        };
        if let Some(before) = &reference.before {
            out.push_str(&before.prefix);
            out.push_str(&before.more);
        }
        let before = out.len();
        if let Some(text) = text {
            self.heap.step(6 + text.bytes() / 16)?;
            methods::write_escaped(text, reference.escaping, out);
        }
        self.heap.charge(2 * (out.len() - before))?;
        Ok(self.heap.check_text(out)?)
    }

    /// Renders a block of `#define`; false where it is inside itself too often.
    pub(super) fn run_block(&mut self, id: ObjectId, out: &mut Out) -> Flow<bool> {
        let definition = match self.heap.get_mut(id) {
            Object::Block { depth, definition } => {
                if *depth >= 2 {
                    return Ok(false);
                }
                *depth += 1;
                *definition
            }
            _ => return Ok(false),
        };
        self.define(definition, out)?;
        if let Object::Block { depth, .. } = self.heap.get_mut(id) {
            *depth -= 1;
        }
        Ok(true)
    }

    pub(super) fn define(&mut self, definition: &'r Definition, out: &mut Out) -> Flow<()> {
        if self.depth >= self.heap.limits.template_depth {
            let limit = self.heap.limits.template_depth;
            return Err(
                ErrorKind::Limit(format!("blocks of `#define` run inside each other more than {limit} deep")).into()
            );
        }
        self.depth += 1;
        let result = self.block(&definition.body, out);
        self.depth -= 1;
        match result {
            Err(abort) if matches!(*abort, Abort::Nearest) => Ok(()),
            other => other,
        }
    }

    /// Java's `toString`; `None` for a block that is inside itself too often.
    pub(crate) fn text(&mut self, value: &Value<'r>) -> Flow<Option<JStr<'r>>> {
        if let Value::Object(id) = value
            && let Object::Block { .. } = self.heap.get(*id)
        {
            let mut out = Out::new();
            return Ok(if self.run_block(*id, &mut out)? {
                self.heap.charge(out.len())?;
                Some(self.heap.keep(out))
            } else {
                None
            });
        }
        Ok(Some(self.heap.text(value)?))
    }
}
