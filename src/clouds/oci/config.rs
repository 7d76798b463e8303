//! Whose requests they are and how that is proven: `~/.oci/config`, its profiles, and the variables of
//! the OCI tools on top.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::ini::Ini;
use crate::clouds::CloudError;

/// Variables that stand for a setting of the profile, and the setting.
const VARIABLES: [(&str, &str); 10] = [
    ("OCI_CLI_USER", "user"),
    ("OCI_CLI_TENANCY", "tenancy"),
    ("OCI_CLI_FINGERPRINT", "fingerprint"),
    ("OCI_CLI_KEY_FILE", "key_file"),
    ("OCI_CLI_KEY_CONTENT", "key_content"),
    ("OCI_CLI_REGION", "region"),
    ("OCI_CLI_PASSPHRASE", "pass_phrase"),
    ("OCI_CLI_SECURITY_TOKEN_FILE", "security_token_file"),
    ("OCI_CLI_ENDPOINT", "endpoint"),
    ("OCI_CLI_DELEGATION_TOKEN_FILE", "delegation_token_file"),
];

/// Where settings come from; tests bring their own.
pub(super) struct Surroundings<'a> {
    /// A variable of the environment.
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
    /// The person's own folder.
    pub(super) home: Option<PathBuf>,
}

impl Surroundings<'_> {
    fn set(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.trim().is_empty())
    }

    /// A path as people write it: `~` is the person's own folder.
    fn path(&self, text: &str) -> PathBuf {
        match (text.strip_prefix("~/").or((text == "~").then_some("")), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(text),
        }
    }

    /// The file of the profiles, and whether somebody named it.
    fn file(&self) -> (PathBuf, bool) {
        if let Some(named) = self.set("OCI_CLI_CONFIG_FILE") {
            return (self.path(&named), true);
        }
        let usual = self.path("~/.oci/config");
        if usual.is_file() {
            return (usual, false);
        }
        match self.set("OCI_CONFIG_FILE") {
            Some(named) => (self.path(&named), true),
            None => (usual, false),
        }
    }
}

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(pub(super) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Where a private key stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum KeySource {
    /// In a file.
    File(PathBuf),
    /// In a setting.
    Text(Secret),
}

/// How it is proven who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Auth {
    /// A key that the person uploaded.
    ApiKey { user: String, tenancy: String, fingerprint: String, key: KeySource, passphrase: Option<Secret> },
    /// A token that the person signed in for, with the key of that session.
    SecurityToken { token: PathBuf, key: KeySource, passphrase: Option<Secret> },
    /// The instance that this runs on.
    InstancePrincipal,
    /// The resource that this runs in, such as a function.
    ResourcePrincipal,
    /// The Kubernetes workload that this runs in.
    Workload,
}

/// The settings of one profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Config {
    pub(super) profile: String,
    pub(super) auth: Auth,
    pub(super) region: Option<String>,
    /// One endpoint for every service, in place of their own.
    pub(super) endpoint: Option<String>,
}

/// The name of the profile that counts.
pub(super) fn profile(around: &Surroundings<'_>) -> String {
    around.set("OCI_CLI_PROFILE").unwrap_or_else(|| "DEFAULT".to_owned())
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    ///
    /// Every setting that is missing or malformed, with what to do.
    pub(super) fn read(around: &Surroundings<'_>) -> Result<Self, CloudError> {
        let name = profile(around);
        let (file, named) = around.file();
        let mut settings = match read_file(&file, &name)? {
            Some(settings) => settings,
            None if named => {
                return Err(CloudError::Credentials {
                    message: format!("there is no {}", file.display()),
                    fix: "correct OCI_CLI_CONFIG_FILE, or run `oci setup config`".into(),
                });
            }
            None => BTreeMap::new(),
        };
        let from_file = !settings.is_empty();
        for (variable, setting) in VARIABLES {
            if let Some(value) = around.set(variable) {
                settings.insert(setting.to_owned(), value);
            }
        }
        settings.retain(|_, value| !value.is_empty());
        if !settings.contains_key("region")
            && let Some(region) = around.set("OCI_REGION")
        {
            settings.insert("region".into(), region);
        }
        let place = if from_file {
            format!("profile {name} of {}", file.display())
        } else {
            format!("there is no {}, and the environment", file.display())
        };
        let auth = auth(around, &settings, &place)?;
        let take = |setting: &str| settings.get(setting).cloned();
        Ok(Self { auth, region: take("region"), endpoint: take("endpoint"), profile: name })
    }
}

