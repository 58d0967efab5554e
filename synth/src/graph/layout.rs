//! Where everything stands: rows from top to bottom in the order of a request's way, edges between them.
//!
//! The rows follow from the groups. Within a row the order is searched for in which edges cross least and are shortest;
//! an edge that passes a row takes up a place in it. Only additions, comparisons and divisions are made, in a fixed
//! order, so that a template is drawn alike everywhere.

use super::{Group, Kind, Node, Picture, Relation};

pub(super) const WIDTH: f64 = 176.0;
pub(super) const HEIGHT: f64 = 50.0;
const GAP: f64 = 44.0;
const ROW_GAP: f64 = 62.0;
const BAND_GAP: f64 = 46.0;
const MARGIN: f64 = 36.0;
const ROW_LENGTH: usize = 5;
/// More links than this are not searched for the best order; the time grows with their square.
const SEARCHED: usize = 150;

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
            let bare = is_new && plan.groups[row - 1] == Group::Outside;
            y += if bare { ROW_GAP } else { ROW_GAP + if is_new { BAND_GAP } else { 0.0 } };
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

/// Vertices are the picture's nodes, and after them one for each row that an edge passes.
struct Plan {
    nodes: usize,
    row: Vec<usize>,
    x: Vec<f64>,
    /// The vertices of each row, from left to right.
    order: Vec<Vec<usize>>,
    groups: Vec<Group>,
    /// The vertices along each edge.
    chains: Vec<Vec<usize>>,
    /// Neighbours along the edges that count for the order.
    links: Vec<(usize, usize)>,
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
    fn new(picture: &Picture) -> Self {
        let mut rows: Vec<((Group, bool), Vec<usize>)> = Vec::new();
        let mut sorted: Vec<_> = (0..picture.nodes.len()).collect();
        // The API stands above the functions that it calls. The other groups hold nothing that comes before the rest.
        let tier = |node: usize| {
            let Node { group, kind, .. } = picture.nodes[node];
            (group, group == Group::Waiting && kind == Kind::Function)
        };
        sorted.sort_by_key(|&node| tier(node));
        for node in sorted {
            match rows.last_mut() {
                Some((last, row)) if *last == tier(node) && row.len() < ROW_LENGTH => row.push(node),
                _ => rows.push((tier(node), vec![node])),
            }
        }
        let groups = rows.iter().map(|((group, _), _)| *group).collect();
        let mut order: Vec<Vec<usize>> = rows.into_iter().map(|(_, row)| row).collect();
        let mut row = vec![0; picture.nodes.len()];
        for (index, members) in order.iter().enumerate() {
            members.iter().for_each(|&node| row[node] = index);
        }
        let (mut chains, mut links) = (Vec::new(), Vec::new());
        for edge in &picture.edges {
            let mut chain = vec![edge.from];
            if edge.relation != Relation::Refers {
                let (from, to) = (row[edge.from], row[edge.to]);
                let passed: Vec<_> = if from < to { (from + 1..to).collect() } else { (to + 1..from).rev().collect() };
                for passed in passed {
                    chain.push(row.len());
                    order[passed].push(row.len());
                    row.push(passed);
                }
            }
            chain.push(edge.to);
            if edge.relation != Relation::Refers && edge.from != edge.to {
                links.extend(chain.windows(2).map(|pair| (pair[0], pair[1])));
            }
            chains.push(chain);
        }
        Self { nodes: picture.nodes.len(), x: vec![0.0; row.len()], row, order, groups, chains, links }
    }

    fn half(&self, vertex: usize) -> f64 {
        if vertex < self.nodes { WIDTH / 2.0 } else { 8.0 }
    }

    fn extent(&self, side: impl Fn(f64, f64) -> f64) -> impl Iterator<Item = f64> {
        (0..self.x.len()).map(move |vertex| side(self.x[vertex], self.half(vertex)))
    }

