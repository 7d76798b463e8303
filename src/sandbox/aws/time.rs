//! Points in time: RFC 3339 in what is kept, one of three forms on the wire.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::Value;

/// How a timestamp is written on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Iso8601,
    /// Seconds since 1970.
    Unix,
    Rfc822,
}

impl Format {
    /// The format that a model names, or the protocol's own.
    pub(super) fn named(name: Option<&str>, default: Format) -> Format {
        match name {
            Some(name) if name.eq_ignore_ascii_case("iso8601") => Format::Iso8601,
            Some(name) if name.eq_ignore_ascii_case("unixtimestamp") => Format::Unix,
            Some(name) if name.eq_ignore_ascii_case("rfc822") => Format::Rfc822,
            _ => default,
        }
    }
}

/// A timestamp in any of the forms.
pub(super) fn read(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(number) => from_seconds(number.as_f64()?),
        Value::String(text) => text
            .parse::<Timestamp>()
            .ok()
            .or_else(|| rfc2822::parse(text).ok().map(|zoned| zoned.timestamp()))
            .or_else(|| text.parse::<f64>().ok().and_then(from_seconds)),
        _ => None,
    }
}

fn from_seconds(seconds: f64) -> Option<Timestamp> {
    if !seconds.is_finite() || seconds.abs() > 3e11 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked to be within the range above")]
    let millis = (seconds * 1e3).round() as i64;
    Timestamp::from_millisecond(millis).ok()
}

/// A timestamp as text on the wire.
pub(super) fn write(at: Timestamp, format: Format) -> String {
    match format {
        Format::Iso8601 => at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        Format::Unix => at.as_second().to_string(),
        Format::Rfc822 => at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_form_that_is_written_is_read_again() {
        let at = Timestamp::from_second(1_692_625_557).unwrap();
        for format in [Format::Iso8601, Format::Unix, Format::Rfc822] {
            assert_eq!(read(&json!(write(at, format))), Some(at), "{format:?}");
        }
        assert_eq!(read(&json!(1_692_625_557.0)), Some(at));
        assert_eq!(read(&json!("soon")), None);
        assert_eq!(read(&json!(1e300)), None);
    }
}
