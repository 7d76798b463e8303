//! What people say and operations do not.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::stem::{fold, stem};

/// The file that the project wrote.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Words that say nothing.
    ignore: Vec<String>,
    /// Verbs of people to verbs of operations.
    verbs: Vec<Entry>,
    /// Things to words of names.
    things: Vec<Entry>,
    /// Nicknames of services to their names in the catalog.
    services: Vec<Nickname>,
    /// Services that most people mean when they name none.
    usual: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    says: Vec<String>,
    means: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nickname {
    says: Vec<String>,
    services: Vec<String>,
}

/// Synonyms, ready for look-up by stems.
#[derive(Debug, Default)]
pub(super) struct Synonyms {
    ignore: HashMap<String, ()>,
    /// One to three stems to what they mean.
    phrases: HashMap<String, Meaning>,
    usual: HashMap<String, f32>,
}

/// What a phrase means.
#[derive(Clone, Debug, Default)]
pub(super) struct Meaning {
    /// Stems of verbs.
    pub(super) verbs: Vec<String>,
    /// Stems in names, in groups: `security group` is one group of two.
    pub(super) things: Vec<Vec<String>>,
    /// Services.
    pub(super) services: Vec<String>,
}

/// Words of the longest phrase that is looked up.
pub(super) const LONGEST: usize = 4;

impl Synonyms {
    /// The embedded synonyms; none if the file is broken, which a test rules out.
    pub(super) fn embedded() -> &'static Self {
        static EMBEDDED: OnceLock<Synonyms> = OnceLock::new();
        EMBEDDED
            .get_or_init(|| Self::parse(include_str!("../../../assets/synonyms.yaml")).unwrap_or_default())
    }

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let file: File = yaml_serde::from_str(text).map_err(|e| e.to_string())?;
        let mut synonyms = Self::default();
        for word in file.ignore {
            synonyms.ignore.insert(fold(&word), ());
        }
        for entry in file.verbs {
            let means: Vec<String> = entry.means.iter().map(|word| stem(word)).collect();
            for phrase in entry.says {
                synonyms.meaning(&phrase).verbs.extend(means.iter().cloned());
            }
        }
        for entry in file.things {
            let means: Vec<Vec<String>> =
                entry.means.iter().map(|words| words.split(' ').map(stem).collect()).collect();
            for phrase in entry.says {
                synonyms.meaning(&phrase).things.extend(means.iter().cloned());
            }
        }
        for entry in file.services {
            for phrase in entry.says {
                synonyms.meaning(&phrase).services.extend(entry.services.iter().cloned());
            }
        }
        let count = file.usual.len().max(1) as f32;
        for (index, service) in file.usual.into_iter().enumerate() {
            synonyms.usual.insert(service, 1.0 - 0.5 * index as f32 / count);
        }
        Ok(synonyms)
    }

    fn meaning(&mut self, phrase: &str) -> &mut Meaning {
        // Queries lose these words before they are looked up, so phrases do too.
        let key: Vec<String> =
            phrase.split([' ', '-']).filter(|word| !self.is_ignored(&fold(word))).map(stem).collect();
        self.phrases.entry(key.join(" ")).or_default()
    }

    /// Whether a word says nothing.
    pub(super) fn is_ignored(&self, word: &str) -> bool {
        self.ignore.contains_key(word)
    }

    /// What a phrase of stems means, if it is known.
    pub(super) fn of(&self, phrase: &str) -> Option<&Meaning> {
        self.phrases.get(phrase)
    }

    /// How usual a service is, from 0 to 1.
    pub(super) fn usual(&self, service: &str) -> f32 {
        self.usual.get(service).copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_file_is_read() {
        let synonyms = Synonyms::parse(include_str!("../../../assets/synonyms.yaml")).unwrap();
        assert!(synonyms.phrases.len() > 300, "{}", synonyms.phrases.len());
        assert!(synonyms.of(&stem("löschen")).unwrap().verbs.contains(&stem("delete")));
        assert!(synonyms.is_ignored("the"));
    }

    #[test]
    fn a_misspelt_member_is_an_error() {
        assert!(
            Synonyms::parse(
                "ignore: []\nverbs: [{say: [a], means: [b]}]\nthings: []\nservices: []\nusual: []\n"
            )
            .is_err()
        );
    }
}
