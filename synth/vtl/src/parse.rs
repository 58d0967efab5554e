//! The grammar of Velocity 1.7, by recursive descent.
//!
//! Tokens are fetched only when a decision needs them, because the parser tells the lexer what a directive's name
//! means before the token behind it is read.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::ast::{
    Block, Child, CompareOp, Definition, Expr, Foreach, Math, MathOp, Node, Reference, Shape, Slot,
    Step, StepKind,
};
use crate::error::Fault;
use crate::lex::{Kind, Lexer, Token};
use crate::limits::Limits;
use crate::number;
use crate::string::JStr;
use crate::value::Value;

/// The directives that API Gateway's engine knows besides `#if`, `#set` and `#end`.
const DIRECTIVES: [&str; 8] = [
    "foreach", "include", "parse", "macro", "literal", "break", "define", "stop",
];

/// What all texts of one template share: the template itself and the strings inside it are parsed one by one.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) slots: HashMap<Arc<str>, Slot>,
    pub(crate) names: Vec<Arc<str>>,
    next_id: usize,
    depth: usize,
    work: usize,
    pub(crate) macros: Vec<usize>,
}

impl Shared {
    pub(crate) fn slot(&mut self, name: &str) -> Slot {
        if let Some(slot) = self.slots.get(name) {
            return *slot;
        }
        let name: Arc<str> = Arc::from(name);
        let slot = self.names.len();
        self.names.push(Arc::clone(&name));
        self.slots.insert(name, slot);
        slot
    }

    fn id(&mut self) -> usize {
        self.next_id += 1;
        self.next_id
    }
}

/// Parses a text; `base` is where it begins in the template.
pub(crate) fn parse(
    text: &str,
    base: usize,
    shared: &mut Shared,
    limits: &Limits,
) -> Result<Block, Fault> {
    let first = Token {
        kind: Kind::Eof,
        start: 0,
        end: 0,
        special: None,
        image: None,
    };
    let mut parser = Parser {
        text,
        base,
        lexer: Lexer::new(text, base),
        tokens: vec![first],
        current: 0,
        scan: 0,
        last: 0,
        left: 0,
        shared,
        limits,
        macro_names: HashSet::new(),
    };
    let block = parser.statements()?;
    parser.expect(Kind::Eof)?;
    Ok(block)
}

struct Parser<'a> {
    text: &'a str,
    base: usize,
    lexer: Lexer<'a>,
    tokens: Vec<Token>,
    /// The token consumed last.
    current: usize,
    scan: usize,
    last: usize,
    left: usize,
    shared: &'a mut Shared,
    limits: &'a Limits,
    macro_names: HashSet<String>,
}

/// How looking ahead ends before its end.
enum Halt {
    Mismatch,
    /// As many tokens matched as were to be looked at.
    Enough,
    Fault(Fault),
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        Halt::Fault(fault)
    }
}

type Scan = Result<(), Halt>;

const ANY: usize = usize::MAX;

