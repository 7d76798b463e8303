//! OCI, worked out by hand from the price list of 2026-01-05, tiers of 2024-01-19; 744 hours.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{amount, one};
use crate::plan::{PriceStatus, Unpriced};

fn launch(body: Value) -> crate::plan::StepEstimate {
    one("eu-frankfurt-1", "vm oci core.compute LaunchInstance", json!({"body": body}))
}

#[test]
fn a_flexible_shape_costs_by_core_and_memory() {
    let shape = json!({"shape": "VM.Standard.E4.Flex", "shapeConfig": {"ocpus": 2, "memoryInGBs": 16}});
    // 744 × (2 × 0.025 + 16 × 0.0015) + 50 × 0.0255 + 50 × 10 × 0.0017
    let instance = launch(shape);
    assert_eq!((instance.status, instance.monthly), (PriceStatus::Priced, amount("57.181")));
    let unsaid = launch(json!({"shape": "VM.Standard.E4.Flex", "shapeConfig": {"ocpus": 2}}));
    assert_eq!(unsaid.status, PriceStatus::Partly);
    assert_eq!(
        unsaid.reason,
        Some(Unpriced::UnknownParameter { name: "body.shapeConfig.memoryInGBs".into() })
    );
}

#[test]
fn fixed_shapes_and_gpus_have_their_size_in_their_name() {
    let volume = json!({"sourceType": "bootVolume", "bootVolumeId": "ocid1"});
    for (shape, monthly) in [
        // 744 × 4 × 0.0638; 744 × 2 × 2
        ("VM.Standard2.4", "189.8688"),
        ("VM.GPU.A10.2", "2976"),
    ] {
        assert_eq!(
            launch(json!({"shape": shape, "sourceDetails": volume})).monthly,
            amount(monthly),
            "{shape}"
        );
    }
    let strange = launch(json!({"shape": "VM.Strange.1", "sourceDetails": volume}));
    assert_eq!(strange.monthly, None);
    assert_eq!(
        strange.reason,
        Some(Unpriced::NoPrice { key: "oci.shape.VM.Strange.1 in eu-frankfurt-1".into() })
    );
    let none = launch(json!({"sourceDetails": volume}));
    assert_eq!(none.reason, Some(Unpriced::UnknownParameter { name: "body.shape".into() }));
}

#[test]
fn volumes_balancers_databases_and_clusters() {
    for (words, body, monthly) in [
        // 200 × 0.0255 + 200 × 20 × 0.0017
        ("v oci core.blockstorage CreateVolume", json!({"sizeInGBs": 200, "vpusPerGB": 20}), "11.9"),
        // 744 × (0.0113 + 10 × 0.0001)
        (
            "l oci load_balancer.load_balancer CreateLoadBalancer",
            json!({"shapeName": "flexible", "shapeDetails": {"minimumBandwidthInMbps": 10, "maximumBandwidthInMbps": 100}}),
            "9.1512",
        ),
        // 744 × 2 × 0.336 + 1024 × 0.1156
        (
            "d oci database.database CreateAutonomousDatabase",
            json!({"dbWorkload": "OLTP", "computeModel": "ECPU", "computeCount": 2, "dataStorageSizeInTBs": 1}),
            "618.3424",
        ),
        (
            "c oci container_engine.container_engine CreateCluster",
            json!({"type": "ENHANCED_CLUSTER"}),
            "74.4",
        ),
    ] {
        assert_eq!(one("eu-frankfurt-1", words, json!({"body": body})).monthly, amount(monthly), "{words}");
    }
}

#[test]
fn networks_and_free_databases_are_free() {
    for (words, body) in [
        ("n oci core.virtual_network CreateVcn", json!({})),
        ("n oci core.virtual_network CreateSubnet", json!({})),
        ("n oci core.virtual_network CreateNatGateway", json!({})),
        ("n oci identity.identity CreateCompartment", json!({})),
        ("n oci core.compute ListInstances", json!({})),
        ("n oci database.database CreateAutonomousDatabase", json!({"isFreeTier": true})),
        ("n oci container_engine.container_engine CreateCluster", json!({"type": "BASIC_CLUSTER"})),
    ] {
        assert_eq!(one("eu-frankfurt-1", words, json!({"body": body})).status, PriceStatus::Free, "{words}");
    }
    let gone = one("eu-frankfurt-1", "n oci core.compute TerminateInstance", json!({"instanceId": "ocid1"}));
    assert_eq!((gone.status, gone.monthly), (PriceStatus::NotPriced, None));
}
