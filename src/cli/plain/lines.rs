//! Events as lines.

use crate::plan::{Decision, Estimate, ExecutionStatus, Plan, StepFacts, Verdict};
use crate::protocol::{
    DecisionRequest, Entry, Event, ExecutionSummary, Header, Papers, Problem, Role, SheetLine, StepProgress,
    cost_words, effects, summary,
};
use crate::text::{line, sanitize};

/// The lines that an event adds; none for most of those that only change a screen.
pub(super) fn lines(event: &Event) -> Vec<String> {
    match event {
        Event::Opened { name, header, entries, unfinished, .. } => {
            let mut out = vec![head(header), labelled("Session", name)];
            out.extend(entries.iter().flat_map(entry));
            for open in unfinished {
                let words =
                    format!("interrupted: {} ({}); say /resume {} to go on", open.name, open.id, open.id);
                out.push(labelled("Note", &words));
            }
            out
        }
        Event::HeaderChanged { header } => vec![head(header)],
        Event::Added { entry: added } => match added {
            // These were told when they happened.
            Entry::Proposed { .. } | Entry::Executed { .. } | Entry::Said { role: Role::Person, .. } => {
                vec![]
            }
            other => entry(other),
        },
        Event::Queued { texts } => {
            texts.iter().map(|text| labelled("Note", &format!("waits for its turn: {text}"))).collect()
        }
        Event::Step { progress } => vec![step(progress)],
        Event::Executed { summary } => executed(summary),
        Event::Recorded { record } => {
            vec![labelled("Record", &format!("number {}, {}", record.number, record.hash))]
        }
        Event::Failed { problem } => failed(problem),
        Event::Sessions { sessions } => listed(
            "conversations",
            sessions.iter().map(|s| format!("{}  {}  {} entries", s.id, s.name, s.entries)),
        ),
        Event::Executions { executions } => listed(
            "executions",
            executions.iter().map(|x| format!("{}  {}  {}  {}", x.id, x.status.as_str(), x.target, x.name)),
        ),
        Event::ExecutionDetail { execution, journal, records, .. } => {
            let mut out = vec![labelled("Run", &format!("{}  {}", execution.id, execution.status.as_str()))];
            out.extend(
                journal.iter().map(|e| labelled("Journal", &format!("{}  {}", e.step, e.kind.name()))),
            );
            out.extend(
                records.iter().map(|r| labelled("Record", &format!("number {}, {}", r.number, r.hash))),
            );
            out
        }
        Event::Stopped { farewell, .. } => farewell.iter().map(|words| line(words)).collect(),
        Event::ModeChanged { .. }
        | Event::Delta { .. }
        | Event::ToolStarted { .. }
        | Event::PlanProposed { .. }
        | Event::Judged { .. }
        | Event::Priced { .. }
        | Event::DecisionNeeded { .. }
        | Event::DecisionClosed { .. } => vec![],
    }
}

/// The proposed plan: one line per step and the summary.
pub(super) fn plan(papers: &Papers<'_>) -> Vec<String> {
    let mut out = vec![labelled("Plan", &papers.plan.name)];
    for (step, effect) in papers.plan.steps.iter().zip(effects(papers.plan, papers.facts)) {
        let words =
            format!("{} {}  {} {} {}", effect.sign(), step.id, step.cloud, step.service, step.operation);
        out.push(labelled("Plan", &words));
    }
    out.push(labelled("Plan", &summary(papers)));
    out
}

/// The verdict: the decision, and every finding with what to do.
pub(super) fn verdict(verdict: &Verdict) -> Vec<String> {
    let mut out = vec![labelled("Verdict", verdict.decision.as_str())];
    for finding in &verdict.findings {
        let step = finding.step.as_deref().map_or_else(String::new, |step| format!(" ({step})"));
        out.push(labelled(
            "Verdict",
            &format!(
                "{} {}{step}: {} · instead: {}",
                finding.decision.as_str(),
                finding.rule,
                finding.message,
                finding.fix
            ),
        ));
    }
    out
}

/// The cost in one line.
pub(super) fn cost(estimate: &Estimate) -> Vec<String> {
    let words = cost_words(estimate);
    vec![labelled("Cost", words.strip_prefix("cost ").unwrap_or(&words))]
}

/// The whole plan.
pub(super) fn review(sheet: &[SheetLine]) -> Vec<String> {
    sheet.iter().map(|row| labelled("Review", &format!("{}{}", "  ".repeat(row.indent), row.text))).collect()
}

/// The whole plan as one text without labels.
pub(in crate::cli) fn sheet_text(sheet: &[SheetLine]) -> String {
    let rows: Vec<String> =
        sheet.iter().map(|row| format!("{}{}", "  ".repeat(row.indent), row.text)).collect();
    rows.join("\n")
}

/// What can be typed to decide.
pub(super) fn decide(request: &DecisionRequest, read: bool) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(reason) = &request.reason {
        out.push(labelled("Decide", reason));
    }
    for exception in &request.exceptions {
        out.push(labelled("Decide", &format!("approving uses the exception {exception}")));
    }
    let words = if !request.can_approve {
        "this plan cannot be approved. Type: review, deny".to_owned()
    } else if request.must_read && !read {
        format!("run on {}? Type: review, deny. It can be approved once it was reviewed", request.target)
    } else {
        format!("run on {}? Type: review, {}, deny", request.target, approval_words(request))
    };
    out.push(labelled("Decide", &words));
    out
}

