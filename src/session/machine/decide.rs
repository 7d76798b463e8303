//! The person's decision.

use std::collections::BTreeSet;

use super::state::problem;
use super::{Effect, Machine, Proposal};
use crate::plan::{AccessClass, Decision, Digest, Finding, Step, Verdict};
use crate::protocol::{Choice, DecisionRequest, Entry, Event, Mode};

impl Machine {
    /// What the person is asked about a plan.
    pub(super) fn request(&self, proposal: &Proposal) -> DecisionRequest {
        let verdict = &proposal.papers.verdict;
        let exceptions: Vec<String> = once_each(verdict, |f| f.exception.as_ref().map(|e| e.id.clone()));
        // What nobody else approved cannot be approved here either.
        let missing: Vec<String> = once_each(verdict, |f| f.exception.is_none().then(|| f.rule.clone()));
        let taking: Vec<&Step> = proposal
            .plan
            .steps
            .iter()
            .filter(|step| {
                proposal.papers.facts.iter().any(|fact| {
                    fact.step == step.id
                        && (fact.access.class == AccessClass::Delete || fact.access.irreversible)
                })
            })
            .collect();
        let reason = if self.rules.read_only {
            Some("read-only: everything that acts is switched off".to_owned())
        } else if verdict.decision == Decision::Deny {
            let denied: Vec<&str> = verdict
                .findings
                .iter()
                .filter(|f| f.decision == Decision::Deny)
                .map(|f| f.rule.as_str())
                .collect();
            Some(format!("the rules forbid it: {}", denied.join(", ")))
        } else if !missing.is_empty() {
            Some(format!(
                "another person must approve an exception from {} first: `provisioner rules exception request` asks for it, /judge looks again",
                missing.join(", ")
            ))
        } else if !exceptions.is_empty() {
            Some(format!("approving uses {}", exceptions.join(", ")))
        } else {
            None
        };
        let can_approve =
            !self.rules.read_only && verdict.decision < Decision::Exception && missing.is_empty();
        let typed_word = match taking.first() {
            Some(step) => Some(resource_name(step).unwrap_or_else(|| "delete".to_owned())),
            None if !exceptions.is_empty() => Some("exception".to_owned()),
            None => None,
        };
        DecisionRequest {
            digest: proposal.digest.clone(),
            can_approve,
            reason,
            must_read: typed_word.is_some(),
            typed_word: typed_word.filter(|_| can_approve),
            exceptions,
            target: self.target,
        }
    }

    pub(super) fn decide(&mut self, digest: &Digest, choice: Choice, out: &mut Vec<Effect>) {
        let Some(proposal) = self.waiting.take_if(|waiting| waiting.digest == *digest) else {
            let why = match &self.waiting {
                Some(waiting) => {
                    format!("the plan is now {}, not {}", waiting.digest.short(), digest.short())
                }
                None => format!("no plan {} waits for a decision", digest.short()),
            };
            Self::fail(problem("Nothing was decided", why, "review the plan as it is now"), out);
            return;
        };
        if matches!(self.mode, Mode::Running | Mode::Stopping) {
            Self::fail(
                problem("Nothing was decided", "another plan is running", "wait until it has come to rest"),
                out,
            );
            self.waiting = Some(proposal);
            return;
        }
        match choice {
            Choice::Deny => {
                self.close(&proposal, false, out);
                let reason = "denied by the person".to_owned();
                out.push(Effect::RecordRefusal { proposal: Box::new(proposal), reason });
                if self.mode == Mode::Deciding {
                    self.settle(out);
                }
            }
            Choice::Approve { typed, exceptions } => {
                self.approve(proposal, typed.as_deref(), exceptions, out)
            }
        }
    }