impl Parser<'_> {
    fn fetch(&mut self, index: usize) -> Result<(), Fault> {
        while self.tokens.len() <= index {
            let token = self.lexer.next()?;
            self.tokens.push(token);
        }
        Ok(())
    }

    fn peek(&mut self) -> Result<Kind, Fault> {
        self.fetch(self.current + 1)?;
        Ok(self.tokens[self.current + 1].kind)
    }

    fn at(&self, index: usize) -> usize {
        self.base + self.tokens.get(index).map_or(self.text.len(), |t| t.start)
    }

    fn image(&self, index: usize) -> &str {
        let t = &self.tokens[index];
        t.image.as_deref().unwrap_or(&self.text[t.start..t.end])
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
                message.push_str(
                    "; a minus sign between two values needs spaces around it, as in `$n - 1`",
                );
            }
            Kind::Word | Kind::Identifier if image == "null" => {
                message.push_str(
                    "; there is no `null`, compare with an undefined reference such as `$null`",
                );
            }
            Kind::Eof => message.push_str("; is an `#end` or a bracket missing?"),
            _ => {}
        }
        Fault::new(self.at(next), message)
    }

    fn literal(&self, first: usize, last: usize) -> String {
        let mut out = String::new();
        for index in first..=last {
            if self.tokens[index].kind == Kind::BlockComment {
                continue;
            }
            if let Some(special) = &self.tokens[index].special {
                out.push_str(special);
            }
            out.push_str(self.image(index));
        }
        out
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

    // ---- looking ahead ------------------------------------------------------------------------------------------

    fn look(&mut self, tokens: usize, f: impl FnOnce(&mut Self) -> Scan) -> Result<bool, Fault> {
        self.scan = self.current;
        self.last = self.current;
        self.left = tokens;
        match f(self) {
            Ok(()) | Err(Halt::Enough) => Ok(true),
            Err(Halt::Mismatch) => Ok(false),
            Err(Halt::Fault(fault)) => Err(fault),
        }
    }

    fn scan_token(&mut self, kind: Kind) -> Scan {
        self.shared.work += 1;
        if self.shared.work > self.limits.parse_steps {
            return Err(Fault::new(
                self.at(self.scan),
                "brackets are nested in a way that takes too long to read",
            )
            .into());
        }
        if self.scan == self.last {
            self.left = self.left.wrapping_sub(1);
            self.fetch(self.scan + 1)?;
            self.last = self.scan + 1;
        }
        self.scan += 1;
        if self.tokens[self.scan].kind != kind {
            return Err(Halt::Mismatch);
        }
        if self.left == 0 && self.scan == self.last {
            return Err(Halt::Enough);
        }
        Ok(())
    }

    fn scan_any(&mut self, kinds: &[Kind]) -> Scan {
        let from = self.scan;
        for kind in kinds {
            self.scan = from;
            match self.scan_token(*kind) {
                Err(Halt::Mismatch) => {}
                other => return other,
            }
        }
        Err(Halt::Mismatch)
    }

    fn scan_optional(&mut self, f: impl FnOnce(&mut Self) -> Scan) -> Result<bool, Halt> {
        let from = self.scan;
        match f(self) {
            Ok(()) => Ok(true),
            Err(Halt::Mismatch) => {
                self.scan = from;
                Ok(false)
            }
            Err(other) => Err(other),
        }
    }

    fn scan_space(&mut self) -> Result<bool, Halt> {
        self.scan_optional(|p| p.scan_token(Kind::Whitespace))
    }

    fn scan_deeper(&mut self, f: impl FnOnce(&mut Self) -> Scan) -> Scan {
        if self.shared.depth >= self.limits.template_depth {
            let message = format!("nested more than {} deep", self.limits.template_depth);
            return Err(Fault::new(self.at(self.scan), message).into());
        }
        self.shared.depth += 1;
        let result = f(self);
        self.shared.depth -= 1;
        result
    }

    fn scan_reference(&mut self) -> Scan {
        if self.scan_optional(|p| {
            p.scan_token(Kind::Identifier)?;
            p.scan_path()
        })? {
            return Ok(());
        }
        self.scan_token(Kind::RefOpen)?;
        self.scan_token(Kind::Identifier)?;
        self.scan_path()?;
        self.scan_token(Kind::RefClose)
    }

    fn scan_path(&mut self) -> Scan {
        while self.scan_optional(Self::scan_index)? {}
        while self.scan_optional(Self::scan_step)? {}
        Ok(())
    }

    fn scan_step(&mut self) -> Scan {
        self.scan_token(Kind::Dot)?;
        if !self.scan_optional(Self::scan_method)? {
            self.scan_token(Kind::Identifier)?;
        }
        while self.scan_optional(Self::scan_index)? {}
        Ok(())
    }

    fn scan_method(&mut self) -> Scan {
        self.scan_token(Kind::Identifier)?;
        self.scan_token(Kind::ParenOpen)?;
        self.scan_optional(Self::scan_parameters)?;
        self.scan_token(Kind::CallClose)
    }

    fn scan_parameters(&mut self) -> Scan {
        self.scan_parameter()?;
        while self.scan_optional(|p| {
            p.scan_token(Kind::Comma)?;
            p.scan_parameter()
        })? {}
        Ok(())
    }

    fn scan_index(&mut self) -> Scan {
        self.scan_token(Kind::IndexOpen)?;
        self.scan_space()?;
        if !self
            .scan_optional(|p| p.scan_any(&[Kind::Str, Kind::Integer, Kind::True, Kind::False]))?
        {
            self.scan_deeper(Self::scan_reference)?;
        }
        self.scan_space()?;
        self.scan_token(Kind::IndexClose)
    }

    fn scan_parameter(&mut self) -> Scan {
        self.scan_space()?;
        self.scan_deeper(|p| {
            if p.scan_optional(|p| p.scan_any(&[Kind::Str, Kind::Integer]))?
                || p.scan_optional(Self::scan_range)?
                || p.scan_optional(Self::scan_map)?
                || p.scan_optional(Self::scan_list)?
                || p.scan_optional(|p| p.scan_any(&[Kind::True, Kind::False]))?
                || p.scan_optional(Self::scan_reference)?
            {
                return Ok(());
            }
            p.scan_token(Kind::Float)
        })?;
        self.scan_space()?;
        Ok(())
    }

    fn scan_argument(&mut self) -> Scan {
        self.scan_deeper(|p| {
            if p.scan_optional(Self::scan_reference)?
                || p.scan_optional(|p| p.scan_any(&[Kind::Word, Kind::Str, Kind::Integer]))?
                || p.scan_optional(Self::scan_range)?
                || p.scan_optional(|p| p.scan_token(Kind::Float))?
                || p.scan_optional(Self::scan_map)?
                || p.scan_optional(Self::scan_list)?
            {
                return Ok(());
            }
            p.scan_any(&[Kind::True, Kind::False])
        })
    }

    fn scan_bound(&mut self) -> Scan {
        if self.scan_optional(Self::scan_reference)? {
            return Ok(());
        }
        self.scan_token(Kind::Integer)
    }

    fn scan_range_start(&mut self) -> Scan {
        self.scan_token(Kind::BracketOpen)?;
        self.scan_space()?;
        self.scan_bound()?;
        self.scan_space()?;
        self.scan_token(Kind::DoubleDot)
    }

    fn scan_range(&mut self) -> Scan {
        self.scan_range_start()?;
        self.scan_space()?;
        self.scan_bound()?;
        self.scan_space()?;
        self.scan_token(Kind::BracketClose)
    }

    fn scan_list(&mut self) -> Scan {
        self.scan_token(Kind::BracketOpen)?;
        self.scan_optional(Self::scan_parameters)?;
        self.scan_token(Kind::BracketClose)
    }

    fn scan_pairs(&mut self) -> Scan {
        self.scan_parameter()?;
        self.scan_token(Kind::Colon)?;
        self.scan_parameter()?;
        while self.scan_optional(|p| {
            p.scan_token(Kind::Comma)?;
            p.scan_parameter()?;
            p.scan_token(Kind::Colon)?;
            p.scan_parameter()
        })? {}
        Ok(())
    }

    fn scan_map(&mut self) -> Scan {
        self.scan_token(Kind::BraceOpen)?;
        if !self.scan_optional(Self::scan_pairs)? {
            self.scan_space()?;
        }
        self.scan_any(&[Kind::BraceClose, Kind::RefClose])
    }

    fn scan_not(&mut self) -> Scan {
        self.scan_space()?;
        self.scan_token(Kind::Not)?;
        // Only two tokens are looked at, so what can follow is a first token of a value, or another `!`.
        self.scan_any(&[
            Kind::Whitespace,
            Kind::Not,
            Kind::Str,
            Kind::Identifier,
            Kind::RefOpen,
            Kind::Integer,
            Kind::BracketOpen,
            Kind::Float,
            Kind::BraceOpen,
            Kind::True,
            Kind::False,
            Kind::ParenOpen,
        ])
    }

    // ---- statements ---------------------------------------------------------------------------------------------

    fn statements(&mut self) -> Result<Block, Fault> {
        let mut block = Block::new();
        while !matches!(
            self.peek()?,
            Kind::Eof
                | Kind::End
                | Kind::Else
                | Kind::ElseIf
                | Kind::IndexOpen
                | Kind::IndexClose
                | Kind::BracketOpen
                | Kind::BracketClose
                | Kind::Comma
                | Kind::DoubleDot
                | Kind::Colon
                | Kind::BraceOpen
                | Kind::BraceClose
                | Kind::CallClose
                | Kind::Whitespace
                | Kind::True
                | Kind::False
                | Kind::Minus
                | Kind::Plus
                | Kind::Multiply
                | Kind::Divide
                | Kind::Modulus
                | Kind::And
                | Kind::Or
                | Kind::Lt
                | Kind::Le
                | Kind::Gt
                | Kind::Ge
                | Kind::Eq
                | Kind::Ne
                | Kind::Not
                | Kind::Assign
                | Kind::LineCommentEnd
        ) {
            self.deeper(|p| p.statement(&mut block))?;
        }
        Ok(block)
    }

    fn statement(&mut self, block: &mut Block) -> Result<(), Fault> {
        match self.peek()? {
            Kind::If => return self.if_statement(block),
            Kind::Identifier | Kind::RefOpen if self.look(2, Self::scan_reference)? => {
                let reference = self.reference()?;
                block.push(Node::Reference(reference));
                return Ok(());
            }
            _ => {}
        }
        let first = self.current + 1;
        match self.peek()? {
            Kind::LineCommentStart => {
                self.current += 1;
                self.accept(Kind::LineCommentEnd)?;
                self.comment(first, block);
                block.push(Node::Comment { at: self.at(first) });
            }
            Kind::BlockComment | Kind::FormalComment => {
                self.current += 1;
                self.comment(first, block);
            }
            Kind::Textblock => {
                self.current += 1;
                let image = self.image(first);
                // A `$` in front of the block counts as part of its opening, and goes in its place.
                let text = image.get(3..image.len() - 3).unwrap_or("").to_owned();
                push_text(block, &text);
            }
            Kind::Set => self.set(block)?,
            Kind::EscapedDirective => {
                self.current += 1;
                let text = self.escaped_directive(first);
                self.tokens[first].image = Some(text.clone().into_boxed_str());
                push_text(block, &text);
            }
            Kind::DoubleEscape => self.escapes(block)?,
            Kind::Word | Kind::BracedWord => self.directive(block)?,
            _ => {
                self.current += 1;
                let text = self.literal(first, first);
                push_text(block, &text);
            }
        }
        Ok(())
    }

    /// A `$` or `#` that ran into a comment is printed.
    fn comment(&self, first: usize, block: &mut Block) {
        let image = self.image(first);
        if let Some(at) = image.find("##").or_else(|| image.find("#*")) {
            push_text(block, &image[..at]);
        }
    }

    fn is_control(&self, name: &str) -> bool {
        DIRECTIVES.contains(&name) || self.macro_names.contains(name)
    }

    fn escaped_directive(&self, index: usize) -> String {
        let image = self.image(index);
        let last = image.rfind('\\').unwrap_or(0);
        let directive = &image[last + 1..];
        let tag = directive[1..].trim_start_matches('{').trim_end_matches('}');
        if self.is_control(tag) || matches!(tag, "if" | "end" | "set" | "else" | "elseif") {
            format!("{}{directive}", &image[..last / 2])
        } else {
            image.to_owned()
        }
    }

    fn escapes(&mut self, block: &mut Block) -> Result<(), Fault> {
        let mut count = 0;
        loop {
            self.expect(Kind::DoubleEscape)?;
            count += 1;
            if self.peek()? != Kind::DoubleEscape {
                break;
            }
        }
        let next = self.current + 1;
        let control = matches!(
            self.tokens[next].kind,
            Kind::If | Kind::Else | Kind::ElseIf | Kind::End
        ) || {
            let image = self.image(next);
            let mut chars = image.chars();
            chars.next().is_some() && self.is_control(chars.as_str())
        };
        push_text(block, &(if control { "\\" } else { "\\\\" }).repeat(count));
        Ok(())
    }

    fn set(&mut self, block: &mut Block) -> Result<(), Fault> {
        self.expect(Kind::Set)?;
        let at = self.at(self.current);
        self.accept(Kind::Whitespace)?;
        let target = self.reference()?;
        self.accept(Kind::Whitespace)?;
        self.expect(Kind::Assign)?;
        let value = self.expression()?.0;
        self.expect(Kind::ParenClose)?;
        self.lexer.in_set = false;
        self.peek()?;
        block.push(Node::Set { at, target, value });
        Ok(())
    }

    fn condition(&mut self) -> Result<Expr, Fault> {
        self.accept(Kind::Whitespace)?;
        self.expect(Kind::ParenOpen)?;
        let condition = self.expression()?.0;
        self.expect(Kind::ParenClose)?;
        Ok(condition)
    }

    fn if_statement(&mut self, block: &mut Block) -> Result<(), Fault> {
        self.expect(Kind::If)?;
        let condition = self.condition()?;
        let mut arms = vec![(condition, self.statements()?)];
        while self.accept(Kind::ElseIf)? {
            let condition = self.condition()?;
            arms.push((condition, self.statements()?));
        }
        let otherwise = if self.accept(Kind::Else)? {
            Some(self.statements()?)
        } else {
            None
        };
        self.expect(Kind::End)?;
        block.push(Node::If { arms, otherwise });
        Ok(())
    }

    fn directive(&mut self, block: &mut Block) -> Result<(), Fault> {
        self.peek()?;
        self.current += 1;
        let first = self.current;
        let at = self.at(first);
        let image = self.image(first);
        let name = match self.tokens[first].kind {
            Kind::BracedWord => image.get(2..image.len() - 1),
            _ => image.get(1..),
        }
        .unwrap_or("")
        .to_owned();
        let known = DIRECTIVES.contains(&name.as_str());
        let is_block = match name.as_str() {
            "foreach" | "macro" | "literal" | "define" => true,
            _ => !known && name.starts_with('@'),
        };
        self.lexer.switch_to_directive();
        if !self.lexer.left_paren_follows() {
            if name == "macro" {
                return Err(Fault::new(
                    at,
                    "expected a name in parentheses after `#macro`",
                ));
            }
            self.lexer.pop();
            return self.bare_directive(&name, known, first, at, block);
        }
        let mut children = Vec::new();
        self.accept(Kind::Whitespace)?;
        self.expect(Kind::ParenOpen)?;
        let mut first_word = None;
        while self.look(2, |p| {
            p.scan_space()?;
            p.scan_optional(|p| {
                p.scan_token(Kind::Comma)?;
                p.scan_space()?;
                Ok(())
            })?;
            p.scan_argument()
        })? {
            self.accept(Kind::Whitespace)?;
            if self.accept(Kind::Comma)? {
                self.accept(Kind::Whitespace)?;
            }
            let position = children.len();
            let index = self.current + 1;
            let argument = self.deeper(Self::directive_argument)?;
            let is_word = matches!(argument, Expr::Word);
            if name == "macro" && position == 0 && !is_word {
                return Err(Fault::new(
                    self.at(index),
                    "expected the macro's name, without quotes",
                ));
            }
            if is_word
                && known
                && !(name == "macro" && position == 0)
                && !(name == "foreach" && position == 1)
            {
                let message = format!(
                    "expected a reference or a value in `#{name}`, found {:?}",
                    shorten(self.image(index))
                );
                return Err(Fault::new(self.at(index), message));
            }
            if position == 0 {
                first_word = Some(index);
            }
            children.push(argument);
        }
        self.accept(Kind::Whitespace)?;
        self.expect(Kind::ParenClose)?;
        let block_first = self.current + 1;
        let body = if is_block {
            let body = self.statements()?;
            let block_last = self.current;
            self.expect(Kind::End)?;
            Some((body, block_last))
        } else {
            None
        };
        match name.as_str() {
            "macro" => {
                let Some(index) = first_word else {
                    return Err(Fault::new(
                        at,
                        "expected a name in parentheses after `#macro`",
                    ));
                };
                let name = self.image(index).to_owned();
                self.macro_names.insert(name);
                self.shared.macros.push(at);
            }
            "foreach" => {
                let (Some(index), Some((body, _))) = (first_word, body) else {
                    return Err(Fault::new(at, "expected `$element in $list` in `#foreach`"));
                };
                let element = match &children[0] {
                    Expr::Reference(r) => r.root,
                    _ => {
                        let name = self.image(index).get(1..).unwrap_or("").to_owned();
                        self.shared.slot(&name)
                    }
                };
                let mut children: Vec<Child> = children.into_iter().map(Child::Expr).collect();
                children.push(Child::Block(body));
                let id = self.shared.id();
                block.push(Node::Foreach(Box::new(Foreach {
                    at,
                    element,
                    children,
                    id,
                })));
            }
            "define" => {
                let (1, Some(index), Some((body, _))) = (children.len(), first_word, body) else {
                    return Err(Fault::new(at, "expected one name, `#define($name)`"));
                };
                let key = self.image(index).get(1..).unwrap_or("").to_owned();
                let key = self.shared.slot(&key);
                block.push(Node::Define {
                    key,
                    block: Arc::new(Definition { body }),
                });
            }
            "literal" => {
                let Some((_, block_last)) = body else {
                    return Err(Fault::new(at, "expected a text to print literally"));
                };
                let text = match first_word {
                    Some(index) => self.argument_literal(index),
                    None if block_last < block_first => {
                        return Err(Fault::new(
                            at,
                            "expected a text between `#literal()` and `#end`",
                        ));
                    }
                    None => self.literal(block_first, block_last),
                };
                push_text(block, &text);
            }
            "stop" | "break" => {
                if children.len() > 1 {
                    return Err(Fault::new(
                        at,
                        format!("expected one argument at most in `#{name}`"),
                    ));
                }
                let source = first_word
                    .map(|i| self.argument_literal(i).into_boxed_str())
                    .unwrap_or_default();
                let argument = children.pop();
                block.push(if name == "stop" {
                    Node::Stop(argument)
                } else {
                    Node::Break {
                        at,
                        scope: argument.map(|a| (a, source)),
                    }
                });
            }
            "include" | "parse" => {
                let children = children.into_iter().map(Child::Expr).collect();
                block.push(Node::Include {
                    at,
                    children,
                    parse: name == "parse",
                });
            }
            _ => {
                // Nobody knows this directive: it is text, with its arguments and its block.
                let text: String = (first..=self.current).map(|i| self.image(i)).collect();
                push_text(block, &text);
            }
        }
        Ok(())
    }

    /// The source of a directive's only argument.
    fn argument_literal(&self, index: usize) -> String {
        let mut last = self.current;
        while last > index && !matches!(self.tokens[last].kind, Kind::ParenClose) {
            last -= 1;
        }
        self.literal(index, last.saturating_sub(1).max(index))
    }

    fn bare_directive(
        &mut self,
        name: &str,
        known: bool,
        first: usize,
        at: usize,
        block: &mut Block,
    ) -> Result<(), Fault> {
        match name {
            "foreach" | "literal" | "define" => {
                Err(Fault::new(at, format!("expected `(` after `#{name}`")))
            }
            "stop" => {
                block.push(Node::Stop(None));
                Ok(())
            }
            "break" => {
                block.push(Node::Break { at, scope: None });
                Ok(())
            }
            "include" | "parse" => {
                block.push(Node::Include {
                    at,
                    children: Vec::new(),
                    parse: name == "parse",
                });
                Ok(())
            }
            _ => {
                debug_assert!(!known);
                let text = if name.starts_with('@') {
                    format!("#{name}")
                } else {
                    self.image(first).to_owned()
                };
                push_text(block, &text);
                Ok(())
            }
        }
    }

    // ---- values -------------------------------------------------------------------------------------------------

    fn directive_argument(&mut self) -> Result<Expr, Fault> {
        match self.peek()? {
            Kind::Identifier | Kind::RefOpen => Ok(Expr::Reference(Box::new(self.reference()?))),
            Kind::Word => {
                self.current += 1;
                Ok(Expr::Word)
            }
            Kind::Str => self.string(),
            Kind::Integer => self.integer(),
            _ if self.look(ANY, Self::scan_range_start)? => self.range(),
            Kind::Float => self.float(),
            Kind::BraceOpen => self.map(),
            Kind::BracketOpen => self.list(),
            Kind::True | Kind::False => self.boolean(),
            _ => Err(self.unexpected("a reference or a value")),
        }
    }

    fn parameter(&mut self) -> Result<Expr, Fault> {
        self.accept(Kind::Whitespace)?;
        let value = self.deeper(|p| match p.peek()? {
            Kind::Str => p.string(),
            Kind::Integer => p.integer(),
            _ if p.look(ANY, Self::scan_range_start)? => p.range(),
            Kind::BraceOpen => p.map(),
            Kind::BracketOpen => p.list(),
            Kind::True | Kind::False => p.boolean(),
            Kind::Identifier | Kind::RefOpen => Ok(Expr::Reference(Box::new(p.reference()?))),
            Kind::Float => p.float(),
            _ => Err(p.unexpected("a value")),
        })?;
        self.accept(Kind::Whitespace)?;
        Ok(value)
    }

    fn boolean(&mut self) -> Result<Expr, Fault> {
        let value = if self.peek()? == Kind::True {
            Expr::True
        } else {
            Expr::False
        };
        self.current += 1;
        Ok(value)
    }

    fn integer(&mut self) -> Result<Expr, Fault> {
        self.expect(Kind::Integer)?;
        Ok(Expr::Constant(number::integer_literal(
            self.image(self.current),
        )))
    }

    fn float(&mut self) -> Result<Expr, Fault> {
        self.expect(Kind::Float)?;
        let value: f64 = self
            .image(self.current)
            .parse()
            .map_err(|_| self.unexpected("a number"))?;
        Ok(Expr::Constant(Value::Double(value)))
    }

    fn range(&mut self) -> Result<Expr, Fault> {
        self.expect(Kind::BracketOpen)?;
        let at = self.at(self.current);
        self.accept(Kind::Whitespace)?;
        let from = self.bound()?;
        self.accept(Kind::Whitespace)?;
        self.expect(Kind::DoubleDot)?;
        self.accept(Kind::Whitespace)?;
        let to = self.bound()?;
        self.accept(Kind::Whitespace)?;
        self.expect(Kind::BracketClose)?;
        Ok(Expr::Range(Box::new(from), Box::new(to), at))
    }

    fn bound(&mut self) -> Result<Expr, Fault> {
        match self.peek()? {
            Kind::Integer => self.integer(),
            Kind::Identifier | Kind::RefOpen => Ok(Expr::Reference(Box::new(self.reference()?))),
            _ => Err(self.unexpected("a whole number or a reference")),
        }
    }

    fn list(&mut self) -> Result<Expr, Fault> {
        self.expect(Kind::BracketOpen)?;
        let mut items = Vec::new();
        if matches!(
            self.peek()?,
            Kind::Whitespace
                | Kind::Str
                | Kind::Integer
                | Kind::BracketOpen
                | Kind::BraceOpen
                | Kind::True
                | Kind::False
                | Kind::Identifier
                | Kind::RefOpen
                | Kind::Float
        ) {
            items.push(self.parameter()?);
            while self.accept(Kind::Comma)? {
                items.push(self.parameter()?);
            }
        }
        self.expect(Kind::BracketClose)?;
        Ok(Expr::List(items))
    }

    fn map(&mut self) -> Result<Expr, Fault> {
        self.expect(Kind::BraceOpen)?;
        let mut pairs = Vec::new();
        if self.look(2, Self::scan_pairs)? {
            loop {
                let key = self.parameter()?;
                self.expect(Kind::Colon)?;
                pairs.push((key, self.parameter()?));
                if !self.accept(Kind::Comma)? {
                    break;
                }
            }
        } else {
            self.accept(Kind::Whitespace)?;
        }
        if !self.accept(Kind::RefClose)? {
            self.expect(Kind::BraceClose)?;
        }
        Ok(Expr::Map(pairs))
    }

    fn string(&mut self) -> Result<Expr, Fault> {
        self.expect(Kind::Str)?;
        let index = self.current;
        let image = self.image(index).to_owned();
        let quote = image.as_bytes()[0];
        let inner = &image[1..image.len() - 1];
        let inner = if quote == b'"' {
            unescape(inner, self.at(index))?
        } else {
            inner.into()
        };
        let inner = single_quotes(inner, quote);
        if quote != b'"' || !image.contains(['$', '#']) {
            return Ok(Expr::Constant(Value::Str(inner)));
        }
        let Some(text) = inner.as_str() else {
            return Err(Fault::new(
                self.at(index),
                "half a surrogate pair beside a reference in a string is not supported",
            ));
        };
        let has_line_comment = text.contains("##");
        let text = if has_line_comment {
            text.to_owned()
        } else {
            format!("{text} ")
        };
        let base = self.at(index) + 1;
        let limits = self.limits;
        let body = self.deeper(|p| parse(&text, base, p.shared, limits))?;
        Ok(Expr::Interpolated {
            body,
            has_line_comment,
        })
    }

    fn reference(&mut self) -> Result<Reference, Fault> {
        self.deeper(Self::reference_inner)
    }

    fn reference_inner(&mut self) -> Result<Reference, Fault> {
        let first = self.current + 1;
        let braced = match self.peek()? {
            Kind::Identifier => false,
            Kind::RefOpen => {
                self.current += 1;
                true
            }
            _ => return Err(self.unexpected("a reference such as `$name`")),
        };
        self.expect(Kind::Identifier)?;
        let mut steps = Vec::new();
        self.indexes(&mut steps)?;
        while self.look(2, Self::scan_step)? {
            self.expect(Kind::Dot)?;
            let is_method = self.look(3, Self::scan_method)?;
            self.expect(Kind::Identifier)?;
            let at = self.at(self.current);
            let name: Arc<str> = Arc::from(self.image(self.current));
            let kind = if is_method {
                self.expect(Kind::ParenOpen)?;
                let mut arguments = Vec::new();
                if self.peek()? != Kind::CallClose {
                    arguments.push(self.parameter()?);
                    while self.accept(Kind::Comma)? {
                        arguments.push(self.parameter()?);
                    }
                }
                self.expect(Kind::CallClose)?;
                StepKind::Call(name, arguments)
            } else {
                let key = JStr::from(&*name);
                StepKind::Property(name, key)
            };
            steps.push(Step { at, kind });
            self.indexes(&mut steps)?;
        }
        if braced {
            self.expect(Kind::RefClose)?;
        }
        let last = self.current;
        Ok(self.finish_reference(first, last, steps))
    }

    fn indexes(&mut self, steps: &mut Vec<Step>) -> Result<(), Fault> {
        while self.accept(Kind::IndexOpen)? {
            let at = self.at(self.current);
            self.accept(Kind::Whitespace)?;
            let index = match self.peek()? {
                Kind::Str => self.deeper(Self::string)?,
                Kind::Integer => self.integer()?,
                Kind::True | Kind::False => self.boolean()?,
                Kind::Identifier | Kind::RefOpen => Expr::Reference(Box::new(self.reference()?)),
                _ => return Err(self.unexpected("an index: a number, a string or a reference")),
            };
            self.accept(Kind::Whitespace)?;
            self.expect(Kind::IndexClose)?;
            steps.push(Step {
                at,
                kind: StepKind::Index(index),
            });
        }
        Ok(())
    }

    /// Takes backslashes and dollar signs off the reference's first token, in Velocity's order.
    fn finish_reference(&mut self, first: usize, last: usize, steps: Vec<Step>) -> Reference {
        let at = self.at(first);
        let image = self.image(first).to_owned();
        let mut reference = Reference {
            at,
            shape: Shape::Known,
            root: 0,
            assigned: 0,
            steps,
            escaped: false,
            computable: true,
            prefix: "".into(),
            more: "".into(),
            source: "".into(),
            name: Arc::from(""),
        };
        if image.contains("\\!") {
            // `$\!x`: one backslash goes, the rest is text that no variable is called after.
            let dollar = image.find('$').unwrap_or(0);
            let start = image[dollar..]
                .find('\\')
                .map_or(image.len(), |i| i + dollar);
            let count = image[start..].bytes().take_while(|b| *b == b'\\').count();
            let name = format!(
                "{}{}",
                &image[..start + count.saturating_sub(1)],
                &image[start + count..]
            );
            reference.computable = false;
            reference.root = self.shared.slot(&format!("\0{name}"));
            reference.assigned = self.shared.slot(image.get(1..).unwrap_or(""));
            reference.source = name.clone().into_boxed_str();
            reference.name = Arc::from(name);
            return reference;
        }
        let slashes = image.bytes().take_while(|b| *b == b'\\').count();
        reference.escaped = slashes % 2 == 1;
        reference.prefix = image[..slashes / 2].into();
        let mut rest = &image[slashes..];
        if let Some(at @ 1..) = rest.rfind('$') {
            reference.more = rest[..at].into();
            rest = &rest[at..];
        }
        self.tokens[first].image = Some(rest.into());
        reference.source = self.literal(first, last).into_boxed_str();
        let name = if let Some(quiet) = rest.strip_prefix("$!") {
            if !reference.escaped {
                reference.source = "".into();
            }
            if quiet.starts_with('{') {
                self.image(first + 1)
            } else {
                quiet
            }
        } else if rest == "${" {
            self.image(first + 1)
        } else if let Some(name) = rest.strip_prefix('$') {
            name
        } else {
            reference.shape = Shape::Runt;
            rest
        };
        let name: Arc<str> = Arc::from(name);
        let assigned = rest.get(1..).unwrap_or("").to_owned();
        reference.root = self.shared.slot(&name);
        reference.assigned = self.shared.slot(&assigned);
        reference.name = name;
        reference
    }

    // ---- expressions --------------------------------------------------------------------------------------------

    /// An expression with the tokens that Velocity takes for its source.
    fn expression(&mut self) -> Result<(Expr, (usize, usize)), Fault> {
        self.deeper(|p| {
            let first = p.current + 1;
            let mut left = p.conjunction()?;
            while p.accept(Kind::Or)? {
                let from = p.current + 1;
                let right = p.conjunction()?;
                left = (
                    Expr::Or(Box::new(left.0), Box::new(right.0)),
                    (from, p.current),
                );
            }
            Ok((left.0, (first, p.current)))
        })
    }

    fn conjunction(&mut self) -> Result<(Expr, (usize, usize)), Fault> {
        let mut left = self.equality()?;
        while self.accept(Kind::And)? {
            let from = self.current + 1;
            let right = self.equality()?;
            left = (
                Expr::And(Box::new(left.0), Box::new(right.0)),
                (from, self.current),
            );
        }
        Ok(left)
    }

    fn equality(&mut self) -> Result<(Expr, (usize, usize)), Fault> {
        let mut left = self.relation()?;
        loop {
            let op = match self.peek()? {
                Kind::Eq => CompareOp::Eq,
                Kind::Ne => CompareOp::Ne,
                _ => return Ok(left),
            };
            self.current += 1;
            let from = self.current + 1;
            let right = self.relation()?;
            left = (
                Expr::Compare(op, Box::new(left.0), Box::new(right.0)),
                (from, self.current),
            );
        }
    }

    fn relation(&mut self) -> Result<(Expr, (usize, usize)), Fault> {
        let mut left = self.sum()?;
        loop {
            let op = match self.peek()? {
                Kind::Lt => CompareOp::Lt,
                Kind::Le => CompareOp::Le,
                Kind::Gt => CompareOp::Gt,
                Kind::Ge => CompareOp::Ge,
                _ => return Ok(left),
            };
            self.current += 1;
            let from = self.current + 1;
            let right = self.sum()?;
            left = (
                Expr::Compare(op, Box::new(left.0), Box::new(right.0)),
                (from, self.current),
            );
        }
    }

    fn sum(&mut self) -> Result<(Expr, (usize, usize)), Fault> {
        let mut left = self.product()?;
        loop {
            let op = match self.peek()? {
                Kind::Plus => MathOp::Add,
                Kind::Minus => MathOp::Subtract,
                _ => return Ok(left),
            };
            self.current += 1;
            let from = self.current + 1;
            let right = self.product()?;
            left = (self.math(op, left, right), (from, self.current));
        }
    }

    fn product(&mut self) -> Result<(Expr, (usize, usize)), Fault> {
        let mut left = self.unary()?;
        loop {
            let op = match self.peek()? {
                Kind::Multiply => MathOp::Multiply,
                Kind::Divide => MathOp::Divide,
                Kind::Modulus => MathOp::Modulo,
                _ => return Ok(left),
            };
            self.current += 1;
            let from = self.current + 1;
            let right = self.unary()?;
            left = (self.math(op, left, right), (from, self.current));
        }
    }

    fn math(
        &self,
        op: MathOp,
        left: (Expr, (usize, usize)),
        right: (Expr, (usize, usize)),
    ) -> Expr {
        let at = self.at(left.1.0);
        let source = |side: &(Expr, (usize, usize))| match (&side.0, op) {
            (Expr::Math(_) | Expr::Range(..) | Expr::Reference(_), MathOp::Add) => {
                self.literal(side.1.0, side.1.1).into_boxed_str()
            }
            _ => "".into(),
        };
        let (left_source, right_source) = (source(&left), source(&right));
        Expr::Math(Box::new(Math {
            op,
            left: left.0,
            right: right.0,
            left_source,
            right_source,
            at,
        }))
    }

    fn unary(&mut self) -> Result<(Expr, (usize, usize)), Fault> {
        if self.look(2, Self::scan_not)? {
            let first = self.current + 1;
            self.accept(Kind::Whitespace)?;
            self.expect(Kind::Not)?;
            let inner = self.deeper(Self::unary)?;
            return Ok((Expr::Not(Box::new(inner.0)), (first, self.current)));
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<(Expr, (usize, usize)), Fault> {
        self.accept(Kind::Whitespace)?;
        let first = self.current + 1;
        let mut range = None;
        let value = match self.peek()? {
            Kind::Str => self.deeper(Self::string)?,
            Kind::Identifier | Kind::RefOpen => Expr::Reference(Box::new(self.reference()?)),
            Kind::Integer => self.integer()?,
            _ if self.look(ANY, Self::scan_range_start)? => self.range()?,
            Kind::Float => self.float()?,
            Kind::BraceOpen => self.map()?,
            Kind::BracketOpen => self.list()?,
            Kind::True | Kind::False => self.boolean()?,
            Kind::ParenOpen => {
                self.current += 1;
                let inner = self.expression()?;
                self.expect(Kind::ParenClose)?;
                range = Some(inner.1);
                inner.0
            }
            _ => return Err(self.unexpected("a value")),
        };
        let range = range.unwrap_or((first, self.current));
        self.accept(Kind::Whitespace)?;
        Ok((value, range))
    }
}

fn push_text(block: &mut Block, text: &str) {
    if !text.is_empty() {
        match block.last_mut() {
            Some(Node::Text(last)) => last.push_str(text),
            _ => block.push(Node::Text(text.into())),
        }
    }
}

fn shorten(text: &str) -> String {
    if text.chars().count() > 30 {
        format!("{}…", text.chars().take(30).collect::<String>())
    } else {
        text.to_owned()
    }
}

/// `\uXXXX` in a double-quoted string.
fn unescape(text: &str, at: usize) -> Result<JStr, Fault> {
    if !text.contains("\\u") {
        return Ok(JStr::from(text));
    }
    let mut units: Vec<u16> = Vec::new();
    let mut rest = text;
    while let Some(u) = rest.find("\\u") {
        units.extend(rest[..u].encode_utf16());
        let digits = rest
            .get(u + 2..u + 6)
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(code) = digits.and_then(|d| u16::from_str_radix(d, 16).ok()) else {
            return Err(Fault::new(
                at,
                "expected four hexadecimal digits after `\\u` in a string",
            ));
        };
        units.push(code);
        rest = &rest[u + 6..];
    }
    units.extend(rest.encode_utf16());
    Ok(JStr::from_units(units))
}

/// A doubled quote inside a string is one.
fn single_quotes(text: JStr, quote: u8) -> JStr {
    let double = [quote, quote];
    match (text.as_str(), std::str::from_utf8(&double)) {
        (Some(s), Ok(double)) if s.contains(double) => {
            JStr::from(s.replace(double, &double[1..]).as_str())
        }
        _ => text,
    }
}
