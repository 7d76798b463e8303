//! What every planner is asked and what it answers.

use crate::clouds::Pending;
use crate::mcp::Switchboard;
use crate::plan::{Plan, Target};
use crate::protocol::{Entry, Problem};

/// Turns a person's words into an answer and, where something is to be done, a plan.
///
/// A planner looks things up through the read-only tools of the switchboard and can do nothing
/// else: what it returns is words and a proposal.
pub trait Planner: Send + Sync {
    /// The name in the frame: the model's, or `offline planner`.
    fn name(&self) -> String;

    /// One turn. Dropping the future ends the turn; what was heard until then stays heard.
    ///
    /// # Errors
    ///
    /// What failed, why, and what to do. The person's words are already on disk.
    fn turn<'a>(&'a self, turn: Turn<'a>) -> Pending<'a, Result<Answer, Problem>>;
}

/// What a planner is given for one turn.
#[derive(Clone, Copy)]
pub struct Turn<'a> {
    /// What the person said.
    pub words: &'a str,
    /// The conversation before these words, oldest first.
    pub history: &'a [Entry],
    /// The tools, none of which can act.
    pub board: &'a Switchboard,
    /// Where a plan would run.
    pub target: Target,
    /// The AWS region when the words name none.
    pub region: &'a str,
    /// What the rules ask of every plan, in short, for the planner's context.
    pub constraints: &'a str,
    /// Is told what happens while the turn lasts.
    pub hear: &'a (dyn Fn(Heard) + Send + Sync),
}

/// What happens during a turn.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// A piece of the answer.
    Delta(String),
    /// Something is being looked up.
    ToolStarted {
        /// The tool.
        name: String,
        /// What is asked, in one line.
        summary: String,
    },
    /// Something was looked up: an [`Entry::Tool`].
    ToolFinished(Box<Entry>),
    /// Something that the person should know while they wait, for example that a busy model is
    /// asked again.
    Notice(String),
    /// Tokens that the model counted for one request, in and out together.
    Tokens(u64),
}

/// What a turn came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The whole of what was said.
    pub text: String,
    /// A plan without open inputs, if something is to be done.
    pub plan: Option<Plan>,
}
