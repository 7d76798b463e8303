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

/// An index over all operations of a catalog; built in some milliseconds, read by many.
pub struct Index {
    pub(super) services: Vec<ServiceWords>,
    pub(super) operations: Vec<OperationWords>,
    /// Stem to its number.
    numbers: HashMap<Arc<str>, u32>,
    /// By number: the stem, and where it stands.
    pub(super) words: Vec<WordEntry>,
    /// The words of each operation one after the other; operations know where theirs begin.
    forward: Vec<u32>,
    /// Hashes of whole names in small letters, sorted, with the operations.
    names: Vec<(u64, u32)>,
    /// How many stems are said about all operations together.
    pub(super) said: usize,
    /// How many stems the names of all operations have without their verbs.
    pub(super) named: usize,
}

pub(super) struct ServiceWords {
    pub(super) cloud: CloudName,
    pub(super) name: String,
    pub(super) title: String,
    /// Numbers of the stems of its name and title, sorted.
    pub(super) words: Vec<u32>,
    /// Stems in the names of its operations without their verbs, all together.
    pub(super) named: u32,
    /// Stems that are said about its operations, all together.
    pub(super) said: u32,
}

pub(super) struct OperationWords {
    pub(super) service: u16,
    pub(super) name: Box<str>,
    /// The number of the verb's stem.
    pub(super) verb: u32,
    /// The other verb of a name with two: `CreateOrUpdate`.
    pub(super) also: Option<u32>,
    /// Whether it is about several things, as far as its name tells: `ListBuckets`. Groups of methods
    /// are always called after several.
    pub(super) plural: Option<bool>,
    /// Whether a word such as `Batch` stands before its verb.
    pub(super) modified: bool,
    start: u32,
    named: u8,
    said: u16,
    required: u16,
}

pub(super) struct WordEntry {
    pub(super) stem: Arc<str>,
    /// Operations with the stem outside of the verb.
    pub(super) things: Vec<u32>,
    /// How many operations have the stem as the verb.
    pub(super) verbs: u32,
    /// Operations that it is said about in their documentation.
    pub(super) said: Vec<u32>,
    /// Operations with the stem in a parameter that must be given.
    pub(super) required: Vec<u32>,
    /// Services with the stem in name or title.
    pub(super) titled: Vec<u16>,
    /// Services with such `things`, and how many.
    pub(super) things_of: Vec<(u16, u16)>,
    /// Services with such `said`, and how many.
    pub(super) said_of: Vec<(u16, u16)>,
}

impl WordEntry {
    fn add_thing(&mut self, id: u32, service: u16) {
        self.things.push(id);
        count(&mut self.things_of, service);
    }

    fn add_said(&mut self, id: u32, service: u16) {
        self.said.push(id);
        count(&mut self.said_of, service);
    }
}

/// Counts one more for a service; operations of one service follow each other.
fn count(services: &mut Vec<(u16, u16)>, service: u16) {
    match services.last_mut() {
        Some((last, count)) if *last == service => *count = count.saturating_add(1),
        _ => services.push((service, 1)),
    }
}

