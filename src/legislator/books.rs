//! The three rule books: what the security, finance, and platform owners decided.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::RulesError;
use super::book_kinds::{Action, Budget, DatabaseLimit, MandatoryTag, PerCloud, PerEnvironment};
use super::book_times::{ChangeWindow, Freeze, Zone};
use super::nearest::offer;

/// What a rule's findings mean, by rule id; in all environments or per environment.
pub type Actions = BTreeMap<String, PerEnvironment<Action>>;

/// The book of the security owner.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecurityBook {
    /// The version of the format; 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// What a value that is not known yet means; warn when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<Action>,
    /// IPv4 ranges with fewer prefix bits than this count as the whole internet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_public_prefix: Option<u8>,
    /// Ports of databases and caches.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub data_ports: Vec<u16>,
    /// Days for which backups are kept at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_backup_days: Option<u32>,
    /// Days for which logs are kept at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_log_days: Option<u32>,
    /// Addresses that one rule of a database firewall may span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_firewall_span: Option<u64>,
    /// TLS policies that may be used beside those that the rules know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tls_policies: Vec<String>,
    /// What findings mean.
    pub rules: Actions,
}

/// The book of the finance owner.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FinopsBook {
    /// The version of the format; 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// What a value that is not known yet means; warn when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<Action>,
    /// Monthly budgets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<Budget>,
    /// US dollars a month that one step may cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_step_monthly: Option<PerEnvironment<f64>>,
    /// OCPUs of one OCI instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_ocpus: Option<PerEnvironment<u32>>,
    /// GiB of memory of one OCI instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_memory_gib: Option<PerEnvironment<u32>>,
    /// GiB of one disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_disk_gib: Option<PerEnvironment<u64>>,
    /// The largest database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_db_class: Option<PerEnvironment<DatabaseLimit>>,
    /// The highest upper bound of scaling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_scale: Option<PerEnvironment<u32>>,
    /// Days that a resource outside production may live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonprod_max_days: Option<u32>,
    /// Values of the tag `schedule` that may stand in for an end date.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schedules: Vec<String>,
    /// Environments in which provisioned IOPS are welcome.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub io_allowed_env: Vec<String>,
    /// Families that cost more than their successors, in addition to those that the rules know.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub successors: BTreeMap<String, String>,
    /// Oldest versions in standard support, by engine.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub standard_support: BTreeMap<String, String>,
    /// Monthly prices of operations that the price book does not know, by operation.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub price_overrides: BTreeMap<String, f64>,
    /// Days for which logs are kept at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_log_days: Option<u32>,
    /// Who may approve accelerators.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gpu_approvers: Vec<String>,
    /// Who may approve commitments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commitment_approvers: Vec<String>,
    /// What findings mean.
    pub rules: Actions,
}

/// The book of the platform's owner.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OwnerBook {
    /// The version of the format; 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// What a value that is not known yet means; warn when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<Action>,
    /// Tags that every resource must carry.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mandatory_tags: Vec<MandatoryTag>,
    /// Regions that may be used; all when empty.
    pub regions: PerCloud,
    /// VM types that may be used; all when empty.
    pub vm_types: PerCloud,
    /// Images that may be used, as patterns with `*`; all when empty.
    pub images: PerCloud,
    /// Services that may be used, such as `aws s3` or `azure *`; all when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_services: Vec<String>,
    /// Operations that may not be used, such as `aws iam CreateUser`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forbidden_operations: Vec<String>,
    /// VMs that one network may hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_vms_per_network: Option<u32>,
    /// Ids of subnets that are public.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub public_subnets: Vec<String>,
    /// Tags of resources that may not be destroyed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub protected_tags: BTreeMap<String, String>,
    /// Networks from which administrators come.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub admin_cidrs: Vec<String>,
    /// The OCI tenancy, in which itself nothing may be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenancy: Option<String>,
    /// The time zone of windows and freezes; UTC when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Zone>,
    /// When things may be changed, per environment; always where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_window: Option<PerEnvironment<ChangeWindow>>,
    /// Days on which production is left alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub freezes: Vec<Freeze>,
    /// A regular expression for names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_pattern: Option<String>,
    /// What findings mean.
    pub rules: Actions,
}

