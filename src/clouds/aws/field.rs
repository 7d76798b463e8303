//! A member together with its shape: a member's own traits win over its shape's.

use super::exceptions;
use super::time::Format;
use crate::catalog::shapes::{Location, Member, Service, Shape, ShapeKind};

/// A place in a request or an answer that holds a value.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) service: &'a Service,
    pub(crate) member: &'a Member,
    pub(crate) shape: &'a Shape,
}

impl<'a> Field<'a> {
    pub(crate) fn new(service: &'a Service, member: &'a Member) -> Self {
        Self { service, member, shape: service.shape(member.shape) }
    }

    pub(crate) fn kind(self) -> &'a ShapeKind {
        &self.shape.kind
    }

    /// The name on the wire.
    pub(crate) fn wire(self) -> &'a str {
        self.member.wire_name.as_deref().unwrap_or(&self.member.name)
    }

    /// The name on the wire, or another where the model gives none.
    pub(crate) fn wire_or(self, default: &'a str) -> &'a str {
        self.member.wire_name.as_deref().unwrap_or(default)
    }

    pub(crate) fn flattened(self) -> bool {
        self.member.traits.flattened || self.shape.traits.flattened
    }

    pub(crate) fn timestamp_format(self) -> Option<&'a str> {
        self.member.traits.timestamp_format.as_deref().or(self.shape.traits.timestamp_format.as_deref())
    }

    /// How a timestamp is written in a request, where the protocol writes it as `default`.
    pub(crate) fn format(self, default: Format) -> Format {
        let format = Format::named(self.timestamp_format(), default);
        if exceptions::milliseconds(self.service) { format.with_milliseconds() } else { format }
    }

    /// Whether an answer has it in its body; where it would travel in a request does not count.
    pub(crate) fn answered_in_body(self) -> bool {
        matches!(self.member.location, Location::Body | Location::Uri | Location::Query)
    }

    /// The namespace attribute's name and value.
    pub(crate) fn xml_namespace(self) -> Option<(String, &'a str)> {
        let (own, shape) = (&self.member.traits, &self.shape.traits);
        let from = if own.xml_namespace.is_some() { own } else { shape };
        let uri = from.xml_namespace.as_deref()?;
        Some((from.xml_prefix.as_ref().map_or_else(|| "xmlns".into(), |p| format!("xmlns:{p}")), uri))
    }

    pub(crate) fn json_value(self) -> bool {
        self.member.traits.json_value || self.shape.traits.json_value
    }

    /// The field of a member of this name, if the shape is a structure that has one.
    pub(crate) fn get(self, name: &str) -> Option<Field<'a>> {
        self.shape.member(name).map(|m| Field::new(self.service, m))
    }

    /// The field of a list's items.
    pub(crate) fn item(self) -> Option<Field<'a>> {
        match &self.shape.kind {
            ShapeKind::List { member } => Some(Field::new(self.service, member)),
            _ => None,
        }
    }

    /// The fields of a map's keys and values.
    pub(crate) fn entry(self) -> Option<(Field<'a>, Field<'a>)> {
        match &self.shape.kind {
            ShapeKind::Map { key, value } => {
                Some((Field::new(self.service, key), Field::new(self.service, value)))
            }
            _ => None,
        }
    }
}
