//! The types that packages cover.

use std::collections::BTreeSet;

use crate::catalog::{Catalog, CatalogError};
use crate::plan::CloudName;

/// Types in small letters, `microsoft.network/virtualnetworks`, of which an operation of a package addresses one thing.
pub(super) fn covered(catalog: &Catalog) -> Result<BTreeSet<String>, CatalogError> {
    let mut found = BTreeSet::new();
    for entry in catalog.services(CloudName::Azure) {
        let service = catalog.service(CloudName::Azure, &entry.name)?;
        for operation in &service.operations {
            found.extend(type_of(&operation.uri));
        }
    }
    Ok(found)
}

/// The type that an address names, where it ends in a thing's name.
pub(super) fn type_of(uri: &str) -> Option<String> {
    let path = uri.split('?').next().unwrap_or_default().to_lowercase();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let at = parts.iter().rposition(|part| *part == "providers")?;
    let own = parts.get(at + 1..)?;
    let is_label = |part: &&str| part.starts_with('{');
    if own.len() < 3 || own.len().is_multiple_of(2) || is_label(&own[0]) {
        return None;
    }
    let (words, names): (Vec<_>, Vec<_>) = own[1..].iter().enumerate().partition(|(at, _)| at % 2 == 0);
    // A name that is always the same, as `blobServices/default`, is a name all the same.
    if words.iter().any(|(_, word)| is_label(word)) || names.len() != words.len() {
        return None;
    }
    let words: Vec<&str> = words.into_iter().map(|(_, word)| *word).collect();
    Some(format!("{}/{}", own[0], words.join("/")))
}
