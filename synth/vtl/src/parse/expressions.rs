//! Operators, by precedence.

use super::{ANY, Parser};
use crate::ast::{CompareOp, Expr, Math, MathOp};
use crate::error::Fault;
use crate::lex::Kind;

/// An expression with the tokens that Velocity takes for its source.
pub(super) type Sourced = (Expr, (usize, usize));

enum Operator {
    Or,
    And,
    Compare(CompareOp),
    Math(MathOp),
}

/// Which operator a token is, and how tightly it binds.
fn binary(kind: Kind) -> Option<(u8, Operator)> {
    Some(match kind {
        Kind::Or => (0, Operator::Or),
        Kind::And => (1, Operator::And),
        Kind::Eq => (2, Operator::Compare(CompareOp::Eq)),
        Kind::Ne => (2, Operator::Compare(CompareOp::Ne)),
        Kind::Lt => (3, Operator::Compare(CompareOp::Lt)),
        Kind::Le => (3, Operator::Compare(CompareOp::Le)),
        Kind::Gt => (3, Operator::Compare(CompareOp::Gt)),
        Kind::Ge => (3, Operator::Compare(CompareOp::Ge)),
        Kind::Plus => (4, Operator::Math(MathOp::Add)),
        Kind::Minus => (4, Operator::Math(MathOp::Subtract)),
        Kind::Multiply => (5, Operator::Math(MathOp::Multiply)),
        Kind::Divide => (5, Operator::Math(MathOp::Divide)),
        Kind::Modulus => (5, Operator::Math(MathOp::Modulo)),
        _ => return None,
    })
}

impl Parser<'_, '_> {
    /// An expression with the tokens that Velocity takes for its source.
    pub(super) fn expression(&mut self) -> Result<Sourced, Fault> {
        self.deeper(|p| {
            let first = p.current + 1;
            let value = p.operation(0)?;
            Ok((value.0, (first, p.current)))
        })
    }

    /// Values with operators between them that bind at least so tightly.
    fn operation(&mut self, tightness: u8) -> Result<Sourced, Fault> {
        let mut left = self.unary()?;
        while let Some((tight, operator)) = binary(self.peek()?)
            && tight >= tightness
        {
            self.current += 1;
            let from = self.current + 1;
            let right = self.operation(tight + 1)?;
            let value = match operator {
                Operator::Or => Expr::Or(Box::new([left.0, right.0])),
                Operator::And => Expr::And(Box::new([left.0, right.0])),
                Operator::Compare(op) => Expr::Compare(op, Box::new([left.0, right.0])),
                Operator::Math(op) => self.math(op, left, right),
            };
            left = (value, (from, self.current));
        }
        Ok(left)
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
            Kind::BracketOpen if self.look(ANY, Self::scan_range_start)? => self.range()?,
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
