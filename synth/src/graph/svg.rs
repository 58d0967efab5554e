//! The picture as SVG: one file, without scripts and without fonts of its own, for light and for dark paper.

use std::fmt::Write;

use super::layout::{HEIGHT, Layout, Point, Route, WIDTH, layout};
use super::{Edge, Group, Kind, Picture, Relation};

/// Letters that fit on a node: in the id, and in the caption under it.
const FITTING: (usize, usize) = (20, 28);

/// Writes the picture as an SVG document.
pub fn svg(picture: &Picture) -> String {
    let layout = layout(picture);
    let (width, height) = (layout.size.0.max(420.0), layout.size.1);
    let mut text = String::new();
    let mut line = |content: String| {
        text.push_str(&content);
        text.push('\n');
    };
    line(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"img\" \
         aria-labelledby=\"stack-title stack-desc\">",
        w = number(width),
        h = number(height),
    ));
    line(format!("<title id=\"stack-title\">{}</title>", escape(&picture.title)));
    line(format!("<desc id=\"stack-desc\">{}</desc>", escape(&description(picture))));
    line(style());
    line(markers());
    line(format!(
        "<rect class=\"paper\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"10\"/>",
        number(width - 1.0),
        number(height - 1.0)
    ));
    for (group, top, bottom) in &layout.bands {
        line(band(*group, *top, *bottom, width));
    }
    let (plain, known): (Vec<_>, Vec<_>) =
        picture.edges.iter().zip(&layout.routes).partition(|(edge, _)| edge.relation == Relation::Refers);
    for (edge, route) in plain.iter().chain(&known) {
        line(format!(
            "<path class=\"edge {0}\" d=\"{1}\"{2}/>",
            class(edge.relation),
            path(route),
            if edge.relation == Relation::Refers {
                String::new()
            } else {
                format!(" marker-end=\"url(#to-{})\"", class(edge.relation))
            }
        ));
    }
    for (node, &at) in picture.nodes.iter().zip(&layout.nodes) {
        line(box_of(node, at));
    }
    for (label, (x, y)) in labels(&known, &layout) {
        line(format!("<text class=\"label\" x=\"{}\" y=\"{}\">{}</text>", number(x), number(y + 4.0), escape(&label)));
    }
    line(legend(height));
    line("</svg>".to_owned());
    text
}

fn band(group: Group, top: f64, bottom: f64, width: f64) -> String {
    format!(
        "<rect class=\"band\" x=\"12\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"8\"/>\n\
         <text class=\"group\" x=\"24\" y=\"{}\">{}</text>",
        number(top),
        number(width - 24.0),
        number(bottom - top),
        number(top + 18.0),
        group.title().unwrap_or_default()
    )
}

fn box_of(node: &super::Node, (x, y): Point) -> String {
    let (left, top) = (number(x - WIDTH / 2.0), number(y - HEIGHT / 2.0));
    let told = if node.description.is_empty() { &node.caption } else { &node.description };
    let mut text = format!("<g class=\"{}\"><title>{}: {}</title>", node.kind.class(), escape(&node.id), escape(told));
    let _ = write!(text, "<rect class=\"node\" x=\"{left}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\"/>");
    let _ = write!(text, "<rect class=\"mark\" x=\"{left}\" y=\"{top}\" width=\"6\" height=\"{HEIGHT}\" rx=\"3\"/>");
    let (id, caption) = (shorten(&node.id, FITTING.0), shorten(&node.caption, FITTING.1));
    let x = number(x + 3.0);
    let _ = write!(text, "<text class=\"id\" x=\"{x}\" y=\"{}\">{}</text>", number(y - 2.0), escape(&id));
    let _ = write!(text, "<text class=\"caption\" x=\"{x}\" y=\"{}\">{}</text></g>", number(y + 15.0), escape(&caption));
    text
}

fn path(route: &Route) -> String {
    let point = |(x, y): Point| format!("{} {}", number(x), number(y));
    let mut text = format!("M{}", point(route.points[0]));
    for [_, leaving, arriving, to] in curves(route) {
        if route.is_beside {
            let _ = write!(text, "L{}", point(to));
        } else {
            let _ = write!(text, "C{} {} {}", point(leaving), point(arriving), point(to));
        }
    }
    text
}

/// The Bézier curves of a route. What stays in its row without going straight goes round below it.
fn curves(route: &Route) -> impl Iterator<Item = [Point; 4]> {
    route.points.windows(2).map(|pair| {
        let [from, to] = [pair[0], pair[1]];
        let rise = match to.1 - from.1 {
            0.0 if route.is_beside => 0.0,
            0.0 => return [from, (from.0, from.1 + 40.0), (to.0, to.1 + 40.0), to],
            rise => rise / 2.0,
        };
        [from, (from.0, from.1 + rise), (to.0, to.1 - rise), to]
    })
}

/// The labels, each on its edge at the first place that is free of nodes and of other labels.
fn labels(edges: &[(&Edge, &Route)], layout: &Layout) -> Vec<(String, Point)> {
    let boxes = layout.nodes.iter().map(|&(x, y)| (x, y, WIDTH / 2.0, HEIGHT / 2.0));
    let mut taken: Vec<(f64, f64, f64, f64)> = boxes.collect();
    let mut placed = Vec::new();
    for (edge, route) in edges {
        let label = edge.label();
        if label.is_empty() {
            continue;
        }
        let half = (label.chars().count() as f64 * 3.2 + 3.0, 8.0);
        let is_free = |&(x, y): &Point| {
            taken.iter().all(|&(ox, oy, w, h)| (ox - x).abs() >= w + half.0 || (oy - y).abs() >= h + half.1)
        };
        let candidates = || {
            let along = [0.5, 0.38, 0.62, 0.28, 0.72, 0.2, 0.8];
            curves(route).flat_map(move |curve| along.map(|t| on_curve(curve, t)))
        };
        let Some(place) = candidates().find(is_free).or_else(|| candidates().next()) else { continue };
        taken.push((place.0, place.1, half.0, half.1));
        placed.push((label, place));
    }
    placed
}

