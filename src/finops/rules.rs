//! Price rules: which operation costs what, as data beside the table.

use std::collections::{BTreeMap, HashMap};

use globset::{GlobBuilder, GlobMatcher};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::FinopsError;
use super::inherit::Inherit;
use super::pick::{BUILT_IN, Pick, Table};
use super::quantity::Quantity;
use super::wording::{Condition, Wording};
use crate::plan::CloudName;

/// One or several texts.
#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Many(Vec<String>),
}

impl Texts {
    fn list(&self) -> &[String] {
        match self {
            Texts::One(text) => std::slice::from_ref(text),
            Texts::Many(texts) => texts,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    cloud: CloudName,
    hours: u32,
    region: String,
    #[serde(default)]
    tables: BTreeMap<String, Table>,
    #[serde(default)]
    rules: Vec<RawRule>,
    #[serde(default)]
    free: Vec<String>,
    /// Rules for what no other rule names.
    #[serde(default)]
    last: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    on: Texts,
    #[serde(default)]
    inherit: Vec<RawInherit>,
    #[serde(default)]
    names: BTreeMap<String, String>,
    #[serde(default)]
    components: Vec<RawPart>,
    #[serde(default)]
    usage: Vec<RawPart>,
    #[serde(default)]
    removes: bool,
    #[serde(default)]
    unknown: Option<String>,
    #[serde(default)]
    assume: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawInherit {
    from: String,
    by: Texts,
    named: String,
    #[serde(default)]
    take: Option<String>,
    #[serde(default)]
    under: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPart {
    name: String,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    unit: Option<String>,
    #[serde(default)]
    quantity: Option<String>,
    #[serde(default)]
    each: Option<String>,
    #[serde(default)]
    when: Option<Texts>,
    #[serde(default)]
    assume: Option<String>,
}

/// What one operation costs.
#[derive(Debug)]
pub(super) struct Rule {
    /// Where other steps give parameters.
    pub(super) inherit: Vec<Inherit>,
    /// Names for values that several parts need.
    pub(super) names: Vec<(String, Wording)>,
    pub(super) components: Vec<Part>,
    pub(super) usage: Vec<Part>,
    /// Whether the operation ends the cost instead of starting it.
    pub(super) removes: bool,
    /// What decides the cost and cannot be seen in the parameters.
    pub(super) unknown: Option<String>,
    /// A sentence about what was assumed.
    pub(super) assume: Option<Wording>,
}

/// One part of a cost.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: Wording,
    pub(super) key: Option<Wording>,
    pub(super) unit: Option<String>,
    pub(super) quantity: Quantity,
    pub(super) each: Option<Pick>,
    pub(super) when: Vec<Condition>,
    pub(super) assume: Option<Wording>,
}

/// What a rule file says about an operation.
#[derive(Clone, Copy, Debug)]
pub(super) enum Says<'a> {
    Costs(&'a Rule),
    Free,
    Nothing,
}

/// The rules of one cloud.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) cloud: CloudName,
    /// Hours of a month.
    pub(super) hours: Decimal,
    /// Where the region stands, beside the step's own.
    pub(super) region: Wording,
    pub(super) tables: BTreeMap<String, Table>,
    rules: Vec<Rule>,
    exact: HashMap<String, Option<usize>>,
    patterns: Vec<(GlobMatcher, Option<usize>)>,
}

impl Rules {
    pub(super) fn parse(file: &str, text: &str) -> Result<Self, FinopsError> {
        let wrong = |reason: String| FinopsError::Rules { file: file.to_owned(), reason };
        let raw: File = yaml_serde::from_str(text).map_err(|e| wrong(e.to_string()))?;
        let mut rules = Self {
            cloud: raw.cloud,
            hours: raw.hours.into(),
            region: Wording::parse(&raw.region).map_err(|e| wrong(format!("region: {e}")))?,
            tables: raw.tables,
            rules: Vec::new(),
            exact: HashMap::new(),
            patterns: Vec::new(),
        };
        for raw in &raw.rules {
            rules.add(raw).map_err(&wrong)?;
        }
        for name in &raw.free {
            rules.name(name, None).map_err(&wrong)?;
        }
        for raw in &raw.last {
            rules.add(raw).map_err(&wrong)?;
        }
        Ok(rules)
    }

    /// What the rules say about an operation: its own name before patterns, patterns in order.
    pub(super) fn says(&self, service: &str, operation: &str) -> Says<'_> {
        let name = format!("{service}:{operation}");
        let found = self
            .exact
            .get(&name)
            .or_else(|| self.patterns.iter().find(|(glob, _)| glob.is_match(&name)).map(|(_, rule)| rule));
        match found {
            None => Says::Nothing,
            Some(None) => Says::Free,
            Some(Some(rule)) => self.rules.get(*rule).map_or(Says::Nothing, Says::Costs),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.exact.len() + self.patterns.len()
    }

    /// The operations that are named without a pattern, as `service:operation`.
    #[cfg(test)]
    pub(super) fn named(&self) -> impl Iterator<Item = &str> {
        self.exact.keys().map(String::as_str)
    }

    /// The keys of all parts, as far as no parameter stands in them.
    #[cfg(test)]
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        let parts = self.rules.iter().flat_map(|rule| rule.components.iter().chain(&rule.usage));
        parts.filter_map(|part| part.key.as_ref()?.constant())
    }

    fn add(&mut self, raw: &RawRule) -> Result<(), String> {
        let rule = rule(raw, &self.tables).map_err(|e| format!("{}: {e}", raw.on.list().join(", ")))?;
        self.rules.push(rule);
        raw.on.list().iter().try_for_each(|name| self.name(name, Some(self.rules.len() - 1)))
    }

    fn name(&mut self, name: &str, rule: Option<usize>) -> Result<(), String> {
        if !name.contains(':') {
            return Err(format!("`{name}`: an operation is written service:operation"));
        }
        if name.contains(['*', '{', '?', '[']) {
            let glob = GlobBuilder::new(name).build().map_err(|e| format!("`{name}`: {e}"))?;
            self.patterns.push((glob.compile_matcher(), rule));
        } else if self.exact.insert(name.to_owned(), rule).is_some() {
            return Err(format!("`{name}` stands there twice"));
        }
        Ok(())
    }
}

fn rule(raw: &RawRule, tables: &BTreeMap<String, Table>) -> Result<Rule, String> {
    let mut names = Vec::new();
    for (name, text) in &raw.names {
        let wording = Wording::parse(text).map_err(|e| format!("{name}: {e}"))?;
        names.push((name.clone(), wording));
    }
    let parts =
        |raw: &[RawPart], fixed| raw.iter().map(|raw| part(raw, fixed)).collect::<Result<Vec<_>, _>>();
    let inherit = raw.inherit.iter().map(|raw| Inherit {
        from: raw.from.clone(),
        by: raw.by.list().to_vec(),
        named: raw.named.clone(),
        take: raw.take.clone(),
        under: raw.under.clone(),
    });
    let rule = Rule {
        inherit: inherit.collect(),
        names,
        components: parts(&raw.components, true)?,
        usage: parts(&raw.usage, false)?,
        removes: raw.removes,
        unknown: raw.unknown.clone(),
        assume: wording(raw.assume.as_deref())?,
    };
    if rule.components.is_empty() && rule.usage.is_empty() && rule.unknown.is_none() {
        return Err("it has no components, no usage, and names nothing unknown".into());
    }
    for name in picks(&rule).into_iter().flat_map(Pick::tables) {
        if !BUILT_IN.contains(&name) && !tables.contains_key(name) {
            return Err(format!("there is no table `{name}`"));
        }
    }
    Ok(rule)
}

fn part(raw: &RawPart, fixed: bool) -> Result<Part, String> {
    let about = |e: String| format!("{}: {e}", raw.name);
    if fixed && raw.key.is_none() {
        return Err(about("a fixed part needs a key".into()));
    }
    let when = raw.when.as_ref().map_or(&[][..], Texts::list);
    Ok(Part {
        name: Wording::parse(&raw.name)?,
        key: wording(raw.key.as_deref()).map_err(about)?,
        unit: raw.unit.clone(),
        quantity: Quantity::parse(raw.quantity.as_deref().unwrap_or("1")).map_err(about)?,
        each: raw.each.as_deref().map(Pick::parse).transpose().map_err(about)?,
        when: when.iter().map(|w| Condition::parse(w)).collect::<Result<_, _>>().map_err(about)?,
        assume: wording(raw.assume.as_deref()).map_err(about)?,
    })
}

fn wording(text: Option<&str>) -> Result<Option<Wording>, String> {
    text.map(Wording::parse).transpose()
}

fn picks(rule: &Rule) -> Vec<&Pick> {
    let mut picks: Vec<&Pick> = rule.names.iter().flat_map(|(_, wording)| wording.picks()).collect();
    for part in rule.components.iter().chain(&rule.usage) {
        picks.extend(part.name.picks());
        picks.extend(part.key.iter().flat_map(Wording::picks));
        picks.extend(part.quantity.picks());
        picks.extend(&part.each);
        picks.extend(part.when.iter().map(Condition::pick));
    }
    picks
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "cloud: aws\nhours: 730\nregion: ''\n";

    #[test]
    fn an_own_name_counts_before_patterns_and_patterns_in_order() {
        let rules = Rules::parse(
            "aws.yaml",
            &format!(
                "{HEAD}rules:\n- {{on: 's3:GetObject', usage: [{{name: Requests}}]}}\n- {{on: ['a:*Big', 'b:X'], unknown: size}}\nfree: ['*:Get*', 'a:*']\nlast: [{{on: ['s3:Get*', 's3:*'], unknown: y}}]\n"
            ),
        )
        .unwrap();
        assert!(matches!(rules.says("s3", "GetObject"), Says::Costs(rule) if rule.usage.len() == 1));
        assert!(matches!(rules.says("s3", "GetBucketTagging"), Says::Free));
        assert!(matches!(rules.says("a", "MakeBig"), Says::Costs(rule) if rule.unknown.is_some()));
        assert!(matches!(rules.says("a", "MakeSmall"), Says::Free));
        assert!(matches!(rules.says("s3", "ForgetAll"), Says::Costs(_)));
        assert!(matches!(rules.says("t4", "ForgetAll"), Says::Nothing));
    }

    #[test]
    fn a_rule_that_cannot_work_is_refused_with_its_name() {
        for (body, word) in [
            ("rules: [{on: 'a:B'}]", "a:B"),
            ("rules: [{on: 'a:B', components: [{name: X}]}]", "needs a key"),
            ("rules: [{on: 'a:B', components: [{name: X, key: k, quantity: '1 +'}]}]", "missing at the end"),
            ("rules: [{on: 'a:B', components: [{name: X, key: 'k.{P:gone}'}]}]", "no table `gone`"),
            ("rules: [{on: 'a:B', costs: 3}]", "costs"),
            ("free: ['Get*']", "service:operation"),
            ("free: ['a:B', 'a:B']", "twice"),
        ] {
            let message = Rules::parse("own.yaml", &format!("{HEAD}{body}\n")).unwrap_err().to_string();
            assert!(message.contains(word) && message.contains("own.yaml"), "{message}");
        }
    }
}
