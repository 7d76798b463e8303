//! The query protocol and its EC2 dialect: form-encoded bodies.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::draft::Draft;
use super::json::float_text;
use super::uri::encode_form;
use crate::catalog::shapes::{Operation, Protocol, Service, ShapeKind};
use crate::clouds::aws::field::Field;
use crate::clouds::aws::time::{self, Format};

pub(super) fn render(service: &Service, operation: &Operation, params: &Value) -> Draft {
    let mut pairs = vec![
        ("Action".to_owned(), operation.name.clone()),
        ("Version".to_owned(), service.api_version.clone()),
    ];
    let writer = Writer { ec2: service.protocol == Protocol::Ec2 };
    if let (Some(input), Some(params)) = (operation.input, params.as_object()) {
        for (name, value) in params {
            if let Some(member) = service.shape(input).member(name) {
                let field = Field::new(service, member);
                writer.value(&mut pairs, value, field, &writer.name(field));
            }
        }
    }
    let body: Vec<String> =
        pairs.iter().map(|(k, v)| format!("{}={}", encode_form(k), encode_form(v))).collect();
    Draft {
        method: operation.method.clone(),
        path: "/".into(),
        headers: vec![("content-type".into(), "application/x-www-form-urlencoded; charset=utf-8".into())],
        body: body.join("&").into_bytes(),
        ..Draft::default()
    }
}

struct Writer {
    ec2: bool,
}

impl Writer {
    fn name(&self, field: Field<'_>) -> String {
        if !self.ec2 {
            return field.wire().to_owned();
        }
        if let Some(name) = &field.member.query_name {
            return name.clone();
        }
        match &field.member.wire_name {
            Some(name) => {
                let mut chars = name.chars();
                chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
            }
            None => field.member.name.clone(),
        }
    }

    fn value(&self, out: &mut Vec<(String, String)>, value: &Value, field: Field<'_>, prefix: &str) {
        let text = match (field.kind(), value) {
            (ShapeKind::Structure { .. }, Value::Object(members)) => {
                for (name, value) in members {
                    if let Some(inner) = field.get(name) {
                        self.value(out, value, inner, &format!("{prefix}.{}", self.name(inner)));
                    }
                }
                return;
            }
            (ShapeKind::List { .. }, Value::Array(items)) => {
                self.list(out, items, field, prefix);
                return;
            }
            (ShapeKind::Map { .. }, Value::Object(entries)) => {
                let Some((key, item)) = field.entry() else { return };
                let prefix = if field.flattened() { prefix.to_owned() } else { format!("{prefix}.entry") };
                for (number, (name, value)) in entries.iter().enumerate() {
                    let number = number + 1;
                    out.push((format!("{prefix}.{number}.{}", key.wire_or("key")), name.clone()));
                    self.value(out, value, item, &format!("{prefix}.{number}.{}", item.wire_or("value")));
                }
                return;
            }
            (_, Value::Null) => return,
            (ShapeKind::Timestamp, value) => timestamp(value, field),
            (_, Value::String(text)) => text.clone(),
            (ShapeKind::Float | ShapeKind::Double, value) => float_text(value),
            (_, other) => other.to_string(),
        };
        out.push((prefix.to_owned(), text));
    }

    fn list(&self, out: &mut Vec<(String, String)>, items: &[Value], field: Field<'_>, prefix: &str) {
        let Some(item) = field.item() else { return };
        if items.is_empty() && !self.ec2 {
            out.push((prefix.to_owned(), String::new()));
        }
        let prefix = match (self.ec2, field.flattened(), item.member.wire_name.as_deref()) {
            (true, ..) | (false, true, None) => prefix.to_owned(),
            (false, true, Some(name)) => match prefix.rsplit_once('.') {
                Some((front, _)) => format!("{front}.{name}"),
                None => name.to_owned(),
            },
            (false, false, name) => format!("{prefix}.{}", name.unwrap_or("member")),
        };
        for (number, value) in items.iter().enumerate() {
            self.value(out, value, item, &format!("{prefix}.{}", number + 1));
        }
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
