//! All servers, started, with a client of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::client::Client;
use super::server::Server;
use super::servers::act::ActTools;
use super::servers::catalog::CatalogTools;
use super::servers::files::FileTools;
use super::servers::graph::{GraphTools, LearnTools};
use super::servers::memory::{MemoryTools, NoteTools};
use super::servers::read::ReadTool;
use super::tool::text_of;
use super::{CloudClient, FilesClient, GraphClient, MemoryClient, SwitchboardError, ToolReply, ToolSpec};
use crate::catalog::Catalog;
use crate::clouds::Cloud;
use crate::files::FileRoom;
use crate::graph::Graph;
use crate::memory::{Conversations, Notes};
use crate::plan::{CloudName, Plan, Target};
use crate::store::Store;
use crate::text::sanitize;

/// What the servers stand on.
pub struct Parts {
    /// The operations of all clouds.
    pub catalog: Catalog,
    /// The clouds that can be reached.
    pub clouds: BTreeMap<CloudName, Arc<dyn Cloud>>,
    /// The folders that the file server offers: rules and prompts, and what the person named.
    pub files: FileRoom,
    /// Where conversations, notes, journals, and the graph are kept.
    pub store: Arc<dyn Store>,
    /// The target whose resources the graph server speaks of.
    pub target: Target,
}

/// A tool that a server offers, and to whom.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Offered {
    /// The server.
    pub server: String,
    /// The tool.
    pub tool: String,
    /// What it does.
    pub description: String,
    /// Whether a planner may call it; the others are the program's own.
    pub planner: bool,
}

/// The servers and their clients. Dropping it ends the servers.
pub struct Switchboard {
    clouds: CloudClient,
    files: FilesClient,
    graph: GraphClient,
    memory: MemoryClient,
    catalog: Catalog,
    offered: Vec<Offered>,
    /// By name; these faces can only read.
    agent: BTreeMap<String, Client>,
    tools: Vec<ToolSpec>,
}

impl Switchboard {
    /// Starts every server on a task of its own and connects to it.
    ///
    /// # Errors
    ///
    /// A server does not answer.
    pub async fn start(parts: Parts) -> Result<Self, SwitchboardError> {
        let graph = Graph::open(&parts.store);
        let catalog = parts.catalog.clone();
        let mut executor = BTreeMap::new();
        let mut faces = Vec::new();
        for (name, cloud) in parts.clouds {
            let find = Arc::new(CatalogTools::new(name, parts.catalog.clone()));
            let (catalog, to) = (parts.catalog.clone(), Arc::clone(&cloud));
            let read = Arc::new(ReadTool::new(name, catalog, to, graph.clone(), parts.target));
            let act = Arc::new(ActTools::new(name, cloud));
            let all = Server::new(name.as_str(), vec![find.clone(), read.clone(), act]);
            executor.insert(name, Client::connect(all).await?);
            faces.push(Server::new(name.as_str(), vec![find, read]));
        }
        let files = Server::new("files", vec![Arc::new(FileTools::new(Arc::new(parts.files)))]);
        faces.push(files.clone());
        let notes = Notes::open(&parts.store);
        let conversations = Conversations::open(&parts.store);
        let remember = Arc::new(MemoryTools::new(conversations, notes.clone()));
        let memory = Server::new("memory", vec![remember.clone(), Arc::new(NoteTools::new(notes))]);
        faces.push(Server::new("memory", vec![remember]));
        let look = Arc::new(GraphTools::new(graph.clone(), parts.target));
        let learn = LearnTools::new(graph, parts.target, parts.store, parts.catalog);
        let graph = Server::new("graph", vec![look.clone(), Arc::new(learn)]);
        faces.push(Server::new("graph", vec![look]));
        let graph = Client::connect(graph).await?;
        let memory = Client::connect(memory).await?;
        let mut offered = Vec::new();
        for client in executor.values().chain([&graph, &memory]) {
            for tool in client.tools().await? {
                offered.push(Offered {
                    server: client.server().to_owned(),
                    description: tool.description.as_deref().unwrap_or_default().to_owned(),
                    tool: tool.name.into_owned(),
                    planner: false,
                });
            }
        }
        let mut agent = BTreeMap::new();
        let mut tools = Vec::new();
        for face in faces {
            let client = Client::connect(face).await?;
            for tool in client.tools().await? {
                let one = Offered {
                    server: client.server().to_owned(),
                    tool: tool.name.to_string(),
                    description: tool.description.as_deref().unwrap_or_default().to_owned(),
                    planner: true,
                };
                offered.retain(|other| (&other.server, &other.tool) != (&one.server, &one.tool));
                offered.push(one);
                tools.push(ToolSpec {
                    name: format!("{}_{}", client.server(), tool.name),
                    description: tool.description.as_deref().unwrap_or_default().to_owned(),
                    input_schema: tool.schema_as_json_value(),
                });
            }
            agent.insert(client.server().to_owned(), client);
        }
        let files = FilesClient::new(Client::connect(files).await?);
        offered.sort_by(|a, b| (&a.server, !a.planner, &a.tool).cmp(&(&b.server, !b.planner, &b.tool)));
        let (graph, memory) = (GraphClient::new(graph), MemoryClient::new(memory));
        Ok(Self { catalog, clouds: CloudClient::new(executor), files, graph, memory, offered, agent, tools })
    }

