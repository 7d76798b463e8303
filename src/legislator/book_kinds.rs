//! The small types that rule books are made of.

use std::collections::BTreeMap;

use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::plan::Decision;

/// What a finding of a rule means: nothing at all, or one of the decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// The rule is silent.
    Off,
    /// A finding warns.
    Warn,
    /// A finding needs an approved exception.
    Exception,
    /// A finding denies.
    Deny,
}

impl Action {
    /// The word as books write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Off => "off",
            Action::Warn => "warn",
            Action::Exception => "exception",
            Action::Deny => "deny",
        }
    }

    /// The decision that a finding gets; nothing when the rule is silent.
    #[must_use]
    pub fn decision(self) -> Option<Decision> {
        match self {
            Action::Off => None,
            Action::Warn => Some(Decision::Warn),
            Action::Exception => Some(Decision::Exception),
            Action::Deny => Some(Decision::Deny),
        }
    }
}

/// A value for everywhere, or one per environment with `default` for the rest.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct PerEnvironment<T>(BTreeMap<String, T>);

/// The key that stands for every environment that is not named.
const REST: &str = "default";

impl<T> PerEnvironment<T> {
    /// The value in an environment.
    #[must_use]
    pub fn get(&self, environment: Option<&str>) -> Option<&T> {
        environment.and_then(|name| self.0.get(name)).or_else(|| self.0.get(REST))
    }

    /// All values with their environments.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for PerEnvironment<T> {
    // Written out because an untagged enum answers a slip with "did not match any variant".
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = PerEnvironment<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("one value, or one value per environment")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut values = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, T>()? {
                    values.insert(name, value);
                }
                Ok(PerEnvironment(values))
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
                self.one(de::value::StrDeserializer::new(value))
            }

            // YAML 1.1 readers take `off` for false; the book means the word.
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
                self.one(de::value::StrDeserializer::new(if value { "on" } else { "off" }))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
                self.one(de::value::U64Deserializer::new(value))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
                self.one(de::value::I64Deserializer::new(value))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
                self.one(de::value::F64Deserializer::new(value))
            }
        }

        impl<'de, T: Deserialize<'de>> Either<T> {
            fn one<D: Deserializer<'de>>(self, value: D) -> Result<PerEnvironment<T>, D::Error> {
                Ok(PerEnvironment(BTreeMap::from([(REST.to_owned(), T::deserialize(value)?)])))
            }
        }

        deserializer.deserialize_any(Either(std::marker::PhantomData))
    }
}

/// A tag that every resource must carry: its key alone, or the key with what its value must be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MandatoryTag {
    /// The key, letter for letter.
    pub key: String,
    /// A regular expression that the whole value must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The only values allowed, if the list is not empty.
    pub values: Vec<String>,
}

impl<'de> Deserialize<'de> for MandatoryTag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Full {
            key: String,
            #[serde(default)]
            pattern: Option<String>,
            #[serde(default)]
            values: Vec<String>,
        }

        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = MandatoryTag;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a tag's key, or {key, pattern, values}")
            }

            fn visit_str<E: de::Error>(self, key: &str) -> Result<Self::Value, E> {
                Ok(MandatoryTag { key: key.to_owned(), ..MandatoryTag::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let full = Full::deserialize(de::value::MapAccessDeserializer::new(map))?;
                if let Some(pattern) = &full.pattern {
                    regex::Regex::new(pattern).map_err(de::Error::custom)?;
                }
                Ok(MandatoryTag { key: full.key, pattern: full.pattern, values: full.values })
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// Lists of names per cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PerCloud {
    /// For AWS.
    pub aws: Vec<String>,
    /// For Azure.
    pub azure: Vec<String>,
    /// For OCI.
    pub oci: Vec<String>,
}

impl PerCloud {
    /// The clouds with their lists, in the order in which they are shown.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &[String])> {
        [("AWS", self.aws.as_slice()), ("Azure", &self.azure), ("OCI", &self.oci)].into_iter()
    }
}

/// A limit on what a month may cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// The owner that it is for; everybody when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The environment that it is for; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// US dollars a month.
    pub limit: f64,
    /// What has been spent of it already, in US dollars a month.
    #[serde(default)]
    pub spent: f64,
    /// Percentages of the limit from which a plan warns, needs an exception, is denied.
    #[serde(default)]
    pub thresholds: Thresholds,
}

/// Percentages of a budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// From here a plan warns; never when absent.
    #[serde(default)]
    pub warn: Option<f64>,
    /// From here it needs an exception.
    #[serde(default)]
    pub exception: Option<f64>,
    /// From here it is denied.
    #[serde(default)]
    pub deny: Option<f64>,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { warn: Some(50.0), exception: Some(80.0), deny: Some(100.0) }
    }
}

/// The largest database per cloud.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseLimit {
    /// A size word such as `large`: the class must not be larger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws: Option<String>,
    /// Virtual cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azure_vcores: Option<u32>,
    /// ECPUs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oci_ecpus: Option<u32>,
}
