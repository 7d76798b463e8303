//! Past conversations and executions.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::text::Line;

use super::wrap::{Paragraph, fit_line, piece, rows};
use crate::plan::{Execution, Plan, StepEvent, StepEventKind};
use crate::protocol::{ExecutionSummary, RecordSummary, SessionSummary, money};
use crate::tui::theme::{self, ACCENT, BAD, DIM, GOOD, PLAIN, STRONG};

fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// One line of the list of conversations.
pub(crate) fn session_line(session: &SessionSummary, zone: &TimeZone, width: usize) -> Line<'static> {
    let runs = match session.executions {
        0 => String::new(),
        1 => " · 1 run".to_owned(),
        n => format!(" · {n} runs"),
    };
    let cost = if session.monthly.is_zero() {
        String::new()
    } else {
        format!(" · {} USD/month", money(session.monthly))
    };
    fit_line(
        &[
            (format!("{}  ", moment(session.last, zone)), DIM),
            (format!("{:<8}", session.target.as_str()), theme::target(session.target)),
            piece(&session.name, PLAIN),
            piece(&format!("  {} entries{runs}{cost}", session.entries), DIM),
        ],
        width,
    )
}

/// One line of the list of executions.
pub(crate) fn execution_line(execution: &ExecutionSummary, zone: &TimeZone, width: usize) -> Line<'static> {
    let style = if execution.failed > 0 { BAD } else { GOOD };
    fit_line(
        &[
            (format!("{}  ", moment(execution.started, zone)), DIM),
            (format!("{:<8}", execution.target.as_str()), theme::target(execution.target)),
            (format!("{:<12}", execution.status.as_str()), style),
            piece(&execution.name, PLAIN),
            piece(&format!("  {} done  {}", execution.succeeded, execution.id), DIM),
        ],
        width,
    )
}

/// One execution in full: states, journal, and records.
pub(crate) fn detail(
    execution: &Execution,
    plan: &Plan,
    journal: &[StepEvent],
    records: &[RecordSummary],
    zone: &TimeZone,
    width: usize,
) -> Vec<Line<'static>> {
    let mut lines = vec![fit_line(&[piece(&execution.name, STRONG)], width)];
    let mut add = |lead: (&str, ratatui::style::Style), words: &str, style| {
        lines.extend(rows(&Paragraph::new(lead, words, style), width));
    };
    add(("execution ", DIM), execution.id.0.as_str(), PLAIN);
    add(("status    ", DIM), execution.status.as_str(), PLAIN);
    add(("target    ", DIM), execution.target.as_str(), theme::target(execution.target));
    add(("plan      ", DIM), execution.plan.as_str(), PLAIN);
    add(("started   ", DIM), &moment(execution.started, zone), PLAIN);
    if let Some(ended) = execution.ended {
        add(("ended     ", DIM), &moment(ended, zone), PLAIN);
    }
    add(("", PLAIN), "", PLAIN);
    add(("", PLAIN), "Steps", STRONG);
    for step in &plan.steps {
        let state = execution.steps.get(&step.id).copied().unwrap_or_default();
        let words = format!("{}  {}  {} {}", step.id, state.as_str(), step.service, step.operation);
        add((&format!(" {} ", theme::state_sign(state)), theme::state(state)), &words, PLAIN);
    }
    add(("", PLAIN), "", PLAIN);
    add(("", PLAIN), "Journal", STRONG);
    for event in journal {
        let time = event.at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string();
        let words = format!("{}  {}{}", event.step, event.kind.name(), said_by(&event.kind));
        add((&format!(" {time}  "), DIM), &words, PLAIN);
    }
    add(("", PLAIN), "", PLAIN);
    add(("", PLAIN), "Records", STRONG);
    for record in records {
        add((&format!(" {:>4}  ", record.number), ACCENT), record.hash.as_str(), PLAIN);
    }
    if records.is_empty() {
        add((" ", PLAIN), "none yet", DIM);
    }
    lines
}

fn said_by(kind: &StepEventKind) -> String {
    match kind {
        StepEventKind::Intent { params, attempt, .. } => format!(" (attempt {attempt})  {params}"),
        StepEventKind::Answered { output, request_id } => {
            let request = request_id.as_ref().map_or_else(String::new, |id| format!(" ({id})"));
            format!("{request}  {output}")
        }
        StepEventKind::Result { output } => format!("  {output}"),
        StepEventKind::Waiting { until } => format!("  until {until}"),
        StepEventKind::Failed { failure } | StepEventKind::UndoFailed { failure } => {
            let advice = failure.advice.as_ref().map_or_else(String::new, |advice| format!(" · {advice}"));
            format!("  {}: {}{advice}", failure.code, failure.message)
        }
        StepEventKind::Skipped { because } => format!("  because {because} failed"),
        StepEventKind::UndoIntent { operation, params } => format!("  {operation} {params}"),
        StepEventKind::NotSent { reason } => format!("  {reason}"),
        StepEventKind::Succeeded | StepEventKind::Undone => String::new(),
    }
}
