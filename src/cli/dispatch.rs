//! From arguments to a command.

use std::path::Path;

use super::args::{CatalogCommand, Command, ConformanceCommand, PlanCommand, RulesCommand, SandboxCommand};
use super::conformance::{Models, cost, endpoint, parse, render, search, serve, verdict};
use super::{Args, CliError, Exit, Output, catalog, catalog_update, output, rules, sandbox};
use crate::catalog::Catalog;
use crate::config::Home;
use crate::finops::PriceBook;
use crate::plan;
use crate::sandbox::SandboxOptions;

/// Runs the program; the error, if any, is already on standard error.
#[must_use]
pub fn main(args: Args) -> Exit {
    match run(args) {
        Ok(exit) => exit,
        Err(error) => {
            output::report(&error.message);
            error.exit
        }
    }
}

fn run(args: Args) -> Result<Exit, CliError> {
    let out = Output::new(args.json);
    match args.command {
        Some(Command::Plan(PlanCommand::Schema)) => {
            let pretty =
                |schema: &serde_json::Value| serde_json::to_string_pretty(schema).unwrap_or_default();
            out.show(&plan::schema(), pretty)?;
            Ok(Exit::Done)
        }
        Some(Command::Catalog(CatalogCommand::Update { cloud, from, output })) => {
            let to = match output {
                Some(path) => path,
                None => home(args.home.as_deref())?.data().join("catalog").join(format!("{cloud}.catalog")),
            };
            catalog_update::run(out, cloud, &from, &to)
        }
        Some(Command::Catalog(CatalogCommand::Search { query, cloud, limit })) => {
            catalog::search(out, home(args.home.as_deref())?.data(), &query, cloud, limit)
        }
        Some(Command::Catalog(CatalogCommand::Show { cloud, service, operation, path })) => {
            let home = home(args.home.as_deref())?;
            catalog::show(out, home.data(), cloud, &service, operation.as_deref(), path.as_deref())
        }
        Some(Command::Catalog(CatalogCommand::Status)) => {
            catalog::status(out, home(args.home.as_deref())?.data())
        }
        Some(Command::Rules(command)) => {
            let home = home(args.home.as_deref())?;
            let catalog = Catalog::open(Some(home.data())).map_err(CliError::failed)?;
            let legislator = rules::open(&home, &catalog)?;
            match command {
                RulesCommand::List => rules::list(out, &legislator),
                RulesCommand::Test { export: None } => rules::test(out, &legislator, &catalog),
                RulesCommand::Test { export: Some(file) } => rules::export(&legislator, &catalog, &file),
                RulesCommand::Explain { rule } => rules::explain(out, &legislator, &rule),
            }
        }
        Some(Command::Sandbox(SandboxCommand::Serve { port, pending_reads })) => {
            let options = SandboxOptions { pending_reads };
            sandbox::serve(out, &home(args.home.as_deref())?, args.home.is_some(), port, options)
        }
        Some(Command::Conformance(command)) => conformance(command, args.home.as_deref()),
        _ => Err(CliError::failed("this command is not wired yet")),
    }
}

/// One arm per command, each in a file of its own under `conformance/`.
fn conformance(command: ConformanceCommand, folder: Option<&Path>) -> Result<Exit, CliError> {
    let (input, output) = (std::io::stdin().lock(), std::io::stdout().lock());
    match command {
        ConformanceCommand::Render => {
            let models = Models::open()?;
            serve(input, output, |line| render::answer(&models, line))?;
        }
        ConformanceCommand::Parse => {
            let models = Models::open()?;
            serve(input, output, |line| parse::answer(&models, line))?;
        }
        ConformanceCommand::Endpoint => {
            let models = Models::open()?;
            serve(input, output, |line| endpoint::answer(&models, line))?;
        }
        ConformanceCommand::Search => {
            let catalog = Catalog::open(Some(home(folder)?.data())).map_err(CliError::failed)?;
            serve(input, output, |line| search::answer(&catalog, line))?;
        }
        ConformanceCommand::Verdict => {
            let home = home(folder)?;
            let catalog = Catalog::open(Some(home.data())).map_err(CliError::failed)?;
            let mut judge = verdict::Judge::new(catalog.clone(), rules::open(&home, &catalog)?);
            serve(input, output, |line| judge.answer(line))?;
        }
        ConformanceCommand::Cost => {
            let prices = home(folder)?.data().join("prices");
            let book = PriceBook::open(Some(&prices)).map_err(CliError::failed)?;
            serve(input, output, |line| cost::answer(&book, line))?;
        }
        _ => return Err(CliError::failed("this checker is not there yet")),
    }
    Ok(Exit::Done)
}

fn home(folder: Option<&Path>) -> Result<Home, CliError> {
    folder.map_or_else(Home::xdg, |folder| Ok(Home::at(folder))).map_err(CliError::failed)
}
