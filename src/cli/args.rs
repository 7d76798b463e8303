//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use super::exceptions::ExceptionCommand;
use crate::plan::{CloudName, Target};

/// Provision AWS, Azure, and OCI by conversation: plan first, judged, priced, approved, recorded.
///
/// Without a command the terminal chat starts. The target is the embedded sandbox until you
/// choose `--target live`.
#[derive(Clone, Debug, Parser)]
#[command(name = "provisioner", version, max_term_width = 100)]
pub struct Args {
    /// Keep everything under this folder instead of the XDG folders.
    #[arg(long, global = true, value_name = "DIR", env = "PROVISIONER_HOME")]
    pub home: Option<PathBuf>,
    /// Where requests go: the embedded sandbox or the live clouds.
    #[arg(long, global = true, value_name = "sandbox|live")]
    pub target: Option<Target>,
    /// Write one JSON document to standard output.
    #[arg(long, global = true)]
    pub json: bool,
    /// Append-only lines instead of the screen: no boxes, no spinner, no colour needed.
    #[arg(long, global = true)]
    pub plain: bool,
    /// Switch off everything that acts.
    #[arg(long, global = true)]
    pub read_only: bool,
    /// What to do; the terminal chat when absent.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// One request without the terminal chat.
    Ask {
        /// What you want, in your own words.
        text: String,
        /// Run the plan without asking: never, when the verdict is `allow`, or also when it is `warn`.
        #[arg(long, value_enum, default_value_t = ApprovePolicy::Never)]
        approve: ApprovePolicy,
        /// Stop after the plan, verdict, and cost.
        #[arg(long)]
        plan_only: bool,
    },
    /// One operation, through the same gate as a plan.
    Call {
        /// aws, azure, or oci.
        cloud: CloudName,
        /// The service as the catalog names it, for example `ec2`.
        service: String,
        /// The operation as the catalog names it, for example `DescribeVpcs`.
        operation: String,
        /// The parameters: JSON, or @FILE.
        #[arg(long, value_name = "JSON|@FILE")]
        params: Option<String>,
        /// The region.
        #[arg(long)]
        region: Option<String>,
        /// Print the request that would be sent, credentials masked, and send nothing.
        #[arg(long)]
        dry_run: bool,
        /// Follow all pages (bounded).
        #[arg(long)]
        all: bool,
        /// Run it without asking, as for `ask`.
        #[arg(long, value_enum, default_value_t = ApprovePolicy::Never)]
        approve: ApprovePolicy,
    },
    /// Plans in files: schema, verdict, cost, run, take back.
    #[command(subcommand)]
    Plan(PlanCommand),
    /// Find operations and see their parameters.
    #[command(subcommand)]
    Catalog(CatalogCommand),
    /// Past conversations.
    #[command(subcommand)]
    Sessions(SessionsCommand),
    /// Past executions.
    #[command(subcommand)]
    History(HistoryCommand),
    /// The audit chain.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// The resource graph.
    #[command(subcommand)]
    Graph(GraphCommand),
    /// The Legislator's rules.
    #[command(subcommand)]
    Rules(RulesCommand),
    /// The servers behind the agent and the executor.
    #[command(subcommand)]
    Mcp(McpCommand),
    /// The embedded clouds.
    #[command(subcommand)]
    Sandbox(SandboxCommand),
    /// What is configured, reachable, and missing, with the fix for each.
    Doctor,
    /// Go on with a past conversation in the terminal chat.
    Resume {
        /// Its id or name.
        session: String,
    },
    /// JSON Lines in, JSON Lines out, for checkers.
    #[command(subcommand, hide = true)]
    Conformance(ConformanceCommand),
}

/// When a plan runs without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ApprovePolicy {
    /// Never.
    Never,
    /// When the verdict is `allow`.
    Allowed,
    /// When the verdict is `allow` or `warn`.
    Warned,
}

/// The form in which the outcome of tests is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For people.
    Text,
    /// One JSON document, as with `--json`.
    Json,
    /// JUnit, for test reports.
    Junit,
}

/// The form in which a verdict is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people.
    Text,
    /// One JSON document, as with `--json`.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit, for test reports.
    Junit,
}

