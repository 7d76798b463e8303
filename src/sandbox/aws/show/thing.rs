//! One thing in one structure.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::act;
use super::super::kinds::Kind;
use super::super::members::tags_of;
use super::super::noun;
use super::super::time;
use super::super::work::{Work, get_any_case, text_of};
use super::state;
use crate::catalog::shapes::{Member, ShapeId, ShapeKind};
use crate::sandbox::model::Resource;

/// Structures are filled this deep.
const DEEPEST: usize = 6;

/// Lays things into shapes.
#[derive(Clone, Copy)]
pub(super) struct View<'w> {
    pub(super) work: &'w Work<'w>,
}

impl View<'_> {
    /// A structure filled with what is known of a thing.
    pub(super) fn structure(self, shape: ShapeId, thing: &Resource, depth: usize) -> Map<String, Value> {
        let mut out = Map::new();
        if depth > DEEPEST {
            return out;
        }
        for member in self.work.service.shape(shape).members() {
            if let Some(value) = self.member(member, thing, depth) {
                out.insert(member.name.clone(), value);
            }
        }
        out
    }

    /// The value of a member of a thing, if anything is known.
    pub(super) fn member(self, member: &Member, thing: &Resource, depth: usize) -> Option<Value> {
        let service = self.work.service;
        if let Some(form) = tags_of(service, member) {
            return (!thing.tags.is_empty()).then(|| act::written_tags(&thing.tags, &form));
        }
        let shape = service.shape(member.shape);
        let kind = self.work.kinds.named(&thing.kind)?;
        let scalar = !matches!(
            shape.kind,
            ShapeKind::Structure { .. } | ShapeKind::List { .. } | ShapeKind::Map { .. }
        );
        if scalar && let Some(name) = name_of(kind, thing, &member.name) {
            return self.fit(&Value::from(name), member.shape, depth);
        }
        if let Some(value) = get_any_case(&thing.attributes, &member.name) {
            return self.fit(value, member.shape, depth);
        }
        if let Some(value) = self.state(kind, thing, member) {
            return Some(value);
        }
        if scalar {
            return self.scalar(member, kind, thing, depth);
        }
        self.related(member, thing, depth)
            .or_else(|| self.children(member, thing, depth))
            .or_else(|| self.borrowed(member, thing, depth))
    }

    fn state(self, kind: &Kind, thing: &Resource, member: &Member) -> Option<Value> {
        if !state::tells_state(kind, &member.name) {
            return None;
        }
        let service = self.work.service;
        let shape = service.shape(member.shape);
        if let Some(name) = shape.member("Name").filter(|_| shape.members().len() <= 3) {
            let word = state::word(service, kind, &name.name, name.shape, thing.phase)?;
            let mut out = Map::new();
            if let Some(code) = self.work.entry().codes.get(&word).filter(|_| shape.member("Code").is_some())
            {
                out.insert("Code".into(), json!(code));
            }
            out.insert("Name".into(), word.into());
            return Some(Value::Object(out));
        }
        state::word(service, kind, &member.name, member.shape, thing.phase).map(Value::from)
    }

    fn scalar(self, member: &Member, kind: &Kind, thing: &Resource, depth: usize) -> Option<Value> {
        let squashed = noun::squash(&member.name);
        let shape = self.work.service.shape(member.shape);
        if let Some(at) = moment(&squashed, thing) {
            return match shape.kind {
                ShapeKind::Timestamp => Some(Value::from(at.to_string())),
                ShapeKind::Long => Some(Value::from(at.as_millisecond())),
                ShapeKind::String => Some(Value::from(time::write(at, time::Format::Iso8601))),
                _ => None,
            };
        }
        if matches!(shape.kind, ShapeKind::Blob) && (member.traits.streaming || shape.traits.streaming) {
            return self.work.ledger.body(&thing.key()).ok().flatten().map(Value::from);
        }
        if !matches!(shape.kind, ShapeKind::String) {
            return self.borrowed(member, thing, depth);
        }
        let noun = noun::squash(&kind.noun);
        if let Some(front) = squashed.strip_suffix("arn") {
            let own = front.is_empty() || front == "resource" || noun.ends_with(front);
            if own && let Some(arn) = &thing.arn {
                return Some(Value::from(arn.as_str()));
            }
        }
        // `Id` and `Name` alone, and the account that it belongs to.
        match squashed.as_str() {
            "ownerid" | "accountid" if kind.is_link() => None,
            _ => self
                .of_parents(member, thing)
                .or_else(|| name_in_arn(&squashed, thing))
                .or_else(|| self.borrowed(member, thing, depth)),
        }
    }

    /// A name of what the thing refers to: the role of a role's policy, the network of an instance's subnet.
    fn of_parents(self, member: &Member, thing: &Resource) -> Option<Value> {
        let parents: Vec<&Resource> =
            thing.parents.iter().filter_map(|parent| self.work.ledger.get(&parent.key)).collect();
        for parent in &parents {
            let found = parent.names.iter().find(|(name, _)| name.eq_ignore_ascii_case(&member.name));
            if let Some((_, value)) = found {
                return Some(Value::from(value.as_str()));
            }
        }
        let owner = self.work.kinds.owner(&member.name)?;
        parents.iter().find_map(|parent| {
            if parent.kind == owner.name {
                return parent.names.values().next().map(|name| Value::from(name.as_str()));
            }
            get_any_case(&parent.attributes, &member.name).and_then(text_of).map(Value::from)
        })
    }

    /// `SecurityGroups` from `SecurityGroupIds`, `DBSubnetGroup` from `DBSubnetGroupName`.
    fn related(self, member: &Member, thing: &Resource, depth: usize) -> Option<Value> {
        let wanted = noun::stem(&member.name);
        let (name, value) = thing.attributes.iter().find(|(name, _)| {
            noun::about(name).is_some_and(|about| {
                let about = noun::stem(about);
                about == wanted || (about.len() > 4 && about.ends_with(&wanted))
            })
        })?;
        if *name == member.name {
            return None;
        }
        self.fit(value, member.shape, depth)
    }

    /// A list of what exists inside, or of what ties it to others.
    fn children(self, member: &Member, thing: &Resource, depth: usize) -> Option<Value> {
        let service = self.work.service;
        let ShapeKind::List { member: item } = &service.shape(member.shape).kind else { return None };
        if !matches!(service.shape(item.shape).kind, ShapeKind::Structure { .. }) {
            return None;
        }
        let wanted = noun::stem(&member.name);
        let shown: Vec<&Resource> = self
            .work
            .ledger
            .dependents(thing)
            .filter(|other| !other.is_gone())
            .filter_map(|other| self.listed_as(other, &wanted))
            .collect();
        let items = shown.iter().map(|other| Value::Object(self.structure(item.shape, other, depth + 1)));
        (!shown.is_empty()).then(|| items.collect())
    }

    /// What a dependent thing stands for in a list of this name: itself, or what it ties to the thing.
    fn listed_as<'r>(&'r self, other: &'r Resource, wanted: &str) -> Option<&'r Resource> {
        let kind = self.work.kinds.named(&other.kind)?;
        let noun = match kind.key.split_once(':').map(|(verb, _)| verb) {
            Some("attach") => "attachment",
            Some("associate") => "association",
            Some(_) => {
                // `AddRoleToInstanceProfile` puts a role among the roles of a profile.
                let (added, _) = kind.noun.split_once("To")?;
                let fits = noun::stem(added) == wanted;
                let mut ends = other.parents.iter().filter_map(|parent| self.work.ledger.get(&parent.key));
                return ends.find(|end| fits && noun::stem(&end.kind) == wanted);
            }
            None => kind.noun.as_str(),
        };
        let stem = noun::stem(noun);
        (stem == wanted || (kind.is_link() && wanted.ends_with(&stem))).then_some(other)
    }

    /// An attribute of a setting or of a link of the thing: the retention of a log group, the instance of an address.
    fn borrowed(self, member: &Member, thing: &Resource, depth: usize) -> Option<Value> {
        self.work.ledger.dependents(thing).filter(|other| !other.is_gone()).find_map(|other| {
            let kind = self.work.kinds.named(&other.kind)?;
            if !kind.is_setting() && !kind.is_link() {
                return None;
            }
            let name = other.names.iter().find(|(name, _)| name.eq_ignore_ascii_case(&member.name));
            let value = match name {
                Some((_, name)) => Value::from(name.as_str()),
                None => get_any_case(&other.attributes, &member.name)?.clone(),
            };
            self.fit(&value, member.shape, depth)
        })
    }

    /// A value in another shape, as far as it can be brought into it.
    pub(super) fn fit(self, value: &Value, shape: ShapeId, depth: usize) -> Option<Value> {
        if depth > DEEPEST * 2 {
            return None;
        }
        let service = self.work.service;
        match (&service.shape(shape).kind, value) {
            (_, Value::Null) => None,
            (ShapeKind::Structure { members }, Value::Object(given)) => {
                let mut out = Map::new();
                for member in members {
                    let found = get_any_case(given, &member.name);
                    if let Some(value) = found.and_then(|value| self.fit(value, member.shape, depth + 1)) {
                        out.insert(member.name.clone(), value);
                    }
                }
                Some(Value::Object(out))
            }
            (ShapeKind::Structure { members }, scalar) => self.wrap(members, scalar, shape, depth),
            (ShapeKind::List { member }, Value::Array(items)) => {
                Some(items.iter().filter_map(|item| self.fit(item, member.shape, depth + 1)).collect())
            }
            (ShapeKind::List { member }, one) => {
                self.fit(one, member.shape, depth + 1).map(|item| Value::Array(vec![item]))
            }
            (ShapeKind::Map { value: inner, .. }, Value::Object(entries)) => Some(Value::Object(
                entries
                    .iter()
                    .filter_map(|(key, value)| Some((key.clone(), self.fit(value, inner.shape, depth + 1)?)))
                    .collect(),
            )),
            (ShapeKind::Map { .. }, _) => None,
            (ShapeKind::Document, value) => Some(value.clone()),
            // One value in a structure of its own.
            (_, Value::Object(given)) => {
                given.get("Value").and_then(|value| self.fit(value, shape, depth + 1))
            }
            (_, Value::Array(_)) => None,
            (ShapeKind::Boolean, value) => match value {
                Value::Bool(_) => Some(value.clone()),
                Value::String(text) => text.parse::<bool>().ok().map(Value::Bool),
                _ => None,
            },
            (ShapeKind::Integer | ShapeKind::Long, value) => match value {
                Value::Number(number) => number.is_i64().then(|| value.clone()),
                Value::String(text) => text.parse::<i64>().ok().map(Value::from),
                _ => None,
            },
            (ShapeKind::Float | ShapeKind::Double, value) => match value {
                Value::Number(_) => Some(value.clone()),
                Value::String(text) => text.parse::<f64>().ok().map(Value::from),
                _ => None,
            },
            (ShapeKind::Timestamp, value) => time::read(value).map(|at| Value::from(at.to_string())),
            (ShapeKind::String | ShapeKind::Character | ShapeKind::Blob, value) => match value {
                Value::String(_) => Some(value.clone()),
                other => Some(Value::from(other.to_string())),
            },
        }
    }

    /// One value as a structure: the thing that it names, or the one member that takes it.
    fn wrap(self, members: &[Member], value: &Value, shape: ShapeId, depth: usize) -> Option<Value> {
        if let Some(member) = members.iter().find(|member| member.name == "Value") {
            let inner = self.fit(value, member.shape, depth + 1)?;
            return Some(Value::Object(Map::from_iter([("Value".to_owned(), inner)])));
        }
        let text = text_of(value)?;
        let named = members.iter().find_map(|member| {
            let owner = self.work.kinds.owner(&member.name)?;
            self.work.find(owner, &text)
        });
        if let Some(thing) = named {
            return Some(Value::Object(self.structure(shape, thing, depth + 1)));
        }
        let member = members.iter().find(|member| noun::about(&member.name).is_some())?;
        let inner = self.fit(value, member.shape, depth + 1)?;
        Some(Value::Object(Map::from_iter([(member.name.clone(), inner)])))
    }
}

