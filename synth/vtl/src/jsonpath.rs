//! JSONPath as Jayway's JsonPath 2.0 has it, which `$input.path` and `$input.json` use.

use crate::error::ErrorKind;
use crate::number::{self, Decimal};
use crate::regex::{self, Patterns};
use crate::string::JStr;
use crate::value::{Heap, ListKind, MapKind, Object, ObjectId, Outcome, Value, ViewKind};

/// A compiled path.
#[derive(Debug)]
pub(crate) struct Path {
    tokens: Vec<Token>,
    /// `$…`, and not `@…`.
    from_root: bool,
}

#[derive(Debug)]
enum Token {
    Root,
    Scan,
    Wildcard,
    Properties(Vec<JStr>),
    Array(Operation, Vec<i32>),
    Filter(Filter),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Index,
    Sequence,
    From,
    To,
    Between,
    FromEnd,
}

#[derive(Debug)]
enum Filter {
    Single(Criterion),
    And(Vec<Filter>),
    Or(Box<Filter>, Box<Filter>),
    /// `[?]`: a place for a condition that a program would pass; an error once it is asked.
    Missing,
}

#[derive(Debug)]
struct Criterion {
    left: Operand,
    operator: Operator,
    right: Operand,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Regex,
    Exists(bool),
}

#[derive(Debug)]
enum Operand {
    Text(JStr),
    Path(Path),
    Regex(JStr, bool),
}

type Compiled<T> = Result<T, String>;

fn is_definite(tokens: &[Token]) -> bool {
    tokens.iter().all(|t| match t {
        Token::Root | Token::Properties(_) => true,
        Token::Array(operation, _) => matches!(operation, Operation::Index | Operation::FromEnd),
        Token::Scan | Token::Wildcard | Token::Filter(_) => false,
    })
}

// ---- compiling --------------------------------------------------------------------------------------------------

/// Compiles a path; the message says what is wrong with it.
pub(crate) fn compile(path: &str) -> Compiled<Path> {
    compile_nested(path, 0)
}

fn compile_nested(path: &str, depth: usize) -> Compiled<Path> {
    if depth > 20 {
        return Err("filters are nested too deep".to_owned());
    }
    if path.is_empty() {
        return Err("it may not be empty".to_owned());
    }
    let mut path = path.trim_matches(|c| c <= ' ').to_owned();
    if path.ends_with("..") {
        return Err("it can not end with a scan".to_owned());
    }
    if !path.starts_with(['$', '@']) {
        if path.is_empty() {
            return Err("it may not be empty".to_owned());
        }
        path = format!("$.{path}");
    }
    let from_root = path.starts_with('$');
    let chars: Vec<char> = path.chars().collect();
    if chars.len() > 1 && chars[1] != '.' && chars[1] != '[' {
        return Err(format!(
            "expected `.` or `[` after {:?} in {path}",
            chars[0]
        ));
    }
    let mut tokens = vec![Token::Root];
    let mut i = 1;
    while i < chars.len() {
        match chars[i] {
            ' ' => return Err("space not allowed in path".to_owned()),
            '$' => {
                tokens.push(Token::Root);
                i += 1;
            }
            '[' => {
                let end = closing_bracket(&chars, i);
                tokens.push(component(&chars[i..end], depth)?);
                i = end;
            }
            '.' => {
                i += 1;
                match chars.get(i) {
                    None => return Err("it ends with a dot".to_owned()),
                    Some('.') => {
                        tokens.push(Token::Scan);
                        i += 1;
                    }
                    Some(_) => {
                        let len = name_len(&chars[i..]);
                        if len == 0 {
                            continue;
                        }
                        let name = &chars[i..i + len];
                        tokens.push(if name == ['*'] {
                            Token::Wildcard
                        } else {
                            name_token(name)?
                        });
                        i += len;
                    }
                }
            }
            '*' => {
                tokens.push(Token::Wildcard);
                i += 1;
            }
            _ => {
                let len = name_len(&chars[i..]);
                tokens.push(name_token(&chars[i..i + len])?);
                i += len;
            }
        }
    }
    Ok(Path { tokens, from_root })
}

fn name_len(chars: &[char]) -> usize {
    chars
        .iter()
        .take_while(|c| !matches!(c, '.' | '[' | ' '))
        .count()
}

fn closing_bracket(chars: &[char], open: usize) -> usize {
    let mut nested = 0i32;
    let mut i = open + 1;
    while i < chars.len() {
        let c = chars[i];
        i += 1;
        if c == ']' && nested == 0 {
            break;
        }
        nested += match c {
            '[' => 1,
            ']' => -1,
            _ => 0,
        };
    }
    i
}

