//! The embedded OCI as a client sees it, without a socket.

use std::sync::{LazyLock, Mutex};

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::known::Known;
use crate::catalog::Catalog;
use crate::plan::CloudName;
use crate::sandbox::SandboxOptions;
use crate::sandbox::face::Face;
use crate::sandbox::http::{Answer, Request, pairs};
use crate::sandbox::log::RequestLog;
use crate::sandbox::model::Ledger;
use crate::sandbox::server::answer;
use crate::store::in_memory;

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::open(None).unwrap());
const TENANCY: &str = "ocid1.tenancy.oc1..mine";

struct Cloud(Mutex<Face>);

impl Cloud {
    fn new(pending_reads: u32) -> Self {
        let store = in_memory();
        let ledger = Ledger::open(store.clone()).unwrap();
        let log = RequestLog::open(store).unwrap();
        let options = SandboxOptions { pending_reads };
        Self(Mutex::new(
            Face::new(CATALOG.clone(), ledger, log, "http://127.0.0.1:1".into(), options).unwrap(),
        ))
    }

    fn send(&self, method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let proof = format!("Signature algorithm=\"rsa-sha256\",keyId=\"{TENANCY}/u/f\",signature=\"\"");
        let mut all = vec![("authorization".to_owned(), proof)];
        all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let request = Request {
            method: method.into(),
            path: path.into(),
            query: pairs(query),
            headers: all,
            body: body.to_vec(),
        };
        answer(&self.0, request)
    }

