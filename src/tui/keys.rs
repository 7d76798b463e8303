//! The one table of keys. What a key does, the hint line, and the help page all come from it.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// Where the keys go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Context {
    /// The composer, with nothing in it.
    Empty,
    /// The composer, with words in it.
    Draft,
    /// The composer, with a command in it.
    Palette,
    /// The search in the input history.
    History,
    /// The search in the conversation.
    Find,
    /// The review of a plan.
    Review,
    /// The word that approves a plan is being typed.
    Word,
    /// A question with a choice.
    Question,
    /// The list of conversations or executions.
    Browser,
    /// One execution.
    Detail,
    /// The help page.
    Help,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Send,
    Newline,
    Escape,
    Cancel,
    EndOfInput,
    Up,
    Down,
    SearchHistory,
    Find,
    Accept,
    PageUp,
    PageDown,
    Top,
    Bottom,
    OpenReview,
    NextPane,
    Repaint,
    Suspend,
    Help,
    Complete,
    ChooseNext,
    ChooseBefore,
    Confirm,
    ApplyFix,
    NextFinding,
    SwitchList,
    Resume,
    Undo,
}

/// What decides whether a key has something to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Situation {
    /// A plan waits for a decision.
    pub(crate) decision: bool,
    /// There is a plan to look at.
    pub(crate) plan: bool,
    /// The agent or the executor works.
    pub(crate) working: bool,
    /// A plan runs.
    pub(crate) running: bool,
    /// Panes are shown one at a time.
    pub(crate) tabs: bool,
    /// Words that are sent now have to wait.
    pub(crate) queueing: bool,
    /// A finding in the review has a fix that can be applied.
    pub(crate) fixable: bool,
    /// The open execution can be taken up or back.
    pub(crate) resumable: bool,
}

type When = fn(Situation) -> bool;

/// One line of the table.
pub(crate) struct Binding {
    contexts: &'static [Context],
    keys: &'static [(KeyCode, KeyModifiers)],
    action: Action,
    /// A word or two for the hint line; nothing keeps the key out of it.
    hint: &'static str,
    /// When the hint is shown.
    when: When,
    /// What the key does, for the help page.
    help: &'static str,
}

use Action as A;
use Context as C;
const NONE: KeyModifiers = KeyModifiers::NONE;
const CTRL: KeyModifiers = KeyModifiers::CONTROL;
const ALT: KeyModifiers = KeyModifiers::ALT;
const SHIFT: KeyModifiers = KeyModifiers::SHIFT;

const TYPING: &[Context] = &[C::Empty, C::Draft];
const ALL: &[Context] = &[
    C::Empty,
    C::Draft,
    C::Palette,
    C::History,
    C::Find,
    C::Review,
    C::Word,
    C::Question,
    C::Browser,
    C::Detail,
    C::Help,
];
const READING: &[Context] =
    &[C::Empty, C::Draft, C::Palette, C::Find, C::Review, C::Word, C::Browser, C::Detail, C::Help];
const STILL: &[Context] = &[C::Empty, C::Review, C::Detail, C::Help];

const fn always(_: Situation) -> bool {
    true
}

macro_rules! bind {
    ($contexts:expr, $keys:expr, $action:expr, $hint:literal, $when:expr, $help:literal) => {
        Binding { contexts: $contexts, keys: &$keys, action: $action, hint: $hint, when: $when, help: $help }
    };
}

use KeyCode::{BackTab, Char, Down, End, Enter, Esc, Home, Left, PageDown, PageUp, Right, Tab, Up};

