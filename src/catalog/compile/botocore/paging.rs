//! Paginators and waiters of a service.

use std::collections::BTreeMap;

use serde_json::Value;

use super::reader::Reader;
use crate::catalog::compile::CompileError;
use crate::catalog::shapes::{Acceptor, Paginator, Waiter};

pub(super) fn paginators(
    service: &str,
    document: &Value,
) -> Result<BTreeMap<String, Paginator>, CompileError> {
    let document = Reader::new(service, "paginators-1", document)?;
    let Some(all) = document.object("pagination")? else { return Ok(BTreeMap::new()) };
    all.objects()?
        .into_iter()
        .map(|(operation, model)| {
            let paginator = Paginator {
                input_tokens: model.texts("input_token")?,
                output_tokens: model.texts("output_token")?,
                more_results: model.text("more_results")?,
                limit_key: model.text("limit_key")?,
                result_keys: model.texts("result_key")?,
                non_aggregate_keys: model.texts("non_aggregate_keys")?,
            };
            Ok((operation.to_owned(), paginator))
        })
        .collect()
}

pub(super) fn waiters(service: &str, document: &Value) -> Result<BTreeMap<String, Waiter>, CompileError> {
    let document = Reader::new(service, "waiters-2", document)?;
    let Some(all) = document.object("waiters")? else { return Ok(BTreeMap::new()) };
    all.objects()?.into_iter().map(|(name, model)| Ok((name.to_owned(), waiter(&model)?))).collect()
}

fn waiter(model: &Reader<'_>) -> Result<Waiter, CompileError> {
    let whole = |member: &str| {
        let value = model.get(member).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
        value.ok_or_else(|| model.error(member, "must be a whole number"))
    };
    let acceptors = model.get("acceptors").and_then(Value::as_array);
    let acceptors = acceptors.ok_or_else(|| model.error("acceptors", "must be a list"))?;
    Ok(Waiter {
        operation: model.needed_text("operation")?,
        delay: whole("delay")?,
        max_attempts: whole("maxAttempts")?,
        acceptors: acceptors.iter().map(|a| acceptor(model, a)).collect::<Result<_, _>>()?,
    })
}

fn acceptor(waiter: &Reader<'_>, value: &Value) -> Result<Acceptor, CompileError> {
    let text = |member: &str, allowed: &[&str]| {
        let found = value.get(member).and_then(Value::as_str).unwrap_or_default();
        if allowed.contains(&found) {
            return Ok(found.to_owned());
        }
        Err(waiter
            .error("acceptors", format!("{member} must be one of {}, found `{found}`", allowed.join(", "))))
    };
    Ok(Acceptor {
        state: text("state", &["success", "failure", "retry"])?,
        matcher: text("matcher", &["path", "pathAll", "pathAny", "status", "error"])?,
        argument: value.get("argument").and_then(Value::as_str).map(str::to_owned),
        expected: value
            .get("expected")
            .ok_or_else(|| waiter.error("acceptors", "expected is missing"))?
            .to_string(),
    })
}
