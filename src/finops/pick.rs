//! A value that drives a price: `path|other.path|'word'|8:table`.
//!
//! The first alternative that is there counts; a path that begins with a dot starts at the
//! element of an `each`. Tables after colons translate the value in turn.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::plan::is_reference;

/// What was found for a name.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    /// This value.
    Known(Value),
    /// Nothing; the name that was looked for.
    Missing(String),
    /// Something that is not known before the plan runs; its name.
    Unknown(String),
}

/// A translation of words; keys such as `<=32` take every number up to 32.
pub(super) type Table = BTreeMap<String, String>;

/// Where names are looked up.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) params: &'a Value,
    pub(super) element: Option<&'a Value>,
    pub(super) names: &'a BTreeMap<String, Found>,
    pub(super) tables: &'a BTreeMap<String, Table>,
}

#[derive(Clone, Debug, PartialEq)]
enum Alternative {
    Path(String),
    Literal(Value),
}

/// Alternatives and the tables that translate what they give.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pick {
    alternatives: Vec<Alternative>,
    tables: Vec<String>,
}

impl Pick {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.split(':').map(str::trim);
        let first = parts.next().unwrap_or_default();
        let alternatives = first.split('|').map(|a| alternative(a.trim())).collect::<Result<_, _>>()?;
        Ok(Self { alternatives, tables: parts.map(str::to_owned).collect() })
    }

    pub(super) fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(String::as_str)
    }

    pub(super) fn find(&self, scope: Scope<'_>) -> Found {
        let mut missing = None;
        for alternative in &self.alternatives {
            let found = match alternative {
                Alternative::Literal(value) => Found::Known(value.clone()),
                Alternative::Path(path) => lookup(path, scope),
            };
            match found {
                Found::Missing(name) => _ = missing.get_or_insert(name),
                Found::Unknown(_) => return found,
                Found::Known(value) => return self.translate(value, scope),
            }
        }
        Found::Missing(missing.unwrap_or_default())
    }

    fn translate(&self, mut value: Value, scope: Scope<'_>) -> Found {
        for name in &self.tables {
            let Some(next) = translated(&value, name, scope.tables) else {
                return Found::Unknown(format!("{} {}", self.name(), text(&value)));
            };
            value = next;
        }
        Found::Known(value)
    }

    fn name(&self) -> &str {
        self.alternatives
            .iter()
            .find_map(|a| match a {
                Alternative::Path(path) => Some(path.trim_start_matches('.')),
                Alternative::Literal(_) => None,
            })
            .unwrap_or("value")
    }
}

/// A value as text inside a key or a sentence.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A value as a number, if it is one.
pub(super) fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Bool(yes) => Some(Decimal::from(u8::from(*yes))),
        Value::Number(n) => {
            let text = n.to_string();
            text.parse().or_else(|_| Decimal::from_scientific(&text)).ok()
        }
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn alternative(text: &str) -> Result<Alternative, String> {
    if let Some(word) = text.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')) {
        return Ok(Alternative::Literal(word.into()));
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return number(&text.into())
            .map(|_| Alternative::Literal(text.into()))
            .ok_or_else(|| format!("`{text}` is no number"));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._[]".contains(c);
    if text.is_empty() || !text.chars().all(allowed) {
        return Err(format!("`{text}` is no path; a word stands in single quotes"));
    }
    Ok(Alternative::Path(text.to_owned()))
}

fn lookup(path: &str, scope: Scope<'_>) -> Found {
    let plain = path.trim_start_matches('.');
    let mut at = match scope.element {
        Some(element) if path.starts_with('.') => element,
        _ => match scope.names.get(plain) {
            Some(found) => return found.clone(),
            None => scope.params,
        },
    };
    for part in plain.split('.').filter(|part| !part.is_empty()) {
        let (name, index) = match part.split_once('[') {
            Some((name, rest)) => (name, rest.trim_end_matches(']').parse::<usize>().ok()),
            None => (part, None),
        };
        if at.as_str().is_some_and(is_reference) {
            return Found::Unknown(plain.to_owned());
        }
        at = match at.get(name) {
            None | Some(Value::Null) => return Found::Missing(plain.to_owned()),
            Some(value) if value.as_str().is_some_and(is_reference) => {
                return Found::Unknown(plain.to_owned());
            }
            Some(value) => value,
        };
        if let Some(index) = index {
            match at.get(index) {
                None | Some(Value::Null) => return Found::Missing(plain.to_owned()),
                Some(value) => at = value,
            }
        }
    }
    if at.as_str().is_some_and(is_reference) {
        return Found::Unknown(plain.to_owned());
    }
    Found::Known(at.clone())
}

