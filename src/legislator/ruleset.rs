//! A rule set: books, catalogue, and Rego that were read, checked, and tried together.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value as Rego};
use serde_json::{Map, Value, json};

use super::books::{self, Books};
use super::catalogue::{self, RuleInfo};
use super::{RolesBook, RoutingBook, RulesError, recursion};
use crate::plan::Digest;

/// Bytes that one file may have.
const LARGEST: usize = 512 * 1024;
/// How long all rules may take over one plan.
const LONGEST: Duration = Duration::from_secs(2);
/// Steps of the engine between two looks at the clock.
const LOOK_AT_CLOCK: NonZeroU32 = NonZeroU32::MIN.saturating_add(255);
/// The packages whose `deny` is asked begin so.
const PACKAGES: &str = "data.provisioner.";
/// The pack that takes as long as all others together, and so has an engine of its own.
const LARGEST_PACK: &str = "security";
/// The package of shared functions, which decides nothing.
const SHARED: &str = "data.provisioner.lib";

/// Rules that were read, checked, and tried together.
pub(super) struct RuleSet {
    pub(super) books: Books,
    pub(super) roles: RolesBook,
    pub(super) routing: RoutingBook,
    pub(super) rules: BTreeMap<String, RuleInfo>,
    pub(super) digest: Digest,
    texts: BTreeMap<String, String>,
    data: Value,
    /// Engines that are asked side by side, each for some of the decisions.
    lanes: Vec<Lane>,
}

/// An engine and what it is asked for.
struct Lane {
    /// The decisions, by pack.
    decisions: BTreeMap<String, String>,
    engine: Mutex<Engine>,
}

/// What one rule said, before books and catalogue are joined to it.
#[derive(Clone, Debug)]
pub(super) struct Said {
    /// The pack whose package said it.
    pub(super) pack: String,
    /// What it said.
    pub(super) value: Value,
}

impl RuleSet {
    /// Reads a rule set from texts by their path below the rules folder.
    ///
    /// # Errors
    ///
    /// The first file that does not fit, with its place.
    pub(super) fn from_texts(texts: &BTreeMap<String, String>) -> Result<Self, RulesError> {
        let texts: BTreeMap<String, String> =
            texts.iter().filter(|(path, _)| counts(path)).map(|(p, t)| (p.clone(), t.clone())).collect();
        if let Some((file, text)) = texts.iter().find(|(_, text)| text.len() > LARGEST) {
            return Err(RulesError::TooLarge { file: file.clone(), size: text.len(), limit: LARGEST });
        }
        // Parts of the work that know nothing of each other.
        let (documents, lanes) = std::thread::scope(|scope| {
            let documents = scope.spawn(|| Documents::read(&texts));
            let lanes = parse(&texts);
            (documents.join(), lanes)
        });
        let documents =
            documents.map_err(|_| RulesError::Evaluation("the reader of books met a fault".into()))??;
        let lanes = lanes?;
        let Documents { books, roles, routing, rules, tables, digest } = documents;
        let mut set = Self { books, roles, routing, rules, digest, texts, data: Value::Null, lanes };
        set.load(tables)?;
        Ok(set)
    }

    /// The same rules with other books.
    pub(super) fn with_books(&self, books: &Map<String, Value>) -> Result<Self, RulesError> {
        let mut texts = self.texts.clone();
        for (name, book) in books {
            texts.insert(format!("{name}.yaml"), super::books::text_of(book));
        }
        Self::from_texts(&texts)
    }

    /// Gives the engine its data and tries every decision on an empty plan, so that a rule that
    /// cannot work is refused now and not before a person who waits for a verdict.
    fn load(&mut self, tables: Map<String, Value>) -> Result<(), RulesError> {
        self.data = json!({"books": self.books, "tables": tables, "checks": self.checks()});
        let data = Rego::from(self.data.clone());
        for lane in &mut self.lanes {
            let engine = lane.engine.get_mut().unwrap_or_else(PoisonError::into_inner);
            engine.add_data(data.clone()).map_err(|e| RulesError::Evaluation(first_lines(&e)))?;
        }
        let empty = json!({"plan": {"name": "", "unpriced": []}, "environment": "", "steps": {}, "by": {},
            "places": [], "taggings": [], "inventory": {}});
        self.ask(&Rego::from(empty)).map(|_| ()).map_err(|error| match error {
            RulesError::Evaluation(message) => RulesError::Rego { file: "the rules".into(), message },
            other => other,
        })
    }

