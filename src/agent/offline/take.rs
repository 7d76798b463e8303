//! Values taken from a person's words. Where a thing is said twice, the last word counts, so that a
//! correction is one more sentence.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::regions;
use super::words::{Token, after_last, says, starts};
use super::workflow::{Take, Wanted};

const OWNER: &[&str] =
    &["owner", "owned by", "besitzer", "besitzerin", "eigentümer", "eigentuemer", "verantwortlich"];
const ENVIRONMENT: &[&str] = &["environment", "env", "umgebung", "stage"];
const SENSITIVITY: &[&str] = &[
    "sensitivity",
    "sensitivität",
    "sensitivitaet",
    "classification",
    "klassifizierung",
    "schutzbedarf",
    "data class",
];
const COST_CENTER: &[&str] =
    &["cost center", "cost-center", "costcenter", "cost centre", "cost-centre", "kostenstelle", "kst"];
const NAMED: &[&str] = &[
    "called",
    "named",
    "name",
    "namen",
    "namens",
    "genannt",
    "heißt",
    "heisst",
    "heißen",
    "heissen",
    "call",
    "nenne",
    "nenn",
    "bezeichnung",
];
/// Words between a key and its value.
const FILLERS: &[&str] = &[
    "is",
    "ist",
    "it",
    "them",
    "him",
    "ihn",
    "sie",
    "es",
    "of",
    "for",
    "the",
    "to",
    "lautet",
    "should",
    "be",
    "soll",
    "den",
    "die",
    "das",
    "der",
    "von",
    "be:",
    "doch",
    "lieber",
    "instead",
    "stattdessen",
];
/// Words that end a value.
const ENDS: &[&str] = &[
    "and",
    "und",
    "with",
    "mit",
    "in",
    "im",
    "on",
    "for",
    "für",
    "fuer",
    "please",
    "bitte",
    "instead",
    "stattdessen",
    "von",
    "from",
];
const ENVIRONMENTS: [(&str, &str); 14] = [
    ("dev", "dev"),
    ("development", "dev"),
    ("entwicklung", "dev"),
    ("test", "test"),
    ("testing", "test"),
    ("staging", "staging"),
    ("stage", "staging"),
    ("qa", "qa"),
    ("prod", "prod"),
    ("production", "prod"),
    ("produktion", "prod"),
    ("produktiv", "prod"),
    ("sandbox", "sandbox"),
    ("integration", "integration"),
];
const SENSITIVITIES: [(&str, &str); 11] = [
    ("internal", "internal"),
    ("intern", "internal"),
    ("interne", "internal"),
    ("internen", "internal"),
    ("confidential", "confidential"),
    ("vertraulich", "confidential"),
    ("vertrauliche", "confidential"),
    ("vertraulichen", "confidential"),
    ("restricted", "restricted"),
    ("secret", "restricted"),
    ("geheim", "restricted"),
];

/// The value of an input, if the words give one.
pub(super) fn take(tokens: &[Token], text: &str, wanted: &Wanted) -> Option<Value> {
    match wanted.take {
        Take::Name => name(tokens).map(Value::from),
        Take::Region => regions::region(tokens).map(Value::from),
        Take::Owner => value_after(tokens, OWNER, 4).map(Value::from),
        Take::Environment => environment(tokens).map(Value::from),
        Take::Sensitivity => sensitivity(tokens).map(Value::from),
        Take::CostCenter => value_after(tokens, COST_CENTER, 1).map(Value::from),
        Take::Flag => flag(tokens, &wanted.words).map(Value::from),
        Take::Number => number(tokens, &wanted.words).map(Value::from),
        Take::Cidr => tokens.iter().rev().find(|t| is_cidr(&t.text)).map(|t| Value::from(t.text.clone())),
        Take::Id => {
            let prefix = wanted.prefix.as_deref().unwrap_or_default();
            let found =
                tokens.iter().rev().find(|t| t.lower.starts_with(prefix) && t.lower.len() > prefix.len() + 3);
            found.map(|t| Value::from(t.lower.clone()))
        }
        Take::Email => {
            let found = tokens.iter().rev().find(|t| {
                t.text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'))
            });
            found.map(|t| Value::from(t.text.clone()))
        }
        Take::Choice => choice(tokens, wanted).map(Value::from),
        Take::After => {
            let words: Vec<&str> = wanted.words.iter().map(String::as_str).collect();
            value_after(tokens, &words, 1).map(Value::from)
        }
        Take::PublicKey => {
            let start = text.rfind("ssh-").or_else(|| text.rfind("ecdsa-"))?;
            let mut parts = text[start..].split_whitespace();
            let (kind, material) = (parts.next()?, parts.next()?);
            (material.len() > 40).then(|| Value::from(format!("{kind} {material}")))
        }
    }
}

/// What is derived from another input.
pub(super) fn derive(value: &Value, how: &str) -> Option<Value> {
    let text = value.as_str()?;
    match how {
        "base64" => Some(BASE64_STANDARD.encode(text).into()),
        "first-two-octets" => {
            let mut octets = text.split('.');
            Some(format!("{}.{}", octets.next()?, octets.next()?).into())
        }
        _ => None,
    }
}

/// The last name that is given: after a word that announces it, or in quotes.
pub(super) fn name(tokens: &[Token]) -> Option<String> {
    let announced = NAMED.iter().filter_map(|word| after_last(tokens, word)).filter_map(|mut at| {
        while tokens.get(at).is_some_and(|t| !t.quoted && FILLERS.contains(&t.lower.as_str())) {
            at += 1;
        }
        let token = tokens.get(at)?;
        (token.quoted || is_name(&token.text)).then(|| (at, token.text.clone()))
    });
    let quoted =
        tokens.iter().enumerate().rev().find(|(_, token)| token.quoted).map(|(at, t)| (at, t.text.clone()));
    announced.chain(quoted).max_by_key(|(at, _)| *at).map(|(_, name)| name)
}

