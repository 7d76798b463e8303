//! The cost of one step.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;

use super::inherit;
use super::pick::{Found, Scope};
use super::rules::{Part, Rule, Rules, Says};
use super::table::{Price, PriceTable};
use crate::plan::{Component, PriceStatus, Regions, Step, StepEstimate, Unpriced, UsageLine};

/// The cost of a step and what is to be said about it.
pub(super) struct Priced {
    pub(super) estimate: StepEstimate,
    /// What was assumed or could not be priced, in sentences.
    pub(super) remarks: Vec<String>,
}

/// Prices a step by the rules of its cloud.
pub(super) fn price(
    step: &Step,
    steps: &[Step],
    rules: Option<&Rules>,
    table: &PriceTable,
    regions: &Regions,
) -> Priced {
    let says = rules.map_or(Says::Nothing, |rules| rules.says(&step.service, &step.operation));
    match (says, rules) {
        (Says::Nothing, _) | (_, None) => Priced { estimate: no_rule(&step.id), remarks: Vec::new() },
        (Says::Free, _) => Priced {
            estimate: StepEstimate {
                status: PriceStatus::Free,
                reason: None,
                monthly: Some(Decimal::ZERO),
                ..no_rule(&step.id)
            },
            remarks: Vec::new(),
        },
        (Says::Costs(rule), Some(rules)) => {
            let params = inherit::params(step, &rule.inherit, steps);
            Pricing::new(step, &params, rule, rules, table, regions).run()
        }
    }
}

struct Pricing<'a> {
    step: &'a Step,
    params: &'a Value,
    rule: &'a Rule,
    table: &'a PriceTable,
    tables: &'a BTreeMap<String, super::pick::Table>,
    names: BTreeMap<String, Found>,
    remarks: Vec<String>,
}

impl<'a> Pricing<'a> {
    fn new(
        step: &'a Step,
        params: &'a Value,
        rule: &'a Rule,
        rules: &'a Rules,
        table: &'a PriceTable,
        regions: &Regions,
    ) -> Self {
        let mut names = BTreeMap::new();
        names.insert("hours".to_owned(), Found::Known(rules.hours.to_string().into()));
        let scope = Scope { params, element: None, names: &names, tables: &rules.tables };
        let own = match rules.region.find(scope) {
            Found::Known(Value::String(region)) if region.is_empty() => None,
            Found::Missing(_) => None,
            found => Some(found),
        };
        let given =
            step.region.as_deref().or_else(|| regions.get(step.cloud)).filter(|region| !region.is_empty());
        let region = match (own, given) {
            (Some(found), _) => found,
            (None, Some(region)) if crate::plan::is_reference(region) => Found::Unknown("region".into()),
            (None, Some(region)) => Found::Known(region.into()),
            (None, None) => Found::Missing("region".into()),
        };
        names.insert("region".to_owned(), region);
        for (name, wording) in &rule.names {
            let scope = Scope { params, element: None, names: &names, tables: &rules.tables };
            let found = wording.find(scope);
            names.insert(name.clone(), found);
        }
        Self { step, params, rule, table, tables: &rules.tables, names, remarks: Vec::new() }
    }

    fn run(mut self) -> Priced {
        let mut components = Vec::new();
        let mut reasons: Vec<Unpriced> = Vec::new();
        if let Some(name) = &self.rule.unknown {
            reasons.push(Unpriced::UnknownParameter { name: name.clone() });
        }
        for part in &self.rule.components {
            for priced in self.elements(part, |pricing, element| pricing.component(part, element)) {
                match priced {
                    Ok(component) => components.extend(component),
                    Err(reason) => reasons.push(reason),
                }
            }
        }
        let mut usage = Vec::new();
        for part in &self.rule.usage {
            for line in self.elements(part, |pricing, element| pricing.usage(part, element)) {
                usage.extend(line.unwrap_or_else(|_| Some(self.unsure(part))));
            }
        }
        if let Some(assume) = &self.rule.assume {
            let sentence = assume.show(self.scope(None));
            self.remark(&sentence);
        }
        for reason in reasons.iter().skip(1) {
            let sentence = format!("also not priced: {reason}");
            self.remark(&sentence);
        }
        let sum: Option<Decimal> =
            components.iter().try_fold(Decimal::ZERO, |sum, c: &Component| sum.checked_add(c.monthly));
        let status = match (reasons.is_empty(), components.is_empty(), usage.is_empty()) {
            (true, true, true) => PriceStatus::Free,
            (true, true, false) => PriceStatus::UsageOnly,
            (true, false, _) => PriceStatus::Priced,
            (false, false, _) => PriceStatus::Partly,
            (false, true, _) => PriceStatus::NotPriced,
        };
        let monthly = if status == PriceStatus::NotPriced { None } else { sum };
        Priced {
            estimate: StepEstimate {
                step: self.step.id.clone(),
                status,
                reason: reasons.into_iter().next(),
                monthly,
                components,
                usage,
            },
            remarks: self.remarks,
        }
    }

