//! The embedded Resource Manager as a client sees it, without a socket.

use std::sync::LazyLock;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::Face;
use crate::catalog::Catalog;
use crate::sandbox::SandboxOptions;
use crate::sandbox::face::{CloudFace, Visit};
use crate::sandbox::http::{Request, pairs};
use crate::sandbox::model::Ledger;
use crate::store::in_memory;

const GROUP: &str = "/subscriptions/s/resourceGroups/Web";
const NET: &str = "/subscriptions/s/resourceGroups/web/providers/Microsoft.Network/virtualNetworks/net";
const NIC: &str = "/subscriptions/s/resourceGroups/web/providers/Microsoft.Network/networkInterfaces/nic";
const VM: &str = "/subscriptions/s/resourceGroups/web/providers/Microsoft.Compute/virtualMachines/one";

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::open(None).unwrap());

/// A Resource Manager.
struct Azure {
    face: Face,
    ledger: Ledger,
}

/// Status, headers, and document of an answer.
struct Answered {
    status: u16,
    headers: Vec<(String, String)>,
    body: Value,
}

impl Answered {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    fn code(&self) -> (u16, &str) {
        (self.status, self.body["error"]["code"].as_str().unwrap_or_default())
    }
}

impl Azure {
    fn new(pending_reads: u32) -> Self {
        let face = Face::new(CATALOG.clone(), "http://127.0.0.1:1".into(), SandboxOptions { pending_reads })
            .unwrap();
        Self { face, ledger: Ledger::open(in_memory()).unwrap() }
    }

    fn send(&mut self, method: &str, url: &str, headers: &[(&str, &str)], body: &Value) -> Answered {
        let url = url.strip_prefix("http://127.0.0.1:1").unwrap_or(url);
        let (path, query) = url.split_once('?').unwrap_or((url, "api-version=2099-01-01"));
        let mut all = vec![("authorization".to_owned(), "Bearer x".to_owned())];
        all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let request = Request {
            method: method.into(),
            path: path.into(),
            query: pairs(query),
            headers: all,
            body: if body.is_null() { vec![] } else { body.to_string().into_bytes() },
        };
        assert!(self.face.is_meant(&request));
        let now = jiff::Timestamp::now();
        let (answer, _) =
            self.face.answer(Visit { request: &request, ledger: &mut self.ledger, now, request_id: "r" });
        self.ledger.commit(vec![]).unwrap();
        let body = serde_json::from_slice(&answer.body).unwrap_or_default();
        Answered { status: answer.status, headers: answer.headers, body }
    }

    fn get(&mut self, url: &str) -> Answered {
        self.send("GET", url, &[], &Value::Null)
    }

    fn put(&mut self, url: &str, body: Value) -> Answered {
        self.send("PUT", url, &[], &body)
    }

    fn delete(&mut self, url: &str) -> Answered {
        self.send("DELETE", url, &[], &Value::Null)
    }

    /// A group with a network of two subnets.
    fn with_network(pending_reads: u32) -> Self {
        let mut azure = Self::new(pending_reads);
        assert_eq!(azure.put(GROUP, json!({"location": "westeurope"})).status, 201);
        let subnets = json!([{"name": "front", "properties": {"addressPrefix": "10.0.0.0/24"}}]);
        let space = json!({"addressPrefixes": ["10.0.0.0/16"]});
        let body =
            json!({"location": "westeurope", "properties": {"addressSpace": space, "subnets": subnets}});
        assert_eq!(azure.put(NET, body).status, 201);
        azure
    }

    fn with_machine(pending_reads: u32) -> Self {
        let mut azure = Self::with_network(pending_reads);
        let subnet = json!({"id": format!("{NET}/subnets/front")});
        let configurations = json!([{"name": "main", "properties": {"subnet": subnet}}]);
        let nic = json!({"location": "westeurope", "properties": {"ipConfigurations": configurations}});
        assert_eq!(azure.put(NIC, nic).status, 201);
        let made = azure.put(VM, machine());
        assert_eq!(made.status, 201, "{}", made.body);
        azure
    }
}

fn machine() -> Value {
    json!({"location": "westeurope", "tags": {"owner": "web"}, "properties": {
        "hardwareProfile": {"vmSize": "Standard_D2s_v3"},
        "osProfile": {"computerName": "one", "adminUsername": "me", "adminPassword": "s3cret!"},
        "networkProfile": {"networkInterfaces": [{"id": NIC}]}}})
}

