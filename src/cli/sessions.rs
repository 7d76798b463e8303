//! `sessions list|show|export`.

use serde::Serialize;

use super::plain::entry_lines;
use super::setup::Setup;
use super::{Args, CliError, Exit, Output};
use crate::memory::Conversations;
use crate::protocol::{Entry, Role, SessionSummary};

/// One conversation in full.
#[derive(Serialize)]
struct Whole {
    summary: SessionSummary,
    entries: Vec<Entry>,
}

/// `provisioner sessions list`.
pub(crate) fn list(args: &Args) -> Result<Exit, CliError> {
    let all = Conversations::open(&Setup::of(args)?.store()?).list().map_err(CliError::failed)?;
    Output::new(args.json).show(&all, |all| {
        if all.is_empty() {
            return "There are no conversations yet: start one with `provisioner`.".into();
        }
        let lines: Vec<String> = all
            .iter()
            .map(|s| {
                format!(
                    "{}  {}  {:>3} entries  {} runs  {}  {}",
                    s.id,
                    s.last.strftime("%Y-%m-%d %H:%M"),
                    s.entries,
                    s.executions,
                    s.target,
                    crate::text::line(&s.name)
                )
            })
            .collect();
        lines.join("\n")
    })?;
    Ok(Exit::Done)
}

fn whole(args: &Args, wanted: &str) -> Result<Whole, CliError> {
    let conversations = Conversations::open(&Setup::of(args)?.store()?);
    let id = conversations.find(wanted).map_err(CliError::bad_input)?;
    Ok(Whole {
        summary: conversations.summary(&id).map_err(CliError::failed)?,
        entries: conversations.entries(&id).map_err(CliError::failed)?,
    })
}

/// `provisioner sessions show`.
pub(crate) fn show(args: &Args, wanted: &str) -> Result<Exit, CliError> {
    let whole = whole(args, wanted)?;
    Output::new(args.json).show(&whole, |whole| {
        let lines: Vec<String> = whole.entries.iter().flat_map(entry_lines).collect();
        format!("{} ({})\n{}", whole.summary.name, whole.summary.id, lines.join("\n"))
    })?;
    Ok(Exit::Done)
}

/// `provisioner sessions export`.
pub(crate) fn export(args: &Args, wanted: &str) -> Result<Exit, CliError> {
    let whole = whole(args, wanted)?;
    Output::new(args.json).show(&whole, markdown)?;
    Ok(Exit::Done)
}

/// A conversation as Markdown: words as they were said, plans and runs as lists.
fn markdown(whole: &Whole) -> String {
    let mut out = vec![format!("# {}", crate::text::line(&whole.summary.name)), String::new()];
    for entry in &whole.entries {
        match entry {
            Entry::Said { role, at, text } => {
                let who = match role {
                    Role::Person => "You",
                    Role::Agent => "Planner",
                    Role::Notice => "Note",
                };
                out.push(format!("**{who}** ({})", at.strftime("%Y-%m-%d %H:%M UTC")));
                out.push(String::new());
                out.extend(text.lines().map(str::to_owned));
            }
            other => out.extend(entry_lines(other).into_iter().map(|line| format!("- {line}"))),
        }
        out.push(String::new());
    }
    out.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Target;
    use jiff::Timestamp;
    use rust_decimal::Decimal;

    #[test]
    fn a_conversation_becomes_markdown_in_the_order_in_which_it_was_said() {
        let said = |role, text: &str| Entry::Said { role, at: Timestamp::UNIX_EPOCH, text: text.into() };
        let whole = Whole {
            summary: SessionSummary {
                id: "s-1".into(),
                name: "a bucket".into(),
                started: Timestamp::UNIX_EPOCH,
                last: Timestamp::UNIX_EPOCH,
                entries: 2,
                executions: 0,
                monthly: Decimal::ZERO,
                target: Target::Sandbox,
            },
            entries: vec![said(Role::Person, "make a bucket"), said(Role::Agent, "Here it is.")],
        };
        assert_eq!(
            markdown(&whole),
            "# a bucket\n\n**You** (1970-01-01 00:00 UTC)\n\nmake a bucket\n\n**Planner** (1970-01-01 00:00 UTC)\n\nHere it is.\n"
        );
    }
}
