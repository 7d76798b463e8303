//! A person's words as tokens, and what kind of request they make.

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// As it was written, without the punctuation around it.
    pub(super) text: String,
    /// In lower case.
    pub(super) lower: String,
    /// Whether a pause follows: a comma, a full stop, a line end.
    pub(super) pause: bool,
    /// Whether it stood in quotes.
    pub(super) quoted: bool,
}

/// What a person wants to do with a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Intent {
    /// Make it.
    Create,
    /// Take it away.
    Delete,
    /// See all of them.
    List,
    /// See one of them.
    Show,
}

/// The language of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// English.
    English,
    /// German.
    German,
}

const CREATE: &[&str] = &[
    "create",
    "make",
    "build",
    "provision",
    "set up",
    "setup",
    "need",
    "want",
    "add",
    "new",
    "launch",
    "deploy",
    "spin up",
    "give me",
    "get me",
    "stand up",
    "erstelle",
    "erstellen",
    "erstell",
    "anlegen",
    "lege",
    "leg",
    "erzeuge",
    "erzeugen",
    "baue",
    "bauen",
    "brauche",
    "brauchen",
    "benötige",
    "benötigen",
    "möchte",
    "moechte",
    "richte",
    "einrichten",
    "neue",
    "neuen",
    "neues",
    "neuer",
    "bereitstellen",
];
const DELETE: &[&str] = &[
    "delete",
    "remove",
    "destroy",
    "terminate",
    "drop",
    "tear down",
    "get rid of",
    "lösche",
    "loesche",
    "löschen",
    "loeschen",
    "lösch",
    "entferne",
    "entfernen",
    "zerstöre",
    "abbauen",
    "beende",
    "weg mit",
];
const LIST: &[&str] = &[
    "list",
    "show all",
    "show me all",
    "show my",
    "show me my",
    "show me the",
    "what",
    "which",
    "all my",
    "how many",
    "liste",
    "auflisten",
    "zeige alle",
    "zeig alle",
    "zeige mir alle",
    "zeig mir alle",
    "welche",
    "alle meine",
    "zeig mir die",
    "zeige mir die",
    "zeig mir meine",
    "zeige mir meine",
    "zeig meine",
    "zeige meine",
    "was habe ich",
    "wie viele",
];
const SHOW: &[&str] = &[
    "show",
    "describe",
    "details",
    "inspect",
    "look at",
    "tell me about",
    "zeige",
    "zeig",
    "beschreibe",
    "beschreib",
    "anzeigen",
];
const GERMAN: &[&str] = &[
    "ich",
    "bitte",
    "lege",
    "leg",
    "erstelle",
    "mir",
    "und",
    "mit",
    "für",
    "fuer",
    "eine",
    "einen",
    "einem",
    "ein",
    "zeig",
    "zeige",
    "lösche",
    "loesche",
    "brauche",
    "welche",
    "der",
    "die",
    "das",
    "den",
    "dem",
    "namens",
    "umgebung",
    "kostenstelle",
    "vertraulich",
    "intern",
    "interne",
    "alle",
    "meine",
    "ist",
    "hilfe",
    "nenne",
    "nenn",
    "ihn",
    "doch",
    "stattdessen",
    "verschlüsselt",
    "verschlüsselten",
    "im",
    "kannst",
    "du",
    "was",
    "nicht",
    "oder",
    "besitzer",
];

