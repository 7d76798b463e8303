//! From a plan to its cost.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::PriceBook;
use super::context::Context;
use super::line::{Parts, Place};
use super::region::region_of;
use super::rules::{Judgement, Rule, RuleBook};
use super::variable::name_all;
use crate::plan::{Estimate, Plan, PriceStatus, Step, StepEstimate, Unpriced};

const LIST_PRICES: &str =
    "List prices in US dollars, before tax, discounts, credits, and free tiers of the account.";

impl PriceBook {
    /// What a plan costs. Never fails: what is unknown is named, and is no part of the sum.
    ///
    /// `default_region` counts for steps that name no region.
    #[must_use]
    pub fn estimate(&self, plan: &Plan, default_region: Option<&str>) -> Estimate {
        let mut said = vec![LIST_PRICES.to_owned()];
        let mut say = |sentence: String| {
            if !said.contains(&sentence) {
                said.push(sentence);
            }
        };
        let mut steps = Vec::new();
        for step in &plan.steps {
            let (estimate, assumed) = self.step(plan, step, default_region);
            assumed.into_iter().for_each(&mut say);
            steps.push(estimate);
        }
        let uses = steps.iter().map(|step| step.usage.len()).sum::<usize>();
        if uses > 0 {
            say(format!(
                "Use is not included: {uses} lines depend on traffic, requests, or stored data; their unit prices are listed."
            ));
        }
        if let Some((first, last)) = dates(&steps) {
            say(if first == last {
                format!("Prices as of {first}.")
            } else {
                format!("Prices as of {first} to {last}.")
            });
        }
        let unknown =
            |step: &&StepEstimate| matches!(step.status, PriceStatus::NotPriced | PriceStatus::Partly);
        let unpriced = steps.iter().filter(unknown).count();
        if unpriced > 0 {
            let (n, all) = (unpriced, steps.len());
            say(format!(
                "{n} of {all} steps are not, or not fully, priced; the sum leaves out what is unknown."
            ));
        }
        Estimate {
            plan: plan.digest(),
            currency: "USD".to_owned(),
            monthly: steps.iter().filter_map(|step| step.monthly).sum::<Decimal>().normalize(),
            one_off: Decimal::ZERO,
            unpriced,
            steps,
            assumptions: said,
        }
    }

    fn step(&self, plan: &Plan, step: &Step, default_region: Option<&str>) -> (StepEstimate, Vec<String>) {
        let Some(book) = self.rules(step.cloud) else {
            return (unpriced(step, Unpriced::NoRule), Vec::new());
        };
        match book.judge(step) {
            Judgement::None => (unpriced(step, Unpriced::NoRule), Vec::new()),
            Judgement::Free => (
                StepEstimate {
                    step: step.id.clone(),
                    status: PriceStatus::Free,
                    reason: None,
                    monthly: Some(Decimal::ZERO),
                    components: Vec::new(),
                    usage: Vec::new(),
                },
                Vec::new(),
            ),
            Judgement::Rule(rule) => {
                let (region, said) = region_of(plan, step, rule, book, default_region);
                let parts = self.parts(plan, step, book, rule, region.as_deref());
                let mut assumed = parts.assumed.clone();
                if !(parts.components.is_empty() && parts.usage.is_empty()) {
                    assumed.extend(book.assume.iter().cloned());
                    assumed.extend(said);
                }
                (put_together(step, rule, parts), assumed)
            }
        }
    }

    fn parts(&self, plan: &Plan, step: &Step, book: &RuleBook, rule: &Rule, region: Option<&str>) -> Parts {
        let mut parts = Parts { assumed: rule.assume.clone(), ..Parts::default() };
        let mut context = Context::of_step(plan, rule, &step.params);
        context.name("hours", Ok(book.hours.to_string().into()));
        context.name("region", region.map(Into::into).ok_or_else(|| "region".to_owned()));
        name_all(&rule.variables, &book.tables, &mut context, &mut parts.assumed);
        let place = Place { book: self, cloud: step.cloud, region, tables: &book.tables };
        let sign = if rule.removes { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
        for line in &rule.fixed {
            parts.add_fixed(line, &context, &place, sign);
        }
        for line in &rule.usage {
            parts.add_usage(line, &context, &place);
        }
        parts
    }
}

/// The oldest and the newest date of the prices that were used.
fn dates(steps: &[StepEstimate]) -> Option<(Date, Date)> {
    let of = |step: &StepEstimate| -> Vec<Date> {
        let fixed = step.components.iter().map(|component| component.as_of);
        fixed.chain(step.usage.iter().filter_map(|line| line.as_of)).collect()
    };
    let dates: Vec<Date> = steps.iter().flat_map(of).collect();
    Some((dates.iter().copied().min()?, dates.iter().copied().max()?))
}

fn unpriced(step: &Step, reason: Unpriced) -> StepEstimate {
    StepEstimate {
        step: step.id.clone(),
        status: PriceStatus::NotPriced,
        reason: Some(reason),
        monthly: None,
        components: Vec::new(),
        usage: Vec::new(),
    }
}

fn put_together(step: &Step, rule: &Rule, mut parts: Parts) -> StepEstimate {
    if let Some(what) = &rule.unknown {
        parts.unpriced.push(Unpriced::UnknownParameter { name: what.clone() });
    }
    let (fixed, missing) = (!parts.components.is_empty(), !parts.unpriced.is_empty());
    let status = match (fixed, missing) {
        (true, true) => PriceStatus::Partly,
        (false, true) => PriceStatus::NotPriced,
        (true, false) => PriceStatus::Priced,
        (false, false) if parts.usage.is_empty() => PriceStatus::Free,
        (false, false) => PriceStatus::UsageOnly,
    };
    let sum: Decimal = parts.components.iter().map(|component| component.monthly).sum();
    StepEstimate {
        step: step.id.clone(),
        status,
        reason: parts.unpriced.into_iter().next(),
        monthly: (status != PriceStatus::NotPriced).then(|| sum.normalize()),
        components: parts.components,
        usage: parts.usage,
    }
}
