//! The review of a plan and the decision on it.

use std::time::Duration;

use super::model::GUARD;
use super::{App, Composer, Effect, Proposal};
use crate::plan::Digest;
use crate::protocol::{Choice, Command, DecisionRequest};
use crate::tui::layout::Layout;
use crate::tui::page::{self, ReviewRow};
use crate::tui::scroll::Scroll;

/// What can be chosen, always in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReviewChoice {
    Deny,
    Approve,
}

impl ReviewChoice {
    pub(crate) fn word(self) -> &'static str {
        match self {
            ReviewChoice::Deny => "Deny",
            ReviewChoice::Approve => "Approve",
        }
    }
}

/// An open review.
#[derive(Clone, Debug)]
pub(crate) struct Review {
    /// The plan that is looked at.
    pub(crate) digest: Digest,
    /// The decision that is asked for; nothing when the plan is only looked at.
    pub(crate) request: Option<DecisionRequest>,
    pub(crate) scroll: Scroll,
    /// Whether the last line was in view.
    pub(crate) read: bool,
    pub(crate) choice: ReviewChoice,
    /// The word that is being typed.
    pub(crate) word: Composer,
    /// The selected finding.
    pub(crate) finding: Option<usize>,
    /// Why the last confirmation did nothing.
    pub(crate) refusal: Option<String>,
    opened: Duration,
    read_only: bool,
}

impl Review {
    /// What can be chosen; nothing when there is nothing to decide.
    pub(crate) fn choices(&self) -> &'static [ReviewChoice] {
        if self.request.is_none() || self.read_only {
            &[]
        } else {
            &[ReviewChoice::Deny, ReviewChoice::Approve]
        }
    }

    /// Whether letters go into the word.
    pub(crate) fn wants_word(&self) -> bool {
        self.choice == ReviewChoice::Approve
            && !self.choices().is_empty()
            && self.request.as_ref().is_some_and(|r| r.can_approve && r.typed_word.is_some())
    }

    /// Why the plan cannot be approved now, or nothing when it can.
    pub(crate) fn obstacle(&self) -> Option<String> {
        let request = self.request.as_ref()?;
        if !request.can_approve {
            let reason = request.reason.as_deref().unwrap_or("the rules forbid it");
            return Some(format!("This plan cannot be approved: {reason}"));
        }
        if request.must_read && !self.read {
            return Some("Read to the last line first: Page Down or End".into());
        }
        let word = request.typed_word.as_ref()?;
        (self.word.text().trim() != word).then(|| format!("Type {word} to approve"))
    }
}

impl Proposal {
    /// Whether a finding can be fixed by its patch.
    pub(crate) fn has_patch(&self) -> bool {
        self.verdict.as_ref().is_some_and(|v| v.findings.iter().any(|f| !f.patch.is_empty()))
    }
}

impl App {
    /// The rows of the open review.
    pub(crate) fn review_rows(&self) -> Vec<ReviewRow> {
        let width = usize::from(Layout::of(self).page.width);
        match (&self.review, &self.desk.proposal) {
            (Some(review), Some(proposal)) => page::review(proposal, review.finding, width),
            _ => Vec::new(),
        }
    }

    pub(super) fn open_review(&mut self) {
        let Some(proposal) = &self.desk.proposal else {
            self.notify("There is no plan to look at yet");
            return;
        };
        let request = self.desk.decision().map(|(request, _)| request.clone());
        self.review = Some(Review {
            digest: proposal.digest.clone(),
            request,
            scroll: Scroll::at_start(),
            read: false,
            choice: ReviewChoice::Deny,
            word: Composer::new(),
            finding: None,
            refusal: None,
            opened: self.now,
            read_only: self.header.read_only,
        });
        self.look();
    }

    /// Notes whether the last line is in view.
    pub(super) fn look(&mut self) {
        if self.review.is_none() {
            return;
        }
        let (total, layout) = (self.review_rows().len(), Layout::of(self));
        let height = usize::from(layout.page.height);
        if let Some(review) = &mut self.review
            && height > 0
            && !layout.too_small
            && review.scroll.shows_end(total, height)
        {
            review.read = true;
        }
    }

