//! Entries of a conversation as paragraphs.

use super::markdown::markdown;
use super::wrap::{Paragraph, piece};
use crate::plan::{Decision, ExecutionStatus};
use crate::protocol::{Entry, ExecutionSummary, Papers, Problem, Role, summary};
use crate::text;
use crate::tui::theme::{ACCENT, BAD, DIM, GOOD, PLAIN, STRONG, WARN, decision};

/// One thing that was said or that happened.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Passage {
    /// Its text.
    pub(crate) paragraphs: Vec<Paragraph>,
    /// Whether it stands close to another one like it.
    pub(crate) tight: bool,
}

impl Passage {
    fn of(paragraphs: Vec<Paragraph>) -> Self {
        Self { paragraphs, tight: false }
    }
}

/// Words of somebody.
pub(crate) fn said(role: Role, words: &str) -> Passage {
    let paragraphs = match role {
        Role::Person => text::sanitize(words)
            .trim_end()
            .split('\n')
            .enumerate()
            .map(|(n, line)| Paragraph::new((if n == 0 { "› " } else { "  " }, ACCENT), line, STRONG))
            .collect(),
        Role::Agent => markdown(words, "  "),
        // Lists and tables of answers come this way: their indent is kept where a line is broken.
        Role::Notice => text::sanitize(words)
            .trim_end()
            .split('\n')
            .map(|line| {
                let body = line.trim_start();
                let lead = format!("  {}", " ".repeat((line.len() - body.len()).min(12)));
                Paragraph::new((&lead, PLAIN), body, PLAIN)
            })
            .collect(),
    };
    Passage::of(paragraphs)
}

/// Words of the program itself.
pub(crate) fn notice(words: &str) -> Passage {
    said(Role::Notice, words)
}

/// A look-up that has begun.
pub(crate) fn tool_started(name: &str, asked: &str) -> Passage {
    let paragraph = Paragraph {
        lead: ("  · ".into(), DIM),
        pieces: vec![piece(name, DIM), (" ".into(), DIM), piece(asked, DIM)],
    };
    Passage { paragraphs: vec![paragraph], tight: true }
}

/// A problem in three lines: what, why, and what to do.
pub(crate) fn of_problem(problem: &Problem) -> Passage {
    let mut paragraphs = vec![Paragraph::new(("Error  ", BAD), &problem.what, STRONG)];
    for (label, words) in [("why    ", &problem.why), ("do     ", &problem.fix)] {
        if !words.is_empty() {
            paragraphs.push(Paragraph::new((label, DIM), words, PLAIN));
        }
    }
    Passage::of(paragraphs)
}

/// An entry that was added to the conversation.
pub(crate) fn of_entry(entry: &Entry) -> Passage {
    match entry {
        Entry::Said { role, text, .. } => said(*role, text),
        Entry::Tool { name, summary, ok, outcome } => {
            let mut passage = tool_started(name, summary);
            if let Some(paragraph) = passage.paragraphs.first_mut() {
                let (sign, style) = if *ok { (" → ", DIM) } else { (" failed: ", BAD) };
                paragraph.pieces.extend([(sign.to_owned(), style), piece(outcome, DIM)]);
            }
            passage
        }
        Entry::Proposed { plan, facts, verdict, estimate } => {
            let digest = plan.digest();
            let papers =
                Papers { plan, digest: &digest, facts, verdict: Some(verdict), estimate: Some(estimate) };
            let head = Paragraph {
                lead: ("Plan   ".into(), ACCENT),
                pieces: vec![
                    piece(&plan.name, STRONG),
                    (" · verdict ".into(), DIM),
                    (verdict.decision.as_str().to_owned(), decision(verdict.decision)),
                ],
            };
            let mut paragraphs = vec![head, Paragraph::new(("       ", PLAIN), &summary(&papers), PLAIN)];
            for finding in verdict.findings.iter().filter(|f| f.decision == Decision::Deny) {
                let words = format!("{}: {} · instead: {}", finding.rule, finding.message, finding.fix);
                paragraphs.push(Paragraph::new(("deny   ", BAD), &words, PLAIN));
            }
            Passage::of(paragraphs)
        }
        Entry::Decided { digest, approved, by } => {
            let (word, style) = if *approved { ("Approved", GOOD) } else { ("Denied", WARN) };
            let words = format!(" by {by} · plan {}", digest.short());
            let paragraph = Paragraph {
                lead: ("  ".into(), PLAIN),
                pieces: vec![(word.to_owned(), style), piece(&words, DIM)],
            };
            Passage::of(vec![paragraph])
        }
        Entry::Executed { summary } => executed(summary),
        Entry::Failed { problem } => of_problem(problem),
    }
}