/// The tables `lower`, `squeeze` (lower case without spaces), and `count` (of a list) are always there.
pub(super) const BUILT_IN: [&str; 3] = ["lower", "squeeze", "count"];

fn translated(value: &Value, name: &str, tables: &BTreeMap<String, Table>) -> Option<Value> {
    match name {
        "lower" => return Some(text(value).to_lowercase().into()),
        "squeeze" => return Some(text(value).to_lowercase().replace([' ', '-'], "").into()),
        "count" => return value.as_array().map(|list| list.len().into()),
        _ => {}
    }
    let table = tables.get(name)?;
    let word = text(value);
    if let Some((_, to)) = table.iter().find(|(from, _)| from.eq_ignore_ascii_case(&word)) {
        return Some(to.as_str().into());
    }
    let steps = table.iter().filter_map(|(from, to)| {
        let limit: Decimal = from.strip_prefix("<=")?.trim().parse().ok()?;
        Some((limit, to))
    });
    if let Some(amount) = number(value) {
        let mut steps: Vec<_> = steps.collect();
        steps.sort();
        if let Some((_, to)) = steps.into_iter().find(|(limit, _)| amount <= *limit) {
            return Some(to.as_str().into());
        }
    }
    table.get("*").map(|to| to.as_str().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn find(pick: &str, params: &Value) -> Found {
        let tables = BTreeMap::from([
            (
                "engine".to_owned(),
                Table::from([("postgres".into(), "pg".into()), ("*".into(), "other".into())]),
            ),
            ("tier".to_owned(), Table::from([("<=4".into(), "p1".into()), ("<=16".into(), "p3".into())])),
        ]);
        let names = BTreeMap::from([("region".to_owned(), Found::Known("eu".into()))]);
        let scope = Scope { params, element: Some(&params["list"][0]), names: &names, tables: &tables };
        Pick::parse(pick).unwrap().find(scope)
    }

    #[test]
    fn the_first_alternative_that_is_there_counts() {
        let params = json!({"A": {"B": 5, "N": null}, "list": [{"Size": 9}], "E": "Postgres"});
        for (pick, value) in [
            ("A.B|3", json!(5)),
            ("A.C|3", json!("3")),
            ("A.N|'gp3'", json!("gp3")),
            ("A.C|A.B", json!(5)),
            (".Size", json!(9)),
            ("list[0].Size", json!(9)),
            ("list:count", json!(1)),
            ("region", json!("eu")),
            ("E:engine", json!("pg")),
            ("A.B:engine", json!("other")),
            (".Size:tier", json!("p3")),
            ("E:lower", json!("postgres")),
        ] {
            assert_eq!(find(pick, &params), Found::Known(value), "{pick}");
        }
        assert_eq!(find("A.C|A.D", &params), Found::Missing("A.C".into()));
    }

    #[test]
    fn what_another_step_decides_is_unknown_and_no_default_hides_it() {
        let params = json!({"A": "${{ steps.x.output.Y }}", "list": [{"Size": "${{ inputs.n }}"}, "${{ steps.x.output }}"]});
        assert_eq!(find("A|3", &params), Found::Unknown("A".into()));
        assert_eq!(find("A.B.C|3", &params), Found::Unknown("A.B.C".into()));
        assert_eq!(find(".Size|3", &params), Found::Unknown("Size".into()));
        assert_eq!(find("list[1].Size|3", &params), Found::Unknown("list[1].Size".into()));
    }

    #[test]
    fn a_number_beyond_the_last_step_of_a_table_is_unknown() {
        assert_eq!(find("A:tier", &json!({"A": 17, "list": [1]})), Found::Unknown("A 17".into()));
    }

    #[test]
    fn a_pick_that_cannot_be_read_is_refused() {
        for text in ["", "A b", "3x", "A|", "{x}"] {
            assert!(Pick::parse(text).is_err(), "{text}");
        }
    }
}
