//! What a typed line means.

use crate::plan::{ExecutionId, Target};
use crate::protocol::{Choice, Command, DecisionRequest};

use super::lines::approval_words;

/// What a typed line asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Meaning {
    /// Tell the session.
    Send(Command),
    /// Print the whole plan.
    Review,
    /// Print what can be typed.
    Help,
    /// It cannot be done; say why.
    Refuse(String),
    /// Nothing was typed.
    Nothing,
}

/// The meaning of a line, given the open decision and whether its plan was reviewed.
pub(super) fn meaning(typed: &str, decision: Option<&DecisionRequest>, read: bool) -> Meaning {
    let typed = typed.trim();
    if typed.is_empty() {
        return Meaning::Nothing;
    }
    let (word, rest) = typed.split_once(' ').unwrap_or((typed, ""));
    let rest = rest.trim();
    if let Some(request) = decision
        && let Some(meaning) = deciding(typed, word, request, read)
    {
        return meaning;
    }
    match word {
        "approve" | "deny" if !rest.contains(' ') => Meaning::Refuse("there is nothing to decide now".into()),
        "/quit" | "/exit" => Meaning::Send(Command::Quit),
        "/help" => Meaning::Help,
        "/review" | "review" if rest.is_empty() => Meaning::Review,
        "/judge" => Meaning::Send(Command::Judge),
        "/new" => Meaning::Send(Command::NewSession),
        "/sessions" => Meaning::Send(Command::ListSessions),
        "/history" if rest.is_empty() => Meaning::Send(Command::ListExecutions),
        "/history" => Meaning::Send(Command::ShowExecution { execution: ExecutionId(rest.into()) }),
        "/open" if !rest.is_empty() => Meaning::Send(Command::OpenSession { id: rest.into() }),
        "/rename" if !rest.is_empty() => Meaning::Send(Command::RenameSession { name: rest.into() }),
        "/resume" if !rest.is_empty() => {
            Meaning::Send(Command::Resume { execution: ExecutionId(rest.into()) })
        }
        "/undo" if !rest.is_empty() => Meaning::Send(Command::Undo { execution: ExecutionId(rest.into()) }),
        "/stop" => Meaning::Send(Command::Interrupt),
        "/target" => match rest.parse::<Target>() {
            Ok(target) => Meaning::Send(Command::SetTarget { target }),
            Err(why) => Meaning::Refuse(why),
        },
        other if other.starts_with('/') => {
            Meaning::Refuse(format!("{other} is unknown or lacks a word; /help lists what can be typed"))
        }
        _ => Meaning::Send(Command::Submit { text: typed.to_owned() }),
    }
}

fn deciding(typed: &str, word: &str, request: &DecisionRequest, read: bool) -> Option<Meaning> {
    let decide = |choice| Meaning::Send(Command::Decide { digest: request.digest.clone(), choice });
    match word {
        "deny" if typed == "deny" => Some(decide(Choice::Deny)),
        "approve" if !request.can_approve => {
            Some(Meaning::Refuse("this plan cannot be approved; type review to see why".into()))
        }
        "approve" if request.must_read && !read => {
            Some(Meaning::Refuse("type review first: the whole plan has to be read".into()))
        }
        "approve" if typed == approval_words(request) => Some(decide(Choice::Approve {
            typed: request.typed_word.clone(),
            exceptions: request.exceptions.clone(),
        })),
        "approve" => {
            Some(Meaning::Refuse(format!("to approve exactly this plan type: {}", approval_words(request))))
        }
        _ => None,
    }
}

/// What can be typed.
pub(super) const HELP: [&str; 6] = [
    "say what you need in your own words",
    "review, approve CODE, deny: read and decide",
    "/judge, /target sandbox|live, /new, /rename NAME, /open SESSION",
    "/sessions, /history [EXECUTION]",
    "/resume EXECUTION, /undo EXECUTION, /stop",
    "/quit",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Digest;
    use pretty_assertions::assert_eq;

    fn request() -> DecisionRequest {
        DecisionRequest {
            digest: Digest::of_bytes(b"plan"),
            can_approve: true,
            reason: None,
            must_read: false,
            typed_word: None,
            exceptions: vec![],
            target: Target::Sandbox,
        }
    }

    #[test]
    fn only_the_beginning_of_the_digest_approves() {
        let request = request();
        for typed in ["y", "yes", "1", "approve", "approve ffff", "approved", "ok"] {
            let meaning = meaning(typed, Some(&request), true);
            assert!(!matches!(meaning, Meaning::Send(Command::Decide { .. })), "{typed}: {meaning:?}");
        }
        let right = format!("approve {}", &request.digest.short()[..4]);
        let choice = Choice::Approve { typed: None, exceptions: vec![] };
        assert_eq!(
            meaning(&right, Some(&request), true),
            Meaning::Send(Command::Decide { digest: request.digest.clone(), choice })
        );
    }

    #[test]
    fn a_word_that_is_asked_for_replaces_the_digest() {
        let request = DecisionRequest { typed_word: Some("demo-logs".into()), ..request() };
        let digest = format!("approve {}", &request.digest.short()[..4]);
        assert!(matches!(meaning(&digest, Some(&request), true), Meaning::Refuse(_)));
        assert!(matches!(
            meaning("approve demo-logs", Some(&request), true),
            Meaning::Send(Command::Decide { choice: Choice::Approve { typed: Some(_), .. }, .. })
        ));
    }

    #[test]
    fn what_must_be_read_is_not_approved_unread() {
        let request = DecisionRequest { must_read: true, ..request() };
        let right = approval_words(&request);
        assert!(matches!(meaning(&right, Some(&request), false), Meaning::Refuse(_)));
        assert!(matches!(meaning(&right, Some(&request), true), Meaning::Send(_)));
    }

    #[test]
    fn other_words_are_words() {
        for typed in ["deny all public access to my bucket", "create a bucket"] {
            assert_eq!(
                meaning(typed, Some(&request()), true),
                Meaning::Send(Command::Submit { text: typed.into() })
            );
        }
        for typed in ["/nonsense", "approve 18db", "deny"] {
            assert!(matches!(meaning(typed, None, true), Meaning::Refuse(_)), "{typed}");
        }
    }
}
