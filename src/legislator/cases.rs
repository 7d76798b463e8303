//! The rules' own cases: small plans with what a rule must say about them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::books::read;
use super::hard::hard;
use super::input::input;
use super::{Legislator, RulesError, Surroundings, no_uses};
use crate::catalog::Catalog;
use crate::plan::{Digest, Estimate, Finding, Knowledge, Plan, PriceStatus, Regions, StepEstimate};

/// What a rule must do about a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expect {
    /// Say nothing.
    Pass,
    /// Find a bad value.
    Find,
    /// Say that the value is not known yet.
    Unknown,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    case: String,
    expect: Expect,
    #[serde(default)]
    operation: Option<String>,
    #[serde(default = "nothing")]
    params: Value,
    #[serde(default)]
    region: Option<String>,
    #[serde(default)]
    steps: Vec<CaseStep>,
    #[serde(default)]
    environment: Option<String>,
    #[serde(default)]
    books: Map<String, Value>,
    #[serde(default)]
    inventory: Value,
    /// Monthly cost in US dollars by step; `null` where it is not known.
    #[serde(default)]
    monthly: Map<String, Value>,
    /// When it is judged.
    #[serde(default)]
    now: Option<Timestamp>,
    /// Where the finding must point.
    #[serde(default)]
    path: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseStep {
    id: String,
    operation: String,
    #[serde(default = "nothing")]
    params: Value,
    #[serde(default)]
    region: Option<String>,
}

fn nothing() -> Value {
    json!({})
}

/// How one case went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseResult {
    /// The rule.
    pub rule: String,
    /// The case, in a sentence.
    pub case: String,
    /// What had to happen.
    pub expect: Expect,
    /// What makes the case hard, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hard: Option<&'static str>,
    /// What happened instead, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrong: Option<String>,
}

/// How all cases went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CaseReport {
    /// Every case, by rule.
    pub cases: Vec<CaseResult>,
    /// Rules without a passing and two failing cases, or without a failing one that is hard.
    pub thin: Vec<String>,
}

impl CaseReport {
    /// The cases that went wrong.
    pub fn wrong(&self) -> impl Iterator<Item = &CaseResult> {
        self.cases.iter().filter(|case| case.wrong.is_some())
    }
}

/// All cases in the form in which another Rego engine can judge them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CaseInputs {
    /// The Rego files, by path below the rules folder.
    pub modules: BTreeMap<String, String>,
    /// The packages whose `deny` is asked, below `data.provisioner`.
    pub packages: Vec<String>,
    /// Books, tables, and checks, once for all cases that share them.
    pub data: Vec<Value>,
    /// The cases.
    pub cases: Vec<CaseInput>,
}

/// A case in the form in which another Rego engine can judge it.
#[derive(Clone, Debug, Serialize)]
pub struct CaseInput {
    /// The rule.
    pub rule: String,
    /// The case, in a sentence.
    pub case: String,
    /// The input document.
    pub input: Value,
    /// The position of its data.
    pub data: usize,
    /// All that the rules said.
    pub said: Value,
}

/// Runs every case of the `cases` folder with empty finance and owner books, or with the case's own.
pub(super) fn run(
    texts: &BTreeMap<String, String>,
    legislator: &Legislator,
    catalog: &Catalog,
) -> Result<CaseReport, RulesError> {
    let mut report = CaseReport::default();
    let mut tally: BTreeMap<String, Tally> =
        legislator.rules().into_iter().map(|rule| (rule.id, Tally::default())).collect();
    visit(texts, legislator, |rule, case, with_books, file| {
        let plan = case.plan(file, rule)?;
        let hard = case.hard();
        tally.entry(rule.to_owned()).or_default().count(case.expect, hard.is_some());
        let findings = with_books.judge(&plan, &case.surroundings(&case.estimate(&plan), catalog)).findings;
        let of_rule: Vec<&Finding> = findings.iter().filter(|finding| finding.rule == rule).collect();
        report.cases.push(CaseResult {
            rule: rule.to_owned(),
            case: case.case.clone(),
            expect: case.expect,
            hard,
            wrong: case.wrong(&of_rule),
        });
        Ok(())
    })?;
    report.thin = tally
        .into_iter()
        .filter(|(_, tally)| tally.passing < 1 || tally.failing < 2 || tally.hard < 1)
        .map(|(rule, _)| rule)
        .collect();
    Ok(report)
}

