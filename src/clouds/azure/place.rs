//! Where a subscription is asked, and in whose name: the environment first, then the settings, then
//! what the Azure CLI keeps, then the public cloud.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::clouds::CloudError;
use crate::config::AzureSettings;

/// A cloud that Microsoft or a partner runs: its names, its Resource Manager, who gives tokens, and for
/// whom.
struct Known {
    names: [&'static str; 3],
    endpoint: &'static str,
    authority: &'static str,
    audience: &'static str,
}

const CLOUDS: [Known; 3] = [
    Known {
        names: ["AzureCloud", "AzurePublicCloud", "AzurePublic"],
        endpoint: "https://management.azure.com",
        authority: "https://login.microsoftonline.com",
        audience: "https://management.azure.com",
    },
    Known {
        names: ["AzureUSGovernment", "AzureUSGovernmentCloud", "AzureGovernment"],
        endpoint: "https://management.usgovcloudapi.net",
        authority: "https://login.microsoftonline.us",
        audience: "https://management.core.usgovcloudapi.net",
    },
    Known {
        names: ["AzureChinaCloud", "AzureChina", "AzureCloudChina"],
        endpoint: "https://management.chinacloudapi.cn",
        authority: "https://login.chinacloudapi.cn",
        audience: "https://management.chinacloudapi.cn",
    },
];

/// Where requests go and for whom the tokens are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The cloud's name; `custom` for an endpoint that has none.
    pub(super) cloud: String,
    /// The Resource Manager, without a slash at the end.
    pub(super) endpoint: String,
    /// Who gives the tokens.
    pub(super) authority: String,
    /// For whom the tokens are.
    pub(super) audience: String,
    /// The tenant, if it was chosen.
    pub(super) tenant: Option<String>,
    /// The subscription of calls that name none.
    pub(super) subscription: Option<String>,
}

impl Place {
    /// The sandbox: one endpoint, and a subscription of its own.
    pub(super) fn sandbox(endpoint: &str, subscription: &str) -> Self {
        Self {
            cloud: "sandbox".into(),
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            authority: endpoint.trim_end_matches('/').to_owned(),
            audience: endpoint.trim_end_matches('/').to_owned(),
            tenant: None,
            subscription: Some(subscription.to_owned()),
        }
    }

    /// What the environment, the settings, and the Azure CLI say.
    ///
    /// # Errors
    ///
    /// A cloud that nobody knows, or an endpoint to which a token must not go.
    pub(super) fn found(
        settings: &AzureSettings,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, CloudError> {
        let cli = CliAccount::read(env);
        let chosen = |names: &[&str], own: &Option<String>| {
            names.iter().find_map(|name| env(name)).or_else(|| own.clone())
        };
        let endpoint = chosen(&["AZURE_RESOURCE_MANAGER_URL"], &settings.endpoint);
        let authority = chosen(&["AZURE_AUTHORITY_HOST"], &settings.authority);
        let name = chosen(&["AZURE_CLOUD", "AZURE_ENVIRONMENT"], &settings.cloud);
        let cloud = match &name {
            Some(name) => known(name)?,
            // Who gives the tokens names the cloud as well; else the cloud of the CLI's account counts.
            None => authority
                .as_deref()
                .and_then(by_authority)
                .or_else(|| cli.cloud.as_deref().and_then(|name| known(name).ok()))
                .unwrap_or(&CLOUDS[0]),
        };
        let own =
            endpoint.as_deref().map(|url| checked("the Resource Manager's endpoint", url)).transpose()?;
        let is_custom = own.as_deref().is_some_and(|url| url != cloud.endpoint);
        let audience = chosen(&["AZURE_RESOURCE_MANAGER_AUDIENCE"], &settings.audience);
        Ok(Self {
            cloud: if is_custom { "custom".into() } else { cloud.names[0].into() },
            audience: match (audience, &own) {
                (Some(audience), _) => audience.trim_end_matches('/').to_owned(),
                (None, Some(url)) if is_custom => url.clone(),
                (None, _) => cloud.audience.into(),
            },
            endpoint: own.unwrap_or_else(|| cloud.endpoint.into()),
            authority: match authority {
                Some(host) if host.contains("://") => checked("the authority", &host)?,
                Some(host) => checked("the authority", &format!("https://{host}"))?,
                None => cloud.authority.into(),
            },
            tenant: chosen(&["AZURE_TENANT_ID"], &settings.tenant),
            subscription: chosen(&["AZURE_SUBSCRIPTION_ID"], &settings.subscription).or(cli.subscription),
        })
    }

    /// The scope of the tokens.
    pub(super) fn scope(&self) -> String {
        format!("{}/.default", self.audience)
    }

    /// Host and port of the Resource Manager.
    pub(super) fn host(&self) -> &str {
        let after = self.endpoint.split_once("://").map_or(self.endpoint.as_str(), |(_, rest)| rest);
        after.split(['/', '?']).next().unwrap_or_default()
    }

    /// The whole address for one that an answer gave. It must be at this very Resource Manager, because
    /// it is asked with a token.
    ///
    /// # Errors
    ///
    /// Why it is not asked.
    pub(super) fn address(&self, given: &str) -> Result<String, String> {
        /// Characters of an address that is still asked; the Resource Manager's may have 4096.
        const LONGEST: usize = 16 << 10;
        if given.len() > LONGEST {
            return Err(format!("it has {} characters, more than {LONGEST}", given.len()));
        }
        if given.starts_with('/') && !given.starts_with("//") {
            return Ok(format!("{}{given}", self.endpoint));
        }
        let inside = given.strip_prefix(&self.endpoint).is_some_and(|rest| {
            rest.is_empty() || rest.starts_with(['/', '?']) && !rest.contains(char::is_whitespace)
        });
        // Hosts are written in any case, and the standard port may stand there or not.
        let same = || {
            let (scheme, host) = split(given)?;
            let (own_scheme, own_host) = split(&self.endpoint)?;
            (scheme == own_scheme && host == own_host).then_some(())
        };
        if inside || same().is_some() {
            return Ok(given.to_owned());
        }
        let host = split(given).map_or_else(|| "no host".to_owned(), |(_, host)| host);
        Err(format!("it leads to {host} and not to {}, where the token belongs", self.host()))
    }
}

/// Scheme and host of an address, with the port unless it is the usual one.
fn split(url: &str) -> Option<(String, String)> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?.to_ascii_lowercase();
    if host.contains('@') || host.is_empty() {
        return None;
    }
    let scheme = scheme.to_ascii_lowercase();
    let usual = if scheme == "https" { ":443" } else { ":80" };
    Some((scheme, host.strip_suffix(usual).unwrap_or(&host).to_owned()))
}

