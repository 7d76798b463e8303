//! What the Legislator is told of what exists.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Existence, Graph, GraphError, Node, Picture};
use crate::plan::{CloudName, Target};

/// Resources that the inventory names at most.
const MOST_LISTED: usize = 2000;

/// What a kind is to the rules that count. The clouds have different words for the same three things;
/// these are all of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Network,
    Subnet,
    Machine,
}

/// Cloud, service, kind, and what it is.
const ROLES: [(CloudName, &str, &str, Role); 9] = [
    (CloudName::Aws, "ec2", "Vpc", Role::Network),
    (CloudName::Aws, "ec2", "Subnet", Role::Subnet),
    (CloudName::Aws, "ec2", "Instance", Role::Machine),
    (CloudName::Azure, "network", "VirtualNetworks", Role::Network),
    (CloudName::Azure, "network", "Subnets", Role::Subnet),
    (CloudName::Azure, "compute", "VirtualMachines", Role::Machine),
    (CloudName::Oci, "core.virtual_network", "Vcn", Role::Network),
    (CloudName::Oci, "core.virtual_network", "Subnet", Role::Subnet),
    (CloudName::Oci, "core.compute", "Instance", Role::Machine),
];

/// Members that say whether a subnet is public: the value that says so, and what it says. Where none is
/// given, routes decide, and whether the subnet is public is not known.
const PUBLIC: [(&str, bool, bool); 3] = [
    ("MapPublicIpOnLaunch", true, true),
    ("prohibitPublicIpOnVnic", true, false),
    ("prohibitPublicIpOnVnic", false, true),
];

impl Graph {
    /// What the Legislator is told: how many resources of each kind are there, and which.
    ///
    /// ```json
    /// {"counts": {"Bucket": 2},
    ///  "resources": [{"kind": "Bucket", "name": "logs", "service": "s3", "region": "eu-central-1"}],
    ///  "networks": {"vpc-1": {"vms": 3, "subnets": 2}},
    ///  "subnets": {"subnet-1": {"network": "vpc-1", "public": true}},
    ///  "tags": {"logs": {"owner": "team-web"}}}
    /// ```
    ///
    /// Only what is known to exist is counted; a subnet whose network or openness is not known has no such
    /// member. `resources` is cut at 2000; the counts are whole.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn inventory(&self, target: Target) -> Result<Value, GraphError> {
        let picture = self.picture(target)?;
        let index = Index::of(&picture);
        let there = || picture.nodes.iter().filter(|node| node.state == Existence::Exists);
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut resources = Vec::new();
        let mut tags = Map::new();
        for node in there() {
            *counts.entry(&node.kind).or_default() += 1;
            if resources.len() < MOST_LISTED {
                resources.push(json!({
                    "kind": node.kind, "name": node.name, "service": node.service, "region": node.region,
                }));
            }
            if !node.tags.is_empty() {
                // A rule may know a thing by any of its names.
                for name in std::iter::once(&node.name).chain(&node.aliases) {
                    tags.insert(name.clone(), json!(node.tags));
                }
            }
        }
        let of = |wanted: Role| there().filter(move |node| role(node) == Some(wanted));
        let mut networks: BTreeMap<&str, (usize, usize)> =
            of(Role::Network).map(|node| (node.name.as_str(), (0, 0))).collect();
        let mut subnets = Map::new();
        for node in of(Role::Subnet) {
            let mut known = Map::new();
            if let Some(network) = index.network_of(node) {
                networks.entry(network).or_default().1 += 1;
                known.insert("network".into(), network.into());
            }
            if let Some(public) = is_public(node) {
                known.insert("public".into(), public.into());
            }
            subnets.insert(node.name.clone(), known.into());
        }
        for node in of(Role::Machine) {
            if let Some(network) = index.network_of(node) {
                networks.entry(network).or_default().0 += 1;
            }
        }
        let networks: Map<String, Value> = networks
            .into_iter()
            .map(|(name, (vms, subnets))| (name.to_owned(), json!({"vms": vms, "subnets": subnets})))
            .collect();
        Ok(json!({
            "counts": counts, "resources": resources, "networks": networks, "subnets": subnets, "tags": tags,
        }))
    }
}

fn role(node: &Node) -> Option<Role> {
    let fits = |(cloud, service, kind, _): &&(CloudName, &str, &str, Role)| {
        (*cloud, *service, *kind) == (node.cloud, node.service.as_str(), node.kind.as_str())
    };
    ROLES.iter().find(fits).map(|(.., role)| *role)
}

/// Resources by key, and what each holds on to.
struct Index<'a> {
    nodes: BTreeMap<&'a str, &'a Node>,
    held: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Index<'a> {
    fn of(picture: &'a Picture) -> Self {
        let mut held: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for edge in &picture.edges {
            held.entry(&edge.from).or_default().push(&edge.to);
        }
        Self { nodes: picture.nodes.iter().map(|node| (node.key.as_str(), node)).collect(), held }
    }

    /// The network that a resource holds on to, directly or through others.
    fn network_of(&self, node: &'a Node) -> Option<&'a str> {
        let mut seen = BTreeSet::from([node.key.as_str()]);
        let mut next = vec![node.key.as_str()];
        while let Some(key) = next.pop() {
            for held in self.held.get(key).into_iter().flatten() {
                let Some(held) = self.nodes.get(held) else { continue };
                if role(held) == Some(Role::Network) {
                    return Some(&held.name);
                }
                if seen.insert(&held.key) {
                    next.push(&held.key);
                }
            }
        }
        None
    }
}

fn is_public(node: &Node) -> Option<bool> {
    let settings = node.settings.values().map(|setting| &setting.params);
    settings.chain([&node.attributes]).find_map(|params| {
        let said = |member: &str| {
            let value = params.get(member).or_else(|| params.get("body")?.get(member))?;
            value.as_bool().or_else(|| value.get("Value")?.as_bool())
        };
        PUBLIC.iter().find(|(member, when, _)| said(member) == Some(*when)).map(|(.., public)| *public)
    })
}
