//! Price rules as they are written; `assets/prices/README.md` describes them for people.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::FinopsError;
use crate::plan::{CloudName, Step};

/// The rules of one cloud.
#[derive(Debug)]
pub(super) struct RuleBook {
    /// Hours of a month, as the cloud itself counts them.
    pub(super) hours: Decimal,
    /// Where in the parameters the region stands, if it stands there.
    pub(super) region: Option<String>,
    /// Said once in every estimate that has steps of this cloud.
    pub(super) assume: Vec<String>,
    /// Named translations, in the order of the file.
    pub(super) tables: Map<String, Value>,
    free: GlobSet,
    reads: GlobSet,
    not_free: GlobSet,
    rules: Vec<Rule>,
}

/// What a rule book says about an operation.
#[derive(Debug)]
pub(super) enum Judgement<'a> {
    Rule(&'a Rule),
    Free,
    None,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    hours: Decimal,
    region: Option<String>,
    #[serde(default)]
    assume: Vec<String>,
    #[serde(default)]
    tables: Map<String, Value>,
    /// Operations that cost nothing.
    #[serde(default)]
    free: Vec<String>,
    /// Operations that look things up; they cost nothing of note.
    #[serde(default)]
    reads: Vec<String>,
    /// Operations that look like reads but cost something or nobody knows what.
    #[serde(default)]
    not_free: Vec<String>,
    rules: Vec<Rule>,
}

/// What some operations cost.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// The operations, `<service>/<operation>`.
    pub(super) on: Vec<String>,
    /// Where the region stands, when not where it usually does.
    pub(super) region: Option<String>,
    /// Parameters that come from another step.
    #[serde(default)]
    pub(super) inherit: Vec<Inherit>,
    /// Names for values, in order; see [`Variable`].
    #[serde(default, rename = "let")]
    pub(super) variables: Variables,
    /// What costs the same every month.
    #[serde(default)]
    pub(super) fixed: Vec<Line>,
    /// What depends on use.
    #[serde(default)]
    pub(super) usage: Vec<Line>,
    /// The operation takes away what the lines describe.
    #[serde(default)]
    pub(super) removes: bool,
    /// What nobody can know from the plan, in words; such a step is not priced.
    pub(super) unknown: Option<String>,
    /// Said in the estimate when the rule applies.
    #[serde(default)]
    pub(super) assume: Vec<String>,
}

/// Parameters of another step that stand behind a step's own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Inherit {
    /// The other step's operation.
    pub(super) from: String,
    /// What names the other step: a reference to its output, or the name given there.
    pub(super) by: String,
    /// Where the other step is given its name.
    pub(super) named: Option<String>,
    /// Which part of its parameters counts; all when absent.
    pub(super) take: Option<String>,
}

/// One thing that is counted and paid for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    /// What it is; `{x}` is the value of a name.
    pub(super) name: String,
    /// The key to look up, without the cloud.
    pub(super) price: String,
    /// What is counted, when the price's own unit does not say it well.
    pub(super) unit: Option<String>,
    /// The factors of the quantity: numbers, or names of values.
    #[serde(default)]
    pub(super) times: Vec<Value>,
    /// Makes the shown unit this many times the price's own.
    pub(super) per: Option<Decimal>,
    /// Only when this holds.
    pub(super) when: Option<String>,
    /// Said when the line counts.
    pub(super) assume: Option<String>,
    /// Once for each of these.
    pub(super) each: Option<String>,
    /// Names for values of the row.
    #[serde(default, rename = "let")]
    pub(super) variables: Variables,
}

/// Names and their values, in the order of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub(super) struct Variables(pub(super) Vec<(String, Variable)>);

/// How a value is found: an expression, then what is done to its result, in the order of the fields.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variable {
    /// JMESPath over the parameters; `_` holds the values named so far.
    #[serde(default)]
    pub(super) value: String,
    /// What counts when the expression finds nothing.
    pub(super) default: Option<Value>,
    /// Said when the default counts.
    pub(super) assume: Option<String>,
    /// How the value is called when it is missing; the expression when absent.
    pub(super) called: Option<String>,
    /// The first group of this pattern; a text that does not match stays.
    pub(super) capture: Option<String>,
    /// Written in small letters, without blanks.
    #[serde(default)]
    pub(super) lower: bool,
    /// Multiplied by these values.
    #[serde(default)]
    pub(super) times: Vec<Value>,
    /// Divided by this number.
    pub(super) divide: Option<Decimal>,
    /// Rounded up to a whole number.
    #[serde(default)]
    pub(super) round_up: bool,
    /// Reduced by this number, but not below 0.
    pub(super) less: Option<Decimal>,
    /// At least this number.
    pub(super) least: Option<Decimal>,
    /// Looked up in a table; what is not there stays as it is. Keys may end in `*`.
    pub(super) table: Option<String>,
    /// The first entry of a table whose number is not smaller.
    pub(super) tier: Option<String>,
}

impl TryFrom<Map<String, Value>> for Variables {
    type Error = String;

    fn try_from(map: Map<String, Value>) -> Result<Self, String> {
        let one = |(name, value): (String, Value)| {
            let variable = match value {
                Value::String(value) => Variable { value, ..Variable::default() },
                other => serde_json::from_value(other).map_err(|e| format!("let {name}: {e}"))?,
            };
            Ok((name, variable))
        };
        map.into_iter().map(one).collect::<Result<_, String>>().map(Variables)
    }
}

