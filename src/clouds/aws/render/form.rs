//! The query protocol and its EC2 dialect: form-encoded bodies.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::draft::Draft;
use super::given::Given;
use super::json::float_text;
use super::uri::push_form;
use crate::catalog::shapes::{Operation, Protocol, Service, ShapeKind};
use crate::clouds::aws::field::Field;
use crate::clouds::aws::time::{self, Format};

/// The size of most bodies, and of most names in them.
const USUAL: usize = 1_024;
const LONGEST: usize = 128;

pub(super) fn render(service: &Service, operation: &Operation, params: &Given<'_>) -> Draft {
    let mut form = Form {
        ec2: service.protocol == Protocol::Ec2,
        body: String::with_capacity(USUAL),
        name: String::with_capacity(LONGEST),
    };
    form.name.push_str("Action");
    form.pair(&operation.name);
    form.name.replace_range(.., "Version");
    form.pair(&service.api_version);
    if let Some(input) = operation.input {
        for (name, value) in params.iter() {
            if let Some(member) = service.shape(input).member(name) {
                let field = Field::new(service, member);
                form.name.clear();
                form.push_name(field);
                form.value(value, field);
            }
        }
    }
    Draft {
        method: operation.method.clone(),
        path: "/".into(),
        headers: vec![("content-type".into(), "application/x-www-form-urlencoded; charset=utf-8".into())],
        body: form.body.into_bytes(),
        ..Draft::default()
    }
}

/// A form that grows; the name of the value that is being written grows and shrinks with the way to it.
struct Form {
    ec2: bool,
    body: String,
    name: String,
}

impl Form {
    /// Writes the pair of the current name and a value.
    fn pair(&mut self, value: &str) {
        if !self.body.is_empty() {
            self.body.push('&');
        }
        push_form(&mut self.body, &self.name);
        self.body.push('=');
        push_form(&mut self.body, value);
    }

    /// Writes what is behind a further part of the name, and takes the part off again.
    fn within(&mut self, part: impl FnOnce(&mut Self), write: impl FnOnce(&mut Self)) {
        let length = self.name.len();
        self.name.push('.');
        part(self);
        write(self);
        self.name.truncate(length);
    }

    fn push_number(&mut self, number: usize) {
        // Writing to a text cannot fail.
        let _ = write!(self.name, "{number}");
    }

    fn push_name(&mut self, field: Field<'_>) {
        if !self.ec2 {
            self.name.push_str(field.wire());
        } else if let Some(name) = &field.member.query_name {
            self.name.push_str(name);
        } else if let Some(name) = &field.member.wire_name {
            let mut letters = name.chars();
            self.name.extend(letters.next().into_iter().flat_map(char::to_uppercase));
            self.name.push_str(letters.as_str());
        } else {
            self.name.push_str(&field.member.name);
        }
    }

    fn value(&mut self, value: &Value, field: Field<'_>) {
        match (field.kind(), value) {
            (ShapeKind::Structure { .. }, Value::Object(members)) => {
                for (name, value) in members {
                    if let Some(inner) = field.get(name) {
                        self.within(|form| form.push_name(inner), |form| form.value(value, inner));
                    }
                }
            }
            (ShapeKind::List { .. }, Value::Array(items)) => self.list(items, field),
            (ShapeKind::Map { .. }, Value::Object(entries)) => {
                let Some((key, item)) = field.entry() else { return };
                let length = self.name.len();
                if !field.flattened() {
                    self.name.push_str(".entry");
                }
                for (number, (name, value)) in entries.iter().enumerate() {
                    let place = |form: &mut Self, end: &str| {
                        form.push_number(number + 1);
                        form.name.push('.');
                        form.name.push_str(end);
                    };
                    self.within(|form| place(form, key.wire_or("key")), |form| form.pair(name));
                    self.within(|form| place(form, item.wire_or("value")), |form| form.value(value, item));
                }
                self.name.truncate(length);
            }
            (_, Value::Null) => {}
            (ShapeKind::Timestamp, value) => self.pair(&timestamp(value, field)),
            (_, Value::String(text)) => self.pair(text),
            (ShapeKind::Float | ShapeKind::Double, value) => self.pair(&float_text(value)),
            (_, other) => self.pair(&other.to_string()),
        }
    }

    fn list(&mut self, items: &[Value], field: Field<'_>) {
        let Some(item) = field.item() else { return };
        if items.is_empty() && !self.ec2 {
            self.pair("");
        }
        let length = self.name.len();
        let mut replaced = String::new();
        match (self.ec2, field.flattened(), item.member.wire_name.as_deref()) {
            (true, ..) | (false, true, None) => {}
            (false, true, Some(name)) => {
                let front = self.name.rfind('.').map_or(0, |at| at + 1);
                replaced = self.name.split_off(front);
                self.name.push_str(name);
            }
            (false, false, name) => {
                self.name.push('.');
                self.name.push_str(name.unwrap_or("member"));
            }
        }
        for (number, value) in items.iter().enumerate() {
            let write = |form: &mut Self| form.push_number(number + 1);
            self.within(write, |form| form.value(value, item));
        }
        self.name.truncate(length - replaced.len());
        self.name.push_str(&replaced);
    }
}

fn timestamp(value: &Value, field: Field<'_>) -> String {
    let format = field.format(Format::Iso8601);
    time::read(value).map_or_else(|| value.to_string(), |at| time::write(at, format))
}

/// Bytes from a base64 text; a text that is no base64 stands for its own bytes.
pub(super) fn bytes(text: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(text).unwrap_or_else(|_| text.as_bytes().to_vec())
}
