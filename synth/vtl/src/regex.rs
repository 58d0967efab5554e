//! Java's regular expressions, as far as they mean the same in `fancy-regex` after translation.
//!
//! Refused, with an error: intersections and nested classes (`[a&&[b]]`), `\G`, `\R`, `\X`, `\N`, `\c`, the flags `m`,
//! `x`, `u`, `d` and `U`, POSIX and Unicode classes other than those in [`property`]; `\b`, `\B` and `(?i)` on a
//! subject beyond ASCII; subjects with half a surrogate pair.

use std::collections::HashMap;
use std::sync::Arc;

use fancy_regex::{Regex, RegexBuilder};

use crate::error::ErrorKind;
use crate::string::JStr;
use crate::value::{Heap, Outcome, exception, unsupported};

/// Compiled expressions of one rendering.
#[derive(Default)]
pub(crate) struct Patterns {
    cache: HashMap<JStr, Arc<Pattern>>,
    full: HashMap<(JStr, bool), Arc<Pattern>>,
}

struct Pattern {
    /// A pattern without special characters is just looked for.
    literal: Option<String>,
    regex: Option<Regex>,
    /// What it means beyond ASCII differs.
    ascii_only: bool,
}

/// Where the groups of one match are, the whole match first.
type Groups = Vec<Option<(usize, usize)>>;

const BACKTRACKS: usize = 500_000;

fn build(text: &str) -> Outcome<Regex> {
    RegexBuilder::new(text)
        .backtrack_limit(BACKTRACKS)
        .delegate_size_limit(2 << 20)
        .delegate_dfa_size_limit(2 << 20)
        .build()
        .or_else(|e| unsupported(format!("the regular expression ({e})")))
}

fn run_error(e: &fancy_regex::Error) -> ErrorKind {
    ErrorKind::Limit(format!("a regular expression takes too long ({e})"))
}

impl Patterns {
    fn get(&mut self, heap: &mut Heap<'_>, pattern: &JStr) -> Outcome<Arc<Pattern>> {
        if let Some(found) = self.cache.get(pattern) {
            return Ok(Arc::clone(found));
        }
        let Some(text) = pattern.as_str() else {
            return unsupported("half a surrogate pair in a regular expression");
        };
        heap.charge(text.len() * 64)?;
        let compiled = Arc::new(match literal(text) {
            Some(literal) => Pattern {
                literal: Some(literal),
                regex: None,
                ascii_only: false,
            },
            None => {
                heap.step(5_000)?;
                let translated = translate(text, false)?;
                Pattern {
                    literal: None,
                    regex: Some(build(&translated.text)?),
                    ascii_only: translated.ascii_only,
                }
            }
        });
        self.cache.insert(pattern.clone(), Arc::clone(&compiled));
        Ok(compiled)
    }

    fn whole(
        &mut self,
        heap: &mut Heap<'_>,
        pattern: &JStr,
        ignore_case: bool,
    ) -> Outcome<Arc<Pattern>> {
        let key = (pattern.clone(), ignore_case);
        if let Some(found) = self.full.get(&key) {
            return Ok(Arc::clone(found));
        }
        let Some(text) = pattern.as_str() else {
            return unsupported("half a surrogate pair in a regular expression");
        };
        heap.charge(text.len() * 64)?;
        heap.step(5_000)?;
        let translated = translate(text, ignore_case)?;
        let flags = if ignore_case { "(?i)" } else { "" };
        let regex = build(&format!("\\A{flags}(?:{})\\z", translated.text))?;
        let compiled = Arc::new(Pattern {
            literal: None,
            regex: Some(regex),
            ascii_only: translated.ascii_only || ignore_case,
        });
        self.full.insert(key, Arc::clone(&compiled));
        Ok(compiled)
    }
}

impl Pattern {
    fn check<'s>(&self, heap: &mut Heap<'_>, subject: &'s JStr) -> Outcome<&'s str> {
        let Some(text) = subject.as_str() else {
            return unsupported("a regular expression on half a surrogate pair");
        };
        heap.step(1 + text.len() / 16)?;
        if self.ascii_only && !text.is_ascii() {
            return unsupported("a word boundary or (?i) on a text beyond ASCII");
        }
        Ok(text)
    }

