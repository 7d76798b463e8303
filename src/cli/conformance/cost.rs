//! `conformance cost`: what a plan costs.

use serde_json::{Map, Value, json};

use super::lines::LineError;
use crate::finops::PriceBook;
use crate::plan::{Plan, Regions};

/// Answers one line.
///
/// # Errors
///
/// The plan is missing or does not fit.
pub(crate) fn answer(book: &PriceBook, line: &Value) -> Result<Value, LineError> {
    let plan = match line.get("plan") {
        None | Some(Value::Null) => return Err(LineError::new("invalid", "plan is missing")),
        Some(Value::String(text)) => Plan::parse(text),
        Some(value) => Plan::from_value(value.clone()),
    };
    let plan = plan
        .and_then(|plan| plan.with_inputs(&Map::new()))
        .map_err(|e| LineError::new("invalid", e.to_string()))?;
    Ok(json!(book.estimate(&plan, &Regions::everywhere(line["region"].as_str()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_answered_with_its_cost_step_by_step() {
        let book = PriceBook::open(None).unwrap();
        let line = json!({"plan": {"version": 1, "name": "gateway", "steps": [
            {"id": "nat", "cloud": "aws", "service": "ec2", "operation": "CreateNatGateway",
             "region": "us-east-1", "params": {"SubnetId": "subnet-1"}},
            {"id": "what", "cloud": "aws", "service": "ec2", "operation": "PurchaseHostReservation"}]}});
        let answer = answer(&book, &line).unwrap();
        assert_eq!(answer["currency"], "USD");
        assert_eq!(answer["monthly"], 32.85);
        assert_eq!(answer["steps"][0]["status"], "priced");
        assert_eq!(answer["steps"][0]["components"][0]["quantity"], 730.0);
        assert_eq!(answer["steps"][0]["components"][0]["unit_price"], 0.045);
        assert_eq!(answer["steps"][1]["status"], "not-priced");
        assert_eq!(answer["steps"][1]["monthly"], Value::Null);
    }

    #[test]
    fn a_line_without_a_plan_says_so() {
        let book = PriceBook::open(None).unwrap();
        assert!(answer(&book, &json!({})).unwrap_err().message.contains("plan"));
        let wrong = json!({"plan": {"version": 1, "name": "x", "steps": [{"id": "A!"}]}});
        assert_eq!(answer(&book, &wrong).unwrap_err().kind, "invalid");
    }
}
