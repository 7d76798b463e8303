//! One turn of the offline planner.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fill::{Filled, fill};
use super::things::{self, Thing};
use super::words::{Intent, Language, Token, after_last, asks_for_help, intent, language, tokens};
use super::workflow::Workflow;
use super::{Workflows, answer};
use crate::agent::{Answer, Heard, Planner, Turn};
use crate::catalog::Catalog;
use crate::clouds::Pending;
use crate::plan::{CloudName, OperationName, Plan};
use crate::protocol::{Entry, Problem, Role};
use crate::text;

/// Operations that an answer names at most.
const MOST_NAMED: usize = 5;

/// The planner that needs no model.
pub struct Offline {
    catalog: Catalog,
    workflows: Workflows,
}

impl Offline {
    /// A planner over the catalog and these workflows.
    #[must_use]
    pub fn new(catalog: Catalog, workflows: Workflows) -> Self {
        Self { catalog, workflows }
    }

    async fn answer(&self, turn: &Turn<'_>) -> Answer {
        let own = tokens(turn.words);
        if asks_for_help(&own) {
            return said(answer::help(&self.workflows, language(&own)));
        }
        if let Some(plan) = self.by_name(turn.words, turn.region) {
            return match plan {
                Ok(plan) => {
                    let text = answer::planned(&plan, turn.region, language(&own));
                    Answer { text, plan: Some(plan) }
                }
                Err(message) => said(message),
            };
        }
        let request = self.request(turn, &own);
        let all = tokens(&request.text);
        // A short answer to a question is no sample of a language; the whole request is.
        let language = if own.len() > 3 { language(&own) } else { language(&all) };
        match intent(&all) {
            Some(Intent::Create) => {
                if let Some(workflow) = self.workflow(&all) {
                    return self.create(turn, workflow, &request, &all, language);
                }
            }
            Some(intent) => {
                if let Some((thing, after)) = things::named(self.workflows.things(), &all) {
                    return self.reach(turn, intent, thing, after, &all, language).await;
                }
            }
            None => {}
        }
        self.nearest(turn, &all, language).await
    }

    fn create(
        &self,
        turn: &Turn<'_>,
        workflow: &Workflow,
        request: &Request,
        all: &[Token],
        language: Language,
    ) -> Answer {
        let mut given = BTreeMap::new();
        let mut filled = fill(workflow, all, &request.text, &given, turn.region, language);
        if let (Filled::Missing(missing), Some(bare)) = (&filled, &request.bare) {
            // The whole of a short answer is the first thing that was asked for.
            given.insert(missing[0].0.clone(), bare.clone());
            filled = fill(workflow, all, &request.text, &given, turn.region, language);
        }
        match filled {
            Filled::Plan(plan) => {
                let region = plan.steps.iter().find_map(|step| step.region.clone());
                let text = answer::planned(&plan, region.as_deref().unwrap_or(turn.region), language);
                Answer { text, plan: Some(plan) }
            }
            Filled::Missing(missing) => said(answer::ask(&missing, language)),
            Filled::Refused(words) => said(words),
            Filled::Broken(message) => said(answer::broken(&message, language)),
        }
    }

    async fn reach(
        &self,
        turn: &Turn<'_>,
        intent: Intent,
        thing: &Thing,
        after: usize,
        all: &[Token],
        language: Language,
    ) -> Answer {
        let region = super::regions::region(all).unwrap_or_else(|| turn.region.to_owned());
        let called = thing.names.first().map_or("thing", String::as_str);
        // `show the bucket demo-logs` names one; `show my buckets` does not.
        let one = thing.access(Intent::Show).and_then(|access| things::which(access, all, after));
        let intent = match (intent, &one) {
            (Intent::List, Some(_)) if thing.show.is_some() && after_last(all, "all").is_none() => {
                Intent::Show
            }
            (Intent::Show, None) => Intent::List,
            (intent, _) => intent,
        };
        let Some(access) = thing.access(intent) else {
            return self.nearest(turn, all, language).await;
        };
        let name = if intent == Intent::List { None } else { things::which(access, all, after) };
        if intent != Intent::List && name.is_none() {
            return said(answer::which(called, language));
        }
        let title = match (&name, intent) {
            (Some(name), Intent::Delete) => format!("delete {called} {name}"),
            (Some(name), _) => format!("show {called} {name}"),
            (None, _) => format!("list {}", thing.names.get(1).map_or(called, String::as_str)),
        };
        if let (Intent::Delete, Some(name), Some(show)) = (intent, &name, &thing.show)
            && self.is_gone(turn, show, name, &region).await
        {
            return said(answer::not_there(called, name, &region, language));
        }
        match things::plan(&self.catalog, access, title.clone(), name.as_deref(), &region) {
            Ok(plan) => {
                let text = match intent {
                    Intent::Delete => answer::planned(&plan, &region, language),
                    _ => answer::looking(&title, &region, language),
                };
                Answer { text, plan: Some(plan) }
            }
            Err(message) => said(answer::broken(&message, language)),
        }
    }

    /// Whether the cloud itself says that something is not there. No answer says nothing.
    async fn is_gone(&self, turn: &Turn<'_>, show: &things::Access, name: &str, region: &str) -> bool {
        let Some(params) = things::look_up(&self.catalog, show, name) else { return false };
        let arguments = json!({
            "service": show.service, "operation": show.operation, "region": region, "params": params,
        });
        let tool = format!("{}_read", show.cloud);
        let reply = self.ask(turn, &tool, &format!("{} {name}", show.operation), arguments).await;
        let Some((true, text)) = reply else { return false };
        let text = text.to_lowercase();
        ["notfound", "not found", "nosuch", "does not exist", "404"].iter().any(|word| text.contains(word))
    }

