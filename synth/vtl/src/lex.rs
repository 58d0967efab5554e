//! The token manager: Velocity 1.7's lexical states, one function per state.
//!
//! Velocity decides what a character means by a stack of lexical states, and half of what surprises in the
//! language (which newline vanishes, why `$n-1` is one name, why `##` ends a quoted string's line) is decided here
//! and not in the grammar. So the states and their stack are modelled one to one; the longest match wins, and of
//! two equally long matches the one that is tried first.

use crate::error::Fault;

/// What kind of token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Eof,
    IndexOpen,
    IndexClose,
    BracketOpen,
    BracketClose,
    Comma,
    DoubleDot,
    Colon,
    BraceOpen,
    BraceClose,
    ParenOpen,
    ParenClose,
    CallClose,
    EscapedDirective,
    Set,
    LineCommentStart,
    DoubleEscape,
    Escape,
    Text,
    LineCommentEnd,
    FormalComment,
    BlockComment,
    Textblock,
    Whitespace,
    Str,
    True,
    False,
    Minus,
    Plus,
    Multiply,
    Divide,
    Modulus,
    And,
    Or,
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
    Not,
    Assign,
    End,
    If,
    ElseIf,
    Else,
    Integer,
    Float,
    Word,
    BracedWord,
    Identifier,
    Dot,
    RefOpen,
    RefClose,
    EmptyIndex,
    // The kinds below never reach the parser.
    Dollar,
    DollarBang,
    TextblockStart,
    FormalStart,
    BlockStart,
    Hash,
    SkipChar,
    MoreChar,
    RefEnd,
    DirectiveEnd,
}

impl Kind {
    /// How an error message calls it.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Kind::Eof => "the end of the template",
            Kind::IndexOpen | Kind::BracketOpen => "`[`",
            Kind::IndexClose | Kind::BracketClose => "`]`",
            Kind::Comma => "`,`",
            Kind::DoubleDot => "`..`",
            Kind::Colon => "`:`",
            Kind::BraceOpen | Kind::RefOpen => "`{`",
            Kind::BraceClose | Kind::RefClose => "`}`",
            Kind::ParenOpen => "`(`",
            Kind::ParenClose | Kind::CallClose => "`)`",
            Kind::Set => "`#set`",
            Kind::Str => "a string",
            Kind::True => "`true`",
            Kind::False => "`false`",
            Kind::Minus => "`-`",
            Kind::Plus => "`+`",
            Kind::Multiply => "`*`",
            Kind::Divide => "`/`",
            Kind::Modulus => "`%`",
            Kind::And => "`&&`",
            Kind::Or => "`||`",
            Kind::Lt => "`<`",
            Kind::Le => "`<=`",
            Kind::Gt => "`>`",
            Kind::Ge => "`>=`",
            Kind::Eq => "`==`",
            Kind::Ne => "`!=`",
            Kind::Not => "`!`",
            Kind::Assign => "`=`",
            Kind::End => "`#end`",
            Kind::If => "`#if`",
            Kind::ElseIf => "`#elseif`",
            Kind::Else => "`#else`",
            Kind::Integer | Kind::Float => "a number",
            Kind::Word | Kind::BracedWord => "a word",
            Kind::Identifier => "a name",
            Kind::Dot => "`.`",
            Kind::Whitespace => "white space",
            _ => "text",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Default,
    Reference,
    RefModifier,
    RefIndex,
    Directive,
    RefCall,
    PreDirective,
    InTextblock,
    InLineComment,
    InFormalComment,
    InBlockComment,
}

/// A token is a stretch of the source. `special` is text that belongs in front of it (a `$` or `#` that turned out
/// to be text), `image` replaces the stretch once the parser has taken escapes off it.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) special: Option<Box<str>>,
    pub(crate) image: Option<Box<str>>,
}

pub(crate) struct Lexer<'a> {
    src: &'a [u8],
    text: &'a str,
    pub(crate) pos: usize,
    state: State,
    stack: Vec<(u32, u32, State)>,
    lparen: u32,
    rparen: u32,
    in_comment: bool,
    pub(crate) in_set: bool,
    base: usize,
}