    /// Works out a part once, or once for every element of its list.
    fn elements<T>(
        &mut self,
        part: &Part,
        mut work: impl FnMut(&mut Self, Option<&Value>) -> Result<T, Unpriced>,
    ) -> Vec<Result<T, Unpriced>> {
        let Some(each) = &part.each else { return vec![work(self, None)] };
        match each.find(self.scope(None)) {
            Found::Missing(_) => Vec::new(),
            Found::Known(Value::Array(list)) => {
                list.iter().map(|element| work(self, Some(element))).collect()
            }
            Found::Known(_) => vec![Err(unknown("a list that can be read".into()))],
            Found::Unknown(name) => vec![Err(unknown(name))],
        }
    }

    fn component(&mut self, part: &Part, element: Option<&Value>) -> Result<Option<Component>, Unpriced> {
        if !self.counts(part, element)? {
            return Ok(None);
        }
        let scope = self.scope(element);
        let quantity = part.quantity.work_out(scope).map_err(unknown)?;
        if quantity.is_zero() {
            return Ok(None);
        }
        let name = part.name.show(scope);
        if quantity.is_sign_negative() {
            return Err(unknown(format!("the size of {name}, which cannot be {}", quantity.normalize())));
        }
        let quantity = if self.rule.removes { -quantity } else { quantity };
        let key = match &part.key {
            Some(key) => key.fill(scope).map_err(unknown)?,
            None => return Ok(None),
        };
        let price = self.look_up(&key)?;
        let monthly =
            quantity.checked_mul(price.usd).ok_or_else(|| unknown(format!("the amount of {name}")))?;
        let component = Component {
            name,
            unit: part.unit.clone().unwrap_or_else(|| price.unit.to_owned()),
            quantity: quantity.normalize(),
            unit_price: price.usd,
            monthly: monthly.normalize(),
            source: price.source.name.clone(),
            as_of: price.source.date,
        };
        if let Some(assume) = &part.assume {
            let sentence = assume.show(self.scope(element));
            self.remark(&sentence);
        }
        Ok(Some(component))
    }

    fn usage(&mut self, part: &Part, element: Option<&Value>) -> Result<Option<UsageLine>, Unpriced> {
        if !self.counts(part, element)? {
            return Ok(None);
        }
        let scope = self.scope(element);
        let key = part.key.as_ref().map(|key| key.fill(scope).map_err(unknown)).transpose()?;
        let price = key.as_deref().map(|key| self.look_up(key)).transpose();
        let unit = |unit: &str| part.unit.clone().unwrap_or_else(|| unit.to_owned());
        let (unit, unit_price, source, as_of): (String, Option<Decimal>, String, Option<Date>) = match price {
            Ok(Some(price)) => {
                (unit(price.unit), Some(price.usd), price.source.name.clone(), Some(price.source.date))
            }
            Ok(None) => (unit("use"), None, "no list price".into(), None),
            Err(reason) => (unit("use"), None, reason.to_string(), None),
        };
        Ok(Some(UsageLine { name: part.name.show(scope), unit, unit_price, source, as_of }))
    }

    /// A line for use of which not even the kind is known yet.
    fn unsure(&self, part: &Part) -> UsageLine {
        UsageLine {
            name: part.name.show(self.scope(None)),
            unit: part.unit.clone().unwrap_or_else(|| "use".into()),
            unit_price: None,
            source: "depends on another step".into(),
            as_of: None,
        }
    }

    fn counts(&self, part: &Part, element: Option<&Value>) -> Result<bool, Unpriced> {
        for condition in &part.when {
            if !condition.holds(self.scope(element)).map_err(unknown)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn look_up(&self, key: &str) -> Result<Price<'a>, Unpriced> {
        let region = match self.names.get("region") {
            Some(Found::Known(Value::String(region))) => Some(region.as_str()),
            _ => None,
        };
        self.table.price(key, region).ok_or_else(|| match (region, self.names.get("region")) {
            (Some(region), _) => Unpriced::NoPrice { key: format!("{key} in {region}") },
            (None, Some(Found::Missing(name) | Found::Unknown(name))) if self.table.knows(key) => {
                unknown(name.clone())
            }
            (None, _) => Unpriced::NoPrice { key: key.to_owned() },
        })
    }

    fn scope<'s>(&'s self, element: Option<&'s Value>) -> Scope<'s> {
        Scope { params: self.params, element, names: &self.names, tables: self.tables }
    }

    /// Says something once.
    fn remark(&mut self, sentence: &str) {
        let sentence = format!("{}: {sentence}", self.step.id);
        if !self.remarks.contains(&sentence) {
            self.remarks.push(sentence);
        }
    }
}

fn unknown(name: String) -> Unpriced {
    Unpriced::UnknownParameter { name }
}

/// A step about which the book says nothing.
pub(super) fn no_rule(step: &str) -> StepEstimate {
    StepEstimate {
        step: step.to_owned(),
        status: PriceStatus::NotPriced,
        reason: Some(Unpriced::NoRule),
        monthly: None,
        components: Vec::new(),
        usage: Vec::new(),
    }
}

/// A step whose amount cannot be added to the others.
pub(super) fn too_large(estimate: StepEstimate) -> StepEstimate {
    StepEstimate {
        status: PriceStatus::NotPriced,
        reason: Some(unknown("an amount that can be added up".into())),
        monthly: None,
        components: Vec::new(),
        ..estimate
    }
}
