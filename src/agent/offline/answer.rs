//! What the planner says, in the language in which it was asked.

use super::words::Language;
use super::workflows::Workflows;
use crate::plan::Plan;

/// How every question begins, so that the next words are known to answer it.
const ASKS: [&str; 2] = ["To plan this I still need ", "Für den Plan brauche ich noch "];

/// A question for everything that is missing, in one sentence.
pub(super) fn ask(missing: &[(String, String)], language: Language) -> String {
    let names: Vec<&str> = missing.iter().map(|(_, question)| question.as_str()).collect();
    let and = if language == Language::German { " und " } else { ", and " };
    let listed = match names.as_slice() {
        [one] => (*one).to_owned(),
        [first, last] => format!("{first}{}{last}", and.trim_start_matches(',')),
        [rest @ .., last] => format!("{}{and}{last}", rest.join(", ")),
        [] => String::new(),
    };
    match language {
        Language::English => format!("{}{listed}.", ASKS[0]),
        Language::German => format!("{}{listed}.", ASKS[1]),
    }
}

/// Whether a text is one of this planner's questions.
pub(super) fn is_question(text: &str) -> bool {
    ASKS.iter().any(|begin| text.starts_with(begin))
}

/// A plan is there.
pub(super) fn planned(plan: &Plan, region: &str, language: Language) -> String {
    let count = plan.steps.len();
    match language {
        Language::English => {
            let steps = if count == 1 { "one step".to_owned() } else { format!("{count} steps") };
            format!(
                "Here is a plan of {steps}: {} in {region}. Nothing runs before you approve it.",
                plan.name
            )
        }
        Language::German => {
            let steps = if count == 1 { "einem Schritt".to_owned() } else { format!("{count} Schritten") };
            format!(
                "Hier ist ein Plan mit {steps}: {} in {region}. Nichts läuft, bevor Sie zustimmen.",
                plan.name
            )
        }
    }
}

/// A read is about to answer.
pub(super) fn looking(what: &str, region: &str, language: Language) -> String {
    match language {
        Language::English => format!("Looking up {what} in {region}."),
        Language::German => format!("Ich sehe nach: {what} in {region}."),
    }
}

/// Which one?
pub(super) fn which(thing: &str, language: Language) -> String {
    match language {
        Language::English => format!("{}the name of the {thing}.", ASKS[0]),
        Language::German => format!("{}den Namen ({thing}).", ASKS[1]),
    }
}

/// The cloud says that it is not there.
pub(super) fn not_there(thing: &str, name: &str, region: &str, language: Language) -> String {
    match language {
        Language::English => {
            format!(
                "The cloud says that there is no {thing} `{name}` in {region}, so there is nothing to delete."
            )
        }
        Language::German => format!(
            "Die Cloud sagt, dass es in {region} kein Objekt `{name}` ({thing}) gibt; es gibt nichts zu löschen."
        ),
    }
}

/// Nothing fits; the nearest operations are named.
pub(super) fn nearest(operations: &[String], language: Language) -> String {
    match (operations, language) {
        ([], Language::English) => {
            "I did not understand that. I am the offline planner: I know a set of workflows and every operation by \
             its name. Say `help` for what I can do, or connect a model for the rest."
                .into()
        }
        ([], Language::German) => {
            "Das habe ich nicht verstanden. Ich bin der Offline-Planer: ich kenne einige Abläufe und jede Operation \
             bei ihrem Namen. Mit `hilfe` sage ich, was ich kann; für den Rest braucht es ein Modell."
                .into()
        }
        (found, Language::English) => format!(
            "I have no workflow for that, and I do not guess. The nearest operations are:\n{}\nSay one of them with its \
             parameters, as in `aws ec2 DescribeVpcs {{}}`, or connect a model.",
            list(found)
        ),
        (found, Language::German) => format!(
            "Dafür habe ich keinen Ablauf, und ich rate nicht. Am nächsten kommen diese Operationen:\n{}\nNennen Sie eine \
             davon mit ihren Parametern, etwa `aws ec2 DescribeVpcs {{}}`, oder verbinden Sie ein Modell.",
            list(found)
        ),
    }
}

fn list(lines: &[String]) -> String {
    lines.iter().map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n")
}

/// What it can do.
pub(super) fn help(workflows: &Workflows, language: Language) -> String {
    let makes: Vec<&str> =
        workflows.all().values().filter_map(|workflow| workflow.things.first()).map(String::as_str).collect();
    let things: Vec<&str> =
        workflows.things().iter().filter_map(|thing| thing.names.first()).map(String::as_str).collect();
    match language {
        Language::English => format!(
            "I am the offline planner, not a model. I can make: {}. I can list, show, and delete: {}. Every other \
             operation runs by its name, as in `aws ec2 DescribeVpcs {{}}`. Nothing changes before you approve it.",
            makes.join(", "),
            things.join(", ")
        ),
        Language::German => format!(
            "Ich bin der Offline-Planer, kein Modell. Ich kann anlegen: {}. Ich kann auflisten, zeigen und löschen: {}. \
             Jede andere Operation läuft bei ihrem Namen, etwa `aws ec2 DescribeVpcs {{}}`. Nichts ändert sich, bevor \
             Sie zustimmen.",
            makes.join(", "),
            things.join(", ")
        ),
    }
}

/// The workflow itself is at fault.
pub(super) fn broken(message: &str, language: Language) -> String {
    match language {
        Language::English => format!("The workflow for this is broken: {message}"),
        Language::German => format!("Der Ablauf dafür ist fehlerhaft: {message}"),
    }
}
