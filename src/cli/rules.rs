//! `provisioner rules list|explain`.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::{CliError, Exit, Output};
use crate::catalog::Catalog;
use crate::config::Home;
use crate::files::{FileRoom, RootSpec};
use crate::legislator::{Legislator, RuleInfo};
use crate::mcp::{Parts, Switchboard};
use crate::text::{fit, wrap};

/// Cells that a line takes at most.
const CELLS: usize = 100;

/// The rules as a live run reads them: through the file server, with the person's own files
/// over those of the program.
///
/// # Errors
///
/// The rules folder cannot be opened or the server does not answer.
pub(crate) fn open(home: &Home, catalog: &Catalog) -> Result<Legislator, CliError> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::failed)?;
    let files =
        FileRoom::open(vec![RootSpec::rules(Some(home.config().join("rules")))]).map_err(CliError::failed)?;
    runtime.block_on(async {
        let (store, target) = (crate::store::in_memory(), crate::plan::Target::Sandbox);
        let parts = Parts { catalog: catalog.clone(), clouds: BTreeMap::new(), files, store, target };
        let board = Switchboard::start(parts).await.map_err(CliError::failed)?;
        Ok(Legislator::open(board.files()).await)
    })
}

/// All rules, by pack and id.
///
/// # Errors
///
/// The rules are broken, or the answer cannot be written.
pub(crate) fn list(out: Output, legislator: &Legislator) -> Result<Exit, CliError> {
    let rules = in_force(legislator)?;
    let document: Vec<Value> = rules.iter().map(|rule| summary(legislator, rule)).collect();
    out.show(&json!({"rules": document, "banners": legislator.banners()}), |_| {
        let mut text = String::new();
        for rule in &rules {
            let line = format!(
                "{:16}  {:8}  {:9}  {}",
                rule.id,
                json!(rule.severity).as_str().unwrap_or_default(),
                action(legislator, rule),
                rule.title
            );
            let _ = writeln!(text, "{}", fit(&line, CELLS));
        }
        let _ = writeln!(text, "{} rules; `provisioner rules explain ID` says more of one", rules.len());
        for banner in legislator.banners() {
            let _ = writeln!(text, "{banner}");
        }
        text
    })?;
    Ok(Exit::Done)
}

/// One rule: why it is there, what it looks at, how to satisfy it.
///
/// # Errors
///
/// There is no such rule; the error offers the nearest.
pub(crate) fn explain(out: Output, legislator: &Legislator, id: &str) -> Result<Exit, CliError> {
    let rules = in_force(legislator)?;
    let Some(rule) = rules.iter().find(|rule| rule.id.eq_ignore_ascii_case(id)) else {
        let wanted = id.to_uppercase();
        let near = rules.iter().max_by(|a, b| {
            strsim::jaro_winkler(&a.id, &wanted).total_cmp(&strsim::jaro_winkler(&b.id, &wanted))
        });
        let hint = near.map_or(String::new(), |rule| format!("; did you mean `{}`?", rule.id));
        return Err(CliError::bad_input(format!("there is no rule `{id}`{hint}")));
    };
    let mut document = json!(rule);
    document["means"] = json!(action(legislator, rule));
    out.show(&document, |_| explanation(legislator, rule))?;
    Ok(Exit::Done)
}

fn explanation(legislator: &Legislator, rule: &RuleInfo) -> String {
    let mut text = format!("{}  {}\n\n", rule.id, rule.title);
    let mut row = |name: &str, value: String| {
        for (index, line) in wrap(&value, CELLS - 12).into_iter().enumerate() {
            let _ = writeln!(text, "{:10}  {line}", if index == 0 { name } else { "" });
        }
    };
    row("fix", rule.fix.clone());
    row("severity", json!(rule.severity).as_str().unwrap_or_default().to_owned());
    row("means", action(legislator, rule));
    row("topic", format!("{} ({}, {})", rule.topic, rule.pack, rule.cloud));
    if !rule.operations.is_empty() {
        row("looks at", rule.operations.join(", "));
    }
    for check in &rule.checks {
        let (verb, values) =
            if check.good.is_empty() { ("must not be", &check.bad) } else { ("must be", &check.good) };
        let values: Vec<String> =
            values.iter().map(|v| v.as_str().map_or(v.to_string(), str::to_owned)).collect();
        row("asks", format!("{} {verb} {}", check.path, values.join(" or ")));
    }
    if !rule.controls.is_empty() {
        row("controls", rule.controls.join(", "));
    }
    if !rule.knobs.is_empty() {
        row("books", rule.knobs.join(", "));
    }
    text
}

fn summary(legislator: &Legislator, rule: &RuleInfo) -> Value {
    json!({
        "id": rule.id, "title": rule.title, "topic": rule.topic, "pack": rule.pack, "cloud": rule.cloud,
        "severity": rule.severity, "action": rule.action, "means": action(legislator, rule), "fix": rule.fix,
        "controls": rule.controls,
    })
}

/// What a finding means, with the environments in which it means something else.
fn action(legislator: &Legislator, rule: &RuleInfo) -> String {
    let own = json!(rule.action).as_str().unwrap_or_default().to_owned();
    match legislator.books().and_then(|books| books.written_actions(&rule.id)) {
        Some(written) => written,
        None => own,
    }
}

fn in_force(legislator: &Legislator) -> Result<Vec<RuleInfo>, CliError> {
    let rules = legislator.rules();
    if rules.is_empty() { Err(CliError::failed(legislator.banners().join("\n"))) } else { Ok(rules) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> (tempfile::TempDir, Catalog, Legislator) {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(None).unwrap();
        let legislator = open(&Home::at(dir.path()), &catalog).unwrap();
        (dir, catalog, legislator)
    }

    #[test]
    fn a_wrong_id_is_answered_with_the_nearest() {
        let (_dir, _, legislator) = opened();
        let error = explain(Output::new(true), &legislator, "sec-aws-s3-1").unwrap_err();
        assert_eq!(error.exit, Exit::BadInput);
        assert!(error.message.contains("did you mean `SEC-AWS-S3-0"), "{}", error.message);
    }

    #[test]
    fn an_explanation_names_fix_conditions_and_what_it_means_here() {
        let (_dir, _, legislator) = opened();
        let rules = legislator.rules();
        let rule = rules.iter().find(|rule| rule.id == "SEC-AWS-EFS-01").unwrap();
        let text = explanation(&legislator, rule);
        assert!(text.contains("must be true") && text.contains("deny") && text.contains("fix"), "{text}");
    }

    #[test]
    fn a_broken_file_of_the_person_is_named_and_nothing_is_listed() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        std::fs::create_dir_all(home.config().join("rules")).unwrap();
        std::fs::write(home.config().join("rules/owner.yaml"), "regoins: {}\n").unwrap();
        let legislator = open(&home, &Catalog::open(None).unwrap()).unwrap();
        let error = list(Output::new(true), &legislator).unwrap_err();
        assert!(error.message.contains("did you mean `regions`?"), "{}", error.message);
        assert!(error.message.contains("nothing that changes anything can be approved"), "{}", error.message);
    }
}
