//! What a path finds in a document.

use super::{Filter, Operation, Path, Token, is_definite};
use crate::error::ErrorKind;
use crate::regex::Patterns;
use crate::value::{Heap, ListKind, MapKind, Object, ObjectId, Outcome, Value, ViewKind};

/// Why a path has no value.
pub(super) enum Miss {
    NotFound,
    /// Values of these two kinds cannot be compared, so the condition does not hold.
    Incomparable,
    Error(Box<ErrorKind>),
}

impl From<Box<ErrorKind>> for Miss {
    fn from(kind: Box<ErrorKind>) -> Self {
        Miss::Error(kind)
    }
}

pub(super) type Hit<T> = Result<T, Miss>;

pub(super) fn invalid<T>(message: &str) -> Hit<T> {
    Err(Miss::Error(ErrorKind::InvalidPath(message.to_owned()).into()))
}

pub(super) struct Evaluation<'e, 'r> {
    pub(super) heap: &'e mut Heap<'r>,
    pub(super) patterns: &'e mut Patterns<'r>,
    pub(super) root: Value<'r>,
    /// Several names at once are found only where all of them are.
    pub(super) every_property: bool,
}

/// What a path finds in a document; `None` where there is nothing.
pub(crate) fn read<'r>(
    heap: &mut Heap<'r>,
    patterns: &mut Patterns<'r>,
    path: &'r Path,
    document: &Value<'r>,
) -> Outcome<Option<Value<'r>>> {
    let mut evaluation = Evaluation { heap, patterns, root: *document, every_property: false };
    match evaluation.get(path, document) {
        Ok(value) => Ok(Some(value)),
        Err(Miss::NotFound | Miss::Incomparable) => Ok(None),
        Err(Miss::Error(kind)) => Err(kind),
    }
}

enum Model {
    Map(ObjectId),
    Array(ObjectId),
    Other,
}

