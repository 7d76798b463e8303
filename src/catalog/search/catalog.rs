//! Searching a whole catalog.

use std::collections::BTreeMap;

use super::{Hit, Index, Named};
use crate::catalog::Catalog;
use crate::catalog::docs::{self, Docs};
use crate::catalog::live::PREFIX;
use crate::plan::CloudName;

impl Catalog {
    /// The operations that fit plain words best, best first, at most `limit`. The index is built
    /// at the first search, in some milliseconds.
    #[must_use]
    pub fn search(&self, text: &str, cloud: Option<CloudName>, limit: usize) -> Vec<Hit> {
        let mut hits = self.words.get_or_init(|| self.index_words()).search(text, cloud, limit);
        // An operation of a package says more than one that fits every type.
        hits.sort_by_key(|hit| hit.operation.service.starts_with(PREFIX) && !names_it(text, hit));
        hits
    }

    /// What the search cannot use: documentation that is damaged or missing beside a catalog that was updated. The
    /// operations of that cloud are found by their names alone.
    #[must_use]
    pub fn documentation_warnings(&self) -> Vec<String> {
        self.documentation().1
    }

    /// The same at a glance, by the checksums alone, for a start that must not wait.
    #[must_use]
    pub fn documentation_at_a_glance(&self) -> Vec<String> {
        let files = self.status().into_iter().filter_map(|status| Some((status.cloud, status.file?)));
        files
            .filter_map(|(cloud, file)| {
                let path = file.with_extension("docs");
                let looked = std::fs::read(&path)
                    .map_err(|error| error.to_string())
                    .and_then(|bytes| docs::whole(&bytes).map(drop).map_err(|error| error.to_string()));
                looked.err().map(|reason| by_names_alone(&path, &reason, cloud))
            })
            .collect()
    }

    /// Documentation by cloud, from the files beside updated catalogs, and what is wrong with them.
    fn documentation(&self) -> (BTreeMap<CloudName, Docs>, Vec<String>) {
        let (mut found, mut warnings) = (BTreeMap::new(), Vec::new());
        for status in self.status() {
            let Some(path) = status.file.map(|file| file.with_extension("docs")) else { continue };
            let read = std::fs::read(&path)
                .map_err(|error| error.to_string())
                .and_then(|bytes| docs::read(&bytes).map_err(|error| error.to_string()));
            match read {
                Ok((cloud, docs)) if cloud == status.cloud => {
                    found.insert(cloud, docs);
                }
                Ok((cloud, _)) => warnings.push(format!(
                    "{} is documentation of {cloud}; operations of {} are found by their names alone",
                    path.display(),
                    status.cloud
                )),
                Err(reason) => warnings.push(by_names_alone(&path, &reason, status.cloud)),
            }
        }
        (found, warnings)
    }

    fn index_words(&self) -> Index {
        let (docs, warnings) = self.documentation();
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        let docs = &docs;
        Index::build(self.clouds().flat_map(|cloud| {
            self.services(cloud).flat_map(move |service| {
                service.operations.iter().map(move |operation| Named {
                    cloud,
                    service: &service.name,
                    title: &service.title,
                    operation: &operation.name,
                    required: &operation.required,
                    said: docs
                        .get(&cloud)
                        .and_then(|d| d.of(&service.name, &operation.name))
                        .unwrap_or_default(),
                })
            })
        }))
    }
}

fn by_names_alone(path: &std::path::Path, reason: &str, cloud: CloudName) -> String {
    let path = path.display();
    format!(
        "{path}: {reason}; operations of {cloud} are found by their names alone until `provisioner catalog update`"
    )
}

