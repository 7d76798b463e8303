//! Notices to webhooks. A notice that fails is told and approves nothing; none takes longer than its time.

use std::time::Duration;

use hmac::{Hmac, Mac as _};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use sha2::Sha256;

use crate::legislator::Notice;

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(3);
/// Attempts before a notice is given up.
const ATTEMPTS: u32 = 3;
/// The pause before the second attempt; it doubles.
const PAUSE: Duration = Duration::from_millis(200);
/// The header that holds the signature.
const SIGNATURE: &str = "x-provisioner-signature";

/// Sends notices side by side; a sentence for each that was not delivered.
pub(crate) async fn notify(notices: Vec<Notice>) -> Vec<String> {
    notify_with(notices, |name| std::env::var(name).ok()).await
}

async fn notify_with(notices: Vec<Notice>, variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    if notices.is_empty() {
        return Vec::new();
    }
    let client = Client::builder()
        .timeout(ATTEMPT)
        .redirect(Policy::none())
        .user_agent(concat!("provisioner/", env!("CARGO_PKG_VERSION")))
        .build();
    let sending = notices.iter().map(|notice| {
        let client = client.as_ref();
        let ready = ready(notice, &variable);
        async move {
            let why = match (client, ready) {
                (Ok(client), Ok(ready)) => deliver(client, ready).await.err(),
                (Err(error), _) => Some(error.to_string()),
                (_, Err(why)) => Some(why),
            };
            why.map(|why| {
                format!(
                    "The notice to `{}` was not delivered: {why}; nothing was approved by it",
                    notice.route
                )
            })
        }
    });
    futures_util::future::join_all(sending).await.into_iter().flatten().collect()
}

/// A notice with its address and its signature.
struct Ready {
    url: Url,
    body: Vec<u8>,
    signature: Option<String>,
}

fn ready(notice: &Notice, variable: &impl Fn(&str) -> Option<String>) -> Result<Ready, String> {
    let set = |name: &str| {
        variable(name)
            .filter(|value| !value.trim().is_empty())
            .ok_or_else(|| format!("the environment variable {name} is not set"))
    };
    // The address holds a secret, so it is never repeated.
    let url = Url::parse(set(&notice.webhook_env)?.trim())
        .map_err(|_| format!("the environment variable {} holds no address", notice.webhook_env))?;
    let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if url.scheme() != "https" && !(url.scheme() == "http" && here) {
        return Err(format!("the address in {} is not encrypted; use https", notice.webhook_env));
    }
    let body = serde_json::to_vec(&notice.body).map_err(|e| e.to_string())?;
    let signature = match &notice.secret_env {
        Some(name) => Some(sign(&set(name)?, &body)?),
        None => None,
    };
    Ok(Ready { url, body, signature })
}

fn sign(secret: &str, body: &[u8]) -> Result<String, String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|e| e.to_string())?;
    mac.update(body);
    Ok(format!("sha256={}", hex::encode(mac.finalize().into_bytes())))
}

async fn deliver(client: &Client, ready: Ready) -> Result<(), String> {
    let mut why = String::new();
    let mut pause = PAUSE;
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        let mut request = client
            .post(ready.url.clone())
            .header("content-type", "application/json")
            .body(ready.body.clone());
        if let Some(signature) = &ready.signature {
            request = request.header(SIGNATURE, signature);
        }
        match request.send().await {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(answer) => {
                why = format!("the server answered {}", answer.status());
                let again = answer.status().is_server_error() || answer.status().as_u16() == 429;
                if !again {
                    break;
                }
            }
            // The error's own text holds the address.
            Err(error) if error.is_timeout() => why = "the server did not answer in time".into(),
            Err(_) => why = "the server cannot be reached".into(),
        }
    }
    Err(why)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use pretty_assertions::assert_eq;
    use serde_json::json;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that answers each request with the next status and keeps what it was sent.
    async fn server(statuses: &'static [&'static str]) -> (String, Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/hook?token=hush", listener.local_addr().unwrap());
        let kept = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&kept);
        tokio::spawn(async move {
            for status in statuses {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut text = String::new();
                let mut piece = [0; 4096];
                loop {
                    let n = stream.read(&mut piece).await.unwrap();
                    text.push_str(std::str::from_utf8(&piece[..n]).unwrap());
                    let length = text
                        .to_lowercase()
                        .split_once("content-length: ")
                        .and_then(|(_, rest)| rest.split("\r\n").next()?.parse::<usize>().ok());
                    let body = text.split_once("\r\n\r\n").map(|(_, body)| body.len());
                    if n == 0 || length.zip(body).is_some_and(|(wanted, there)| there >= wanted) {
                        break;
                    }
                }
                heard.lock().unwrap().push(text);
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        (address, kept)
    }

    fn notice() -> Notice {
        Notice {
            route: "ciso".into(),
            webhook_env: "HOOK".into(),
            secret_env: Some("KEY".into()),
            body: json!({"text": "hello"}),
        }
    }

    async fn send(address: &str) -> Vec<String> {
        let address = address.to_owned();
        notify_with(vec![notice()], move |name| match name {
            "HOOK" => Some(address.clone()),
            _ => Some("It's a Secret to Everybody".into()),
        })
        .await
    }

    #[tokio::test]
    async fn a_notice_is_json_with_a_signature_over_its_very_bytes() {
        let (address, kept) = server(&["200 OK"]).await;
        assert_eq!(send(&address).await, Vec::<String>::new());
        let sent = kept.lock().unwrap()[0].clone();
        let (head, body) = sent.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, r#"{"text":"hello"}"#);
        let expected = sign("It's a Secret to Everybody", body.as_bytes()).unwrap();
        assert!(head.to_lowercase().contains(&format!("{SIGNATURE}: {expected}")), "{head}");
    }

    #[test]
    fn the_signature_is_that_of_the_published_example() {
        assert_eq!(
            sign("It's a Secret to Everybody", b"Hello, World!").unwrap(),
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        );
    }

    #[tokio::test]
    async fn a_server_in_trouble_is_asked_again_and_a_refusal_is_not() {
        let (address, kept) = server(&["503 Busy", "200 OK"]).await;
        assert_eq!(send(&address).await, Vec::<String>::new());
        assert_eq!(kept.lock().unwrap().len(), 2);
        let (address, kept) = server(&["403 Forbidden", "200 OK"]).await;
        let told = send(&address).await;
        assert!(told[0].contains("`ciso`") && told[0].contains("403"), "{told:?}");
        assert_eq!(kept.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn an_address_that_fails_is_never_repeated() {
        for address in
            ["http://127.0.0.1:9/hook?token=hush", "http://example.com/?token=hush", "token=hush", " "]
        {
            let told = send(address).await;
            assert_eq!(told.len(), 1);
            assert!(!told[0].contains("hush"), "{told:?}");
        }
        let told = notify_with(vec![notice()], |_| None).await;
        assert!(told[0].contains("HOOK is not set"), "{told:?}");
    }
}
