//! Parameters against the shapes of the model: everything that is wrong, at once, each with its place.
//!
//! Enforced is what the SDKs enforce: required members, types, unions, and least lengths and values.
//! Patterns, greatest values, and lists of allowed values are hints, because services change them.

use serde_json::{Map, Value};

use super::shapes::{Member, Operation, Protocol, Service, Shape, ShapeId, ShapeKind};

/// Places inside places that are followed.
const DEEPEST: usize = 64;
/// Allowed words that an error lists.
const MOST_WORDS: usize = 12;

/// How strict a check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// Every value must be there: the parameters are about to be sent.
    Sending,
    /// A `${{ … }}` stands for a value of any type: the parameters are part of a plan.
    Planning,
}

/// Names of parameters that the SDKs keep for old programs beside the model's own.
const ALIASES: [(&str, Option<&str>, &str); 3] = [
    ("ec2", None, "Filters"),
    ("logs", Some("CreateExportTask"), "fromTime"),
    ("cloudsearchdomain", Some("Search"), "returnFields"),
];

/// What is wrong with the parameters of an operation: JSON path, what was expected, what was found.
#[must_use]
pub fn validate(
    service: &Service,
    operation: &Operation,
    params: &Value,
    strictness: Strictness,
) -> Vec<String> {
    let accepted = ALIASES
        .iter()
        .filter(|(of, only, _)| *of == service.name && only.is_none_or(|only| only == operation.name))
        .map(|(_, _, name)| *name)
        .collect();
    let mut check = Check { service, strictness, accepted, path: "$".into(), problems: Vec::new() };
    match operation.input {
        Some(input) => check.structure(service.shape(input), params, 0),
        None => {
            if params.as_object().is_some_and(|members| !members.is_empty()) {
                check.say("the operation takes no parameters");
            }
        }
    }
    check.problems
}

struct Check<'a> {
    service: &'a Service,
    strictness: Strictness,
    accepted: Vec<&'static str>,
    /// The place that is being checked.
    path: String,
    problems: Vec<String>,
}

impl<'a> Check<'a> {
    fn say(&mut self, what: impl std::fmt::Display) {
        self.problems.push(format!("{}: {what}", self.path));
    }

    /// Checks what is behind a member, and takes its name off the path again.
    fn within(&mut self, name: &str, check: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push('.');
        self.path.push_str(name);
        check(self);
        self.path.truncate(length);
    }

    /// The same for an item of a list.
    fn within_item(&mut self, index: usize, check: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        for part in ["[", &index.to_string(), "]"] {
            self.path.push_str(part);
        }
        check(self);
        self.path.truncate(length);
    }

    fn structure(&mut self, shape: &'a Shape, value: &Value, depth: usize) {
        let Some(members) = value.as_object() else {
            self.say(format_args!("expected an object, found {}", kind_of(value)));
            return;
        };
        let Some(shape) = self.variant(shape, members) else { return };
        for (name, value) in members {
            match shape.member(name) {
                Some(member) if stands_for_others(member) || value.is_null() => {}
                Some(member) => self.within(name, |check| check.value(member.shape, value, depth + 1)),
                None if depth == 0 && self.accepted.contains(&name.as_str()) => {}
                None if shape.members().iter().any(stands_for_others) => {}
                None => {
                    let near = nearest(name, shape.members().iter().map(|m| m.name.as_str()));
                    let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                    self.say(format_args!("there is no member `{name}`{hint}"));
                }
            }
        }
        let needed =
            |member: &&Member| member.required && !member.idempotency_token && !stands_for_others(member);
        for member in shape.members().iter().filter(needed) {
            if members.get(&member.name).is_none_or(Value::is_null) {
                self.say(format_args!("`{}` is required and missing", member.name));
            }
        }
        if shape.traits.union {
            let given = members.values().filter(|value| !value.is_null()).count();
            if given != 1 {
                let names: Vec<&str> = shape.members().iter().map(|m| m.name.as_str()).collect();
                self.say(format_args!("exactly one of {} must be given, found {given}", names.join(", ")));
            }
        }
    }

