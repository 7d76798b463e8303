//! One turn: the model is asked, tools answer it, it is asked again, until it says something or
//! proposes a plan that holds.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use serde_json::Value;

use super::assemble::Completion;
use super::failure::Failure;
use super::planner::OpenAi;
use super::{ToolCall, prompts, proposal, tools};
use crate::agent::context::{Context, Message};
use crate::agent::context_past::past;
use crate::agent::{Answer, Heard, Turn};
use crate::clouds::Pending;
use crate::mcp::ToolSpec;
use crate::plan::Plan;
use crate::protocol::{Entry, Problem};
use crate::text::{fit, line, mask_text};

/// How often a model may be asked in one turn.
const ROUNDS: usize = 12;
/// How often a plan with problems goes back to the model.
const REPAIRS: usize = 3;
/// Calls of one answer that are made; more at once is no plan of anybody.
const MOST_CALLS: usize = 16;
/// Cells of a tool's name; what is longer is none.
const NAME_CELLS: usize = 64;
/// Calls that are made at the same time.
const AT_ONCE: usize = 4;

/// A turn that is going on.
pub(super) struct Talk<'a> {
    pub(super) model: &'a OpenAi,
    pub(super) turn: Turn<'a>,
    pub(super) tools: Vec<ToolSpec>,
    pub(super) system: String,
    pub(super) no_tools: String,
    pub(super) context: Context,
    /// Everything that was said so far.
    pub(super) said: String,
    repairs: usize,
}

impl<'a> Talk<'a> {
    /// Puts together what the model is given.
    pub(super) async fn begin(model: &'a OpenAi, turn: Turn<'a>) -> Self {
        let mut tools = turn.board.agent_tools();
        tools.push(tools::propose(prompts::PROPOSE.text(&turn).await));
        Self {
            model,
            tools,
            system: prompts::system(&turn).await,
            no_tools: prompts::NO_TOOLS.text(&turn).await,
            context: Context { past: past(turn.history), turn: vec![Message::Person(mask_text(turn.words))] },
            turn,
            said: String::new(),
            repairs: 0,
        }
    }

    /// Asks until there is an answer.
    pub(super) async fn run(mut self) -> Result<Answer, Problem> {
        for round in 1..=ROUNDS {
            let done = self.ask().await?;
            if let Some(count) = done.tokens {
                self.hear(Heard::Tokens(count));
            }
            let plan =
                if done.calls.is_empty() { self.words(done).await? } else { self.calls(done, round).await? };
            match plan {
                Next::Over(plan) => return Ok(Answer { text: self.said, plan }),
                Next::Again => {}
            }
        }
        Err(Problem {
            what: format!("The model {} came to no end", self.model.model()),
            why: format!("it was asked {ROUNDS} times in this turn and still wanted to look things up"),
            fix: "ask for less at once, or say `go on`".into(),
        })
    }

    /// An answer in words, which may hold a plan.
    async fn words(&mut self, done: Completion) -> Result<Next, Problem> {
        let finish = done.finish.as_deref().unwrap_or_default();
        if finish == "content_filter" {
            return Err(self.model.problem(&Failure::Filtered));
        }
        if done.text.trim().is_empty() {
            let failure = if finish == "length" { Failure::Length } else { Failure::Empty };
            return Err(self.model.problem(&failure));
        }
        if finish == "length" {
            self.hear(Heard::Notice(
                "the model reached its limit of output; say `go on` for the rest".into(),
            ));
        }
        let Some(proposed) = proposal::fenced(&done.text) else { return Ok(Next::Over(None)) };
        match self.propose(proposed) {
            Ok(plan) => Ok(Next::Over(Some(plan))),
            Err(problems) => {
                let answer = self.repair(&problems).await?;
                self.context.turn.push(Message::Model { text: mask_text(&done.text), calls: Vec::new() });
                self.context.turn.push(Message::Person(answer));
                Ok(Next::Again)
            }
        }
    }

    /// An answer that wants tools called: all are answered, in order.
    async fn calls(&mut self, mut done: Completion, round: usize) -> Result<Next, Problem> {
        let broken = done.calls.iter().any(|call| tools::arguments(call).is_err());
        if broken && done.finish.as_deref() == Some("length") {
            return Err(self.model.problem(&Failure::Length));
        }
        let too_many = done.calls.len().saturating_sub(MOST_CALLS);
        done.calls.truncate(MOST_CALLS);
        for call in &mut done.calls {
            call.name = fit(&line(&call.name), NAME_CELLS);
        }
        self.tell_apart(&mut done.calls, round);
        let looked_up = self.look_up(&done.calls).await;
        let proposals = done.calls.iter().filter(|call| call.name == tools::PROPOSE).count();
        let mut texts = Vec::new();
        for (call, found) in done.calls.iter().zip(looked_up) {
            texts.push(match found {
                Some(text) => text,
                None if proposals > 1 => {
                    "Propose one plan that holds all steps; none of these was taken up.".into()
                }
                None => match self.proposed(call).await? {
                    Ok(plan) => return Ok(Next::Over(Some(plan))),
                    Err(text) => text,
                },
            });
        }
        if let Some(last) = texts.last_mut() {
            if too_many > 0 {
                last.push_str(&format!(
                    "\n\n[{too_many} more calls were not made: at most {MOST_CALLS} at once]"
                ));
            }
            if round + 1 == ROUNDS {
                last.push_str(&format!("\n\n{}", prompts::LAST_ROUND.text(&self.turn).await));
            }
        }
        let ids: Vec<String> = done.calls.iter().map(|call| call.id.clone()).collect();
        let calls = done.calls.into_iter().map(masked).collect();
        self.context.turn.push(Message::Model { text: mask_text(&done.text), calls });
        for (call, text) in ids.into_iter().zip(texts) {
            self.context.turn.push(Message::Tool { call, text });
        }
        Ok(Next::Again)
    }

