//! Answers of reads in a form that a person can take in at a glance.

use serde_json::{Map, Value};

use crate::text;

/// Rows shown of one list; the rest is counted.
const MOST_ROWS: usize = 30;
/// Lines shown of an answer that is no list.
const MOST_LINES: usize = 40;
/// Cells of one column.
const MOST_CELLS: usize = 48;

/// The answer of one operation: its main list as a table, or its members as lines.
///
/// Secrets are expected to be masked already; the text is sanitised. A list that the answer
/// holds and that is empty is called empty; a list that the answer does not hold is not
/// mentioned, because an absent answer does not say that nothing exists.
#[must_use]
pub fn describe(output: &Value) -> String {
    let Some(members) = output.as_object() else {
        return text::sanitize(&output.to_string());
    };
    let lists: Vec<(&String, Vec<&Value>)> = members
        .iter()
        .filter_map(|(name, value)| {
            let items = value.as_array()?;
            let records = items.iter().all(|i| i.is_object() || i.is_string());
            records.then(|| (name, items.iter().collect()))
        })
        .collect();
    if lists.is_empty() {
        return lines(members);
    }
    let mut out = Vec::new();
    for (name, items) in lists {
        let (name, items) = unfold(name, items);
        out.push(table(&name, &items));
    }
    out.join("\n")
}

/// Follows a list whose items are nothing but holders of another list, as EC2's reservations.
fn unfold<'a>(name: &str, items: Vec<&'a Value>) -> (String, Vec<&'a Value>) {
    let inner = items.iter().find_map(|item| {
        let members = item.as_object()?;
        let named = members.keys().any(|k| k == "Name" || k == "name");
        let (key, _) =
            members.iter().find(|(_, v)| v.as_array().is_some_and(|a| a.iter().any(Value::is_object)))?;
        (!named && members.len() <= 6 && !identifies(key)).then(|| key.clone())
    });
    let Some(inner) = inner else { return (name.to_owned(), items) };
    let holds = items.iter().all(|item| item.get(&inner).is_some_and(Value::is_array));
    if !holds || inner == "Tags" {
        return (name.to_owned(), items);
    }
    let flat = items.into_iter().filter_map(|item| item.get(&inner)?.as_array()).flatten().collect();
    (inner, flat)
}

fn identifies(key: &str) -> bool {
    ["Name", "Id", "Identifier", "Arn", "Key", "name", "id"].iter().any(|suffix| key.ends_with(suffix))
}

fn describes(key: &str) -> bool {
    ["State", "Status", "Type", "Class", "Engine", "CidrBlock", "Runtime", "Size", "Region", "CreationDate"]
        .iter()
        .any(|suffix| key.ends_with(suffix))
}

fn table(name: &str, items: &[&Value]) -> String {
    if items.is_empty() {
        return format!("{}: none", text::line(name));
    }
    let mut columns: Vec<&str> = Vec::new();
    for (wanted, most) in [(identifies as fn(&str) -> bool, 3), (describes, 5)] {
        for item in items.iter().take(MOST_ROWS) {
            for (key, value) in item.as_object().into_iter().flatten() {
                if columns.len() < most
                    && wanted(key)
                    && cell(value).is_some()
                    && !columns.contains(&key.as_str())
                {
                    columns.push(key);
                }
            }
        }
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    if !columns.is_empty() {
        rows.push(columns.iter().map(|c| (*c).to_owned()).collect());
    }
    for item in items.iter().take(MOST_ROWS) {
        let row = match item {
            Value::Object(members) if columns.is_empty() => {
                vec![text::line(&Value::from(members.clone()).to_string())]
            }
            Value::Object(members) => {
                columns.iter().map(|c| members.get(*c).and_then(cell).unwrap_or_else(|| "-".into())).collect()
            }
            other => vec![cell(other).unwrap_or_default()],
        };
        rows.push(row);
    }
    let widths: Vec<usize> = (0..rows.iter().map(Vec::len).max().unwrap_or(0))
        .map(|c| {
            rows.iter().filter_map(|r| r.get(c)).map(|t| text::width(t)).max().unwrap_or(0).min(MOST_CELLS)
        })
        .collect();
    let mut out = format!("{} ({}):", text::line(name), items.len());
    for row in &rows {
        out.push_str("\n ");
        for (cell, width) in row.iter().zip(&widths) {
            let cell = if rows[0].len() == 1 { cell.clone() } else { text::fit(cell, *width) };
            let pad = width.saturating_sub(text::width(&cell));
            out.push(' ');
            out.push_str(&cell);
            out.push_str(&" ".repeat(pad));
        }
        out.truncate(out.trim_end().len());
    }
    if items.len() > MOST_ROWS {
        out.push_str(&format!("\n  and {} more", items.len() - MOST_ROWS));
    }
    out
}

/// A value that fits into a cell: a scalar, or an object that only wraps a name.
fn cell(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(text::line(s)),
        Value::Number(n) => Some(n.to_string()),
        Value::Bool(b) => Some(b.to_string()),
        Value::Object(members) => members.get("Name").filter(|n| n.is_string()).and_then(cell),
        _ => None,
    }
}

