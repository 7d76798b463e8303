//! `conformance sign`: the signature of an OCI request, with a key that the line brings.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::lines::LineError;
use super::model::text;
use crate::clouds::http::{HttpRequest, Signing};
use crate::clouds::oci::{Body, PrivateKey, Signer};

/// Answers lines; the signer of the last one is kept, because a key takes longer to read than to use.
#[derive(Default)]
pub(crate) struct Signers {
    last: Option<(String, Option<String>, String, Signer)>,
}

impl Signers {
    /// Answers one line.
    pub(crate) fn answer(&mut self, line: &Value) -> Result<Value, LineError> {
        let needed = |name: &str| {
            text(line, name).ok_or_else(|| LineError::new("invalid", format!("{name} is missing")))
        };
        let body = match text(line, "body_b64") {
            Some(encoded) => BASE64_STANDARD
                .decode(encoded)
                .map_err(|e| LineError::new("invalid", format!("body_b64: {e}")))?,
            None => Vec::new(),
        };
        let mut request = HttpRequest {
            method: needed("method")?,
            url: needed("url")?,
            headers: Vec::new(),
            body,
            signing: Some(Signing {
                scheme: "oci".into(),
                name: String::new(),
                region: String::new(),
                unsigned_body: line["enforce_content_headers"] == Value::Bool(false),
            }),
        };
        for (name, value) in line["headers"].as_object().into_iter().flatten() {
            let value = value
                .as_str()
                .ok_or_else(|| LineError::new("invalid", format!("headers.{name}: no text")))?;
            request.set_header(&name.to_ascii_lowercase(), value);
        }
        let kind = if line["body_kind"] == "stream" { Body::Stream } else { Body::Bytes };
        let signer = self.signer(needed("key_pem")?, text(line, "passphrase"), needed("key_id")?)?;
        signer
            .sign(&mut request, kind, Timestamp::now())
            .map_err(|e| LineError::new("key", format!("the key: {e}")))?;
        let authorization = request.header("authorization").unwrap_or_default().to_owned();
        let headers: Map<String, Value> = request
            .headers
            .into_iter()
            .filter(|(name, _)| name != "authorization")
            .map(|(name, value)| (name, value.into()))
            .collect();
        Ok(json!({"authorization": authorization, "headers": headers}))
    }

    fn signer(
        &mut self,
        pem: String,
        passphrase: Option<String>,
        key_id: String,
    ) -> Result<&Signer, LineError> {
        let kept =
            self.last.take().filter(|(p, phrase, id, _)| (p, phrase, id) == (&pem, &passphrase, &key_id));
        let signer = match kept {
            Some((_, _, _, signer)) => signer,
            None => {
                let key = PrivateKey::from_pem(&pem, passphrase.as_deref())
                    .map_err(|e| LineError::new("key", format!("the key: {e}")))?;
                Signer::new(key_id.clone(), key)
            }
        };
        Ok(&self.last.insert((pem, passphrase, key_id, signer)).3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_a_key_says_so_and_one_with_a_bad_key_too() {
        let mut signers = Signers::default();
        let line = json!({"method": "GET", "url": "https://h/", "headers": {}});
        assert!(signers.answer(&line).unwrap_err().message.contains("key_pem is missing"));
        let line = json!({"method": "GET", "url": "https://h/", "key_pem": "no", "key_id": "a/b/c"});
        assert_eq!(signers.answer(&line).unwrap_err().kind, "key");
    }
}
