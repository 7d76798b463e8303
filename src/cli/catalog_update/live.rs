//! `catalog update --live`: the types of resources that the subscription knows and no package covers.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::args::UpdateArgs;
use super::super::setup::{Setup, block_on, person};
use super::super::{CliError, Exit, Output};
use crate::catalog::live;
use crate::catalog::refresh::{Locked, Shelf, whole};
use crate::catalog::{Catalog, CatalogError};
use crate::clouds::Call;
use crate::plan::{Approver, CloudName, OperationName};
use crate::session::Desk;
use crate::store::in_memory;

/// The operation that lists the providers of a subscription.
const LIST: (&str, &str) = ("resource", "Providers_List");

/// Asks for the list and puts what it holds beyond the packages in place; with `--reset`, takes it away.
///
/// # Errors
///
/// Another cloud is named, the list does not come or is none (then what was in place stays), or it cannot be written.
pub(super) fn update(out: Output, setup: &Setup, asked: &UpdateArgs) -> Result<Exit, CliError> {
    if let Some(other) = asked.cloud.filter(|cloud| *cloud != CloudName::Azure) {
        return Err(CliError::bad_input(format!(
            "--live asks the Resource Manager of Azure: {other} has no list of its types; say --cloud azure"
        )));
    }
    let shelf = Shelf::at(setup.home.data());
    if asked.reset {
        shelf.lock().and_then(|locked| locked.remove_live()).map_err(CliError::failed)?;
        out.show(&json!({"live": Value::Null}), |_| "azure: no list of a live service is in use".into())?;
        return Ok(Exit::Done);
    }
    let options = setup.options(in_memory(), Approver::Person { name: person() });
    let catalog = Catalog::open(Some(setup.home.data())).map_err(CliError::failed)?;
    let (list, from) = block_on(async {
        let desk = Desk::open(options).map_err(CliError::failed)?;
        let reach = desk.reach(setup.target).await.map_err(CliError::failed)?;
        let call = Call {
            operation: OperationName::new(CloudName::Azure, LIST.0, LIST.1),
            region: None,
            account: None,
            params: json!({}),
        };
        let reply = reach.board.clouds().call_all(&call).await.map_err(CliError::failed)?;
        let own = reach.contexts.iter().find_map(|context| context.strip_prefix("azure "));
        Ok((reply.output, format!("{} {}", setup.target, own.unwrap_or_default())))
    })?;
    let (bytes, about) = live::compile(&list, &catalog, from.trim(), Timestamp::now()).map_err(failed)?;
    if about.generic > 0 {
        let made = Catalog::from_snapshot(bytes.clone()).map_err(failed)?;
        whole(CloudName::Azure, &made).map_err(CliError::failed)?;
    }
    let locked: Locked<'_> = shelf.lock().map_err(CliError::failed)?;
    locked.install_live(&bytes).map_err(CliError::failed)?;
    out.show(&json!({"live": about, "file": shelf.live()}), |_| {
        let unread = match about.unread {
            0 => String::new(),
            some => format!("; {some} entries were not understood"),
        };
        format!(
            "azure: {} types of {} providers from {}; {} that no package covers can be used now{unread}",
            about.types, about.providers, about.from, about.generic
        )
    })?;
    Ok(Exit::Done)
}

fn failed(error: CatalogError) -> CliError {
    CliError::failed(error)
}
