//! What comes back: statuses, the answer's kind, how pages follow, how a long-running operation ends.

use ruff_python_ast::{CmpOp, Expr, ExprCall, Stmt, StmtFunctionDef};

use super::kind::{Kind, from_annotation, from_text};
use super::look::{Step, calls, calls_in, steps};
use super::model::Models;
use crate::catalog::compile::CompileError;
use crate::catalog::compile::python::{Literal, Module, argument, dotted, keyword, text};
use crate::catalog::shapes::{ArmLongRunning, ArmPages};

/// The statuses that mean success.
///
/// # Errors
///
/// They are no list of numbers.
pub(super) fn statuses(module: &Module, function: &StmtFunctionDef) -> Result<Vec<u16>, CompileError> {
    let Some(list) = compared(&function.body) else { return Ok(Vec::new()) };
    let listed = Literal::read(module, list)?;
    listed
        .as_list()
        .unwrap_or_default()
        .iter()
        .map(|status| match status {
            Literal::Int(number) => {
                u16::try_from(*number).map_err(|_| module.error(list, "a status is no status"))
            }
            _ => Err(module.error(list, "a status is no number")),
        })
        .collect()
}

/// The list in `response.status_code not in […]`.
fn compared(body: &[Stmt]) -> Option<&Expr> {
    body.iter().find_map(|stmt| match stmt {
        Stmt::If(choice) => match choice.test.as_ref() {
            Expr::Compare(test)
                if test.ops.first() == Some(&CmpOp::NotIn)
                    && dotted(&test.left).as_deref() == Some("response.status_code") =>
            {
                test.comparators.first()
            }
            _ => compared(&choice.body),
        },
        Stmt::FunctionDef(inner) => compared(&inner.body),
        _ => None,
    })
}

/// How a long-running operation ends, from the function that polls.
pub(super) fn long_running(
    module: &Module,
    function: &StmtFunctionDef,
) -> Result<ArmLongRunning, CompileError> {
    let mut found = ArmLongRunning::default();
    for options in calls(function).into_iter().filter_map(|call| keyword(call, "lro_options")) {
        let options = Literal::read(module, options)?;
        found.final_state_via = options.get("final-state-via").and_then(Literal::as_text).map(str::to_owned);
    }
    Ok(found)
}

/// What an answer holds.
pub(super) struct Answer {
    pub(super) kind: Option<Kind>,
    pub(super) pages: Option<ArmPages>,
}

/// Reads what a function makes of the answer.
///
/// # Errors
///
/// A type or a way of paging is not understood.
pub(super) fn read(
    module: &Module,
    function: &StmtFunctionDef,
    models: &Models,
) -> Result<Answer, CompileError> {
    let all = steps(&function.body);
    let paged: Vec<&Step<'_>> = all.iter().filter(|step| step.inside == Some("extract_data")).collect();
    if !paged.is_empty() {
        return pages(module, function, &paged, models);
    }
    // The old clients have a class per list.
    for call in calls(function) {
        let name = dotted(&call.func).unwrap_or_default();
        let list = name.strip_prefix("models.").filter(|name| name.ends_with("Paged"));
        if let Some(model) = list.and_then(|name| models.models.get(name)) {
            let wire = |attribute: &str| model.wire(attribute);
            let items = wire("current_page").ok_or_else(|| module.error(call, "the list has no items"))?;
            let pages = ArmPages { items, next_link: wire("next_link") };
            return Ok(Answer { kind: list.map(|name| Kind::Named(name.to_owned())), pages: Some(pages) });
        }
    }
    let polled = all.iter().filter(|step| step.inside == Some("get_long_running_output"));
    let mut found = polled.filter_map(|step| deserialized(step)).next();
    if found.is_none() {
        found = all.iter().filter_map(deserialized).next();
    }
    if let Some(call) = found {
        return Ok(Answer { kind: Some(kind(module, call)?), pages: None });
    }
    let long_running = all.iter().any(|step| step.inside == Some("get_long_running_output"));
    let streamed =
        !long_running && all.iter().any(|step| step.assigned().is_some_and(|(_, value)| is_stream(value)));
    Ok(Answer { kind: streamed.then_some(Kind::Bytes), pages: None })
}