    /// What all rules say about a plan.
    pub(super) fn ask(&self, input: &Rego) -> Result<Vec<Said>, RulesError> {
        let Some((first, rest)) = self.lanes.split_first() else { return Ok(Vec::new()) };
        std::thread::scope(|scope| {
            let asked: Vec<_> = rest.iter().map(|lane| scope.spawn(|| lane.ask(input.clone()))).collect();
            let mut said = first.ask(input.clone())?;
            for lane in asked {
                let answer =
                    lane.join().map_err(|_| RulesError::Evaluation("the engine met a fault".into()))?;
                said.extend(answer?);
            }
            Ok(said)
        })
    }

    /// What the rules read beside the plan: books, tables, and checks.
    pub(super) fn data(&self) -> Value {
        self.data.clone()
    }

    /// The Rego files, by path below the rules folder.
    pub(super) fn modules(&self) -> BTreeMap<String, String> {
        let rego = self.texts.iter().filter(|(file, _)| file.ends_with(".rego"));
        rego.map(|(file, text)| (file.clone(), text.clone())).collect()
    }

    /// The packages whose `deny` is asked.
    pub(super) fn packages(&self) -> Vec<String> {
        let decisions = self.lanes.iter().flat_map(|lane| &lane.decisions);
        decisions.map(|(pack, _)| pack.clone()).collect()
    }

    /// The rows of the rules that are checks, by pack and operation.
    fn checks(&self) -> Value {
        let mut packs: Map<String, Value> = Map::new();
        for rule in self.rules.values() {
            for check in &rule.checks {
                for operation in check.operations(&rule.operations) {
                    let rows = packs.entry(rule.pack.clone()).or_insert_with(|| json!({}));
                    let row = check.row(&rule.id, &rule.title, operation);
                    match rows.get_mut(operation).and_then(Value::as_array_mut) {
                        Some(rows) => rows.push(row),
                        None => rows[operation.as_str()] = json!([row]),
                    }
                }
            }
        }
        Value::Object(packs)
    }
}

/// Everything of a rule set that is YAML.
struct Documents {
    books: Books,
    roles: RolesBook,
    routing: RoutingBook,
    rules: BTreeMap<String, RuleInfo>,
    tables: Map<String, Value>,
    digest: Digest,
}

impl Documents {
    fn read(texts: &BTreeMap<String, String>) -> Result<Self, RulesError> {
        let mut books = Books::default();
        let mut rules = BTreeMap::new();
        let mut tables: Map<String, Value> = Map::new();
        let (mut roles, mut routing) = (RolesBook::default(), RoutingBook::default());
        for (file, text) in texts {
            match file.as_str() {
                "tables.yaml" => tables = books::read::<Map<String, Value>>(file, text)?,
                "roles.yaml" => {
                    roles = checked(file, books::read::<RolesBook>(file, text)?, RolesBook::check)?
                }
                "routing.yaml" => {
                    routing = checked(file, books::read::<RoutingBook>(file, text)?, RoutingBook::check)?
                }
                _ if file.starts_with("catalogue/") => catalogue::read_into(&mut rules, file, text)?,
                _ => {
                    if let Some(name) = file.strip_suffix(".yaml") {
                        books.replace(name, file, text)?;
                    }
                }
            }
        }
        if rules.is_empty() || !texts.keys().any(|file| file.ends_with(".rego")) {
            return Err(RulesError::Empty);
        }
        books.check_rules(&rules.keys().map(String::as_str).collect::<BTreeSet<_>>())?;
        let digest = Digest::of(texts).unwrap_or_else(|_| Digest::of_bytes(b""));
        Ok(Self { books, roles, routing, rules, tables, digest })
    }
}

