//! What people say and operations do not.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use serde::Deserialize;

use super::stem::{fold, german, stem};
use crate::plan::CloudName;

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
    /// Services that most people mean when they name none, by cloud.
    usual: BTreeMap<CloudName, Vec<String>>,
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
    /// Phrases without their German endings, to the phrase as it is written.
    inflected: HashMap<String, String>,
    usual: HashMap<(CloudName, String), f32>,
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
        for (cloud, services) in file.usual {
            let count = services.len().max(1) as f32;
            for (index, service) in services.into_iter().enumerate() {
                synonyms.usual.insert((cloud, service), 1.0 - 0.5 * index as f32 / count);
            }
        }
        Ok(synonyms)
    }

    fn meaning(&mut self, phrase: &str) -> &mut Meaning {
        // Queries lose these words before they are looked up, so phrases do too.
        let key: Vec<String> =
            phrase.split([' ', '-']).filter(|word| !self.is_ignored(&fold(word))).map(stem).collect();
        let key = key.join(" ");
        self.inflected.entry(german(&key)).or_insert_with(|| key.clone());
        self.phrases.entry(key).or_default()
    }

    /// Whether a word says nothing.
    pub(super) fn is_ignored(&self, word: &str) -> bool {
        self.ignore.contains_key(word)
    }

    /// What a phrase of stems means, if it is known.
    pub(super) fn of(&self, phrase: &str) -> Option<&Meaning> {
        self.phrases.get(phrase).or_else(|| self.phrases.get(self.inflected.get(&german(phrase))?))
    }

    /// The parts of a German compound, each of them known: `speicherkonto` is `speicher` and `konto`.
    pub(super) fn parts(&self, word: &str) -> Option<[String; 2]> {
        let thing = |part: &str| {
            let part = stem(part);
            self.of(&part).is_some_and(|meaning| !meaning.things.is_empty()).then_some(part)
        };
        if word.len() < 8 || !word.is_ascii() || self.of(word).is_some() {
            return None;
        }
        // The head stands last and the longest one is meant; an `s` may join the parts.
        (4..=word.len() - 4).find_map(|at| {
            let (first, head) = word.split_at(at);
            let head = thing(head)?;
            let first = thing(first).or_else(|| thing(first.strip_suffix('s')?))?;
            Some([first, head])
        })
    }

    /// How usual a service is, from 0 to 1.
    pub(super) fn usual(&self, cloud: CloudName, service: &str) -> f32 {
        self.usual.get(&(cloud, service.to_owned())).copied().unwrap_or(0.0)
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
    fn german_endings_and_compounds_are_understood() {
        let synonyms = Synonyms::embedded();
        let things = |words: &str| synonyms.of(words).map(|meaning| meaning.things.clone());
        assert_eq!(things("virtuellen maschinen"), things("virtuell maschin"));
        assert!(things("virtuellen maschinen").is_some());
        assert_eq!(synonyms.parts("ressourcenregel"), Some(["ressourcen".into(), "regel".into()]));
        assert_eq!(synonyms.parts("sicherheitstresor"), Some(["sicherheit".into(), "tresor".into()]));
        assert_eq!(synonyms.parts("xylophongruppe"), None);
    }

    #[test]
    fn a_misspelt_member_is_an_error() {
        assert!(
            Synonyms::parse(
                "ignore: []\nverbs: [{say: [a], means: [b]}]\nthings: []\nservices: []\nusual: {}\n"
            )
            .is_err()
        );
    }
}
