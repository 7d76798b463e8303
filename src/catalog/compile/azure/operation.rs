//! One method of an operations class, whole: request, body, answer.

use std::collections::HashMap;

use ruff_python_ast::{Expr, ExprCall, Stmt, StmtClassDef, StmtFunctionDef};
use serde_json::{Value, json};

use super::answer;
use super::kind::{Kind, from_annotation, from_text};
use super::look::{calls, is_overload, steps};
use super::model::{Limits, Models};
use super::names;
use super::request::{self, Request, Url};
use super::resolve::{Config, Origin, Scope, popped};
use crate::catalog::compile::CompileError;
use crate::catalog::compile::python::{
    Literal, Module, argument, docstring, dotted, function, functions, keyword, text,
};
use crate::catalog::docs::from_docstring;
use crate::catalog::shapes::{ArmOperation, Collection, Location};

/// An operation, before its shapes are made.
pub(super) struct Found {
    pub(super) name: String,
    /// What it does, in a sentence.
    pub(super) about: String,
    pub(super) method: String,
    pub(super) uri: String,
    pub(super) params: Vec<Param>,
    pub(super) body: Option<Body>,
    pub(super) answer: Option<Kind>,
    pub(super) arm: ArmOperation,
}

/// A parameter of path, query, or headers.
pub(super) struct Param {
    pub(super) wire: String,
    pub(super) location: Location,
    pub(super) kind: Kind,
    pub(super) limits: Limits,
    pub(super) required: bool,
    pub(super) default: Option<Value>,
    /// What the client's configuration gives.
    pub(super) client: Option<String>,
    pub(super) unquoted: bool,
    pub(super) collection: Option<Collection>,
}

/// What travels in the body.
pub(super) struct Body {
    pub(super) kind: Kind,
    pub(super) required: bool,
    /// What is sent when nothing is given.
    pub(super) default: Option<Value>,
}

/// A class of operations and what is known around it.
pub(super) struct Group<'a> {
    pub(super) module: &'a Module,
    pub(super) class: &'a StmtClassDef,
    pub(super) config: &'a Config,
    pub(super) models: &'a Models,
    /// The API version that the client picks for this group.
    pub(super) api_version: Option<&'a str>,
}

/// Reads all operations of a class.
///
/// # Errors
///
/// A method says something that is not understood.
pub(super) fn read(group: &Group<'_>) -> Result<Vec<Found>, CompileError> {
    let urls = metadata(group)?;
    functions(&group.class.body)
        .filter(|method| !method.name.starts_with('_') && !is_overload(method))
        .map(|method| Reader { group, urls: &urls }.method(method))
        .collect()
}

/// The URL templates that stand behind the methods: `list.metadata = {'url': '/…'}`.
fn metadata<'a>(group: &Group<'a>) -> Result<HashMap<&'a str, String>, CompileError> {
    let mut urls = HashMap::new();
    for stmt in &group.class.body {
        let Stmt::Assign(assign) = stmt else { continue };
        let Some(Expr::Attribute(target)) = assign.targets.first() else { continue };
        let (Expr::Name(method), "metadata") = (target.value.as_ref(), target.attr.as_str()) else {
            continue;
        };
        let values = Literal::read(group.module, &assign.value)?;
        if let Some(url) = values.get("url").and_then(Literal::as_text) {
            urls.insert(method.id.as_str(), url.to_owned());
        }
    }
    Ok(urls)
}

struct Reader<'a> {
    group: &'a Group<'a>,
    urls: &'a HashMap<&'a str, String>,
}