/// The longest match so far; an equally long later one does not replace it.
struct Best {
    kind: Kind,
    len: usize,
}

impl Best {
    fn offer(&mut self, kind: Kind, len: usize) {
        if len > self.len {
            self.kind = kind;
            self.len = len;
        }
    }
}

fn is_word_char(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'@'
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str, base: usize) -> Self {
        Lexer {
            src: text.as_bytes(),
            text,
            pos: 0,
            state: State::Default,
            stack: Vec::new(),
            lparen: 0,
            rparen: 0,
            in_comment: false,
            in_set: false,
            base,
        }
    }

    /// Where in the whole template an offset of this text is.
    pub(crate) fn offset(&self, at: usize) -> usize {
        self.base + at
    }

    pub(crate) fn switch_to_directive(&mut self) {
        self.state = State::Directive;
    }

    fn push(&mut self) {
        self.stack.push((self.lparen, self.rparen, self.state));
        self.lparen = 0;
    }

    pub(crate) fn pop(&mut self) -> bool {
        match self.stack.pop() {
            Some((l, r, state)) => {
                self.lparen = l;
                self.rparen = r;
                self.state = state;
                true
            }
            None => {
                self.lparen = 0;
                self.state = State::Default;
                false
            }
        }
    }

    /// A `)` closes the innermost state that has seen a `(`.
    fn close_paren(&mut self) {
        if self.in_comment {
            return;
        }
        loop {
            if self.lparen > 0 {
                if self.lparen == self.rparen + 1 {
                    self.pop();
                } else {
                    self.rparen += 1;
                }
                return;
            }
            if !self.pop() {
                return;
            }
        }
    }

    /// Whether a `(` follows, white space aside; the parser asks before it asks for the next token.
    pub(crate) fn left_paren_follows(&self) -> bool {
        self.src[self.pos..]
            .iter()
            .find(|b| !matches!(b, b' ' | b'\n' | b'\r' | b'\t'))
            == Some(&b'(')
    }

    pub(crate) fn next(&mut self) -> Result<Token, Fault> {
        let mut special = String::new();
        let mut last_special_is_comment = false;
        let mut has_special = false;
        'token: loop {
            let start = self.pos;
            if start >= self.src.len() {
                return Ok(self.finish(
                    Kind::Eof,
                    start,
                    has_special,
                    last_special_is_comment,
                    special,
                ));
            }
            loop {
                let Some(best) = self.best() else {
                    let what = self.text[self.pos..].chars().next();
                    let at = self.offset(self.pos);
                    return Err(match what {
                        Some(c) => Fault::new(at, format!("{c:?} cannot stand here")),
                        None => Fault::new(
                            at,
                            "the template ends inside a reference, a directive or a comment; write `$` and `#` at the \
                             end of a text as `${esc}` where `#set($esc = '$')`, or close what is open",
                        ),
                    });
                };
                self.pos += best.len;
                match best.kind {
                    Kind::SkipChar => continue 'token,
                    Kind::MoreChar => {}
                    Kind::Dollar | Kind::DollarBang => {
                        if !self.in_comment {
                            if self.state == State::Reference {
                                self.pop();
                            }
                            self.push();
                            self.state = State::Reference;
                        }
                    }
                    Kind::TextblockStart => self.open_comment(State::InTextblock),
                    Kind::FormalStart => {
                        if !self.in_comment {
                            self.pos -= self.text[..self.pos]
                                .chars()
                                .next_back()
                                .map_or(0, char::len_utf8);
                        }
                        self.open_comment(State::InFormalComment);
                    }
                    Kind::BlockStart => self.open_comment(State::InBlockComment),
                    Kind::Hash => {
                        if !self.in_comment {
                            if matches!(self.state, State::Reference | State::RefModifier) {
                                self.pop();
                            }
                            self.push();
                            self.state = State::PreDirective;
                        }
                    }
                    Kind::RefEnd | Kind::DirectiveEnd => {
                        let image = &self.text[start..self.pos];
                        special_text(image, &mut special);
                        has_special = true;
                        last_special_is_comment = image.starts_with("##");
                        self.pos -= best.len;
                        self.pop();
                        continue 'token;
                    }
                    kind => {
                        let end = self.act(kind, start);
                        let mut token =
                            self.finish(kind, start, has_special, last_special_is_comment, special);
                        token.end = end;
                        if kind == Kind::Dot {
                            // What the token had collected before the dot (`$!.a`) is lost.
                            token.start = end - 1;
                        }
                        return Ok(token);
                    }
                }
            }
        }
    }

    fn finish(
        &self,
        kind: Kind,
        start: usize,
        has: bool,
        last_is_comment: bool,
        special: String,
    ) -> Token {
        let special =
            (has && !last_is_comment && !special.is_empty()).then(|| special.into_boxed_str());
        Token {
            kind,
            start,
            end: self.pos,
            special,
            image: None,
        }
    }

    fn open_comment(&mut self, state: State) {
        if !self.in_comment {
            self.in_comment = true;
            self.push();
            self.state = state;
        }
    }

    /// The lexical actions; gives the end of the token's image.
    fn act(&mut self, kind: Kind, start: usize) -> usize {
        let end = self.pos;
        match kind {
            Kind::IndexOpen => {
                self.push();
                self.state = State::RefIndex;
            }
            Kind::IndexClose | Kind::RefClose => {
                self.pop();
            }
            Kind::ParenOpen => {
                if !self.in_comment {
                    self.lparen += 1;
                }
                if self.state == State::RefModifier {
                    self.state = State::RefCall;
                }
            }
            Kind::ParenClose => self.close_paren(),
            Kind::CallClose => self.state = State::Reference,
            Kind::Set if !self.in_comment => {
                self.push();
                self.in_set = true;
                self.state = State::Directive;
                self.lparen += 1;
            }
            Kind::LineCommentStart if !self.in_comment => {
                if self.state == State::Reference {
                    self.pop();
                }
                self.open_comment(State::InLineComment);
            }
            Kind::LineCommentEnd | Kind::FormalComment | Kind::BlockComment | Kind::Textblock => {
                self.in_comment = false;
                self.pop();
            }
            Kind::Str if self.state == State::Directive && !self.in_set && self.lparen == 0 => {
                self.pop();
            }
            Kind::End | Kind::Else => {
                self.pop();
            }
            Kind::If | Kind::ElseIf => self.state = State::Directive,
            Kind::Integer => {
                let mut end = end;
                if self.text[start..end].ends_with("..") {
                    end -= 2;
                    self.pos -= 2;
                }
                if self.lparen == 0
                    && !self.in_set
                    && !matches!(self.state, State::RefCall | State::RefIndex)
                {
                    self.pop();
                }
                return end;
            }
            Kind::Float if self.lparen == 0 && !self.in_set && self.state != State::RefCall => {
                self.pop();
            }
            Kind::Dot => {
                // The letter after the dot starts the next token.
                self.pos -= 1;
                self.state = State::RefModifier;
                return end - 1;
            }
            _ => {}
        }
        end
    }

    fn best(&self) -> Option<Best> {
        let s = &self.src[self.pos..];
        let first = *s.first()?;
        let mut best = Best {
            kind: Kind::Eof,
            len: 0,
        };
        let b = &mut best;
        match self.state {
            State::Default => {
                if first == b'\\' {
                    b.offer(Kind::EscapedDirective, escaped_directive(s));
                }
                b.offer(Kind::Set, set_directive(s));
                everywhere(s, b);
                line_comment(s, b);
                if s.starts_with(b"\\\\") {
                    b.offer(Kind::DoubleEscape, 2);
                }
                if first == b'\\' {
                    b.offer(Kind::Escape, 1);
                }
                if b.kind != Kind::Set || b.len == 0 {
                    let len = s
                        .iter()
                        .position(|c| matches!(c, b'$' | b'#' | b'\\'))
                        .unwrap_or(s.len());
                    b.offer(Kind::Text, len);
                }
                empty_index(s, b);
            }
            State::Reference | State::RefModifier => {
                if first == b'[' {
                    b.offer(Kind::IndexOpen, 1);
                }
                if self.state == State::RefModifier && first == b'(' {
                    b.offer(Kind::ParenOpen, 1);
                }
                b.offer(Kind::Set, set_directive(s));
                everywhere(s, b);
                if self.state == State::Reference {
                    line_comment(s, b);
                }
                booleans(s, b);
                identifier(s, b);
                match first {
                    b'{' => b.offer(Kind::RefOpen, 1),
                    b'}' => b.offer(Kind::RefClose, 1),
                    _ => {}
                }
                b.offer(Kind::RefEnd, self.char_len());
                if self.state == State::Reference {
                    empty_index(s, b);
                }
            }
            State::RefIndex => {
                if first == b']' {
                    b.offer(Kind::IndexClose, 1);
                }
                everywhere(s, b);
                whitespace(s, b);
                string(s, b);
                booleans(s, b);
                numbers(s, b);
            }
            State::RefCall => {
                punctuation(s, b);
                if first == b')' {
                    b.offer(Kind::CallClose, 1);
                }
                b.offer(Kind::Set, set_directive(s));
                everywhere(s, b);
                whitespace(s, b);
                string(s, b);
                booleans(s, b);
                numbers(s, b);
                identifier(s, b);
            }
            State::Directive => {
                punctuation(s, b);
                match first {
                    b'(' => b.offer(Kind::ParenOpen, 1),
                    b')' => b.offer(Kind::ParenClose, 1 + blank_line_end(&s[1..])),
                    _ => {}
                }
                everywhere(s, b);
                line_comment(s, b);
                whitespace(s, b);
                string(s, b);
                booleans(s, b);
                operators(s, b);
                numbers(s, b);
                words(s, b);
            }
            State::PreDirective => {
                everywhere(s, b);
                line_comment(s, b);
                for (word, kind) in [(&b"end"[..], Kind::End), (b"{end}", Kind::End)] {
                    if s.starts_with(word) {
                        b.offer(kind, word.len() + blank_line_end(&s[word.len()..]));
                    }
                }
                for (word, kind) in [
                    (&b"if"[..], Kind::If),
                    (b"{if}", Kind::If),
                    (b"elseif", Kind::ElseIf),
                    (b"{elseif}", Kind::ElseIf),
                ] {
                    if s.starts_with(word) {
                        b.offer(kind, word.len());
                    }
                }
                for word in [&b"else"[..], b"{else}"] {
                    if s.starts_with(word) {
                        b.offer(Kind::Else, word.len() + blank_line_end(&s[word.len()..]));
                    }
                }
                numbers(s, b);
                words(s, b);
                b.offer(Kind::DirectiveEnd, self.char_len());
            }
            State::InTextblock => {
                everywhere(s, b);
                if s.starts_with(b"]]#") {
                    b.offer(Kind::Textblock, 3);
                }
                b.offer(Kind::MoreChar, self.char_len());
            }
            State::InLineComment => {
                everywhere(s, b);
                match s {
                    [b'\r', b'\n', ..] => b.offer(Kind::LineCommentEnd, 2),
                    [b'\r' | b'\n', ..] => b.offer(Kind::LineCommentEnd, 1),
                    _ => {}
                }
                b.offer(Kind::SkipChar, self.char_len());
            }
            State::InFormalComment | State::InBlockComment => {
                everywhere(s, b);
                if s.starts_with(b"*#") {
                    let kind = if self.state == State::InFormalComment {
                        Kind::FormalComment
                    } else {
                        Kind::BlockComment
                    };
                    b.offer(kind, 2);
                }
                b.offer(Kind::SkipChar, self.char_len());
            }
        }
        (best.len > 0).then_some(best)
    }

    fn char_len(&self) -> usize {
        self.text[self.pos..]
            .chars()
            .next()
            .map_or(0, char::len_utf8)
    }
}

