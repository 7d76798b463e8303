//! The composite clients: which operation shows what another one changed.

use std::collections::{BTreeSet, HashMap};

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};

use super::names::pascal;
use crate::catalog::compile::CompileError;
use crate::catalog::compile::python::{Definition, Module, argument, classes, dotted, functions, text};
use crate::catalog::shapes::OciAwaits;

/// The service that shows work requests of clients that have none of their own.
pub(super) const WORK_REQUESTS: &str = "work_requests.work_request";

/// The operation that shows a work request.
const WORK_REQUEST: &str = "get_work_request";

/// How to wait, by the Python name of the operation that is waited for.
pub(super) fn read(module: &Module) -> Result<HashMap<String, OciAwaits>, CompileError> {
    let mut found = HashMap::new();
    for class in classes(module.body()) {
        for function in functions(class.statements()).filter(|f| f.called() != "__init__") {
            let (operation, awaits) = helper(module, function)?;
            // Where there are two ways, the resource itself is what counts.
            if awaits.service.is_none() || !found.contains_key(&operation) {
                found.insert(operation, awaits);
            }
        }
    }
    Ok(found)
}

fn helper(module: &Module, function: &StmtFunctionDef) -> Result<(String, OciAwaits), CompileError> {
    let name = function.called();
    let elsewhere = name.strip_suffix("_and_wait_for_work_request");
    let operation = elsewhere.or_else(|| name.strip_suffix("_and_wait_for_state"));
    let unknown = |what: &str| module.error(function, format!("`{name}` {what}"));
    let operation = operation.ok_or_else(|| unknown("is a helper that is not understood"))?;
    let mut calls = Calls::default();
    for statement in function.statements() {
        calls.visit_stmt(statement);
    }
    if !calls.made.iter().any(|called| called == &format!("self.client.{operation}")) {
        return Err(unknown("does not call the operation of its name"));
    }
    let wanted = if elsewhere.is_some() { "self._work_request_client." } else { "self.client." };
    let asked: BTreeSet<&str> = calls
        .made
        .iter()
        .filter_map(|called| called.strip_prefix(wanted))
        .filter(|c| *c != operation)
        .collect();
    // Some helpers wait for the work request and then show what it made.
    let getter = match asked.first() {
        Some(only) if asked.len() == 1 => *only,
        _ => *asked.get(WORK_REQUEST).ok_or_else(|| unknown("asks for more than one state, or for none"))?,
    };
    let state = calls.states.first().ok_or_else(|| unknown("looks at no state"))?;
    let awaits = OciAwaits {
        operation: pascal(getter),
        service: elsewhere.map(|_| WORK_REQUESTS.to_owned()),
        work_request: elsewhere.is_some() || getter == WORK_REQUEST,
        state: state.clone(),
        gone_is_success: calls.texts.iter().any(|text| text == "succeed_on_not_found"),
    };
    Ok((operation.to_owned(), awaits))
}

/// The calls of clients in a helper, the attributes that it looks at, and the words that it uses.
#[derive(Default)]
struct Calls {
    made: Vec<String>,
    states: Vec<String>,
    texts: Vec<String>,
}

impl Visitor<'_> for Calls {
    fn visit_stmt(&mut self, statement: &Stmt) {
        ruff_python_ast::visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &Expr) {
        if let Expr::Call(call) = expression {
            match dotted(&call.func) {
                Some(name) if name == "getattr" => {
                    self.states.extend(argument(call, 1).and_then(text).map(str::to_owned));
                }
                // The logger of the client is no operation.
                Some(name) if name.matches('.').count() == 2 => self.made.push(name),
                _ => {}
            }
        }
        self.texts.extend(text(expression).map(str::to_owned));
        walk_expr(self, expression);
    }
}
