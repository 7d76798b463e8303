//! Which kinds of things a service has, what tells them apart, and what each operation does to which kind.
//!
//! All of it is inferred: the noun of a creating operation is a kind; the parameters that its
//! deleting partner requires tell its things apart; those of them that name another kind are its containers.

use std::collections::{BTreeMap, HashMap};

use super::known::Known;
use super::members::{has_in_output, is_aside, is_scalar, tags_of};
use super::noun;
use crate::catalog::access::split_words;
use crate::catalog::shapes::{Operation, Service, ShapeKind};

/// A kind of thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Kind {
    /// Its place among the kinds.
    pub(super) key: String,
    /// Its name, for example `Vpc`; links have the verb in front: `AttachRolePolicy`.
    pub(super) name: String,
    /// The noun alone.
    pub(super) noun: String,
    /// Members that tell its things apart and that the caller gives.
    pub(super) given: Vec<String>,
    /// Members that tell its things apart and that the cloud gives.
    pub(super) generated: Vec<String>,
    /// Members that name what it exists inside, with the kind named.
    pub(super) inside: Vec<(String, String)>,
    pub(super) creates: Vec<String>,
    pub(super) deletes: Vec<String>,
    pub(super) reads: Vec<String>,
}

impl Kind {
    /// Whether there is one of it in each container, like the encryption of a bucket.
    pub(super) fn is_setting(&self) -> bool {
        self.given.is_empty() && self.generated.is_empty()
    }

    /// Whether it ties two things together.
    pub(super) fn is_link(&self) -> bool {
        self.key.contains(':')
    }

    /// All members that tell its things apart.
    pub(super) fn own(&self) -> impl Iterator<Item = &String> {
        self.given.iter().chain(&self.generated)
    }
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Create,
    /// Makes it or replaces it.
    Put,
    Read,
    Update,
    Delete,
    Start,
    Stop,
    Restart,
    Tag,
    Untag,
    ListTags,
}

/// What an operation does to which kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) role: Role,
    /// The key of the kind; nothing for tags and for reads of what the sandbox knows no kind of.
    pub(super) kind: Option<String>,
}

/// The kinds of one service.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    kinds: BTreeMap<String, Kind>,
    meanings: HashMap<String, Meaning>,
    owners: HashMap<String, Owner>,
}

/// The kind that a member names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Owner {
    /// How sure that is: below [`SURE`] the member may as well be a name like any other.
    score: usize,
    /// Shorter names win among equals.
    brevity: usize,
    key: String,
}

const SURE: usize = 2;

const CREATES: [&str; 9] =
    ["Create", "Run", "Allocate", "Register", "Import", "Request", "Launch", "Provision", "Put"];
const LINKS: [(&str, &str); 4] =
    [("Attach", "Detach"), ("Associate", "Disassociate"), ("Add", "Remove"), ("Subscribe", "Unsubscribe")];
const DELETES: [&str; 6] = ["Delete", "Terminate", "Release", "Deregister", "Remove", "Cancel"];
const READS: [&str; 4] = ["Describe", "Get", "List", "Head"];
const UPDATES: [&str; 4] = ["Update", "Modify", "Set", "Put"];
/// Phases that a verb leads to.
const MOVES: [(&str, Role); 6] = [
    ("Start", Role::Start),
    ("Resume", Role::Start),
    ("Stop", Role::Stop),
    ("Pause", Role::Stop),
    ("Reboot", Role::Restart),
    ("Restart", Role::Restart),
];