    /// Gives calls whose ids were used before in this turn ids of their own: answers name the call.
    fn tell_apart(&self, calls: &mut [ToolCall], round: usize) {
        let before = self.context.turn.iter().flat_map(|message| match message {
            Message::Model { calls, .. } => calls.as_slice(),
            _ => &[],
        });
        let mut used: BTreeSet<String> = before.map(|call| call.id.clone()).collect();
        for (index, call) in calls.iter_mut().enumerate() {
            if used.contains(&call.id) {
                call.id = format!("call_{round}_{index}");
            }
            used.insert(call.id.clone());
        }
    }

    /// What the tools answer, a few at a time, in the order of the calls; nothing for a proposal.
    async fn look_up(&self, calls: &[ToolCall]) -> Vec<Option<String>> {
        let (turn, specs) = (&self.turn, self.tools.as_slice());
        let mut work: Vec<Pending<'_, Option<(Entry, String)>>> = Vec::new();
        for call in calls {
            work.push(if call.name == tools::PROPOSE {
                Box::pin(async { None })
            } else {
                Box::pin(async move { Some(tools::look_up(turn, specs, call).await) })
            });
        }
        let mut answers = stream::iter(work).buffered(AT_ONCE);
        let mut texts = Vec::new();
        for call in calls {
            // Shown one after the other, though the next ones are on their way already.
            if call.name != tools::PROPOSE {
                self.hear(Heard::ToolStarted { name: call.name.clone(), summary: tools::asked(call) });
            }
            texts.push(answers.next().await.flatten().map(|(entry, text)| {
                self.hear(Heard::ToolFinished(Box::new(entry)));
                text
            }));
        }
        texts
    }

    /// A call of the proposal: a plan, or what the model is told.
    async fn proposed(&mut self, call: &ToolCall) -> Result<Result<Plan, String>, Problem> {
        let problems = match tools::arguments(call) {
            Ok(proposed) => match self.propose(proposed) {
                Ok(plan) => return Ok(Ok(plan)),
                Err(problems) => problems,
            },
            Err(problem) => vec![problem],
        };
        self.repair(&problems).await.map(Err)
    }

    fn propose(&self, proposed: Value) -> Result<Plan, Vec<String>> {
        let name = proposed.get("name").or_else(|| proposed.get("plan")?.get("name"));
        let summary = line(&mask_text(name.and_then(Value::as_str).unwrap_or("a plan")));
        let result = proposal::check(self.turn.board, proposed);
        if let Err(problems) = &result {
            self.hear(Heard::ToolFinished(Box::new(Entry::Tool {
                name: tools::PROPOSE.into(),
                summary,
                ok: false,
                outcome: tools::outcome(&mask_text(&problems.join("\n"))),
            })));
        }
        result
    }

    /// What the model is told of a plan with problems, as long as it may try again.
    async fn repair(&mut self, problems: &[String]) -> Result<String, Problem> {
        self.repairs += 1;
        if self.repairs > REPAIRS {
            let more = match problems.len() {
                0 | 1 => String::new(),
                n => format!(" (and {} more)", n - 1),
            };
            return Err(Problem {
                what: format!("The model {} proposed no plan that holds", self.model.model()),
                why: format!(
                    "after {REPAIRS} corrections: {}{more}",
                    problems.first().map_or("", String::as_str)
                ),
                fix: "say more exactly what you want, in smaller parts, or use another model".into(),
            });
        }
        let listed: Vec<String> = problems.iter().map(|p| format!("- {}", mask_text(p))).collect();
        Ok(prompts::REPAIR.text(&self.turn).await.replace("{problems}", &listed.join("\n")))
    }

    pub(super) fn hear(&self, heard: Heard) {
        (self.turn.hear)(heard);
    }
}

/// How a turn goes on.
enum Next {
    Over(Option<Plan>),
    Again,
}

/// What the model wrote goes back to it without secrets that it may have read in spite of all.
fn masked(call: ToolCall) -> ToolCall {
    ToolCall { arguments: mask_text(&call.arguments), ..call }
}
