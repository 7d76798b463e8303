//! `graph show|export`.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::json;

use super::setup::Setup;
use super::{Args, CliError, Exit, Output, output};
use crate::graph::{Existence, Form, Graph, Node, Picture};
use crate::plan::Target;
use crate::text::fit;

/// Cells that a line takes at most.
const CELLS: usize = 120;

fn graph(args: &Args) -> Result<(Graph, Target), CliError> {
    let setup = Setup::of(args)?;
    Ok((Graph::open(&setup.store()?), setup.target))
}

/// `provisioner graph show [RESOURCE]`: the resources of the target, each with what it needs, or one of
/// them with what it needs and what needs it.
///
/// # Errors
///
/// The store cannot be opened, or the graph does not know the resource.
pub(crate) fn show(args: &Args, resource: Option<&str>) -> Result<Exit, CliError> {
    let (graph, target) = graph(args)?;
    let picture = match resource {
        None => graph.picture(target).map_err(CliError::failed)?,
        Some(name) => graph.neighbours(target, name).map_err(CliError::bad_input)?,
    };
    picture.damaged.iter().for_each(|damage| output::report(damage));
    Output::new(args.json).show(&picture, |picture| lines(picture, target))?;
    Ok(Exit::Done)
}

fn lines(picture: &Picture, target: Target) -> String {
    if picture.nodes.is_empty() {
        return format!("The graph knows nothing of {target} yet: it learns from what is run and looked at.");
    }
    let nodes: BTreeMap<&str, &Node> = picture.nodes.iter().map(|node| (node.key.as_str(), node)).collect();
    let mut out = String::new();
    let mut line = |text: &str| {
        let _ = writeln!(out, "{}", fit(text.trim_end(), CELLS));
    };
    for node in &picture.nodes {
        let region = node.region.as_deref().unwrap_or_default();
        let what = format!("{} {} {}", node.cloud, node.service, node.kind);
        line(&format!("{:<8} {what} {} {region}", node.state.as_str(), node.name));
        if !node.settings.is_empty() {
            let names: Vec<&str> = node.settings.keys().map(String::as_str).collect();
            line(&format!("         configured: {}", names.join(", ")));
        }
        for edge in picture.edges.iter().filter(|edge| edge.from == node.key) {
            let other = nodes.get(edge.to.as_str());
            let other = other.map_or_else(|| edge.to.clone(), |o| format!("{} {}", o.kind, o.name));
            line(&format!("         {} {other} ({})", edge.relation.as_str(), edge.by));
        }
    }
    let there = picture.nodes.iter().filter(|node| node.state == Existence::Exists).count();
    let _ = write!(out, "{there} exist, {} do not or may not; {target}", picture.nodes.len() - there);
    out
}

/// `provisioner graph export --to FORM`. With `--json` a form that is no JSON stands as text in a
/// document.
///
/// # Errors
///
/// There is no such form, or the store cannot be opened.
pub(crate) fn export(args: &Args, form: &str) -> Result<Exit, CliError> {
    let kind: Form = form.parse().map_err(|e: String| CliError::bad_input(e))?;
    let (graph, target) = graph(args)?;
    let picture = graph.picture(target).map_err(CliError::failed)?;
    picture.damaged.iter().for_each(|damage| output::report(damage));
    let text = picture.export(kind);
    let document = match kind {
        Form::Json => json!(picture),
        _ => json!({"form": form, "target": target, "text": text}),
    };
    Output::new(args.json).show(&document, |_| text)?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::graph::Look;
    use crate::plan::{CloudName, OperationName};
    use clap::Parser;

    fn args(home: &std::path::Path, words: &[&str]) -> Args {
        let home = home.to_string_lossy().into_owned();
        Args::parse_from(["provisioner", "--home", &home].iter().chain(words))
    }

    #[test]
    fn an_empty_graph_says_how_it_fills() {
        let text = lines(&Picture::default(), Target::Live);
        assert!(text.contains("live") && text.contains("learns"), "{text}");
    }

    #[test]
    fn resources_stand_with_what_they_hold_on_to() {
        let dir = tempfile::tempdir().unwrap();
        let (graph, target) = graph(&args(dir.path(), &["graph", "show"])).unwrap();
        let catalog = Catalog::open(None).unwrap();
        for (operation, output) in [
            ("DescribeVpcs", json!({"Vpcs": [{"VpcId": "vpc-1"}]})),
            ("DescribeSubnets", json!({"Subnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1"}]})),
        ] {
            let operation = OperationName::new(CloudName::Aws, "ec2", operation);
            let params = json!({});
            let look = Look {
                operation: &operation,
                region: Some("eu-central-1"),
                account: None,
                params: &params,
                output: &output,
            };
            graph.observe(target, &catalog, &look).unwrap();
        }
        let text = lines(&graph.picture(target).unwrap(), target);
        assert!(text.contains("in Vpc vpc-1 (VpcId)"), "{text}");
        assert!(text.ends_with("2 exist, 0 do not or may not; sandbox"), "{text}");
    }

    #[test]
    fn a_form_or_a_resource_that_is_not_there_is_bad_input() {
        let dir = tempfile::tempdir().unwrap();
        let error = export(&args(dir.path(), &["graph", "export"]), "terraform").unwrap_err();
        assert_eq!(error.exit, Exit::BadInput);
        assert!(error.message.contains("not made yet"), "{error}");
        let error = show(&args(dir.path(), &["graph", "show"]), Some("logs")).unwrap_err();
        assert_eq!(error.exit, Exit::BadInput);
        assert!(error.message.contains("may exist"), "{error}");
    }
}
