//! Signing in with a code on another device (RFC 8628), which the credential library does not have. Nothing of it is kept on
//! disk: whoever starts the program anew signs in anew.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_core::error::{Error, ErrorKind};
use azure_core::time::{Duration, OffsetDateTime};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::clouds::http::{HttpClient, HttpRequest};
use crate::clouds::{Tell, azure::place::Place};
use crate::text::line;

/// The public client that Microsoft's own tools for developers sign in as.
const DEVELOPER_CLIENT: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
/// Everybody who belongs to some organisation, where no tenant is chosen.
const ANY_TENANT: &str = "organizations";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Between two asks where the authority names no time, and what is added when it wants fewer.
const INTERVAL: u64 = 5;
/// How long a code counts at most, whatever the authority says.
const LONGEST: u64 = 15 * 60;

/// A credential that asks the person to sign in elsewhere.
pub(super) struct DeviceCode {
    http: HttpClient,
    /// Where tokens come from, with the tenant.
    authority: String,
    client: String,
    tell: Tell,
    /// With this, nobody has to sign in again while the program runs.
    refresh: Mutex<Option<Secret>>,
    /// A second, for tests shorter.
    second: std::time::Duration,
}

/// What the authority answered.
enum Answer {
    Token(AccessToken, Option<Secret>),
    /// Its code for what is missing, and its words.
    Refused(String, String),
}

impl std::fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceCode")
    }
}

impl DeviceCode {
    pub(super) fn new(place: &Place, client: Option<String>, http: &HttpClient, tell: &Tell) -> Self {
        let tenant = place.tenant.as_deref().unwrap_or(ANY_TENANT);
        Self {
            http: http.clone(),
            authority: format!("{}/{}/oauth2/v2.0", place.authority, encoded(tenant)),
            client: client.unwrap_or_else(|| DEVELOPER_CLIENT.to_owned()),
            tell: Arc::clone(tell),
            refresh: Mutex::default(),
            second: std::time::Duration::from_secs(1),
        }
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> azure_core::Result<Value> {
        let pairs: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let request = HttpRequest {
            method: "POST".into(),
            url: format!("{}/{path}", self.authority),
            headers: vec![
                ("content-type".into(), "application/x-www-form-urlencoded".into()),
                ("accept".into(), "application/json".into()),
            ],
            body: pairs.join("&").into_bytes(),
            signing: None,
        };
        let answer = self.http.send(&request).await.map_err(|error| {
            let kind = if error.never_sent { ErrorKind::Connection } else { ErrorKind::Io };
            Error::with_message(kind, format!("{}: {}", request.host(), error.message))
        })?;
        serde_json::from_slice(&answer.body).map_err(|_| {
            failed(format!("{} answered with the status {} and no JSON", request.host(), answer.status))
        })
    }

    async fn token(&self, form: &[(&str, &str)]) -> azure_core::Result<Answer> {
        let answer = self.post("token", form).await?;
        let Some(token) = answer["access_token"].as_str() else { return Ok(refused(&answer)) };
        let lasts = answer["expires_in"].as_i64().unwrap_or(0);
        let token = AccessToken::new(token.to_owned(), OffsetDateTime::now_utc() + Duration::seconds(lasts));
        Ok(Answer::Token(token, answer["refresh_token"].as_str().map(|text| Secret::new(text.to_owned()))))
    }

    async fn renewed(&self, refresh: &Secret, scope: &str) -> azure_core::Result<Answer> {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", self.client.as_str()),
            ("refresh_token", refresh.secret()),
            ("scope", scope),
        ];
        self.token(&form).await
    }

    /// Tells the person the code and asks until it was entered.
    async fn signed_in(&self, scope: &str) -> azure_core::Result<(AccessToken, Option<Secret>)> {
        let begun = self.post("devicecode", &[("client_id", self.client.as_str()), ("scope", scope)]).await?;
        let text = |name: &str| begun[name].as_str().filter(|text| !text.is_empty());
        let (Some(device), Some(code), Some(page)) =
            (text("device_code"), text("user_code"), text("verification_uri"))
        else {
            let Answer::Refused(code, words) = refused(&begun) else {
                return Err(failed("no code was given"));
            };
            return Err(failed(format!("no code was given: {code}: {words}")));
        };
        let lasts = begun["expires_in"].as_u64().unwrap_or(LONGEST).min(LONGEST);
        (self.tell)(format!(
            "Azure asks you to sign in: open {} in a browser and enter the code {}. It counts for {} minutes; nobody \
             else should get it from you, and you should not enter one that you did not ask for here.",
            line(page),
            line(code),
            lasts.div_ceil(60)
        ));
        let mut interval = begun["interval"].as_u64().unwrap_or(INTERVAL).clamp(1, 60);
        let mut waited = 0;
        let form = [("grant_type", GRANT), ("client_id", self.client.as_str()), ("device_code", device)];
        while waited < lasts {
            tokio::time::sleep(self.second * u32::try_from(interval).unwrap_or(60)).await;
            waited += interval;
            match self.token(&form).await {
                Ok(Answer::Token(token, refresh)) => return Ok((token, refresh)),
                Ok(Answer::Refused(code, words)) => match code.as_str() {
                    "authorization_pending" => {}
                    "slow_down" => interval += INTERVAL,
                    "authorization_declined" | "access_denied" => {
                        return Err(failed("the sign-in was declined"));
                    }
                    "expired_token" => break,
                    _ => return Err(failed(format!("{code}: {words}"))),
                },
                // A lost answer is no answer: the code counts on.
                Err(error) if matches!(error.kind(), ErrorKind::Io | ErrorKind::Connection) => {}
                Err(error) => return Err(error),
            }
        }
        Err(failed("nobody entered the code in time"))
    }
}