    /// The shape that a polymorphic value says it is. A value that says nothing is checked as its base; one that
    /// says something new is not checked where the cloud adds variants.
    fn variant(&mut self, shape: &'a Shape, members: &Map<String, Value>) -> Option<&'a Shape> {
        let Some(name) = &shape.traits.discriminator else { return Some(shape) };
        if self.service.protocol == Protocol::Arm {
            return variant(self.service, shape, members);
        }
        let variants = &shape.traits.variants;
        if let Some(said) = members.get(name).and_then(Value::as_str)
            && !variants.is_empty()
            && !variants.iter().any(|(value, _)| value == said)
            && !(self.strictness == Strictness::Planning && said.contains("${{"))
        {
            let known: Vec<&str> = variants.iter().map(|(value, _)| value.as_str()).collect();
            self.within(name, |check| {
                check.say(format_args!("expected {}, found `{said}`", one_of(&known, said)));
            });
        }
        Some(self.service.variant(shape, members))
    }

    fn value(&mut self, shape: ShapeId, value: &Value, depth: usize) {
        if depth > DEEPEST {
            self.say("nested too deeply");
            return;
        }
        if self.strictness == Strictness::Planning && value.as_str().is_some_and(|text| text.contains("${{"))
        {
            return;
        }
        let shape = self.service.shape(shape);
        let fits = match &shape.kind {
            ShapeKind::Structure { .. } => return self.structure(shape, value, depth),
            ShapeKind::List { member } => match value.as_array() {
                Some(items) => {
                    self.least(shape, items.len(), "items");
                    for (index, item) in items.iter().enumerate() {
                        self.within_item(index, |check| {
                            check.value(member.shape, item, depth + 1);
                        });
                    }
                    true
                }
                None => false,
            },
            ShapeKind::Map { value: item, .. } => match value.as_object() {
                Some(members) => {
                    for (name, inner) in members {
                        self.within(name, |check| {
                            check.value(item.shape, inner, depth + 1);
                        });
                    }
                    true
                }
                None => false,
            },
            ShapeKind::String | ShapeKind::Character => match value.as_str() {
                Some(text) => {
                    self.least(shape, text.chars().count(), "characters");
                    self.words(shape, text);
                    true
                }
                // Values that are JSON on the wire may be written as they are.
                None => shape.traits.json_value,
            },
            ShapeKind::Blob => value.is_string(),
            ShapeKind::Boolean => value.is_boolean(),
            ShapeKind::Integer | ShapeKind::Long => {
                let whole = value.is_i64() || value.is_u64();
                self.least_value(shape, value);
                whole
            }
            ShapeKind::Float | ShapeKind::Double => {
                self.least_value(shape, value);
                value.is_number()
                    || value.as_str().is_some_and(|t| matches!(t, "NaN" | "Infinity" | "-Infinity"))
            }
            ShapeKind::Timestamp => value.is_string() || value.is_number(),
            ShapeKind::Document => true,
        };
        if !fits {
            self.say(format_args!("expected {}, found {}", expected(&shape.kind), kind_of(value)));
        }
    }

    /// Words of a complete list; other lists are hints.
    fn words(&mut self, shape: &Shape, found: &str) {
        let allowed = &shape.traits.allowed;
        if shape.traits.closed && !allowed.iter().any(|word| word == found) {
            let known: Vec<&str> = allowed.iter().map(String::as_str).collect();
            self.say(format_args!("expected {}, found `{found}`", one_of(&known, found)));
        }
    }

    fn least(&mut self, shape: &Shape, found: usize, what: &str) {
        #[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^52")]
        if let Some(min) = shape.traits.min.filter(|min| (found as f64) < *min) {
            self.say(format_args!("needs at least {min} {what}, found {found}"));
        }
    }

    fn least_value(&mut self, shape: &Shape, value: &Value) {
        if let (Some(min), Some(found)) = (shape.traits.min, value.as_f64())
            && found < min
        {
            self.say(format_args!("must be at least {min}, found {found}"));
        }
    }
}

/// The words to choose from: all of them when they are few, else the nearest one.
fn one_of(known: &[&str], found: &str) -> String {
    match nearest(found, known.iter().copied()) {
        Some(near) if known.len() > MOST_WORDS => {
            format!("one of {} words; did you mean `{near}`?", known.len())
        }
        _ if known.len() > MOST_WORDS => {
            format!("one of {}, … {} more", known[..MOST_WORDS].join(", "), known.len() - MOST_WORDS)
        }
        _ => format!("one of {}", known.join(", ")),
    }
}

/// The shape that a structure really has, by the value of its discriminator. None when that value is not known:
/// services add variants, and what their members are is then not known either.
#[must_use]
pub fn variant<'a>(service: &'a Service, shape: &'a Shape, given: &Map<String, Value>) -> Option<&'a Shape> {
    let mut shape = shape;
    // A variant can have variants of its own.
    for _ in 0..8 {
        let Some(decider) = &shape.traits.discriminator else { break };
        let Some(value) = given.get(decider).and_then(Value::as_str) else { break };
        match shape.traits.variants.iter().find(|(known, _)| known.eq_ignore_ascii_case(value)) {
            Some((_, picked)) => {
                let picked = service.shape(*picked);
                if std::ptr::eq(picked, shape) {
                    break;
                }
                // A variant of the same decider lists itself no more.
                let again = picked.traits.discriminator.as_ref() == Some(decider);
                shape = picked;
                if again {
                    break;
                }
            }
            None => return None,
        }
    }
    Some(shape)
}

/// Whether a member stands for whatever other members there are.
fn stands_for_others(member: &Member) -> bool {
    member.traits.flattened && member.wire_name.as_deref() == Some("")
}

fn expected(kind: &ShapeKind) -> &'static str {
    match kind {
        ShapeKind::Structure { .. } | ShapeKind::Map { .. } => "an object",
        ShapeKind::List { .. } => "a list",
        ShapeKind::String | ShapeKind::Character => "text",
        ShapeKind::Blob => "bytes in base64",
        ShapeKind::Boolean => "true or false",
        ShapeKind::Integer | ShapeKind::Long => "a whole number",
        ShapeKind::Float | ShapeKind::Double => "a number",
        ShapeKind::Timestamp => "a time such as 2026-01-31T12:00:00Z",
        ShapeKind::Document => "any value",
    }
}

