use std::time::Duration;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::catalog::Catalog;
use crate::clouds::azure::Azure;
use crate::clouds::http::loopback::{Say, Server};
use crate::clouds::{Call, Cloud, Rehearsed};
use crate::plan::{CloudName, OperationName};

fn call(service: &str, operation: &str, params: Value) -> Call {
    let operation = OperationName::new(CloudName::Azure, service, operation);
    Call { operation, region: None, account: None, params }
}

fn database() -> Call {
    let body = json!({"location": "westeurope", "properties": {"administratorLogin": "ada",
        "administratorLoginPassword": "p4ss-w0rd", "version": "16", "createMode": "Default"}});
    let params = json!({"resourceGroupName": "web", "serverName": "db", "body": body});
    call("postgresqlflexibleservers", "Servers_CreateOrUpdate", params)
}

async fn rehearsed(says: Vec<Say>, call: &Call) -> (Rehearsed, Server) {
    let server = Server::saying(says).await;
    let mut azure = Azure::sandbox(Catalog::open(None).unwrap(), &server.url).unwrap();
    azure.pace = Some(Duration::from_millis(1));
    (azure.rehearse(call).await.unwrap(), server)
}

fn ok(body: &Value) -> Say {
    Say::Answer(200, "", body.to_string())
}

#[tokio::test]
async fn a_step_is_validated_and_what_it_would_change_is_asked_for_and_awaited() {
    let result = json!({"status": "Succeeded", "properties": {"changes": [
        {"resourceId": "/db", "changeType": "Create", "after": {"properties": {"x": "p4ss-w0rd"}}}]}});
    let says = vec![
        ok(&json!({"properties": {}})),
        Say::Answer(202, "location: @/results/1\r\n", String::new()),
        Say::Answer(202, "", String::new()),
        ok(&result),
    ];
    let (said, server) = rehearsed(says, &database()).await;
    let Rehearsed::WouldDo { by, changes } = said else { panic!("{said:?}") };
    assert_eq!((by.as_str(), changes.len(), changes[0].change.as_str()), ("ARM what-if", 1, "create"));
    assert!(!format!("{changes:?}").contains("p4ss"), "{changes:?}");
    let seen = server.seen();
    assert!(seen[0].target().contains("/resourceGroups/web/providers/Microsoft.Resources/deployments/"));
    assert!(seen[0].target().contains("/validate?"), "{}", seen[0].target());
    assert!(seen[1].target().contains("/whatIf?"), "{}", seen[1].target());
    let body: Value = serde_json::from_str(&seen[1].body).unwrap();
    let properties = &body["properties"];
    assert_eq!(properties["whatIfSettings"]["resultFormat"], "FullResourcePayloads");
    let resource = &properties["template"]["resources"][0];
    assert_eq!(resource["type"], "Microsoft.DBforPostgreSQL/flexibleServers");
    assert_eq!(resource["properties"]["administratorLoginPassword"], "[parameters('secret0')]");
    assert_eq!(properties["parameters"]["secret0"]["value"], "p4ss-w0rd");
}

#[tokio::test]
async fn a_refusal_is_told_with_its_cause_and_without_secrets() {
    let error = json!({"error": {"code": "InvalidTemplateDeployment", "message": "see inner", "details": [
        {"code": "PasswordTooWeak", "message": "p4ss-w0rd is too weak", "target": "administratorLoginPassword"}]}});
    let (said, server) = rehearsed(vec![Say::Answer(400, "", error.to_string())], &database()).await;
    let Rehearsed::WouldRefuse { by, code, message, target } = said else { panic!("{said:?}") };
    assert_eq!((by.as_str(), code.as_str()), ("ARM validate", "PasswordTooWeak"));
    assert!(!message.contains("p4ss") && message.ends_with("is too weak"), "{message}");
    assert_eq!(target.as_deref(), Some("administratorLoginPassword"));
    assert_eq!(server.seen().len(), 1, "what is no good is not asked about any further");
}

#[tokio::test]
async fn what_cannot_be_known_is_said_and_nothing_is_sent_for_an_action() {
    let missing = json!({"error": {"code": "ResourceGroupNotFound", "message": "no group"}});
    let (said, _) = rehearsed(vec![Say::Answer(404, "", missing.to_string())], &database()).await;
    let Rehearsed::Cannot { reason } = said else { panic!("{said:?}") };
    assert!(reason.contains("is not there yet"), "{reason}");
    let params = json!({"resourceGroupName": "web", "vmName": "one"});
    for operation in ["VirtualMachines_Restart", "VirtualMachines_Delete"] {
        let (said, server) = rehearsed(vec![], &call("compute", operation, params.clone())).await;
        let Rehearsed::Cannot { reason } = said else { panic!("{said:?}") };
        assert!(reason.contains("only for what a PUT makes"), "{reason}");
        assert!(server.seen().is_empty());
    }
}

#[tokio::test]
async fn a_role_that_is_missing_for_asking_says_nothing_about_the_step() {
    let error = json!({"error": {"code": "AuthorizationFailed", "message":
        "The client 'a' with object id '1' does not have authorization to perform action \
         'Microsoft.Resources/deployments/validate/action' over scope '/subscriptions/s' or the scope is invalid."}});
    let (said, _) = rehearsed(vec![Say::Answer(403, "", error.to_string())], &database()).await;
    let Rehearsed::Cannot { reason } = said else { panic!("{said:?}") };
    assert!(reason.contains("`Microsoft.Resources/deployments/validate/action`"), "{reason}");
}

#[test]
fn what_the_sandbox_answered_is_asked_about_in_the_subscription_here() {
    let mut params =
        json!({"body": {"subnets": [{"id": "/subscriptions/00000000-0000-0000-0000-000000000001/x"}]}});
    super::moved(&mut params, "mine");
    assert_eq!(params["body"]["subnets"][0]["id"], "/subscriptions/mine/x");
}
