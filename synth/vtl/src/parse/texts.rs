//! The texts of a template, to which the syntax tree points.

use crate::ast::Span;

/// A template's source, and behind it what does not stand in it as it reads.
pub(crate) struct Texts<'s> {
    source: &'s str,
    made: String,
}

impl<'s> Texts<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        Texts { source, made: String::new() }
    }

    fn end(&self) -> u32 {
        (self.source.len() + self.made.len()) as u32
    }

    pub(super) fn get(&self, span: Span) -> &str {
        let from = self.source.len();
        match (span.start as usize).checked_sub(from) {
            Some(start) => &self.made[start..span.end as usize - from],
            None => span.of(self.source),
        }
    }

    pub(super) fn make(&mut self, text: &str) -> Span {
        let start = self.end();
        self.made.push_str(text);
        Span { start, end: self.end() }
    }

    /// Two texts as one, where the second just follows the first.
    pub(super) fn join(&self, first: Span, second: Span) -> Option<Span> {
        let edge = self.source.len() as u32;
        let follows = first.end == second.start && second.start != edge;
        follows.then_some(Span { start: first.start, end: second.end })
    }

    pub(crate) fn finish(self) -> Box<str> {
        let mut all = String::with_capacity(self.source.len() + self.made.len());
        all.push_str(self.source);
        all.push_str(&self.made);
        all.into_boxed_str()
    }
}

#[cfg(test)]
mod tests {
    use super::Texts;
    use crate::ast::Span;

    #[test]
    fn texts_are_joined_where_one_follows_the_other() {
        let mut texts = Texts::new("abcdef");
        let (ab, cd, ef) = (Span { start: 0, end: 2 }, Span { start: 2, end: 4 }, Span { start: 4, end: 6 });
        let (gh, ij) = (texts.make("gh"), texts.make("ij"));
        let joined = |first, second| texts.join(first, second).map(|span| texts.get(span));
        assert_eq!(joined(ab, cd), Some("abcd"));
        assert_eq!(joined(gh, ij), Some("ghij"));
        assert_eq!([joined(ab, ef), joined(ef, gh), joined(gh, ab)], [None; 3]);
        assert_eq!(*texts.finish(), *"abcdefghij");
    }
}
