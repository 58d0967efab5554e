//! The picture as Mermaid: <https://mermaid.js.org/syntax/flowchart.html>.

use super::{Group, Kind, Picture, Relation};

/// Writes the picture as a Mermaid flowchart.
pub fn mermaid(picture: &Picture) -> String {
    let mut text = String::from("flowchart TB\n");
    for group in [Group::Outside, Group::Waiting, Group::Kept, Group::Afterwards, Group::Supporting] {
        let mut members = picture.nodes.iter().filter(|node| node.group == group).peekable();
        if members.peek().is_none() {
            continue;
        }
        let indent = if let Some(title) = group.title() {
            text.push_str(&format!("  subgraph {group:?}[\"{title}\"]\n"));
            "    "
        } else {
            "  "
        };
        for node in members {
            let (open, close) = shape(node.kind);
            let label = format!("{}<br/>{}", escape(&node.id), escape(&node.caption));
            text.push_str(&format!("{indent}{}{open}\"{label}\"{close}:::{}\n", name(&node.id), node.kind.class()));
        }
        if group.title().is_some() {
            text.push_str("  end\n");
        }
    }
    for edge in &picture.edges {
        let arrow = match edge.relation {
            Relation::Flow => "-->",
            Relation::Failure | Relation::Read | Relation::Refers => "-.->",
        };
        let label = match edge.label() {
            label if label.is_empty() => String::new(),
            label => format!("|\"{}\"|", escape(&label)),
        };
        let (from, to) = (&picture.nodes[edge.from].id, &picture.nodes[edge.to].id);
        text.push_str(&format!("  {} {arrow}{label} {}\n", name(from), name(to)));
    }
    for kind in Kind::ALL {
        if picture.nodes.iter().any(|node| node.kind == kind) {
            let [fill, line, _] = kind.colours();
            text.push_str(&format!("  classDef {} fill:{fill},stroke:{line},color:#1f2328\n", kind.class()));
        }
    }
    text
}

/// Mermaid's name for a node. The letter in front keeps it clear of Mermaid's own words (`end`, `graph`); what is no
/// letter or digit is spelt out, so that two ids never become one.
fn name(id: &str) -> String {
    let spelt = id.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("_{:x}_", c as u32) });
    std::iter::once("r_".to_owned()).chain(spelt).collect()
}

/// Mermaid reads entities, written with `#`, and Markdown in its labels.
fn escape(label: &str) -> String {
    label
        .chars()
        .map(|c| match c {
            '"' => "#quot;".to_owned(),
            '#' | '&' | '<' | '>' | '`' | '*' | '_' | '\\' => format!("#{};", c as u32),
            c if c.is_control() => " ".to_owned(),
            c => c.to_string(),
        })
        .collect()
}

fn shape(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Client => ("([", "])"),
        Kind::Api => ("{{", "}}"),
        Kind::Function => ("[[", "]]"),
        Kind::Table | Kind::Bucket => ("[(", ")]"),
        Kind::Queue => ("[/", "/]"),
        Kind::Secret => (">", "]"),
        Kind::Other => ("[", "]"),
    }
}
