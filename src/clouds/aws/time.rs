//! Points in time: RFC 3339 in plans, one of three forms on the wire.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

/// How a timestamp is written on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// `2026-01-02T03:04:05Z`, with microseconds where there are any.
    Iso8601,
    /// `2026-01-02T03:04:05.678Z`, always with milliseconds.
    Iso8601Millis,
    /// Seconds since 1970.
    Unix,
    /// Seconds since 1970, with milliseconds behind the point.
    UnixMillis,
    /// `Fri, 02 Jan 2026 03:04:05 GMT`.
    Rfc822,
}

impl Format {
    /// The format that a model names, or the protocol's own.
    pub(crate) fn named(name: Option<&str>, default: Format) -> Format {
        match name {
            Some(name) if name.eq_ignore_ascii_case("iso8601") => Format::Iso8601,
            Some(name) if name.eq_ignore_ascii_case("unixtimestamp") => Format::Unix,
            Some(name) if name.eq_ignore_ascii_case("rfc822") => Format::Rfc822,
            _ => default,
        }
    }

    /// The same format with milliseconds, where it can have them.
    pub(crate) fn with_milliseconds(self) -> Format {
        match self {
            Format::Iso8601 => Format::Iso8601Millis,
            Format::Unix => Format::UnixMillis,
            other => other,
        }
    }
}

/// Seconds since 1970, cut to milliseconds.
pub(crate) fn unix_millis(at: Timestamp) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of any year that can be written fit")]
    let millis = at.as_millisecond() as f64;
    millis / 1000.0
}

/// Reads a timestamp as plans write it: RFC 3339, a date, or seconds since 1970.
pub(crate) fn read(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => text
            .parse::<Timestamp>()
            .ok()
            .or_else(|| {
                text.parse::<jiff::civil::DateTime>()
                    .ok()?
                    .to_zoned(TimeZone::UTC)
                    .ok()
                    .map(|z| z.timestamp())
            })
            .or_else(|| {
                text.parse::<jiff::civil::Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|z| z.timestamp())
            })
            .or_else(|| text.parse::<f64>().ok().and_then(from_seconds)),
        Value::Number(number) => from_seconds(number.as_f64()?),
        _ => None,
    }
}

/// A timestamp from seconds since 1970.
pub(crate) fn from_seconds(seconds: f64) -> Option<Timestamp> {
    if !seconds.is_finite() || seconds.abs() > 3e11 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked to be within the range above")]
    let micros = (seconds * 1e6).round() as i64;
    Timestamp::from_microsecond(micros).ok()
}

/// Writes a timestamp as text.
pub(crate) fn write(at: Timestamp, format: Format) -> String {
    match format {
        Format::Iso8601 if at.subsec_microsecond() != 0 => at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string(),
        Format::Iso8601 => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        Format::Iso8601Millis => at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        Format::Unix => at.as_second().to_string(),
        Format::UnixMillis => unix_millis(at).to_string(),
        Format::Rfc822 => at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn milliseconds_are_written_even_when_there_are_none() {
        let at = read(&json!("2023-08-21T13:45:57.1239Z")).unwrap();
        assert_eq!(write(at, Format::Iso8601.with_milliseconds()), "2023-08-21T13:45:57.123Z");
        let even = read(&json!("2023-08-21T13:45:57Z")).unwrap();
        assert_eq!(write(even, Format::Iso8601Millis), "2023-08-21T13:45:57.000Z");
        assert_eq!(unix_millis(at), 1_692_625_557.123);
        assert_eq!(Format::Rfc822.with_milliseconds(), Format::Rfc822);
    }

    #[test]
    fn the_three_forms_are_written() {
        let at = read(&json!("2023-08-21T13:45:57Z")).unwrap();
        assert_eq!(write(at, Format::Iso8601), "2023-08-21T13:45:57Z");
        assert_eq!(write(at, Format::Unix), "1692625557");
        assert_eq!(write(at, Format::Rfc822), "Mon, 21 Aug 2023 13:45:57 GMT");
    }

    #[test]
    fn dates_and_seconds_are_read_too() {
        assert_eq!(read(&json!("2020-01-01")), read(&json!(1_577_836_800)));
        assert_eq!(read(&json!("2020-01-01T00:00:00")), read(&json!(1_577_836_800.0)));
        assert_eq!(read(&json!("soon")), None);
        assert_eq!(read(&json!(1e300)), None);
    }
}
