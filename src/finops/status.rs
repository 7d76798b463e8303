//! What is in the price book, for a person.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;

/// Rows, rules, sources, and dates of a price book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BookStatus {
    /// Why a part of the book cannot be used, if it cannot.
    pub problem: Option<String>,
    /// How many prices there are.
    pub prices: usize,
    /// How many price rules there are.
    pub rules: usize,
    /// Every source with its oldest and newest date.
    pub sources: BTreeMap<String, (Date, Date)>,
    /// Files of the person's folder that add to those of the program or replace them.
    pub replaced: Vec<String>,
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
            write!(f, "; own files: {}", self.replaced.join(", "))?;
        }
        Ok(())
    }
}
