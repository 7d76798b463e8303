//! Answers that say "done" and mean a part of it.
//!
//! One request may ask for many things. Clouds answer it as a success when some of them came to nothing, and name those in
//! a member of the answer, or only give back less than was wanted. Neither is told by the status, so it is read from the
//! answer itself, by the words that the clouds' models use for such members.

use serde_json::{Map, Value};

use super::request::failure;
use crate::plan::StepFailure;

/// How much of each thing that was not done is told, in characters.
const TOLD: usize = 160;
/// How many of them are told.
const MANY: usize = 5;

/// Why a step whose request succeeded is not done, if so. `output` has its secrets masked; `reads` says that the operation
/// changes nothing: what a read lists as failed is what it was asked for, but what it could not process is missing.
pub(super) fn not_done(operation: &str, reads: bool, params: &Value, output: &Value) -> Option<StepFailure> {
    let members = output.as_object()?;
    let told = members.iter().find_map(|(name, value)| named(name, value, reads));
    let told = told.or_else(|| if reads { None } else { fewer(operation, params, members) })?;
    let advice = "what was done stays: take the run back, or do the rest with a plan of its own";
    Some(failure("PartlyDone", crate::text::sanitize(&told), Some(advice)))
}

/// What a member of an answer says about things that were not done.
fn named(name: &str, value: &Value, reads: bool) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    let speaks = lower.starts_with("unprocessed")
        || !reads
            && (["unsuccessful", "failed"].iter().any(|word| lower.starts_with(word))
                || ["failures", "errorentries", "errorlist"].contains(&lower.as_str())
                || lower.ends_with("errors"));
    if !speaks {
        return None;
    }
    let items: Vec<String> = match value {
        Value::Array(items) => items.iter().map(Value::to_string).collect(),
        Value::Object(items) => items.iter().map(|(key, item)| format!("{key}: {item}")).collect(),
        Value::Number(count) if lower.ends_with("count") && count.as_u64() > Some(0) => {
            return Some(format!("{name} is {count}"));
        }
        _ => return None,
    };
    if items.is_empty() {
        return None;
    }
    let more = items.len().saturating_sub(MANY);
    let mut told: Vec<String> = items.iter().take(MANY).map(|item| short(item)).collect();
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    Some(format!("{name} names {} that came to nothing: {}", items.len(), told.join("; ")))
}

/// Less than was wanted where the request says how much it would also be content with.
fn fewer(operation: &str, params: &Value, output: &Map<String, Value>) -> Option<String> {
    let (least, most) = (params["MinCount"].as_u64()?, params["MaxCount"].as_u64()?);
    let (name, made) = output
        .iter()
        .filter_map(|(name, value)| Some((name, value.as_array()?.len() as u64)))
        .find(|(name, _)| operation.ends_with(name.as_str()))?;
    (least <= most && made < most).then(|| format!("{made} of {most} {name}"))
}

fn short(text: &str) -> String {
    match text.char_indices().nth(TOLD) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(operation: &str, reads: bool, params: Value, output: Value) -> Option<String> {
        not_done(operation, reads, &params, &output).map(|failure| failure.message)
    }

    #[test]
    fn things_that_came_to_nothing_are_named_one_by_one() {
        for (output, words) in [
            (
                json!({"UnprocessedItems": {"orders": [{"PutRequest": {"Item": {"id": {"S": "7"}}}}]}}),
                "orders: [{",
            ),
            (json!({"Successful": [{"Id": "a"}], "Failed": [{"Id": "b", "Code": "InternalError"}]}), "\"b\""),
            (json!({"Unsuccessful": [{"ResourceId": "fl-1", "Error": {"Code": "Nope"}}]}), "fl-1"),
            (json!({"Deleted": [], "Errors": [{"Key": "k", "Code": "AccessDenied"}]}), "AccessDenied"),
            (json!({"FailedEntryCount": 2}), "FailedEntryCount is 2"),
            (json!({"PhoneNumberErrors": [{"PhoneNumberId": "p"}]}), "PhoneNumberErrors names 1"),
        ] {
            let said = told("Batch", false, json!({}), output.clone()).unwrap_or_default();
            assert!(said.contains(words), "{output}: {said}");
        }
    }

    #[test]
    fn an_answer_that_names_nothing_is_whole() {
        for output in [
            json!({"UnprocessedItems": {}, "Errors": [], "FailedEntryCount": 0, "Failed": []}),
            json!({"FailureReason": "none", "ErrorMessage": "", "FailedStatusDetails": "x"}),
            json!({"ErrorDocument": {"Key": "error.html"}, "Failover": [1]}),
            json!("text"),
            Value::Null,
        ] {
            assert_eq!(told("Make", false, json!({}), output.clone()), None, "{output}");
        }
    }

    #[test]
    fn what_a_read_lists_as_failed_is_its_answer_but_what_it_left_out_is_not() {
        assert_eq!(told("ListImportFailures", true, json!({}), json!({"Failures": [1]})), None);
        assert!(told("BatchGetItem", true, json!({}), json!({"UnprocessedKeys": {"t": {}}})).is_some());
    }

    #[test]
    fn fewer_than_were_wanted_are_counted() {
        let wanted = json!({"MinCount": 1, "MaxCount": 3});
        let made = |count: usize| json!({"Groups": [], "Instances": vec![json!({"InstanceId": "i"}); count]});
        assert_eq!(told("RunInstances", false, wanted.clone(), made(2)).as_deref(), Some("2 of 3 Instances"));
        assert_eq!(told("RunInstances", false, wanted, made(3)), None);
        assert_eq!(told("RunInstances", false, json!({"MinCount": 1}), made(0)), None);
    }

    #[test]
    fn a_long_list_is_told_in_short() {
        let many: Vec<Value> = (0..40).map(|n| json!({"Id": n, "Text": "x".repeat(400)})).collect();
        let said = told("Batch", false, json!({}), json!({"Failed": many})).unwrap_or_default();
        assert!(said.contains("names 40") && said.ends_with("and 35 more") && said.len() < 1_100, "{said}");
    }
}
