//! `mcp list`: the servers, their tools, and who may call them.

use super::setup::{Setup, block_on, person};
use super::{Args, CliError, Exit, Output};
use crate::mcp::Offered;
use crate::plan::Approver;
use crate::session::Desk;
use crate::store::in_memory;

/// `provisioner mcp list`.
pub(crate) fn list(args: &Args) -> Result<Exit, CliError> {
    let out = Output::new(args.json);
    let setup = Setup::of(args)?;
    let options = setup.options(in_memory(), Approver::Person { name: person() });
    block_on(async move {
        let desk = Desk::open(options).map_err(CliError::failed)?;
        let reach = desk.reach(setup.target).await.map_err(CliError::failed)?;
        out.show(&reach.board.offered(), |offered| lines(offered))?;
        Ok(Exit::Done)
    })
}

fn lines(offered: &[Offered]) -> String {
    let mut out = Vec::new();
    let mut server = "";
    for one in offered {
        if one.server != server {
            server = &one.server;
            out.push(server.to_owned());
        }
        let who = if one.planner { "planner" } else { "program" };
        let first = one.description.lines().next().unwrap_or_default();
        out.push(format!("  {who:<8} {:<20} {first}", one.tool));
    }
    out.join("\n")
}