fn known(name: &str) -> Result<&'static Known, CloudError> {
    CLOUDS.iter().find(|cloud| cloud.names.iter().any(|own| own.eq_ignore_ascii_case(name))).ok_or_else(|| {
        let names: Vec<&str> = CLOUDS.iter().map(|cloud| cloud.names[0]).collect();
        CloudError::Endpoint(format!(
            "there is no Azure cloud `{name}`: use {}, or give `endpoint` and `authority` under `azure` in settings.yaml",
            names.join(", ")
        ))
    })
}

fn by_authority(host: &str) -> Option<&'static Known> {
    let bare = |url: &str| url.trim_start_matches("https://").trim_end_matches('/').to_ascii_lowercase();
    CLOUDS.iter().find(|cloud| bare(cloud.authority) == bare(host))
}

/// An address to which a token may go: over TLS, or on this machine.
fn checked(what: &str, url: &str) -> Result<String, CloudError> {
    let url = url.trim_end_matches('/');
    let Some((scheme, host)) = split(url) else {
        return Err(CloudError::Endpoint(format!("{what} is no address: `{url}`")));
    };
    let bare = host.rsplit_once(':').map_or(host.as_str(), |(bare, _)| bare);
    if scheme == "https" || (scheme == "http" && matches!(bare, "localhost" | "127.0.0.1" | "[::1]")) {
        return Ok(url.to_owned());
    }
    Err(CloudError::Endpoint(format!("{what} is not asked over plain HTTP, tokens could be read: `{url}`")))
}

/// The account that the Azure CLI uses.
#[derive(Default)]
struct CliAccount {
    subscription: Option<String>,
    cloud: Option<String>,
}

impl CliAccount {
    fn read(env: &dyn Fn(&str) -> Option<String>) -> Self {
        let folder = env("AZURE_CONFIG_DIR")
            .map(PathBuf::from)
            .or_else(|| Some(Path::new(&env("HOME").or_else(|| env("USERPROFILE"))?).join(".azure")));
        folder
            .and_then(|folder| std::fs::read_to_string(folder.join("azureProfile.json")).ok())
            .and_then(|text| Self::parse(&text))
            .unwrap_or_default()
    }

