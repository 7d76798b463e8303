//! What a plan costs. Money is decimal, in US dollars, before tax and discounts; a month has
//! 730 hours (744 in OCI). A price that nobody knows is absent, never zero.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Digest, StepId};

/// The cost of one plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The plan.
    pub plan: Digest,
    /// `USD`.
    pub currency: String,
    /// Sum of the fixed monthly cost of all steps that have a price; a lower bound when
    /// `unpriced` is not zero. Negative when the plan deletes more than it creates.
    #[serde(with = "rust_decimal::serde::float")]
    pub monthly: Decimal,
    /// One-off cost, if any.
    #[serde(with = "rust_decimal::serde::float", default)]
    pub one_off: Decimal,
    /// How many steps cost something that could not be priced.
    pub unpriced: usize,
    /// One entry per step, in the order of the plan.
    pub steps: Vec<StepEstimate>,
    /// What was assumed, in sentences.
    #[serde(default)]
    pub assumptions: Vec<String>,
}

/// The cost of one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepEstimate {
    /// The step.
    pub step: StepId,
    /// How much is known.
    pub status: PriceStatus,
    /// Why it is not (fully) priced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Unpriced>,
    /// Fixed cost per month; absent when unknown.
    #[serde(
        serialize_with = "rust_decimal::serde::float_option::serialize",
        deserialize_with = "known",
        default
    )]
    pub monthly: Option<Decimal>,
    /// What the fixed cost is made of.
    #[serde(default)]
    pub components: Vec<Component>,
    /// What depends on use.
    #[serde(default)]
    pub usage: Vec<UsageLine>,
}

/// A price, or nothing. Inside a tagged document nothing arrives as a unit, which the decimal's own
/// reader refuses.
fn known<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Decimal>, D::Error> {
    #[derive(Deserialize)]
    struct Price(#[serde(with = "rust_decimal::serde::float")] Decimal);
    Ok(Option::<Price>::deserialize(from)?.map(|price| price.0))
}

/// How much of a step's cost is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PriceStatus {
    /// All fixed parts have a price.
    Priced,
    /// Some fixed parts have a price.
    Partly,
    /// A rule says that it costs nothing.
    Free,
    /// Costs depend on use alone.
    UsageOnly,
    /// Unknown.
    NotPriced,
}

/// Why a price is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Unpriced {
    /// No price rule covers the operation.
    NoRule,
    /// The price book has no row for this key.
    NoPrice {
        /// The key that was looked up.
        key: String,
    },
    /// A parameter that drives the price is missing or depends on another step.
    UnknownParameter {
        /// The parameter.
        name: String,
    },
}

impl std::fmt::Display for Unpriced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unpriced::NoRule => f.write_str("no price rule for this operation"),
            Unpriced::NoPrice { key } => write!(f, "no list price for {key}"),
            Unpriced::UnknownParameter { name } => write!(f, "depends on {name}, which is not known yet"),
        }
    }
}

/// One fixed part of a step's cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Component {
    /// What it is.
    pub name: String,
    /// What is counted, for example `hour` or `GB-month`.
    pub unit: String,
    /// How many units a month.
    #[serde(with = "rust_decimal::serde::float")]
    pub quantity: Decimal,
    /// Dollars per unit.
    #[serde(with = "rust_decimal::serde::float")]
    pub unit_price: Decimal,
    /// `quantity` × `unit_price`.
    #[serde(with = "rust_decimal::serde::float")]
    pub monthly: Decimal,
    /// Where the price comes from.
    pub source: String,
    /// When the price was valid.
    pub as_of: Date,
}

/// One part of a step's cost that depends on use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UsageLine {
    /// What it is.
    pub name: String,
    /// What is counted.
    pub unit: String,
    /// Dollars per unit; absent when unknown.
    #[serde(
        serialize_with = "rust_decimal::serde::float_option::serialize",
        deserialize_with = "known",
        default
    )]
    pub unit_price: Option<Decimal>,
    /// Where the price comes from.
    pub source: String,
    /// When the price was valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Date>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_price_is_read_back_from_inside_a_tagged_document() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        enum Kept {
            Step { step: StepEstimate },
        }
        let read = |monthly: &str| {
            let text = format!(
                r#"{{"kind":"step","step":{{"step":"a","status":"not-priced","monthly":{monthly},
                    "usage":[{{"name":"n","unit":"u","unit_price":null,"source":"s"}}]}}}}"#
            );
            let kept: Kept = serde_json::from_str(&text).unwrap();
            let again = serde_json::to_string(&kept).unwrap();
            assert_eq!(serde_json::from_str::<Kept>(&again).unwrap(), kept);
            let Kept::Step { step } = kept;
            step.monthly
        };
        assert_eq!(read("null"), None);
        assert_eq!(read("1.25"), Some(Decimal::new(125, 2)));
    }
}
