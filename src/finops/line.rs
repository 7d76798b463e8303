//! The lines of a price rule: what is counted, how often, at which price.

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::context::{Context, Known};
use super::rules::Line;
use super::variable::name_all;
use super::{Figure, PriceBook};
use crate::plan::{CloudName, Component, Unpriced, UsageLine};

/// Where prices of a step are looked up.
pub(super) struct Place<'a> {
    pub(super) book: &'a PriceBook,
    pub(super) cloud: CloudName,
    pub(super) region: Option<&'a str>,
    pub(super) tables: &'a Map<String, Value>,
}

/// The parts of a step's cost that lines gave.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) components: Vec<Component>,
    pub(super) usage: Vec<UsageLine>,
    /// Why fixed parts have no price.
    pub(super) unpriced: Vec<Unpriced>,
    pub(super) assumed: Vec<String>,
}

impl Parts {
    /// Adds what a fixed line costs; `sign` is -1 for what is taken away.
    pub(super) fn add_fixed(&mut self, line: &Line, context: &Context, place: &Place<'_>, sign: Decimal) {
        for context in self.contexts(line, context, place) {
            let counts =
                context.as_ref().is_ok_and(|c| line.when.as_deref().is_none_or(|w| c.holds(w) == Ok(true)));
            if counts {
                self.assumed.extend(line.assume.iter().cloned());
            }
            match context.and_then(|context| self.fixed(line, &context, place, sign)) {
                Ok(Some(Ok(component))) => self.components.push(component),
                Ok(Some(Err(reason))) => self.unpriced.push(reason),
                Ok(None) => {}
                Err(name) => self.unpriced.push(Unpriced::UnknownParameter { name }),
            }
        }
    }

    /// Adds a line that depends on use.
    pub(super) fn add_usage(&mut self, line: &Line, context: &Context, place: &Place<'_>) {
        for context in self.contexts(line, context, place) {
            // Whether an open condition holds does not change the fixed cost: show the line.
            let Ok(context) = context else { continue };
            if line.when.as_deref().is_some_and(|when| context.holds(when) == Ok(false)) {
                continue;
            }
            let figure = context.fill(&line.price).ok().and_then(|key| place.price(&key).ok());
            let per = line.per.unwrap_or(Decimal::ONE);
            let unit = |figure: &Figure| line.unit.clone().unwrap_or_else(|| figure.unit.clone());
            self.usage.push(UsageLine {
                name: context.fill(&line.name).unwrap_or_else(|_| line.name.clone()),
                unit: figure.as_ref().map_or_else(|| line.unit.clone().unwrap_or_default(), unit),
                unit_price: figure.as_ref().and_then(|f| f.usd.checked_mul(per)).map(|usd| usd.normalize()),
                source: figure.as_ref().map_or_else(|| "no list price".to_owned(), |f| f.source.clone()),
                as_of: figure.as_ref().map(|f| f.date),
            });
        }
    }

    /// What the line sees: the step, or each row of a list.
    fn contexts(&mut self, line: &Line, context: &Context, place: &Place<'_>) -> Vec<Known<Context>> {
        let contexts = match &line.each {
            None => vec![Ok(context.clone())],
            Some(each) => match context.find(each, each) {
                Ok(Some(Value::Array(rows))) => rows.iter().map(|row| Ok(context.row(row))).collect(),
                Ok(_) => Vec::new(),
                Err(name) => vec![Err(name)],
            },
        };
        contexts
            .into_iter()
            .map(|known| {
                known.map(|mut context| {
                    name_all(&line.variables, place.tables, &mut context, &mut self.assumed);
                    context
                })
            })
            .collect()
    }

    fn fixed(
        &self,
        line: &Line,
        context: &Context,
        place: &Place<'_>,
        sign: Decimal,
    ) -> Known<Option<Result<Component, Unpriced>>> {
        if let Some(when) = &line.when
            && !context.holds(when)?
        {
            return Ok(None);
        }
        let (name, key) = (context.fill(&line.name)?, context.fill(&line.price)?);
        let mut quantity = sign;
        for factor in &line.times {
            let factor = context.number(factor)?;
            quantity = quantity.checked_mul(factor).ok_or_else(|| name.clone())?;
        }
        if quantity.is_zero() {
            return Ok(None);
        }
        let figure = match place.price(&key) {
            Ok(figure) => figure,
            Err(reason) => return Ok(Some(Err(reason))),
        };
        let monthly = quantity.checked_mul(figure.usd).ok_or_else(|| name.clone())?;
        Ok(Some(Ok(Component {
            name,
            unit: line.unit.clone().unwrap_or(figure.unit),
            quantity: quantity.normalize(),
            unit_price: figure.usd,
            monthly: monthly.normalize(),
            source: figure.source,
            as_of: figure.date,
        })))
    }
}

impl Place<'_> {
    /// The price of a key where the step runs, or everywhere.
    fn price(&self, key: &str) -> Result<Figure, Unpriced> {
        let key = format!("{}/{key}", self.cloud);
        let here = self.region.and_then(|region| self.book.price(&key, region));
        if let Some(figure) = here.or_else(|| self.book.price(&key, "*")) {
            return Ok(figure);
        }
        Err(match self.region {
            Some(region) => Unpriced::NoPrice { key: format!("{key} in {region}") },
            None => Unpriced::UnknownParameter { name: "region".to_owned() },
        })
    }
}
