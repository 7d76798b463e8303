//! Drift between approval and run: what a plan changes is looked at when it is shown to a person, and once more before
//! anything is sent. A step whose thing is not what the person saw is not sent.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Map, Value};

use super::classify::is_not_there;
use super::drive::Driver;
use super::look::Found;
use super::request::failure;
use super::{Clouds, Services};
use crate::catalog::shapes::{Operation, Service};
use crate::catalog::{access, partner};
use crate::clouds::Call;
use crate::plan::{Digest, OperationName, Plan, Sighting, Step, StepId, references};

/// How many things are looked at at the same time.
const AT_ONCE: usize = 12;
/// How long one look may take; what is not seen by then is not known.
const LONGEST: Duration = Duration::from_secs(10);

/// Looks at everything that exists or not and that the steps of a plan will change, where the plan names it outright. What
/// cannot be seen is left out. Nothing but reads is sent.
pub async fn sight(plan: &Plan, clouds: &dyn Clouds, services: &dyn Services) -> BTreeMap<StepId, Sighting> {
    let looks = looks_of(plan, services);
    let mut found = BTreeMap::new();
    for some in looks.chunks(AT_ONCE) {
        let seen = join_all(some.iter().map(|(step, call)| look_at(step, call, clouds))).await;
        found.extend(some.iter().zip(seen).filter_map(|((step, _), seen)| Some((step.id.clone(), seen?))));
    }
    found
}

fn looks_of<'a>(plan: &'a Plan, services: &dyn Services) -> Vec<(&'a Step, Call)> {
    let mut looks: Vec<(&Step, Call)> =
        plan.steps.iter().filter_map(|step| Some((step, read_of(step, services)?))).collect();
    // Two steps that change the same thing see each other's doing.
    let key = |call: &Call| {
        (call.operation.to_string(), call.region.clone(), call.account.clone(), call.params.to_string())
    };
    let mut times = HashMap::new();
    for (_, call) in &looks {
        *times.entry(key(call)).or_insert(0) += 1;
    }
    looks.retain(|(_, call)| times[&key(call)] == 1);
    looks
}

async fn look_at(step: &Step, call: &Call, clouds: &dyn Clouds) -> Option<Sighting> {
    match tokio::time::timeout(LONGEST, clouds.call(call)).await.ok()? {
        Ok(reply) => Some(Sighting::There {
            etag: etag_of(&reply.output),
            settings: settings_of(&step.params, &reply.output),
        }),
        Err(error) if is_not_there(&error) => Some(Sighting::Absent),
        Err(_) => None,
    }
}

/// The read that shows what a step will change. A step that only makes things needs none: the cloud refuses a name that is
/// taken.
fn read_of(step: &Step, services: &dyn Services) -> Option<Call> {
    if references(&step.params).map_or(true, |found| !found.steps.is_empty()) {
        return None;
    }
    let service = services.service(step.cloud, &step.service)?;
    let operation = service.operation(&step.operation)?;
    let changes = partner::tells_news(operation) || partner::repeatable(operation);
    if !changes || access::classify(&service, operation).class.runs_unasked() {
        return None;
    }
    let read = partner::read(&service, operation, &step.params)?;
    let shown = service.operation(&read.operation)?;
    if !access::classify(&service, shown).class.runs_unasked() {
        return None;
    }
    Some(Call {
        operation: OperationName::new(step.cloud, &step.service, &read.operation),
        region: step.region.clone(),
        account: step.account.clone(),
        params: read.params(&step.params, &Value::Null).ok()?,
    })
}

fn etag_of(output: &Value) -> Option<String> {
    let members = output.as_object()?;
    let own = members.iter().find(|(name, _)| name.eq_ignore_ascii_case("etag"));
    own.and_then(|(_, value)| value.as_str()).map(str::to_owned)
}

/// Over the values that an answer has under the names that the parameters set.
fn settings_of(params: &Value, output: &Value) -> Digest {
    let mut names = Vec::new();
    names_in(params, &mut names);
    names.sort_unstable();
    names.dedup();
    let mut found = Map::new();
    for name in names {
        let mut values = Vec::new();
        values_of(name, output, &mut values);
        found.insert(name.to_owned(), values.into_iter().cloned().collect());
    }
    Digest::of_bytes(Value::Object(found).to_string().as_bytes())
}

fn names_in<'a>(value: &'a Value, names: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if !value.is_object() {
                    names.push(name);
                }
                names_in(value, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| names_in(item, names)),
        _ => {}
    }
}

fn values_of<'a>(name: &str, value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(members) => {
            for (own, value) in members {
                if own == name {
                    found.push(value);
                } else {
                    values_of(name, value, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| values_of(name, item, found)),
        _ => {}
    }
}

/// The parameter by which a cloud itself refuses to change another version.
pub(super) fn if_match<'a>(service: &'a Service, operation: &Operation) -> Option<&'a str> {
    let input = service.shape(operation.input?);
    input
        .members()
        .iter()
        .map(|member| member.name.as_str())
        .find(|name| name.eq_ignore_ascii_case("if-match"))
}

impl Driver {
    /// Looks once more at what the person saw. Steps whose things have changed will fail and not be sent.
    pub(super) async fn compare(&mut self) {
        if self.sightings.is_empty() {
            return;
        }
        let now = sight(&self.plan, &*self.context.clouds, &*self.context.services).await;
        for (step, then) in &self.sightings {
            let (Some(index), Some(now)) = (self.walk.position(step), now.get(step)) else { continue };
            match then.differs(now) {
                Some(how) => {
                    let message = format!("it changed after the plan was shown: {how}");
                    let advice = Some("propose the plan again, look at it, and decide anew");
                    self.drifted.insert(index, failure("ChangedSinceApproval", message, advice));
                }
                None if *now == Sighting::Absent => self.looked[index] = Some(Found::Nothing),
                None => {}
            }
        }
    }

    /// Names the version that the person saw, where the cloud takes it. What other steps of the plan did before may have made
    /// another one of it, so only first steps name it.
    pub(super) fn name_version(&self, index: usize, service: Option<&Service>, params: &mut Value) {
        let step = self.step(index);
        let (Some(Sighting::There { etag: Some(etag), .. }), Some(service)) =
            (self.sightings.get(&step.id), service)
        else {
            return;
        };
        if !self.walk.needs(index).is_empty() {
            return;
        }
        let place = service.operation(&step.operation).and_then(|operation| if_match(service, operation));
        if let (Some(place), Value::Object(members)) = (place, params)
            && members.get(place).is_none_or(Value::is_null)
        {
            members.insert(place.to_owned(), etag.as_str().into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_a_step_sets_counts() {
        let params = json!({"Name": "a", "body": {"size": 3, "tags": {"owner": "x"}}});
        let then = json!({"thing": {"size": 1, "tags": {"owner": "y"}, "lastSighting": 1}});
        let later = json!({"thing": {"size": 1, "tags": {"owner": "y"}, "lastSighting": 2}});
        let other = json!({"thing": {"size": 2, "tags": {"owner": "y"}, "lastSighting": 2}});
        assert_eq!(settings_of(&params, &then), settings_of(&params, &later));
        assert_ne!(settings_of(&params, &then), settings_of(&params, &other));
    }

    #[test]
    fn a_version_is_found_in_any_letters() {
        assert_eq!(etag_of(&json!({"ETag": "1"})).as_deref(), Some("1"));
        assert_eq!(etag_of(&json!({"etag": "W/2", "id": "i"})).as_deref(), Some("W/2"));
        assert_eq!(etag_of(&json!({"properties": {"etag": "2"}})), None);
    }
}
