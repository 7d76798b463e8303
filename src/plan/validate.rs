//! What can be checked of a plan without a catalog.

use std::collections::BTreeSet;
use std::fmt;

use super::{Order, Plan, Undo, references};

/// One problem of a plan and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanProblem {
    /// A JSON path in the plan, or a line and column.
    pub place: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl PlanProblem {
    /// Puts a place and a message together.
    pub fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

impl fmt::Display for PlanProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Everything that is wrong with a plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct PlanError {
    /// The problems, in the order of the plan.
    pub problems: Vec<PlanProblem>,
}

impl PlanError {
    pub(super) fn one(place: impl Into<String>, message: impl fmt::Display) -> Self {
        Self { problems: vec![PlanProblem::new(place, message.to_string())] }
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

pub(super) fn validate(plan: &Plan) -> Vec<PlanProblem> {
    let mut problems = Vec::new();
    if plan.version != 1 {
        problems.push(PlanProblem::new("version", format!("must be 1, found {}", plan.version)));
    }
    if plan.name.trim().is_empty() {
        problems.push(PlanProblem::new("name", "must say what the plan is for"));
    }
    if plan.steps.is_empty() {
        problems.push(PlanProblem::new("steps", "a plan needs at least one step"));
    }
    let known: BTreeSet<&str> = plan.steps.iter().map(|s| s.id.as_str()).collect();
    let mut seen = BTreeSet::new();
    for (index, step) in plan.steps.iter().enumerate() {
        let place = format!("steps[{index}]");
        if !is_step_id(&step.id) {
            problems.push(PlanProblem::new(
                format!("{place}.id"),
                format!("`{}` must match [a-z][a-z0-9_-]*", step.id),
            ));
        }
        if !seen.insert(step.id.as_str()) {
            problems.push(PlanProblem::new(format!("{place}.id"), format!("`{}` is used twice", step.id)));
        }
        if !step.params.is_object() {
            problems.push(PlanProblem::new(format!("{place}.params"), "must be an object"));
        }
        for (position, needed) in step.after.iter().enumerate() {
            if !known.contains(needed.as_str()) {
                problems.push(unknown_step(format!("{place}.after[{position}]"), needed, &known));
            }
        }
        check_references(plan, index, &known, &mut problems);
    }
    if let Err(cycle) = Order::of(plan) {
        problems.push(PlanProblem::new(
            "steps",
            format!("these steps wait for each other: {}", cycle.join(" → ")),
        ));
    }
    problems
}

fn check_references(plan: &Plan, index: usize, known: &BTreeSet<&str>, problems: &mut Vec<PlanProblem>) {
    let step = &plan.steps[index];
    let mut parts = vec![(format!("steps[{index}].params"), &step.params)];
    if let Undo::Call { params, .. } = &step.undo {
        parts.push((format!("steps[{index}].undo.params"), params));
    }
    for (place, params) in parts {
        match references(params) {
            Ok(names) => {
                for name in names.steps.iter().filter(|name| !known.contains(name.as_str())) {
                    problems.push(unknown_step(place.clone(), name, known));
                }
                for name in names.inputs.iter().filter(|name| !plan.inputs.contains_key(*name)) {
                    problems.push(PlanProblem::new(place.clone(), format!("the plan has no input `{name}`")));
                }
            }
            Err(errors) => problems.extend(
                errors
                    .into_iter()
                    .map(|(path, e)| PlanProblem::new(format!("{place}{}", &path[1..]), e.to_string())),
            ),
        }
    }
}

fn unknown_step(place: String, name: &str, known: &BTreeSet<&str>) -> PlanProblem {
    let nearest = known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(candidate, name), *candidate))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, _)| *likeness > 0.7);
    let hint = nearest.map_or(String::new(), |(_, candidate)| format!("; did you mean `{candidate}`?"));
    PlanProblem::new(place, format!("there is no step `{name}`{hint}"))
}

fn is_step_id(id: &str) -> bool {
    let mut chars = id.chars();
    chars.next().is_some_and(|c| c.is_ascii_lowercase())
        && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_problems_are_reported_at_once() {
        let error = Plan::from_value(json!({
            "version": 2, "name": " ",
            "steps": [
                {"id": "A", "cloud": "aws", "service": "s3", "operation": "CreateBucket", "params": []},
                {"id": "b", "cloud": "aws", "service": "s3", "operation": "X", "after": ["bb"],
                 "params": {"x": "${{ steps.c.output.Id }}", "y": "${{ inputs.z }}"}},
                {"id": "b", "cloud": "aws", "service": "s3", "operation": "X"},
            ],
        }))
        .unwrap_err();
        let text = error.to_string();
        for part in [
            "version",
            "name",
            "steps[0].id",
            "steps[0].params",
            "did you mean `b`",
            "no step `c`",
            "no input `z`",
            "used twice",
        ] {
            assert!(text.contains(part), "{part} missing in:\n{text}");
        }
    }

    #[test]
    fn a_cycle_names_its_steps() {
        let error = Plan::from_value(json!({"version": 1, "name": "x", "steps": [
            {"id": "a", "cloud": "aws", "service": "s", "operation": "O", "params": {"p": "${{ steps.b.output.x }}"}},
            {"id": "b", "cloud": "aws", "service": "s", "operation": "O", "after": ["a"]},
        ]}))
        .unwrap_err();
        assert!(error.to_string().contains("a → b"), "{error}");
    }
}
