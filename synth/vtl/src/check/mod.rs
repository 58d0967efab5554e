//! The traps of the language, found without rendering.

mod known;

use std::collections::HashSet;
use std::fmt;

use crate::ast::{Block, Child, Expr, Node, Reference, Slot, StepKind};
use crate::error::Position;
use crate::limits::Limits;
use crate::template::Template;

/// Something in a template that probably does not do what it looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where.
    pub position: Position,
    /// Which trap.
    pub kind: WarningKind,
}

/// The traps that [`Template::check`] knows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WarningKind {
    /// `#if($x)` holds for everything but `false`, an undefined `$x` included.
    UndefinedIsTrue(String),
    /// `escapeJavaScript` turns `'` into `\'`, which is not JSON.
    QuoteNotRepaired,
    /// A value in JSON outside quotes: what it holds becomes part of the document's structure.
    UnquotedValue(String),
    /// `$n-1` is one name.
    MinusInName(String),
    /// `##` starts a comment inside quotes too.
    CommentInQuotes,
    /// Definitions of macros vanish, and their calls are printed as they stand.
    Macro,
    /// API Gateway refuses templates of more than 300 KB.
    TooLong(usize),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.position)?;
        match &self.kind {
            WarningKind::UndefinedIsTrue(source) => write!(
                f,
                "`{source}` counts as true where it is undefined; compare with `!= \"\"`, or ask `containsKey`"
            ),
            WarningKind::QuoteNotRepaired => {
                f.write_str("escapeJavaScript writes `\\'`, which is not JSON; append `.replaceAll(\"\\\\'\", \"'\")`")
            }
            WarningKind::UnquotedValue(source) => {
                write!(f, "`{source}` stands outside quotes in JSON, so its value can change the document's structure")
            }
            WarningKind::MinusInName(name) => {
                write!(f, "`{name}` is one name; to subtract write spaces around the minus sign")
            }
            WarningKind::CommentInQuotes => f.write_str("`##` starts a comment, inside quotes too"),
            WarningKind::Macro => {
                f.write_str("API Gateway has no macros: the definition vanishes and calls are printed as they stand")
            }
            WarningKind::TooLong(bytes) => write!(f, "the template has {bytes} bytes, API Gateway takes 300 KB"),
        }
    }
}

impl Template {
    /// Looks for traps, in the order in which they stand in the template.
    pub fn check(&self) -> Vec<Warning> {
        let mut checker = Checker {
            template: self,
            warnings: Vec::new(),
            in_quotes: false,
            is_json: looks_like_json(&self.texts, &self.body),
            safe: HashSet::new(),
            boolean: HashSet::new(),
        };
        checker.block(&self.body);
        for at in &self.macros {
            checker.warn(*at, WarningKind::Macro);
        }
        if self.source().len() > Limits::default().template_bytes {
            checker.warn(0, WarningKind::TooLong(self.source().len()));
        }
        let mut warnings = checker.warnings;
        warnings.sort_by_key(|w| w.position);
        warnings.dedup();
        warnings
    }
}

/// Whether the first text of a template starts a JSON document.
fn looks_like_json(texts: &str, block: &Block) -> bool {
    block
        .iter()
        .find_map(|node| match node {
            Node::Text(text) => text.of(texts).trim_start().chars().next().map(|c| matches!(c, '{' | '[' | '"')),
            Node::Reference(_) => Some(false),
            _ => None,
        })
        .unwrap_or(false)
}

struct Checker<'t> {
    template: &'t Template,
    warnings: Vec<Warning>,
    /// Inside a string of the JSON that the template writes.
    in_quotes: bool,
    is_json: bool,
    /// Variables that only ever hold numbers, booleans or blocks.
    safe: HashSet<Slot>,
    /// Variables that only ever hold booleans.
    boolean: HashSet<Slot>,
}

impl<'t> Checker<'t> {
    fn warn(&mut self, at: usize, kind: WarningKind) {
        let position = self.template.position(at);
        self.warnings.push(Warning { position, kind });
    }

    fn block(&mut self, block: &Block) {
        let mut escaped = false;
        for node in block {
            if let Node::Text(text) = node {
                self.text(text.of(&self.template.texts), &mut escaped);
            } else {
                escaped = false;
                self.node(node);
            }
        }
    }

