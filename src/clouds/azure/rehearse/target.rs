//! What an address names: the type, the name, and where it lies.

use percent_encoding::percent_decode_str;

/// The type of resource groups, which lie in a subscription.
const GROUPS: &str = "Microsoft.Resources/resourceGroups";

/// A thing, as a template names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) subscription: String,
    /// The resource group that it lies in.
    pub(super) group: Option<String>,
    /// Provider and types: `Microsoft.Network/virtualNetworks/subnets`.
    pub(super) kind: String,
    /// The names that go with the types: `net/front`.
    pub(super) name: String,
    /// The thing that it extends, in the words of a template.
    pub(super) extends: Option<String>,
}

/// Reads an address without its host.
///
/// # Errors
///
/// Why no deployment can hold what it names.
pub(super) fn of(path: &str) -> Result<Target, String> {
    let parts: Vec<String> = path
        .split('/')
        .filter(|part| !part.is_empty())
        .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
        .collect();
    let is = |at: usize, word: &str| parts.get(at).is_some_and(|part| part.eq_ignore_ascii_case(word));
    if !is(0, "subscriptions") || parts.len() < 4 {
        return Err("it lies outside of a subscription, where no deployment of ours is made".into());
    }
    let subscription = parts[1].clone();
    if is(2, "resourcegroups") && parts.len() == 4 {
        let name = parts[3].clone();
        return Ok(Target { subscription, group: None, kind: GROUPS.into(), name, extends: None });
    }
    let in_group = is(2, "resourcegroups");
    let start = if in_group { 4 } else { 2 };
    let last = (start..parts.len()).rev().find(|at| is(*at, "providers"));
    let Some(at) = last.filter(|_| is(start, "providers")) else {
        return Err("its address names no type of resource".into());
    };
    let own = parts.get(at + 2..).unwrap_or_default();
    if own.is_empty() || !own.len().is_multiple_of(2) {
        return Err("its address ends in a type or an action and not in a resource's name".into());
    }
    let every = |from: usize| own.iter().skip(from).step_by(2).cloned().collect::<Vec<_>>().join("/");
    // `providers/A/b/c/providers/D/e/f`: what stands before is extended, without its own `providers`.
    let extends = (at > start).then(|| parts[start + 1..at].join("/"));
    Ok(Target {
        subscription,
        group: in_group.then(|| parts[3].clone()),
        kind: format!("{}/{}", parts[at + 1], every(0)),
        name: every(1),
        extends,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    const GROUP: &str = "/subscriptions/s/resourceGroups/web";

    #[test]
    fn a_thing_in_a_thing_has_a_type_and_a_name_of_several_parts() {
        let target =
            of(&format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/net/subnets/front%20end"))
                .unwrap();
        assert_eq!(target.kind, "Microsoft.Network/virtualNetworks/subnets");
        assert_eq!((target.name.as_str(), target.group.as_deref()), ("net/front end", Some("web")));
        assert_eq!(target.extends, None);
    }

    #[test]
    fn a_group_lies_in_its_subscription_and_a_lock_extends_what_it_locks() {
        let group = of(GROUP).unwrap();
        assert_eq!((group.kind.as_str(), group.name.as_str(), group.group), (GROUPS, "web", None));
        let lock = of(&format!(
            "{GROUP}/providers/Microsoft.Network/virtualNetworks/net/providers/Microsoft.Authorization/locks/l"
        ))
        .unwrap();
        assert_eq!(lock.extends.as_deref(), Some("Microsoft.Network/virtualNetworks/net"));
        assert_eq!(lock.kind, "Microsoft.Authorization/locks");
        let of_group = of(&format!("{GROUP}/providers/Microsoft.Authorization/locks/l")).unwrap();
        assert_eq!((of_group.extends, of_group.group.as_deref()), (None, Some("web")));
        let at_subscription = of("/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/p");
        assert_eq!(at_subscription.unwrap().group, None);
    }

    #[test]
    fn what_no_deployment_holds_is_said() {
        for (path, why) in [
            ("/providers/Microsoft.Management/managementGroups/m", "outside of a subscription"),
            ("/subscriptions/s", "outside of a subscription"),
            ("/subscriptions/s/tagNames/t", "names no type"),
            ("/subscriptions/s/resourceGroups/web/providers/Microsoft.Web/sites/a/start", "an action"),
            ("/subscriptions/s/resourceGroups/web/providers/Microsoft.Web", "a type or an action"),
        ] {
            let said = of(path).unwrap_err();
            assert!(said.contains(why), "{path}: {said}");
        }
    }
}