/// All keys.
pub(crate) const TABLE: &[Binding] = &[
    bind!(TYPING, [(Tab, NONE)], A::OpenReview, "decide", |s| s.decision, "look at the plan and decide"),
    bind!(TYPING, [(Tab, NONE)], A::OpenReview, "look at the plan", |s| s.plan && !s.decision, ""),
    bind!(
        TYPING,
        [(Esc, NONE)],
        A::Escape,
        "stop",
        |s| s.working,
        "stop the agent, or the plan after its running steps"
    ),
    bind!(&[C::Draft], [(Enter, NONE)], A::Send, "send", |s| !s.queueing, "send the words"),
    bind!(&[C::Draft], [(Enter, NONE)], A::Send, "queue", |s| s.queueing, ""),
    bind!(&[C::Empty], [(Enter, NONE)], A::Send, "", always, ""),
    bind!(
        &[C::Draft],
        [(Char('j'), CTRL), (Enter, ALT), (Enter, SHIFT)],
        A::Newline,
        "newline",
        always,
        "begin a new line"
    ),
    bind!(&[C::Empty], [(Char('j'), CTRL), (Enter, ALT), (Enter, SHIFT)], A::Newline, "", always, ""),
    bind!(&[C::Palette], [(Enter, NONE)], A::Send, "run", always, "run the command"),
    bind!(&[C::Palette], [(Tab, NONE)], A::Complete, "complete", always, "complete the command"),
    bind!(&[C::Palette], [(Up, NONE)], A::Up, "", always, "the command above"),
    bind!(&[C::Palette], [(Down, NONE)], A::Down, "", always, "the command below"),
    bind!(TYPING, [(Up, NONE)], A::Up, "", always, "words sent before, at the edge of the text"),
    bind!(TYPING, [(Down, NONE)], A::Down, "", always, "words sent after, at the edge of the text"),
    bind!(TYPING, [(Char('r'), CTRL)], A::SearchHistory, "", always, "search in the words sent before"),
    bind!(TYPING, [(Char('f'), CTRL)], A::Find, "", always, "search in the conversation"),
    bind!(&[C::History, C::Find], [(Enter, NONE)], A::Accept, "take it", always, "take what was found"),
    bind!(&[C::History], [(Char('r'), CTRL), (Up, NONE)], A::Up, "older", always, "the match before"),
    bind!(&[C::History], [(Down, NONE)], A::Down, "", always, "the match after"),
    bind!(&[C::Find], [(Up, NONE), (Char('f'), CTRL)], A::Up, "older", always, "the match above"),
    bind!(&[C::Find], [(Down, NONE)], A::Down, "newer", always, "the match below"),
    bind!(&[C::Review], [(Tab, NONE), (Right, NONE)], A::ChooseNext, "choose", always, "the next choice"),
    bind!(&[C::Review], [(BackTab, SHIFT), (Left, NONE)], A::ChooseBefore, "", always, "the choice before"),
    bind!(&[C::Word], [(Tab, NONE)], A::ChooseNext, "choose", always, "the next choice"),
    bind!(&[C::Word], [(BackTab, SHIFT)], A::ChooseBefore, "", always, "the choice before"),
    bind!(
        &[C::Review, C::Word],
        [(Enter, NONE)],
        A::Confirm,
        "confirm",
        |s| s.decision,
        "confirm the choice"
    ),
    bind!(
        &[C::Review],
        [(Char('n'), NONE)],
        A::NextFinding,
        "next finding",
        |s| s.fixable,
        "the next finding"
    ),
    bind!(
        &[C::Review],
        [(Char('f'), NONE)],
        A::ApplyFix,
        "apply fix",
        |s| s.fixable,
        "apply the fix and judge again"
    ),
    bind!(
        &[C::Question],
        [(Tab, NONE), (Right, NONE), (Down, NONE)],
        A::ChooseNext,
        "choose",
        always,
        "the next choice"
    ),
    bind!(
        &[C::Question],
        [(BackTab, SHIFT), (Left, NONE), (Up, NONE)],
        A::ChooseBefore,
        "",
        always,
        "the choice before"
    ),
    bind!(&[C::Question], [(Enter, NONE)], A::Confirm, "confirm", always, "confirm the choice"),
    bind!(&[C::Browser], [(Enter, NONE)], A::Confirm, "open", always, "open"),
    bind!(&[C::Browser], [(Tab, NONE)], A::SwitchList, "other list", always, "conversations or executions"),
    bind!(&[C::Browser], [(Up, NONE)], A::Up, "", always, "the line above"),
    bind!(&[C::Browser], [(Down, NONE)], A::Down, "", always, "the line below"),
    bind!(&[C::Detail], [(Char('r'), NONE)], A::Resume, "resume", |s| s.resumable, "take up the execution"),
    bind!(&[C::Detail], [(Char('u'), NONE)], A::Undo, "undo", |s| s.resumable, "take back what it made"),
    bind!(&[C::Review, C::Word, C::Detail, C::Help], [(Up, NONE)], A::Up, "", always, "a line up"),
    bind!(
        &[C::Review, C::Word, C::Detail, C::Help],
        [(Down, NONE)],
        A::Down,
        "scroll",
        always,
        "a line down"
    ),
    bind!(READING, [(PageUp, NONE)], A::PageUp, "", always, "a page up"),
    bind!(READING, [(PageDown, NONE)], A::PageDown, "", always, "a page down"),
    bind!(&[C::Review, C::Detail, C::Help], [(Char(' '), NONE)], A::PageDown, "", always, "a page down"),
    bind!(STILL, [(Home, NONE)], A::Top, "", always, "to the beginning"),
    bind!(STILL, [(End, NONE)], A::Bottom, "", always, "to the end"),
    bind!(READING, [(Home, CTRL)], A::Top, "", always, "to the beginning, while typing too"),
    bind!(READING, [(End, CTRL)], A::Bottom, "", always, "to the end, while typing too"),
    bind!(TYPING, [(BackTab, SHIFT)], A::NextPane, "next pane", |s| s.tabs, "show the next pane"),
    bind!(
        &[C::Palette, C::History, C::Find, C::Review, C::Word, C::Question, C::Browser, C::Detail, C::Help],
        [(Esc, NONE)],
        A::Escape,
        "close",
        always,
        "close"
    ),
    bind!(&[C::Empty], [(Char('?'), NONE), (Char('?'), SHIFT)], A::Help, "help", always, "the keys"),
    bind!(
        ALL,
        [(Char('c'), CTRL)],
        A::Cancel,
        "",
        always,
        "stop what works, else clear the draft, else quit on the second press"
    ),
    bind!(&[C::Empty], [(Char('d'), CTRL)], A::EndOfInput, "", always, "quit, when nothing is typed"),
    bind!(ALL, [(Char('l'), CTRL)], A::Repaint, "", always, "draw everything again"),
    bind!(ALL, [(Char('z'), CTRL)], A::Suspend, "", always, "suspend the program"),
];