impl Kinds {
    pub(super) fn of(service: &Service, known: &Known) -> Self {
        let mut kinds = Self::default();
        for (name, declared) in &known.of(&service.name).kinds {
            let key = noun::stem(name);
            let kind = Kind { key: key.clone(), name: name.clone(), noun: name.clone(), ..Kind::default() };
            kinds.kinds.insert(key, Kind { creates: declared.creates.clone(), ..kind });
        }
        for operation in &service.operations {
            kinds.note_create(service, operation, known);
        }
        for operation in &service.operations {
            kinds.note_delete(service, operation, known);
        }
        for operation in &service.operations {
            kinds.note_rest(service, operation, known);
        }
        for kind in kinds.kinds.values_mut() {
            // `CreateTable` says more of a table than `ImportTable`.
            kind.creates.sort_by_key(|name| {
                let (verb, _) = known.read_as(&service.name, name);
                CREATES.iter().position(|create| *create == verb)
            });
        }
        kinds.drop_lone_puts(service);
        kinds.find_members(service, known);
        kinds
    }

    pub(super) fn get(&self, key: &str) -> Option<&Kind> {
        self.kinds.get(key)
    }

    /// The kind of this name.
    pub(super) fn named(&self, name: &str) -> Option<&Kind> {
        self.kinds.values().find(|kind| kind.name == name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.values()
    }

    pub(super) fn meaning(&self, operation: &str) -> Option<&Meaning> {
        self.meanings.get(operation)
    }

    /// The kind that a member names, unless the name says nothing.
    pub(super) fn owner(&self, member: &str) -> Option<&Kind> {
        if noun::is_bare(member) {
            return None;
        }
        let one = noun::squash(&noun::singular(member));
        let owner = self.owners.get(&one).filter(|owner| owner.score >= SURE)?;
        self.kinds.get(&owner.key)
    }

    fn note_create(&mut self, service: &Service, operation: &Operation, known: &Known) {
        let (verb, noun) = known.read_as(&service.name, &operation.name);
        let key = match LINKS.iter().find(|(link, _)| *link == verb) {
            Some((link, _)) => link_key(link, noun),
            None if CREATES.contains(&verb) => noun::stem(noun),
            None => return,
        };
        if noun.is_empty() || tag_role(service, operation).is_some() {
            return;
        }
        let is_link = key.contains(':');
        // A put is called after what it puts, however many: `PutBucketCors`.
        let one = if verb == "Put" { noun.to_owned() } else { noun::singular(noun) };
        let kind = self.kinds.entry(key.clone()).or_default();
        // What is created is called so; a put of the same noun only changes it.
        if kind.name.is_empty() || verb != "Put" {
            kind.name = if is_link { format!("{verb}{one}") } else { one.clone() };
            kind.noun = one;
        }
        kind.key = key;
        kind.creates.push(operation.name.clone());
    }

    fn note_delete(&mut self, service: &Service, operation: &Operation, known: &Known) {
        let (verb, noun) = known.read_as(&service.name, &operation.name);
        let mut keys: Vec<String> =
            LINKS.iter().filter(|(_, undo)| *undo == verb).map(|(link, _)| link_key(link, noun)).collect();
        if DELETES.contains(&verb) {
            keys.push(noun::stem(noun));
        }
        if tag_role(service, operation).is_some() {
            return;
        }
        let key = keys.iter().find(|key| self.kinds.contains_key(*key));
        if let Some(kind) = key.and_then(|key| self.kinds.get_mut(key)) {
            kind.deletes.push(operation.name.clone());
            let meaning = Meaning { role: Role::Delete, kind: Some(kind.key.clone()) };
            self.meanings.insert(operation.name.clone(), meaning);
        }
    }

    fn note_rest(&mut self, service: &Service, operation: &Operation, known: &Known) {
        let (verb, noun) = known.read_as(&service.name, &operation.name);
        let name = operation.name.clone();
        if let Some(role) = tag_role(service, operation) {
            self.meanings.insert(name, Meaning { role, kind: None });
            return;
        }
        if READS.contains(&verb) {
            let key = self.kind_of_read(noun);
            if let Some(kind) = key.as_ref().and_then(|key| self.kinds.get_mut(key)) {
                kind.reads.push(name.clone());
            }
            self.meanings.insert(name, Meaning { role: Role::Read, kind: key });
            return;
        }
        let exact = noun::stem(noun);
        if let Some((_, role)) = MOVES.iter().find(|(word, _)| *word == verb) {
            if self.kinds.contains_key(&exact) {
                self.meanings.insert(name, Meaning { role: *role, kind: Some(exact) });
            }
            return;
        }
        if self.kinds.values().any(|kind| kind.creates.contains(&name)) {
            return;
        }
        if UPDATES.contains(&verb)
            && let Some(key) = self.prefix(noun)
        {
            self.meanings.insert(name, Meaning { role: Role::Update, kind: Some(key) });
        }
    }

    /// The kind that a read is about: by its noun, by the noun without its scope, as a list of links, or as a
    /// part of the kind that the noun begins with.
    fn kind_of_read(&self, noun: &str) -> Option<String> {
        let exact = |noun: &str| Some(noun::stem(noun)).filter(|key| self.kinds.contains_key(key));
        let scoped = noun::without_scope(noun);
        let attached = noun.strip_prefix("Attached").map(|noun| link_key("Attach", noun));
        exact(noun)
            .or_else(|| attached.filter(|key| self.kinds.contains_key(key)))
            .or_else(|| exact(scoped?))
            .or_else(|| self.prefix(noun))
    }

    /// The kind with the longest name that a noun begins with.
    fn prefix(&self, noun: &str) -> Option<String> {
        let words = split_words(noun);
        (1..=words.len()).rev().find_map(|count| {
            let length: usize = words.iter().take(count).map(|word| word.len()).sum();
            Some(noun::stem(noun.get(..length)?)).filter(|key| self.kinds.contains_key(key))
        })
    }

    /// What is only put, and never read or deleted under its own name, is no kind but a change of another.
    fn drop_lone_puts(&mut self, service: &Service) {
        let lone: Vec<String> = self
            .kinds
            .values()
            .filter(|kind| kind.creates.iter().all(|name| name.starts_with("Put")))
            .filter(|kind| kind.deletes.is_empty())
            .filter(|kind| !kind.reads.iter().any(|read| noun::stem(noun::verb_and_noun(read).1) == kind.key))
            .map(|kind| kind.key.clone())
            .collect();
        for key in lone {
            let Some(kind) = self.kinds.remove(&key) else { continue };
            self.meanings.retain(|_, meaning| meaning.kind.as_ref() != Some(&key));
            for name in kind.creates {
                if let Some(key) = service.operation(&name).and_then(|_| self.prefix(&kind.noun)) {
                    self.meanings.insert(name, Meaning { role: Role::Update, kind: Some(key) });
                }
            }
        }
    }

    fn find_members(&mut self, service: &Service, known: &Known) {
        let raw: BTreeMap<String, Vec<String>> =
            self.kinds.values().map(|kind| (kind.key.clone(), raw_members(service, kind, known))).collect();
        self.owners = owners(service, &self.kinds, &raw);
        let mut done = BTreeMap::new();
        for (key, kind) in &self.kinds {
            let mut kind = kind.clone();
            let members = raw.get(key).map(Vec::as_slice).unwrap_or_default();
            for member in members {
                let create = kind.creates.first().and_then(|name| service.operation(name));
                let Some(create) = create else { continue };
                let taken = takes(service, create, member);
                if !taken && has_in_output(service, create, member) {
                    kind.generated.push(member.clone());
                    continue;
                }
                let owner = self
                    .owners
                    .get(&noun::squash(member))
                    .filter(|owner| owner.score >= SURE && !noun::is_bare(member));
                match owner {
                    Some(owner) if owner.key != *key => {
                        kind.inside.push((member.clone(), owner.key.clone()));
                    }
                    _ if taken => kind.given.push(member.clone()),
                    _ => {}
                }
            }
            // A partner that names it in another way: the name that the creator gives tells it apart.
            let is_put = kind.creates.iter().all(|name| name.starts_with("Put"));
            if kind.is_setting() && !((is_put || kind.is_link()) && !kind.inside.is_empty()) {
                let create = kind.creates.first().and_then(|name| service.operation(name));
                if let Some(create) = create {
                    (kind.given, kind.generated) = own_name(service, create, &kind);
                }
            }
            if let Some(declared) = known.of(&service.name).kinds.get(&kind.name) {
                kind.given.clone_from(&declared.given);
                kind.generated.clone_from(&declared.generated);
                kind.inside =
                    declared.inside.iter().map(|(member, kind)| (member.clone(), noun::stem(kind))).collect();
            }
            done.insert(key.clone(), kind);
        }
        self.kinds = done;
        for kind in self.kinds.values() {
            for name in &kind.creates {
                let put = name.starts_with("Put") && (kind.is_setting() || kind.creates.len() == 1);
                let role = match (put, name.starts_with("Put")) {
                    (true, _) => Role::Put,
                    (false, true) => Role::Update,
                    (false, false) => Role::Create,
                };
                // A thing that nothing tells apart cannot be kept.
                if !kind.is_setting() || !kind.inside.is_empty() {
                    let meaning = Meaning { role, kind: Some(kind.key.clone()) };
                    self.meanings.entry(name.clone()).or_insert(meaning);
                }
            }
        }
    }
}

/// Links are kinds of their own: `attach:rolepolicy`. Both directions have one key.
fn link_key(verb: &str, noun: &str) -> String {
    let words: Vec<&str> =
        split_words(noun).into_iter().map(|word| if word == "From" { "To" } else { word }).collect();
    format!("{}:{}", verb.to_lowercase(), noun::stem(&words.concat()))
}

fn tag_role(service: &Service, operation: &Operation) -> Option<Role> {
    let words = split_words(&operation.name);
    if !words.iter().any(|word| matches!(*word, "Tag" | "Tags" | "Untag")) {
        return None;
    }
    let verb = *words.first()?;
    let input = operation.input.map(|id| service.shape(id))?;
    let takes_tags = input.members().iter().any(|member| tags_of(service, member).is_some());
    let takes_keys = input.members().iter().any(|member| {
        let squashed = noun::squash(&member.name);
        matches!(service.shape(member.shape).kind, ShapeKind::List { .. })
            && matches!(squashed.as_str(), "tagkeys" | "tagkeylist" | "tags" | "keys")
    });
    match verb {
        "Untag" | "Delete" | "Remove" if takes_tags || takes_keys => Some(Role::Untag),
        "Tag" | "Create" | "Add" | "Put" | "Set" if takes_tags => Some(Role::Tag),
        "List" | "Describe" | "Get" => {
            let output = operation.output.map(|id| service.shape(id))?;
            output.members().iter().any(|member| tags_of(service, member).is_some()).then_some(Role::ListTags)
        }
        _ => None,
    }
}

/// The members by which the deleting partner, or a reading one, knows a thing.
fn raw_members(service: &Service, kind: &Kind, known: &Known) -> Vec<String> {
    let partners = kind.deletes.iter().chain(kind.reads.iter().filter(|name| {
        let (verb, noun) = noun::verb_and_noun(name);
        matches!(verb, "Get" | "Describe" | "Head") && noun::stem(noun) == kind.key
    }));
    let create = kind.creates.first().and_then(|name| service.operation(name));
    for name in partners {
        let Some(partner) = service.operation(name) else { continue };
        let members = partner.input.map_or(&[][..], |id| service.shape(id).members());
        let fits = |member: &&crate::catalog::shapes::Member| {
            !is_aside(member)
                && !known.is_aside(&service.name, &member.name)
                && is_scalar(service, member.shape)
        };
        let one = |name: &str, list: bool| if list { noun::singular(name) } else { name.to_owned() };
        let is_list = |member: &crate::catalog::shapes::Member| {
            matches!(service.shape(member.shape).kind, ShapeKind::List { .. })
        };
        let mut found: Vec<String> = members
            .iter()
            .filter(|member| member.required)
            .filter(fits)
            .map(|member| one(&member.name, is_list(member)))
            .collect();
        let contained = found.iter().all(|name| noun::about(name).is_some_and(|a| noun::stem(a) != kind.key));
        let is_put = kind.creates.iter().all(|name| name.starts_with("Put"));
        if found.is_empty() || (contained && !is_put) {
            // One of several ways to say which: `KeyName` or `KeyPairId`, three kinds of destination.
            let choices = members.iter().filter(|member| !member.required).filter(fits).filter(|member| {
                let name = one(&member.name, is_list(member));
                let named = noun::about(&name).is_some() || name.starts_with("Destination");
                let told = create.is_some_and(|create| {
                    takes(service, create, &name) || has_in_output(service, create, &name)
                });
                (named || name == "PublicIp") && told
            });
            found.extend(choices.map(|member| one(&member.name, is_list(member))));
        }
        if !found.is_empty() {
            return found;
        }
    }
    vec![]
}

/// Whether an operation takes a member of this name.
fn takes(service: &Service, operation: &Operation, member: &str) -> bool {
    operation
        .input
        .is_some_and(|id| service.shape(id).members().iter().any(|m| m.name.eq_ignore_ascii_case(member)))
}

/// Which kind each member names: the kind that is called like it, else the one that is told apart by it alone.
fn owners(
    service: &Service,
    kinds: &BTreeMap<String, Kind>,
    raw: &BTreeMap<String, Vec<String>>,
) -> HashMap<String, Owner> {
    let mut best: HashMap<String, Owner> = HashMap::new();
    for (key, members) in raw {
        let Some(kind) = kinds.get(key).filter(|kind| !kind.is_link()) else { continue };
        let create = kind.creates.first().and_then(|name| service.operation(name));
        for member in members {
            let about = noun::about(member).unwrap_or(member);
            let generated = create.is_some_and(|create| {
                !takes(service, create, member) && has_in_output(service, create, member)
            });
            let near = kind.key.ends_with(&noun::stem(about)) || kind.key.starts_with(&noun::stem(about));
            let score = match (noun::stem(about) == kind.key, near, generated) {
                (true, ..) => 4,
                // `GroupId` of a security group, which the cloud gives.
                (false, true, true) => 3,
                (false, false, true) => SURE,
                (false, true, false) => 1,
                (false, false, false) => continue,
            };
            let rank = Owner { score, brevity: usize::MAX - kind.name.len(), key: key.clone() };
            let entry = best.entry(noun::squash(member)).or_insert_with(|| rank.clone());
            if rank > *entry {
                *entry = rank;
            }
        }
    }
    best
}

/// Members of a creating operation that name what it makes: given by the caller, or by the cloud.
fn own_name(service: &Service, create: &Operation, kind: &Kind) -> (Vec<String>, Vec<String>) {
    let members = create.input.map_or(&[][..], |id| service.shape(id).members());
    let is_own = |name: &str| {
        let stem = noun::stem(noun::about(name).unwrap_or(name));
        stem == noun::stem(&kind.noun) || matches!(noun::squash(name).as_str(), "name" | "id" | "identifier")
    };
    let given = members
        .iter()
        .filter(|member| is_scalar(service, member.shape) && is_own(&member.name))
        .max_by_key(|member| member.required);
    if let Some(member) = given {
        return (vec![member.name.clone()], vec![]);
    }
    for ending in ["Id", "Arn", "Identifier"] {
        for name in [format!("{}{ending}", kind.noun), ending.to_owned(), ending.to_lowercase()] {
            if has_in_output(service, create, &name) {
                return (vec![], vec![name]);
            }
        }
    }
    (vec![], vec![])
}

#[cfg(test)]
#[path = "kinds_tests.rs"]
mod tests;
