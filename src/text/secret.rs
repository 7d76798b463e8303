//! The name-based backstop for secrets. The catalog's own marks come first; this catches what
//! no model marks.

use serde_json::Value;

/// What is shown in place of a secret.
pub const MASK: &str = "‹hidden›";

/// Words that make a member's name secret when they end it.
const SECRET_ENDINGS: [&str; 14] = [
    "password",
    "passwd",
    "secret",
    "secretkey",
    "secretaccesskey",
    "privatekey",
    "sessiontoken",
    "accesstoken",
    "refreshtoken",
    "authtoken",
    "apikey",
    "passphrase",
    "passwort",
    "kennwort",
];

/// Whether a member of this name holds a secret, whatever the model says.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    SECRET_ENDINGS.iter().any(|ending| plain.ends_with(ending))
        || matches!(
            plain.as_str(),
            "secretstring" | "secretbinary" | "plaintext" | "adminpass" | "passworddata" | "keymaterial"
        )
}

/// A copy in which every value under a secret name is masked. References stay, they hold nothing.
#[must_use]
pub fn mask_named(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| {
                    let hide =
                        is_secret_name(name) && !value.is_null() && !value.is_boolean() && !value.is_object();
                    let lone_reference =
                        value.as_str().is_some_and(|s| s.starts_with("${{") && s.ends_with("}}"));
                    let value = if hide && !lone_reference { Value::from(MASK) } else { mask_named(value) };
                    (name.clone(), value)
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(mask_named).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_are_masked_by_name_at_any_depth() {
        let masked =
            mask_named(&json!({"Users": [{"Name": "a", "MasterUserPassword": "p", "SecretAccessKey": "k"}]}));
        assert_eq!(
            masked,
            json!({"Users": [{"Name": "a", "MasterUserPassword": MASK, "SecretAccessKey": MASK}]})
        );
    }

    #[test]
    fn tokens_of_paging_and_harmless_names_stay() {
        for name in
            ["NextToken", "KeyName", "SecretId", "ManageMasterUserPasswordArn", "PublicKey", "ClientToken"]
        {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
