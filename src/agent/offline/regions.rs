//! Regions by code, city, and country.

use super::words::{Token, starts};

/// Places and the AWS region that is meant by them.
const PLACES: [(&str, &str); 66] = [
    ("frankfurt", "eu-central-1"),
    ("germany", "eu-central-1"),
    ("deutschland", "eu-central-1"),
    ("zurich", "eu-central-2"),
    ("zürich", "eu-central-2"),
    ("zuerich", "eu-central-2"),
    ("switzerland", "eu-central-2"),
    ("schweiz", "eu-central-2"),
    ("ireland", "eu-west-1"),
    ("irland", "eu-west-1"),
    ("dublin", "eu-west-1"),
    ("london", "eu-west-2"),
    ("england", "eu-west-2"),
    ("united kingdom", "eu-west-2"),
    ("paris", "eu-west-3"),
    ("france", "eu-west-3"),
    ("frankreich", "eu-west-3"),
    ("stockholm", "eu-north-1"),
    ("sweden", "eu-north-1"),
    ("schweden", "eu-north-1"),
    ("milan", "eu-south-1"),
    ("mailand", "eu-south-1"),
    ("italy", "eu-south-1"),
    ("italien", "eu-south-1"),
    ("spain", "eu-south-2"),
    ("spanien", "eu-south-2"),
    ("zaragoza", "eu-south-2"),
    ("virginia", "us-east-1"),
    ("north virginia", "us-east-1"),
    ("n. virginia", "us-east-1"),
    ("ohio", "us-east-2"),
    ("columbus", "us-east-2"),
    ("california", "us-west-1"),
    ("kalifornien", "us-west-1"),
    ("oregon", "us-west-2"),
    ("canada", "ca-central-1"),
    ("kanada", "ca-central-1"),
    ("montreal", "ca-central-1"),
    ("calgary", "ca-west-1"),
    ("mexico", "mx-central-1"),
    ("mexiko", "mx-central-1"),
    ("sao paulo", "sa-east-1"),
    ("são paulo", "sa-east-1"),
    ("brazil", "sa-east-1"),
    ("brasilien", "sa-east-1"),
    ("tokyo", "ap-northeast-1"),
    ("tokio", "ap-northeast-1"),
    ("seoul", "ap-northeast-2"),
    ("osaka", "ap-northeast-3"),
    ("mumbai", "ap-south-1"),
    ("india", "ap-south-1"),
    ("indien", "ap-south-1"),
    ("hyderabad", "ap-south-2"),
    ("singapore", "ap-southeast-1"),
    ("singapur", "ap-southeast-1"),
    ("sydney", "ap-southeast-2"),
    ("australia", "ap-southeast-2"),
    ("australien", "ap-southeast-2"),
    ("jakarta", "ap-southeast-3"),
    ("melbourne", "ap-southeast-4"),
    ("hong kong", "ap-east-1"),
    ("hongkong", "ap-east-1"),
    ("bahrain", "me-south-1"),
    ("tel aviv", "il-central-1"),
    ("cape town", "af-south-1"),
    ("kapstadt", "af-south-1"),
];

/// The region that is named last.
pub(super) fn region(tokens: &[Token]) -> Option<String> {
    let code = tokens
        .iter()
        .enumerate()
        .filter(|(_, token)| is_code(&token.lower))
        .map(|(at, token)| (at, token.lower.clone()));
    let place =
        PLACES.iter().flat_map(|(place, region)| starts(tokens, place).map(|at| (at, (*region).to_owned())));
    code.chain(place).max_by_key(|(at, _)| *at).map(|(_, region)| region)
}

/// `eu-central-1`, `us-gov-west-1`.
fn is_code(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    let letters = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    matches!(parts.as_slice(), [first, middle @ .., last]
        if first.len() == 2 && letters(first) && !middle.is_empty() && middle.len() <= 2 && middle.iter().all(letters)
            && last.len() == 1 && last.bytes().all(|b| b.is_ascii_digit()))
        && ["central", "east", "west", "north", "south", "northeast", "southeast", "northwest", "southwest"]
            .iter()
            .any(|direction| parts.contains(direction))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::offline::words::tokens;

    #[test]
    fn codes_cities_and_countries_are_understood_and_the_last_one_counts() {
        for (text, expected) in [
            ("a bucket in Frankfurt", Some("eu-central-1")),
            ("ein Bucket in der Schweiz, bitte", Some("eu-central-2")),
            ("in us-west-2", Some("us-west-2")),
            ("in Ireland, no, make it eu-west-2", Some("eu-west-2")),
            ("in São Paulo", Some("sa-east-1")),
            ("us-gov-west-1", Some("us-gov-west-1")),
            ("a bucket called my-bucket-1", None),
            ("nowhere", None),
        ] {
            assert_eq!(region(&tokens(text)).as_deref(), expected, "{text}");
        }
    }
}
