//! The index: which operations have which words.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;

use super::stem::{fold, stem, stems};
use crate::catalog::access::split_words;
use crate::plan::CloudName;

/// An operation as the index needs it.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// The cloud.
    pub cloud: CloudName,
    /// The service.
    pub service: &'a str,
    /// The service's name for people.
    pub title: &'a str,
    /// The operation.
    pub operation: &'a str,
    /// The parameters that must be given.
    pub required: &'a [String],
    /// What its documentation says in a sentence or two; empty where there is none.
    pub said: &'a str,
}

/// An index over all operations of a catalog; built in a few milliseconds, read by many.
pub struct Index {
    pub(super) services: Vec<ServiceWords>,
    pub(super) operations: Vec<OperationWords>,
    /// Stem to its number.
    pub(super) numbers: HashMap<Arc<str>, u32>,
    /// By number: the stem, and the operations that have it in their names.
    pub(super) words: Vec<WordEntry>,
    /// Stem to the services that have it in name or title.
    pub(super) service_words: HashMap<String, Vec<u16>>,
    /// Hashes of whole names in small letters, sorted, with the operations.
    names: Vec<(u64, u32)>,
    /// How many stems are said about all operations together.
    pub(super) said: usize,
}

pub(super) struct ServiceWords {
    pub(super) cloud: CloudName,
    pub(super) name: String,
    pub(super) title: String,
}

pub(super) struct OperationWords {
    pub(super) service: u16,
    pub(super) name: Box<str>,
    /// Stems of the name without its verb: how long it is.
    pub(super) length: u8,
    /// The number of the verb's stem.
    pub(super) verb: u32,
    /// The other verb of a name with two: `CreateOrUpdate`.
    pub(super) also: Option<u32>,
    /// How many stems are said about it beside its name.
    pub(super) said: u16,
}

pub(super) struct WordEntry {
    pub(super) stem: Arc<str>,
    /// Operations with the stem outside of the verb.
    pub(super) things: Vec<u32>,
    /// Operations with the stem as the verb.
    pub(super) verbs: Vec<u32>,
    /// Operations that it is said about, in their documentation or by their parameters.
    pub(super) said: Vec<u32>,
}

