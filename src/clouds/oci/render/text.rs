//! Values as text, as the SDK's language writes them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Number, Value};

use crate::catalog::shapes::ShapeKind;

/// Where a text goes: flags are written in two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Into the path or the query: `true`.
    Url,
    /// Into a header: `True`.
    Header,
}

/// A value as text.
pub(super) fn text(value: &Value, kind: &ShapeKind, place: Place) -> String {
    match value {
        Value::Bool(flag) => match (place, flag) {
            (Place::Url, true) => "true".into(),
            (Place::Url, false) => "false".into(),
            (Place::Header, true) => "True".into(),
            (Place::Header, false) => "False".into(),
        },
        Value::String(given) if matches!(kind, ShapeKind::Timestamp) => {
            time(given).unwrap_or_else(|| given.clone())
        }
        Value::String(given) => given.clone(),
        Value::Number(number) => number_text(number),
        other => other.to_string(),
    }
}

/// A point in time in UTC, with microseconds where there are any. Nothing when the text is none.
pub(super) fn time(given: &str) -> Option<String> {
    let at = given.parse::<Timestamp>().ok().or_else(|| {
        let local = given.parse::<jiff::civil::DateTime>().ok()?;
        // A time without a zone is taken to be in UTC.
        Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })?;
    let micros = at.subsec_nanosecond() / 1_000;
    let format = if micros == 0 { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:%S.%6fZ" };
    Some(at.strftime(format).to_string())
}

/// A number: whole ones plainly, others shortest, with an exponent of at least two digits and its sign.
fn number_text(number: &Number) -> String {
    let Some(float) = number.as_f64().filter(|_| !number.is_i64() && !number.is_u64()) else {
        return number.to_string();
    };
    let size = float.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let short = format!("{float:e}");
        let (digits, exponent) = short.split_once('e').unwrap_or((&short, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |e| ("-", e));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    format!("{float:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    #[test]
    fn flags_depend_on_the_place() {
        assert_eq!(text(&json!(true), &ShapeKind::Boolean, Place::Url), "true");
        assert_eq!(text(&json!(false), &ShapeKind::Boolean, Place::Header), "False");
    }

    #[test]
    fn times_are_written_in_utc_with_microseconds_when_there_are_any() {
        let written = |given: &str| text(&json!(given), &ShapeKind::Timestamp, Place::Url);
        assert_eq!(written("2024-02-29T12:00:00+02:00"), "2024-02-29T10:00:00Z");
        assert_eq!(written("2024-02-29T12:00:00.5Z"), "2024-02-29T12:00:00.500000Z");
        assert_eq!(written("2024-02-29T12:00:00"), "2024-02-29T12:00:00Z");
        assert_eq!(written("soon"), "soon");
    }

    #[test]
    fn numbers_are_written_as_the_sdk_writes_them() {
        for (given, wanted) in [
            (json!(7), "7"),
            (json!(-1.5), "-1.5"),
            (json!(3.0), "3.0"),
            (json!(1e16), "1e+16"),
            (json!(0.000_012_5), "1.25e-05"),
            (json!(0.0001), "0.0001"),
            (json!(0.0), "0.0"),
            (json!(18_446_744_073_709_551_615_u64), "18446744073709551615"),
        ] {
            assert_eq!(text(&given, &ShapeKind::Double, Place::Url), wanted);
        }
    }
}