/// What is kept of a `$`, `#` or `\$` that started a token and did not become one.
fn special_text(image: &str, out: &mut String) {
    let chars: Vec<char> = image.chars().collect();
    let mut i = 0;
    while i < chars.len() {
        match chars[i] {
            c @ ('#' | '$') => out.push(c),
            '\\' => {
                let slashes = chars[i..].iter().take_while(|c| **c == '\\').count();
                if chars.get(i + slashes) == Some(&'$') {
                    out.extend(&chars[i..=i + slashes]);
                    // Velocity leaves out one character after such a run.
                    i += slashes + 1;
                }
            }
            _ => {}
        }
        i += 1;
    }
}

/// Blanks up to and including a line end, or nothing.
fn blank_line_end(s: &[u8]) -> usize {
    let blanks = s.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    match &s[blanks..] {
        [b'\r', b'\n', ..] => blanks + 2,
        [b'\r' | b'\n', ..] => blanks + 1,
        _ => 0,
    }
}

fn word_len(s: &[u8], first_may_be_at: bool) -> usize {
    match s.first() {
        Some(b) if b.is_ascii_alphabetic() || *b == b'_' || (first_may_be_at && *b == b'@') => {
            s.iter().take_while(|b| is_word_char(**b)).count()
        }
        _ => 0,
    }
}

