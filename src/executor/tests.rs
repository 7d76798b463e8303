use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pretty_assertions::assert_eq;
use serde_json::json;
use tokio::sync::mpsc;

use super::fake::{FakeCloud, cleared, context, plan};
use super::*;
use crate::plan::{Execution, ExecutionStatus, StepEventKind, StepFailure, StepState};
use crate::store::{Journal, Line, Store, StoreError, in_memory, papers};

fn states(execution: &Execution) -> BTreeMap<&str, StepState> {
    execution.steps.iter().map(|(id, state)| (id.as_str(), *state)).collect()
}

fn faults(list: &[&str]) -> Arc<Faults> {
    Arc::new(Faults::new(list.iter().map(|text| text.parse().unwrap()).collect()))
}

struct House {
    store: Arc<dyn Store>,
    cloud: Arc<FakeCloud>,
}

impl House {
    fn new() -> Self {
        Self { store: in_memory(), cloud: Arc::new(FakeCloud::default()) }
    }

    fn context(&self) -> RunContext {
        context(&self.store, &self.cloud)
    }
}

const DIAMOND: [(&str, &str, &[&str]); 4] =
    [("a", "Named", &[]), ("b", "Tokened", &["a"]), ("c", "Named", &["a"]), ("d", "Tokened", &["b", "c"])];

#[tokio::test]
async fn a_plan_runs_in_order_and_references_are_filled_in() {
    let house = House::new();
    let execution = run(cleared(plan(&DIAMOND)), house.context()).await.unwrap();
    assert_eq!(execution.status, ExecutionStatus::Succeeded);
    assert_eq!(house.cloud.names(), ["a", "b", "c", "d"]);
    let requests = house.cloud.state().requests;
    let ids: Vec<_> = requests.iter().map(|call| call.params["Name"].as_str().unwrap()).collect();
    assert_eq!((ids[0], ids[3]), ("a", "d"));
    assert_eq!(requests[1].params["From"], "id-1 ");
}

#[tokio::test]
async fn what_an_answer_only_began_is_referred_to_by_what_it_came_to() {
    let house = House::new();
    let context = house.context();
    let id = context.id.clone();
    let mut steps = plan(&[("slow", "Named", &[]), ("b", "Named", &["slow"])]);
    steps.steps[1].params["Password"] = json!("${{ steps.slow.output.Secret }}");
    run(cleared(steps), context).await.unwrap();
    let requests = house.cloud.state().requests;
    let sent = &requests.last().unwrap().params;
    assert_eq!((&sent["From"], &sent["Password"]), (&json!("slow-done "), &json!("l4ter")));
    let replay = Journal::open(&*house.store, &id).unwrap().replay().unwrap();
    let mut kept = replay.events.iter().filter(|event| event.step == "slow").filter_map(|e| e.kind.output());
    let kept = kept.next_back().unwrap();
    assert_eq!(kept["Id"], "slow-done");
    assert_eq!(kept["Secret"], crate::text::MASK, "secrets of a late answer are not kept either");
    assert_eq!(kept[crate::clouds::EXISTED], true, "only the first answer knows what was there");
}

#[tokio::test]
async fn branches_run_at_the_same_time() {
    let cloud = FakeCloud::that_takes(Duration::from_millis(60));
    let house = House { store: in_memory(), cloud: Arc::new(cloud) };
    run(cleared(plan(&DIAMOND)), house.context()).await.unwrap();
    assert_eq!(house.cloud.most_at_once(), 2);
}

#[tokio::test]
async fn what_was_done_in_part_is_told_and_can_be_taken_back() {
    let house = House::new();
    let context = house.context();
    let id = context.id.clone();
    let steps = plan(&[("half", "Named", &[]), ("after", "Named", &["half"]), ("other", "Named", &[])]);
    let execution = run(cleared(steps), context).await.unwrap();
    use StepState::{Failed, Skipped, Succeeded};
    assert_eq!(
        states(&execution),
        BTreeMap::from([("half", Failed), ("after", Skipped), ("other", Succeeded)])
    );
    let replay = Journal::open(&*house.store, &id).unwrap().replay().unwrap();
    let failure = replay.events.iter().find_map(|event| match &event.kind {
        StepEventKind::Failed { failure } => Some(failure.clone()),
        _ => None,
    });
    let failure = failure.unwrap();
    assert_eq!(failure.code, "PartlyDone");
    assert!(failure.message.contains("\"other\"") && !failure.message.contains("s3cret"), "{failure:?}");
    // It is not asked for again, what there is of it can go.
    let again = resume(house.context().with_id(id.clone())).await.unwrap();
    assert_eq!((again.status, house.cloud.asked("CreateNamed")), (ExecutionStatus::PartlyDone, 2));
    let execution = undo(house.context().with_id(id)).await.unwrap();
    assert_eq!((execution.status, house.cloud.names().len()), (ExecutionStatus::Undone, 0));
}

