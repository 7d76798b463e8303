//! The list of providers, read.

use serde_json::Value;

/// Words of types that are no resources: they only answer about others.
const NO_RESOURCES: [&str; 2] = ["operations", "locations"];

/// The list, as far as it was understood.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Read {
    pub(super) providers: Vec<Provider>,
    /// Entries that were not.
    pub(super) unread: usize,
}

#[derive(Debug, PartialEq)]
pub(super) struct Provider {
    /// `Microsoft.Network`.
    pub(super) namespace: String,
    pub(super) types: Vec<Type>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Type {
    /// `virtualNetworks/subnets`.
    pub(super) name: String,
    /// The version that is used when none is given.
    pub(super) version: String,
    /// Whether it extends any resource and lies in none of its own.
    pub(super) extends: bool,
}

/// Reads a list; nothing when it is none. An entry that is not understood is left out and counted.
pub(super) fn read(list: &Value) -> Option<Read> {
    let mut read = Read::default();
    for entry in list.get("value")?.as_array()? {
        let namespace = entry["namespace"].as_str().filter(|name| is_plain(name, '.'));
        let (Some(namespace), Some(types)) = (namespace, entry["resourceTypes"].as_array()) else {
            read.unread += 1;
            continue;
        };
        let mut provider = Provider { namespace: namespace.to_owned(), types: Vec::new() };
        for listed in types {
            match type_of(listed) {
                Some(one) if is_resource(&one.name) => provider.types.push(one),
                Some(_) => {}
                None => read.unread += 1,
            }
        }
        provider.types.sort_by(|a, b| a.name.cmp(&b.name));
        provider.types.dedup_by(|a, b| a.name.eq_ignore_ascii_case(&b.name));
        read.providers.push(provider);
    }
    Some(read)
}

fn type_of(listed: &Value) -> Option<Type> {
    let name = listed["resourceType"].as_str()?;
    if !name.split('/').all(|part| is_plain(part, '_')) {
        return None;
    }
    let versions = || listed["apiVersions"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let stable = versions().filter(|version| !version.contains("preview")).max();
    let version = listed["defaultApiVersion"].as_str().or(stable).or_else(|| versions().max())?;
    if !is_plain(version, '.') {
        return None;
    }
    let can = |word: &str| listed["capabilities"].as_str().is_some_and(|all| all.contains(word));
    Some(Type {
        name: name.to_owned(),
        version: version.to_owned(),
        extends: can("SupportsExtension") && !can("SupportsLocation") && !can("SupportsTags"),
    })
}

fn is_resource(name: &str) -> bool {
    let words: Vec<String> = name.split('/').map(str::to_lowercase).collect();
    !words.iter().any(|word| {
        NO_RESOURCES.contains(&word.as_str())
            || word.starts_with("check")
            || word.starts_with("operationresult")
            || word.starts_with("operationstatus")
    })
}

/// Whether a text is of letters, digits, hyphens, and one more sign: it becomes a part of names and addresses.
fn is_plain(text: &str, more: char) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == more;
    !text.is_empty() && text.len() <= 128 && text.chars().all(fits)
}
