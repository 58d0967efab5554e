//! What a reference stands for, and what `#set` does to it.

use super::{At, Flow, Interpreter};
use crate::ast::{Expr, Reference, Step, StepKind};
use crate::error::ErrorKind;
use crate::methods;
use crate::value::Value;

impl<'r> Interpreter<'r> {
    /// The reference's value; the empty string where there is none.
    pub(super) fn resolve(&mut self, reference: &'r Reference) -> Flow<Value<'r>> {
        let (found, taken, rest) = self.find(reference);
        let value = *found;
        self.heap.step(1 + 2 * taken)?;
        if !rest.is_empty() {
            return self.walk(value, rest);
        }
        Ok(if value.is_null() { Value::str("") } else { value })
    }

    /// How far a reference leads by nothing but members of objects of JSON, in so many steps, and the steps that are
    /// left. Members are looked up where they stand, and only what is found in the end is copied: values are three words
    /// and travel through memory.
    #[inline(always)]
    pub(super) fn find(&self, reference: &'r Reference) -> (&Value<'r>, usize, &'r [Step]) {
        let steps = reference.steps.of(self.steps);
        let (mut found, mut rest) = (self.look(reference.root), steps);
        while let [Step { kind: StepKind::Property(name), .. }, after @ ..] = rest
            && let Some(member) = self.heap.member(found, &self.names[*name as usize])
        {
            (found, rest) = (member, after);
        }
        (found, steps.len() - rest.len(), rest)
    }

    /// What the steps lead to that [`Interpreter::find`] leaves.
    #[inline(never)]
    fn walk(&mut self, from: Value<'r>, steps: &'r [Step]) -> Flow<Value<'r>> {
        let mut value = from;
        for step in steps {
            if value.is_null() {
                break;
            }
            let property = match &step.kind {
                StepKind::Property(name) => self.heap.property(&value, &self.names[*name as usize]),
                _ => None,
            };
            value = match property {
                Some(property) => {
                    self.heap.step(2)?;
                    property
                }
                None => self.step(value, step).at(step.at)?,
            };
        }
        Ok(if value.is_null() { Value::str("") } else { value })
    }

    #[inline(never)]
    pub(super) fn step(&mut self, on: Value<'r>, step: &'r Step) -> Flow<Value<'r>> {
        self.heap.step(1)?;
        match &step.kind {
            StepKind::Property(name) => methods::property(self, &on, self.name(*name)),
            StepKind::Call(name, arguments) => self.call(&on, self.name(*name), arguments),
            StepKind::Index(index) => {
                let index = self.value(index)?;
                let index = self.count_back(index, &on)?;
                methods::call(self, &on, "get", &[index])
            }
        }
    }

    #[inline(never)]
    fn call(&mut self, on: &Value<'r>, name: &'r str, arguments: &'r [Expr]) -> Flow<Value<'r>> {
        // Hardly a method takes more than two, and these need no list on the heap.
        match arguments {
            [] => methods::call(self, on, name, &[]),
            [only] => {
                let only = self.value(only)?;
                methods::call(self, on, name, &[only])
            }
            [first, second] => {
                let (first, second) = (self.value(first)?, self.value(second)?);
                methods::call(self, on, name, &[first, second])
            }
            more => {
                let values = more.iter().map(|e| self.value(e)).collect::<Flow<Vec<_>>>()?;
                methods::call(self, on, name, &values)
            }
        }
    }

    /// `$list[-1]` is the last element.
    pub(super) fn count_back(&mut self, index: Value<'r>, on: &Value<'r>) -> Flow<Value<'r>> {
        let Value::Int(i) = index else {
            return Ok(index);
        };
        if i >= 0 {
            return Ok(index);
        }
        match methods::call(self, on, "size", &[])? {
            Value::Int(size) => Ok(Value::Int(size.wrapping_add(i))),
            _ => Err(ErrorKind::Exception(format!("the index {i} needs a size() to count back from")).into()),
        }
    }

    pub(super) fn set(&mut self, target: &'r Reference, value: &'r Expr) -> Flow<()> {
        let value = self.value(value)?;
        if value.is_null() {
            return Ok(());
        }
        let Some((last, path)) = target.steps.of(self.steps).split_last() else {
            self.put(target.assigned, value);
            return Ok(());
        };
        let mut on = self.get(target.root);
        for step in path {
            if on.is_null() {
                return Ok(());
            }
            on = self.step(on, step).at(step.at)?;
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
            StepKind::Property(name) | StepKind::Call(name, _) => {
                methods::set_property(self, &on, self.name(*name), value).at(last.at)
            }
        }
    }
}
