//! Everything that a session works with, put together in one place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::{Rehearsal, SessionError};
use crate::agent::{Offline, OpenAi, Planner, Workflows};
use crate::catalog::Catalog;
use crate::clouds::{Cloud, Place, Probe, Tell, connect};
use crate::config::{Home, Settings};
use crate::executor::Faults;
use crate::files::{FileRoom, RootSpec};
use crate::finops::PriceBook;
use crate::legislator::Legislator;
use crate::mcp::{Parts, Switchboard};
use crate::memory::Conversations;
use crate::plan::{Approver, CloudName, Regions, StepId, Target};
use crate::sandbox::Sandbox;
use crate::store::Store;

/// What a session is opened with.
#[derive(Clone)]
pub struct Options {
    /// The folders.
    pub home: Home,
    /// What the person chose.
    pub settings: Settings,
    /// The store of the home folder, opened.
    pub store: Arc<dyn Store>,
    /// Where requests go.
    pub target: Target,
    /// Whether everything that acts is switched off.
    pub read_only: bool,
    /// Whose approvals they are.
    pub approver: Approver,
    /// Faults on purpose, for tests.
    pub faults: Arc<Faults>,
    /// Steps of which a person says that their request in doubt was not carried out.
    pub not_carried_out: BTreeSet<StepId>,
    /// Who hears what the clouds say beforehand about the steps of a run.
    pub rehearsal: Option<Rehearsal>,
    /// Hears what only a person can do, for example to sign in elsewhere.
    pub tell: Tell,
}

/// What a session works with, whatever its target.
pub struct Desk {
    pub(crate) options: Options,
    pub(crate) catalog: Catalog,
    pub(crate) prices: PriceBook,
    pub(crate) planner: Arc<dyn Planner>,
    pub(crate) conversations: Conversations,
    /// What went wrong and did not keep the desk from opening.
    pub(crate) warnings: Vec<String>,
}

/// The clouds of one target and what judges the plans for them.
pub struct Reach {
    pub(crate) target: Target,
    pub(crate) board: Switchboard,
    pub(crate) legislator: Legislator,
    /// The clouds in words, for the frame.
    pub(crate) contexts: Vec<String>,
    /// The regions of steps that name none.
    pub(crate) regions: Regions,
    /// How each cloud is asked whether it is there.
    pub(crate) probes: Vec<Probe>,
    /// The embedded clouds, for as long as they are needed.
    pub(crate) _sandbox: Option<Sandbox>,
}

impl Desk {
    /// Opens the catalog, the price book, the planner, and the conversations.
    ///
    /// # Errors
    ///
    /// One of them cannot be opened.
    pub fn open(options: Options) -> Result<Self, SessionError> {
        let catalog = Catalog::open(Some(options.home.data()))?;
        let prices = PriceBook::open(Some(&options.home.config().join("prices")))?;
        let mut warnings = [catalog.warnings(), &catalog.documentation_at_a_glance()].concat();
        let planner: Arc<dyn Planner> = match &options.settings.model {
            Some(model) => Arc::new(OpenAi::new(model)?),
            None => {
                let workflows = Workflows::open(Some(&options.home.config().join("workflows")));
                warnings.extend(workflows.warnings().iter().cloned());
                Arc::new(Offline::new(catalog.clone(), workflows))
            }
        };
        let conversations = Conversations::open(&options.store);
        Ok(Self { options, catalog, prices, planner, conversations, warnings })
    }

    /// Connects the clouds of a target: the embedded ones, or the live ones.
    ///
    /// # Errors
    ///
    /// The sandbox does not start, or the rules cannot be read at all.
    pub async fn reach(&self, target: Target) -> Result<Reach, SessionError> {
        let sandbox = match target {
            Target::Live => None,
            Target::Sandbox => {
                Some(Sandbox::start(self.catalog.clone(), Arc::clone(&self.options.store), None).await?)
            }
        };
        let place = sandbox.as_ref().map_or(Place::Live, |sandbox| Place::Sandbox(sandbox.endpoint()));
        let clouds = self.clouds(place)?;
        let contexts = clouds.iter().map(|(name, cloud)| format!("{name} {}", cloud.context())).collect();
        let mut regions = Vec::new();
        for (name, cloud) in &clouds {
            regions.extend(cloud.region().await.map(|region| (*name, region)));
        }
        let regions = regions.into_iter().collect();
        let probes = clouds.values().filter_map(|cloud| cloud.probe()).collect();
        let board = Switchboard::start(Parts {
            catalog: self.catalog.clone(),
            clouds,
            files: self.files()?,
            store: Arc::clone(&self.options.store),
            target,
        })
        .await?;
        let legislator = Legislator::open(board.files()).await;
        Ok(Reach { target, board, legislator, contexts, regions, probes, _sandbox: sandbox })
    }

    /// The roots of the file server: rules and prompts, each with the person's own on top.
    fn files(&self) -> Result<FileRoom, SessionError> {
        let own = |name: &str| -> Option<PathBuf> {
            let folder = self.options.home.config().join(name);
            folder.is_dir().then_some(folder)
        };
        Ok(FileRoom::open(vec![RootSpec::rules(own("rules")), RootSpec::prompts(own("prompts"))])?)
    }

    /// A client of every cloud that the catalog knows and that there is a client for.
    fn clouds(&self, place: Place<'_>) -> Result<BTreeMap<CloudName, Arc<dyn Cloud>>, SessionError> {
        let mut clouds = BTreeMap::new();
        for name in CloudName::ALL {
            let Some(made) = connect(name, &self.catalog, place, &self.options.settings, &self.options.tell)
            else {
                continue;
            };
            let cloud = made.map_err(|e| SessionError::Cloud { cloud: name, message: e.to_string() })?;
            clouds.insert(name, cloud);
        }
        Ok(clouds)
    }
}