impl Index {
    /// Builds the index. Operations of one service must follow each other.
    pub fn build<'a>(operations: impl IntoIterator<Item = Named<'a>>) -> Self {
        let mut index = Self {
            services: Vec::new(),
            operations: Vec::new(),
            numbers: HashMap::new(),
            words: Vec::new(),
            service_words: HashMap::new(),
            names: Vec::new(),
            said: 0,
        };
        let mut cache: HashMap<&'a str, u32> = HashMap::new();
        for named in operations {
            let service = index.service(&named);
            let id = u32::try_from(index.operations.len()).unwrap_or(u32::MAX);
            let (mut verb, mut also) = (None, None);
            let mut seen: Vec<u32> = Vec::with_capacity(6);
            let (group, method) = named.operation.rsplit_once('_').unwrap_or(("", named.operation));
            let mut words = split_words(method);
            // `InstanceAction` starts, stops and resets: what it does is said by a parameter.
            if let [_, .., "Action"] = words[..]
                && words.first().is_some_and(|first| !is_common_verb(first))
            {
                words.rotate_right(1);
            }
            let mut alternative = false;
            for word in words.into_iter().chain(split_words(group)) {
                let number = index.numbered(word, &mut cache);
                if word == "Or" && verb.is_some() {
                    alternative = true;
                } else if std::mem::take(&mut alternative) && is_common_verb(word) {
                    also = Some(number);
                } else if verb.is_none() && !is_modifier(word) {
                    verb = Some(number);
                } else if !seen.contains(&number) && !is_joint(word) {
                    seen.push(number);
                }
            }
            let verb = verb.unwrap_or(0);
            if let Some(entry) = index.words.get_mut(verb as usize) {
                entry.verbs.push(id);
            }
            for number in &seen {
                if let Some(entry) = index.words.get_mut(*number as usize) {
                    entry.things.push(id);
                }
            }
            let mut said: Vec<u32> = Vec::new();
            // Without a sentence the parameters alone say little that the name does not.
            let required = named.required.iter().map(String::as_str).filter(|_| !named.said.is_empty());
            for text in std::iter::once(named.said).chain(required) {
                for token in text.split(|c: char| !c.is_alphanumeric()).filter(|token| token.len() > 1) {
                    // Most words of a sentence are whole; names of parameters are not.
                    if token.chars().skip(1).any(char::is_uppercase) {
                        said.extend(
                            split_words(token).into_iter().map(|word| index.numbered(word, &mut cache)),
                        );
                    } else {
                        said.push(index.numbered(token, &mut cache));
                    }
                }
            }
            said.sort_unstable();
            said.dedup();
            for number in &said {
                if let Some(entry) = index.words.get_mut(*number as usize) {
                    entry.said.push(id);
                }
            }
            index.said += said.len();
            index.names.push((hash(named.operation), id));
            index.operations.push(OperationWords {
                service,
                name: named.operation.into(),
                length: u8::try_from(seen.len()).unwrap_or(u8::MAX),
                verb,
                also,
                said: u16::try_from(said.len()).unwrap_or(u16::MAX),
            });
        }
        index.names.sort_unstable();
        index
    }

    /// The operations of this name, in whatever case.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = u32> {
        let wanted = hash(name);
        let start = self.names.partition_point(|(hash, _)| *hash < wanted);
        self.names.iter().skip(start).take_while(move |(hash, _)| *hash == wanted).map(|(_, id)| *id)
    }

    /// How many operations it knows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// Whether it knows none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    pub(super) fn word(&self, stem: &str) -> Option<&WordEntry> {
        self.words.get(*self.numbers.get(stem)? as usize)
    }

    /// The number of a word's stem. Words repeat a thousand times: each is cut once.
    fn numbered<'a>(&mut self, word: &'a str, cache: &mut HashMap<&'a str, u32>) -> u32 {
        if let Some(number) = cache.get(word) {
            return *number;
        }
        let number = self.number(stem(word));
        cache.insert(word, number);
        number
    }

    fn number(&mut self, stem: String) -> u32 {
        if let Some(number) = self.numbers.get(stem.as_str()) {
            return *number;
        }
        let number = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        let stem: Arc<str> = stem.into();
        self.numbers.insert(Arc::clone(&stem), number);
        self.words.push(WordEntry { stem, things: Vec::new(), verbs: Vec::new(), said: Vec::new() });
        number
    }

    fn service(&mut self, named: &Named<'_>) -> u16 {
        if let Some(last) = self.services.last()
            && last.cloud == named.cloud
            && last.name == named.service
        {
            return u16::try_from(self.services.len() - 1).unwrap_or(u16::MAX);
        }
        let id = u16::try_from(self.services.len()).unwrap_or(u16::MAX);
        let mut words = stems(named.title);
        words.extend(stems(named.service));
        // Whole words too: people write `dynamodb`, not `dynamo db`.
        words.extend(named.title.split(|c: char| !c.is_alphanumeric()).map(fold));
        words.push(fold(named.service));
        words.sort();
        words.dedup();
        for word in words.into_iter().filter(|word| word.len() > 1 && !is_maker(word)) {
            self.service_words.entry(word).or_default().push(id);
        }
        self.services.push(ServiceWords {
            cloud: named.cloud,
            name: named.service.to_owned(),
            title: named.title.to_owned(),
        });
        id
    }
}

fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    for byte in name.bytes() {
        hasher.write_u8(byte.to_ascii_lowercase());
    }
    hasher.finish()
}

/// Verbs that most names begin with.
fn is_common_verb(word: &str) -> bool {
    matches!(
        word,
        "Create"
            | "Update"
            | "Delete"
            | "Get"
            | "List"
            | "Describe"
            | "Put"
            | "Set"
            | "Start"
            | "Stop"
            | "Add"
            | "Remove"
            | "Batch"
            | "Change"
            | "Replace"
            | "Reset"
            | "Run"
            | "Execute"
            | "Cancel"
            | "Test"
            | "Send"
    )
}

/// Words that join others and that no query is about.
fn is_joint(word: &str) -> bool {
    matches!(word, "And" | "Or" | "By" | "For" | "Of" | "With" | "In" | "To" | "From" | "On")
}

/// Words before the verb.
fn is_modifier(word: &str) -> bool {
    matches!(word, "Batch" | "Admin" | "Bulk")
}

/// Words that stand in nearly every title.
fn is_maker(word: &str) -> bool {
    matches!(word, "amazon" | "aws" | "azure" | "oracle" | "servic" | "service" | "services" | "cloud")
}