/// How many cases a rule has.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    passing: usize,
    failing: usize,
    /// Of the failing ones.
    hard: usize,
}

impl Tally {
    fn count(&mut self, expect: Expect, hard: bool) {
        match expect {
            Expect::Pass => self.passing += 1,
            Expect::Find | Expect::Unknown => {
                self.failing += 1;
                self.hard += usize::from(hard);
            }
        }
    }
}

/// Every case with its input, its data, and what the rules say about it.
pub(super) fn inputs(
    texts: &BTreeMap<String, String>,
    legislator: &Legislator,
    catalog: &Catalog,
) -> Result<CaseInputs, RulesError> {
    let mut all = CaseInputs::default();
    if let Some(set) = legislator.set() {
        all.modules = set.modules();
        all.packages = set.packages();
    }
    visit(texts, legislator, |rule, case, with_books, file| {
        let plan = case.plan(file, rule)?;
        let Some(set) = with_books.set() else { return Err(RulesError::Empty) };
        let zone = set.books.owner.time_zone.as_ref();
        let document = input(&plan, &case.surroundings(&case.estimate(&plan), catalog), zone).document;
        let said = set.ask(&document)?.into_iter().map(|said| said.value).collect();
        let data = set.data();
        let position = all.data.iter().position(|known| *known == data).unwrap_or_else(|| {
            all.data.push(data);
            all.data.len() - 1
        });
        all.cases.push(CaseInput {
            rule: rule.to_owned(),
            case: case.case.clone(),
            input: serde_json::to_value(&document).map_err(|e| RulesError::Evaluation(e.to_string()))?,
            data: position,
            said: Value::Array(said),
        });
        Ok(())
    })?;
    Ok(all)
}

fn visit(
    texts: &BTreeMap<String, String>,
    legislator: &Legislator,
    mut each: impl FnMut(&str, &Case, &Legislator, &str) -> Result<(), RulesError>,
) -> Result<(), RulesError> {
    let mut by_books: BTreeMap<String, Legislator> = BTreeMap::new();
    for (file, text) in texts.iter().filter(|(file, _)| file.starts_with("cases/") && file.ends_with(".yaml"))
    {
        for (rule, cases) in read::<BTreeMap<String, Vec<Case>>>(file, text)? {
            for case in &cases {
                let mut books = Map::from_iter([("finops".into(), json!({})), ("owner".into(), json!({}))]);
                books.extend(case.books.clone());
                let key = Value::from(books.clone()).to_string();
                if !by_books.contains_key(&key) {
                    by_books.insert(key.clone(), legislator.with_books(&books)?);
                }
                if let Some(with_books) = by_books.get(&key) {
                    each(&rule, case, with_books, file)?;
                }
            }
        }
    }
    Ok(())
}

impl Case {
    fn plan(&self, file: &str, rule: &str) -> Result<Plan, RulesError> {
        let wrong = |message: String| RulesError::Document {
            file: file.to_owned(),
            place: format!("{rule}, \"{}\"", self.case),
            message,
        };
        // A read that other steps can refer to: what it returns is not known when a plan is judged.
        let earlier = CaseStep {
            id: "earlier".into(),
            operation: "aws sts GetCallerIdentity".into(),
            params: nothing(),
            region: None,
        };
        let alone = self.operation.iter().map(|operation| CaseStep {
            id: "step".into(),
            operation: operation.clone(),
            params: self.params.clone(),
            region: self.region.clone(),
        });
        let steps = std::iter::once(earlier)
            .chain(alone)
            .chain(self.steps.iter().cloned())
            .map(|step| {
                let mut words = step.operation.split_whitespace();
                match (words.next(), words.next(), words.next(), words.next()) {
                    (Some(cloud), Some(service), Some(operation), None) => Ok(json!({
                        "id": step.id, "cloud": cloud, "service": service, "operation": operation,
                        "params": step.params, "region": step.region,
                    })),
                    _ => Err(wrong(format!(
                        "`{}` must be a cloud, a service, and an operation",
                        step.operation
                    ))),
                }
            })
            .collect::<Result<Vec<_>, _>>()?;
        Plan::from_value(json!({"version": 1, "name": "case", "steps": steps}))
            .map_err(|error| wrong(error.to_string()))
    }