/// Commands on plan files.
#[derive(Clone, Debug, Subcommand)]
pub enum PlanCommand {
    /// Print the JSON Schema of plans.
    Schema,
    /// Judge a plan.
    Check {
        /// The plan, JSON or YAML; `-` for standard input.
        file: PathBuf,
        /// Values of the plan's inputs, NAME=VALUE.
        #[arg(long = "input", value_name = "NAME=VALUE")]
        inputs: Vec<String>,
        /// The form of the verdict.
        #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
        format: CheckFormat,
    },
    /// Price a plan.
    Cost {
        /// The plan, JSON or YAML; `-` for standard input.
        file: PathBuf,
        /// Values of the plan's inputs, NAME=VALUE.
        #[arg(long = "input", value_name = "NAME=VALUE")]
        inputs: Vec<String>,
    },
    /// Run a plan against fresh embedded clouds: nothing is kept. With `--target live` the live clouds are asked
    /// beforehand what they would do with each step, where they can say it; nothing is changed there.
    Rehearse {
        /// The plan, JSON or YAML; `-` for standard input.
        file: PathBuf,
        /// Values of the plan's inputs, NAME=VALUE.
        #[arg(long = "input", value_name = "NAME=VALUE")]
        inputs: Vec<String>,
    },
    /// Run a plan.
    Apply {
        /// The plan, JSON or YAML; `-` for standard input.
        file: PathBuf,
        /// Values of the plan's inputs, NAME=VALUE.
        #[arg(long = "input", value_name = "NAME=VALUE")]
        inputs: Vec<String>,
        /// Run it without asking, as for `ask`.
        #[arg(long, value_enum, default_value_t = ApprovePolicy::Never)]
        approve: ApprovePolicy,
        /// Run only if this is the plan's digest, as an earlier `check` printed it.
        #[arg(long, value_name = "SHA256")]
        digest: Option<String>,
        /// Inject a fault, for tests: `STEP:KIND` or `STEP:KIND:N`.
        #[arg(long, hide = true)]
        inject: Vec<String>,
    },
    /// Take back what the latest execution of a plan made.
    Undo {
        /// The plan, JSON or YAML, or the id of an execution.
        file: PathBuf,
        /// Values of the plan's inputs, NAME=VALUE.
        #[arg(long = "input", value_name = "NAME=VALUE")]
        inputs: Vec<String>,
        /// Take it back without asking.
        #[arg(long, value_enum, default_value_t = ApprovePolicy::Never)]
        approve: ApprovePolicy,
        /// A step whose answer was lost and of which you have seen that it was not carried out (or removed what it made).
        #[arg(long, value_name = "STEP")]
        not_carried_out: Vec<String>,
        /// Inject a fault, for tests: `STEP:KIND` or `STEP:KIND:N`.
        #[arg(long, hide = true)]
        inject: Vec<String>,
    },
}

/// Commands on the catalog.
#[derive(Clone, Debug, Subcommand)]
pub enum CatalogCommand {
    /// Find an operation by plain words.
    Search {
        /// The words.
        query: String,
        /// Only this cloud.
        #[arg(long)]
        cloud: Option<CloudName>,
        /// How many at most.
        #[arg(long, default_value_t = 10)]
        limit: usize,
    },
    /// Show an operation's parameters.
    Show {
        /// aws, azure, or oci.
        cloud: CloudName,
        /// The service.
        service: String,
        /// The operation; all of them when absent.
        operation: Option<String>,
        /// Drill down into a nested member, for example `BlockDeviceMappings.Ebs`.
        #[arg(long)]
        path: Option<String>,
    },
    /// Compile new catalogs from the newest SDK packages, of an index or of a folder.
    Update(UpdateArgs),
    /// Versions, dates, counts, and sizes, and whether something newer is known.
    Status {
        /// Ask the package index what it has; without this nobody is asked.
        #[arg(long)]
        check: bool,
        /// The package index to ask.
        #[arg(long, value_name = "URL", requires = "check")]
        index: Option<String>,
    },
}

/// Where new catalogs come from, or the way back.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct UpdateArgs {
    /// Only this cloud; all three when absent.
    #[arg(long)]
    pub cloud: Option<CloudName>,
    /// This version instead of the newest: VERSION with `--cloud aws|oci`, or PACKAGE==VERSION.
    #[arg(long = "version", value_name = "VERSION")]
    pub versions: Vec<String>,
    /// A folder of wheels, or one wheel, source archive, or installed folder, instead of an index.
    #[arg(long, value_name = "PATH", conflicts_with = "index")]
    pub from: Option<PathBuf>,
    /// The package index [default: `catalog.index` of the settings, PIP_INDEX_URL, the public one].
    #[arg(long, value_name = "URL")]
    pub index: Option<String>,
    /// Take also packages of Azure that are not generally available, or no more.
    #[arg(long)]
    pub all: bool,
    /// Take this package of Azure too, which the program does not know yet.
    #[arg(long = "package", value_name = "NAME")]
    pub packages: Vec<String>,
    /// Take the latest update back; done once more, it is there again.
    #[arg(long, conflicts_with_all = ["versions", "from", "index", "all", "packages", "output"])]
    pub undo: bool,
    /// Go back to the catalogs that came with the program.
    #[arg(long, conflicts_with_all = ["versions", "from", "index", "all", "packages", "output", "undo"])]
    pub reset: bool,
    /// Ask the subscription which types of resources it knows, and take those that no package covers, as generic ones; with
    /// `--reset`, no more. Asks the target.
    #[arg(long, conflicts_with_all = ["versions", "from", "index", "all", "packages", "output", "undo"])]
    pub live: bool,
    /// Write the snapshot here and change nothing else.
    #[arg(long, hide = true, requires = "cloud", value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Commands on conversations.
