//! Names in plans, made from names in Python.

/// A group's name: its class without `Operations`; nothing for operations of the client itself.
pub(super) fn group(class: &str) -> Option<&str> {
    if class.ends_with("OperationsMixin") {
        return None;
    }
    Some(class.strip_suffix("Operations").filter(|group| !group.is_empty()).unwrap_or(class))
}

/// An operation's name: `VirtualMachines_CreateOrUpdate` for `begin_create_or_update`.
pub(super) fn operation(class: &str, method: &str) -> String {
    let words: String = method.strip_prefix("begin_").unwrap_or(method).split('_').map(capitalised).collect();
    match group(class) {
        Some(group) => format!("{group}_{words}"),
        None => words,
    }
}

/// A service's name: the package without its prefix, and the client's folder where there are several.
pub(super) fn service(package: &str, folder: Option<&str>) -> String {
    let package = package.strip_prefix("azure-mgmt-").unwrap_or(package);
    folder.map_or_else(|| package.to_owned(), |folder| format!("{package}.{folder}"))
}

/// A client's name for people: `Compute Management` for `ComputeManagementClient`.
pub(super) fn title(client: &str) -> String {
    let name = client.strip_suffix("Client").unwrap_or(client);
    let mut title = String::new();
    let letters: Vec<char> = name.chars().collect();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at + 1);
        let starts = letter.is_uppercase()
            && before.is_some_and(|b| !b.is_uppercase() || after.is_some_and(|a| a.is_lowercase()));
        if starts && !title.is_empty() {
            title.push(' ');
        }
        title.push(*letter);
    }
    title
}

/// The resource provider namespaces in a URL template: `Microsoft.Compute`.
pub(super) fn namespaces(uri: &str) -> impl Iterator<Item = &str> {
    uri.split("/providers/")
        .skip(1)
        .filter_map(|rest| rest.split(['/', '?']).next())
        .filter(|name| name.contains('.') && !name.contains('{'))
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn operations_are_named_as_the_rest_interface_names_them() {
        assert_eq!(
            operation("VirtualMachinesOperations", "begin_create_or_update"),
            "VirtualMachines_CreateOrUpdate"
        );
        assert_eq!(operation("Operations", "list"), "Operations_List");
        assert_eq!(operation("_NetworkClientOperationsMixin", "check_dns_name"), "CheckDnsName");
    }

    #[test]
    fn services_are_named_by_package_and_folder() {
        assert_eq!(service("azure-mgmt-compute", None), "compute");
        assert_eq!(service("azure-mgmt-rdbms", Some("mysql")), "rdbms.mysql");
        assert_eq!(title("ComputeManagementClient"), "Compute Management");
        assert_eq!(title("IoTHubDNSClient"), "Io T Hub DNS");
    }

    #[test]
    fn a_url_names_its_resource_providers() {
        let uri = "/{scope}/providers/Microsoft.Web/sites/{x}/providers/Microsoft.Insights/y?a=b";
        assert_eq!(namespaces(uri).collect::<Vec<_>>(), ["Microsoft.Web", "Microsoft.Insights"]);
        assert_eq!(namespaces("/providers/{namespace}/operations").count(), 0);
    }
}
