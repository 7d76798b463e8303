//! The key of the endpoint: from a variable of the environment, or from a file that nobody else
//! can read. It is never logged, shown, or written anywhere.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use reqwest::header::HeaderValue;

use crate::agent::AgentError;
use crate::config::ModelSettings;

/// Bytes of a key file that are read; no key is longer.
const MOST_BYTES: u64 = 16 * 1024;

/// A key, ready to be sent, and never printed.
#[derive(Clone)]
pub(super) struct Key {
    header: HeaderValue,
    secret: String,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(hidden)")
    }
}

impl Key {
    /// The key that the settings name, if there is one. `variable` looks up the environment.
    pub(super) fn find(
        settings: &ModelSettings,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, AgentError> {
        if let Some(text) = variable(&settings.key_env).filter(|text| !text.trim().is_empty()) {
            return Self::new(&text, &format!("the variable {}", settings.key_env)).map(Some);
        }
        let Some(path) = &settings.key_file else { return Ok(None) };
        let path = match (path.strip_prefix("~"), variable("HOME")) {
            (Ok(below), Some(home)) => Path::new(&home).join(below),
            _ => path.clone(),
        };
        let text = read_private(&path, &settings.key_env)?;
        Self::new(&text, &path.display().to_string()).map(Some)
    }

    fn new(text: &str, place: &str) -> Result<Self, AgentError> {
        let secret = text.trim();
        let unfit = |reason| AgentError::UnfitKey { place: place.to_owned(), reason };
        if secret.is_empty() {
            return Err(unfit("it is empty"));
        }
        if !secret.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(unfit("it holds spaces, line breaks, or characters that no key has"));
        }
        let mut header = HeaderValue::from_str(&format!("Bearer {secret}"))
            .map_err(|_| unfit("it holds characters that no key has"))?;
        header.set_sensitive(true);
        Ok(Self { header, secret: secret.to_owned() })
    }

    /// The value of the header `authorization`.
    pub(super) fn header(&self) -> HeaderValue {
        self.header.clone()
    }

    /// The text without the key, should a server repeat it.
    pub(super) fn hide_in(&self, text: &str) -> String {
        text.replace(&self.secret, crate::text::MASK)
    }
}

/// The text of a file that only its owner can read; asked of the open file, not of the path.
fn read_private(path: &Path, variable: &str) -> Result<String, AgentError> {
    let unreadable =
        |reason: String| AgentError::KeyFile { path: path.to_owned(), reason, variable: variable.to_owned() };
    let file = File::open(path).map_err(|e| unreadable(e.to_string()))?;
    let metadata = file.metadata().map_err(|e| unreadable(e.to_string()))?;
    if !metadata.is_file() {
        return Err(unreadable("it is not a file".into()));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = metadata.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(AgentError::OpenKey { path: path.to_owned(), mode });
        }
    }
    let mut text = String::new();
    file.take(MOST_BYTES).read_to_string(&mut text).map_err(|e| unreadable(e.to_string()))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn settings(key_file: Option<PathBuf>) -> ModelSettings {
        ModelSettings {
            name: "m".into(),
            base_url: None,
            key_env: "THE_KEY".into(),
            key_file,
            context_tokens: 8_000,
            patience_seconds: 1,
        }
    }

    fn file(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (dir, path)
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_command_that_helps() {
        for mode in [0o644, 0o640, 0o604, 0o660] {
            let (_dir, path) = file("sk-secret-of-mine", mode);
            let message = Key::find(&settings(Some(path)), |_| None).unwrap_err().to_string();
            assert!(message.contains("chmod 600") && message.contains(&format!("{mode:04o}")), "{message}");
            assert!(!message.contains("sk-secret"), "{message}");
        }
    }

    #[test]
    fn a_private_file_gives_the_key_without_its_line_break() {
        for mode in [0o600, 0o400] {
            let (_dir, path) = file("sk-secret-of-mine\n", mode);
            let key = Key::find(&settings(Some(path)), |_| None).unwrap().unwrap();
            assert_eq!(key.header(), "Bearer sk-secret-of-mine");
        }
    }

    #[test]
    fn the_variable_wins_over_the_file_and_an_empty_one_does_not() {
        let (_dir, path) = file("from-file", 0o600);
        let settings = settings(Some(path));
        let key = Key::find(&settings, |name| (name == "THE_KEY").then(|| "from-variable".into()));
        assert_eq!(key.unwrap().unwrap().header(), "Bearer from-variable");
        let key = Key::find(&settings, |_| Some("  ".into()));
        assert_eq!(key.unwrap().unwrap().header(), "Bearer from-file");
    }

    #[test]
    fn a_key_is_never_printed_and_is_hidden_where_it_is_repeated() {
        let key = Key::find(&settings(None), |_| Some("topsecret".into())).unwrap().unwrap();
        assert!(!format!("{key:?}{:?}", key.header()).contains("topsecret"));
        assert_eq!(key.hide_in("wrong key topsecret given"), "wrong key ‹hidden› given");
    }

    #[test]
    fn what_is_no_key_is_named_by_its_place_and_not_by_its_text() {
        for text in ["two words", "a\nb", "schlüssel"] {
            let message = Key::find(&settings(None), |_| Some(text.into())).unwrap_err().to_string();
            assert!(message.contains("THE_KEY") && !message.contains(text), "{message}");
        }
        let (_dir, path) = file("  \n", 0o600);
        assert!(Key::find(&settings(Some(path)), |_| None).unwrap_err().to_string().contains("empty"));
    }

    #[test]
    fn a_tilde_is_the_persons_own_folder() {
        let (dir, _) = file("from-home", 0o600);
        let home = dir.path().display().to_string();
        let settings = settings(Some("~/key".into()));
        let key = Key::find(&settings, |name| (name == "HOME").then(|| home.clone()));
        assert_eq!(key.unwrap().unwrap().header(), "Bearer from-home");
    }

    #[test]
    fn a_missing_file_names_what_would_do_instead() {
        let missing = PathBuf::from("/nonexistent/key");
        let message = Key::find(&settings(Some(missing)), |_| None).unwrap_err().to_string();
        assert!(message.contains("/nonexistent/key") && message.contains("THE_KEY"), "{message}");
    }
}