/// The words that approve: the one that is asked for, or the beginning of the digest.
pub(super) fn approval_words(request: &DecisionRequest) -> String {
    let code = request.digest.short().chars().take(4).collect::<String>();
    format!("approve {}", request.typed_word.as_deref().unwrap_or(&code))
}

/// A label and text on one line.
pub(super) fn labelled(label: &str, text: &str) -> String {
    format!("{label}: {}", line(text)).trim_end().to_owned()
}

fn head(header: &Header) -> String {
    let mut parts = vec![header.target.as_str().to_uppercase()];
    if header.read_only {
        parts.push("READ-ONLY".into());
    }
    parts.extend(header.clouds.iter().cloned());
    parts.push(header.planner.clone());
    let banners: String = header.banners.iter().map(|banner| format!(" · warning: {banner}")).collect();
    labelled("Target", &format!("{}{banners}", parts.join(" · ")))
}

pub(in crate::cli) fn entry(entry: &Entry) -> Vec<String> {
    match entry {
        Entry::Said { role, text, .. } => {
            let label = match role {
                Role::Person => "You",
                Role::Agent => "Agent",
                Role::Notice => "Note",
            };
            sanitize(text).trim_end().split('\n').map(|text| labelled(label, text)).collect()
        }
        Entry::Tool { name, summary, ok, outcome } => {
            let failed = if *ok { "" } else { "failed: " };
            vec![labelled("Tool", &format!("{name} {summary} → {failed}{outcome}"))]
        }
        Entry::Proposed { plan: proposed, facts, verdict: judged, estimate } => {
            proposed_lines(proposed, facts, judged, estimate)
        }
        Entry::Decided { digest, approved, by } => {
            let word = if *approved { "approved" } else { "denied" };
            vec![labelled("Decided", &format!("{word} by {by}, plan {}", digest.short()))]
        }
        Entry::Executed { summary } => executed(summary),
        Entry::Failed { problem } => failed(problem),
    }
}

fn proposed_lines(
    proposed: &Plan,
    facts: &[StepFacts],
    judged: &Verdict,
    estimate: &Estimate,
) -> Vec<String> {
    let digest = proposed.digest();
    let papers =
        Papers { plan: proposed, digest: &digest, facts, verdict: Some(judged), estimate: Some(estimate) };
    let mut out = plan(&papers);
    if judged.decision != Decision::Allow {
        out.extend(verdict(judged));
    }
    out
}

fn step(progress: &StepProgress) -> String {
    let mut words = format!("{} {}  {}", progress.step, progress.state.as_str(), progress.operation);
    if progress.elapsed > 0.0 {
        words.push_str(&format!("  {:.1}s", progress.elapsed));
    }
    for part in [&progress.note, &progress.request_id].into_iter().flatten() {
        words.push_str(&format!("  {part}"));
    }
    labelled("Step", &words)
}

fn executed(summary: &ExecutionSummary) -> Vec<String> {
    let counts = format!(
        "{}: {}, {} done, {} failed, {} not reached, {}, {}",
        summary.status.as_str(),
        summary.name,
        summary.succeeded,
        summary.failed,
        summary.skipped,
        summary.target,
        summary.id
    );
    let mut out = vec![labelled("Done", &counts)];
    if let Some((step, message)) = &summary.first_cause {
        out.push(labelled("Done", &format!("first cause: {step}: {message}")));
    }
    out.extend(summary.resources.iter().map(|(step, name)| labelled("Made", &format!("{step}: {name}"))));
    out.extend(ways_on(summary).into_iter().map(|way| labelled("Next", &way)));
    out
}

/// What a person can do about a run that did not come to its end.
fn ways_on(summary: &ExecutionSummary) -> Vec<String> {
    let id = &summary.id;
    let go_on = format!("`provisioner history resume {id}` goes on when the cause is mended");
    let back = format!("`provisioner plan undo {id}` takes back what it made");
    match summary.status {
        ExecutionStatus::Parked | ExecutionStatus::PartlyDone => vec![go_on, back],
        ExecutionStatus::Failed => vec![go_on],
        ExecutionStatus::Stuck => {
            vec![format!("`provisioner plan undo {id}` tries again when the cause is mended")]
        }
        ExecutionStatus::Running | ExecutionStatus::Succeeded | ExecutionStatus::Undone => vec![],
    }
}

fn failed(problem: &Problem) -> Vec<String> {
    vec![labelled("Error", &problem.what), labelled("Why", &problem.why), labelled("Do", &problem.fix)]
}

fn listed(what: &str, items: impl Iterator<Item = String>) -> Vec<String> {
    let lines: Vec<String> = items.map(|item| labelled("List", &item)).collect();
    if lines.is_empty() { vec![labelled("List", &format!("no {what} yet"))] } else { lines }
}
