//! The request that a function makes: method, URL, and the parameters as they travel.

use ruff_python_ast::{Expr, ExprCall};
use serde_json::Value;

use super::kind::{Kind, from_text};
use super::look::Step;
use super::model::Limits;
use crate::catalog::compile::CompileError;
use crate::catalog::compile::python::{Literal, Module, argument, dotted, keyword, text};
use crate::catalog::shapes::{Collection, Location};

/// A request, as a function writes it.
#[derive(Default)]
pub(super) struct Request<'a> {
    /// The verb; empty when the function makes no request.
    pub(super) method: String,
    /// Where the URL template stands.
    pub(super) url: Option<Url<'a>>,
    pub(super) params: Vec<Param<'a>>,
    /// Headers that are the same in every request.
    pub(super) fixed: Vec<(String, String)>,
}

/// Where a URL template stands.
pub(super) enum Url<'a> {
    Written(&'a str),
    /// In the metadata of this method.
    Of(&'a str),
}

/// A parameter on its way.
pub(super) struct Param<'a> {
    pub(super) wire: &'a str,
    pub(super) location: Location,
    /// The value, in the names of the function.
    pub(super) value: &'a Expr,
    pub(super) kind: Kind,
    pub(super) limits: Limits,
    pub(super) guarded: bool,
    pub(super) unquoted: bool,
    pub(super) collection: Option<Collection>,
}

/// Reads the request that these statements make.
///
/// # Errors
///
/// A part of it is not understood.
pub(super) fn read<'a>(module: &Module, steps: &[Step<'a>]) -> Result<Request<'a>, CompileError> {
    let mut request = Request::default();
    for step in steps {
        if let Some(call) = sent(step) {
            request.method = verb(module, call)?;
        }
        let Some((target, value)) = step.assigned() else { continue };
        match target {
            Expr::Name(name) if matches!(name.id.as_str(), "url" | "_url") => {
                if let Some(url) = template(value) {
                    request.url = Some(url);
                }
            }
            Expr::Name(name) if name.id.as_str() == "path_format_arguments" => {
                path(module, value, &mut request)?
            }
            Expr::Subscript(at) => {
                let Some(wire) = text(&at.slice) else { continue };
                if let Some(param) = placed(module, wire, value, step.guarded)? {
                    request.params.push(param);
                } else if let Some(fixed) = text(value)
                    && dotted(&at.value).is_some_and(|to| to.contains("header"))
                {
                    request.fixed.push((wire.to_owned(), fixed.to_owned()));
                }
            }
            _ => {}
        }
    }
    Ok(request)
}

/// The call that makes the request.
fn sent<'a>(step: &Step<'a>) -> Option<&'a ExprCall> {
    let value = match step.stmt {
        ruff_python_ast::Stmt::Return(found) => found.value.as_deref()?,
        _ => step.assigned()?.1,
    };
    let Expr::Call(call) = value else { return None };
    let called = dotted(&call.func)?;
    let verb = called.strip_prefix("self._client.");
    let plain =
        verb.is_some_and(|v| matches!(v, "get" | "put" | "post" | "patch" | "delete" | "head" | "options"));
    (called == "HttpRequest" || plain).then_some(call)
}

fn verb(module: &Module, call: &ExprCall) -> Result<String, CompileError> {
    if let Some(verb) =
        dotted(&call.func).and_then(|f| f.strip_prefix("self._client.").map(str::to_uppercase))
    {
        return Ok(verb);
    }
    let method = keyword(call, "method").or_else(|| argument(call, 0)).and_then(text);
    method.map(str::to_owned).ok_or_else(|| module.error(call, "the request names no method"))
}

fn template(value: &Expr) -> Option<Url<'_>> {
    match value {
        Expr::StringLiteral(_) => text(value).map(Url::Written),
        // `kwargs.pop("template_url", "/subscriptions/…")`
        Expr::Call(call) if dotted(&call.func).as_deref() == Some("kwargs.pop") => {
            argument(call, 1).and_then(text).map(Url::Written)
        }
        other => metadata(other).map(Url::Of),
    }
}

/// The method in `self.list.metadata['url']`.
pub(super) fn metadata(value: &Expr) -> Option<&str> {
    let Expr::Subscript(at) = value else { return None };
    let Expr::Attribute(metadata) = at.value.as_ref() else { return None };
    let Expr::Attribute(method) = metadata.value.as_ref() else { return None };
    (metadata.attr.as_str() == "metadata").then_some(method.attr.as_str())
}

fn path<'a>(module: &Module, value: &'a Expr, request: &mut Request<'a>) -> Result<(), CompileError> {
    let Expr::Dict(dict) = value else {
        return Err(module.error(value, "the path arguments are no dictionary"));
    };
    for item in &dict.items {
        let wire = item.key.as_ref().and_then(text);
        let wire = wire.ok_or_else(|| module.error(&item.value, "the path argument has no name"))?;
        // The base URL of the client.
        if wire == "endpoint" {
            continue;
        }
        let param = placed(module, wire, &item.value, false)?;
        let param = param.ok_or_else(|| module.error(&item.value, "the path argument is not serialised"))?;
        request.params.push(param);
    }
    Ok(())
}

/// A parameter, if the value is made by the serialiser.
fn placed<'a>(
    module: &Module,
    wire: &'a str,
    value: &'a Expr,
    guarded: bool,
) -> Result<Option<Param<'a>>, CompileError> {
    let (call, of, repeated) = match value {
        Expr::Call(call) => (call, None, false),
        // `[serialise(q) if q is not None else "" for q in queries]`: the name is repeated.
        Expr::ListComp(each) => {
            let Expr::If(choice) = each.elt.as_ref() else { return Ok(None) };
            let (Expr::Call(call), Some(of)) = (choice.body.as_ref(), each.generators.first()) else {
                return Ok(None);
            };
            (call, Some(&of.iter), true)
        }
        _ => return Ok(None),
    };
    let called = dotted(&call.func).unwrap_or_default();
    let Some(how) = called.strip_prefix("_SERIALIZER.").or_else(|| called.strip_prefix("self._serialize."))
    else {
        return Ok(None);
    };
    let location = match how {
        "url" => Location::Uri,
        "query" => Location::Query,
        "header" => Location::Header,
        _ => return Ok(None),
    };
    let (Some(given), Some(written)) = (argument(call, 1), argument(call, 2).and_then(text)) else {
        return Err(module.error(call, "the parameter has no value or no type"));
    };
    let mut param = Param {
        wire,
        location,
        value: of.unwrap_or(given),
        kind: from_text(written),
        limits: Limits::default(),
        guarded,
        unquoted: false,
        collection: None,
    };
    for given in &call.arguments.keywords {
        let name = given.arg.as_ref().map(|arg| arg.as_str()).unwrap_or_default();
        let value = Literal::read(module, &given.value)?.to_json().unwrap_or_default();
        match name {
            "skip_quote" => param.unquoted = value == Value::Bool(true),
            "div" if value == "," => param.collection = Some(Collection::JoinedQuoted),
            name if param.limits.set(name, &value) => {}
            name => return Err(module.error(given, format!("`{name}` of a parameter is not known"))),
        }
    }
    if repeated {
        param.kind = Kind::List(Box::new(param.kind));
        param.collection = Some(Collection::Multi);
    } else if matches!(param.kind, Kind::List(_)) && param.collection.is_none() {
        return Err(module.error(call, "how the list is written is not said"));
    }
    Ok(Some(param))
}