/// The engines that have read all Rego, each with what it is asked for.
fn parse(texts: &BTreeMap<String, String>) -> Result<Vec<Lane>, RulesError> {
    let rego: Vec<(&str, &str)> = texts
        .iter()
        .filter(|(file, _)| file.ends_with(".rego"))
        .map(|(file, text)| (file.as_str(), text.as_str()))
        .collect();
    let parsed = if rego.iter().all(|(_, text)| pack_of(text).is_some() && reads_only_shared(text)) {
        // The largest pack and the others need nothing of each other, so neither engine reads the other's files.
        let apart = |largest: bool| -> Vec<(&str, &str)> {
            let wanted =
                |pack: Option<&str>| pack.is_none_or(|p| p == "lib" || (p == LARGEST_PACK) == largest);
            rego.iter().copied().filter(|(_, text)| wanted(pack_of(text))).collect()
        };
        let (largest, others) = (apart(true), apart(false));
        std::thread::scope(|scope| {
            let largest = scope.spawn(|| read(&largest));
            let others = read(&others);
            let largest = largest
                .join()
                .map_err(|_| RulesError::Evaluation("the reader of rules met a fault".into()))?;
            Ok(vec![largest?, others?])
        })?
    } else {
        // The parsed files are shared by the engines.
        let (engine, decisions) = read(&rego)?;
        let (largest, others) = decisions.into_iter().partition(|(pack, _)| pack == LARGEST_PACK);
        vec![(engine.clone(), largest), (engine, others)]
    };
    let asked = parsed.into_iter().filter(|(_, decisions)| !decisions.is_empty());
    Ok(asked.map(|(engine, decisions)| Lane { decisions, engine: Mutex::new(engine) }).collect())
}

/// The pack of a Rego file: what its `package` line says below [`PACKAGES`]. Nothing where that is not written in the plain
/// way, so that nobody takes it for another.
fn pack_of(text: &str) -> Option<&str> {
    let mut words = text
        .lines()
        .map(str::split_whitespace)
        .find_map(|mut words| (words.next() == Some("package")).then_some(words))?;
    let pack = words.next()?.strip_prefix(&PACKAGES["data.".len()..])?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    (pack.chars().all(plain) && words.next().is_none()).then_some(pack)
}

/// Whether a Rego file surely looks into no pack but its own: everything that it reads of the data is a book, a table, a
/// check, or a shared function.
fn reads_only_shared(text: &str) -> bool {
    let shared = ["provisioner.lib", "books", "tables", "checks"];
    let name = |c: char| c.is_alphanumeric() || c == '_';
    // Raw strings may go over lines, which is not looked into.
    !text.contains('`')
        && text.lines().map(without_strings).all(|code| {
            code.match_indices("data").all(|(at, word)| {
                let (before, behind) = (&code[..at], &code[at + word.len()..]);
                if before.ends_with(|c: char| name(c) || c == '.') || behind.starts_with(name) {
                    return true; // a part of another name, or a member of something
                }
                behind.strip_prefix('.').is_some_and(|member| {
                    shared
                        .iter()
                        .any(|known| member.strip_prefix(known).is_some_and(|rest| !rest.starts_with(name)))
                })
            })
        })
}

/// A line of Rego without its strings and its comment.
fn without_strings(line: &str) -> String {
    let (mut code, mut inside, mut escaped) = (String::with_capacity(line.len()), false, false);
    for letter in line.chars() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => {
                inside = !inside;
                code.push('"');
            }
            '#' if !inside => break,
            _ if inside => {}
            _ => code.push(letter),
        }
    }
    code
}

/// An engine that has read files, and the decisions that stand in them, by pack.
fn read(files: &[(&str, &str)]) -> Result<(Engine, BTreeMap<String, String>), RulesError> {
    let mut engine = Engine::new();
    engine.set_strict_builtin_errors(false);
    engine.set_execution_timer_config(ExecutionTimerConfig { limit: LONGEST, check_interval: LOOK_AT_CLOCK });
    let mut decisions = BTreeMap::new();
    for (file, text) in files {
        let package = engine
            .add_policy(format!("rules/{file}"), (*text).to_owned())
            .map_err(|e| RulesError::Rego { file: format!("rules/{file}"), message: first_lines(&e) })?;
        if package.starts_with(PACKAGES) && package != SHARED {
            decisions.insert(package[PACKAGES.len()..].to_owned(), format!("{package}.deny"));
        }
    }
    match recursion::find(engine.get_modules().iter().map(|module| &**module)) {
        Some(cycle) => Err(RulesError::Recursion(cycle)),
        None => Ok((engine, decisions)),
    }
}

