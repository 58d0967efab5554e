//! The syntax tree. Offsets are bytes from the start of the template.

use std::sync::Arc;

use crate::number::Whole;
use crate::string::{JString, Tag};

/// The number of a name, be it a variable's, a property's or a method's; it is also the variable's place, so rendering
/// needs no lookup by name.
pub(crate) type Slot = u32;

/// A name, with what is asked of it again and again.
#[derive(Debug)]
pub(crate) struct Name {
    text: Arc<str>,
    tag: Tag,
    is_class: bool,
    of_loop: Option<LoopProperty>,
}

/// What a template asks of `$foreach`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LoopProperty {
    Index,
    Count,
    HasNext,
    First,
    Last,
}

impl Name {
    pub(crate) fn new(text: Arc<str>) -> Self {
        let of_loop = match &*text {
            "index" => Some(LoopProperty::Index),
            "count" => Some(LoopProperty::Count),
            "hasNext" => Some(LoopProperty::HasNext),
            "first" => Some(LoopProperty::First),
            "last" => Some(LoopProperty::Last),
            _ => None,
        };
        Name { tag: Tag::of(&text), is_class: text.eq_ignore_ascii_case("class"), of_loop, text }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn tag(&self) -> Tag {
        self.tag
    }

    /// Whether it is the name with this tag.
    #[inline]
    pub(crate) fn is(&self, tag: Tag, text: &str) -> bool {
        self.tag == tag && (tag.is_all() || self.text() == text)
    }

    /// What it is as a property of `$foreach`.
    pub(crate) fn of_loop(&self) -> Option<LoopProperty> {
        self.of_loop
    }

    /// Whether as a property it is `getClass`, which every object has.
    pub(crate) fn is_class(&self) -> bool {
        self.is_class
    }
}

pub(crate) type Block = Vec<Node>;

#[derive(Debug)]
pub(crate) enum Node {
    Text(Span),
    /// Where a `##` stood; it renders as nothing.
    Comment {
        at: usize,
    },
    Reference(ReferenceId),
    Set {
        at: usize,
        target: ReferenceId,
        value: Expr,
    },
    If {
        arms: Vec<(Expr, Block)>,
        otherwise: Option<Block>,
    },
    Foreach(Box<Foreach>),
    Define {
        key: Slot,
        block: Definition,
    },
    Stop(Option<Expr>),
    Break {
        at: usize,
        scope: Option<(Expr, Box<str>)>,
    },
    /// `#include` and `#parse`: API Gateway has no files, so these fail when they name one.
    Include {
        at: usize,
        children: Vec<Child>,
        parse: bool,
    },
}

#[derive(Debug)]
pub(crate) struct Foreach {
    pub(crate) at: usize,
    pub(crate) element: Slot,
    /// Arguments and then the block, as Velocity numbers them.
    pub(crate) children: Vec<Child>,
    /// Tells loops apart for `#break($foreach)`.
    pub(crate) id: usize,
}

#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) body: Block,
}

#[derive(Debug)]
pub(crate) enum Child {
    Expr(Expr),
    Block(Block),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `$x`, `${x}`, `$!x`
    Known,
    /// A bare word as a method's argument: a reference without `$`, always null.
    Runt,
}

/// Whether a reference is one of the two calls of `escapeJavaScript` that templates are full of: where they are
/// printed, they write straight into the output, unless `$util` is something else by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escaping {
    No,
    /// `$util.escapeJavaScript(…)`
    JavaScript,
    /// `$util.escapeJavaScript(…).replaceAll("\\'", "'")`, which is right for JSON: the escape of `'` is taken back. There is
    /// no other `'` that a backslash could stand before, so it is not escaped in the first place.
    Json,
}

/// The number of a reference: all those of a template stand in one list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReferenceId(u32);

impl ReferenceId {
    #[inline]
    pub(crate) fn new(references: &mut Vec<Reference>, reference: Reference) -> Self {
        // A template has not as many bytes as there are numbers.
        let id = ReferenceId(references.len() as u32);
        references.push(reference);
        id
    }

    #[inline]
    pub(crate) fn of(self, references: &[Reference]) -> &Reference {
        &references[self.0 as usize]
    }
}

#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) at: usize,
    pub(crate) shape: Shape,
    pub(crate) root: Slot,
    /// The slot that `#set` assigns: it takes the name differently from how reading does.
    pub(crate) assigned: Slot,
    pub(crate) steps: Steps,
    pub(crate) escaping: Escaping,
    pub(crate) escaped: bool,
    pub(crate) computable: bool,
    /// Whether what it stands for is printed, and nothing else: no backslash or second dollar sign stands before it.
    pub(crate) is_bare: bool,
    pub(crate) before: Option<Box<Before>>,
    /// What stands there when there is nothing to print.
    pub(crate) source: Span,
}

/// What of the text before a reference belongs to it.
#[derive(Debug)]
pub(crate) struct Before {
    /// Backslashes that stay.
    pub(crate) prefix: Box<str>,
    /// Dollar signs.
    pub(crate) more: Box<str>,
}

/// A stretch of the template's texts, by bytes: of its source, or of what was made from it and stands behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) fn of(self, texts: &str) -> &str {
        &texts[self.start as usize..self.end as usize]
    }

    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// What follows a reference's name: a stretch of the template's steps, all of which stand in one list.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Steps {
    first: u32,
    len: u32,
}

impl Steps {
    /// Moves the last of the steps that are being read to the template's.
    pub(crate) fn new(steps: &mut Vec<Step>, read: &mut Vec<Step>, from: usize) -> Self {
        // A template has not as many bytes as there are numbers.
        let range = Steps { first: steps.len() as u32, len: (read.len() - from) as u32 };
        match from {
            // Mostly all of them are, and are copied in one piece.
            0 => steps.append(read),
            _ => steps.extend(read.drain(from..)),
        }
        range
    }

    #[inline]
    pub(crate) fn of(self, steps: &[Step]) -> &[Step] {
        &steps[self.first as usize..][..self.len as usize]
    }
}

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) at: usize,
    pub(crate) kind: StepKind,
}

#[derive(Debug)]
pub(crate) enum StepKind {
    Property(Slot),
    Call(Slot, Vec<Expr>),
    Index(Expr),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MathOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Debug)]
pub(crate) enum Expr {
    Text(Span),
    /// A string with half a surrogate pair.
    Wide(JString),
    Whole(Whole),
    Double(f64),
    True,
    False,
    /// A double-quoted string with references or directives in it.
    Interpolated {
        body: Block,
        has_line_comment: bool,
    },
    Reference(ReferenceId),
    /// A word where a directive takes one, such as `in`.
    Word,
    Range(Box<Expr>, Box<Expr>, usize),
    Map(Vec<(Expr, Expr)>),
    List(Vec<Expr>),
    Or(Box<[Expr; 2]>),
    And(Box<[Expr; 2]>),
    Not(Box<Expr>),
    Compare(CompareOp, Box<[Expr; 2]>),
    Math(Box<Math>),
}

#[derive(Debug)]
pub(crate) struct Math {
    pub(crate) op: MathOp,
    pub(crate) left: Expr,
    pub(crate) right: Expr,
    /// A sum with a string prints the source of a side that is null.
    pub(crate) left_source: Box<str>,
    pub(crate) right_source: Box<str>,
    pub(crate) at: usize,
}