    /// The tools of the faces that can only read, for a planner.
    #[must_use]
    pub fn agent_tools(&self) -> Vec<ToolSpec> {
        self.tools.clone()
    }

    /// Calls one of [`Switchboard::agent_tools`]. Every failure is a reply that says what to do:
    /// a planner can always go on.
    pub async fn agent_call(&self, name: &str, arguments: serde_json::Value) -> ToolReply {
        let arguments = match arguments {
            serde_json::Value::Object(members) => members,
            serde_json::Value::Null => serde_json::Map::new(),
            other => return ToolReply::error(format!("the arguments must be an object, found {other}")),
        };
        let Some((client, tool)) =
            name.split_once('_').and_then(|(server, tool)| Some((self.agent.get(server)?, tool)))
        else {
            return ToolReply::error(format!("unknown tool `{name}`; there are {}", self.names()));
        };
        match client.call(tool, arguments).await {
            Ok(result) => ToolReply {
                text: super::bound::cut(&sanitize(&text_of(&result))),
                is_error: result.is_error.unwrap_or(false),
                structured: result.structured_content,
            },
            Err(SwitchboardError::Refused { message, .. }) => ToolReply::error(message),
            Err(error) => ToolReply::error(error.to_string()),
        }
    }

    /// Everything that is wrong with a plan as far as the clouds here and their catalog can tell.
    #[must_use]
    pub fn check(&self, plan: &Plan) -> Vec<String> {
        let here: Vec<CloudName> = self.clouds.names().collect();
        let names: Vec<&str> = here.iter().map(|cloud| cloud.as_str()).collect();
        let away = plan.steps.iter().filter(|step| !here.contains(&step.cloud));
        let mut problems: Vec<String> = away
            .map(|step| {
                format!(
                    "step `{}`: {} cannot be reached here; there is {}",
                    step.id,
                    step.cloud,
                    names.join(", ")
                )
            })
            .collect();
        problems.extend(crate::catalog::check(&self.catalog, plan));
        problems
    }

    /// The executor's face of the clouds.
    #[must_use]
    pub fn clouds(&self) -> CloudClient {
        self.clouds.clone()
    }

    /// The graph of what exists.
    #[must_use]
    pub fn graph(&self) -> GraphClient {
        self.graph.clone()
    }

    /// Past conversations and notes.
    #[must_use]
    pub fn memory(&self) -> MemoryClient {
        self.memory.clone()
    }

    /// Every tool of every server, and who may call it.
    #[must_use]
    pub fn offered(&self) -> &[Offered] {
        &self.offered
    }

    /// The file room: rules, prompts, and the person's folders.
    #[must_use]
    pub fn files(&self) -> FilesClient {
        self.files.clone()
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.tools.iter().map(|tool| tool.name.as_str()).collect();
        names.join(", ")
    }
}
