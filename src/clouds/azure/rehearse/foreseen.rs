//! What the Resource Manager says beforehand, read.

use serde_json::Value;

use crate::clouds::azure::failure::Failure;
use crate::clouds::{Foreseen, ForeseenProperty};
use crate::text::{MASK, is_secret_name, line, mask_named};

/// Changes inside changes that are followed.
const DEEPEST: usize = 16;

/// What would change, as what-if tells it; nothing where it tells no list, which is not an empty one. What is only listed
/// because it lies beside is left out.
pub(super) fn changes(answer: &Value, secrets: &[String]) -> Option<Vec<Foreseen>> {
    let list = answer.pointer("/properties/changes").or_else(|| answer.get("changes"));
    let mut found = Vec::new();
    for change in list?.as_array()? {
        let word = change["changeType"].as_str().unwrap_or("unknown");
        if word == "Ignore" {
            continue;
        }
        let mut properties = Vec::new();
        gather("", &change["delta"], secrets, 0, &mut properties);
        let mut said = in_words(word);
        if let Some(reason) = change["unsupportedReason"].as_str() {
            said = format!("{said}: {}", line(&hide(reason, secrets)));
        }
        let resource = change["resourceId"].as_str().unwrap_or_default();
        found.push(Foreseen { resource: line(resource), change: said, properties });
    }
    Some(found)
}

fn gather(before: &str, delta: &Value, secrets: &[String], depth: usize, found: &mut Vec<ForeseenProperty>) {
    for change in delta.as_array().into_iter().flatten().filter(|_| depth < DEEPEST) {
        let name = change["path"].as_str().unwrap_or_default();
        let path = if before.is_empty() { line(name) } else { format!("{before}.{}", line(name)) };
        let inner = change["children"].as_array().is_some_and(|children| !children.is_empty());
        if inner {
            gather(&path, &change["children"], secrets, depth + 1, found);
            continue;
        }
        let is_secret = path.split('.').any(is_secret_name);
        let value = |side: &str| match &change[side] {
            Value::Null => Value::Null,
            _ if is_secret => MASK.into(),
            value => hidden(&mask_named(value), secrets),
        };
        found.push(ForeseenProperty {
            change: in_words(change["propertyChangeType"].as_str().unwrap_or("unknown")),
            before: value("before"),
            after: value("after"),
            path,
        });
    }
}

/// `NoChange` as `no-change`.
fn in_words(word: &str) -> String {
    let mut out = String::new();
    for letter in line(word).chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// The innermost cause of a refusal.
pub(super) struct Cause {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) target: Option<String>,
}

/// The first error inside an error that has a code and words: the outer ones only say that a template is no good.
pub(super) fn cause(failure: &Failure) -> Cause {
    let text =
        |value: &Value, name: &str| value[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let own_target = failure.detail.get("target").and_then(Value::as_str).map(str::to_owned);
    let mut cause =
        Cause { code: failure.code.clone(), message: failure.message.clone(), target: own_target };
    let mut at = failure.detail.get("details").and_then(|details| details.get(0));
    let mut depth = 0;
    while let Some(inner) = at.filter(|_| depth < DEEPEST) {
        if let (Some(code), Some(message)) = (text(inner, "code"), text(inner, "message")) {
            (cause.code, cause.message) = (code, message);
        }
        cause.target = text(inner, "target").or(cause.target);
        at = inner.get("details").and_then(|details| details.get(0));
        depth += 1;
    }
    cause
}

/// A text without the secrets in it.
pub(super) fn hide(text: &str, secrets: &[String]) -> String {
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), MASK))
}

fn hidden(value: &Value, secrets: &[String]) -> Value {
    match value {
        Value::String(text) => hide(text, secrets).into(),
        Value::Array(items) => items.iter().map(|item| hidden(item, secrets)).collect(),
        Value::Object(members) => Value::Object(
            members.iter().map(|(name, inner)| (name.clone(), hidden(inner, secrets))).collect(),
        ),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    #[test]
    fn changes_are_told_by_resource_and_by_member_and_what_lies_beside_is_not() {
        let answer = json!({"status": "Succeeded", "properties": {"changes": [
            {"resourceId": "/vm", "changeType": "Modify", "delta": [
                {"path": "properties.tags", "propertyChangeType": "Array", "children": [
                    {"path": "0", "propertyChangeType": "Modify", "before": "a", "after": "b"}]},
                {"path": "properties.osProfile.adminPassword", "propertyChangeType": "Modify", "after": "x"},
                {"path": "properties.note", "propertyChangeType": "Create", "after": "is p4ss"}]},
            {"resourceId": "/beside", "changeType": "Ignore"},
            {"resourceId": "/same", "changeType": "NoChange"},
            {"resourceId": "/odd", "changeType": "Unsupported", "unsupportedReason": "no\u{1b}[31m"},
        ]}});
        let found = changes(&answer, &["p4ss".to_owned()]).unwrap();
        let words: Vec<&str> = found.iter().map(|change| change.change.as_str()).collect();
        assert_eq!(words[..2], ["modify", "no-change"]);
        assert!(words[2].starts_with("unsupported: no") && !words[2].contains('\u{1b}'), "{words:?}");
        let members: Vec<(&str, &Value)> =
            found[0].properties.iter().map(|p| (p.path.as_str(), &p.after)).collect();
        let note = json!(format!("is {MASK}"));
        assert_eq!(
            members,
            [
                ("properties.tags.0", &json!("b")),
                ("properties.osProfile.adminPassword", &json!(MASK)),
                ("properties.note", &note),
            ]
        );
    }

    #[test]
    fn an_answer_without_a_list_is_not_one_that_nothing_changes() {
        assert_eq!(
            changes(&json!({"status": "Succeeded", "properties": {"changes": []}}), &[]),
            Some(vec![])
        );
        for other in [json!({"status": "Succeeded"}), json!({"properties": {"changes": null}}), json!(null)] {
            assert_eq!(changes(&other, &[]), None, "{other}");
        }
    }

    #[test]
    fn the_cause_inside_is_told_and_not_that_a_template_is_no_good() {
        let detail = json!({"details": [{"code": "Outer", "message": "m", "details": [
            {"code": "SkuNotAvailable", "message": "no such size", "target": "vmSize"}]}]});
        let failure = Failure {
            code: "InvalidTemplateDeployment".into(),
            message: "see inner errors".into(),
            detail: detail.as_object().unwrap().clone(),
        };
        let cause = cause(&failure);
        assert_eq!((cause.code.as_str(), cause.message.as_str()), ("SkuNotAvailable", "no such size"));
        assert_eq!(cause.target.as_deref(), Some("vmSize"));
    }
}
