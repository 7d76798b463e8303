//! The texts that a model is given: from the prompts of the file room, so that the person's own
//! win, else the ones in the program.

use crate::agent::{Heard, Turn};
use crate::plan::Target;

/// A prompt: its path in the file room, and its text in the program.
#[derive(Clone, Copy)]
pub(super) struct Prompt {
    path: &'static str,
    embedded: &'static str,
}

/// Who the planner is and what holds for it.
pub(super) const SYSTEM: Prompt =
    Prompt { path: "prompts/system.md", embedded: include_str!("../../../prompts/system.md") };
/// How to plan for a model that cannot call tools.
pub(super) const NO_TOOLS: Prompt = Prompt {
    path: "prompts/planner/no_tools.md",
    embedded: include_str!("../../../prompts/planner/no_tools.md"),
};
/// What a model is told of a plan with problems.
pub(super) const REPAIR: Prompt = Prompt {
    path: "prompts/planner/repair.md",
    embedded: include_str!("../../../prompts/planner/repair.md"),
};
/// What a model is told before its last round.
pub(super) const LAST_ROUND: Prompt = Prompt {
    path: "prompts/planner/last_round.md",
    embedded: include_str!("../../../prompts/planner/last_round.md"),
};
/// What the one tool of the planner itself does.
pub(super) const PROPOSE: Prompt = Prompt {
    path: "prompts/tools/propose_plan.md",
    embedded: include_str!("../../../prompts/tools/propose_plan.md"),
};

impl Prompt {
    /// The text. One that cannot be read is said and replaced by the program's own.
    pub(super) async fn text(self, turn: &Turn<'_>) -> String {
        match turn.board.files().read(self.path).await {
            Ok(text) => text.trim().to_owned(),
            Err(error) => {
                (turn.hear)(Heard::Notice(format!(
                    "{} cannot be read ({error}); the program's own text is used",
                    self.path
                )));
                self.embedded.trim().to_owned()
            }
        }
    }
}

/// The system prompt of a turn, without anything that belongs to tools.
pub(super) async fn system(turn: &Turn<'_>) -> String {
    let target = match turn.target {
        Target::Sandbox => "sandbox (embedded clouds; nothing real is touched)",
        Target::Live => "live (real accounts, real cost)",
    };
    let constraints = match turn.constraints.trim() {
        "" => "(nothing beyond the above)",
        text => text,
    };
    let today = jiff::Zoned::now().date().to_string();
    // The constraints come last: a brace in them is text.
    SYSTEM
        .text(turn)
        .await
        .replace("{target}", target)
        .replace("{region}", turn.region)
        .replace("{today}", &today)
        .replace("{constraints}", constraints)
}
