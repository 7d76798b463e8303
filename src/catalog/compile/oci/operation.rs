//! One operation: a function of a client, statement by statement.

use std::collections::HashMap;

use ruff_python_ast::{Expr, ExprCall, Stmt, StmtFor, StmtFunctionDef, StmtIf};

use super::docstring;
use super::param::{self, Entry, Param};
use super::value_type::ValueType;
use crate::catalog::compile::CompileError;
use crate::catalog::compile::python::{
    Definition, Literal, Module, argument, call_of, docstring as text_of, dotted, keyword, text,
};
use crate::catalog::docs::from_docstring;

/// An operation as its function says it.
#[derive(Default)]
pub(super) struct Operation {
    /// Python's name.
    pub(super) name: String,
    /// What it does, in a sentence.
    pub(super) about: String,
    /// Where the function stands, for errors.
    pub(super) place: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) path_params: Vec<Param>,
    pub(super) query_params: Vec<Param>,
    pub(super) header_params: Vec<Param>,
    pub(super) headers: Vec<(String, String)>,
    /// A dictionary whose entries become headers: its Python name and the prefix of the headers.
    pub(super) header_map: Option<(String, String)>,
    pub(super) body: Option<Body>,
    pub(super) response: Option<ValueType>,
    pub(super) required_arguments: Vec<String>,
    pub(super) unsigned_content: bool,
    pub(super) retried: bool,
    /// Allowed words, by Python name; all of them are complete lists.
    pub(super) words: HashMap<String, Vec<String>>,
    /// Documented types, by Python name.
    pub(super) types: HashMap<String, ValueType>,
}

/// What travels as the body.
pub(super) struct Body {
    pub(super) python: String,
    pub(super) required: bool,
}

/// Arguments of the call that mean nothing for the request or are read from the assignments before it.
const CALL_ARGUMENTS: [&str; 13] = [
    "resource_path",
    "method",
    "path_params",
    "query_params",
    "header_params",
    "body",
    "response_type",
    "enforce_content_headers",
    "allow_control_chars",
    "enable_strict_url_encoding",
    "operation_name",
    "api_reference_link",
    "required_arguments",
];

/// Reads an operation.
pub(super) fn read(module: &Module, function: &StmtFunctionDef) -> Result<Operation, CompileError> {
    let mut operation = Operation {
        name: function.called().to_owned(),
        place: module.line_of(function),
        ..Operation::default()
    };
    let about = text_of(function.statements()).unwrap_or_default();
    operation.about = from_docstring(about);
    for documented in docstring::params(about) {
        if let Some(value) = documented.value {
            operation.types.insert(documented.name.to_owned(), value);
        }
    }
    let mut reader = Reader { module, operation, pending: None, sent: false };
    for statement in function.statements() {
        reader.statement(statement)?;
    }
    if !reader.sent {
        return Err(module.error(function, format!("`{}` sends nothing", function.called())));
    }
    reader.finish(function)
}

struct Reader<'a> {
    module: &'a Module,
    operation: Operation,
    /// Words whose check follows.
    pending: Option<Vec<String>>,
    sent: bool,
}