    /// The matches one after the other, as Java's `find` finds them: spans of all groups.
    fn find_all(&self, heap: &mut Heap<'_>, text: &str, times: usize) -> Outcome<Vec<Groups>> {
        let mut matches = Vec::new();
        if let Some(literal) = &self.literal {
            for (at, _) in text.match_indices(literal.as_str()).take(times) {
                heap.charge(64)?;
                matches.push(vec![Some((at, at + literal.len()))]);
            }
            return Ok(matches);
        }
        let Some(regex) = &self.regex else {
            return Ok(matches);
        };
        let mut from = 0;
        while matches.len() < times && from <= text.len() {
            heap.step(4)?;
            let Some(captures) = regex
                .captures_from_pos(text, from)
                .map_err(|e| run_error(&e))?
            else {
                break;
            };
            let groups: Vec<Option<(usize, usize)>> = (0..captures.len())
                .map(|i| captures.get(i).map(|m| (m.start(), m.end())))
                .collect();
            heap.charge(groups.len() * 24)?;
            let Some(Some((start, end))) = groups.first().copied() else {
                break;
            };
            matches.push(groups);
            from = end;
            if start == end {
                match text[end..].chars().next() {
                    // Java goes on inside the pair.
                    Some(c) if c.len_utf16() > 1 => {
                        return unsupported("an empty match before a character beyond U+FFFF");
                    }
                    Some(c) => from += c.len_utf8(),
                    None => break,
                }
            }
        }
        Ok(matches)
    }
}

/// The text that a pattern without special characters stands for.
fn literal(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c) if !c.is_ascii_alphanumeric() => out.push(c),
                _ => return None,
            },
            '.' | '^' | '$' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' => {
                return None;
            }
            c => out.push(c),
        }
    }
    (!out.is_empty()).then_some(out)
}

struct Translated {
    text: String,
    ascii_only: bool,
}

/// Classes by name that mean the same on both sides.
fn property(name: &str) -> Option<&'static str> {
    Some(match name {
        "Lower" => "a-z",
        "Upper" => "A-Z",
        "ASCII" => "\\x00-\\x7F",
        "Alpha" => "a-zA-Z",
        "Digit" => "0-9",
        "Alnum" => "a-zA-Z0-9",
        "Punct" => "!-/:-@\\[-`{-~",
        "Graph" => "!-~",
        "Print" => " -~",
        "Blank" => " \\t",
        "Cntrl" => "\\x00-\\x1F\\x7F",
        "XDigit" => "0-9a-fA-F",
        "Space" => " \\t\\n\\x0B\\f\\r",
        "L" | "IsL" => "\\p{L}",
        "Lu" | "IsLu" => "\\p{Lu}",
        "Ll" | "IsLl" => "\\p{Ll}",
        "N" | "IsN" => "\\p{N}",
        "Nd" | "IsNd" => "\\p{Nd}",
        "P" | "IsP" => "\\p{P}",
        "S" | "IsS" => "\\p{S}",
        "Z" | "IsZ" => "\\p{Z}",
        "M" | "IsM" => "\\p{M}",
        _ => return None,
    })
}

const LINE_ENDS: &str = "\\n\\r\\x{85}\\x{2028}\\x{2029}";
const DOLLAR: &str =
    "(?:(?=\\r\\n\\z)|(?=[\\r\\x{85}\\x{2028}\\x{2029}]\\z)|(?<!\\r)(?=\\n\\z)|\\z)";

struct Translator<'p> {
    chars: Vec<char>,
    pos: usize,
    out: String,
    ascii_only: bool,
    dot_all: Vec<bool>,
    pattern: &'p str,
}

fn translate(pattern: &str, _ignore_case: bool) -> Outcome<Translated> {
    let mut t = Translator {
        chars: pattern.chars().collect(),
        pos: 0,
        out: String::with_capacity(pattern.len() * 2),
        ascii_only: false,
        dot_all: vec![false],
        pattern,
    };
    t.run()?;
    Ok(Translated {
        text: t.out,
        ascii_only: t.ascii_only,
    })
}

