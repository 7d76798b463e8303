//! The values that price rules name.

use regex::Regex;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::context::{Context, Known, decimal};
use super::rules::{Variable, Variables};

/// Names the values of `variables` in order; what had to be assumed goes to `assumed`.
pub(super) fn name_all(
    variables: &Variables,
    tables: &Map<String, Value>,
    context: &mut Context,
    assumed: &mut Vec<String>,
) {
    for (name, variable) in &variables.0 {
        let value = evaluate(variable, tables, context, assumed);
        context.name(name, value);
    }
}

fn evaluate(
    variable: &Variable,
    tables: &Map<String, Value>,
    context: &Context,
    assumed: &mut Vec<String>,
) -> Known<Value> {
    let called = variable.called.as_deref().unwrap_or(&variable.value);
    let found = if variable.value.is_empty() { None } else { context.find(&variable.value, called)? };
    let mut value = match (found, &variable.default) {
        // `false` is how an expression with `&&` says that it found nothing.
        (Some(Value::Bool(false)), None) => return Err(called.to_owned()),
        (Some(value), _) => value,
        (None, Some(default)) => {
            assumed.extend(variable.assume.as_deref().and_then(|words| context.fill(words).ok()));
            default.clone()
        }
        (None, None) => return Err(called.to_owned()),
    };
    if let (Some(pattern), Value::String(text)) = (&variable.capture, &value) {
        let group =
            Regex::new(pattern).ok().and_then(|p| Some(p.captures(text)?.get(1)?.as_str().to_owned()));
        value = group.map_or(value, Value::from);
    }
    if let (true, Value::String(text)) = (variable.lower, &value) {
        value = text.to_lowercase().replace(' ', "").into();
    }
    if has_arithmetic(variable) {
        value = calculate(variable, &value, context, called)?;
    }
    if let Some(table) = &variable.table {
        value = look_up(tables, table, &value).unwrap_or(value);
    }
    if let Some(table) = &variable.tier {
        let number = decimal(&value).ok_or_else(|| called.to_owned())?;
        value = tier(tables, table, number).ok_or_else(|| called.to_owned())?;
    }
    Ok(value)
}

fn has_arithmetic(v: &Variable) -> bool {
    !v.times.is_empty() || v.divide.is_some() || v.round_up || v.less.is_some() || v.least.is_some()
}

fn calculate(variable: &Variable, value: &Value, context: &Context, called: &str) -> Known<Value> {
    let unknown = || called.to_owned();
    let mut number = decimal(value).ok_or_else(unknown)?;
    for factor in &variable.times {
        number = number.checked_mul(context.number(factor)?).ok_or_else(unknown)?;
    }
    if let Some(divisor) = variable.divide {
        number = number.checked_div(divisor).ok_or_else(unknown)?;
    }
    if variable.round_up {
        number = number.ceil();
    }
    if let Some(less) = variable.less {
        number = number.checked_sub(less).ok_or_else(unknown)?.max(Decimal::ZERO);
    }
    if let Some(least) = variable.least {
        number = number.max(least);
    }
    // Text keeps every digit; a JSON number would become a binary fraction.
    Ok(Value::String(number.normalize().to_string()))
}

fn look_up(tables: &Map<String, Value>, table: &str, value: &Value) -> Option<Value> {
    let table = tables.get(table)?.as_object()?;
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let fits = |key: &str| match key.strip_suffix('*') {
        Some(start) => text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)),
        None => key.eq_ignore_ascii_case(&text),
    };
    table.iter().find(|(key, _)| fits(key)).map(|(_, value)| value.clone())
}

fn tier(tables: &Map<String, Value>, table: &str, number: Decimal) -> Option<Value> {
    let table = tables.get(table)?.as_object()?;
    let mut steps: Vec<(Decimal, &Value)> =
        table.iter().filter_map(|(key, value)| Some((key.parse().ok()?, value))).collect();
    steps.sort_by_key(|(limit, _)| *limit);
    steps.into_iter().find(|(limit, _)| *limit >= number).map(|(_, value)| value.clone())
}
