//! When a request is sent again: the SDKs' standard mode, with one difference. A request whose answer
//! was lost is sent again only where doing it twice changes nothing; the executor decides on the rest.

use std::sync::Mutex;
use std::time::Duration;

use uuid::Uuid;

use super::parse::ServiceFailure;

/// How often a request is sent at most, where no setting says otherwise.
pub(super) const MOST_ATTEMPTS: u32 = 3;
/// What the bucket holds at first.
const TOKENS: u32 = 500;
/// What a retry takes out of the bucket.
const COST: u32 = 5;
/// What a retry after a lost answer takes out.
const COST_OF_SILENCE: u32 = 10;
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(20);

/// Codes that ask for fewer requests.
const THROTTLING: [&str; 14] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "RequestThrottled",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
];

/// Codes of trouble that passes.
const PASSING: [&str; 4] = ["RequestTimeout", "RequestTimeoutException", "InternalError", "InternalFailure"];

/// Codes with which a service says that this machine's clock is wrong.
pub(super) const SKEWED: [&str; 5] = [
    "RequestTimeTooSkewed",
    "RequestExpired",
    "RequestInTheFuture",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
];

/// Codes with which a service says that the keys are over. A profile may have fresh ones by now.
pub(super) const EXPIRED: [&str; 3] = ["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"];

/// Why an attempt did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nothing was done, because too much was asked.
    Throttled,
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
pub(super) fn trouble(status: u16, failure: &ServiceFailure) -> Trouble {
    if status == 429 || THROTTLING.contains(&failure.code.as_str()) {
        Trouble::Throttled
    } else if matches!(status, 500 | 502 | 503 | 504)
        || PASSING.contains(&failure.code.as_str())
        || failure.retryable
    {
        Trouble::Failed
    } else {
        Trouble::Refused
    }
}

/// The tokens that all requests of one client share, so that retries do not make an outage worse.
pub(super) struct Bucket {
    left: Mutex<u32>,
}

impl Default for Bucket {
    fn default() -> Self {
        Self { left: Mutex::new(TOKENS) }
    }
}

impl Bucket {
    /// How long to wait before the next attempt, if there is to be one. Attempts count from 1, and
    /// come with how many there may be.
    pub(super) fn pause(
        &self,
        (attempt, most): (u32, u32),
        trouble: Trouble,
        repeatable: bool,
        asked_for: Option<Duration>,
    ) -> Option<Duration> {
        let worth_it = match trouble {
            Trouble::Throttled | Trouble::NeverSent => true,
            Trouble::Failed | Trouble::Lost => repeatable,
            Trouble::Refused => false,
        };
        if !worth_it || attempt >= most {
            return None;
        }
        let cost = if trouble == Trouble::Lost { COST_OF_SILENCE } else { COST };
        let mut left = self.left.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *left = left.checked_sub(cost)?;
        let ceiling = Duration::from_secs(1 << (attempt - 1).min(4)).min(LONGEST);
        let jitter = u32::from(Uuid::new_v4().as_bytes()[0]);
        Some(asked_for.map_or(ceiling * jitter / 255, |wanted| wanted.min(LONGEST)))
    }

    /// A success gives a little back.
    pub(super) fn refill(&self) {
        let mut left = self.left.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *left = (*left + 1).min(TOKENS);
    }
}

/// `Retry-After` in seconds, as headers write it.
pub(super) fn asked_for(header: Option<&str>) -> Option<Duration> {
    header?.trim().parse::<u64>().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: &str) -> ServiceFailure {
        ServiceFailure { code: code.into(), ..ServiceFailure::default() }
    }

    #[test]
    fn a_lost_answer_is_asked_for_again_only_where_twice_is_as_good_as_once() {
        let bucket = Bucket::default();
        assert!(bucket.pause((1, 3), Trouble::Lost, true, None).is_some());
        assert!(bucket.pause((1, 3), Trouble::Lost, false, None).is_none());
        assert!(bucket.pause((1, 3), Trouble::Failed, false, None).is_none());
        assert!(bucket.pause((1, 3), Trouble::NeverSent, false, None).is_some());
        assert!(bucket.pause((1, 3), Trouble::Throttled, false, None).is_some());
    }

    #[test]
    fn a_clear_no_is_final_and_so_is_the_third_attempt() {
        let bucket = Bucket::default();
        assert!(bucket.pause((1, 3), Trouble::Refused, true, None).is_none());
        assert!(bucket.pause((3, 3), Trouble::Throttled, true, None).is_none());
    }

    #[test]
    fn an_empty_bucket_stops_all_retries() {
        let bucket = Bucket::default();
        let granted =
            (0..1000).filter(|_| bucket.pause((1, 3), Trouble::Throttled, true, None).is_some()).count();
        assert_eq!(granted, 100);
    }

    #[test]
    fn a_wish_of_the_service_is_honoured_within_bounds() {
        let bucket = Bucket::default();
        let wish = asked_for(Some("2"));
        assert_eq!(bucket.pause((1, 3), Trouble::Throttled, true, wish), Some(Duration::from_secs(2)));
        let long = asked_for(Some("86400"));
        assert_eq!(bucket.pause((1, 3), Trouble::Throttled, true, long), Some(LONGEST));
    }

    #[test]
    fn answers_are_told_apart() {
        assert_eq!(trouble(400, &failure("ThrottlingException")), Trouble::Throttled);
        assert_eq!(trouble(429, &failure("x")), Trouble::Throttled);
        assert_eq!(trouble(503, &failure("SlowDown")), Trouble::Throttled);
        assert_eq!(trouble(500, &failure("x")), Trouble::Failed);
        assert_eq!(trouble(404, &failure("NoSuchBucket")), Trouble::Refused);
    }
}
