//! The grammar of Velocity 1.7, by recursive descent.
//!
//! Tokens are fetched only when a decision needs them, because the parser tells the lexer what a directive's name
//! means before the token behind it is read.

mod directives;
mod expressions;
mod look;
mod references;
mod statements;
mod texts;
mod values;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub(crate) use texts::Texts;

use crate::ast::{Block, Name, Node, Reference, Slot, Span, Step, Steps};
use crate::error::Fault;
use crate::lex::{Kind, Lexer, Token};
use crate::limits::Limits;
use crate::string::Tag;

/// The directives that API Gateway's engine knows besides `#if`, `#set` and `#end`.
const DIRECTIVES: [&str; 8] = ["foreach", "include", "parse", "macro", "literal", "break", "define", "stop"];

/// What all texts of one template share: the template itself and the strings inside it are parsed one by one.
pub(crate) struct Shared<'s> {
    pub(crate) texts: Texts<'s>,
    pub(crate) slots: HashMap<Arc<str>, Slot>,
    pub(crate) names: Vec<Name>,
    pub(crate) references: Vec<Reference>,
    pub(crate) steps: Vec<Step>,
    /// The steps of the references that are being read, those of the innermost last.
    open_steps: Vec<Step>,
    recent: [Slot; RECENT],
    next_id: usize,
    depth: usize,
    work: usize,
    pub(crate) macros: Vec<usize>,
}

impl<'s> Shared<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        Shared {
            texts: Texts::new(source),
            slots: HashMap::new(),
            names: Vec::new(),
            references: Vec::with_capacity(source.len() / 24),
            steps: Vec::with_capacity(source.len() / 24),
            open_steps: Vec::new(),
            recent: [0; RECENT],
            next_id: 0,
            depth: 0,
            work: 0,
            macros: Vec::new(),
        }
    }

    pub(crate) fn slot(&mut self, name: &str) -> Slot {
        let tag = Tag::of(name);
        let recent = &mut self.recent[tag.spread(RECENT)];
        if self.names.get(*recent as usize).is_some_and(|known| known.is(tag, name)) {
            return *recent;
        }
        if let Some(slot) = self.slots.get(name) {
            *recent = *slot;
            return *slot;
        }
        let name: Arc<str> = Arc::from(name);
        // A template has not as many bytes as there are numbers.
        let slot = self.names.len() as Slot;
        *recent = slot;
        self.names.push(Name::new(Arc::clone(&name)));
        self.slots.insert(name, slot);
        slot
    }

    fn finish_steps(&mut self, from: usize) -> Steps {
        Steps::new(&mut self.steps, &mut self.open_steps, from)
    }

    fn id(&mut self) -> usize {
        self.next_id += 1;
        self.next_id
    }
}

/// Names are mostly those of a moment ago: so many of them are compared with before there is a search.
const RECENT: usize = 256;

/// Parses a text; `base` is where it begins in the template, `origin` where it stands among the template's texts.
pub(crate) fn parse(
    text: &str,
    base: usize,
    origin: u32,
    shared: &mut Shared<'_>,
    limits: &Limits,
) -> Result<Block, Fault> {
    let mut parser = Parser {
        text,
        base,
        origin,
        lexer: Lexer::new(text, base),
        tokens: Vec::with_capacity(text.len() / 3 + 2),
        specials: HashMap::new(),
        images: HashMap::new(),
        current: 0,
        scan: 0,
        last: 0,
        left: 0,
        shared,
        limits,
        macro_names: HashSet::new(),
    };
    parser.tokens.push(Token::NONE);
    let block = parser.statements(text.len() / 48)?;
    parser.expect(Kind::Eof)?;
    Ok(block)
}

struct Parser<'a, 's> {
    text: &'a str,
    base: usize,
    origin: u32,
    lexer: Lexer<'a>,
    tokens: Vec<Token>,
    /// What stands in front of a token, by its index.
    specials: HashMap<usize, Box<str>>,
    /// What a token reads as once escapes are taken off it, by its index.
    images: HashMap<usize, Box<str>>,
    /// The token consumed last.
    current: usize,
    scan: usize,
    last: usize,
    left: usize,
    shared: &'a mut Shared<'s>,
    limits: &'a Limits,
    macro_names: HashSet<String>,
}

const ANY: usize = usize::MAX;

