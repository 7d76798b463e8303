//! Where the model is: the address, checked before anything is sent there.

use std::net::IpAddr;

use reqwest::Url;

use crate::agent::AgentError;

/// OpenAI's own endpoint.
const USUAL: &str = "https://api.openai.com/v1";

/// An endpoint that speaks as OpenAI's does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    base: String,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// OpenAI's own.
    Usual,
    /// This machine.
    Here,
    /// A machine of a network that is not the internet.
    Near,
    /// Anywhere else.
    Far,
}

impl Endpoint {
    /// Reads an address; OpenAI's own when there is none.
    pub(super) fn new(base_url: Option<&str>) -> Result<Self, AgentError> {
        let Some(text) = base_url.map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(Self { base: USUAL.into(), place: Place::Usual });
        };
        let unfit = |reason: &str| AgentError::BaseUrl { url: shown(text), reason: reason.to_owned() };
        let url =
            Url::parse(text).map_err(|e| unfit(&format!("{e}; it looks like http://localhost:11434/v1")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(unfit("it must begin with https:// or http://"));
        }
        let Some(host) = url.host_str() else { return Err(unfit("it names no host")) };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(unfit(
                "a key or password in an address is logged on its way; use `key_env` or `key_file`",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(unfit("paths are put behind it, so it must end with a path, for example /v1"));
        }
        let place = if text.trim_end_matches('/') == USUAL { Place::Usual } else { place(host) };
        if url.scheme() == "http" && place == Place::Far {
            return Err(unfit("it would carry your words and your key in clear text; use https://"));
        }
        Ok(Self { base: text.trim_end_matches('/').to_owned(), place })
    }

    /// The address, without a slash at the end.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// Whether it surely answers nobody without a key.
    pub(super) fn needs_key(&self) -> bool {
        self.place == Place::Usual
    }

    /// Whether it is this machine, to which no proxy leads.
    pub(super) fn is_here(&self) -> bool {
        self.place == Place::Here
    }
}

fn place(host: &str) -> Place {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = host.parse::<IpAddr>() {
        let near = match address {
            IpAddr::V4(v4) => v4.is_private() || v4.is_link_local(),
            IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
        };
        return match (address.is_loopback(), near) {
            (true, _) => Place::Here,
            (false, true) => Place::Near,
            (false, false) => Place::Far,
        };
    }
    if host == "localhost" || host.ends_with(".localhost") {
        Place::Here
    } else if !host.contains('.') || host.ends_with(".local") || host.ends_with(".internal") {
        Place::Near
    } else {
        Place::Far
    }
}

/// The address as it may be shown: without what stands before an `@`.
fn shown(text: &str) -> String {
    crate::text::line(&crate::text::mask_text(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_makes_no_difference() {
        let endpoint = Endpoint::new(Some("http://localhost:11434/v1/")).unwrap();
        assert_eq!(endpoint.base(), "http://localhost:11434/v1");
        assert!(endpoint.is_here() && !endpoint.needs_key());
    }

    #[test]
    fn only_the_usual_endpoint_surely_needs_a_key() {
        assert!(Endpoint::new(None).unwrap().needs_key());
        assert!(Endpoint::new(Some("https://api.openai.com/v1/")).unwrap().needs_key());
        assert!(!Endpoint::new(Some("https://llm.example.com/v1")).unwrap().needs_key());
    }

    #[test]
    fn clear_text_stays_in_the_house() {
        for good in [
            "http://127.0.0.1:1/v1",
            "http://[::1]:1/v1",
            "http://10.0.0.5:8000/v1",
            "http://gpu-box:8000/v1",
        ] {
            assert!(Endpoint::new(Some(good)).is_ok(), "{good}");
        }
        for bad in ["http://llm.example.com/v1", "http://8.8.8.8/v1"] {
            let message = Endpoint::new(Some(bad)).unwrap_err().to_string();
            assert!(message.contains("clear text") && message.contains(bad), "{message}");
        }
    }

    #[test]
    fn an_address_that_is_none_is_refused_and_never_shows_a_password() {
        for bad in
            ["localhost:11434/v1", "ftp://x/v1", "http://", "https://x/v1?key=1", "https://a:geheim@x/v1"]
        {
            let message = Endpoint::new(Some(bad)).unwrap_err().to_string();
            assert!(!message.contains("geheim"), "{message}");
        }
    }
}
