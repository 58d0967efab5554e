//! Finds where two documents differ, and holds it against the list of what is meant.

use std::fmt;

use serde_json::Value;

/// One of the two APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    Bewerking,
    Inzage,
}

/// What one of the two documents has at a place.
#[derive(Debug, Clone)]
pub(crate) enum Side {
    Absent,
    Is(Value),
    /// The same as the document has at another place.
    SameAs(&'static str),
}

/// A difference that is meant.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    /// Its number in `docs/standard.md`; one number may need several rows here.
    pub(crate) id: &'static str,
    /// The rule that asks for it.
    pub(crate) rule: &'static str,
    pub(crate) published: Side,
    pub(crate) ours: Side,
    /// Patterns, each with the number of places that it stands for, so that it covers no more than was meant.
    /// Keys go from the outside in, parted by ` > `. In a key, `*` stands for any text; the key `**` stands for any
    /// number of keys.
    pub(crate) places: Vec<(Api, usize, &'static str)>,
}

/// A difference that exists.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) at: Vec<String>,
    pub(crate) published: Option<Value>,
    pub(crate) ours: Option<Value>,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |side: &Option<Value>| match side {
            Some(value) => value.to_string(),
            None => "absent".to_owned(),
        };
        write!(f, "{}\n    published: {}\n    ours: {}", self.at.join(" > "), show(&self.published), show(&self.ours))
    }
}

/// Every place where two canonical documents differ, each as far inside as it can be named.
pub(crate) fn compare(published: &Value, ours: &Value) -> Vec<Found> {
    let mut found = Vec::new();
    walk(&mut Vec::new(), Some(published), Some(ours), &mut found);
    found
}

fn walk(at: &mut Vec<String>, published: Option<&Value>, ours: Option<&Value>, found: &mut Vec<Found>) {
    if published == ours {
        return;
    }
    if let (Some(Value::Object(left)), Some(Value::Object(right))) = (published, ours) {
        let only_right = right.keys().filter(|key| !left.contains_key(*key));
        for key in left.keys().chain(only_right) {
            at.push(key.clone());
            walk(at, left.get(key), right.get(key), found);
            at.pop();
        }
        return;
    }
    found.push(Found { at: at.clone(), published: published.cloned(), ours: ours.cloned() });
}

/// What is wrong with the list: differences that it does not have, and rows without their difference.
pub(crate) fn complaints(api: Api, published: &Value, ours: &Value, listed: &[Listed]) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut rows: Vec<_> = listed
        .iter()
        .flat_map(|row| row.places.iter().map(move |place| (row, place, 0)))
        .filter(|(_, (of, ..), _)| *of == api)
        .collect();
    for found in compare(published, ours) {
        let mut known = 0;
        for (row, (_, _, pattern), count) in &mut rows {
            if matches(pattern, &found.at)
                && row.published.is(found.published.as_ref(), published)
                && row.ours.is(found.ours.as_ref(), ours)
            {
                *count += 1;
                known += 1;
            }
        }
        match known {
            1 => {}
            0 => complaints.push(format!("{api:?}: not listed: {found}")),
            _ => complaints.push(format!("{api:?}: listed more than once: {found}")),
        }
    }
    for (row, (_, expected, pattern), count) in rows {
        if count != *expected {
            complaints
                .push(format!("{api:?}: {} is listed for {expected} places and found at {count}: {pattern}", row.id));
        }
    }
    complaints
}

impl Side {
    fn is(&self, value: Option<&Value>, document: &Value) -> bool {
        match self {
            Self::Absent => value.is_none(),
            Self::Is(expected) => value == Some(expected),
            Self::SameAs(place) => value.is_some() && value == lookup(document, place),
        }
    }
}

fn lookup<'v>(document: &'v Value, place: &str) -> Option<&'v Value> {
    place.split(" > ").try_fold(document, |node, key| node.get(key))
}

fn matches(pattern: &str, at: &[String]) -> bool {
    fn keys(pattern: &[&str], at: &[String]) -> bool {
        match (pattern, at) {
            ([], []) => true,
            (["**", rest @ ..], _) => keys(rest, at) || (!at.is_empty() && keys(pattern, &at[1..])),
            ([first, rest @ ..], [have, inner @ ..]) => key(first, have) && keys(rest, inner),
            _ => false,
        }
    }
    fn key(pattern: &str, have: &str) -> bool {
        match pattern.split_once('*') {
            None => pattern == have,
            Some((before, after)) => have.strip_prefix(before).is_some_and(|rest| rest.ends_with(after)),
        }
    }
    keys(&pattern.split(" > ").collect::<Vec<_>>(), at)
}
