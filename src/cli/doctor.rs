//! `doctor`: what is configured, reachable, and missing, with the fix for each.

use std::time::Duration;

use serde::Serialize;

use super::setup::{Setup, block_on, person};
use super::{Args, CliError, Exit, Output};
use crate::agent::OpenAi;
use crate::clouds::{CloudError, Probe};
use crate::mcp::CloudClient;
use crate::plan::{Approver, Target};
use crate::session::Desk;
use crate::store::in_memory;

/// How long a cloud may take to say who asks.
const PATIENCE: Duration = Duration::from_secs(15);

/// One thing that was looked at.
#[derive(Serialize)]
struct Check {
    what: &'static str,
    /// `ok`, `warning`, or `missing`.
    state: &'static str,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

impl Check {
    fn ok(what: &'static str, found: impl Into<String>) -> Self {
        Self { what, state: "ok", found: found.into(), fix: None }
    }

    fn warning(what: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what, state: "warning", found: found.into(), fix: Some(fix.into()) }
    }

    fn missing(what: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what, state: "missing", found: found.into(), fix: Some(fix.into()) }
    }
}

/// `provisioner doctor`: exit code 0 when nothing that is configured is broken, else 1.
pub(crate) fn doctor(args: &Args) -> Result<Exit, CliError> {
    let out = Output::new(args.json);
    let setup = Setup::of(args)?;
    let checks = block_on(async move {
        let mut checks = vec![folders(&setup)];
        let store = match setup.store() {
            Ok(store) => {
                checks.push(Check::ok("store", setup.home.store().display().to_string()));
                store
            }
            Err(error) => {
                checks.push(Check::warning(
                    "store",
                    error.message,
                    "end the other program, or keep this one's things elsewhere with --home DIR",
                ));
                in_memory()
            }
        };
        let options = setup.options(store, Approver::Person { name: person() });
        match Desk::open(options) {
            Ok(desk) => {
                checks.extend(desk_checks(&desk));
                checks.push(planner(&desk).await);
                checks.extend(target_checks(&desk, setup.target).await);
            }
            Err(error) => {
                let problem = error.problem();
                checks.push(Check::missing("session", problem.why, problem.fix));
            }
        }
        Ok(checks)
    })?;
    let broken = checks.iter().any(|check| check.state == "missing");
    out.show(&checks, |checks| {
        let lines: Vec<String> = checks
            .iter()
            .map(|check| {
                let fix = check.fix.as_ref().map_or(String::new(), |fix| format!("\n           fix: {fix}"));
                format!("{:<8} {}: {}{fix}", check.state, check.what, check.found)
            })
            .collect();
        lines.join("\n")
    })?;
    Ok(if broken { Exit::Failed } else { Exit::Done })
}

fn folders(setup: &Setup) -> Check {
    let settings = setup.settings.source.as_ref().map_or_else(
        || format!("no settings.yaml in {} (defaults count)", setup.home.config().display()),
        |path| format!("settings from {}", path.display()),
    );
    Check::ok("settings", settings)
}

fn desk_checks(desk: &Desk) -> Vec<Check> {
    let mut checks = Vec::new();
    for status in desk.catalog.status() {
        checks.push(Check::ok(
            "catalog",
            format!(
                "{}: {} operations of {} services, {}",
                status.cloud, status.operations, status.services, status.version
            ),
        ));
    }
    checks.extend(desk.warnings.iter().map(|warning| {
        Check::warning(
            "files",
            warning.clone(),
            "mend or remove the file; what came with the program is used",
        )
    }));
    checks.push(Check::ok("prices", desk.prices.status().to_string()));
    checks
}

/// The planner; a model is asked whether it is there.
async fn planner(desk: &Desk) -> Check {
    let Some(settings) = &desk.options.settings.model else {
        return Check::ok("planner", desk.planner.name());
    };
    let asked = match OpenAi::new(settings) {
        Ok(model) => tokio::time::timeout(PATIENCE, model.check()).await,
        Err(error) => return Check::missing("planner", error.to_string(), "mend `model` in settings.yaml"),
    };
    match asked {
        Ok(Ok(found)) => Check::ok("planner", found),
        Ok(Err(problem)) => Check::missing("planner", problem.why, problem.fix),
        Err(_) => Check::missing(
            "planner",
            format!("no answer within {} seconds", PATIENCE.as_secs()),
            "check `base_url` under `model` in settings.yaml",
        ),
    }
}

async fn target_checks(desk: &Desk, target: Target) -> Vec<Check> {
    let reach = match desk.reach(target).await {
        Ok(reach) => reach,
        Err(error) => {
            let problem = error.problem();
            return vec![Check::missing("target", problem.why, problem.fix)];
        }
    };
    let mut checks = vec![Check::ok("target", format!("{target}: {}", reach.contexts.join(", ")))];
    let rules = reach.legislator.rules().len();
    checks.push(Check::ok("rules", format!("{rules} rules")));
    checks.extend(reach.legislator.banners().into_iter().map(|banner| {
        Check::missing(
            "rules",
            banner,
            "mend the file named; until then the last good set, or nothing, is used",
        )
    }));
    for probe in &reach.probes {
        checks.push(reachable(probe, &reach.board.clouds()).await);
    }
    checks
}

/// Whether a cloud answers, and as whom it knows the person.
async fn reachable(probe: &Probe, clouds: &CloudClient) -> Check {
    let name = probe.call.operation.cloud.as_str();
    match tokio::time::timeout(PATIENCE, clouds.call(&probe.call)).await {
        Ok(Ok(reply)) => {
            let who = probe.who.map(|pointer| {
                reply.output.pointer(pointer).and_then(|who| who.as_str()).unwrap_or("an unnamed identity")
            });
            Check::ok(name, who.map_or("reachable".to_owned(), |who| format!("reachable as {who}")))
        }
        Ok(Err(CloudError::Credentials { message, fix })) => Check::missing(name, message, fix),
        Ok(Err(error)) => Check::missing(name, error.to_string(), probe.fix),
        Err(_) => Check::missing(
            name,
            format!("no answer within {} seconds", PATIENCE.as_secs()),
            "check the network and proxy settings, and the endpoint if one is set",
        ),
    }
}
