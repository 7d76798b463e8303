//! The planner: who is asked, and what was learned of the endpoint.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::endpoint::Endpoint;
use super::exchange::Connection;
use super::failure::{Failure, Partner};
use super::key::Key;
use super::request::Abilities;
use super::turn::Talk;
use crate::agent::{AgentError, Answer, Planner, Turn};
use crate::clouds::Pending;
use crate::config::ModelSettings;
use crate::protocol::Problem;

/// A model behind an OpenAI-compatible endpoint.
#[derive(Debug)]
pub struct OpenAi {
    settings: ModelSettings,
    endpoint: Endpoint,
    key: Option<Key>,
    /// Made at the first request: reading the system's certificates takes longer than a first frame may.
    connection: OnceLock<Connection>,
    without_tools: AtomicBool,
    without_usage: AtomicBool,
    pub(super) pauses: Pauses,
}

/// How patiently a busy or failing endpoint is asked again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pauses {
    /// How often.
    pub(super) times: u32,
    /// How long to wait before the first time, where the endpoint does not say; doubled each time.
    pub(super) first: Duration,
    /// The longest wait; an endpoint that asks for more is not waited for.
    pub(super) longest: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { times: 3, first: Duration::from_secs(1), longest: Duration::from_secs(60) }
    }
}

impl Pauses {
    /// How long to wait before asking again after so many attempts, if it is worth it.
    pub(super) fn after(self, attempts: u32, failure: &Failure) -> Option<Duration> {
        if attempts >= self.times || !failure.passes() {
            return None;
        }
        let wait = failure.retry_after().unwrap_or(self.first * 2_u32.saturating_pow(attempts));
        (wait <= self.longest).then_some(wait)
    }
}

impl OpenAi {
    /// A planner for the model of the settings. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// The model has no name, its address cannot be used, or its key is missing, unreadable, or
    /// readable by others.
    pub fn new(settings: &ModelSettings) -> Result<Self, AgentError> {
        Self::with_environment(settings, |name| std::env::var(name).ok())
    }

    pub(super) fn with_environment(
        settings: &ModelSettings,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, AgentError> {
        if settings.name.trim().is_empty() {
            return Err(AgentError::NoName);
        }
        let endpoint = Endpoint::new(settings.base_url.as_deref())?;
        let key = Key::find(settings, variable)?;
        if key.is_none() && endpoint.needs_key() {
            return Err(AgentError::NoKey { variable: settings.key_env.clone() });
        }
        Ok(Self {
            settings: settings.clone(),
            endpoint,
            key,
            connection: OnceLock::new(),
            without_tools: AtomicBool::new(false),
            without_usage: AtomicBool::new(false),
            pauses: Pauses::default(),
        })
    }

    pub(super) fn model(&self) -> &str {
        &self.settings.name
    }

    pub(super) fn context_tokens(&self) -> usize {
        self.settings.context_tokens
    }

    pub(super) fn connection(&self) -> Result<&Connection, Failure> {
        if let Some(connection) = self.connection.get() {
            return Ok(connection);
        }
        let new = Connection::new(self.endpoint.clone(), self.key.clone(), self.settings.patience_seconds)?;
        Ok(self.connection.get_or_init(|| new))
    }

    pub(super) fn abilities(&self) -> Abilities {
        Abilities {
            tools: !self.without_tools.load(Ordering::Relaxed),
            usage: !self.without_usage.load(Ordering::Relaxed),
        }
    }

    /// Learns from a refusal what the endpoint cannot do. Whether something was learned: then the
    /// request is worth sending once more without it.
    pub(super) fn learn(&self, failure: &Failure) -> bool {
        let learned = |ability: &AtomicBool| !ability.swap(true, Ordering::Relaxed);
        (failure.is_without_usage() && learned(&self.without_usage))
            || (failure.is_without_tools() && learned(&self.without_tools))
    }

    pub(super) fn problem(&self, failure: &Failure) -> Problem {
        failure.problem(Partner {
            model: &self.settings.name,
            base: self.endpoint.base(),
            has_key: self.key.is_some(),
            key_variable: &self.settings.key_env,
        })
    }

    pub(super) fn base(&self) -> &str {
        self.endpoint.base()
    }
}

impl Planner for OpenAi {
    fn name(&self) -> String {
        crate::text::line(&self.settings.name)
    }

    fn turn<'a>(&'a self, turn: Turn<'a>) -> Pending<'a, Result<Answer, Problem>> {
        Box::pin(async move { Talk::begin(self, turn).await.run().await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(name: &str, base_url: Option<&str>) -> ModelSettings {
        let mut text = format!("name: \"{name}\"\n");
        if let Some(url) = base_url {
            text.push_str(&format!("base_url: \"{url}\"\n"));
        }
        yaml_serde::from_str(&text).unwrap()
    }

    #[test]
    fn a_local_model_needs_no_key_and_the_usual_endpoint_does() {
        assert!(OpenAi::with_environment(&settings("q", Some("http://localhost:1/v1")), |_| None).is_ok());
        let message = OpenAi::with_environment(&settings("q", None), |_| None).unwrap_err().to_string();
        assert!(message.contains("OPENAI_API_KEY") && message.contains("0600"), "{message}");
        let message = OpenAi::with_environment(&settings(" ", None), |_| None).unwrap_err().to_string();
        assert!(message.contains("name"), "{message}");
    }

    #[test]
    fn a_wait_is_doubled_bounded_and_given_up() {
        let pauses = Pauses::default();
        let busy = |retry_after| Failure::Status { code: 429, message: String::new(), retry_after };
        assert_eq!(pauses.after(0, &busy(None)), Some(Duration::from_secs(1)));
        assert_eq!(pauses.after(2, &busy(None)), Some(Duration::from_secs(4)));
        assert_eq!(pauses.after(3, &busy(None)), None);
        assert_eq!(pauses.after(0, &busy(Some(Duration::from_secs(7)))), Some(Duration::from_secs(7)));
        assert_eq!(
            pauses.after(0, &busy(Some(Duration::from_secs(3600)))),
            None,
            "an hour is not waited for"
        );
        assert_eq!(pauses.after(0, &Failure::Cut), None);
    }

    #[test]
    fn what_an_endpoint_cannot_do_is_learned_once() {
        let model =
            OpenAi::with_environment(&settings("q", Some("http://localhost:1/v1")), |_| None).unwrap();
        let refusal =
            Failure::Status { code: 400, message: "q does not support tools".into(), retry_after: None };
        assert!(model.learn(&refusal) && !model.abilities().tools && model.abilities().usage);
        assert!(!model.learn(&refusal), "the same refusal again is a failure");
    }
}