    /// Looks for a better order by exchanging two places of a row, until no exchange makes it better.
    fn search(&mut self) {
        let mut best = self.place();
        if self.links.len() > SEARCHED {
            return;
        }
        loop {
            let before = best;
            for row in 0..self.order.len() {
                for (left, right) in (0..self.order[row].len()).flat_map(|right| (0..right).map(move |left| (left, right))) {
                    self.order[row].swap(left, right);
                    let cost = self.place();
                    if cost < best - 0.01 {
                        best = cost;
                    } else {
                        self.order[row].swap(left, right);
                    }
                }
            }
            if best >= before {
                break;
            }
        }
        self.place();
    }

    /// Gives every vertex its place for this order, as near to its neighbours as the row allows. Returns what it costs.
    fn place(&mut self) -> f64 {
        for row in &self.order {
            for (index, &vertex) in row.iter().enumerate() {
                self.x[vertex] = (2.0 * index as f64 + 1.0 - row.len() as f64) * (WIDTH + GAP) / 2.0;
            }
        }
        let mut near = vec![Vec::new(); self.x.len()];
        for &(a, b) in self.links.iter().filter(|(a, b)| self.row[*a] != self.row[*b]) {
            near[a].push(b);
            near[b].push(a);
        }
        for _ in 0..8 {
            for row in (0..self.order.len()).chain((0..self.order.len()).rev()) {
                let wanted = |vertex: usize| match near[vertex].len() {
                    0 => self.x[vertex],
                    count => near[vertex].iter().map(|&other| self.x[other]).sum::<f64>() / count as f64,
                };
                let placed = self.spread(&self.order[row], wanted);
                self.order[row].iter().zip(placed).for_each(|(&vertex, x)| self.x[vertex] = x);
            }
        }
        self.cost()
    }

    /// Places as near as possible to the wanted ones, in the least-squares sense, in this order and without overlap:
    /// those that would overlap are pooled around their mean.
    fn spread(&self, row: &[usize], wanted: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut offsets = vec![0.0; row.len()];
        for index in 1..row.len() {
            offsets[index] = offsets[index - 1] + self.half(row[index - 1]) + GAP + self.half(row[index]);
        }
        let mut pools: Vec<(f64, usize)> = Vec::new();
        for (&vertex, offset) in row.iter().zip(&offsets) {
            let mut pool = (wanted(vertex) - offset, 1);
            while let Some(&(sum, count)) = pools.last().filter(|last| last.0 / last.1 as f64 > pool.0 / pool.1 as f64) {
                pool = (pool.0 + sum, pool.1 + count);
                pools.pop();
            }
            pools.push(pool);
        }
        let starts = pools.iter().flat_map(|&(sum, count)| std::iter::repeat_n(sum / count as f64, count));
        starts.zip(offsets).map(|(start, offset)| start + offset).collect()
    }

    /// Crossings weigh most; then how far edges go sideways; then how wide it all is.
    fn cost(&self) -> f64 {
        let mut cost = 0.0;
        for (index, &(a, b)) in self.links.iter().enumerate() {
            let (a, b) = if self.row[a] <= self.row[b] { (a, b) } else { (b, a) };
            cost += (self.x[a] - self.x[b]).abs();
            if self.row[a] == self.row[b] {
                let between = (self.x[a] - self.x[b]).abs() / (WIDTH + GAP);
                cost += 500.0 * (between - 1.1).max(0.0);
            }
            for &(c, d) in &self.links[..index] {
                let (c, d) = if self.row[c] <= self.row[d] { (c, d) } else { (d, c) };
                let same_rows = self.row[a] == self.row[c] && self.row[b] == self.row[d];
                if same_rows && (self.x[a] - self.x[c]) * (self.x[b] - self.x[d]) < 0.0 {
                    cost += 500.0;
                }
            }
        }
        let left = self.extent(|x, half| x - half).fold(0.0, f64::min);
        cost + (self.extent(|x, half| x + half).fold(0.0, f64::max) - left)
    }

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
            side.sort_by(|a, b| self.x[a.next].total_cmp(&self.x[b.next]).then((a.edge, a.arrives).cmp(&(b.edge, b.arrives))));
            let place = side.iter().position(|end| **end == this).unwrap_or(0) as f64;
            let step = (WIDTH * 0.84 / side.len() as f64).min(40.0);
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
