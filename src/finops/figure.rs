//! The neutral format of prices: what a price book is made of, and what a person may write to
//! bring negotiated prices.
//!
//! Text in lines of six fields, separated by commas; the first line names the fields:
//!
//! ```text
//! key,region,unit,usd,date,source
//! aws/vm/t3.micro/linux,eu-central-1,hour,0.012,2026-07-20,our contract
//! ```
//!
//! `key` is what price rules look up, `<cloud>/<kind>/…`; `region` is the cloud's code, or `*` for a price
//! that is the same everywhere; `usd` is the price of one `unit` in US dollars. A field that holds a
//! comma stands in double quotes. Empty lines and lines that begin with `#` do not count.

use std::str::FromStr;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::FinopsError;

/// The fields, in their order.
const FIELDS: &str = "key,region,unit,usd,date,source";

/// One price.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What price rules look up, for example `aws/vm/t3.micro/linux`.
    pub key: String,
    /// The cloud's code of the region; `*` when the price is the same everywhere.
    pub region: String,
    /// What is counted.
    pub unit: String,
    /// Dollars for one unit.
    pub usd: Decimal,
    /// When the price was valid.
    pub date: Date,
    /// Where it comes from.
    pub source: String,
}

/// Reads prices in the neutral format; `file` is the name that errors speak of.
///
/// # Errors
///
/// The first line that cannot be understood.
pub fn read_figures(file: &str, text: &str) -> Result<Vec<Figure>, FinopsError> {
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim_end()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let wrong = |line: usize, reason: String| FinopsError::Figure { file: file.to_owned(), line, reason };
    match lines.next() {
        None => return Ok(Vec::new()),
        Some((_, FIELDS)) => {}
        Some((line, found)) => {
            return Err(wrong(line, format!("the first line must be `{FIELDS}`, found `{found}`")));
        }
    }
    lines.map(|(number, line)| figure(line).map_err(|reason| wrong(number, reason))).collect()
}

fn figure(line: &str) -> Result<Figure, String> {
    let fields = split(line)?;
    let [key, region, unit, usd, date, source] = <[String; 6]>::try_from(fields)
        .map_err(|found| format!("needs six fields ({FIELDS}), found {}", found.len()))?;
    if key.split('/').filter(|part| !part.is_empty()).count() < 3 {
        return Err(format!("key: must be `<cloud>/<kind>/<name>`, found `{key}`"));
    }
    for (name, field) in [("region", &region), ("unit", &unit), ("source", &source)] {
        if field.is_empty() {
            return Err(format!("{name}: must not be empty"));
        }
    }
    let usd = Decimal::from_str(&usd)
        .or_else(|_| Decimal::from_scientific(&usd))
        .map_err(|_| format!("usd: must be a decimal number, found `{usd}`"))?;
    if usd.is_sign_negative() {
        return Err(format!("usd: a price is not negative, found `{usd}`"));
    }
    let date = Date::from_str(&date).map_err(|_| format!("date: must be YYYY-MM-DD, found `{date}`"))?;
    Ok(Figure { key, region, unit, usd: usd.normalize(), date, source })
}

fn split(line: &str) -> Result<Vec<String>, String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let Some(field) = fields.last_mut() else { break };
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => field.push(other),
        }
    }
    if quoted { Err("a double quote is never closed".to_owned()) } else { Ok(fields) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn a_line_becomes_a_price() {
        let text = "# ours\nkey,region,unit,usd,date,source\n\naws/vm/t3.micro/linux,eu-central-1,\"hour, used\",1.2e-2,2026-07-20,our contract\n";
        let read = read_figures("prices.csv", text).unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].unit, "hour, used");
        assert_eq!(read[0].usd, Decimal::new(12, 3));
        assert_eq!(read[0].date, jiff::civil::date(2026, 7, 20));
    }

    #[test]
    fn a_slip_is_named_with_its_line_and_field() {
        let head = "key,region,unit,usd,date,source\n";
        for (line, part) in [
            ("aws/vm/a,eu-central-1,hour,cheap,2026-07-20,us", "usd"),
            ("aws/vm/a,eu-central-1,hour,-1,2026-07-20,us", "not negative"),
            ("aws/vm/a,eu-central-1,hour,1,20.7.2026,us", "YYYY-MM-DD"),
            ("vm,eu-central-1,hour,1,2026-07-20,us", "key"),
            ("aws/vm/a,,hour,1,2026-07-20,us", "region"),
            ("aws/vm/a,eu-central-1,hour,1", "six fields"),
            ("\"aws/vm/a,eu-central-1,hour,1,2026-07-20,us", "quote"),
        ] {
            let message = read_figures("prices.csv", &format!("{head}{line}")).unwrap_err().to_string();
            assert!(message.contains("prices.csv, line 2") && message.contains(part), "{line}: {message}");
        }
        assert!(read_figures("prices.csv", "price,key\n").unwrap_err().to_string().contains("line 1"));
    }
}
