//! Values written as plain text: in headers, and in the elements of XML.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::catalog::shapes::{Location, Service, Shape, ShapeKind};
use crate::clouds::aws::field::Field;
use crate::clouds::aws::time::{self as wire, Format};
use crate::clouds::http::HttpResponse;

/// The members of a structure that travel in headers or are the status.
pub(super) fn members(
    service: &Service,
    shape: &Shape,
    response: &HttpResponse,
    out: &mut Map<String, Value>,
) {
    for member in shape.members() {
        let field = Field::new(service, member);
        match member.location {
            Location::StatusCode => {
                out.insert(member.name.clone(), response.status.into());
            }
            Location::Header => {
                if let Some(text) = response.header(field.wire()) {
                    out.insert(member.name.clone(), value(text, field));
                }
            }
            Location::Headers => {
                let prefix = member.wire_name.as_deref().unwrap_or_default().to_ascii_lowercase();
                let found: Map<String, Value> = response
                    .headers
                    .iter()
                    .filter_map(|(name, value)| {
                        let lower = name.to_ascii_lowercase();
                        let rest = lower.strip_prefix(&prefix)?;
                        // The name as it was sent, so that its case is kept.
                        let kept = &name[name.len() - rest.len()..];
                        Some((kept.to_owned(), Value::from(value.clone())))
                    })
                    .collect();
                out.insert(member.name.clone(), Value::Object(found));
            }
            Location::Body | Location::Uri | Location::Query => {}
        }
    }
}

fn value(text: &str, field: Field<'_>) -> Value {
    match field.kind() {
        ShapeKind::Boolean => Value::from(text.eq_ignore_ascii_case("true")),
        ShapeKind::Integer | ShapeKind::Long | ShapeKind::Float | ShapeKind::Double => number(text),
        ShapeKind::Timestamp => time(text, field, Format::Rfc822),
        ShapeKind::List { .. } => match field.item() {
            Some(item) => split(text, item).iter().map(|part| value(part, item)).collect(),
            None => Value::Array(Vec::new()),
        },
        _ if field.json_value() => BASE64_STANDARD
            .decode(text)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_else(|| Value::from(text)),
        _ => Value::from(text),
    }
}

/// The parts between commas; quotes keep commas together, and a date has one of its own.
fn split(text: &str, item: Field<'_>) -> Vec<String> {
    let dates = matches!(item.kind(), ShapeKind::Timestamp)
        && Format::named(item.timestamp_format(), Format::Rfc822) == Format::Rfc822;
    let mut parts = vec![String::new()];
    let (mut quoted, mut commas) = (false, 0);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let Some(part) = parts.last_mut() else { break };
        match c {
            '"' => quoted = !quoted,
            '\\' if quoted => part.extend(chars.next()),
            ',' if !quoted => {
                commas += 1;
                if dates && commas % 2 == 1 {
                    part.push(c);
                } else {
                    parts.push(String::new());
                }
            }
            c => part.push(c),
        }
    }
    parts.iter().map(|part| part.trim().to_owned()).collect()
}

/// A number as text; what JSON cannot hold stays text.
pub(super) fn number(text: &str) -> Value {
    if let Ok(whole) = text.parse::<i64>() {
        return whole.into();
    }
    match text.parse::<f64>() {
        Ok(float) if float.is_finite() => float.into(),
        _ => text.into(),
    }
}

/// A point in time as RFC 3339; what cannot be read stays as it is.
pub(super) fn time(text: &str, field: Field<'_>, default: Format) -> Value {
    match Format::named(field.timestamp_format(), default) {
        Format::Unix | Format::UnixMillis => text.parse::<f64>().ok().and_then(wire::from_seconds),
        Format::Iso8601 | Format::Iso8601Millis | Format::Rfc822 => read(text),
    }
    .map_or_else(|| Value::from(text), |at| Value::from(wire::write(at, Format::Iso8601)))
}

/// Any of the forms in which AWS writes a time as text.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let formats = ["%a, %d %b %Y %H:%M:%S%.f GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    formats
        .iter()
        .find_map(|format| {
            let broken = jiff::fmt::strtime::parse(format, text).ok()?;
            broken.to_datetime().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|z| z.timestamp())
        })
        .or_else(|| wire::read(&Value::from(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_form_that_is_written() {
        let at = Some("2014-04-29T18:30:38Z".parse().unwrap());
        for text in [
            "2014-04-29T18:30:38Z",
            "Tue, 29 Apr 2014 18:30:38 GMT",
            "1398796238",
            "2014-04-29T20:30:38+02:00",
        ] {
            assert_eq!(read(text), at, "{text}");
        }
        assert_eq!(read("soon"), None);
    }

    #[test]
    fn numbers_that_json_cannot_hold_stay_text() {
        assert_eq!(number("12"), Value::from(12));
        assert_eq!(number("1.5"), Value::from(1.5));
        assert_eq!(number("NaN"), Value::from("NaN"));
        assert_eq!(number("-Infinity"), Value::from("-Infinity"));
    }
}
