//! Lists: all things of a type in a scope, in pages.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::document;
use super::read::view;
use crate::sandbox::azure::address::{Address, GROUPS};
use crate::sandbox::azure::fault::Fault;
use crate::sandbox::azure::thing::shown;
use crate::sandbox::azure::work::Work;
use crate::sandbox::http::Answer;
use crate::sandbox::model::{Phase, Resource};

/// Items of a page, where the request asks for no other number.
const PAGE: usize = 100;

/// The list that an address names.
pub(super) fn list(work: &mut Work<'_>) -> Result<Answer, Fault> {
    if let Some(answer) = view(work) {
        return answer;
    }
    let scope = scope(work)?;
    let last = work.address.name().to_owned();
    let of_everything = work.address.kind == GROUPS && last.eq_ignore_ascii_case("resources");
    let of_subscription = !work.address.kind.contains('.') || work.address.parts.len() == 3;
    let things: Vec<Resource> =
        if of_everything || (of_subscription && last.eq_ignore_ascii_case("resources")) {
            let found = work.ledger.all().filter(|thing| Address::is_within(&thing.id, &scope));
            filtered(work, found.filter(|thing| is_listed(thing)).cloned().collect())?
        } else if work.address.kind == GROUPS && work.address.parts.len() == 3 {
            of_kind(work, GROUPS, &scope)
        } else if is_list(work) {
            let kind = work.address.kind.clone();
            of_kind(work, &kind, &scope)
        } else {
            return Err(Fault::unsupported(format!("GET {}", work.address.id())));
        };
    for thing in &things {
        work.look(&thing.key());
    }
    let things: Vec<Resource> = things
        .iter()
        .filter_map(|thing| work.ledger.get(&thing.key()).cloned())
        .filter(|thing| thing.phase != Phase::Gone)
        .collect();
    page(work, &things)
}

/// Whether the catalog says that it is a list, or knows nothing of the address.
fn is_list(work: &Work<'_>) -> bool {
    match work.found.as_ref().filter(|found| found.exact > 1) {
        Some(_) => work.arm().is_some_and(|arm| arm.pages.is_some()),
        None => true,
    }
}

/// The key below which everything is listed; what it names must be there.
fn scope(work: &mut Work<'_>) -> Result<String, Fault> {
    work.check_surroundings()?;
    if let Some(around) = work.address.container() {
        return Ok(around.key());
    }
    let parts = &work.address.parts;
    let end =
        parts.iter().rposition(|part| part.eq_ignore_ascii_case("providers")).unwrap_or(parts.len() - 1);
    let scope = Address::of(&parts[..end].join("/"));
    if scope.kind == GROUPS && !scope.open && work.at(&scope).is_none() {
        return Err(work.not_found(&scope));
    }
    Ok(scope.key())
}

fn of_kind(work: &Work<'_>, kind: &str, scope: &str) -> Vec<Resource> {
    let namespace = kind.split('/').next().unwrap_or_default().to_ascii_lowercase();
    let kind = kind.to_ascii_lowercase();
    let found = work.ledger.of_kind(&namespace, "", &kind);
    found.filter(|thing| Address::is_within(&thing.id, scope)).cloned().collect()
}

/// What the lists of all resources show: what has a place of its own.
fn is_listed(thing: &Resource) -> bool {
    let address = Address::of(&thing.id);
    address.group().is_some()
        && !address.kind.eq_ignore_ascii_case(GROUPS)
        && thing.attributes.get("location").is_some_and(|location| !location.is_null())
}

/// The conditions of a `$filter`; one that is not known is refused, because a wrong list is worse than none.
fn filtered(work: &Work<'_>, mut things: Vec<Resource>) -> Result<Vec<Resource>, Fault> {
    let Some(filter) = work.request.query("$filter").filter(|filter| !filter.is_empty()) else {
        return Ok(things);
    };
    let mut tag = None;
    for part in filter.split(" and ") {
        let value = part.split('\'').nth(1).unwrap_or_default().to_owned();
        match part.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["resourceType", "eq", _] => things.retain(|thing| thing.kind.eq_ignore_ascii_case(&value)),
            ["location", "eq", _] => {
                things
                    .retain(|thing| thing.attributes.get("location").and_then(Value::as_str) == Some(&value));
            }
            ["name", "eq", _] => things.retain(|thing| thing.names.get("name") == Some(&value)),
            ["tagName", "eq", _] => {
                things.retain(|thing| thing.tags.contains_key(&value));
                tag = Some(value);
            }
            ["tagValue", "eq", _] if tag.is_some() => {
                let name = tag.clone().unwrap_or_default();
                things.retain(|thing| thing.tags.get(&name) == Some(&value));
            }
            _ => return Err(Fault::unsupported(format!("$filter={filter}"))),
        }
    }
    Ok(things)
}

fn page(work: &mut Work<'_>, things: &[Resource]) -> Result<Answer, Fault> {
    let number = |name: &str| work.request.query(name).and_then(|text| text.parse::<usize>().ok());
    let (start, size) = (number("$skiptoken").unwrap_or(0), number("$top").unwrap_or(PAGE).clamp(1, 1000));
    let items: Vec<Value> = things.iter().skip(start).take(size).map(|thing| shown(work, thing)).collect();
    let pages = work.arm().and_then(|arm| arm.pages.clone()).unwrap_or_default();
    let list = if pages.items.is_empty() { "value".to_owned() } else { pages.items };
    let mut body = json!({});
    body[list.as_str()] = items.into();
    if start + size < things.len() {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let kept = work.request.query.iter().filter(|(name, _)| name != "$skiptoken");
        let query: Vec<String> = kept
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .chain([format!("$skiptoken={}", start + size)])
            .collect();
        let link = format!("{}{}?{}", work.endpoint, work.request.path, query.join("&"));
        body[pages.next_link.as_deref().unwrap_or("nextLink")] = link.into();
    }
    Ok(document(200, &body))
}
