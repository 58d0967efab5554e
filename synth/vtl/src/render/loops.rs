//! `#foreach`

use super::{Abort, Flow, Interpreter};
use crate::ast::{Child, Foreach};
use crate::error::ErrorKind;
use crate::methods;
use crate::string::Out;
use crate::value::{Cursor, MapKind, Object, ObjectId, Outcome, Scope, Value};

impl<'r> Interpreter<'r> {
    #[inline(never)]
    pub(super) fn foreach(&mut self, foreach: &'r Foreach, out: &mut Out) -> Flow<()> {
        let list = match foreach.children.get(2) {
            Some(Child::Expr(e)) => self.value(e)?,
            Some(Child::Block(_)) => Value::Null,
            None => {
                return Err(ErrorKind::Exception("`#foreach` needs `$element in $list`".to_owned()).into());
            }
        };
        if list.is_null() {
            return Ok(());
        }
        // An iterator that the template holds moves on for everybody who holds it.
        let shared = match list {
            Value::Object(id) if matches!(self.heap.get(id), Object::Iterator(_)) => Some(id),
            _ => None,
        };
        let mut own = match shared {
            Some(_) => None,
            None => match self.heap.cursor(&list)? {
                Some(cursor) => Some(cursor),
                None => return Ok(()),
            },
        };
        let Some(body) = foreach.children.get(3) else {
            return Err(ErrorKind::Exception("`#foreach` needs `$element in $list`".to_owned()).into());
        };
        let saved = [foreach.element, self.slots.count, self.slots.has_next].map(|slot| self.get(slot));
        let previous = self.get(self.slots.scope);
        let (parent, replaced) = match previous {
            Value::Object(id) if matches!(self.heap.get(id), Object::Scope(_)) => (Some(id), Value::Null),
            other => (None, other),
        };
        let storage = self.heap.new_map(MapKind::JsonObject)?;
        let scope = self.heap.add(Object::Scope(Box::new(Scope {
            owner: foreach.id,
            parent,
            replaced,
            index: -1,
            has_next: false,
            storage,
        })))?;
        self.put(self.slots.scope, scope);
        let mut hidden = None;
        let mut rounds = 0;
        let mut stopped = Ok(());
        while rounds < self.heap.limits.foreach_rounds && self.cursor_has_next(shared, own.as_ref()) {
            self.heap.step(1)?;
            rounds += 1;
            self.put(self.slots.count, Value::Int(rounds as i32));
            let value = self.cursor_next(shared, own.as_mut())?;
            let has_next = self.cursor_has_next(shared, own.as_ref());
            self.put(self.slots.has_next, Value::Bool(has_next));
            let is_null = value.is_null();
            self.put(foreach.element, value);
            if let Value::Object(id) = scope
                && let Object::Scope(scope) = self.heap.get_mut(id)
            {
                scope.index += 1;
                scope.has_next = has_next;
            }
            if is_null {
                self.hidden.push((foreach.element, hidden.unwrap_or(true)));
            }
            let height = self.hidden.len();
            let result = match body {
                Child::Block(block) => self.block(block, out),
                Child::Expr(e) => self.print_expression(e, out),
            };
            self.hidden.truncate(height);
            if is_null && let Some((_, active)) = self.hidden.pop() {
                hidden = Some(active);
            }
            match result {
                Ok(()) => {}
                Err(abort) => match *abort {
                    Abort::Nearest => break,
                    Abort::Loop(id) if id == foreach.id => break,
                    Abort::Error { .. } => return Err(abort),
                    _ => {
                        stopped = Err(abort);
                        break;
                    }
                },
            }
        }
        let [element, count, has_next] = saved;
        self.restore(foreach.element, element);
        self.restore(self.slots.count, count);
        self.restore(self.slots.has_next, has_next);
        if let Value::Object(id) = self.get(self.slots.scope)
            && let Object::Scope(scope) = self.heap.get(id)
        {
            let outer = match scope.parent {
                Some(parent) => Value::Object(parent),
                None => scope.replaced,
            };
            self.restore(self.slots.scope, outer);
        }
        stopped
    }

    pub(super) fn cursor_has_next(&self, shared: Option<ObjectId>, own: Option<&Cursor<'r>>) -> bool {
        match (own, shared.map(|id| self.heap.get(id))) {
            (Some(cursor), _) => self.heap.has_next(cursor),
            (None, Some(Object::Iterator(cursor))) => self.heap.has_next(cursor),
            _ => false,
        }
    }

    pub(super) fn cursor_next(&mut self, shared: Option<ObjectId>, own: Option<&mut Cursor<'r>>) -> Outcome<Value<'r>> {
        match (own, shared) {
            (Some(cursor), _) => self.heap.advance(cursor),
            (None, Some(id)) => methods::iterator_next(&mut self.heap, id),
            (None, None) => Ok(Value::Null),
        }
    }
}
