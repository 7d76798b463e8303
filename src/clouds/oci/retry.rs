//! When a request is sent again: the SDK's default strategy, with one difference. A request whose answer was
//! lost is sent again only where doing it twice changes nothing; the executor decides on the rest.

use std::time::{Duration, Instant};

use uuid::Uuid;

/// How often a request is sent at most.
pub(super) const MOST_ATTEMPTS: u32 = 8;
/// How long all attempts together may take before there is no other.
const LONGEST_CALL: Duration = Duration::from_secs(600);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Conflicts that pass: something else is being done to the thing.
const PASSING: [&str; 2] = ["IncorrectState", "LockConflict"];

/// Why an attempt did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nothing was done, and a later try may do it: too much was asked, or the thing is busy.
    NotNow,
    /// The service failed; it may have been done.
    Failed,
    /// The answer was lost; it may have been done.
    Lost,
    /// The request never left.
    NeverSent,
    /// A clear answer that another try does not change.
    Refused,
}

/// What an error answer means.
pub(super) fn trouble(status: u16, code: &str) -> Trouble {
    match status {
        429 => Trouble::NotNow,
        409 if PASSING.contains(&code) => Trouble::NotNow,
        // Not implemented stays not implemented.
        501 => Trouble::Refused,
        500.. => Trouble::Failed,
        _ => Trouble::Refused,
    }
}

/// The attempts of one call.
pub(super) struct Attempts {
    number: u32,
    most: u32,
    begun: Instant,
}

impl Attempts {
    /// At most so many.
    pub(super) fn at_most(most: u32) -> Self {
        Self { number: 1, most, begun: Instant::now() }
    }

    /// How long to wait before the next attempt, if there is to be one. `repeatable` says whether doing it
    /// twice is as good as once.
    pub(super) fn pause(&mut self, trouble: Trouble, repeatable: bool) -> Option<Duration> {
        let worth_it = match trouble {
            Trouble::NotNow | Trouble::NeverSent => true,
            Trouble::Failed | Trouble::Lost => repeatable,
            Trouble::Refused => false,
        };
        if !worth_it || self.number >= self.most || self.begun.elapsed() >= LONGEST_CALL {
            return None;
        }
        let doubled = Duration::from_secs(1 << (self.number - 1).min(5));
        let jitter = Duration::from_secs(1) * u32::from(Uuid::new_v4().as_bytes()[0]) / 255;
        self.number += 1;
        Some((doubled + jitter).min(LONGEST_PAUSE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart_as_the_sdk_does() {
        for (status, code, expected) in [
            (429, "TooManyRequests", Trouble::NotNow),
            (409, "IncorrectState", Trouble::NotNow),
            (409, "LockConflict", Trouble::NotNow),
            (409, "BucketAlreadyExists", Trouble::Refused),
            (500, "InternalServerError", Trouble::Failed),
            (503, "ServiceUnavailable", Trouble::Failed),
            (501, "MethodNotAllowed", Trouble::Refused),
            (404, "NotAuthorizedOrNotFound", Trouble::Refused),
            (400, "InvalidParameter", Trouble::Refused),
        ] {
            assert_eq!(trouble(status, code), expected, "{status} {code}");
        }
    }

    #[test]
    fn a_lost_answer_is_asked_for_again_only_where_twice_is_as_good_as_once() {
        let pause = |trouble, repeatable| Attempts::at_most(8).pause(trouble, repeatable).is_some();
        assert!(pause(Trouble::Lost, true) && !pause(Trouble::Lost, false));
        assert!(!pause(Trouble::Failed, false) && pause(Trouble::NeverSent, false));
        assert!(pause(Trouble::NotNow, false) && !pause(Trouble::Refused, true));
    }

    #[test]
    fn pauses_double_up_to_a_bound_and_attempts_end() {
        let mut attempts = Attempts::at_most(MOST_ATTEMPTS);
        let pauses: Vec<Duration> = std::iter::from_fn(|| attempts.pause(Trouble::NotNow, false)).collect();
        assert_eq!(pauses.len(), 7);
        assert!(pauses[0] >= Duration::from_secs(1) && pauses[0] <= Duration::from_secs(2));
        assert!(pauses[3] >= Duration::from_secs(8) && pauses[3] <= Duration::from_secs(9));
        assert_eq!(pauses[6], LONGEST_PAUSE);
        assert_eq!(Attempts::at_most(1).pause(Trouble::NotNow, true), None);
    }
}
