//! The whole plan, for the person who decides.

use ratatui::style::Modifier;
use ratatui::text::Line;

use super::changes::changes;
use super::wrap::{Paragraph, rows};
use crate::protocol::{LineKind, SheetLine, sheet};
use crate::tui::app::Proposal;
use crate::tui::theme::{self, ACCENT, BAD, DIM, PLAIN, STRONG, WARN};

/// One row of the review.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ReviewRow {
    /// The row.
    pub(crate) line: Line<'static>,
    /// The finding that it belongs to.
    pub(crate) finding: Option<usize>,
}

/// What changed since the plan before, then every line of the sheet.
pub(crate) fn review(proposal: &Proposal, selected: Option<usize>, width: usize) -> Vec<ReviewRow> {
    let mut out = Vec::new();
    if let Some(before) = &proposal.before {
        let differences = changes(before, &proposal.plan);
        if !differences.is_empty() {
            push(&mut out, &Paragraph::new(("", PLAIN), "Changed since the plan before", WARN), None, width);
            for difference in differences {
                push(&mut out, &Paragraph::new(("  ~ ", WARN), &difference, PLAIN), None, width);
            }
            push(&mut out, &Paragraph::new(("", PLAIN), "", PLAIN), None, width);
        }
    }
    for line in sheet(&proposal.papers()) {
        let mut paragraph = styled(&line);
        let patch = line.finding.and_then(|index| {
            proposal.verdict.as_ref().and_then(|v| v.findings.get(index)).map(|f| !f.patch.is_empty())
        });
        if line.kind == LineKind::Fix && patch == Some(true) {
            paragraph.pieces.push((" [f applies it]".into(), ACCENT));
        }
        if line.finding.is_some() && line.finding == selected {
            paragraph.lead.0 = replace_start(&paragraph.lead.0);
            for piece in &mut paragraph.pieces {
                piece.1 = piece.1.add_modifier(Modifier::BOLD);
            }
        }
        push(&mut out, &paragraph, line.finding, width);
    }
    out
}

/// Puts the mark of the selected finding where its indent begins.
fn replace_start(lead: &str) -> String {
    format!("▸{}", lead.get(1..).unwrap_or(" "))
}

fn push(out: &mut Vec<ReviewRow>, paragraph: &Paragraph, finding: Option<usize>, width: usize) {
    out.extend(rows(paragraph, width).into_iter().map(|line| ReviewRow { line, finding }));
}

fn styled(line: &SheetLine) -> Paragraph {
    let style = match line.kind {
        LineKind::Title | LineKind::Summary => STRONG,
        LineKind::Step(effect) => theme::effect(effect).add_modifier(Modifier::BOLD),
        LineKind::Finding(decision) => theme::decision(decision),
        LineKind::Cost | LineKind::Param | LineKind::Fix | LineKind::Blank => PLAIN,
        LineKind::Note => {
            if line.text.contains("cannot be taken back") {
                BAD
            } else {
                DIM
            }
        }
    };
    let indent = " ".repeat(2 + line.indent * 2);
    Paragraph { lead: (indent, PLAIN), pieces: vec![(line.text.clone(), style)] }
}
