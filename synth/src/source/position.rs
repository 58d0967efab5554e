//! From byte offsets to the lines and columns that people count.

use super::{Source, Span};

impl Source {
    /// Line and column of a byte offset, both counted from 1, the column in characters.
    ///
    /// An offset beyond the text gives the position of its end. Takes time in proportion to the offset.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let start = self.line_start(offset);
        let line = self.text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count() + 1;
        let before = &self.text[start..self.boundary(offset)];
        (line, before.chars().count() + 1)
    }

    /// The byte range of the line in which an offset lies, without its line break.
    pub fn line_span(&self, offset: usize) -> Span {
        let start = self.line_start(offset);
        let end = self.text[start..].find('\n').map_or(self.text.len(), |length| start + length);
        let end = if self.text[start..end].ends_with('\r') { end - 1 } else { end };
        start..end
    }

    /// The text that a span covers; empty where the span is none of this source.
    pub fn slice(&self, span: &Span) -> &str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    fn line_start(&self, offset: usize) -> usize {
        self.text[..self.boundary(offset)].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// The offset itself, or the nearest earlier one that does not cut a character.
    pub(crate) fn boundary(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset)
    }
}

/// The byte offset of a line and column of a text, as [`Source::line_column`] counts them; beyond the text, that of its
/// end.
pub fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let within: usize = text[start..].chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
    start + within
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_where_its_line_and_column_lead() {
        let source = Source { name: String::new(), text: "a\né€b\r\n\nz".to_owned() };
        for (at, _) in source.text.char_indices().chain([(source.text.len(), ' ')]) {
            let (line, column) = source.line_column(at);
            assert_eq!(offset(&source.text, line, column), at, "{line}:{column}");
        }
        assert_eq!(offset(&source.text, 9, 9), source.text.len());
    }
}