impl Translator<'_> {
    fn refuse<T>(&self, what: &str) -> Outcome<T> {
        unsupported(format!(
            "{what} in the regular expression {:?}",
            self.pattern
        ))
    }

    fn syntax<T>(&self, what: &str) -> Outcome<T> {
        exception(format!(
            "java.util.regex.PatternSyntaxException: {what} in {:?}",
            self.pattern
        ))
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.pos + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek(0);
        self.pos += 1;
        c
    }

    fn literal(&mut self, c: char) {
        if c.is_ascii()
            && !c.is_ascii_alphanumeric()
            && !c.is_ascii_whitespace()
            && !c.is_ascii_control()
        {
            self.out.push('\\');
            self.out.push(c);
        } else if c.is_ascii_whitespace() || c.is_ascii_control() {
            self.out.push_str(&format!("\\x{{{:x}}}", c as u32));
        } else {
            self.out.push(c);
        }
    }

    fn run(&mut self) -> Outcome<()> {
        while let Some(c) = self.next() {
            match c {
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '.' => {
                    let all = self.dot_all.last().copied().unwrap_or(false);
                    if all {
                        self.out.push_str("(?s:.)")
                    } else {
                        self.out.push_str(&format!("[^{LINE_ENDS}]"))
                    }
                }
                '$' => self.out.push_str(DOLLAR),
                '(' => self.group()?,
                ')' => {
                    if self.dot_all.len() == 1 {
                        return self.syntax("Unmatched closing ')'");
                    }
                    self.dot_all.pop();
                    self.out.push(')');
                }
                '{' => self.repetition()?,
                '^' | '|' | '*' | '+' | '?' => self.out.push(c),
                c => self.literal(c),
            }
        }
        if self.dot_all.len() != 1 {
            return self.syntax("Unclosed group");
        }
        Ok(())
    }

    fn repetition(&mut self) -> Outcome<()> {
        let start = self.pos;
        while self.peek(0).is_some_and(|c| c.is_ascii_digit() || c == ',') {
            self.pos += 1;
        }
        let inner: String = self.chars[start..self.pos].iter().collect();
        if self.next() != Some('}')
            || !inner.starts_with(|c: char| c.is_ascii_digit())
            || inner.matches(',').count() > 1
        {
            return self.syntax("Illegal repetition");
        }
        self.out.push_str(&format!("{{{inner}}}"));
        Ok(())
    }

    fn group(&mut self) -> Outcome<()> {
        let all = self.dot_all.last().copied().unwrap_or(false);
        if self.peek(0) != Some('?') {
            self.out.push('(');
            self.dot_all.push(all);
            return Ok(());
        }
        let rest: String = self.chars[self.pos + 1..].iter().take(40).collect();
        for prefix in ["<=", "<!", ":", "=", "!", ">"] {
            if rest.starts_with(prefix) {
                self.out.push_str(&format!("(?{prefix}"));
                self.pos += 1 + prefix.len();
                self.dot_all.push(all);
                return Ok(());
            }
        }
        if let Some(named) = rest.strip_prefix('<') {
            let Some((name, _)) = named.split_once('>') else {
                return self.refuse("a long group name");
            };
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
                return self.syntax("named capturing group is missing trailing '>'");
            }
            self.out.push_str(&format!("(?<{name}>"));
            self.pos += name.len() + 3;
            self.dot_all.push(all);
            return Ok(());
        }
        // (?is) or (?is:...)
        let flags: String = rest
            .chars()
            .take_while(|c| c.is_ascii_alphabetic() || *c == '-')
            .collect();
        let close = rest[flags.len()..].chars().next();
        let (on, off) = flags.split_once('-').unwrap_or((&flags, ""));
        if flags.is_empty() || !on.chars().chain(off.chars()).all(|c| c == 'i' || c == 's') {
            return self.refuse("a flag");
        }
        self.ascii_only |= on.contains('i');
        let now = (all || on.contains('s')) && !off.contains('s');
        let case = match (on.contains('i'), off.contains('i')) {
            (true, false) => "i",
            (_, true) => "-i",
            _ => "",
        };
        self.pos += flags.len() + 2;
        match close {
            Some(')') => {
                if let Some(last) = self.dot_all.last_mut() {
                    *last = now;
                }
                if !case.is_empty() {
                    self.out.push_str(&format!("(?{case})"));
                }
                Ok(())
            }
            Some(':') => {
                self.out.push_str(&format!("(?{case}:"));
                self.dot_all.push(now);
                Ok(())
            }
            _ => self.syntax("Unknown inline modifier"),
        }
    }

    fn hex(&mut self, digits: usize) -> Outcome<char> {
        let text: String = self.chars[self.pos.min(self.chars.len())..]
            .iter()
            .take(digits)
            .collect();
        self.pos += digits;
        match u32::from_str_radix(&text, 16) {
            Ok(code) if text.len() == digits && text.chars().all(|c| c.is_ascii_hexdigit()) => {
                match char::from_u32(code) {
                    Some(c) => Ok(c),
                    None => self.refuse("half a surrogate pair"),
                }
            }
            _ => self.syntax("Illegal hexadecimal escape sequence"),
        }
    }

    /// A set such as `0-9`, alone or inside brackets.
    fn set(&mut self, inside: bool, negated: bool, set: &str) {
        match (inside, negated) {
            (true, false) => self.out.push_str(set),
            (true, true) => self.out.push_str(&format!("[^{set}]")),
            (false, false) => self.out.push_str(&format!("[{set}]")),
            (false, true) => self.out.push_str(&format!("[^{set}]")),
        }
    }

    fn escape(&mut self, inside: bool) -> Outcome<()> {
        let Some(c) = self.next() else {
            return self.syntax("Unexpected internal error");
        };
        match c {
            'd' | 'D' => self.set(inside, c == 'D', "0-9"),
            'w' | 'W' => self.set(inside, c == 'W', "a-zA-Z_0-9"),
            's' | 'S' => self.set(inside, c == 'S', " \\t\\n\\x0B\\f\\r"),
            'h' | 'H' => self.set(
                inside,
                c == 'H',
                " \\t\\x{a0}\\x{1680}\\x{180e}\\x{2000}-\\x{200a}\\x{202f}\\x{205f}\\x{3000}",
            ),
            'v' | 'V' => self.set(inside, c == 'V', "\\n\\x0B\\f\\r\\x{85}\\x{2028}\\x{2029}"),
            't' => self.literal('\t'),
            'n' => self.literal('\n'),
            'r' => self.literal('\r'),
            'f' => self.literal('\u{c}'),
            'a' => self.literal('\u{7}'),
            'e' => self.literal('\u{1b}'),
            'x' if self.peek(0) == Some('{') => {
                let text: String = self.chars[self.pos + 1..]
                    .iter()
                    .take_while(|c| **c != '}')
                    .collect();
                self.pos += text.chars().count() + 2;
                match u32::from_str_radix(&text, 16).ok().and_then(char::from_u32) {
                    Some(c) => self.literal(c),
                    None => return self.syntax("Illegal hexadecimal escape sequence"),
                }
            }
            'x' => {
                let c = self.hex(2)?;
                self.literal(c);
            }
            'u' => {
                let c = self.hex(4)?;
                self.literal(c);
            }
            '0' => {
                let digits: String = self.chars[self.pos..]
                    .iter()
                    .take(3)
                    .take_while(|c| c.is_digit(8))
                    .collect();
                let digits = if digits.len() == 3 && !digits.starts_with(['0', '1', '2', '3']) {
                    digits[..2].to_owned()
                } else {
                    digits
                };
                match u32::from_str_radix(&digits, 8)
                    .ok()
                    .and_then(char::from_u32)
                {
                    Some(c) => {
                        self.pos += digits.len();
                        self.literal(c);
                    }
                    None => return self.syntax("Illegal octal escape sequence"),
                }
            }
            'p' | 'P' => {
                let name: String = match self.next() {
                    Some('{') => {
                        let name: String = self.chars[self.pos..]
                            .iter()
                            .take_while(|c| **c != '}')
                            .collect();
                        self.pos += name.chars().count() + 1;
                        name
                    }
                    Some(c) => c.to_string(),
                    None => return self.syntax("Unclosed character family"),
                };
                match property(&name) {
                    Some(set) => self.set(inside, c == 'P', set),
                    None => return self.refuse("this character family"),
                }
            }
            'Q' => {
                let rest: String = self.chars[self.pos..].iter().collect();
                let quoted = rest.split("\\E").next().unwrap_or("").to_owned();
                let has_end = rest.contains("\\E");
                self.pos += quoted.chars().count() + if has_end { 2 } else { 0 };
                for c in quoted.chars() {
                    self.literal(c);
                }
            }
            'E' => return self.refuse("a lone \\E"),
            'b' | 'B' if !inside => {
                if self.peek(0) == Some('{') {
                    return self.refuse("\\b{g}");
                }
                self.ascii_only = true;
                self.out.push('\\');
                self.out.push(c);
            }
            'A' | 'z' if !inside => {
                self.out.push('\\');
                self.out.push(c);
            }
            'Z' if !inside => self.out.push_str(DOLLAR),
            'k' if !inside => {
                let name: String = self.chars[self.pos..]
                    .iter()
                    .skip(1)
                    .take_while(|c| **c != '>')
                    .collect();
                self.pos += name.chars().count() + 2;
                self.out.push_str(&format!("\\k<{name}>"));
            }
            '1'..='9' if !inside => {
                if self.peek(0).is_some_and(|c| c.is_ascii_digit()) {
                    return self.refuse("a back reference followed by a digit");
                }
                self.out.push_str(&format!("(?:\\{c})"));
            }
            c if c.is_ascii_alphanumeric() => {
                return if matches!(c, 'G' | 'R' | 'X' | 'N' | 'c') {
                    self.refuse("this escape")
                } else {
                    self.syntax("Illegal/unsupported escape sequence")
                };
            }
            c => self.literal(c),
        }
        Ok(())
    }

    fn class(&mut self) -> Outcome<()> {
        self.out.push('[');
        if self.peek(0) == Some('^') {
            self.pos += 1;
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let Some(c) = self.next() else {
                return self.syntax("Unclosed character class");
            };
            match c {
                ']' if !first => {
                    self.out.push(']');
                    return Ok(());
                }
                ']' => return self.refuse("a class that starts with ]"),
                '[' => return self.refuse("a class in a class"),
                '&' if self.peek(0) == Some('&') => {
                    return self.refuse("an intersection of classes");
                }
                '\\' => self.escape(true)?,
                '-' => {
                    // A dash is a range between two characters, else itself.
                    let range = !first && self.peek(0).is_some_and(|c| c != ']');
                    if range && self.peek(0) == Some('[') {
                        return self.refuse("a class in a class");
                    }
                    self.out.push_str(if range { "-" } else { "\\-" });
                }
                c => self.literal(c),
            }
            first = false;
        }
    }
}

