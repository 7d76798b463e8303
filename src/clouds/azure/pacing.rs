//! Slower before the cloud has to refuse: answers say how many requests are left, and after one that asks for a pause
//! nobody asks sooner. Reads, writes, and deletions are counted apart, as the Resource Manager counts them.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::retry::{LONGEST, asked_for};
use crate::clouds::http::HttpResponse;

/// What the headers that say how many requests are left begin with.
const LEFT: &str = "x-ms-ratelimit-remaining-";
/// With fewer left than this, requests are spread.
const FEW: u64 = 10;
/// For each one that is missing to that. The Resource Manager gives back about ten in a second.
const SPREAD: Duration = Duration::from_millis(200);

/// When the next request of a kind may leave.
#[derive(Debug, Default)]
pub(super) struct Pacing {
    reads: Mutex<Option<Instant>>,
    writes: Mutex<Option<Instant>>,
    deletions: Mutex<Option<Instant>>,
}

impl Pacing {
    fn of(&self, method: &str) -> &Mutex<Option<Instant>> {
        match method {
            "GET" | "HEAD" => &self.reads,
            "DELETE" => &self.deletions,
            _ => &self.writes,
        }
    }

    /// How long a request has to wait before it leaves.
    pub(super) fn pause(&self, method: &str) -> Duration {
        let until = *self.of(method).lock().unwrap_or_else(PoisonError::into_inner);
        until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()))
    }

    /// Takes in what an answer says about the next requests.
    pub(super) fn note(&self, method: &str, response: &HttpResponse) {
        let Some(wait) = wait_after(response) else { return };
        let mut until = self.of(method).lock().unwrap_or_else(PoisonError::into_inner);
        let then = Instant::now() + wait;
        // An answer that came earlier may have asked for more.
        *until = Some(until.map_or(then, |until| until.max(then)));
    }
}

/// How long the next request should wait; nothing when there is no need.
fn wait_after(response: &HttpResponse) -> Option<Duration> {
    let asked =
        (response.status == 429).then(|| asked_for(response)).flatten().filter(|wish| *wish <= LONGEST);
    let left = left(response).filter(|left| *left < FEW);
    let spread = left.map(|left| SPREAD.saturating_mul(u32::try_from(FEW - left).unwrap_or(u32::MAX)));
    asked.max(spread)
}

/// How many requests are left, by the scarcest of what an answer says: `11999`, or
/// `Microsoft.Compute/PutVM3Min;237,Microsoft.Compute/PutVM30Min;1197`.
fn left(response: &HttpResponse) -> Option<u64> {
    let said = response
        .headers
        .iter()
        .filter(|(name, _)| name.get(..LEFT.len()).is_some_and(|start| start.eq_ignore_ascii_case(LEFT)));
    said.flat_map(|(_, value)| value.split(','))
        .filter_map(|one| one.rsplit(';').next()?.trim().parse::<u64>().ok())
        .min()
}

#[cfg(test)]
mod tests {
    use super::super::testing::answer;
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn the_scarcest_of_what_is_left_counts() {
        let of = |headers: &[(&str, &str)]| left(&answer(200, headers));
        assert_eq!(of(&[("x-ms-ratelimit-remaining-subscription-reads", "11999")]), Some(11_999));
        let both = [
            ("X-Ms-Ratelimit-Remaining-Subscription-Writes", "1199"),
            (
                "x-ms-ratelimit-remaining-resource",
                "Microsoft.Compute/PutVM3Min;7,Microsoft.Compute/PutVM30Min;97",
            ),
        ];
        assert_eq!(of(&both), Some(7));
        assert_eq!(of(&[("x-ms-ratelimit-remaining-resource", "soon;many"), ("other", "1")]), None);
    }

    #[test]
    fn few_that_are_left_are_spread_and_many_are_not() {
        let wait =
            |left: &str| wait_after(&answer(200, &[("x-ms-ratelimit-remaining-subscription-writes", left)]));
        assert_eq!(wait("10"), None);
        assert_eq!(wait("9"), Some(SPREAD));
        assert_eq!(wait("0"), Some(SPREAD * 10));
        assert_eq!(wait_after(&answer(429, &[("retry-after", "17")])), Some(Duration::from_secs(17)));
        assert_eq!(wait_after(&answer(202, &[("retry-after", "17")])), None, "a poll asks for itself alone");
        assert_eq!(
            wait_after(&answer(429, &[("retry-after", "3600")])),
            None,
            "whoever called decides on that"
        );
    }

    #[test]
    fn what_one_answer_says_holds_for_the_others_of_its_kind_alone() {
        let pacing = Pacing::default();
        pacing.note("PUT", &answer(429, &[("retry-after", "60")]));
        pacing.note("PUT", &answer(200, &[("x-ms-ratelimit-remaining-subscription-writes", "5")]));
        for method in ["PUT", "PATCH", "POST"] {
            assert!(pacing.pause(method) > Duration::from_secs(50), "{method}");
        }
        assert_eq!((pacing.pause("GET"), pacing.pause("DELETE")), (Duration::ZERO, Duration::ZERO));
    }
}
