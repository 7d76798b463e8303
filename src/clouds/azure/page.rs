//! All pages of a read, by the links that they give, up to a bound.

use serde_json::Value;

use super::Azure;
use super::failure;
use super::parse;
use crate::catalog::shapes::ArmPages;
use crate::clouds::http::HttpRequest;
use crate::clouds::{Call, Cloud, CloudError, Reply};

/// Pages that are followed at most.
const MOST_PAGES: usize = 200;

impl Azure {
    /// Follows all pages of a read; what the pages list is put together. An operation without pages is
    /// called once. The reply has `"…more"` beside its members when the bound cut it off.
    ///
    /// # Errors
    ///
    /// The cloud's own error, of whichever page, or a next page at another host, which is not asked.
    pub(super) async fn all_pages(&self, call: &Call) -> Result<Reply, CloudError> {
        let found = self.find(&call.operation)?;
        let operation = found.operation();
        let arm = operation.traits.arm.as_deref();
        let Some(pages) = arm.and_then(|arm| arm.pages.as_ref()) else { return self.call(call).await };
        let version = arm.and_then(|arm| arm.api_version.as_deref());
        let given = call.params.get("api-version").and_then(Value::as_str);
        let mut whole = self.call(call).await?;
        let mut link = take_link(pages, &mut whole.output);
        let mut seen = Vec::new();
        for _ in 1..MOST_PAGES {
            let Some(next) = link.take() else { return Ok(whole) };
            if seen.contains(&next) {
                // A link that repeats would go round for ever.
                return Ok(whole);
            }
            let unreadable =
                |message: String| CloudError::Unreadable { operation: call.operation.clone(), message };
            let url = self.place()?.address(&next).map_err(|why| {
                unreadable(format!("there are more pages, and the next one is not asked: {why}"))
            })?;
            let request = HttpRequest {
                method: "GET".into(),
                url: with_version(&url, given.or(version)),
                headers: vec![("accept".into(), "application/json".into())],
                ..HttpRequest::default()
            };
            let response = self.exchange(&request, true).await?;
            if response.status != 200 {
                return Err(super::send::service_error(failure::of(&response), &response));
            }
            let mut page = parse::output(operation, &response).map_err(unreadable)?;
            seen.push(next);
            link = take_link(pages, &mut page);
            add(pages, &mut whole.output, page);
        }
        if let (Some(_), Value::Object(members)) = (link, &mut whole.output) {
            members.insert("…more".into(), Value::Bool(true));
        }
        Ok(whole)
    }
}

/// The member at a path of names with dots between them; `\.` is a dot in a name.
fn place<'a>(value: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    let names: Vec<String> =
        path.replace("\\.", "\u{0}").split('.').map(|name| name.replace('\u{0}', ".")).collect();
    names.iter().try_fold(value, |at, name| at.get_mut(name))
}

/// The link to the next page, taken out: what is put together has no next page.
fn take_link(pages: &ArmPages, page: &mut Value) -> Option<String> {
    let link = place(page, pages.next_link.as_deref()?)?.take();
    link.as_str().filter(|link| !link.is_empty()).map(str::to_owned)
}

/// Adds what a page lists to the whole.
fn add(pages: &ArmPages, whole: &mut Value, mut page: Value) {
    let Some(Value::Array(more)) = place(&mut page, &pages.items).map(Value::take) else { return };
    if let Some(Value::Array(items)) = place(whole, &pages.items) {
        items.extend(more);
    }
}

/// The link with the operation's own version; the official clients replace what the link says.
fn with_version(url: &str, version: Option<&str>) -> String {
    let Some(version) = version else { return url.to_owned() };
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let is_version =
        |pair: &&str| pair.split('=').next().is_some_and(|name| name.eq_ignore_ascii_case("api-version"));
    let own = format!("api-version={version}");
    let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    match pairs.iter().position(is_version) {
        Some(at) => pairs[at] = &own,
        None => pairs.push(&own),
    }
    format!("{path}?{}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    #[test]
    fn the_version_of_a_link_is_the_operations_own() {
        assert_eq!(
            with_version("https://h/a?api-version=1&$skiptoken=x%3D", Some("2")),
            "https://h/a?api-version=2&$skiptoken=x%3D"
        );
        assert_eq!(with_version("https://h/a", Some("2")), "https://h/a?api-version=2");
        assert_eq!(with_version("https://h/a?t=1", None), "https://h/a?t=1");
    }

    #[test]
    fn links_and_items_are_found_where_the_catalog_says() {
        let pages = ArmPages { items: "value".into(), next_link: Some("odata\\.nextLink".into()) };
        let mut page = json!({"value": [1], "odata.nextLink": "n"});
        assert_eq!(take_link(&pages, &mut page).as_deref(), Some("n"));
        assert_eq!(take_link(&pages, &mut page), None);
        add(&pages, &mut page, json!({"value": [2, 3]}));
        assert_eq!(page["value"], json!([1, 2, 3]));
        let nested = ArmPages { items: "properties.list".into(), next_link: None };
        let mut page = json!({"properties": {"list": [1]}});
        add(&nested, &mut page, json!({"properties": {"list": [2]}}));
        assert_eq!(page["properties"]["list"], json!([1, 2]));
        assert_eq!(take_link(&nested, &mut json!({"nextLink": "n"})), None);
    }
}