fn lines(members: &Map<String, Value>) -> String {
    if members.is_empty() {
        return "(the answer is empty)".to_owned();
    }
    let yaml = yaml_serde::to_string(members).unwrap_or_else(|_| Value::from(members.clone()).to_string());
    let clean = text::sanitize(yaml.trim_end());
    let total = clean.lines().count();
    let mut shown: Vec<&str> = clean.lines().take(MOST_LINES).collect();
    let more = format!("and {} more lines", total.saturating_sub(MOST_LINES));
    if total > MOST_LINES {
        shown.push(&more);
    }
    shown.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    #[test]
    fn a_list_becomes_a_table_of_names_and_states() {
        let output = json!({"Buckets": [
            {"Name": "logs", "CreationDate": "2026-01-01T00:00:00Z"},
            {"Name": "a-longer-name", "CreationDate": "2026-01-02T00:00:00Z"},
        ], "Owner": {"ID": "x"}});
        assert_eq!(
            describe(&output),
            "Buckets (2):\n  Name          CreationDate\n  logs          2026-01-01T00:00:00Z\n  a-longer-name 2026-01-02T00:00:00Z"
        );
    }

    #[test]
    fn reservations_are_unfolded_into_instances() {
        let output = json!({"Reservations": [
            {"ReservationId": "r-1", "Instances": [{"InstanceId": "i-1", "State": {"Code": 16, "Name": "running"}}]},
            {"ReservationId": "r-2", "Instances": [{"InstanceId": "i-2", "State": {"Code": 80, "Name": "stopped"}}]},
        ]});
        let text = describe(&output);
        assert!(text.starts_with("Instances (2):"), "{text}");
        assert!(text.contains("i-1") && text.contains("stopped"), "{text}");
    }

    #[test]
    fn an_empty_list_is_called_empty_and_an_absent_one_is_not_mentioned() {
        assert_eq!(describe(&json!({"QueueUrls": []})), "QueueUrls: none");
        assert_eq!(describe(&json!({})), "(the answer is empty)");
    }

    #[test]
    fn escape_sequences_in_an_answer_are_gone() {
        let text = describe(&json!({"Names": ["a\u{1b}[2Jb"]}));
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }

    #[test]
    fn long_lists_are_counted_not_drawn() {
        let items: Vec<Value> = (0..100).map(|i| json!({"Name": format!("b{i}")})).collect();
        assert!(describe(&json!({"Buckets": items})).ends_with("and 70 more"));
    }

    #[test]
    fn an_answer_without_lists_is_written_as_lines() {
        let text = describe(&json!({"Account": "1", "Arn": "arn:aws:iam::1:root"}));
        assert_eq!(text, "Account: '1'\nArn: arn:aws:iam::1:root");
    }
}
