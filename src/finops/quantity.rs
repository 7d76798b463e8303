//! How many units: `hours * MaxCount * max(.Iops|3000 - 3000, 0)`.

use rust_decimal::Decimal;

use super::pick::{Found, Pick, Scope, number};

/// A quantity to work out.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Quantity {
    Number(Decimal),
    Pick(Pick),
    Times(Box<Quantity>, Box<Quantity>),
    Over(Box<Quantity>, Box<Quantity>),
    Plus(Box<Quantity>, Box<Quantity>),
    Minus(Box<Quantity>, Box<Quantity>),
    Most(Box<Quantity>, Box<Quantity>),
    Least(Box<Quantity>, Box<Quantity>),
    /// Rounded up to a whole number.
    Whole(Box<Quantity>),
}

impl Quantity {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { tokens: tokens(text)?, at: 0 };
        let quantity = reader.sum()?;
        match reader.tokens.get(reader.at) {
            None => Ok(quantity),
            Some(token) => Err(format!("`{token}` is not expected there")),
        }
    }

    /// The number, or the name of what is not known.
    pub(super) fn work_out(&self, scope: Scope<'_>) -> Result<Decimal, String> {
        let two = |a: &Quantity, b: &Quantity| Ok::<_, String>((a.work_out(scope)?, b.work_out(scope)?));
        let (result, what) = match self {
            Quantity::Number(number) => return Ok(*number),
            Quantity::Pick(pick) => {
                return match pick.find(scope) {
                    Found::Known(value) => number(&value)
                        .ok_or_else(|| format!("a number in place of `{}`", super::pick::text(&value))),
                    Found::Missing(name) | Found::Unknown(name) => Err(name),
                };
            }
            Quantity::Times(a, b) => (two(a, b).map(|(a, b)| a.checked_mul(b))?, "a product"),
            Quantity::Over(a, b) => (two(a, b).map(|(a, b)| a.checked_div(b))?, "a quotient"),
            Quantity::Plus(a, b) => (two(a, b).map(|(a, b)| a.checked_add(b))?, "a sum"),
            Quantity::Minus(a, b) => (two(a, b).map(|(a, b)| a.checked_sub(b))?, "a difference"),
            Quantity::Most(a, b) => (two(a, b).map(|(a, b)| Some(a.max(b)))?, ""),
            Quantity::Least(a, b) => (two(a, b).map(|(a, b)| Some(a.min(b)))?, ""),
            Quantity::Whole(a) => (Some(a.work_out(scope)?.ceil()), ""),
        };
        result.ok_or_else(|| format!("{what} that is too large"))
    }

    /// Every value that the quantity reads.
    pub(super) fn picks(&self) -> Vec<&Pick> {
        match self {
            Quantity::Number(_) => Vec::new(),
            Quantity::Pick(pick) => vec![pick],
            Quantity::Whole(a) => a.picks(),
            Quantity::Times(a, b)
            | Quantity::Over(a, b)
            | Quantity::Plus(a, b)
            | Quantity::Minus(a, b)
            | Quantity::Most(a, b)
            | Quantity::Least(a, b) => [a.picks(), b.picks()].concat(),
        }
    }
}

/// Signs stand alone; everything between them is one value.
fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    let mut value = String::new();
    for c in text.chars() {
        if "*/+-(),".contains(c) || c.is_whitespace() {
            if !value.is_empty() {
                tokens.push(std::mem::take(&mut value));
            }
            if !c.is_whitespace() {
                tokens.push(c.to_string());
            }
        } else {
            value.push(c);
        }
    }
    if !value.is_empty() {
        tokens.push(value);
    }
    if tokens.is_empty() { Err("a quantity is missing".into()) } else { Ok(tokens) }
}

struct Reader {
    tokens: Vec<String>,
    at: usize,
}

impl Reader {
    fn take(&mut self, token: &str) -> bool {
        let there = self.tokens.get(self.at).is_some_and(|t| t == token);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.take(token) { Ok(()) } else { Err(format!("`{token}` is missing")) }
    }

    fn sum(&mut self) -> Result<Quantity, String> {
        let mut left = self.product()?;
        loop {
            left = if self.take("+") {
                Quantity::Plus(left.into(), self.product()?.into())
            } else if self.take("-") {
                Quantity::Minus(left.into(), self.product()?.into())
            } else {
                return Ok(left);
            };
        }
    }

    fn product(&mut self) -> Result<Quantity, String> {
        let mut left = self.value()?;
        loop {
            left = if self.take("*") {
                Quantity::Times(left.into(), self.value()?.into())
            } else if self.take("/") {
                Quantity::Over(left.into(), self.value()?.into())
            } else {
                return Ok(left);
            };
        }
    }

    fn value(&mut self) -> Result<Quantity, String> {
        if self.take("(") {
            let inner = self.sum()?;
            return self.expect(")").map(|()| inner);
        }
        let token = self.tokens.get(self.at).cloned().ok_or("a value is missing at the end")?;
        self.at += 1;
        if self.take("(") {
            let first = self.sum()?;
            let quantity = match token.as_str() {
                "whole" => Quantity::Whole(first.into()),
                "max" | "min" => {
                    self.expect(",")?;
                    let second = self.sum()?;
                    let make = if token == "max" { Quantity::Most } else { Quantity::Least };
                    make(first.into(), second.into())
                }
                _ => return Err(format!("`{token}` is no function; there are max, min, and whole")),
            };
            return self.expect(")").map(|()| quantity);
        }
        match token.parse() {
            Ok(number) => Ok(Quantity::Number(number)),
            Err(_) => Pick::parse(&token).map(Quantity::Pick),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn work_out(text: &str) -> Result<Decimal, String> {
        let params = json!({"N": 3, "S": "4", "R": "${{ steps.a.output.n }}", "Big": "79228162514264337593543950335", "W": "x"});
        let scope =
            Scope { params: &params, element: None, names: &BTreeMap::new(), tables: &BTreeMap::new() };
        Quantity::parse(text)?.work_out(scope)
    }

    #[test]
    fn quantities_follow_the_usual_order() {
        for (text, value) in [
            ("730 * N", "2190"),
            ("1 + N * S", "13"),
            ("(1 + N) * S", "16"),
            ("max(N - 5, 0)", "0"),
            ("min(N, S) * Missing|2", "6"),
            ("whole(S / N)", "2"),
            ("10 - 2 - 3", "5"),
        ] {
            assert_eq!(work_out(text).unwrap().normalize().to_string(), value, "{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_named_and_never_a_number() {
        assert_eq!(work_out("730 * R"), Err("R".into()));
        assert_eq!(work_out("730 * Nothing.There"), Err("Nothing.There".into()));
        assert!(work_out("730 * W").unwrap_err().contains("`x`"));
        assert!(work_out("Big * Big").unwrap_err().contains("too large"));
        assert!(work_out("1 / 0").is_err());
    }

    proptest! {
        #[test]
        fn no_text_stops_the_reader(text in "[a-zA-Z0-9+*/(), .|':-]{0,40}") {
            let _ = work_out(&text);
        }
    }
}
