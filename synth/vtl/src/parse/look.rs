//! Looking ahead without consuming, to the letter: how many tokens are looked at decides how the lexer reads the next.

use super::Parser;
use crate::error::Fault;
use crate::lex::Kind;

/// How looking ahead ends before its end.
pub(super) enum Halt {
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

pub(super) type Scan = Result<(), Halt>;

impl Parser<'_, '_> {
    pub(super) fn look(&mut self, tokens: usize, f: impl FnOnce(&mut Self) -> Scan) -> Result<bool, Fault> {
        self.scan = self.current;
        self.last = self.current;
        self.left = tokens;
        match f(self) {
            Ok(()) | Err(Halt::Enough) => Ok(true),
            Err(Halt::Mismatch) => Ok(false),
            Err(Halt::Fault(fault)) => Err(fault),
        }
    }

    #[cold]
    fn too_long(&self) -> Fault {
        Fault::new(self.at(self.scan), "brackets are nested in a way that takes too long to read")
    }

    #[inline]
    pub(super) fn scan_token(&mut self, kind: Kind) -> Scan {
        self.shared.work += 1;
        if self.shared.work > self.limits.parse_steps {
            return Err(self.too_long().into());
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

    pub(super) fn scan_any(&mut self, kinds: &[Kind]) -> Scan {
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

    pub(super) fn scan_optional(&mut self, f: impl FnOnce(&mut Self) -> Scan) -> Result<bool, Halt> {
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

    pub(super) fn scan_space(&mut self) -> Result<bool, Halt> {
        self.scan_optional(|p| p.scan_token(Kind::Whitespace))
    }

    pub(super) fn scan_deeper(&mut self, f: impl FnOnce(&mut Self) -> Scan) -> Scan {
        if self.shared.depth >= self.limits.template_depth {
            let message = format!("nested more than {} deep", self.limits.template_depth);
            return Err(Fault::new(self.at(self.scan), message).into());
        }
        self.shared.depth += 1;
        let result = f(self);
        self.shared.depth -= 1;
        result
    }

    pub(super) fn scan_reference(&mut self) -> Scan {
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

    pub(super) fn scan_path(&mut self) -> Scan {
        while self.scan_optional(Self::scan_index)? {}
        while self.scan_optional(Self::scan_step)? {}
        Ok(())
    }

    pub(super) fn scan_step(&mut self) -> Scan {
        self.scan_token(Kind::Dot)?;
        if !self.scan_optional(Self::scan_method)? {
            self.scan_token(Kind::Identifier)?;
        }
        while self.scan_optional(Self::scan_index)? {}
        Ok(())
    }

    pub(super) fn scan_method(&mut self) -> Scan {
        self.scan_token(Kind::Identifier)?;
        self.scan_token(Kind::ParenOpen)?;
        self.scan_optional(Self::scan_parameters)?;
        self.scan_token(Kind::CallClose)
    }

    pub(super) fn scan_parameters(&mut self) -> Scan {
        self.scan_parameter()?;
        while self.scan_optional(|p| {
            p.scan_token(Kind::Comma)?;
            p.scan_parameter()
        })? {}
        Ok(())
    }

    pub(super) fn scan_index(&mut self) -> Scan {
        self.scan_token(Kind::IndexOpen)?;
        self.scan_space()?;
        if !self.scan_optional(|p| p.scan_any(&[Kind::Str, Kind::Integer, Kind::True, Kind::False]))? {
            self.scan_deeper(Self::scan_reference)?;
        }
        self.scan_space()?;
        self.scan_token(Kind::IndexClose)
    }

    pub(super) fn scan_parameter(&mut self) -> Scan {
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

    pub(super) fn scan_argument(&mut self) -> Scan {
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

    pub(super) fn scan_bound(&mut self) -> Scan {
        if self.scan_optional(Self::scan_reference)? {
            return Ok(());
        }
        self.scan_token(Kind::Integer)
    }

    pub(super) fn scan_range_start(&mut self) -> Scan {
        self.scan_token(Kind::BracketOpen)?;
        self.scan_space()?;
        self.scan_bound()?;
        self.scan_space()?;
        self.scan_token(Kind::DoubleDot)
    }

    pub(super) fn scan_range(&mut self) -> Scan {
        self.scan_range_start()?;
        self.scan_space()?;
        self.scan_bound()?;
        self.scan_space()?;
        self.scan_token(Kind::BracketClose)
    }

    pub(super) fn scan_list(&mut self) -> Scan {
        self.scan_token(Kind::BracketOpen)?;
        self.scan_optional(Self::scan_parameters)?;
        self.scan_token(Kind::BracketClose)
    }

    pub(super) fn scan_pairs(&mut self) -> Scan {
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

    pub(super) fn scan_map(&mut self) -> Scan {
        self.scan_token(Kind::BraceOpen)?;
        if !self.scan_optional(Self::scan_pairs)? {
            self.scan_space()?;
        }
        self.scan_any(&[Kind::BraceClose, Kind::RefClose])
    }

    pub(super) fn scan_not(&mut self) -> Scan {
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
}
