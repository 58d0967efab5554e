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
    /// The same as our document has at another place.
    SameAs(&'static str),
}

/// A difference that is meant.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    /// Its number in `docs/standard.md`; one number may need several lines here.
    pub(crate) id: &'static str,
    pub(crate) api: Api,
    /// Keys from the outside in, parted by ` > `. `*` is any key, `**` any number of keys.
    pub(crate) at: &'static str,
    /// How many places that is, so that a pattern covers no more than was meant.
    pub(crate) places: usize,
    pub(crate) published: Side,
    pub(crate) ours: Side,
    /// The rule that asks for it.
    pub(crate) rule: &'static str,
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
        write!(
            f,
            "{}\n    published: {}\n    ours: {}",
            self.at.join(" > "),
            show(&self.published),
            show(&self.ours)
        )
    }
}

/// Every place where two canonical documents differ, each as far inside as it can be named.
pub(crate) fn compare(published: &Value, ours: &Value) -> Vec<Found> {
    let mut found = Vec::new();
    walk(&mut Vec::new(), Some(published), Some(ours), &mut found);
    found
}

fn walk(
    at: &mut Vec<String>,
    published: Option<&Value>,
    ours: Option<&Value>,
    found: &mut Vec<Found>,
) {
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
    found.push(Found {
        at: at.clone(),
        published: published.cloned(),
        ours: ours.cloned(),
    });
}

/// What is wrong with the list: differences that it does not have, and lines without their difference.
pub(crate) fn complaints(
    api: Api,
    published: &Value,
    ours: &Value,
    listed: &[Listed],
) -> Vec<String> {
    let listed: Vec<&Listed> = listed.iter().filter(|line| line.api == api).collect();
    let mut counts = vec![0; listed.len()];
    let mut complaints = Vec::new();
    for found in compare(published, ours) {
        let known: Vec<usize> = (0..listed.len())
            .filter(|&line| covers(listed[line], &found, ours))
            .collect();
        match known[..] {
            [line] => counts[line] += 1,
            [] => complaints.push(format!("{api:?}: not listed: {found}")),
            _ => complaints.push(format!("{api:?}: listed more than once: {found}")),
        }
    }
    for (line, count) in listed.iter().zip(counts) {
        if count != line.places {
            complaints.push(format!(
                "{api:?}: {} should be at {} places and is at {count}: {}",
                line.id, line.places, line.at
            ));
        }
    }
    complaints
}

fn covers(line: &Listed, found: &Found, ours: &Value) -> bool {
    let is = |side: &Side, value: &Option<Value>| match side {
        Side::Absent => value.is_none(),
        Side::Is(expected) => value.as_ref() == Some(expected),
        Side::SameAs(place) => value.is_some() && value.as_ref() == lookup(ours, place),
    };
    let pattern: Vec<&str> = line.at.split(" > ").collect();
    matches(&pattern, &found.at)
        && is(&line.published, &found.published)
        && is(&line.ours, &found.ours)
}

fn lookup<'v>(document: &'v Value, place: &str) -> Option<&'v Value> {
    place
        .split(" > ")
        .try_fold(document, |node, key| node.get(key))
}

fn matches(pattern: &[&str], at: &[String]) -> bool {
    match (pattern, at) {
        ([], []) => true,
        (["**", rest @ ..], _) => {
            matches(rest, at) || (!at.is_empty() && matches(pattern, &at[1..]))
        }
        ([key, rest @ ..], [have, inner @ ..]) => {
            (*key == "*" || key == have) && matches(rest, inner)
        }
        _ => false,
    }
}
