//! The Legislator as the rest of the program holds it: rules that can be read again.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::cases::{self, CaseInputs, CaseReport};
use super::exceptions::Register;
use super::judge::{self, Bench, Surroundings};
use super::recheck::{Seen, recheck};
use super::ruleset::RuleSet;
use super::{
    Books, ExceptionRecord, ExceptionState, ExceptionStatus, Happening, Notice, RolesBook, RuleInfo,
    RulesError, Uses, constraints,
};
use crate::catalog::Catalog;
use crate::mcp::FilesClient;
use crate::plan::{Plan, Step, StepFailure, Verdict};

/// The root of the file server under which the rules are.
const ROOT: &str = "rules";

/// Judges plans by the rules of the rules folder. Clones share the rules.
#[derive(Clone)]
pub struct Legislator {
    files: Option<FilesClient>,
    state: Arc<RwLock<State>>,
}

#[derive(Default)]
struct State {
    /// The last good rules.
    set: Option<Arc<RuleSet>>,
    /// What was read last, good or not; nothing when it could not be read.
    texts: Option<BTreeMap<String, String>>,
    /// Why what was read last is not in force.
    error: Option<RulesError>,
    /// The exceptions of what was read last, by the roles in force.
    exceptions: Arc<Register>,
}

impl Legislator {
    /// Reads books and rules through the file server. Never fails: a broken set leaves the last
    /// good one, or none, and [`Legislator::banners`] says so.
    pub async fn open(files: FilesClient) -> Self {
        let legislator = Self { files: Some(files), state: Arc::default() };
        legislator.refresh().await;
        legislator
    }

    /// Takes the rules from texts, by their path below the rules folder.
    #[must_use]
    pub fn from_texts(texts: BTreeMap<String, String>) -> Self {
        let legislator = Self { files: None, state: Arc::default() };
        legislator.take(texts);
        legislator
    }

    /// The same rules with other books, by name: a book as a JSON value or as YAML text.
    ///
    /// # Errors
    ///
    /// There are no good rules, or a book does not fit.
    pub fn with_books(&self, books: &Map<String, Value>) -> Result<Self, RulesError> {
        let (set, error) = self.now();
        let set = set.ok_or_else(|| error.unwrap_or(RulesError::Empty))?;
        let state = State { set: Some(Arc::new(set.with_books(books)?)), ..State::default() };
        Ok(Self { files: None, state: Arc::new(RwLock::new(state)) })
    }

    /// Reads again if anything changed; a broken file never lowers the guard.
    pub async fn refresh(&self) {
        let Some(files) = &self.files else { return };
        match files.read_all(ROOT).await {
            Ok(texts) => self.take(texts),
            Err(error) => {
                let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
                state.error = Some(RulesError::Read(error.to_string()));
                // So that the same texts count as news once they can be read again.
                state.texts = None;
            }
        }
    }

    fn take(&self, texts: BTreeMap<String, String>) {
        if self.state.read().unwrap_or_else(PoisonError::into_inner).texts.as_ref() == Some(&texts) {
            return;
        }
        let read = RuleSet::from_texts(&texts);
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match read {
            Ok(set) => {
                state.set = Some(Arc::new(set));
                state.error = None;
            }
            Err(error) => state.error = Some(error),
        }
        let exceptions = state.set.as_ref().map(|set| Register::read(&texts, &set.roles, &set.rules));
        state.exceptions = Arc::new(exceptions.unwrap_or_default());
        state.texts = Some(texts);
    }

    fn now(&self) -> (Option<Arc<RuleSet>>, Option<RulesError>) {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        (state.set.clone(), state.error.clone())
    }

    /// What a person must know about the rules; empty when all is well.
    #[must_use]
    pub fn banners(&self) -> Vec<String> {
        let (set, error) = self.now();
        let mut banners = self.register().banners(Timestamp::now());
        if let Some(error) = error {
            let then = match set {
                Some(set) => format!("the last good rules ({}) stay in force", set.digest.short()),
                None => "nothing that changes anything can be approved".into(),
            };
            banners.insert(0, crate::text::line(&format!("{error}: {then}")));
        }
        banners
    }