impl<'a> Reader<'a> {
    fn method(&self, method: &'a StmtFunctionDef) -> Result<Found, CompileError> {
        let (module, group) = (self.group.module, self.group);
        // A long-running operation sends its request from a method of its own.
        let initial = calls(method).into_iter().find_map(|call| {
            let name = dotted(&call.func)?;
            let name = name.strip_prefix("self.")?;
            name.ends_with("_initial").then(|| function(&group.class.body, name))?
        });
        let sender = initial.unwrap_or(method);
        let steps = steps(&sender.body);
        let scope = Scope::new(module, sender, Some(group.class), group.config, group.api_version, &steps);
        let built: Option<(String, &ExprCall)> = calls(sender).into_iter().find_map(|call| {
            let name = dotted(&call.func)?;
            (name.starts_with("build_") && name.contains("_request")).then_some((name, call))
        });
        let (request, arm, params) = match &built {
            Some((name, call)) => self.built(&scope, name, call)?,
            None => {
                let request = request::read(module, &steps)?;
                let (arm, params) = self.params(&scope, None, &request)?;
                (self.whole(request, None, method)?, arm, params)
            }
        };
        let (method_name, uri, fixed) = request;
        let mut arm = arm;
        let mut params = params;
        for param in params.iter_mut().filter(|param| param.location == Location::Query) {
            // What the URL says itself wins, so nobody has to give it.
            param.required &= !says(&uri, &param.wire);
        }
        let body = self.body(&scope, built.as_ref().map(|(_, call)| *call))?;
        self.content_type(&scope, &steps, body.as_ref(), &fixed, &mut arm)?;
        arm.success = answer::statuses(module, sender)?;
        if initial.is_some() {
            arm.long_running = Some(answer::long_running(module, method)?);
        }
        let answer = answer::read(module, method, group.models)?;
        arm.pages = answer.pages;
        Ok(Found {
            name: names::operation(group.class.name.as_str(), method.name.as_str()),
            about: docstring(&method.body).map(from_docstring).unwrap_or_default(),
            method: method_name,
            uri,
            params,
            body,
            answer: answer.kind,
            arm,
        })
    }

    /// The request that a builder function makes of the arguments of this call.
    fn built(&self, scope: &Scope<'a>, name: &str, call: &'a ExprCall) -> Result<Built, CompileError> {
        let module = self.group.module;
        let builder = function(module.body(), name);
        let builder = builder.ok_or_else(|| module.error(call, format!("there is no function `{name}`")))?;
        let steps = steps(&builder.body);
        let inner = Scope::new(module, builder, None, self.group.config, self.group.api_version, &steps);
        let request = request::read(module, &steps)?;
        let (arm, params) = self.params(&inner, Some((scope, call)), &request)?;
        let template = keyword(call, "template_url").and_then(request::metadata);
        let own = builder_content_type(&inner);
        let mut whole = self.whole(request, template, builder)?;
        whole.2.extend(own.map(|own| ("content-type default".to_owned(), own)));
        Ok((whole, arm, params))
    }

    fn whole(
        &self,
        request: Request<'_>,
        template: Option<&str>,
        at: &StmtFunctionDef,
    ) -> Result<Whole, CompileError> {
        let module = self.group.module;
        let odd = |what: &str| module.error(at, format!("`{}` {what}", at.name));
        let behind = |method: &str| self.urls.get(method).cloned();
        let uri = match (template, &request.url) {
            (Some(method), _) => behind(method),
            (None, Some(Url::Of(method))) => behind(method),
            (None, Some(Url::Written(url))) => Some((*url).to_owned()),
            (None, None) => None,
        };
        let uri = uri.ok_or_else(|| odd("has no URL"))?;
        if request.method.is_empty() {
            return Err(odd("sends no request"));
        }
        Ok((request.method, uri, request.fixed))
    }

