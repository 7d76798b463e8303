//! Programs run one after the other in one world, and what must be true of every end.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::world::{Life, Mishap, Program, Reach, Wait, Wish, World};
use crate::executor::fake::{FakeCatalog, cleared};
use crate::executor::*;
use crate::plan::{Execution, ExecutionId, ExecutionStatus, Plan, StepEventKind, StepState};
use crate::store::Journal;

/// What is left when a program is gone: the execution that it gave, or why there is none.
type Left = Option<Result<Execution, ExecutorError>>;

/// The program runs until it is done or cut off.
async fn live(world: &Arc<World>, id: &ExecutionId, plan: Option<&Plan>, program: Program) -> Left {
    let stop = Stop::new();
    let life = Arc::new(Life { events: AtomicI64::new(0), program, stop: stop.clone(), over: Notify::new() });
    let reach = Arc::new(Reach { world: world.clone(), life: life.clone() });
    let mut context = RunContext::new(reach.clone(), reach, Arc::new(FakeCatalog::new())).with_id(id.clone());
    context.patience = Patience { tries: 3, pause: Duration::from_millis(1), appearance: Duration::ZERO };
    context.stop = stop;
    if program.ends.is_none() && plan.is_none() {
        context.not_carried_out = looked_after(world, id);
    }
    let work = async {
        match (plan, program.wish) {
            (Some(plan), _) => run(cleared(plan.clone()), context).await,
            (None, Wish::Resume) => resume(context).await,
            (None, Wish::Undo) => undo(context).await,
        }
    };
    let left = tokio::select! {
        biased;
        () = life.over.notified() => None,
        done = work => Some(done),
    };
    // What it did after its last event reached nobody, its own answer neither.
    let left = left.filter(|_| !life.is_over());
    for log in world.logs.lock().unwrap().values() {
        let mut log = log.lock().unwrap();
        let synced = log.synced;
        if left.is_none() && !program.keeps_unsynced {
            log.records.truncate(synced);
        }
        log.synced = log.records.len();
    }
    left
}

/// A person looks after steps in doubt that can neither be repeated nor looked up: what they made is removed, as the
/// program asks, and it is told that nothing was carried out.
fn looked_after(world: &Arc<World>, id: &ExecutionId) -> BTreeSet<String> {
    let calm = Program { wish: Wish::Resume, ends: None, interrupted: None, keeps_unsynced: true };
    let life = Life { events: AtomicI64::new(0), program: calm, stop: Stop::new(), over: Notify::new() };
    let reach = Reach { world: world.clone(), life: Arc::new(life) };
    let Ok(replay) = Journal::open(&reach, id).and_then(|journal| journal.replay()) else {
        return BTreeSet::new();
    };
    let doubtful: BTreeSet<String> = replay
        .execution
        .steps
        .iter()
        .filter(|(step, state)| **state == StepState::Running && step.starts_with('p'))
        .map(|(step, _)| step.clone())
        .collect();
    world.sky.lock().unwrap().live.retain(|_, name| !doubtful.contains(name));
    doubtful
}

/// What must be true of a run that came to rest, and of one that is parked.
fn is_allowed(
    world: &World,
    execution: &Execution,
    journal: &crate::store::Replay,
) -> Result<(), TestCaseError> {
    let sky = world.sky.lock().unwrap();
    prop_assert!(sky.complaints.is_empty(), "{:?}", sky.complaints);
    for (step, tokens) in &sky.tokens {
        prop_assert!(tokens.len() < 2, "{} was sent with {} tokens", step, tokens.len());
    }
    for (step, state) in &execution.steps {
        let (exists, answered) = (
            sky.named(step),
            journal
                .events
                .iter()
                .any(|event| event.step == *step && matches!(event.kind, StepEventKind::Answered { .. })),
        );
        let fits = match state {
            StepState::Succeeded | StepState::Settling => exists == 1,
            StepState::Waiting | StepState::Skipped | StepState::Undone => exists == 0,
            StepState::Failed if answered => exists == 1,
            StepState::Failed => exists == 0,
            StepState::Running | StepState::Undoing | StepState::Stuck => exists <= 1,
        };
        prop_assert!(fits, "{} is {} and exists {} times", step, state.as_str(), exists);
    }
    match execution.status {
        ExecutionStatus::Running => prop_assert!(false, "it rests, and is called running"),
        ExecutionStatus::Parked => {
            let reason = journal.parked.as_deref().unwrap_or_default();
            prop_assert!(!reason.is_empty(), "parked without a word");
        }
        ExecutionStatus::Stuck => {
            let told = journal.events.iter().any(|event| matches!(&event.kind,
                StepEventKind::UndoFailed { failure } if failure.advice.is_some() || !failure.message.is_empty()));
            prop_assert!(told, "stuck without a word");
        }
        ExecutionStatus::Undone => prop_assert!(sky.live.is_empty(), "undone, but there is {:?}", sky.live),
        ExecutionStatus::Succeeded | ExecutionStatus::PartlyDone | ExecutionStatus::Failed => {}
    }
    Ok(())
}

fn replayed(world: &Arc<World>, id: &ExecutionId) -> crate::store::Replay {
    let calm = Program { wish: Wish::Resume, ends: None, interrupted: None, keeps_unsynced: true };
    let life = Life { events: AtomicI64::new(0), program: calm, stop: Stop::new(), over: Notify::new() };
    let reach = Reach { world: world.clone(), life: Arc::new(life) };
    Journal::open(&reach, id).unwrap().replay().unwrap()
}

