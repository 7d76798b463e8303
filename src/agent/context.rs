//! What a model is given to read: the conversation in its own words, within a budget.

use super::openai::ToolCall;

/// Bytes that common tokenizers make one token of, in such text.
const BYTES_PER_TOKEN: usize = 4;
/// Tokens that one message of the past may have before its middle is left out.
const PAST_MESSAGE: usize = 1_500;
/// Tokens of an old answer of a tool, when room is needed.
const OLD_ANSWER: usize = 200;

/// One message of a conversation with a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// From the person, or facts that the program states.
    Person(String),
    /// From the model.
    Model {
        /// What it said.
        text: String,
        /// The tools that it wanted called.
        calls: Vec<ToolCall>,
    },
    /// The answer of a tool.
    Tool {
        /// The call that it answers.
        call: String,
        /// The answer.
        text: String,
    },
}

/// The messages of the past, and those of the turn that is going on.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    /// Before the turn, oldest first.
    pub(super) past: Vec<Message>,
    /// The turn: the person's words, then calls and their answers.
    pub(super) turn: Vec<Message>,
}

/// The words and the answers of one turn alone are more than a model can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong {
    /// Tokens that the turn needs.
    pub(super) needs: usize,
    /// Tokens that there are.
    pub(super) room: usize,
}

/// Tokens that a text takes, roughly.
pub(super) fn tokens(text: &str) -> usize {
    text.len().div_ceil(BYTES_PER_TOKEN)
}

impl Message {
    fn tokens(&self) -> usize {
        // Every message has a frame of a few tokens.
        4 + match self {
            Message::Person(text) | Message::Tool { text, .. } => tokens(text),
            Message::Model { text, calls } => {
                let calls: usize = calls.iter().map(|c| tokens(&c.name) + tokens(&c.arguments) + 8).sum();
                tokens(text) + calls
            }
        }
    }

    fn shortened(&self, most: usize) -> Message {
        match self {
            Message::Person(text) => Message::Person(without_middle(text, most)),
            Message::Model { text, calls } => {
                Message::Model { text: without_middle(text, most), calls: calls.clone() }
            }
            Message::Tool { call, text } => {
                Message::Tool { call: call.clone(), text: without_middle(text, most) }
            }
        }
    }
}

impl Context {
    /// The messages that fit into `room` tokens. The turn is kept whole but for long answers of
    /// tools; of the past, the newest is kept; a note says what was left out.
    ///
    /// # Errors
    ///
    /// The turn alone does not fit.
    pub(super) fn fitted(&self, room: usize) -> Result<Vec<Message>, TooLong> {
        let turn = fit_turn(&self.turn, room)?;
        let mut left = room.saturating_sub(sum(&turn));
        let mut kept = Vec::new();
        for message in self.past.iter().rev() {
            let message = message.shortened(PAST_MESSAGE);
            let Some(rest) = left.checked_sub(message.tokens()) else { break };
            left = rest;
            kept.push(message);
        }
        let mut dropped = self.past.len() - kept.len();
        if dropped > 0 {
            // The note needs room as well.
            while kept.last().is_some() && left < tokens(&note(dropped)) + 4 {
                left += kept.pop().map_or(0, |m| m.tokens());
                dropped += 1;
            }
            kept.push(Message::Person(note(dropped)));
        }
        kept.reverse();
        kept.extend(turn);
        Ok(kept)
    }
}

fn note(dropped: usize) -> String {
    format!("[program] {dropped} older messages of this conversation were left out to save room.")
}

fn sum(messages: &[Message]) -> usize {
    messages.iter().map(Message::tokens).sum()
}

/// Shortens answers of tools, oldest first, until the turn fits.
fn fit_turn(turn: &[Message], room: usize) -> Result<Vec<Message>, TooLong> {
    let mut fitted = turn.to_vec();
    let mut needs = sum(&fitted);
    for message in &mut fitted {
        if needs <= room {
            break;
        }
        if matches!(message, Message::Tool { .. }) {
            let short = message.shortened(OLD_ANSWER);
            needs = needs - message.tokens() + short.tokens();
            *message = short;
        }
    }
    if needs <= room { Ok(fitted) } else { Err(TooLong { needs, room }) }
}

