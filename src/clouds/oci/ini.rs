//! The file format of `~/.oci/config`: profiles in brackets, `name = value`, and a `DEFAULT` profile
//! that the others inherit from.

use std::collections::BTreeMap;

/// The profile that the others inherit from.
const DEFAULT: &str = "DEFAULT";

/// What a file says, by profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ini {
    profiles: BTreeMap<String, BTreeMap<String, String>>,
}

impl Ini {
    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// The number of the line that is neither a profile, nor a setting, nor a comment, and what is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, (usize, &'static str)> {
        let mut ini = Self::default();
        let mut profile: Option<String> = None;
        let mut last: Option<String> = None;
        for (at, line) in text.lines().enumerate() {
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
                continue;
            }
            let indented = line.starts_with([' ', '\t']);
            if let Some(name) = trimmed.strip_prefix('[') {
                let name = name.strip_suffix(']').ok_or((at + 1, "the profile's `]` is missing"))?;
                ini.profiles.entry(name.to_owned()).or_default();
                (profile, last) = (Some(name.to_owned()), None);
                continue;
            }
            let Some(settings) = profile.as_ref().and_then(|name| ini.profiles.get_mut(name)) else {
                return Err((at + 1, "a setting stands before the first profile"));
            };
            // An indented line goes on with the value above.
            if let (true, Some(value)) = (indented, last.as_ref().and_then(|name| settings.get_mut(name))) {
                value.push('\n');
                value.push_str(trimmed);
                continue;
            }
            let Some((name, value)) = trimmed.split_once(['=', ':']) else {
                return Err((at + 1, "there is no `=`"));
            };
            let name = name.trim().to_ascii_lowercase();
            settings.insert(name.clone(), value.trim().to_owned());
            last = Some(name);
        }
        Ok(ini)
    }

    /// The settings of a profile with what it inherits; nothing when there is no such profile.
    pub(super) fn profile(&self, name: &str) -> Option<BTreeMap<String, String>> {
        let own = self.profiles.get(name);
        if own.is_none() && name != DEFAULT {
            return None;
        }
        let mut settings = self.profiles.get(DEFAULT).cloned().unwrap_or_default();
        settings.extend(own.cloned().unwrap_or_default());
        Some(settings)
    }

    /// The names of the profiles.
    pub(super) fn names(&self) -> Vec<&str> {
        self.profiles.keys().map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn profiles_inherit_and_later_lines_win() {
        let text =
            "# mine\n[DEFAULT]\nuser = u1\nRegion: r1\n\n[web]\n; not this\nuser=u2\nkey_content = a\n  b\n";
        let ini = Ini::parse(text).unwrap();
        let web = ini.profile("web").unwrap();
        assert_eq!((web["user"].as_str(), web["region"].as_str()), ("u2", "r1"));
        assert_eq!(web["key_content"], "a\nb");
        assert_eq!(ini.profile("DEFAULT").unwrap()["user"], "u1");
        assert_eq!(ini.profile("nobody"), None);
        assert_eq!(ini.names(), ["DEFAULT", "web"]);
    }

    #[test]
    fn a_line_that_is_nothing_is_named() {
        assert_eq!(Ini::parse("[DEFAULT]\nuser\n").unwrap_err().0, 2);
        assert_eq!(Ini::parse("user = u\n").unwrap_err().0, 1);
        assert_eq!(Ini::parse("[DEFAULT\n").unwrap_err().0, 1);
    }
}