/// The settings of the profile; nothing when there is no file.
fn read_file(file: &Path, name: &str) -> Result<Option<BTreeMap<String, String>>, CloudError> {
    let wrong = |message: String, fix: String| CloudError::Credentials { message, fix };
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(wrong(
                format!("{} cannot be read: {error}", file.display()),
                format!("make {} readable for you", file.display()),
            ));
        }
    };
    let ini = Ini::parse(&text).map_err(|(line, what)| {
        wrong(format!("{}:{line}: {what}", file.display()), "write it as `name = value`".into())
    })?;
    let settings = ini.profile(name).ok_or_else(|| {
        wrong(
            format!("{} has no profile {name}", file.display()),
            format!("set OCI_CLI_PROFILE to one of {}", ini.names().join(", ")),
        )
    })?;
    Ok(Some(settings))
}

fn auth(
    around: &Surroundings<'_>,
    settings: &BTreeMap<String, String>,
    place: &str,
) -> Result<Auth, CloudError> {
    let take = |setting: &str| settings.get(setting).cloned();
    let kind = around.set("OCI_CLI_AUTH").or_else(|| take("authentication_type")).unwrap_or_else(|| {
        let token = settings.contains_key("security_token_file");
        // A profile of a session has a token and no user.
        if token && !settings.contains_key("user") { "security_token" } else { "api_key" }.to_owned()
    });
    match kind.as_str() {
        "instance_principal" => return Ok(Auth::InstancePrincipal),
        "resource_principal" => return Ok(Auth::ResourcePrincipal),
        "oke_workload_identity" | "workload_identity" => return Ok(Auth::Workload),
        "api_key" | "security_token" => {}
        other => {
            return Err(CloudError::Credentials {
                message: format!("{place}: this program does not sign as `{other}`"),
                fix:
                    "set OCI_CLI_AUTH to api_key, security_token, instance_principal, resource_principal, or \
                      oke_workload_identity"
                        .into(),
            });
        }
    }
    let mut wrong = Wrong::default();
    let passphrase = take("pass_phrase").map(Secret);
    let key = match (take("key_content"), take("key_file")) {
        (Some(text), _) => KeySource::Text(Secret(text)),
        (None, Some(path)) => {
            let path = around.path(&path);
            if !path.is_file() {
                wrong.add("key_file", format!("names {}, which is no file", path.display()));
            }
            KeySource::File(path)
        }
        (None, None) => {
            wrong.add("key_file", "is missing".into());
            KeySource::File(PathBuf::new())
        }
    };
    if kind == "security_token" {
        let token = match take("security_token_file").map(|path| around.path(&path)) {
            Some(path) => path,
            None => {
                wrong.add("security_token_file", "is missing".into());
                PathBuf::new()
            }
        };
        return wrong.or(place, || Auth::SecurityToken { token, key, passphrase });
    }
    let mut needed = |setting: &str, fits: fn(&str) -> bool| match take(setting) {
        Some(value) if fits(&value) => value,
        Some(value) => {
            wrong.add(setting, format!("is malformed (`{}`)", crate::text::line(&value)));
            value
        }
        None => {
            wrong.add(setting, "is missing".into());
            String::new()
        }
    };
    let user = needed("user", is_ocid);
    let tenancy = needed("tenancy", is_ocid);
    let fingerprint = needed("fingerprint", is_fingerprint);
    wrong.or(place, || Auth::ApiKey { user, tenancy, fingerprint, key, passphrase })
}

