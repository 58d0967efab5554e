//! From a path to the resource that it leads to.
//!
//! A segment as it is spelt goes before a parameter, and a parameter before a greedy one, so that the most specific
//! resource wins: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html>.
//! AWS does not say whether a branch that turns out to lead nowhere is left again; it is here. A resource is chosen by
//! the path alone, and only then asked for the method.

use std::collections::HashMap;

/// The resources of an API, as a tree of segments.
#[derive(Debug)]
pub(crate) struct Routes<T> {
    root: Node<T>,
}

#[derive(Debug)]
struct Node<T> {
    spelt: HashMap<String, Node<T>>,
    parameter: Option<(String, Box<Node<T>>)>,
    greedy: Option<(String, Methods<T>)>,
    methods: Option<Methods<T>>,
}

/// What a resource does with each method.
#[derive(Debug)]
pub(crate) struct Methods<T> {
    named: Vec<(String, T)>,
    any: Option<T>,
}

/// A resource that a path leads to, and the path's parameters as they are spelt in it, not decoded.
#[derive(Debug)]
pub(crate) struct Found<'r, 'p, T> {
    /// What to do; `None` where the resource has not the method.
    pub(crate) target: Option<&'r T>,
    /// In the order of the path.
    pub(crate) parameters: Vec<(&'r str, &'p str)>,
}

/// A path of the body that no resource can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RouteError {
    #[error("starts with no `/`")]
    NoSlash,
    #[error("`{0}` has a brace inside: a parameter is a whole segment, `/{{id}}`")]
    BraceInside(String),
    #[error("`{0}` names no parameter")]
    NoName(String),
    #[error("`{0}` stands before the end: only the last segment can be greedy")]
    GreedyInside(String),
    #[error("`{second}` stands where another path has `{first}`: a resource has one parameter")]
    TwoNames { first: String, second: String },
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self { spelt: HashMap::new(), parameter: None, greedy: None, methods: None }
    }
}

impl<T> Default for Methods<T> {
    fn default() -> Self {
        Self { named: Vec::new(), any: None }
    }
}

impl<T> Methods<T> {
    fn of(&self, method: &str) -> Option<&T> {
        self.named.iter().find(|(name, _)| name == method).map(|(_, target)| target).or(self.any.as_ref())
    }
}

impl<T> Routes<T> {
    pub(crate) fn new() -> Self {
        Self { root: Node::default() }
    }

    /// Adds a method (upper case; `None` for any) of a resource.
    pub(crate) fn add(&mut self, path: &str, method: Option<&str>, target: T) -> Result<(), RouteError> {
        let path = path.strip_prefix('/').ok_or(RouteError::NoSlash)?;
        let mut node = &mut self.root;
        let mut segments = path.split('/').filter(|segment| !segment.is_empty()).peekable();
        while let Some(segment) = segments.next() {
            let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            if name.unwrap_or(segment).contains(['{', '}']) {
                return Err(RouteError::BraceInside(segment.to_owned()));
            }
            if name.is_some_and(|name| name.trim_end_matches('+').is_empty()) {
                return Err(RouteError::NoName(segment.to_owned()));
            }
            let Some(name) = name else {
                node = node.spelt.entry(segment.to_owned()).or_default();
                continue;
            };
            if let Some(name) = name.strip_suffix('+') {
                if segments.peek().is_some() {
                    return Err(RouteError::GreedyInside(segment.to_owned()));
                }
                let (first, methods) = node.greedy.get_or_insert_with(|| (name.to_owned(), Methods::default()));
                same(first, name)?;
                methods.put(method, target);
                return Ok(());
            }
            let (first, child) = node.parameter.get_or_insert_with(|| (name.to_owned(), Box::default()));
            same(first, name)?;
            node = child;
        }
        node.methods.get_or_insert_default().put(method, target);
        Ok(())
    }

    /// The resource of a path, which is below the stage and starts with a slash. A slash at its end says nothing, nor do
    /// several at its start: that is how AWS was seen to behave.
    pub(crate) fn find<'r, 'p>(&'r self, path: &'p str, method: &str) -> Option<Found<'r, 'p, T>> {
        let path = path.trim_start_matches('/');
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut parameters = Vec::new();
        let methods = self.root.find(path, &mut parameters)?;
        Some(Found { target: methods.of(method), parameters })
    }
}

fn same(first: &str, second: &str) -> Result<(), RouteError> {
    if first == second {
        return Ok(());
    }
    Err(RouteError::TwoNames { first: first.to_owned(), second: second.to_owned() })
}

impl<T> Methods<T> {
    fn put(&mut self, method: Option<&str>, target: T) {
        match method {
            Some(method) => self.named.push((method.to_owned(), target)),
            None => self.any = Some(target),
        }
    }
}

impl<T> Node<T> {
    /// A path can be no deeper than the tree, so this recurses no deeper than the API's longest path.
    fn find<'r, 'p>(&'r self, path: &'p str, parameters: &mut Vec<(&'r str, &'p str)>) -> Option<&'r Methods<T>> {
        if path.is_empty() {
            return self.methods.as_ref();
        }
        let (segment, rest) = path.split_once('/').unwrap_or((path, ""));
        // An empty segment is nobody's but a greedy parameter's; what follows a slash at the very end was cut off.
        let dangling = path.len() > segment.len() && rest.is_empty();
        if !dangling {
            if let Some(found) = self.spelt.get(segment).and_then(|node| node.find(rest, parameters)) {
                return Some(found);
            }
            if let Some((name, node)) = self.parameter.as_ref().filter(|_| !segment.is_empty()) {
                parameters.push((name, segment));
                if let Some(found) = node.find(rest, parameters) {
                    return Some(found);
                }
                parameters.pop();
            }
        }
        let (name, methods) = self.greedy.as_ref()?;
        parameters.push((name, path));
        Some(methods)
    }
}
