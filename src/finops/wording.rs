//! Texts with values in them, `ec2.instance.{InstanceType}.linux`, and conditions on values.

use serde_json::Value;

use super::pick::{Found, Pick, Scope, text};

/// A text with values in it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wording(Vec<Piece>);

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    Pick(Pick),
}

impl Wording {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (inside, after) =
                after.split_once('}').ok_or_else(|| format!("`{text}`: a brace is not closed"))?;
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(Piece::Pick(Pick::parse(inside).map_err(|e| format!("`{text}`: {e}"))?));
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// The text, or the name of a value that is missing or not known.
    pub(super) fn fill(&self, scope: Scope<'_>) -> Result<String, String> {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Pick(pick) => match pick.find(scope) {
                    Found::Known(value) => filled.push_str(&text(&value)),
                    Found::Missing(name) | Found::Unknown(name) => return Err(name),
                },
            }
        }
        Ok(filled)
    }

    /// The text for a person, who can read it with a gap.
    pub(super) fn show(&self, scope: Scope<'_>) -> String {
        let show = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Pick(pick) => match pick.find(scope) {
                Found::Known(value) => text(&value),
                Found::Missing(_) | Found::Unknown(_) => "?".into(),
            },
        };
        self.0.iter().map(show).collect()
    }

    /// As [`Wording::fill`], but a text that is one value keeps what is known of it.
    pub(super) fn find(&self, scope: Scope<'_>) -> Found {
        match &self.0[..] {
            [Piece::Text(before), Piece::Pick(pick), Piece::Text(after)]
                if before.is_empty() && after.is_empty() =>
            {
                pick.find(scope)
            }
            _ => match self.fill(scope) {
                Ok(text) => Found::Known(Value::String(text)),
                Err(name) => Found::Unknown(name),
            },
        }
    }

    /// The text, if no value stands in it.
    #[cfg(test)]
    pub(super) fn constant(&self) -> Option<&str> {
        match &self.0[..] {
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    pub(super) fn picks(&self) -> impl Iterator<Item = &Pick> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Pick(pick) => Some(pick),
        })
    }
}

/// When a part counts: `Path = a, b`, `Path != a, b`, `Path` (there and not false), `!Path`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    pick: Pick,
    /// The words to compare with; none when presence alone counts.
    words: Option<Vec<String>>,
    not: bool,
}

impl Condition {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (pick, words, not) = if let Some((pick, words)) = text.split_once("!=") {
            (pick, Some(words), true)
        } else if let Some((pick, words)) = text.split_once('=') {
            (pick, Some(words), false)
        } else if let Some(pick) = text.trim().strip_prefix('!') {
            (pick, None, true)
        } else {
            (text, None, false)
        };
        let words = words.map(|words| words.split(',').map(|w| w.trim().to_lowercase()).collect());
        Ok(Self { pick: Pick::parse(pick.trim())?, words, not })
    }

    /// Whether it holds, or the name of what would have to be known.
    pub(super) fn holds(&self, scope: Scope<'_>) -> Result<bool, String> {
        let found = match self.pick.find(scope) {
            Found::Unknown(name) => return Err(name),
            Found::Missing(_) => None,
            Found::Known(value) => Some(value),
        };
        let yes = match (&self.words, found) {
            (_, None) => false,
            (Some(words), Some(value)) => words.contains(&text(&value).to_lowercase()),
            (None, Some(value)) => present(&value),
        };
        Ok(yes != self.not)
    }

    pub(super) fn pick(&self) -> &Pick {
        &self.pick
    }
}

fn present(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty() && text != "false",
        Value::Array(list) => !list.is_empty(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    use super::super::pick::Table;

    fn nowhere<'a>(names: &'a BTreeMap<String, Found>, tables: &'a BTreeMap<String, Table>) -> Scope<'a> {
        Scope { params: &Value::Null, element: None, names, tables }
    }

    #[test]
    fn a_text_with_a_value_that_is_not_known_is_not_filled() {
        let params = json!({"T": "t3.micro", "R": "${{ steps.a.output.t }}"});
        let (names, tables) = (BTreeMap::new(), BTreeMap::new());
        let scope = Scope { params: &params, ..nowhere(&names, &tables) };
        let fill = |text: &str| Wording::parse(text).unwrap().fill(scope);
        assert_eq!(fill("ec2.{T}.{OS|'linux'}"), Ok("ec2.t3.micro.linux".into()));
        assert_eq!(fill("ec2.{R}"), Err("R".into()));
        assert_eq!(fill("ec2.{Missing}"), Err("Missing".into()));
        assert_eq!(Wording::parse("Instance {R}").unwrap().show(scope), "Instance ?");
        assert!(Wording::parse("ec2.{T").is_err());
    }

    #[test]
    fn conditions_compare_words_and_presence() {
        let params = json!({"E": "Postgres", "Yes": true, "No": false, "R": "${{ inputs.e }}", "L": []});
        let (names, tables) = (BTreeMap::new(), BTreeMap::new());
        let scope = Scope { params: &params, ..nowhere(&names, &tables) };
        for (text, holds) in [
            ("E = mysql, postgres", true),
            ("E != mysql, postgres", false),
            ("E != mysql", true),
            ("Gone = x", false),
            ("Gone != x", true),
            ("Gone|'x' = x", true),
            ("Yes", true),
            ("No", false),
            ("!No", true),
            ("L", false),
            ("!Gone", true),
        ] {
            assert_eq!(Condition::parse(text).unwrap().holds(scope), Ok(holds), "{text}");
        }
        assert_eq!(Condition::parse("R = x").unwrap().holds(scope), Err("R".into()));
        assert_eq!(Condition::parse("!R").unwrap().holds(scope), Err("R".into()));
    }
}