/// A name of the thing that a member asks for: under the member's own name, or as its `Id` or `Name`.
pub(super) fn name_of<'t>(kind: &Kind, thing: &'t Resource, member: &str) -> Option<&'t str> {
    let exact = thing.names.iter().find(|(name, _)| name.eq_ignore_ascii_case(member));
    if let Some((_, value)) = exact {
        return Some(value);
    }
    let about = noun::about(member).map(noun::stem);
    let own = kind.own().find_map(|own| thing.names.get(own));
    let is_kind = |about: &str| about == noun::stem(&kind.noun);
    match noun::squash(member).as_str() {
        "name" | "id" | "identifier" => own.map(String::as_str),
        squashed if squashed.ends_with("arn") => None,
        _ if about.as_deref().is_some_and(is_kind) && thing.arn.is_some() => {
            let wants_name = noun::squash(member).ends_with("name");
            let named = thing.names.iter().find(|(name, _)| noun::squash(name).ends_with("name"));
            if wants_name { named.map(|(_, value)| value.as_str()) } else { None }
        }
        _ => None,
    }
}

/// The name at the end of the full name of something that exists without having been made here.
fn name_in_arn(squashed: &str, thing: &Resource) -> Option<Value> {
    let arn = format!("{}arn", squashed.strip_suffix("name")?);
    let arn = get_any_case(&thing.attributes, &arn).and_then(Value::as_str)?;
    arn.rsplit(['/', ':']).next().map(Value::from)
}

/// The moment that a member asks for.
fn moment(squashed: &str, thing: &Resource) -> Option<Timestamp> {
    let is_time =
        ["time", "date", "at", "timestamp", "on", "modified"].iter().any(|end| squashed.ends_with(end));
    if !is_time {
        return None;
    }
    let says = |words: &[&str]| words.iter().any(|word| squashed.contains(word));
    if says(&["creat", "launch", "attachtime", "startdate"]) {
        Some(thing.created)
    } else if says(&["lastmodif", "lastupdat", "lastchanged", "modified", "updatedat", "updatedate"]) {
        Some(thing.changed)
    } else {
        None
    }
}
