//! Secrets in running text: what a person types, what a tool answers. The names of members come
//! first ([`super::mask_named`]); this finds what has no name.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::secret::{MASK, is_secret_name};

/// Texts that are secrets by their form: access keys, tokens of well-known services, private keys.
const FORMS: [&str; 5] = [
    r"(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\z)",
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    r"\b(?:sk-[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeprs]-[A-Za-z0-9-]{10,}|hf_[A-Za-z0-9]{20,}|npm_[A-Za-z0-9]{30,}|AIza[\w-]{30,})",
    r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*",
    r"\b(?:AccountKey|SharedAccessKey|X-Amz-Signature|X-Amz-Security-Token|sig)=[^&;\s]{8,}",
];

/// What stands before a secret that has no form of its own.
const LEADS: [&str; 2] = [r"(?i)\b((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{16,}", r"(://[^\s/:@]+:)[^\s/@]+@"];

/// A name, what joins it to its value, and the value, quoted or not.
const NAMED: &str = r#"(?x)
    (?P<name> [A-Za-z][A-Za-z0-9_.-]* (?:[\x20_-](?:access[\x20_-])?(?:key|token))? )
    (?P<join> (?:\\?["'])?\s*[:=]\s* | \s+(?:is|ist|lautet|as|of)\s+ | \s+ )
    (?P<value> \\"[^"\\]*\\" | "(?:[^"\\]|\\.)*" | '[^']*' | [^\s"',;&}\])]+ )"#;

/// What stands behind a secret name and is none: values of JSON, and kinds where a parameter is described.
const NO_SECRETS: [&str; 9] = ["true", "false", "null", "{", "[", "string", "boolean", "integer", "base64"];

/// The length of a secret access key of AWS.
const ACCESS_KEY: usize = 40;

struct Patterns {
    forms: Vec<Regex>,
    leads: Vec<Regex>,
    named: Option<Regex>,
    runs: Option<Regex>,
}

// A pattern that does not compile is left out here and fails the test that counts them.
static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| Patterns {
    forms: FORMS.iter().filter_map(|p| Regex::new(p).ok()).collect(),
    leads: LEADS.iter().filter_map(|p| Regex::new(p).ok()).collect(),
    named: Regex::new(NAMED).ok(),
    runs: Regex::new("[A-Za-z0-9/+]{40,}").ok(),
});

/// The text with everything masked that looks like a secret: keys and tokens by their form,
/// passwords by the word before them. References stay, they hold nothing.
#[must_use]
pub fn mask_text(text: &str) -> String {
    let patterns = &*PATTERNS;
    let mut out = text.to_owned();
    for form in &patterns.forms {
        replace(&mut out, form, |_| Some(MASK.to_owned()));
    }
    for lead in &patterns.leads {
        replace(&mut out, lead, |found| {
            let end = if found[0].ends_with('@') { "@" } else { "" };
            Some(format!("{}{MASK}{end}", &found[1]))
        });
    }
    if let Some(named) = &patterns.named {
        // Names overlap with values of the name before them, so every name gets its own look.
        let mut from = 0;
        while let Some(found) = named.captures_at(&out, from) {
            let (Some(whole), Some(name), Some(value)) =
                (found.get(0), found.name("name"), found.name("value"))
            else {
                break;
            };
            let spoken = found.name("join").is_some_and(|join| !join.as_str().contains([':', '=']));
            from = name.end();
            if is_secret_name(name.as_str()) && hides(value.as_str(), spoken) {
                let quotes = ["\\\"", "\"", "'"];
                let quote = quotes.into_iter().find(|q| value.as_str().starts_with(q)).unwrap_or_default();
                let masked = format!("{quote}{MASK}{quote}");
                from = value.start() + masked.len();
                out.replace_range(value.start()..whole.end(), &masked);
            }
        }
    }
    if let Some(runs) = &patterns.runs {
        replace(&mut out, runs, |found| is_access_key(&found[0]).then(|| MASK.to_owned()));
    }
    out
}

