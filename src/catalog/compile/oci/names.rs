//! From Python's names to the names in plans.

/// `launch_instance` as `LaunchInstance`.
pub(super) fn pascal(snake: &str) -> String {
    snake
        .split('_')
        .flat_map(|part| {
            let mut letters = part.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters)
        })
        .collect()
}

/// `VirtualNetworkClient` as `Virtual Network`.
pub(super) fn title(class: &str) -> String {
    let name = class.strip_suffix("Client").unwrap_or(class);
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let after_small = at > 0 && !letters[at - 1].is_uppercase();
        let before_small = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if at > 0 && letter.is_uppercase() && (after_small || before_small) {
            out.push(' ');
        }
        out.push(*letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_turned_into_those_of_plans() {
        assert_eq!(pascal("launch_instance"), "LaunchInstance");
        assert_eq!(pascal("get_cross_connect_group_2"), "GetCrossConnectGroup2");
        assert_eq!(title("VirtualNetworkClient"), "Virtual Network");
        assert_eq!(title("DNSClient"), "DNS");
        assert_eq!(title("AIServiceVisionClient"), "AI Service Vision");
    }
}