fn kind_of(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => format!("the number {number}"),
        // The text itself may be a secret.
        Value::String(_) => "text".into(),
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "an object".into(),
    }
}

/// The nearest of several names, if one is near at all.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    known
        .map(|candidate| (strsim::jaro_winkler(&name, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::plan::{CloudName, OperationName};
    use pretty_assertions::assert_eq;
    use serde_json::json;

    fn problems(service: &str, operation: &str, params: &Value, strictness: Strictness) -> Vec<String> {
        let catalog = Catalog::open(None).unwrap();
        let found = catalog.operation(&OperationName::new(CloudName::Aws, service, operation)).unwrap();
        validate(found.service(), found.operation(), params, strictness)
    }

    #[test]
    fn good_parameters_have_no_problems() {
        let params = json!({"Bucket": "b", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}});
        assert_eq!(problems("s3", "CreateBucket", &params, Strictness::Sending), Vec::<String>::new());
    }

    #[test]
    fn all_problems_are_told_at_once_with_their_places() {
        let params = json!({
            "TableName": 3, "KeySchemas": [],
            "AttributeDefinitions": [{"AttributeName": "a"}], "KeySchema": []
        });
        let found = problems("dynamodb", "CreateTable", &params, Strictness::Sending);
        assert!(
            found.contains(&"$: there is no member `KeySchemas`; did you mean `KeySchema`?".to_owned()),
            "{found:?}"
        );
        assert!(found.contains(&"$.TableName: expected text, found the number 3".to_owned()), "{found:?}");
        assert!(
            found.contains(&"$.AttributeDefinitions[0]: `AttributeType` is required and missing".to_owned()),
            "{found:?}"
        );
        assert!(found.contains(&"$.KeySchema: needs at least 1 items, found 0".to_owned()), "{found:?}");
    }

    #[test]
    fn a_reference_stands_for_any_value_in_a_plan_and_for_text_when_it_is_sent() {
        let params = json!({"InstanceIds": "${{ steps.a.output.Ids }}"});
        assert_eq!(
            problems("ec2", "TerminateInstances", &params, Strictness::Planning),
            Vec::<String>::new()
        );
        assert_eq!(problems("ec2", "TerminateInstances", &params, Strictness::Sending).len(), 1);
    }

    #[test]
    fn a_union_takes_exactly_one_member() {
        let params = json!({"TableName": "t", "Key": {"id": {"S": "a", "N": "1"}}});
        let found = problems("dynamodb", "GetItem", &params, Strictness::Sending);
        assert!(found.is_empty() || found[0].contains("exactly one"), "{found:?}");
    }

    #[test]
    fn a_secret_is_not_repeated_in_a_problem() {
        let params = json!({"SecretId": ["hunter2"]});
        let found = problems("secretsmanager", "GetSecretValue", &params, Strictness::Sending);
        assert!(!found.join(" ").contains("hunter2"), "{found:?}");
    }
}