fn replace(text: &mut String, pattern: &Regex, with: impl Fn(&Captures<'_>) -> Option<String>) {
    if pattern.is_match(text) {
        let new = pattern
            .replace_all(text, |found: &Captures<'_>| with(found).unwrap_or_else(|| found[0].to_owned()));
        *text = new.into_owned();
    }
}

/// Whether a value under a secret name is one. In running words (`password policy`) only what no
/// word looks like.
fn hides(value: &str, spoken: bool) -> bool {
    let plain = value.trim_matches(['"', '\'', '\\']);
    if plain.is_empty() || plain.contains(MASK) || plain.starts_with("${{") {
        return false;
    }
    if spoken {
        plain.len() >= 5 && plain.chars().any(|c| c.is_ascii_digit() || "!#$%&*@^~".contains(c))
    } else {
        !NO_SECRETS.contains(&plain)
    }
}

/// Forty characters of base64 with capitals, small letters, and digits: not a hexadecimal hash,
/// not a word.
fn is_access_key(run: &str) -> bool {
    run.len() == ACCESS_KEY
        && run.bytes().any(|b| b.is_ascii_uppercase())
        && run.bytes().any(|b| b.is_ascii_lowercase())
        && run.bytes().any(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn every_pattern_compiles() {
        let patterns = &*PATTERNS;
        assert_eq!((patterns.forms.len(), patterns.leads.len()), (FORMS.len(), LEADS.len()));
        assert!(patterns.named.is_some() && patterns.runs.is_some());
    }

    #[test]
    fn keys_and_tokens_are_masked_by_their_form() {
        for secret in [
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "sk-proj-abcdefghijklmnop1234",
            "ghp_abcdefghijklmnopqrstuvwx123456",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\nMIIE and then it is cut",
        ] {
            let masked = mask_text(&format!("use ({secret}) for it"));
            let part = secret.get(8..20).unwrap();
            assert!(!masked.contains(part) && masked.contains(MASK), "{secret}: {masked}");
        }
    }

    #[test]
    fn what_follows_a_secret_name_is_masked_and_the_name_stays() {
        for (text, masked) in [
            ("password: hunter2, owner: web", "password: ‹hidden›, owner: web"),
            ("a database with password hunter2 in Paris", "a database with password ‹hidden› in Paris"),
            (
                "das Passwort lautet Geheim7; its password is Tr0ub4dor",
                "das Passwort lautet ‹hidden›; its password is ‹hidden›",
            ),
            (
                r#"{"MasterUserPassword":"a \" b","Name":"n"}"#,
                r#"{"MasterUserPassword":"‹hidden›","Name":"n"}"#,
            ),
            (r#"{"a":"{\"Password\":\"p w\",\"b\":1}"}"#, r#"{"a":"{\"Password\":\"‹hidden›\",\"b\":1}"}"#),
            ("aws_secret_access_key = abc", "aws_secret_access_key = ‹hidden›"),
            ("my secret access key: abc def", "my secret access key: ‹hidden› def"),
            ("Authorization: Bearer abcdefghijklmnop.qrs", "Authorization: Bearer ‹hidden›"),
            ("postgres://app:s3cr3t@db:5432/x", "postgres://app:‹hidden›@db:5432/x"),
            ("https://a.blob/x?sv=1&sig=abc%2Fdefghi&se=2", "https://a.blob/x?sv=1&‹hidden›&se=2"),
        ] {
            assert_eq!(mask_text(text), masked);
            assert_eq!(mask_text(masked), masked, "masking again changes nothing");
        }
    }

    #[test]
    fn ordinary_words_and_names_stay() {
        for text in [
            "set a password policy and rotate the secret every month",
            "NextToken: abc123, SecretId: db/main, KeyName: web1",
            "commit da39a3ee5e6b4b0d3255bfef95601890afd80709",
            r#"{"ManageMasterUserPassword": true, "Password": null}"#,
            r#"{"MasterUserPassword": "${{ steps.make.output.Password }}"}"#,
            "MasterUserPassword: string secret\nManageMasterUserPassword: boolean",
            "arn:aws:iam::123456789012:role/aws-service-role/autoscaling",
            "create a private, encrypted S3 bucket called demo-logs in Frankfurt, owner team-web",
        ] {
            assert_eq!(mask_text(text), text);
        }
    }
}
