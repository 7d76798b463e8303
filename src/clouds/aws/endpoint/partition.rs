//! Partitions: groups of regions with their own DNS names.

use std::sync::OnceLock;

use regex::Regex;
use serde_json::{Map, Value};

/// All partitions.
pub struct Partitions {
    all: Vec<Partition>,
}

struct Partition {
    regions: Map<String, Value>,
    /// What its regions look like, made ready for the first region that no partition knows: that takes longer
    /// than all else that a request needs.
    pattern: Option<(String, OnceLock<Option<Regex>>)>,
    outputs: Map<String, Value>,
}

impl Partition {
    fn looks_like_own(&self, region: &str) -> bool {
        let pattern = self.pattern.as_ref();
        let regex = pattern.and_then(|(text, made)| made.get_or_init(|| Regex::new(text).ok()).as_ref());
        regex.is_some_and(|regex| regex.is_match(region))
    }
}

impl Partitions {
    /// Reads botocore's `partitions` document; members that are missing are left out.
    #[must_use]
    pub fn read(document: &Value) -> Self {
        let all = document["partitions"].as_array().into_iter().flatten().map(|partition| {
            let mut outputs = partition["outputs"].as_object().cloned().unwrap_or_default();
            let name = outputs.get("name").or(partition.get("id")).cloned();
            outputs.insert("name".into(), name.unwrap_or_default());
            Partition {
                regions: partition["regions"].as_object().cloned().unwrap_or_default(),
                pattern: partition["regionRegex"].as_str().map(|text| (text.to_owned(), OnceLock::new())),
                outputs,
            }
        });
        Self { all: all.collect() }
    }

    /// What is known of the partition of a region; an unknown region belongs to the partition
    /// whose pattern it matches, and else to the first.
    #[must_use]
    pub fn of(&self, region: &str) -> Option<Value> {
        for partition in &self.all {
            if let Some(own) = partition.regions.get(region) {
                let mut outputs = partition.outputs.clone();
                for (name, value) in own.as_object().into_iter().flatten() {
                    if name != "description" {
                        outputs.insert(name.clone(), value.clone());
                    }
                }
                return Some(Value::Object(outputs));
            }
        }
        let by_pattern = self.all.iter().find(|p| p.looks_like_own(region));
        by_pattern.or_else(|| self.all.first()).map(|p| Value::Object(p.outputs.clone()))
    }

    /// The names of the regions of the partition of a region, sorted.
    #[must_use]
    pub fn regions_beside(&self, region: &str) -> Vec<String> {
        let home = self.all.iter().find(|p| p.regions.contains_key(region)).or_else(|| self.all.first());
        let mut names: Vec<String> = home.map(|p| p.regions.keys().cloned().collect()).unwrap_or_default();
        names.sort();
        names
    }
}