impl<'a> Parser<'a, '_> {
    /// A token as it stands in the text.
    fn raw(&self, index: usize) -> &'a str {
        let token = &self.tokens[index];
        &self.text[token.start()..token.end()]
    }

    /// Sees to it that a token is there; mostly it is, so only the question is worth inlining.
    #[inline]
    fn fetch(&mut self, index: usize) -> Result<(), Fault> {
        if index < self.tokens.len() { Ok(()) } else { self.lex(index) }
    }

    #[inline(never)]
    fn lex(&mut self, index: usize) -> Result<(), Fault> {
        while self.tokens.len() <= index {
            self.lexer.next(&mut self.tokens)?;
            if let Some(special) = self.lexer.special() {
                self.specials.insert(self.tokens.len() - 1, special);
            }
        }
        Ok(())
    }

    fn peek(&mut self) -> Result<Kind, Fault> {
        self.fetch(self.current + 1)?;
        Ok(self.tokens[self.current + 1].kind)
    }

    /// Whether a kind of token stands so many tokens ahead, all of which are fetched.
    fn follows(&mut self, ahead: usize, kind: Kind) -> Result<bool, Fault> {
        let index = self.current + ahead;
        self.fetch(index)?;
        Ok(self.tokens[index].kind == kind)
    }

    fn at(&self, index: usize) -> usize {
        self.base + self.tokens.get(index).map_or(self.text.len(), Token::start)
    }

    fn image(&self, index: usize) -> &str {
        let t = &self.tokens[index];
        match self.images.get(&index) {
            Some(image) => image,
            None => &self.text[t.start()..t.end()],
        }
    }

    fn expect(&mut self, kind: Kind) -> Result<(), Fault> {
        if self.peek()? != kind {
            return Err(self.unexpected(kind.describe()));
        }
        self.current += 1;
        Ok(())
    }

    fn accept(&mut self, kind: Kind) -> Result<bool, Fault> {
        let found = self.peek()? == kind;
        if found {
            self.current += 1;
        }
        Ok(found)
    }

    fn unexpected(&self, expected: &str) -> Fault {
        let next = self.current + 1;
        let (kind, image) = match self.tokens.get(next) {
            Some(t) => (t.kind, self.image(next)),
            None => (Kind::Eof, ""),
        };
        let found = match kind {
            Kind::Eof => kind.describe().to_owned(),
            _ => format!("{:?}", shorten(image)),
        };
        let mut message = format!("expected {expected}, found {found}");
        match kind {
            Kind::Integer | Kind::Float if image.starts_with('-') => {
                message.push_str("; a minus sign between two values needs spaces around it, as in `$n - 1`");
            }
            Kind::Word | Kind::Identifier if image == "null" => {
                message.push_str("; there is no `null`, compare with an undefined reference such as `$null`");
            }
            Kind::Eof => message.push_str("; is an `#end` or a bracket missing?"),
            _ => {}
        }
        Fault::new(self.at(next), message)
    }

    fn literal(&self, first: usize, last: usize) -> String {
        let mut out = String::with_capacity(self.tokens[last].end().saturating_sub(self.tokens[first].start()));
        for index in first..=last {
            if self.tokens[index].kind == Kind::BlockComment {
                continue;
            }
            if let Some(special) = self.specials.get(&index) {
                out.push_str(special);
            }
            out.push_str(self.image(index));
        }
        out
    }

    /// As [`Parser::literal`], sharing the text where the tokens stand in it as they read.
    fn source(&mut self, first: usize, last: usize) -> Span {
        let tokens = &self.tokens[first..=last];
        let plain = |index: &usize| !self.specials.contains_key(index) && !self.images.contains_key(index);
        let follows = |pair: &[Token]| pair[0].end() == pair[1].start() && pair[1].kind != Kind::BlockComment;
        let in_place = tokens.first().is_some_and(|token| token.kind != Kind::BlockComment)
            && tokens.windows(2).all(follows)
            && ((self.specials.is_empty() && self.images.is_empty()) || (first..=last).all(|i| plain(&i)));
        if in_place {
            return self.span(self.tokens[first].start(), self.tokens[last].end());
        }
        let made = self.literal(first, last);
        self.shared.texts.make(&made)
    }

    /// Where a stretch of the text stands among the template's texts.
    fn span(&self, start: usize, end: usize) -> Span {
        Span { start: self.origin + start as u32, end: self.origin + end as u32 }
    }

    /// Prints a token as it stands.
    fn push_token(&mut self, block: &mut Block, index: usize) {
        if let Some(special) = self.specials.get(&index).cloned() {
            self.push_text(block, &special);
        }
        if let Some(image) = self.images.get(&index).cloned() {
            return self.push_text(block, &image);
        }
        let token = self.tokens[index];
        let span = self.span(token.start(), token.end());
        self.push_span(block, span);
    }

    /// Prints a text that does not stand in the template as it reads.
    fn push_text(&mut self, block: &mut Block, text: &str) {
        let made = self.shared.texts.make(text);
        self.push_span(block, made);
    }

    /// Texts that follow each other in the template are one node.
    fn push_span(&mut self, block: &mut Block, span: Span) {
        if span.is_empty() {
            return;
        }
        if let Some(Node::Text(last)) = block.last_mut()
            && let Some(joined) = self.shared.texts.join(*last, span)
        {
            *last = joined;
            return;
        }
        block.push(Node::Text(span));
    }

    fn deeper<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.shared.depth >= self.limits.template_depth {
            let message = format!("nested more than {} deep", self.limits.template_depth);
            return Err(Fault::new(self.at(self.current + 1), message));
        }
        self.shared.depth += 1;
        let result = f(self);
        self.shared.depth -= 1;
        result
    }
}

fn shorten(text: &str) -> String {
    if text.chars().count() > 30 {
        format!("{}…", text.chars().take(30).collect::<String>())
    } else {
        text.to_owned()
    }
}
