//! The token manager: Velocity 1.7's lexical states and what they do.
//!
//! Velocity decides what a character means by a stack of lexical states, and half of what surprises in the
//! language (which newline vanishes, why `$n-1` is one name, why `##` ends a quoted string's line) is decided here
//! and not in the grammar. So the states and their stack are modelled one to one; the longest match wins, and of
//! two equally long matches the one that is tried first.

mod kind;
mod matchers;
mod states;

pub(crate) use kind::Kind;

use crate::error::Fault;
use matchers::special_text;
use states::best;

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

/// A token is a stretch of the source, which the limits keep below 4 GB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    start: u32,
    end: u32,
}

impl Token {
    /// What stands before the first token.
    pub(crate) const NONE: Token = Token { kind: Kind::Eof, start: 0, end: 0 };

    fn new(kind: Kind, start: usize, end: usize) -> Self {
        Token { kind, start: start as u32, end: end as u32 }
    }

    pub(crate) fn start(&self) -> usize {
        self.start as usize
    }

    pub(crate) fn end(&self) -> usize {
        self.end as usize
    }
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
    /// Text that belongs in front of the last token: a `$` or `#` that turned out to be text.
    special: String,
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
            special: String::new(),
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
        self.src[self.pos..].iter().find(|b| !matches!(b, b' ' | b'\n' | b'\r' | b'\t')) == Some(&b'(')
    }

    /// Reads one more token.
    pub(crate) fn next(&mut self, tokens: &mut Vec<Token>) -> Result<(), Fault> {
        self.special.clear();
        let mut last_special_is_comment = false;
        'token: loop {
            let start = self.pos;
            if start >= self.src.len() {
                self.keep_special(last_special_is_comment);
                tokens.push(Token::new(Kind::Eof, start, start));
                return Ok(());
            }
            loop {
                let rest = &self.src[self.pos..];
                let best = match rest.first() {
                    Some(first) => best(self.state, rest, *first),
                    None => return Err(self.nothing_matches()),
                };
                if best.len == 0 {
                    return Err(self.nothing_matches());
                }
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
                            // What follows `#**` was only looked at.
                            self.pos -= best.len - 3;
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
                        self.pos -= best.len;
                        // Mostly there is nothing in front of what ends it, which by itself leaves nothing.
                        if start < self.pos {
                            special_text(image, &mut self.special);
                        }
                        last_special_is_comment = image.starts_with("##");
                        self.pop();
                        continue 'token;
                    }
                    kind => {
                        let end = self.act(kind, start);
                        // What a token had collected before a dot (`$!.a`) is lost.
                        let start = if kind == Kind::Dot { end - 1 } else { start };
                        self.keep_special(last_special_is_comment);
                        tokens.push(Token::new(kind, start, end));
                        return Ok(());
                    }
                }
            }
        }
    }

    #[cold]
    fn nothing_matches(&self) -> Fault {
        let at = self.offset(self.pos);
        match self.text[self.pos..].chars().next() {
            Some(c) => Fault::new(at, format!("{c:?} cannot stand here")),
            None => Fault::new(
                at,
                "the template ends inside a reference, a directive or a comment; write `$` and `#` at the end of a text \
                 as `${esc}` where `#set($esc = '$')`, or close what is open",
            ),
        }
    }

    fn keep_special(&mut self, last_is_comment: bool) {
        if last_is_comment {
            self.special.clear();
        }
    }

    /// Text that belongs in front of the last token, if any.
    pub(crate) fn special(&self) -> Option<Box<str>> {
        (!self.special.is_empty()).then(|| self.special.as_str().into())
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
                if self.lparen == 0 && !self.in_set && !matches!(self.state, State::RefCall | State::RefIndex) {
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
}
