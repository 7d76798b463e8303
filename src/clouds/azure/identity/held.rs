//! The token that is used, kept until it is nearly over.

use std::sync::Arc;

use azure_core::credentials::{AccessToken, TokenCredential};
use azure_core::time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

use super::chain::{self, Env, Kind};
use super::words::asked;
use crate::clouds::azure::place::Place;
use crate::clouds::http::HttpClient;
use crate::clouds::{CloudError, Tell};

/// A token that is over sooner than this is asked for anew.
const SOON: Duration = Duration::minutes(5);

/// Who asks.
pub(in crate::clouds::azure) enum Identity {
    /// The sandbox takes any token.
    Sandbox,
    /// Whoever the environment, the machine, or the Azure CLI says.
    Found {
        /// The environment.
        env: Box<Env>,
        /// Tells the person what only a person can do.
        tell: Tell,
        /// What was found, once it was needed.
        held: Mutex<Held>,
    },
}

/// What was found so far.
#[derive(Default)]
pub(in crate::clouds::azure) struct Held {
    credential: Option<(Kind, Arc<dyn TokenCredential>)>,
    token: Option<AccessToken>,
}

impl Identity {
    pub(in crate::clouds::azure) fn found(env: Box<Env>, tell: Tell) -> Self {
        Identity::Found { env, tell, held: Mutex::default() }
    }

    /// The token for requests to a place.
    ///
    /// # Errors
    ///
    /// Nobody gives one; the fix is in the error.
    pub(in crate::clouds::azure) async fn token(
        &self,
        place: &Place,
        http: &HttpClient,
    ) -> Result<String, CloudError> {
        let Identity::Found { env, tell, held } = self else { return Ok("sandbox".into()) };
        // One task asks; the others wait here for its answer.
        let mut held = held.lock().await;
        if let Some(token) = held.token.as_ref().filter(|token| lasts(token)) {
            return Ok(token.token.secret().to_owned());
        }
        let (kind, credential) = match &held.credential {
            Some((kind, credential)) => (*kind, Arc::clone(credential)),
            None => {
                let kind = match chain::described(&**env)? {
                    Some(kind) => kind,
                    None => chain::look_around(http).await,
                };
                (kind, chain::credential(kind, place, http, &**env, tell)?)
            }
        };
        held.credential = Some((kind, Arc::clone(&credential)));
        let scope = place.scope();
        let given = credential.get_token(&[&scope], None).await;
        let token = given.map_err(|error| asked(kind, place, &error))?;
        let secret = token.token.secret().to_owned();
        held.token = Some(token);
        Ok(secret)
    }

    /// Drops the token that was given last, and what gave it, whose own memory would give it again;
    /// whether there was one.
    pub(in crate::clouds::azure) async fn forget(&self) -> bool {
        let Identity::Found { held, .. } = self else { return false };
        let mut held = held.lock().await;
        held.credential = None;
        held.token.take().is_some()
    }

    /// What gives the tokens, in words, as far as it can be said without looking around.
    pub(in crate::clouds::azure) fn words(&self) -> &'static str {
        match self {
            Identity::Sandbox => "the sandbox",
            Identity::Found { env, held, .. } => {
                let known =
                    held.try_lock().ok().and_then(|held| held.credential.as_ref().map(|(kind, _)| *kind));
                let described = || chain::described(&**env).ok().flatten();
                known.or_else(described).map_or("a managed identity or the Azure CLI", Kind::words)
            }
        }
    }
}

fn lasts(token: &AccessToken) -> bool {
    token.expires_on > OffsetDateTime::now_utc() + SOON
}

#[cfg(test)]
mod tests {
    use super::*;
    use azure_core::credentials::TokenRequestOptions;
    use std::sync::atomic::{AtomicI64, Ordering};

    /// Gives tokens that last so long, and counts.
    #[derive(Debug)]
    struct Counting(AtomicI64, Duration);

    #[async_trait::async_trait]
    impl TokenCredential for Counting {
        async fn get_token(
            &self,
            scopes: &[&str],
            _: Option<TokenRequestOptions<'_>>,
        ) -> azure_core::Result<AccessToken> {
            assert_eq!(scopes, ["http://127.0.0.1/.default"]);
            let number = self.0.fetch_add(1, Ordering::SeqCst);
            Ok(AccessToken::new(format!("t{number}"), OffsetDateTime::now_utc() + self.1))
        }
    }

    fn identity(lasts: Duration) -> Identity {
        let credential: Arc<dyn TokenCredential> = Arc::new(Counting(AtomicI64::new(0), lasts));
        let held = Held { credential: Some((Kind::Cli, credential)), token: None };
        let env = |name: &str| (name == "AZURE_TOKEN_CREDENTIALS").then(|| "nothing of the kind".to_owned());
        Identity::Found { env: Box::new(env), tell: Arc::new(|_| {}), held: Mutex::new(held) }
    }

    #[tokio::test]
    async fn a_token_is_kept_until_it_is_nearly_over() {
        let (place, http) = (Place::sandbox("http://127.0.0.1", "s"), HttpClient::new().unwrap());
        let lasting = identity(Duration::hours(1));
        assert_eq!(lasting.token(&place, &http).await.unwrap(), "t0");
        assert_eq!(lasting.token(&place, &http).await.unwrap(), "t0");
        let short = identity(Duration::minutes(4));
        assert_eq!(short.token(&place, &http).await.unwrap(), "t0");
        assert_eq!(short.token(&place, &http).await.unwrap(), "t1");
    }

    #[tokio::test]
    async fn a_forgotten_token_is_asked_for_from_the_beginning() {
        let (place, http) = (Place::sandbox("http://127.0.0.1", "s"), HttpClient::new().unwrap());
        let identity = identity(Duration::hours(1));
        assert!(!identity.forget().await || identity.token(&place, &http).await.is_err());
        let error = identity.token(&place, &http).await.unwrap_err();
        assert!(matches!(error, CloudError::Credentials { .. }), "the way is chosen again: {error}");
    }
}