    fn params(
        &self,
        scope: &Scope<'a>,
        caller: Option<(&Scope<'a>, &'a ExprCall)>,
        request: &Request<'a>,
    ) -> Result<(ArmOperation, Vec<Param>), CompileError> {
        let mut arm = ArmOperation::default();
        let mut params: Vec<Param> = Vec::new();
        for (name, value) in &request.fixed {
            if name.eq_ignore_ascii_case("accept") {
                arm.accept = Some(value.clone());
            }
        }
        for param in &request.params {
            // These are set by the client, not by the caller.
            if param.location == Location::Header
                && ["content-type", "accept-language"].iter().any(|own| param.wire.eq_ignore_ascii_case(own))
            {
                continue;
            }
            let (origin, given) = self.origin(scope, caller, param.value)?;
            if param.location == Location::Header && param.wire.eq_ignore_ascii_case("accept") {
                let Origin::Default(Literal::Text(accept)) = origin else {
                    return Err(scope.module.error(param.value, "the accepted type is no text"));
                };
                arm.accept = Some(accept);
                continue;
            }
            let mut read = Param {
                wire: header_name(param.location, param.wire),
                location: param.location,
                kind: param.kind.clone(),
                limits: param.limits.clone(),
                required: false,
                default: None,
                client: None,
                unquoted: param.unquoted,
                collection: param.collection,
            };
            match origin {
                Origin::Needed => read.required = true,
                Origin::Default(Literal::None) => {
                    read.required = param.location == Location::Uri && !param.guarded;
                }
                Origin::Default(value) => {
                    let value = value.to_json();
                    if read.wire == "api-version" {
                        arm.api_version = value.as_ref().and_then(Value::as_str).map(str::to_owned);
                    }
                    read.default = value;
                }
                Origin::Client(name) => {
                    read.required = name != "subscription_id";
                    read.client = Some(name);
                }
            }
            if let Some(annotation) = given {
                read.kind = self.known_values(scope.module, annotation, read.kind)?;
            }
            if !params.iter().any(|known| known.wire == read.wire && known.location == read.location) {
                params.push(read);
            }
        }
        Ok((arm, params))
    }