fn on_curve([from, leaving, arriving, to]: [Point; 4], t: f64) -> Point {
    let u = 1.0 - t;
    let mix = |p: f64, q: f64, r: f64, s: f64| u * u * u * p + 3.0 * u * u * t * q + 3.0 * u * t * t * r + t * t * t * s;
    (mix(from.0, leaving.0, arriving.0, to.0), mix(from.1, leaving.1, arriving.1, to.1))
}

fn class(relation: Relation) -> &'static str {
    match relation {
        Relation::Flow => "flow",
        Relation::Failure => "failure",
        Relation::Read => "read",
        Relation::Refers => "refers",
    }
}

/// Plain rules only: no variables and no nesting, which some renderers do not know.
fn style() -> String {
    let mut text = String::from("<style>\n");
    text.push_str(
        "text{font-family:system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;text-anchor:middle;fill:#1f2328}\n\
         .id{font-size:14px;font-weight:600}.caption{font-size:11px}.label{font-size:11.5px}\n\
         .group{font-size:12px;font-style:italic;text-anchor:start}.legend{font-size:11.5px;text-anchor:start}\n\
         .label{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}\n\
         .paper{fill:#fff;stroke:#d0d7de}.band{fill:#f6f8fa;fill-opacity:.6;stroke:#d0d7de;stroke-dasharray:2 3}\n\
         .edge{fill:none;stroke:#57606a;stroke-width:1.6}.read{stroke-dasharray:5 4;stroke-width:1.2}\n\
         .failure{stroke:#cf222e}.refers{stroke:#8c959f;stroke-width:.6;opacity:.55}\n\
         .tip{fill:#57606a}.tip-failure{fill:#cf222e}.node{stroke-width:1.2}\n",
    );
    for kind in Kind::ALL {
        let ([fill, mark, _], class) = (kind.colours(), kind.class());
        let _ = writeln!(text, ".{class} .node{{fill:{fill};stroke:{mark}}}.{class} .mark{{fill:{mark}}}");
    }
    text.push_str(
        "@media(prefers-color-scheme:dark){\n\
         text{fill:#e6edf3}.label{stroke:#0d1117}.paper{fill:#0d1117;stroke:#30363d}.band{fill:#161b22;stroke:#484f58}\n\
         .edge{stroke:#9198a1}.tip{fill:#9198a1}.failure{stroke:#ff7b72}.tip-failure{fill:#ff7b72}\n",
    );
    for kind in Kind::ALL {
        let _ = writeln!(text, ".{} .node{{fill:{}}}", kind.class(), kind.colours()[2]);
    }
    text.push_str("}\n</style>");
    text
}

fn markers() -> String {
    let marker = |relation: Relation, tip: &str| {
        format!(
            "<marker id=\"to-{}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"9\" markerHeight=\"9\" \
             markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"{tip}\" d=\"M0 0L8 4L0 8z\"/></marker>",
            class(relation)
        )
    };
    let all = [(Relation::Flow, "tip"), (Relation::Read, "tip"), (Relation::Failure, "tip tip-failure")];
    format!("<defs>{}</defs>", all.map(|(relation, tip)| marker(relation, tip)).concat())
}

fn legend(height: f64) -> String {
    let y = height - 18.0;
    let entries = [("flow", "request, event, message, write"), ("read", "read only"), ("failure", "what failed")];
    let mut x = 24.0;
    let mut text = String::new();
    for (class, meaning) in entries {
        let (from, to, start) = (number(x), number(x + 30.0), number(x + 37.0));
        let _ = write!(text, "<path class=\"edge {class}\" d=\"M{from} {0}H{to}\" marker-end=\"url(#to-{class})\"/>", number(y));
        let _ = write!(text, "<text class=\"legend\" x=\"{start}\" y=\"{}\">{meaning}</text>", number(y + 4.0));
        x += 60.0 + meaning.len() as f64 * 6.2;
    }
    text
}

/// The picture in sentences, for those who do not see it.
fn description(picture: &Picture) -> String {
    let sentences = picture.edges.iter().filter(|edge| edge.relation != Relation::Refers).map(|edge| {
        let (from, to) = (&picture.nodes[edge.from].id, &picture.nodes[edge.to].id);
        format!("{from} to {to}: {}.", edge.words.join(", "))
    });
    sentences.collect::<Vec<_>>().join(" ")
}

fn shorten(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    text.chars().take(letters - 1).chain(['…']).collect()
}

/// Text between tags. What XML cannot hold at all, control characters, becomes a space.
fn escape(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => " ".to_owned(),
            c => c.to_string(),
        })
        .collect()
}

/// A length, to a tenth of a pixel.
fn number(value: f64) -> String {
    let tenths = (value * 10.0).round() as i64;
    if tenths % 10 == 0 { (tenths / 10).to_string() } else { format!("{:.1}", tenths as f64 / 10.0) }
}
