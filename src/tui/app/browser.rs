//! The lists of conversations and executions, and one execution in full.

use super::{App, Effect};
use crate::plan::{Execution, ExecutionId, Plan, StepEvent};
use crate::protocol::{Command, ExecutionSummary, RecordSummary, SessionSummary};
use crate::tui::layout::Layout;
use crate::tui::page;
use crate::tui::scroll::Scroll;

/// Which list is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum List {
    #[default]
    Sessions,
    Executions,
}

/// The open lists.
#[derive(Clone, Debug, Default)]
pub(crate) struct Browser {
    pub(crate) list: List,
    /// Words that must occur in a line.
    pub(crate) filter: String,
    pub(crate) chosen: usize,
    /// Nothing until the session has answered.
    sessions: Option<Vec<SessionSummary>>,
    executions: Option<Vec<ExecutionSummary>>,
    pub(crate) detail: Option<Detail>,
}

/// One execution in full.
#[derive(Clone, Debug)]
pub(crate) struct Detail {
    pub(crate) execution: Execution,
    pub(crate) plan: Plan,
    pub(crate) journal: Vec<StepEvent>,
    pub(crate) records: Vec<RecordSummary>,
    pub(crate) scroll: Scroll,
}

impl Browser {
    /// The conversations that the filter lets through; nothing when they are not there yet.
    pub(crate) fn sessions(&self) -> Option<Vec<&SessionSummary>> {
        let words = self.filter.to_lowercase();
        let hit =
            |s: &&SessionSummary| format!("{} {} {}", s.name, s.id, s.target).to_lowercase().contains(&words);
        Some(self.sessions.as_ref()?.iter().filter(hit).collect())
    }

    /// The executions that the filter lets through; nothing when they are not there yet.
    pub(crate) fn executions(&self) -> Option<Vec<&ExecutionSummary>> {
        let words = self.filter.to_lowercase();
        let hit = |x: &&ExecutionSummary| {
            let resources: String = x.resources.iter().map(|(_, name)| name.as_str()).collect();
            format!("{} {} {} {} {resources}", x.name, x.id, x.target, x.status.as_str())
                .to_lowercase()
                .contains(&words)
        };
        Some(self.executions.as_ref()?.iter().filter(hit).collect())
    }

    /// How many lines the shown list has.
    pub(crate) fn len(&self) -> usize {
        match self.list {
            List::Sessions => self.sessions().map_or(0, |s| s.len()),
            List::Executions => self.executions().map_or(0, |x| x.len()),
        }
    }
}

impl App {
    pub(super) fn open_browser(&mut self, list: List, filter: &str) -> Vec<Effect> {
        self.browser = Some(Browser { list, filter: filter.to_owned(), ..Browser::default() });
        vec![Effect::Send(match list {
            List::Sessions => Command::ListSessions,
            List::Executions => Command::ListExecutions,
        })]
    }

    pub(super) fn switch_list(&mut self) -> Vec<Effect> {
        let Some(browser) = &mut self.browser else { return vec![] };
        browser.chosen = 0;
        let (list, known, ask) = match browser.list {
            List::Sessions => (List::Executions, browser.executions.is_some(), Command::ListExecutions),
            List::Executions => (List::Sessions, browser.sessions.is_some(), Command::ListSessions),
        };
        browser.list = list;
        if known { vec![] } else { vec![Effect::Send(ask)] }
    }

    pub(super) fn list_sessions(&mut self, sessions: Vec<SessionSummary>) {
        if let Some(browser) = &mut self.browser {
            browser.sessions = Some(sessions);
        }
    }

    pub(super) fn list_executions(&mut self, executions: Vec<ExecutionSummary>) {
        if let Some(browser) = &mut self.browser {
            browser.executions = Some(executions);
        }
    }

    pub(super) fn show_detail(
        &mut self,
        execution: Execution,
        plan: Plan,
        journal: Vec<StepEvent>,
        records: Vec<RecordSummary>,
    ) {
        if let Some(browser) = &mut self.browser {
            browser.detail = Some(Detail { execution, plan, journal, records, scroll: Scroll::at_start() });
        }
    }

    /// Opens what is chosen.
    pub(super) fn open_chosen(&mut self) -> Vec<Effect> {
        let Some(browser) = &self.browser else { return vec![] };
        match browser.list {
            List::Sessions => {
                let id = browser.sessions().and_then(|s| s.get(browser.chosen).map(|s| s.id.clone()));
                let Some(id) = id else { return vec![] };
                self.browser = None;
                vec![Effect::Send(Command::OpenSession { id })]
            }
            List::Executions => {
                let id = browser.executions().and_then(|x| x.get(browser.chosen).map(|x| x.id.clone()));
                id.map(|execution| vec![Effect::Send(Command::ShowExecution { execution })])
                    .unwrap_or_default()
            }
        }
    }

    /// Moves the choice, or scrolls the open execution.
    pub(super) fn move_in_browser(&mut self, rows: isize) {
        let layout = Layout::of(self);
        let total = self.detail_rows().len();
        let Some(browser) = &mut self.browser else { return };
        if let Some(detail) = &mut browser.detail {
            detail.scroll.by(rows, total, usize::from(layout.page.height));
            return;
        }
        browser.chosen = browser.chosen.saturating_add_signed(rows).min(browser.len().saturating_sub(1));
    }

    /// The rows of the open execution.
    pub(crate) fn detail_rows(&self) -> Vec<ratatui::text::Line<'static>> {
        let width = usize::from(Layout::of(self).page.width);
        let Some(detail) = self.browser.as_ref().and_then(|b| b.detail.as_ref()) else { return Vec::new() };
        page::detail(&detail.execution, &detail.plan, &detail.journal, &detail.records, &self.zone, width)
    }

    pub(super) fn filter(&mut self, change: impl FnOnce(&mut String)) {
        if let Some(browser) = &mut self.browser {
            change(&mut browser.filter);
            browser.chosen = 0;
        }
    }

    /// Takes up the open execution.
    pub(super) fn resume_shown(&mut self) -> Vec<Effect> {
        match self.shown_execution() {
            Some((execution, _)) if self.may_act() => {
                self.browser = None;
                vec![Effect::Send(Command::Resume { execution })]
            }
            _ => vec![],
        }
    }

    /// Asks whether to take back the open execution.
    pub(super) fn undo_shown(&mut self) {
        if let Some((execution, name)) = self.shown_execution()
            && self.may_act()
        {
            self.ask_to_undo(execution, &name);
        }
    }

    fn shown_execution(&self) -> Option<(ExecutionId, String)> {
        let detail = self.browser.as_ref()?.detail.as_ref()?;
        Some((detail.execution.id.clone(), detail.execution.name.clone()))
    }
}
