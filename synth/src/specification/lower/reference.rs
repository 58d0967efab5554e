//! Following `$ref`.

use std::borrow::Cow;
use std::collections::HashMap;

use super::Lowering;
use crate::report::{Diagnostic, nearest, quoted};
use crate::source::{Entry, Node, Value};

/// How many references may lead from one to the next.
const MAX_CHAIN: usize = 32;

/// What a reference must lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Schema,
    Parameter,
    RequestBody,
    Response,
    Header,
    SecurityScheme,
    PathItem,
}

impl Target {
    const ALL: [Self; 7] = [
        Self::Schema,
        Self::Parameter,
        Self::RequestBody,
        Self::Response,
        Self::Header,
        Self::SecurityScheme,
        Self::PathItem,
    ];

    /// The key of `components` beneath which such things stand.
    pub(super) fn section(self) -> &'static str {
        match self {
            Self::Schema => "schemas",
            Self::Parameter => "parameters",
            Self::RequestBody => "requestBodies",
            Self::Response => "responses",
            Self::Header => "headers",
            Self::SecurityScheme => "securitySchemes",
            // OpenAPI 3.1 alone has it; in 3.0 a path item can refer to another path.
            Self::PathItem => "pathItems",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Schema => "a schema",
            Self::Parameter => "a parameter",
            Self::RequestBody => "a request body",
            Self::Response => "a response",
            Self::Header => "a header",
            Self::SecurityScheme => "a security scheme",
            Self::PathItem => "a path",
        }
    }
}

/// Look-up by key that does not slow down with the size of an object.
#[derive(Default)]
pub(super) struct Index<'a> {
    /// By where the object's entries lie in memory, which nothing changes while the document is lowered.
    objects: HashMap<*const Entry, HashMap<&'a str, &'a Entry>>,
}

impl<'a> Index<'a> {
    fn get(&mut self, entries: &'a [Entry], key: &str) -> Option<&'a Entry> {
        const SMALL: usize = 16;
        if entries.len() <= SMALL {
            return entries.iter().find(|entry| &*entry.key == key);
        }
        self.objects
            .entry(entries.as_ptr())
            .or_insert_with(|| entries.iter().map(|entry| (&*entry.key, entry)).collect())
            .get(key)
            .copied()
    }
}

/// A reference that was followed one step.
pub(super) struct Step<'a> {
    /// Its parts: `["components", "schemas", "Fout"]`.
    pub(super) tokens: Vec<String>,
    pub(super) node: &'a Node,
}

impl Step<'_> {
    /// The name, where the reference leads to a thing of `components` itself and not into one.
    pub(super) fn name(&self, target: Target) -> Option<&str> {
        match self.tokens.as_slice() {
            [components, section, name] if components == "components" && section == target.section() => Some(name),
            _ => None,
        }
    }
}

