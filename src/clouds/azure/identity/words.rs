//! What stands between a person and a token, in words: what is missing, and what mends it.

use azure_core::error::Error;

use super::chain::Kind;
use crate::clouds::CloudError;
use crate::clouds::azure::place::Place;
use crate::text::{mask_text, sanitize};

/// What Entra's and the tools' words mean, and what to do; the first that fits counts.
const MEANINGS: [(&str, &str, &str); 9] = [
    (
        "AADSTS7000222",
        "the secret of the service principal is over",
        "make a new one with `az ad app credential reset --id CLIENT_ID` and set AZURE_CLIENT_SECRET",
    ),
    (
        "AADSTS7000215",
        "the secret of the service principal is wrong",
        "set AZURE_CLIENT_SECRET to the secret's value, not to its id",
    ),
    ("AADSTS700016", "the tenant has no such service principal", "check AZURE_CLIENT_ID and AZURE_TENANT_ID"),
    ("AADSTS90002", "there is no such tenant", "check AZURE_TENANT_ID"),
    ("AADSTS70043", "the sign-in is over", "run `az login`, then try again"),
    ("AADSTS700082", "the sign-in is over", "run `az login`, then try again"),
    ("AADSTS50173", "the sign-in is over", "run `az login`, then try again"),
    ("az login", "nobody is signed in to the Azure CLI", "run `az login`, then try again"),
    (
        "not found",
        "the Azure CLI is not installed, and nothing else gives a token",
        "install the Azure CLI and run `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID, and AZURE_CLIENT_SECRET",
    ),
];

pub(super) fn unusable(message: &str, fix: &str) -> CloudError {
    CloudError::Credentials { message: message.to_owned(), fix: fix.to_owned() }
}

/// No token was given.
pub(super) fn asked(kind: Kind, place: &Place, error: &Error) -> CloudError {
    let mut words = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        let more = cause.to_string();
        if !words.contains(&more) {
            words.push_str(": ");
            words.push_str(&more);
        }
        next = cause.source();
    }
    // Tools and services write what they like: nothing of it may be a token.
    let words = sanitize(&mask_text(words.split("\nTo troubleshoot").next().unwrap_or(&words)));
    let words = words.trim();
    if let Some((_, meaning, fix)) = MEANINGS.iter().find(|(mark, _, _)| words.contains(mark)) {
        return unusable(&format!("{meaning} ({}): {words}", kind.words()), fix);
    }
    let fix = match kind {
        Kind::Cli => "run `az login` (without a browser `az login --use-device-code`), or set AZURE_TENANT_ID, AZURE_CLIENT_ID, and \
                      AZURE_CLIENT_SECRET"
            .to_owned(),
        Kind::Managed => {
            "give the machine an identity, or name the one to use in AZURE_CLIENT_ID; AZURE_TOKEN_CREDENTIALS=dev \
             uses the Azure CLI instead"
                .to_owned()
        }
        Kind::Device => "try again to get a new code, or run `az login` and unset AZURE_TOKEN_CREDENTIALS".to_owned(),
        Kind::Secret | Kind::Workload => format!(
            "check AZURE_TENANT_ID, AZURE_CLIENT_ID, and the way to {}",
            place.authority
        ),
    };
    unusable(&format!("{} gave no token: {words}", kind.words()), &fix)
}

/// The Resource Manager itself did not take a token.
pub(in crate::clouds::azure) fn refused_token(kind: &str, code: &str, message: &str) -> CloudError {
    let fix = if code == "InvalidAuthenticationTokenTenant" || message.contains("wrong issuer") {
        "choose the tenant of the subscription: set AZURE_TENANT_ID, or `tenant` under `azure` in settings.yaml"
    } else {
        "run `az login`, or set a fresh AZURE_CLIENT_SECRET; check that the cloud and the tenant are those of the subscription"
    };
    unusable(&format!("the token of {kind} was not taken ({code}): {message}"), fix)
}

