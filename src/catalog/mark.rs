//! The mark by which a step finds again what it made.
//!
//! Some operations take neither a token nor a name: when their answer is lost, nothing in the cloud says
//! what they made. Where such an operation takes tags, and the operation that lists its kind of thing
//! filters by tag, one more tag does. Nothing is listed by service: both are seen by the shapes of their members.

use serde_json::{Map, Value, json};

use super::partner;
use super::shapes::{Member, Operation, Service, Shape, ShapeKind};

/// The key of the tag.
pub const MARK: &str = "provisioner:step";

/// Adds the mark to the parameters, where the operation can be marked and needs it.
pub fn put(service: &Service, operation: &Operation, params: &mut Value, value: &str) {
    if look_up(service, operation, params, value).is_none() {
        return;
    }
    let (Some(place), Some(kind)) = (specifications(service, operation), kind(service, operation, params))
    else {
        return;
    };
    let tag = json!({"Key": MARK, "Value": value});
    let Value::Object(members) = params else { return };
    let list = members.entry(place.name.clone()).or_insert_with(|| Value::Array(Vec::new()));
    let Value::Array(list) = list else { return };
    let ours = list.iter_mut().find(|one| one["ResourceType"] == kind.as_str());
    match ours.map(|one| &mut one["Tags"]) {
        Some(Value::Array(tags)) if tags.iter().any(|tag| tag["Key"] == MARK) => {}
        Some(Value::Array(tags)) => tags.push(tag),
        Some(tags) => *tags = json!([tag]),
        None => list.push(json!({"ResourceType": kind, "Tags": [tag]})),
    }
}

/// The operation that lists what carries a mark, with its parameters; nothing where a token or a name
/// does, or where there is no such operation.
#[must_use]
pub fn look_up(
    service: &Service,
    operation: &Operation,
    params: &Value,
    value: &str,
) -> Option<(String, Value)> {
    if partner::token_members(service, operation).next().is_some()
        || partner::repeatable(operation)
        || partner::read(service, operation, params).is_some()
        || specifications(service, operation).is_none()
        || kind(service, operation, params).is_none()
    {
        return None;
    }
    let (_, noun) = partner::verb_of(&operation.name);
    let names = [
        format!("{noun}s"),
        format!("{noun}es"),
        noun.strip_suffix('y').map_or(String::new(), |n| format!("{n}ies")),
    ];
    let (listing, filters) = names.iter().find_map(|plural| {
        let listing = service.operation(&format!("Describe{plural}"))?;
        let filters =
            input(service, listing)?.members().iter().find(|member| takes_filters(service, member))?;
        Some((listing, filters))
    })?;
    let mut asked = Map::new();
    asked.insert(filters.name.clone(), json!([{"Name": format!("tag:{MARK}"), "Values": [value]}]));
    Some((listing.name.clone(), Value::Object(asked)))
}

fn input<'a>(service: &'a Service, operation: &Operation) -> Option<&'a Shape> {
    operation.input.map(|id| service.shape(id))
}

fn item<'a>(service: &'a Service, member: &Member) -> Option<&'a Shape> {
    match &service.shape(member.shape).kind {
        ShapeKind::List { member } => Some(service.shape(member.shape)),
        _ => None,
    }
}

/// The member that takes a list of tags for each kind of thing.
fn specifications<'a>(service: &'a Service, operation: &Operation) -> Option<&'a Member> {
    input(service, operation)?.members().iter().find(|member| {
        item(service, member).is_some_and(|one| {
            let tags = one.member("Tags").and_then(|tags| item(service, tags));
            one.member("ResourceType").is_some()
                && tags.is_some_and(|tag| tag.member("Key").is_some() && tag.member("Value").is_some())
        })
    })
}

fn takes_filters(service: &Service, member: &Member) -> bool {
    item(service, member).is_some_and(|one| one.member("Name").is_some() && one.member("Values").is_some())
}

/// What the tagged thing is called: as the parameters say, or by the operation's own noun, `RouteTable` as
/// `route-table`, where the model knows that word.
fn kind(service: &Service, operation: &Operation, params: &Value) -> Option<String> {
    let place = specifications(service, operation)?;
    if let Some(said) = params[&place.name][0]["ResourceType"].as_str() {
        return Some(said.to_owned());
    }
    let member = item(service, place)?.member("ResourceType")?;
    let mut word = String::new();
    for letter in
        operation.name.chars().skip_while(char::is_ascii_uppercase).skip_while(char::is_ascii_lowercase)
    {
        if letter.is_ascii_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.push(letter.to_ascii_lowercase());
    }
    let known = &service.shape(member.shape).traits.allowed;
    known.contains(&word).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::plan::{CloudName, OperationName};

    fn marked(operation: &str, mut params: Value) -> (Value, Option<(String, Value)>) {
        let catalog = Catalog::open(None).unwrap();
        let found = catalog.operation(&OperationName::new(CloudName::Aws, "ec2", operation)).unwrap();
        let look = look_up(found.service(), found.operation(), &params, "x-1");
        put(found.service(), found.operation(), &mut params, "x-1");
        (params, look)
    }

    #[test]
    fn what_has_neither_token_nor_name_gets_one_more_tag() {
        let (params, look) = marked("CreateVpc", json!({"CidrBlock": "10.0.0.0/16"}));
        assert_eq!(
            params["TagSpecifications"],
            json!([{"ResourceType": "vpc", "Tags": [{"Key": MARK, "Value": "x-1"}]}])
        );
        let filters = json!({"Filters": [{"Name": "tag:provisioner:step", "Values": ["x-1"]}]});
        assert_eq!(look, Some(("DescribeVpcs".into(), filters)));
        assert_eq!(marked("CreateInternetGateway", json!({})).1.unwrap().0, "DescribeInternetGateways");
        // Its name is not what the listing asks by, so it is marked as well.
        assert_eq!(marked("CreateKeyPair", json!({"KeyName": "k"})).1.unwrap().0, "DescribeKeyPairs");
    }

    #[test]
    fn the_persons_own_tags_stay_and_the_mark_is_put_once() {
        let own = json!({"TagSpecifications": [{"ResourceType": "subnet", "Tags": [{"Key": "owner", "Value": "web"}]}]});
        let (once, _) = marked("CreateSubnet", own);
        assert_eq!(once["TagSpecifications"][0]["Tags"].as_array().unwrap().len(), 2);
        let (twice, _) = marked("CreateSubnet", once.clone());
        assert_eq!(twice, once);
    }

    #[test]
    fn a_token_or_a_name_makes_the_mark_needless() {
        for (operation, params) in [
            ("RunInstances", json!({})),
            ("CreateVolume", json!({})),
            ("DescribeVpcs", json!({})),
            ("DeleteVpc", json!({"VpcId": "vpc-1"})),
        ] {
            let (after, look) = marked(operation, params.clone());
            assert_eq!((after, look), (params, None), "{operation}");
        }
    }
}
