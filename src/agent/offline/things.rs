//! Things that can be listed, shown, and deleted by name.

use serde::Deserialize;
use serde_json::{Value, json};

use super::take::{name, name_behind};
use super::words::{Intent, Token, starts};
use crate::catalog::Catalog;
use crate::catalog::shapes::ShapeKind;
use crate::plan::{CloudName, OperationName, Plan};

/// One kind of thing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Thing {
    /// What people call it, singular and plural, in both languages.
    pub(super) names: Vec<String>,
    #[serde(default)]
    pub(super) list: Option<Access>,
    #[serde(default)]
    pub(super) show: Option<Access>,
    #[serde(default)]
    pub(super) delete: Option<Access>,
}

/// The operation for it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Access {
    #[serde(default = "aws")]
    pub(super) cloud: CloudName,
    pub(super) service: String,
    pub(super) operation: String,
    /// The parameter that takes the name.
    #[serde(default)]
    pub(super) by: Option<String>,
    /// What the name begins with.
    #[serde(default)]
    pub(super) prefix: Option<String>,
}

fn aws() -> CloudName {
    CloudName::Aws
}

impl Thing {
    /// The operation for an intent.
    pub(super) fn access(&self, intent: Intent) -> Option<&Access> {
        match intent {
            Intent::List => self.list.as_ref(),
            Intent::Show => self.show.as_ref(),
            Intent::Delete => self.delete.as_ref(),
            Intent::Create => None,
        }
    }
}

/// The things that the words name, the longest name first; with the position behind it.
pub(super) fn named<'a>(things: &'a [Thing], tokens: &[Token]) -> Option<(&'a Thing, usize)> {
    things
        .iter()
        .flat_map(|thing| thing.names.iter().map(move |name| (thing, name)))
        .filter_map(|(thing, name)| {
            let start = starts(tokens, name).next()?;
            let words = name.split(' ').count();
            Some((thing, words, start + words))
        })
        .max_by_key(|(_, words, _)| *words)
        .map(|(thing, _, after)| (thing, after))
}

/// The name of the one thing that is meant.
pub(super) fn which(access: &Access, tokens: &[Token], after: usize) -> Option<String> {
    if let Some(prefix) = &access.prefix {
        return tokens.iter().rev().find(|t| t.lower.starts_with(prefix.as_str())).map(|t| t.text.clone());
    }
    name(tokens).or_else(|| name_behind(tokens, after)).or_else(|| {
        // `delete demo-logs, the bucket`: the only word that looks like a name.
        let mut candidates = (0..tokens.len()).filter_map(|at| name_behind(tokens, at));
        let first = candidates.next()?;
        candidates.next().is_none().then_some(first)
    })
}

/// A plan of the one operation.
pub(super) fn plan(
    catalog: &Catalog,
    access: &Access,
    title: String,
    name: Option<&str>,
    region: &str,
) -> Result<Plan, String> {
    let mut params = json!({});
    if let (Some(by), Some(name)) = (&access.by, name) {
        params[by] = if takes_list(catalog, access, by) { json!([name]) } else { json!(name) };
    }
    let step = json!({
        "id": "step", "cloud": access.cloud, "service": access.service, "operation": access.operation,
        "region": region, "params": params,
    });
    Plan::from_value(json!({"version": 1, "name": title, "steps": [step]})).map_err(|e| e.to_string())
}

/// Whether a parameter takes a list of names.
pub(super) fn takes_list(catalog: &Catalog, access: &Access, by: &str) -> bool {
    let wanted = OperationName::new(access.cloud, &access.service, &access.operation);
    let Ok(found) = catalog.operation(&wanted) else { return false };
    let service = found.service();
    found
        .operation()
        .input
        .and_then(|input| service.shape(input).member(by))
        .is_some_and(|member| matches!(service.shape(member.shape).kind, ShapeKind::List { .. }))
}

/// The parameters with which a thing is looked up before it is deleted.
pub(super) fn look_up(catalog: &Catalog, access: &Access, name: &str) -> Option<Value> {
    let by = access.by.as_ref()?;
    let value = if takes_list(catalog, access, by) { json!([name]) } else { json!(name) };
    Some(json!({ by: value }))
}
