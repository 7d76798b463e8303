//! XML bodies of answers.

use quick_xml::escape::escape;
use serde_json::{Map, Value};

use super::super::field::Field;
use super::super::time::{self, Format};
use crate::catalog::shapes::{Location, Operation, Protocol, Service, ShapeId, ShapeKind};

/// The answer of a query service or of EC2.
pub(super) fn answer(
    service: &Service,
    operation: &Operation,
    output: &Map<String, Value>,
    request_id: &str,
) -> String {
    let mut inner = String::new();
    if let Some(id) = operation.output {
        members(&mut inner, service, id, output);
    }
    let namespace = service
        .traits
        .xml_namespace
        .clone()
        .unwrap_or_else(|| format!("http://ec2.amazonaws.com/doc/{}/", service.api_version));
    let name = &operation.name;
    let id = escape(request_id);
    let body = if service.protocol == Protocol::Ec2 {
        format!("<requestId>{id}</requestId>{inner}")
    } else {
        let wrapped = match &operation.result_wrapper {
            Some(wrapper) => format!("<{wrapper}>{inner}</{wrapper}>"),
            None => inner,
        };
        format!("{wrapped}<ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata>")
    };
    format!("{PROLOGUE}<{name}Response xmlns=\"{}\">{body}</{name}Response>", escape(&namespace))
}

/// How every document begins.
pub(super) const PROLOGUE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// A document of one element.
pub(super) fn document(service: &Service, root: &str, value: &Value, field: Field<'_>) -> String {
    let mut inner = String::new();
    match (field.kind(), value) {
        (ShapeKind::Structure { .. }, Value::Object(map)) => {
            members(&mut inner, field.service, field.member.shape, map);
        }
        (_, value) => inner.push_str(&escape(text(value, field))),
    }
    wrap(service, root, &inner)
}

/// A document of the members that travel in the body.
pub(super) fn whole(service: &Service, root: &str, shape: ShapeId, output: &Map<String, Value>) -> String {
    let mut inner = String::new();
    members(&mut inner, service, shape, output);
    wrap(service, root, &inner)
}

fn wrap(service: &Service, root: &str, inner: &str) -> String {
    match &service.traits.xml_namespace {
        Some(uri) => format!("{PROLOGUE}<{root} xmlns=\"{}\">{inner}</{root}>", escape(uri)),
        None => format!("{PROLOGUE}<{root}>{inner}</{root}>"),
    }
}

fn members(out: &mut String, service: &Service, shape: ShapeId, values: &Map<String, Value>) {
    for member in service.shape(shape).members().iter().filter(|m| m.location == Location::Body) {
        let field = Field::new(service, member);
        if member.traits.xml_attribute {
            continue;
        }
        if let Some(value) = values.get(&member.name).filter(|value| !value.is_null()) {
            element(out, field.wire(), value, field);
        }
    }
}

fn element(out: &mut String, name: &str, value: &Value, field: Field<'_>) {
    match (field.kind(), value) {
        (ShapeKind::List { .. }, Value::Array(items)) => {
            let Some(item) = field.item() else { return };
            if field.flattened() {
                let name = if field.member.wire_name.is_some() { name } else { item.wire_or(name) };
                items.iter().for_each(|value| element(out, name, value, item));
            } else {
                out.push_str(&format!("<{name}>"));
                items.iter().for_each(|value| element(out, item.wire_or("member"), value, item));
                out.push_str(&format!("</{name}>"));
            }
        }
        (ShapeKind::Map { .. }, Value::Object(entries)) => {
            let Some((key, inner)) = field.entry() else { return };
            let entry = if field.flattened() { name } else { "entry" };
            if !field.flattened() {
                out.push_str(&format!("<{name}>"));
            }
            for (text, value) in entries {
                let key = key.wire_or("key");
                out.push_str(&format!("<{entry}><{key}>{}</{key}>", escape(text)));
                element(out, inner.wire_or("value"), value, inner);
                out.push_str(&format!("</{entry}>"));
            }
            if !field.flattened() {
                out.push_str(&format!("</{name}>"));
            }
        }
        (ShapeKind::Structure { .. }, Value::Object(map)) => {
            out.push_str(&format!("<{name}{}>", attributes(map, field)));
            members(out, field.service, field.member.shape, map);
            out.push_str(&format!("</{name}>"));
        }
        (_, value) => out.push_str(&format!("<{name}>{}</{name}>", escape(text(value, field)))),
    }
}

/// Members that travel as attributes; the only prefix in use is that of schema instances.
fn attributes(values: &Map<String, Value>, field: Field<'_>) -> String {
    let mut out = String::new();
    for inner in field.members().filter(|inner| inner.member.traits.xml_attribute) {
        if let Some(value) = values.get(inner.name()) {
            if inner.wire().starts_with("xsi:") {
                out.push_str(" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"");
            }
            out.push_str(&format!(" {}=\"{}\"", inner.wire(), escape(text(value, inner))));
        }
    }
    out
}

fn text(value: &Value, field: Field<'_>) -> String {
    if let (ShapeKind::Timestamp, Some(at)) = (field.kind(), time::read(value)) {
        return time::write(at, Format::named(field.timestamp_format(), Format::Iso8601));
    }
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
