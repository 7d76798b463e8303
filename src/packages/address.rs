//! Where an index is, and who asks it.

use percent_encoding::percent_decode_str;
use reqwest::Url;

use super::PackagesError;

/// The address of an index, without the name and the password that stood in it.
#[derive(Clone)]
pub(super) struct Address {
    url: Url,
    login: Option<(String, String)>,
}

impl Address {
    /// Understands an address; one without encryption is for this machine alone, or by permission.
    pub(super) fn parse(text: &str, allow_http: bool) -> Result<Self, PackagesError> {
        // What stands before an `@` may be a password.
        let shown = text.rsplit_once('@').map_or(text, |(_, host)| host);
        let wrong = |reason: String| PackagesError::Address { address: shown.to_owned(), reason };
        let mut url = Url::parse(text).map_err(|e| wrong(e.to_string()))?;
        if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
            return Err(wrong("it has to begin with https:// and a host".into()));
        }
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let login = (!url.username().is_empty())
            .then(|| (decoded(url.username()), decoded(url.password().unwrap_or_default())));
        if url.set_username("").and_then(|()| url.set_password(None)).is_err() {
            return Err(wrong("it has no host".into()));
        }
        url.set_query(None);
        url.set_fragment(None);
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        let address = Self { url, login };
        if address.url.scheme() == "http" && !address.is_here() && !allow_http {
            return Err(PackagesError::Unencrypted { index: address.to_string() });
        }
        Ok(address)
    }

    /// Whether it is on this machine.
    pub(super) fn is_here(&self) -> bool {
        let host = self.url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// The page of a package.
    pub(super) fn page(&self, name: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{name}/", self.url.path()));
        url
    }

    /// The name and the password for an address; nothing for other hosts.
    pub(super) fn login_at(&self, url: &Url) -> Option<(&str, &str)> {
        let (name, password) = self.login.as_ref()?;
        (url.origin() == self.url.origin()).then_some((name.as_str(), password.as_str()))
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.url.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_kept_for_the_index_alone_and_never_shown() {
        let address = Address::parse("https://me:p%40ss@host.example/simple", false).unwrap();
        assert_eq!(address.to_string(), "https://host.example/simple/");
        let page = address.page("oci");
        assert_eq!(page.as_str(), "https://host.example/simple/oci/");
        assert_eq!(address.login_at(&page), Some(("me", "p@ss")));
        assert_eq!(address.login_at(&Url::parse("https://files.example/oci.whl").unwrap()), None);
        let error = Address::parse("ftp://me:secret@host/simple", false).err().unwrap().to_string();
        assert!(!error.contains("secret") && error.contains("https://"), "{error}");
    }

    #[test]
    fn without_encryption_only_this_machine_is_asked_unless_it_is_allowed() {
        let error = Address::parse("http://host.example/simple/", false).err().unwrap().to_string();
        assert!(error.contains("allow_http"), "{error}");
        assert!(Address::parse("http://host.example/simple/", true).is_ok());
        for here in ["http://127.0.0.1:8080/simple", "http://localhost/", "http://[::1]:1/"] {
            assert!(Address::parse(here, false).is_ok_and(|address| address.is_here()), "{here}");
        }
    }
}