/// A name after a dot is read as if it stood in brackets and quotes.
fn name_token(name: &[char]) -> Compiled<Token> {
    let mut fragment = vec!['[', '\''];
    fragment.extend(name);
    fragment.extend(['\'', ']']);
    properties(&fragment, 1)
}

fn component(fragment: &[char], depth: usize) -> Compiled<Token> {
    if fragment == ['[', '*', ']'] {
        return Ok(Token::Wildcard);
    }
    let inner: String = fragment.iter().filter(|c| !c.is_whitespace()).collect();
    if inner.starts_with("[?")
        && inner.ends_with(']')
        && inner[2..inner.len() - 1]
            .chars()
            .all(|c| c == '?' || c == ',')
    {
        return Ok(Token::Filter(Filter::Missing));
    }
    for (i, c) in fragment.iter().enumerate() {
        match c {
            '?' => return Ok(Token::Filter(filter(&filter_text(fragment, i)?, depth)?)),
            '\'' => return properties(fragment, i),
            c if c.is_ascii_digit() || matches!(c, ':' | '-' | '@') => return array(fragment, i),
            _ => {}
        }
    }
    Err(format!(
        "could not read {}",
        fragment.iter().collect::<String>()
    ))
}

fn properties(fragment: &[char], start: usize) -> Compiled<Token> {
    let mut names = Vec::new();
    let mut name = String::new();
    let mut open = false;
    for c in &fragment[start..] {
        match c {
            ']' => return Ok(Token::Properties(names)),
            '\'' => {
                if open {
                    names.push(JStr::from(std::mem::take(&mut name)));
                }
                open = !open;
            }
            c if open => name.push(*c),
            _ => {}
        }
    }
    Err("a `]` is missing".to_owned())
}

fn whole(text: &str) -> Compiled<i32> {
    text.parse()
        .map_err(|_| format!("expected a whole number, found {text:?}"))
}

fn array(fragment: &[char], start: usize) -> Compiled<Token> {
    let at = |i: usize| {
        fragment
            .get(i)
            .copied()
            .ok_or_else(|| "a `]` is missing".to_owned())
    };
    let mut i = start;
    let mut current = at(i)?;
    let mut numbers = Vec::new();
    let mut buffer = String::new();
    let (mut to, mut from, mut between, mut sequence) = (false, false, false, false);
    let from_end = current == '@';
    if from_end {
        i += 2;
        current = at(i)?;
        while current != '-' {
            if !matches!(current, ' ' | '(' | ')') {
                buffer.push(current);
            }
            i += 1;
            current = at(i)?;
        }
        if buffer != "size" && buffer != "length" {
            return Err(format!(
                "the function @.{buffer} is neither @.length nor @.size()"
            ));
        }
        buffer.clear();
        while current != ')' {
            if current != ' ' {
                buffer.push(current);
            }
            i += 1;
            current = at(i)?;
        }
    } else {
        while current.is_ascii_digit() || matches!(current, ',' | ' ' | ':' | '-') {
            match current {
                ' ' => {}
                ':' => {
                    let first = buffer.is_empty();
                    if first {
                        to = true;
                    } else {
                        numbers.push(whole(&buffer)?);
                        buffer.clear();
                    }
                    i += 1;
                    current = at(i)?;
                    while current.is_ascii_digit() || matches!(current, ' ' | '-') {
                        if current != ' ' {
                            buffer.push(current);
                        }
                        i += 1;
                        current = at(i)?;
                    }
                    if first {
                        numbers.push(whole(&buffer)?);
                        buffer.clear();
                    } else if buffer.is_empty() {
                        from = true;
                    } else {
                        between = true;
                        numbers.push(whole(&buffer)?);
                        buffer.clear();
                    }
                }
                ',' => {
                    numbers.push(whole(&buffer)?);
                    buffer.clear();
                    sequence = true;
                }
                c => buffer.push(c),
            }
            if current == ']' {
                break;
            }
            i += 1;
            current = at(i)?;
        }
    }
    if !buffer.is_empty() {
        numbers.push(whole(&buffer)?);
    }
    let operation = if numbers.len() == 1 && !to && !from && !from_end {
        Operation::Index
    } else if sequence {
        Operation::Sequence
    } else if from {
        Operation::From
    } else if to {
        Operation::To
    } else if between {
        Operation::Between
    } else if from_end {
        Operation::FromEnd
    } else {
        return Err("an index is missing".to_owned());
    };
    if numbers.is_empty() || (operation == Operation::Between && numbers.len() < 2) {
        return Err("an index is missing".to_owned());
    }
    Ok(Token::Array(operation, numbers))
}