fn braced_word_len(s: &[u8]) -> usize {
    if s.first() != Some(&b'{') {
        return 0;
    }
    let len = word_len(&s[1..], false);
    if len > 0 && s.get(1 + len) == Some(&b'}') {
        len + 2
    } else {
        0
    }
}

fn escaped_directive(s: &[u8]) -> usize {
    let slashes = s.iter().take_while(|b| **b == b'\\').count();
    if slashes % 2 == 0 || s.get(slashes) != Some(&b'#') {
        return 0;
    }
    let rest = &s[slashes + 1..];
    let len = word_len(rest, true).max(braced_word_len(rest));
    if len == 0 { 0 } else { slashes + 1 + len }
}

fn set_directive(s: &[u8]) -> usize {
    let blanks = s.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let rest = &s[blanks..];
    let word = if rest.starts_with(b"#set") {
        4
    } else if rest.starts_with(b"#{set}") {
        6
    } else {
        return 0;
    };
    let spaces = rest[word..].iter().take_while(|b| **b == b' ').count();
    if rest.get(word + spaces) == Some(&b'(') {
        blanks + word + spaces + 1
    } else {
        0
    }
}

/// What starts a reference, a directive or a comment in every state.
fn everywhere(s: &[u8], b: &mut Best) {
    match s[0] {
        b'\\' | b'$' => {
            let slashes = s.iter().take_while(|b| **b == b'\\').count();
            if s.get(slashes) == Some(&b'$') {
                b.offer(Kind::Dollar, slashes + 1);
                let more = s[slashes + 1..].iter().take_while(|b| **b == b'\\').count();
                if s.get(slashes + 1 + more) == Some(&b'!') {
                    b.offer(Kind::DollarBang, slashes + more + 2);
                }
            }
        }
        b'#' => {
            if s.starts_with(b"#[[") {
                b.offer(Kind::TextblockStart, 3);
            }
            if s.starts_with(b"#**") && s.get(3).is_some_and(|c| *c != b'#') {
                let len = std::str::from_utf8(&s[3..s.len().min(7)])
                    .or_else(|e| std::str::from_utf8(&s[3..3 + e.valid_up_to()]))
                    .ok()
                    .and_then(|t| t.chars().next())
                    .map_or(1, char::len_utf8);
                b.offer(Kind::FormalStart, 3 + len);
            }
            if s.starts_with(b"#*") {
                b.offer(Kind::BlockStart, 2);
            }
            b.offer(Kind::Hash, 1);
        }
        _ => {}
    }
}