impl Lane {
    fn ask(&self, input: Rego) -> Result<Vec<Said>, RulesError> {
        // A panic while the lock was held left the engine between two evaluations at worst; each
        // evaluation begins anew.
        let mut engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        engine.set_input(input);
        let mut said = Vec::new();
        for (pack, decision) in &self.decisions {
            let values = match engine.eval_rule(decision.clone()) {
                Ok(values) => values,
                // A package that decides nothing has no `deny`.
                Err(error) if error.to_string().contains("not a valid rule path") => continue,
                Err(error) => return Err(RulesError::Evaluation(first_lines(&error))),
            };
            let values = serde_json::to_value(&values).map_err(|e| RulesError::Evaluation(e.to_string()))?;
            if let Value::Array(values) = values {
                said.extend(values.into_iter().map(|value| Said { pack: pack.clone(), value }));
            }
        }
        Ok(said)
    }
}

/// A book whose parts fit together.
fn checked<T>(file: &str, book: T, check: fn(&T) -> Result<(), String>) -> Result<T, RulesError> {
    check(&book).map(|()| book).map_err(|message| RulesError::Document {
        file: file.to_owned(),
        place: "its parts".into(),
        message,
    })
}

/// Whether a file of the rules folder is part of the rule set.
fn counts(path: &str) -> bool {
    let rego = path.ends_with(".rego") && !path.ends_with("_test.rego") && !path.starts_with("examples/");
    let yaml = path.ends_with(".yaml") && (!path.contains('/') || path.starts_with("catalogue/"));
    rego || yaml
}

/// An engine's message without the drawing of the source below it.
fn first_lines(error: &dyn std::fmt::Display) -> String {
    let text = crate::text::sanitize(&error.to_string());
    text.lines().map(str::trim).filter(|line| !line.is_empty()).take(6).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_looks_into_another_pack_is_noticed() {
        for alone in [
            "package provisioner.finops\nimport data.provisioner.lib\nx := data.books.owner.tags",
            "y contains {\"data\": step.data.Size, \"m\": \"all data.provisioner.security is ours\"}",
            "z if metadata.x == data.tables.regions # data[x]",
        ] {
            assert!(reads_only_shared(alone), "{alone}");
        }
        for together in [
            "import data.provisioner.security",
            "x := data[\"provisioner\"]",
            "x if walk(data, [p, v])",
            "x := data.provisioner.library.y",
            "x := data.booksellers",
            "x := `data`",
            "import data",
        ] {
            assert!(!reads_only_shared(together), "{together}");
        }
    }

    #[test]
    fn packs_are_read_apart_only_where_none_looks_into_another() {
        let text = |pack: &str, body: &str| format!("package provisioner.{pack}\nimport rego.v1\n{body}\n");
        let deny = "deny contains {\"rule\": \"A\"} if 1 == 1";
        let mut texts = BTreeMap::from([
            ("security/a.rego".to_owned(), text("security", deny)),
            ("finops/b.rego".to_owned(), text("finops", deny)),
            ("lib/c.rego".to_owned(), text("lib", "f(x) := x")),
        ]);
        let modules = |texts: &BTreeMap<String, String>| -> Vec<usize> {
            let lanes = parse(texts).unwrap();
            lanes.iter().map(|lane| lane.engine.lock().unwrap().get_modules().len()).collect()
        };
        assert_eq!(modules(&texts), [2, 2]);
        let apart = texts.clone();
        texts.insert(
            "finops/d.rego".into(),
            text("finops", "both if count(data.provisioner.security.deny) > 0"),
        );
        assert_eq!(modules(&texts), [4, 4]);
        for odd in ["package provisioner.security # ours", "package provisioner[\"security\"]"] {
            let mut texts = apart.clone();
            texts.insert("security/e.rego".into(), format!("{odd}\nimport rego.v1\n{deny}\n"));
            assert_eq!(modules(&texts), [4, 4], "{odd}");
        }
    }
}