async fn any_run(
    plan: Plan,
    world: Arc<World>,
    programs: Vec<Program>,
    last: Wish,
) -> Result<(), TestCaseError> {
    let id = new_id();
    let first = programs[0];
    live(&world, &id, Some(&plan), first).await;
    for program in &programs[1..] {
        if let Some(Ok(execution)) = live(&world, &id, None, *program).await {
            is_allowed(&world, &execution, &replayed(&world, &id))?;
        }
    }
    {
        let mut sky = world.sky.lock().unwrap();
        sky.mishaps.clear();
        sky.waits.clear();
    }
    // From here on all is well; what is left must come to a good end. A person looks twice.
    let mut end = None;
    for _ in 0..3 {
        let calm = Program { wish: last, ends: None, interrupted: None, keeps_unsynced: true };
        match live(&world, &id, None, calm).await {
            Some(Ok(execution)) => end = Some(execution),
            Some(Err(ExecutorError::Unknown(_))) => {
                // It ended before its papers were on disk.
                let sky = world.sky.lock().unwrap();
                prop_assert_eq!(sky.requests, 0, "something was sent without papers");
                return Ok(());
            }
            Some(Err(ExecutorError::NotResumable { .. })) => break,
            Some(Err(other)) => prop_assert!(false, "{}", other),
            None => prop_assert!(false, "a calm program was cut off"),
        }
    }
    let replay = replayed(&world, &id);
    let execution = end.unwrap_or_else(|| replay.execution.clone());
    is_allowed(&world, &execution, &replay)?;
    let status = execution.status;
    prop_assert!(status != ExecutionStatus::Parked, "it never ends: {:?}", replay.parked);
    if matches!(last, Wish::Undo) {
        prop_assert!(status != ExecutionStatus::Stuck);
        let sky = world.sky.lock().unwrap();
        prop_assert!(sky.live.is_empty(), "taken back, but there is {:?}: {:?}", sky.live, execution.steps);
    }
    Ok(())
}

/// Plans of up to eight steps. A step's first letter says what it is: tokened, named, or plain.
fn plans() -> impl Strategy<Value = Plan> {
    prop::collection::vec((0..3_usize, any::<u8>()), 1..8).prop_map(|drawn| {
        let ids: Vec<String> = drawn
            .iter()
            .enumerate()
            .map(|(at, (kind, _))| format!("{}{at}", ["t", "n", "p"][*kind]))
            .collect();
        let steps: Vec<Value> = drawn
            .iter()
            .enumerate()
            .map(|(at, (kind, needs))| {
                let needs: Vec<&String> = (0..at).filter(|n| needs >> n & 1 == 1).map(|n| &ids[n]).collect();
                let from: String = needs.iter().map(|n| format!("${{{{ steps.{n}.output.Id }}}} ")).collect();
                json!({"id": ids[at], "cloud": "aws", "service": "test",
                    "operation": format!("Create{}", ["Tokened", "Named", "Plain"][*kind]),
                    "params": {"Name": ids[at], "From": from}})
            })
            .collect();
        Plan::from_value(json!({"version": 1, "name": "any plan", "steps": steps})).unwrap()
    })
}

fn mishaps() -> impl Strategy<Value = Vec<Mishap>> {
    let one = prop_oneof![
        10 => Just(Mishap::None),
        1 => Just(Mishap::Throttled),
        1 => Just(Mishap::Refused),
        1 => Just(Mishap::Expired),
        1 => Just(Mishap::NeverSent),
        1 => Just(Mishap::FailsBefore),
        2 => Just(Mishap::FailsAfter),
        2 => Just(Mishap::AnswerLost),
    ];
    prop::collection::vec(one, 0..40)
}

fn waits() -> impl Strategy<Value = Vec<Wait>> {
    let one = prop_oneof![8 => Just(Wait::Ready), 1 => Just(Wait::TimedOut), 1 => Just(Wait::Failed)];
    prop::collection::vec(one, 0..20)
}

fn programs() -> impl Strategy<Value = Vec<Program>> {
    let wish = prop_oneof![3 => Just(Wish::Resume), 1 => Just(Wish::Undo)];
    let ends = prop::option::weighted(0.8, 0..60_i64);
    let interrupted = prop::option::weighted(0.2, (0..30_i64, any::<bool>()));
    let one =
        (wish, ends, interrupted, any::<bool>()).prop_map(|(wish, ends, interrupted, keeps_unsynced)| {
            Program { wish, ends, interrupted, keeps_unsynced }
        });
    prop::collection::vec(one, 1..5)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_end_is_an_allowed_one(
        plan in plans(),
        mishaps in mishaps(),
        waits in waits(),
        programs in programs(),
        ends_with_undo in any::<bool>(),
    ) {
        let last = if ends_with_undo { Wish::Undo } else { Wish::Resume };
        runtime().block_on(any_run(plan, World::new(mishaps, waits), programs, last))?;
    }
}

#[test]
fn a_step_that_is_not_written_down_is_complained_of() {
    let world = World::new(vec![], vec![]);
    let plan = Plan::from_value(json!({"version": 1, "name": "p", "steps": [
        {"id": "n0", "cloud": "aws", "service": "test", "operation": "CreateNamed", "params": {"Name": "n0"}}]}));
    let calm = Program { wish: Wish::Resume, ends: None, interrupted: None, keeps_unsynced: true };
    let life = Life { events: AtomicI64::new(0), program: calm, stop: Stop::new(), over: Notify::new() };
    let reach = Arc::new(Reach { world: world.clone(), life: Arc::new(life) });
    let mut context = RunContext::new(reach.clone(), reach, Arc::new(FakeCatalog::new()));
    context.faults = Arc::new(Faults::new(vec!["n0:forget-intent".parse().unwrap()]));
    runtime().block_on(run(cleared(plan.unwrap()), context)).unwrap();
    assert_eq!(world.sky.lock().unwrap().complaints, ["n0 was sent before it was written down"]);
}
