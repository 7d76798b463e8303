//! Words made comparable: small letters, without endings.

/// The words of a name or a text, in small letters and without endings.
pub(super) fn stems(text: &str) -> Vec<String> {
    crate::catalog::access::split_words(text).into_iter().map(stem).filter(|word| !word.is_empty()).collect()
}

/// One word without its English ending, umlauts written out. Not a linguist's stem: it only has
/// to be the same for the words that mean the same.
pub(super) fn stem(word: &str) -> String {
    let mut word = fold(word);
    if word.len() > 3 && word.ends_with("ies") {
        word.truncate(word.len() - 3);
        word.push('y');
    } else if ["sses", "ches", "shes", "xes"].iter().any(|end| word.len() > 4 && word.ends_with(end)) {
        word.truncate(word.len() - 2);
    } else if word.len() > 3
        && word.ends_with('s')
        && !["ss", "us", "is"].iter().any(|end| word.ends_with(end))
    {
        word.pop();
    }
    if word.len() > 5 && word.ends_with("ing") {
        word.truncate(word.len() - 3);
        undouble(&mut word);
    } else if word.len() > 4 && word.ends_with("ed") {
        word.truncate(word.len() - 2);
        undouble(&mut word);
    }
    if word.len() > 4 && word.ends_with('e') {
        word.pop();
    }
    word
}

/// `stopp` of `stopping` is `stop`; `process` keeps its end.
fn undouble(word: &mut String) {
    let mut back = word.chars().rev();
    if let (Some(a), Some(b)) = (back.next(), back.next())
        && a == b
        && !matches!(a, 's' | 'l' | 'e')
    {
        word.pop();
    }
}

/// Stems without the endings of German cases and numbers: `virtuellen maschinen` and `virtuelle maschine` meet.
pub(super) fn german(phrase: &str) -> String {
    let shorter = |word: &str| {
        let ends = ["en", "er", "es", "em", "e", "n"];
        ends.iter().find_map(|end| word.strip_suffix(end).filter(|rest| rest.len() > 3)).map(str::len)
    };
    let cut = |mut word: &'_ str| {
        while let Some(short) = shorter(word) {
            word = &word[..short];
        }
        word.to_owned()
    };
    phrase.split(' ').map(cut).collect::<Vec<_>>().join(" ")
}

/// Small letters, `ä` as `ae` and its kin; letters of other scripts stay.
pub(super) fn fold(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        match c {
            'ä' | 'Ä' => out.push_str("ae"),
            'ö' | 'Ö' => out.push_str("oe"),
            'ü' | 'Ü' => out.push_str("ue"),
            'ß' => out.push_str("ss"),
            c if c.is_ascii() => out.push(c.to_ascii_lowercase()),
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_meet() {
        for group in [
            &["policy", "policies", "Policies"][..],
            &["tag", "tags", "tagging", "tagged"],
            &["instance", "instances", "Instances"],
            &["stop", "stops", "stopping", "stopped"],
            &["create", "creates", "creating", "created"],
            &["address", "addresses"],
            &["describe", "describes", "describing"],
            &["löschen", "loeschen"],
        ] {
            let stems: std::collections::BTreeSet<String> = group.iter().map(|word| stem(word)).collect();
            assert_eq!(stems.len(), 1, "{group:?}: {stems:?}");
        }
    }

    #[test]
    fn different_words_stay_apart() {
        for (a, b) in [("status", "state"), ("access", "acl"), ("dns", "db"), ("process", "proces")] {
            assert_ne!(stem(a), stem(b), "{a} {b}");
        }
    }
}
