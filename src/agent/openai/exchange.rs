//! One request to the model and its streamed answer.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::{OpenAIError, StreamError};
use futures_util::StreamExt;
use serde_json::Value;
use tokio::sync::mpsc;

use super::assemble::{Assembler, Completion};
use super::chunk::Chunk;
use super::clean::Cleaner;
use super::endpoint::Endpoint;
use super::failure::{Failure, quoted};
use super::key::Key;
use super::transport::{End, Transport};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// What comes while an answer streams in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coming<'a> {
    /// More text, cleaned.
    Text(&'a str),
    /// A call of this tool has begun.
    Call(&'a str),
}

/// The connections to one endpoint; clones share them.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    client: reqwest::Client,
    endpoint: Endpoint,
    key: Option<Key>,
    patience: u64,
}

impl Connection {
    /// Makes ready; nothing is sent yet. `patience` is how many seconds of silence are allowed.
    pub(super) fn new(endpoint: Endpoint, key: Option<Key>, patience: u64) -> Result<Self, Failure> {
        let mut client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            // A limit for the whole would cut long answers; silence is what matters.
            .read_timeout(Duration::from_secs(patience.max(1)))
            // A redirected POST would arrive as a GET.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("provisioner/", env!("CARGO_PKG_VERSION")));
        if endpoint.is_here() {
            client = client.no_proxy();
        }
        let client = client.build().map_err(|e| Failure::Unreachable(quoted(&e.to_string(), None)))?;
        Ok(Self { client, endpoint, key, patience })
    }

    /// Sends a request and hears its answer; `heard` gets it as it comes.
    pub(super) async fn exchange(
        &self,
        request: &Value,
        mut heard: impl FnMut(Coming<'_>),
    ) -> Result<Completion, Failure> {
        let (end, mut ended) = mpsc::unbounded_channel();
        let client = self.client(Some(end));
        let mut stream =
            client.chat().create_stream_byot::<_, Chunk>(request).await.map_err(|e| self.failure(e))?;
        let mut assembler = Assembler::default();
        let mut cleaner = Cleaner::default();
        let mut begun = 0;
        let mut hear = |text: String, assembler: &mut Assembler, chunk: Chunk| {
            if !text.is_empty() {
                heard(Coming::Text(&text));
            }
            let calls = !chunk.calls.is_empty();
            assembler.add(Chunk { text, ..chunk });
            if calls {
                assembler.begun().skip(begun).for_each(|name| heard(Coming::Call(name)));
                begun = assembler.begun().count();
            }
        };
        let mut broken = None;
        let mut empty = true;
        while let Some(event) = stream.next().await {
            let chunk = match event {
                Ok(chunk) if chunk.readable => chunk,
                Ok(_) => {
                    broken = Some(Failure::Garbage(String::new()));
                    break;
                }
                Err(error) => {
                    broken = Some(self.failure(error));
                    break;
                }
            };
            empty = false;
            if let Some(message) = &chunk.error {
                broken = Some(Failure::BrokeOff(self.quoted(message)));
                break;
            }
            hear(cleaner.push(&chunk.text), &mut assembler, chunk);
        }
        hear(cleaner.finish(), &mut assembler, Chunk::default());
        let done = assembler.finish();
        match (broken, ended.try_recv()) {
            // What the body itself met says more than what the parser made of it.
            (_, Ok(End::Failed(failure))) | (Some(failure), _) => Err(failure),
            (None, Ok(End::Closed(start))) if empty => Err(Failure::Garbage(start)),
            (None, Ok(End::Closed(_))) if done.finish.is_none() => Err(Failure::Cut),
            (None, _) => Ok(done),
        }
    }

    /// The models that the endpoint lists.
    pub(super) async fn models(&self) -> Result<Value, Failure> {
        self.client(None).models().list_byot::<Value>().await.map_err(|e| self.failure(e))
    }

    fn client(&self, end: Option<mpsc::UnboundedSender<End>>) -> Client<OpenAIConfig> {
        // Organisation and project belong to OpenAI; the variables of others are not looked at.
        let config = OpenAIConfig::new()
            .with_api_base(self.endpoint.base())
            .with_api_key("")
            .with_org_id("")
            .with_project_id("");
        Client::build(self.client.clone(), config).with_http_service(Transport {
            client: self.client.clone(),
            key: self.key.clone(),
            patience: self.patience,
            end,
        })
    }

    fn failure(&self, error: OpenAIError) -> Failure {
        match error {
            OpenAIError::Boxed(inner) => match inner.downcast::<Failure>() {
                Ok(failure) => *failure,
                Err(other) => Failure::Broken(self.quoted(&other.to_string())),
            },
            OpenAIError::JSONDeserialize(_, text) => Failure::Garbage(self.quoted(&text)),
            OpenAIError::StreamError(inner) => match *inner {
                StreamError::EventStream(text) if text.starts_with("Transport") => Failure::Cut,
                other => Failure::Garbage(self.quoted(&other.to_string())),
            },
            other => Failure::Broken(self.quoted(&other.to_string())),
        }
    }

    /// Words of the endpoint, which may repeat the key.
    fn quoted(&self, text: &str) -> String {
        quoted(text, self.key.as_ref())
    }
}
