//! What every act on the model needs to know.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::fault::Fault;
use super::kind::Meaning;
use super::known::{Entry, Known};
use crate::catalog::shapes::{Operation, Service};
use crate::sandbox::model::{Ledger, Phase, Resource};
use crate::sandbox::template::{Names, hex};

/// The region of everything: requests do not say which one they are sent to.
pub(super) const REGION: &str = "eu-frankfurt-1";
/// The tenancy where a signature names none.
pub(super) const TENANCY: &str = "ocid1.tenancy.oc1..sandbox";

/// One call that is being carried out.
pub(super) struct Work<'a> {
    pub(super) service: &'a Service,
    pub(super) operation: &'a Operation,
    pub(super) meaning: &'a Meaning,
    pub(super) known: &'a Known,
    pub(super) ledger: &'a mut Ledger,
    pub(super) params: &'a Map<String, Value>,
    /// Labels of the path, in order.
    pub(super) labels: &'a [(String, String)],
    pub(super) tenancy: &'a str,
    pub(super) now: Timestamp,
    /// How many reads see a new thing on its way.
    pub(super) pending_reads: u32,
}

impl<'a> Work<'a> {
    /// The part of the service's name that clients of one product share.
    pub(super) fn module(&self) -> &'a str {
        module(self.service)
    }

    /// The name that things are kept under.
    pub(super) fn home(&self) -> String {
        home(self.service)
    }

    pub(super) fn entry(&self) -> &'a Entry {
        self.known.of(self.module())
    }

    pub(super) fn body(&self) -> Option<&'a Map<String, Value>> {
        self.params.get("body").and_then(Value::as_object)
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.params.get(name).and_then(Value::as_str)
    }

    /// What tells a thing from others of its kind: all labels of its path.
    pub(super) fn id_of_path(&self) -> String {
        let names: Vec<&str> = self.labels.iter().map(|(_, value)| value.as_str()).collect();
        names.join("/")
    }

    /// The thing that the path names.
    ///
    /// # Errors
    ///
    /// It does not exist.
    pub(super) fn named(&self) -> Result<Resource, Fault> {
        let id = self.id_of_path();
        let found = self.find(&self.meaning.kind, &id).cloned();
        found.ok_or_else(|| self.not_found(&self.meaning.kind, &id))
    }

    pub(super) fn find(&self, kind: &str, id: &str) -> Option<&Resource> {
        self.ledger
            .of_kind(&self.home(), REGION, kind)
            .find(|thing| thing.id == id && thing.phase != Phase::Gone)
    }

    pub(super) fn not_found(&self, kind: &str, id: &str) -> Fault {
        let plain = Fault::not_found(&called(self.entry(), kind), id);
        self.listed(&self.entry().not_found, kind, plain)
    }

    /// The error of a kind as the list has it, else the usual one.
    pub(super) fn listed(&self, list: &BTreeMap<String, (u16, String)>, kind: &str, usual: Fault) -> Fault {
        match list.get(kind) {
            Some((status, code)) => Fault { status: *status, code: code.clone(), ..usual },
            None => usual,
        }
    }

    /// Values for templates of the list.
    pub(super) fn names(&self, id: &str, attributes: &Map<String, Value>) -> Names {
        let mut names = Names::default();
        for (name, value) in attributes {
            if let Some(text) = value.as_str() {
                names.set(name, text);
            }
        }
        names.set("id", id);
        names.set("region", REGION);
        names.set("tenancy", self.tenancy);
        names.set("now", self.now.to_string());
        names
    }
}

pub(super) fn module(service: &Service) -> &str {
    service.name.split('.').next().unwrap_or_default()
}

/// Names of clouds' services can be equal; what belongs to OCI says so.
pub(super) fn home(service: &Service) -> String {
    format!("oci.{}", module(service))
}

/// What things of a kind are called: `vcn` for `vcns`.
pub(super) fn called(entry: &Entry, kind: &str) -> String {
    if let Some(name) = entry.called.get(kind) {
        return name.clone();
    }
    let last = kind.rsplit('/').find(|part| *part != "{}").unwrap_or(kind);
    let one = match (last.strip_suffix("ies"), last.strip_suffix('s')) {
        (Some(front), _) => format!("{front}y"),
        (None, Some(front)) => front.to_owned(),
        (None, None) => last.to_owned(),
    };
    one.to_ascii_lowercase()
}

/// A new identifier: `ocid1.vcn.oc1.eu-frankfurt-1.…`.
pub(super) fn ocid(called: &str) -> String {
    format!("ocid1.{called}.oc1.{REGION}.a{}{}", hex(32), hex(27))
}