fn ids(answer: &Answered) -> Vec<&str> {
    answer.body["value"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[test]
fn what_was_made_is_read_listed_and_gone_after_it_was_deleted() {
    let mut azure = Azure::with_network(0);
    let net = azure.get(NET);
    assert_eq!(net.body["type"], "Microsoft.Network/virtualNetworks");
    assert_eq!(net.body["id"], NET.replace("/web/", "/Web/"), "in the letters of its group");
    assert_eq!(net.body["properties"]["provisioningState"], "Succeeded");
    let everywhere = "/subscriptions/s/providers/Microsoft.Network/virtualNetworks";
    for list in [everywhere, NET.trim_end_matches("/net")] {
        assert_eq!(ids(&azure.get(list)), ["net"], "{list}");
    }
    assert_eq!(ids(&azure.get("/subscriptions/s/resourcegroups")), ["Web"]);
    assert_eq!(ids(&azure.get(&format!("{GROUP}/resources"))), ["net"]);
    assert!(matches!(azure.delete(NET).status, 200 | 202));
    assert_eq!(azure.get(NET).code(), (404, "ResourceNotFound"));
    assert_eq!(azure.delete(NET).status, 204, "what is not there need not go");
    assert!(ids(&azure.get(everywhere)).is_empty());
}

#[test]
fn things_in_a_body_are_things_of_their_own() {
    let mut azure = Azure::with_network(0);
    let subnet = azure.get(&format!("{NET}/subnets/front"));
    assert_eq!(subnet.body["properties"]["addressPrefix"], "10.0.0.0/24");
    let body = json!({"properties": {"addressPrefix": "10.0.1.0/24"}});
    assert_eq!(azure.put(&format!("{NET}/subnets/back"), body).status, 201);
    let names = |net: &Answered| -> Vec<String> {
        let subnets = net.body["properties"]["subnets"].as_array().unwrap();
        subnets.iter().map(|subnet| subnet["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&azure.get(NET)), ["back", "front"]);
    let only = json!([{"name": "back", "properties": {"addressPrefix": "10.0.1.0/24"}}]);
    azure.put(NET, json!({"location": "westeurope", "properties": {"subnets": only}}));
    assert_eq!(names(&azure.get(NET)), ["back"]);
}

#[test]
fn what_it_lies_in_and_refers_to_must_be_there() {
    let mut azure = Azure::new(0);
    let net = json!({"location": "westeurope"});
    assert_eq!(azure.put(NET, net.clone()).code(), (404, "ResourceGroupNotFound"));
    assert_eq!(azure.get(NET).code(), (404, "ResourceGroupNotFound"));
    azure.put(GROUP, net);
    assert_eq!(azure.put(&format!("{NET}/subnets/a"), json!({})).code(), (404, "ParentResourceNotFound"));
    let subnet = json!({"id": format!("{NET}/subnets/front")});
    let configurations = json!([{"name": "main", "properties": {"subnet": subnet}}]);
    let nic = json!({"location": "westeurope", "properties": {"ipConfigurations": configurations}});
    assert_eq!(azure.put(NIC, nic).code(), (400, "InvalidResourceReference"));
}

#[test]
fn what_nobody_can_take_away_comes_with_what_it_lies_in() {
    let mut azure = Azure::with_network(0);
    let account = format!("{GROUP}/providers/Microsoft.Storage/storageAccounts/shop");
    let logs = format!("{account}/blobServices/default/containers/logs");
    assert_eq!(azure.put(&logs, json!({})).code(), (404, "ParentResourceNotFound"));
    let body = json!({"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}});
    assert!(matches!(azure.put(&account, body).status, 200 | 202));
    assert_eq!(azure.put(&logs, json!({})).status, 201);
    assert_eq!(ids(&azure.get(logs.trim_end_matches("/logs"))), ["logs"]);
    assert_eq!(azure.get(GROUP).body["id"], "/subscriptions/s/resourceGroups/Web");
}

#[test]
fn what_is_in_use_stays_and_a_group_takes_everything_with_it() {
    let mut azure = Azure::with_machine(0);
    assert_eq!(azure.delete(&format!("{NET}/subnets/front")).code(), (400, "InUseSubnetCannotBeDeleted"));
    assert_eq!(azure.delete(NET).code(), (400, "InUseSubnetCannotBeDeleted"));
    assert_eq!(azure.delete(NIC).code(), (400, "NicInUse"));
    assert!(matches!(azure.delete(VM).status, 200 | 202));
    assert!(matches!(azure.delete(NIC).status, 200 | 202));
    let deleted = azure.delete(GROUP);
    assert_eq!(deleted.status, 202);
    let location = deleted.header("location").unwrap().to_owned();
    assert!(matches!(azure.get(&location).status, 200 | 204));
    assert_eq!(azure.get(GROUP).code(), (404, "ResourceGroupNotFound"));
    assert_eq!(azure.send("HEAD", GROUP, &[], &Value::Null).status, 404);
    azure.put(GROUP, json!({"location": "westeurope"}));
    assert_eq!(azure.get(NET).code(), (404, "ResourceNotFound"));
}

#[test]
fn a_long_operation_is_asked_about_until_it_is_over() {
    let mut azure = Azure::with_machine(2);
    let made = azure.put(VM, machine());
    let operation = made.header("azure-asyncoperation").unwrap().to_owned();
    assert!(matches!(made.body["properties"]["provisioningState"].as_str(), Some("Creating" | "Updating")));
    let states: Vec<Value> = (0..3).map(|_| azure.get(&operation).body["status"].clone()).collect();
    assert_eq!(states, ["InProgress", "InProgress", "Succeeded"]);
    assert_eq!(azure.get(VM).body["properties"]["provisioningState"], "Succeeded");
    let deleted = azure.delete(VM);
    let operation = deleted.header("azure-asyncoperation").unwrap().to_owned();
    assert_eq!(azure.get(VM).body["properties"]["provisioningState"], "Deleting");
    let states: Vec<Value> = (0..3).map(|_| azure.get(&operation).body["status"].clone()).collect();
    assert_eq!(states, ["InProgress", "Succeeded", "Succeeded"]);
    assert_eq!(azure.get(VM).code(), (404, "ResourceNotFound"));
}

#[test]
fn a_secret_is_never_given_back() {
    let mut azure = Azure::with_machine(0);
    let vm = azure.get(VM).body;
    assert!(!vm.to_string().contains("s3cret!"), "{vm}");
    assert_eq!(vm["properties"]["osProfile"]["adminUsername"], "me");
    assert!(azure.ledger.all().all(|thing| !format!("{thing:?}").contains("s3cret!")));
}

#[test]
fn what_the_cloud_gave_stays_when_a_thing_is_changed() {
    let mut azure = Azure::with_machine(0);
    let before = azure.get(VM).body;
    assert_eq!(azure.put(VM, machine()).status, 200);
    let patched = azure.send("PATCH", VM, &[], &json!({"tags": {"env": "dev"}}));
    assert_eq!(patched.body["tags"], json!({"env": "dev"}));
    let after = azure.get(VM).body;
    assert_eq!(after["properties"]["vmId"], before["properties"]["vmId"]);
    assert_eq!(after["properties"]["hardwareProfile"], before["properties"]["hardwareProfile"]);
    let moved = json!({"location": "eastus", "properties": {}});
    assert_eq!(azure.put(VM, moved).code(), (409, "InvalidResourceLocation"));
    let nic = azure.get(NIC).body;
    let configuration = &nic["properties"]["ipConfigurations"][0];
    assert!(
        configuration["properties"]["privateIPAddress"].as_str().unwrap().starts_with("10.0.0."),
        "{nic}"
    );
    assert_eq!(configuration["id"], format!("{}/ipConfigurations/main", nic["id"].as_str().unwrap()));
}

#[test]
fn actions_are_done_and_their_effect_is_seen() {
    let mut azure = Azure::with_machine(0);
    let power =
        |azure: &mut Azure| azure.get(&format!("{VM}/instanceView")).body["statuses"][1]["code"].clone();
    assert_eq!(power(&mut azure), "PowerState/running");
    assert_eq!(azure.send("POST", &format!("{VM}/deallocate"), &[], &Value::Null).status, 202);
    assert_eq!(power(&mut azure), "PowerState/deallocated");
    assert_eq!(
        azure.send("POST", &format!("{VM}/reapply"), &[], &Value::Null).code(),
        (501, "SandboxNotSupported")
    );
    assert!(!azure.get(VM).body.to_string().contains("$power"));
}

#[test]
fn conditions_on_the_version_are_kept() {
    let mut azure = Azure::with_network(0);
    let etag = azure.get(NET).header("etag").unwrap().to_owned();
    let body = json!({"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}}});
    assert_eq!(
        azure.send("PUT", NET, &[("if-match", "W/\"old\"")], &body).code(),
        (412, "PreconditionFailed")
    );
    assert_eq!(azure.send("PUT", NET, &[("if-none-match", "*")], &body).code(), (412, "PreconditionFailed"));
    assert_eq!(azure.send("PUT", NET, &[("if-match", &etag)], &body).status, 200);
    assert_ne!(azure.get(NET).header("etag").unwrap(), etag);
}

#[test]
fn a_long_list_comes_in_pages() {
    let mut azure = Azure::new(0);
    for number in 0..5 {
        azure.put(&format!("/subscriptions/s/resourceGroups/g{number}"), json!({"location": "westeurope"}));
    }
    let first = azure.get("/subscriptions/s/resourcegroups?api-version=2021-04-01&$top=2");
    let mut seen: Vec<String> = ids(&first).into_iter().map(str::to_owned).collect();
    let mut link = first.body["nextLink"].as_str().map(str::to_owned);
    while let Some(next) = link {
        let page = azure.get(&next);
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        link = page.body["nextLink"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, ["g0", "g1", "g2", "g3", "g4"]);
    let some = azure.get("/subscriptions/s/resources?api-version=1&$filter=resourceType eq 'a/b'");
    assert!(ids(&some).is_empty());
    let odd = azure.get("/subscriptions/s/resources?api-version=1&$filter=plan/name eq 'x'");
    assert_eq!(odd.code(), (501, "SandboxNotSupported"), "a wrong list is worse than none");
}

#[test]
fn a_provider_that_was_unregistered_makes_nothing_until_it_is_registered() {
    let mut azure = Azure::with_network(0);
    let provider = "/subscriptions/s/providers/Microsoft.Network";
    assert_eq!(azure.get(provider).body["registrationState"], "Registered");
    azure.send("POST", &format!("{provider}/unregister"), &[], &Value::Null);
    assert_eq!(
        azure.put(NET, json!({"location": "westeurope"})).code(),
        (409, "MissingSubscriptionRegistration")
    );
    let state = azure.send("POST", &format!("{provider}/register"), &[], &Value::Null);
    assert_eq!(state.body["registrationState"], "Registered");
    assert_eq!(azure.put(NET, json!({"location": "westeurope"})).status, 200);
}

#[test]
fn a_type_that_no_package_knows_is_kept_all_the_same() {
    let mut azure = Azure::with_network(0);
    let thing = format!("{GROUP}/providers/Contoso.Things/boxes/a");
    let body = json!({"location": "westeurope", "properties": {"size": 3}});
    assert_eq!(azure.put(&thing, body).status, 201);
    assert_eq!(azure.get(&thing).body["properties"]["size"], 3);
    assert_eq!(ids(&azure.get(&format!("{GROUP}/providers/Contoso.Things/boxes"))), ["a"]);
    assert!(matches!(azure.delete(&thing).status, 200 | 202 | 204));
}

#[test]
fn bad_requests_change_nothing_and_say_why() {
    let mut azure = Azure::with_network(0);
    let version = |azure: &mut Azure| azure.get(NET).header("etag").unwrap().to_owned();
    let before = version(&mut azure);
    assert_eq!(
        azure.send("PUT", &format!("{NET}?x=1"), &[], &json!({})).code(),
        (400, "MissingApiVersionParameter")
    );
    assert_eq!(azure.put(NET, json!([1])).code(), (400, "InvalidRequestContent"));
    assert_eq!(azure.send("PUT", "/subscriptions/s", &[], &json!({})).code(), (501, "SandboxNotSupported"));
    assert_eq!(version(&mut azure), before);
}

/// The deployment of one resource, asked about.
fn asked(azure: &mut Azure, action: &str, resource: Value, parameters: Value) -> Answered {
    let body = json!({"properties": {"mode": "Incremental", "template": {"resources": [resource]}, "parameters": parameters}});
    let url = format!("{GROUP}/providers/Microsoft.Resources/deployments/d/{action}");
    let answer = azure.send("POST", &url, &[], &body);
    match answer.header("location").map(str::to_owned) {
        Some(location) => azure.get(&location),
        None => answer,
    }
}

#[test]
fn what_a_deployment_would_change_is_told_and_not_done() {
    let mut azure = Azure::with_network(0);
    let vnet = |name: &str, tags: Value| {
        json!({"type": "Microsoft.Network/virtualNetworks", "apiVersion": "2099-01-01", "name": name,
            "location": "westeurope", "tags": tags,
            "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}})
    };
    let what_if = |azure: &mut Azure, resource: Value, parameters: Value| {
        let answer = asked(azure, "whatIf", resource, parameters);
        assert_eq!((answer.status, answer.body["status"].as_str()), (200, Some("Succeeded")));
        answer.body["properties"]["changes"][0].clone()
    };
    let before = azure.get(NET).body;
    let new = what_if(&mut azure, vnet("other", json!({})), json!({}));
    assert_eq!(new["changeType"], "Create");
    assert!(new["resourceId"].as_str().unwrap().ends_with("/virtualNetworks/other"), "{new}");
    let secret = json!({"p": {"value": "[x"}});
    let changed = what_if(&mut azure, vnet("net", json!({"a": "[parameters('p')]", "b": "[[c]"})), secret);
    assert_eq!(changed["changeType"], "Modify");
    let tags = changed["delta"].as_array().unwrap().iter().find(|one| one["path"] == "tags").unwrap();
    assert_eq!(tags["after"], json!({"a": "[x", "b": "[c]"}));
    assert_eq!(azure.get(NET).body, before, "nothing was changed");
    assert_eq!(azure.get(&format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/other")).status, 404);
}

#[test]
fn a_deployment_that_is_no_good_is_told_with_its_cause() {
    let mut azure = Azure::with_network(0);
    let nic = json!({"type": "Microsoft.Network/networkInterfaces", "apiVersion": "2099-01-01", "name": "n",
        "location": "westeurope", "properties": {"ipConfigurations": [{"name": "i", "properties": {
            "subnet": {"id": format!("{NET}/subnets/none")}}}]}});
    let answer = asked(&mut azure, "validate", nic.clone(), json!({}));
    assert_eq!(answer.code(), (400, "InvalidTemplateDeployment"));
    assert_eq!(answer.body["error"]["details"][0]["code"], "InvalidResourceReference");
    let answer = asked(&mut azure, "whatIf", nic.clone(), json!({}));
    assert_eq!((answer.status, &answer.body["status"]), (200, &json!("Failed")));
    let good =
        json!({"type": "Contoso.Things/boxes", "apiVersion": "1", "name": "b", "location": "westeurope"});
    assert_eq!(asked(&mut azure, "validate", good, json!({})).status, 200);
    let body = json!({"properties": {"template": {"resources": []}}});
    let elsewhere =
        "/subscriptions/s/resourceGroups/none/providers/Microsoft.Resources/deployments/d/validate";
    assert_eq!(azure.send("POST", elsewhere, &[], &body).code(), (404, "ResourceGroupNotFound"));
}

#[test]
fn requests_of_other_clouds_are_not_taken() {
    let azure = Azure::new(0);
    let meant = |path: &str, authorization: Option<&str>, query: &str| {
        let headers = authorization.map(|value| ("authorization".to_owned(), value.to_owned()));
        let request = Request {
            method: "GET".into(),
            path: path.into(),
            query: pairs(query),
            headers: headers.into_iter().collect(),
            body: vec![],
        };
        azure.face.is_meant(&request)
    };
    assert!(meant("/subscriptions/s", Some("Bearer t"), "api-version=1"));
    assert!(!meant("/subscriptions", Some("AWS4-HMAC-SHA256 Credential=x"), "api-version=1"));
    assert!(!meant("/subscriptions", Some("Signature version=\"1\""), "api-version=1"));
    assert!(!meant("/20160918/instances", Some("Bearer t"), ""));
    assert!(!meant("/subscriptions-of-mine", None, ""));
}
