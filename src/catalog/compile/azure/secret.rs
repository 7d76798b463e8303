//! Which values are secrets. The packages do not say it, so names decide, and being sent but never shown.

/// Endings of names that are secrets, in lower case without separators.
const ENDINGS: [&str; 21] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "secretvalue",
    "connectionstring",
    "credential",
    "sastoken",
    "sasuri",
    "sasurl",
    "accesstoken",
    "refreshtoken",
    "authtoken",
    "bearertoken",
    "securitytoken",
    "apitoken",
    "privatekey",
    "pfxblob",
    "pfxpassword",
    "kubeconfig",
    "authorizationkey",
];
/// What stands before `key`, `key1`, `key2` in names that are secrets.
const KEYS: [&str; 14] = [
    "primary",
    "secondary",
    "account",
    "accountaccess",
    "access",
    "private",
    "shared",
    "sharedaccess",
    "api",
    "master",
    "storageaccount",
    "admin",
    "query",
    "secret",
];

/// Whether a text of this name is a secret. `write_only` says that it is sent and never shown again.
pub(super) fn is_secret(wire: &str, write_only: bool) -> bool {
    let name: String = wire.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    write_only && !name.ends_with("name") && !name.ends_with("id") && !name.ends_with("mode")
        || ENDINGS.iter().any(|ending| name.ends_with(ending)) && !name.starts_with("public")
        || is_key(&name)
        || matches!(name.as_str(), "token" | "sas")
}

fn is_key(name: &str) -> bool {
    let name = name.trim_end_matches(['1', '2']);
    let name = name.strip_suffix("value").unwrap_or(name);
    name.strip_suffix("key").is_some_and(|before| KEYS.iter().any(|known| before.ends_with(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_keys_and_connection_strings_are_secrets() {
        for name in [
            "adminPassword",
            "administratorLoginPassword",
            "clientSecret",
            "connectionString",
            "primaryKey",
            "secondaryKey",
            "storageAccountAccessKey",
            "sharedAccessKey",
            "key.primaryKey",
            "accountKey",
            "sasToken",
            "primaryConnectionString",
            "token",
            "apiKey1",
        ] {
            assert!(is_secret(name, false), "{name}");
        }
    }

    #[test]
    fn names_of_keys_and_tokens_of_pages_are_none() {
        for name in [
            "skipToken",
            "nextToken",
            "keyName",
            "publicKey",
            "primaryKeyName",
            "secretName",
            "keyVaultId",
            "passwordPolicy",
            "monkey",
            "connectionStringName",
            "tokenExpiry",
        ] {
            assert!(!is_secret(name, false), "{name}");
        }
    }

    #[test]
    fn what_is_sent_and_never_shown_is_a_secret_unless_it_is_a_name() {
        assert!(is_secret("customHeader", true));
        assert!(!is_secret("certificateName", true));
    }
}
