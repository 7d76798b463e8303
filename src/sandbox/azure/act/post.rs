//! What is done to things by a POST, and the registering of providers.

use serde_json::{Value, json};

use super::{begin, document, empty};
use crate::sandbox::azure::address::Address;
use crate::sandbox::azure::fault::Fault;
use crate::sandbox::azure::thing::{blank, laid_over, names};
use crate::sandbox::azure::work::{Work, key_at};
use crate::sandbox::http::Answer;

/// Does what the last part of the path says to the thing before it.
pub(in super::super) fn post(work: &mut Work<'_>) -> Result<Answer, Fault> {
    if let Some(answer) = registration(work) {
        return answer;
    }
    if let Some(answer) = super::rehearse::rehearse(work) {
        return answer;
    }
    work.check_surroundings()?;
    let unsupported = Fault::unsupported(format!("POST {}", work.address.id()));
    let Some(around) = work.address.container() else { return Err(unsupported) };
    let Some(mut thing) = work.at(&around).cloned() else { return Err(work.not_found(&around)) };
    let entry = work.known.of(&around.kind);
    let name = work.address.name();
    let action = entry.actions.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
    let Some((_, action)) = action else { return Err(unsupported) };
    let result = action.answers.as_ref().map(|answer| names(work, &thing).fill(answer));
    if !action.sets.is_empty() {
        let sets = names(work, &thing).fill_map(&action.sets);
        thing.attributes = laid_over(&thing.attributes, &sets);
        work.ledger.put(thing.clone());
    }
    let long = work.is_long();
    let mut answer = match &result {
        Some(result) if !long => document(200, result),
        _ if long => empty(202),
        _ => empty(200),
    };
    if long {
        begin(work, &thing.key(), result, &mut answer);
    }
    Ok(answer)
}

/// The address of the provider that a path names: `/subscriptions/s/providers/Microsoft.Web`.
fn provider(address: &Address) -> Option<(String, Address)> {
    let at = address.parts.iter().position(|part| part.eq_ignore_ascii_case("providers"))?;
    let namespace = address.parts.get(at + 1)?.clone();
    let subscription = address.subscription()?;
    Some((
        namespace.clone(),
        Address::of(&format!(
            "/subscriptions/{subscription}/providers/Microsoft.Resources/registrations/{namespace}"
        )),
    ))
}

fn registration(work: &mut Work<'_>) -> Option<Result<Answer, Fault>> {
    let word = work.address.name().to_ascii_lowercase();
    if work.address.parts.len() != 5 || !matches!(word.as_str(), "register" | "unregister") {
        return None;
    }
    let (namespace, at) = provider(&work.address)?;
    if !work.address.parts[2].eq_ignore_ascii_case("providers") {
        return None;
    }
    let key = key_at(&at);
    if word == "register" {
        work.ledger.remove(&key);
    } else {
        let thing = blank(work, &at);
        work.ledger.put(thing);
    }
    let state = state(work, &at);
    let id =
        format!("/subscriptions/{}/providers/{namespace}", work.address.subscription().unwrap_or_default());
    Some(Ok(document(200, &json!({"id": id, "namespace": namespace, "registrationState": state}))))
}

fn state(work: &Work<'_>, at: &Address) -> &'static str {
    if work.ledger.get(&key_at(at)).is_some() { "Unregistered" } else { "Registered" }
}

/// A provider that was unregistered makes nothing.
pub(super) fn check_registered(work: &Work<'_>) -> Result<(), Fault> {
    let Some((namespace, at)) = provider(&work.address) else { return Ok(()) };
    if state(work, &at) == "Registered" {
        return Ok(());
    }
    Err(Fault::new(
        409,
        "MissingSubscriptionRegistration",
        format!(
            "The subscription is not registered to use namespace '{namespace}'. See https://aka.ms/rps-not-found for how \
             to register subscriptions."
        ),
    ))
}

/// The providers of a subscription, or one of them, with their types.
pub(in super::super) fn providers(work: &mut Work<'_>) -> Option<Result<Answer, Fault>> {
    let parts = &work.address.parts;
    let at = if work.address.subscription().is_some() { 2 } else { 0 };
    if !parts.get(at)?.eq_ignore_ascii_case("providers") || parts.len() > at + 2 {
        return None;
    }
    let only = parts.get(at + 1).cloned();
    let subscription = work.address.subscription().map(|s| format!("/subscriptions/{s}")).unwrap_or_default();
    let mut all = work.routes.types(only.as_deref());
    for (namespace, types) in &work.known.providers {
        if only.as_ref().is_none_or(|only| only.eq_ignore_ascii_case(namespace)) {
            all.entry(namespace.clone()).or_default().extend(types.clone());
        }
    }
    let mut listed = Vec::new();
    for (namespace, types) in all {
        let resource_types: Vec<Value> = types
            .into_iter()
            .map(|(name, mut versions)| {
                versions.sort();
                versions.reverse();
                json!({"resourceType": name, "locations": ["West Europe", "North Europe"], "apiVersions": versions,
                    "defaultApiVersion": versions.first()})
            })
            .collect();
        let id = format!("{subscription}/providers/{namespace}");
        let registration = provider(&Address::of(&id)).map_or("Registered", |(_, at)| state(work, &at));
        listed.push(json!({"id": id, "namespace": namespace, "registrationState": registration,
            "registrationPolicy": "RegistrationRequired", "resourceTypes": resource_types}));
    }
    Some(match only {
        None => Ok(document(200, &json!({"value": listed}))),
        Some(name) => match listed.into_iter().next() {
            Some(one) => Ok(document(200, &one)),
            None => Err(Fault::new(
                404,
                "InvalidResourceNamespace",
                format!("The resource namespace '{name}' is invalid."),
            )),
        },
    })
}
