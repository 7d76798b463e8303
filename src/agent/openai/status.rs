//! What the statuses of an endpoint mean for the person.

use std::time::Duration;

use super::failure::{Partner, told};
use crate::protocol::Problem;

/// A refusal in three lines.
pub(super) fn problem(
    code: u16,
    message: &str,
    retry_after: Option<Duration>,
    partner: Partner<'_>,
) -> Problem {
    let Partner { model, base, has_key, key_variable } = partner;
    let (what, fix) = match code {
        401 | 403 if !has_key => (
            format!("The model {model} wants a key"),
            format!("set {key_variable}, or name a file with mode 0600 as `key_file` in settings.yaml"),
        ),
        401 | 403 => (
            format!("The model {model} refused the key"),
            format!("put a key that is valid for {base} into {key_variable} or the `key_file`"),
        ),
        404 => (
            format!("The endpoint knows no model {model}"),
            "correct `name` or `base_url` under `model` in settings.yaml; `provisioner doctor` lists what there is".to_owned(),
        ),
        413 => (
            format!("The request was too long for the model {model}"),
            "set `context_tokens` in settings.yaml to what the model can read, or start a new session".to_owned(),
        ),
        400 | 422 if too_long(message) => (
            format!("The request was too long for the model {model}"),
            "set `context_tokens` in settings.yaml to what the model can read, or start a new session".to_owned(),
        ),
        429 if spent(message) => (
            format!("The quota of the model {model} is used up"),
            format!("look at the billing of {base}, or use another model"),
        ),
        429 => (
            format!("The model {model} is asked too often"),
            match retry_after {
                Some(wait) => format!("say it again in {} s", wait.as_secs().max(1)),
                None => "wait a little, then say it again".to_owned(),
            },
        ),
        300..=399 => (
            format!("The endpoint of the model {model} has moved"),
            "set `base_url` in settings.yaml to where it is now".to_owned(),
        ),
        500..=599 => (
            format!("The endpoint of the model {model} failed"),
            "say it again in a while; what you said is kept".to_owned(),
        ),
        _ => (
            format!("The model {model} refused the request"),
            "`provisioner doctor` looks at the endpoint and the model's name".to_owned(),
        ),
    };
    told(what, format!("{base} answered with status {code}: {message}"), fix)
}

/// Whether the money is gone: waiting does not help.
pub(super) fn spent(message: &str) -> bool {
    let words = message.to_lowercase();
    ["insufficient_quota", "exceeded your current quota", "billing", "credit"]
        .iter()
        .any(|sign| words.contains(sign))
}

fn too_long(message: &str) -> bool {
    let words = message.to_lowercase();
    words.contains("context")
        && (words.contains("length") || words.contains("window") || words.contains("exceed"))
}
