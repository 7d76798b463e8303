//! A model, whichever way it is written.

use std::collections::HashMap;

use serde_json::Value;

use super::kind::Kind;

/// The models and enumerations of one `models` folder.
#[derive(Debug, Default)]
pub(super) struct Models {
    pub(super) models: HashMap<String, Model>,
    pub(super) enums: HashMap<String, Vec<String>>,
}

/// One model.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Model {
    pub(super) fields: Vec<Field>,
    /// The wire name of the member that decides which model it really is.
    pub(super) discriminator: Option<String>,
    /// The values of the discriminator and the models that they stand for.
    pub(super) variants: Vec<(String, String)>,
}

impl Model {
    /// The wire name of an attribute.
    pub(super) fn wire(&self, attribute: &str) -> Option<String> {
        self.fields.iter().find(|field| field.attribute == attribute).map(|field| field.path.join("."))
    }
}

/// One field of a model.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    /// Its name in Python.
    pub(super) attribute: String,
    /// Where it stands on the wire; more than one part where Python shows nested members side by side. Empty for
    /// whatever other members there are.
    pub(super) path: Vec<String>,
    pub(super) kind: Kind,
    pub(super) required: bool,
    pub(super) read_only: bool,
    pub(super) write_only: bool,
    /// The value that is always sent.
    pub(super) constant: Option<Value>,
    pub(super) limits: Limits,
}

/// What a value must fit.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Limits {
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    pub(super) pattern: Option<String>,
}

impl Limits {
    /// Takes up a limit of this name, if it is one.
    pub(super) fn set(&mut self, name: &str, value: &Value) -> bool {
        match name {
            "min_length" | "minimum" | "min_items" => self.min = value.as_f64(),
            "max_length" | "maximum" | "max_items" => self.max = value.as_f64(),
            "pattern" => self.pattern = value.as_str().map(str::to_owned),
            // Open bounds, multiples and uniqueness are left to the service.
            "minimum_ex" | "maximum_ex" | "multiple" | "unique" => {}
            _ => return false,
        }
        true
    }
}
