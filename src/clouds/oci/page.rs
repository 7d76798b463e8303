//! All pages of a read, up to a bound.

use serde_json::{Map, Value};

use super::Oci;
use crate::catalog::shapes::{Operation, Paginator, Service};
use crate::clouds::{Call, CloudError, Reply};

/// Pages that are followed at most.
const MOST_PAGES: usize = 200;
/// What SCIM counts in: the first item of a page, all there are, and the list.
const SCIM: [&str; 3] = ["startIndex", "totalResults", "Resources"];

impl Oci {
    /// Follows all pages of a read; what the pages list is put together. An operation without pages is
    /// called once. The reply has `"…more"` beside its members when the bound cut it off.
    ///
    /// # Errors
    ///
    /// The cloud's own error, of whichever page.
    pub(super) async fn all_pages(&self, call: &Call) -> Result<Reply, CloudError> {
        let found = self.find(&call.operation)?;
        let (service, operation) = (found.service().clone(), found.operation());
        let mut call = call.clone();
        let mut whole = self.send(&call).await?;
        let mut page = whole.output.clone();
        for _ in 1..MOST_PAGES {
            let Some(tokens) = next(&service, operation, &call.params, &page) else {
                drop_tokens(&service, operation, &mut whole.output);
                return Ok(whole);
            };
            let Value::Object(params) = &mut call.params else { return Ok(whole) };
            // A token that repeats would go round for ever.
            if tokens.iter().all(|(name, token)| params.get(name) == Some(token)) {
                return Ok(whole);
            }
            params.extend(tokens);
            page = self.send(&call).await?.output;
            add(&service, operation, &mut whole.output, &page);
        }
        if let (Some(_), Value::Object(members)) =
            (next(&service, operation, &call.params, &page), &mut whole.output)
        {
            members.insert("…more".into(), Value::Bool(true));
        }
        Ok(whole)
    }
}

fn pages<'a>(service: &'a Service, operation: &Operation) -> Option<&'a Paginator> {
    service.paginators.get(&operation.name)
}

/// The parameters of the next page; nothing when this was the last.
fn next(
    service: &Service,
    operation: &Operation,
    params: &Value,
    page: &Value,
) -> Option<Map<String, Value>> {
    let Some(pages) = pages(service, operation) else { return next_index(service, operation, params, page) };
    let tokens: Map<String, Value> = pages
        .input_tokens
        .iter()
        .zip(&pages.output_tokens)
        .filter_map(|(name, token)| {
            let token = page.get(token).filter(|token| !token.is_null() && token.as_str() != Some(""))?;
            Some((name.clone(), token.clone()))
        })
        .collect();
    (!tokens.is_empty()).then_some(tokens)
}

/// SCIM has no tokens: a page begins at the number of its first item, counted from 1.
fn next_index(
    service: &Service,
    operation: &Operation,
    params: &Value,
    page: &Value,
) -> Option<Map<String, Value>> {
    let [start, total, list] = SCIM;
    service.shape(operation.input?).member(start)?;
    let given = page.get(list)?.as_array()?.len() as u64;
    let first = params.get(start).and_then(Value::as_u64).unwrap_or(1);
    let next = first + given;
    (given > 0 && next <= page.get(total)?.as_u64()?)
        .then(|| Map::from_iter([(start.to_owned(), next.into())]))
}

/// Adds what a page lists to the whole.
fn add(service: &Service, operation: &Operation, whole: &mut Value, page: &Value) {
    let scim = SCIM[2].to_owned();
    let lists = match pages(service, operation) {
        Some(pages) => pages.result_keys.as_slice(),
        None => std::slice::from_ref(&scim),
    };
    for name in lists {
        let (Some(place), Some(more)) = (whole.as_object_mut(), page.get(name)) else { continue };
        match (place.entry(name.clone()).or_insert(Value::Null), more) {
            (Value::Array(items), Value::Array(more)) => items.extend(more.iter().cloned()),
            (place @ Value::Null, more) => *place = more.clone(),
            _ => {}
        }
    }
}

/// What all pages together are has no next page.
fn drop_tokens(service: &Service, operation: &Operation, whole: &mut Value) {
    if let (Some(pages), Value::Object(members)) = (pages(service, operation), whole) {
        members.retain(|name, _| !pages.output_tokens.contains(name));
    }
}
