//! Texts, references, `#set`, `#if`, escapes and comments.

use super::{DIRECTIVES, Parser};
use crate::ast::{Block, Expr, Node};
use crate::error::Fault;
use crate::lex::Kind;

impl Parser<'_, '_> {
    /// Statements, which are probably so many or more.
    pub(super) fn statements(&mut self, count: usize) -> Result<Block, Fault> {
        let mut block = Block::with_capacity(count);
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

    pub(super) fn statement(&mut self, block: &mut Block) -> Result<(), Fault> {
        match self.peek()? {
            Kind::If => return self.if_statement(block),
            kind @ (Kind::Identifier | Kind::RefOpen) => {
                // Only two tokens are looked at: a reference can follow a name whatever the second is.
                self.fetch(self.current + 2)?;
                if kind == Kind::Identifier || self.follows(2, Kind::Identifier)? {
                    let reference = self.reference()?;
                    block.push(Node::Reference(reference));
                    return Ok(());
                }
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
                self.push_text(block, &text);
            }
            Kind::Set => self.set(block)?,
            Kind::EscapedDirective => {
                self.current += 1;
                let text = self.escaped_directive(first);
                self.images.insert(first, text.clone().into_boxed_str());
                self.push_text(block, &text);
            }
            Kind::DoubleEscape => self.escapes(block)?,
            Kind::Word | Kind::BracedWord => self.directive(block)?,
            _ => {
                self.current += 1;
                self.push_token(block, first);
            }
        }
        Ok(())
    }

    /// A `$` or `#` that ran into a comment is printed.
    pub(super) fn comment(&mut self, first: usize, block: &mut Block) {
        let image = self.raw(first);
        if let Some(at) = image.find("##").or_else(|| image.find("#*")) {
            self.push_text(block, &image[..at]);
        }
    }

    pub(super) fn is_control(&self, name: &str) -> bool {
        DIRECTIVES.contains(&name) || self.macro_names.contains(name)
    }

    pub(super) fn escaped_directive(&self, index: usize) -> String {
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

    pub(super) fn escapes(&mut self, block: &mut Block) -> Result<(), Fault> {
        let mut count = 0;
        loop {
            self.expect(Kind::DoubleEscape)?;
            count += 1;
            if self.peek()? != Kind::DoubleEscape {
                break;
            }
        }
        let next = self.current + 1;
        let control = matches!(self.tokens[next].kind, Kind::If | Kind::Else | Kind::ElseIf | Kind::End) || {
            let image = self.image(next);
            let mut chars = image.chars();
            chars.next().is_some() && self.is_control(chars.as_str())
        };
        self.push_text(block, &(if control { "\\" } else { "\\\\" }).repeat(count));
        Ok(())
    }

    pub(super) fn set(&mut self, block: &mut Block) -> Result<(), Fault> {
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

    pub(super) fn condition(&mut self) -> Result<Expr, Fault> {
        self.accept(Kind::Whitespace)?;
        self.expect(Kind::ParenOpen)?;
        let condition = self.expression()?.0;
        self.expect(Kind::ParenClose)?;
        Ok(condition)
    }

    pub(super) fn if_statement(&mut self, block: &mut Block) -> Result<(), Fault> {
        self.expect(Kind::If)?;
        let condition = self.condition()?;
        let mut arms = vec![(condition, self.statements(0)?)];
        while self.accept(Kind::ElseIf)? {
            let condition = self.condition()?;
            arms.push((condition, self.statements(0)?));
        }
        let otherwise = if self.accept(Kind::Else)? { Some(self.statements(0)?) } else { None };
        self.expect(Kind::End)?;
        block.push(Node::If { arms, otherwise });
        Ok(())
    }
}
