//! When a request is sent again: the rules of the official clients, with one difference. What may have
//! been done is done again only where twice is as good as once; the executor decides on the rest.

use std::time::Duration;

use jiff::Timestamp;

use crate::catalog::partner;
use crate::catalog::shapes::Operation;
use crate::clouds::http::HttpResponse;

/// How often a request is sent at most.
pub(super) const MOST_ATTEMPTS: u32 = 4;
/// The longest pause.
pub(super) const LONGEST: Duration = Duration::from_secs(120);
/// The first pause that grows.
const FIRST: Duration = Duration::from_millis(800);

/// Why an attempt did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nothing was done, because too much was asked or something else is still going on.
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
pub(super) fn trouble(response: &HttpResponse) -> Trouble {
    match response.status {
        429 => Trouble::Throttled,
        408 | 500 | 502 | 503 | 504 => Trouble::Failed,
        // Another operation is still going on, and this is when to come back.
        400..=499 if asked_for(response).is_some() => Trouble::Throttled,
        501 | 505 => Trouble::Refused,
        506.. => Trouble::Failed,
        _ => Trouble::Refused,
    }
}

/// Whether doing an operation twice is as good as once: everything but a POST names what it is
/// done to and to what end, and a POST that reads by its name changes nothing.
pub(super) fn repeatable(operation: &Operation) -> bool {
    operation.method != "POST" || partner::repeatable(operation)
}

/// How long to wait before the next attempt, if there is to be one. Attempts count from 1.
pub(super) fn pause(
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
    match asked_for {
        // Sooner than asked would only be refused again, so a longer wish is for whoever called.
        Some(wish) => (wish <= LONGEST).then_some(wish),
        // The first one at once, because most trouble is over by then.
        None if attempt == 1 => Some(Duration::ZERO),
        None => Some((FIRST * 2u32.saturating_pow(attempt - 1)).min(LONGEST)),
    }
}

/// When to come back, as an answer says it: in seconds, as a date, or else in milliseconds.
pub(super) fn asked_for(response: &HttpResponse) -> Option<Duration> {
    let number =
        |name: &str| response.header(name)?.trim().parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
    if let Some(seconds) = number("retry-after") {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let Some(date) = response.header("retry-after") else {
        let milliseconds = number("retry-after-ms").or_else(|| number("x-ms-retry-after-ms"))?;
        return Duration::try_from_secs_f64(milliseconds / 1000.0).ok();
    };
    let broken = jiff::fmt::strtime::parse("%a, %d %b %Y %H:%M:%S GMT", date.trim()).ok()?;
    let then = broken.to_datetime().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    let seconds = then.as_second() - Timestamp::now().as_second();
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{answer, service};
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn answers_are_told_apart() {
        assert_eq!(trouble(&answer(429, &[])), Trouble::Throttled);
        assert_eq!(trouble(&answer(503, &[])), Trouble::Failed);
        assert_eq!(trouble(&answer(409, &[("retry-after", "10")])), Trouble::Throttled);
        assert_eq!(trouble(&answer(409, &[])), Trouble::Refused);
        assert_eq!(trouble(&answer(404, &[])), Trouble::Refused);
        assert_eq!(trouble(&answer(501, &[])), Trouble::Refused);
    }

    #[test]
    fn what_may_have_been_done_is_done_again_only_where_twice_is_as_good_as_once() {
        let service = service();
        let again = |name: &str| repeatable(service.operation(name).unwrap());
        assert!(again("VirtualMachines_CreateOrUpdate") && again("VirtualMachines_Delete"));
        assert!(again("StorageAccounts_ListKeys") && !again("VirtualMachines_Restart"));
        assert_eq!(pause((1, 4), Trouble::Lost, false, None), None);
        assert_eq!(pause((1, 4), Trouble::Failed, true, None), Some(Duration::ZERO));
        assert_eq!(pause((3, 4), Trouble::Failed, true, None), Some(FIRST * 4));
        assert_eq!(pause((4, 4), Trouble::Throttled, true, None), None);
        assert!(pause((1, 4), Trouble::NeverSent, false, None).is_some());
    }

    #[test]
    fn a_wish_is_read_in_each_of_its_forms_and_never_cut_short() {
        let wish = |headers: &[(&str, &str)]| asked_for(&answer(429, headers));
        assert_eq!(wish(&[("retry-after", "17")]), Some(Duration::from_secs(17)));
        assert_eq!(wish(&[("x-ms-retry-after-ms", "250")]), Some(Duration::from_millis(250)));
        assert_eq!(wish(&[("retry-after", "Mon, 01 Jan 2001 00:00:00 GMT")]), Some(Duration::ZERO));
        assert_eq!(wish(&[("retry-after", "-1")]), None);
        assert_eq!(wish(&[("retry-after", "soon")]), None);
        assert_eq!(pause((1, 4), Trouble::Throttled, true, wish(&[("retry-after", "3600")])), None);
    }
}
