//! All workflows: those of the program, and the person's own on top.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use include_dir::{Dir, include_dir};
use serde_json::{Map, Value, json};

use super::things::Thing;
use super::workflow::{Draft, Workflow};
use crate::plan::{Plan, Step};

static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/assets/workflows");
/// The file that is no workflow but the list of things.
const THINGS: &str = "things.yaml";
/// Bytes that a file may have.
const MOST_BYTES: u64 = 1 << 20;

/// Reusable plans, and the things that can be listed, shown, and deleted. Those of the program are read when they are
/// first asked for, the person's own at once.
#[derive(Clone, Debug, Default)]
pub struct Workflows {
    own: Read,
    merged: OnceLock<Read>,
    warnings: Vec<String>,
}

#[derive(Clone, Debug, Default)]
struct Read {
    all: BTreeMap<String, Workflow>,
    things: Option<Vec<Thing>>,
}

impl Workflows {
    /// The program's workflows, and those of a folder on top: a file of the same name wins, a plan
    /// with inputs is a workflow by its name. A file that cannot be read is left aside and named in
    /// [`Workflows::warnings`].
    #[must_use]
    pub fn open(overrides: Option<&Path>) -> Self {
        let mut workflows = Self::default();
        if let Some(folder) = overrides.filter(|folder| folder.is_dir()) {
            workflows.read_folder(folder);
        }
        workflows
    }

    /// The workflows by the names of their files.
    pub(super) fn all(&self) -> &BTreeMap<String, Workflow> {
        &self.merged().all
    }

    /// The things that have operations of their own to list, show, and delete them.
    pub(super) fn things(&self) -> &[Thing] {
        self.merged().things.as_deref().unwrap_or_default()
    }

    fn merged(&self) -> &Read {
        self.merged.get_or_init(|| {
            let mut read = Read::default();
            for (name, text) in embedded() {
                // A test reads every one of them.
                if let Err(message) = read.add(&name, text) {
                    tracing::error!(name, message, "a workflow that came with the program cannot be read");
                }
            }
            read.all.extend(self.own.all.clone());
            read.things = self.own.things.clone().or(read.things);
            read
        })
    }

    /// What was left aside, and why.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    fn read_folder(&mut self, folder: &Path) {
        let mut paths: Vec<_> = match std::fs::read_dir(folder) {
            Ok(entries) => entries.filter_map(Result::ok).map(|entry| entry.path()).collect(),
            Err(error) => {
                self.warnings.push(format!("{}: {error}", folder.display()));
                return;
            }
        };
        paths.sort();
        for path in
            paths.iter().filter(|p| p.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json"))
        {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let small = std::fs::metadata(path).is_ok_and(|meta| meta.len() <= MOST_BYTES);
            let read = if small {
                std::fs::read_to_string(path).map_err(|e| e.to_string())
            } else {
                Err("larger than 1 MiB".into())
            };
            if let Err(message) = read.and_then(|text| self.own.add(&name, &text)) {
                self.warnings.push(format!("{}: {message}; it is left aside", path.display()));
            }
        }
    }
}

/// The files that come with the program, by name.
fn embedded() -> impl Iterator<Item = (String, &'static str)> {
    EMBEDDED.files().map(|file| (file.path().display().to_string(), file.contents_utf8().unwrap_or_default()))
}

impl Read {
    fn add(&mut self, name: &str, text: &str) -> Result<(), String> {
        let place = |e: &yaml_serde::Error| {
            e.location().map_or(String::new(), |at| format!("line {}, column {}: ", at.line(), at.column()))
        };
        if name == THINGS {
            self.things = Some(yaml_serde::from_str(text).map_err(|e| format!("{}{e}", place(&e)))?);
            return Ok(());
        }
        let document: Value = yaml_serde::from_str(text).map_err(|e| format!("{}{e}", place(&e)))?;
        let workflow = if document.get("version").is_some() {
            of_plan(&Plan::parse(text).map_err(|e| e.to_string())?)
        } else {
            yaml_serde::from_str(text).map_err(|e| format!("{}{e}", place(&e)))?
        };
        workflow.wanted()?;
        self.all.insert(name.to_owned(), workflow);
        Ok(())
    }
}

/// A plan with inputs, as history gives it out: it is asked for by its name, and its inputs by theirs.
fn of_plan(plan: &Plan) -> Workflow {
    let inputs: Map<String, Value> = plan
        .declared_inputs()
        .into_iter()
        .map(|(name, input)| {
            let lower = name.to_lowercase();
            let take = match lower.as_str() {
                "region" => "region",
                "owner" => "owner",
                "environment" | "env" => "environment",
                "sensitivity" => "sensitivity",
                "cost_center" | "cost-center" => "cost-center",
                "name" => "name",
                _ => "after",
            };
            let mut wanted =
                json!({"take": take, "words": [lower.clone(), lower.replace('_', " ")], "ask": name});
            if let Some(default) = input.default {
                wanted["default"] = default;
            }
            (name, wanted)
        })
        .collect();
    let steps = plan.steps.iter().map(draft).collect();
    Workflow {
        things: vec![plan.name.to_lowercase()],
        title: plan.name.clone(),
        inputs,
        derive: BTreeMap::new(),
        refuses: Vec::new(),
        steps,
    }
}

fn draft(step: &Step) -> Draft {
    Draft {
        id: step.id.clone(),
        when: None,
        cloud: step.cloud,
        service: step.service.clone(),
        operation: step.operation.clone(),
        region: step.region.clone(),
        account: step.account.clone(),
        params: step.params.clone(),
        purpose: step.purpose.clone(),
        after: step.after.clone(),
        wait: step.wait,
        undo: step.undo.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workflow_that_comes_with_the_program_is_read() {
        let mut read = Read::default();
        for (name, text) in embedded() {
            read.add(&name, text).unwrap_or_else(|message| panic!("{name}: {message}"));
        }
        assert!(read.all.len() >= 12 && read.things.unwrap().len() >= 15, "{}", read.all.len());
    }

    #[test]
    fn a_broken_file_is_named_with_its_line_and_hides_no_other() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("mine.yaml"), "things: [x]\ntitle: [\n").unwrap();
        std::fs::write(dir.path().join("odd.yaml"), "things: [x]\ntitel: y\n").unwrap();
        let workflows = Workflows::open(Some(dir.path()));
        assert_eq!(workflows.warnings().len(), 2, "{:?}", workflows.warnings());
        assert!(workflows.warnings()[0].contains("mine.yaml") && workflows.warnings()[0].contains("line"));
        assert!(workflows.warnings()[1].contains("titel"), "{:?}", workflows.warnings());
        assert!(workflows.all().len() >= 12);
    }

    #[test]
    fn a_plan_with_inputs_becomes_a_workflow_of_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let plan = "version: 1\nname: Weekly Report\ninputs:\n  target: {type: string}\nsteps:\n  - {id: a, cloud: aws, service: s3, operation: CreateBucket, region: eu-west-1, params: {Bucket: \"${{ inputs.target }}\"}}\n";
        std::fs::write(dir.path().join("report.yaml"), plan).unwrap();
        let workflows = Workflows::open(Some(dir.path()));
        assert_eq!(workflows.warnings(), [] as [String; 0]);
        let report = &workflows.all()["report.yaml"];
        assert_eq!(report.things, ["weekly report"]);
        assert_eq!(report.steps[0].region.as_deref(), Some("eu-west-1"));
    }
}