fn line_comment(s: &[u8], b: &mut Best) {
    if s.starts_with(b"##") {
        b.offer(Kind::LineCommentStart, 2);
    }
}

fn empty_index(s: &[u8], b: &mut Best) {
    for image in [&b"$["[..], b"$![", b"$\\![", b"$."] {
        if s.starts_with(image) {
            b.offer(Kind::EmptyIndex, image.len());
        }
    }
}

fn booleans(s: &[u8], b: &mut Best) {
    if s.starts_with(b"true") {
        b.offer(Kind::True, 4);
    }
    if s.starts_with(b"false") {
        b.offer(Kind::False, 5);
    }
}

fn identifier(s: &[u8], b: &mut Best) {
    if s[0].is_ascii_alphabetic() || s[0] == b'_' {
        let len = s
            .iter()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'))
            .count();
        b.offer(Kind::Identifier, len);
    }
    if s[0] == b'.' && s.get(1).is_some_and(u8::is_ascii_alphabetic) {
        b.offer(Kind::Dot, 2);
    }
}

fn whitespace(s: &[u8], b: &mut Best) {
    b.offer(
        Kind::Whitespace,
        s.iter()
            .take_while(|c| matches!(c, b' ' | b'\t' | b'\n' | b'\r'))
            .count(),
    );
}

