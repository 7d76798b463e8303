//! One model: a class with its attributes, and what its properties say about them.

use std::collections::HashMap;

use ruff_python_ast::{Expr, Stmt, StmtClassDef, StmtFunctionDef, StmtIf};

use super::value_type::ValueType;
use crate::catalog::compile::CompileError;
use crate::catalog::compile::python::{
    Definition, Literal, Module, assigned, assignments, bases, docstring, dotted, text,
};

/// The value that answers are given for words that this version does not know. It is never sent.
const UNKNOWN_WORD: &str = "UNKNOWN_ENUM_VALUE";

/// A model as its class says it.
pub(super) struct Model {
    pub(super) name: String,
    pub(super) base: Option<String>,
    pub(super) attributes: Vec<Attribute>,
    /// What the class's own properties say, by Python name; inherited ones are with the base.
    pub(super) properties: HashMap<String, Property>,
    /// Ways to values that must not be logged, by Python names; `*` stands for every item.
    pub(super) redacted: Vec<Vec<String>>,
    pub(super) subtypes: Option<Subtypes>,
    /// Attributes that the constructor fixes, by Python name: what a subtype says that it is.
    pub(super) fixed: Vec<(String, String)>,
}

/// An attribute.
pub(super) struct Attribute {
    pub(super) python: String,
    pub(super) wire: String,
    pub(super) value: ValueType,
}

/// What a property says about its attribute.
#[derive(Default)]
pub(super) struct Property {
    pub(super) required: bool,
    pub(super) words: Vec<String>,
    pub(super) closed: bool,
}

/// The models that stand in for a base, by the value of one attribute.
pub(super) struct Subtypes {
    /// Wire name of the deciding attribute.
    pub(super) wire: String,
    /// Values and the models that they mean.
    pub(super) cases: Vec<(String, String)>,
}

/// Reads every model of a file.
pub(super) fn read(module: &Module) -> Result<Vec<Model>, CompileError> {
    let mut models = Vec::new();
    for statement in module.body() {
        match statement {
            Stmt::ClassDef(class) => models.push(model(module, class)?),
            Stmt::ImportFrom(_) | Stmt::Import(_) => {}
            other => return Err(module.error(other, "a statement that is not understood beside a model")),
        }
    }
    Ok(models)
}

fn model(module: &Module, class: &StmtClassDef) -> Result<Model, CompileError> {
    let base = bases(class).into_iter().find(|base| base != "object");
    let mut model = Model {
        name: class.called().to_owned(),
        base,
        attributes: Vec::new(),
        properties: HashMap::new(),
        redacted: Vec::new(),
        subtypes: None,
        fixed: Vec::new(),
    };
    for statement in class.statements() {
        match statement {
            // Documentation, and constants that repeat the allowed words.
            Stmt::Expr(expression) if text(&expression.value).is_some() => {}
            Stmt::Assign(constant) if text(&constant.value).is_some() => {}
            Stmt::FunctionDef(function) => member(module, function, &mut model)?,
            other => return Err(module.error(other, "a statement that is not understood in a model")),
        }
    }
    Ok(model)
}

fn member(module: &Module, function: &StmtFunctionDef, model: &mut Model) -> Result<(), CompileError> {
    let decorator = function.decorator_list.first().and_then(|d| dotted(&d.expression));
    let name = function.called();
    match (name, decorator.as_deref()) {
        ("__init__", None) => state(module, function, model),
        ("get_subtype", Some("staticmethod")) => {
            model.subtypes = Some(subtypes(module, function)?);
            Ok(())
        }
        ("__repr__" | "__eq__" | "__ne__", None) => Ok(()),
        (_, Some("property")) => {
            let about = docstring(function.statements()).unwrap_or_default();
            let required = about.trim_start().starts_with("**[Required]**");
            model.properties.entry(name.to_owned()).or_default().required = required;
            Ok(())
        }
        (_, Some(setter)) if setter.strip_suffix(".setter") == Some(name) => {
            let property = model.properties.entry(name.to_owned()).or_default();
            words(module, function, property)
        }
        _ => Err(module.error(function, format!("`{name}` is a member of a model that is not understood"))),
    }
}

