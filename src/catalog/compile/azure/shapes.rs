//! From models to the catalog's shapes: only what operations reach, each shape once.

use std::collections::HashMap;

use super::kind::Kind;
use super::model::{Field, Limits, Model, Models};
use super::secret::is_secret;
use crate::catalog::shapes::{Member, Shape, ShapeId, ShapeKind, ShapeTraits};

/// The shapes of a service while it is compiled. Models of several API versions may share a name, so each comes
/// with the number of its table.
pub(super) struct Shapes<'a> {
    tables: Vec<&'a Models>,
    shapes: Vec<Shape>,
    /// Shapes without a model, by what they are.
    plain: HashMap<String, ShapeId>,
    models: HashMap<(usize, String), ShapeId>,
}

impl<'a> Shapes<'a> {
    pub(super) fn new(tables: Vec<&'a Models>) -> Self {
        Self { tables, shapes: Vec::new(), plain: HashMap::new(), models: HashMap::new() }
    }

    pub(super) fn finish(self) -> Vec<Shape> {
        self.shapes
    }

    /// Adds a shape that nothing else refers to.
    pub(super) fn add(&mut self, shape: Shape) -> ShapeId {
        let id = ShapeId::try_from(self.shapes.len()).unwrap_or(ShapeId::MAX);
        self.shapes.push(shape);
        id
    }

    /// The shape of a kind.
    ///
    /// # Errors
    ///
    /// The name of a model or enumeration that does not exist.
    pub(super) fn of(&mut self, table: usize, kind: &Kind, limits: &Limits) -> Result<ShapeId, String> {
        let mut traits = ShapeTraits {
            min: limits.min,
            max: limits.max,
            pattern: limits.pattern.clone(),
            ..ShapeTraits::none()
        };
        let mut name = String::new();
        let kind = match kind {
            Kind::Named(named) => match self.tables.get(table).and_then(|models| models.enums.get(named)) {
                Some(values) => {
                    traits.allowed.clone_from(values);
                    name.clone_from(named);
                    ShapeKind::String
                }
                None => return self.model(table, named),
            },
            Kind::OneOf(values) => {
                traits.allowed.clone_from(values);
                ShapeKind::String
            }
            Kind::Text => ShapeKind::String,
            Kind::Int => ShapeKind::Integer,
            Kind::Long => ShapeKind::Long,
            Kind::Float => ShapeKind::Double,
            Kind::Bool => ShapeKind::Boolean,
            Kind::Bytes => ShapeKind::Blob,
            Kind::Any => ShapeKind::Document,
            Kind::Time(format) => {
                traits.timestamp_format = format.map(str::to_owned);
                ShapeKind::Timestamp
            }
            Kind::List(item) => {
                let item = self.of(table, item, &Limits::default())?;
                ShapeKind::List { member: Box::new(Member { shape: item, ..Member::default() }) }
            }
            Kind::Map(value) => {
                let key = self.of(table, &Kind::Text, &Limits::default())?;
                let value = self.of(table, value, &Limits::default())?;
                ShapeKind::Map {
                    key: Box::new(Member { shape: key, ..Member::default() }),
                    value: Box::new(Member { shape: value, ..Member::default() }),
                }
            }
        };
        Ok(self.plain(Shape { name, kind, traits }))
    }

    fn plain(&mut self, shape: Shape) -> ShapeId {
        let what = format!("{shape:?}");
        if let Some(known) = self.plain.get(&what) {
            return *known;
        }
        let id = self.add(shape);
        self.plain.insert(what, id);
        id
    }

    fn model(&mut self, table: usize, name: &str) -> Result<ShapeId, String> {
        let key = (table, name.to_owned());
        if let Some(known) = self.models.get(&key) {
            return Ok(*known);
        }
        let models = self.tables.get(table).copied();
        let model: &Model =
            models.and_then(|m| m.models.get(name)).ok_or_else(|| format!("there is no model `{name}`"))?;
        // The place is taken before the members are read: models may hold themselves.
        let id = self.add(Shape { name: name.to_owned(), ..Shape::nothing() });
        self.models.insert(key, id);
        let fields: Vec<(&[String], &Field)> = model.fields.iter().map(|f| (f.path.as_slice(), f)).collect();
        let members = self.members(table, &fields)?;
        let mut variants = Vec::new();
        for (value, class) in &model.variants {
            variants.push((value.clone(), self.model(table, class)?));
        }
        if let Some(shape) = usize::try_from(id).ok().and_then(|id| self.shapes.get_mut(id)) {
            shape.kind = ShapeKind::Structure { members };
            shape.traits.discriminator.clone_from(&model.discriminator);
            shape.traits.variants = variants;
        }
        Ok(id)
    }

