//! Directives with a name: loops, blocks, `#stop`, `#break`, and what only looks like one.

use super::{DIRECTIVES, Parser, shorten};
use crate::ast::{Block, Child, Definition, Expr, Foreach, Node};
use crate::error::Fault;
use crate::lex::Kind;

impl Parser<'_, '_> {
    pub(super) fn directive(&mut self, block: &mut Block) -> Result<(), Fault> {
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
                return Err(Fault::new(at, "expected a name in parentheses after `#macro`"));
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
                return Err(Fault::new(self.at(index), "expected the macro's name, without quotes"));
            }
            if is_word && known && !(name == "macro" && position == 0) && !(name == "foreach" && position == 1) {
                let message =
                    format!("expected a reference or a value in `#{name}`, found {:?}", shorten(self.image(index)));
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
            let body = self.statements(0)?;
            let block_last = self.current;
            self.expect(Kind::End)?;
            Some((body, block_last))
        } else {
            None
        };
        match name.as_str() {
            "macro" => {
                let Some(index) = first_word else {
                    return Err(Fault::new(at, "expected a name in parentheses after `#macro`"));
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
                    Expr::Reference(reference) => reference.of(&self.shared.references).root,
                    _ => {
                        let name = self.image(index).get(1..).unwrap_or("").to_owned();
                        self.shared.slot(&name)
                    }
                };
                let mut children: Vec<Child> = children.into_iter().map(Child::Expr).collect();
                children.push(Child::Block(body));
                let id = self.shared.id();
                block.push(Node::Foreach(Box::new(Foreach { at, element, children, id })));
            }
            "define" => {
                let (1, Some(index), Some((body, _))) = (children.len(), first_word, body) else {
                    return Err(Fault::new(at, "expected one name, `#define($name)`"));
                };
                let key = self.image(index).get(1..).unwrap_or("").to_owned();
                let key = self.shared.slot(&key);
                block.push(Node::Define { key, block: Definition { body } });
            }
            "literal" => {
                let Some((_, block_last)) = body else {
                    return Err(Fault::new(at, "expected a text to print literally"));
                };
                let text = match first_word {
                    Some(index) => self.argument_literal(index),
                    None if block_last < block_first => {
                        return Err(Fault::new(at, "expected a text between `#literal()` and `#end`"));
                    }
                    None => self.literal(block_first, block_last),
                };
                self.push_text(block, &text);
            }
            "stop" | "break" => {
                if children.len() > 1 {
                    return Err(Fault::new(at, format!("expected one argument at most in `#{name}`")));
                }
                let source = first_word.map(|i| self.argument_literal(i).into_boxed_str()).unwrap_or_default();
                let argument = children.pop();
                block.push(if name == "stop" {
                    Node::Stop(argument)
                } else {
                    Node::Break { at, scope: argument.map(|a| (a, source)) }
                });
            }
            "include" | "parse" => {
                let children = children.into_iter().map(Child::Expr).collect();
                block.push(Node::Include { at, children, parse: name == "parse" });
            }
            _ => {
                // Nobody knows this directive: it is text, with its arguments and its block.
                let text: String = (first..=self.current).map(|i| self.image(i)).collect();
                self.push_text(block, &text);
            }
        }
        Ok(())
    }

    /// The source of a directive's only argument.
    pub(super) fn argument_literal(&self, index: usize) -> String {
        let mut last = self.current;
        while last > index && !matches!(self.tokens[last].kind, Kind::ParenClose) {
            last -= 1;
        }
        self.literal(index, last.saturating_sub(1).max(index))
    }

    pub(super) fn bare_directive(
        &mut self,
        name: &str,
        known: bool,
        first: usize,
        at: usize,
        block: &mut Block,
    ) -> Result<(), Fault> {
        match name {
            "foreach" | "literal" | "define" => Err(Fault::new(at, format!("expected `(` after `#{name}`"))),
            "stop" => {
                block.push(Node::Stop(None));
                Ok(())
            }
            "break" => {
                block.push(Node::Break { at, scope: None });
                Ok(())
            }
            "include" | "parse" => {
                block.push(Node::Include { at, children: Vec::new(), parse: name == "parse" });
                Ok(())
            }
            _ => {
                debug_assert!(!known);
                let text = if name.starts_with('@') { format!("#{name}") } else { self.image(first).to_owned() };
                self.push_text(block, &text);
                Ok(())
            }
        }
    }
}
