//! The document that rules judge: the plan, what is known beside it, and what relates its steps.

use std::collections::BTreeMap;

use regorus::Value as Rego;
use serde_json::{Value, json};

use super::book_times::clock;
use super::related::followers;
use super::secrets::literal_secrets;
use super::tags::{Tags, makes, taggable, tags};
use super::{Surroundings, Zone};
use crate::catalog::access::classify;
use crate::plan::{AccessClass, CloudName, Plan, PriceStatus, Step};

/// A plan in the form that rules read, with the environment of each step.
pub(super) struct Input {
    /// The document.
    pub(super) document: Rego,
    /// The environment of each step, where it is known.
    pub(super) environments: BTreeMap<String, String>,
    /// Whether any step is more than a read.
    pub(super) changes_anything: bool,
}

/// Tag keys that name an environment.
const ENVIRONMENT_KEYS: [&str; 3] = ["environment", "env", "stage"];

/// Brings a plan into the form that rules read.
///
/// Shape: `{plan: {name, monthly, unpriced}, environment, steps: {id: step}, by: {"aws s3 CreateBucket": [step]},
/// places: [{cloud, path, region, steps}], taggings: [{tags, unknown, steps}], now: {date, time, day}, inventory}`; reads are in none of them.
/// Places and taggings put steps together of which rules say the same. A step holds `id`, `cloud`, `service`, `operation`, `name` (all three),
/// `class`, `region`, `environment`, `params`, `tags`, `tags_unknown`, `taggable`, `makes`, `related` (ids of steps
/// that speak of the same resource), `secrets` (paths), `monthly`, and `price`.
pub(super) fn input(plan: &Plan, with: &Surroundings<'_>, zone: Option<&Zone>) -> Input {
    let followers = followers(plan);
    let own: BTreeMap<&str, Tags> = plan.steps.iter().map(|step| (step.id.as_str(), tags(step))).collect();
    let related = |step: &Step| followers.get(&step.id).cloned().unwrap_or_default();
    let all: BTreeMap<&str, Tags> = plan
        .steps
        .iter()
        .map(|step| {
            let mut tags = own[step.id.as_str()].clone();
            for other in related(step) {
                // Only a step that tags gives its tags away; a neighbour keeps its own.
                let gives = plan.step(&other).is_some_and(|other| other.operation.contains("Tag"));
                if let (true, Some(more)) = (gives, own.get(other.as_str())) {
                    tags.add(more.clone());
                }
            }
            (step.id.as_str(), tags)
        })
        .collect();
    let shared = shared_environment(all.values());
    let mut steps = BTreeMap::new();
    let mut by: BTreeMap<Rego, Vec<Rego>> = BTreeMap::new();
    let mut environments = BTreeMap::new();
    let mut places: BTreeMap<Place, Vec<Rego>> = BTreeMap::new();
    let mut taggings: BTreeMap<Rego, Vec<Rego>> = BTreeMap::new();
    for (index, step) in plan.steps.iter().enumerate() {
        let class = class(step, with);
        if class == AccessClass::Read {
            continue;
        }
        let tags = &all[step.id.as_str()];
        let environment =
            with.environment.map(canonical).or_else(|| environment(tags)).or_else(|| shared.clone());
        let price = with.estimate.and_then(|estimate| estimate.steps.iter().find(|s| s.step == step.id));
        let name = step.operation_name().to_string();
        let taggable = taggable(step, with.catalog);
        let value = Rego::from(json!({
            "id": step.id,
            "index": index,
            "cloud": step.cloud,
            "service": step.service,
            "operation": step.operation,
            "name": name,
            "class": class,
            "region": step.region.as_deref().or_else(|| with.regions.get(step.cloud)),
            "account": step.account,
            "environment": environment.clone().unwrap_or_default(),
            "params": step.params,
            "tags": tags.values,
            "tags_unknown": tags.unknown,
            "taggable": taggable,
            "makes": makes(step),
            "related": related(step),
            "secrets": literal_secrets(step),
            "monthly": price.and_then(|price| price.monthly.map(|money| money.to_string().parse::<f64>().unwrap_or(0.0))),
            "price": price.map(|price| price.status),
        }));
        by.entry(Rego::from(name)).or_default().push(value.clone());
        if let Some(place) = place(step, with) {
            places.entry(place).or_default().push(value.clone());
        }
        if taggable {
            let tagging = Rego::from(json!({"tags": tags.values, "unknown": tags.unknown}));
            taggings.entry(tagging).or_default().push(value.clone());
        }
        steps.insert(Rego::from(step.id.as_str()), value);
        environments.extend(environment.map(|environment| (step.id.clone(), environment)));
    }
    let changes_anything = !steps.is_empty();
    let by: BTreeMap<Rego, Rego> = by.into_iter().map(|(name, steps)| (name, Rego::from(steps))).collect();
    let inventory = if with.inventory.is_object() { with.inventory.clone() } else { json!({}) };
    let document: BTreeMap<Rego, Rego> = BTreeMap::from([
        (Rego::from("plan"), Rego::from(summary(plan, with))),
        (
            Rego::from("environment"),
            Rego::from(with.environment.map(canonical).or(shared).unwrap_or_default()),
        ),
        (Rego::from("steps"), Rego::from(steps)),
        (Rego::from("by"), Rego::from(by)),
        (
            Rego::from("places"),
            places.into_iter().map(|(place, steps)| place.with(steps)).collect::<Vec<_>>().into(),
        ),
        (
            Rego::from("taggings"),
            taggings.into_iter().map(|(tags, steps)| tagged(tags, steps)).collect::<Vec<_>>().into(),
        ),
        (Rego::from("now"), Rego::from(clock(with.now, zone))),
        (Rego::from("inventory"), Rego::from(inventory)),
    ]);
    Input { document: Rego::from(document), environments, changes_anything }
}

