//! Who is told what: notices that the book of routes asks for. Nothing is sent here.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ExceptionRecord, RuleInfo};
use crate::plan::{Decision, Finding, Plan, Severity, Verdict};
use crate::text::mask_text;

/// Findings that one notice tells at most.
const MOST: usize = 20;

/// The book of routes: `routing.yaml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoutingBook {
    /// The version of the format; 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The routes; every one that fits is taken.
    pub routes: Vec<Route>,
}

/// Who is told, and when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// A name for people.
    pub name: String,
    /// What it is about; everything when empty.
    #[serde(default)]
    pub when: RouteWhen,
    /// The environment variable that holds the address. Addresses hold secrets, so they do not stand here.
    pub webhook_env: String,
    /// The environment variable that holds the key of the signature; unsigned when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_env: Option<String>,
    /// The channel, where the address serves many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

/// What a route is about; every list that is empty means everything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RouteWhen {
    /// Kinds of happenings.
    pub events: Vec<EventKind>,
    /// Severities of findings, and of the rules that an exception is from.
    pub severities: Vec<Severity>,
    /// What findings mean; exceptions have none.
    pub decisions: Vec<Decision>,
    /// Packs of rules.
    pub packs: Vec<String>,
    /// Topics of rules.
    pub topics: Vec<String>,
    /// Rules.
    pub rules: Vec<String>,
    /// Accounts as steps and exceptions name them.
    pub accounts: Vec<String>,
    /// US dollars a month from which a plan counts.
    pub cost_over: Option<f64>,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// A plan was judged, and something was found.
    Finding,
    /// Somebody asked for an exception.
    ExceptionRequested,
    /// Somebody approved one.
    ExceptionApproved,
    /// Somebody took one back.
    ExceptionRevoked,
}

impl EventKind {
    fn as_str(self) -> &'static str {
        match self {
            EventKind::Finding => "finding",
            EventKind::ExceptionRequested => "exception-requested",
            EventKind::ExceptionApproved => "exception-approved",
            EventKind::ExceptionRevoked => "exception-revoked",
        }
    }
}

/// What has happened.
#[derive(Clone, Copy, Debug)]
pub enum Happening<'a> {
    /// A plan was judged.
    Judged {
        /// The plan.
        plan: &'a Plan,
        /// The verdict.
        verdict: &'a Verdict,
        /// US dollars a month, as far as they are known.
        monthly: Option<f64>,
        /// Whose plan it is.
        requester: &'a str,
    },
    /// Something happened to an exception.
    Exception {
        /// What.
        kind: EventKind,
        /// The record as it is now.
        record: &'a ExceptionRecord,
        /// Its rules.
        rules: &'a [RuleInfo],
        /// Who did it.
        by: &'a str,
    },
}

/// What is to be sent, and where the address and the key are.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The route's name.
    pub route: String,
    /// The environment variable that holds the address.
    pub webhook_env: String,
    /// The environment variable that holds the key of the signature.
    pub secret_env: Option<String>,
    /// The body, secrets masked.
    pub body: Value,
}

impl RoutingBook {
    /// Refuses routes that could never be taken.
    pub(super) fn check(&self) -> Result<(), String> {
        let variable =
            |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        for route in &self.routes {
            let names = std::iter::once(&route.webhook_env).chain(&route.secret_env);
            if let Some(wrong) = names.into_iter().find(|name| !variable(name)) {
                return Err(format!(
                    "the route `{}` names the environment variable `{}`, which can be none; an address itself must not stand here",
                    route.name,
                    wrong.chars().take(12).collect::<String>()
                ));
            }
        }
        Ok(())
    }

