//! Faults on purpose: `--inject STEP:KIND[:N]` makes a step meet a fault N times (once when N is
//! left out). `*` means every step. Two kinds count records of the journal instead, from the start of the program, and
//! concern no step: `*:kill-at-record:7`.

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
    /// The program dies when its N-th record is about to be written; what happened before is not on disk.
    KillBeforeRecord,
    /// The program dies when its N-th record is on disk, and nothing after it.
    KillAtRecord,
}

/// All kinds, as they are written, with what they do.
pub const FAULT_KINDS: [(&str, FaultKind, &str); 14] = [
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
    ("kill-before-record", FaultKind::KillBeforeRecord, "the program dies before its N-th record is on disk"),
    ("kill-at-record", FaultKind::KillAtRecord, "the program dies when its N-th record is on disk"),
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
        if matches!(kind, FaultKind::KillBeforeRecord | FaultKind::KillAtRecord) && step != "*" {
            return Err(format!("`{text}` counts the records of a whole run: write `*:{word}:N`"));
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

    /// How many of so many records that are about to be written may still be, where the program is to die among them.
    pub(super) fn cuts_off(&self, records: usize) -> Option<usize> {
        let mut cut = None;
        for fault in &self.0 {
            let spared = match fault.kind {
                FaultKind::KillBeforeRecord => 1,
                FaultKind::KillAtRecord => 0,
                _ => continue,
            };
            let left = fault.left.load(Ordering::SeqCst);
            let wanted = usize::try_from(left).unwrap_or(usize::MAX);
            if (1..=records).contains(&wanted) {
                cut = Some((wanted - spared).min(cut.unwrap_or(usize::MAX)));
            }
            fault
                .left
                .store(left.saturating_sub(u32::try_from(records).unwrap_or(u32::MAX)), Ordering::SeqCst);
        }
        cut
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
    fn a_run_is_cut_off_at_the_record_that_was_named() {
        let faults = |text: &str| Faults::new(vec![text.parse().unwrap()]);
        for (text, cuts) in [
            ("*:kill-at-record:3", [None, Some(1), None]),
            ("*:kill-before-record:3", [None, Some(0), None]),
            ("*:kill-at-record:2", [Some(2), None, None]),
            ("*:kill-before-record:9", [None, None, None]),
        ] {
            let faults = faults(text);
            assert_eq!([2, 3, 1].map(|records| faults.cuts_off(records)), cuts, "{text}");
        }
        assert!("a:kill-at-record:3".parse::<Fault>().unwrap_err().contains("*:kill-at-record:N"));
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
