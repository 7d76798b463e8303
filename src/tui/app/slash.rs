//! The commands of the composer.

use super::browser::List;
use super::{App, Effect};
use crate::plan::{ExecutionId, Target};
use crate::protocol::Command;
use crate::tui::page;
use crate::tui::scroll::Scroll;

/// One command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Slash {
    /// The name, with its stroke.
    pub(crate) name: &'static str,
    /// What may stand behind it.
    pub(crate) argument: &'static str,
    /// What it does, in one line.
    pub(crate) help: &'static str,
}

const fn slash(name: &'static str, argument: &'static str, help: &'static str) -> Slash {
    Slash { name, argument, help }
}

/// All commands, in the order in which they are listed.
pub(crate) const SLASH: &[Slash] = &[
    slash("/review", "", "read the whole plan and decide"),
    slash("/judge", "", "judge the waiting plan again, by the rules as they are now"),
    slash("/target", "sandbox|live", "choose where requests go"),
    slash("/sessions", "[words]", "past conversations"),
    slash("/history", "[words]", "past executions, with journal and records"),
    slash("/resume", "[id|name]", "go on with an interrupted execution or a conversation"),
    slash("/undo", "[execution]", "take back what an execution made"),
    slash("/new", "", "begin a new conversation"),
    slash("/rename", "NAME", "name this conversation"),
    slash("/export", "[file]", "write this conversation to a Markdown file"),
    slash("/doctor", "", "what is configured, and what to check"),
    slash("/help", "", "keys and commands"),
    slash("/quit", "", "leave; everything is kept"),
];

/// The commands that begin with what is typed, then those that hold its letters in their order;
/// none once an argument is being typed.
pub(crate) fn matching(typed: &str) -> Vec<&'static Slash> {
    if typed.contains(' ') {
        return Vec::new();
    }
    let holds = |name: &str| {
        let mut letters = name.chars();
        typed.chars().all(|wanted| letters.any(|letter| letter == wanted))
    };
    let mut found: Vec<_> = SLASH.iter().filter(|slash| holds(slash.name)).collect();
    found.sort_by_key(|slash| !slash.name.starts_with(typed));
    found
}

fn nearest(name: &str) -> &'static str {
    SLASH
        .iter()
        .max_by(|a, b| strsim::jaro_winkler(a.name, name).total_cmp(&strsim::jaro_winkler(b.name, name)))
        .map_or("/help", |slash| slash.name)
}

impl App {
    /// Runs a command line. Returns nothing if it cannot be run; the words then stay.
    pub(super) fn slash(&mut self, line: &str) -> Option<Vec<Effect>> {
        let (name, argument) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let argument = argument.trim();
        let send = |command| Some(vec![Effect::Send(command)]);
        match name {
            "/review" => {
                self.open_review();
                Some(vec![])
            }
            "/judge" => send(Command::Judge),
            "/target" => match argument.parse::<Target>() {
                Ok(target) => send(Command::SetTarget { target }),
                Err(_) => self.complain("Say /target sandbox or /target live"),
            },
            "/sessions" => Some(self.open_browser(List::Sessions, argument)),
            "/history" => Some(self.open_browser(List::Executions, argument)),
            "/resume" => self.resume(argument),
            "/undo" => self.undo(argument),
            "/new" => send(Command::NewSession),
            "/rename" if argument.is_empty() => self.complain("Say /rename and the new name"),
            "/rename" => send(Command::RenameSession { name: argument.to_owned() }),
            "/export" => Some(vec![Effect::Export { name: argument.to_owned(), text: self.exported() }]),
            "/doctor" => {
                self.diagnose();
                Some(vec![])
            }
            "/help" => {
                self.help = Some(Scroll::at_start());
                Some(vec![])
            }
            "/quit" | "/exit" => Some(self.request_quit()),
            unknown => self.complain(&format!("There is no {unknown}; did you mean {}?", nearest(unknown))),
        }
    }

    fn complain(&mut self, words: &str) -> Option<Vec<Effect>> {
        self.notify(words);
        None
    }

    /// Whether acting is allowed; says so when it is not.
    pub(super) fn may_act(&mut self) -> bool {
        if self.header.read_only {
            self.notify("This session is read-only: nothing can be run or taken back");
        }
        !self.header.read_only
    }

    fn resume(&mut self, argument: &str) -> Option<Vec<Effect>> {
        let open = self.desk.unfinished.iter();
        let found = open.clone().find(|x| argument.is_empty() || x.id.0 == argument).map(|x| x.id.clone());
        match found {
            Some(execution) => {
                if self.may_act() {
                    Some(vec![Effect::Send(Command::Resume { execution })])
                } else {
                    None
                }
            }
            None if argument.starts_with("x-") => {
                if !self.may_act() {
                    return None;
                }
                Some(vec![Effect::Send(Command::Resume { execution: ExecutionId(argument.to_owned()) })])
            }
            None => Some(self.open_browser(List::Sessions, argument)),
        }
    }

    fn undo(&mut self, argument: &str) -> Option<Vec<Effect>> {
        if !self.may_act() {
            return None;
        }
        let found = if argument.is_empty() {
            self.last_execution()
        } else {
            let name = self.desk.unfinished.iter().find(|x| x.id.0 == argument).map(|x| x.name.clone());
            Some((ExecutionId(argument.to_owned()), name.unwrap_or_else(|| argument.to_owned())))
        };
        match found {
            Some((execution, name)) => {
                self.ask_to_undo(execution, &name);
                Some(vec![])
            }
            None => self.complain("Nothing was run here; /history lists past executions"),
        }
    }

    fn exported(&self) -> String {
        format!("# {}\n\n{}", crate::text::line(&self.name), self.transcript.markdown())
    }

    fn diagnose(&mut self) {
        let header = &self.header;
        let mut lines = vec![
            format!("target: {}", header.target),
            format!("planner: {}", header.planner),
            format!(
                "clouds: {}",
                if header.clouds.is_empty() { "none".into() } else { header.clouds.join(", ") }
            ),
        ];
        lines.extend(header.banners.iter().map(|banner| format!("warning: {banner}")));
        lines.push("For keys, profiles, and endpoints run: provisioner doctor".into());
        self.transcript.add(page::notice(&lines.join("\n")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_narrows_the_list() {
        let names: Vec<_> = matching("/re").iter().map(|s| s.name).collect();
        assert_eq!(names[..3], ["/review", "/resume", "/rename"]);
        assert_eq!(matching("/hsty")[0].name, "/history");
        assert!(matching("/target l").is_empty());
    }

    #[test]
    fn a_slip_gets_the_nearest_name() {
        assert_eq!(nearest("/reveiw"), "/review");
        assert_eq!(nearest("/exprot"), "/export");
    }
}
