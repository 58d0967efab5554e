//! The evaluator: walks the syntax tree as Velocity's nodes do.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::ast::{
    Block, Child, CompareOp, Definition, Expr, Foreach, Math, MathOp, Node, Reference, Shape, Slot,
    Step, StepKind,
};
use crate::error::ErrorKind;
use crate::methods;
use crate::number;
use crate::string::{JStr, Out};
use crate::value::{
    Class, Cursor, Heap, ListKind, MapKind, Object, ObjectId, Outcome, Scope, Value,
};

/// What ends rendering before the template's end.
#[derive(Debug)]
pub(crate) enum Abort {
    Error {
        at: Option<usize>,
        kind: ErrorKind,
    },
    /// `#break`
    Nearest,
    /// `#stop`
    Everything,
    /// `#break($foreach)`: the loop's number.
    Loop(usize),
}

impl From<ErrorKind> for Box<Abort> {
    fn from(kind: ErrorKind) -> Self {
        Box::new(Abort::Error { at: None, kind })
    }
}

pub(crate) type Flow<T> = Result<T, Box<Abort>>;

trait At<T> {
    /// Adds the place to an error that has none yet.
    fn at(self, at: usize) -> Flow<T>;
}

impl<T> At<T> for Flow<T> {
    fn at(self, at: usize) -> Flow<T> {
        self.map_err(|mut abort| {
            if let Abort::Error {
                at: place @ None, ..
            } = &mut *abort
            {
                *place = Some(at);
            }
            abort
        })
    }
}

impl<T> At<T> for Outcome<T> {
    fn at(self, at: usize) -> Flow<T> {
        self.map_err(|kind| Box::new(Abort::Error { at: Some(at), kind }))
    }
}

/// The slots that loops write.
pub(crate) struct LoopSlots {
    pub(crate) count: Slot,
    pub(crate) has_next: Slot,
    pub(crate) scope: Slot,
}

pub(crate) struct Interpreter<'a> {
    pub(crate) heap: Heap<'a>,
    /// Null stands for a variable that is not set.
    pub(crate) variables: Vec<Value>,
    pub(crate) input: methods::InputState,
    pub(crate) slots: LoopSlots,
    /// Loops over a null element hide the element's variable.
    pub(crate) hidden: Vec<(Slot, bool)>,
    pub(crate) depth: usize,
}

