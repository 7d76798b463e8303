//! Azure as a live cloud: the program against a Resource Manager of its own kind that another process serves.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::program::{code, json as json_in, provisioner};

const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";
const LOCATION: &str = "germanywestcentral";

/// A Resource Manager, and who gives tokens for it.
struct Served {
    process: Child,
    endpoint: String,
}

impl Served {
    fn at(home: &Path) -> Self {
        let mut process = provisioner(home)
            .args(["sandbox", "serve", "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        Self { process, endpoint: said["endpoint"].as_str().unwrap().to_owned() }
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let address = self.endpoint.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        write!(
            stream,
            "{method} /subscriptions/{SUBSCRIPTION}/{path}?api-version=2099-01-01 HTTP/1.1\r\nHost: {address}\r\n\
             Authorization: Bearer x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    /// The program, with this as the live Azure and a sign-in with a code.
    fn used_by(&self, home: &Path) -> Command {
        let mut command = provisioner(home);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AZURE_")) {
            command.env_remove(name);
        }
        command
            .env("AZURE_RESOURCE_MANAGER_URL", &self.endpoint)
            .env("AZURE_AUTHORITY_HOST", &self.endpoint)
            .env("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION)
            .env("AZURE_TENANT_ID", "tenant")
            .env("AZURE_TOKEN_CREDENTIALS", "DeviceCodeCredential")
            .env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn tags(owner: &str) -> Value {
    json!({"owner": owner, "environment": "test", "sensitivity": "internal", "cost-center": "1"})
}

fn network(owner: &str, subnets: &[&str]) -> Value {
    let subnets: Vec<Value> = subnets
        .iter()
        .enumerate()
        .map(|(at, name)| json!({"name": name, "properties": {"addressPrefix": format!("10.0.{at}.0/24")}}))
        .collect();
    json!({"location": LOCATION, "tags": tags(owner),
        "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": subnets}})
}

fn step(id: &str, service: &str, operation: &str, params: Value, after: &[&str]) -> Value {
    json!({"id": id, "cloud": "azure", "service": service, "operation": operation, "params": params, "after": after})
}

fn plan() -> Value {
    let group =
        |name: &str| json!({"resourceGroupName": name, "body": {"location": LOCATION, "tags": tags("ops")}});
    let net = |group: &str, body: Value| json!({"resourceGroupName": group, "virtualNetworkName": "net", "body": body});
    let rules = json!({"resourceGroupName": "there", "networkSecurityGroupName": "rules",
        "body": {"location": LOCATION, "tags": tags("ops"), "properties": {"securityRules": []}}});
    let nic = json!({"location": LOCATION, "tags": tags("ops"),
        "properties": {"networkSecurityGroup": {"id": "${{ steps.rules.output.id }}"}}});
    let nic = json!({"resourceGroupName": "there", "networkInterfaceName": "nic", "body": nic});
    json!({"version": 1, "name": "more of it", "steps": [
        step("there", "resource", "ResourceGroups_CreateOrUpdate", group("there"), &[]),
        step("net", "network", "VirtualNetworks_CreateOrUpdate", net("there", network("web", &[])), &["there"]),
        step("rules", "network", "NetworkSecurityGroups_CreateOrUpdate", rules, &["there"]),
        step("nic", "network", "NetworkInterfaces_CreateOrUpdate", nic, &[]),
        step("web", "resource", "ResourceGroups_CreateOrUpdate", group("web"), &[]),
        step("webnet", "network", "VirtualNetworks_CreateOrUpdate", net("web", network("web", &[])), &["web"]),
    ]})
}

fn done(output: &Output) -> Value {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(code(output), 0, "{}\n{errors}", String::from_utf8_lossy(&output.stdout));
    json_in(output)
}

#[test]
fn a_rehearsal_asks_the_live_azure_and_changes_nothing_there() {
    let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let served = Served::at(other.path());
    let group = json!({"location": LOCATION, "tags": tags("ops")});
    assert_eq!(served.send("PUT", "resourcegroups/there", &group).0, 201);
    let net = "resourcegroups/there/providers/Microsoft.Network/virtualNetworks/net";
    assert_eq!(served.send("PUT", net, &network("ops", &["old"])).0, 201);
    let before = served.send("GET", net, &Value::Null);

    let file = home.path().join("plan.json");
    std::fs::write(&file, plan().to_string()).unwrap();
    let words = ["plan", "rehearse", file.to_str().unwrap(), "--target", "live", "--json"];
    let output = served.used_by(home.path()).args(words).output().unwrap();
    let outcome = done(&output);
    let said = |id: &str| {
        let all = outcome["rehearsed"].as_array().unwrap();
        all.iter().find(|one| one["step"] == id).cloned().unwrap_or_else(|| panic!("{id}: {outcome}"))
    };
    assert_eq!(said("there")["changes"][0]["change"], "no-change");
    let changes = said("net");
    assert_eq!(changes["changes"][0]["change"], "modify", "{changes}");
    let resource = changes["changes"][0]["resource"].as_str().unwrap();
    assert!(resource.contains(SUBSCRIPTION), "it is asked about in the live subscription: {resource}");
    assert_eq!(said("web")["changes"][0]["change"], "create");
    for id in ["nic", "webnet"] {
        let reason = said(id)["reason"].as_str().unwrap_or_default().to_owned();
        assert!(reason.contains("not there yet"), "{id}: {}", said(id));
    }
    assert_eq!(served.send("GET", net, &Value::Null), before);
    assert_eq!(served.send("GET", "resourcegroups/web", &Value::Null).0, 404);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("enter the code SANDBOX"), "{errors}");
}

#[test]
fn a_sign_in_with_a_code_is_asked_for_once_and_said_in_the_conversation() {
    let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let served = Served::at(other.path());
    let group = json!({"location": LOCATION, "tags": tags("ops")});
    served.send("PUT", "resourcegroups/there", &group);
    let words = ["call", "azure", "resource", "ResourceGroups_List", "--target", "live", "--json"];
    let output = served.used_by(home.path()).args(words).output().unwrap();
    let outcome = done(&output);
    assert_eq!(outcome["outputs"]["call"]["value"][0]["name"], "there", "{outcome}");
    let answer = outcome["answer"].as_str().unwrap();
    assert_eq!(answer.matches("enter the code SANDBOX").count(), 1, "{answer}");
}
