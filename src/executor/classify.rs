//! What an error of a cloud means for a step.

use crate::clouds::CloudError;
use crate::plan::StepFailure;

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// The cloud or we ourselves said no; nothing was done, and asking again changes nothing.
    Refused,
    /// Nothing was done; asked again later it may work.
    NotYet,
    /// As `NotYet`, because too much was asked.
    Throttled,
    /// Nothing was done, and nothing will be until a person mends the credentials.
    Credentials,
    /// It may or may not have been done.
    InDoubt,
}

/// Codes with which clouds say that the credentials are over.
const EXPIRED: [&str; 8] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "TokenRefreshRequired",
    "RequestExpired",
    "ExpiredAuthenticationToken",
    "InvalidAuthenticationToken",
    "NotAuthenticated",
    "UnrecognizedClientException",
];

pub(super) fn class_of(error: &CloudError) -> Class {
    match error {
        CloudError::UnknownOperation(_) | CloudError::Invalid { .. } | CloudError::Endpoint(_) => {
            Class::Refused
        }
        CloudError::Credentials { .. } => Class::Credentials,
        CloudError::Transport { never_sent: true, .. } => Class::NotYet,
        CloudError::Transport { .. } | CloudError::Unreadable { .. } => Class::InDoubt,
        CloudError::Service { code, status, retryable, .. } => {
            if EXPIRED.contains(&code.as_str()) {
                Class::Credentials
            } else if is_throttling(code, *status) {
                Class::Throttled
            } else if *status >= 500 || *retryable {
                Class::InDoubt
            } else {
                Class::Refused
            }
        }
    }
}

fn is_throttling(code: &str, status: u16) -> bool {
    let code = code.to_ascii_lowercase();
    status == 429
        || [
            "throttl",
            "toomanyrequests",
            "slowdown",
            "requestlimitexceeded",
            "throughputexceeded",
            "bandwidthlimit",
        ]
        .iter()
        .any(|word| code.contains(word))
}

fn says(error: &CloudError, status: u16, words: &[&str]) -> bool {
    let CloudError::Service { code, status: found, .. } = error else { return false };
    let code = code.to_ascii_lowercase();
    *found == status || words.iter().any(|word| code.contains(word))
}

/// Whether the thing that was to be made is there already.
pub(super) fn is_already_there(error: &CloudError) -> bool {
    let CloudError::Service { code, .. } = error else { return false };
    let code = code.to_ascii_lowercase();
    ["already", "exists", "duplicate", "resourceinuse"].iter().any(|word| code.contains(word))
}

/// Whether the thing that was asked for is not there.
pub(super) fn is_not_there(error: &CloudError) -> bool {
    says(error, 404, &["notfound", "nosuch", "doesnotexist", "nonexistent"])
}

/// Whether something else must be gone before this can be taken back.
pub(super) fn is_still_in_use(error: &CloudError) -> bool {
    says(error, 409, &["dependencyviolation", "deleteconflict", "inuse", "notempty", "incorrectstate"])
}

/// Whether a thing that was made a moment ago is not seen everywhere yet.
pub(super) fn is_not_seen_yet(error: &CloudError) -> bool {
    let CloudError::Service { code, message, .. } = error else { return false };
    is_not_there(error)
        || code.contains("PrincipalNotFound")
        || code.contains("MalformedPolicyDocument")
        || ["cannot be assumed", "Invalid IAM Instance Profile", "Invalid principal"]
            .iter()
            .any(|m| message.contains(m))
}

/// An error as the failure of a step.
pub(super) fn failure_of(error: &CloudError) -> StepFailure {
    let (code, advice) = match error {
        CloudError::UnknownOperation(_) => {
            ("UnknownOperation", Some("use a name that the catalog has".to_owned()))
        }
        CloudError::Invalid { .. } => {
            ("InvalidParameters", Some("correct the parameters in the plan".to_owned()))
        }
        CloudError::Endpoint(_) => ("NoEndpoint", Some("choose a region that has the service".to_owned())),
        CloudError::Credentials { fix, .. } => ("NoCredentials", Some(fix.clone())),
        CloudError::Transport { .. } => {
            ("NoAnswer", Some("check the connection, then resume the run".to_owned()))
        }
        CloudError::Unreadable { .. } => ("UnreadableAnswer", None),
        CloudError::Service { code, .. } => (code.as_str(), None),
    };
    let message = match error {
        CloudError::Service { message, .. } => crate::text::sanitize(message),
        other => crate::text::sanitize(&other.to_string()),
    };
    StepFailure { code: crate::text::line(code), message, advice }
}

#[cfg(test)]
pub(super) fn service_error(code: &str, status: u16) -> CloudError {
    CloudError::Service {
        code: code.into(),
        message: format!("{code} happened"),
        status,
        detail: serde_json::Value::Null,
        request_id: None,
        retryable: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_no_counts_as_refused() {
        for (code, status, class) in [
            ("AccessDenied", 403, Class::Refused),
            ("BucketAlreadyExists", 409, Class::Refused),
            ("SlowDown", 503, Class::Throttled),
            ("Throttling", 400, Class::Throttled),
            ("Anything", 429, Class::Throttled),
            ("InternalError", 500, Class::InDoubt),
            ("ServiceUnavailable", 503, Class::InDoubt),
            ("ExpiredToken", 400, Class::Credentials),
        ] {
            assert_eq!(class_of(&service_error(code, status)), class, "{code}");
        }
    }

    #[test]
    fn a_lost_answer_is_in_doubt_and_a_refused_connection_is_not() {
        let lost = |never_sent| CloudError::Transport { host: "h".into(), message: "m".into(), never_sent };
        assert_eq!(class_of(&lost(false)), Class::InDoubt);
        assert_eq!(class_of(&lost(true)), Class::NotYet);
    }
}