/// The three books.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Books {
    /// The book of the security owner.
    pub security: SecurityBook,
    /// The book of the finance owner.
    pub finops: FinopsBook,
    /// The book of the platform's owner.
    pub owner: OwnerBook,
}

impl Books {
    /// The names of the books, which are also the names of the packs.
    pub const NAMES: [&'static str; 3] = ["security", "finops", "owner"];

    /// Replaces the book of this name.
    ///
    /// # Errors
    ///
    /// The text does not fit the book; the error names line, column, and the nearest right key.
    pub fn replace(&mut self, name: &str, file: &str, text: &str) -> Result<(), RulesError> {
        match name {
            "security" => self.security = read(file, text)?,
            "finops" => self.finops = read(file, text)?,
            "owner" => self.owner = read(file, text)?,
            other => {
                return Err(RulesError::Document {
                    file: file.to_owned(),
                    place: "the file's name".into(),
                    message: format!("there is no book `{other}`{}", offer(other, Self::NAMES)),
                });
            }
        }
        Ok(())
    }

    /// What the findings of a rule mean in an environment, where a book says so.
    #[must_use]
    pub fn action(&self, rule: &str, environment: Option<&str>) -> Option<Action> {
        self.actions().into_iter().find_map(|(_, actions)| actions.get(rule)?.get(environment).copied())
    }

    /// What the findings of a rule mean as a book writes it, where one does: `off, prod: warn`.
    #[must_use]
    pub fn written_actions(&self, rule: &str) -> Option<String> {
        let actions = self.actions().into_iter().find_map(|(_, actions)| actions.get(rule))?;
        let mut parts: Vec<String> = Vec::new();
        for (environment, action) in actions.iter() {
            let word = action.as_str();
            match environment {
                "default" => parts.insert(0, word.to_owned()),
                other => parts.push(format!("{other}: {word}")),
            }
        }
        Some(parts.join(", "))
    }

    /// What a value that is not known yet means for a pack.
    #[must_use]
    pub fn unknown(&self, pack: &str) -> Action {
        let said = match pack {
            "finops" => self.finops.unknown,
            "owner" => self.owner.unknown,
            _ => self.security.unknown,
        };
        said.unwrap_or(Action::Warn)
    }

    /// Refuses books that speak of rules that do not exist.
    pub(super) fn check_rules(&self, known: &BTreeSet<&str>) -> Result<(), RulesError> {
        for (book, actions) in self.actions() {
            if let Some(wrong) = actions.keys().find(|id| !known.contains(id.as_str())) {
                return Err(RulesError::Document {
                    file: format!("{book}.yaml"),
                    place: "rules".into(),
                    message: format!("there is no rule `{wrong}`{}", offer(wrong, known.iter().copied())),
                });
            }
        }
        Ok(())
    }

    fn actions(&self) -> [(&'static str, &Actions); 3] {
        [("security", &self.security.rules), ("finops", &self.finops.rules), ("owner", &self.owner.rules)]
    }
}

/// Reads a YAML document strictly; an empty one is the default.
pub(super) fn read<T: DeserializeOwned + Default>(file: &str, text: &str) -> Result<T, RulesError> {
    let bare = text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
    if bare {
        return Ok(T::default());
    }
    yaml_serde::from_str(text).map_err(|error| {
        let place = error.location().map_or_else(
            || "somewhere".to_owned(),
            |at| format!("line {}, column {}", at.line(), at.column()),
        );
        RulesError::Document { file: file.to_owned(), place, message: plain(&error.to_string()) }
    })
}

/// The reader's message without the place it repeats, and with the nearest right word.
fn plain(message: &str) -> String {
    let message = message.split(" at line ").next().unwrap_or(message);
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match quoted.split_first() {
        Some((wrong, known)) if message.contains("unknown field") || message.contains("unknown variant") => {
            let kind = if message.contains("unknown field") { "key" } else { "word" };
            let at = message.split_once(": unknown").map_or(String::new(), |(at, _)| format!("{at}: "));
            format!("{at}unknown {kind} `{wrong}`{}", offer(wrong, known.iter().copied()))
        }
        _ => message.to_owned(),
    }
}

/// A book given as a JSON value or as YAML text.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn wrong(name: &str, text: &str) -> String {
        Books::default().replace(name, &format!("{name}.yaml"), text).unwrap_err().to_string()
    }

