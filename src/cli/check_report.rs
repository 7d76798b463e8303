//! A verdict in the forms that pipelines read: SARIF for code scanning, JUnit for test reports.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::plan::{Decision, Finding, Plan, Verdict};

/// SARIF 2.1.0, one run, one result for each finding. `file` and `text` are the plan as it was read, so that a
/// result can point at the line where its step begins.
pub(crate) fn sarif(file: &str, text: &str, verdict: &Verdict) -> Value {
    let mut rules: Vec<Value> = Vec::new();
    for finding in &verdict.findings {
        if !rules.iter().any(|rule| rule["id"] == finding.rule.as_str()) {
            rules.push(json!({
                "id": finding.rule,
                "shortDescription": {"text": finding.topic},
                "help": {"text": finding.fix},
                "properties": {"tags": finding.controls, "severity": finding.severity},
            }));
        }
    }
    let results: Vec<Value> = verdict.findings.iter().map(|finding| result(file, text, finding)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "provisioner",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "results": results,
        }],
    })
}

fn result(file: &str, text: &str, finding: &Finding) -> Value {
    let step = finding.step.as_deref().unwrap_or("plan");
    let mut physical = json!({"artifactLocation": {"uri": file}});
    if let Some(line) = finding.step.as_deref().and_then(|step| line_of(text, step)) {
        physical["region"] = json!({"startLine": line});
    }
    json!({
        "ruleId": finding.rule,
        "level": match finding.decision {
            Decision::Allow => "note",
            Decision::Warn => "warning",
            Decision::Exception | Decision::Deny => "error",
        },
        "message": {"text": format!("{}. {}", finding.message, finding.fix)},
        "locations": [{
            "physicalLocation": physical,
            "logicalLocations": [{"fullyQualifiedName": format!("{step}/{}", finding.path)}],
        }],
        "partialFingerprints": {"finding/v1": format!("{}/{step}/{}", finding.rule, finding.path)},
    })
}

/// The line, counted from 1, on which a step is named by its id, in YAML or in JSON.
fn line_of(text: &str, step: &str) -> Option<usize> {
    let names = |line: &str| {
        let bare: String = line.chars().filter(|c| !matches!(c, '"' | '\'' | ' ')).collect();
        bare.match_indices("id:").any(|(at, word)| {
            let before = bare[..at].chars().next_back();
            let after = &bare[at + word.len()..];
            let rest = after.strip_prefix(step);
            before.is_none_or(|c| !c.is_alphanumeric())
                && rest
                    .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || "_-".contains(c)))
        })
    };
    text.lines().position(names).map(|at| at + 1)
}

/// JUnit: one case for each step, failed by what is denied or needs an exception; warnings are its output.
pub(crate) fn junit(plan: &Plan, verdict: &Verdict) -> String {
    let of = |step: Option<&str>| -> Vec<&Finding> {
        verdict.findings.iter().filter(|finding| finding.step.as_deref() == step).collect()
    };
    let mut cases = vec![("plan".to_owned(), of(None))];
    cases.extend(plan.steps.iter().map(|step| (step.id.to_string(), of(Some(&step.id)))));
    let fails = |findings: &[&Finding]| findings.iter().any(|f| f.decision >= Decision::Exception);
    let failures = cases.iter().filter(|(_, findings)| fails(findings)).count();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "<testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\">",
        escaped(&plan.name),
        cases.len()
    );
    for (name, findings) in &cases {
        let _ = writeln!(out, "  <testcase classname=\"verdict\" name=\"{}\">", escaped(name));
        for finding in findings.iter().filter(|f| f.decision >= Decision::Exception) {
            let _ = writeln!(
                out,
                "    <failure type=\"{}\" message=\"{}\">{}: {}. {}</failure>",
                escaped(&finding.rule),
                escaped(&finding.message),
                escaped(&finding.path),
                escaped(&finding.message),
                escaped(&finding.fix)
            );
        }
        for finding in findings.iter().filter(|f| f.decision == Decision::Warn) {
            let _ = writeln!(
                out,
                "    <system-out>{} {}: {}. {}</system-out>",
                escaped(&finding.rule),
                escaped(&finding.path),
                escaped(&finding.message),
                escaped(&finding.fix)
            );
        }
        out.push_str("  </testcase>\n");
    }
    out.push_str("</testsuite>");
    out
}

/// A text that XML may hold, control characters replaced.
pub(crate) fn escaped(text: &str) -> String {
    let clean = crate::text::sanitize(text);
    quick_xml::escape::escape(&clean).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict() -> Verdict {
        serde_json::from_value(json!({
            "plan": "sha256:0000000000000000000000000000000000000000000000000000000000000000",
            "decision": "deny",
            "findings": [
                {"rule": "SEC-AWS-S3-01", "topic": "object-public-access", "pack": "security", "severity": "critical",
                 "decision": "deny", "step": "web", "path": "$.ACL", "message": "<public>", "fix": "Say private",
                 "controls": ["AWS-6.0:2.1.4"]},
                {"rule": "FIN-LOG-01", "topic": "log-retention", "pack": "finops", "severity": "low",
                 "decision": "warn", "step": "web", "path": "$", "message": "kept", "fix": "Say how long"},
            ],
            "rules": "sha256:0000000000000000000000000000000000000000000000000000000000000000", "rules_applied": 2,
            "at": "2026-01-02T03:04:05Z",
        }))
        .unwrap()
    }

    fn plan() -> Plan {
        Plan::parse("version: 1\nname: a & b\nsteps:\n  - {id: web-old, cloud: aws, service: s3, operation: CreateBucket, params: {}}\n  - {id: web, cloud: aws, service: s3, operation: CreateBucket, params: {}}\n")
            .unwrap()
    }

    #[test]
    fn sarif_points_at_the_line_of_the_step() {
        let text = "steps:\n  - id: web-old\n  - id: web\n";
        let sarif = sarif("plan.yaml", text, &verdict());
        let results = &sarif["runs"][0]["results"];
        assert_eq!(results[0]["level"], "error");
        assert_eq!(results[1]["level"], "warning");
        let place = &results[0]["locations"][0]["physicalLocation"];
        assert_eq!(place["region"]["startLine"], 3);
        assert_eq!(place["artifactLocation"]["uri"], "plan.yaml");
        assert_eq!(sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn a_step_is_found_in_json_too_and_never_inside_another_name() {
        assert_eq!(line_of("{\"steps\": [\n{\"id\": \"web\", \"cloud\": \"aws\"}]}", "web"), Some(2));
        assert_eq!(line_of("- {id: web-old}\n- {VpcId: web}", "web"), None);
    }

    #[test]
    fn junit_has_a_case_for_each_step_and_fails_by_what_is_denied() {
        let xml = junit(&plan(), &verdict());
        assert!(xml.contains("<testsuite name=\"a &amp; b\" tests=\"3\" failures=\"1\">"), "{xml}");
        assert!(xml.contains("message=\"&lt;public&gt;\""), "{xml}");
        assert_eq!(xml.matches("<failure").count(), 1);
        assert_eq!(xml.matches("<system-out>FIN-LOG-01").count(), 1);
    }
}
