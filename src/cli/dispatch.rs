//! From arguments to a command.

use super::args::{
    AuditCommand, CatalogCommand, Command, ConformanceCommand, GraphCommand, HistoryCommand, McpCommand,
    PlanCommand, RulesCommand, SandboxCommand, SessionsCommand,
};
use super::chat::Screen;
use super::conformance::{
    Models, cost, endpoint, engine, parse, render, search, serve, shapes, sign, verdict,
};
use super::once::Bounds;
use super::setup::home;
use super::{
    Args, CliError, Exit, Output, ask, audit, catalog, catalog_status, catalog_update, chat, doctor, graph,
    history,
};
use super::{exceptions, logs, look, mcp, output, plan as plans, rule_tests, rules, sandbox, sessions};
use crate::catalog::Catalog;
use crate::finops::PriceBook;
use crate::plan;
use crate::sandbox::SandboxOptions;

/// Runs the program; the error, if any, is already on standard error.
#[must_use]
pub fn main(args: &Args, screen: Screen) -> Exit {
    match logs::begin(args).and_then(|()| run(args, screen)) {
        Ok(exit) => exit,
        Err(error) => {
            output::report(&error.message);
            error.exit
        }
    }
}

fn run(args: &Args, screen: Screen) -> Result<Exit, CliError> {
    match args.command.clone() {
        None => chat::chat(args, screen, None),
        Some(Command::Resume { session }) => chat::chat(args, screen, Some(&session)),
        Some(Command::Ask { text, approve, plan_only }) => ask::ask(args, text, approve, plan_only),
        Some(Command::Call { cloud, service, operation, params, region, dry_run, all, approve }) => {
            let one = ask::OneCall { cloud, service, operation, params, region };
            match (dry_run, all) {
                (true, _) => look::dry_run(args, &one),
                (false, true) => look::all_pages(args, &one),
                (false, false) => ask::call(args, &one, approve),
            }
        }
        Some(Command::Plan(command)) => plan_command(args, command),
        Some(Command::Catalog(command)) => catalog_command(args, command),
        Some(Command::Sessions(command)) => match command {
            SessionsCommand::List => sessions::list(args),
            SessionsCommand::Show { session } => sessions::show(args, &session),
            SessionsCommand::Resume { session } => chat::chat(args, screen, Some(&session)),
            SessionsCommand::Export { session } => sessions::export(args, &session),
        },
        Some(Command::History(command)) => match command {
            HistoryCommand::List => history::list(args),
            HistoryCommand::Show { execution } => history::show(args, &execution),
            HistoryCommand::Resume { execution, not_carried_out, inject } => {
                history::resume(args, execution.as_deref(), &not_carried_out, &inject)
            }
            HistoryCommand::Replay { execution, inputs, approve } => {
                history::replay(args, &execution, &inputs, approve)
            }
            HistoryCommand::Workflow { execution } => history::workflow(args, &execution),
        },
        Some(Command::Audit(AuditCommand::Verify)) => audit::verify(args),
        Some(Command::Audit(AuditCommand::Export)) => audit::export(args),
        Some(Command::Graph(GraphCommand::Show { resource })) => graph::show(args, resource.as_deref()),
        Some(Command::Graph(GraphCommand::Export { to })) => graph::export(args, &to),
        Some(Command::Rules(command)) => rules_command(args, command),
        Some(Command::Mcp(McpCommand::List)) => mcp::list(args),
        Some(Command::Sandbox(SandboxCommand::Serve { port, pending_reads })) => {
            let options = SandboxOptions { pending_reads };
            sandbox::serve(Output::new(args.json), &home(args)?, args.home.is_some(), port, options)
        }
        Some(Command::Doctor) => doctor::doctor(args),
        Some(Command::Conformance(command)) => conformance(command, args),
    }
}

