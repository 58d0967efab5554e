//! DynamoDB's expressions: read strictly, and applied to an item. What DynamoDB would refuse panics here.

use std::collections::BTreeSet;

use serde_json::Value;

/// An expression that was read.
#[derive(Debug)]
pub(crate) enum Expression {
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Exists(String, bool),
    Compare(String, String, String),
    Between(String, String, String),
    In(String, Vec<String>),
}

/// The placeholders that a text uses: those with # and those with a colon.
pub(crate) fn placeholders(text: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    tokens(text)
        .into_iter()
        .filter(|token| token.len() > 1 && token.starts_with(['#', ':']))
        .partition(|token| token.starts_with('#'))
}

/// Reads a condition, a filter or a key condition.
pub(crate) fn parse(text: &str) -> Expression {
    let tokens = tokens(text);
    let mut parser = Parser { tokens: &tokens, text };
    let expression = parser.or();
    assert!(parser.tokens.is_empty(), "left over {:?} in {text}", parser.tokens);
    expression
}

/// Reads `SET #a = :a, #b = :b`.
pub(crate) fn assignments(text: &str) -> Vec<(String, String)> {
    let assigned = text.strip_prefix("SET ").unwrap_or_else(|| panic!("only SET is known: {text}"));
    assigned
        .split(", ")
        .map(|pair| {
            let (name, value) = pair.split_once(" = ").unwrap_or_else(|| panic!("no assignment: {pair}"));
            assert!(name.starts_with('#') && value.starts_with(':'), "no placeholders: {pair}");
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

/// Whether an item meets it. An attribute that the item lacks meets no comparison.
pub(crate) fn holds(expression: &Expression, request: &Value, item: &Value) -> bool {
    let attribute = |name: &str| item.get(request["ExpressionAttributeNames"][name].as_str().expect("defined"));
    let value = |name: &str| &request["ExpressionAttributeValues"][name];
    match expression {
        Expression::And(left, right) => holds(left, request, item) && holds(right, request, item),
        Expression::Or(left, right) => holds(left, request, item) || holds(right, request, item),
        Expression::Exists(name, wanted) => attribute(name).is_some() == *wanted,
        Expression::Compare(name, operator, other) => {
            attribute(name).is_some_and(|found| compare(found, operator, value(other)))
        }
        Expression::Between(name, low, high) => {
            assert!(compare(value(low), "<=", value(high)), "BETWEEN wants its bounds in order");
            attribute(name).is_some_and(|found| compare(found, ">=", value(low)) && compare(found, "<=", value(high)))
        }
        Expression::In(name, others) => {
            attribute(name).is_some_and(|found| others.iter().any(|other| found == value(other)))
        }
    }
}

fn compare(left: &Value, operator: &str, right: &Value) -> bool {
    let ordering = match (&left["N"], &right["N"]) {
        (Value::String(left), Value::String(right)) => {
            left.parse::<i64>().expect("a number").cmp(&right.parse::<i64>().expect("a number"))
        }
        _ => left["S"].as_str().expect("text").cmp(right["S"].as_str().expect("text")),
    };
    match operator {
        "=" => ordering.is_eq(),
        "<" => ordering.is_lt(),
        "<=" => ordering.is_le(),
        ">" => ordering.is_gt(),
        ">=" => ordering.is_ge(),
        other => panic!("no such operator: {other}"),
    }
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let length = match first {
            '(' | ')' | ',' | '=' => 1,
            '<' | '>' => 1 + usize::from(rest[1..].starts_with('=')),
            '#' | ':' => 1 + rest[1..].chars().take_while(|c| word(*c)).count(),
            c if word(c) => rest.chars().take_while(|c| word(*c)).count(),
            other => panic!("{other:?} has no place in {text}"),
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

struct Parser<'a> {
    tokens: &'a [String],
    text: &'a str,
}

impl Parser<'_> {
    fn or(&mut self) -> Expression {
        let mut left = self.and();
        while self.take("OR") {
            left = Expression::Or(Box::new(left), Box::new(self.and()));
        }
        left
    }

    fn and(&mut self) -> Expression {
        let mut left = self.term();
        while self.take("AND") {
            left = Expression::And(Box::new(left), Box::new(self.term()));
        }
        left
    }

    fn term(&mut self) -> Expression {
        if self.take("(") {
            let inner = self.or();
            self.expect(")");
            return inner;
        }
        for (function, wanted) in [("attribute_exists", true), ("attribute_not_exists", false)] {
            if self.take(function) {
                self.expect("(");
                let name = self.placeholder('#');
                self.expect(")");
                return Expression::Exists(name, wanted);
            }
        }
        let name = self.placeholder('#');
        if self.take("BETWEEN") {
            let low = self.placeholder(':');
            self.expect("AND");
            return Expression::Between(name, low, self.placeholder(':'));
        }
        if self.take("IN") {
            self.expect("(");
            let mut values = vec![self.placeholder(':')];
            while self.take(",") {
                values.push(self.placeholder(':'));
            }
            self.expect(")");
            return Expression::In(name, values);
        }
        let operator = self.next();
        Expression::Compare(name, operator, self.placeholder(':'))
    }

    fn next(&mut self) -> String {
        let (first, rest) = self.tokens.split_first().unwrap_or_else(|| panic!("ends too early: {}", self.text));
        self.tokens = rest;
        first.clone()
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.tokens.first().is_some_and(|next| next == token);
        if found {
            self.tokens = &self.tokens[1..];
        }
        found
    }

    fn expect(&mut self, token: &str) {
        assert!(self.take(token), "expected {token} before {:?} in {}", self.tokens, self.text);
    }

    /// Any name may be one of DynamoDB's 573 reserved words, so none stands in an expression as it is.
    fn placeholder(&mut self, kind: char) -> String {
        let token = self.next();
        assert!(token.len() > 1 && token.starts_with(kind), "expected {kind}name, found {token} in {}", self.text);
        token
    }
}
