//! The shapes of one service: models that its operations reach, and the plain types, each once.

use std::collections::HashMap;

use super::model::{Model, Property, Subtypes};
use super::value_type::ValueType;
use crate::catalog::compile::CompileError;
use crate::catalog::shapes::{Member, Shape, ShapeId, ShapeKind, ShapeTraits};

/// The models of a module, by name.
pub(super) type Models = HashMap<String, Model>;

/// Shapes as they are numbered.
pub(super) struct Shapes<'a> {
    models: &'a Models,
    /// The module, for errors.
    module: &'a str,
    numbers: HashMap<Key, ShapeId>,
    shapes: Vec<Shape>,
}

#[derive(PartialEq, Eq, Hash)]
enum Key {
    Type(ValueType),
    Words(Vec<String>, bool),
}

impl<'a> Shapes<'a> {
    pub(super) fn new(models: &'a Models, module: &'a str) -> Self {
        Self { models, module, numbers: HashMap::new(), shapes: Vec::new() }
    }

    pub(super) fn finish(self) -> Vec<Shape> {
        self.shapes
    }

    pub(super) fn model(&self, name: &str) -> Option<&'a Model> {
        self.models.get(name)
    }

    /// Adds a shape that nothing else shares.
    pub(super) fn add(&mut self, shape: Shape) -> ShapeId {
        self.shapes.push(shape);
        // No service has 2^32 shapes.
        ShapeId::try_from(self.shapes.len() - 1).unwrap_or(ShapeId::MAX)
    }

    /// The shape of a value, of which only some words may be allowed: of the items, if it is a list.
    pub(super) fn worded(
        &mut self,
        value: &ValueType,
        words: &[String],
        closed: bool,
    ) -> Result<ShapeId, CompileError> {
        if words.is_empty() {
            return self.of(value);
        }
        if let ValueType::List(item) = value {
            let item = self.worded(item, words, closed)?;
            return Ok(self.add(list(item)));
        }
        let key = Key::Words(words.to_vec(), closed);
        if let Some(known) = self.numbers.get(&key) {
            return Ok(*known);
        }
        let traits = ShapeTraits { allowed: words.to_vec(), closed, ..ShapeTraits::none() };
        let number = self.add(Shape { name: String::new(), kind: ShapeKind::String, traits });
        self.numbers.insert(key, number);
        Ok(number)
    }

    /// The shape of a value.
    pub(super) fn of(&mut self, value: &ValueType) -> Result<ShapeId, CompileError> {
        let value = match value {
            // Enums that were never generated.
            ValueType::Model(name) if !self.models.contains_key(name) => &ValueType::Text,
            other => other,
        };
        if let Some(known) = self.numbers.get(&Key::Type(value.clone())) {
            return Ok(*known);
        }
        let number = match value {
            ValueType::Model(name) => return self.structure(name),
            ValueType::List(item) => {
                let item = self.of(item)?;
                self.add(list(item))
            }
            ValueType::Map(item) => {
                let (key, value) = (self.of(&ValueType::Text)?, self.of(item)?);
                let kind = ShapeKind::Map {
                    key: Box::new(plain("key", key)),
                    value: Box::new(plain("value", value)),
                };
                self.add(Shape { name: String::new(), kind, traits: ShapeTraits::none() })
            }
            _ => {
                let mut traits = ShapeTraits::none();
                let kind = match value {
                    ValueType::Whole => ShapeKind::Long,
                    ValueType::Number => ShapeKind::Double,
                    ValueType::Flag => ShapeKind::Boolean,
                    ValueType::Time => ShapeKind::Timestamp,
                    ValueType::Anything => ShapeKind::Document,
                    ValueType::Stream => {
                        traits.streaming = true;
                        ShapeKind::Blob
                    }
                    ValueType::Bytes => ShapeKind::Blob,
                    // A day is text: `2024-02-29`.
                    _ => ShapeKind::String,
                };
                self.add(Shape { name: String::new(), kind, traits })
            }
        };
        self.numbers.insert(Key::Type(value.clone()), number);
        Ok(number)
    }

    fn structure(&mut self, name: &str) -> Result<ShapeId, CompileError> {
        let models = self.models;
        let Some(model) = models.get(name) else { return Err(self.wrong(name, "there is no such model")) };
        // Numbered before its members, which may lead back to it.
        let number = self.add(Shape { name: name.to_owned(), ..Shape::nothing() });
        self.numbers.insert(Key::Type(ValueType::Model(name.to_owned())), number);
        let mut members = Vec::with_capacity(model.attributes.len());
        for attribute in &model.attributes {
            let property = property(models, model, &attribute.python);
            let (words, closed) = property.map(|p| (p.words.as_slice(), p.closed)).unwrap_or_default();
            // What a subtype may say is for the discriminator to tell; the words of the base can lack some.
            let closed = closed && discriminator(models, model) != Some(attribute.wire.as_str());
            let mut member = plain(&attribute.wire, self.worded(&attribute.value, words, closed)?);
            member.required = property.is_some_and(|p| p.required);
            members.push(member);
        }
        let mut traits = ShapeTraits::none();
        if let Some(subtypes) = &model.subtypes {
            traits.discriminator = Some(subtypes.wire.clone());
            for (value, subtype) in cases(models, model, subtypes) {
                if !models.contains_key(&subtype) {
                    return Err(self.wrong(name, format!("its subtype {subtype} is no model")));
                }
                let shape = self.of(&ValueType::Model(subtype))?;
                traits.variants.push((value, shape));
            }
        }
        if let Some(shape) = self.at(number) {
            shape.kind = ShapeKind::Structure { members };
            shape.traits = traits;
        }
        Ok(number)
    }

    /// Marks what must not be logged; called when all shapes are there.
    pub(super) fn redact(&mut self) -> Result<(), CompileError> {
        let models = self.models;
        let structures: Vec<(ShapeId, &Model)> = (0..)
            .zip(&self.shapes)
            .filter_map(|(number, shape)| Some((number, models.get(&shape.name)?)))
            .collect();
        for (number, model) in structures {
            for path in &model.redacted {
                self.redact_path(number, path)
                    .ok_or_else(|| self.wrong(&model.name, format!("nothing is at {}", path.join("."))))?;
            }
        }
        Ok(())
    }

    fn redact_path(&mut self, number: ShapeId, path: &[String]) -> Option<()> {
        let (first, rest) = path.split_first()?;
        let shape = self.at(number)?;
        if first == "*" {
            let (ShapeKind::List { member: item } | ShapeKind::Map { value: item, .. }) = &mut shape.kind
            else {
                return None;
            };
            if rest.is_empty() {
                item.traits.sensitive = true;
                return Some(());
            }
            let inner = item.shape;
            return self.redact_path(inner, rest);
        }
        // In Python's names: the wire name stands at the same position of the model.
        let name = shape.name.clone();
        let model = self.models.get(&name)?;
        let position = model.attributes.iter().position(|attribute| attribute.python == *first)?;
        let shape = self.at(number)?;
        let ShapeKind::Structure { members } = &mut shape.kind else { return None };
        let member = members.get_mut(position)?;
        if rest.is_empty() {
            member.traits.sensitive = true;
            return Some(());
        }
        let inner = member.shape;
        self.redact_path(inner, rest)
    }

    fn at(&mut self, number: ShapeId) -> Option<&mut Shape> {
        self.shapes.get_mut(usize::try_from(number).ok()?)
    }

    fn wrong(&self, model: &str, reason: impl Into<String>) -> CompileError {
        CompileError::Model {
            file: format!("oci/{}/models", self.module),
            place: model.to_owned(),
            reason: reason.into(),
        }
    }
}

