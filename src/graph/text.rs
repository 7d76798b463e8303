//! Names, tags, and other texts inside parameters and answers.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Node;

/// Bytes of the shortest name that is looked for at the end of a path.
const SHORTEST: usize = 3;

/// All texts of a value that may name something, each with the name of its member. Tags and words for
/// people name nothing.
pub(super) fn gather(value: &Value, name: &str, out: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) if !text.is_empty() => out.push((name.to_owned(), text.clone())),
        Value::Array(items) => items.iter().for_each(|item| gather(item, name, out)),
        Value::Object(members) => {
            for (name, inner) in members.iter().filter(|(name, _)| !says_nothing(name)) {
                gather(inner, name, out);
            }
        }
        _ => {}
    }
}

fn says_nothing(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.contains("tag") || lower.contains("description") || lower == "comment"
}

/// Whether a text under a member names a resource: by a name that is the cloud's own, or by a plain name
/// under a member that speaks of such resources.
pub(super) fn names(member: &str, text: &str, node: &Node) -> bool {
    if node.aliases.iter().any(|alias| alias == text) || ends_with_name(text, &node.name) {
        return true;
    }
    text == node.name && (is_own_name(text) || speaks_of(member, node))
}

/// The text, and what follows each part of a path or an ARN: all names with which it may end.
pub(super) fn suffixes(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.match_indices([':', '/']).filter_map(|(at, _)| text.get(at + 1..));
    std::iter::once(text).chain(parts.filter(|part| part.len() >= SHORTEST))
}

/// An ARN or a path that ends with the name.
fn ends_with_name(text: &str, name: &str) -> bool {
    name.len() >= SHORTEST && text.strip_suffix(name).is_some_and(|rest| rest.ends_with([':', '/']))
}

/// Names that a cloud gives: with a path in them, or a word and a long number.
fn is_own_name(text: &str) -> bool {
    let numbered = text.rsplit_once('-').is_some_and(|(word, number)| {
        !word.is_empty() && number.len() >= 8 && number.bytes().all(|b| b.is_ascii_hexdigit())
    });
    numbered || text.contains([':', '/'])
}

fn speaks_of(member: &str, node: &Node) -> bool {
    let lower = member.to_ascii_lowercase();
    let singular = lower.strip_suffix('s').unwrap_or(&lower);
    let in_identity = node.identity.keys().any(|key| {
        let key = key.to_ascii_lowercase();
        key == lower || key.strip_suffix('s').unwrap_or(&key) == singular
    });
    in_identity || lower.contains(&node.kind.to_ascii_lowercase())
}

/// Whether parameters name a resource by all that identifies it.
pub(super) fn names_whole(params: &Value, identity: &Map<String, Value>) -> bool {
    let mut given = Vec::new();
    gather(params, "", &mut given);
    !identity.is_empty()
        && identity.values().all(|value| {
            let mut wanted = Vec::new();
            gather(value, "", &mut wanted);
            !wanted.is_empty() && wanted.iter().all(|(_, text)| given.iter().any(|(_, found)| found == text))
        })
}

/// The tags inside a value, wherever they stand: lists of keys and values, or plain objects. Nothing
/// when it speaks of no tags.
pub(super) fn tags_of(value: &Value) -> Option<BTreeMap<String, String>> {
    let mut tags = None;
    for (name, inner) in value.as_object()? {
        let found = if name.to_ascii_lowercase().contains("tag") {
            pairs(inner).or_else(|| tags_of(inner)).or_else(|| inner.as_array()?.iter().find_map(tags_of))
        } else {
            inner.is_object().then(|| tags_of(inner)).flatten()
        };
        if let Some(found) = found {
            tags.get_or_insert_with(BTreeMap::new).extend(found);
        }
    }
    tags
}

fn pairs(value: &Value) -> Option<BTreeMap<String, String>> {
    match value {
        Value::Array(items) => items
            .iter()
            .map(|item| {
                let member = |names: [&str; 3]| names.iter().find_map(|name| item.get(name)?.as_str());
                let key = member(["Key", "key", "TagKey"])?;
                Some((key.to_owned(), member(["Value", "value", "TagValue"]).unwrap_or_default().to_owned()))
            })
            .collect(),
        Value::Object(members) if !members.is_empty() => {
            members.iter().map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
        }
        _ => None,
    }
}

/// Ids and ARNs in an answer that are the resource's own: members called so after its kind.
pub(super) fn aliases(answer: &Value, kind: &str, depth: usize, out: &mut Vec<String>) {
    let Some(members) = answer.as_object() else { return };
    let kind_lower = kind.to_ascii_lowercase();
    for (name, value) in members {
        let lower = name.to_ascii_lowercase();
        let own = lower.strip_prefix(&kind_lower).unwrap_or(&lower);
        match value {
            Value::String(text) if matches!(own, "id" | "arn" | "url") && !out.contains(text) => {
                out.push(text.clone());
            }
            Value::Object(_) if depth > 0 => aliases(value, kind, depth - 1, out),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    #[test]
    fn tags_are_found_in_the_form_of_every_cloud() {
        for value in [
            json!({"Tagging": {"TagSet": [{"Key": "owner", "Value": "web"}]}}),
            json!({"TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "owner", "Value": "web"}]}]}),
            json!({"tags": {"owner": "web"}}),
            json!({"body": {"freeformTags": {"owner": "web"}}}),
            json!({"Tags": [{"TagKey": "owner", "TagValue": "web"}]}),
        ] {
            assert_eq!(tags_of(&value).unwrap()["owner"], "web", "{value}");
        }
        assert_eq!(tags_of(&json!({"Bucket": "tags", "ETag": "x"})), None);
        assert_eq!(tags_of(&json!({"Tags": []})), Some(BTreeMap::new()));
    }

    #[test]
    fn tags_and_descriptions_name_nothing() {
        let mut out = Vec::new();
        gather(&json!({"VpcId": "v", "Tags": [{"Value": "logs"}], "Description": "logs"}), "", &mut out);
        assert_eq!(out, [("VpcId".to_owned(), "v".to_owned())]);
    }

    #[test]
    fn the_own_ids_of_an_answer_are_names_and_others_are_not() {
        let mut out = Vec::new();
        let answer = json!({"Role": {"Arn": "arn:r", "RoleId": "AROA", "RoleName": "r", "VpcId": "v"}});
        aliases(&answer, "Role", 1, &mut out);
        assert_eq!(out, ["arn:r", "AROA"]);
    }
}
