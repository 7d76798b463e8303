//! Elements in the shape of the model.

use serde_json::{Map, Value};

use super::element::Element;
use super::header::{number, time};
use super::json::unknown_choice;
use crate::catalog::shapes::{Service, Shape, ShapeKind};
use crate::clouds::aws::field::Field;
use crate::clouds::aws::time::Format;

/// The members of a structure that travel in the body.
pub(super) fn structure(service: &Service, shape: &Shape, element: &Element) -> Value {
    let mut out = Map::new();
    for member in shape.members() {
        let field = Field::new(service, member);
        if let Some(value) = find(field, element).filter(|_| field.answered_in_body()) {
            out.insert(member.name.clone(), value);
        }
    }
    if shape.traits.union
        && out.is_empty()
        && let [only] = element.children.as_slice()
    {
        return unknown_choice(&only.name);
    }
    Value::Object(out)
}

/// The value of a member inside the element of its structure, if it is there.
fn find(field: Field<'_>, inside: &Element) -> Option<Value> {
    let name = key_name(field);
    if field.member.traits.xml_attribute || field.shape.traits.xml_attribute {
        let attribute = inside.attributes.iter().find(|(key, _)| key == name)?;
        return Some(Value::from(attribute.1.clone()));
    }
    if field.flattened() {
        let items: Vec<&Element> = inside.children.iter().filter(|child| child.name == name).collect();
        return match field.kind() {
            _ if items.is_empty() => None,
            ShapeKind::List { .. } => Some(list(field, &items)),
            ShapeKind::Map { .. } => Some(map(field, &items)),
            _ => Some(value(field, items[0])),
        };
    }
    inside.child(name).map(|element| value(field, element))
}

/// Flattened lists stand under the name of their items, where the model gives one.
fn key_name(field: Field<'_>) -> &str {
    if field.flattened()
        && let Some(item) = field.item()
        && let Some(name) = item.member.wire_name.as_deref()
    {
        return name;
    }
    field.wire()
}

/// One element in the shape of a field.
pub(super) fn value(field: Field<'_>, element: &Element) -> Value {
    let text = element.text.as_str();
    match field.kind() {
        ShapeKind::Structure { .. } => structure(field.service, field.shape, element),
        ShapeKind::List { .. } => list(field, &element.children.iter().collect::<Vec<_>>()),
        ShapeKind::Map { .. } => map(field, &element.children.iter().collect::<Vec<_>>()),
        ShapeKind::Boolean => Value::from(text.trim() == "true"),
        ShapeKind::Integer | ShapeKind::Long | ShapeKind::Float | ShapeKind::Double => number(text.trim()),
        ShapeKind::Timestamp => time(text.trim(), field, Format::Iso8601),
        ShapeKind::String | ShapeKind::Character | ShapeKind::Document => Value::from(text),
        // Base64 on the wire and in plans alike.
        ShapeKind::Blob => Value::from(text.trim()),
    }
}

fn list(field: Field<'_>, items: &[&Element]) -> Value {
    match field.item() {
        Some(item) => items.iter().map(|element| value(item, element)).collect(),
        None => Value::Array(Vec::new()),
    }
}

fn map(field: Field<'_>, entries: &[&Element]) -> Value {
    let Some((key, item)) = field.entry() else { return Value::Null };
    let (key_name, value_name) = (key.wire_or("key"), item.wire_or("value"));
    let mut out = Map::new();
    for entry in entries {
        if let (Some(name), Some(element)) = (entry.text_of(key_name), entry.child(value_name)) {
            out.insert(name.to_owned(), value(item, element));
        }
    }
    Value::Object(out)
}
