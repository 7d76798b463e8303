//! The walk over a plan, as a pure state machine: which steps can start, which are skipped, how
//! far the run is. No clock, no disk, no network.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use crate::plan::{ExecutionStatus, IllegalMove, Order, Plan, StepEvent, StepEventKind, StepId, StepState};

/// Where a run stands. Steps are named by their position in the plan.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    nodes: Vec<Node>,
    by_id: HashMap<StepId, usize>,
    ready: BTreeSet<usize>,
    /// Steps that cannot be reached any more, with the step that failed first.
    cut_off: Vec<(usize, usize)>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    state: StepState,
    needs: Vec<usize>,
    dependants: Vec<usize>,
    /// How many of the needs are not done.
    unmet: usize,
    /// Whether the run still wants this step done.
    open: bool,
    /// Whether somebody works on it.
    busy: bool,
    /// Whether a request may have left whose answer was never seen.
    in_doubt: bool,
    /// Whether the cloud ever answered that it is done.
    answered: bool,
    /// Whether what it makes was surely not there before its first request.
    absent: bool,
    /// When its latest request was about to leave.
    left: Option<Timestamp>,
    attempts: u32,
}

/// What to do next for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// Send its request; a request in doubt may have been carried out already.
    Send {
        /// Whether an earlier one may have been carried out.
        in_doubt: bool,
    },
    /// Wait until what it made is usable.
    Wait,
}

impl Walk {
    /// The walk before its first step.
    ///
    /// # Errors
    ///
    /// The steps of a cycle.
    pub(super) fn of(plan: &Plan) -> Result<Self, Vec<StepId>> {
        let order = Order::of(plan)?;
        let by_id: HashMap<StepId, usize> =
            plan.steps.iter().enumerate().map(|(index, step)| (step.id.clone(), index)).collect();
        let mut nodes = vec![Node { open: true, ..Node::default() }; plan.steps.len()];
        for (index, step) in plan.steps.iter().enumerate() {
            let needs: Vec<usize> =
                order.waits_for(&step.id).filter_map(|need| by_id.get(need).copied()).collect();
            for &need in &needs {
                nodes[need].dependants.push(index);
            }
            nodes[index].unmet = needs.len();
            nodes[index].needs = needs;
        }
        let mut walk = Walk { nodes, by_id, ready: BTreeSet::new(), cut_off: Vec::new() };
        (0..walk.nodes.len()).for_each(|index| walk.look(index));
        Ok(walk)
    }

    /// Plays one event.
    ///
    /// # Errors
    ///
    /// The event cannot happen to its step in the state that it is in.
    pub(super) fn apply(&mut self, event: &StepEvent) -> Result<(), IllegalMove> {
        let Some(&index) = self.by_id.get(&event.step) else {
            return Err(IllegalMove { step: event.step.clone(), state: "unknown", event: event.kind.name() });
        };
        let was = self.nodes[index].state;
        let state = was.after(event)?;
        let node = &mut self.nodes[index];
        node.state = state;
        match &event.kind {
            StepEventKind::Intent { attempt, absent, .. } => {
                node.attempts = *attempt;
                node.absent |= absent;
                node.left = Some(event.at);
                // Whatever it came to before, it is wanted again.
                node.open = true;
                node.in_doubt = true;
            }
            StepEventKind::Answered { .. } => {
                node.in_doubt = false;
                node.answered = true;
            }
            StepEventKind::NotSent { .. } => node.in_doubt = false,
            StepEventKind::Failed { .. } => {
                node.in_doubt = false;
                node.open = false;
                self.cut_off_behind(index);
            }
            StepEventKind::Succeeded => {
                node.open = false;
                for dependant in node.dependants.clone() {
                    self.nodes[dependant].unmet -= 1;
                    self.look(dependant);
                }
            }
            StepEventKind::Skipped { .. } => node.open = false,
            StepEventKind::UndoIntent { .. } if was == StepState::Succeeded => {
                for dependant in node.dependants.clone() {
                    self.nodes[dependant].unmet += 1;
                }
            }
            _ => {}
        }
        self.look(index);
        Ok(())
    }

    /// Wants everything done that failed or was skipped before. A step that failed after the
    /// cloud had made something stays as it is: it must be taken back first.
    pub(super) fn retry(&mut self) {
        self.cut_off.clear();
        for index in 0..self.nodes.len() {
            let node = &mut self.nodes[index];
            match node.state {
                StepState::Failed if !node.answered => node.open = true,
                // A program may end between a failure and what it cuts off.
                StepState::Skipped | StepState::Waiting => node.open = true,
                _ => {}
            }
            self.look(index);
        }
        for index in 0..self.nodes.len() {
            if self.nodes[index].state == StepState::Failed && !self.nodes[index].open {
                self.cut_off_behind(index);
            }
        }
    }

