//! What can go wrong with a model, and how it is told: what, why, what to do.

use std::time::Duration;

use thiserror::Error;

use super::key::Key;
use super::status;
use crate::protocol::Problem;
use crate::text::{fit, line, mask_text};

/// Cells that the words of the other side may take.
const MOST_CELLS: usize = 240;

/// Why there is no answer, or not all of it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum Failure {
    /// No connection came about.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// The connection broke before the answer began.
    #[error("the connection broke before an answer came: {0}")]
    Broken(String),
    /// Nothing came for too long.
    #[error("nothing came for {0} seconds")]
    Silent(u64),
    /// The endpoint refused or failed.
    #[error("status {code}: {message}")]
    Status {
        /// The status.
        code: u16,
        /// Its words.
        message: String,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// Something other than a model answered.
    #[error("a {0} came instead of an answer")]
    NotModel(String),
    /// What came cannot be read as an answer.
    #[error("what came cannot be read: {0}")]
    Garbage(String),
    /// The answer ended in its middle.
    #[error("the answer broke off")]
    Cut,
    /// The endpoint reported a failure in the middle of the answer.
    #[error("the endpoint broke off: {0}")]
    BrokeOff(String),
    /// The answer never ends.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The model stopped at its own limit.
    #[error("the model reached its limit of output")]
    Length,
    /// A filter of the endpoint stopped the answer.
    #[error("a filter of the endpoint stopped the answer")]
    Filtered,
    /// There was neither text nor a call.
    #[error("the answer is empty")]
    Empty,
}

/// Who is spoken with, for messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Partner<'a> {
    /// The model.
    pub(super) model: &'a str,
    /// The endpoint.
    pub(super) base: &'a str,
    /// Whether a key is sent.
    pub(super) has_key: bool,
    /// The variable that holds it.
    pub(super) key_variable: &'a str,
}

impl Failure {
    /// Whether the same request may succeed if it is sent again.
    pub(super) fn passes(&self) -> bool {
        match self {
            Failure::Status { code: 429, message, .. } => !status::spent(message),
            Failure::Status { code, .. } => matches!(code, 408 | 500 | 502 | 503 | 504 | 529),
            // Often a kept connection that the other side had closed.
            Failure::Broken(_) => true,
            _ => false,
        }
    }

    /// How long the endpoint asks to wait.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Failure::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether the endpoint says that the model cannot call tools.
    pub(super) fn is_without_tools(&self) -> bool {
        matches!(self, Failure::Status { code: 400 | 404 | 422 | 501, message, .. }
            if { let words = message.to_lowercase(); words.contains("tool") && words.contains("support") })
    }

    /// Whether the endpoint does not know the option that counts tokens.
    pub(super) fn is_without_usage(&self) -> bool {
        matches!(self, Failure::Status { code: 400 | 422, message, .. } if message.contains("stream_options"))
    }

    /// The failure in three lines.
    pub(super) fn problem(&self, partner: Partner<'_>) -> Problem {
        let Partner { model, base, .. } = partner;
        let (what, why, fix) = match self {
            Failure::Unreachable(reason) => (
                format!("The model {model} cannot be reached"),
                format!("{base}: {reason}"),
                "start the model's server or correct `base_url` in settings.yaml, then say it again"
                    .to_owned(),
            ),
            Failure::Broken(reason) => (
                format!("The connection to the model {model} broke"),
                format!("{base}: {reason}"),
                "say it again; if it stays so, `provisioner doctor` looks at the endpoint".to_owned(),
            ),
            Failure::Silent(seconds) => (
                format!("The model {model} fell silent"),
                format!("{base} sent nothing for {seconds} seconds"),
                "say it again, or allow a slow model more with `patience_seconds` in settings.yaml"
                    .to_owned(),
            ),
            Failure::Status { code, message, retry_after } => {
                return status::problem(*code, message, *retry_after, partner);
            }
            Failure::NotModel(kind) => (
                format!("There is no model at {base}"),
                format!("a {kind} came instead of an answer"),
                "correct `base_url` in settings.yaml; most endpoints end with /v1".to_owned(),
            ),
            Failure::Garbage(excerpt) => (
                format!("The answer of the model {model} cannot be read"),
                if excerpt.is_empty() {
                    "it holds nothing at all".to_owned()
                } else {
                    format!("it reads: {excerpt}")
                },
                "say it again; if it stays so, this endpoint does not speak as OpenAI's does".to_owned(),
            ),
            Failure::Cut => (
                format!("The answer of the model {model} broke off"),
                format!("{base} ended it in the middle"),
                "say it again, or `go on`; what came until then is kept".to_owned(),
            ),
            Failure::BrokeOff(message) => (
                format!("The answer of the model {model} broke off"),
                format!("{base} says: {message}"),
                "say it again, or `go on`; what came until then is kept".to_owned(),
            ),
            Failure::TooLarge(limit) => (
                format!("The model {model} came to no end"),
                format!("its answer is larger than {limit} bytes"),
                "say it again in other words, or use another model".to_owned(),
            ),
            Failure::Length => (
                format!("The model {model} stopped in the middle"),
                "it reached the limit of what it may write in one answer".to_owned(),
                "ask for less at once, or raise the limit where the model runs".to_owned(),
            ),
            Failure::Filtered => (
                format!("The answer of the model {model} was stopped"),
                format!("a content filter of {base} stopped it"),
                "say it in other words".to_owned(),
            ),
            Failure::Empty => (
                format!("The model {model} said nothing"),
                "its answer holds neither text nor a call of a tool".to_owned(),
                "say it again in other words; a model that stays silent may be too small for this".to_owned(),
            ),
        };
        told(what, why, fix)
    }
}