    /// One notice for each route that fits.
    pub(super) fn notices(&self, happening: &Happening<'_>) -> Vec<Notice> {
        self.routes
            .iter()
            .filter_map(|route| {
                let (text, about) = match *happening {
                    Happening::Judged { plan, verdict, monthly, requester } => {
                        judged(&route.when, plan, verdict, monthly, requester)?
                    }
                    Happening::Exception { kind, record, rules, by } => {
                        exception(&route.when, kind, record, rules, by)?
                    }
                };
                let mut body = json!({"text": escaped(&text), "provisioner": about});
                if let Some(channel) = &route.channel {
                    body["channel"] = json!(channel);
                }
                Some(Notice {
                    route: route.name.clone(),
                    webhook_env: route.webhook_env.clone(),
                    secret_env: route.secret_env.clone(),
                    body: masked(&body),
                })
            })
            .collect()
    }
}

fn judged(
    when: &RouteWhen,
    plan: &Plan,
    verdict: &Verdict,
    monthly: Option<f64>,
    requester: &str,
) -> Option<(String, Value)> {
    let dear = when.cost_over.is_none_or(|limit| monthly.is_some_and(|monthly| monthly > limit));
    if !dear || !admits(&when.events, &EventKind::Finding) {
        return None;
    }
    let account = |finding: &Finding| {
        finding.step.as_deref().and_then(|id| plan.step(id)).and_then(|step| step.account.clone())
    };
    let told: Vec<&Finding> = verdict
        .findings
        .iter()
        .filter(|f| admits(&when.severities, &f.severity) && admits(&when.decisions, &f.decision))
        .filter(|f| {
            admits(&when.packs, &f.pack) && admits(&when.topics, &f.topic) && admits(&when.rules, &f.rule)
        })
        .filter(|f| {
            when.accounts.is_empty() || account(f).is_some_and(|account| when.accounts.contains(&account))
        })
        .collect();
    let first = told.first()?;
    let more = if told.len() > 1 { format!(" and {} more", told.len() - 1) } else { String::new() };
    let text = format!(
        "{requester}: the plan \"{}\" ({}) is judged {}: {} {}: {}{more}",
        plan.name,
        verdict.plan.short(),
        verdict.decision.as_str(),
        first.decision.as_str(),
        first.rule,
        first.message
    );
    let findings: Vec<Value> = told
        .iter()
        .take(MOST)
        .map(|f| {
            json!({"rule": f.rule, "topic": f.topic, "severity": f.severity, "decision": f.decision, "step": f.step,
                   "path": f.path, "reason": f.message, "fix": f.fix, "exception": f.exception})
        })
        .collect();
    let about = json!({
        "event": EventKind::Finding.as_str(), "plan": verdict.plan, "name": plan.name, "decision": verdict.decision,
        "requester": requester, "monthly_cost": monthly, "count": told.len(), "findings": findings,
    });
    Some((text, about))
}

fn exception(
    when: &RouteWhen,
    kind: EventKind,
    record: &ExceptionRecord,
    rules: &[RuleInfo],
    by: &str,
) -> Option<(String, Value)> {
    let accounts = &record.scope.accounts;
    let fits = admits(&when.events, &kind)
        && when.decisions.is_empty()
        && when.cost_over.is_none()
        && (when.accounts.is_empty() || accounts.iter().any(|account| when.accounts.contains(account)))
        && rules.iter().any(|rule| {
            admits(&when.severities, &rule.severity)
                && admits(&when.packs, &rule.pack)
                && admits(&when.topics, &rule.topic)
                && admits(&when.rules, &rule.id)
        });
    if !fits {
        return None;
    }
    let (done, then) = match kind {
        EventKind::ExceptionApproved => ("approved", String::new()),
        EventKind::ExceptionRevoked => ("took back", String::new()),
        EventKind::ExceptionRequested | EventKind::Finding => {
            ("asks for", format!(" Approve with: provisioner rules exception approve {}", record.id))
        }
    };
    let text = format!(
        "{by} {done} the exception {} from {} until {}: {}{then}",
        record.id,
        record.rules.join(", "),
        record.expires.strftime("%Y-%m-%d"),
        record.reason
    );
    let about = json!({
        "event": kind.as_str(), "exception": record.id, "rules": record.rules, "scope": record.scope, "reason": record.reason,
        "requester": record.requested_by, "by": by, "expires": record.expires, "max_uses": record.max_uses,
        "approve_command": format!("provisioner rules exception approve {}", record.id),
    });
    Some((text, about))
}

