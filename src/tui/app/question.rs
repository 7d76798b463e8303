//! A question of the face itself. The harmless answer comes first and is chosen beforehand.

use std::time::Duration;

use super::model::GUARD;
use super::{App, Effect};
use crate::plan::ExecutionId;
use crate::protocol::Command;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    /// Whether to quit although a plan runs.
    Quit,
    /// Whether to take back what an execution made.
    Undo(ExecutionId),
}

/// An open question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) topic: Topic,
    pub(crate) lines: Vec<String>,
    /// The answers; the second one acts.
    pub(crate) answers: [&'static str; 2],
    pub(crate) acts: bool,
    opened: Duration,
}

impl App {
    pub(super) fn ask_to_quit(&mut self) {
        self.question = Some(Question {
            topic: Topic::Quit,
            lines: vec![
                "A plan is running.".into(),
                "Quitting stops it after its running steps; nothing is lost.".into(),
                "The next start offers to go on with it.".into(),
            ],
            answers: ["Stay", "Stop and quit"],
            acts: false,
            opened: self.now,
        });
    }

    pub(super) fn ask_to_undo(&mut self, execution: ExecutionId, name: &str) {
        self.question = Some(Question {
            lines: vec![
                format!("Take back what \u{201c}{name}\u{201d} made?"),
                format!("Execution {execution}: its steps are undone, the last one first."),
            ],
            topic: Topic::Undo(execution),
            answers: ["Keep it", "Take it back"],
            acts: false,
            opened: self.now,
        });
    }

    pub(super) fn answer(&mut self) -> Vec<Effect> {
        let Some(question) = &self.question else { return vec![] };
        if question.acts && self.now.saturating_sub(question.opened) < GUARD {
            return vec![];
        }
        let Some(question) = self.question.take().filter(|question| question.acts) else { return vec![] };
        match question.topic {
            Topic::Quit => self.quit(),
            Topic::Undo(execution) => {
                self.browser = None;
                vec![Effect::Send(Command::Undo { execution })]
            }
        }
    }
}