impl<'r> Evaluation<'_, 'r> {
    pub(super) fn get(&mut self, path: &'r Path, document: &Value<'r>) -> Hit<Value<'r>> {
        let mut results = Vec::new();
        self.run(&path.tokens, 0, document, &mut results)?;
        if is_definite(&path.tokens) {
            return results.into_iter().next().ok_or(Miss::NotFound);
        }
        Ok(self.heap.list(ListKind::JsonArray, results)?)
    }

    fn model(&self, value: &Value<'r>) -> Model {
        match value {
            Value::Object(id) if self.heap.is_map(value) => Model::Map(*id),
            Value::Object(id) if self.heap.is_list(value) => Model::Array(*id),
            _ => Model::Other,
        }
    }

    fn run(&mut self, tokens: &'r [Token], i: usize, model: &Value<'r>, results: &mut Vec<Value<'r>>) -> Hit<()> {
        self.heap.step(1)?;
        match &tokens[i] {
            Token::Root => self.next(tokens, i, *model, results),
            Token::Scan => self.walk(tokens, i + 1, model, results),
            Token::Wildcard => match self.model(model) {
                Model::Map(id) => {
                    for key in self.heap.ordered_keys(id)? {
                        let value = self.heap.view_item(ViewKind::Values, id, &key)?;
                        self.next(tokens, i, value, results)?;
                    }
                    Ok(())
                }
                Model::Array(id) => {
                    for item in self.heap.items(id)? {
                        match self.next(tokens, i, item, results) {
                            Ok(()) | Err(Miss::NotFound) => {}
                            Err(other) => return Err(other),
                        }
                    }
                    Ok(())
                }
                Model::Other => Ok(()),
            },
            Token::Properties(names) => match self.model(model) {
                Model::Map(id) => self.properties(tokens, i, id, names, results),
                _ => Err(Miss::NotFound),
            },
            Token::Array(operation, numbers) => match self.model(model) {
                Model::Array(id) => self.array(tokens, i, id, *operation, numbers, results),
                _ if model.is_null() => Err(Miss::NotFound),
                _ => invalid("an index can only be applied to an array"),
            },
            Token::Filter(filter) => match self.model(model) {
                Model::Map(_) => {
                    if self.accepts(filter, model)? {
                        self.next(tokens, i, *model, results)?;
                    }
                    Ok(())
                }
                Model::Array(id) => {
                    for item in self.heap.items(id)? {
                        if self.accepts(filter, &item)? {
                            self.next(tokens, i, item, results)?;
                        }
                    }
                    Ok(())
                }
                Model::Other => invalid("a filter can not be applied to primitives"),
            },
        }
    }

    fn next(&mut self, tokens: &'r [Token], i: usize, value: Value<'r>, results: &mut Vec<Value<'r>>) -> Hit<()> {
        if i + 1 < tokens.len() {
            return self.run(tokens, i + 1, &value, results);
        }
        self.heap.charge(32)?;
        results.push(value);
        Ok(())
    }

    fn property(&mut self, id: ObjectId, name: &'r str) -> Hit<Option<Value<'r>>> {
        let key = self.heap.key(&Value::str(name))?;
        Ok(self.heap.map(id).and_then(|m| m.get(&key)).cloned())
    }

    fn properties(
        &mut self,
        tokens: &'r [Token],
        i: usize,
        id: ObjectId,
        names: &'r [String],
        results: &mut Vec<Value<'r>>,
    ) -> Hit<()> {
        let leaf = i + 1 == tokens.len();
        if let [name] = names {
            return match self.property(id, name)? {
                Some(value) => self.next(tokens, i, value, results),
                None if !leaf && !is_definite(&tokens[i - 1..]) => Ok(()),
                None => Err(Miss::NotFound),
            };
        }
        if !leaf {
            return invalid("several properties can only be at the end of a path");
        }
        let merged = self.heap.new_map(MapKind::Linked)?;
        for name in names {
            match self.property(id, name)? {
                Some(value) => drop(self.heap.map_put(merged, Value::str(name), value)?),
                None if self.every_property => return Err(Miss::NotFound),
                None => {}
            }
        }
        self.next(tokens, i, Value::Object(merged), results)
    }

    fn array(
        &mut self,
        tokens: &'r [Token],
        i: usize,
        id: ObjectId,
        operation: Operation,
        numbers: &[i32],
        results: &mut Vec<Value<'r>>,
    ) -> Hit<()> {
        let items = match (operation, self.heap.get(id)) {
            // The common case needs no copy of the whole list.
            (Operation::Index, Object::List { items, .. }) => {
                let item = usize::try_from(numbers[0]).ok().and_then(|n| items.get(n)).cloned();
                return match item {
                    Some(item) => self.next(tokens, i, item, results),
                    None => Err(Miss::NotFound),
                };
            }
            _ => self.heap.items(id)?,
        };
        let len = items.len() as i64;
        let first = i64::from(numbers[0]);
        let indexes: Vec<i64> = match operation {
            Operation::Index => vec![first],
            Operation::Sequence => numbers.iter().map(|n| i64::from(*n)).collect(),
            Operation::FromEnd => vec![len + first],
            Operation::From => (if first < 0 { len + first } else { first }.max(0)..len).collect(),
            Operation::To => (0..len.min(if first < 0 { len + first } else { first })).collect(),
            // Also where it would begin before the first: what is empty is not looked into.
            Operation::Between if len == 0 => Vec::new(),
            Operation::Between => (first..len.min(i64::from(numbers[1])).max(first)).collect(),
        };
        for index in indexes {
            match usize::try_from(index).ok().and_then(|n| items.get(n)) {
                Some(item) => self.next(tokens, i, *item, results)?,
                None => return Err(Miss::NotFound),
            }
        }
        Ok(())
    }

    /// Deep scan: applies the token `i` wherever it fits.
    fn walk(&mut self, tokens: &'r [Token], i: usize, model: &Value<'r>, results: &mut Vec<Value<'r>>) -> Hit<()> {
        self.heap.step(1)?;
        let (id, is_map) = match self.model(model) {
            Model::Map(id) => (id, true),
            Model::Array(id) => (id, false),
            Model::Other => return Ok(()),
        };
        if self.fits(&tokens[i], model)? {
            if is_map || i + 1 == tokens.len() {
                self.run(tokens, i, model, results)?;
            } else {
                for item in self.heap.items(id)? {
                    self.run(tokens, i + 1, &item, results)?;
                }
            }
        }
        let children = if is_map {
            let mut values = Vec::new();
            for key in self.heap.ordered_keys(id)? {
                values.push(self.heap.view_item(ViewKind::Values, id, &key)?);
            }
            values
        } else {
            self.heap.items(id)?
        };
        self.heap.enter()?;
        for child in &children {
            let result = self.walk(tokens, i, child, results);
            if result.is_err() {
                self.heap.leave();
                return result;
            }
        }
        self.heap.leave();
        Ok(())
    }

    fn fits(&mut self, token: &'r Token, model: &Value<'r>) -> Hit<bool> {
        Ok(match (token, self.model(model)) {
            (Token::Properties(names), Model::Map(id)) => {
                for name in names {
                    if self.property(id, name)?.is_none() {
                        return Ok(false);
                    }
                }
                true
            }
            (Token::Array(..), Model::Array(_)) | (Token::Wildcard, _) => true,
            (Token::Filter(filter), _) => self.accepts(filter, model)?,
            _ => false,
        })
    }

    fn accepts(&mut self, filter: &'r Filter, item: &Value<'r>) -> Hit<bool> {
        self.heap.step(1)?;
        match filter {
            Filter::Single(criterion) => self.holds(criterion, item),
            Filter::And(parts) => {
                for part in parts {
                    if !self.accepts(part, item)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Filter::Missing => invalid("a filter without a condition"),
            Filter::Or(left, right) => Ok(self.accepts(left, item)? || self.accepts(right, item)?),
        }
    }
}