impl<'a> Lowering<'a> {
    /// The value of `$ref`, where the node is a reference. What stands beside it has no meaning in OpenAPI 3.0.
    pub(super) fn reference(&mut self, node: &'a Node) -> Option<&'a Node> {
        let entries = node.as_mapping()?;
        let reference = entries.iter().find(|entry| &*entry.key == "$ref")?;
        for entry in entries.iter().filter(|entry| &*entry.key != "$ref") {
            self.findings.dropped(&format!("{} beside `$ref`", quoted(&entry.key)), &entry.key_span);
        }
        Some(&reference.value)
    }

    /// The node itself, or what it refers to in the end.
    pub(super) fn resolve(&mut self, node: &'a Node, target: Target) -> Option<&'a Node> {
        let mut node = node;
        let mut followed: Vec<&'a Node> = Vec::new();
        while let Some(reference) = self.reference(node) {
            if target == Target::PathItem {
                self.refuse_neighbours(node, reference);
            }
            let step = self.follow(reference, target)?;
            let first = followed.iter().position(|earlier| earlier.span == reference.span);
            if first.is_some() || followed.len() >= MAX_CHAIN {
                self.endless(&followed, first);
                return None;
            }
            followed.push(reference);
            node = step.node;
        }
        Some(node)
    }

    /// Beside the `$ref` of a path there may be operations, and OpenAPI leaves open which of them count.
    fn refuse_neighbours(&mut self, node: &Node, reference: &Node) {
        let entries = node.as_mapping().unwrap_or_default();
        if let Some(other) = entries.iter().find(|entry| &*entry.key != "$ref" && !entry.key.starts_with("x-")) {
            self.error(
                Diagnostic::error(format!("a path has {} beside `$ref`", quoted(&other.key)))
                    .at(self.source, other.key_span.clone(), "this or the reference?")
                    .at(self.source, reference.span.clone(), "the reference")
                    .help("move it to the path that is referred to, or leave the reference out"),
            );
        }
    }

    fn endless(&mut self, followed: &[&Node], first: Option<usize>) {
        let Some(first) = first else {
            let error = Diagnostic::error(format!("more than {MAX_CHAIN} references lead from one to the next"));
            let span = followed[0].span.clone();
            self.error(error.at(self.source, span, "beginning here").help("refer to what is meant itself"));
            return;
        };
        // Told from its first reference in the document on, the circle is the same wherever it was entered.
        let circle = &followed[first..];
        let start = (0..circle.len()).min_by_key(|at| circle[*at].span.start).unwrap_or(0);
        let mut names: Vec<_> =
            circle.iter().cycle().skip(start).take(circle.len()).filter_map(|node| node.as_str()).map(quoted).collect();
        names.extend(names.first().cloned());
        self.error(
            Diagnostic::error(format!("references lead round in a circle: {}", names.join(" -> ")))
                .at(self.source, circle[start].span.clone(), "this reference")
                .help("refer to what is meant itself"),
        );
    }

    /// Follows one reference one step.
    pub(super) fn follow(&mut self, reference: &'a Node, target: Target) -> Option<Step<'a>> {
        let text = self.accept(reference.expect_str(self.source, "`$ref`"))?;
        let tokens = match tokens(text) {
            Ok(tokens) => tokens,
            Err(problem) => {
                self.unusable(reference, text, problem, target);
                return None;
            }
        };
        if let [components, section, _] = tokens.as_slice()
            && components == "components"
            && let Some(other) = Target::ALL.into_iter().find(|kind| kind.section() == section)
            && other != target
        {
            self.error(
                Diagnostic::error(format!("this refers to {}, {} is needed", other.noun(), target.noun()))
                    .at(self.source, reference.span.clone(), "this reference")
                    .help(format!("what is needed stands beneath `#/components/{}/`", target.section())),
            );
            return None;
        }
        let mut node = self.root;
        for (depth, token) in tokens.iter().enumerate() {
            let next = match &node.value {
                Value::Mapping(entries) => self.index.get(entries, token).map(|entry| &entry.value),
                Value::Sequence(items) => token.parse::<usize>().ok().and_then(|index| items.get(index)),
                _ => None,
            };
            match next {
                Some(next) => node = next,
                None => {
                    self.dangling(reference, text, node, &tokens[depth]);
                    return None;
                }
            }
        }
        Some(Step { tokens, node })
    }

    fn dangling(&mut self, reference: &Node, text: &str, node: &Node, token: &str) {
        if self.findings.only_counted() {
            return;
        }
        let error = Diagnostic::error(format!("there is nothing at {}", quoted(text))).at(
            self.source,
            reference.span.clone(),
            format!("{} is not there", quoted(token)),
        );
        let keys = node.as_mapping().unwrap_or_default().iter().map(|entry| &*entry.key);
        let error = match nearest(token, keys) {
            Some(near) => error.help(format!("did you mean {}?", quoted(near))),
            None => error.help("define it, or refer to something that is there"),
        };
        self.error(error);
    }

    fn unusable(&mut self, reference: &Node, text: &str, problem: Problem, target: Target) {
        let word = !text.is_empty()
            && text.chars().all(|character| character.is_ascii_alphanumeric() || "_-".contains(character));
        let name = if word { text } else { "Name" };
        let local = format!("a reference within the document looks like `#/components/{}/{name}`", target.section());
        let problem = if word { Problem::NoPointer } else { problem };
        let (message, help) = match problem {
            Problem::Elsewhere => (
                format!("{} is outside of this document", quoted(text)),
                format!("bundle the documents into one first; {local}"),
            ),
            Problem::NoPointer => (format!("{} is no reference to a place in this document", quoted(text)), local),
            Problem::Escape => (
                format!("{} has a wrong escape", quoted(text)),
                "`~` is written as `~0`, `/` as `~1`, and `%` is followed by two hexadecimal digits".to_owned(),
            ),
        };
        self.error(Diagnostic::error(message).at(self.source, reference.span.clone(), "this reference").help(help));
    }
}

enum Problem {
    Elsewhere,
    NoPointer,
    Escape,
}

/// The parts of a reference: a JSON pointer (RFC 6901) in a URI's fragment.
fn tokens(text: &str) -> Result<Vec<String>, Problem> {
    let fragment = text.strip_prefix('#').ok_or(Problem::Elsewhere)?;
    let pointer = fragment.strip_prefix('/').ok_or(Problem::NoPointer)?;
    pointer.split('/').map(|token| unescaped(token).ok_or(Problem::Escape)).collect()
}

fn unescaped(token: &str) -> Option<String> {
    let token = percent_decoded(token)?;
    let mut parts = token.split('~');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if let Some(rest) = part.strip_prefix('0') {
            out.push('~');
            out.push_str(rest);
        } else {
            out.push('/');
            out.push_str(part.strip_prefix('1')?);
        }
    }
    Some(out)
}

fn percent_decoded(token: &str) -> Option<Cow<'_, str>> {
    if !token.contains('%') {
        return Some(Cow::Borrowed(token));
    }
    let mut parts = token.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        let parts = |text: &str| tokens(text).ok();
        assert_eq!(parts("#/paths/~1a~1%7Bid%7D/get"), Some(vec!["paths".into(), "/a/{id}".into(), "get".into()]));
        assert_eq!(parts("#/a~01"), Some(vec!["a~1".into()]));
        assert_eq!(parts("#/%C3%A9"), Some(vec!["é".into()]));
        for wrong in ["#/a~2", "#/a~", "#/%", "#/%4", "#/%é", "#/%+1", "#/%FF", "#", "#a", "a.yaml#/b", ""] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }
}
