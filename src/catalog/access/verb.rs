//! Verbs of operations.

use super::words::split_words;

/// What the verb of a name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// It looks.
    Reads,
    /// It acts; a model that calls the operation read-only is not believed.
    Acts,
    /// It takes something away that can hold data.
    TakesAway,
    /// It takes away what can be put back by one call.
    Detaches,
    /// It pays.
    Pays,
    /// It says nothing for sure.
    Unknown,
}

const READS: &[&str] = &[
    "Check",
    "Count",
    "Describe",
    "Discover",
    "Estimate",
    "Filter",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Preview",
    "Query",
    "Read",
    "Retrieve",
    "Scan",
    "Search",
    "Select",
    "Simulate",
    "Summarize",
    "View",
];

const ACTS: &[&str] = &[
    "Abort",
    "Accept",
    "Acknowledge",
    "Activate",
    "Add",
    "Allocate",
    "Apply",
    "Approve",
    "Assign",
    "Associate",
    "Assume",
    "Attach",
    "Authorize",
    "Cancel",
    "Change",
    "Complete",
    "Confirm",
    "Copy",
    "Create",
    "Deactivate",
    "Deploy",
    "Disable",
    "Enable",
    "Execute",
    "Export",
    "Import",
    "Initiate",
    "Invite",
    "Invoke",
    "Launch",
    "Merge",
    "Modify",
    "Move",
    "Notify",
    "Post",
    "Promote",
    "Publish",
    "Put",
    "Reboot",
    "Refresh",
    "Register",
    "Reject",
    "Replace",
    "Request",
    "Reset",
    "Resize",
    "Restart",
    "Restore",
    "Resume",
    "Revoke",
    "Rotate",
    "Run",
    "Send",
    "Set",
    "Start",
    "Stop",
    "Submit",
    "Suspend",
    "Tag",
    "Transfer",
    "Update",
    "Upgrade",
    "Upload",
    "Write",
];

const TAKES_AWAY: &[&str] =
    &["Delete", "Deregister", "Destroy", "Drop", "Erase", "Purge", "Release", "Remove", "Terminate"];

const DETACHES: &[&str] = &["Detach", "Disassociate", "Unassign", "Unlink", "Untag"];

/// Words before the verb that do not change it.
const BEFORE: &[&str] = &["Admin", "Batch", "Bulk"];

/// The verb of a name and the word that it is.
pub(super) fn verb_of(name: &str) -> (Verb, &str) {
    // In `VirtualMachines_Get` the verb comes after the group.
    let method = name.rsplit_once('_').map_or(name, |(_, method)| method);
    let words = split_words(method);
    let mut words = words.iter().copied().skip_while(|word| BEFORE.contains(word));
    let Some(word) = words.next() else { return (Verb::Unknown, "") };
    let rest: Vec<&str> = words.collect();
    let has = |list: &[&str]| list.contains(&word);
    let verb = if has(READS) {
        Verb::Reads
    } else if has(DETACHES) || takes_tags_or_members(word, &rest) {
        Verb::Detaches
    } else if has(TAKES_AWAY) {
        Verb::TakesAway
    } else if word == "Purchase" {
        Verb::Pays
    } else if has(ACTS) {
        Verb::Acts
    } else {
        Verb::Unknown
    };
    (verb, word)
}

/// `RemoveTagsFromResource`, `DeleteTags`, `RemoveUserFromGroup`: what is named stays.
fn takes_tags_or_members(word: &str, rest: &[&str]) -> bool {
    TAKES_AWAY.contains(&word)
        && (rest.first().is_some_and(|w| matches!(*w, "Tag" | "Tags"))
            || rest.last().is_some_and(|w| matches!(*w, "Tag" | "Tags" | "Tagging"))
            || (word == "Remove" && rest.contains(&"From")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_read_from_the_first_word_that_counts() {
        for (name, verb) in [
            ("DescribeInstances", Verb::Reads),
            ("BatchGetItem", Verb::Reads),
            ("AdminGetUser", Verb::Reads),
            ("CheckoutLicense", Verb::Unknown),
            ("TerminateInstances", Verb::TakesAway),
            ("BatchDeleteImage", Verb::TakesAway),
            ("DeleteTags", Verb::Detaches),
            ("DeleteBucketTagging", Verb::Detaches),
            ("RemoveUserFromGroup", Verb::Detaches),
            ("RemovePermission", Verb::TakesAway),
            ("PurchaseReservedInstancesOffering", Verb::Pays),
            ("RunInstances", Verb::Acts),
            ("VirtualMachines_Get", Verb::Reads),
            ("VirtualMachines_Delete", Verb::TakesAway),
            ("Frobnicate", Verb::Unknown),
            ("", Verb::Unknown),
        ] {
            assert_eq!(verb_of(name).0, verb, "{name}");
        }
    }
}
