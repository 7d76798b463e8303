//! The graph as a picture of its own: layers from what is needed to what needs it.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Existence, Picture, Relation};
use crate::text;

/// Sizes in pixels.
const BOX: (usize, usize) = (220, 44);
const GAP: (usize, usize) = (24, 56);
const MARGIN: usize = 24;
/// Boxes beside each other before a layer breaks into the next row.
const MOST_BESIDE: usize = 6;
/// Cells of a label.
const LABEL: usize = 30;

/// The picture as an SVG document without scripts, styles from outside, or links.
pub(super) fn svg(picture: &Picture) -> String {
    let places = places(picture);
    let columns = places.values().map(|(column, _)| column + 1).max().unwrap_or(1);
    let rows = places.values().map(|(_, row)| row + 1).max().unwrap_or(1);
    let width = 2 * MARGIN + columns * BOX.0 + (columns - 1) * GAP.0;
    let height = 2 * MARGIN + rows * BOX.1 + (rows - 1) * GAP.1;
    let corner = |key: &str| {
        places
            .get(key)
            .map(|(column, row)| (MARGIN + column * (BOX.0 + GAP.0), MARGIN + row * (BOX.1 + GAP.1)))
    };
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n"
    );
    out.push_str("<defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" fill=\"#64748b\"/></marker></defs>\n");
    let _ = writeln!(out, "<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>");
    for edge in &picture.edges {
        let (Some(from), Some(to)) = (corner(&edge.from), corner(&edge.to)) else { continue };
        let dash = if edge.relation == Relation::In { "" } else { " stroke-dasharray=\"4 3\"" };
        let _ = writeln!(
            out,
            "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"#64748b\"{dash} marker-end=\"url(#a)\"><title>{} {}</title></line>",
            from.0 + BOX.0 / 2,
            from.1,
            to.0 + BOX.0 / 2,
            to.1 + BOX.1,
            edge.relation.as_str(),
            escaped(&edge.by),
        );
    }
    for node in &picture.nodes {
        let Some((x, y)) = corner(&node.key) else { continue };
        let (fill, stroke) = match node.state {
            Existence::Exists => ("#eff6ff", "#2563eb"),
            Existence::Deleted => ("#f8fafc", "#94a3b8"),
            Existence::Unknown => ("#fffbeb", "#d97706"),
        };
        let state = if node.state == Existence::Exists { "" } else { node.state.as_str() };
        let head = format!("{} {} {state}", node.service, node.kind);
        let _ = writeln!(
            out,
            "<g><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"6\" fill=\"{fill}\" stroke=\"{stroke}\"/><text x=\"{tx}\" y=\"{}\" fill=\"#475569\">{}</text><text x=\"{tx}\" y=\"{}\" fill=\"#0f172a\" font-weight=\"bold\">{}</text></g>",
            escaped(&node.key),
            BOX.0,
            BOX.1,
            y + 17,
            escaped(&text::fit(head.trim(), LABEL)),
            y + 34,
            escaped(&text::fit(&text::line(&node.name), LABEL)),
            tx = x + 10,
        );
    }
    out.push_str("</svg>\n");
    out
}

/// Column and row of every resource: below all that it holds on to, where the graph has no circles.
fn places(picture: &Picture) -> BTreeMap<&str, (usize, usize)> {
    let mut layers: BTreeMap<&str, usize> = picture.nodes.iter().map(|n| (n.key.as_str(), 0)).collect();
    // A circle would sink for ever; no path is longer than there are resources.
    for _ in 0..picture.nodes.len() {
        let mut moved = false;
        for edge in &picture.edges {
            let (Some(from), Some(to)) =
                (layers.get(edge.from.as_str()).copied(), layers.get(edge.to.as_str()).copied())
            else {
                continue;
            };
            if from <= to && to + 1 < picture.nodes.len() {
                layers.insert(&edge.from, to + 1);
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    let mut by_layer: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for (key, layer) in layers {
        by_layer.entry(layer).or_default().push(key);
    }
    let mut places = BTreeMap::new();
    let mut row = 0;
    for keys in by_layer.values() {
        for (index, key) in keys.iter().enumerate() {
            places.insert(*key, (index % MOST_BESIDE, row + index / MOST_BESIDE));
        }
        row += keys.len().div_ceil(MOST_BESIDE);
    }
    places
}

/// Text that cannot leave its element: names come from clouds.
fn escaped(text: &str) -> String {
    text::line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