    fn node(&mut self, node: &Node) {
        match node {
            // Blocks read their texts themselves, because one can go on in the next.
            Node::Text(_) => {}
            Node::Comment { at } => {
                if self.in_quotes && self.is_json {
                    self.warn(*at, WarningKind::CommentInQuotes);
                }
            }
            Node::Reference(reference) => {
                let reference = self.found(*reference);
                self.reference(reference);
                if self.is_json && !self.in_quotes && !reference.escaped && !self.is_safe(reference) {
                    self.warn(reference.at, WarningKind::UnquotedValue(self.written(reference)));
                }
            }
            Node::Set { target, value, .. } => {
                let target = self.found(*target);
                self.expression(value);
                self.reference(target);
                if self.steps(target).is_empty() {
                    let number = matches!(value, Expr::Whole(_) | Expr::Double(_)) || self.is_count(value);
                    self.remember(target.assigned, self.is_boolean(value), self.is_boolean(value) || number);
                }
            }
            Node::If { arms, otherwise } => {
                let before = self.in_quotes;
                let mut after = before;
                for (i, (condition, block)) in arms.iter().enumerate() {
                    self.condition(condition);
                    self.in_quotes = before;
                    self.block(block);
                    if i == 0 {
                        after = self.in_quotes;
                    }
                }
                if let Some(block) = otherwise {
                    self.in_quotes = before;
                    self.block(block);
                }
                self.in_quotes = after;
            }
            Node::Foreach(foreach) => {
                for child in &foreach.children {
                    match child {
                        Child::Expr(e) => self.expression(e),
                        Child::Block(block) => self.block(block),
                    }
                }
            }
            Node::Define { key, block } => {
                let before = std::mem::replace(&mut self.in_quotes, false);
                self.block(&block.body);
                self.in_quotes = before;
                self.remember(*key, false, true);
            }
            Node::Stop(e) => {
                if let Some(e) = e {
                    self.expression(e);
                }
            }
            Node::Break { .. } | Node::Include { .. } => {}
        }
    }

    fn remember(&mut self, slot: Slot, boolean: bool, safe: bool) {
        for (set, holds) in [(&mut self.boolean, boolean), (&mut self.safe, safe)] {
            if holds {
                set.insert(slot);
            } else {
                set.remove(&slot);
            }
        }
    }

    /// Quotes in the text open and close strings; a backslash takes one out.
    fn text(&mut self, text: &str, escaped: &mut bool) {
        for c in text.chars() {
            match c {
                '\\' if self.in_quotes => *escaped = !*escaped,
                '"' if !*escaped => self.in_quotes = !self.in_quotes,
                _ => *escaped = false,
            }
        }
    }

    fn reference(&mut self, reference: &Reference) {
        // It is printed as it stands.
        if reference.escaped {
            return;
        }
        let name = self.name(reference.root).to_owned();
        if name.contains('-') {
            self.warn(reference.at, WarningKind::MinusInName(format!("${name}")));
        }
        for (i, step) in self.steps(reference).iter().enumerate() {
            match &step.kind {
                StepKind::Property(name) => {
                    let name = self.name(*name).to_owned();
                    let digits = name.rsplit_once('-').map_or("", |(_, after)| after);
                    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
                        self.warn(step.at, WarningKind::MinusInName(name));
                    }
                }
                StepKind::Call(method, arguments) => {
                    if name == "util"
                        && self.name(*method) == "escapeJavaScript"
                        && !self.is_repair(self.steps(reference).get(i + 1))
                    {
                        self.warn(reference.at, WarningKind::QuoteNotRepaired);
                    }
                    for argument in arguments {
                        self.expression(argument);
                    }
                }
                StepKind::Index(index) => self.expression(index),
            }
        }
    }

    /// A condition: what of it is asked for being true.
    fn condition(&mut self, e: &Expr) {
        match e {
            Expr::Or(sides) | Expr::And(sides) => sides.iter().for_each(|side| self.condition(side)),
            Expr::Not(inner) => self.condition(inner),
            Expr::Reference(reference) => {
                let reference = self.found(*reference);
                self.reference(reference);
                let known = match self.steps(reference).last().map(|s| &s.kind) {
                    None => self.boolean.contains(&reference.root) || self.name(reference.root) == "velocityHasNext",
                    Some(StepKind::Call(..)) => self.asks(reference),
                    Some(StepKind::Property(name)) => {
                        self.name(reference.root) == "foreach"
                            && matches!(self.name(*name), "hasNext" | "first" | "last")
                    }
                    Some(StepKind::Index(_)) => false,
                };
                if !known {
                    self.warn(reference.at, WarningKind::UndefinedIsTrue(self.written(reference)));
                }
            }
            other => self.expression(other),
        }
    }

    fn expression(&mut self, e: &Expr) {
        match e {
            Expr::Text(_)
            | Expr::Wide(_)
            | Expr::Whole(_)
            | Expr::Double(_)
            | Expr::True
            | Expr::False
            | Expr::Word => {}
            Expr::Interpolated { body, .. } => {
                // A string is no JSON document by itself; only comments and references matter in it.
                let before = (self.in_quotes, self.is_json);
                (self.in_quotes, self.is_json) = (true, true);
                for node in body {
                    match node {
                        Node::Text(_) => {}
                        other => self.node(other),
                    }
                }
                (self.in_quotes, self.is_json) = before;
            }
            Expr::Reference(reference) => self.reference(self.found(*reference)),
            Expr::Range(from, to, _) => {
                self.expression(from);
                self.expression(to);
            }
            Expr::Map(pairs) => {
                for (key, value) in pairs {
                    self.expression(key);
                    self.expression(value);
                }
            }
            Expr::List(items) => items.iter().for_each(|e| self.expression(e)),
            Expr::Or(..) | Expr::And(..) | Expr::Not(_) => self.condition(e),
            Expr::Compare(_, sides) => sides.iter().for_each(|side| self.expression(side)),
            Expr::Math(math) => {
                self.expression(&math.left);
                self.expression(&math.right);
            }
        }
    }
}
