//! XML bodies.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Map, Value};

use super::super::field::Field;
use super::scalar;
use crate::catalog::shapes::ShapeKind;

/// How deep elements may stand in each other.
const DEEPEST: usize = 64;

/// An element with what it holds.
#[derive(Debug, Default)]
pub(super) struct Node {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Node>,
}

impl Node {
    fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }
}

/// The root element of a document.
pub(super) fn parse(bytes: &[u8]) -> Result<Node, String> {
    let broken = |e: &dyn std::fmt::Display| format!("the body is no XML: {e}");
    let text = std::str::from_utf8(bytes).map_err(|e| broken(&e))?;
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Node> = vec![Node::default()];
    loop {
        let event = reader.read_event().map_err(|e| broken(&e))?;
        match event {
            Event::Start(start) => {
                if open.len() > DEEPEST {
                    return Err("the body is nested too deeply".to_owned());
                }
                open.push(begin(&start)?);
            }
            Event::Empty(start) => {
                let node = begin(&start)?;
                close(&mut open, node);
            }
            Event::End(_) => {
                if let Some(node) = open.pop() {
                    close(&mut open, node);
                }
            }
            Event::Text(text) => push(&mut open, &text),
            Event::CData(data) => push(&mut open, &data),
            Event::GeneralRef(reference) => {
                let whole = format!("&{};", &*reference);
                let text = quick_xml::escape::unescape(&whole).map_err(|e| broken(&e))?;
                push(&mut open, &text);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if open.len() != 1 {
        return Err("the body is cut off".to_owned());
    }
    let root = open.pop().and_then(|mut top| top.children.pop());
    root.ok_or_else(|| "the body has no element".to_owned())
}

fn begin(start: &quick_xml::events::BytesStart<'_>) -> Result<Node, String> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|e| format!("the body is no XML: {e}"))?;
        let value = quick_xml::escape::unescape(&attribute.value)
            .map_err(|e| format!("the body is no XML: {e}"))?
            .into_owned();
        attributes.push((attribute.key.as_ref().to_owned(), value));
    }
    let name = start.local_name().as_ref().to_owned();
    Ok(Node { name, attributes, ..Node::default() })
}

fn push(open: &mut [Node], text: &str) {
    if let Some(node) = open.last_mut() {
        node.text.push_str(text);
    }
}

fn close(open: &mut [Node], node: Node) {
    if let Some(parent) = open.last_mut() {
        parent.children.push(node);
    }
}

/// A value as plans write it.
pub(super) fn read(node: &Node, field: Field<'_>) -> Result<Value, String> {
    match field.kind() {
        ShapeKind::Structure { .. } => Ok(Value::Object(members(node, field.members())?)),
        ShapeKind::List { .. } => {
            let Some(item) = field.item() else { return Ok(Value::Null) };
            let name = item.wire_or("member");
            let items = node.children.iter().filter(|child| child.name == name);
            items.map(|child| read(child, item)).collect::<Result<_, _>>()
        }
        ShapeKind::Map { .. } => map(node.children.iter().filter(|child| child.name == "entry"), field),
        ShapeKind::String | ShapeKind::Character | ShapeKind::Document => Ok(Value::from(node.text.as_str())),
        _ => scalar::from_text(&node.text, field),
    }
}

/// The members that stand in an element.
pub(super) fn members<'a>(
    node: &Node,
    fields: impl Iterator<Item = Field<'a>>,
) -> Result<Map<String, Value>, String> {
    let mut out = Map::new();
    for field in fields {
        if let Some(value) = member(node, field)? {
            out.insert(field.name().to_owned(), value);
        }
    }
    Ok(out)
}

fn member(node: &Node, field: Field<'_>) -> Result<Option<Value>, String> {
    if field.member.traits.xml_attribute {
        let found = node.attributes.iter().find(|(name, _)| name == field.wire());
        return found.map(|(_, text)| scalar::from_text(text, field)).transpose();
    }
    match field.kind() {
        ShapeKind::List { .. } if field.flattened() => {
            let Some(item) = field.item() else { return Ok(None) };
            let name =
                if field.member.wire_name.is_some() { field.wire() } else { item.wire_or(field.wire()) };
            let items: Vec<Value> = node
                .children
                .iter()
                .filter(|child| child.name == name)
                .map(|child| read(child, item))
                .collect::<Result<_, _>>()?;
            Ok((!items.is_empty()).then_some(Value::Array(items)))
        }
        ShapeKind::Map { .. } if field.flattened() => {
            let found: Vec<&Node> = node.children.iter().filter(|child| child.name == field.wire()).collect();
            if found.is_empty() { Ok(None) } else { map(found.into_iter(), field).map(Some) }
        }
        _ => node.child(field.wire()).map(|child| read(child, field)).transpose(),
    }
}

fn map<'n>(nodes: impl Iterator<Item = &'n Node>, field: Field<'_>) -> Result<Value, String> {
    let Some((key, inner)) = field.entry() else { return Ok(Value::Null) };
    let mut entries = Map::new();
    for node in nodes {
        let (Some(name), Some(value)) = (node.child(key.wire_or("key")), node.child(inner.wire_or("value")))
        else {
            continue;
        };
        entries.insert(name.text.clone(), read(value, inner)?);
    }
    Ok(Value::Object(entries))
}
