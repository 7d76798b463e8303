//! Who may approve which exceptions.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::legislator::Books;

/// The bytes of a public key.
const KEY: usize = 32;
/// Days that an exception without a plan may last where the book does not say.
const LONGEST: u32 = 90;

/// The book of roles: `roles.yaml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RolesBook {
    /// The version of the format; 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The packs whose exceptions each role may approve.
    pub roles: BTreeMap<String, Vec<String>>,
    /// The people who have a role, with their keys.
    pub people: Vec<Person>,
    /// Days that an exception which is not bound to one plan may last; 90 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_days: Option<u32>,
    /// How many people must approve an exception from a critical rule; one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approvals_for_critical: Option<usize>,
}

/// Somebody who may approve.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The name, as it stands in records.
    pub name: String,
    /// The roles.
    pub roles: Vec<String>,
    /// The public ed25519 key, 32 bytes in base64.
    pub key: String,
}

impl Person {
    /// The key's bytes, if it is one.
    #[must_use]
    pub fn key_bytes(&self) -> Option<Vec<u8>> {
        STANDARD.decode(self.key.trim()).ok().filter(|bytes| bytes.len() == KEY)
    }
}

impl RolesBook {
    /// Refuses a book whose parts do not fit together; the sentence says what and where.
    pub(in crate::legislator) fn check(&self) -> Result<(), String> {
        for (role, packs) in &self.roles {
            if let Some(pack) = packs.iter().find(|pack| !Books::NAMES.contains(&pack.as_str())) {
                return Err(format!(
                    "the role `{role}` names the pack `{pack}`; packs are {}",
                    Books::NAMES.join(", ")
                ));
            }
        }
        let mut names = BTreeSet::new();
        let mut keys = BTreeSet::new();
        for person in &self.people {
            if !names.insert(person.name.to_lowercase()) {
                return Err(format!("`{}` stands there twice", person.name));
            }
            let Some(bytes) = person.key_bytes() else {
                return Err(format!(
                    "the key of `{}` must be {KEY} bytes in base64, as `provisioner rules exception key` prints it",
                    person.name
                ));
            };
            if !keys.insert(bytes) {
                return Err(format!("`{}` has the key of somebody else", person.name));
            }
            if let Some(role) = person.roles.iter().find(|role| !self.roles.contains_key(*role)) {
                return Err(format!("`{}` has the role `{role}`, which is not under roles", person.name));
            }
        }
        Ok(())
    }

    /// The person of this name, without regard to case.
    #[must_use]
    pub fn person(&self, name: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.name.eq_ignore_ascii_case(name))
    }

    /// Whether a role may approve exceptions from rules of a pack.
    #[must_use]
    pub fn may_approve(&self, role: &str, pack: &str) -> bool {
        self.roles.get(role).is_some_and(|packs| packs.iter().any(|known| known == pack))
    }

    /// How many days an exception may last that is not bound to one plan.
    #[must_use]
    pub fn longest(&self) -> u32 {
        self.longest_days.unwrap_or(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(text: &str) -> Result<(), String> {
        yaml_serde::from_str::<RolesBook>(text).unwrap().check()
    }

    #[test]
    fn a_book_whose_parts_do_not_fit_is_refused_with_the_reason() {
        let key = STANDARD.encode([7; KEY]);
        for (text, why) in [
            ("roles: {ciso: [securty]}".to_owned(), "securty"),
            (
                format!("people: [{{name: ada, roles: [ciso], key: {key}}}]"),
                "`ciso`, which is not under roles",
            ),
            (
                "roles: {c: [security]}\npeople: [{name: ada, roles: [c], key: aGVsbG8=}]".to_owned(),
                "32 bytes",
            ),
            (
                format!(
                    "roles: {{c: [security]}}\npeople: [{{name: ada, roles: [c], key: {key}}}, {{name: bob, roles: [c], key: {key}}}]"
                ),
                "somebody else",
            ),
            (
                format!(
                    "roles: {{c: [security]}}\npeople: [{{name: ada, roles: [c], key: {key}}}, {{name: Ada, roles: [c], key: {key}}}]"
                ),
                "twice",
            ),
        ] {
            let said = book(&text).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
        assert_eq!(
            book(&format!("roles: {{c: [security]}}\npeople: [{{name: ada, roles: [c], key: {key}}}]")),
            Ok(())
        );
    }
}
