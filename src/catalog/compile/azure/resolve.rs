//! Where the value of a parameter comes from: the caller, the client's configuration, or the source itself.

use std::collections::HashMap;

use ruff_python_ast::{Expr, StmtFunctionDef};

use super::look::Step;
use crate::catalog::compile::CompileError;
use crate::catalog::compile::python::{Literal, Module, assigned, dotted, function, text};
use ruff_python_ast::StmtClassDef;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Origin {
    /// The caller must give it.
    Needed,
    /// The caller may give it; else this is sent, or nothing for `None`.
    Default(Literal),
    /// The client's configuration holds it: `subscription_id`.
    Client(String),
}

/// What a client's configuration holds, with the defaults; `None` where the caller of the client gives it.
pub(super) type Config = HashMap<String, Option<Literal>>;

/// The names that mean something inside a function.
pub(super) struct Scope<'a> {
    pub(super) module: &'a Module,
    pub(super) function: &'a StmtFunctionDef,
    /// The class around it, for values that it sets for all of its methods.
    pub(super) class: Option<&'a StmtClassDef>,
    pub(super) config: &'a Config,
    /// The API version that the client picks for the group, where it picks one.
    pub(super) api_version: Option<&'a str>,
    locals: HashMap<&'a str, &'a Expr>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(
        module: &'a Module,
        function: &'a StmtFunctionDef,
        class: Option<&'a StmtClassDef>,
        config: &'a Config,
        api_version: Option<&'a str>,
        steps: &[Step<'a>],
    ) -> Self {
        let mut locals = HashMap::new();
        for (target, value) in steps.iter().filter_map(Step::assigned) {
            let Expr::Name(name) = target else { continue };
            let name = name.id.as_str();
            let again = match value {
                Expr::NoneLiteral(_) => locals.contains_key(name),
                Expr::BoolOp(or) => or.values.iter().any(|v| is_name(v, name)),
                Expr::If(choice) => is_name(&choice.body, name) || mentions(&choice.body, name),
                _ => false,
            };
            if !again {
                locals.insert(name, value);
            }
        }
        Self { module, function, class, config, api_version, locals }
    }

    /// The value that is assigned to a name inside the function.
    pub(super) fn local(&self, name: &str) -> Option<&'a Expr> {
        self.locals.get(name).copied()
    }

    /// The parameter of the function: its annotation and its default.
    pub(super) fn parameter(&self, name: &str) -> Option<(Option<&'a Expr>, Option<&'a Expr>)> {
        self.function
            .parameters
            .iter_non_variadic_params()
            .find(|p| p.parameter.name.as_str() == name)
            .map(|p| (p.parameter.annotation.as_deref(), p.default.as_deref()))
    }

    /// Where the value of an expression comes from.
    ///
    /// # Errors
    ///
    /// The expression is none that is understood.
    pub(super) fn resolve(&self, value: &'a Expr) -> Result<Origin, CompileError> {
        match value {
            Expr::Name(name) => self.name(value, name.id.as_str()),
            Expr::Attribute(_) => self.attribute(value),
            Expr::BoolOp(or) => {
                // `self._api_version or "2021-01-01"`.
                let mut last = None;
                for part in &or.values {
                    match self.resolve(part) {
                        Ok(Origin::Default(Literal::None)) => {}
                        Ok(found) => return Ok(found),
                        Err(error) => last = Some(error),
                    }
                }
                Err(last
                    .unwrap_or_else(|| self.module.error(value, "none of the alternatives is understood")))
            }
            Expr::Call(call) => {
                let called = dotted(&call.func).unwrap_or_default();
                match called.as_str() {
                    name if name.ends_with(".pop") => match call.arguments.args.get(1) {
                        Some(default) => self.resolve(default),
                        None => Ok(Origin::Needed),
                    },
                    // Preconditions are given as headers.
                    "prep_if_match" | "prep_if_none_match" => Ok(Origin::Default(Literal::None)),
                    _ => Err(self.module.error(value, format!("a value from `{called}` is not understood"))),
                }
            }
            literal => Literal::read(self.module, literal).map(Origin::Default),
        }
    }

    fn name(&self, value: &'a Expr, name: &str) -> Result<Origin, CompileError> {
        if let Some(local) = self.local(name).filter(|local| !is_name(local, name)) {
            return self.resolve(local);
        }
        match self.parameter(name) {
            Some((_, Some(default))) => Literal::read(self.module, default).map(Origin::Default),
            Some((_, None)) => Ok(Origin::Needed),
            None => Err(self.module.error(value, format!("`{name}` comes from nowhere"))),
        }
    }

    fn attribute(&self, value: &'a Expr) -> Result<Origin, CompileError> {
        let path = dotted(value).unwrap_or_default();
        let odd = || self.module.error(value, format!("`{path}` is not understood"));
        if let Some(name) = path.strip_prefix("self._config.").or_else(|| path.strip_prefix("self.config.")) {
            if name == "api_version"
                && let Some(picked) = self.api_version
            {
                return Ok(Origin::Default(Literal::Text(picked.to_owned())));
            }
            return Ok(match self.config.get(name) {
                Some(Some(default)) => Origin::Default(default.clone()),
                Some(None) => Origin::Client(name.to_owned()),
                None => return Err(odd()),
            });
        }
        if path == "self._api_version" {
            return Ok(Origin::Default(
                self.api_version.map_or(Literal::None, |version| Literal::Text(version.to_owned())),
            ));
        }
        if path.starts_with("self.") {
            let made = self.class.and_then(|class| function(&class.body, "__init__"));
            let set = made.and_then(|made| assigned(&made.body, &path)).ok_or_else(odd)?;
            return Literal::read(self.module, set).map(Origin::Default);
        }
        // A member of a group of options.
        let group = path.split('.').next().unwrap_or_default();
        match self.parameter(group) {
            Some(_) => Ok(Origin::Default(Literal::None)),
            None => Err(odd()),
        }
    }
}

fn is_name(value: &Expr, name: &str) -> bool {
    matches!(value, Expr::Name(found) if found.id.as_str() == name)
}

/// Whether a choice picks the name again: `content_type or "a" if body else None`.
fn mentions(value: &Expr, name: &str) -> bool {
    matches!(value, Expr::BoolOp(or) if or.values.iter().any(|v| is_name(v, name)))
}

/// The key of a `pop`: the name under which a caller may give the value.
pub(super) fn popped(value: &Expr) -> Option<&str> {
    match value {
        Expr::Call(call) if dotted(&call.func).is_some_and(|f| f == "kwargs.pop") => {
            call.arguments.args.first().and_then(text)
        }
        _ => None,
    }
}
