//! What is asked of a store: ranges to read and changes to make together.

/// One change of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The tree.
    pub tree: String,
    /// The key.
    pub key: Vec<u8>,
    /// What must be there for the batch to go through.
    pub expect: Expect,
    /// The new value; nothing removes the key.
    pub value: Option<Vec<u8>>,
}

/// What must be under a key before a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Expect {
    /// Whatever is there.
    #[default]
    Anything,
    /// Nothing.
    Absent,
    /// Exactly this value.
    Exactly(Vec<u8>),
}

impl Expect {
    /// Whether what is there is as expected.
    #[must_use]
    pub fn admits(&self, found: Option<&[u8]>) -> bool {
        match self {
            Expect::Anything => true,
            Expect::Absent => found.is_none(),
            Expect::Exactly(value) => found == Some(value.as_slice()),
        }
    }
}

/// Which pairs of a tree to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Range {
    pub(super) prefix: Vec<u8>,
    pub(super) limit: Option<usize>,
    pub(super) backwards: bool,
}

impl Range {
    /// The whole tree, smallest key first.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// The keys that begin so.
    pub fn prefix(prefix: impl AsRef<[u8]>) -> Self {
        Self { prefix: prefix.as_ref().to_vec(), ..Self::default() }
    }

    /// At most so many.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Greatest key first.
    #[must_use]
    pub fn backwards(mut self) -> Self {
        self.backwards = true;
        self
    }
}
