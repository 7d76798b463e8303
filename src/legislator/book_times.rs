//! When things may be changed, as the owner's book says it.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A time zone by its name, such as `Europe/Zurich`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Zone(String);

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        TimeZone::get(&name).map_err(D::Error::custom)?;
        Ok(Self(name))
    }
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "they are the days")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// The hours in which things may be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeWindow {
    /// The days; all when empty.
    #[serde(default)]
    pub days: Vec<Day>,
    /// From this time on, such as `08:00`.
    #[serde(serialize_with = "minutes")]
    pub from: Time,
    /// Before this time.
    #[serde(serialize_with = "minutes")]
    pub to: Time,
}

/// Days on which nothing in production is changed, both ends included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

fn minutes<S: serde::Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.strftime("%H:%M").to_string())
}

/// A point in time as rules compare it: `{"date": "2030-01-15", "time": "13:05", "day": "tue"}`.
pub(super) fn clock(now: Timestamp, zone: Option<&Zone>) -> Value {
    // The book was refused if the zone were none.
    let zone = zone.and_then(|zone| TimeZone::get(&zone.0).ok()).unwrap_or(TimeZone::UTC);
    let now = now.to_zoned(zone);
    json!({
        "date": now.strftime("%Y-%m-%d").to_string(),
        "time": now.strftime("%H:%M").to_string(),
        "day": now.strftime("%a").to_string().to_lowercase(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn the_clock_is_that_of_the_zone() {
        let now: Timestamp = "2030-01-15T23:30:00Z".parse().unwrap();
        assert_eq!(clock(now, None), json!({"date": "2030-01-15", "time": "23:30", "day": "tue"}));
        let zone: Zone = serde_json::from_value(json!("Europe/Zurich")).unwrap();
        assert_eq!(clock(now, Some(&zone)), json!({"date": "2030-01-16", "time": "00:30", "day": "wed"}));
        assert!(serde_json::from_value::<Zone>(json!("Europe/Zürich")).is_err());
    }

    #[test]
    fn a_window_is_written_as_it_is_compared() {
        let window: ChangeWindow =
            serde_json::from_value(json!({"from": "08:00", "to": "17:30:00", "days": ["mon"]})).unwrap();
        assert_eq!(json!(window), json!({"days": ["mon"], "from": "08:00", "to": "17:30"}));
    }
}
