//! Which operations fit a query best.

use std::collections::HashMap;

use super::grounds::{Known, Weights};
use super::index::Index;
use super::query::Query;
use super::synonyms::Synonyms;
use super::weighed::Weighed;
use crate::plan::{CloudName, OperationName};

/// An operation that fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The operation.
    pub operation: OperationName,
    /// The service's name for people.
    pub title: String,
    /// How well it fits; only comparable inside one answer.
    pub score: f32,
}

/// More than words can add up to.
pub(super) const NAMED_IN_FULL: f32 = 1000.0;

/// Operations that are looked at closely.
const CLOSELY: usize = 120;

/// How much the words of a query must say for a service, for it to fill an answer.
const ASKED_FOR: f32 = 2.0;

impl Index {
    /// The operations that fit the words best, best first, at most `limit`. No service fills an
    /// answer alone unless the words name it or nothing else fits.
    #[must_use]
    pub fn search(&self, text: &str, cloud: Option<CloudName>, limit: usize) -> Vec<Hit> {
        let synonyms = Synonyms::embedded();
        let query = Query::parse(text, synonyms, self);
        let weights = Weights::of(self);
        let concepts: Vec<Weighed> =
            query.concepts.iter().map(|concept| Weighed::new(self, concept)).collect();
        let services = self.service_grounds(&query, &concepts, synonyms, cloud);
        let close = limit.saturating_mul(4).max(CLOSELY);
        let candidates = self.candidates(&query, &concepts, &services, weights, cloud, close);
        let known = Known { query: &query, concepts: &concepts, services: &services };
        let mut scores: Vec<(f32, usize)> = candidates
            .into_iter()
            .filter_map(|id| {
                let named = query.operations.iter().any(|named| *named as usize == id);
                let grounds = self.grounds(id, &known)?.weighed(weights);
                Some((grounds + if named { NAMED_IN_FULL } else { 0.0 }, id))
            })
            .collect();
        // Equal scores keep the order of the catalog, so that an answer never changes by itself.
        scores.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        // Without a cloud the answer has to show what all of them have.
        let most = limit.div_ceil(2).max(if cloud.is_some() { 4 } else { 3 });
        let asked_for = |service: u16| {
            let named = services.get(usize::from(service)).is_some_and(|service| service.words >= ASKED_FOR);
            cloud.is_some() && named
        };
        self.diverse(&scores, limit, most, asked_for)
    }

    fn diverse(
        &self,
        scores: &[(f32, usize)],
        limit: usize,
        most: usize,
        asked_for: impl Fn(u16) -> bool,
    ) -> Vec<Hit> {
        let mut taken: HashMap<u16, usize> = HashMap::new();
        let (mut first, mut rest) = (Vec::new(), Vec::new());
        for (score, id) in scores {
            let Some(operation) = self.operations.get(*id) else { continue };
            let count = taken.entry(operation.service).or_default();
            *count += 1;
            let fits = *count <= most || asked_for(operation.service);
            if fits { first.push((*score, *id)) } else { rest.push((*score, *id)) }
        }
        first.truncate(limit);
        first.extend(rest.into_iter().take(limit - first.len()));
        first.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        first.into_iter().filter_map(|(score, id)| self.hit(score, id)).collect()
    }

    fn hit(&self, score: f32, id: usize) -> Option<Hit> {
        let operation = self.operations.get(id)?;
        let service = self.services.get(usize::from(operation.service))?;
        Some(Hit {
            operation: OperationName::new(service.cloud, &service.name, operation.name.as_ref()),
            title: service.title.clone(),
            score,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Named;
    use super::*;

    fn index(operations: &[(&'static str, &'static str, &'static str)]) -> Index {
        Index::build(operations.iter().map(|(service, operation, said)| Named {
            cloud: CloudName::Aws,
            service,
            title: service,
            operation,
            required: &[],
            said,
        }))
    }

    fn names(index: &Index, text: &str, cloud: Option<CloudName>, limit: usize) -> Vec<String> {
        index.search(text, cloud, limit).into_iter().map(|hit| hit.operation.operation).collect()
    }

    #[test]
    fn one_thing_and_several_are_told_apart() {
        let index = index(&[("zoo", "DescribeZebras", ""), ("zoo", "DescribeZebra", "")]);
        assert_eq!(names(&index, "describe a zebra", None, 1), ["DescribeZebra"]);
        assert_eq!(names(&index, "describe zebras", None, 1), ["DescribeZebras"]);
    }

    #[test]
    fn words_that_nobody_asked_for_make_a_name_worse() {
        let index = index(&[("zoo", "CreateZebraFenceGate", ""), ("zoo", "CreateZebra", "")]);
        assert_eq!(names(&index, "create a zebra", None, 2), ["CreateZebra", "CreateZebraFenceGate"]);
        assert_eq!(
            names(&index, "create the gate of a fence for a zebra", None, 1),
            ["CreateZebraFenceGate"]
        );
    }

    #[test]
    fn the_first_sentence_counts_more_than_the_next() {
        let index = index(&[
            ("zoo", "PutNumber", "Sets a number. It can be the weight of a walrus."),
            ("zoo", "PutMeasure", "Sets the weight of a walrus. It can be a number."),
        ]);
        assert_eq!(names(&index, "the weight of my walrus", None, 1), ["PutMeasure"]);
    }

    #[test]
    fn only_a_service_that_is_named_fills_an_answer() {
        let mut operations = vec![
            ("zoo", "CreateZebra", ""),
            ("zoo", "CreateZebraFence", ""),
            ("zoo", "CreateZebraGate", ""),
            ("zoo", "CreateZebraHouse", ""),
            ("zoo", "CreateZebraStable", ""),
        ];
        operations.extend(["a", "b", "c", "d"].map(|service| (service, "CreateZebraBigLongOtherThing", "")));
        let fillers: Vec<String> = (0..40).map(|at| format!("filler{at}")).collect();
        let mut all: Vec<Named<'_>> = Vec::new();
        for (service, operation, said) in &operations {
            all.push(Named {
                cloud: CloudName::Aws,
                service,
                title: service,
                operation,
                required: &[],
                said,
            });
        }
        for service in &fillers {
            all.push(Named {
                cloud: CloudName::Aws,
                service,
                title: service,
                operation: "GetOther",
                required: &[],
                said: "",
            });
        }
        let index = Index::build(all);
        let of_zoo = |text: &str| {
            let hits = index.search(text, Some(CloudName::Aws), 5);
            hits.iter().filter(|hit| hit.operation.service == "zoo").count()
        };
        assert_eq!(of_zoo("create a zebra"), 4);
        assert_eq!(of_zoo("create a zebra in the zoo"), 5);
    }

    #[test]
    fn a_name_in_full_is_first_whatever_else_is_said() {
        let index = index(&[("zoo", "CreateZebra", "Creates a zebra."), ("zoo", "ListGiraffesByHeight", "")]);
        assert_eq!(
            names(&index, "create a zebra as listgiraffesbyheight", None, 1),
            ["ListGiraffesByHeight"]
        );
    }
    #[test]
    fn a_name_of_one_word_is_a_word_unless_it_stands_alone() {
        let index = index(&[("ark", "Retrieve", ""), ("zoo", "GetZebra", "")]);
        assert_eq!(names(&index, "retrieve the zebra", None, 1), ["GetZebra"]);
        assert_eq!(names(&index, "Retrieve", None, 1), ["Retrieve"]);
    }
}
