//! JSONPath as Jayway's JsonPath 2.0 has it, which `$input.path` and `$input.json` use.

mod compile;
mod condition;
mod evaluate;
mod filter;

pub(crate) use compile::compile;
pub(crate) use evaluate::read;

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
    Properties(Vec<String>),
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
    Text(String),
    Path(Path),
    Regex(String, bool),
}

type Compiled<T> = Result<T, String>;

fn is_definite(tokens: &[Token]) -> bool {
    tokens.iter().all(|t| match t {
        Token::Root | Token::Properties(_) => true,
        Token::Array(operation, _) => matches!(operation, Operation::Index | Operation::FromEnd),
        Token::Scan | Token::Wildcard | Token::Filter(_) => false,
    })
}
