//! `conformance verdict`: what the Legislator says about a plan.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::lines::LineError;
use crate::catalog::Catalog;
use crate::legislator::{Legislator, Surroundings, no_uses};
use crate::plan::{Finding, Plan, Regions};

/// The rules, and the rules with the books of earlier lines.
pub(crate) struct Judge {
    catalog: Catalog,
    legislator: Legislator,
    by_books: HashMap<String, Legislator>,
}

/// Different books that are kept; a checker rarely uses more than one set.
const KEPT: usize = 32;

impl Judge {
    pub(crate) fn new(catalog: Catalog, legislator: Legislator) -> Self {
        Self { catalog, legislator, by_books: HashMap::new() }
    }

    /// Answers one line.
    ///
    /// # Errors
    ///
    /// The plan or a book does not fit.
    pub(crate) fn answer(&mut self, line: &Value) -> Result<Value, LineError> {
        let plan = line.get("plan").cloned().ok_or_else(|| LineError::new("invalid", "plan is missing"))?;
        let invalid = |e: &dyn std::fmt::Display| LineError::new("invalid", e.to_string());
        let plan = match plan {
            Value::String(text) => Plan::parse(&text),
            value => Plan::from_value(value),
        };
        let plan = plan.and_then(|plan| plan.with_inputs(&Map::new())).map_err(|e| invalid(&e))?;
        let context = &line["context"];
        let legislator = match context.get("books").and_then(Value::as_object) {
            Some(books) => self.with_books(books)?,
            None => self.legislator.clone(),
        };
        let with = Surroundings {
            facts: &[],
            estimate: None,
            environment: context["environment"].as_str(),
            regions: &Regions::everywhere(context["region"].as_str()),
            inventory: &context["inventory"],
            catalog: &self.catalog,
            now: context["now"].as_str().and_then(|now| now.parse().ok()).unwrap_or_else(Timestamp::now),
            uses: no_uses(),
        };
        let verdict = legislator.judge(&plan, &with);
        let findings: Vec<Value> = verdict.findings.iter().map(finding).collect();
        Ok(json!({"decision": verdict.decision, "findings": findings}))
    }

    fn with_books(&mut self, books: &Map<String, Value>) -> Result<Legislator, LineError> {
        let key = Value::from(books.clone()).to_string();
        if let Some(legislator) = self.by_books.get(&key) {
            return Ok(legislator.clone());
        }
        let legislator =
            self.legislator.with_books(books).map_err(|e| LineError::new("books", e.to_string()))?;
        if self.by_books.len() >= KEPT {
            self.by_books.clear();
        }
        self.by_books.insert(key, legislator.clone());
        Ok(legislator)
    }
}

fn finding(finding: &Finding) -> Value {
    let mut value = json!(finding);
    // Findings on the plan as a whole say so instead of leaving the member out.
    if finding.step.is_none() {
        value["step"] = Value::Null;
    }
    value["controls"] = json!(finding.controls);
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Home;
    use pretty_assertions::assert_eq;

    fn judge() -> Judge {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(None).unwrap();
        let legislator = crate::cli::rules::open(&Home::at(dir.path()), &catalog).unwrap();
        Judge::new(catalog, legislator)
    }

    fn line(context: Value) -> Value {
        json!({"id": 1, "context": context, "plan": {"version": 1, "name": "p", "steps": [
            {"id": "v", "cloud": "aws", "service": "ec2", "operation": "CreateVpc", "region": "us-east-1",
             "params": {"CidrBlock": "10.0.0.0/16"}}]}})
    }

    fn rules(answer: &Value) -> Vec<&str> {
        answer["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect()
    }

    #[test]
    fn books_of_a_line_take_the_place_of_the_shipped_ones() {
        let mut judge = judge();
        let answer = judge.answer(&line(json!({"environment": "dev"}))).unwrap();
        assert_eq!(answer["decision"], "deny");
        assert_eq!(rules(&answer), ["FIN-REG-01", "FIN-TAG-01"]);
        let books = json!({"environment": "dev", "books": {"owner": {}, "finops": ""}});
        assert_eq!(judge.answer(&line(books)).unwrap(), json!({"decision": "allow", "findings": []}));
        let books = json!({"books": {"owner": "regions:\n  aws: [us-east-1]\n", "finops": {}}, "environment": "prod"});
        let answer = judge.answer(&line(books)).unwrap();
        assert_eq!(rules(&answer), ["SEC-AWS-NET-08"]);
        assert_eq!(answer["findings"][0]["controls"][0], "AWS-6.0:4.7");
    }

    #[test]
    fn a_line_that_does_not_fit_says_where() {
        let mut judge = judge();
        let error = judge.answer(&line(json!({"books": {"owner": {"regoins": {}}}}))).unwrap_err();
        assert!(error.message.contains("did you mean `regions`?"), "{error:?}");
        let error = judge.answer(&line(json!({"books": {"ownr": {}}}))).unwrap_err();
        assert!(error.message.contains("did you mean `owner`?"), "{error:?}");
        assert!(judge.answer(&json!({"id": 1})).unwrap_err().message.contains("plan is missing"));
    }
}