    /// What makes it hard: in its parameters, or in those of any of its steps.
    fn hard(&self) -> Option<&'static str> {
        std::iter::once(&self.params).chain(self.steps.iter().map(|step| &step.params)).find_map(hard)
    }

    fn estimate(&self, plan: &Plan) -> Option<Estimate> {
        if self.monthly.is_empty() {
            return None;
        }
        let money = |step: &str| self.monthly.get(step).and_then(Value::as_f64);
        let steps = plan.steps.iter().map(|step| {
            let monthly = money(&step.id).and_then(|dollars| dollars.try_into().ok());
            StepEstimate {
                step: step.id.clone(),
                status: if monthly.is_some() { PriceStatus::Priced } else { PriceStatus::NotPriced },
                reason: None,
                monthly,
                components: Vec::new(),
                usage: Vec::new(),
            }
        });
        let steps: Vec<StepEstimate> = steps.collect();
        Some(Estimate {
            plan: Digest::of_bytes(b""),
            currency: "USD".into(),
            monthly: steps.iter().filter_map(|step| step.monthly).sum(),
            one_off: 0.into(),
            unpriced: 0,
            steps,
            assumptions: Vec::new(),
        })
    }

    fn surroundings<'a>(&'a self, estimate: &'a Option<Estimate>, catalog: &'a Catalog) -> Surroundings<'a> {
        Surroundings {
            facts: &[],
            estimate: estimate.as_ref(),
            environment: self.environment.as_deref(),
            regions: Regions::none(),
            inventory: &self.inventory,
            catalog,
            now: self.now.unwrap_or(Timestamp::UNIX_EPOCH),
            uses: no_uses(),
        }
    }

    fn wrong(&self, findings: &[&Finding]) -> Option<String> {
        let state = match self.expect {
            Expect::Pass => {
                return findings.first().map(|f| format!("it said at {}: {}", f.path, f.message));
            }
            Expect::Find => Knowledge::Known,
            Expect::Unknown => Knowledge::Unknown,
        };
        let right: Vec<_> = findings.iter().filter(|finding| finding.state == state).collect();
        match (&self.path, right.first()) {
            (_, None) if findings.is_empty() => Some("it said nothing".into()),
            (_, None) => Some(format!("it said: {}", findings[0].message)),
            (Some(path), Some(first)) if right.iter().all(|f| f.path != *path) => {
                Some(format!("it pointed to {} instead of {path}", first.path))
            }
            _ => None,
        }
    }
}

/// A case ready to be judged, for tests that ask more than the case does.
#[cfg(test)]
pub(super) struct CasePlan {
    pub(super) rule: String,
    pub(super) plan: Plan,
    pub(super) legislator: Legislator,
    case: Case,
    estimate: Option<Estimate>,
}

#[cfg(test)]
impl CasePlan {
    pub(super) fn surroundings<'a>(&'a self, catalog: &'a Catalog) -> Surroundings<'a> {
        self.case.surroundings(&self.estimate, catalog)
    }
}

#[cfg(test)]
pub(super) fn plans(
    texts: &BTreeMap<String, String>,
    legislator: &Legislator,
) -> Result<Vec<CasePlan>, RulesError> {
    let mut all = Vec::new();
    visit(texts, legislator, |rule, case, with_books, file| {
        let plan = case.plan(file, rule)?;
        let estimate = case.estimate(&plan);
        let legislator = with_books.clone();
        all.push(CasePlan { rule: rule.to_owned(), plan, legislator, case: case.clone(), estimate });
        Ok(())
    })?;
    Ok(all)
}