    fn json(&self, method: &str, url: &str, body: &Value) -> (u16, Value) {
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let answer = self.send(method, url, &[], &bytes);
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    fn get(&self, url: &str) -> (u16, Value) {
        self.json("GET", url, &Value::Null)
    }

    fn vcn(&self) -> Value {
        let body = json!({"compartmentId": TENANCY, "cidrBlock": "10.0.0.0/16", "displayName": "net"});
        let (status, vcn) = self.json("POST", "/20160918/vcns", &body);
        assert_eq!(status, 200, "{vcn}");
        vcn
    }
}

fn id(thing: &Value) -> &str {
    thing["id"].as_str().unwrap()
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}

#[test]
fn what_was_created_is_read_listed_changed_and_gone_after_it_was_deleted() {
    let cloud = Cloud::new(0);
    let vcn = cloud.vcn();
    assert!(id(&vcn).starts_with("ocid1.vcn.oc1.eu-frankfurt-1."), "{vcn}");
    assert_eq!(
        (vcn["lifecycleState"].as_str(), &vcn["cidrBlocks"]),
        (Some("AVAILABLE"), &json!(["10.0.0.0/16"]))
    );
    let url = format!("/20160918/vcns/{}", id(&vcn));
    assert_eq!(cloud.get(&url), (200, vcn.clone()));
    let (_, list) = cloud.get(&format!("/20160918/vcns?compartmentId={TENANCY}"));
    assert_eq!(list, json!([vcn]));
    assert_eq!(cloud.get("/20160918/vcns?compartmentId=other").1, json!([]));
    let (status, changed) = cloud.json("PUT", &url, &json!({"displayName": "other"}));
    assert_eq!((status, changed["displayName"].as_str()), (200, Some("other")));
    assert_eq!(cloud.json("DELETE", &url, &Value::Null).0, 204);
    let (status, error) = cloud.get(&url);
    assert_eq!((status, error["code"].as_str()), (404, Some("NotAuthorizedOrNotFound")));
}

#[test]
fn what_is_in_use_stays_and_what_came_with_a_thing_goes_with_it() {
    let cloud = Cloud::new(0);
    let vcn = cloud.vcn();
    let tables = format!("/20160918/routeTables?compartmentId={TENANCY}&vcnId={}", id(&vcn));
    assert_eq!(cloud.get(&tables).1[0]["id"], vcn["defaultRouteTableId"]);
    let body = json!({"compartmentId": TENANCY, "vcnId": id(&vcn), "cidrBlock": "10.0.1.0/24"});
    let (status, subnet) = cloud.json("POST", "/20160918/subnets", &body);
    assert_eq!(status, 200, "{subnet}");
    let url = format!("/20160918/vcns/{}", id(&vcn));
    let (status, error) = cloud.json("DELETE", &url, &Value::Null);
    assert_eq!((status, error["code"].as_str()), (409, Some("Conflict")));
    assert_eq!(cloud.json("DELETE", &format!("/20160918/subnets/{}", id(&subnet)), &Value::Null).0, 204);
    assert_eq!(cloud.json("DELETE", &url, &Value::Null).0, 204);
    assert_eq!(cloud.get(&tables).1, json!([]));
}

#[test]
fn a_reference_to_nothing_is_refused() {
    let cloud = Cloud::new(0);
    let nothing = "ocid1.vcn.oc1.eu-frankfurt-1.nothing";
    let body = json!({"compartmentId": TENANCY, "vcnId": nothing, "cidrBlock": "10.0.1.0/24"});
    let (status, error) = cloud.json("POST", "/20160918/subnets", &body);
    assert_eq!((status, error["code"].as_str()), (404, Some("NotAuthorizedOrNotFound")));
    let (status, error) = cloud.json("POST", "/20160918/subnets", &json!({"vcnId": nothing}));
    assert_eq!((status, error["code"].as_str()), (400, Some("InvalidParameter")));
}

#[test]
fn an_instance_comes_stops_and_goes_over_some_reads() {
    let cloud = Cloud::new(1);
    let body =
        json!({"compartmentId": TENANCY, "availabilityDomain": "AD-1", "shape": "VM.Standard.E5.Flex"});
    let (status, instance) = cloud.json("POST", "/20160918/instances", &body);
    assert_eq!((status, instance["lifecycleState"].as_str()), (200, Some("PROVISIONING")), "{instance}");
    let url = format!("/20160918/instances/{}", id(&instance));
    let state = || cloud.get(&url).1["lifecycleState"].as_str().map(str::to_owned);
    assert_eq!(state().as_deref(), Some("PROVISIONING"));
    assert_eq!(state().as_deref(), Some("RUNNING"));
    assert_eq!(
        cloud.json("POST", &format!("{url}?action=STOP"), &Value::Null).1["lifecycleState"],
        "STOPPED"
    );
    assert!(matches!(cloud.json("DELETE", &url, &Value::Null).0, 202 | 204));
    assert_eq!(state().as_deref(), Some("TERMINATING"));
    assert_eq!(state(), None);
}

#[test]
fn buckets_and_objects_are_known_by_their_names() {
    let cloud = Cloud::new(0);
    assert_eq!(cloud.get("/n"), (200, json!("sandbox")));
    let create = json!({"name": "logs", "compartmentId": TENANCY, "freeformTags": {"a": "b"}});
    let (status, bucket) = cloud.json("POST", "/n/sandbox/b", &create);
    assert_eq!(
        (status, bucket["name"].as_str(), bucket["namespace"].as_str()),
        (200, Some("logs"), Some("sandbox"))
    );
    assert_eq!(cloud.json("POST", "/n/sandbox/b", &create).1["code"], "BucketAlreadyExists");
    assert_eq!(cloud.get("/n/sandbox/b/nothing").1["code"], "BucketNotFound");
    let put = cloud.send("PUT", "/n/sandbox/b/logs/o/a%2Fb", &[("opc-meta-owner", "me")], b"hello");
    assert_eq!(put.status, 200);
    let got = cloud.send("GET", "/n/sandbox/b/logs/o/a%2Fb", &[], b"");
    assert_eq!((got.body.as_slice(), header(&got, "opc-meta-owner")), (b"hello".as_slice(), Some("me")));
    let (_, list) = cloud.get("/n/sandbox/b/logs/o?prefix=a");
    assert_eq!(list["objects"][0]["name"], "a/b");
    assert_eq!(cloud.json("DELETE", "/n/sandbox/b/logs", &Value::Null).1["code"], "BucketNotEmpty");
    assert_eq!(cloud.json("DELETE", "/n/sandbox/b/logs/o/a%2Fb", &Value::Null).0, 204);
    assert_eq!(cloud.json("DELETE", "/n/sandbox/b/logs", &Value::Null).0, 204);
    assert_eq!(cloud.get("/n/sandbox/b?compartmentId=x").1, json!([]));
}

#[test]
fn the_same_token_makes_one_thing_and_other_parameters_are_refused() {
    let cloud = Cloud::new(0);
    let create = |cidr: &str| {
        let body = json!({"compartmentId": TENANCY, "cidrBlock": cidr}).to_string();
        let answer = cloud.send("POST", "/20160918/vcns", &[("opc-retry-token", "t")], body.as_bytes());
        serde_json::from_slice::<Value>(&answer.body).unwrap()
    };
    let first = create("10.0.0.0/16");
    assert_eq!(create("10.0.0.0/16")["id"], first["id"]);
    assert_eq!(create("10.1.0.0/16")["code"], "InvalidatedRetryToken");
}

#[test]
fn lists_come_in_pages_and_versions_are_checked() {
    let cloud = Cloud::new(0);
    let vcns: Vec<Value> = (0..3).map(|_| cloud.vcn()).collect();
    let first = cloud.send("GET", &format!("/20160918/vcns?compartmentId={TENANCY}&limit=2"), &[], b"");
    assert_eq!(header(&first, "opc-next-page"), Some("2"));
    let url = format!("/20160918/vcns?compartmentId={TENANCY}&limit=2&page=2");
    let last = cloud.send("GET", &url, &[], b"");
    assert_eq!(serde_json::from_slice::<Value>(&last.body).unwrap().as_array().unwrap().len(), 1);
    assert_eq!(header(&last, "opc-next-page"), None);
    let one = format!("/20160918/vcns/{}", id(&vcns[0]));
    let etag = cloud.send("GET", &one, &[], b"");
    let etag = header(&etag, "etag").unwrap().to_owned();
    let rename = |tag: &str, name: &str| {
        cloud
            .send("PUT", &one, &[("if-match", tag)], json!({"displayName": name}).to_string().as_bytes())
            .status
    };
    assert_eq!((rename(&etag, "a"), rename(&etag, "b")), (200, 412));
}

#[test]
fn work_behind_a_change_can_be_asked_for() {
    let cloud = Cloud::new(0);
    let body =
        json!({"compartmentId": TENANCY, "displayName": "lb", "shapeName": "flexible", "subnetIds": ["s"]});
    let made = cloud.send("POST", "/20170115/loadBalancers", &[], body.to_string().as_bytes());
    assert_eq!(made.status, 202, "{}", String::from_utf8_lossy(&made.body));
    let work = header(&made, "opc-work-request-id").unwrap();
    let (status, request) = cloud.get(&format!("/20170115/loadBalancerWorkRequests/{work}"));
    assert_eq!((status, request["lifecycleState"].as_str()), (200, Some("SUCCEEDED")), "{request}");
    let (_, list) = cloud.get(&format!("/20170115/loadBalancers?compartmentId={TENANCY}"));
    assert_eq!(list[0]["displayName"], "lb");
}

#[test]
fn what_nobody_knows_is_told_and_changes_nothing() {
    let cloud = Cloud::new(0);
    let (status, error) = cloud.get("/20160918/nothings");
    assert_eq!((status, error["code"].as_str()), (404, Some("NotFound")));
    let vcn = cloud.vcn();
    let url = format!("/20160918/vcns/{}/actions/addCidr", id(&vcn));
    assert_eq!(cloud.json("POST", &url, &json!({"cidrBlock": "10.1.0.0/16"})).0, 501);
}

#[test]
fn every_entry_of_the_list_is_about_something() {
    let known = Known::embedded().unwrap();
    for module in ["core", "identity", "object_storage"] {
        let mut paths = Vec::new();
        let mut operations = Vec::new();
        for entry in CATALOG.services(CloudName::Oci).filter(|e| e.name.split('.').next() == Some(module)) {
            let service = CATALOG.service(CloudName::Oci, &entry.name).unwrap();
            operations.extend(service.operations.iter().map(|operation| operation.name.clone()));
            paths.extend(
                service.operations.iter().filter_map(|o| super::kind::meaning(&service, o)).map(|m| m.kind),
            );
        }
        let entry = known.of(module);
        let kinds = entry
            .attributes
            .keys()
            .chain(entry.inborn.keys())
            .chain(entry.inborn.values().flat_map(|inborn| inborn.values().map(|one| &one.kind)))
            .chain(entry.public.keys())
            .chain(entry.not_found.keys())
            .chain(entry.exists.keys())
            .chain(entry.in_use.keys())
            .chain(entry.called.keys());
        for kind in kinds {
            assert!(paths.contains(kind), "{module}: nothing is kept under {kind}");
        }
        for answer in entry.answers.keys() {
            assert!(operations.contains(answer), "{module} has no {answer}");
        }
    }
}