#[tokio::test]
async fn a_failing_branch_skips_only_what_needs_it() {
    let house = House::new();
    let steps = plan(&[
        ("a", "Named", &[]),
        ("bad", "Named", &["a"]),
        ("c", "Named", &["bad"]),
        ("d", "Named", &["c"]),
        ("e", "Named", &["a"]),
    ]);
    let context = house.context();
    let id = context.id.clone();
    let execution = run(cleared(steps), context).await.unwrap();
    assert_eq!(execution.status, ExecutionStatus::PartlyDone);
    use StepState::{Failed, Skipped, Succeeded};
    let expected = [("a", Succeeded), ("bad", Failed), ("c", Skipped), ("d", Skipped), ("e", Succeeded)];
    assert_eq!(states(&execution), BTreeMap::from(expected));
    let replay = Journal::open(&*house.store, &id).unwrap().replay().unwrap();
    let causes: Vec<_> = replay
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            StepEventKind::Skipped { because } => Some(because.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(causes, ["bad", "bad"], "the first cause is kept");
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_with_the_same_token() {
    let house = House::new();
    let context = RunContext { faults: faults(&["b:lose-answer", "c:lose-answer"]), ..house.context() };
    let execution = run(cleared(plan(&DIAMOND)), context).await.unwrap();
    assert_eq!(execution.status, ExecutionStatus::Succeeded);
    assert_eq!(house.cloud.names(), ["a", "b", "c", "d"], "nothing is doubled");
    assert_eq!(house.cloud.asked("GetNamed"), 1, "what has no token is looked up");
    assert_eq!(house.cloud.asked("CreateNamed"), 2, "and not sent again");
}

#[tokio::test]
async fn what_can_neither_be_repeated_nor_looked_up_waits_for_a_person() {
    let house = House::new();
    let steps = plan(&[("a", "Plain", &[]), ("b", "Named", &["a"]), ("c", "Named", &[])]);
    let context = RunContext { faults: faults(&["a:lose-answer"]), ..house.context() };
    let id = context.id.clone();
    let execution = run(cleared(steps), context).await.unwrap();
    assert_eq!(execution.status, ExecutionStatus::Parked);
    assert_eq!(execution.steps["c"], StepState::Succeeded, "the others go on");
    let parked = Journal::open(&*house.store, &id).unwrap().replay().unwrap().parked.unwrap();
    assert!(parked.contains("--not-carried-out a"), "{parked}");

    let again = resume(house.context().with_id(id.clone())).await.unwrap();
    assert_eq!(again.status, ExecutionStatus::Parked, "resuming alone does not guess");
    assert_eq!(house.cloud.asked("CreatePlain"), 1);

    let not_carried_out = ["a".to_owned()].into();
    let done = resume(RunContext { not_carried_out, ..house.context().with_id(id) }).await.unwrap();
    assert_eq!(done.status, ExecutionStatus::Succeeded);
}

#[tokio::test]
async fn a_name_that_was_taken_before_is_a_failure_and_not_ours() {
    let house = House::new();
    run(cleared(plan(&[("a", "Named", &[])])), house.context()).await.unwrap();
    let second = run(cleared(plan(&[("a", "Named", &[])])), house.context()).await.unwrap();
    assert_eq!(second.status, ExecutionStatus::Failed);
    assert_eq!(house.cloud.names(), ["a"]);
}

#[tokio::test]
async fn repeated_requests_change_nothing() {
    let house = House::new();
    let context = RunContext { faults: faults(&["*:repeat:9"]), ..house.context() };
    let steps = plan(&[("a", "Tokened", &[]), ("b", "Tokened", &["a"])]);
    assert_eq!(run(cleared(steps), context).await.unwrap().status, ExecutionStatus::Succeeded);
    assert_eq!(house.cloud.names(), ["a", "b"]);
}

#[tokio::test]
async fn throttling_is_waited_out() {
    let house = House::new();
    let context = RunContext { faults: faults(&["a:throttle:2"]), ..house.context() };
    let execution = run(cleared(plan(&[("a", "Named", &[])])), context).await.unwrap();
    assert_eq!(execution.status, ExecutionStatus::Succeeded);
}

#[tokio::test]
async fn a_waiter_that_runs_out_of_time_parks_the_run() {
    let house = House::new();
    let context = RunContext { faults: faults(&["a:wait-timeout"]), ..house.context() };
    let id = context.id.clone();
    let execution = run(cleared(plan(&DIAMOND)), context).await.unwrap();
    assert_eq!((execution.status, execution.steps["a"]), (ExecutionStatus::Parked, StepState::Settling));
    let found: Vec<_> = unfinished(&house.store).unwrap().into_iter().map(|e| e.id).collect();
    assert_eq!(found, std::slice::from_ref(&id));
    let done = resume(house.context().with_id(id)).await.unwrap();
    assert_eq!(done.status, ExecutionStatus::Succeeded);
    assert_eq!(house.cloud.names(), ["a", "b", "c", "d"], "a was not sent a second time");
    assert!(unfinished(&house.store).unwrap().is_empty());
}

#[tokio::test]
async fn a_failed_step_is_tried_again_when_the_run_is_resumed() {
    let house = House::new();
    let context = RunContext { faults: faults(&["b:refuse"]), ..house.context() };
    let id = context.id.clone();
    let execution = run(cleared(plan(&DIAMOND)), context).await.unwrap();
    assert_eq!((execution.steps["b"], execution.steps["d"]), (StepState::Failed, StepState::Skipped));
    let done = resume(house.context().with_id(id.clone())).await.unwrap();
    assert_eq!(done.status, ExecutionStatus::Succeeded);
    assert_eq!(house.cloud.names(), ["a", "b", "c", "d"]);
    let message = resume(house.context().with_id(id)).await.unwrap_err().to_string();
    assert!(message.contains("nothing left to do"), "{message}");
}

#[tokio::test]
async fn the_first_interrupt_lets_running_steps_end_and_the_second_does_not() {
    for at_once in [false, true] {
        let cloud = FakeCloud::that_takes(Duration::from_millis(80));
        let house = House { store: in_memory(), cloud: Arc::new(cloud) };
        let context = house.context();
        let (id, stop) = (context.id.clone(), context.stop.clone());
        let running = tokio::spawn(run(cleared(plan(&DIAMOND)), context));
        tokio::time::sleep(Duration::from_millis(30)).await;
        stop.after_running();
        if at_once {
            stop.at_once();
        }
        let execution = running.await.unwrap().unwrap();
        assert_eq!(execution.status, ExecutionStatus::Parked);
        let expected = if at_once { StepState::Running } else { StepState::Succeeded };
        assert_eq!((execution.steps["a"], execution.steps["b"]), (expected, StepState::Waiting));
        let done = resume(house.context().with_id(id)).await.unwrap();
        assert_eq!(done.status, ExecutionStatus::Succeeded);
        assert_eq!(house.cloud.names(), ["a", "b", "c", "d"]);
    }
}

#[tokio::test]
async fn a_new_deny_stops_the_step_before_it_is_sent() {
    let house = House::new();
    let deny = |step: &crate::plan::Step| match step.params["From"].as_str() {
        Some(from) if from.starts_with("id-1") => {
            Err(StepFailure { code: "DENIED".into(), message: "no".into(), advice: None })
        }
        _ => Ok(()),
    };
    let context = RunContext { recheck: Some(Arc::new(deny)), ..house.context() };
    let execution = run(cleared(plan(&DIAMOND)), context).await.unwrap();
    assert_eq!((execution.steps["b"], execution.steps["d"]), (StepState::Failed, StepState::Skipped));
    assert_eq!(house.cloud.names(), ["a"]);
}

#[tokio::test]
async fn undo_takes_back_in_reverse_order_only_what_was_made() {
    let house = House::new();
    let context = house.context();
    let id = context.id.clone();
    let mut steps = DIAMOND.to_vec();
    steps.push(("bad", "Named", &["a"]));
    run(cleared(plan(&steps)), context).await.unwrap();
    let undone = undo(house.context().with_id(id.clone())).await.unwrap();
    assert_eq!(undone.status, ExecutionStatus::Undone);
    assert_eq!(house.cloud.names(), Vec::<String>::new());
    let deleted: Vec<_> = house
        .cloud
        .state()
        .requests
        .iter()
        .filter(|call| call.operation.operation.starts_with("Delete"))
        .map(|call| call.params["Id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(deleted.len(), 4, "each once");
    assert_eq!((deleted[0].as_str(), deleted[3].as_str()), ("id-4", "id-1"));
    let again = undo(house.context().with_id(id)).await.unwrap();
    assert_eq!((again.status, house.cloud.asked("DeleteNamed")), (ExecutionStatus::Undone, 2));
}

#[tokio::test]
async fn what_was_there_before_is_not_taken_away_by_an_undo() {
    let house = House::new();
    let context = house.context();
    let id = context.id.clone();
    run(cleared(plan(&[("old", "Named", &[]), ("new", "Named", &[])])), context).await.unwrap();
    let stuck = undo(house.context().with_id(id.clone())).await.unwrap();
    assert_eq!(stuck.status, ExecutionStatus::Stuck);
    assert_eq!(house.cloud.names(), ["old"]);
    let events = Journal::open(&*house.store, &id).unwrap().replay().unwrap().events;
    let failure = events.iter().find_map(|event| match &event.kind {
        StepEventKind::UndoFailed { failure } => Some(failure.clone()),
        _ => None,
    });
    assert!(failure.unwrap().message.contains("was there before"));
}

#[tokio::test]
async fn what_cannot_be_taken_back_is_stuck_with_its_command_and_the_others_go_on() {
    let house = House::new();
    let context = house.context();
    let id = context.id.clone();
    run(cleared(plan(&DIAMOND)), context).await.unwrap();
    house.cloud.fix("b");
    let stuck = undo(house.context().with_id(id.clone())).await.unwrap();
    assert_eq!(stuck.status, ExecutionStatus::Stuck);
    assert_eq!(house.cloud.names(), ["a", "b"], "a is still needed by b");
    let events = Journal::open(&*house.store, &id).unwrap().replay().unwrap().events;
    let advice = events.iter().find_map(|event| match &event.kind {
        StepEventKind::UndoFailed { failure } => failure.advice.clone(),
        _ => None,
    });
    assert!(advice.unwrap().starts_with("provisioner call aws test DeleteTokened --params '{\"Id\":\"id-"));

    house.cloud.loosen();
    let undone = undo(house.context().with_id(id)).await.unwrap();
    assert_eq!((undone.status, house.cloud.names().len()), (ExecutionStatus::Undone, 0));
}

#[tokio::test]
async fn undo_settles_a_request_in_doubt_before_it_takes_it_back() {
    let cloud = FakeCloud::that_takes(Duration::from_millis(40));
    let house = House { store: in_memory(), cloud: Arc::new(cloud) };
    let context = RunContext { faults: faults(&["a:lose-answer:9"]), ..house.context() };
    let id = context.id.clone();
    let steps = plan(&[("a", "Tokened", &[]), ("b", "Named", &["a"])]);
    assert_eq!(run(cleared(steps), context).await.unwrap().status, ExecutionStatus::Parked);
    assert_eq!(house.cloud.names(), ["a"]);
    let undone = undo(house.context().with_id(id)).await.unwrap();
    assert_eq!((undone.status, house.cloud.names().len()), (ExecutionStatus::Undone, 0));
    assert_eq!(house.cloud.asked("CreateNamed"), 0, "nothing new was started");
}

#[tokio::test]
async fn secrets_are_not_in_the_journal_and_the_papers_forget_them_when_all_is_done() {
    let house = House::new();
    let mut steps = plan(&[("a", "Tokened", &[]), ("b", "Named", &["a"])]);
    steps.steps[0].params["Password"] = json!("hunter2");
    let context = RunContext { faults: faults(&["b:refuse"]), ..house.context() };
    let id = context.id.clone();
    run(cleared(steps), context).await.unwrap();
    let journal = |store: &Arc<dyn Store>| {
        let records = store.log(&id.0).unwrap().read().unwrap().records;
        String::from_utf8(records.concat()).unwrap()
    };
    assert!(!journal(&house.store).contains("hunter2") && !journal(&house.store).contains("s3cret"));
    let kept = || serde_json::to_string(&papers(&house.store).get(&id.0).unwrap().unwrap()).unwrap();
    assert!(kept().contains("hunter2"), "what may be sent again is kept");
    resume(house.context().with_id(id.clone())).await.unwrap();
    assert!(!kept().contains("hunter2"));
}

#[tokio::test]
async fn progress_tells_every_step_in_words() {
    let house = House::new();
    let (tell, mut told) = mpsc::unbounded_channel();
    let context = RunContext { progress: Some(tell), ..house.context() };
    run(cleared(plan(&[("a", "Named", &[])])), context).await.unwrap();
    let mut states = Vec::new();
    while let Some(progress) = told.recv().await {
        assert_eq!(progress.operation, "test CreateNamed");
        states.push((progress.state, progress.note, progress.request_id));
    }
    let expected = [
        (StepState::Running, None, None),
        (StepState::Settling, None, Some("r-1".into())),
        (StepState::Settling, Some("ThingExists".into()), None),
        (StepState::Succeeded, None, None),
    ];
    assert_eq!(states, expected);
}

#[tokio::test]
async fn an_unknown_execution_and_a_damaged_journal_are_clear_errors() {
    let house = House::new();
    let message = resume(house.context()).await.unwrap_err().to_string();
    assert!(message.contains("history list"), "{message}");

    let context = house.context();
    let id = context.id.clone();
    run(cleared(plan(&[("bad", "Named", &[])])), context).await.unwrap();
    let line = Line::Step(crate::plan::StepEvent {
        step: "bad".into(),
        at: jiff::Timestamp::UNIX_EPOCH,
        kind: StepEventKind::Undone,
    });
    Journal::open(&*house.store, &id).unwrap().append(&[line]).unwrap();
    let error = resume(house.context().with_id(id)).await.unwrap_err();
    assert!(matches!(&error, ExecutorError::Store { source: StoreError::LogRecord { .. }, .. }), "{error}");
}

#[tokio::test]
async fn a_run_that_is_being_taken_back_is_found_when_the_program_ends_in_between() {
    let cloud = FakeCloud::that_takes(Duration::from_millis(200));
    let house = House { store: in_memory(), cloud: Arc::new(cloud) };
    let context = house.context();
    let id = context.id.clone();
    run(cleared(plan(&DIAMOND)), context).await.unwrap();
    assert!(unfinished(&house.store).unwrap().is_empty());
    // The program ends while the first request that takes something back is under way: the future is dropped there.
    let undoing = undo(house.context().with_id(id.clone()));
    assert!(tokio::time::timeout(Duration::from_millis(100), undoing).await.is_err(), "it was over before");
    let found: Vec<_> = unfinished(&house.store).unwrap().into_iter().map(|e| e.id).collect();
    assert_eq!(found, [id]);
}

#[tokio::test]
async fn a_program_that_ends_before_the_first_word_of_an_undo_leaves_a_run_that_is_done() {
    let house = House::new();
    let context = house.context();
    let id = context.id.clone();
    let done = run(cleared(plan(&DIAMOND)), context).await.unwrap();
    let running = Execution { status: ExecutionStatus::Running, ended: None, ..done.clone() };
    crate::store::executions(&house.store).put(&id.0, &running).unwrap();
    assert!(unfinished(&house.store).unwrap().is_empty());
    let listed = crate::store::executions(&house.store).get(&id.0).unwrap().unwrap();
    assert_eq!(listed.status, ExecutionStatus::Succeeded);
}

#[tokio::test]
async fn a_run_that_was_taken_back_before_it_was_done_is_over() {
    let house = House::new();
    let context = RunContext { faults: faults(&["a:throttle:9"]), ..house.context() };
    let id = context.id.clone();
    assert_eq!(run(cleared(plan(&DIAMOND)), context).await.unwrap().status, ExecutionStatus::Parked);
    let undone = undo(house.context().with_id(id.clone())).await.unwrap();
    assert_eq!((undone.status, undone.steps["a"]), (ExecutionStatus::Undone, StepState::Waiting));
    let message = resume(house.context().with_id(id)).await.unwrap_err().to_string();
    assert!(message.contains("apply its plan again"), "{message}");
    assert_eq!(house.cloud.names(), Vec::<String>::new());
}

#[tokio::test]
async fn a_no_to_the_second_request_says_nothing_about_the_first() {
    let house = House::new();
    let steps = plan(&[("a", "Tokened", &[]), ("b", "Named", &[])]);
    let context = RunContext { faults: faults(&["*:lose-answer:2"]), ..house.context() };
    let id = context.id.clone();
    house.cloud.refuse_after(2);
    let parked = run(cleared(steps), context).await.unwrap();
    assert_eq!((parked.status, parked.steps["a"]), (ExecutionStatus::Parked, StepState::Running));
    assert_eq!(parked.steps["b"], StepState::Succeeded, "it was found by its name");
    house.cloud.loosen();
    let done = resume(house.context().with_id(id)).await.unwrap();
    assert_eq!(done.status, ExecutionStatus::Succeeded);
    assert_eq!(house.cloud.names(), ["a", "b"]);
}