/// Words of the other side, made short and harmless; it may repeat the key that it was sent.
pub(super) fn quoted(text: &str, key: Option<&Key>) -> String {
    let text = key.map_or_else(|| text.to_owned(), |key| key.hide_in(text));
    fit(line(&mask_text(&text)).trim(), MOST_CELLS)
}

pub(super) fn told(what: String, why: String, fix: String) -> Problem {
    Problem { what: line(&what), why: line(&why), fix: line(&fix) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTNER: Partner<'static> =
        Partner { model: "m", base: "http://localhost:1/v1", has_key: true, key_variable: "THE_KEY" };

    fn status(code: u16, message: &str) -> Failure {
        Failure::Status { code, message: message.into(), retry_after: None }
    }

    #[test]
    fn every_failure_says_what_why_and_what_to_do() {
        for failure in [
            Failure::Unreachable("refused".into()),
            Failure::Broken("reset".into()),
            Failure::Silent(120),
            Failure::NotModel("web page".into()),
            Failure::Garbage("x".into()),
            Failure::Garbage(String::new()),
            Failure::Cut,
            Failure::BrokeOff("x".into()),
            Failure::TooLarge(1),
            Failure::Length,
            Failure::Filtered,
            Failure::Empty,
            status(500, "x"),
        ] {
            let problem = failure.problem(PARTNER);
            assert!(
                !problem.what.is_empty() && !problem.why.is_empty() && !problem.fix.is_empty(),
                "{problem:?}"
            );
        }
    }

    #[test]
    fn a_refused_key_and_a_missing_key_are_told_apart() {
        let refused = status(401, "bad key").problem(PARTNER);
        assert!(refused.what.contains("refused the key") && refused.why.contains("bad key"), "{refused:?}");
        let missing = status(401, "no key").problem(Partner { has_key: false, ..PARTNER });
        assert!(missing.what.contains("wants a key") && missing.fix.contains("THE_KEY"), "{missing:?}");
    }

    #[test]
    fn only_what_passes_is_tried_again() {
        for (failure, passes) in [
            (status(429, "slow down"), true),
            (status(429, "insufficient_quota: you exceeded your current quota"), false),
            (status(500, ""), true),
            (status(401, ""), false),
            (status(400, ""), false),
            (Failure::Unreachable(String::new()), false),
            (Failure::Broken(String::new()), true),
            (Failure::Cut, false),
        ] {
            assert_eq!(failure.passes(), passes, "{failure}");
        }
    }

    #[test]
    fn a_model_without_tools_is_recognised() {
        assert!(status(400, "registry.ollama.ai/library/x does not support tools").is_without_tools());
        assert!(!status(400, "tools[0].name is wrong").is_without_tools());
    }

    #[test]
    fn words_of_the_other_side_are_short_and_harmless() {
        let text = quoted(&format!("\u{1b}[31mkey sk-abcdefghijklmnopqrstu\n{}", "x".repeat(900)), None);
        assert!(!text.contains('\u{1b}') && !text.contains('\n') && !text.contains("sk-abc"), "{text}");
        assert!(text.len() < 260, "{text}");
    }
}
