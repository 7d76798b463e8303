//! What the Legislator says about a plan.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Digest, StepId};

/// How a plan, step, or finding is judged; the strictest decision of many wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Nothing against it.
    #[default]
    Allow,
    /// Can be approved after reading.
    Warn,
    /// Needs an approved exception.
    Exception,
    /// Cannot be approved.
    Deny,
}

impl Decision {
    /// The word shown to a person and used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Decision::Allow => "allow",
            Decision::Warn => "warn",
            Decision::Exception => "exception",
            Decision::Deny => "deny",
        }
    }
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// A small weakness.
    Low,
    /// A weakness.
    Medium,
    /// A serious weakness.
    High,
    /// An open door.
    Critical,
}

/// Whether the value that a rule looked at was there to be judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Knowledge {
    /// The value was there.
    #[default]
    Known,
    /// The value is a reference or depends on the account: neither good nor bad yet.
    Unknown,
}

/// An exception that covers a finding: another person than the one who asked approved it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excepted {
    /// The exception's id, for example `EX-20301224-1f3a`.
    pub id: String,
    /// Who approved it.
    pub by: Vec<String>,
    /// Until when it holds.
    pub until: Timestamp,
}

/// One rule that has something to say about one place of the plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's id, for example `SEC-AWS-S3-01`.
    pub rule: String,
    /// What the rule is about across clouds, for example `object-public-access`.
    pub topic: String,
    /// Who owns the rule: `security`, `finops`, or `owner`.
    pub pack: String,
    /// How grave it is.
    pub severity: Severity,
    /// What it means for the plan.
    pub decision: Decision,
    /// The step, or nothing when the whole plan is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepId>,
    /// JSON path of the parameter, starting at the step's params: `$.ACL`.
    pub path: String,
    /// One sentence with the offending value.
    pub message: String,
    /// What to do instead, in words.
    pub fix: String,
    /// JSON Patch operations on the step's params that would fix it, if there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patch: Vec<Value>,
    /// Benchmarks and standards, for example `AWS-6.0:2.1.4` and `SC-7`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<String>,
    /// Whether the judged value was known.
    #[serde(default)]
    pub state: Knowledge,
    /// The exception that covers it, where one is needed and there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<Excepted>,
}

impl Finding {
    /// What the finding means for the plan now: one that is covered by an exception can be approved after reading.
    #[must_use]
    pub fn weight(&self) -> Decision {
        match (self.decision, &self.exception) {
            (Decision::Exception, Some(_)) => Decision::Warn,
            (decision, _) => decision,
        }
    }
}

/// The judgement on one plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The plan.
    pub plan: Digest,
    /// The strictest weight of all findings.
    pub decision: Decision,
    /// What was found, strictest first.
    pub findings: Vec<Finding>,
    /// The identity of the rules that judged.
    pub rules: Digest,
    /// How many rules looked at the plan.
    pub rules_applied: usize,
    /// When.
    pub at: Timestamp,
}

impl Verdict {
    /// Sorts the findings, strictest first, and takes the strictest as the decision.
    #[must_use]
    pub fn new(plan: Digest, mut findings: Vec<Finding>, rules: Digest, rules_applied: usize) -> Self {
        findings.sort_by(|a, b| {
            (b.decision, b.severity, &a.rule, &a.step, &a.path)
                .cmp(&(a.decision, a.severity, &b.rule, &b.step, &b.path))
        });
        let decision = findings.iter().map(Finding::weight).max().unwrap_or_default();
        Self { plan, decision, findings, rules, rules_applied, at: Timestamp::now() }
    }

    /// The findings on one step.
    pub fn of_step<'a>(&'a self, step: &'a str) -> impl Iterator<Item = &'a Finding> {
        self.findings.iter().filter(move |f| f.step.as_deref() == Some(step))
    }
}