    /// Asks a tool and tells the person; whether it failed, and its text.
    async fn ask(
        &self,
        turn: &Turn<'_>,
        tool: &str,
        summary: &str,
        arguments: Value,
    ) -> Option<(bool, String)> {
        let summary = text::fit(&text::line(summary), 100);
        (turn.hear)(Heard::ToolStarted { name: tool.to_owned(), summary: summary.clone() });
        let reply = turn.board.agent_call(tool, arguments).await;
        let outcome = text::fit(&text::line(&reply.text), 120);
        let entry = Entry::Tool { name: tool.to_owned(), summary, ok: !reply.is_error, outcome };
        (turn.hear)(Heard::ToolFinished(Box::new(entry)));
        Some((reply.is_error, reply.text))
    }

    /// Nothing fits: the nearest operations, found by the catalog.
    async fn nearest(&self, turn: &Turn<'_>, all: &[Token], language: Language) -> Answer {
        let known = all.iter().any(|token| token.lower.len() > 2);
        if intent(all).is_none() || !known {
            return said(answer::nearest(&[], language));
        }
        let arguments = json!({"query": turn.words, "limit": MOST_NAMED});
        let named = |cloud: &CloudName| all.iter().any(|token| token.lower.starts_with(cloud.as_str()));
        let cloud = CloudName::ALL.into_iter().find(named).unwrap_or(CloudName::Aws);
        let found = match self.ask(turn, &format!("{cloud}_search"), turn.words, arguments).await {
            Some((false, text)) => {
                text.lines().take(MOST_NAMED).map(|line| format!("{cloud} {line}")).collect()
            }
            _ => Vec::new(),
        };
        said(answer::nearest(&found, language))
    }

    /// `aws ec2 DescribeVpcs {…}`: an operation by its name.
    fn by_name(&self, words: &str, region: &str) -> Option<Result<Plan, String>> {
        let mut parts = words.trim().splitn(4, char::is_whitespace);
        let cloud: CloudName = parts.next()?.to_lowercase().parse().ok()?;
        let (service, operation) = (parts.next()?, parts.next()?);
        let name = OperationName::new(cloud, service, operation);
        // Words that merely begin like this are not meant as a name.
        if !operation.chars().next().is_some_and(char::is_uppercase) {
            return None;
        }
        if let Err(error) = self.catalog.operation(&name) {
            return Some(Err(error.to_string()));
        }
        let params = match parts.next().map(str::trim).filter(|text| !text.is_empty()) {
            Some(text) => match serde_json::from_str::<Value>(text) {
                Ok(params) if params.is_object() => params,
                Ok(_) => return Some(Err(format!("The parameters of {name} must be a JSON object."))),
                Err(error) => return Some(Err(format!("The parameters of {name} are not JSON: {error}."))),
            },
            None => json!({}),
        };
        let step = json!({
            "id": "step", "cloud": cloud, "service": service, "operation": operation, "region": region,
            "params": params,
        });
        let plan = Plan::from_value(json!({"version": 1, "name": name.to_string(), "steps": [step]}));
        Some(plan.map_err(|e| e.to_string()))
    }

    /// The workflow whose thing is named, the longest name first.
    fn workflow(&self, all: &[Token]) -> Option<&Workflow> {
        self.workflows
            .all()
            .values()
            .flat_map(|workflow| workflow.things.iter().map(move |thing| (workflow, thing)))
            .filter_map(|(workflow, thing)| {
                let first = super::words::starts(all, thing).next()?;
                // Of two things of one length, the one that is named first is made; `a table for the queue`.
                Some((workflow, (thing.split(' ').count(), thing.len(), usize::MAX - first)))
            })
            .max_by_key(|(_, rank)| (rank.0, rank.2, rank.1))
            .map(|(workflow, _)| workflow)
    }

    /// Whether words are a whole request of their own.
    fn opens(&self, words: &[Token]) -> bool {
        match intent(words) {
            Some(Intent::Create) => self.workflow(words).is_some(),
            Some(_) => things::named(self.workflows.things(), words).is_some(),
            None => false,
        }
    }

    /// The request that the words belong to: their own, or an open one that they complete or correct.
    fn request(&self, turn: &Turn<'_>, own: &[Token]) -> Request {
        let alone = Request { text: turn.words.to_owned(), bare: None };
        if self.opens(own) {
            return alone;
        }
        let mut earlier = Vec::new();
        let mut asked = None;
        for entry in turn.history.iter().rev() {
            match entry {
                Entry::Said { role: Role::Agent, text, .. } => {
                    asked.get_or_insert_with(|| answer::is_question(text));
                }
                Entry::Said { role: Role::Person, text, .. } => {
                    earlier.push(text.as_str());
                    if self.opens(&tokens(text)) {
                        earlier.reverse();
                        earlier.push(turn.words);
                        let bare =
                            (asked == Some(true) && own.len() <= 4).then(|| turn.words.trim().to_owned());
                        return Request { text: earlier.join("\n"), bare };
                    }
                }
                // What was decided or run is no longer open.
                Entry::Decided { .. } | Entry::Executed { .. } => break,
                _ => {}
            }
        }
        alone
    }
}

/// The words of one request, and the last of them if they are nothing but an answer.
struct Request {
    text: String,
    bare: Option<String>,
}

fn said(text: impl Into<String>) -> Answer {
    Answer { text: text.into(), plan: None }
}

impl Planner for Offline {
    fn name(&self) -> String {
        "offline planner".into()
    }

    fn turn<'a>(&'a self, turn: Turn<'a>) -> Pending<'a, Result<Answer, Problem>> {
        Box::pin(async move {
            let answer = self.answer(&turn).await;
            (turn.hear)(Heard::Delta(answer.text.clone()));
            Ok(answer)
        })
    }
}
