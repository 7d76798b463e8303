//! One answer of the model inside a turn: the request within the budget, sent until it is
//! answered or not worth sending again.

use serde_json::Value;

use super::assemble::Completion;
use super::exchange::Coming;
use super::failure::Failure;
use super::request::request;
use super::tools;
use super::turn::Talk;
use crate::agent::Heard;
use crate::agent::context::{TooLong, tokens};
use crate::mcp::ToolSpec;
use crate::protocol::Problem;

/// The part of the context that is left to the model's answer, and its most tokens.
const ANSWER: (usize, usize) = (4, 8_000);

impl Talk<'_> {
    /// One answer of the model; a busy or failing endpoint is asked again.
    pub(super) async fn ask(&mut self) -> Result<Completion, Problem> {
        let mut attempts = 0;
        loop {
            let request = self.request()?;
            let failure = match self.exchange(&request).await {
                Ok(done) => return Ok(done),
                Err(failure) => failure,
            };
            if self.model.learn(&failure) {
                if failure.is_without_tools() {
                    let text = "this model cannot call tools: it plans without looking anything up, and what it proposes is checked";
                    self.hear(Heard::Notice(text.into()));
                }
                continue;
            }
            let Some(wait) = self.model.pauses.after(attempts, &failure) else {
                return Err(self.model.problem(&failure));
            };
            attempts += 1;
            self.hear(Heard::Notice(format!(
                "{} is not ready ({failure}); asking again in {} s, {attempts} of {}",
                self.model.model(),
                wait.as_secs_f32().ceil(),
                self.model.pauses.times
            )));
            tokio::time::sleep(wait).await;
        }
    }

    async fn exchange(&mut self, request: &Value) -> Result<Completion, Failure> {
        let connection = self.model.connection()?;
        let (said, hear) = (&mut self.said, self.turn.hear);
        // What is said after a look-up is a paragraph of its own.
        let mut begun = said.is_empty();
        connection
            .exchange(request, |coming| {
                let text = match coming {
                    Coming::Text(text) => text,
                    Coming::Call(tools::PROPOSE) => {
                        let (name, summary) = (tools::PROPOSE.to_owned(), "writing the plan".to_owned());
                        return hear(Heard::ToolStarted { name, summary });
                    }
                    // A look-up is shown when it is made.
                    Coming::Call(_) => return,
                };
                let text = if begun { text.to_owned() } else { format!("\n\n{text}") };
                begun = true;
                said.push_str(&text);
                hear(Heard::Delta(text));
            })
            .await
    }

    fn request(&self) -> Result<Value, Problem> {
        let abilities = self.model.abilities();
        let system = if abilities.tools {
            self.system.clone()
        } else {
            format!("{}\n\n{}", self.system, self.no_tools)
        };
        let listed: usize = if abilities.tools { self.tools.iter().map(tool_tokens).sum() } else { 0 };
        let whole = self.model.context_tokens();
        let answer = (whole / ANSWER.0).min(ANSWER.1);
        let room = whole.saturating_sub(answer + tokens(&system) + listed);
        let messages = self.context.fitted(room).map_err(|error| self.too_long(error))?;
        Ok(request(self.model.model(), &system, &messages, &self.tools, abilities))
    }

    fn too_long(&self, TooLong { needs, room }: TooLong) -> Problem {
        Problem {
            what: format!("That is too much for the model {}", self.model.model()),
            why: format!("this turn takes about {needs} tokens and {room} are left for it"),
            fix: "say it shorter, or set `context_tokens` in settings.yaml to what the model can read".into(),
        }
    }
}

fn tool_tokens(tool: &ToolSpec) -> usize {
    tokens(&tool.name) + tokens(&tool.description) + tokens(&tool.input_schema.to_string()) + 10
}
