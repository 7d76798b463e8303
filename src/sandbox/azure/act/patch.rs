//! Changing parts of a thing.

use serde_json::{Map, Value};

use super::begin;
use super::document;
use super::put::make;
use crate::sandbox::azure::fault::Fault;
use crate::sandbox::azure::thing::shown;
use crate::sandbox::azure::work::Work;
use crate::sandbox::http::Answer;

/// The thing at the address gets the members of the body; tags are replaced as a whole.
pub(in super::super) fn patch(work: &mut Work<'_>) -> Result<Answer, Fault> {
    work.check_surroundings()?;
    let body = work.body()?;
    let Some(existing) = work.at(&work.address).cloned() else { return Err(work.not_found(&work.address)) };
    work.check_version(Some(&existing))?;
    let merged = merged(&existing.attributes, &body);
    let thing = make(work, merged, Some(existing))?;
    let value = shown(work, &thing);
    let allowed = work.arm().map_or(vec![200], |arm| arm.success.clone());
    let status = [200, 201, 202].into_iter().find(|status| allowed.contains(status)).unwrap_or(200);
    let mut answer = document(status, &value);
    if work.is_long() {
        begin(work, &thing.key(), None, &mut answer);
    }
    Ok(answer)
}

/// Members laid over others: null takes a member away, and tags are not merged.
fn merged(under: &Map<String, Value>, over: &Map<String, Value>) -> Map<String, Value> {
    let mut out = under.clone();
    for (name, value) in over {
        match (out.get(name), value) {
            (_, Value::Null) => {
                out.remove(name);
            }
            (Some(Value::Object(old)), Value::Object(new)) if name != "tags" => {
                let inner = merged(old, new);
                out.insert(name.clone(), Value::Object(inner));
            }
            (_, value) => {
                out.insert(name.clone(), value.clone());
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    #[test]
    fn members_are_merged_and_tags_are_replaced() {
        let old = json!({"tags": {"a": "1"}, "properties": {"x": {"y": 1, "z": 2}, "w": 3}});
        let new = json!({"tags": {"b": "2"}, "properties": {"x": {"y": 5}, "w": null}});
        let merged = merged(old.as_object().unwrap(), new.as_object().unwrap());
        assert_eq!(Value::Object(merged), json!({"tags": {"b": "2"}, "properties": {"x": {"y": 5, "z": 2}}}));
    }
}