    pub(super) fn scroll_review(&mut self, rows: isize) {
        let (total, height) = (self.review_rows().len(), usize::from(Layout::of(self).page.height));
        if let Some(review) = &mut self.review {
            review.scroll.by(rows, total, height);
            review.refusal = None;
        }
        self.look();
    }

    pub(super) fn choose(&mut self) {
        if let Some(review) = &mut self.review
            && review.choices().len() > 1
        {
            review.refusal = None;
            review.choice = match review.choice {
                ReviewChoice::Deny => ReviewChoice::Approve,
                ReviewChoice::Approve => ReviewChoice::Deny,
            };
        }
    }

    /// Decides, if the choice is allowed and the review has been open long enough.
    pub(super) fn confirm_review(&mut self) -> Vec<Effect> {
        let now = self.now;
        let Some(review) = &mut self.review else { return vec![] };
        let Some(request) = review.request.clone().filter(|_| !review.choices().is_empty()) else {
            return vec![];
        };
        if now.saturating_sub(review.opened) < GUARD {
            return vec![];
        }
        let choice = match review.choice {
            ReviewChoice::Deny => Choice::Deny,
            ReviewChoice::Approve => {
                if let Some(obstacle) = review.obstacle() {
                    review.refusal = Some(obstacle);
                    return vec![];
                }
                let typed = request.typed_word.is_some().then(|| review.word.text().trim().to_owned());
                Choice::Approve { typed, exceptions: request.exceptions.clone() }
            }
        };
        let digest = review.digest.clone();
        self.review = None;
        vec![Effect::Send(Command::Decide { digest, choice })]
    }

    pub(super) fn next_finding(&mut self) {
        let Some(findings) =
            self.desk.proposal.as_ref().and_then(|p| p.verdict.as_ref()).map(|v| v.findings.len())
        else {
            return;
        };
        let rows = self.review_rows();
        let height = usize::from(Layout::of(self).page.height);
        let Some(review) = &mut self.review else { return };
        // In the order of the rows, which is the order in which a person reads.
        let mut order: Vec<usize> =
            rows.iter().filter_map(|row| row.finding).filter(|f| *f < findings).collect();
        order.dedup();
        let at = review.finding.and_then(|current| order.iter().position(|f| *f == current));
        let next = order.get(at.map_or(0, |at| (at + 1) % order.len().max(1))).copied();
        review.finding = next;
        if let Some(row) = rows.iter().position(|row| row.finding.is_some() && row.finding == next) {
            review.scroll.show(row, rows.len(), height);
        }
        self.look();
    }

    /// Asks for the plan with the fix of the selected finding (or of the only one that has a fix).
    pub(super) fn apply_fix(&mut self) -> Vec<Effect> {
        let Some(review) = &self.review else { return vec![] };
        if self.now.saturating_sub(review.opened) < GUARD || self.header.read_only || review.request.is_none()
        {
            return vec![];
        }
        let findings =
            self.desk.proposal.as_ref().and_then(|p| p.verdict.as_ref()).map(|v| v.findings.as_slice());
        let fixable =
            |index: &usize| findings.and_then(|f| f.get(*index)).is_some_and(|f| !f.patch.is_empty());
        let mut candidates = (0..findings.map_or(0, <[_]>::len)).filter(fixable);
        let finding = match (review.finding, candidates.next(), candidates.next()) {
            (Some(selected), ..) if fixable(&selected) => selected,
            (None, Some(only), None) => only,
            _ => {
                self.set_refusal("Select a finding that has a fix with n, then press f");
                return vec![];
            }
        };
        vec![Effect::Send(Command::Patch { digest: review.digest.clone(), finding })]
    }

    fn set_refusal(&mut self, words: &str) {
        if let Some(review) = &mut self.review {
            review.refusal = Some(words.to_owned());
        }
    }
}