    fn register(&self) -> Arc<Register> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner).exceptions)
    }

    /// Every record of the exceptions folder and where it stands.
    #[must_use]
    pub fn exceptions(&self, now: Timestamp, uses: &Uses) -> Vec<ExceptionStatus> {
        self.register().statuses(now, uses)
    }

    /// Where a record would stand, whether or not it is on disk.
    #[must_use]
    pub fn examine(&self, record: &ExceptionRecord, now: Timestamp, uses: &Uses) -> ExceptionState {
        match self.now().0 {
            Some(set) => Register::examine(record, &set.roles, &set.rules, now, uses),
            None => ExceptionState::Refused { why: "there are no rules".into() },
        }
    }

    /// The book of roles in force.
    #[must_use]
    pub fn roles(&self) -> RolesBook {
        self.now().0.map(|set| set.roles.clone()).unwrap_or_default()
    }

    /// Who is told what has happened, with the words; nothing is sent here.
    #[must_use]
    pub fn notices(&self, happening: &Happening<'_>) -> Vec<Notice> {
        self.now().0.map(|set| set.routing.notices(happening)).unwrap_or_default()
    }

    /// Judges a plan. Deterministic, without IO.
    #[must_use]
    pub fn judge(&self, plan: &Plan, with: &Surroundings<'_>) -> Verdict {
        let (set, error) = self.now();
        let (trouble, exceptions) = (judge::trouble(error.as_ref()), self.register());
        judge::judge(&Bench { set: set.as_deref(), trouble: &trouble, exceptions: &exceptions }, plan, with)
    }

    /// Judges one step just before it is sent, with its references resolved; `seen` is what was approved.
    ///
    /// # Errors
    ///
    /// A rule denies what the step has become, or it now needs an exception that was not accepted with the plan.
    pub fn recheck(&self, step: &Step, seen: &Seen, with: &Surroundings<'_>) -> Result<(), StepFailure> {
        let (set, error) = self.now();
        let (trouble, exceptions) = (judge::trouble(error.as_ref()), self.register());
        let bench = Bench { set: set.as_deref(), trouble: &trouble, exceptions: &exceptions };
        recheck(&bench, step, seen, with)
    }

    /// The books in a few short lines, so that a planner plans inside them.
    #[must_use]
    pub fn constraints(&self) -> String {
        self.now().0.map(|set| constraints::constraints(&set.books)).unwrap_or_default()
    }

    /// The books in force.
    #[must_use]
    pub fn books(&self) -> Option<Books> {
        self.now().0.map(|set| set.books.clone())
    }

    /// Runs the cases of the rules folder against the rules in force.
    ///
    /// # Errors
    ///
    /// The rules are broken, or a file of cases does not fit.
    pub fn test(&self, catalog: &Catalog) -> Result<CaseReport, RulesError> {
        cases::run(&self.tested()?, self, catalog)
    }

    /// The cases in the form in which another Rego engine can judge them.
    ///
    /// # Errors
    ///
    /// As [`Legislator::test`].
    pub fn case_inputs(&self, catalog: &Catalog) -> Result<CaseInputs, RulesError> {
        cases::inputs(&self.tested()?, self, catalog)
    }

    /// The texts read last, which must be those in force.
    fn tested(&self) -> Result<BTreeMap<String, String>, RulesError> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.error.clone().map_or_else(|| Ok(state.texts.clone().unwrap_or_default()), Err)
    }

    pub(super) fn set(&self) -> Option<Arc<RuleSet>> {
        self.now().0
    }

    /// All rules in force, by id.
    #[must_use]
    pub fn rules(&self) -> Vec<RuleInfo> {
        self.now().0.map(|set| set.rules.values().cloned().collect()).unwrap_or_default()
    }
}