/// What is wrong with settings, all of it.
#[derive(Default)]
struct Wrong(Vec<(String, String)>);

impl Wrong {
    fn add(&mut self, setting: &str, what: String) {
        self.0.push((setting.to_owned(), what));
    }

    fn or<T>(self, place: &str, right: impl FnOnce() -> T) -> Result<T, CloudError> {
        if self.0.is_empty() {
            return Ok(right());
        }
        let all: Vec<String> = self.0.iter().map(|(setting, what)| format!("`{setting}` {what}")).collect();
        let fixes: Vec<String> = self
            .0
            .iter()
            .filter_map(|(setting, _)| {
                let variable =
                    VARIABLES.iter().find(|(_, of)| of == setting).map(|(variable, _)| *variable)?;
                Some(format!("`{setting} = {}` (or {variable})", example(setting)))
            })
            .collect();
        Err(CloudError::Credentials {
            message: format!("{place}: {}", all.join("; ")),
            fix: format!("write {}; `oci setup config` writes a whole profile", fixes.join(", ")),
        })
    }
}

fn example(setting: &str) -> &'static str {
    match setting {
        "user" => "ocid1.user.oc1..…",
        "tenancy" => "ocid1.tenancy.oc1..…",
        "fingerprint" => "12:34:…, sixteen pairs as the console shows them",
        "key_file" => "~/.oci/oci_api_key.pem",
        "security_token_file" => "the file that `oci session authenticate` wrote",
        _ => "…",
    }
}

/// `ocid1.user.oc1..aaaa`, also in its older form with colons.
fn is_ocid(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['.', ':']).collect();
    let plain = |part: &&str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let ends = [parts.first(), parts.last()];
    parts.len() >= 5 && parts.iter().all(plain) && ends.into_iter().flatten().all(|part| !part.is_empty())
}

