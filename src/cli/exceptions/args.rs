//! The arguments of the commands on exceptions.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Commands on exceptions.
#[derive(Clone, Debug, Subcommand)]
pub enum ExceptionCommand {
    /// Ask for an exception; it counts once another person with the right role has approved it.
    Request(Box<RequestArgs>),
    /// Approve an exception that somebody else asked for.
    Approve {
        /// Its id.
        id: String,
        /// Who approves: a name of `rules/roles.yaml`; the login name when absent.
        #[arg(long = "as", value_name = "NAME")]
        by: Option<String>,
        /// In which role; the first that may approve when absent.
        #[arg(long)]
        role: Option<String>,
        /// The private key; `keys/NAME.pem` in the config folder when absent.
        #[arg(long, value_name = "FILE", env = "PROVISIONER_KEY")]
        key: Option<PathBuf>,
    },
    /// All exceptions and where they stand.
    List,
    /// Take an exception back.
    Revoke {
        /// Its id.
        id: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Make a key to approve with, and print what belongs into `rules/roles.yaml`.
    Key {
        /// Whose; the login name when absent.
        #[arg(long = "as", value_name = "NAME")]
        by: Option<String>,
    },
}

/// What an exception is asked for.
#[derive(Clone, Debug, Args)]
pub struct RequestArgs {
    /// A rule, letter for letter; repeat it for several.
    #[arg(long = "rule", required = true, value_name = "RULE")]
    pub rules: Vec<String>,
    /// Why it is needed.
    #[arg(long)]
    pub reason: String,
    /// Until when: `30d`, or a date such as 2030-12-31.
    #[arg(long, default_value = "30d", value_name = "WHEN")]
    pub expires: String,
    /// For this plan alone. Without it and without --digest the exception stands until it expires.
    #[arg(long, value_name = "FILE", conflicts_with = "digest")]
    pub plan: Option<PathBuf>,
    /// A value of an input of the plan.
    #[arg(long = "input", value_name = "NAME=VALUE", requires = "plan")]
    pub inputs: Vec<String>,
    /// For the plan with this digest alone.
    #[arg(long)]
    pub digest: Option<String>,
    /// For this step; repeat it for several.
    #[arg(long = "step", value_name = "ID")]
    pub steps: Vec<String>,
    /// For this service, such as "aws ec2"; repeat it for several.
    #[arg(long = "service", value_name = "SERVICE")]
    pub services: Vec<String>,
    /// For this account; repeat it for several.
    #[arg(long = "account", value_name = "ACCOUNT")]
    pub accounts: Vec<String>,
    /// For this environment; repeat it for several.
    #[arg(long = "environment", value_name = "NAME")]
    pub environments: Vec<String>,
    /// How many runs may use it.
    #[arg(long, value_name = "N")]
    pub uses: Option<u32>,
}
