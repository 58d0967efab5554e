//! Filters, read from text: `[?(@.a == 1 && @.b)]`.

use super::compile::compile_nested;
use super::{Compiled, Criterion, Filter, Operand, Operator, Path, is_definite};

/// From the `[` before the question mark to the `]` that closes the filter.
pub(super) fn filter_text(fragment: &[char], question: usize) -> Compiled<String> {
    let start = fragment[..question].iter().rposition(|c| *c == '[').ok_or("a `[` is missing")?;
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

pub(super) fn filter(text: &str, depth: usize) -> Compiled<Filter> {
    let shape = || format!("expected `[?(…)]`, found {text}");
    let inner = java_trim(text).strip_prefix('[').and_then(|t| t.strip_suffix(']')).ok_or_else(shape)?;
    let inner = java_trim(java_trim(inner).strip_prefix('?').ok_or_else(shape)?);
    let inner = inner.strip_prefix('(').and_then(|t| t.strip_suffix(')')).ok_or_else(shape)?;
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
        root = if operator == "&&" { and(root, other) } else { Filter::Or(Box::new(root), Box::new(other)) };
    }
    if criteria.is_empty() { Ok(root) } else { Err("a condition too many".to_owned()) }
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
        text.split_once(image).map(|(left, right)| (java_trim(left), *operator, java_trim(right)))
    });
    let Some((left, operator, right)) = split else {
        let (exists, path) = match java_trim(text).strip_prefix('!') {
            Some(path) if path.starts_with('@') => (false, path),
            _ => (true, java_trim(text)),
        };
        if !path.starts_with(['$', '@']) {
            return Err(format!("expected a comparison or a path in a filter, found {text}"));
        }
        let left = Operand::Path(definite(path, depth)?);
        return Ok(Criterion { left, operator: Operator::Exists(exists), right: Operand::Text(String::new()) });
    };
    let left = left.strip_prefix('!').filter(|l| l.starts_with('@')).unwrap_or(left);
    if right.starts_with("!@") {
        return Err("`!` can only be used to ask whether a path exists".to_owned());
    }
    Ok(Criterion { left: operand(left, depth)?, operator, right: operand(right, depth)? })
}

fn definite(path: &str, depth: usize) -> Compiled<Path> {
    let compiled = compile_nested(path, depth + 1)?;
    if is_definite(&compiled.tokens) { Ok(compiled) } else { Err(format!("{path} in a filter is not definite")) }
}

fn operand(text: &str, depth: usize) -> Compiled<Operand> {
    if text.starts_with(['$', '@']) {
        return Ok(Operand::Path(definite(text, depth)?));
    }
    if text.starts_with('\'') && text.ends_with('\'') {
        return match text.get(1..text.len() - 1) {
            Some(inner) if text.len() > 1 => Ok(Operand::Text(inner.to_owned())),
            _ => Err("a quote is not closed".to_owned()),
        };
    }
    if text.starts_with('/') && (text.ends_with('/') || text.ends_with("/i")) {
        let last = text.rfind('/').unwrap_or(0);
        return match text.get(1..last) {
            Some(inner) if last > 0 => Ok(Operand::Regex(inner.to_owned(), text.ends_with('i'))),
            _ => Err("a regular expression is not closed".to_owned()),
        };
    }
    Ok(Operand::Text(text.to_owned()))
}