    /// Steps that can be worked on now, in the order of the plan.
    pub(super) fn ready(&self) -> impl Iterator<Item = (usize, Move)> {
        self.ready.iter().map(|&index| {
            let node = &self.nodes[index];
            let next = match node.state {
                StepState::Settling => Move::Wait,
                _ => Move::Send { in_doubt: node.in_doubt },
            };
            (index, next)
        })
    }

    /// Somebody works on a step, or stopped doing so.
    pub(super) fn set_busy(&mut self, index: usize, busy: bool) {
        self.nodes[index].busy = busy;
        self.look(index);
    }

    /// Steps that have become out of reach, each with the step that failed first. Told once.
    pub(super) fn take_cut_off(&mut self) -> Vec<(usize, usize)> {
        std::mem::take(&mut self.cut_off)
    }

    /// How many requests of a step may have left before.
    pub(super) fn attempts(&self, index: usize) -> u32 {
        self.nodes[index].attempts
    }

    /// When a step's latest request was about to leave.
    pub(super) fn left(&self, index: usize) -> Option<Timestamp> {
        self.nodes[index].left
    }

    /// Whether what a step makes was surely not there before its first request.
    pub(super) fn was_absent(&self, index: usize) -> bool {
        self.nodes[index].absent
    }

    pub(super) fn state(&self, index: usize) -> StepState {
        self.nodes[index].state
    }

    pub(super) fn position(&self, step: &str) -> Option<usize> {
        self.by_id.get(step).copied()
    }

    /// The state of every step, by id.
    pub(super) fn states(&self) -> BTreeMap<StepId, StepState> {
        self.by_id.iter().map(|(id, &index)| (id.clone(), self.nodes[index].state)).collect()
    }

    /// Whether a step may have left something behind that can be taken back.
    pub(super) fn left_something(&self, index: usize) -> bool {
        let node = &self.nodes[index];
        match node.state {
            StepState::Succeeded | StepState::Settling | StepState::Stuck | StepState::Undoing => true,
            StepState::Failed => node.answered,
            _ => false,
        }
    }

    /// Steps that wait directly for this one.
    pub(super) fn dependants(&self, index: usize) -> &[usize] {
        &self.nodes[index].dependants
    }

    /// Steps that this one waits for directly.
    pub(super) fn needs(&self, index: usize) -> &[usize] {
        &self.nodes[index].needs
    }

    /// What the states add up to when nobody works on anything any more.
    pub(super) fn status(&self) -> ExecutionStatus {
        let any = |wanted: &[StepState]| self.nodes.iter().any(|node| wanted.contains(&node.state));
        use StepState as S;
        if any(&[S::Stuck]) {
            ExecutionStatus::Stuck
        } else if any(&[S::Waiting, S::Running, S::Settling, S::Undoing]) {
            ExecutionStatus::Parked
        } else if !any(&[S::Failed, S::Skipped, S::Undone]) {
            ExecutionStatus::Succeeded
        } else if any(&[S::Succeeded]) || any(&[S::Undone]) {
            ExecutionStatus::PartlyDone
        } else {
            ExecutionStatus::Failed
        }
    }

    fn look(&mut self, index: usize) {
        use StepState as S;
        let node = &self.nodes[index];
        let can = match node.state {
            S::Waiting | S::Failed | S::Skipped => node.unmet == 0,
            S::Running | S::Settling => true,
            _ => false,
        };
        if can && node.open && !node.busy {
            self.ready.insert(index);
        } else {
            self.ready.remove(&index);
        }
    }

    fn cut_off_behind(&mut self, cause: usize) {
        let mut behind = self.nodes[cause].dependants.clone();
        while let Some(index) = behind.pop() {
            let node = &mut self.nodes[index];
            let untouched = matches!(node.state, StepState::Waiting | StepState::Skipped | StepState::Failed);
            if node.open && untouched && !node.busy {
                node.open = false;
                behind.extend_from_slice(&node.dependants);
                // A failed step that was to be tried again keeps its own failure.
                if node.state != StepState::Failed {
                    self.cut_off.push((index, cause));
                }
                self.ready.remove(&index);
            }
        }
        self.cut_off.sort_unstable();
    }
}
