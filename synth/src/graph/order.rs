//! In which row everything stands, and where in it.
//!
//! The rows follow from the groups. Within a row the order is searched for in which edges cross least and are shortest;
//! an edge that passes a row takes up a place in it.

use super::layout::WIDTH;
use super::{Group, Picture, Relation};

/// Between neighbours in a row.
const GAP: f64 = 30.0;
/// Between neighbours with an edge from one to the other: room for its label.
const LABELLED_GAP: f64 = 100.0;
/// Nodes in a row; what comes after them gets another one.
const ROW_LENGTH: usize = 5;
/// How much work the search for the best order may be: comparisons, about. It bounds the time that a large stack takes,
/// and is a count so that the picture does not depend on the machine.
const EFFORT: usize = 30_000_000;
/// From how many orders the search starts: each of five rows one way or the other.
const STARTS: usize = 32;

/// Vertices are the picture's nodes, and after them one for each row that an edge passes.
pub(super) struct Plan {
    /// How many of them are nodes.
    nodes: usize,
    /// In which row each vertex stands.
    pub(super) row: Vec<usize>,
    /// Where in it its centre is.
    pub(super) x: Vec<f64>,
    /// The vertices of each row, from left to right.
    pub(super) order: Vec<Vec<usize>>,
    /// To which group each row belongs.
    pub(super) groups: Vec<Group>,
    /// The vertices along each edge.
    pub(super) chains: Vec<Vec<usize>>,
    /// Neighbours along the edges that count for the order.
    links: Vec<(usize, usize)>,
    /// Those of them that stand in one row.
    beside: Vec<(usize, usize)>,
}

impl Plan {
    pub(super) fn new(picture: &Picture) -> Self {
        let mut rows: Vec<((Group, bool), Vec<usize>)> = Vec::new();
        for (index, node) in picture.nodes.iter().enumerate() {
            match rows.last_mut() {
                Some((tier, row)) if *tier == node.tier() && row.len() < ROW_LENGTH => row.push(index),
                _ => rows.push((node.tier(), vec![index])),
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
        let beside = links.iter().copied().filter(|&(a, b)| row[a] == row[b]).collect();
        Self { nodes: picture.nodes.len(), x: vec![0.0; row.len()], row, order, groups, chains, links, beside }
    }

    fn half(&self, vertex: usize) -> f64 {
        if vertex < self.nodes { WIDTH / 2.0 } else { 24.0 }
    }

    pub(super) fn extent(&self, side: impl Fn(f64, f64) -> f64) -> impl Iterator<Item = f64> {
        (0..self.x.len()).map(move |vertex| side(self.x[vertex], self.half(vertex)))
    }

    /// Looks for the best order: from several starts, in each of which some rows are turned round, exchanges two places
    /// of a row until no exchange makes it better.
    pub(super) fn search(&mut self) {
        let mut tries = EFFORT / (self.links.len().pow(2) + 200 * self.x.len() + 1);
        let first = self.order.clone();
        let mut best = (f64::INFINITY, first.clone());
        for start in 0..STARTS {
            if start > 0 && tries == 0 {
                break;
            }
            self.order.clone_from(&first);
            let turned = |(row, _): &(usize, &mut Vec<usize>)| start >> (row % 5) & 1 == 1;
            self.order.iter_mut().enumerate().filter(turned).for_each(|(_, row)| row.reverse());
            let cost = self.improve(&mut tries);
            if cost < best.0 - 0.01 {
                best = (cost, self.order.clone());
            }
        }
        self.order = best.1;
        self.place();
        self.centre();
    }

    /// Puts rows that no edge reaches in the middle of the rest.
    fn centre(&mut self) {
        let is_linked = |vertex: usize| self.links.iter().any(|&(a, b)| a == vertex || b == vertex);
        let linked: Vec<_> =
            (0..self.x.len()).filter(|&vertex| is_linked(vertex)).map(|vertex| self.x[vertex]).collect();
        if linked.is_empty() {
            return;
        }
        let left = linked.iter().copied().fold(f64::INFINITY, f64::min);
        let right = linked.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for row in self.order.iter().filter(|row| !row.iter().any(|&vertex| is_linked(vertex))) {
            let middle = row.iter().map(|&vertex| self.x[vertex]).sum::<f64>() / row.len() as f64;
            row.iter().for_each(|&vertex| self.x[vertex] += (left + right) / 2.0 - middle);
        }
    }

    fn improve(&mut self, tries: &mut usize) -> f64 {
        let is_linked: Vec<_> =
            (0..self.x.len()).map(|vertex| self.links.iter().any(|&(a, b)| a == vertex || b == vertex)).collect();
        let mut best = self.place();
        loop {
            let before = best;
            for row in 0..self.order.len() {
                for (left, right) in
                    (0..self.order[row].len()).flat_map(|right| (0..right).map(move |left| (left, right)))
                {
                    if *tries == 0 || !(is_linked[self.order[row][left]] || is_linked[self.order[row][right]]) {
                        continue;
                    }
                    *tries -= 1;
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
                return best;
            }
        }
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
            let (left, right) = (row[index - 1], row[index]);
            let is_linked = self.beside.contains(&(left, right)) || self.beside.contains(&(right, left));
            let gap = if is_linked { LABELLED_GAP } else { GAP };
            offsets[index] = offsets[index - 1] + self.half(left) + gap + self.half(right);
        }
        let mut pools: Vec<(f64, usize)> = Vec::new();
        for (&vertex, offset) in row.iter().zip(&offsets) {
            let mut pool = (wanted(vertex) - offset, 1);
            while let Some(&(sum, count)) = pools.last().filter(|last| last.0 / last.1 as f64 > pool.0 / pool.1 as f64)
            {
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
                cost += 500.0 * (between - 1.4).max(0.0);
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
}
