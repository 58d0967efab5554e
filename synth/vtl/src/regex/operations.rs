//! What `java.lang.String` does with expressions.

use fancy_regex::Regex;

use super::{Patterns, run_error};
use crate::string::JStr;
use crate::value::{Heap, Outcome, exception, unsupported};

/// `replaceAll` and `replaceFirst`.
pub(crate) fn replace<'r>(
    heap: &mut Heap<'r>,
    patterns: &mut Patterns<'_>,
    subject: &JStr<'r>,
    pattern: &JStr<'r>,
    with: &JStr<'r>,
    times: usize,
) -> Outcome<JStr<'r>> {
    let compiled = patterns.get(heap, pattern)?;
    let text = compiled.check(heap, subject)?;
    if let (Some(literal), Some(with)) = (&compiled.literal, with.as_str())
        && !with.contains(['$', '\\'])
    {
        // Most texts do not have it, which its first byte tells sooner than setting up a search.
        if literal.bytes().next().is_some_and(|first| !text.as_bytes().contains(&first)) {
            return Ok(*subject);
        }
        let mut out = String::new();
        let mut end = 0;
        for (at, found) in text.match_indices(literal.as_str()).take(times) {
            if end == 0 {
                heap.charge(text.len())?;
                out.reserve(text.len() + with.len());
            }
            heap.charge(with.len())?;
            out.push_str(&text[end..at]);
            out.push_str(with);
            end = at + found.len();
        }
        if end == 0 {
            return Ok(*subject);
        }
        out.push_str(&text[end..]);
        return Ok(heap.keep(out));
    }
    let matches = compiled.find_all(heap, text, times)?;
    if matches.is_empty() {
        return Ok(*subject);
    }
    let Some(with) = with.as_str() else {
        return unsupported("half a surrogate pair in a replacement");
    };
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for groups in matches {
        let Some(Some((from, to))) = groups.first().copied() else {
            continue;
        };
        out.push_str(&text[end..from]);
        end = to;
        let before = out.len();
        append(&mut out, text, with, &groups, compiled.regex.as_deref())?;
        heap.charge(out.len() - before)?;
    }
    out.push_str(&text[end..]);
    Ok(heap.keep(out))
}

/// Java's `Matcher.appendReplacement`.
fn append(
    out: &mut String,
    text: &str,
    with: &str,
    groups: &[Option<(usize, usize)>],
    regex: Option<&Regex>,
) -> Outcome<()> {
    let mut chars = with.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c) => out.push(c),
                None => {
                    return exception("java.lang.IllegalArgumentException: character to be escaped is missing");
                }
            },
            '$' => {
                let group = match chars.next() {
                    Some('{') => {
                        let name: String = std::iter::from_fn(|| chars.next_if(char::is_ascii_alphanumeric)).collect();
                        if name.is_empty()
                            || chars.next() != Some('}')
                            || name.starts_with(|c: char| c.is_ascii_digit())
                        {
                            return exception("java.lang.IllegalArgumentException: illegal group name");
                        }
                        let index = regex.and_then(|r| r.capture_names().position(|n| n == Some(name.as_str())));
                        match index {
                            Some(index) => index,
                            None => {
                                return exception(format!(
                                    "java.lang.IllegalArgumentException: No group with name {{{name}}}"
                                ));
                            }
                        }
                    }
                    Some(c) if c.is_ascii_digit() => {
                        let mut group = c.to_digit(10).unwrap_or(0) as usize;
                        if group >= groups.len() {
                            return exception(format!("java.lang.IndexOutOfBoundsException: No group {group}"));
                        }
                        while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
                            let longer = group * 10 + digit as usize;
                            if longer >= groups.len() {
                                break;
                            }
                            group = longer;
                            chars.next();
                        }
                        group
                    }
                    _ => {
                        return exception("java.lang.IllegalArgumentException: Illegal group reference");
                    }
                };
                if let Some(Some((from, to))) = groups.get(group) {
                    out.push_str(&text[*from..*to]);
                }
            }
            c => out.push(c),
        }
    }
    Ok(())
}

/// Whether the whole subject matches.
pub(crate) fn matches<'r>(
    heap: &mut Heap<'r>,
    patterns: &mut Patterns<'_>,
    subject: &JStr<'r>,
    pattern: &JStr<'r>,
) -> Outcome<bool> {
    matches_with(heap, patterns, subject, pattern, false)
}

/// As [`matches`], on request without regard to case.
pub(crate) fn matches_with<'r>(
    heap: &mut Heap<'r>,
    patterns: &mut Patterns<'_>,
    subject: &JStr<'r>,
    pattern: &JStr<'r>,
    ignore_case: bool,
) -> Outcome<bool> {
    let compiled = patterns.whole(heap, pattern, ignore_case)?;
    let text = compiled.check(heap, subject)?;
    match &compiled.regex {
        Some(regex) => regex.is_match(text).map_err(|e| run_error(&e)),
        None => Ok(false),
    }
}

/// `String.split`
pub(crate) fn split<'r>(
    heap: &mut Heap<'r>,
    patterns: &mut Patterns<'_>,
    subject: &JStr<'r>,
    pattern: &JStr<'r>,
    limit: i32,
) -> Outcome<Vec<JStr<'r>>> {
    let compiled = patterns.get(heap, pattern)?;
    let text = compiled.check(heap, subject)?;
    let mut parts: Vec<JStr<'r>> = Vec::new();
    let mut end = 0;
    let most = usize::try_from(limit).ok().filter(|l| *l > 0).unwrap_or(usize::MAX);
    for groups in compiled.find_all(heap, text, usize::MAX)? {
        let Some(Some((from, to))) = groups.first().copied() else {
            continue;
        };
        if parts.len() + 1 >= most {
            break;
        }
        if end == 0 && from == 0 && to == 0 {
            continue;
        }
        parts.push(JStr::from(&text[end..from]));
        end = to;
    }
    if parts.is_empty() && end == 0 {
        return Ok(vec![*subject]);
    }
    parts.push(JStr::from(&text[end..]));
    if limit == 0 {
        while parts.last().is_some_and(JStr::is_empty) {
            parts.pop();
        }
    }
    Ok(parts)
}
