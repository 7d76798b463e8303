//! What makes a case hard: values that a simple comparison does not see through.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::plan::is_reference;

/// Why a case is hard, if it is.
pub(super) fn hard(params: &Value) -> Option<&'static str> {
    let mut found = None;
    walk(params, &mut |value| {
        found = found.or_else(|| match value {
            Value::String(text) => text_is_hard(text).or_else(|| written_out(text)),
            Value::Object(members) => span(members),
            Value::Number(_) | Value::Bool(_) | Value::Null | Value::Array(_) => None,
        });
    });
    found
}

fn walk(value: &Value, see: &mut dyn FnMut(&Value)) {
    see(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, see)),
        Value::Object(members) => members.values().for_each(|inner| walk(inner, see)),
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

fn text_is_hard(text: &str) -> Option<&'static str> {
    let words = text.trim();
    if is_reference(text) {
        Some("a reference that is not known yet")
    } else if words.starts_with('{') && serde_json::from_str::<Value>(words).is_ok() {
        Some("JSON as text")
    } else if words.contains("::") && words.contains('/') && !words.starts_with("arn:") {
        Some("IPv6")
    } else if port_range(words) {
        Some("a range of ports")
    } else if words.len() >= 16 && is_readable_base64(words) {
        Some("base64")
    } else {
        None
    }
}

/// `20-25`, or every port at once.
fn port_range(words: &str) -> bool {
    words == "*"
        || words.split_once('-').is_some_and(|(from, to)| {
            let number = |text: &str| text.trim().parse::<u16>().ok();
            number(from).zip(number(to)).is_some_and(|(from, to)| from < to)
        })
}

/// Two ports that are not one, under the names that clouds give them.
fn span(members: &serde_json::Map<String, Value>) -> Option<&'static str> {
    [("FromPort", "ToPort"), ("From", "To"), ("min", "max")].into_iter().find_map(|(from, to)| {
        let (from, to) = (members.get(from)?, members.get(to)?);
        (from != to).then_some("a range of ports")
    })
}

/// A yes or a no as people and forms write them.
fn written_out(text: &str) -> Option<&'static str> {
    (text == "true" || text == "false").then_some("a value written as text")
}

fn is_readable_base64(words: &str) -> bool {
    STANDARD.decode(words).is_ok_and(|bytes| {
        String::from_utf8(bytes).is_ok_and(|text| text.chars().all(|c| !c.is_control() || c.is_whitespace()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_simple_comparison_sees_through_is_not_hard() {
        for easy in [
            json!({"ACL": "public-read", "Bucket": "b"}),
            json!({"FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}),
            json!({"RoleArn": "arn:aws:iam::1:role/r"}),
        ] {
            assert_eq!(hard(&easy), None, "{easy}");
        }
    }

    #[test]
    fn ranges_texts_and_references_are_hard() {
        for (params, why) in [
            (json!({"CidrIpv6": "::/0"}), "IPv6"),
            (json!({"a": [{"FromPort": 20, "ToPort": 25}]}), "a range of ports"),
            (json!({"destinationPortRanges": ["20-25"]}), "a range of ports"),
            (json!({"Policy": "{\"Statement\": []}"}), "JSON as text"),
            (json!({"UserData": "ZWNobyBoZWxsbyB3b3JsZA=="}), "base64"),
            (json!({"Encrypted": "${{ steps.a.output.X }}"}), "a reference that is not known yet"),
            (json!({"SqsManagedSseEnabled": "false"}), "a value written as text"),
        ] {
            assert_eq!(hard(&params), Some(why), "{params}");
        }
    }
}
