//! Which place of the sources a place of the VTL comes from.
//!
//! Minijinja keeps no record of that. So where there is something to point at, the sources are expanded a second time
//! with a mark before each piece of text, and before and after each value. A mark is a number in characters that no
//! source has, and is taken out again; what is left must be the VTL, or else there is no map.

use std::collections::BTreeMap;
use std::ops::Range;

use minijinja::Value;

use super::sources::{Templates, environment};

/// A mark: this, decimal digits from [`ZERO`] on, and [`END`]. They are for private use, so no text has them.
const BEGIN: char = '\u{F0000}';
const ZERO: u32 = 0xF0001;
const END: char = '\u{F000B}';

/// A place in a source: its path in the folder, and the bytes.
pub(super) type Spot = (String, Range<usize>);

/// What stands at a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Text that is copied as it stands.
    Text,
    /// A value begins: whatever `<< >>` writes, which may be a macro with marks of its own.
    Value,
    /// It ends.
    End,
}

#[derive(Debug)]
struct Mark {
    kind: Kind,
    spot: Spot,
}

/// Where each byte of one VTL comes from.
#[derive(Debug)]
pub(super) struct SourceMap {
    marks: Vec<Mark>,
    /// The marks in the order in which they came out, each with the byte of the VTL before which it stood.
    written: Vec<(usize, usize)>,
}

impl SourceMap {
    /// The map of what `name` becomes; none where marks would change what it becomes, as in a source that compares or
    /// cuts up its own text.
    pub(super) fn new(templates: &Templates, name: &str, context: Value, vtl: &str) -> Option<Self> {
        let mut marks = Vec::new();
        let marked: BTreeMap<&str, String> =
            templates.texts().map(|(path, text)| (path, mark(path, text, &mut marks))).collect();
        let environment = environment(marked.iter().map(|(path, text)| (*path, text.as_str()))).ok()?;
        let expanded = environment.get_template(name).and_then(|template| template.render(context)).ok()?;
        let (clean, written) = unmark(&expanded)?;
        let known = written.iter().all(|(_, mark)| *mark < marks.len());
        (clean == vtl && known).then_some(Self { marks, written })
    }

    /// Where a byte of the VTL comes from, and then, from the inside out, the `<< >>` that had it written.
    pub(super) fn spots(&self, byte: usize) -> Vec<Spot> {
        let mut frames = vec![Frame::default()];
        for &(at, mark) in self.written.iter().take_while(|(at, _)| *at <= byte) {
            let mark = &self.marks[mark];
            match mark.kind {
                Kind::Text => frames.last_mut().into_iter().for_each(|frame| frame.text = Some((at, &mark.spot))),
                Kind::Value => frames.push(Frame { value: Some(&mark.spot), text: None }),
                Kind::End if frames.len() > 1 => drop(frames.pop()),
                Kind::End => {}
            }
        }
        let inside = |(at, (path, text)): (usize, &Spot)| {
            let start = (text.start + byte - at).min(text.end.saturating_sub(1).max(text.start));
            (path.clone(), start..text.end)
        };
        let innermost = frames.last().and_then(|frame| frame.text).map(inside);
        innermost.into_iter().chain(frames.iter().rev().filter_map(|frame| frame.value.cloned())).collect()
    }
}

/// What is being written at some byte: a value, or at the top none; and the text in it that came last.
#[derive(Default)]
struct Frame<'a> {
    value: Option<&'a Spot>,
    text: Option<(usize, &'a Spot)>,
}

/// A source with marks. None stands before blanks, which a block beside them may take away.
fn mark(path: &str, text: &str, marks: &mut Vec<Mark>) -> String {
    let mut marked = String::with_capacity(text.len() * 2);
    let mut write = |marked: &mut String, kind: Kind, span: Range<usize>| {
        marked.push(BEGIN);
        marked
            .extend(marks.len().to_string().bytes().filter_map(|digit| char::from_u32(ZERO + u32::from(digit - b'0'))));
        marked.push(END);
        marks.push(Mark { kind, spot: (path.to_owned(), span) });
    };
    let mut at = 0;
    while at < text.len() {
        let tag = next_tag(text, at);
        let run = &text[at..tag.start];
        let blanks = run.len() - run.trim_start().len();
        marked.push_str(&run[..blanks]);
        if blanks < run.len() {
            write(&mut marked, Kind::Text, at + blanks..tag.start);
            marked.push_str(&run[blanks..]);
        }
        let value = text[tag.clone()].starts_with("<<");
        if value {
            write(&mut marked, Kind::Value, tag.clone());
        }
        marked.push_str(&text[tag.clone()]);
        if value {
            write(&mut marked, Kind::End, tag.clone());
        }
        at = tag.end;
    }
    marked
}

/// The next tag at or after a byte, delimiters included; what is empty at the end of the text where there is none.
fn next_tag(text: &str, from: usize) -> Range<usize> {
    let rest = &text[from..];
    let begin = ["<%", "<#", "<<"].iter().filter_map(|open| rest.find(open)).min();
    let Some(begin) = begin.map(|begin| from + begin) else { return text.len()..text.len() };
    let close = match &text[begin..begin + 2] {
        "<#" => return begin..text[begin..].find("#>").map_or(text.len(), |end| begin + end + 2),
        "<%" => "%>",
        _ => ">>",
    };
    // A delimiter inside a text of the tag is none.
    let mut quote = None;
    let mut characters = text[begin + 2..].char_indices();
    while let Some((at, character)) = characters.next() {
        match (quote, character) {
            (Some(_), '\\') => drop(characters.next()),
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, _) if text[begin + 2 + at..].starts_with(close) => return begin..begin + 2 + at + 2,
            _ => {}
        }
    }
    begin..text.len()
}

/// A text without its marks, and the marks with the byte at which each stood.
fn unmark(marked: &str) -> Option<(String, Vec<(usize, usize)>)> {
    let (mut clean, mut written) = (String::with_capacity(marked.len()), Vec::new());
    let mut rest = marked;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (digits, after) = after.split_once(END)?;
        let number = digits.chars().try_fold(0_usize, |number, digit| {
            let digit = u32::from(digit).checked_sub(ZERO).filter(|digit| *digit < 10)?;
            number.checked_mul(10)?.checked_add(usize::try_from(digit).ok()?)
        });
        clean.push_str(before);
        written.push((clean.len(), number?));
        rest = after;
    }
    clean.push_str(rest);
    Some((clean, written))
}