fn rules_command(args: &Args, command: RulesCommand) -> Result<Exit, CliError> {
    let out = Output::new(args.json);
    let home = home(args)?;
    let catalog = Catalog::open(Some(home.data())).map_err(CliError::failed)?;
    let legislator = rules::open(&home, &catalog)?;
    match command {
        RulesCommand::List => rules::list(out, &legislator),
        RulesCommand::Test { export: None, format } => rule_tests::test(out, format, &legislator, &catalog),
        RulesCommand::Test { export: Some(file), .. } => rule_tests::export(&legislator, &catalog, &file),
        RulesCommand::Explain { rule } => rules::explain(out, &legislator, &rule),
        RulesCommand::Exception(command) => exceptions::run(args, command, &legislator),
    }
}

fn plan_command(args: &Args, command: PlanCommand) -> Result<Exit, CliError> {
    match command {
        PlanCommand::Schema => {
            let pretty =
                |schema: &serde_json::Value| serde_json::to_string_pretty(schema).unwrap_or_default();
            Output::new(args.json).show(&plan::schema(), pretty)?;
            Ok(Exit::Done)
        }
        PlanCommand::Check { file, inputs, format } => {
            plans::check(args, &file, &inputs, plans::Shown::Verdict(format))
        }
        PlanCommand::Cost { file, inputs } => plans::check(args, &file, &inputs, plans::Shown::Cost),
        PlanCommand::Rehearse { file, inputs } => super::rehearse::rehearse(args, &file, &inputs),
        PlanCommand::Apply { file, inputs, approve, digest, inject } => {
            let bounds = Bounds { approve, plan_only: false, digest };
            plans::apply(args, &file, &inputs, bounds, &inject)
        }
        PlanCommand::Undo { file, inputs, approve, not_carried_out, inject } => {
            plans::undo(args, &file, &inputs, approve, &not_carried_out, &inject)
        }
    }
}

fn catalog_command(args: &Args, command: CatalogCommand) -> Result<Exit, CliError> {
    let out = Output::new(args.json);
    let home = home(args)?;
    match command {
        CatalogCommand::Update(what) => catalog_update::run(args, &what),
        CatalogCommand::Search { query, cloud, limit } => {
            catalog::search(out, home.data(), &query, cloud, limit)
        }
        CatalogCommand::Show { cloud, service, operation, path } => {
            catalog::show(out, home.data(), cloud, &service, operation.as_deref(), path.as_deref())
        }
        CatalogCommand::Status { check, index } => {
            catalog_status::status(args, check.then_some(index.as_deref()))
        }
    }
}

/// One arm per command, each in a file of its own under `conformance/`.
fn conformance(command: ConformanceCommand, args: &Args) -> Result<Exit, CliError> {
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
        ConformanceCommand::Verdict => {
            let home = home(args)?;
            let catalog = Catalog::open(Some(home.data())).map_err(CliError::failed)?;
            let mut judge = verdict::Judge::new(catalog.clone(), rules::open(&home, &catalog)?);
            serve(input, output, |line| judge.answer(line))?;
        }
        ConformanceCommand::Endpoint => {
            let models = Models::open()?;
            serve(input, output, |line| endpoint::answer(&models, line))?;
        }
        ConformanceCommand::Search => {
            let catalog = Catalog::open(Some(home(args)?.data())).map_err(CliError::failed)?;
            serve(input, output, |line| search::answer(&catalog, line))?;
        }
        ConformanceCommand::Sign => {
            let mut signers = sign::Signers::default();
            serve(input, output, |line| signers.answer(line))?;
        }
        ConformanceCommand::Shapes => {
            let models = Models::open()?;
            serve(input, output, |line| shapes::answer(models.catalog(), line))?;
        }
        ConformanceCommand::Engine => serve(input, output, engine::answer)?,
        ConformanceCommand::Cost => {
            let prices = home(args)?.config().join("prices");
            let book = PriceBook::open(Some(&prices)).map_err(CliError::failed)?;
            serve(input, output, |line| cost::answer(&book, line))?;
        }
    }
    Ok(Exit::Done)
}
