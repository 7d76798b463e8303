//! `settings.yaml` in the config folder; flags and variables of the environment win over it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::plan::{CloudName, Target};

/// What the person chose. Every member may be left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where requests go when no `--target` is given.
    pub target: Target,
    /// The model; the offline planner when absent.
    pub model: Option<ModelSettings>,
    /// Whether everything that acts is switched off.
    pub read_only: bool,
    /// The AWS region when a request names none and no profile does.
    pub aws_region: Option<String>,
    /// The OCI region when a request names none and no profile does.
    pub oci_region: Option<String>,
    /// The Azure subscription and where it is asked.
    pub azure: AzureSettings,
    /// Where new catalogs come from.
    pub catalog: CatalogSettings,
    /// Where exactly this was read from; not part of the file.
    #[serde(skip)]
    pub source: Option<PathBuf>,
}

/// Azure, where the environment and the Azure CLI do not say it. Every member may be left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AzureSettings {
    /// The subscription's id.
    pub subscription: Option<String>,
    /// The tenant's id or domain.
    pub tenant: Option<String>,
    /// The cloud: `AzureCloud`, `AzureUSGovernment`, or `AzureChinaCloud`.
    pub cloud: Option<String>,
    /// The Resource Manager of a cloud that has no name here, for example of an Azure Stack Hub.
    pub endpoint: Option<String>,
    /// For whom tokens are asked with such an endpoint; the endpoint itself when absent.
    pub audience: Option<String>,
    /// Who gives the tokens: `https://login.microsoftonline.com`.
    pub authority: Option<String>,
}

/// Where `catalog update` takes the packages from. Every member may be left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CatalogSettings {
    /// The package index, for example `https://packages.example.com/simple/`; `PIP_INDEX_URL` and then the public one when
    /// absent.
    pub index: Option<String>,
    /// A folder of wheels, which is used instead of an index.
    pub from: Option<PathBuf>,
    /// The proxy for the index; `HTTPS_PROXY` and its like when absent.
    pub proxy: Option<String>,
    /// Whether an index on another machine may be asked without encryption.
    pub allow_http: bool,
    /// Packages of Azure that are taken beside those that the program knows.
    pub azure_packages: Vec<String>,
}

/// An OpenAI-compatible endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSettings {
    /// The model's name, as the endpoint knows it.
    pub name: String,
    /// The endpoint, for example `http://localhost:11434/v1`; OpenAI's own when absent.
    #[serde(default)]
    pub base_url: Option<String>,
    /// The environment variable that holds the key.
    #[serde(default = "key_variable")]
    pub key_env: String,
    /// A file with mode 0600 that holds the key, used when the variable is not set.
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    /// Tokens that the model can read and write in one exchange.
    #[serde(default = "context_tokens")]
    pub context_tokens: usize,
    /// Seconds of silence after which the model counts as gone.
    #[serde(default = "patience_seconds")]
    pub patience_seconds: u64,
}

fn context_tokens() -> usize {
    32_000
}

fn patience_seconds() -> u64 {
    120
}

fn key_variable() -> String {
    "OPENAI_API_KEY".into()
}

/// Why settings could not be read.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file does not say what it should.
    #[error("{}{place}: {message}", .path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// `:line:column`, where known.
        place: String,
        /// What is wrong.
        message: String,
    },
}

impl Settings {
    /// The region that was chosen for a cloud.
    #[must_use]
    pub fn region(&self, cloud: CloudName) -> Option<&str> {
        match cloud {
            CloudName::Aws => self.aws_region.as_deref(),
            CloudName::Oci => self.oci_region.as_deref(),
            // Azure names a location in each resource.
            CloudName::Azure => None,
        }
    }

    /// Reads `settings.yaml` from a folder; a missing file means that nothing was chosen.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or names settings that do not exist.
    pub fn load(config: &Path) -> Result<Self, SettingsError> {
        let path = config.join("settings.yaml");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(SettingsError::Read { path, source }),
        };
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let mut settings: Settings = yaml_serde::from_str(&text).map_err(|e| SettingsError::Syntax {
            place: e.location().map_or(String::new(), |at| format!(":{}:{}", at.line(), at.column())),
            message: e.to_string(),
            path: path.clone(),
        })?;
        settings.source = Some(path);
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_means_defaults() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Settings::load(dir.path()).unwrap(), Settings::default());
    }

    #[test]
    fn an_unknown_setting_is_named_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("settings.yaml"), "target: live\ntagret: live\n").unwrap();
        let message = Settings::load(dir.path()).unwrap_err().to_string();
        assert!(message.contains("tagret") && message.contains("settings.yaml:"), "{message}");
    }

    #[test]
    fn a_local_model_needs_only_a_name_and_a_url() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(
            dir.path().join("settings.yaml"),
            "model: {name: qwen, base_url: \"http://localhost:11434/v1\"}\n",
        )
        .unwrap();
        let settings = Settings::load(dir.path()).unwrap();
        assert_eq!(settings.model.unwrap().key_env, "OPENAI_API_KEY");
    }
}