    /// Where a value comes from, seen from the caller of the method, and the annotation of its argument.
    fn origin(
        &self,
        scope: &Scope<'a>,
        caller: Option<(&Scope<'a>, &'a ExprCall)>,
        value: &'a Expr,
    ) -> Result<(Origin, Option<&'a Expr>), CompileError> {
        let annotation = |scope: &Scope<'a>, value: &Expr| {
            let Expr::Name(name) = value else { return None };
            scope.parameter(name.id.as_str()).and_then(|(annotation, _)| annotation)
        };
        if let (Some((outer, call)), Expr::Name(name)) = (caller, value) {
            let name = name.id.as_str();
            let key = scope.local(name).and_then(popped).unwrap_or(name);
            if let Some(given) = keyword(call, key) {
                return Ok((outer.resolve(given)?, annotation(outer, given)));
            }
        }
        Ok((scope.resolve(value)?, annotation(scope, value)))
    }

    /// Text whose annotation names an enumeration.
    fn known_values(&self, module: &Module, annotation: &Expr, kind: Kind) -> Result<Kind, CompileError> {
        let of = |kind: Kind| match kind {
            Kind::Named(name) if self.group.models.enums.contains_key(&name) => Some(Kind::Named(name)),
            Kind::OneOf(values) => Some(Kind::OneOf(values)),
            _ => None,
        };
        Ok(match &kind {
            Kind::Text => of(from_annotation(module, annotation)?.kind).unwrap_or(kind),
            Kind::List(item) if **item == Kind::Text => match from_annotation(module, annotation)?.kind {
                Kind::List(named) => of(*named).map_or(kind, |named| Kind::List(Box::new(named))),
                _ => kind,
            },
            _ => kind,
        })
    }

    fn body(&self, scope: &Scope<'a>, call: Option<&'a ExprCall>) -> Result<Option<Body>, CompileError> {
        let module = scope.module;
        for made in calls(scope.function) {
            let (value, kind) = match dotted(&made.func).as_deref() {
                Some("self._serialize.body") => {
                    let written = argument(made, 1).and_then(text);
                    let written = written.ok_or_else(|| module.error(made, "the body has no type"))?;
                    (argument(made, 0), Some(from_text(written)))
                }
                Some("json.dumps") => (argument(made, 0), None),
                _ => continue,
            };
            let value = value.ok_or_else(|| module.error(made, "the body has no value"))?;
            return self.body_of(scope, value, kind).map(Some);
        }
        // Bytes or text as they are.
        let Some(content) = call.and_then(|call| keyword(call, "content")) else { return Ok(None) };
        let Expr::Name(name) = content else { return Ok(None) };
        let value = scope.local(name.id.as_str()).unwrap_or(content);
        self.body_of(scope, value, None).map(Some)
    }

    fn body_of(&self, scope: &Scope<'a>, value: &'a Expr, kind: Option<Kind>) -> Result<Body, CompileError> {
        let module = scope.module;
        let odd = || module.error(value, "where the body comes from is not understood");
        let Expr::Name(name) = value else {
            return match (value, kind) {
                // A model made of single arguments.
                (Expr::Call(_), Some(kind)) => Ok(Body { kind, required: false, default: Some(json!({})) }),
                _ => Err(odd()),
            };
        };
        if let Some((annotation, default)) = scope.parameter(name.id.as_str()) {
            let annotated = annotation.map(|a| from_annotation(module, a)).transpose();
            let annotated = if kind.is_some() { annotated.unwrap_or_default() } else { annotated? };
            let optional = annotated.as_ref().is_some_and(|a| a.optional);
            let kind = kind.or_else(|| annotated.map(|a| a.kind)).ok_or_else(odd)?;
            return Ok(Body { kind, required: default.is_none() && !optional, default: None });
        }
        let local = scope.local(name.id.as_str()).ok_or_else(odd)?;
        self.body_of(scope, local, kind)
    }

    /// The type of the body, and whether it is told without one.
    fn content_type(
        &self,
        scope: &Scope<'a>,
        steps: &[super::look::Step<'a>],
        body: Option<&Body>,
        fixed: &[(String, String)],
        arm: &mut ArmOperation,
    ) -> Result<(), CompileError> {
        if let Some((_, always)) = fixed.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            arm.content_type = Some(always.clone());
            arm.content_type_without_body = true;
            return Ok(());
        }
        let Some(body) = body else {
            // A few clients tell the type of a body that they never send.
            let told = steps.iter().filter_map(super::look::Step::assigned).find_map(|(target, value)| {
                let is_told =
                    dotted(target).as_deref() == Some("content_type") && !matches!(value, Expr::If(_));
                last_text(value).filter(|_| is_told)
            });
            arm.content_type_without_body = told.is_some();
            arm.content_type = told;
            return Ok(());
        };
        let mut conditional = false;
        for (target, value) in steps.iter().filter_map(super::look::Step::assigned) {
            if dotted(target).as_deref() == Some("content_type") {
                conditional |= matches!(value, Expr::If(_));
                arm.content_type = last_text(value).or(arm.content_type.take());
            }
        }
        if arm.content_type.is_none() {
            let default = fixed.iter().find(|(name, _)| name == "content-type default");
            arm.content_type = default.map(|(_, value)| value.clone());
        }
        if arm.content_type.is_none() {
            return Err(scope.module.error(scope.function, "the type of the body is not said"));
        }
        arm.content_type_without_body = !conditional && !body.required && body.default.is_none();
        if conditional
            && calls(scope.function).iter().any(|c| dotted(&c.func).as_deref() == Some("json.dumps"))
        {
            arm.content_type_when_empty = Some("text/plain".into());
        }
        Ok(())
    }
}

/// Preconditions are written in two ways; plans know one.
fn header_name(location: Location, wire: &str) -> String {
    let known = ["If-Match", "If-None-Match"].into_iter().find(|name| name.eq_ignore_ascii_case(wire));
    known.filter(|_| location == Location::Header).unwrap_or(wire).to_owned()
}

type Whole = (String, String, Vec<(String, String)>);
type Built = (Whole, ArmOperation, Vec<Param>);

fn builder_content_type(scope: &Scope<'_>) -> Option<String> {
    scope.local("content_type").and_then(last_text)
}

/// Whether the query of a URL template names a parameter.
fn says(uri: &str, name: &str) -> bool {
    let (_, query) = uri.split_once('?').unwrap_or_default();
    query.split('&').any(|pair| pair.split('=').next() == Some(name))
}

/// The last text among alternatives: `content_type or "application/json"`.
fn last_text(value: &Expr) -> Option<String> {
    match value {
        Expr::StringLiteral(_) => text(value).map(str::to_owned),
        Expr::Call(call) => argument(call, 1).and_then(last_text),
        Expr::BoolOp(or) => or.values.iter().rev().find_map(last_text),
        Expr::If(choice) => last_text(&choice.body),
        _ => None,
    }
}
