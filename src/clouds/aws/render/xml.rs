//! XML bodies of REST with XML.

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use serde_json::Value;

use crate::catalog::shapes::{Operation, Service, ShapeKind};
use crate::clouds::aws::field::Field;
use crate::clouds::aws::time::{self, Format};

use super::json::float_text;

type Out = Writer<Vec<u8>>;
type Written = std::io::Result<()>;

/// The members of the input that travel in the body, under the root that the operation names.
pub(super) fn input(
    service: &Service,
    operation: &Operation,
    params: &[(&str, &Value)],
) -> std::io::Result<Vec<u8>> {
    let mut out = Writer::new(Vec::new());
    let xml = operation.input_xml.clone().unwrap_or_default();
    let shape = operation.input.map(|id| service.shape(id));
    let name = xml.name.or_else(|| shape.map(|s| s.name.clone())).unwrap_or_default();
    let uri = xml.uri.or_else(|| shape.and_then(|s| s.traits.xml_namespace.clone()));
    let mut start = BytesStart::new(name.clone());
    if let Some(uri) = &uri {
        let attribute = xml.prefix.map_or_else(|| "xmlns".to_owned(), |p| format!("xmlns:{p}"));
        start.push_attribute((attribute.as_str(), uri.as_str()));
    }
    let fields = || {
        params.iter().filter_map(|(name, value)| {
            Some((Field::new(service, shape.and_then(|s| s.member(name))?), *value))
        })
    };
    for (field, value) in fields().filter(|(field, _)| field.member.traits.xml_attribute) {
        start.push_attribute((field.wire(), value.as_str().unwrap_or_default()));
    }
    out.write_event(Event::Start(start))?;
    for (field, value) in fields().filter(|(field, _)| !field.member.traits.xml_attribute) {
        element(&mut out, value, field, field.wire())?;
    }
    out.write_event(Event::End(BytesEnd::new(name)))?;
    Ok(out.into_inner())
}

/// One member that is the whole body.
pub(super) fn payload(value: &Value, field: Field<'_>) -> std::io::Result<Vec<u8>> {
    let mut out = Writer::new(Vec::new());
    let name =
        field.wire_or(if field.shape.name.is_empty() { &field.member.name } else { &field.shape.name });
    element(&mut out, value, field, name)?;
    Ok(out.into_inner())
}

fn start<'n>(name: &'n str, field: Field<'_>) -> BytesStart<'n> {
    let mut start = BytesStart::new(name);
    if let Some((attribute, uri)) = field.xml_namespace() {
        start.push_attribute((attribute.as_str(), uri));
    }
    start
}

fn element(out: &mut Out, value: &Value, field: Field<'_>, name: &str) -> Written {
    match (field.kind(), value) {
        (ShapeKind::Structure { .. }, Value::Object(members)) => {
            let mut start = start(name, field);
            let fields = || members.iter().filter_map(|(name, value)| Some((field.get(name)?, value)));
            for (inner, value) in fields().filter(|(inner, _)| inner.member.traits.xml_attribute) {
                start.push_attribute((inner.wire(), value.as_str().unwrap_or_default()));
            }
            out.write_event(Event::Start(start))?;
            for (inner, value) in
                fields().filter(|(inner, v)| !inner.member.traits.xml_attribute && !v.is_null())
            {
                element(out, value, inner, inner.wire())?;
            }
            out.write_event(Event::End(BytesEnd::new(name)))
        }
        (ShapeKind::List { .. }, Value::Array(items)) => {
            let Some(item) = field.item() else { return Ok(()) };
            if field.flattened() {
                return items.iter().try_for_each(|value| element(out, value, item, name));
            }
            out.write_event(Event::Start(start(name, field)))?;
            for value in items {
                element(out, value, item, item.wire_or("member"))?;
            }
            out.write_event(Event::End(BytesEnd::new(name)))
        }
        (ShapeKind::Map { .. }, Value::Object(entries)) => {
            let Some((key, item)) = field.entry() else { return Ok(()) };
            let flat = field.flattened();
            if !flat {
                out.write_event(Event::Start(start(name, field)))?;
            }
            let holder = if flat { name } else { "entry" };
            for (entry, value) in entries {
                out.write_event(Event::Start(BytesStart::new(holder)))?;
                element(out, &Value::from(entry.as_str()), key, key.wire_or("key"))?;
                element(out, value, item, item.wire_or("value"))?;
                out.write_event(Event::End(BytesEnd::new(holder)))?;
            }
            if flat { Ok(()) } else { out.write_event(Event::End(BytesEnd::new(name))) }
        }
        _ => {
            out.write_event(Event::Start(start(name, field)))?;
            out.write_event(Event::Text(BytesText::new(&text(value, field))))?;
            out.write_event(Event::End(BytesEnd::new(name)))
        }
    }
}

fn text(value: &Value, field: Field<'_>) -> String {
    match (field.kind(), value) {
        (ShapeKind::Timestamp, value) => {
            let format = field.format(Format::Iso8601);
            time::read(value).map_or_else(|| value.to_string(), |at| time::write(at, format))
        }
        (ShapeKind::Float | ShapeKind::Double, value) => float_text(value),
        (_, Value::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}
