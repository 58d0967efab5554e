//! Schemas that refer to themselves.
//!
//! OpenAPI allows a schema to contain itself. Here it is refused: a request model is emitted with all that it refers
//! to, and whatever merges or follows schemas can rely on coming to an end.

use indexmap::IndexMap;

use super::Lowering;
use crate::report::{Diagnostic, quoted};
use crate::source::Span;
use crate::specification::Schema;

/// One named schema refers to another.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    /// The name of the other.
    pub(super) to: String,
    /// Where the reference stands.
    pub(super) span: Span,
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Unseen,
    OnTheWay,
    Done,
}

impl Lowering<'_> {
    /// Names each circle once. `edges` are those of the schemas, in the same order.
    ///
    /// Returns whether there are none. The walk keeps its own stack, since a chain of schemas can be as long as the
    /// document.
    pub(super) fn refuse_cycles(&mut self, schemas: &IndexMap<String, Schema>, edges: &[Vec<Edge>]) -> bool {
        let name = |schema: usize| schemas.get_index(schema).map_or("", |(name, _)| name.as_str());
        let mut marks = vec![Mark::Unseen; edges.len()];
        let mut sound = true;
        for start in 0..edges.len() {
            if marks[start] != Mark::Unseen {
                continue;
            }
            marks[start] = Mark::OnTheWay;
            let mut way = vec![(start, 0)];
            while let Some((schema, next)) = way.last_mut() {
                let Some(edge) = edges[*schema].get(*next) else {
                    marks[*schema] = Mark::Done;
                    way.pop();
                    continue;
                };
                *next += 1;
                let Some(target) = schemas.get_index_of(&edge.to) else {
                    continue;
                };
                match marks[target] {
                    Mark::Done => {}
                    Mark::Unseen => {
                        marks[target] = Mark::OnTheWay;
                        way.push((target, 0));
                    }
                    Mark::OnTheWay => {
                        sound = false;
                        let from = way.iter().position(|(schema, _)| *schema == target).unwrap_or(0);
                        let circle: Vec<&str> = way[from..].iter().map(|(schema, _)| name(*schema)).collect();
                        self.circle(&circle, edge);
                    }
                }
            }
        }
        sound
    }

    fn circle(&mut self, circle: &[&str], last: &Edge) {
        const SHOWN: usize = 10;
        if self.findings.only_counted() {
            return;
        }
        let mut names: Vec<String> = circle.iter().take(SHOWN).map(|name| (*name).to_owned()).collect();
        if circle.len() > SHOWN {
            names.push("…".to_owned());
        }
        names.push(last.to.clone());
        self.error(
            Diagnostic::error(format!("the schema {} contains itself: {}", quoted(&last.to), names.join(" -> ")))
                .at(self.source, last.span.clone(), "this leads back to it")
                .help("break the circle: a request model is emitted with all that it refers to"),
        );
    }
}
