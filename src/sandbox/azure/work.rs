//! What every act on the model needs to know, and the questions that all of them ask.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::address::{Address, GROUPS, SUBSCRIPTIONS};
use super::fault::Fault;
use super::known::{Entry, Known};
use super::routes::{Found, Routes};
use crate::catalog::shapes::{ArmOperation, Operation, Service, Shape};
use crate::sandbox::http::Request;
use crate::sandbox::model::{Ledger, Phase, Resource, key_of};

/// One request that is being carried out.
pub(super) struct Work<'a> {
    pub(super) request: &'a Request,
    /// The address, in the letters of the catalog where it knows them.
    pub(super) address: Address,
    pub(super) found: Option<Found>,
    pub(super) known: &'a Known,
    pub(super) routes: &'a mut Routes,
    pub(super) ledger: &'a mut Ledger,
    pub(super) endpoint: &'a str,
    pub(super) now: Timestamp,
    /// How many reads see a new thing on its way.
    pub(super) pending_reads: u32,
}

/// The key of the thing at an address.
pub(super) fn key_at(address: &Address) -> String {
    let namespace = address.namespace().to_ascii_lowercase();
    key_of(&[&namespace, "", &address.kind.to_ascii_lowercase(), &address.key()])
}

impl Work<'_> {
    pub(super) fn operation(&self) -> Option<(&Service, &Operation)> {
        self.found.as_ref().map(|found| (&*found.service, found.operation()))
    }

    pub(super) fn arm(&self) -> Option<&ArmOperation> {
        self.operation().and_then(|(_, operation)| operation.traits.arm.as_deref())
    }

    /// Whether the operation goes on after its answer.
    pub(super) fn is_long(&self) -> bool {
        self.arm().is_some_and(|arm| arm.long_running.is_some())
    }

    /// The entries about the type at the address.
    pub(super) fn entry(&self) -> &Entry {
        self.known.of(&self.address.kind)
    }

    pub(super) fn at(&self, address: &Address) -> Option<&Resource> {
        self.ledger.get(&key_at(address)).filter(|thing| thing.phase != Phase::Gone)
    }

    /// The shape of the answer, where the catalog has one of the thing's own.
    pub(super) fn output(&self) -> Option<(&Service, &Shape)> {
        let found = self.found.as_ref().filter(|found| found.exact > 1)?;
        let shape = found.operation().output?;
        Some((&found.service, found.service.shape(shape)))
    }

    /// Somebody looked at a thing: what is on its way comes nearer, and what is gone goes.
    pub(super) fn look(&mut self, key: &str) {
        self.ledger.seen(key);
        if self.ledger.get(key).is_some_and(|thing| thing.phase == Phase::Gone) {
            let id = self.ledger.get(key).map(|thing| thing.id.clone()).unwrap_or_default();
            self.remove_within(&id);
        }
    }

    /// Keys of a thing and of everything in it.
    pub(super) fn within(&self, id: &str) -> Vec<String> {
        self.ledger.all().filter(|thing| Address::is_within(&thing.id, id)).map(Resource::key).collect()
    }

    pub(super) fn remove_within(&mut self, id: &str) {
        for key in self.within(id) {
            self.ledger.remove(&key);
        }
    }

    /// What an address lies in must exist: the group, and the thing around it.
    pub(super) fn check_surroundings(&mut self) -> Result<(), Fault> {
        if let Some(group) = self.address.group_address()
            && self.address.kind != GROUPS
            && self.at(&group).is_none()
        {
            return Err(no_group(group.name()));
        }
        let mut next = self.address.container();
        while let Some(around) = next {
            if self.at(&around).is_some() {
                break;
            }
            // What nobody can take away comes with what it lies in, like `blobServices/default`.
            if !self.is_inborn(&around) {
                return Err(Fault::new(
                    404,
                    "ParentResourceNotFound",
                    format!(
                        "Can not perform requested operation on nested resource. Parent resource '{}' not found.",
                        around.name()
                    ),
                ));
            }
            next = around.container();
        }
        Ok(())
    }

    /// Whether the catalog knows the type and has no operation that takes its things away.
    fn is_inborn(&mut self, address: &Address) -> bool {
        // Operations on any resource fit every address, and are less exact than a type's own.
        let mut exact = |method: &str| self.routes.find(method, address).map_or(0, |found| found.exact);
        address.container().is_some() && exact("GET") > 1 && exact("DELETE") < exact("GET")
    }

    /// The error for a thing that is not there.
    pub(super) fn not_found(&self, address: &Address) -> Fault {
        if address.kind == GROUPS {
            return no_group(address.name());
        }
        if address.kind == SUBSCRIPTIONS {
            let name = address.name();
            return Fault::new(
                404,
                "SubscriptionNotFound",
                format!("The subscription '{name}' could not be found."),
            );
        }
        let place = address.group().map_or(String::new(), |group| format!(" under resource group '{group}'"));
        Fault::new(
            404,
            "ResourceNotFound",
            format!("The Resource '{}/{}'{place} was not found.", address.kind, address.name()),
        )
    }

    /// Conditions on the version that the sender knows.
    pub(super) fn check_version(&self, existing: Option<&Resource>) -> Result<(), Fault> {
        let own = existing.and_then(|thing| thing.attributes.get("etag")).and_then(Value::as_str);
        let failed = |message: &str| Err(Fault::new(412, "PreconditionFailed", message));
        match (self.request.header("if-match"), existing) {
            (None, _) | (Some("*"), Some(_)) => {}
            (Some(wanted), Some(_)) if own.is_none_or(|own| bare(own) == bare(wanted)) => {}
            (Some(_), _) => {
                return failed("The resource was changed, or is not there: If-Match does not fit.");
            }
        }
        match (self.request.header("if-none-match"), existing) {
            (Some("*"), Some(_)) => failed("The resource exists already: If-None-Match does not fit."),
            _ => Ok(()),
        }
    }

    /// The body, which must be a JSON object.
    pub(super) fn body(&self) -> Result<Map<String, Value>, Fault> {
        if self.request.body.is_empty() {
            return Ok(Map::new());
        }
        match serde_json::from_slice(&self.request.body) {
            Ok(Value::Object(members)) => Ok(members),
            Ok(_) => {
                Err(Fault::new(400, "InvalidRequestContent", "The request content must be a JSON object."))
            }
            Err(error) => Err(Fault::new(
                400,
                "InvalidRequestContent",
                format!("The request content was invalid and could not be deserialized: '{error}'."),
            )),
        }
    }

    pub(super) fn api_version(&self) -> Option<&str> {
        let is_version = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("api-version");
        self.request.query.iter().find(is_version).map(|(_, value)| value.as_str())
    }
}

fn no_group(name: &str) -> Fault {
    Fault::new(404, "ResourceGroupNotFound", format!("Resource group '{name}' could not be found."))
}

fn bare(etag: &str) -> &str {
    etag.trim_start_matches("W/").trim_matches('"')
}