/// From the `[` before the question mark to the `]` that closes the filter.
fn filter_text(fragment: &[char], question: usize) -> Compiled<String> {
    let start = fragment[..question]
        .iter()
        .rposition(|c| *c == '[')
        .ok_or("a `[` is missing")?;
    let (mut in_text, mut before) = (false, ' ');
    let (mut square, mut round) = (0i32, 0i32);
    for (i, c) in fragment.iter().enumerate().skip(start) {
        match c {
            '(' if !in_text => round += 1,
            ')' if !in_text => round -= 1,
            '[' if !in_text => square += 1,
            ']' if !in_text => {
                square -= 1;
                if round == 0 {
                    return if square == 0 {
                        Ok(fragment[start..=i].iter().collect())
                    } else {
                        Err("the filter's brackets are not balanced".to_owned())
                    };
                }
            }
            '\'' if before != '\\' => in_text = !in_text,
            _ => {}
        }
        before = *c;
    }
    Err("the filter is not closed".to_owned())
}

fn java_trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

fn filter(text: &str, depth: usize) -> Compiled<Filter> {
    let shape = || format!("expected `[?(…)]`, found {text}");
    let inner = java_trim(text)
        .strip_prefix('[')
        .and_then(|t| t.strip_suffix(']'))
        .ok_or_else(shape)?;
    let inner = java_trim(java_trim(inner).strip_prefix('?').ok_or_else(shape)?);
    let inner = inner
        .strip_prefix('(')
        .and_then(|t| t.strip_suffix(')'))
        .ok_or_else(shape)?;
    let inner = java_trim(inner);
    let mut operators = Vec::new();
    let mut criteria = Vec::new();
    for part in split_operators(inner) {
        let part = java_trim(part);
        if part == "&&" || part == "||" {
            operators.push(part);
        } else {
            criteria.push(criterion(part, depth)?);
        }
    }
    let missing = || "a condition is missing".to_owned();
    let mut root = Filter::Single(criteria.pop().ok_or_else(missing)?);
    while let Some(operator) = operators.pop() {
        let other = Filter::Single(criteria.pop().ok_or_else(missing)?);
        root = if operator == "&&" {
            and(root, other)
        } else {
            Filter::Or(Box::new(root), Box::new(other))
        };
    }
    if criteria.is_empty() {
        Ok(root)
    } else {
        Err("a condition too many".to_owned())
    }
}

fn and(filter: Filter, other: Filter) -> Filter {
    match filter {
        Filter::And(mut parts) => {
            parts.push(other);
            Filter::And(parts)
        }
        Filter::Or(left, right) => Filter::Or(left, Box::new(Filter::And(vec![*right, other]))),
        single => Filter::And(vec![single, other]),
    }
}

/// Splits before and after each `&&` and `||`.
fn split_operators(text: &str) -> Vec<&str> {
    let is_operator = |t: &str| t.starts_with("&&") || t.starts_with("||");
    let mut parts = Vec::new();
    let mut start = 0;
    for (i, _) in text.char_indices() {
        let after = i >= 2 && text.is_char_boundary(i - 2) && is_operator(&text[i - 2..]);
        if i > start && (after || is_operator(&text[i..])) {
            parts.push(&text[start..i]);
            start = i;
        }
    }
    if start < text.len() {
        parts.push(&text[start..]);
    }
    parts
}

fn criterion(text: &str, depth: usize) -> Compiled<Criterion> {
    let begin = text.trim_start_matches(['[', '?', '(', ' ']);
    let text = begin.trim_end_matches([')', ' ']);
    if text.is_empty() {
        return Err("a condition is empty".to_owned());
    }
    const OPERATORS: [(&str, Operator); 7] = [
        ("==", Operator::Eq),
        (">=", Operator::Ge),
        ("<=", Operator::Le),
        ("!=", Operator::Ne),
        ("<", Operator::Lt),
        (">", Operator::Gt),
        ("=~", Operator::Regex),
    ];
    let split = OPERATORS.iter().find_map(|(image, operator)| {
        text.split_once(image)
            .map(|(left, right)| (java_trim(left), *operator, java_trim(right)))
    });
    let Some((left, operator, right)) = split else {
        let (exists, path) = match java_trim(text).strip_prefix('!') {
            Some(path) if path.starts_with('@') => (false, path),
            _ => (true, java_trim(text)),
        };
        if !path.starts_with(['$', '@']) {
            return Err(format!(
                "expected a comparison or a path in a filter, found {text}"
            ));
        }
        let left = Operand::Path(definite(path, depth)?);
        return Ok(Criterion {
            left,
            operator: Operator::Exists(exists),
            right: Operand::Text(JStr::from("")),
        });
    };
    let left = left
        .strip_prefix('!')
        .filter(|l| l.starts_with('@'))
        .unwrap_or(left);
    if right.starts_with("!@") {
        return Err("`!` can only be used to ask whether a path exists".to_owned());
    }
    Ok(Criterion {
        left: operand(left, depth)?,
        operator,
        right: operand(right, depth)?,
    })
}

