//! Names of operations and members: verbs, nouns, and when two nouns are the same.

use crate::catalog::access::split_words;

/// What singular and plural have in common, in lower case: `Addresses` and `Address` are `addr`.
pub(super) fn stem(noun: &str) -> String {
    let mut out = noun.to_lowercase();
    out.retain(char::is_alphanumeric);
    if let Some(front) = out.strip_suffix("ies") {
        return format!("{front}y");
    }
    while out.len() > 2 && out.ends_with(['s', 'e']) {
        out.pop();
    }
    out
}

/// One of many: `Instances` is `Instance`.
pub(super) fn singular(noun: &str) -> String {
    if let Some(front) = noun.strip_suffix("ies") {
        return format!("{front}y");
    }
    for (plural, one) in [("sses", "ss"), ("uses", "us"), ("xes", "x"), ("ches", "ch"), ("iases", "ias")] {
        if let Some(front) = noun.strip_suffix(plural) {
            return format!("{front}{one}");
        }
    }
    match noun.strip_suffix('s') {
        Some(front) if !front.ends_with(['s', 'u', 'a', 'i']) => front.to_owned(),
        _ => noun.to_owned(),
    }
}

/// The first word of an operation's name, and the rest without a version at its end.
pub(super) fn verb_and_noun(operation: &str) -> (&str, &str) {
    let verb = split_words(operation).first().copied().unwrap_or_default();
    let noun = operation.get(verb.len()..).unwrap_or_default();
    let plain = noun.trim_end_matches(|c: char| c.is_ascii_digit());
    let noun = match plain.strip_suffix('V') {
        Some(front) if plain.len() < noun.len() => front,
        _ => noun,
    };
    (verb, noun)
}

/// A noun without what only narrows it: `GroupsForUser`, `SubscriptionsByTopic`.
pub(super) fn without_scope(noun: &str) -> Option<&str> {
    let words = split_words(noun);
    let at = words.iter().skip(1).position(|word| matches!(*word, "By" | "For" | "In" | "Per"))? + 1;
    let length: usize = words.iter().take(at).map(|word| word.len()).sum();
    noun.get(..length)
}

/// A text in lower case, with letters and digits alone: for comparing names across styles.
pub(super) fn squash(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// What a member that names a thing is about: `VpcIds` is `Vpc`, `DBInstanceIdentifier` is `DBInstance`.
pub(super) fn about(member: &str) -> Option<&str> {
    let one = member.strip_suffix("s").unwrap_or(member);
    ["Identifier", "Name", "Arn", "ARN", "Id", "ID", "Url", "Uri"]
        .iter()
        .find_map(|ending| one.strip_suffix(ending))
        .filter(|front| !front.is_empty())
}

/// Whether a member names a thing without saying which kind.
pub(super) fn is_bare(member: &str) -> bool {
    matches!(
        squash(member).as_str(),
        "id" | "arn"
            | "name"
            | "ids"
            | "arns"
            | "names"
            | "identifier"
            | "resource"
            | "resources"
            | "resourceid"
            | "resourcearn"
            | "resourceids"
            | "resourcearns"
            | "resourcename"
            | "resourceidentifier"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn singular_and_plural_have_one_stem() {
        for (one, many) in [
            ("Address", "Addresses"),
            ("Policy", "Policies"),
            ("Vpc", "Vpcs"),
            ("Database", "Databases"),
            ("Alias", "Aliases"),
            ("Key", "Keys"),
            ("Queue", "Queues"),
            ("Role", "Roles"),
        ] {
            assert_eq!(stem(one), stem(many), "{one}");
            assert_eq!(singular(many), one);
            assert_eq!(singular(one), one);
        }
    }

    #[test]
    fn verbs_and_nouns_are_told_apart() {
        assert_eq!(verb_and_noun("ListObjectsV2"), ("List", "Objects"));
        assert_eq!(verb_and_noun("CreateDBInstance"), ("Create", "DBInstance"));
        assert_eq!(verb_and_noun("Subscribe"), ("Subscribe", ""));
        assert_eq!(without_scope("SubscriptionsByTopic"), Some("Subscriptions"));
        assert_eq!(without_scope("Users"), None);
    }

    #[test]
    fn members_say_what_they_name() {
        assert_eq!(about("VpcIds"), Some("Vpc"));
        assert_eq!(about("DBInstanceIdentifier"), Some("DBInstance"));
        assert_eq!(about("Id"), None);
        assert_eq!(about("CidrBlock"), None);
        assert!(is_bare("resourceArn") && !is_bare("RoleArn"));
    }
}
