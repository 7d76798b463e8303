//! Walking through the statements of a function in the order in which a first request runs through them.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{CmpOp, Expr, ExprCall, Stmt, StmtFunctionDef, UnaryOp};

use crate::catalog::compile::python::dotted;

/// One plain statement.
pub(super) struct Step<'a> {
    pub(super) stmt: &'a Stmt,
    /// Whether it runs only when a value is not `None`.
    pub(super) guarded: bool,
    /// The function inside the function that it stands in.
    pub(super) inside: Option<&'a str>,
}

impl<'a> Step<'a> {
    /// The target and the value, if it is an assignment.
    pub(super) fn assigned(&self) -> Option<(&'a Expr, &'a Expr)> {
        match self.stmt {
            Stmt::Assign(assign) => assign.targets.first().map(|target| (target, assign.value.as_ref())),
            Stmt::AnnAssign(assign) => assign.value.as_deref().map(|value| (assign.target.as_ref(), value)),
            _ => None,
        }
    }
}

/// All plain statements of a body. What only later pages run through is left out.
pub(super) fn steps(body: &[Stmt]) -> Vec<Step<'_>> {
    let mut found = Vec::new();
    walk(body, false, None, &mut found);
    found
}

fn walk<'a>(body: &'a [Stmt], guarded: bool, inside: Option<&'a str>, found: &mut Vec<Step<'a>>) {
    for stmt in body {
        match stmt {
            Stmt::If(choice) => {
                walk(&choice.body, guarded || is_not_none(&choice.test), inside, found);
                if !is_first_page(&choice.test) {
                    for clause in &choice.elif_else_clauses {
                        walk(&clause.body, guarded, inside, found);
                    }
                }
            }
            Stmt::FunctionDef(function) => walk(&function.body, guarded, Some(function.name.as_str()), found),
            Stmt::Try(attempt) => {
                for part in [&attempt.body, &attempt.orelse, &attempt.finalbody] {
                    walk(part, guarded, inside, found);
                }
            }
            Stmt::With(with) => walk(&with.body, guarded, inside, found),
            Stmt::For(each) => walk(&each.body, guarded, inside, found),
            stmt => found.push(Step { stmt, guarded, inside }),
        }
    }
}

/// `x is not None`.
fn is_not_none(test: &Expr) -> bool {
    matches!(test, Expr::Compare(compare)
        if compare.ops.first() == Some(&CmpOp::IsNot) && matches!(compare.comparators.first(), Some(Expr::NoneLiteral(_))))
}

/// `not next_link`.
fn is_first_page(test: &Expr) -> bool {
    matches!(test, Expr::UnaryOp(not)
        if not.op == UnaryOp::Not && dotted(&not.operand).as_deref() == Some("next_link"))
}

/// Every call in a function, outer ones first, those of functions inside it included.
pub(super) fn calls(function: &StmtFunctionDef) -> Vec<&ExprCall> {
    let mut calls = Calls(Vec::new());
    for stmt in &function.body {
        calls.visit_stmt(stmt);
    }
    calls.0
}

/// Every call in an expression, outer ones first.
pub(super) fn calls_in(value: &Expr) -> Vec<&ExprCall> {
    let mut calls = Calls(Vec::new());
    calls.visit_expr(value);
    calls.0
}

struct Calls<'a>(Vec<&'a ExprCall>);

impl<'a> Visitor<'a> for Calls<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, value: &'a Expr) {
        if let Expr::Call(call) = value {
            self.0.push(call);
        }
        walk_expr(self, value);
    }
}

/// Whether a function is a mere variant of its signature.
pub(super) fn is_overload(function: &StmtFunctionDef) -> bool {
    decorated(function, "overload")
}

/// Whether a function has a decorator of this name.
pub(super) fn decorated(function: &StmtFunctionDef, name: &str) -> bool {
    function.decorator_list.iter().any(|d| dotted(&d.expression).as_deref() == Some(name))
}