    /// Members of one level; fields that share the first part of their path stand inside one member.
    fn members(&mut self, table: usize, fields: &[(&[String], &Field)]) -> Result<Vec<Member>, String> {
        let mut members: Vec<Member> = Vec::new();
        let mut done: Vec<&str> = Vec::new();
        for (path, field) in fields {
            match path {
                [] => members.push(self.others(table, field)?),
                [wire] => {
                    let nested = fields.iter().any(|(other, _)| other.len() > 1 && other[0] == *wire);
                    if !nested && !members.iter().any(|m| m.name == *wire) {
                        members.push(self.member(table, wire, field)?);
                    }
                }
                [first, ..] if !done.contains(&first.as_str()) => {
                    done.push(first);
                    let inner: Vec<(&[String], &Field)> = fields
                        .iter()
                        .filter(|(other, _)| other.len() > 1 && other[0] == *first)
                        .map(|(other, field)| (&other[1..], *field))
                        .collect();
                    let shape = Shape {
                        kind: ShapeKind::Structure { members: self.members(table, &inner)? },
                        ..Shape::nothing()
                    };
                    members.push(Member {
                        name: first.clone(),
                        shape: self.plain(shape),
                        required: inner.iter().any(|(_, field)| field.required && !field.read_only),
                        traits: ShapeTraits {
                            read_only: inner.iter().all(|(_, field)| field.read_only),
                            ..ShapeTraits::none()
                        },
                        ..Member::default()
                    });
                }
                _ => {}
            }
        }
        Ok(members)
    }

    /// The member for whatever else a structure may hold: its items stand among the other members.
    fn others(&mut self, table: usize, field: &Field) -> Result<Member, String> {
        Ok(Member {
            name: "additionalProperties".into(),
            shape: self.of(table, &field.kind, &field.limits)?,
            wire_name: Some(String::new()),
            traits: ShapeTraits { flattened: true, ..ShapeTraits::none() },
            ..Member::default()
        })
    }

    fn member(&mut self, table: usize, wire: &str, field: &Field) -> Result<Member, String> {
        let secret = match &field.kind {
            Kind::Text | Kind::Bytes => is_secret(wire, field.write_only),
            Kind::Map(value) => **value == Kind::Text && is_secret(wire, false),
            _ => false,
        };
        Ok(Member {
            name: wire.to_owned(),
            shape: self.of(table, &field.kind, &field.limits)?,
            required: field.required && !field.read_only,
            default: field.constant.as_ref().map(ToString::to_string),
            traits: ShapeTraits {
                read_only: field.read_only,
                write_only: field.write_only,
                sensitive: secret,
                ..ShapeTraits::none()
            },
            ..Member::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn field(path: &[&str], kind: Kind, required: bool, read_only: bool) -> Field {
        Field {
            attribute: path.join("_"),
            path: path.iter().map(|p| (*p).to_owned()).collect(),
            kind,
            required,
            read_only,
            write_only: false,
            constant: None,
            limits: Limits::default(),
        }
    }

    fn models() -> Models {
        let own = Kind::List(Box::new(Kind::Named("Thing".into())));
        let thing = Model {
            fields: vec![
                field(&["id"], Kind::Text, true, true),
                field(&["properties", "sku", "name"], Kind::Named("Name".into()), true, false),
                field(&["properties", "adminPassword"], Kind::Text, false, false),
                field(&["properties", "state"], Kind::Text, false, true),
                field(&["children"], own, false, false),
                field(&[], Kind::Map(Box::new(Kind::Any)), false, false),
            ],
            ..Model::default()
        };
        Models {
            models: HashMap::from([("Thing".to_owned(), thing)]),
            enums: HashMap::from([("Name".to_owned(), vec!["Free".to_owned()])]),
        }
    }

    #[test]
    fn members_stand_as_they_do_on_the_wire() {
        let models = models();
        let mut shapes = Shapes::new(vec![&models]);
        let id = shapes.of(0, &Kind::Named("Thing".into()), &Limits::default()).unwrap();
        let all = shapes.finish();
        let shape = |id: ShapeId| &all[usize::try_from(id).unwrap()];
        let thing = shape(id);
        let names: Vec<&str> = thing.members().iter().map(|m| m.name.as_str()).collect();
        assert_eq!(names, ["id", "properties", "children", "additionalProperties"]);
        // The cloud sets it, so nobody else has to.
        assert!(!thing.members()[0].required && thing.members()[0].traits.read_only);
        assert!(thing.members()[1].required && !thing.members()[1].traits.read_only);
        let properties = shape(thing.members()[1].shape);
        assert!(properties.member("sku").unwrap().required);
        assert!(properties.member("adminPassword").unwrap().traits.sensitive);
        let name = shape(shape(properties.member("sku").unwrap().shape).member("name").unwrap().shape);
        assert_eq!((name.name.as_str(), &name.traits.allowed), ("Name", &vec!["Free".to_owned()]));
        assert!(!name.traits.closed);
    }

    #[test]
    fn a_name_that_does_not_exist_is_an_error() {
        let models = models();
        let mut shapes = Shapes::new(vec![&models]);
        let message = shapes.of(0, &Kind::Named("Gone".into()), &Limits::default()).unwrap_err();
        assert_eq!(message, "there is no model `Gone`");
    }
}
