//! What every act on the model needs to know.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::fault::{Fault, Sort};
use super::kinds::{Kind, Kinds};
use super::known::{Entry, Known};
use super::noun;
use crate::catalog::shapes::{Member, Operation, Protocol, Service};
use crate::sandbox::model::{Ledger, Resource};

/// The account that everything in the sandbox belongs to.
pub(super) const ACCOUNT: &str = "123456789012";

/// One call that is being carried out.
pub(super) struct Work<'a> {
    pub(super) service: &'a Service,
    pub(super) operation: &'a Operation,
    pub(super) kinds: &'a Kinds,
    pub(super) known: &'a Known,
    pub(super) ledger: &'a mut Ledger,
    pub(super) params: &'a Map<String, Value>,
    /// The region of the call; things of global services have none.
    pub(super) region: &'a str,
    pub(super) endpoint: &'a str,
    pub(super) now: Timestamp,
    /// How many reads see a new thing on its way.
    pub(super) pending_reads: u32,
}

impl<'a> Work<'a> {
    pub(super) fn entry(&self) -> &'a Entry {
        self.known.of(&self.service.name)
    }

    /// The region that things are kept under.
    pub(super) fn home(&self) -> String {
        self.home_ref().to_owned()
    }

    pub(super) fn home_ref(&self) -> &'a str {
        if self.entry().global { "" } else { self.region }
    }

    pub(super) fn input(&self) -> &'a [Member] {
        self.operation.input.map_or(&[], |id| self.service.shape(id).members())
    }

    /// The thing of a kind that answers to a name.
    pub(super) fn find(&self, kind: &Kind, name: &str) -> Option<&Resource> {
        self.ledger
            .of_kind(&self.service.name, &self.home(), &kind.name)
            .find(|thing| thing.answers_to(name) && !thing.is_gone())
    }

    /// The error for something that does not exist.
    pub(super) fn not_found(&self, kind: &Kind, name: &str) -> Fault {
        let message = format!("The {} '{name}' does not exist", words(&kind.noun));
        self.fault(Sort::NotFound, kind, message)
    }

    /// An error about a kind: as the list says, else as the model says, else by convention.
    pub(super) fn fault(&self, sort: Sort, kind: &Kind, message: String) -> Fault {
        if let Some(fault) = self.listed(sort, kind, &message) {
            return fault;
        }
        if let Some(fault) = Fault::modelled(self.service, self.operation, sort, &kind.noun) {
            return Fault { message, ..fault };
        }
        let protocol = self.service.protocol;
        let code = match (protocol, sort) {
            (Protocol::Ec2, Sort::NotFound) => format!("Invalid{}ID.NotFound", kind.noun),
            (Protocol::Ec2, Sort::Exists) => format!("Invalid{}.Duplicate", kind.noun),
            (Protocol::Ec2, Sort::InUse) => "DependencyViolation".to_owned(),
            (Protocol::Query, Sort::NotFound) => format!("{}NotFound", kind.noun),
            (_, Sort::NotFound) => "ResourceNotFoundException".to_owned(),
            (_, Sort::Exists) => "ResourceAlreadyExistsException".to_owned(),
            (_, Sort::InUse) => "ResourceInUseException".to_owned(),
        };
        Fault::new(super::fault::usual_status(protocol, sort), code, message)
    }

    /// The error of a sort that the list or the model has for this operation.
    pub(super) fn own_fault(&self, sort: Sort, kind: &Kind, message: &str) -> Option<Fault> {
        self.listed(sort, kind, message).or_else(|| {
            if self.operation.errors.is_empty() {
                return None;
            }
            let fault = Fault::modelled(self.service, self.operation, sort, &kind.noun)?;
            let own = self.operation.errors.iter().any(|id| {
                let shape = self.service.shape(*id);
                fault.shape.as_ref() == Some(&shape.name)
            });
            own.then(|| Fault { message: message.to_owned(), ..fault })
        })
    }

    fn listed(&self, sort: Sort, kind: &Kind, message: &str) -> Option<Fault> {
        let entry = self.entry();
        let list = match sort {
            Sort::NotFound => &entry.not_found,
            Sort::Exists => &entry.exists,
            Sort::InUse => &entry.in_use,
        };
        let (status, code) = list.get(&kind.name)?;
        let modelled = Fault::modelled(self.service, self.operation, sort, &kind.noun);
        Some(Fault { shape: modelled.and_then(|fault| fault.shape), ..Fault::new(*status, code, message) })
    }

    /// Whether a name stands for something that exists without having been made here.
    pub(super) fn is_outside(&self, name: &str) -> bool {
        self.entry().outside.iter().any(|front| name.starts_with(front))
    }

    pub(super) fn unsupported(&self, what: &str) -> Fault {
        Fault::not_supported(&self.service.name, &self.operation.name, what)
    }
}

/// A noun for people: `RouteTable` is `route table`.
pub(super) fn words(noun: &str) -> String {
    crate::catalog::access::split_words(noun).join(" ").to_lowercase()
}

/// A text or a number as text; nothing for the rest.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The texts of a value: itself, or its items.
pub(super) fn texts_of(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(text_of).collect(),
        value => text_of(value).into_iter().collect(),
    }
}

/// The value of a member whose name may be written in another case.
pub(super) fn get_any_case<'v>(values: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    values.get(name).or_else(|| {
        let wanted = noun::squash(name);
        values.iter().find(|(key, _)| noun::squash(key) == wanted).map(|(_, value)| value)
    })
}
