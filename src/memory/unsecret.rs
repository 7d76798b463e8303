//! Secrets out of what is remembered. Everything else stays word for word.

use crate::plan::{Plan, Undo};
use crate::protocol::Entry;
use crate::text::{mask_named, mask_text};

/// The entry with its secrets masked, where words or names give them away.
///
/// A plan whose parameters were masked has no longer the digest that was judged, so it can be read
/// again but never approved: the gate would see another plan.
pub(super) fn without_secrets(entry: &Entry) -> Entry {
    let mut entry = entry.clone();
    match &mut entry {
        Entry::Said { text, .. } => mask(text),
        Entry::Tool { summary, outcome, .. } => [summary, outcome].into_iter().for_each(mask),
        Entry::Proposed { plan, verdict, .. } => {
            mask_plan(plan);
            verdict.findings.iter_mut().for_each(|finding| mask(&mut finding.message));
        }
        Entry::Executed { summary } => {
            if let Some((_, message)) = &mut summary.first_cause {
                mask(message);
            }
        }
        Entry::Failed { problem } => {
            [&mut problem.what, &mut problem.why, &mut problem.fix].into_iter().for_each(mask);
        }
        Entry::Decided { .. } => {}
    }
    entry
}

fn mask(text: &mut String) {
    *text = mask_text(text);
}

fn mask_plan(plan: &mut Plan) {
    for step in &mut plan.steps {
        step.params = mask_named(&step.params);
        if let Undo::Call { params, .. } = &mut step.undo {
            *params = mask_named(params);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Problem, Role};
    use crate::text::MASK;
    use jiff::Timestamp;

    fn said(text: &str) -> Entry {
        Entry::Said { role: Role::Person, at: Timestamp::UNIX_EPOCH, text: text.into() }
    }

    #[test]
    fn a_password_is_masked_and_the_words_around_it_stay() {
        let kept = without_secrets(&said("a database, password: hunter2, in Paris"));
        assert_eq!(kept, said(&format!("a database, password: {MASK}, in Paris")));
    }

    #[test]
    fn words_without_secrets_stay_as_they_were_typed() {
        let words = said("  make\n\ta bucket \u{1b}[31m with a password policy ");
        assert_eq!(without_secrets(&words), words);
    }

    #[test]
    fn errors_may_quote_secrets_and_are_masked_too() {
        let problem =
            Problem { what: "w".into(), why: "token=ghp_abcdefghijklmnopqrstuvwx1".into(), fix: "f".into() };
        let Entry::Failed { problem } = without_secrets(&Entry::Failed { problem }) else { panic!() };
        assert!(!problem.why.contains("ghp_"), "{}", problem.why);
    }
}
