//! The books in a few lines that a planner can keep in mind.

use std::fmt::Write;

use super::book_kinds::PerCloud;
use super::books::Books;

/// The books in a few short lines; empty when they ask for nothing.
pub(super) fn constraints(books: &Books) -> String {
    let owner = &books.owner;
    let mut lines = String::new();
    if !owner.mandatory_tags.is_empty() {
        let keys: Vec<String> = owner
            .mandatory_tags
            .iter()
            .map(|tag| match tag.values.as_slice() {
                [] => tag.key.clone(),
                values => format!("{} ({})", tag.key, values.join("|")),
            })
            .collect();
        let _ = writeln!(lines, "Every resource that can have tags needs: {}.", keys.join(", "));
    }
    for (what, list) in
        [("Regions", &owner.regions), ("VM types", &owner.vm_types), ("Images", &owner.images)]
    {
        let clouds = per_cloud(list);
        if !clouds.is_empty() {
            let _ = writeln!(lines, "{what} allowed: {clouds}.");
        }
    }
    if let Some(most) = owner.max_vms_per_network {
        let _ = writeln!(lines, "At most {most} VMs in one network.");
    }
    if !owner.allowed_services.is_empty() {
        let _ = writeln!(lines, "Services allowed: {}.", owner.allowed_services.join(", "));
    }
    if !owner.forbidden_operations.is_empty() {
        let _ = writeln!(lines, "Never use: {}.", owner.forbidden_operations.join(", "));
    }
    for budget in &books.finops.budgets {
        let whose = [&budget.owner, &budget.environment].into_iter().flatten().cloned().collect::<Vec<_>>();
        let whose = if whose.is_empty() { String::new() } else { format!(" for {}", whose.join(" in ")) };
        let _ = writeln!(lines, "Budget{whose}: {} USD a month.", budget.limit);
    }
    if let Some(limits) = &books.finops.max_disk_gib {
        let limits: Vec<String> = limits.iter().map(|(name, gib)| format!("{name} {gib} GiB")).collect();
        let _ = writeln!(lines, "Largest disk: {}.", limits.join(", "));
    }
    if !lines.is_empty() {
        lines.push_str(
            "Always: encryption on, no public buckets, databases, or VMs, no admin or database port open to the \
             internet, IMDSv2, no wildcard rights, no secret written out.\n",
        );
    }
    lines
}

fn per_cloud(list: &PerCloud) -> String {
    list.iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(cloud, names)| format!("{cloud} {}", names.join(", ")))
        .collect::<Vec<_>>()
        .join("; ")
}
