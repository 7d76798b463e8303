//! The graph in forms that other tools draw.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::svg::svg;
use super::{Existence, Picture, Relation};
use crate::text;

/// A form of the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Nodes and edges as JSON.
    Json,
    /// Graphviz.
    Dot,
    /// Mermaid, as Markdown viewers draw it.
    Mermaid,
    /// A picture.
    Svg,
    /// Statements that fill a graph database.
    Cypher,
}

impl FromStr for Form {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "json" => Ok(Form::Json),
            "dot" => Ok(Form::Dot),
            "mermaid" => Ok(Form::Mermaid),
            "cypher" => Ok(Form::Cypher),
            "svg" => Ok(Form::Svg),
            "terraform" | "plan" => Err(format!(
                "{text} is not made yet: `provisioner history workflow` gives a reusable plan of one execution"
            )),
            other => Err(format!("unknown form `{other}`: use json, dot, mermaid, svg, or cypher")),
        }
    }
}

impl Picture {
    /// The picture in a form; JSON as one document.
    #[must_use]
    pub fn export(&self, form: Form) -> String {
        let numbers: BTreeMap<&str, usize> =
            self.nodes.iter().enumerate().map(|(at, node)| (node.key.as_str(), at)).collect();
        let edges = self.edges.iter().filter_map(|edge| {
            let by = format!("{} {}", edge.relation.as_str(), quoted(&edge.by));
            Some((numbers.get(edge.from.as_str())?, numbers.get(edge.to.as_str())?, by))
        });
        let label = |at: usize| {
            let node = &self.nodes[at];
            let state = match node.state {
                Existence::Exists => String::new(),
                other => format!(" ({})", other.as_str()),
            };
            quoted(&format!("{} {} {}{state}", node.service, node.kind, node.name))
        };
        match form {
            Form::Json => serde_json::to_string_pretty(self).unwrap_or_default(),
            Form::Svg => svg(self),
            Form::Dot => {
                let mut out = vec!["digraph resources {".to_owned(), "  rankdir=BT;".to_owned()];
                out.extend((0..self.nodes.len()).map(|at| format!("  n{at} [label=\"{}\"];", label(at))));
                out.extend(edges.map(|(from, to, by)| format!("  n{from} -> n{to} [label=\"{by}\"];")));
                out.push("}".into());
                out.join("\n")
            }
            Form::Mermaid => {
                let mut out = vec!["graph BT".to_owned()];
                out.extend((0..self.nodes.len()).map(|at| format!("  n{at}[\"{}\"]", label(at))));
                out.extend(edges.map(|(from, to, by)| format!("  n{from} -->|{by}| n{to}")));
                out.join("\n")
            }
            Form::Cypher => {
                let mut out: Vec<String> = self
                    .nodes
                    .iter()
                    .map(|node| {
                        format!(
                            "MERGE (r:Resource {{key: \"{}\"}}) SET r.cloud = \"{}\", r.service = \"{}\", r.kind = \"{}\", r.name = \"{}\", r.state = \"{}\";",
                            quoted(&node.key),
                            node.cloud,
                            quoted(&node.service),
                            quoted(&node.kind),
                            quoted(&node.name),
                            node.state.as_str()
                        )
                    })
                    .collect();
                out.extend(self.edges.iter().map(|edge| {
                    let relation = if edge.relation == Relation::In { "IN" } else { "NEEDS" };
                    format!(
                        "MATCH (a:Resource {{key: \"{}\"}}), (b:Resource {{key: \"{}\"}}) MERGE (a)-[:{relation} {{by: \"{}\"}}]->(b);",
                        quoted(&edge.from),
                        quoted(&edge.to),
                        quoted(&edge.by),
                    )
                }));
                out.join("\n")
            }
        }
    }
}

/// Text that cannot leave its quotes: names come from clouds.
fn quoted(text: &str) -> String {
    text::line(text).replace('\\', "\\\\").replace('"', "'")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Edge, Node};
    use crate::plan::{CloudName, Target};
    use jiff::Timestamp;
    use serde_json::{Map, Value};

    fn node(kind: &str, name: &str) -> Node {
        Node {
            key: format!("sandbox/aws/ec2/{kind}/{name}"),
            target: Target::Sandbox,
            cloud: CloudName::Aws,
            service: "ec2".into(),
            kind: kind.into(),
            name: name.into(),
            identity: Map::new(),
            aliases: vec![],
            region: None,
            account: None,
            tags: BTreeMap::new(),
            attributes: Value::Null,
            settings: BTreeMap::new(),
            state: Existence::Exists,
            since: Timestamp::UNIX_EPOCH,
            made_by: None,
            first_seen: Timestamp::UNIX_EPOCH,
            last_seen: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn every_form_holds_both_ends_and_the_edge() {
        let (vpc, subnet) = (node("Vpc", "vpc-1"), node("Subnet", "a\"];evil"));
        let edge = Edge {
            from: subnet.key.clone(),
            to: vpc.key.clone(),
            by: "VpcId".into(),
            relation: Relation::In,
        };
        let picture = Picture { nodes: vec![vpc, subnet], edges: vec![edge], damaged: vec![] };
        for form in [Form::Json, Form::Dot, Form::Mermaid, Form::Svg, Form::Cypher] {
            let text = picture.export(form);
            assert!(text.contains("vpc-1") && text.contains("VpcId"), "{text}");
        }
        assert!(!picture.export(Form::Dot).contains("a\"];evil"), "a name cannot leave its quotes");
        assert!(picture.export(Form::Dot).contains("n1 -> n0"));
    }

    #[test]
    fn a_picture_without_resources_and_one_with_a_circle_are_drawn_too() {
        assert!(Picture::default().export(Form::Svg).ends_with("</svg>\n"));
        let (a, b) = (node("A", "<script>"), node("B", "b"));
        let edge = |from: &Node, to: &Node| Edge {
            from: from.key.clone(),
            to: to.key.clone(),
            by: "x".into(),
            relation: Relation::Needs,
        };
        let edges = vec![edge(&a, &b), edge(&b, &a)];
        let drawn = Picture { nodes: vec![a, b], edges, damaged: vec![] }.export(Form::Svg);
        assert_eq!(drawn.matches("<line").count(), 2);
        assert!(!drawn.contains("<script"), "{drawn}");
    }

    #[test]
    fn a_form_that_is_not_there_says_what_is() {
        assert!("pdf".parse::<Form>().unwrap_err().contains("mermaid"));
        assert!("terraform".parse::<Form>().unwrap_err().contains("not made yet"));
    }
}
