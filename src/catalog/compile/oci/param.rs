//! The dictionaries in which an operation lists what travels where.

use ruff_python_ast::{Expr, ExprCall, ExprDict};

use crate::catalog::compile::CompileError;
use crate::catalog::compile::python::{Module, argument, call_of, text};
use crate::catalog::shapes::Collection;

/// A parameter that travels outside the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Param {
    pub(super) wire: String,
    pub(super) python: String,
    pub(super) collection: Option<Collection>,
    /// Whether it is taken by position.
    pub(super) positional: bool,
}

/// An entry of such a dictionary.
pub(super) enum Entry {
    Param(Param),
    /// The same in every request.
    Constant(String, String),
}

/// Reads a dictionary of parameters.
pub(super) fn entries(module: &Module, dict: &ExprDict) -> Result<Vec<Entry>, CompileError> {
    dict.items
        .iter()
        .map(|item| {
            let wire = item.key.as_ref().and_then(text);
            let wire =
                wire.ok_or_else(|| module.error(&item.value, "a parameter without a name"))?.to_owned();
            if let Some(constant) = text(&item.value) {
                return Ok(Entry::Constant(wire, constant.to_owned()));
            }
            let (value, collection) =
                match call_of(&item.value, "self.base_client.generate_collection_format_param") {
                    Some(call) => {
                        let (inner, way) = formatted(module, call)?;
                        (inner, Some(way))
                    }
                    None => (&item.value, None),
                };
            let (python, positional) = taken(value).ok_or_else(|| {
                module.error(value, format!("`{}` is not understood", module.source(value)))
            })?;
            Ok(Entry::Param(Param { wire, python, collection, positional }))
        })
        .collect()
}

fn formatted<'a>(module: &Module, call: &'a ExprCall) -> Result<(&'a Expr, Collection), CompileError> {
    let way = match argument(call, 1).and_then(text) {
        Some("multi") => Collection::Multi,
        Some("csv") => Collection::Csv,
        other => {
            let other = other.unwrap_or_default();
            return Err(module.error(call, format!("lists written as `{other}` are not understood")));
        }
    };
    let value = argument(call, 0).ok_or_else(|| module.error(call, "nothing to format"))?;
    Ok((value, way))
}

/// The Python name of a parameter, and whether it is taken by position: `vcn_id`, `kwargs.get("page", missing)`.
pub(super) fn taken(value: &Expr) -> Option<(String, bool)> {
    match value {
        Expr::Name(name) => Some((name.id.as_str().to_owned(), true)),
        _ => Some((argument(call_of(value, "kwargs.get")?, 0).and_then(text)?.to_owned(), false)),
    }
}
