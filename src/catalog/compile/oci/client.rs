//! One client: its endpoint, and its operations.

use ruff_python_ast::{Expr, Stmt, StmtClassDef, StmtFunctionDef};

use super::operation::{self, Operation};
use crate::catalog::compile::CompileError;
use crate::catalog::compile::python::{
    Definition, Literal, Module, argument, assigned, call_of, classes, text,
};
use crate::catalog::shapes::OciService;

/// A client as its class says it.
pub(super) struct Client {
    pub(super) class: String,
    /// The name that the client gives its own service: `compute`.
    pub(super) service: String,
    pub(super) about: OciService,
    pub(super) operations: Vec<Operation>,
}

/// What the constructor's dictionary may hold. Those without a meaning for requests come from the caller.
const KNOWN: [&str; 11] = [
    "regional_client",
    "service_endpoint",
    "base_path",
    "service_endpoint_template",
    "endpoint_service_name",
    "service_endpoint_template_per_realm",
    "service_uses_dualstack_endpoints_by_default",
    "skip_deserialization",
    "circuit_breaker_strategy",
    "client_level_realm_specific_endpoint_template_enabled",
    "client_level_dualstack_endpoints_enabled",
];

/// Reads the client of a file.
pub(super) fn read(module: &Module) -> Result<Client, CompileError> {
    let mut found = classes(module.body());
    let class = found.next().ok_or_else(|| module.lacks("a client class"))?;
    if let Some(second) = found.next() {
        return Err(module.error(second, "a second class beside a client"));
    }
    let mut constructor = None;
    let mut operations = Vec::new();
    for statement in class.statements() {
        match statement {
            Stmt::Expr(expression) if text(&expression.value).is_some() => {}
            Stmt::FunctionDef(function) if function.called() == "__init__" => {
                constructor = Some(construct(module, function)?);
            }
            Stmt::FunctionDef(function) => operations.push(operation::read(module, function)?),
            other => return Err(module.error(other, "a statement that is not understood in a client")),
        }
    }
    let (service, about) = constructor.ok_or_else(|| no_constructor(module, class))?;
    Ok(Client { class: class.called().to_owned(), service, about, operations })
}

fn no_constructor(module: &Module, class: &StmtClassDef) -> CompileError {
    module.error(class, "the client has no constructor")
}

fn construct(module: &Module, function: &StmtFunctionDef) -> Result<(String, OciService), CompileError> {
    let body = function.statements();
    let base = assigned(body, "self.base_client").and_then(|value| call_of(value, "BaseClient"));
    let service = base.and_then(|call| argument(call, 0)).and_then(text);
    let service = service.ok_or_else(|| module.error(function, "the base client is not made"))?;
    let Some(Expr::Dict(given)) = assigned(body, "base_client_init_kwargs") else {
        return Err(module.error(function, "base_client_init_kwargs is missing"));
    };
    let mut about = OciService::default();
    let mut regional = true;
    for item in &given.items {
        let name = item.key.as_ref().and_then(text).unwrap_or_default();
        if !KNOWN.contains(&name) {
            return Err(
                module.error(&item.value, format!("`{name}` is a client setting that is not understood"))
            );
        }
        let literal = || Literal::read(module, &item.value);
        let words = || -> Result<String, CompileError> {
            let value = literal()?;
            let value = value.as_text().map(str::to_owned);
            value.ok_or_else(|| module.error(&item.value, format!("{name} must be text")))
        };
        let flag = || match literal()? {
            Literal::Bool(flag) => Ok(flag),
            _ => Err(module.error(&item.value, format!("{name} must be True or False"))),
        };
        match name {
            "regional_client" => regional = flag()?,
            "base_path" => about.base_path = words()?.trim_end_matches('/').to_owned(),
            "service_endpoint_template" => about.endpoint_template = Some(words()?),
            "endpoint_service_name" => about.endpoint_service_name = Some(words()?),
            "service_uses_dualstack_endpoints_by_default" => about.dual_stack = flag()?,
            "service_endpoint_template_per_realm" => {
                let pairs = literal()?.text_pairs();
                about.realm_templates = pairs
                    .ok_or_else(|| module.error(&item.value, format!("{name} must map text to text")))?;
            }
            _ => {}
        }
    }
    if !regional {
        about.endpoint_template = None;
    }
    Ok((service.to_owned(), about))
}