impl RuleBook {
    /// Reads the rules of a cloud and checks every expression in them; `file` is the name that
    /// errors speak of.
    pub(super) fn parse(file: &str, text: &str) -> Result<Self, FinopsError> {
        let read: RuleFile = yaml_serde::from_str(text).map_err(|e| {
            let place =
                e.location().map_or_else(|| "the file".to_owned(), |at| format!("line {}", at.line()));
            FinopsError::rule(file, place, e)
        })?;
        for rule in &read.rules {
            let place = || format!("rule on {}", rule.on.join(", "));
            check(rule, &read.tables).map_err(|reason| FinopsError::rule(file, place(), reason))?;
        }
        Ok(Self {
            free: globs(file, &read.free)?,
            reads: globs(file, &read.reads)?,
            not_free: globs(file, &read.not_free)?,
            hours: read.hours,
            region: read.region,
            assume: read.assume,
            tables: read.tables,
            rules: read.rules,
        })
    }

    /// What applies to a step: its rule, else whether it is named as free.
    pub(super) fn judge(&self, step: &Step) -> Judgement<'_> {
        let name = format!("{}/{}", step.service, step.operation);
        if let Some(rule) = self.rules.iter().find(|rule| rule.on.contains(&name)) {
            return Judgement::Rule(rule);
        }
        let free = self.free.is_match(&name) || self.reads.is_match(&name) && !self.not_free.is_match(&name);
        if free { Judgement::Free } else { Judgement::None }
    }

    /// All operations that rules speak of.
    #[cfg(test)]
    pub(super) fn operations(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().flat_map(|rule| &rule.on).map(String::as_str)
    }

    pub(super) fn len(&self) -> usize {
        self.rules.len()
    }
}

/// The file of a cloud's rules.
pub(super) fn file_name(cloud: CloudName) -> String {
    format!("{cloud}.yaml")
}

fn globs(file: &str, patterns: &[String]) -> Result<GlobSet, FinopsError> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        set.add(glob.map_err(|e| FinopsError::rule(file, format!("pattern `{pattern}`"), e))?);
    }
    set.build().map_err(|e| FinopsError::rule(file, "the patterns", e))
}

fn negates_a_head(expression: &str) -> bool {
    expression.match_indices('!').any(|(at, _)| {
        let rest = &expression[at + 1..];
        let name = rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
        name.len() < rest.len() && name.starts_with(['.', '['])
    })
}

fn check(rule: &Rule, tables: &Map<String, Value>) -> Result<(), String> {
    let expression = |text: &str| {
        // JMESPath reads `!a.b` as `(!a).b`, which is never true.
        if negates_a_head(text) {
            return Err(format!("`{text}` negates only the first name: write `!(a.b)`"));
        }
        jmespath::compile(text)
            .map(drop)
            .map_err(|e| format!("`{text}` is no JMESPath expression: {}", e.reason))
    };
    let lines = || rule.fixed.iter().chain(&rule.usage);
    if rule.unknown.is_none() && lines().next().is_none() {
        return Err("it has no lines: name the operation under `free`, or say what is `unknown`".to_owned());
    }
    let conditions = lines().flat_map(|line| line.when.iter().chain(&line.each));
    let inherited = rule.inherit.iter().flat_map(|i| [Some(&i.by), i.named.as_ref(), i.take.as_ref()]);
    for text in conditions.chain(inherited.flatten()).chain(&rule.region) {
        expression(text)?;
    }
    let variables = lines().flat_map(|line| &line.variables.0).chain(&rule.variables.0);
    for (name, variable) in variables {
        if !variable.value.is_empty() {
            expression(&variable.value)?;
        } else if variable.default.is_none() {
            return Err(format!("let {name}: needs a value or a default"));
        }
        if let Some(pattern) = &variable.capture {
            regex::Regex::new(pattern).map_err(|e| format!("let {name}: {e}"))?;
        }
        for table in variable.table.iter().chain(&variable.tier) {
            if !tables.get(table).is_some_and(Value::is_object) {
                return Err(format!("let {name}: there is no table `{table}`"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(rules: &str) -> String {
        RuleBook::parse("aws.yaml", &format!("hours: 730\nrules:\n{rules}")).unwrap_err().to_string()
    }

    #[test]
    fn a_slip_in_a_rule_is_named_with_its_place() {
        for (rules, part) in [
            ("- on: [a/B]\n", "it has no lines"),
            ("- on: [a/B]\n  fixed: [{name: n, price: k, when: 'a =='}]", "`a ==` is no JMESPath expression"),
            ("- on: [a/B]\n  fixed: [{name: n, price: k, when: '!a.b'}]", "!(a.b)"),
            ("- on: [a/B]\n  fixed: [{name: n, price: k, wen: a}]", "wen"),
            ("- on: [a/B]\n  let: {x: {value: a, table: t}}\n  fixed: [{name: n, price: k}]", "no table `t`"),
            ("- on: [a/B]\n  let: {x: {}}\n  fixed: [{name: n, price: k}]", "let x"),
            ("- on: [a/B]\n  let: {x: {value: a, capture: '('}}\n  fixed: [{name: n, price: k}]", "let x"),
        ] {
            let message = refused(rules);
            assert!(message.contains("aws.yaml") && message.contains(part), "{rules}: {message}");
        }
    }
}
