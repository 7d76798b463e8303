//! A member together with its shape: a member's own traits win over its shape's.

use crate::catalog::shapes::{Member, Protocol, Service, Shape, ShapeKind};

/// A place in a request or an answer that holds a value.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) service: &'a Service,
    pub(super) member: &'a Member,
    pub(super) shape: &'a Shape,
}

impl<'a> Field<'a> {
    pub(super) fn new(service: &'a Service, member: &'a Member) -> Self {
        Self { service, member, shape: service.shape(member.shape) }
    }

    pub(super) fn kind(self) -> &'a ShapeKind {
        &self.shape.kind
    }

    pub(super) fn name(self) -> &'a str {
        &self.member.name
    }

    /// The name on the wire.
    pub(super) fn wire(self) -> &'a str {
        self.member.wire_name.as_deref().unwrap_or(&self.member.name)
    }

    /// The name on the wire, or another where the model gives none.
    pub(super) fn wire_or(self, default: &'a str) -> &'a str {
        self.member.wire_name.as_deref().unwrap_or(default)
    }

    /// The name in form-encoded requests.
    pub(super) fn form_name(self) -> String {
        if self.service.protocol != Protocol::Ec2 {
            return self.wire().to_owned();
        }
        if let Some(name) = &self.member.query_name {
            return name.clone();
        }
        let mut chars = self.wire().chars();
        match (&self.member.wire_name, chars.next()) {
            (Some(_), Some(first)) => first.to_uppercase().chain(chars).collect(),
            _ => self.member.name.clone(),
        }
    }

    pub(super) fn flattened(self) -> bool {
        self.member.traits.flattened || self.shape.traits.flattened
    }

    pub(super) fn timestamp_format(self) -> Option<&'a str> {
        self.member.traits.timestamp_format.as_deref().or(self.shape.traits.timestamp_format.as_deref())
    }

    pub(super) fn json_value(self) -> bool {
        self.member.traits.json_value || self.shape.traits.json_value
    }

    /// The field of a list's items.
    pub(super) fn item(self) -> Option<Field<'a>> {
        match &self.shape.kind {
            ShapeKind::List { member } => Some(Field::new(self.service, member)),
            _ => None,
        }
    }

    /// The fields of a map's keys and values.
    pub(super) fn entry(self) -> Option<(Field<'a>, Field<'a>)> {
        match &self.shape.kind {
            ShapeKind::Map { key, value } => {
                Some((Field::new(self.service, key), Field::new(self.service, value)))
            }
            _ => None,
        }
    }

    /// The members of a structure.
    pub(super) fn members(self) -> impl Iterator<Item = Field<'a>> {
        let service = self.service;
        self.shape.members().iter().map(move |member| Field::new(service, member))
    }
}
