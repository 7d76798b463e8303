//! Reading members of a JSON model, with errors that name the place.

use serde_json::{Map, Value};

use crate::catalog::compile::CompileError;

/// A JSON object in a model, and where it stands.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    file: &'a str,
    place: String,
    object: &'a Map<String, Value>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        file: &'a str,
        place: impl Into<String>,
        value: &'a Value,
    ) -> Result<Self, CompileError> {
        let place = place.into();
        match value.as_object() {
            Some(object) => Ok(Self { file, place, object }),
            None => Err(CompileError::Model { file: file.into(), place, reason: "must be an object".into() }),
        }
    }

    pub(super) fn error(&self, member: &str, reason: impl Into<String>) -> CompileError {
        CompileError::Model {
            file: self.file.into(),
            place: format!("{}.{member}", self.place),
            reason: reason.into(),
        }
    }

    /// Refuses members that nobody knows: a new trait may change what a request must be.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), CompileError> {
        match self.object.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => Err(self.error(name, "is a trait that is not understood")),
        }
    }

    pub(super) fn get(&self, member: &str) -> Option<&'a Value> {
        self.object.get(member)
    }

    pub(super) fn object(&self, member: &str) -> Result<Option<Reader<'a>>, CompileError> {
        self.get(member)
            .map(|value| Reader::new(self.file, format!("{}.{member}", self.place), value))
            .transpose()
    }

    /// Every member that is itself an object, in order.
    pub(super) fn objects(&self) -> Result<Vec<(&'a str, Reader<'a>)>, CompileError> {
        self.object
            .iter()
            .map(|(name, value)| {
                Ok((name.as_str(), Reader::new(self.file, format!("{}.{name}", self.place), value)?))
            })
            .collect()
    }

    pub(super) fn text(&self, member: &str) -> Result<Option<String>, CompileError> {
        match self.get(member) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(self.error(member, format!("must be text, found {other}"))),
        }
    }

    pub(super) fn needed_text(&self, member: &str) -> Result<String, CompileError> {
        self.text(member)?.ok_or_else(|| self.error(member, "is missing"))
    }

    pub(super) fn flag(&self, member: &str) -> Result<bool, CompileError> {
        match self.get(member) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(self.error(member, format!("must be true or false, found {other}"))),
        }
    }

    pub(super) fn texts(&self, member: &str) -> Result<Vec<String>, CompileError> {
        let Some(value) = self.get(member) else { return Ok(Vec::new()) };
        let items = match value {
            Value::Array(items) => items.as_slice(),
            single => std::slice::from_ref(single),
        };
        items
            .iter()
            .map(|item| match item {
                Value::String(text) => Ok(text.clone()),
                other => Err(self.error(member, format!("must hold text, found {other}"))),
            })
            .collect()
    }

    pub(super) fn number(&self, member: &str) -> Result<Option<f64>, CompileError> {
        match self.get(member) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(number.as_f64()),
            Some(other) => Err(self.error(member, format!("must be a number, found {other}"))),
        }
    }
}
