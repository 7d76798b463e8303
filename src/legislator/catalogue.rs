//! What is known of each rule beside its text: the catalogue files of the rules folder.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::RulesError;
use super::book_kinds::Action;
use super::books::read;
use super::check::Check;
use crate::plan::Severity;

/// How much of a plan a rule looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// One step; it is judged again just before it is sent.
    #[default]
    Step,
    /// The plan as a whole.
    Plan,
}

/// One rule as its owner describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleInfo {
    /// The rule's id, for example `SEC-AWS-S3-01`.
    #[serde(skip_deserializing)]
    pub id: String,
    /// What it is about across clouds, for example `object-public-access`.
    pub topic: String,
    /// Who owns it: `security`, `finops`, or `owner`.
    pub pack: String,
    /// `aws`, `azure`, `oci`, or `all`.
    pub cloud: String,
    /// What is wrong when it speaks.
    pub title: String,
    /// How grave a finding is.
    pub severity: Severity,
    /// What a finding means where no book says otherwise.
    pub action: Action,
    /// How much of a plan it looks at.
    #[serde(default)]
    pub scope: Scope,
    /// The operations it looks at, such as `aws ec2 RunInstances`; every one when empty.
    #[serde(default)]
    pub operations: Vec<String>,
    /// Benchmarks and standards, for example `AWS-6.0:2.1.4` and `SC-7`.
    #[serde(default)]
    pub controls: Vec<String>,
    /// Keys of the books that it reads, such as `owner.regions`.
    #[serde(default)]
    pub knobs: Vec<String>,
    /// What to do instead, in words.
    pub fix: String,
    /// Simple conditions on parameters; rules without them are written in Rego.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
}

/// Reads one catalogue file into the rules read so far.
///
/// # Errors
///
/// The file does not fit, or a rule is described twice.
pub(super) fn read_into(
    rules: &mut BTreeMap<String, RuleInfo>,
    file: &str,
    text: &str,
) -> Result<(), RulesError> {
    for (id, mut rule) in read::<BTreeMap<String, RuleInfo>>(file, text)? {
        let wrong =
            |message: String| RulesError::Document { file: file.to_owned(), place: id.clone(), message };
        if rules.contains_key(&id) {
            return Err(wrong("the rule is described twice".into()));
        }
        rule.id.clone_from(&id);
        for check in &rule.checks {
            check.validate(&rule.operations).map_err(wrong)?;
        }
        rules.insert(id, rule);
    }
    Ok(())
}