/// Whether a query names the provider of a hit, the part behind its dot.
fn names_it(text: &str, hit: &Hit) -> bool {
    let provider = hit.operation.service.trim_start_matches(PREFIX).to_lowercase();
    let text = text.to_lowercase();
    provider.split('.').filter(|part| *part != "microsoft").any(|part| text.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(words: &str) -> String {
        let catalog = CATALOG.get_or_init(|| Catalog::open(None).unwrap());
        let hits = catalog.search(words, None, 5);
        hits.first().map_or(String::new(), |hit| hit.operation.to_string())
    }

    #[test]
    fn plain_words_find_the_operation() {
        for (words, wanted) in [
            ("create a bucket", "aws s3 CreateBucket"),
            ("launch a virtual machine", "aws ec2 RunInstances"),
            ("list my buckets", "aws s3 ListBuckets"),
            ("who am I", "aws sts GetCallerIdentity"),
            ("delete a queue", "aws sqs DeleteQueue"),
            ("open a port in a security group", "aws ec2 AuthorizeSecurityGroupIngress"),
            ("make a postgres database", "aws rds CreateDBInstance"),
            ("show all lambda functions", "aws lambda ListFunctions"),
            ("create a role", "aws iam CreateRole"),
            ("describe vpcs", "aws ec2 DescribeVpcs"),
        ] {
            assert_eq!(first(words), wanted, "{words}");
        }
    }

    #[test]
    fn german_words_find_the_operation() {
        for (words, wanted) in [
            ("lege einen Bucket an", "aws s3 CreateBucket"),
            ("lösche die Warteschlange", "aws sqs DeleteQueue"),
            ("erstelle eine Rolle", "aws iam CreateRole"),
            ("zeige alle Datenbanken", "aws rds DescribeDBInstances"),
            ("erzeuge eine virtuelle Maschine", "aws ec2 RunInstances"),
        ] {
            assert_eq!(first(words), wanted, "{words}");
        }
    }

    #[test]
    fn a_slip_of_the_fingers_still_finds() {
        assert_eq!(first("create a bukcet"), "aws s3 CreateBucket");
        assert_eq!(first("describe securty groups"), "aws ec2 DescribeSecurityGroups");
    }

    #[test]
    fn the_very_name_finds_itself() {
        for name in
            ["RunInstances", "PutBucketPolicy", "CreateDBInstance", "GetSecretValue", "ListTagsOfResource"]
        {
            let found = first(name);
            assert!(found.ends_with(name), "{name}: {found}");
        }
    }

    #[test]
    fn no_service_fills_an_answer_alone() {
        let catalog = CATALOG.get_or_init(|| Catalog::open(None).unwrap());
        let hits = catalog.search("create a database instance", None, 10);
        let services: std::collections::BTreeSet<&str> =
            hits.iter().map(|hit| hit.operation.service.as_str()).collect();
        assert!(services.len() > 2, "{services:?}");
    }

    #[test]
    fn what_is_said_about_an_operation_finds_it_and_what_is_damaged_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("catalog");
        std::fs::create_dir_all(&folder).unwrap();
        let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/catalog/oci.catalog");
        std::fs::copy(shipped, folder.join("oci.catalog")).unwrap();
        let open = || Catalog::open(Some(dir.path())).unwrap();
        let words = "gather the zebras of the xylophone";
        let found = |catalog: &Catalog| {
            let hits = catalog.search(words, Some(CloudName::Oci), 1);
            hits.first().map_or(String::new(), |hit| hit.operation.to_string())
        };
        let named = open();
        assert!(
            named.documentation_warnings()[0].contains("oci.docs"),
            "{:?}",
            named.documentation_warnings()
        );
        assert_ne!(found(&named), "oci core.virtual_network CreateVcn");
        let mut docs = Docs::default();
        docs.add("core.virtual_network", "CreateVcn", "Gathers zebras and a xylophone.".into());
        let bytes = docs::write(CloudName::Oci, &docs).unwrap();
        std::fs::write(folder.join("oci.docs"), &bytes).unwrap();
        let documented = open();
        assert_eq!(documented.documentation_warnings(), [] as [String; 0]);
        assert_eq!(documented.documentation_at_a_glance(), [] as [String; 0]);
        assert_eq!(found(&documented), "oci core.virtual_network CreateVcn");
        std::fs::write(folder.join("oci.docs"), &bytes[..bytes.len() - 3]).unwrap();
        let damaged = open();
        assert!(damaged.documentation_warnings()[0].contains("names alone"));
        assert_eq!(damaged.documentation_at_a_glance(), damaged.documentation_warnings());
        assert_eq!(documented.documentation_at_a_glance().len(), 1, "the file was damaged since");
        assert!(!damaged.search("create a vcn", Some(CloudName::Oci), 1).is_empty());
    }

    #[test]
    fn words_that_mean_nothing_find_nothing() {
        let catalog = CATALOG.get_or_init(|| Catalog::open(None).unwrap());
        assert!(catalog.search("", None, 5).is_empty());
        assert!(catalog.search("the of and", None, 5).is_empty());
        assert!(catalog.search("create", Some(CloudName::Oci), 5).is_empty());
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]
        #[test]
        fn any_text_is_answered_within_the_limit(text in proptest::collection::vec(proptest::char::any(), 0..200), limit in 0usize..12) {
            let text: String = text.into_iter().collect();
            let catalog = CATALOG.get_or_init(|| Catalog::open(None).unwrap());
            proptest::prop_assert!(catalog.search(&text, None, limit).len() <= limit);
        }
    }

    static CATALOG: std::sync::OnceLock<Catalog> = std::sync::OnceLock::new();
}
