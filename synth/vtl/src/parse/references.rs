//! `$name.property.method(argument)[index]`

use super::Parser;
use crate::ast::{Before, Escaping, Expr, Reference, ReferenceId, Shape, Span, Step, StepKind};
use crate::error::Fault;
use crate::lex::Kind;
use crate::scan;

impl Parser<'_, '_> {
    pub(super) fn reference(&mut self) -> Result<ReferenceId, Fault> {
        self.deeper(Self::reference_inner)
    }

    fn reference_inner(&mut self) -> Result<ReferenceId, Fault> {
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
        let from = self.shared.open_steps.len();
        self.indexes()?;
        while self.follows(1, Kind::Dot)? && self.follows(2, Kind::Identifier)? {
            self.current += 1;
            let is_method = self.follows(2, Kind::ParenOpen)? && self.parameters_begin()?;
            self.current += 1;
            let at = self.at(self.current);
            let name = self.raw(self.current);
            let name = self.shared.slot(name);
            let kind = if is_method {
                self.current += 1;
                let arguments = if self.peek()? == Kind::CallClose { Vec::new() } else { self.arguments()? };
                self.expect(Kind::CallClose)?;
                StepKind::Call(name, arguments)
            } else {
                StepKind::Property(name)
            };
            self.shared.open_steps.push(Step { at, kind });
            self.indexes()?;
        }
        if braced {
            self.expect(Kind::RefClose)?;
        }
        let last = self.current;
        let reference = self.finish_reference(first, last, from);
        Ok(ReferenceId::new(&mut self.shared.references, reference))
    }

    /// Most methods take one argument, and hardly one more than two.
    fn arguments(&mut self) -> Result<Vec<Expr>, Fault> {
        let first = self.parameter()?;
        if self.peek()? != Kind::Comma {
            return Ok(vec![first]);
        }
        let mut arguments = Vec::with_capacity(2);
        arguments.push(first);
        while self.accept(Kind::Comma)? {
            arguments.push(self.parameter()?);
        }
        Ok(arguments)
    }

    /// Whether what follows the parenthesis of a call ends it or begins a parameter: Velocity looks no further.
    fn parameters_begin(&mut self) -> Result<bool, Fault> {
        let third = self.current + 3;
        self.fetch(third)?;
        Ok(matches!(
            self.tokens[third].kind,
            Kind::CallClose
                | Kind::Whitespace
                | Kind::Str
                | Kind::Integer
                | Kind::Float
                | Kind::True
                | Kind::False
                | Kind::Identifier
                | Kind::RefOpen
                | Kind::BracketOpen
                | Kind::BraceOpen
        ))
    }

    fn indexes(&mut self) -> Result<(), Fault> {
        while self.accept(Kind::IndexOpen)? {
            self.index()?;
        }
        Ok(())
    }

    #[inline(never)]
    fn index(&mut self) -> Result<(), Fault> {
        let at = self.at(self.current);
        self.accept(Kind::Whitespace)?;
        let index = match self.peek()? {
            Kind::Str => self.deeper(Self::string)?,
            Kind::Integer => self.integer()?,
            Kind::True | Kind::False => self.boolean()?,
            Kind::Identifier | Kind::RefOpen => Expr::Reference(self.reference()?),
            _ => return Err(self.unexpected("an index: a number, a string or a reference")),
        };
        self.accept(Kind::Whitespace)?;
        self.expect(Kind::IndexClose)?;
        self.shared.open_steps.push(Step { at, kind: StepKind::Index(index) });
        Ok(())
    }

