//! What the session says.

use super::desk::Pane;
use super::{App, Effect};
use crate::plan::ExecutionStatus;
use crate::protocol::{DecisionRequest, Entry, Event, Mode};
use crate::tui::Exit;
use crate::tui::page;

impl App {
    /// Takes in one event.
    pub(super) fn hear(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Opened { id, name, header, entries, unfinished } => {
                self.session = Some(id);
                self.name = name;
                self.header = header;
                self.desk = super::Desk { unfinished, ..super::Desk::default() };
                self.review = None;
                self.browser = None;
                self.queue.clear();
                self.transcript.clear();
                for entry in &entries {
                    self.transcript.add(page::of_entry(entry));
                }
                self.lay_out(&entries);
                self.offer_unfinished();
            }
            Event::HeaderChanged { header } => self.header = header,
            Event::ModeChanged { mode } => return self.change_mode(mode),
            Event::Delta { text } => self.transcript.stream(&text),
            Event::Queued { texts } => self.queue = texts,
            Event::ToolStarted { name, summary } => self.transcript.add(page::tool_started(&name, &summary)),
            Event::Added { entry } => self.add(&entry),
            Event::PlanProposed { plan, digest, facts } => {
                let other = self.review.as_ref().is_some_and(|review| review.digest != digest);
                let replaced = self.desk.propose(plan, digest, facts);
                if other {
                    self.review = None;
                }
                if other || replaced {
                    self.notify("The plan changed: it has to be reviewed again");
                }
            }
            Event::Judged { verdict } => self.desk.judged(verdict),
            Event::Priced { estimate } => self.desk.priced(estimate),
            Event::DecisionNeeded { request } => return self.needs_decision(request),
            Event::DecisionClosed { digest } => self.close_decision(&digest),
            Event::Step { progress } => self.desk.step(progress, self.now),
            Event::Executed { summary } => {
                let words = format!("{}: {}", summary.name, summary.status.as_str());
                self.desk.executed(summary);
                self.notify(words);
                return self.call_back();
            }
            Event::Recorded { record } => {
                self.notify(format!("Recorded as number {} ({})", record.number, record.hash.short()));
            }
            Event::Failed { problem } => self.transcript.add(page::of_problem(&problem)),
            Event::Sessions { sessions } => self.list_sessions(sessions),
            Event::Executions { executions } => self.list_executions(executions),
            Event::ExecutionDetail { execution, plan, journal, records } => {
                self.show_detail(execution, plan, journal, records);
            }
            Event::Stopped { resume, farewell } => {
                return vec![Effect::Leave(Exit { resume: Some(resume), farewell, signal: None })];
            }
        }
        vec![]
    }

    fn add(&mut self, entry: &Entry) {
        if matches!(entry, Entry::Said { .. }) {
            self.transcript.end_stream();
        }
        if let Entry::Decided { digest, .. } = entry {
            self.desk.decided(digest, true);
        }
        match entry {
            Entry::Tool { .. } => self.transcript.replace_tight(page::of_entry(entry)),
            _ => self.transcript.add(page::of_entry(entry)),
        }
    }

    fn change_mode(&mut self, mode: Mode) -> Vec<Effect> {
        // What was streamed and never completed is still the agent's word: it is kept.
        if mode != Mode::Thinking && !self.transcript.streamed().trim().is_empty() {
            let words = self.transcript.streamed().to_owned();
            self.transcript.end_stream();
            self.transcript.add(page::said(crate::protocol::Role::Agent, &words));
        }
        self.mode = mode;
        vec![]
    }

    /// Shows the last plan of an opened conversation.
    fn lay_out(&mut self, entries: &[Entry]) {
        let last = entries.iter().rev().find_map(|entry| match entry {
            Entry::Proposed { plan, facts, verdict, estimate } => Some((plan, facts, verdict, estimate)),
            _ => None,
        });
        if let Some((plan, facts, verdict, estimate)) = last {
            self.desk.propose(plan.clone(), plan.digest(), facts.clone());
            self.desk.decided(&plan.digest(), true);
            self.desk.judged(verdict.clone());
            self.desk.priced(estimate.clone());
        }
    }

    fn offer_unfinished(&mut self) {
        let Some(first) = self.desk.unfinished.first() else { return };
        let words = format!(
            "Interrupted: {} ({}, {} done). Type /resume to go on, or /undo {} to take it back.",
            first.name,
            first.id,
            if first.succeeded == 1 { "1 step".to_owned() } else { format!("{} steps", first.succeeded) },
            first.id
        );
        let more = self.desk.unfinished.len() - 1;
        let more = if more > 0 { format!(" {more} more in /history.") } else { String::new() };
        self.transcript.add(page::notice(&format!("{words}{more}")));
    }

    /// A decision is asked for: a notice and the panes say so. The composer keeps the keys.
    fn needs_decision(&mut self, request: DecisionRequest) -> Vec<Effect> {
        let open = self.review.as_ref().is_some_and(|review| review.request.as_ref() != Some(&request));
        if open {
            self.review = None;
            self.notify("The decision has changed: press Tab or type /review to look again");
        }
        if self.desk.pane == Pane::Run {
            self.desk.pane = Pane::Plan;
        }
        self.desk.decided(&request.digest, false);
        self.desk.request = Some(request);
        self.call_back()
    }

    fn close_decision(&mut self, digest: &crate::plan::Digest) {
        if self.desk.request.as_ref().is_some_and(|request| request.digest == *digest) {
            self.desk.request = None;
        }
        if self.review.as_ref().is_some_and(|review| review.digest == *digest && review.request.is_some()) {
            self.review = None;
            self.notify("This plan is no longer to be decided");
        }
    }

    fn call_back(&self) -> Vec<Effect> {
        if self.focused { vec![] } else { vec![Effect::Bell] }
    }

    /// The last execution that can be taken back.
    pub(super) fn last_execution(&self) -> Option<(crate::plan::ExecutionId, String)> {
        let run = self.desk.run.as_ref()?;
        let name = match (&run.summary, &self.desk.proposal) {
            (Some(summary), _) if summary.status == ExecutionStatus::Undone => return None,
            (Some(summary), _) => summary.name.clone(),
            (None, Some(proposal)) => proposal.plan.name.clone(),
            (None, None) => run.execution.to_string(),
        };
        Some((run.execution.clone(), name))
    }
}