/// The beginning and the end of a text with a note between them.
fn without_middle(text: &str, most: usize) -> String {
    if tokens(text) <= most {
        return text.to_owned();
    }
    let half = most * BYTES_PER_TOKEN / 2;
    let (head, tail) = (text.floor_char_boundary(half), text.ceil_char_boundary(text.len() - half));
    format!("{}\n[{} bytes left out here]\n{}", &text[..head], tail - head, &text[tail..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn person(text: &str) -> Message {
        Message::Person(text.into())
    }

    fn tool(call: &str, text: String) -> Message {
        Message::Tool { call: call.into(), text }
    }

    #[test]
    fn what_fits_is_unchanged() {
        let context = Context { past: vec![person("a"), person("b")], turn: vec![person("c")] };
        assert_eq!(context.fitted(100).unwrap(), [person("a"), person("b"), person("c")]);
    }

    #[test]
    fn the_oldest_is_left_out_first_and_a_note_says_so() {
        let past: Vec<Message> = (0..50).map(|n| person(&format!("{n:02} {}", "x".repeat(400)))).collect();
        let context = Context { past, turn: vec![person("now")] };
        let fitted = context.fitted(1000).unwrap();
        assert!(sum(&fitted) <= 1000);
        let Message::Person(note) = &fitted[0] else { panic!("{fitted:?}") };
        assert!(note.contains(&format!("{} older messages", 50 - (fitted.len() - 2))), "{note}");
        let Message::Person(newest) = &fitted[fitted.len() - 2] else { panic!("{fitted:?}") };
        assert!(newest.starts_with("49"), "{newest}");
    }

    #[test]
    fn old_answers_of_tools_are_shortened_before_the_newest() {
        let turn = vec![person("words"), tool("1", "a".repeat(40_000)), tool("2", "b".repeat(8_000))];
        let context = Context { past: vec![], turn };
        let fitted = context.fitted(4_000).unwrap();
        let Message::Tool { text: old, .. } = &fitted[1] else { panic!("{fitted:?}") };
        assert!(old.len() < 1_000 && old.contains("bytes left out"), "{}", old.len());
        assert_eq!(fitted[2], tool("2", "b".repeat(8_000)));
    }

    #[test]
    fn words_are_never_shortened_but_refused() {
        let context = Context { past: vec![person("old")], turn: vec![person(&"w".repeat(40_000))] };
        assert_eq!(context.fitted(4_000), Err(TooLong { needs: 10_004, room: 4_000 }));
    }

    proptest::proptest! {
        #[test]
        fn what_is_fitted_fits_and_keeps_its_order(
            sizes in proptest::collection::vec(0usize..9_000, 0..40),
            room in 50usize..6_000,
        ) {
            let past: Vec<Message> =
                sizes.iter().enumerate().map(|(n, size)| person(&format!("{n:02}{}", "x".repeat(*size)))).collect();
            let context = Context { past, turn: vec![person("now")] };
            let fitted = context.fitted(room).unwrap();
            proptest::prop_assert!(sum(&fitted) <= room, "{} of {room}", sum(&fitted));
            proptest::prop_assert_eq!(fitted.last(), Some(&person("now")));
            let heads: Vec<String> = fitted.iter().rev().skip(1).map(|m| match m {
                Message::Person(text) => text[..2].to_owned(),
                other => panic!("{other:?}"),
            }).collect();
            let newest = heads.iter().take_while(|head| *head != "[p").enumerate();
            for (back, head) in newest {
                proptest::prop_assert_eq!(head, &format!("{:02}", sizes.len() - 1 - back));
            }
        }
    }

    #[test]
    fn a_middle_is_left_out_between_characters() {
        let short = without_middle(&"ü".repeat(5_000), 100);
        assert!(short.contains("bytes left out") && short.len() < 450, "{short}");
    }
}
