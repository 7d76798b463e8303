//! Templates of endpoints: options, and values of parameters.

use std::borrow::Cow;

/// Takes one side of every option `{dualStack?ON:OFF}`. Options that are not known vanish.
pub(super) fn choose(template: &str, dual_stack: bool) -> Cow<'_, str> {
    if !template.contains('?') {
        return Cow::Borrowed(template);
    }
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, block, after)) = next_block(rest) {
        out.push_str(before);
        rest = after;
        let Some((name, sides)) = block.split_once('?').filter(|(_, sides)| sides.contains(':')) else {
            out.push('{');
            out.push_str(block);
            out.push('}');
            continue;
        };
        let (on, off) = sides.split_once(':').unwrap_or_default();
        let valid = |side: &str| side.is_empty() || side.starts_with(char::is_alphanumeric);
        if name != "dualStack" || block.contains(char::is_whitespace) || !valid(on) || !valid(off) {
            continue;
        }
        let chosen = if dual_stack { on } else { off };
        out.push_str(chosen);
        if chosen.ends_with('.') {
            rest = rest.strip_prefix('.').unwrap_or(rest);
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Fills `{name}` and `{name+Dot}`; a name without a value becomes nothing, its dot included.
pub(super) fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, token, after)) = next_block(rest) {
        out.push_str(before);
        rest = after;
        let (name, dot) = token.strip_suffix("+Dot").map_or((token, ""), |name| (name, "."));
        if let Some(value) = value(name) {
            out.push_str(&value);
            out.push_str(dot);
        }
    }
    out.push_str(rest);
    out
}

fn next_block(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find('{')?;
    let end = start + text.get(start..)?.find('}')?;
    Some((text.get(..start)?, text.get(start + 1..end)?, text.get(end + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn an_option_takes_one_side_and_collapses_a_doubled_dot() {
        let core = "https://iaas.us-x.{dualStack?ds.oci.:}oraclecloud.com";
        assert_eq!(choose(core, false), "https://iaas.us-x.oraclecloud.com");
        assert_eq!(choose(core, true), "https://iaas.us-x.ds.oci.oraclecloud.com");
        assert_eq!(choose("https://{dualStack?a.:b}.x", true), "https://a.x");
        assert_eq!(choose("https://{dualStack?a.:b}.x", false), "https://b.x");
        assert_eq!(choose("https://{fips?a:b}x{dualStack? a:b}y{name+Dot}", true), "https://xy{name+Dot}");
    }

    #[test]
    fn values_are_filled_in_and_missing_ones_leave_nothing() {
        let value = |name: &str| (name == "ns").then(|| "mine".to_owned());
        assert_eq!(fill("https://{ns+Dot}store.{gone+Dot}x", value), "https://mine.store.x");
        assert_eq!(fill("https://{ns}-{gone}.x", value), "https://mine-.x");
        assert_eq!(fill("https://x{", value), "https://x{");
    }
}
