//! The functions of the rule language. Null stands for "unset".

use serde_json::{Value, json};

use super::Partitions;
use super::expression::attribute;
use super::host::{is_label, is_virtual_bucket};
use crate::clouds::aws::render::encode;

pub(super) fn call(name: &str, arguments: &[Value], partitions: &Partitions) -> Value {
    let text = |at: usize| arguments.get(at).and_then(Value::as_str);
    let flag = |at: usize| arguments.get(at).and_then(Value::as_bool);
    match name {
        "isSet" => Value::from(arguments.first().is_some_and(|v| !v.is_null())),
        "not" => Value::from(!truthy(arguments.first())),
        "booleanEquals" | "stringEquals" => {
            Value::from(!arguments.is_empty() && arguments.first() == arguments.get(1))
        }
        "getAttr" => match (arguments.first(), text(1)) {
            (Some(value), Some(path)) if !value.is_null() => attribute(value, path),
            _ => Value::Null,
        },
        "substring" => substring(arguments).map_or(Value::Null, Value::from),
        "uriEncode" => text(0).map_or(Value::Null, |t| Value::from(encode(t))),
        "isValidHostLabel" => Value::from(text(0).is_some_and(|t| is_label(t, flag(1).unwrap_or(false)))),
        "aws.isVirtualHostableS3Bucket" => {
            Value::from(text(0).is_some_and(|t| is_virtual_bucket(t, flag(1).unwrap_or(false))))
        }
        "aws.partition" => text(0).and_then(|region| partitions.of(region)).unwrap_or_default(),
        "aws.parseArn" => text(0).and_then(arn).unwrap_or_default(),
        "parseURL" => text(0).and_then(url).unwrap_or_default(),
        "split" => match (text(0), text(1)) {
            (Some(value), Some(by)) if !by.is_empty() => Value::from(value.split(by).collect::<Vec<_>>()),
            _ => Value::Null,
        },
        "coalesce" => arguments.iter().find(|v| !v.is_null()).cloned().unwrap_or_default(),
        "ite" => arguments.get(if truthy(arguments.first()) { 1 } else { 2 }).cloned().unwrap_or_default(),
        _ => Value::Null,
    }
}

/// Whether a condition holds: neither unset nor false.
pub(super) fn truthy(value: Option<&Value>) -> bool {
    !matches!(value, None | Some(Value::Null | Value::Bool(false)))
}

fn substring(arguments: &[Value]) -> Option<String> {
    let text = arguments.first()?.as_str()?;
    let start = usize::try_from(arguments.get(1)?.as_u64()?).ok()?;
    let stop = usize::try_from(arguments.get(2)?.as_u64()?).ok()?;
    let reverse = arguments.get(3).and_then(Value::as_bool).unwrap_or(false);
    if start >= stop || text.len() < stop || !text.is_ascii() {
        return None;
    }
    let (from, to) = if reverse { (text.len() - stop, text.len() - start) } else { (start, stop) };
    text.get(from..to).map(str::to_owned)
}

fn arn(text: &str) -> Option<Value> {
    let mut parts = text.splitn(6, ':');
    if parts.next()? != "arn" {
        return None;
    }
    let (partition, service, region, account, resource) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if partition.is_empty() || service.is_empty() || resource.is_empty() {
        return None;
    }
    let ids: Vec<&str> = resource.split([':', '/']).collect();
    Some(json!({
        "partition": partition, "service": service, "region": region, "accountId": account, "resourceId": ids,
    }))
}

fn url(text: &str) -> Option<Value> {
    let (scheme, rest) = text.split_once("://")?;
    if !matches!(scheme, "http" | "https") || text.contains(['?', '#']) {
        return None;
    }
    let (authority, path) = match rest.find('/') {
        Some(at) => (&rest[..at], &rest[at..]),
        None => (rest, ""),
    };
    if authority.is_empty() {
        return None;
    }
    let normalized = if path.ends_with('/') { path.to_owned() } else { format!("{path}/") };
    let host = match authority.rsplit_once(':') {
        // A colon inside brackets belongs to the address.
        Some((_, port)) if port.ends_with(']') => authority,
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        Some(_) => return None,
        None => authority,
    };
    let bracketed = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let is_ip = bracketed.unwrap_or(host).parse::<std::net::IpAddr>().is_ok();
    Some(json!({
        "scheme": scheme,
        "authority": authority,
        "path": path,
        "normalizedPath": normalized,
        "isIp": is_ip,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn run(name: &str, arguments: &[Value]) -> Value {
        call(name, arguments, &Partitions::read(&json!({})))
    }

    #[test]
    fn substrings_count_from_either_end() {
        assert_eq!(run("substring", &[json!("abcdef"), json!(0), json!(2), json!(false)]), json!("ab"));
        assert_eq!(run("substring", &[json!("abcdef"), json!(0), json!(2), json!(true)]), json!("ef"));
        assert_eq!(run("substring", &[json!("ab"), json!(0), json!(4), json!(false)]), Value::Null);
    }

    #[test]
    fn arns_and_urls_are_taken_apart() {
        let arn = run("aws.parseArn", &[json!("arn:aws:s3:eu-central-1:1:accesspoint/x:y")]);
        assert_eq!(arn["resourceId"], json!(["accesspoint", "x", "y"]));
        assert_eq!(run("aws.parseArn", &[json!("arn:aws:s3")]), Value::Null);
        let url = run("parseURL", &[json!("https://127.0.0.1:80/a")]);
        assert_eq!((&url["isIp"], &url["normalizedPath"]), (&json!(true), &json!("/a/")));
        assert_eq!(run("parseURL", &[json!("https://h/?q")]), Value::Null);
        assert_eq!(run("parseURL", &[json!("https://h:port/")]), Value::Null);
        assert_eq!(run("parseURL", &[json!("https://[::1]")])["isIp"], json!(true));
    }

    #[test]
    fn an_unset_value_is_neither_true_nor_equal_to_text() {
        assert_eq!(run("isSet", &[Value::Null]), json!(false));
        assert_eq!(run("not", &[json!(false)]), json!(true));
        assert_eq!(run("stringEquals", &[Value::Null, json!("")]), json!(false));
    }
}