    #[test]
    fn a_wrong_key_is_answered_with_line_column_and_the_nearest_key() {
        let message = wrong("owner", "version: 1\nregoins: {aws: [eu-central-1]}\n");
        assert_eq!(
            message,
            "rules/owner.yaml, line 2, column 1: unknown key `regoins`; did you mean `regions`?"
        );
        let message = wrong("owner", "regions:\n  amazon: [x]\n");
        assert!(message.contains("line 2, column 3") && message.contains("aws, azure, oci"), "{message}");
    }

    #[test]
    fn a_wrong_action_is_answered_with_the_words_there_are() {
        let message = wrong("security", "rules:\n  SEC-AWS-S3-03: {prod: denie}\n");
        assert!(message.contains("line 2") && message.contains("did you mean `deny`?"), "{message}");
    }

    #[test]
    fn an_action_holds_everywhere_or_per_environment() {
        let mut books = Books::default();
        books
            .replace("security", "security.yaml", "rules: {A: off, B: {default: warn, prod: deny}}")
            .unwrap();
        assert_eq!(books.action("A", Some("prod")), Some(Action::Off));
        assert_eq!(books.action("B", Some("prod")), Some(Action::Deny));
        assert_eq!(books.action("B", None), Some(Action::Warn));
        assert_eq!(books.action("C", None), None);
    }

    #[test]
    fn an_empty_book_is_a_book() {
        let mut books = Books::default();
        for text in ["", "# nothing yet\n", "{}"] {
            books.replace("finops", "finops.yaml", text).unwrap();
        }
        assert_eq!(books, Books::default());
    }

    #[test]
    fn a_book_that_names_an_unknown_rule_is_refused() {
        let mut books = Books::default();
        books.replace("owner", "owner.yaml", "rules: {OWN-DEL-1: warn}").unwrap();
        let message = books.check_rules(&BTreeSet::from(["OWN-DEL-01"])).unwrap_err().to_string();
        assert!(message.contains("did you mean `OWN-DEL-01`?"), "{message}");
    }

    #[test]
    fn a_pattern_that_is_none_is_refused_where_it_stands() {
        let message = wrong("owner", "mandatory_tags:\n  - {key: owner, pattern: '['}\n");
        assert!(message.contains("line 2"), "{message}");
    }

    #[test]
    fn each_schema_has_the_keys_that_its_book_has() {
        for name in Books::NAMES {
            let path = format!("{}/rules/schema/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
            let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
            let schema: BTreeSet<&str> =
                schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
            // The reader itself says what it knows.
            let error = match name {
                "security" => serde_json::from_str::<SecurityBook>(r#"{"?": 1}"#).unwrap_err(),
                "finops" => serde_json::from_str::<FinopsBook>(r#"{"?": 1}"#).unwrap_err(),
                _ => serde_json::from_str::<OwnerBook>(r#"{"?": 1}"#).unwrap_err(),
            };
            let message = error.to_string();
            let book: BTreeSet<&str> = message.split('`').skip(3).step_by(2).collect();
            assert_eq!(book, schema, "{name}");
        }
    }
}