fn executed(summary: &ExecutionSummary) -> Passage {
    let style = match summary.status {
        ExecutionStatus::Succeeded => GOOD,
        ExecutionStatus::Running | ExecutionStatus::Parked | ExecutionStatus::Undone => ACCENT,
        ExecutionStatus::PartlyDone | ExecutionStatus::Failed | ExecutionStatus::Stuck => BAD,
    };
    let mut counts = format!("{} done", summary.succeeded);
    for (count, word) in [(summary.failed, "failed"), (summary.skipped, "not reached")] {
        if count > 0 {
            counts.push_str(&format!(", {count} {word}"));
        }
    }
    let head = Paragraph {
        lead: ("Done   ".into(), style),
        pieces: vec![
            (summary.status.as_str().to_owned(), style),
            piece(&format!(": {} · {counts} · {}", summary.name, summary.target), PLAIN),
        ],
    };
    let mut paragraphs = vec![head];
    if let Some((step, message)) = &summary.first_cause {
        paragraphs.push(Paragraph::new(("first  ", BAD), &format!("{step}: {message}"), PLAIN));
    }
    for (step, resource) in &summary.resources {
        paragraphs.push(Paragraph::new(("       ", PLAIN), &format!("{step}: {resource}"), PLAIN));
    }
    let next = match summary.status {
        // A run that made nothing, a read for example, leaves nothing to take back.
        ExecutionStatus::Succeeded if summary.resources.is_empty() => summary.id.to_string(),
        ExecutionStatus::Succeeded => format!("{} · take it back with /undo", summary.id),
        ExecutionStatus::Undone => summary.id.to_string(),
        _ => format!("{} · go on with /resume, or take back with /undo", summary.id),
    };
    paragraphs.push(Paragraph::new(("       ", PLAIN), &next, DIM));
    Passage::of(paragraphs)
}

#[cfg(test)]
mod tests {
    use super::super::wrap::rows;
    use super::*;

    fn text_of(passage: &Passage) -> String {
        let lines: Vec<String> = passage
            .paragraphs
            .iter()
            .flat_map(|p| rows(p, 70))
            .map(|l| l.spans.iter().map(|s| s.content.as_ref()).collect())
            .collect();
        lines.join("\n")
    }

    #[test]
    fn a_problem_says_what_why_and_what_to_do() {
        let problem =
            Problem { what: "no answer".into(), why: "429 too many".into(), fix: "wait a minute".into() };
        assert_eq!(
            text_of(&of_problem(&problem)),
            "Error  no answer\nwhy    429 too many\ndo     wait a minute"
        );
    }

    #[test]
    fn what_a_tool_answered_cannot_drive_the_terminal() {
        let entry = Entry::Tool {
            name: "search".into(),
            summary: "bucket".into(),
            ok: true,
            outcome: "\u{1b}[2Jfour\nhits".into(),
        };
        assert_eq!(text_of(&of_entry(&entry)), "  · search bucket → four hits");
    }

    #[test]
    fn the_lines_of_a_person_stay_lines() {
        assert_eq!(text_of(&said(Role::Person, "one\ntwo")), "› one\n  two");
    }
}
