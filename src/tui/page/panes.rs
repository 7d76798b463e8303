//! The panes beside the conversation: plan, verdict, cost, and run.

use ratatui::text::Line;

use super::wrap::{Paragraph, Piece, fit_line, piece, rows};
use crate::plan::{PriceStatus, Step, StepState};
use crate::protocol::{cost_words, effects, money, step_cost_words, summary};
use crate::text;
use crate::tui::app::{Proposal, Run};
use crate::tui::theme::{self, ACCENT, BAD, DIM, GOOD, PLAIN, STRONG, WARN};

/// One line per step, in the order in which they run, and the summary.
pub(crate) fn plan(proposal: &Proposal, width: usize) -> Vec<Line<'static>> {
    let (plan, facts) = (&proposal.plan, &proposal.facts);
    let mut lines = vec![fit_line(&[piece(&plan.name, STRONG)], width)];
    let effects = effects(plan, facts);
    let names = column(plan.steps.iter().map(|s| s.id.as_str()), width / 3);
    for step in in_order(proposal) {
        let index = plan.steps.iter().position(|s| s.id == step.id).unwrap_or(0);
        let Some(effect) = effects.get(index) else { continue };
        let finding = proposal
            .verdict
            .as_ref()
            .and_then(|verdict| verdict.of_step(&step.id).map(|f| f.decision).max())
            .map(|decision| (format!("  {}", decision.as_str()), theme::decision(decision)));
        let pieces = [
            (format!("{:>3} ", effect.sign()), theme::effect(*effect)),
            (pad(&text::line(&step.id), names), PLAIN),
            piece(&format!("  {} {}", step.service, step.operation), DIM),
            finding.unwrap_or_default(),
        ];
        lines.push(fit_line(&pieces, width));
    }
    lines.extend(rows(&Paragraph::new(("", PLAIN), &summary(&proposal.papers()), PLAIN), width));
    lines
}

/// The decision first, then every finding with what to do, strictest first.
pub(crate) fn verdict(proposal: &Proposal, width: usize) -> Vec<Line<'static>> {
    let Some(verdict) = &proposal.verdict else {
        return vec![fit_line(&[piece("being judged", DIM)], width)];
    };
    let rules = format!(" · {} rules looked at it", verdict.rules_applied);
    let head =
        [(verdict.decision.as_str().to_owned(), theme::decision(verdict.decision)), piece(&rules, DIM)];
    let mut lines = vec![fit_line(&head, width)];
    for finding in &verdict.findings {
        let step = finding.step.as_deref().map_or_else(String::new, |step| format!(" ({step})"));
        let paragraph = Paragraph {
            lead: (format!("{} ", finding.decision.as_str()), theme::decision(finding.decision)),
            pieces: vec![
                piece(&finding.rule, STRONG),
                piece(&format!("{step} {}", finding.message), PLAIN),
                piece(&format!(" · instead: {}", finding.fix), DIM),
            ],
        };
        lines.extend(rows(&paragraph, width));
    }
    lines
}

/// The sum first, then every step that costs something or whose cost is unknown.
pub(crate) fn cost(proposal: &Proposal, width: usize) -> Vec<Line<'static>> {
    let Some(estimate) = &proposal.estimate else {
        return vec![fit_line(&[piece("being priced", DIM)], width)];
    };
    let mut lines = rows(&Paragraph::new(("", PLAIN), &cost_words(estimate), STRONG), width);
    let names = column(estimate.steps.iter().map(|s| s.step.as_str()), width / 3);
    for step in estimate.steps.iter().filter(|s| s.status != PriceStatus::Free) {
        let style = if step.status == PriceStatus::NotPriced { WARN } else { PLAIN };
        let head = [
            (pad(&text::line(&step.step), names), PLAIN),
            ("  ".into(), PLAIN),
            (step_cost_words(step, &estimate.currency), style),
        ];
        lines.push(fit_line(&head, width));
        for part in &step.components {
            let words = format!(
                "  {}: {} {} x {} = {} ({}, {})",
                part.name,
                part.quantity.normalize(),
                part.unit,
                part.unit_price.normalize(),
                money(part.monthly),
                part.source,
                part.as_of
            );
            lines.push(fit_line(&[piece(&words, DIM)], width));
        }
        for usage in &step.usage {
            let price = usage.unit_price.map_or_else(|| "unknown".into(), |p| p.normalize().to_string());
            lines.push(fit_line(
                &[piece(&format!("  {}: {price} per {}", usage.name, usage.unit), DIM)],
                width,
            ));
        }
    }
    let free = estimate.steps.iter().filter(|s| s.status == PriceStatus::Free).count();
    if free > 0 {
        let words = if free == 1 { "1 step is free".to_owned() } else { format!("{free} steps are free") };
        lines.push(fit_line(&[piece(&words, DIM)], width));
    }
    lines
}