fn definite(path: &str, depth: usize) -> Compiled<Path> {
    let compiled = compile_nested(path, depth + 1)?;
    if is_definite(&compiled.tokens) {
        Ok(compiled)
    } else {
        Err(format!("{path} in a filter is not definite"))
    }
}

fn operand(text: &str, depth: usize) -> Compiled<Operand> {
    if text.starts_with(['$', '@']) {
        return Ok(Operand::Path(definite(text, depth)?));
    }
    if text.starts_with('\'') && text.ends_with('\'') {
        return match text.get(1..text.len() - 1) {
            Some(inner) if text.len() > 1 => Ok(Operand::Text(JStr::from(inner))),
            _ => Err("a quote is not closed".to_owned()),
        };
    }
    if text.starts_with('/') && (text.ends_with('/') || text.ends_with("/i")) {
        let last = text.rfind('/').unwrap_or(0);
        return match text.get(1..last) {
            Some(inner) if last > 0 => Ok(Operand::Regex(JStr::from(inner), text.ends_with('i'))),
            _ => Err("a regular expression is not closed".to_owned()),
        };
    }
    Ok(Operand::Text(JStr::from(text)))
}

// ---- evaluating -------------------------------------------------------------------------------------------------

/// Why a path has no value.
enum Miss {
    NotFound,
    /// Values of these two kinds cannot be compared, so the condition does not hold.
    Incomparable,
    Error(ErrorKind),
}

impl From<ErrorKind> for Miss {
    fn from(kind: ErrorKind) -> Self {
        Miss::Error(kind)
    }
}

type Hit<T> = Result<T, Miss>;

fn invalid<T>(message: &str) -> Hit<T> {
    Err(Miss::Error(ErrorKind::InvalidPath(message.to_owned())))
}

struct Evaluation<'e, 'l> {
    heap: &'e mut Heap<'l>,
    patterns: &'e mut Patterns,
    root: Value,
}