/// A word that can be somebody's name for a thing.
fn is_name(word: &str) -> bool {
    word.chars().any(char::is_alphanumeric)
        && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '+' | '=' | '@'))
        && !ENDS.contains(&word.to_lowercase().as_str())
}

/// The name right behind a thing: `bucket demo-logs`. Only words that look like names count.
pub(super) fn name_behind(tokens: &[Token], after: usize) -> Option<String> {
    let token = tokens.get(after)?;
    let looks_like_one = token.quoted
        || token.text.contains(['-', '_', '/'])
        || token.text.chars().any(|c| c.is_ascii_digit());
    (looks_like_one && is_name(&token.text)).then(|| token.text.clone())
}

/// The value after the last of several keys, of at most so many words.
fn value_after(tokens: &[Token], keys: &[&str], most: usize) -> Option<String> {
    let (mut at, _) =
        keys.iter().filter_map(|key| Some((after_last(tokens, key)?, *key))).max_by_key(|(at, _)| *at)?;
    while tokens.get(at).is_some_and(|t| !t.quoted && FILLERS.contains(&t.lower.as_str())) {
        at += 1;
    }
    let mut value: Vec<&str> = Vec::new();
    for (offset, token) in tokens[at.min(tokens.len())..].iter().enumerate() {
        let next_key = [OWNER, ENVIRONMENT, SENSITIVITY, COST_CENTER, NAMED]
            .iter()
            .flat_map(|keys| keys.iter())
            .any(|key| starts(tokens, key).any(|start| start == at + offset));
        if value.len() >= most || next_key || (!value.is_empty() && ENDS.contains(&token.lower.as_str())) {
            break;
        }
        value.push(&token.text);
        if token.pause {
            break;
        }
    }
    (!value.is_empty()).then(|| value.join(" "))
}

fn environment(tokens: &[Token]) -> Option<String> {
    let known = |word: &str| {
        ENVIRONMENTS.iter().find(|(said, _)| *said == word).map(|(_, meant)| (*meant).to_owned())
    };
    let keyed =
        value_after(tokens, ENVIRONMENT, 1).map(|value| known(&value.to_lowercase()).unwrap_or(value));
    let before_key = || {
        let at = ENVIRONMENT.iter().flat_map(|key| starts(tokens, key)).max()?;
        known(&tokens.get(at.checked_sub(1)?)?.lower)
    };
    let alone = || {
        let mut named =
            NAMED.iter().flat_map(|word| starts(tokens, word)).map(|at| at + 1).collect::<Vec<_>>();
        named.sort_unstable();
        tokens
            .iter()
            .enumerate()
            .rev()
            .filter(|(at, _)| !named.contains(at))
            .find_map(|(_, token)| known(&token.lower))
    };
    match keyed {
        Some(value) if is_name(&value) => Some(value),
        _ => before_key().or_else(alone),
    }
}

fn sensitivity(tokens: &[Token]) -> Option<String> {
    let known = |word: &str| {
        SENSITIVITIES.iter().find(|(said, _)| *said == word).map(|(_, meant)| (*meant).to_owned())
    };
    let keyed =
        value_after(tokens, SENSITIVITY, 1).map(|value| known(&value.to_lowercase()).unwrap_or(value));
    keyed.or_else(|| tokens.iter().rev().find_map(|token| known(&token.lower)))
}

/// Whether something is wished for, or expressly not.
fn flag(tokens: &[Token], words: &[String]) -> Option<bool> {
    let at = words.iter().flat_map(|word| starts(tokens, word)).max()?;
    let no = ["no", "not", "without", "ohne", "kein", "keine", "keinen", "nicht", "un"];
    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
    Some(!before.is_some_and(|token| no.contains(&token.lower.as_str())))
}

/// A whole number with a unit: `20 GB`, `20GB`, `30 days`.
fn number(tokens: &[Token], units: &[String]) -> Option<i64> {
    tokens.iter().enumerate().rev().find_map(|(at, token)| {
        let digits: String = token.lower.chars().take_while(char::is_ascii_digit).collect();
        let value = digits.parse::<i64>().ok()?;
        let unit = token.lower[digits.len()..].trim_start_matches('-');
        let unit_follows = tokens.get(at + 1).is_some_and(|next| units.contains(&next.lower));
        ((unit.is_empty() && unit_follows) || units.iter().any(|known| known == unit)).then_some(value)
    })
}

fn choice(tokens: &[Token], wanted: &Wanted) -> Option<String> {
    let chosen = wanted.choices.iter().map(|choice| (choice.as_str(), choice.as_str()));
    let also = wanted.also.iter().map(|(said, meant)| (said.as_str(), meant.as_str()));
    chosen
        .chain(also)
        .filter_map(|(said, meant)| Some((after_last(tokens, &said.to_lowercase())?, meant)))
        .max_by_key(|(at, _)| *at)
        .map(|(_, meant)| meant.to_owned())
}

fn is_cidr(word: &str) -> bool {
    let Some((address, length)) = word.split_once('/') else { return false };
    address.parse::<std::net::Ipv4Addr>().is_ok() && length.parse::<u8>().is_ok_and(|length| length <= 32)
}

/// Whether the words ask for what a workflow refuses, and nothing excuses them.
pub(super) fn asks_for(tokens: &[Token], words: &[String], unless: &[String]) -> bool {
    words.iter().any(|word| says(tokens, word)) && !unless.iter().any(|phrase| says(tokens, phrase))
}
