//! A whole answer from its pieces.

use super::chunk::{Chunk, Piece};

/// A call of a tool, as the model made it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::agent) struct ToolCall {
    /// The name that the answer to it bears.
    pub(in crate::agent) id: String,
    /// The tool.
    pub(in crate::agent) name: String,
    /// The arguments' JSON, as it came.
    pub(in crate::agent) arguments: String,
}

/// An answer of the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Completion {
    /// Its text.
    pub(super) text: String,
    /// The tools that it wants called, in order.
    pub(super) calls: Vec<ToolCall>,
    /// Why it ended, if it said so.
    pub(super) finish: Option<String>,
    /// Tokens of the exchange, in and out.
    pub(super) tokens: Option<u64>,
}

/// Puts pieces together in the order in which they come.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    done: Completion,
    /// The number that the endpoint gave each call; the calls are in the order of their first pieces.
    numbers: Vec<Option<u64>>,
}

impl Assembler {
    /// Adds a piece.
    pub(super) fn add(&mut self, chunk: Chunk) {
        self.done.text.push_str(&chunk.text);
        for piece in chunk.calls {
            self.add_call(piece);
        }
        if chunk.finish.is_some() {
            self.done.finish = chunk.finish;
        }
        if chunk.tokens.is_some() {
            self.done.tokens = chunk.tokens;
        }
    }

    fn add_call(&mut self, piece: Piece) {
        let slot = match self.slot_of(&piece) {
            Some(slot) => slot,
            None => {
                self.done.calls.push(ToolCall::default());
                self.numbers.push(piece.index);
                self.done.calls.len() - 1
            }
        };
        let Some(call) = self.done.calls.get_mut(slot) else { return };
        if let Some(id) = piece.id
            && call.id.is_empty()
        {
            call.id = id;
        }
        if let Some(name) = piece.name {
            // Some send the name in pieces, some send all of it with every piece.
            if call.arguments.is_empty() && call.name != name {
                call.name.push_str(&name);
            }
        }
        call.arguments.push_str(&piece.arguments);
    }

    /// The call that a piece goes on with, if it does not begin one.
    fn slot_of(&self, piece: &Piece) -> Option<usize> {
        let begins = |slot: usize| {
            // Some give every call the number 0; a new id with a name is a new call nevertheless.
            let call = self.done.calls.get(slot);
            let other_id = match (&piece.id, call) {
                (Some(id), Some(call)) => !call.id.is_empty() && *id != call.id,
                _ => false,
            };
            other_id && piece.name.is_some()
        };
        let found = if piece.index.is_some() {
            self.numbers.iter().rposition(|number| *number == piece.index)
        } else if piece.id.is_some() {
            self.done.calls.iter().rposition(|call| Some(&call.id) == piece.id.as_ref())
        } else if piece.name.is_some() {
            None
        } else {
            self.done.calls.len().checked_sub(1)
        };
        found.filter(|slot| !begins(*slot))
    }

    /// The tools whose arguments have begun to come, so that their names are complete.
    pub(super) fn begun(&self) -> impl Iterator<Item = &str> {
        self.done.calls.iter().filter(|call| !call.arguments.is_empty()).map(|call| call.name.as_str())
    }

    /// The answer. Calls without a name for the answer get one.
    pub(super) fn finish(mut self) -> Completion {
        for (index, call) in self.done.calls.iter_mut().enumerate() {
            if call.id.is_empty() {
                call.id = format!("call_{index}");
            }
        }
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    fn piece(index: Option<u64>, id: &str, name: &str, arguments: &str) -> Piece {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Piece { index, id: some(id), name: some(name), arguments: arguments.into() }
    }

    fn calls(pieces: Vec<Piece>) -> Vec<(String, String, String)> {
        let mut assembler = Assembler::default();
        for piece in pieces {
            assembler.add(Chunk { calls: vec![piece], ..Chunk::default() });
        }
        assembler.finish().calls.into_iter().map(|c| (c.id, c.name, c.arguments)).collect()
    }

    fn call(id: &str, name: &str, arguments: &str) -> (String, String, String) {
        (id.into(), name.into(), arguments.into())
    }

    #[test]
    fn interleaved_pieces_find_their_calls() {
        let found = calls(vec![
            piece(Some(0), "a", "one", ""),
            piece(Some(1), "b", "two", "{"),
            piece(Some(0), "", "", "{\"x\":"),
            piece(Some(1), "", "", "}"),
            piece(Some(0), "", "", "1}"),
        ]);
        assert_eq!(found, [call("a", "one", "{\"x\":1}"), call("b", "two", "{}")]);
    }

    #[test]
    fn calls_that_all_bear_the_number_zero_stay_apart() {
        let found = calls(vec![piece(Some(0), "a", "one", "{}"), piece(Some(0), "b", "one", "{\"y\":2}")]);
        assert_eq!(found, [call("a", "one", "{}"), call("b", "one", "{\"y\":2}")]);
    }

    #[test]
    fn pieces_without_numbers_go_on_with_the_last_call() {
        let found = calls(vec![
            piece(None, "a", "one", "{\"x\""),
            piece(None, "", "", ":1}"),
            piece(None, "", "two", "{}"),
            piece(None, "a", "", ""),
        ]);
        assert_eq!(found, [call("a", "one", "{\"x\":1}"), call("call_1", "two", "{}")]);
    }

    #[test]
    fn a_name_in_pieces_and_a_name_with_every_piece_are_one_name() {
        let found = calls(vec![piece(Some(0), "a", "aws_", ""), piece(Some(0), "", "search", "{}")]);
        assert_eq!(found, [call("a", "aws_search", "{}")]);
        let found =
            calls(vec![piece(Some(0), "a", "aws_search", "{"), piece(Some(0), "a", "aws_search", "}")]);
        assert_eq!(found, [call("a", "aws_search", "{}")]);
    }

    proptest! {
        #[test]
        fn however_a_call_is_cut_it_is_the_same_call(
            arguments in ".{0,40}",
            text in ".{0,40}",
            cuts in proptest::collection::vec(0usize..40, 0..6),
        ) {
            let pieces = |whole: &str| {
                let mut places: Vec<usize> = cuts.iter().map(|c| whole.floor_char_boundary(*c)).collect();
                places.extend([0, whole.len()]);
                places.sort_unstable();
                places.windows(2).map(|w| whole[w[0]..w[1]].to_owned()).collect::<Vec<_>>()
            };
            let mut assembler = Assembler::default();
            for text in pieces(&text) {
                assembler.add(Chunk { text, ..Chunk::default() });
            }
            assembler.add(Chunk { calls: vec![piece(Some(0), "a", "t", "")], ..Chunk::default() });
            for part in pieces(&arguments) {
                assembler.add(Chunk { calls: vec![piece(Some(0), "", "", &part)], ..Chunk::default() });
            }
            let done = assembler.finish();
            prop_assert_eq!(done.text, text);
            prop_assert_eq!(&done.calls[0].arguments, &arguments);
        }
    }
}
