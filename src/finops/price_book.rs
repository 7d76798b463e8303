//! Prices and price rules, opened when they are first needed.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::rules::{RuleBook, file_name};
use super::table::{Section, SectionEntry, kind, read_index, read_section};
use super::{BookStatus, Figure, FinopsError, read_figures};
use crate::plan::CloudName;

const BOOK: &[u8] = include_bytes!("../../assets/prices/prices.table");
const RULES: [(CloudName, &str); 3] = [
    (CloudName::Aws, include_str!("../../assets/prices/aws.yaml")),
    (CloudName::Azure, include_str!("../../assets/prices/azure.yaml")),
    (CloudName::Oci, include_str!("../../assets/prices/oci.yaml")),
];

/// List prices and the rules that turn plans into costs. Cheap to clone; prices of a kind, such as
/// `aws/vm`, are unpacked when the first of them is asked for.
#[derive(Clone, Debug)]
pub struct PriceBook {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    bytes: Cow<'static, [u8]>,
    index: Vec<SectionEntry>,
    /// Where the sections begin.
    start: usize,
    sections: Vec<(String, OnceLock<Option<Section>>)>,
    own: HashMap<(String, String), Figure>,
    rules: Vec<(CloudName, RuleSource)>,
    /// Names of the person's files.
    replaced: Vec<String>,
}

#[derive(Debug)]
struct RuleSource {
    text: &'static str,
    book: OnceLock<Option<RuleBook>>,
}

impl PriceBook {
    /// Opens the built-in prices and rules. In the person's folder `overrides`, `prices.table` and
    /// `<cloud>.yaml` take the place of the built-in files, and the prices in `prices.csv` (see
    /// [`read_figures`]) win over all others. A folder that does not exist is as good as an empty one.
    ///
    /// # Errors
    ///
    /// A file of the person cannot be read or understood; nothing is silently left out.
    pub fn open(overrides: Option<&Path>) -> Result<Self, FinopsError> {
        let file = |name: &str| overrides.map_or(Ok(None), |folder| read(&folder.join(name)));
        let bytes = match file("prices.table")? {
            Some(bytes) => Cow::Owned(bytes),
            None => Cow::Borrowed(BOOK),
        };
        // The index is small; reading it here makes damage an error at once.
        let (index, start) = read_index(&bytes)?;
        let sections = index.iter().map(|entry| (entry.name.clone(), OnceLock::new())).collect();
        let mut own = HashMap::new();
        if let Some(bytes) = file("prices.csv")? {
            for figure in read_figures("prices.csv", &String::from_utf8_lossy(&bytes))? {
                own.insert((figure.key.clone(), figure.region.clone()), figure);
            }
        }
        let mut rules = Vec::new();
        for (cloud, text) in RULES {
            let name = file_name(cloud);
            let book = OnceLock::new();
            if let Some(bytes) = file(&name)? {
                let parsed = RuleBook::parse(&name, &String::from_utf8_lossy(&bytes))?;
                let _ = book.set(Some(parsed));
            }
            rules.push((cloud, RuleSource { text, book }));
        }
        let mine = |name: &&str| overrides.is_some_and(|folder| folder.join(name).exists());
        let names = ["prices.table", "prices.csv", "aws.yaml", "azure.yaml", "oci.yaml"];
        let replaced = names.iter().filter(|n| mine(n)).map(|n| (*n).to_owned()).collect();
        let inner = Inner { bytes, index, start, sections, own, rules, replaced };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Where the prices come from, how old they are, and how many there are.
    #[must_use]
    pub fn status(&self) -> BookStatus {
        let mut status = BookStatus { replaced: self.inner.replaced.clone(), ..BookStatus::default() };
        let own = self.inner.own.values().map(|f| (f.source.clone(), (f.date, f.date, 1)));
        let built_in = self.inner.index.iter().flat_map(|entry| entry.sources());
        for (name, (oldest, newest, prices)) in built_in.chain(own) {
            let dates = status.sources.entry(name).or_insert((oldest, newest));
            *dates = (dates.0.min(oldest), dates.1.max(newest));
            status.prices += prices;
        }
        for cloud in CloudName::ALL {
            match self.rules(cloud) {
                Some(rules) => status.rules += rules.len(),
                None => status.problem = Some(format!("the price rules of {cloud} cannot be read")),
            }
        }
        status
    }

    /// The price of a key in exactly this region.
    pub(super) fn price(&self, key: &str, region: &str) -> Option<Figure> {
        if !self.inner.own.is_empty()
            && let Some(figure) = self.inner.own.get(&(key.to_owned(), region.to_owned()))
        {
            return Some(figure.clone());
        }
        let name = kind(key);
        let (_, section) = self.inner.sections.iter().find(|(section, _)| section == name)?;
        section.get_or_init(|| self.unpack(name)).as_ref()?.find(key, region)
    }

    /// The rules of a cloud.
    pub(super) fn rules(&self, cloud: CloudName) -> Option<&RuleBook> {
        let (_, source) = self.inner.rules.iter().find(|(name, _)| *name == cloud)?;
        let parse = || match RuleBook::parse(&file_name(cloud), source.text) {
            Ok(book) => Some(book),
            // A test reads the built-in rules, so this is not reached; without rules nothing has a price.
            Err(error) => {
                tracing::error!(%error, "built-in price rules");
                None
            }
        };
        source.book.get_or_init(parse).as_ref()
    }

    fn unpack(&self, name: &str) -> Option<Section> {
        let entry = self.inner.index.iter().find(|entry| entry.name == name)?;
        match read_section(&self.inner.bytes, self.inner.start, entry) {
            Ok(section) => Some(section),
            // Prices that cannot be read are prices that nobody knows.
            Err(error) => {
                tracing::error!(%error, "prices cannot be read");
                None
            }
        }
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, FinopsError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FinopsError::Read { path: path.to_owned(), reason: error.to_string() }),
    }
}