/// A string ends at a quote that is not doubled; a doubled one that leads nowhere ends it after all.
fn string(s: &[u8], b: &mut Best) {
    let quote = s[0];
    if quote != b'"' && quote != b'\'' {
        return;
    }
    let mut from = 1;
    let mut end = 0;
    while let Some(at) = s[from..].iter().position(|c| *c == quote) {
        end = from + at + 1;
        if s.get(end) != Some(&quote) {
            break;
        }
        from = end + 1;
    }
    b.offer(Kind::Str, end);
}

fn punctuation(s: &[u8], b: &mut Best) {
    match s[0] {
        b'[' => b.offer(Kind::BracketOpen, 1),
        b']' => b.offer(Kind::BracketClose, 1),
        b',' => b.offer(Kind::Comma, 1),
        b':' => b.offer(Kind::Colon, 1),
        b'{' => b.offer(Kind::BraceOpen, 1),
        b'}' => b.offer(Kind::BraceClose, 1),
        b'.' if s.get(1) == Some(&b'.') => b.offer(Kind::DoubleDot, 2),
        _ => {}
    }
}

fn operators(s: &[u8], b: &mut Best) {
    const OPERATORS: [(&[u8], Kind); 22] = [
        (b"-", Kind::Minus),
        (b"+", Kind::Plus),
        (b"*", Kind::Multiply),
        (b"/", Kind::Divide),
        (b"%", Kind::Modulus),
        (b"&&", Kind::And),
        (b"and", Kind::And),
        (b"||", Kind::Or),
        (b"or", Kind::Or),
        (b"<", Kind::Lt),
        (b"lt", Kind::Lt),
        (b"<=", Kind::Le),
        (b"le", Kind::Le),
        (b">", Kind::Gt),
        (b"gt", Kind::Gt),
        (b">=", Kind::Ge),
        (b"ge", Kind::Ge),
        (b"==", Kind::Eq),
        (b"eq", Kind::Eq),
        (b"!=", Kind::Ne),
        (b"ne", Kind::Ne),
        (b"not", Kind::Not),
    ];
    for (image, kind) in OPERATORS {
        if s.starts_with(image) {
            b.offer(kind, image.len());
        }
    }
    match s[0] {
        b'!' => b.offer(Kind::Not, 1),
        b'=' => b.offer(Kind::Assign, 1),
        _ => {}
    }
}

fn numbers(s: &[u8], b: &mut Best) {
    let sign = usize::from(s[0] == b'-');
    let digits = s[sign..].iter().take_while(|c| c.is_ascii_digit()).count();
    let whole = sign + digits;
    let exponent = |at: usize| -> usize {
        let rest = &s[at.min(s.len())..];
        if !matches!(rest.first(), Some(b'e' | b'E')) {
            return 0;
        }
        let sign = usize::from(matches!(rest.get(1), Some(b'+' | b'-')));
        let digits = rest[1 + sign..]
            .iter()
            .take_while(|c| c.is_ascii_digit())
            .count();
        if digits == 0 { 0 } else { 1 + sign + digits }
    };
    if digits > 0 {
        let dots = if s[whole..].starts_with(b"..") { 2 } else { 0 };
        b.offer(Kind::Integer, whole + dots);
        let e = exponent(whole);
        if e > 0 {
            b.offer(Kind::Float, whole + e);
        }
    }
    if s.get(whole) == Some(&b'.') {
        let fraction = s[whole + 1..]
            .iter()
            .take_while(|c| c.is_ascii_digit())
            .count();
        if digits > 0 || fraction > 0 {
            let end = whole + 1 + fraction;
            b.offer(Kind::Float, end + exponent(end));
        }
    }
}

fn words(s: &[u8], b: &mut Best) {
    b.offer(Kind::Word, word_len(s, true));
    b.offer(Kind::BracedWord, braced_word_len(s));
}