/// The action that a role must allow, and where, if a refusal for want of a role says so.
pub(in crate::clouds::azure) fn missing_role(code: &str, message: &str) -> Option<String> {
    if !matches!(code, "AuthorizationFailed" | "LinkedAuthorizationFailed" | "Forbidden") {
        return None;
    }
    // A linked refusal names first what is allowed, and last what is not.
    let (action, scope) = if code == "LinkedAuthorizationFailed" {
        let after = message.split("does not have permission to perform action").nth(1)?;
        (quoted(after, 0)?, quoted(after, 1))
    } else {
        (
            quoted(message.split("to perform action").nth(1)?, 0)?,
            quoted(message.split("over scope").nth(1)?, 0),
        )
    };
    let scope = scope.map(|scope| scope.trim_end_matches('/').to_owned());
    let at = scope.as_deref().map_or(String::new(), |scope| format!(" at `{scope}`"));
    let on = scope.as_deref().unwrap_or("SCOPE");
    let who = message.split("object id").nth(1).and_then(|after| quoted(after, 0));
    let who = who.as_deref().unwrap_or("OBJECT_ID");
    Some(format!(
        "no role allows the action `{action}`{at}: somebody who may assign roles there can mend it with `az role assignment \
         create --assignee-object-id {who} --role ROLE --scope {on}`, where ROLE is one that has the action"
    ))
}

/// The text between the quotes of the given pair.
fn quoted(text: &str, pair: usize) -> Option<String> {
    let inner = text.split('\'').nth(pair * 2 + 1)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./*() ".contains(c);
    (!inner.is_empty() && inner.chars().all(plain)).then(|| inner.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use azure_core::error::ErrorKind;

    fn place() -> Place {
        Place::sandbox("http://127.0.0.1", "s")
    }

    #[test]
    fn what_mends_it_is_said() {
        for (kind, said, fix) in [
            (
                Kind::Secret,
                "AADSTS7000222: The provided client secret keys for app are expired",
                "credential reset",
            ),
            (Kind::Cli, "ERROR: Please run 'az login' to setup account.", "az login"),
            (Kind::Cli, "Azure CLI not found on path", "install the Azure CLI"),
            (Kind::Cli, "who knows", "AZURE_CLIENT_SECRET"),
            (Kind::Managed, "the requested identity has not been assigned", "AZURE_CLIENT_ID"),
        ] {
            let error = Error::with_message(ErrorKind::Credential, said.to_owned());
            let CloudError::Credentials { message, fix: told } = asked(kind, &place(), &error) else {
                panic!()
            };
            assert!(told.contains(fix) && message.contains(said), "{message} / {told}");
        }
    }

    #[test]
    fn a_token_in_the_words_of_a_tool_is_masked() {
        let token = format!("eyJ{}.{}.sig", "a".repeat(20), "b".repeat(20));
        let said = format!("cannot read {token}");
        let error = asked(Kind::Cli, &place(), &Error::with_message(ErrorKind::Other, said));
        assert!(!error.to_string().contains(&token), "{error}");
    }

    #[test]
    fn a_missing_role_is_told_with_the_action_the_scope_and_whose_it_is() {
        let message = "The client 'me@x.org' with object id '1-2' does not have authorization to perform action \
                       'Microsoft.Compute/virtualMachines/write' over scope '/subscriptions/s/resourceGroups/g' or the \
                       scope is invalid.";
        let told = missing_role("AuthorizationFailed", message).unwrap();
        assert!(
            told.contains("`Microsoft.Compute/virtualMachines/write` at `/subscriptions/s/resourceGroups/g`"),
            "{told}"
        );
        assert!(told.contains("--assignee-object-id 1-2"), "{told}");
        let linked = "The client has permission to perform action 'Microsoft.Compute/virtualMachines/write' on scope \
                      '/a'; however, it does not have permission to perform action(s) \
                      'Microsoft.Network/networkInterfaces/join/action' on the linked scope(s) '/b' (respectively).";
        let told = missing_role("LinkedAuthorizationFailed", linked).unwrap();
        assert!(told.contains("networkInterfaces/join/action` at `/b`"), "{told}");
        assert_eq!(missing_role("NotFound", message), None);
        assert_eq!(missing_role("AuthorizationFailed", "no"), None);
    }

    #[test]
    fn words_of_a_stranger_make_no_command() {
        let message = "object id '$(rm -rf x)' to perform action 'a/b' over scope '/s; rm'";
        let told = missing_role("AuthorizationFailed", message).unwrap();
        assert!(!told.contains("rm"), "{told}");
    }
}
