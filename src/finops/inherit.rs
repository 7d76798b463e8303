//! Parameters that another step of the plan gives: a launch template, a task definition.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::plan::{Step, is_reference};

/// Where a rule finds parameters of another step.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Inherit {
    /// The other step's operation, as `service:Operation`.
    pub(super) from: String,
    /// Paths in the step's own parameters that may name the other step or its resource.
    pub(super) by: Vec<String>,
    /// The other step's parameter that holds the name of its resource.
    pub(super) named: String,
    /// The part of the other step's parameters that counts; all of them if absent.
    pub(super) take: Option<String>,
    /// The name under which they stand; beside the step's own, which win, if absent.
    pub(super) under: Option<String>,
}

/// The parameters of a step with what other steps give it.
pub(super) fn params<'a>(step: &'a Step, inherit: &[Inherit], steps: &[Step]) -> Cow<'a, Value> {
    let mut params = Cow::Borrowed(&step.params);
    for inherit in inherit {
        let Some(given) = inherit.given(step, steps) else { continue };
        let Some(own) = params.to_mut().as_object_mut() else { continue };
        match (&inherit.under, given) {
            (Some(under), given) => _ = own.insert(under.clone(), given.clone()),
            (None, Value::Object(given)) => below(own, given),
            (None, _) => {}
        }
    }
    params
}

fn below(own: &mut Map<String, Value>, given: &Map<String, Value>) {
    for (name, value) in given {
        own.entry(name.clone()).or_insert_with(|| value.clone());
    }
}

impl Inherit {
    fn given<'a>(&self, step: &Step, steps: &'a [Step]) -> Option<&'a Value> {
        let (service, operation) = self.from.split_once(':')?;
        let name = self.by.iter().find_map(|path| at(&step.params, path)?.as_str())?;
        let other = steps.iter().find(|other| {
            other.cloud == step.cloud
                && other.service == service
                && other.operation == operation
                && self.means(name, other)
        })?;
        self.take.as_deref().map_or(Some(&other.params), |path| at(&other.params, path))
    }

    /// Whether a name stands for what the other step makes.
    fn means(&self, name: &str, other: &Step) -> bool {
        if is_reference(name) {
            let id = &other.id;
            return name.contains(&format!("steps.{id}.")) || name.contains(&format!("steps.\"{id}\"."));
        }
        at(&other.params, &self.named).and_then(Value::as_str) == Some(name)
    }
}

fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, part| value.get(part))
}