/// One line per step with its state; the first cause of a failure on top. When there is not
/// room for all, the steps that are done at the beginning are counted in one line.
pub(crate) fn run(run: &Run, now: std::time::Duration, width: usize, height: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Some(summary) = &run.summary {
        let style = if summary.failed > 0 { BAD } else { GOOD };
        lines.push(fit_line(
            &[(summary.status.as_str().to_owned(), style), piece(&format!(" · {}", summary.id), DIM)],
            width,
        ));
    }
    let failed = |state| matches!(state, StepState::Failed | StepState::Stuck);
    // What is stuck needs a person; else the first failure explains the others.
    let stuck = run.steps.iter().filter(|s| s.state == StepState::Stuck);
    let first = run.steps.iter().filter(|s| s.state == StepState::Failed).min_by(|a, b| a.at.cmp(&b.at));
    for (label, step) in stuck.map(|step| ("stuck  ", step)).chain(first.map(|step| ("first cause  ", step)))
    {
        let words = format!("{}: {}", step.step, step.note.as_deref().unwrap_or(step.state.as_str()));
        lines.extend(rows(&Paragraph::new((label, BAD), &words, PLAIN), width));
    }
    let names = column(run.steps.iter().map(|s| s.step.as_str()), width / 3);
    let done = run.steps.iter().take_while(|s| s.state == StepState::Succeeded).count();
    let crowded = run.steps.len() + lines.len() + 1 > height && done > 1;
    if crowded {
        lines.push(fit_line(&[(" ✓ ".into(), GOOD), (format!("{done} steps succeeded"), PLAIN)], width));
    }
    for step in run.steps.iter().skip(if crowded { done } else { 0 }) {
        let style = theme::state(step.state);
        let mut pieces: Vec<Piece> = vec![
            (format!(" {} ", theme::state_sign(step.state)), style),
            (pad(&text::line(&step.step), names), PLAIN),
            (format!("  {}", step.state.as_str()), style),
        ];
        if let Some(seconds) = step.seconds(now) {
            pieces.push((format!(" {}", elapsed(seconds)), PLAIN));
        }
        pieces.push(piece(&format!("  {}", step.operation), DIM));
        if let Some(request) = &step.request_id {
            pieces.push(piece(&format!(" · {request}"), DIM));
        }
        lines.push(fit_line(&pieces, width));
        if let Some(note) = step.note.as_ref().filter(|_| !failed(step.state) && !step.state.is_final()) {
            lines.push(fit_line(&[piece(&format!("     {note}"), ACCENT)], width));
        }
    }
    lines
}

/// The steps of a proposal in the order in which they run.
fn in_order(proposal: &Proposal) -> Vec<&Step> {
    match proposal.plan.order() {
        Ok(order) => order.sorted().iter().filter_map(|id| proposal.plan.step(id)).collect(),
        Err(_) => proposal.plan.steps.iter().collect(),
    }
}

/// Seconds as a person says them.
fn elapsed(seconds: f64) -> String {
    if seconds < 9.95 {
        return format!("{seconds:.1}s");
    }
    let whole = seconds.round();
    if whole < 60.0 {
        format!("{whole:.0}s")
    } else {
        format!("{:.0}m {:.0}s", (whole / 60.0).floor(), whole % 60.0)
    }
}

fn column<'a>(names: impl Iterator<Item = &'a str>, most: usize) -> usize {
    names.map(|name| text::width(&text::line(name))).max().unwrap_or(0).min(most.max(4))
}

fn pad(name: &str, width: usize) -> String {
    let name = text::fit(name, width);
    let spaces = width.saturating_sub(text::width(&name));
    format!("{name}{}", " ".repeat(spaces))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_said_as_people_say_it() {
        assert_eq!([elapsed(0.24), elapsed(12.4), elapsed(75.0)], ["0.2s", "12s", "1m 15s"]);
    }

    #[test]
    fn columns_align_by_cells() {
        assert_eq!(text::width(&pad("東京", 6)), 6);
        assert_eq!(pad("bucket-policy", 8), "bucket-…");
    }
}