impl Index {
    /// Builds the index. Operations of one service must follow each other.
    pub fn build<'a>(operations: impl IntoIterator<Item = Named<'a>>) -> Self {
        let mut index = Self {
            services: Vec::new(),
            operations: Vec::new(),
            numbers: HashMap::new(),
            words: Vec::new(),
            forward: Vec::new(),
            names: Vec::new(),
            said: 0,
            named: 0,
        };
        let mut cache: HashMap<&'a str, u32> = HashMap::new();
        let mut parameters: HashMap<&'a str, Vec<u32>> = HashMap::new();
        for named in operations {
            index.add(&named, &mut cache, &mut parameters);
        }
        index.names.sort_unstable();
        for entry in &mut index.words {
            entry.things.shrink_to_fit();
            entry.said.shrink_to_fit();
            entry.required.shrink_to_fit();
        }
        index.forward.shrink_to_fit();
        index.operations.shrink_to_fit();
        index
    }

    fn add<'a>(
        &mut self,
        named: &Named<'a>,
        cache: &mut HashMap<&'a str, u32>,
        parameters: &mut HashMap<&'a str, Vec<u32>>,
    ) {
        let service = self.service(named);
        let id = u32::try_from(self.operations.len()).unwrap_or(u32::MAX);
        let name = self.name(named.operation, cache);
        let said = self.sentence(named.said, cache);
        let mut required: Vec<u32> = Vec::new();
        for parameter in named.required {
            // The same few parameters are asked for by most operations of a cloud.
            let stems = parameters.entry(parameter.as_str()).or_insert_with(|| {
                let mut stems = Vec::new();
                self.text(parameter, cache, |number| stems.push(number));
                stems
            });
            required.extend_from_slice(stems);
        }
        required.sort_unstable();
        required.dedup();
        let entry = OperationWords {
            service,
            name: named.operation.into(),
            verb: name.verb,
            also: name.also,
            plural: name.plural,
            modified: name.modified,
            start: u32::try_from(self.forward.len()).unwrap_or(u32::MAX),
            named: u8::try_from(name.things.len()).unwrap_or(u8::MAX),
            said: u16::try_from(said.len()).unwrap_or(u16::MAX),
            required: u16::try_from(required.len()).unwrap_or(u16::MAX),
        };
        if let Some(word) = self.words.get_mut(name.verb as usize) {
            word.verbs += 1;
        }
        for number in name.things.iter().take(usize::from(entry.named)) {
            self.forward.push(*number);
            if let Some(word) = self.words.get_mut(*number as usize) {
                word.add_thing(id, service);
            }
        }
        for (number, first) in said.iter().take(usize::from(entry.said)) {
            self.forward.push(number << 1 | u32::from(*first));
            if let Some(word) = self.words.get_mut(*number as usize) {
                word.add_said(id, service);
            }
        }
        for number in required.iter().take(usize::from(entry.required)) {
            self.forward.push(*number);
            if let Some(word) = self.words.get_mut(*number as usize) {
                word.required.push(id);
            }
        }
        if let Some(service) = self.services.get_mut(usize::from(service)) {
            service.named += u32::from(entry.named);
            service.said += u32::from(entry.said);
        }
        self.named += usize::from(entry.named);
        self.said += usize::from(entry.said);
        self.names.push((hash(named.operation), id));
        self.operations.push(entry);
    }

    fn name<'a>(&mut self, name: &'a str, cache: &mut HashMap<&'a str, u32>) -> Name {
        let (group, method) = name.rsplit_once('_').unwrap_or(("", name));
        let mut words = split_words(method);
        // `InstanceAction` starts, stops and resets: what it does is said by a parameter.
        if let [_, .., "Action"] = words[..]
            && words.first().is_some_and(|first| !is_common_verb(first))
        {
            words.rotate_right(1);
        }
        let group = split_words(group);
        let last = words.last().filter(|_| group.is_empty());
        let mut name = Name { plural: last.map(|last| is_plural(last)), ..Name::default() };
        let (mut verb, mut alternative) = (None, false);
        for word in words.into_iter().chain(group) {
            let number = self.numbered(word, cache);
            if word == "Or" && verb.is_some() {
                alternative = true;
            } else if std::mem::take(&mut alternative) && is_common_verb(word) {
                name.also = Some(number);
            } else if verb.is_none() && !is_modifier(word) {
                verb = Some(number);
            } else if !name.things.contains(&number) && !is_joint(word) {
                name.modified |= verb.is_none();
                name.things.push(number);
            }
        }
        name.verb = verb.unwrap_or_default();
        name
    }

    /// Stems of a text, sorted, each with whether the first sentence has it.
    fn sentence<'a>(&mut self, text: &'a str, cache: &mut HashMap<&'a str, u32>) -> Vec<(u32, bool)> {
        let (first, rest) = text.split_at(text.find(". ").unwrap_or(text.len()));
        let mut said = Vec::new();
        self.text(first, cache, |number| said.push((number, true)));
        self.text(rest, cache, |number| said.push((number, false)));
        said.sort_unstable_by_key(|(number, first)| (*number, !first));
        said.dedup_by_key(|(number, _)| *number);
        said
    }

    fn text<'a>(&mut self, text: &'a str, cache: &mut HashMap<&'a str, u32>, mut found: impl FnMut(u32)) {
        for token in text.split(|c: char| !c.is_alphanumeric()).filter(|token| token.len() > 1) {
            // Most words of a sentence are whole; names of parameters are not.
            if token.chars().skip(1).any(|c| c.is_uppercase() || c.is_ascii_digit()) {
                for word in split_words(token).into_iter().filter(|word| word.len() > 1) {
                    found(self.numbered(word, cache));
                }
            } else {
                found(self.numbered(token, cache));
            }
        }
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
        self.words.get(self.number_of(stem)? as usize)
    }

    pub(super) fn number_of(&self, stem: &str) -> Option<u32> {
        self.numbers.get(stem).copied()
    }

    fn range(&self, start: usize, length: usize) -> &[u32] {
        self.forward.get(start..start + length).unwrap_or_default()
    }

    /// The stems of an operation's name without its verb, in their order.
    pub(super) fn things(&self, of: &OperationWords) -> &[u32] {
        self.range(of.start as usize, usize::from(of.named))
    }

    /// Whether the name of an operation is more than a verb.
    pub(super) fn has_things(&self, id: u32) -> bool {
        self.operations.get(id as usize).is_some_and(|operation| operation.named > 0)
    }

    /// How many stems are said about an operation.
    pub(super) fn talk(of: &OperationWords) -> f32 {
        f32::from(of.said)
    }

    /// Whether a stem is said about an operation, and whether in the first sentence.
    pub(super) fn says(&self, of: &OperationWords, stem: u32) -> Option<bool> {
        let said = self.range(of.start as usize + usize::from(of.named), usize::from(of.said));
        let at = said.binary_search_by_key(&stem, |coded| coded >> 1).ok()?;
        said.get(at).map(|coded| coded & 1 == 1)
    }

    /// Whether a parameter that must be given has a stem.
    pub(super) fn requires(&self, of: &OperationWords, stem: u32) -> bool {
        let start = of.start as usize + usize::from(of.named) + usize::from(of.said);
        self.range(start, usize::from(of.required)).binary_search(&stem).is_ok()
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
        self.words.push(WordEntry {
            stem,
            things: Vec::new(),
            verbs: 0,
            said: Vec::new(),
            required: Vec::new(),
            titled: Vec::new(),
            things_of: Vec::new(),
            said_of: Vec::new(),
        });
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
        words.retain(|word| word.len() > 1 && !is_maker(word));
        let mut words: Vec<u32> = words.into_iter().map(|word| self.number(word)).collect();
        words.sort_unstable();
        for word in &words {
            if let Some(entry) = self.words.get_mut(*word as usize) {
                entry.titled.push(id);
            }
        }
        self.services.push(ServiceWords {
            cloud: named.cloud,
            name: named.service.to_owned(),
            title: named.title.to_owned(),
            words,
            named: 0,
            said: 0,
        });
        id
    }
}

