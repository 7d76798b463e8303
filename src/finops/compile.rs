//! From lists of prices in CSV to the table that the program carries.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::FinopsError;
use super::table::HEADER;

/// How hard the table is packed; unpacking is fast at every level.
const LEVEL: i32 = 19;

/// Compiles a list of prices (`key,region,unit,usd,date,source`) and a list of sources
/// (`source,from`), both with that first line and without quotes, into the bytes of a table.
/// A key that comes twice for a region keeps the later price.
///
/// # Errors
///
/// A line does not fit, a price is negative, or a source is not in the list.
pub fn compile_prices(prices: &str, sources: &str) -> Result<Vec<u8>, FinopsError> {
    let from: BTreeMap<String, String> = rows("sources", sources, "source,from", 2)?
        .into_iter()
        .map(|(_, f)| (f[0].into(), f[1].into()))
        .collect();
    let mut kept: BTreeMap<String, (String, Date, String)> = BTreeMap::new();
    for (line, fields) in rows("prices", prices, "key,region,unit,usd,date,source", 6)? {
        let wrong = |reason: String| FinopsError::List { file: "prices".into(), line, reason };
        let [key, region, unit, usd, date, source] = fields[..] else { continue };
        let usd = usd.parse::<Decimal>().map_err(|e| wrong(format!("`{usd}` is no price: {e}")))?;
        if usd.is_sign_negative() {
            return Err(wrong(format!("a price cannot be {usd}")));
        }
        let date = date.parse::<Date>().map_err(|e| wrong(format!("`{date}` is no date: {e}")))?;
        if !from.contains_key(source) {
            return Err(wrong(format!("`{source}` is not in the list of sources")));
        }
        let place = format!("{key}\t{region}\t");
        if kept.get(&place).is_none_or(|(_, known, _)| *known <= date) {
            kept.insert(place, (format!("{unit}\t{}", usd.normalize()), date, source.to_owned()));
        }
    }
    let mut numbers: BTreeMap<(&str, Date), usize> =
        kept.values().map(|(_, date, source)| ((source.as_str(), *date), 0)).collect();
    let mut text = format!("{HEADER}\n");
    for (number, ((source, date), slot)) in numbers.iter_mut().enumerate() {
        *slot = number;
        let from = from.get(*source).map_or("", String::as_str);
        text.push_str(&format!("source\t{source}\t{date}\t{from}\n"));
    }
    text.push('\n');
    for (place, (price, date, source)) in &kept {
        let number = numbers.get(&(source.as_str(), *date)).copied().unwrap_or_default();
        text.push_str(&format!("{place}{price}\t{number}\n"));
    }
    zstd::bulk::compress(text.as_bytes(), LEVEL)
        .map_err(|e| FinopsError::Table { file: "prices".into(), reason: e.to_string() })
}

type Rows<'a> = Vec<(usize, Vec<&'a str>)>;

fn rows<'a>(file: &str, text: &'a str, head: &str, width: usize) -> Result<Rows<'a>, FinopsError> {
    let wrong = |line, reason| FinopsError::List { file: file.to_owned(), line, reason };
    let mut lines = text.lines().enumerate();
    if lines.next().map(|(_, line)| line) != Some(head) {
        return Err(wrong(1, format!("expected `{head}`")));
    }
    lines
        .map(|(n, line)| {
            let fields: Vec<&str> = line.splitn(width, ',').collect();
            let whole = fields.len() == width && fields.iter().all(|f| !f.is_empty() && !f.contains('\t'));
            if whole { Ok((n + 1, fields)) } else { Err(wrong(n + 1, format!("expected {width} fields"))) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::table::PriceTable;
    use super::*;

    const SOURCES: &str = "source,from\nlist,https://example.com, as of spring\n";
    const HEAD: &str = "key,region,unit,usd,date,source\n";

    #[test]
    fn a_compiled_list_is_found_again_with_its_source_and_the_later_price_wins() {
        let prices = format!(
            "{HEAD}b,eu,hour,0.2000,2026-01-01,list\na,eu,hour,0.1,2025-01-01,list\nb,eu,hour,9,2024-01-01,list\n"
        );
        let table = PriceTable::open("t", &compile_prices(&prices, SOURCES).unwrap()).unwrap();
        let price = table.price("b", Some("eu")).unwrap();
        assert_eq!(price.usd.to_string(), "0.2");
        assert_eq!(price.source.from, "https://example.com, as of spring");
        assert_eq!(price.source.date.to_string(), "2026-01-01");
        assert_eq!(table.price("a", Some("eu")).unwrap().source.date.to_string(), "2025-01-01");
    }

    #[test]
    fn a_line_that_does_not_fit_is_named() {
        for (line, word) in [
            ("a,eu,hour,free,2026-01-01,list", "free"),
            ("a,eu,hour,-1,2026-01-01,list", "-1"),
            ("a,eu,hour,1,soon,list", "soon"),
            ("a,eu,hour,1,2026-01-01,other", "other"),
            ("a,eu,hour,1", "6 fields"),
        ] {
            let message = compile_prices(&format!("{HEAD}{line}\n"), SOURCES).unwrap_err().to_string();
            assert!(message.contains(word) && message.contains("line 2"), "{message}");
        }
    }
}
