//! What is said of an operation, before it is laid out.

use serde::Serialize;

use super::DescribeError;
use super::kind::{bounds, kind, notes};
use crate::catalog::access::classify;
use crate::catalog::shapes::{Operation, Service, ShapeId, ShapeKind};
use crate::plan::{Access, OperationName};

/// The path that leads into the answer.
const ANSWER: &str = "output";

/// An operation, or a nested part of its parameters or its answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Description {
    /// The operation.
    pub operation: OperationName,
    /// The service's name for people.
    pub title: String,
    /// What it does to the world.
    pub access: Access,
    /// Whether it is marked as no longer in use.
    pub deprecated: bool,
    /// The part that is described; the parameters when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The kind of the part at the path, where it has no members of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its members: required first, then in the order of the model, deprecated last.
    pub members: Vec<MemberLine>,
    /// The members of the answer; empty when a part is described.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answer: Vec<MemberLine>,
    /// Waiters that ask other operations until what this one made is usable.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiters: Vec<String>,
}

/// One member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MemberLine {
    /// Its name in plans.
    pub name: String,
    /// Its kind in few characters.
    pub kind: String,
    /// Whether it must be given.
    pub required: bool,
    /// What else is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Its bounds in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bounds: Option<String>,
    /// All allowed values of a text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// Describes an operation, or the part of it at a path such as `BlockDeviceMappings.Ebs`; paths
/// that begin with `output` lead into the answer. Lists and maps are passed through.
///
/// # Errors
///
/// The path leads nowhere; the error offers the nearest member.
pub fn describe(
    service: &Service,
    operation: &Operation,
    path: Option<&str>,
) -> Result<Description, DescribeError> {
    let path = path.map(str::trim).filter(|path| !path.is_empty());
    let mut description = Description {
        operation: OperationName::new(service.cloud, &service.name, &operation.name),
        title: service.title.clone(),
        access: classify(service, operation),
        deprecated: operation.traits.deprecated,
        path: path.map(str::to_owned),
        kind: None,
        members: Vec::new(),
        answer: Vec::new(),
        waiters: Vec::new(),
    };
    let Some(path) = path else {
        description.members = operation.input.map_or(Vec::new(), |id| lines(service, id, false));
        description.answer = operation.output.map_or(Vec::new(), |id| lines(service, id, true));
        return Ok(description);
    };
    let id = find(service, operation, path)?;
    description.members = lines(service, id, path.split('.').next() == Some(ANSWER));
    if description.members.is_empty() {
        description.kind = Some(kind(service, id));
        let allowed = &service.shape(inside(service, id)).traits.allowed;
        if !allowed.is_empty() {
            description.kind = Some(allowed.join("|"));
        }
    }
    Ok(description)
}

fn find(service: &Service, operation: &Operation, path: &str) -> Result<ShapeId, DescribeError> {
    let mut names: Vec<&str> = path.split('.').map(|part| part.trim_end_matches("[]")).collect();
    let root = if names.first() == Some(&ANSWER) {
        names.remove(0);
        operation.output
    } else {
        operation.input
    };
    let no_member = |member: &str, hint: String| DescribeError::NoMember {
        operation: operation.name.clone(),
        path: path.to_owned(),
        member: member.to_owned(),
        hint,
    };
    let mut here =
        root.ok_or_else(|| no_member(names.first().unwrap_or(&ANSWER), "; it has no members".into()))?;
    for (index, name) in names.iter().enumerate() {
        let shape = service.shape(inside(service, here));
        if !matches!(shape.kind, ShapeKind::Structure { .. }) {
            return Err(DescribeError::NotNested {
                operation: operation.name.clone(),
                path: path.to_owned(),
                member: names[..index].join("."),
                kind: kind(service, here),
            });
        }
        let members = shape.members();
        let found = members
            .iter()
            .find(|m| m.name == *name)
            .or_else(|| members.iter().find(|m| m.name.eq_ignore_ascii_case(name)));
        let Some(member) = found else {
            let nearest = members
                .iter()
                .map(|m| (strsim::jaro_winkler(&m.name.to_lowercase(), &name.to_lowercase()), m))
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .filter(|(likeness, _)| *likeness > 0.7);
            let hint = nearest.map_or(String::new(), |(_, m)| format!("; did you mean `{}`?", m.name));
            return Err(no_member(name, hint));
        };
        here = member.shape;
    }
    Ok(here)
}

/// The shape inside lists and maps.
fn inside(service: &Service, id: ShapeId) -> ShapeId {
    let mut here = id;
    // A shape that contains itself only through lists would never end.
    for _ in 0..8 {
        match &service.shape(here).kind {
            ShapeKind::List { member } => here = member.shape,
            ShapeKind::Map { value, .. } => here = value.shape,
            _ => break,
        }
    }
    here
}

/// What the cloud sets itself is part of an answer alone.
fn lines(service: &Service, id: ShapeId, answer: bool) -> Vec<MemberLine> {
    let shape = service.shape(inside(service, id));
    let mut lines: Vec<(u8, MemberLine)> = shape
        .members()
        .iter()
        .filter(|member| answer || !member.traits.read_only)
        .map(|member| {
            let traits = &service.shape(member.shape).traits;
            let rank = match (member.required, member.traits.deprecated || traits.deprecated) {
                (true, _) => 0,
                (false, false) => 1,
                (false, true) => 2,
            };
            let line = MemberLine {
                name: member.name.clone(),
                kind: kind(service, member.shape),
                required: member.required,
                notes: notes(service, member),
                bounds: bounds(service, member.shape),
                values: traits.allowed.clone(),
            };
            (rank, line)
        })
        .collect();
    lines.sort_by_key(|(rank, _)| *rank);
    lines.into_iter().map(|(_, line)| line).collect()
}
