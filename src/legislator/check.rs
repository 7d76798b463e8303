//! A condition on one parameter, simple enough to be a row of data.
//!
//! `checks.rego` evaluates the rows; the values here are only checked and brought into the
//! form that it reads.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What absence of a parameter means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Absent {
    /// The cloud's default is good.
    #[default]
    Ok,
    /// The cloud's default is bad.
    Bad,
    /// The account or another resource decides.
    Unknown,
}

/// A condition on one parameter of some operations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The operations; all of the rule's when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<String>,
    /// A list in the parameters whose items are looked at one by one, as a dotted path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<String>,
    /// The parameter, as a dotted path from the parameters or from the item.
    pub path: String,
    /// Other places where the same parameter may stand; the first that is there counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub or: Vec<String>,
    /// The only good values; texts are compared without regard to case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub good: Vec<Value>,
    /// Bad values, where all others are good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bad: Vec<Value>,
    /// Whether any value is good as long as there is one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// What absence means.
    #[serde(default)]
    pub absent: Absent,
    /// Operations that change what exists: there, absence means that nothing changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,
    /// Looks only at steps in which this parameter has one of these values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// Does not look at steps in which this parameter has one of these values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless: Option<When>,
    /// Looks only at this environment; `!prod` means every other one that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The value that a patch sets; the first good one, or the opposite of a bad yes or no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<Value>,
}

/// A condition that decides whether a check looks at a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The parameter, as a dotted path.
    pub path: String,
    /// Its values; any value when empty.
    #[serde(default)]
    pub is: Vec<Value>,
}

impl Check {
    /// Refuses a check that could never speak.
    pub(super) fn validate(&self, operations: &[String]) -> Result<(), String> {
        let kinds = [!self.good.is_empty(), !self.bad.is_empty(), self.required];
        if kinds.into_iter().filter(|kind| *kind).count() != 1 {
            return Err(format!("the check of `{}` needs one of good, bad, and required", self.path));
        }
        let stray = self.operations.iter().chain(&self.changes).find(|name| !operations.contains(name));
        match stray {
            Some(name) => Err(format!("the check of `{}` names `{name}`, the rule does not", self.path)),
            None => Ok(()),
        }
    }

    /// The check as `checks.rego` reads it, for one operation of one rule.
    pub(super) fn row(&self, rule: &str, title: &str, operation: &str) -> Value {
        let keys = |path: &String| path.split('.').map(str::to_owned).collect::<Vec<_>>();
        let paths: Vec<_> = std::iter::once(&self.path).chain(&self.or).map(keys).collect();
        let absent = match self.absent {
            _ if self.changes.iter().any(|name| name == operation) => Absent::Ok,
            Absent::Ok if self.required => Absent::Bad,
            said => said,
        };
        let mut row = json!({
            "rule": rule, "title": title, "paths": paths, "good": self.good, "bad": self.bad,
            "absent": absent, "each": self.each.as_ref().map(keys).unwrap_or_default(),
            "in_list": self.each.is_some(), "environment": self.environment,
            "set": self.set.clone().or_else(|| self.remedy()), "fine": self.fine(absent),
        });
        for (name, condition) in [("when", &self.when), ("unless", &self.unless)] {
            if let Some(condition) = condition {
                row[name] = json!({"keys": keys(&condition.path), "is": condition.is});
            }
        }
        row
    }

    /// Values of the first place of which nothing has to be said; most steps are done with by them.
    fn fine(&self, absent: Absent) -> Vec<Value> {
        if self.each.is_some() {
            return Vec::new();
        }
        let mut fine = match self.bad.as_slice() {
            [Value::Bool(bad)] => vec![Value::Bool(!bad)],
            _ => self.good.clone(),
        };
        // A parameter that is not there may stand in another place, or be part of something that is not known yet.
        if absent == Absent::Ok && self.or.is_empty() && !self.path.contains('.') {
            fine.push(Value::Null);
        }
        fine
    }

    fn remedy(&self) -> Option<Value> {
        self.good.first().cloned().or_else(|| match self.bad.as_slice() {
            [Value::Bool(bad)] => Some(Value::Bool(!bad)),
            _ => None,
        })
    }

    /// The operations of the check.
    pub(super) fn operations<'a>(&'a self, of_rule: &'a [String]) -> &'a [String] {
        if self.operations.is_empty() { of_rule } else { &self.operations }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: Value) -> Check {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_check_without_values_or_of_a_stranger_is_refused() {
        let none = check(json!({"path": "Encrypted"}));
        assert!(none.validate(&[]).unwrap_err().contains("good, bad"));
        let stray = check(json!({"path": "Encrypted", "good": [true], "operations": ["aws s3 X"]}));
        assert!(stray.validate(&["aws ec2 Y".into()]).unwrap_err().contains("aws s3 X"));
    }

    #[test]
    fn absence_in_a_change_means_that_nothing_changes() {
        let check = check(json!({"path": "a.b", "good": [true], "absent": "bad", "changes": ["u"]}));
        assert_eq!(check.row("R", "T", "c")["absent"], "bad");
        assert_eq!(check.row("R", "T", "u")["absent"], "ok");
        assert_eq!(check.row("R", "T", "c")["paths"], json!([["a", "b"]]));
        assert_eq!(check.row("R", "T", "c")["set"], true);
    }
}