#[derive(Clone, Debug, Subcommand)]
pub enum SessionsCommand {
    /// All conversations, latest first.
    List,
    /// One conversation in full.
    Show {
        /// Its id or name.
        session: String,
    },
    /// Go on with a conversation in the terminal chat.
    Resume {
        /// Its id or name.
        session: String,
    },
    /// One conversation as Markdown.
    Export {
        /// Its id or name.
        session: String,
    },
}

/// Commands on executions.
#[derive(Clone, Debug, Subcommand)]
pub enum HistoryCommand {
    /// All executions, latest first.
    List,
    /// One execution with its plan, journal, and records.
    Show {
        /// Its id.
        execution: String,
    },
    /// Take up what is unfinished; all of it without an id.
    Resume {
        /// Its id.
        execution: Option<String>,
        /// A step whose answer was lost and of which you have seen that it was not carried out (or removed what it made).
        #[arg(long, value_name = "STEP", requires = "execution")]
        not_carried_out: Vec<String>,
        /// Inject a fault, for tests: `STEP:KIND` or `STEP:KIND:N`.
        #[arg(long, hide = true)]
        inject: Vec<String>,
    },
    /// Run a past execution's plan once more, as a new execution, with new names where they are given.
    Replay {
        /// Its id.
        execution: String,
        /// New values, NAME=VALUE, for the inputs that `history workflow` shows.
        #[arg(long = "input", value_name = "NAME=VALUE")]
        inputs: Vec<String>,
        /// Run it without asking, as for `ask`.
        #[arg(long, value_enum, default_value_t = ApprovePolicy::Never)]
        approve: ApprovePolicy,
    },
    /// Turn a past execution into a reusable plan with inputs.
    Workflow {
        /// Its id.
        execution: String,
    },
}

/// Commands on the audit chain.
#[derive(Clone, Debug, Subcommand)]
pub enum AuditCommand {
    /// Recompute the whole chain.
    Verify,
    /// All records, oldest first.
    Export,
}

/// Commands on the resource graph.
#[derive(Clone, Debug, Subcommand)]
pub enum GraphCommand {
    /// What exists, as far as the program made or saw it.
    Show {
        /// Only this resource, with what it needs and what needs it: a name, an id, an ARN, or a key.
        resource: Option<String>,
    },
    /// The graph in another form.
    Export {
        /// json, dot, mermaid, svg, or cypher.
        #[arg(long, default_value = "json")]
        to: String,
    },
}

/// Commands on the rules.
#[derive(Clone, Debug, Subcommand)]
pub enum RulesCommand {
    /// All rules.
    List,
    /// Run the rules' own tests.
    Test {
        /// The form of the answer.
        #[arg(long, value_enum, default_value_t = TestFormat::Text)]
        format: TestFormat,
        /// Write the cases for another Rego engine into this file instead.
        #[arg(long, hide = true, value_name = "FILE")]
        export: Option<PathBuf>,
    },
    /// One rule: why it is there, what it looks at, how to satisfy it.
    Explain {
        /// Its id.
        rule: String,
    },
    /// Exceptions: ask for one, approve somebody else's, see where they stand.
    #[command(subcommand)]
    Exception(ExceptionCommand),
}

/// Commands on the servers.
#[derive(Clone, Debug, Subcommand)]
pub enum McpCommand {
    /// The servers and their tools.
    List,
}

/// Commands on the embedded clouds.
#[derive(Clone, Debug, Subcommand)]
pub enum SandboxCommand {
    /// Offer the embedded clouds as an HTTP endpoint on loopback.
    Serve {
        /// The port; a free one when 0.
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// How many reads still see a new resource as pending.
        #[arg(long, default_value_t = 0, value_name = "N")]
        pending_reads: u32,
    },
}

/// What a checker can ask.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum ConformanceCommand {
    /// Requests from parameters.
    Render,
    /// Answers from responses.
    Parse,
    /// Endpoints from rule sets.
    Endpoint,
    /// Signatures of OCI requests.
    Sign,
    /// Operations from words.
    Search,
    /// What the catalog says of a service's structures.
    Shapes,
    /// Verdicts on plans.
    Verdict,
    /// Costs of plans.
    Cost,
    /// The executor's own speed.
    Engine,
}