/// What a path finds in a document; `None` where there is nothing.
pub(crate) fn read(
    heap: &mut Heap<'_>,
    patterns: &mut Patterns,
    path: &Path,
    document: &Value,
) -> Outcome<Option<Value>> {
    let mut evaluation = Evaluation {
        heap,
        patterns,
        root: document.clone(),
    };
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

impl Evaluation<'_, '_> {
    fn get(&mut self, path: &Path, document: &Value) -> Hit<Value> {
        let mut results = Vec::new();
        self.run(&path.tokens, 0, document, &mut results)?;
        if is_definite(&path.tokens) {
            return results.into_iter().next().ok_or(Miss::NotFound);
        }
        Ok(self.heap.list(ListKind::JsonArray, results)?)
    }

    fn model(&self, value: &Value) -> Model {
        match value {
            Value::Object(id) if self.heap.is_map(value) => Model::Map(*id),
            Value::Object(id) if self.heap.is_list(value) => Model::Array(*id),
            _ => Model::Other,
        }
    }

    fn run(
        &mut self,
        tokens: &[Token],
        i: usize,
        model: &Value,
        results: &mut Vec<Value>,
    ) -> Hit<()> {
        self.heap.step(1)?;
        match &tokens[i] {
            Token::Root => self.next(tokens, i, model.clone(), results),
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
                        self.next(tokens, i, model.clone(), results)?;
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

    fn next(
        &mut self,
        tokens: &[Token],
        i: usize,
        value: Value,
        results: &mut Vec<Value>,
    ) -> Hit<()> {
        if i + 1 < tokens.len() {
            return self.run(tokens, i + 1, &value, results);
        }
        self.heap.charge(32)?;
        results.push(value);
        Ok(())
    }

    fn property(&mut self, id: ObjectId, name: &JStr) -> Hit<Option<Value>> {
        let key = self.heap.key(&Value::Str(name.clone()))?;
        Ok(self
            .heap
            .map(id)
            .and_then(|m| m.entries.get(&key))
            .map(|(_, v)| v.clone()))
    }

    fn properties(
        &mut self,
        tokens: &[Token],
        i: usize,
        id: ObjectId,
        names: &[JStr],
        results: &mut Vec<Value>,
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
            if let Some(value) = self.property(id, name)? {
                self.heap.map_put(merged, Value::Str(name.clone()), value)?;
            }
        }
        self.next(tokens, i, Value::Object(merged), results)
    }

    fn array(
        &mut self,
        tokens: &[Token],
        i: usize,
        id: ObjectId,
        operation: Operation,
        numbers: &[i32],
        results: &mut Vec<Value>,
    ) -> Hit<()> {
        let items = match (operation, self.heap.get(id)) {
            // The common case needs no copy of the whole list.
            (Operation::Index, Object::List { items, .. }) => {
                let item = usize::try_from(numbers[0])
                    .ok()
                    .and_then(|n| items.get(n))
                    .cloned();
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
            Operation::Between => (first..len.min(i64::from(numbers[1])).max(first)).collect(),
        };
        for index in indexes {
            match usize::try_from(index).ok().and_then(|n| items.get(n)) {
                Some(item) => self.next(tokens, i, item.clone(), results)?,
                None => return Err(Miss::NotFound),
            }
        }
        Ok(())
    }

    /// Deep scan: applies the token `i` wherever it fits.
    fn walk(
        &mut self,
        tokens: &[Token],
        i: usize,
        model: &Value,
        results: &mut Vec<Value>,
    ) -> Hit<()> {
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

    fn fits(&mut self, token: &Token, model: &Value) -> Hit<bool> {
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

    fn accepts(&mut self, filter: &Filter, item: &Value) -> Hit<bool> {
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

    fn holds(&mut self, criterion: &Criterion, item: &Value) -> Hit<bool> {
        if let (Operator::Exists(wanted), Operand::Path(path)) =
            (criterion.operator, &criterion.left)
        {
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

    fn operand(&mut self, operand: &Operand, item: &Value) -> Hit<Value> {
        match operand {
            Operand::Text(text) => Ok(Value::Str(text.clone())),
            Operand::Path(path) => {
                let document = if path.from_root {
                    self.root.clone()
                } else {
                    item.clone()
                };
                self.get(path, &document)
            }
            Operand::Regex(..) => invalid("a regular expression needs `=~`"),
        }
    }

    fn compare(&mut self, criterion: &Criterion, item: &Value) -> Hit<bool> {
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
                pattern,
                ignore_case,
            )?);
        }
        let model = self.operand(&criterion.left, item)?;
        let expected = self.operand(&criterion.right, item)?;
        let is_order = matches!(
            criterion.operator,
            Operator::Lt | Operator::Le | Operator::Gt | Operator::Ge
        );
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
    fn order(&mut self, expected: &Value, model: &Value) -> Hit<i32> {
        if let (Value::Object(a), Value::Object(b)) = (expected, model)
            && a == b
        {
            return Ok(0);
        }
        let nullish = |v: &Value| match v {
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
            (Value::Str(a), Value::Str(b)) => {
                let unescaped = match a.as_str() {
                    Some(text) if text.contains('\'') => JStr::from(text.replace("\\'", "'")),
                    _ => a.clone(),
                };
                Ok(unescaped.compare(b))
            }
            (Value::Str(_), b) if number::is_number(b) => self.decimals(expected, model),
            (a, b) if number::is_number(a) && number::is_number(b) => {
                self.decimals(expected, model)
            }
            (Value::Str(a), Value::Bool(b)) => {
                Ok(i32::from(a.to_text().eq_ignore_ascii_case("true")) - i32::from(*b))
            }
            (Value::Bool(a), Value::Bool(b)) => Ok(i32::from(*a) - i32::from(*b)),
            _ => Err(Miss::Incomparable),
        }
    }

    fn decimals(&mut self, a: &Value, b: &Value) -> Hit<i32> {
        if let (Value::Int(x), Value::Int(y)) = (a, b) {
            return Ok(x.cmp(y) as i32);
        }
        let mut decimal = |v: &Value| -> Hit<Decimal> {
            let text = self.heap.text(v)?;
            self.heap.step(1 + text.bytes() * text.bytes() / 4096)?;
            let parsed = Decimal::parse(&text.to_text());
            parsed.ok_or_else(|| {
                Miss::Error(ErrorKind::Exception(format!(
                    "java.lang.NumberFormatException: {}",
                    text.to_text()
                )))
            })
        };
        let (x, y) = (decimal(a)?, decimal(b)?);
        Ok(x.compare(&y) as i32)
    }
}