/// What a name is made of.
#[derive(Default)]
struct Name {
    verb: u32,
    also: Option<u32>,
    things: Vec<u32>,
    plural: Option<bool>,
    modified: bool,
}

/// Whether a word means several, as far as its ending tells.
pub(super) fn is_plural(word: &str) -> bool {
    word.len() > 3 && word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn index(operation: &str, required: &[String], said: &str) -> Index {
        let cloud = CloudName::Aws;
        Index::build([Named { cloud, service: "zoo", title: "The Zoo", operation, required, said }])
    }

    fn words(index: &Index, numbers: &[u32]) -> Vec<String> {
        numbers.iter().map(|number| index.words[*number as usize].stem.to_string()).collect()
    }

    #[test]
    fn a_name_is_verb_and_things_in_their_order() {
        for (name, verb, things, plural) in [
            ("DescribeDBInstances", "describ", &["db", "instanc"][..], Some(true)),
            ("BatchGetItem", "get", &["batch", "item"], Some(false)),
            ("VirtualMachines_CreateOrUpdate", "creat", &["virtual", "machin"], None),
            ("InstanceAction", "action", &["instanc"], Some(false)),
        ] {
            let index = index(name, &[], "");
            let operation = &index.operations[0];
            assert_eq!(words(&index, &[operation.verb]), [verb], "{name}");
            assert_eq!(words(&index, index.things(operation)), things, "{name}");
            assert_eq!(operation.plural, plural, "{name}");
        }
    }

    #[test]
    fn sentences_and_parameters_are_kept_apart() {
        let required = ["zebraName".to_owned()];
        let index = index("GetZebra", &required, "Reads a stripe. The stripe has a colour.");
        let operation = &index.operations[0];
        let of = |word: &str| index.number_of(&stem(word)).unwrap();
        assert_eq!(index.says(operation, of("stripe")), Some(true));
        assert_eq!(index.says(operation, of("colour")), Some(false));
        assert_eq!(index.says(operation, of("zebra")), None);
        assert!(index.requires(operation, of("name")));
        assert!(!index.requires(operation, of("stripe")));
    }
}
