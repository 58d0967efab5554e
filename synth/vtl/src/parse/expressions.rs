//! Operators, by precedence.

use super::{ANY, Parser};
use crate::ast::{CompareOp, Expr, Math, MathOp};
use crate::error::Fault;
use crate::lex::Kind;

/// An expression with the tokens that Velocity takes for its source.
pub(super) type Sourced = (Expr, (usize, usize));

impl Parser<'_, '_> {
    /// An expression with the tokens that Velocity takes for its source.
    pub(super) fn expression(&mut self) -> Result<Sourced, Fault> {
        self.deeper(|p| {
            let first = p.current + 1;
            let mut left = p.conjunction()?;
            while p.accept(Kind::Or)? {
                let from = p.current + 1;
                let right = p.conjunction()?;
                left = (Expr::Or(Box::new([left.0, right.0])), (from, p.current));
            }
            Ok((left.0, (first, p.current)))
        })
    }

    pub(super) fn conjunction(&mut self) -> Result<Sourced, Fault> {
        let mut left = self.equality()?;
        while self.accept(Kind::And)? {
            let from = self.current + 1;
            let right = self.equality()?;
            left = (Expr::And(Box::new([left.0, right.0])), (from, self.current));
        }
        Ok(left)
    }

    pub(super) fn equality(&mut self) -> Result<Sourced, Fault> {
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
            left = (Expr::Compare(op, Box::new([left.0, right.0])), (from, self.current));
        }
    }

    pub(super) fn relation(&mut self) -> Result<Sourced, Fault> {
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
            left = (Expr::Compare(op, Box::new([left.0, right.0])), (from, self.current));
        }
    }

    pub(super) fn sum(&mut self) -> Result<Sourced, Fault> {
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

    pub(super) fn product(&mut self) -> Result<Sourced, Fault> {
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

    pub(super) fn math(&self, op: MathOp, left: Sourced, right: Sourced) -> Expr {
        let at = self.at(left.1.0);
        let source = |side: &Sourced| match (&side.0, op) {
            (Expr::Math(_) | Expr::Range(..) | Expr::Reference(_), MathOp::Add) => {
                self.literal(side.1.0, side.1.1).into_boxed_str()
            }
            _ => "".into(),
        };
        let (left_source, right_source) = (source(&left), source(&right));
        Expr::Math(Box::new(Math { op, left: left.0, right: right.0, left_source, right_source, at }))
    }

    pub(super) fn unary(&mut self) -> Result<Sourced, Fault> {
        if matches!(self.peek()?, Kind::Whitespace | Kind::Not) && self.look(2, Self::scan_not)? {
            let first = self.current + 1;
            self.accept(Kind::Whitespace)?;
            self.expect(Kind::Not)?;
            let inner = self.deeper(Self::unary)?;
            return Ok((Expr::Not(Box::new(inner.0)), (first, self.current)));
        }
        self.primary()
    }

    pub(super) fn primary(&mut self) -> Result<Sourced, Fault> {
        self.accept(Kind::Whitespace)?;
        let first = self.current + 1;
        let mut range = None;
        let value = match self.peek()? {
            Kind::Str => self.deeper(Self::string)?,
            Kind::Identifier | Kind::RefOpen => Expr::Reference(self.reference()?),
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