/// The subtypes that a base lists, and those that it forgets but that say themselves what they are.
fn cases(models: &Models, base: &Model, subtypes: &Subtypes) -> Vec<(String, String)> {
    let mut cases = subtypes.cases.clone();
    let mut forgotten: Vec<(String, String)> = models
        .values()
        .filter(|model| model.base.as_ref() == Some(&base.name))
        .filter_map(|model| {
            let python = &base.attributes.iter().find(|attribute| attribute.wire == subtypes.wire)?.python;
            let (_, value) = model.fixed.iter().find(|(name, _)| name == python)?;
            Some((value.clone(), model.name.clone()))
        })
        .filter(|(value, _)| !cases.iter().any(|(known, _)| known == value))
        .collect();
    forgotten.sort();
    cases.extend(forgotten);
    cases
}

/// The wire name of the attribute that decides what a model or its base is.
fn discriminator<'a>(models: &'a Models, model: &'a Model) -> Option<&'a str> {
    let own = model.subtypes.as_ref().map(|subtypes| subtypes.wire.as_str());
    own.or_else(|| discriminator(models, models.get(model.base.as_deref()?)?))
}

/// What the class or its base says about an attribute.
fn property<'a>(models: &'a Models, model: &'a Model, python: &str) -> Option<&'a Property> {
    let own = model.properties.get(python);
    own.or_else(|| property(models, models.get(model.base.as_deref()?)?, python))
}

fn list(item: ShapeId) -> Shape {
    let kind = ShapeKind::List { member: Box::new(plain("item", item)) };
    Shape { name: String::new(), kind, traits: ShapeTraits::none() }
}

/// A member with a name and a shape alone.
pub(super) fn plain(name: &str, shape: ShapeId) -> Member {
    Member { name: name.to_owned(), shape, ..Member::default() }
}
