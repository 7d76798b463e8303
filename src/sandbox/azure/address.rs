//! Addresses of the Resource Manager, taken apart: subscription, group, provider, and the names of types
//! and things in turn. Letters count in either case, as they do there.

use crate::sandbox::http::decode;

/// A path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Address {
    /// The decoded parts of the path.
    pub(super) parts: Vec<String>,
    /// The provider and the type, `Microsoft.Network/virtualNetworks/subnets`, as the path writes them;
    /// empty where the path names no type.
    pub(super) kind: String,
    /// Whether the path ends in the name of a type, or of something done to a thing, and not in a thing's name.
    pub(super) open: bool,
}

/// The type of resource groups.
pub(super) const GROUPS: &str = "Microsoft.Resources/resourceGroups";
/// The type of subscriptions.
pub(super) const SUBSCRIPTIONS: &str = "Microsoft.Resources/subscriptions";

impl Address {
    pub(super) fn of(path: &str) -> Self {
        let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decode).collect();
        let is = |at: usize, word: &str| parts.get(at).is_some_and(|part| part.eq_ignore_ascii_case(word));
        let provider = (0..parts.len()).rev().find(|at| is(*at, "providers") && *at + 1 < parts.len());
        let (kind, open) = match provider {
            Some(at) => {
                let types: Vec<&str> = parts[at + 2..].iter().step_by(2).map(String::as_str).collect();
                let kind = std::iter::once(parts[at + 1].as_str()).chain(types).collect::<Vec<_>>().join("/");
                (kind, (parts.len() - at) % 2 == 1)
            }
            None if is(0, "subscriptions") && is(2, "resourcegroups") => {
                (GROUPS.to_owned(), parts.len() != 4)
            }
            None if is(0, "subscriptions") => (SUBSCRIPTIONS.to_owned(), parts.len() != 2),
            None => (String::new(), true),
        };
        Self { parts, kind, open }
    }

    /// The path again, as it was written.
    pub(super) fn id(&self) -> String {
        format!("/{}", self.parts.join("/"))
    }

    /// What tells it from others.
    pub(super) fn key(&self) -> String {
        self.id().to_ascii_lowercase()
    }

    /// The last part.
    pub(super) fn name(&self) -> &str {
        self.parts.last().map_or("", String::as_str)
    }

    pub(super) fn subscription(&self) -> Option<&str> {
        let first = self.parts.first()?;
        first.eq_ignore_ascii_case("subscriptions").then(|| self.parts.get(1).map(String::as_str)).flatten()
    }

    /// The resource group's name.
    pub(super) fn group(&self) -> Option<&str> {
        self.parts.get(2).filter(|part| part.eq_ignore_ascii_case("resourcegroups"))?;
        self.parts.get(3).map(String::as_str)
    }

    /// The address of the resource group.
    pub(super) fn group_address(&self) -> Option<Address> {
        self.group().map(|_| Address::of(&self.parts[..4].join("/")))
    }

    /// The provider: `Microsoft.Network`.
    pub(super) fn namespace(&self) -> &str {
        self.kind.split('/').next().unwrap_or_default()
    }

    /// What it lies in: the thing before it, or the thing that it extends; nothing for what lies in a
    /// group, in a subscription, or in the tenant.
    pub(super) fn container(&self) -> Option<Address> {
        let end = self.parts.len().checked_sub(if self.open { 1 } else { 2 })?;
        let before = &self.parts[..end];
        let last = before.len().checked_sub(2);
        let cut = match last {
            // `…/providers/Namespace` belongs to what stands before it.
            Some(at) if before[at].eq_ignore_ascii_case("providers") => &before[..at],
            _ => before,
        };
        let address = Address::of(&cut.join("/"));
        let whole = !address.open && address.kind.contains('/');
        (whole && address.kind != SUBSCRIPTIONS && address.kind != GROUPS).then_some(address)
    }

    /// Whether it is this address or lies below it.
    pub(super) fn is_within(key: &str, outer: &str) -> bool {
        key.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    const NET: &str = "/subscriptions/s/resourceGroups/web/providers/Microsoft.Network/virtualNetworks/net";

    #[test]
    fn an_address_is_taken_apart() {
        let subnet = Address::of(&format!("{NET}/subnets/front%20end"));
        assert_eq!(subnet.kind, "Microsoft.Network/virtualNetworks/subnets");
        assert_eq!((subnet.name(), subnet.open), ("front end", false));
        assert_eq!((subnet.subscription(), subnet.group()), (Some("s"), Some("web")));
        assert_eq!(subnet.container(), Some(Address::of(NET)));
        assert_eq!(Address::of(NET).container(), None);
        assert!(Address::of(&format!("{NET}/subnets")).open);
    }

    #[test]
    fn groups_and_subscriptions_are_things_as_well() {
        let group = Address::of("/subscriptions/s/resourcegroups/Web");
        assert_eq!((group.kind.as_str(), group.open, group.name()), (GROUPS, false, "Web"));
        assert!(Address::of("/subscriptions/s/resourceGroups").open);
        assert_eq!(Address::of("/subscriptions/s").kind, SUBSCRIPTIONS);
        assert_eq!(group.key(), "/subscriptions/s/resourcegroups/web");
    }

    #[test]
    fn what_extends_a_thing_lies_in_it() {
        let lock = Address::of(&format!("{NET}/providers/Microsoft.Authorization/locks/l"));
        assert_eq!(lock.kind, "Microsoft.Authorization/locks");
        assert_eq!(lock.container(), Some(Address::of(NET)));
        let role = Address::of("/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/r");
        assert_eq!(role.container(), None);
    }

    #[test]
    fn names_that_begin_alike_are_not_within_each_other() {
        assert!(Address::is_within("/a/b/c", "/a/b") && Address::is_within("/a/b", "/a/b"));
        assert!(!Address::is_within("/a/bc", "/a/b"));
    }
}
