//! All pages of a read, as the model's paginators say, up to a bound.

use serde_json::{Map, Value};

use super::Aws;
use crate::catalog::shapes::Paginator;
use crate::clouds::{Call, Cloud, CloudError, Reply};

/// Pages that are followed at most.
const MOST_PAGES: usize = 200;

impl Aws {
    /// Follows all pages of a read; what the pages list is put together. An operation without pages is
    /// called once. The reply has `"…more"` beside its members when the bound cut it off.
    ///
    /// # Errors
    ///
    /// The cloud's own error, of whichever page.
    pub(super) async fn all_pages(&self, call: &Call) -> Result<Reply, CloudError> {
        let found = self.find(&call.operation)?;
        let service = found.service().clone();
        let Some(pages) = service.paginators.get(&call.operation.operation) else {
            return self.call(call).await;
        };
        let mut call = call.clone();
        let mut whole = self.call(&call).await?;
        let mut page = whole.output.clone();
        for _ in 1..MOST_PAGES {
            let Some(tokens) = next(pages, &page) else { return Ok(whole) };
            let Value::Object(params) = &mut call.params else { return Ok(whole) };
            let before: Vec<Option<Value>> =
                tokens.iter().map(|(name, _)| params.get(name).cloned()).collect();
            let same = tokens.iter().zip(&before).all(|((_, token), old)| old.as_ref() == Some(token));
            if same {
                // A token that repeats would go round for ever.
                return Ok(whole);
            }
            params.extend(tokens);
            page = self.call(&call).await?.output;
            add(pages, &mut whole.output, &page);
        }
        if let (Some(_), Value::Object(members)) = (next(pages, &page), &mut whole.output) {
            members.insert("…more".into(), Value::Bool(true));
        }
        Ok(whole)
    }
}

/// The tokens of the next page; nothing when this was the last.
fn next(pages: &Paginator, page: &Value) -> Option<Map<String, Value>> {
    if let Some(more) = &pages.more_results
        && pick(more, page) != Value::Bool(true)
    {
        return None;
    }
    let tokens: Map<String, Value> = pages
        .input_tokens
        .iter()
        .zip(&pages.output_tokens)
        .map(|(name, path)| (name.clone(), pick(path, page)))
        .filter(|(_, token)| !token.is_null() && token.as_str() != Some(""))
        .collect();
    (!tokens.is_empty()).then_some(tokens)
}

fn pick(path: &str, page: &Value) -> Value {
    jmespath::compile(path)
        .ok()
        .and_then(|expression| expression.search(page).ok())
        .and_then(|found| serde_json::to_value(found.as_ref()).ok())
        .unwrap_or_default()
}

/// Adds what a page lists to the whole.
fn add(pages: &Paginator, whole: &mut Value, page: &Value) {
    for path in &pages.result_keys {
        let found = pick(path, page);
        let Some(place) = place(whole, path) else { continue };
        match (place, found) {
            (Value::Array(items), Value::Array(more)) => items.extend(more),
            (Value::Object(members), Value::Object(more)) => members.extend(more),
            (Value::Number(count), Value::Number(more)) => {
                if let (Some(a), Some(b)) = (count.as_i64(), more.as_i64()) {
                    *count = (a + b).into();
                }
            }
            (place @ Value::Null, found) => *place = found,
            _ => {}
        }
    }
}

/// The place of a plain path (`Contents`, `DistributionList.Items`), made where it is missing.
fn place<'a>(value: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    path.split('.').try_fold(value, |at, name| {
        let members = at.as_object_mut()?;
        Some(members.entry(name).or_insert(Value::Null))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn objects() -> Paginator {
        Paginator {
            input_tokens: vec!["ContinuationToken".into()],
            output_tokens: vec!["NextContinuationToken".into()],
            more_results: Some("IsTruncated".into()),
            result_keys: vec!["Contents".into(), "CommonPrefixes".into()],
            ..Paginator::default()
        }
    }

    #[test]
    fn the_next_page_is_asked_for_only_while_there_is_more() {
        let page = json!({"IsTruncated": true, "NextContinuationToken": "t"});
        assert_eq!(next(&objects(), &page).unwrap()["ContinuationToken"], "t");
        assert_eq!(next(&objects(), &json!({"IsTruncated": false, "NextContinuationToken": "t"})), None);
        assert_eq!(next(&objects(), &json!({"IsTruncated": true})), None);
    }

    #[test]
    fn what_pages_list_is_put_together() {
        let mut whole = json!({"Contents": [1, 2]});
        add(&objects(), &mut whole, &json!({"Contents": [3], "CommonPrefixes": ["a"]}));
        assert_eq!(whole, json!({"Contents": [1, 2, 3], "CommonPrefixes": ["a"]}));
    }
}
