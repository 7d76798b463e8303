//! Faults on purpose: `--inject STEP:KIND[:N]` makes a step meet a fault N times (once when N is
//! left out). `*` means every step.

use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

/// What can be made to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The cloud refuses before anything is done.
    Refuse,
    /// The cloud answers that it is asked too often.
    Throttle,
    /// The request is carried out and the answer is lost.
    LoseAnswer,
    /// The request is carried out twice with the same token.
    Repeat,
    /// The intent is not written down: what a test must notice.
    ForgetIntent,
    /// The program dies when the intent is on disk and the request has not left.
    KillBeforeSend,
    /// The program dies when the request was carried out and nothing of it is on disk.
    KillAfterSend,
    /// The program dies when the result is on disk.
    KillAfterResult,
    /// Waiting comes to no end in the time allowed.
    WaitTimeout,
    /// What is awaited will never be usable.
    WaitFailure,
    /// The cloud refuses to take the step back.
    UndoRefuse,
    /// The program dies when the request that takes the step back was carried out.
    KillAfterUndo,
}

/// All kinds, as they are written, with what they do.
pub const FAULT_KINDS: [(&str, FaultKind, &str); 12] = [
    ("refuse", FaultKind::Refuse, "the cloud refuses before anything is done"),
    ("throttle", FaultKind::Throttle, "the cloud answers that it is asked too often"),
    ("lose-answer", FaultKind::LoseAnswer, "the request is carried out and the answer is lost"),
    ("repeat", FaultKind::Repeat, "the request is carried out twice with the same token"),
    ("forget-intent", FaultKind::ForgetIntent, "the intent is not written down, which a check must notice"),
    ("kill-before-send", FaultKind::KillBeforeSend, "the program dies between intent and request"),
    ("kill-after-send", FaultKind::KillAfterSend, "the program dies between request and result"),
    ("kill-after-result", FaultKind::KillAfterResult, "the program dies when the result is on disk"),
    ("wait-timeout", FaultKind::WaitTimeout, "waiting comes to no end in the time allowed"),
    ("wait-failure", FaultKind::WaitFailure, "what is awaited will never be usable"),
    ("undo-refuse", FaultKind::UndoRefuse, "the cloud refuses to take the step back"),
    ("kill-after-undo", FaultKind::KillAfterUndo, "the program dies when the step was taken back"),
];

/// One fault that waits to happen.
#[derive(Debug)]
pub struct Fault {
    step: String,
    kind: FaultKind,
    left: AtomicU32,
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(':');
        let (Some(step), Some(word)) = (parts.next(), parts.next()) else {
            return Err(format!("`{text}` is not STEP:KIND[:N]"));
        };
        let kind = FAULT_KINDS.iter().find(|(name, ..)| *name == word).map(|(_, kind, _)| *kind);
        let Some(kind) = kind else {
            let kinds: Vec<&str> = FAULT_KINDS.iter().map(|(name, ..)| *name).collect();
            return Err(format!("there is no fault `{word}`: use {}", kinds.join(", ")));
        };
        let times =
            parts.next().map_or(Ok(1), str::parse).map_err(|_| format!("`{text}`: N is no number"))?;
        if parts.next().is_some() {
            return Err(format!("`{text}` is not STEP:KIND[:N]"));
        }
        Ok(Self { step: step.to_owned(), kind, left: AtomicU32::new(times) })
    }
}

/// The faults of a run.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Faults in the order in which they are tried.
    #[must_use]
    pub fn new(faults: Vec<Fault>) -> Self {
        Self(faults)
    }

    /// Whether this fault happens now; it then has happened once more.
    pub(super) fn strikes(&self, step: &str, kind: FaultKind) -> bool {
        self.0.iter().any(|fault| {
            fault.kind == kind
                && (fault.step == step || fault.step == "*")
                && fault.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok()
        })
    }

    /// Dies if this fault happens now, as a `kill -9` would: nothing is flushed, nobody is told.
    pub(super) fn maybe_die(&self, step: &str, kind: FaultKind) {
        if self.strikes(step, kind) {
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_as_often_as_it_was_asked_to() {
        let faults = Faults::new(vec!["a:throttle:2".parse().unwrap(), "*:refuse".parse().unwrap()]);
        assert!(!faults.strikes("b", FaultKind::Throttle));
        let struck: Vec<bool> = (0..3).map(|_| faults.strikes("a", FaultKind::Throttle)).collect();
        assert_eq!(struck, [true, true, false]);
        assert!(faults.strikes("b", FaultKind::Refuse));
        assert!(!faults.strikes("c", FaultKind::Refuse));
    }

    #[test]
    fn a_fault_that_does_not_exist_is_answered_with_those_that_do() {
        let message = "a:explode".parse::<Fault>().unwrap_err();
        assert!(message.contains("explode") && message.contains("lose-answer"), "{message}");
        for text in ["a", "a:refuse:x", "a:refuse:1:2"] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }
}
