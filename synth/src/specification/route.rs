//! Routes and their parts.

use std::collections::HashSet;

use super::{Path, Segment};
use crate::source::Span;

impl Path {
    /// Takes a route apart. `Err` says what is wrong with it.
    pub(super) fn parse(text: &str, span: Span) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix('/') else {
            return Err("a route begins with `/`".to_owned());
        };
        if text.contains(['?', '#']) {
            return Err("a route holds no query: describe it as parameters with `in: query`".to_owned());
        }
        let segments = match rest {
            "" => Vec::new(),
            _ => rest.split('/').map(segment).collect::<Result<_, _>>()?,
        };
        let path = Self { text: text.to_owned(), segments, span };
        let mut seen = HashSet::new();
        match path.parameters().into_iter().find(|name| !seen.insert(*name)) {
            Some(name) => Err(format!("the parameter `{{{name}}}` stands in it twice")),
            None => Ok(path),
        }
    }

    /// The names of the route's parameters, in order.
    pub fn parameters(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for segment in &self.segments {
            match segment {
                Segment::Literal(_) => {}
                Segment::Parameter(name) => names.push(name.as_str()),
                Segment::Mixed(text) => {
                    names.extend(text.split('{').skip(1).filter_map(|part| part.split('}').next()));
                }
            }
        }
        names
    }

    /// The route with its parameters' names left out: two routes with the same shape match the same requests.
    pub(super) fn shape(&self) -> String {
        let mut shape = String::new();
        for segment in &self.segments {
            shape.push('/');
            match segment {
                Segment::Literal(text) => shape.push_str(text),
                Segment::Parameter(_) => shape.push_str("{}"),
                Segment::Mixed(text) => {
                    for (index, part) in text.split('{').enumerate() {
                        if index > 0 {
                            shape.push_str("{}");
                        }
                        shape.push_str(part.split_once('}').map_or(part, |(_, rest)| rest));
                    }
                }
            }
        }
        shape
    }
}

fn segment(text: &str) -> Result<Segment, String> {
    let mut open = false;
    let mut length = 0;
    for character in text.chars() {
        match (character, open) {
            ('{', false) => (open, length) = (true, 0),
            ('}', true) if length == 0 => return Err("a parameter `{}` has no name".to_owned()),
            ('}', true) => open = false,
            ('{', true) | ('}', false) => return Err("its braces do not match".to_owned()),
            _ => length += 1,
        }
    }
    if open {
        return Err("a parameter's brace is not closed".to_owned());
    }
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    Ok(match inner {
        Some(name) if !name.contains('{') => Segment::Parameter(name.to_owned()),
        _ if text.contains('{') => Segment::Mixed(text.to_owned()),
        _ => Segment::Literal(text.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Path, String> {
        Path::parse(text, 0..0)
    }

    #[test]
    fn taken_apart() {
        let literal = |text: &str| Segment::Literal(text.to_owned());
        let path = parse("/acties/{actieId}/v{major}.{minor}").expect("it is right");
        assert_eq!(
            path.segments,
            [
                literal("acties"),
                Segment::Parameter("actieId".to_owned()),
                Segment::Mixed("v{major}.{minor}".to_owned())
            ]
        );
        assert_eq!(path.parameters(), ["actieId", "major", "minor"]);
        assert_eq!(path.shape(), "/acties/{}/v{}.{}");
        assert_eq!(parse("/").expect("it is right").segments, []);
        assert_eq!(parse("/a/").expect("it is right").segments, [literal("a"), literal("")]);
        assert_eq!(parse("/{a}{b}").expect("it is right").shape(), "/{}{}");
    }

    #[test]
    fn refused() {
        for (text, part) in [
            ("a", "begins with"),
            ("", "begins with"),
            ("/{", "not closed"),
            ("/{a", "not closed"),
            ("/a}", "do not match"),
            ("/{{a}}", "do not match"),
            ("/{}", "no name"),
            ("/{a}/{a}", "twice"),
            ("/a?b=c", "no query"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
