//! The graph in forms that other tools draw.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::{Existence, Picture};
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
            "svg" => Err("svg is not made yet: export to dot, and draw it with `dot -Tsvg`".into()),
            "terraform" | "plan" => Err(format!(
                "{text} is not made yet: `provisioner history workflow` gives a reusable plan of one execution"
            )),
            other => Err(format!("unknown form `{other}`: use json, dot, mermaid, or cypher")),
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
            Some((numbers.get(edge.from.as_str())?, numbers.get(edge.to.as_str())?, quoted(&edge.by)))
        });
        let label = |at: usize| {
            let node = &self.nodes[at];
            let gone = if node.state == Existence::Deleted { " (deleted)" } else { "" };
            quoted(&format!("{} {} {}{gone}", node.service, node.kind, node.name))
        };
        match form {
            Form::Json => serde_json::to_string_pretty(self).unwrap_or_default(),
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
                            "MERGE (:Resource {{key: \"{}\", kind: \"{}\", name: \"{}\"}});",
                            quoted(&node.key),
                            quoted(&node.kind),
                            quoted(&node.name)
                        )
                    })
                    .collect();
                out.extend(self.edges.iter().map(|edge| {
                    format!(
                        "MATCH (a:Resource {{key: \"{}\"}}), (b:Resource {{key: \"{}\"}}) MERGE (a)-[:NEEDS {{by: \"{}\"}}]->(b);",
                        quoted(&edge.from),
                        quoted(&edge.to),
                        quoted(&edge.by)
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
            region: None,
            attributes: Value::Null,
            state: Existence::Exists,
            made_by: None,
            first_seen: Timestamp::UNIX_EPOCH,
            last_seen: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn every_form_holds_both_ends_and_the_edge() {
        let (vpc, subnet) = (node("Vpc", "vpc-1"), node("Subnet", "a\"];evil"));
        let edge = Edge { from: subnet.key.clone(), to: vpc.key.clone(), by: "VpcId".into() };
        let picture = Picture { nodes: vec![vpc, subnet], edges: vec![edge] };
        for form in [Form::Json, Form::Dot, Form::Mermaid, Form::Cypher] {
            let text = picture.export(form);
            assert!(text.contains("vpc-1") && text.contains("VpcId"), "{text}");
        }
        assert!(!picture.export(Form::Dot).contains("a\"];evil"), "a name cannot leave its quotes");
        assert!(picture.export(Form::Dot).contains("n1 -> n0"));
    }

    #[test]
    fn a_form_that_is_not_there_says_what_is() {
        assert!("pdf".parse::<Form>().unwrap_err().contains("mermaid"));
        assert!("terraform".parse::<Form>().unwrap_err().contains("not made yet"));
    }
}
