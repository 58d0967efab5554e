//! Java's regular expressions, as far as they mean the same in `fancy-regex` after translation.
//!
//! Refused, with an error: intersections and nested classes (`[a&&[b]]`), `\G`, `\R`, `\X`, `\N`, `\c`, the flags `m`,
//! `x`, `u`, `d` and `U`, POSIX and Unicode classes other than those in `translate::property`; `\b`, `\B` and `(?i)` on a
//! subject beyond ASCII; subjects with half a surrogate pair.

mod operations;
mod translate;

pub(crate) use operations::{matches, matches_with, replace, split};

use translate::translate;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use fancy_regex::{Regex, RegexBuilder};

use crate::error::ErrorKind;
use crate::string::JStr;
use crate::value::{Heap, Outcome, unsupported};

/// Expressions that earlier renderings of the same template compiled, which takes longer than most renderings. Only the
/// first few: those of the template itself, and not all that requests may bring. Shared and not cloned: a clone would begin
/// without the automaton that its original has built while it matched.
#[derive(Default)]
pub(crate) struct Compiled(Mutex<HashMap<String, Arc<Regex>>>);

/// How many are kept, and of how many bytes each.
const KEPT: usize = 32;
const KEPT_LENGTH: usize = 1024;

impl Compiled {
    fn get(&self, text: &str) -> Outcome<Arc<Regex>> {
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept().get(text) {
            return Ok(Arc::clone(found));
        }
        let built = Arc::new(build(text)?);
        let mut kept = kept();
        if kept.len() < KEPT && text.len() <= KEPT_LENGTH {
            kept.insert(text.to_owned(), Arc::clone(&built));
        }
        Ok(built)
    }
}

/// Expressions of one rendering. What one costs does not depend on whether it was compiled before.
pub(crate) struct Patterns<'r> {
    compiled: &'r Compiled,
    /// The one that was asked for last: loops ask for the same one again and again.
    last: Option<(String, Arc<Pattern>)>,
    cache: HashMap<String, Arc<Pattern>>,
    full: HashMap<(String, bool), Arc<Pattern>>,
}

pub(super) struct Pattern {
    /// A pattern without special characters is just looked for.
    pub(super) literal: Option<String>,
    pub(super) regex: Option<Arc<Regex>>,
    /// What it means beyond ASCII differs.
    ascii_only: bool,
}

/// Where the groups of one match are, the whole match first.
pub(super) type Groups = Vec<Option<(usize, usize)>>;

const BACKTRACKS: usize = 500_000;

fn build(text: &str) -> Outcome<Regex> {
    RegexBuilder::new(text)
        .backtrack_limit(BACKTRACKS)
        .delegate_size_limit(2 << 20)
        .delegate_dfa_size_limit(2 << 20)
        .build()
        .or_else(|e| unsupported(format!("the regular expression ({e})")))
}

pub(super) fn run_error(e: &fancy_regex::Error) -> Box<ErrorKind> {
    ErrorKind::Limit(format!("a regular expression takes too long ({e})")).into()
}

impl<'r> Patterns<'r> {
    pub(crate) fn new(compiled: &'r Compiled) -> Self {
        Self { compiled, last: None, cache: HashMap::new(), full: HashMap::new() }
    }

    pub(super) fn get(&mut self, heap: &mut Heap<'_>, pattern: &JStr<'_>) -> Outcome<Arc<Pattern>> {
        if let Some((last, found)) = &self.last
            && pattern.as_str() == Some(last)
        {
            return Ok(Arc::clone(found));
        }
        let found = self.compiled(heap, pattern)?;
        self.last = Some((pattern.to_text().into_owned(), Arc::clone(&found)));
        Ok(found)
    }

    fn compiled(&mut self, heap: &mut Heap<'_>, pattern: &JStr<'_>) -> Outcome<Arc<Pattern>> {
        let Some(text) = pattern.as_str() else {
            return unsupported("half a surrogate pair in a regular expression");
        };
        if let Some(found) = self.cache.get(text) {
            return Ok(Arc::clone(found));
        }
        heap.charge(text.len() * 64)?;
        let compiled = Arc::new(match literal(text) {
            Some(literal) => Pattern { literal: Some(literal), regex: None, ascii_only: false },
            None => {
                heap.step(5_000)?;
                let translated = translate(text, false)?;
                Pattern {
                    literal: None,
                    regex: Some(self.compiled.get(&translated.text)?),
                    ascii_only: translated.ascii_only,
                }
            }
        });
        self.cache.insert(text.to_owned(), Arc::clone(&compiled));
        Ok(compiled)
    }

    pub(super) fn whole(
        &mut self,
        heap: &mut Heap<'_>,
        pattern: &JStr<'_>,
        ignore_case: bool,
    ) -> Outcome<Arc<Pattern>> {
        let Some(text) = pattern.as_str() else {
            return unsupported("half a surrogate pair in a regular expression");
        };
        let key = (text.to_owned(), ignore_case);
        if let Some(found) = self.full.get(&key) {
            return Ok(Arc::clone(found));
        }
        heap.charge(text.len() * 64)?;
        heap.step(5_000)?;
        let translated = translate(text, ignore_case)?;
        let flags = if ignore_case { "(?i)" } else { "" };
        let regex = self.compiled.get(&format!("\\A{flags}(?:{})\\z", translated.text))?;
        let compiled =
            Arc::new(Pattern { literal: None, regex: Some(regex), ascii_only: translated.ascii_only || ignore_case });
        self.full.insert(key, Arc::clone(&compiled));
        Ok(compiled)
    }
}

impl Pattern {
    pub(super) fn check<'s>(&self, heap: &mut Heap<'_>, subject: &JStr<'s>) -> Outcome<&'s str> {
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
    pub(super) fn find_all(&self, heap: &mut Heap<'_>, text: &str, times: usize) -> Outcome<Vec<Groups>> {
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
            let Some(captures) = regex.captures_from_pos(text, from).map_err(|e| run_error(&e))? else {
                break;
            };
            let groups: Vec<Option<(usize, usize)>> =
                (0..captures.len()).map(|i| captures.get(i).map(|m| (m.start(), m.end()))).collect();
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