/// `replaceAll` and `replaceFirst`.
pub(crate) fn replace(
    heap: &mut Heap<'_>,
    patterns: &mut Patterns,
    subject: &JStr,
    pattern: &JStr,
    with: &JStr,
    times: usize,
) -> Outcome<JStr> {
    let compiled = patterns.get(heap, pattern)?;
    let text = compiled.check(heap, subject)?;
    let matches = compiled.find_all(heap, text, times)?;
    if matches.is_empty() {
        return Ok(subject.clone());
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
        append(&mut out, text, with, &groups, compiled.regex.as_ref())?;
        heap.charge(out.len() - before)?;
    }
    out.push_str(&text[end..]);
    Ok(JStr::from(out))
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
                    return exception(
                        "java.lang.IllegalArgumentException: character to be escaped is missing",
                    );
                }
            },
            '$' => {
                let group = match chars.next() {
                    Some('{') => {
                        let name: String =
                            std::iter::from_fn(|| chars.next_if(char::is_ascii_alphanumeric))
                                .collect();
                        if name.is_empty()
                            || chars.next() != Some('}')
                            || name.starts_with(|c: char| c.is_ascii_digit())
                        {
                            return exception(
                                "java.lang.IllegalArgumentException: illegal group name",
                            );
                        }
                        let index = regex
                            .and_then(|r| r.capture_names().position(|n| n == Some(name.as_str())));
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
                            return exception(format!(
                                "java.lang.IndexOutOfBoundsException: No group {group}"
                            ));
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
                        return exception(
                            "java.lang.IllegalArgumentException: Illegal group reference",
                        );
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
pub(crate) fn matches(
    heap: &mut Heap<'_>,
    patterns: &mut Patterns,
    subject: &JStr,
    pattern: &JStr,
) -> Outcome<bool> {
    matches_with(heap, patterns, subject, pattern, false)
}

/// As [`matches`], on request without regard to case.
pub(crate) fn matches_with(
    heap: &mut Heap<'_>,
    patterns: &mut Patterns,
    subject: &JStr,
    pattern: &JStr,
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
pub(crate) fn split(
    heap: &mut Heap<'_>,
    patterns: &mut Patterns,
    subject: &JStr,
    pattern: &JStr,
    limit: i32,
) -> Outcome<Vec<JStr>> {
    let compiled = patterns.get(heap, pattern)?;
    let text = compiled.check(heap, subject)?;
    let mut parts: Vec<JStr> = Vec::new();
    let mut end = 0;
    let most = usize::try_from(limit)
        .ok()
        .filter(|l| *l > 0)
        .unwrap_or(usize::MAX);
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
        return Ok(vec![subject.clone()]);
    }
    parts.push(JStr::from(&text[end..]));
    if limit == 0 {
        while parts.last().is_some_and(JStr::is_empty) {
            parts.pop();
        }
    }
    Ok(parts)
}
