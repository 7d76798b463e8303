//! Filters: `vpc-id`, `tag:Name`, `instance-state-name`, over things as the answer shows them.

use serde_json::{Map, Value};

use super::super::fault::Fault;
use super::super::noun;
use super::super::work::{Work, text_of, texts_of};
use crate::sandbox::model::Resource;

/// One filter of a request.
#[derive(Debug)]
pub(super) struct Filter {
    name: String,
    values: Vec<String>,
}

/// The filters of a request: structures with a name and values, in a member that is called so.
pub(super) fn filters(work: &Work<'_>) -> Vec<Filter> {
    let lists = work.params.iter().filter(|(name, _)| noun::squash(name).starts_with("filter"));
    lists
        .filter_map(|(_, value)| value.as_array())
        .flatten()
        .filter_map(|item| {
            let item = item.as_object()?;
            let get = |names: [&str; 2]| names.iter().find_map(|name| item.get(*name));
            let name = text_of(get(["Name", "Key"])?)?;
            Some(Filter { name, values: get(["Values", "Value"]).map(texts_of).unwrap_or_default() })
        })
        .collect()
}

/// Whether a thing passes all filters. A filter that asks for what the answer cannot show is an error.
pub(super) fn passes(
    work: &Work<'_>,
    filters: &[Filter],
    thing: &Resource,
    shown: &Map<String, Value>,
) -> Result<bool, Fault> {
    for filter in filters {
        let found = if let Some(key) = filter.name.strip_prefix("tag:") {
            thing.tags.get(key).cloned().into_iter().collect()
        } else if filter.name == "tag-key" {
            thing.tags.keys().cloned().collect()
        } else {
            let mut found = Vec::new();
            collect(&noun::squash(&filter.name), "", shown, &mut found);
            found
        };
        if !found.iter().any(|value| filter.values.iter().any(|wanted| fits(wanted, value))) {
            return Ok(false);
        }
    }
    let unnamed = filters.iter().find(|filter| filter.values.is_empty());
    match unnamed {
        Some(filter) => {
            Err(Fault::invalid(work.service.protocol, format!("The filter '{}' has no values", filter.name)))
        }
        None => Ok(true),
    }
}

/// The texts at the places whose path ends like the filter's name.
fn collect(wanted: &str, path: &str, shown: &Map<String, Value>, found: &mut Vec<String>) {
    for (name, value) in shown {
        let here = format!("{path}{}", noun::squash(name));
        match value {
            Value::Object(inner) => collect(wanted, &here, inner, found),
            Value::Array(items) => {
                for item in items {
                    match item {
                        Value::Object(inner) => {
                            collect(wanted, &here, inner, found);
                            collect(wanted, &noun::squash(&noun::singular(name)), inner, found);
                        }
                        other if ends_like(wanted, &noun::squash(&noun::singular(name))) => {
                            found.extend(text_of(other));
                        }
                        _ => {}
                    }
                }
            }
            other if ends_like(wanted, &here) || ends_like(wanted, &noun::squash(name)) => match other {
                Value::Bool(flag) => found.push(flag.to_string()),
                other => found.extend(text_of(other)),
            },
            _ => {}
        }
    }
}

/// `instance-state-name` is `State.Name`, `vpc-id` is `VpcId`, `cidr` is `CidrBlock`.
fn ends_like(wanted: &str, path: &str) -> bool {
    wanted == path || (path.len() > 4 && wanted.ends_with(path)) || format!("{wanted}block") == path
}

/// Values may have `*` and `?` in them.
fn fits(wanted: &str, value: &str) -> bool {
    fn go(wanted: &[char], value: &[char]) -> bool {
        match (wanted.split_first(), value.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), _) => {
                (0..=value.len()).any(|at| go(rest, value.get(at..).unwrap_or_default()))
            }
            (Some(('?', rest)), Some((_, after))) => go(rest, after),
            (Some((a, rest)), Some((b, after))) => a == b && go(rest, after),
            _ => false,
        }
    }
    if !wanted.contains(['*', '?']) || wanted.len() > 100 {
        return wanted == value;
    }
    go(&wanted.chars().collect::<Vec<_>>(), &value.chars().collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn values(filter: &str, shown: Value) -> Vec<String> {
        let mut found = Vec::new();
        collect(&noun::squash(filter), "", shown.as_object().unwrap(), &mut found);
        found.sort();
        found.dedup();
        found
    }

    #[test]
    fn filters_find_what_the_answer_shows() {
        let shown = json!({
            "VpcId": "v", "State": {"Code": 16, "Name": "running"}, "IsDefault": false, "CidrBlock": "10.0.0.0/16",
            "Attachments": [{"VpcId": "w", "State": "available"}], "SecurityGroups": [{"GroupId": "g"}],
        });
        assert!(values("vpc-id", shown.clone()).contains(&"v".to_owned()));
        assert_eq!(values("instance-state-name", shown.clone()), ["running"]);
        assert!(values("attachment.vpc-id", shown.clone()).contains(&"w".to_owned()));
        assert_eq!(values("is-default", shown.clone()), ["false"]);
        assert_eq!(values("cidr", shown.clone()), ["10.0.0.0/16"]);
        assert_eq!(values("nothing", shown), Vec::<String>::new());
    }

    #[test]
    fn stars_and_question_marks_stand_for_others() {
        assert!(fits("web-*", "web-1") && fits("w?b", "web") && fits("*", ""));
        assert!(!fits("web", "web-1") && !fits("w?b", "wb"));
    }
}