    /// Takes backslashes and dollar signs off the reference's first token, in Velocity's order.
    pub(super) fn finish_reference(&mut self, first: usize, last: usize, from: usize) -> Reference {
        let at = self.at(first);
        let image = self.raw(first);
        let mut reference = Reference {
            at,
            shape: Shape::Known,
            root: 0,
            assigned: 0,
            escaping: self.escaping(&self.shared.open_steps[from..]),
            steps: self.shared.finish_steps(from),
            escaped: false,
            computable: true,
            is_bare: false,
            before: None,
            source: Span::default(),
        };
        // Mostly a name stands right behind the only dollar sign.
        if let [b'$', b'a'..=b'z' | b'A'..=b'Z' | b'_', ..] = image.as_bytes() {
            reference.is_bare = true;
            reference.source = self.source(first, last);
            reference.root = self.shared.slot(&image[1..]);
            reference.assigned = reference.root;
            return reference;
        }
        let bare = image.starts_with('$') && scan::find(image.as_bytes(), 1, [b'$', b'\\']) == image.len();
        if !bare && image.contains("\\!") {
            // `$\!x`: one backslash goes, the rest is text that no variable is called after.
            let dollar = image.find('$').unwrap_or(0);
            let start = image[dollar..].find('\\').map_or(image.len(), |i| i + dollar);
            let count = image[start..].bytes().take_while(|b| *b == b'\\').count();
            let name = format!("{}{}", &image[..start + count.saturating_sub(1)], &image[start + count..]);
            reference.computable = false;
            reference.root = self.shared.slot(&format!("\0{name}"));
            reference.assigned = self.shared.slot(image.get(1..).unwrap_or(""));
            reference.source = self.shared.texts.make(&name);
            return reference;
        }
        let mut rest = image;
        if !bare {
            let slashes = image.bytes().take_while(|b| *b == b'\\').count();
            reference.escaped = slashes % 2 == 1;
            let more = &image[slashes..image.rfind('$').unwrap_or(slashes).max(slashes)];
            rest = &image[slashes + more.len()..];
            if slashes > 1 || !more.is_empty() {
                reference.before = Some(Box::new(Before { prefix: image[..slashes / 2].into(), more: more.into() }));
            }
            // What stands before the dollar sign is no part of the reference, though Velocity reads it in one.
            reference.at = at + image.len() - rest.len();
            if rest.len() != image.len() {
                self.images.insert(first, rest.into());
            }
        }
        reference.source = self.source(first, last);
        let name = if let Some(quiet) = rest.strip_prefix("$!") {
            if !reference.escaped {
                reference.source = Span::default();
            }
            if quiet.starts_with('{') { self.raw(first + 1) } else { quiet }
        } else if rest == "${" {
            self.raw(first + 1)
        } else if let Some(name) = rest.strip_prefix('$') {
            name
        } else {
            reference.shape = Shape::Runt;
            reference.escaping = Escaping::No;
            rest
        };
        reference.is_bare = reference.shape == Shape::Known && !reference.escaped && reference.before.is_none();
        let assigned = rest.get(1..).unwrap_or("");
        reference.root = self.shared.slot(name);
        reference.assigned = if assigned == name { reference.root } else { self.shared.slot(assigned) };
        reference
    }
}

impl Parser<'_, '_> {
    /// Which of the calls of `escapeJavaScript` the steps are, if one.
    fn escaping(&self, steps: &[Step]) -> Escaping {
        let is_text = |e: &Expr, wanted: &str| matches!(e, Expr::Text(text) if self.shared.texts.get(*text) == wanted);
        let call = |step: &'_ Step, method: &str| matches!(&step.kind, StepKind::Call(name, _) if self.shared.names[*name as usize].text() == method);
        let arguments = |step: usize| match steps.get(step).map(|s| &s.kind) {
            Some(StepKind::Call(_, arguments)) => &arguments[..],
            _ => &[],
        };
        match steps {
            [escape, ..] if !call(escape, "escapeJavaScript") || arguments(0).len() != 1 => Escaping::No,
            [_] => Escaping::JavaScript,
            [_, replace] if call(replace, "replaceAll") => match arguments(1) {
                [from, to] if is_text(from, "\\\\'") && is_text(to, "'") => Escaping::Json,
                _ => Escaping::No,
            },
            _ => Escaping::No,
        }
    }
}
