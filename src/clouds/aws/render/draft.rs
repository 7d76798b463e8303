//! A request before its endpoint is known.

/// A request before its endpoint is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    pub(crate) method: String,
    /// The path with labels filled in, possibly with a literal query.
    pub(crate) path: String,
    /// Query pairs, not yet encoded.
    pub(crate) query: Vec<(String, String)>,
    /// Headers; names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the body is a stream of the caller's own bytes.
    pub(crate) streaming: bool,
}

impl Draft {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    pub(crate) fn set_header(&mut self, name: &str, value: impl Into<String>) {
        let name = name.to_ascii_lowercase();
        let value = value.into();
        match self.headers.iter_mut().find(|(n, _)| *n == name) {
            Some((_, old)) => *old = value,
            None => self.headers.push((name, value)),
        }
    }
}