#[async_trait]
impl TokenCredential for DeviceCode {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let scope = format!("{} offline_access", scopes.join(" "));
        let mut refresh = self.refresh.lock().await;
        if let Some(kept) = refresh.take() {
            match self.renewed(&kept, &scope).await {
                Ok(Answer::Token(token, next)) => {
                    *refresh = next.or(Some(kept));
                    return Ok(token);
                }
                // What is over is over: the person signs in again.
                Ok(Answer::Refused(..)) => {}
                Err(error) => {
                    *refresh = Some(kept);
                    return Err(error);
                }
            }
        }
        let (token, next) = self.signed_in(&scope).await?;
        *refresh = next;
        Ok(token)
    }
}

fn refused(answer: &Value) -> Answer {
    let text = |name: &str| answer[name].as_str().unwrap_or("no reason").to_owned();
    Answer::Refused(text("error"), text("error_description"))
}

fn failed(words: impl Into<String>) -> Error {
    Error::with_message(ErrorKind::Credential, words.into())
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clouds::http::loopback::{Say, Server};
    use pretty_assertions::assert_eq;
    use serde_json::json;

    async fn asking(says: Vec<Say>) -> (DeviceCode, Server, Arc<std::sync::Mutex<Vec<String>>>) {
        let server = Server::saying(says).await;
        let told = Arc::new(std::sync::Mutex::new(Vec::new()));
        let hear = Arc::clone(&told);
        let tell: Tell = Arc::new(move |text| hear.lock().unwrap().push(text));
        let place = Place::sandbox(&server.url, "s");
        let mut device = DeviceCode::new(&place, None, &HttpClient::new().unwrap(), &tell);
        device.second = std::time::Duration::from_millis(1);
        (device, server, told)
    }

    fn say(status: u16, body: &Value) -> Say {
        Say::Answer(status, "", body.to_string())
    }

    fn code() -> Say {
        say(
            200,
            &json!({"device_code": "d3vice", "user_code": "AB\u{1b}[2JCD", "expires_in": 900, "interval": 1,
                "verification_uri": "https://login.example/device"}),
        )
    }

    fn waiting(word: &str) -> Say {
        say(400, &json!({"error": word, "error_description": "AADSTS0: said"}))
    }

    fn token(name: &str) -> Say {
        say(200, &json!({"access_token": name, "refresh_token": "r3fresh", "expires_in": 3600}))
    }

    #[tokio::test]
    async fn the_person_is_told_a_code_and_the_token_comes_when_it_was_entered() {
        let says =
            vec![code(), waiting("authorization_pending"), waiting("slow_down"), token("t-1"), token("t-2")];
        let (device, server, told) = asking(says).await;
        let given = device.get_token(&["https://arm/.default"], None).await.unwrap();
        assert_eq!(given.token.secret(), "t-1");
        let told = told.lock().unwrap().clone();
        assert_eq!(told.len(), 1);
        assert!(
            told[0].contains("https://login.example/device") && told[0].contains("15 minutes"),
            "{told:?}"
        );
        assert!(!told[0].contains('\u{1b}') && !told[0].contains("d3vice"), "{told:?}");
        // The next one comes without the person.
        assert_eq!(device.get_token(&["https://arm/.default"], None).await.unwrap().token.secret(), "t-2");
        let seen = server.seen();
        assert!(
            seen[0].target().starts_with("POST /organizations/oauth2/v2.0/devicecode"),
            "{}",
            seen[0].target()
        );
        assert!(seen[0].body.contains("offline%5Faccess"), "{}", seen[0].body);
        assert!(seen[1].body.contains("device%5Fcode&client_id="), "{}", seen[1].body);
        assert!(seen[4].body.contains("refresh_token=r3fresh"), "{}", seen[4].body);
        assert_eq!(seen.len(), 5);
    }

    #[tokio::test]
    async fn what_ends_the_waiting_is_told() {
        for (word, said) in [
            ("authorization_declined", "was declined"),
            ("expired_token", "in time"),
            ("invalid_client", "invalid_client: AADSTS0: said"),
        ] {
            let (device, _server, _) = asking(vec![code(), waiting(word)]).await;
            let error = device.get_token(&["s"], None).await.unwrap_err().to_string();
            assert!(error.contains(said), "{word}: {error}");
        }
        let (device, _server, told) = asking(vec![waiting("unauthorized_client")]).await;
        let error = device.get_token(&["s"], None).await.unwrap_err().to_string();
        assert!(error.contains("unauthorized_client") && told.lock().unwrap().is_empty(), "{error}");
    }

    #[tokio::test]
    async fn a_refresh_that_is_over_asks_the_person_again() {
        let says = vec![code(), token("t-1"), waiting("invalid_grant"), code(), token("t-2")];
        let (device, _server, told) = asking(says).await;
        device.get_token(&["s"], None).await.unwrap();
        assert_eq!(device.get_token(&["s"], None).await.unwrap().token.secret(), "t-2");
        assert_eq!(told.lock().unwrap().len(), 2);
        assert_eq!(format!("{device:?}"), "DeviceCode");
    }
}