impl Reader<'_> {
    fn unknown(&self, statement: &Stmt) -> CompileError {
        let shown: String = self.module.source(statement).lines().next().unwrap_or_default().to_owned();
        self.module.error(statement, format!("a statement that is not understood: `{shown}`"))
    }

    fn statement(&mut self, statement: &Stmt) -> Result<(), CompileError> {
        match statement {
            Stmt::Expr(expression) if text(&expression.value).is_some() => Ok(()),
            Stmt::Assign(assign) => {
                let target = assign.targets.first().and_then(dotted).unwrap_or_default();
                self.assign(statement, &target, &assign.value)
            }
            Stmt::If(check) => self.check(statement, check),
            Stmt::For(each) => self.each(statement, each),
            // A body that is a stream: it may not be there.
            Stmt::Try(attempt) if attempt.handlers.len() == 1 && attempt.body.len() == 1 => {
                match &attempt.body[0] {
                    Stmt::Expr(_) if self.module.source(statement).contains("except NameError") => Ok(()),
                    _ => Err(self.unknown(statement)),
                }
            }
            other => Err(self.unknown(other)),
        }
    }

    fn assign(&mut self, statement: &Stmt, target: &str, value: &Expr) -> Result<(), CompileError> {
        let module = self.module;
        let words = || text(value).map(str::to_owned).ok_or_else(|| self.unknown(statement));
        let texts = || Literal::read(module, value)?.texts().ok_or_else(|| self.unknown(statement));
        match target {
            "required_arguments" => self.operation.required_arguments = texts()?,
            "resource_path" => self.operation.path = words()?,
            "method" => self.operation.method = words()?,
            "operation_name" => {
                let name = words()?;
                if name != self.operation.name {
                    return Err(module.error(statement, format!("operation_name is `{name}`")));
                }
            }
            "api_reference_link" => {
                words()?;
            }
            "expected_kwargs" => {
                texts()?;
            }
            "extra_kwargs" | "lowercase_header_params_keys" if matches!(value, Expr::ListComp(_)) => {}
            "path_params" | "query_params" | "header_params" => match value {
                Expr::Dict(dict) => self.params(target, param::entries(module, dict)?, statement)?,
                // What was not given is left out.
                Expr::DictComp(_) => {}
                _ => return Err(self.unknown(statement)),
            },
            "retry_strategy" if call_of(value, "self.base_client.get_preferred_retry_strategy").is_some() => {
            }
            name if name.ends_with("_allowed_values") => self.pending = Some(texts()?),
            _ => return Err(self.unknown(statement)),
        }
        Ok(())
    }

    fn params(&mut self, target: &str, entries: Vec<Entry>, at: &Stmt) -> Result<(), CompileError> {
        for entry in entries {
            match (entry, target) {
                (Entry::Param(param), "path_params") => self.operation.path_params.push(param),
                (Entry::Param(param), "query_params") => self.operation.query_params.push(param),
                (Entry::Param(param), _) => self.operation.header_params.push(param),
                (Entry::Constant(wire, value), "header_params") => {
                    self.operation.headers.push((wire.to_ascii_lowercase(), value));
                }
                (Entry::Constant(wire, _), _) => {
                    return Err(self.module.error(at, format!("`{wire}` is the same in every request")));
                }
            }
        }
        Ok(())
    }

    fn check(&mut self, statement: &Stmt, check: &StmtIf) -> Result<(), CompileError> {
        let source = self.module.source(&*check.test);
        match (&*check.test, source) {
            // Parameters that the function does not take.
            (Expr::Name(name), _) if name.id.as_str() == "extra_kwargs" => Ok(()),
            (Expr::Name(name), _) if name.id.as_str() == "retry_strategy" => self.send(statement, check),
            (_, "retry_strategy is None") => {
                let strategy = match check.body.first() {
                    Some(Stmt::Assign(assign)) => dotted(&assign.value),
                    _ => None,
                };
                if strategy.as_deref() != Some("retry.DEFAULT_RETRY_STRATEGY") {
                    return Err(self.unknown(statement));
                }
                self.operation.retried = true;
                Ok(())
            }
            (Expr::Compare(compare), source) if source.ends_with(" in kwargs") => {
                let name = text(&compare.left).ok_or_else(|| self.unknown(statement))?.to_owned();
                self.optional_words(statement, check, name)
            }
            // A positional parameter against the words before.
            (Expr::Compare(compare), source) if source.contains(" not in ") && self.pending.is_some() => {
                let name = dotted(&compare.left).ok_or_else(|| self.unknown(statement))?;
                self.take_words(name);
                Ok(())
            }
            (_, r#""expect" not in lowercase_header_params_keys"#) => {
                let default = match check.body.first() {
                    Some(Stmt::Assign(assign)) => text(&assign.value),
                    _ => None,
                };
                let default = default.ok_or_else(|| self.unknown(statement))?.to_owned();
                // The base client drops it where there is no body.
                if matches!(self.operation.method.as_str(), "PUT" | "POST" | "PATCH") {
                    self.operation.headers.push(("expect".into(), default));
                }
                Ok(())
            }
            // How the length of a stream is found out.
            (Expr::BoolOp(_), source) if source.contains(" is not missing and ") => Ok(()),
            _ => Err(self.unknown(statement)),
        }
    }

    fn optional_words(&mut self, at: &Stmt, check: &StmtIf, name: String) -> Result<(), CompileError> {
        let [Stmt::Assign(assign), test] = check.body.as_slice() else { return Err(self.unknown(at)) };
        let raises = match test {
            Stmt::If(test) => matches!(test.body.first(), Some(Stmt::Raise(_))),
            Stmt::For(each) => match each.body.first() {
                Some(Stmt::If(test)) => matches!(test.body.first(), Some(Stmt::Raise(_))),
                _ => false,
            },
            _ => false,
        };
        let words = Literal::read(self.module, &assign.value)?.texts();
        match words {
            Some(words) if raises => {
                self.operation.words.insert(name, words);
                Ok(())
            }
            _ => Err(self.unknown(at)),
        }
    }

    fn take_words(&mut self, name: String) {
        if let Some(words) = self.pending.take() {
            self.operation.words.insert(name, words);
        }
    }

    fn each(&mut self, statement: &Stmt, each: &StmtFor) -> Result<(), CompileError> {
        let source = self.module.source(&*each.iter);
        let raises = match each.body.first() {
            Some(Stmt::If(test)) => matches!(test.body.first(), Some(Stmt::Raise(_))),
            _ => false,
        };
        // Blank path values are refused.
        if source == "six.iteritems(path_params)" && raises {
            return Ok(());
        }
        if let (Expr::Name(list), true, true) = (&*each.iter, raises, self.pending.is_some()) {
            self.take_words(list.id.as_str().to_owned());
            return Ok(());
        }
        // for key, value in six.iteritems(kwargs.get("opc_meta", {})): header_params[f"opc-meta-{key}"] = value
        let map =
            call_of(&each.iter, "six.iteritems").and_then(|call| argument(call, 0)).and_then(param::taken);
        if let (Some((python, _)), [Stmt::Assign(assign)]) = (map, each.body.as_slice())
            && let Some(Expr::Subscript(place)) = assign.targets.first()
            && dotted(&place.value).as_deref() == Some("header_params")
            && let Some(prefix) = prefix_in(self.module.source(&*place.slice))
        {
            self.operation.header_map = Some((python, prefix));
            return Ok(());
        }
        Err(self.unknown(statement))
    }

    /// The call itself, with and without retries: both must say the same.
    fn send(&mut self, statement: &Stmt, check: &StmtIf) -> Result<(), CompileError> {
        let module = self.module;
        let returned = |body: &[Stmt]| match body.last() {
            Some(Stmt::Return(returned)) => returned.value.clone(),
            _ => None,
        };
        let retrying = returned(&check.body).ok_or_else(|| self.unknown(statement))?;
        let plain = check.elif_else_clauses.first().and_then(|clause| returned(&clause.body));
        let plain = plain.ok_or_else(|| self.unknown(statement))?;
        let retrying = call_of(&retrying, "retry_strategy.make_retrying_call");
        let (Some(retrying), Some(plain)) = (retrying, call_of(&plain, "self.base_client.call_api")) else {
            return Err(self.unknown(statement));
        };
        let written = |call: &ExprCall| -> Vec<String> {
            call.arguments.keywords.iter().map(|given| module.source(given).to_owned()).collect()
        };
        if written(retrying) != written(plain) {
            return Err(module.error(statement, "a call that is another one when it is retried"));
        }
        for given in &plain.arguments.keywords {
            let name = given.arg.as_ref().map(|name| name.as_str()).unwrap_or_default();
            if !CALL_ARGUMENTS.contains(&name) {
                return Err(module.error(given, format!("`{name}` is an argument that is not understood")));
            }
        }
        if let Some(body) = keyword(plain, "body") {
            let (python, required) = param::taken(body).ok_or_else(|| self.unknown(statement))?;
            self.operation.body = Some(Body { python, required });
        }
        if let Some(kind) = keyword(plain, "response_type") {
            let read = text(kind).and_then(ValueType::read);
            self.operation.response = Some(read.ok_or_else(|| module.error(kind, "an unknown type"))?);
        }
        if let Some(enforced) = keyword(plain, "enforce_content_headers") {
            self.operation.unsigned_content = Literal::read(module, enforced)? == Literal::Bool(false);
        }
        self.sent = true;
        Ok(())
    }

    fn finish(self, function: &StmtFunctionDef) -> Result<Operation, CompileError> {
        let mut operation = self.operation;
        if operation.method.is_empty() || operation.path.is_empty() {
            return Err(self.module.error(function, "an operation without a method or a path"));
        }
        if self.pending.is_some() {
            return Err(self.module.error(function, "allowed words that nothing is checked against"));
        }
        let positional: Vec<&str> =
            function.parameters.args.iter().map(|arg| arg.parameter.name.as_str()).collect();
        if let Some(body) = &mut operation.body {
            body.required = positional.contains(&body.python.as_str());
        }
        let params =
            operation.path_params.iter().chain(&operation.query_params).chain(&operation.header_params);
        for param in params {
            if param.positional != positional.contains(&param.python.as_str()) {
                return Err(self.module.error(function, format!("`{}` is no parameter", param.python)));
            }
        }
        Ok(operation)
    }
}

/// `f"opc-meta-{key}"` as `opc-meta-`.
fn prefix_in(source: &str) -> Option<String> {
    let inner = source.strip_prefix("f\"")?.strip_suffix("{key}\"")?;
    (!inner.contains('{')).then(|| inner.to_owned())
}
