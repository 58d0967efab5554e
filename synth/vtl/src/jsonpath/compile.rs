//! Paths, read from text.

use super::filter::{filter, filter_text};
use super::{Compiled, Filter, Operation, Path, Token};

/// Compiles a path; the message says what is wrong with it.
pub(crate) fn compile(path: &str) -> Compiled<Path> {
    compile_nested(path, 0)
}

pub(super) fn compile_nested(path: &str, depth: usize) -> Compiled<Path> {
    if depth > 20 {
        return Err("filters are nested too deep".to_owned());
    }
    if path.is_empty() {
        return Err("it may not be empty".to_owned());
    }
    let mut path = path.trim_matches(|c| c <= ' ').to_owned();
    if !path.starts_with(['$', '@']) {
        if path.is_empty() {
            return Err("it may not be empty".to_owned());
        }
        path = format!("$.{path}");
    }
    let from_root = path.starts_with('$');
    let chars: Vec<char> = path.chars().collect();
    if chars.len() > 1 && chars[1] != '.' && chars[1] != '[' {
        return Err(format!("expected `.` or `[` after {:?} in {path}", chars[0]));
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
                        tokens.push(if name == ['*'] { Token::Wildcard } else { name_token(name)? });
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
    // Also of what was given as `.`: after the `$.` before it, that is the second dot.
    if let Some(Token::Scan) = tokens.last() {
        return Err("it can not end with a scan".to_owned());
    }
    Ok(Path { tokens, from_root })
}

fn name_len(chars: &[char]) -> usize {
    chars.iter().take_while(|c| !matches!(c, '.' | '[' | ' ')).count()
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
        && inner[2..inner.len() - 1].chars().all(|c| matches!(c, '?' | ',' | '*'))
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
    Err(format!("could not read {}", fragment.iter().collect::<String>()))
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
                    names.push(std::mem::take(&mut name));
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
    text.parse().map_err(|_| format!("expected a whole number, found {text:?}"))
}

fn array(fragment: &[char], start: usize) -> Compiled<Token> {
    let at = |i: usize| fragment.get(i).copied().ok_or_else(|| "a `]` is missing".to_owned());
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
            return Err(format!("the function @.{buffer} is neither @.length nor @.size()"));
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
