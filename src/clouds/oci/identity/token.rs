//! Security tokens: what they say of themselves.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;

/// When a token is over, if it says so.
pub(super) fn end(token: &str) -> Option<Timestamp> {
    let payload = token.split('.').nth(1)?;
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&bytes).ok()?;
    Timestamp::from_second(claims.get("exp")?.as_i64()?).ok()
}

#[cfg(test)]
pub(in crate::clouds::oci) mod tests {
    use super::*;
    use serde_json::json;

    /// A token with these claims.
    pub(in crate::clouds::oci) fn token(claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.signature", part(&json!({"alg": "RS256"})), part(claims))
    }

    #[test]
    fn the_end_of_a_token_is_read() {
        let token = token(&json!({"exp": 1_700_000_000, "res_tenant": "t"}));
        assert_eq!(end(&token).unwrap().as_second(), 1_700_000_000);
        assert_eq!(end("no token"), None);
        assert_eq!(end("a.b.c"), None);
    }
}