/// Where a step goes to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    cloud: CloudName,
    /// Where the region stands.
    path: &'static str,
    region: Option<String>,
}

impl Place {
    fn with(self, steps: Vec<Rego>) -> Rego {
        let Self { cloud, path, region } = self;
        let mut place = Rego::from(json!({"cloud": cloud, "path": path, "region": region}));
        if let Ok(members) = place.as_object_mut() {
            members.insert("steps".into(), steps.into());
        }
        place
    }
}

/// The place of a step; a part of something in Azure has that of the whole.
fn place(step: &Step, with: &Surroundings<'_>) -> Option<Place> {
    let (path, region) = match step.cloud {
        CloudName::Azure => {
            ("$.body.location", Some(step.params.get("body")?.get("location")?.as_str()?.to_owned()))
        }
        cloud => ("region", step.region.as_deref().or_else(|| with.regions.get(cloud)).map(str::to_owned)),
    };
    Some(Place { cloud: step.cloud, path, region })
}

fn tagged(mut tags: Rego, steps: Vec<Rego>) -> Rego {
    if let Ok(members) = tags.as_object_mut() {
        members.insert("steps".into(), steps.into());
    }
    tags
}

fn summary(plan: &Plan, with: &Surroundings<'_>) -> Value {
    let unpriced: Vec<&str> = with.estimate.map_or_else(Vec::new, |estimate| {
        estimate
            .steps
            .iter()
            .filter(|step| matches!(step.status, PriceStatus::NotPriced | PriceStatus::Partly))
            .map(|step| step.step.as_str())
            .collect()
    });
    json!({
        "name": plan.name,
        "monthly": with.estimate.map(|estimate| estimate.monthly.to_string().parse::<f64>().unwrap_or(0.0)),
        "unpriced": unpriced,
    })
}

/// What the step does to the world: as the caller knows it, as the catalog knows it, or by name
/// for clouds whose catalog is not there.
fn class(step: &Step, with: &Surroundings<'_>) -> AccessClass {
    if let Some(facts) = with.facts.iter().find(|facts| facts.step == step.id) {
        return facts.access.class;
    }
    match with.catalog.operation(&step.operation_name()) {
        Ok(found) => classify(found.service(), found.operation()).class,
        Err(_) if reads_by_name(step) => AccessClass::Read,
        Err(_) => AccessClass::Write,
    }
}

/// The verdict on a read is never a finding, so a read must not be missed; nothing runs unasked
/// on this ground.
fn reads_by_name(step: &Step) -> bool {
    let action = match step.cloud {
        CloudName::Azure => step.operation.rsplit('_').next().unwrap_or_default(),
        CloudName::Aws | CloudName::Oci => &step.operation,
    };
    ["Get", "List", "Describe", "Head", "Summarize", "CheckExistence"]
        .iter()
        .any(|verb| action.starts_with(verb))
}

fn environment(tags: &Tags) -> Option<String> {
    ENVIRONMENT_KEYS
        .iter()
        .find_map(|wanted| tags.values.iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted)))
        .map(|(_, value)| value)
        .filter(|value| !crate::plan::is_reference(value))
        .map(|value| canonical(value))
}

/// People write `Production` and mean `prod`; books are written for one word.
pub(super) fn canonical(environment: &str) -> String {
    let word = environment.trim().to_lowercase();
    match word.as_str() {
        "production" | "prd" | "live" => "prod".into(),
        "development" => "dev".into(),
        "stage" | "stg" => "staging".into(),
        _ => word,
    }
}

/// The environment of all steps that name one, if they agree.
fn shared_environment<'a>(tags: impl Iterator<Item = &'a Tags>) -> Option<String> {
    let mut named = tags.filter_map(environment);
    let first = named.next()?;
    named.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::legislator::no_uses;
    use crate::legislator::tests::{catalog, plan};
    use crate::plan::Regions;
    use jiff::Timestamp;
    use pretty_assertions::assert_eq;

    fn environments(session: Option<&str>, tags: &[&str]) -> Vec<Option<String>> {
        let catalog = catalog();
        let steps: Vec<Value> = tags
            .iter()
            .enumerate()
            .map(|(index, environment)| {
                let tags = if environment.is_empty() {
                    json!([])
                } else {
                    json!([{"Key": "environment", "Value": environment}])
                };
                json!({"id": format!("s{index}"), "cloud": "aws", "service": "iam", "operation": "CreateRole",
                       "params": {"RoleName": format!("r{index}"), "Tags": tags}})
            })
            .collect();
        let with = Surroundings {
            facts: &[],
            estimate: None,
            environment: session,
            regions: Regions::none(),
            inventory: &Value::Null,
            catalog: &catalog,
            now: Timestamp::UNIX_EPOCH,
            uses: no_uses(),
        };
        let input = input(&plan(Value::Array(steps)), &with, None);
        (0..tags.len()).map(|index| input.environments.get(&format!("s{index}")).cloned()).collect()
    }

    #[test]
    fn the_session_names_the_environment_else_the_step_else_the_plan() {
        let some = |word: &str| Some(word.to_owned());
        assert_eq!(environments(Some("Production"), &["dev"]), [some("prod")]);
        assert_eq!(environments(None, &["Dev", "prod"]), [some("dev"), some("prod")]);
        assert_eq!(environments(None, &["prd", ""]), [some("prod"), some("prod")]);
        assert_eq!(environments(None, &["dev", "prod", ""]), [some("dev"), some("prod"), None]);
    }
}