fn is_stream(value: &Expr) -> bool {
    calls_in(value).iter().any(|call| {
        matches!(dotted(&call.func).as_deref(), Some("response.iter_bytes" | "response.stream_download"))
    })
}

/// The call that reads the body of the answer; headers and errors are read by others.
fn deserialized<'a>(step: &Step<'a>) -> Option<&'a ExprCall> {
    let Expr::Call(call) = step.assigned()?.1 else { return None };
    let called = dotted(&call.func)?;
    if called != "_deserialize" && called != "self._deserialize" {
        return None;
    }
    let from = argument(call, 1)?;
    let header = calls_in(from).iter().any(|c| dotted(&c.func).as_deref() == Some("response.headers.get"));
    (!header).then_some(call)
}

fn kind(module: &Module, call: &ExprCall) -> Result<Kind, CompileError> {
    let named = argument(call, 0).ok_or_else(|| module.error(call, "the answer has no type"))?;
    match text(named) {
        Some(written) => Ok(from_text(written)),
        None => Ok(from_annotation(module, named)?.kind),
    }
}

fn pages(
    module: &Module,
    function: &StmtFunctionDef,
    steps: &[&Step<'_>],
    models: &Models,
) -> Result<Answer, CompileError> {
    let odd = |what: &str| module.error(function, format!("how pages {what} is not understood"));
    let call = steps.iter().find_map(|step| deserialized(step)).ok_or_else(|| odd("are read"))?;
    let next = steps
        .iter()
        .find_map(|step| match step.stmt {
            Stmt::Return(found) => match found.value.as_deref() {
                Some(Expr::Tuple(pair)) => pair.elts.first(),
                _ => None,
            },
            _ => None,
        })
        .ok_or_else(|| odd("follow"))?;
    let read = kind(module, call)?;
    // New clients read the items alone; the list's other members are as the code names them.
    if dotted(&call.func).as_deref() == Some("_deserialize") {
        let items = argument(call, 1).and_then(got).ok_or_else(|| odd("hold items"))?;
        let next_link = match next {
            Expr::NoneLiteral(_) => None,
            Expr::BoolOp(or) => {
                Some(or.values.first().and_then(got).ok_or_else(|| odd("follow"))?.to_owned())
            }
            other => Some(got(other).ok_or_else(|| odd("follow"))?.to_owned()),
        };
        let pages = ArmPages { items: items.to_owned(), next_link };
        return Ok(Answer { kind: Some(read), pages: Some(pages) });
    }
    let Kind::Named(name) = &read else { return Err(odd("are read")) };
    let model = models.models.get(name).ok_or_else(|| odd("are read"))?;
    let wire = |value: &Expr| {
        let path = dotted(value)?;
        model.wire(path.strip_prefix("deserialized.")?)
    };
    let next_link = match next {
        Expr::NoneLiteral(_) => None,
        Expr::BoolOp(or) => Some(or.values.first().and_then(wire).ok_or_else(|| odd("follow"))?),
        other => Some(wire(other).ok_or_else(|| odd("follow"))?),
    };
    let items = steps.iter().filter_map(|step| step.assigned()).find_map(|(_, value)| wire(value));
    let pages = ArmPages { items: items.ok_or_else(|| odd("hold items"))?, next_link };
    Ok(Answer { kind: Some(read), pages: Some(pages) })
}

/// The member in `deserialized.get("value", [])` or `deserialized["value"]`.
fn got(value: &Expr) -> Option<&str> {
    match value {
        Expr::Call(call) if dotted(&call.func).as_deref() == Some("deserialized.get") => {
            argument(call, 0).and_then(text)
        }
        Expr::Subscript(at) if dotted(&at.value).as_deref() == Some("deserialized") => text(&at.slice),
        _ => None,
    }
}
