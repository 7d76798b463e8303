//! The action that a request needs a role for, by its address: what the Resource Manager checks before it does anything.

/// The action, and where a role must allow it; nothing when the address names no type.
pub(in crate::clouds::azure) fn needed(method: &str, url: &str) -> Option<(String, String)> {
    let after = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after.find('/').map(|at| &after[at..])?.split('?').next()?;
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let verb = match method {
        "GET" | "HEAD" => "read",
        "PUT" | "PATCH" => "write",
        "DELETE" => "delete",
        "POST" => "action",
        _ => return None,
    };
    let provider = parts.iter().rposition(|part| part.eq_ignore_ascii_case("providers"));
    let (kind, own): (String, &[&str]) = match provider {
        Some(at) => (plain(parts.get(at + 1)?)?, parts.get(at + 2..)?),
        None if parts.first()?.eq_ignore_ascii_case("subscriptions") => {
            ("Microsoft.Resources".to_owned(), &parts)
        }
        None => return None,
    };
    let words: Option<Vec<String>> = own.iter().step_by(2).map(|word| plain(word)).collect();
    let words = words.filter(|words| !words.is_empty())?;
    let (action, whole) = (format!("{kind}/{}/{verb}", words.join("/")), own.len().is_multiple_of(2));
    match (verb, whole) {
        // What a POST does stands last; without it nothing is known.
        ("action", true) => return None,
        (_, true) => return Some((action, format!("/{}", parts.join("/")))),
        (_, false) => {}
    }
    // A collection is read, and an action is done, at what lies around its last word.
    let around = &parts[..parts.len() - 1];
    let end = match provider {
        Some(at) if around.len() == at + 2 => at,
        _ => around.len(),
    };
    Some((action, format!("/{}", around[..end].join("/"))))
}

/// A word that can stand in an action: no words of a stranger get into advice.
fn plain(word: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    word.chars().all(fits).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    const GROUP: &str = "/subscriptions/s/resourceGroups/web";

    fn of(method: &str, path: &str) -> Option<(String, String)> {
        needed(method, &format!("https://h{path}?api-version=1"))
    }

    #[test]
    fn an_action_is_named_by_provider_types_and_what_is_done() {
        let net = format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/net");
        let subnet = format!("{net}/subnets/front");
        let action = |name: &str, scope: &str| Some((name.to_owned(), scope.to_owned()));
        assert_eq!(of("PUT", &subnet), action("Microsoft.Network/virtualNetworks/subnets/write", &subnet));
        assert_eq!(of("DELETE", &net), action("Microsoft.Network/virtualNetworks/delete", &net));
        assert_eq!(
            of("GET", &format!("{net}/subnets")),
            action("Microsoft.Network/virtualNetworks/subnets/read", &net)
        );
        assert_eq!(
            of("GET", &format!("{GROUP}/providers/Microsoft.Network/virtualNetworks")),
            action("Microsoft.Network/virtualNetworks/read", GROUP)
        );
        let vm = format!("{GROUP}/providers/Microsoft.Compute/virtualMachines/one");
        assert_eq!(
            of("POST", &format!("{vm}/restart")),
            action("Microsoft.Compute/virtualMachines/restart/action", &vm)
        );
        assert_eq!(of("PUT", GROUP), action("Microsoft.Resources/subscriptions/resourceGroups/write", GROUP));
    }

    #[test]
    fn what_names_no_type_needs_no_action_that_is_known() {
        for (method, path) in
            [("GET", "/"), ("POST", GROUP), ("GET", "/tenants"), ("GET", "/a/providers/b/$(x)/c")]
        {
            assert_eq!(of(method, path), None, "{method} {path}");
        }
    }
}