    fn parse(text: &str) -> Option<Self> {
        let profile: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
        let chosen = profile.get("subscriptions")?.as_array()?.iter().find(|one| one["isDefault"] == true)?;
        let text = |name: &str| chosen[name].as_str().map(str::to_owned);
        Some(Self { subscription: text("id"), cloud: text("environmentName") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn found(settings: &AzureSettings, env: &[(&str, &str)]) -> Result<Place, CloudError> {
        Place::found(settings, &|name| {
            env.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_said_is_the_public_cloud_without_a_subscription() {
        let place = found(&AzureSettings::default(), &[]).unwrap();
        assert_eq!((place.endpoint.as_str(), place.subscription), ("https://management.azure.com", None));
        assert_eq!(place.authority, "https://login.microsoftonline.com");
    }

    #[test]
    fn the_environment_wins_over_the_settings() {
        let settings = AzureSettings {
            subscription: Some("s-settings".into()),
            tenant: Some("t".into()),
            ..AzureSettings::default()
        };
        let place = found(&settings, &[("AZURE_SUBSCRIPTION_ID", "s-env")]).unwrap();
        assert_eq!((place.subscription.as_deref(), place.tenant.as_deref()), (Some("s-env"), Some("t")));
    }

    #[test]
    fn a_sovereign_cloud_is_chosen_by_its_name_or_by_who_gives_the_tokens() {
        let place = found(&AzureSettings::default(), &[("AZURE_CLOUD", "azureusgovernment")]).unwrap();
        assert_eq!(place.scope(), "https://management.core.usgovcloudapi.net/.default");
        assert_eq!(place.authority, "https://login.microsoftonline.us");
        let by_host = [("AZURE_AUTHORITY_HOST", "https://login.chinacloudapi.cn/")];
        let place = found(&AzureSettings::default(), &by_host).unwrap();
        assert_eq!(place.endpoint, "https://management.chinacloudapi.cn");
        let error = found(&AzureSettings::default(), &[("AZURE_CLOUD", "Mars")]).unwrap_err().to_string();
        assert!(error.contains("`Mars`") && error.contains("AzureUSGovernment"), "{error}");
    }

    #[test]
    fn a_custom_endpoint_is_its_own_audience_and_never_plain_http_elsewhere() {
        let local = [("AZURE_RESOURCE_MANAGER_URL", "https://management.local.azurestack.external/")];
        let place = found(&AzureSettings::default(), &local).unwrap();
        assert_eq!(place.scope(), "https://management.local.azurestack.external/.default");
        assert_eq!(place.cloud, "custom");
        let near = [("AZURE_RESOURCE_MANAGER_URL", "http://127.0.0.1:4566")];
        assert!(found(&AzureSettings::default(), &near).is_ok());
        for wrong in [
            "http://management.azure.com",
            "http://127.0.0.1.example.org:80",
            "management",
            "http://u@127.0.0.1",
        ] {
            let env = [("AZURE_RESOURCE_MANAGER_URL", wrong)];
            assert!(
                matches!(found(&AzureSettings::default(), &env), Err(CloudError::Endpoint(_))),
                "{wrong}"
            );
        }
    }

    #[test]
    fn the_account_of_the_cli_counts_where_nothing_else_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let profile = "\u{feff}{\"subscriptions\": [{\"id\": \"s-0\"}, {\"id\": \"s-1\", \"isDefault\": true, \
                       \"environmentName\": \"AzureUSGovernment\"}]}";
        std::fs::write(dir.path().join("azureProfile.json"), profile).unwrap();
        let env = [("AZURE_CONFIG_DIR", dir.path().to_str().unwrap())];
        let place = found(&AzureSettings::default(), &env).unwrap();
        assert_eq!((place.subscription.as_deref(), place.cloud.as_str()), (Some("s-1"), "AzureUSGovernment"));
        std::fs::write(dir.path().join("azureProfile.json"), "{").unwrap();
        assert_eq!(found(&AzureSettings::default(), &env).unwrap().subscription, None);
    }

    #[test]
    fn an_address_from_an_answer_is_asked_only_where_the_token_belongs() {
        let place = found(&AzureSettings::default(), &[]).unwrap();
        let long =
            format!("https://management.azure.com/subscriptions/s/operations/1?t={}", "x".repeat(4000));
        assert_eq!(place.address(&long).unwrap(), long);
        assert_eq!(place.address("/a?b").unwrap(), "https://management.azure.com/a?b");
        for same in ["HTTPS://Management.Azure.com/a", "https://management.azure.com:443/a"] {
            assert!(place.address(same).is_ok(), "{same}");
        }
        for other in [
            "https://management.azure.com.example.org/a",
            "https://management.azure.com@example.org/a",
            "http://management.azure.com/a",
            "https://management.azure.com:444/a",
            "//example.org/a",
            "ftp://x",
            "",
        ] {
            assert!(place.address(other).is_err(), "{other}");
        }
        assert!(place.address(&format!("/{}", "x".repeat(20_000))).unwrap_err().contains("characters"));
    }
}
