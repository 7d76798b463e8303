//! What expressions of price rules see: a step's parameters, and the values named so far.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::rules::{Inherit, Rule};
use crate::plan::{Plan, is_reference, references};

/// A value, or the name of what is missing to know it.
pub(super) type Known<T> = Result<T, String>;

/// The parameters of one step, as far as the plan tells them.
#[derive(Clone, Debug)]
pub(super) struct Context {
    document: Map<String, Value>,
    /// Values by name.
    variables: BTreeMap<String, Known<Value>>,
    /// Places of the document that hold a reference; `[]` stands for any element.
    unresolved: Vec<String>,
    /// What would say more about the parameters but is not in the plan.
    elsewhere: Option<String>,
}

impl Context {
    /// The parameters of a step, with what its rule lets it inherit from other steps.
    pub(super) fn of_step(plan: &Plan, rule: &Rule, params: &Value) -> Self {
        let mut document = params.as_object().cloned().unwrap_or_default();
        let mut elsewhere = None;
        for inherit in &rule.inherit {
            match inherited(plan, inherit, &document) {
                Inherited::Nothing => {}
                Inherited::Elsewhere => elsewhere = inherit.by.split(" || ").next().map(str::to_owned),
                Inherited::Params(params) => {
                    for (name, value) in params {
                        document.entry(name).or_insert(value);
                    }
                }
            }
        }
        Self { elsewhere, ..Self::new(document) }
    }

    fn new(document: Map<String, Value>) -> Self {
        let mut unresolved = Vec::new();
        for (name, value) in &document {
            collect(value, name, &mut unresolved);
        }
        Self { document, variables: BTreeMap::new(), unresolved, elsewhere: None }
    }

    /// The same values, seen from one row of a list.
    pub(super) fn row(&self, row: &Value) -> Self {
        let document = row.as_object().cloned().unwrap_or_default();
        let variables = self.variables.clone();
        let mut context = Self { variables, ..Self::new(document) };
        context.name("row", Ok(row.clone()));
        context
    }

    /// Gives a value a name.
    pub(super) fn name(&mut self, name: &str, value: Known<Value>) {
        self.variables.insert(name.to_owned(), value);
    }

    /// The value with this name.
    pub(super) fn named(&self, name: &str) -> Known<&Value> {
        match self.variables.get(name) {
            Some(Ok(value)) => Ok(value),
            Some(Err(missing)) => Err(missing.clone()),
            None => Err(name.to_owned()),
        }
    }

    /// The result of an expression; `None` when the plan says nothing. `called` names what is
    /// missing when the plan leaves the result open.
    pub(super) fn find(&self, expression: &str, called: &str) -> Known<Option<Value>> {
        for (name, value) in &self.variables {
            if let Err(missing) = value
                && mentions(expression, &format!("_.{name}"))
            {
                return Err(missing.clone());
            }
        }
        let mut document = self.document.clone();
        let values = self.variables.iter().filter_map(|(n, v)| Some((n.clone(), v.as_ref().ok()?.clone())));
        document.insert("_".to_owned(), Value::Object(values.collect()));
        // An expression that fails on these parameters knows nothing; that is not the same as "no".
        let found = jmespath::compile(expression)
            .and_then(|compiled| compiled.search(Value::Object(document)))
            .map_err(|_| called.to_owned())?;
        let found = serde_json::to_value(found.as_ref()).map_err(|_| called.to_owned())?;
        let open = || self.unresolved.iter().any(|place| mentions(expression, place));
        let computed = expression.contains('(');
        match found {
            Value::String(text) if is_reference(&text) => Err(called.to_owned()),
            Value::String(_) | Value::Number(_) if !computed => Ok(Some(found)),
            // A calculation over parameters that stand elsewhere is no answer.
            found if (computed || found.is_boolean()) && self.elsewhere.is_some() => {
                Err(self.elsewhere.clone().unwrap_or_default())
            }
            _ if open() => Err(called.to_owned()),
            Value::Null => self.elsewhere.clone().map_or(Ok(None), Err),
            found => Ok(Some(found)),
        }
    }

    /// Whether a condition holds, by JMESPath's idea of truth.
    pub(super) fn holds(&self, condition: &str) -> Known<bool> {
        Ok(match self.find(condition, condition)? {
            None => false,
            Some(Value::Bool(value)) => value,
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Array(items)) => !items.is_empty(),
            Some(Value::Object(members)) => !members.is_empty(),
            Some(_) => true,
        })
    }

    /// A template with the values of its names put in.
    pub(super) fn fill(&self, template: &str) -> Known<String> {
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            out.push_str(before);
            let (name, lower) = name.strip_suffix("|lower").map_or((name, false), |name| (name, true));
            let text = match self.named(name)? {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            out.push_str(&if lower { text.to_lowercase() } else { text });
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }

    /// A factor: a number, or the name of one.
    pub(super) fn number(&self, factor: &Value) -> Known<Decimal> {
        match factor {
            Value::String(name) => {
                let value = self.named(name)?;
                decimal(value).ok_or_else(|| name.clone())
            }
            other => decimal(other).ok_or_else(|| other.to_string()),
        }
    }
}

/// A JSON number, or a text that is one, as a decimal.
pub(super) fn decimal(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    text.parse().or_else(|_| Decimal::from_scientific(&text)).ok().map(|d: Decimal| d.normalize())
}

fn collect(value: &Value, place: &str, out: &mut Vec<String>) {
    match value {
        Value::String(text) if is_reference(text) => out.push(place.to_owned()),
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| collect(member, &format!("{place}.{name}"), out));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, &format!("{place}[]"), out)),
        _ => {}
    }
}

/// Whether an expression speaks of a place, or of something inside it.
fn mentions(expression: &str, place: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    expression.match_indices(place).any(|(at, _)| {
        let before = expression[..at].chars().next_back();
        let after = expression[at + place.len()..].chars().next();
        !before.is_some_and(|c| part(c) || c == '.') && !after.is_some_and(part)
    })
}

enum Inherited {
    Nothing,
    Elsewhere,
    Params(Map<String, Value>),
}

fn inherited(plan: &Plan, inherit: &Inherit, document: &Map<String, Value>) -> Inherited {
    let find = |expression: &str, document: &Value| {
        let found = jmespath::compile(expression).and_then(|compiled| compiled.search(document)).ok()?;
        serde_json::to_value(found.as_ref()).ok()
    };
    let own = Value::Object(document.clone());
    let Some(by) = find(&inherit.by, &own).filter(|by| !by.is_null()) else { return Inherited::Nothing };
    let named = references(&by).map(|found| found.steps).unwrap_or_default();
    let source = plan.steps.iter().find(|step| {
        format!("{}/{}", step.service, step.operation) == inherit.from
            && (named.contains(&step.id)
                || inherit.named.as_ref().is_some_and(|name| find(name, &step.params).as_ref() == Some(&by)))
    });
    let Some(source) = source else { return Inherited::Elsewhere };
    let params = match &inherit.take {
        Some(take) => find(take, &source.params).unwrap_or_default(),
        None => source.params.clone(),
    };
    match params {
        Value::Object(params) => Inherited::Params(params),
        _ => Inherited::Elsewhere,
    }
}
