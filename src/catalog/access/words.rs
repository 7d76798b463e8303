//! Names of operations as words.

/// The words of a name: `DescribeDBInstances` is `Describe`, `DB`, `Instances`;
/// `VirtualMachines_CreateOrUpdate` breaks at the underscore too.
#[must_use]
pub fn split_words(name: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let chars: Vec<(usize, char)> = name.char_indices().collect();
    for (index, window) in chars.windows(2).enumerate() {
        let (Some(&(_, a)), Some(&(at, b))) = (window.first(), window.get(1)) else { continue };
        let after = chars.get(index + 2).map(|(_, c)| *c);
        let camel = a.is_lowercase() && b.is_uppercase();
        let acronym_ends = a.is_uppercase()
            && b.is_uppercase()
            && after.is_some_and(char::is_lowercase)
            // A plural of an acronym is one word: `ListAPIs`, `DescribeDBs`.
            && !(after == Some('s') && chars.get(index + 3).is_none_or(|(_, c)| !c.is_lowercase()));
        let digits = a.is_ascii_digit() != b.is_ascii_digit() && (a.is_lowercase() || b.is_uppercase());
        if camel || acronym_ends || digits {
            push(&mut words, &name[start..at]);
            start = at;
        }
    }
    push(&mut words, &name[start..]);
    words
}

fn push<'a>(words: &mut Vec<&'a str>, part: &'a str) {
    words.extend(part.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn names_break_where_people_break_them() {
        for (name, words) in [
            ("DescribeDBInstances", &["Describe", "DB", "Instances"][..]),
            ("RunInstances", &["Run", "Instances"]),
            ("VirtualMachines_CreateOrUpdate", &["Virtual", "Machines", "Create", "Or", "Update"]),
            ("ListAPIs", &["List", "APIs"]),
            ("CreateVPCEndpoint", &["Create", "VPC", "Endpoint"]),
            ("GetIPSet", &["Get", "IP", "Set"]),
            ("core.virtual_network", &["core", "virtual", "network"]),
            ("", &[]),
        ] {
            assert_eq!(split_words(name), words, "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_letter_is_lost(name in "[A-Za-z0-9_ü]{0,20}") {
            let joined: String = split_words(&name).concat();
            proptest::prop_assert_eq!(joined, name.replace('_', ""));
        }
    }
}