fn state(module: &Module, function: &StmtFunctionDef, model: &mut Model) -> Result<(), CompileError> {
    let body = function.statements();
    let pairs = |name: &str| {
        let value =
            assigned(body, name).ok_or_else(|| module.error(function, format!("{name} is missing")))?;
        let pairs = Literal::read(module, value)?.text_pairs();
        pairs.ok_or_else(|| module.error(value, format!("{name} must map text to text")))
    };
    let wire = pairs("self.attribute_map")?;
    for (python, kind) in pairs("self.swagger_types")? {
        let not = |what: &str| module.error(function, format!("attribute `{python}` {what}"));
        let value = ValueType::read(&kind).ok_or_else(|| not(&format!("has the unknown type `{kind}`")))?;
        let wire = wire.iter().find(|(name, _)| *name == python).map(|(_, wire)| wire.clone());
        let wire = wire.ok_or_else(|| not("has no wire name"))?;
        model.attributes.push(Attribute { python, wire, value });
    }
    model.fixed = assignments(body)
        .filter_map(|(target, value)| {
            Some((target.strip_prefix("self._")?.to_owned(), text(value)?.to_owned()))
        })
        .collect();
    if let Some(value) = assigned(body, "self._redacted_field_paths") {
        let paths = Literal::read(module, value)?;
        let paths: Option<Vec<Vec<String>>> =
            paths.as_list().and_then(|paths| paths.iter().map(Literal::texts).collect());
        model.redacted = paths.ok_or_else(|| module.error(value, "redacted paths must be lists of text"))?;
    }
    Ok(())
}

fn words(module: &Module, setter: &StmtFunctionDef, property: &mut Property) -> Result<(), CompileError> {
    for statement in setter.statements() {
        match statement {
            Stmt::Expr(expression) if text(&expression.value).is_some() => {}
            Stmt::Assign(assign) => {
                let target = assign.targets.first().and_then(dotted).unwrap_or_default();
                if target == "allowed_values" {
                    let words = Literal::read(module, &assign.value)?.texts();
                    let words = words.ok_or_else(|| module.error(statement, "words must be text"))?;
                    property.words = words.into_iter().filter(|word| word != UNKNOWN_WORD).collect();
                } else if !(target.starts_with("self._") && matches!(*assign.value, Expr::Name(_))) {
                    return Err(module.error(statement, "a setter that is not understood"));
                }
            }
            Stmt::If(check) => property.closed = closed(module, check)?,
            other => return Err(module.error(other, "a setter that is not understood")),
        }
    }
    Ok(())
}

/// Whether a check refuses other words, or takes them for unknown ones.
fn closed(module: &Module, check: &StmtIf) -> Result<bool, CompileError> {
    match check.body.first() {
        Some(Stmt::Raise(_)) => Ok(true),
        Some(Stmt::For(each)) => match each.body.first() {
            Some(Stmt::If(inner)) => closed(module, inner),
            _ => Err(module.error(check, "a check of words that is not understood")),
        },
        Some(Stmt::Assign(assign)) if module.source(&*assign.value).contains(UNKNOWN_WORD) => Ok(false),
        _ => Err(module.error(check, "a check of words that is not understood")),
    }
}

fn subtypes(module: &Module, function: &StmtFunctionDef) -> Result<Subtypes, CompileError> {
    let wrong = || module.error(function, "a subtype decision that is not understood");
    let mut wire = None;
    let mut cases = Vec::new();
    for statement in function.statements() {
        match statement {
            Stmt::Expr(expression) if text(&expression.value).is_some() => {}
            Stmt::Assign(assign) => {
                let Expr::Subscript(key) = assign.value.as_ref() else { return Err(wrong()) };
                wire = text(&key.slice).map(str::to_owned);
            }
            Stmt::If(chain) => {
                cases.push(case(&chain.test, &chain.body).ok_or_else(wrong)?);
                for clause in &chain.elif_else_clauses {
                    // Without a test: any other value means the base itself.
                    if let Some(test) = &clause.test {
                        cases.push(case(test, &clause.body).ok_or_else(wrong)?);
                    }
                }
            }
            Stmt::Return(_) => {}
            _ => return Err(wrong()),
        }
    }
    let wire = wire.ok_or_else(wrong)?;
    Ok(Subtypes { wire, cases })
}

/// `if type == 'a': return 'B'`.
fn case(test: &Expr, body: &[Stmt]) -> Option<(String, String)> {
    let Expr::Compare(compare) = test else { return None };
    let [Stmt::Return(returned)] = body else { return None };
    let value = text(compare.comparators.first()?)?;
    let model = text(returned.value.as_deref()?)?;
    Some((value.to_owned(), model.to_owned()))
}