/// The words of a text.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    for line in text.lines() {
        let before = out.len();
        let mut rest = line;
        while !rest.trim_start().is_empty() {
            rest = rest.trim_start();
            if let Some((inside, after)) = quoted(rest) {
                push(&mut out, inside, true, after.starts_with([',', '.', ';']));
                rest = after;
                continue;
            }
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            rest = after;
            let pause = word.ends_with([',', ';', '.', '!', '?', ':']);
            let bare = word
                .trim_matches(|c: char| {
                    matches!(c, ',' | ';' | '!' | '?' | '(' | ')' | '"' | '\'' | '`' | '„' | '“' | '”')
                })
                .trim_end_matches(['.', ':']);
            if bare.is_empty() {
                if let (true, Some(last)) = (pause, out.last_mut()) {
                    let last: &mut Token = last;
                    last.pause = true;
                }
                continue;
            }
            // `owner=team-web` and `owner:team-web` are two words.
            match bare.split_once(['=', ':']).filter(|(key, value)| {
                !key.is_empty()
                    && !value.is_empty()
                    && !value.starts_with("//")
                    && !key.contains('/')
                    && *key != "arn"
            }) {
                Some((key, value)) => {
                    push(&mut out, key, false, false);
                    push(&mut out, value, false, pause);
                }
                None => push(&mut out, bare, false, pause),
            }
        }
        if out.len() > before
            && let Some(last) = out.last_mut()
        {
            last.pause = true;
        }
    }
    out
}

fn quoted(text: &str) -> Option<(&str, &str)> {
    let pairs = [('"', '"'), ('\'', '\''), ('`', '`'), ('„', '“'), ('“', '”')];
    let first = text.chars().next()?;
    let (_, close) = pairs.iter().find(|(open, _)| *open == first)?;
    let inner = &text[first.len_utf8()..];
    let end = inner.find(*close)?;
    let inside = inner[..end].trim();
    (!inside.is_empty() && inside.len() < 200).then(|| (inside, &inner[end + close.len_utf8()..]))
}

fn push(out: &mut Vec<Token>, text: &str, quoted: bool, pause: bool) {
    out.push(Token { text: text.to_owned(), lower: text.to_lowercase(), pause, quoted });
}

/// Where a phrase stands for the last time: the position after it.
pub(super) fn after_last(tokens: &[Token], phrase: &str) -> Option<usize> {
    starts(tokens, phrase).last().map(|start| start + phrase.split(' ').count())
}

/// Whether a phrase stands anywhere.
pub(super) fn says(tokens: &[Token], phrase: &str) -> bool {
    starts(tokens, phrase).next().is_some()
}

/// All positions at which a phrase begins.
pub(super) fn starts<'a>(tokens: &'a [Token], phrase: &'a str) -> impl Iterator<Item = usize> + 'a {
    let parts: Vec<&str> = phrase.split(' ').collect();
    (0..tokens.len()).filter(move |&at| {
        tokens.len() - at >= parts.len()
            && parts.iter().zip(&tokens[at..]).all(|(part, token)| !token.quoted && token.lower == *part)
    })
}

/// What is to be done, as far as the verbs say. A deletion is recognised before anything else, so
/// that it is never taken for something milder.
pub(super) fn intent(tokens: &[Token]) -> Option<Intent> {
    let any = |phrases: &[&str]| phrases.iter().any(|phrase| says(tokens, phrase));
    if any(DELETE) {
        Some(Intent::Delete)
    } else if any(LIST) {
        Some(Intent::List)
    } else if any(CREATE) {
        Some(Intent::Create)
    } else if any(SHOW) {
        Some(Intent::Show)
    } else {
        None
    }
}

/// The language of the words.
pub(super) fn language(tokens: &[Token]) -> Language {
    let german = tokens.iter().filter(|token| GERMAN.contains(&token.lower.as_str())).count();
    let umlauts = tokens.iter().any(|token| token.lower.contains(['ä', 'ö', 'ü', 'ß']));
    if german >= 2 || (german >= 1 && (umlauts || tokens.len() <= 3)) {
        Language::German
    } else {
        Language::English
    }
}

/// Whether the words ask what can be done.
pub(super) fn asks_for_help(tokens: &[Token]) -> bool {
    let short = tokens.len() <= 6;
    short
        && ["help", "hilfe", "what can you do", "was kannst du", "what do you know", "was geht"]
            .iter()
            .any(|phrase| says(tokens, phrase))
}
