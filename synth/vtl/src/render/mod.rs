//! The evaluator: walks the syntax tree as Velocity's nodes do.

mod expressions;
mod loops;
mod print;
mod references;

use crate::ast::{Block, Child, Expr, Name, Node, Reference, Slot, Step};
use crate::error::ErrorKind;
use crate::methods;
use crate::string::{JStr, Out};
use crate::value::{Heap, Object, Outcome, Value};

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

impl From<Box<ErrorKind>> for Box<Abort> {
    fn from(kind: Box<ErrorKind>) -> Self {
        Self::from(*kind)
    }
}

pub(crate) type Flow<T> = Result<T, Box<Abort>>;

pub(super) trait At<T> {
    /// Adds the place to an error that has none yet.
    fn at(self, at: usize) -> Flow<T>;
}

impl<T> At<T> for Flow<T> {
    fn at(self, at: usize) -> Flow<T> {
        self.map_err(|mut abort| {
            if let Abort::Error { at: place @ None, .. } = &mut *abort {
                *place = Some(at);
            }
            abort
        })
    }
}

impl<T> At<T> for Outcome<T> {
    fn at(self, at: usize) -> Flow<T> {
        self.map_err(|kind| Box::new(Abort::Error { at: Some(at), kind: *kind }))
    }
}

/// The slots that loops write.
pub(crate) struct LoopSlots {
    pub(crate) count: Slot,
    pub(crate) has_next: Slot,
    pub(crate) scope: Slot,
}

pub(crate) struct Interpreter<'r> {
    pub(crate) texts: &'r str,
    pub(crate) names: &'r [Name],
    pub(crate) references: &'r [Reference],
    pub(crate) steps: &'r [Step],
    pub(crate) heap: Heap<'r>,
    /// Null stands for a variable that is not set.
    pub(crate) variables: Vec<Value<'r>>,
    pub(crate) input: methods::InputState<'r>,
    pub(crate) slots: LoopSlots,
    /// Loops over a null element hide the element's variable.
    pub(crate) hidden: Vec<(Slot, bool)>,
    pub(crate) depth: usize,
}

impl<'r> Interpreter<'r> {
    pub(crate) fn block(&mut self, block: &'r Block, out: &mut Out) -> Flow<()> {
        for node in block {
            self.heap.step(1)?;
            // Nearly all nodes are these two; by themselves they need no room for what directives need.
            if let Node::Text(text) = node {
                out.push_str(text.of(self.texts));
                self.check_output(out)?;
            } else if let Node::Reference(reference) = node {
                let reference = reference.of(self.references);
                self.print(reference, out).at(reference.at)?;
            } else {
                self.directive(node, out)?;
            }
        }
        Ok(())
    }

    #[inline]
    pub(super) fn check_output(&self, out: &Out) -> Outcome<()> {
        if out.len() > self.heap.limits.output_bytes { self.heap.too_long("the output") } else { Ok(()) }
    }

    #[inline(never)]
    fn directive(&mut self, node: &'r Node, out: &mut Out) -> Flow<()> {
        match node {
            // Blocks print these themselves.
            Node::Text(_) | Node::Reference(_) => Ok(()),
            Node::Comment { .. } => Ok(()),
            Node::Set { at, target, value } => self.set(target.of(self.references), value).at(*at),
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
                let block = self.heap.add(Object::Block { definition: block, depth: 0 })?;
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
                Err(Box::new(ErrorKind::Exception(message))).at(*at)
            }
            Node::Include { at, children, parse } => self.include(*at, children, *parse, out),
        }
    }

    fn include(&mut self, at: usize, children: &'r [Child], parse: bool, out: &mut Out) -> Flow<()> {
        let missing =
            |name: &str| Err(Box::new(ErrorKind::Exception(format!("Unable to find resource '{name}'")))).at(at);
        if parse {
            let Some(Child::Expr(argument)) = children.first() else {
                return Err(Box::new(ErrorKind::Exception("#parse(): argument missing".to_owned()))).at(at);
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
                Child::Expr(e @ (Expr::Reference(_) | Expr::Interpolated { .. } | Expr::Text(_) | Expr::Wide(_))) => {
                    let value = self.value(e)?;
                    if value.is_null() {
                        out.push_str(&format!(
                            "<!-- include error :  error with arg {i} please see log.  see error log -->"
                        ));
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

    pub(super) fn name(&self, slot: Slot) -> &'r str {
        self.names[slot as usize].text()
    }

    #[inline]
    pub(super) fn get(&self, slot: Slot) -> Value<'r> {
        *self.look(slot)
    }

    #[cold]
    fn is_hidden(&self, slot: Slot) -> bool {
        self.hidden.iter().any(|(hidden, active)| *active && *hidden == slot)
    }

    /// A variable where it stands.
    #[inline]
    pub(super) fn look(&self, slot: Slot) -> &Value<'r> {
        if !self.hidden.is_empty() && self.is_hidden(slot) {
            return &Value::Null;
        }
        &self.variables[slot as usize]
    }

    pub(super) fn put(&mut self, slot: Slot, value: Value<'r>) {
        if value.is_null() {
            for hidden in self.hidden.iter_mut().filter(|(hidden, _)| *hidden == slot) {
                hidden.1 = true;
            }
        }
        self.variables[slot as usize] = value;
    }

    /// Puts a saved value back; there was none where it is null.
    pub(super) fn restore(&mut self, slot: Slot, value: Value<'r>) {
        if value.is_null() {
            for hidden in self.hidden.iter_mut().filter(|(hidden, _)| *hidden == slot) {
                hidden.1 = false;
            }
        }
        self.variables[slot as usize] = value;
    }
}
