//! What is in the price book, for a person.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;

use super::FinopsError;
use super::book::Opened;

/// Rows, rules, sources, and dates of a price book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookStatus {
    /// Why the book cannot be used, if it cannot.
    pub problem: Option<String>,
    /// How many prices there are.
    pub prices: usize,
    /// How many operations and patterns of operations have a rule.
    pub rules: usize,
    /// Every source with its oldest and newest date.
    pub sources: BTreeMap<String, (Date, Date)>,
    /// Files of the person's folder that replace those of the program.
    pub replaced: Vec<String>,
}

impl BookStatus {
    pub(super) fn of(opened: Result<&Opened, &FinopsError>, replaced: &[String]) -> Self {
        let mut status = Self {
            problem: None,
            prices: 0,
            rules: 0,
            sources: BTreeMap::new(),
            replaced: replaced.to_vec(),
        };
        match opened {
            Err(error) => status.problem = Some(error.to_string()),
            Ok(opened) => {
                status.prices = opened.table.rows();
                status.rules = opened.rules.iter().map(|rules| rules.len()).sum();
                for source in opened.table.sources() {
                    let dates =
                        status.sources.entry(source.name.clone()).or_insert((source.date, source.date));
                    *dates = (dates.0.min(source.date), dates.1.max(source.date));
                }
            }
        }
        status
    }
}

impl fmt::Display for BookStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(problem) = &self.problem {
            return write!(f, "unusable: {problem}");
        }
        write!(f, "{} prices, {} price rules", self.prices, self.rules)?;
        for (n, (name, (first, last))) in self.sources.iter().enumerate() {
            write!(f, "{}{name} {first}", if n == 0 { "; from " } else { ", " })?;
            if first != last {
                write!(f, " to {last}")?;
            }
        }
        if !self.replaced.is_empty() {
            write!(f, "; replaced by own files: {}", self.replaced.join(", "))?;
        }
        Ok(())
    }
}