/// What a key press does here; nothing for a key that types or does nothing.
pub(crate) fn resolve(context: Context, key: KeyEvent) -> Option<Action> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    // Terminals differ in whether they report the shift of a back tab.
    let modifiers = if key.code == BackTab { SHIFT } else { key.modifiers };
    TABLE
        .iter()
        .find(|b| b.contexts.contains(&context) && b.keys.contains(&(key.code, modifiers)))
        .map(|b| b.action)
}

/// Key and word for the hint line, most useful first.
pub(crate) fn hints(context: Context, situation: Situation) -> Vec<(String, &'static str)> {
    TABLE
        .iter()
        .filter(|b| !b.hint.is_empty() && b.contexts.contains(&context) && (b.when)(situation))
        .filter_map(|b| Some((label(*b.keys.first()?), b.hint)))
        .collect()
}

/// Keys and what they do, for the help page.
pub(crate) fn explained(context: Context) -> Vec<(String, &'static str)> {
    TABLE
        .iter()
        .filter(|b| !b.help.is_empty() && b.contexts.contains(&context))
        .map(|b| (b.keys.iter().map(|k| label(*k)).collect::<Vec<_>>().join(", "), b.help))
        .collect()
}

fn label((code, modifiers): (KeyCode, KeyModifiers)) -> String {
    let name = match code {
        Char(' ') => "Space".to_owned(),
        Char(c) if modifiers.contains(CTRL) => c.to_ascii_uppercase().to_string(),
        Char(c) => c.to_string(),
        BackTab => "Tab".to_owned(),
        other => other.to_string(),
    };
    let mut label = String::new();
    for (modifier, word) in [(CTRL, "Ctrl+"), (ALT, "Alt+"), (SHIFT, "Shift+")] {
        if modifiers.contains(modifier) && (modifier != SHIFT || !matches!(code, Char(_))) {
            label.push_str(word);
        }
    }
    label + &name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(code: KeyCode, modifiers: KeyModifiers) -> KeyEvent {
        KeyEvent::new(code, modifiers)
    }

    #[test]
    fn a_key_has_one_meaning_in_one_place() {
        for context in ALL {
            let mut seen: Vec<((KeyCode, KeyModifiers), Action)> = Vec::new();
            for binding in TABLE.iter().filter(|b| b.contexts.contains(context)) {
                for key in binding.keys {
                    let clash = seen.iter().find(|(k, action)| k == key && *action != binding.action);
                    assert!(clash.is_none(), "{key:?} in {context:?}: {clash:?} and {:?}", binding.action);
                    seen.push((*key, binding.action));
                }
            }
        }
    }

    #[test]
    fn no_letter_alone_decides_anything() {
        for binding in TABLE.iter().filter(|b| matches!(b.action, A::Confirm | A::Send | A::Accept)) {
            assert!(binding.keys.iter().all(|(code, _)| *code == Enter), "{:?}", binding.action);
        }
    }

    #[test]
    fn every_place_can_be_left_and_interrupted() {
        for context in ALL {
            assert_eq!(resolve(*context, press(Esc, NONE)), Some(A::Escape), "{context:?}");
            assert_eq!(resolve(*context, press(Char('c'), CTRL)), Some(A::Cancel), "{context:?}");
        }
    }

    #[test]
    fn a_released_key_does_nothing() {
        let mut key = press(Enter, NONE);
        key.kind = KeyEventKind::Release;
        assert_eq!(resolve(C::Draft, key), None);
    }

    #[test]
    fn a_back_tab_is_the_same_with_and_without_its_shift() {
        assert_eq!(resolve(C::Review, press(BackTab, NONE)), resolve(C::Review, press(BackTab, SHIFT)));
    }

    #[test]
    fn hints_come_from_the_table() {
        let deciding = Situation { decision: true, plan: true, ..Situation::default() };
        assert_eq!(hints(C::Empty, deciding).first(), Some(&("Tab".to_owned(), "decide")));
        assert!(hints(C::Draft, Situation::default()).contains(&("Ctrl+J".to_owned(), "newline")));
    }
}
