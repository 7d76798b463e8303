//! Azure, worked out by hand from the list prices of 2026-08-22 where no other date stands.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{amount, one};
use crate::plan::{PriceStatus, Unpriced};

fn machine(size: &str, disk: &str, rest: Value) -> Value {
    let mut body = json!({"location": "West Europe", "properties": {
        "hardwareProfile": {"vmSize": size},
        "storageProfile": {
            "imageReference": {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server"},
            "osDisk": {"createOption": "FromImage", "managedDisk": {"storageAccountType": disk}}}}});
    if let (Some(into), Some(more)) = (body["properties"].as_object_mut(), rest.as_object()) {
        into.extend(more.clone());
    }
    json!({"resourceGroupName": "rg", "vmName": "vm", "body": body})
}

const CREATE: &str = "vm azure compute VirtualMachines_CreateOrUpdate";

#[test]
fn a_machine_costs_its_hours_and_its_disks_in_steps() {
    // 730 × 0.114 + S4 1.536
    let plain = one("", CREATE, machine("Standard_F2", "Standard_LRS", json!({})));
    assert_eq!((plain.status, plain.monthly), (PriceStatus::Priced, amount("84.756")));
    let mut params = machine("Standard_F2", "Standard_LRS", json!({}));
    params["body"]["properties"]["storageProfile"]["dataDisks"] = json!([{"lun": 0, "createOption": "Empty", "diskSizeGB": 100,
            "managedDisk": {"storageAccountType": "StandardSSD_LRS"}}]);
    // and 100 GiB as E10 for 9.6
    assert_eq!(one("", CREATE, params).monthly, amount("94.356"));
}

#[test]
fn windows_costs_its_licence_unless_the_customer_brings_one() {
    let windows = |rest: Value| {
        let mut params = machine("Standard_D2s_v5", "Premium_LRS", rest);
        params["body"]["properties"]["storageProfile"]["imageReference"]["offer"] = json!("WindowsServer");
        one("", CREATE, params)
    };
    // 730 × 0.207 + P10 21.68; 730 × 0.115 + 21.68
    assert_eq!(windows(json!({})).monthly, amount("172.79"));
    assert_eq!(windows(json!({"licenseType": "Windows_Server"})).monthly, amount("105.63"));
    let spot = windows(json!({"priority": "Spot"}));
    assert_eq!(spot.status, PriceStatus::Partly);
}

#[test]
fn a_disk_is_billed_by_the_next_larger_step() {
    let disk = |sku: &str, size: Value| {
        one(
            "",
            "d azure compute Disks_CreateOrUpdate",
            json!({"body": {"location": "westeurope", "sku": {"name": sku}, "properties": {"diskSizeGB": size}}}),
        )
    };
    for (sku, size, monthly) in [
        ("Premium_LRS", 128, "21.68"),
        ("Premium_LRS", 129, "41.811428"),
        ("Premium_ZRS", 65, "32.519"),
        ("StandardSSD_LRS", 1024, "76.8"),
        ("Standard_LRS", 1, "1.536"),
    ] {
        assert_eq!(disk(sku, json!(size)).monthly, amount(monthly), "{sku} {size}");
    }
    assert_eq!(disk("Premium_LRS", json!(99_999)).monthly, None);
    assert_eq!(disk("UltraSSD_LRS", json!(100)).status, PriceStatus::NotPriced);
    assert_eq!(
        disk("Premium_LRS", Value::Null).reason,
        Some(Unpriced::UnknownParameter { name: "body.properties.diskSizeGB".into() })
    );
}

#[test]
fn a_cluster_costs_its_tier_and_its_nodes() {
    let cluster = one(
        "",
        "k azure containerservice ManagedClusters_CreateOrUpdate",
        json!({"body": {"location": "eastus", "sku": {"name": "Base", "tier": "Standard"}, "properties": {
            "agentPoolProfiles": [{"name": "system", "count": 3, "vmSize": "Standard_DS2_v2", "osType": "Linux"}]}}}),
    );
    // 730 × 0.1 (2024-08-30) + 3 × 730 × 0.146 (2026-06-18) + 3 × P10 19.71 (2024-08-30)
    assert_eq!(cluster.monthly, amount("451.87"));
}

#[test]
fn network_parts_cost_their_hours() {
    for (words, body, monthly) in [
        ("n azure network NatGateways_CreateOrUpdate", json!({}), "32.85"),
        (
            "p azure network PublicIPAddresses_CreateOrUpdate",
            json!({"properties": {"publicIPAllocationMethod": "Static"}}),
            "3.65",
        ),
        ("z azure dns Zones_CreateOrUpdate", json!({}), "0.5"),
    ] {
        let mut body = body;
        body["location"] = json!("westeurope");
        assert_eq!(one("", words, json!({"body": body})).monthly, amount(monthly), "{words}");
    }
}

#[test]
fn a_storage_account_costs_what_is_kept_in_it() {
    let account = one(
        "",
        "s azure storage StorageAccounts_Create",
        json!({"body": {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}}),
    );
    assert_eq!(account.status, PriceStatus::UsageOnly);
    let prices: Vec<_> = account.usage.iter().map(|l| l.unit_price).collect();
    assert_eq!(prices, [amount("0.018032"), amount("0.054"), amount("0.0043")]);
}

#[test]
fn groups_and_networks_are_free_and_deletions_are_not_guessed() {
    for words in [
        "g azure resource ResourceGroups_CreateOrUpdate",
        "n azure network VirtualNetworks_CreateOrUpdate",
        "n azure network NetworkSecurityGroups_CreateOrUpdate",
        "n azure network VirtualNetworks_Delete",
        "n azure compute VirtualMachines_Get",
        "n azure authorization RoleAssignments_Create",
    ] {
        assert_eq!(one("", words, json!({})).status, PriceStatus::Free, "{words}");
    }
    let deleted = one("", "v azure compute VirtualMachines_Delete", json!({"vmName": "vm"}));
    assert_eq!(
        deleted.reason,
        Some(Unpriced::UnknownParameter { name: "the size of what is deleted".into() })
    );
    let template = one("", "t azure resource Deployments_CreateOrUpdate", json!({}));
    assert_eq!(template.status, PriceStatus::NotPriced);
    let other = one("", "x azure netapp Accounts_CreateOrUpdate", json!({}));
    assert_eq!(other.reason, Some(Unpriced::NoRule));
}