fn is_fingerprint(text: &str) -> bool {
    let pairs: Vec<&str> = text.split(':').collect();
    let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    pairs.len() == 16 && pairs.iter().all(|pair| pair.len() == 2 && pair.bytes().all(digit))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    const USER: &str = "ocid1.user.oc1..aaaauser";
    const TENANCY: &str = "ocid1.tenancy.oc1..aaaatenancy";
    const FINGERPRINT: &str = "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff";

    /// Reads with a file and variables.
    pub(crate) fn read(file: Option<&str>, variables: &[(&str, &str)]) -> Result<Config, CloudError> {
        let home = tempfile::tempdir().unwrap();
        if let Some(text) = file {
            std::fs::create_dir(home.path().join(".oci")).unwrap();
            std::fs::write(home.path().join(".oci/config"), text).unwrap();
            std::fs::write(home.path().join("key.pem"), "").unwrap();
        }
        let variable =
            |name: &str| variables.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned());
        Config::read(&Surroundings { variable: &variable, home: Some(home.path().to_owned()) })
    }

    fn whole() -> String {
        format!(
            "[DEFAULT]\nuser={USER}\ntenancy={TENANCY}\nfingerprint={FINGERPRINT}\nkey_file=~/key.pem\nregion=us-phoenix-1\n\
             [web]\nregion=eu-frankfurt-1\npass_phrase=secret\n[session]\nuser=\nsecurity_token_file=~/token\n"
        )
    }

    fn refused(result: Result<Config, CloudError>) -> (String, String) {
        match result {
            Err(CloudError::Credentials { message, fix }) => (message, fix),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_profile_inherits_and_variables_win() {
        let config = read(Some(&whole()), &[]).unwrap();
        assert_eq!((config.profile.as_str(), config.region.as_deref()), ("DEFAULT", Some("us-phoenix-1")));
        let web = read(Some(&whole()), &[("OCI_CLI_PROFILE", "web")]).unwrap();
        assert_eq!(web.region.as_deref(), Some("eu-frankfurt-1"));
        let Auth::ApiKey { user, passphrase, .. } = &web.auth else { panic!("{web:?}") };
        assert_eq!((user.as_str(), passphrase), (USER, &Some(Secret("secret".into()))));
        assert!(!format!("{web:?}").contains("secret"));
        let other = "ocid1.user.oc1..other";
        let given =
            read(Some(&whole()), &[("OCI_CLI_USER", other), ("OCI_CLI_REGION", "uk-london-1")]).unwrap();
        assert!(matches!(&given.auth, Auth::ApiKey { user, .. } if user == other));
        assert_eq!(given.region.as_deref(), Some("uk-london-1"));
    }

    #[test]
    fn the_environment_alone_is_enough() {
        let config = read(
            None,
            &[
                ("OCI_CLI_USER", USER),
                ("OCI_CLI_TENANCY", TENANCY),
                ("OCI_CLI_FINGERPRINT", FINGERPRINT),
                ("OCI_CLI_KEY_CONTENT", "pem"),
                ("OCI_REGION", "us-ashburn-1"),
            ],
        )
        .unwrap();
        assert!(matches!(&config.auth, Auth::ApiKey { key: KeySource::Text(_), .. }));
        assert_eq!(config.region.as_deref(), Some("us-ashburn-1"));
    }

    #[test]
    fn everything_that_is_missing_or_wrong_is_named_with_its_fix() {
        let file = "[DEFAULT]\nuser=me\nfingerprint=AB:CD\nkey_file=/no/such/key.pem\n";
        let (message, fix) = refused(read(Some(file), &[]));
        for words in ["`user` is malformed", "`tenancy` is missing", "`fingerprint` is malformed", "no file"]
        {
            assert!(message.contains(words), "{words}: {message}");
        }
        assert!(message.contains("profile DEFAULT of"), "{message}");
        assert!(fix.contains("OCI_CLI_TENANCY") && fix.contains("oci setup config"), "{fix}");
    }

    #[test]
    fn a_missing_file_and_a_missing_profile_are_told() {
        let (message, fix) = refused(read(None, &[]));
        assert!(message.contains(".oci/config") && message.contains("`user` is missing"), "{message}");
        assert!(fix.contains("oci setup config"), "{fix}");
        let (message, _) = refused(read(None, &[("OCI_CLI_CONFIG_FILE", "/no/such")]));
        assert!(message.contains("/no/such"), "{message}");
        let (message, fix) = refused(read(Some(&whole()), &[("OCI_CLI_PROFILE", "wbe")]));
        assert!(
            message.contains("no profile wbe") && fix.contains("DEFAULT, session, web"),
            "{message} {fix}"
        );
        let (message, _) = refused(read(Some("[DEFAULT]\nuser\n"), &[]));
        assert!(message.contains("config:2:"), "{message}");
    }

    #[test]
    fn the_way_to_sign_is_chosen_by_the_profile_or_the_environment() {
        let session = read(Some(&whole()), &[("OCI_CLI_PROFILE", "session")]).unwrap();
        assert!(matches!(&session.auth, Auth::SecurityToken { token, .. } if token.ends_with("token")));
        for (word, auth) in [
            ("instance_principal", Auth::InstancePrincipal),
            ("resource_principal", Auth::ResourcePrincipal),
            ("oke_workload_identity", Auth::Workload),
        ] {
            assert_eq!(read(None, &[("OCI_CLI_AUTH", word)]).unwrap().auth, auth);
        }
        let (message, fix) = refused(read(None, &[("OCI_CLI_AUTH", "magic")]));
        assert!(message.contains("magic") && fix.contains("instance_principal"), "{message} {fix}");
    }

    #[test]
    fn names_of_things_are_told_from_other_words() {
        assert!(is_ocid(USER) && is_ocid("ocidv1:tenancy:oc1:phx:1460406592660:aaaa"));
        assert!(!is_ocid("me") && !is_ocid("ocid1.user.oc1..") && !is_ocid("a b.c.d.e.f"));
        assert!(is_fingerprint(FINGERPRINT) && !is_fingerprint(&FINGERPRINT.to_uppercase()));
    }
}
