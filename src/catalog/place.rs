//! Where a member of one operation is found in the parameters or the answer of another.

use serde_json::Value;

use super::shapes::{Member, Operation, Service, ShapeId, ShapeKind};

/// The way to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    steps: Vec<Step>,
    /// Whether the one value found goes into a list.
    into_list: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Member(String),
    /// Every item of a list, when a list is wanted.
    Each,
    /// The only item of a list, when one value is wanted.
    Only,
}

impl Place {
    fn member(name: &str) -> Self {
        Self { steps: vec![Step::Member(name.to_owned())], into_list: false }
    }

    fn into_list(mut self) -> Self {
        self.into_list = true;
        self
    }

    /// Whether the way ends at a member of this name.
    pub(super) fn ends_in(&self, name: &str) -> bool {
        matches!(self.steps.last(), Some(Step::Member(last)) if last == name)
    }

    /// The value there; nothing when it is absent, or when one value is wanted and there are many.
    pub(super) fn read(&self, value: &Value) -> Option<Value> {
        let found = follow(&self.steps, value)?;
        Some(if self.into_list { Value::Array(vec![found]) } else { found })
    }
}

fn follow(steps: &[Step], value: &Value) -> Option<Value> {
    let Some((step, rest)) = steps.split_first() else {
        return (!value.is_null()).then(|| value.clone());
    };
    match step {
        Step::Member(name) => follow(rest, value.get(name)?),
        Step::Only => match value.as_array()?.as_slice() {
            [only] => follow(rest, only),
            _ => None,
        },
        Step::Each => {
            let items: Vec<Value> = value.as_array()?.iter().filter_map(|item| follow(rest, item)).collect();
            (!items.is_empty()).then_some(Value::Array(items))
        }
    }
}

/// In the answer: on top, or inside the one structure or list that the answer is about.
pub(super) fn find_in_output(
    service: &Service,
    operation: &Operation,
    wanted: &Member,
    noun: &str,
) -> Option<Place> {
    let output = operation.output?;
    let names = names_for(&wanted.name, noun);
    let (list, item) = list_item(service, wanted.shape);
    for name in &names {
        if let Some(place) =
            scalar(service, output, name, item).or_else(|| one_level(service, output, name, item, false))
        {
            return Some(if list { place.into_list() } else { place });
        }
    }
    let singular: Vec<String> = names.iter().map(|name| name.trim_end_matches('s').to_owned()).collect();
    for name in names.iter().chain(&singular) {
        if list {
            if let Some(place) = one_level(service, output, name, item, true) {
                return Some(place);
            }
            if let Some(place) =
                scalar(service, output, name, item).or_else(|| one_level(service, output, name, item, false))
            {
                return Some(place.into_list());
            }
        } else if let Some(place) = one_level(service, output, name, item, true) {
            return Some(only(place));
        }
    }
    None
}

/// In the parameters, under the same name and of the same kind, if the step gives it.
pub(super) fn find_in_params(
    service: &Service,
    operation: &Operation,
    wanted: &Member,
    params: &Value,
) -> Option<Place> {
    let input = service.shape(operation.input?);
    let given = |name: &str| params.get(name).is_some_and(|value| !value.is_null());
    if let Some(member) = input.member(&wanted.name).filter(|member| given(&member.name)) {
        return same_kind(service, member.shape, wanted.shape).then(|| Place::member(&wanted.name));
    }
    // A list of names that holds just the one that the step gives.
    let (list, item) = list_item(service, wanted.shape);
    let singular = wanted.name.trim_end_matches('s');
    let member = input.member(singular).filter(|member| list && given(&member.name))?;
    same_kind(service, member.shape, item).then(|| Place::member(singular).into_list())
}

/// In the body of the parameters, where a thing is called `name` there and the partner asks for it by its noun: `bucketName`
/// of a bucket.
pub(super) fn find_name_in_body(
    service: &Service,
    operation: &Operation,
    wanted: &Member,
    noun: &str,
    params: &Value,
) -> Option<Place> {
    if !wanted.name.eq_ignore_ascii_case(&format!("{noun}name")) {
        return None;
    }
    let body = service.shape(operation.input?).member("body")?;
    let name = service.shape(body.shape).member("name")?;
    let place = Place {
        steps: vec![Step::Member("body".to_owned()), Step::Member(name.name.clone())],
        into_list: false,
    };
    (same_kind(service, name.shape, wanted.shape) && place.read(params).is_some()).then_some(place)
}

/// Names under which an answer may give what a partner wants.
fn names_for(wanted: &str, noun: &str) -> Vec<String> {
    let mut names = vec![wanted.to_owned()];
    for ending in ["Arn", "Name", "Id"] {
        names.push(format!("{wanted}{ending}"));
    }
    // `instanceId` of a thing called instance is its `id`, `bucketName` of a bucket its `name`.
    let lower = wanted.to_ascii_lowercase();
    for own in ["id", "arn", "name"] {
        if lower == format!("{}{own}", noun.to_ascii_lowercase()) {
            names.push(own.to_owned());
        }
    }
    names
}

fn list_item(service: &Service, shape: ShapeId) -> (bool, ShapeId) {
    match &service.shape(shape).kind {
        ShapeKind::List { member } => (true, member.shape),
        _ => (false, shape),
    }
}

fn same_kind(service: &Service, a: ShapeId, b: ShapeId) -> bool {
    let (a_kind, b_kind) = (&service.shape(a).kind, &service.shape(b).kind);
    match (a_kind, b_kind) {
        (ShapeKind::Structure { .. }, ShapeKind::Structure { .. }) => a == b,
        (ShapeKind::List { member: a }, ShapeKind::List { member: b }) => {
            same_kind(service, a.shape, b.shape)
        }
        _ => std::mem::discriminant(a_kind) == std::mem::discriminant(b_kind),
    }
}

fn scalar(service: &Service, structure: ShapeId, name: &str, item: ShapeId) -> Option<Place> {
    let member = service.shape(structure).member(name)?;
    same_kind(service, member.shape, item).then(|| Place::member(name))
}

/// Inside the only structure (or list of structures) of the answer that has such a member.
fn one_level(service: &Service, output: ShapeId, name: &str, item: ShapeId, lists: bool) -> Option<Place> {
    let mut found = service.shape(output).members().iter().filter_map(|member| {
        let inner = match (&service.shape(member.shape).kind, lists) {
            (ShapeKind::Structure { .. }, false) => member.shape,
            (ShapeKind::List { member: item }, true) => item.shape,
            _ => return None,
        };
        let mut place = scalar(service, inner, name, item)?;
        if lists {
            place.steps.insert(0, Step::Each);
        }
        place.steps.insert(0, Step::Member(member.name.clone()));
        Some(place)
    });
    let first = found.next()?;
    // Two places with the same name would be a guess.
    found.next().is_none().then_some(first)
}

fn only(mut place: Place) -> Place {
    for step in &mut place.steps {
        if *step == Step::Each {
            *step = Step::Only;
        }
    }
    place
}