impl Interpreter<'_> {
    pub(crate) fn block(&mut self, block: &Block, out: &mut Out) -> Flow<()> {
        for node in block {
            self.node(node, out)?;
        }
        Ok(())
    }

    fn check_output(&self, out: &Out) -> Outcome<()> {
        let limit = self.heap.limits.output_bytes;
        if out.len() > limit {
            return Err(ErrorKind::Limit(format!(
                "the output gets longer than {limit} bytes"
            )));
        }
        Ok(())
    }

    fn node(&mut self, node: &Node, out: &mut Out) -> Flow<()> {
        self.heap.step(1)?;
        match node {
            Node::Text(text) => {
                out.push_str(text);
                self.check_output(out)?;
                Ok(())
            }
            Node::Comment { .. } => Ok(()),
            Node::Reference(reference) => self.print(reference, out).at(reference.at),
            Node::Set { at, target, value } => self.set(target, value).at(*at),
            Node::If { arms, otherwise } => {
                for (condition, block) in arms {
                    if self.truth(condition)? {
                        return self.block(block, out);
                    }
                }
                match otherwise {
                    Some(block) => self.block(block, out),
                    None => Ok(()),
                }
            }
            Node::Foreach(foreach) => self.foreach(foreach, out).at(foreach.at),
            Node::Define { key, block } => {
                let block = self.heap.add(Object::Block {
                    definition: Arc::clone(block),
                    depth: 0,
                })?;
                self.put(*key, block);
                Ok(())
            }
            Node::Stop(message) => {
                if let Some(message) = message {
                    let value = self.value(message)?;
                    self.text(&value)?;
                }
                Err(Box::new(Abort::Everything))
            }
            Node::Break { at, scope } => {
                let Some((scope, source)) = scope else {
                    return Err(Box::new(Abort::Nearest));
                };
                let value = self.value(scope)?;
                if let Value::Object(id) = value
                    && let Object::Scope(scope) = self.heap.get(id)
                {
                    return Err(Box::new(Abort::Loop(scope.owner)));
                }
                let message = format!("`#break({source})` needs a loop such as `$foreach`");
                Err(ErrorKind::Exception(message)).at(*at)
            }
            Node::Include {
                at,
                children,
                parse,
            } => self.include(*at, children, *parse, out),
        }
    }

    fn include(&mut self, at: usize, children: &[Child], parse: bool, out: &mut Out) -> Flow<()> {
        let missing = |name: &str| {
            Err(ErrorKind::Exception(format!(
                "Unable to find resource '{name}'"
            )))
            .at(at)
        };
        if parse {
            let Some(Child::Expr(argument)) = children.first() else {
                return Err(ErrorKind::Exception(
                    "#parse(): argument missing".to_owned(),
                ))
                .at(at);
            };
            let value = self.value(argument)?;
            if value.is_null() {
                return Ok(());
            }
            let name = self.text(&value)?.unwrap_or_else(|| JStr::from(""));
            return missing(&name.to_text());
        }
        for (i, child) in children.iter().enumerate() {
            match child {
                Child::Expr(
                    e @ (Expr::Reference(_)
                    | Expr::Interpolated { .. }
                    | Expr::Constant(Value::Str(_))),
                ) => {
                    let value = self.value(e)?;
                    if value.is_null() {
                        out.push_str(&format!("<!-- include error :  error with arg {i} please see log.  see error log -->"));
                        continue;
                    }
                    let name = self.text(&value)?.unwrap_or_else(|| JStr::from(""));
                    return missing(&name.to_text());
                }
                _ => {
                    out.push_str(&format!(
                        "<!-- include error :  invalid arg type : error with arg {i} please see log.  see error log -->"
                    ));
                }
            }
        }
        Ok(())
    }

    // ---- variables ----------------------------------------------------------------------------------------------

    fn get(&self, slot: Slot) -> Value {
        if self
            .hidden
            .iter()
            .any(|(hidden, active)| *active && *hidden == slot)
        {
            return Value::Null;
        }
        self.variables[slot].clone()
    }

    fn put(&mut self, slot: Slot, value: Value) {
        if value.is_null() {
            for hidden in self.hidden.iter_mut().filter(|(hidden, _)| *hidden == slot) {
                hidden.1 = true;
            }
        }
        self.variables[slot] = value;
    }

    /// Puts a saved value back; there was none where it is null.
    fn restore(&mut self, slot: Slot, value: Value) {
        if value.is_null() {
            for hidden in self.hidden.iter_mut().filter(|(hidden, _)| *hidden == slot) {
                hidden.1 = false;
            }
        }
        self.variables[slot] = value;
    }

    // ---- loops --------------------------------------------------------------------------------------------------

    fn foreach(&mut self, foreach: &Foreach, out: &mut Out) -> Flow<()> {
        let list = match foreach.children.get(2) {
            Some(Child::Expr(e)) => self.value(e)?,
            Some(Child::Block(_)) => Value::Null,
            None => {
                return Err(ErrorKind::Exception(
                    "`#foreach` needs `$element in $list`".to_owned(),
                )
                .into());
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
            return Err(
                ErrorKind::Exception("`#foreach` needs `$element in $list`".to_owned()).into(),
            );
        };
        let saved =
            [foreach.element, self.slots.count, self.slots.has_next].map(|slot| self.get(slot));
        let previous = self.get(self.slots.scope);
        let (parent, replaced) = match previous {
            Value::Object(id) if matches!(self.heap.get(id), Object::Scope(_)) => {
                (Some(id), Value::Null)
            }
            other => (None, other),
        };
        let storage = self.heap.new_map(MapKind::JsonObject)?;
        if let Object::Map(map) = self.heap.get_mut(storage) {
            map.changes = 0;
        }
        let scope = self.heap.add(Object::Scope(Scope {
            owner: foreach.id,
            parent,
            replaced,
            index: -1,
            has_next: false,
            storage,
        }))?;
        self.put(self.slots.scope, scope.clone());
        let mut hidden = None;
        let mut rounds = 0;
        let mut stopped = Ok(());
        while rounds < self.heap.limits.foreach_rounds && self.cursor_has_next(shared, own.as_ref())
        {
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
                None => scope.replaced.clone(),
            };
            self.restore(self.slots.scope, outer);
        }
        stopped
    }

    fn cursor_has_next(&self, shared: Option<ObjectId>, own: Option<&Cursor>) -> bool {
        match (own, shared.map(|id| self.heap.get(id))) {
            (Some(cursor), _) | (None, Some(Object::Iterator(cursor))) => {
                self.heap.has_next(cursor)
            }
            _ => false,
        }
    }

    fn cursor_next(
        &mut self,
        shared: Option<ObjectId>,
        own: Option<&mut Cursor>,
    ) -> Outcome<Value> {
        match (own, shared) {
            (Some(cursor), _) => self.heap.advance(cursor),
            (None, Some(id)) => methods::iterator_next(&mut self.heap, id),
            (None, None) => Ok(Value::Null),
        }
    }

    // ---- printing -----------------------------------------------------------------------------------------------

    /// What printing an argument of a directive does: references print, and so do those inside lists.
    fn print_expression(&mut self, e: &Expr, out: &mut Out) -> Flow<()> {
        match e {
            Expr::Reference(reference) => self.print(reference, out),
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

    fn print(&mut self, reference: &Reference, out: &mut Out) -> Flow<()> {
        if reference.shape == Shape::Runt {
            out.push_str(&reference.name);
            return Ok(());
        }
        let value = self.resolve(reference)?;
        if reference.escaped {
            out.push_str(&reference.prefix);
            out.push_str(&reference.source);
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
            for text in [
                &reference.prefix,
                &reference.prefix,
                &reference.more,
                &reference.source,
            ] {
                out.push_str(text);
            }
            return Ok(());
        }
        out.push_str(&reference.prefix);
        out.push_str(&reference.more);
        self.heap.write(&value, out)?;
        Ok(self.check_output(out)?)
    }

    /// Renders a block of `#define`; false where it is inside itself too often.
    fn run_block(&mut self, id: ObjectId, out: &mut Out) -> Flow<bool> {
        let definition = match self.heap.get_mut(id) {
            Object::Block { depth, definition } => {
                if *depth >= 2 {
                    return Ok(false);
                }
                *depth += 1;
                Arc::clone(definition)
            }
            _ => return Ok(false),
        };
        self.define(&definition, out)?;
        if let Object::Block { depth, .. } = self.heap.get_mut(id) {
            *depth -= 1;
        }
        Ok(true)
    }

    fn define(&mut self, definition: &Definition, out: &mut Out) -> Flow<()> {
        if self.depth >= self.heap.limits.template_depth {
            let limit = self.heap.limits.template_depth;
            return Err(ErrorKind::Limit(format!(
                "blocks of `#define` run inside each other more than {limit} deep"
            ))
            .into());
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
    pub(crate) fn text(&mut self, value: &Value) -> Flow<Option<JStr>> {
        if let Value::Object(id) = value
            && let Object::Block { .. } = self.heap.get(*id)
        {
            let mut out = Out::new();
            return Ok(if self.run_block(*id, &mut out)? {
                self.heap.charge(out.len())?;
                Some(out.finish())
            } else {
                None
            });
        }
        Ok(Some(self.heap.text(value)?))
    }

    // ---- references ---------------------------------------------------------------------------------------------

    /// The reference's value; the empty string where there is none.
    fn resolve(&mut self, reference: &Reference) -> Flow<Value> {
        self.heap.step(1)?;
        let mut value = self.get(reference.root);
        if value.is_null() {
            return Ok(Value::str(""));
        }
        for step in &reference.steps {
            value = self.step(&value, step).at(step.at)?;
            if value.is_null() {
                return Ok(Value::str(""));
            }
        }
        Ok(value)
    }

    fn step(&mut self, on: &Value, step: &Step) -> Flow<Value> {
        self.heap.step(1)?;
        match &step.kind {
            StepKind::Property(name, key) => methods::property(self, on, name, key),
            StepKind::Call(name, arguments) => {
                let mut values = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    values.push(self.value(argument)?);
                }
                methods::call(self, on, name, values)
            }
            StepKind::Index(index) => {
                let index = self.value(index)?;
                let index = self.count_back(index, on)?;
                methods::call(self, on, "get", vec![index])
            }
        }
    }

    /// `$list[-1]` is the last element.
    fn count_back(&mut self, index: Value, on: &Value) -> Flow<Value> {
        let Value::Int(i) = index else {
            return Ok(index);
        };
        if i >= 0 {
            return Ok(index);
        }
        match methods::call(self, on, "size", Vec::new())? {
            Value::Int(size) => Ok(Value::Int(size.wrapping_add(i))),
            _ => Err(ErrorKind::Exception(format!(
                "the index {i} needs a size() to count back from"
            ))
            .into()),
        }
    }

    fn set(&mut self, target: &Reference, value: &Expr) -> Flow<()> {
        let value = self.value(value)?;
        if value.is_null() {
            return Ok(());
        }
        let Some((last, path)) = target.steps.split_last() else {
            self.put(target.assigned, value);
            return Ok(());
        };
        let mut on = self.get(target.root);
        for step in path {
            if on.is_null() {
                return Ok(());
            }
            on = self.step(&on, step).at(step.at)?;
        }
        if on.is_null() {
            return Ok(());
        }
        match &last.kind {
            StepKind::Index(index) => {
                let index = self.value(index)?;
                let index = self.count_back(index, &on).at(last.at)?;
                methods::set_index(self, &on, index, value).at(last.at)
            }
            StepKind::Property(name, _) | StepKind::Call(name, _) => {
                methods::set_property(self, &on, name, value).at(last.at)
            }
        }
    }

    // ---- expressions --------------------------------------------------------------------------------------------

    pub(crate) fn value(&mut self, e: &Expr) -> Flow<Value> {
        self.heap.step(1)?;
        Ok(match e {
            Expr::Constant(value) => value.clone(),
            Expr::True => Value::Bool(true),
            Expr::False => Value::Bool(false),
            Expr::Word => Value::Null,
            Expr::Reference(reference) => {
                if !reference.computable || reference.shape == Shape::Runt {
                    return Ok(Value::Null);
                }
                self.resolve(reference).at(reference.at)?
            }
            Expr::Interpolated {
                body,
                has_line_comment,
            } => {
                let mut out = Out::new();
                self.block(body, &mut out)?;
                if !has_line_comment && out.len() > 0 {
                    out.drop_last();
                }
                self.heap.string(out.finish())?
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
                self.heap.add(Object::List {
                    kind: ListKind::ArrayList,
                    items,
                    changes: 0,
                })?
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
            Expr::Or(..) | Expr::And(..) | Expr::Not(_) | Expr::Compare(..) => {
                Value::Bool(self.truth(e)?)
            }
        })
    }

    fn math(&mut self, math: &Math) -> Flow<Value> {
        let (left, right) = (self.value(&math.left)?, self.value(&math.right)?);
        if math.op == MathOp::Add
            && (matches!(left, Value::Str(_)) || matches!(right, Value::Str(_)))
        {
            let mut out = Out::new();
            for (side, source) in [(&left, &math.left_source), (&right, &math.right_source)] {
                if side.is_null() {
                    out.push_str(source);
                } else {
                    match self.text(side)? {
                        Some(text) => out.push(&text),
                        None => {
                            return Err(ErrorKind::Exception(
                                "java.lang.NullPointerException".to_owned(),
                            )
                            .into());
                        }
                    }
                }
            }
            self.check_output(&out)?;
            return Ok(self.heap.string(out.finish())?);
        }
        if !number::is_number(&left) || !number::is_number(&right) {
            return Ok(Value::Null);
        }
        self.charge_big(&left, &right)?;
        Ok(number::calculate(math.op, &left, &right).map_err(ErrorKind::Exception)?)
    }

    /// Numbers without bounds count as memory, and as work in the square of their size.
    fn charge_big(&mut self, left: &Value, right: &Value) -> Outcome<()> {
        let size = |v: &Value| match v {
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

    fn truth(&mut self, e: &Expr) -> Flow<bool> {
        self.heap.step(1)?;
        Ok(match e {
            Expr::True => true,
            Expr::Reference(reference) => {
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
                        Ok(()) | Err(ErrorKind::Unsupported(_)) => true,
                        Err(kind) => return Err(kind.into()),
                    },
                    _ => true,
                }
            }
            Expr::Or(left, right) => self.truth(left)? || self.truth(right)?,
            Expr::And(left, right) => self.truth(left)? && self.truth(right)?,
            Expr::Not(inner) => !self.truth(inner)?,
            Expr::Compare(op, left, right) => self.compare(*op, left, right)?,
            _ => false,
        })
    }

    fn compare(&mut self, op: CompareOp, left: &Expr, right: &Expr) -> Flow<bool> {
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
    fn same(&mut self, left: &Value, right: &Value) -> Flow<bool> {
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
