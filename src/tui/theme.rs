//! Colours and signs. Only the sixteen colours of the terminal and its own foreground and
//! background are used, and never white, black, or yellow, so that light and dark screens both
//! work without asking. Every colour stands beside a word or a sign that says the same.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

use crate::plan::{Decision, StepState, Target};
use crate::protocol::StepEffect;

/// How the person wants the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// No colours at all.
    pub(crate) no_color: bool,
    /// No signs outside ASCII in the frame.
    pub(crate) ascii: bool,
}

pub(crate) const PLAIN: Style = Style::new();
pub(crate) const DIM: Style = Style::new().add_modifier(Modifier::DIM);
pub(crate) const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
pub(crate) const ACCENT: Style = Style::new().fg(Color::Cyan);
pub(crate) const GOOD: Style = Style::new().fg(Color::Green);
pub(crate) const WARN: Style = Style::new().fg(Color::Magenta);
pub(crate) const BAD: Style = Style::new().fg(Color::Red);
pub(crate) const SELECTED: Style = Style::new().add_modifier(Modifier::REVERSED);

pub(crate) fn target(target: Target) -> Style {
    let style = match target {
        Target::Sandbox => GOOD,
        Target::Live => BAD,
    };
    style.add_modifier(Modifier::BOLD)
}

pub(crate) fn decision(decision: Decision) -> Style {
    match decision {
        Decision::Allow => GOOD,
        Decision::Warn | Decision::Exception => WARN,
        Decision::Deny => BAD,
    }
}

pub(crate) fn effect(effect: StepEffect) -> Style {
    match effect {
        StepEffect::Create => GOOD,
        StepEffect::Change => ACCENT,
        StepEffect::Replace => WARN,
        StepEffect::Delete => BAD,
        StepEffect::Read => PLAIN,
    }
}

pub(crate) fn state(state: StepState) -> Style {
    match state {
        StepState::Waiting | StepState::Skipped | StepState::Undone => DIM,
        StepState::Running | StepState::Settling | StepState::Undoing => ACCENT,
        StepState::Succeeded => GOOD,
        StepState::Failed | StepState::Stuck => BAD,
    }
}

/// The sign of a step's state; the word stands beside it.
pub(crate) fn state_sign(state: StepState) -> &'static str {
    match state {
        StepState::Waiting => ".",
        StepState::Running | StepState::Settling => ">",
        StepState::Succeeded => "✓",
        StepState::Failed => "x",
        StepState::Skipped => "-",
        StepState::Undoing | StepState::Undone => "<",
        StepState::Stuck => "!",
    }
}

/// Fits a finished frame to the look: the one place where colours and signs are taken away.
pub(crate) fn settle(buffer: &mut Buffer, look: Look) {
    if look == Look::default() {
        return;
    }
    for cell in &mut buffer.content {
        if look.no_color {
            cell.fg = Color::Reset;
            cell.bg = Color::Reset;
        }
        if look.ascii {
            let sign = match cell.symbol() {
                "─" => "-",
                "│" => "|",
                "┬" | "┴" | "├" | "┤" | "┼" | "✓" => "+",
                "·" => "*",
                "›" | "▸" => ">",
                "…" => "~",
                "–" | "—" => "-",
                "→" => ">",
                _ => continue,
            };
            cell.set_symbol(sign);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;

    #[test]
    fn without_colour_no_cell_has_one_but_bold_stays() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 1));
        buffer.set_string(0, 0, "LIVE", target(Target::Live));
        settle(&mut buffer, Look { no_color: true, ascii: false });
        assert!(buffer.content.iter().all(|c| c.fg == Color::Reset && c.modifier.contains(Modifier::BOLD)));
    }

    #[test]
    fn ascii_frames_hold_no_other_signs() {
        let mut buffer = Buffer::with_lines(["─│┬·›▸…✓—→"]);
        settle(&mut buffer, Look { no_color: false, ascii: true });
        assert!(buffer.content.iter().all(|c| c.symbol().is_ascii()), "{buffer:?}");
    }
}