fn admits<T: PartialEq>(list: &[T], value: &T) -> bool {
    list.is_empty() || list.contains(value)
}

/// Chat tools read `<…>` as links and calls; what a plan says is neither.
fn escaped(text: &str) -> String {
    crate::text::line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Every text with what looks like a secret masked.
fn masked(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(mask_text(text)),
        Value::Array(items) => items.iter().map(masked).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, inner)| (name.clone(), masked(inner))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Digest;
    use pretty_assertions::assert_eq;

    fn plan() -> Plan {
        Plan::from_value(json!({"version": 1, "name": "web <!channel>", "steps": [
            {"id": "a", "cloud": "aws", "service": "s3", "operation": "CreateBucket", "account": "prod-1", "params": {}},
        ]}))
        .unwrap()
    }

    fn verdict(plan: &Plan) -> Verdict {
        let finding = json!({"rule": "SEC-AWS-S3-01", "topic": "object-public-access", "pack": "security", "severity": "critical",
            "decision": "deny", "step": "a", "path": "$.ACL", "message": "password=correcthorse9 lets strangers in", "fix": "f"});
        Verdict::new(plan.digest(), vec![serde_json::from_value(finding).unwrap()], Digest::of_bytes(b""), 1)
    }

    fn told(route: Value) -> Vec<Notice> {
        let book: RoutingBook = serde_json::from_value(json!({"routes": [route]})).unwrap();
        assert_eq!(book.check(), Ok(()));
        let (plan, requester) = (plan(), "ada");
        book.notices(&Happening::Judged {
            plan: &plan,
            verdict: &verdict(&plan),
            monthly: Some(12.0),
            requester,
        })
    }

    #[test]
    fn a_route_is_taken_by_severity_decision_topic_account_and_cost() {
        for (when, fits) in [
            (json!({}), true),
            (json!({"severities": ["critical"], "decisions": ["deny"], "packs": ["security"]}), true),
            (json!({"severities": ["low"]}), false),
            (json!({"decisions": ["exception"]}), false),
            (json!({"topics": ["object-public-access"], "accounts": ["prod-1"]}), true),
            (json!({"accounts": ["prod-2"]}), false),
            (json!({"events": ["exception-requested"]}), false),
            (json!({"cost_over": 10}), true),
            (json!({"cost_over": 20}), false),
        ] {
            let notices = told(json!({"name": "r", "when": when, "webhook_env": "HOOK"}));
            assert_eq!(notices.len(), usize::from(fits), "{when}");
        }
    }

    #[test]
    fn what_is_told_holds_no_secret_and_calls_nobody() {
        let notice = &told(json!({"name": "r", "webhook_env": "HOOK", "channel": "#ciso"}))[0];
        let text = notice.body.to_string();
        assert!(!text.contains("correcthorse9") && text.contains("SEC-AWS-S3-01"), "{text}");
        assert!(notice.body["text"].as_str().unwrap().contains("&lt;!channel&gt;"), "{text}");
        assert_eq!(notice.body["channel"], "#ciso");
        assert_eq!(notice.body["provisioner"]["findings"][0]["step"], "a");
    }

    #[test]
    fn an_address_in_place_of_a_variable_is_refused_and_not_repeated() {
        let book: RoutingBook = serde_json::from_value(
            json!({"routes": [{"name": "r", "webhook_env": "https://hooks.example.com/T000/secret"}]}),
        )
        .unwrap();
        let why = book.check().unwrap_err();
        assert!(why.contains("`r`") && !why.contains("secret"), "{why}");
    }
}
