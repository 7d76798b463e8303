//! Which versions were asked for.

use std::collections::BTreeMap;

use pep440_rs::Version;

use super::super::CliError;
use crate::packages::normalized;
use crate::plan::CloudName;

/// Versions that were asked for, by package; the newest of all others.
#[derive(Debug, Default)]
pub(crate) struct Pins(BTreeMap<String, Version>);

impl Pins {
    /// Understands `PACKAGE==VERSION`, and a bare version for a cloud with one package.
    pub(super) fn parse(words: &[String], cloud: Option<CloudName>) -> Result<Self, CliError> {
        let mut pins = BTreeMap::new();
        for word in words {
            let (name, version) = match (word.split_once("=="), cloud) {
                (Some((name, version)), _) => (normalized(name.trim()), version.trim()),
                (None, Some(CloudName::Aws)) => ("botocore".to_owned(), word.as_str()),
                (None, Some(CloudName::Oci)) => ("oci".to_owned(), word.as_str()),
                (None, _) => {
                    return Err(CliError::bad_input(format!(
                        "--version {word}: of which package? Say --cloud aws or --cloud oci beside it, or \
                         --version PACKAGE=={word}, for example azure-mgmt-network=={word}"
                    )));
                }
            };
            let version = version.parse().map_err(|e| {
                CliError::bad_input(format!("--version {word}: {e}; give a version like 1.43.11"))
            })?;
            if pins.insert(name.clone(), version).is_some() {
                return Err(CliError::bad_input(format!("--version names {name} twice")));
            }
        }
        Ok(Self(pins))
    }

    pub(super) fn of(&self, package: &str) -> Option<&Version> {
        self.0.get(package)
    }

    /// Whether nothing was asked for but what is among these packages.
    pub(super) fn check<'a>(&self, mut known: impl FnMut(&str) -> bool + 'a) -> Result<(), CliError> {
        match self.0.keys().find(|name| !known(name)) {
            None => Ok(()),
            Some(name) => Err(CliError::bad_input(format!(
                "--version {name}==…: no catalog that is updated here is compiled from {name}; a package of Azure that \
                 the program does not know is added with --package {name}"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str], cloud: Option<CloudName>) -> Result<Pins, CliError> {
        Pins::parse(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), cloud)
    }

    #[test]
    fn a_bare_version_belongs_to_a_cloud_with_one_package() {
        let pins = parse(&["1.43.11"], Some(CloudName::Aws)).unwrap();
        assert_eq!(pins.of("botocore").unwrap().to_string(), "1.43.11");
        let pins = parse(&["Azure_Mgmt_DNS==9.0.0", "oci == 2.1"], None).unwrap();
        assert_eq!(pins.of("azure-mgmt-dns").unwrap().to_string(), "9.0.0");
        assert!(pins.check(|name| name == "oci").unwrap_err().message.contains("--package azure-mgmt-dns"));
    }

    #[test]
    fn what_cannot_be_told_is_asked() {
        for cloud in [None, Some(CloudName::Azure)] {
            let error = parse(&["1.0"], cloud).unwrap_err();
            assert!(error.message.contains("of which package"), "{}", error.message);
        }
        assert!(parse(&["one"], Some(CloudName::Oci)).unwrap_err().message.contains("one"));
        assert!(parse(&["oci==1", "oci==2"], None).unwrap_err().message.contains("twice"));
    }
}
