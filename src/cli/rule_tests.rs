//! `provisioner rules test`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

use serde_json::json;

use super::args::TestFormat;
use super::check_report::escaped;
use super::{CliError, Exit, Output};
use crate::catalog::Catalog;
use crate::legislator::{CaseReport, CaseResult, Legislator};

/// Runs the rules' own cases.
///
/// # Errors
///
/// The rules or their cases are broken, or the answer cannot be written.
pub(crate) fn test(
    out: Output,
    format: TestFormat,
    legislator: &Legislator,
    catalog: &Catalog,
) -> Result<Exit, CliError> {
    let start = Instant::now();
    let report = legislator.test(catalog).map_err(CliError::failed)?;
    let milliseconds = start.elapsed().as_millis();
    let wrong = report.wrong().count();
    let good = wrong == 0 && report.thin.is_empty();
    if format == TestFormat::Junit {
        out.note(&junit(&report))?;
    } else {
        let out = if format == TestFormat::Json { Output::new(true) } else { out };
        let document = json!({
            "cases": report.cases, "passed": report.cases.len() - wrong, "failed": wrong, "thin": report.thin,
            "hard": report.cases.iter().filter(|case| case.hard.is_some()).count(),
            "milliseconds": u64::try_from(milliseconds).unwrap_or(u64::MAX),
        });
        out.show(&document, |_| in_words(&report))?;
    }
    Ok(if good { Exit::Done } else { Exit::Failed })
}

fn in_words(report: &CaseReport) -> String {
    let mut text = String::new();
    for case in report.wrong() {
        let reason = case.wrong.as_deref().unwrap_or_default();
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}: {}\n    {reason}", case.rule, case.case);
    }
    if !report.thin.is_empty() {
        let _ = writeln!(
            text,
            "without a passing and two failing cases, one of them hard: {}",
            report.thin.join(", ")
        );
    }
    let hard = report.cases.iter().filter(|case| case.hard.is_some()).count();
    let good = report.cases.len() - report.wrong().count();
    let _ = writeln!(text, "{good} of {} cases hold, {hard} of them hard", report.cases.len());
    text
}

/// One suite for each rule; a rule that lacks cases fails by that.
fn junit(report: &CaseReport) -> String {
    let mut rules: BTreeMap<&str, Vec<&CaseResult>> = BTreeMap::new();
    for case in &report.cases {
        rules.entry(&case.rule).or_default().push(case);
    }
    for rule in &report.thin {
        rules.entry(rule).or_default();
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (rule, cases) in rules {
        let thin = report.thin.iter().any(|name| name == rule);
        let failures = cases.iter().filter(|case| case.wrong.is_some()).count() + usize::from(thin);
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\">",
            escaped(rule),
            cases.len() + usize::from(thin)
        );
        for case in cases {
            let _ =
                write!(out, "    <testcase classname=\"{}\" name=\"{}\"", escaped(rule), escaped(&case.case));
            let _ = match &case.wrong {
                Some(why) => writeln!(out, "><failure message=\"{}\"/></testcase>", escaped(why)),
                None => writeln!(out, "/>"),
            };
        }
        if thin {
            let _ = writeln!(
                out,
                "    <testcase classname=\"{}\" name=\"enough cases\"><failure message=\"it needs a passing and two failing cases, one of them hard\"/></testcase>",
                escaped(rule)
            );
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>");
    out
}

/// Writes the cases with what the rules say about them, so that another engine can be held
/// against ours.
///
/// # Errors
///
/// The rules or their cases are broken, or the file cannot be written.
pub(crate) fn export(legislator: &Legislator, catalog: &Catalog, file: &Path) -> Result<Exit, CliError> {
    let inputs = legislator.case_inputs(catalog).map_err(CliError::failed)?;
    let text = serde_json::to_string(&inputs).map_err(CliError::failed)?;
    std::fs::write(file, text)
        .map_err(|e| CliError::failed(format!("cannot write {}: {e}", file.display())))?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::legislator::Expect;

    fn report() -> CaseReport {
        let case = |rule: &str, case: &str, wrong: Option<&str>| CaseResult {
            rule: rule.into(),
            case: case.into(),
            expect: Expect::Find,
            hard: None,
            wrong: wrong.map(str::to_owned),
        };
        CaseReport {
            cases: vec![case("A", "a & b", None), case("A", "c", Some("it said <nothing>"))],
            thin: vec!["B".into()],
        }
    }

    #[test]
    fn junit_fails_by_wrong_cases_and_by_missing_ones() {
        let xml = junit(&report());
        assert!(xml.contains("<testsuite name=\"A\" tests=\"2\" failures=\"1\">"), "{xml}");
        assert!(xml.contains("<testsuite name=\"B\" tests=\"1\" failures=\"1\">"), "{xml}");
        assert!(xml.contains("name=\"a &amp; b\"/>") && xml.contains("it said &lt;nothing&gt;"), "{xml}");
    }

    #[test]
    fn a_rule_that_lacks_cases_is_named() {
        let text = in_words(&report());
        assert!(text.contains("one of them hard: B") && text.contains("1 of 2 cases hold"), "{text}");
    }
}
