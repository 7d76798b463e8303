//! `graph show|export`.

use super::setup::Setup;
use super::{Args, CliError, Exit, Output};
use crate::graph::{Existence, Form, Graph, Picture};

fn picture(args: &Args) -> Result<Picture, CliError> {
    let setup = Setup::of(args)?;
    let store = setup.store()?;
    Graph::open(&store).picture(setup.target).map_err(CliError::failed)
}

/// `provisioner graph show`: the resources of the target, each with what it needs.
pub(crate) fn show(args: &Args) -> Result<Exit, CliError> {
    let picture = picture(args)?;
    Output::new(args.json).show(&picture, lines)?;
    Ok(Exit::Done)
}

fn lines(picture: &Picture) -> String {
    if picture.nodes.is_empty() {
        return "The graph knows nothing yet: it learns from what is run.".into();
    }
    let mut out = Vec::new();
    for node in &picture.nodes {
        let state = match node.state {
            Existence::Exists => "exists",
            Existence::Deleted => "deleted",
            Existence::Unknown => "unknown",
        };
        out.push(format!("{state:<8} {} {} {} {}", node.cloud, node.service, node.kind, node.name));
        for edge in picture.edges.iter().filter(|edge| edge.from == node.key) {
            out.push(format!("           needs {} ({})", edge.to, edge.by));
        }
    }
    out.join("\n")
}

/// `provisioner graph export --to FORM`.
pub(crate) fn export(args: &Args, form: &str) -> Result<Exit, CliError> {
    let form: Form = form.parse().map_err(|e: String| CliError::bad_input(e))?;
    let picture = picture(args)?;
    let text = picture.export(form);
    Output::new(args.json && form == Form::Json).show(&picture, |_| text)?;
    Ok(Exit::Done)
}
