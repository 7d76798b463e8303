//! The price book: the table and the rules, opened when they are first needed.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::rules::Rules;
use super::status::BookStatus;
use super::table::PriceTable;
use super::{FinopsError, price};
use crate::plan::{CloudName, Estimate, Plan, PriceStatus, Regions};

const TABLE: &str = "prices.table";
const EMBEDDED_TABLE: &[u8] = include_bytes!("../../assets/prices/prices.table");
const EMBEDDED_RULES: [(&str, &str); 3] = [
    ("aws.yaml", include_str!("../../assets/prices/aws.yaml")),
    ("azure.yaml", include_str!("../../assets/prices/azure.yaml")),
    ("oci.yaml", include_str!("../../assets/prices/oci.yaml")),
];

/// List prices and the rules that say what an operation costs. Copies share what was opened.
#[derive(Clone, Debug)]
pub struct PriceBook {
    own: Arc<Own>,
    opened: Arc<OnceLock<Result<Opened, FinopsError>>>,
}

/// Files of the person's folder, which win over those in the program.
#[derive(Debug, Default)]
struct Own {
    table: Option<Arc<PriceTable>>,
    rules: Vec<(&'static str, Arc<Rules>)>,
    names: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Opened {
    pub(super) table: Arc<PriceTable>,
    pub(super) rules: Vec<Arc<Rules>>,
}

impl PriceBook {
    /// The price book of the program; files of the same name in `overrides` win. A folder that
    /// does not exist is as good as an empty one. What is in the program is read when it is first
    /// needed, what is in the folder is read and checked now.
    ///
    /// # Errors
    ///
    /// A file of the folder cannot be read or does not fit its format.
    pub fn open(overrides: Option<&Path>) -> Result<Self, FinopsError> {
        let mut own = Own::default();
        if let Some(folder) = overrides {
            if let Some(bytes) = read(&folder.join(TABLE))? {
                own.table = Some(Arc::new(PriceTable::open(TABLE, &bytes)?));
                own.names.push(TABLE.into());
            }
            for (name, _) in EMBEDDED_RULES {
                let path = folder.join(name);
                let Some(bytes) = read(&path)? else { continue };
                let shown = path.display().to_string();
                let text = String::from_utf8(bytes).map_err(|_| FinopsError::Rules {
                    file: shown.clone(),
                    reason: "it is not text in UTF-8".into(),
                })?;
                own.rules.push((name, Arc::new(Rules::parse(&shown, &text)?)));
                own.names.push(name.into());
            }
        }
        Ok(Self { own: Arc::new(own), opened: Arc::new(OnceLock::new()) })
    }

    /// What a plan costs; `regions` count for steps that name none. What is not
    /// known is named in the estimate and never counted as nothing.
    #[must_use]
    pub fn estimate(&self, plan: &Plan, regions: &Regions) -> Estimate {
        let mut estimate = Estimate {
            plan: plan.digest(),
            currency: "USD".into(),
            monthly: Decimal::ZERO,
            one_off: Decimal::ZERO,
            unpriced: 0,
            steps: Vec::new(),
            assumptions: Vec::new(),
        };
        let opened = match self.opened() {
            Ok(opened) => opened,
            Err(error) => {
                estimate.assumptions.push(format!("Nothing is priced: {error}."));
                estimate.steps.extend(plan.steps.iter().map(|step| price::no_rule(&step.id)));
                estimate.unpriced = estimate.steps.len();
                return estimate;
            }
        };
        let mut remarks = Vec::new();
        for step in &plan.steps {
            let rules = opened.rules(step.cloud);
            let mut priced = price::price(step, &plan.steps, rules, &opened.table, regions);
            let sum = priced.estimate.monthly.map(|monthly| estimate.monthly.checked_add(monthly));
            match sum {
                Some(Some(sum)) => estimate.monthly = sum,
                Some(None) => priced.estimate = price::too_large(priced.estimate),
                None => {}
            }
            remarks.extend(priced.remarks);
            estimate.steps.push(priced.estimate);
        }
        estimate.unpriced = estimate.steps.iter().filter(|step| open_question(step.status)).count();
        estimate.assumptions = assumptions(&estimate, plan);
        estimate.assumptions.extend(remarks);
        estimate
    }

    /// Where the prices come from, how old they are, and how many there are.
    #[must_use]
    pub fn status(&self) -> BookStatus {
        BookStatus::of(self.opened(), &self.own.names)
    }

    fn opened(&self) -> Result<&Opened, &FinopsError> {
        let open = || {
            let table = match &self.own.table {
                Some(table) => table.clone(),
                None => Arc::new(PriceTable::open(TABLE, EMBEDDED_TABLE)?),
            };
            let mut rules = Vec::new();
            for (name, text) in EMBEDDED_RULES {
                rules.push(match self.own.rules.iter().find(|(own, _)| *own == name) {
                    Some((_, own)) => own.clone(),
                    None => Arc::new(Rules::parse(name, text)?),
                });
            }
            Ok(Opened { table, rules })
        };
        self.opened.get_or_init(open).as_ref()
    }
}

impl Opened {
    pub(super) fn rules(&self, cloud: CloudName) -> Option<&Rules> {
        self.rules.iter().find(|rules| rules.cloud == cloud).map(AsRef::as_ref)
    }
}

fn open_question(status: PriceStatus) -> bool {
    matches!(status, PriceStatus::Partly | PriceStatus::NotPriced)
}

/// A file's bytes, or nothing when it is not there.
fn read(path: &Path) -> Result<Option<Vec<u8>>, FinopsError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FinopsError::Read { path: path.to_owned(), source }),
    }
}

fn assumptions(estimate: &Estimate, plan: &Plan) -> Vec<String> {
    let mut sentences = vec![if plan.steps.iter().any(|step| step.cloud == CloudName::Oci) {
        "List prices in US dollars before tax, discounts, credits, and free tiers; a month has 730 hours, in OCI 744.".to_owned()
    } else {
        "List prices in US dollars before tax, discounts, credits, and free tiers; a month has 730 hours."
            .to_owned()
    }];
    let lines: usize = estimate.steps.iter().map(|step| step.usage.len()).sum();
    if lines > 0 {
        sentences.push(format!(
            "Use is not included: {lines} lines depend on traffic, requests, or stored data; their unit prices are listed."
        ));
    }
    let dates = estimate.steps.iter().flat_map(|step| {
        let fixed = step.components.iter().map(|component| component.as_of);
        fixed.chain(step.usage.iter().filter_map(|line| line.as_of))
    });
    if let Some((first, last)) = span(dates) {
        sentences.push(if first == last {
            format!("Prices as of {first}.")
        } else {
            format!("Prices as of {first} to {last}.")
        });
    }
    if estimate.unpriced > 0 {
        sentences.push(format!(
            "{} of {} steps are not fully priced; the total leaves out what is not known.",
            estimate.unpriced,
            estimate.steps.len()
        ));
    }
    sentences
}

fn span(dates: impl Iterator<Item = Date>) -> Option<(Date, Date)> {
    dates.fold(None, |span, date| match span {
        None => Some((date, date)),
        Some((first, last)) => Some((first.min(date), last.max(date))),
    })
}

/// The rules of the program, for tests that check what they name.
#[cfg(test)]
pub(super) fn embedded_rules() -> Vec<Rules> {
    EMBEDDED_RULES.iter().map(|(name, text)| Rules::parse(name, text)).collect::<Result<_, _>>().unwrap()
}

/// The table of the program.
#[cfg(test)]
pub(super) fn embedded_table() -> PriceTable {
    PriceTable::open(TABLE, EMBEDDED_TABLE).unwrap()
}
