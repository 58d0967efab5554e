//! Where everything stands: the rows one under the other, the groups around them, edges between them.
//!
//! Only sums, products and comparisons are made here and in `order`, one after the other, so that a template is drawn
//! alike everywhere.

use super::order::Plan;
use super::{Group, Picture, Relation};

/// Size of a node.
pub(super) const WIDTH: f64 = 176.0;
/// Size of a node.
pub(super) const HEIGHT: f64 = 50.0;
/// Between rows: room for the labels of edges.
const ROW_GAP: f64 = 76.0;
/// Between rows that have no labels between them.
const BARE_GAP: f64 = 34.0;
/// What comes on top of it between groups.
const BAND_GAP: f64 = 34.0;
const MARGIN: f64 = 36.0;

/// A place in the picture, in pixels from the top left.
pub(super) type Point = (f64, f64);

/// Where everything stands.
pub(super) struct Layout {
    /// Size of the whole.
    pub(super) size: Point,
    /// Centre of each node.
    pub(super) nodes: Vec<Point>,
    /// Top and bottom of what is drawn around each group.
    pub(super) bands: Vec<(Group, f64, f64)>,
    /// How each edge goes.
    pub(super) routes: Vec<Route>,
}

/// How an edge goes.
pub(super) struct Route {
    /// What it passes, both ends included. It leaves, passes and arrives vertically.
    pub(super) points: Vec<Point>,
    /// It goes straight to the next node of its row instead.
    pub(super) is_beside: bool,
}

pub(super) fn layout(picture: &Picture) -> Layout {
    let mut plan = Plan::new(picture);
    plan.search();
    let left = plan.extent(|x, half| x - half).fold(f64::INFINITY, f64::min);
    let right = plan.extent(|x, half| x + half).fold(f64::NEG_INFINITY, f64::max);
    let shift = MARGIN - if left.is_finite() { left } else { 0.0 };
    plan.x.iter_mut().for_each(|x| *x += shift);

    let (mut y, mut rows, mut bands) = (12.0, Vec::new(), Vec::<(Group, f64, f64)>::new());
    for (row, group) in plan.groups.iter().enumerate() {
        let is_new = row == 0 || plan.groups[row - 1] != *group;
        if row > 0 {
            let is_below_client = is_new && plan.groups[row - 1] == Group::Outside;
            y += match *group {
                Group::Supporting if !is_new => BARE_GAP,
                _ if !is_new => ROW_GAP,
                _ if is_below_client => ROW_GAP + BAND_GAP / 2.0,
                _ => ROW_GAP + BAND_GAP,
            };
        } else if *group != Group::Outside {
            y += BAND_GAP / 2.0;
        }
        if is_new && *group != Group::Outside {
            bands.push((*group, y - 30.0, 0.0));
        }
        rows.push(y + HEIGHT / 2.0);
        y += HEIGHT;
        if let Some(band) = bands.last_mut().filter(|band| band.0 == *group) {
            band.2 = y + 18.0;
        }
    }
    let nodes = (0..picture.nodes.len()).map(|node| (plan.x[node], rows[plan.row[node]])).collect();
    let width = if right.is_finite() { right + shift + MARGIN } else { 2.0 * MARGIN };
    Layout { size: (width, y + 60.0), nodes, bands, routes: plan.routes(picture, &rows) }
}

/// Where an edge touches a node.
#[derive(PartialEq)]
struct End {
    edge: usize,
    arrives: bool,
    vertex: usize,
    /// What the edge passes next to it.
    next: usize,
    is_up: bool,
}

impl Plan {
    /// The points that each edge passes. Edges on one side of a node are spread over it, in the order of where they go.
    fn routes(&self, picture: &Picture, rows: &[f64]) -> Vec<Route> {
        let at = |vertex: usize| (self.x[vertex], rows[self.row[vertex]]);
        let counts = |edge: usize| picture.edges[edge].relation != Relation::Refers;
        let ends: Vec<End> = (0..self.chains.len())
            .filter(|&edge| !self.is_beside(edge))
            .flat_map(|edge| [self.end(edge, false), self.end(edge, true)])
            .collect();
        let port = |edge: usize, arrives: bool| {
            let this = self.end(edge, arrives);
            let mut side: Vec<_> = ends
                .iter()
                .filter(|end| end.vertex == this.vertex && end.is_up == this.is_up && counts(end.edge) == counts(edge))
                .collect();
            side.sort_by(|a, b| {
                self.x[a.next].total_cmp(&self.x[b.next]).then((a.edge, a.arrives).cmp(&(b.edge, b.arrives)))
            });
            let place = side.iter().position(|end| **end == this).unwrap_or(0) as f64;
            let step = (WIDTH * 0.84 / side.len() as f64).min(48.0);
            let (x, y) = at(this.vertex);
            let from_centre = (place - (side.len() - 1) as f64 / 2.0) * step;
            (x + from_centre, if this.is_up { y - HEIGHT / 2.0 } else { y + HEIGHT / 2.0 })
        };
        (0..self.chains.len())
            .map(|edge| {
                let chain = &self.chains[edge];
                let is_beside = self.is_beside(edge);
                let points = if is_beside {
                    let ((from, y), (to, _)) = (at(chain[0]), at(chain[1]));
                    let way = if from < to { WIDTH / 2.0 } else { -WIDTH / 2.0 };
                    vec![(from + way, y), (to - way, y)]
                } else {
                    let passed = chain[1..chain.len() - 1].iter().map(|&vertex| at(vertex));
                    std::iter::once(port(edge, false)).chain(passed).chain([port(edge, true)]).collect()
                };
                Route { points, is_beside }
            })
            .collect()
    }

    fn end(&self, edge: usize, arrives: bool) -> End {
        let chain = &self.chains[edge];
        let last = chain.len() - 1;
        let (vertex, next) = if arrives { (chain[last], chain[last - 1]) } else { (chain[0], chain[1]) };
        End { edge, arrives, vertex, next, is_up: self.row[next] < self.row[vertex] }
    }

    /// Whether an edge goes from a node to the next one in its row.
    fn is_beside(&self, edge: usize) -> bool {
        let [from, to] = self.chains[edge][..] else { return false };
        self.row[from] == self.row[to]
            && self.order[self.row[from]].windows(2).any(|pair| pair == [from, to] || pair == [to, from])
    }
}