    fn approve(
        &mut self,
        proposal: Proposal,
        typed: Option<&str>,
        exceptions: Vec<String>,
        out: &mut Vec<Effect>,
    ) {
        let request = self.request(&proposal);
        if !request.can_approve {
            let why = request.reason.unwrap_or_default();
            Self::fail(problem("The plan was not approved", why, "change the plan so that it fits"), out);
            out.push(Effect::RecordRefusal {
                proposal: Box::new(proposal.clone()),
                reason: "an approval was refused: the rules or the mode forbid it".into(),
            });
            self.waiting = Some(proposal);
            return;
        }
        if let Some(word) = &request.typed_word
            && typed.map(str::trim) != Some(word)
        {
            let why = format!("the word `{word}` was not typed");
            Self::fail(
                problem("The plan was not approved", why, "type the word that is shown, exactly"),
                out,
            );
            self.waiting = Some(proposal);
            return;
        }
        if self.mode == Mode::Thinking {
            // The agent works on words that were said while the plan waited; the decision wins.
            out.push(Effect::CancelTurn);
            self.turn += 1;
        }
        self.close(&proposal, true, out);
        let effect = Effect::Run { proposal: Box::new(proposal), approved: true, exceptions };
        self.mode = Mode::Idle;
        self.start_run(effect, out);
    }

    fn close(&mut self, proposal: &Proposal, approved: bool, out: &mut Vec<Effect>) {
        out.push(Effect::Append(Entry::Decided {
            digest: proposal.digest.clone(),
            approved,
            by: String::new(),
        }));
        out.push(Effect::Emit(Event::DecisionClosed { digest: proposal.digest.clone() }));
    }

    /// Has the plan that waits judged and priced again, as it is.
    pub(super) fn judge_again(&mut self, out: &mut Vec<Effect>) {
        match self.waiting.as_ref().map(|waiting| (waiting.plan.clone(), waiting.words.clone())) {
            Some((plan, words)) => self.assess(plan, words, out),
            None => Self::fail(
                problem("Nothing was judged", "no plan waits for a decision", "say what you need"),
                out,
            ),
        }
    }

    pub(super) fn patch(&mut self, digest: &Digest, finding: usize, out: &mut Vec<Effect>) {
        let patched = self.waiting.as_ref().filter(|w| w.digest == *digest).and_then(|waiting| {
            let finding = waiting.papers.verdict.findings.get(finding)?;
            let step = finding.step.as_deref()?;
            let mut plan = waiting.plan.clone();
            let step = plan.steps.iter_mut().find(|s| s.id == step)?;
            let patch: json_patch::Patch = serde_json::from_value(finding.patch.clone().into()).ok()?;
            if patch.0.is_empty() {
                return None;
            }
            json_patch::patch(&mut step.params, &patch).ok()?;
            Some((plan, waiting.words.clone()))
        });
        match patched {
            Some((plan, words)) => self.assess(plan, words, out),
            None => Self::fail(
                problem(
                    "The fix was not applied",
                    "it does not fit the plan that waits",
                    "say in words what to change",
                ),
                out,
            ),
        }
    }
}

/// What the findings that need an exception give, each once.
fn once_each(verdict: &Verdict, give: impl Fn(&Finding) -> Option<String>) -> Vec<String> {
    let needing = verdict.findings.iter().filter(|f| f.decision == Decision::Exception);
    needing.filter_map(give).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The name that a person knows the resource by: the first short text under a name-like member.
fn resource_name(step: &Step) -> Option<String> {
    let members = step.params.as_object()?;
    let named = |suffix: &str| {
        members
            .iter()
            .filter(|(key, _)| key.ends_with(suffix))
            .find_map(|(_, value)| value.as_str())
            .filter(|name| !name.contains("${{") && name.len() <= 80)
            .map(str::to_owned)
    };
    ["Bucket", "Name", "Identifier", "name", "Id", "Arn"].iter().find_map(|suffix| named(suffix)).or_else(
        || {
            members
                .values()
                .find_map(|v| v.as_array()?.first()?.as_str())
                .filter(|n| !n.contains("${{"))
                .map(str::to_owned)
        },
    )
}
