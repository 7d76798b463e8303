//! Exceptions, judged with the shipped rules.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::*;
use crate::legislator::tests::{catalog, plan, shipped};
use crate::legislator::{Legislator, Seen, Surroundings};
use crate::plan::{Decision, Plan, Regions, Verdict};

const RULE: &str = "SEC-AWS-IAM-01";

struct House {
    ada: SigningKey,
    bob: SigningKey,
    texts: BTreeMap<String, String>,
}

fn house() -> House {
    let (ada, bob) = (SigningKey::generate().unwrap().0, SigningKey::generate().unwrap().0);
    let mut texts = shipped();
    texts.insert(
        "roles.yaml".into(),
        format!(
            "roles: {{ciso: [security], finops: [finops]}}\npeople:\n- {{name: ada, roles: [ciso], key: '{}'}}\n- {{name: bob, roles: [finops], key: '{}'}}\n",
            ada.public(),
            bob.public()
        ),
    );
    House { ada, bob, texts }
}

fn admin() -> Plan {
    plan(
        json!([{"id": "grant", "cloud": "aws", "service": "iam", "operation": "AttachRolePolicy", "account": "prod-1",
        "params": {"RoleName": "r", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}}]),
    )
}

fn now() -> Timestamp {
    "2030-01-15T12:00:00Z".parse().unwrap()
}

fn asked() -> ExceptionRecord {
    serde_json::from_value(json!({
        "id": "EX-1", "rules": [RULE], "reason": "the migration needs it once", "requested_by": "eve",
        "requested_at": "2030-01-10T00:00:00Z", "expires": "2030-02-01T00:00:00Z",
    }))
    .unwrap()
}

fn approved(record: &ExceptionRecord, by: &str, role: &str, key: &SigningKey) -> ExceptionRecord {
    let at = now();
    let signature = key.sign(&record.signed_bytes(by, role, at).unwrap());
    let mut signed = record.clone();
    signed.approvals.push(ExceptionApproval { by: by.into(), role: role.into(), at, signature });
    signed
}

impl House {
    fn legislator(&self, records: &[(&str, String)]) -> Legislator {
        let mut texts = self.texts.clone();
        texts.extend(records.iter().map(|(file, text)| (format!("exceptions/{file}"), text.clone())));
        Legislator::from_texts(texts)
    }

    fn with(&self, record: &ExceptionRecord) -> Legislator {
        self.legislator(&[("EX-1.yaml", yaml_serde::to_string(record).unwrap())])
    }
}

fn judged(legislator: &Legislator, plan: &Plan, uses: &Uses, at: Timestamp) -> Verdict {
    let catalog = catalog();
    let with = Surroundings {
        facts: &[],
        estimate: None,
        environment: Some("dev"),
        regions: &Regions::everywhere(Some("eu-central-1")),
        inventory: &Value::Null,
        catalog: &catalog,
        now: at,
        uses,
    };
    legislator.judge(plan, &with)
}

#[test]
fn what_another_person_approved_covers_the_finding_and_never_hides_it() {
    let house = house();
    let legislator = house.with(&approved(&asked(), "ada", "ciso", &house.ada));
    let verdict = judged(&legislator, &admin(), no_uses(), now());
    assert_eq!(verdict.decision, Decision::Warn);
    let finding = &verdict.findings[0];
    assert_eq!((finding.rule.as_str(), finding.decision), (RULE, Decision::Exception));
    let exception = finding.exception.as_ref().unwrap();
    assert_eq!((exception.id.as_str(), exception.by.as_slice()), ("EX-1", ["ada".to_owned()].as_slice()));
    // A scope that names everything right covers too.
    let mut narrow = asked();
    narrow.scope = ExceptionScope {
        plan: Some(admin().digest()),
        steps: vec!["grant".into()],
        services: vec!["aws iam".into()],
        accounts: vec!["prod-1".into()],
        environments: vec!["dev".into()],
    };
    let legislator = house.with(&approved(&narrow, "ada", "ciso", &house.ada));
    assert_eq!(judged(&legislator, &admin(), no_uses(), now()).decision, Decision::Warn);
    assert_eq!(legislator.exceptions(now(), no_uses())[0].state, ExceptionState::Approved);
}

#[test]
fn whatever_is_not_right_counts_as_absent_and_is_named() {
    let house = house();
    let good = approved(&asked(), "ada", "ciso", &house.ada);
    let changed = |change: &dyn Fn(&mut ExceptionRecord)| {
        let mut record = good.clone();
        change(&mut record);
        record
    };
    let resigned = |change: &dyn Fn(&mut ExceptionRecord)| {
        let mut record = asked();
        change(&mut record);
        approved(&record, "ada", "ciso", &house.ada)
    };
    for (why, record) in [
        ("signature", changed(&|r| r.reason = "another reason altogether".into())),
        ("signature", changed(&|r| r.expires = "2030-03-01T00:00:00Z".parse().unwrap())),
        ("signature", changed(&|r| r.scope.steps = vec!["grant".into()])),
        ("signature", changed(&|r| r.approvals[0].at = r.requested_at)),
        ("signature", approved(&asked(), "ada", "ciso", &house.bob)),
        ("another person", resigned(&|r| r.requested_by = "Ada".into())),
        ("not in rules/roles.yaml", approved(&asked(), "mallory", "ciso", &house.ada)),
        ("not a role of theirs", approved(&asked(), "bob", "ciso", &house.bob)),
        ("no say", approved(&asked(), "bob", "finops", &house.bob)),
        ("no rule `SEC-AWS-IAM-99`", resigned(&|r| r.rules = vec!["SEC-AWS-IAM-99".into()])),
        ("names no rule", resigned(&|r| r.rules = vec![])),
        ("reason", resigned(&|r| r.reason = "because".into())),
        ("90 days", resigned(&|r| r.expires = "2031-01-01T00:00:00Z".parse().unwrap())),
        ("not the file's name", resigned(&|r| r.id = "EX-2".into())),
    ] {
        let legislator = house.with(&record);
        let verdict = judged(&legislator, &admin(), no_uses(), now());
        assert_eq!((verdict.decision, &verdict.findings[0].exception), (Decision::Exception, &None), "{why}");
        let banners = legislator.banners().join("\n");
        assert!(
            banners.contains("rules/exceptions/EX-1.yaml counts as absent") && banners.contains(why),
            "{why}: {banners}"
        );
    }
    let legislator = house.legislator(&[("EX-1.yaml", "id: [".into()), ("EX-2.yaml", "x".repeat(100_000))]);
    assert_eq!(judged(&legislator, &admin(), no_uses(), now()).decision, Decision::Exception);
    assert_eq!(legislator.banners().len(), 2);
}

#[test]
fn time_uses_revocation_and_scope_end_what_an_exception_covers() {
    let house = house();
    let good = approved(&asked(), "ada", "ciso", &house.ada);
    let decides = |record: &ExceptionRecord, uses: &Uses, at: Timestamp| {
        let legislator = house.with(record);
        let decision = judged(&legislator, &admin(), uses, at).decision;
        (decision, legislator.exceptions(at, uses)[0].state.clone())
    };
    let (covered, absent) = (Decision::Warn, Decision::Exception);
    assert_eq!(decides(&good, no_uses(), now()), (covered, ExceptionState::Approved));
    assert_eq!(decides(&good, no_uses(), good.expires), (absent, ExceptionState::Expired));
    let before = good.expires - SignedDuration::from_secs(1);
    assert_eq!(decides(&good, no_uses(), before), (covered, ExceptionState::Approved));

    let mut twice = asked();
    twice.max_uses = Some(2);
    let twice = approved(&twice, "ada", "ciso", &house.ada);
    let used = |count| Uses::from([("EX-1".to_owned(), count)]);
    assert_eq!(decides(&twice, &used(1), now()), (covered, ExceptionState::Approved));
    assert_eq!(decides(&twice, &used(2), now()), (absent, ExceptionState::UsedUp));

    let mut revoked = good.clone();
    revoked.revoked = Some(Revocation { by: "x".into(), at: now(), reason: "over".into() });
    assert_eq!(decides(&revoked, no_uses(), now()), (absent, ExceptionState::Revoked));
    assert!(matches!(
        decides(&asked(), no_uses(), now()),
        (Decision::Exception, ExceptionState::Requested { .. })
    ));

    for change in [
        |s: &mut ExceptionScope| s.plan = Some(crate::plan::Digest::of_bytes(b"another")),
        |s: &mut ExceptionScope| s.steps = vec!["other".into()],
        |s: &mut ExceptionScope| s.services = vec!["aws ec2".into()],
        |s: &mut ExceptionScope| s.accounts = vec!["prod-2".into()],
        |s: &mut ExceptionScope| s.environments = vec!["prod".into()],
    ] {
        let mut record = asked();
        change(&mut record.scope);
        assert_eq!(
            decides(&approved(&record, "ada", "ciso", &house.ada), no_uses(), now()),
            (absent, ExceptionState::Approved)
        );
    }
}

#[test]
fn what_the_rules_deny_no_exception_covers() {
    let house = house();
    let mut record = asked();
    record.rules = vec!["SEC-AWS-NET-01".into()];
    let legislator = house.with(&approved(&record, "ada", "ciso", &house.ada));
    let open = plan(
        json!([{"id": "open", "cloud": "aws", "service": "ec2", "operation": "AuthorizeSecurityGroupIngress",
        "params": {"GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}}]),
    );
    let verdict = judged(&legislator, &open, no_uses(), now());
    assert_eq!((verdict.decision, &verdict.findings[0].exception), (Decision::Deny, &None));
}

#[test]
fn a_critical_rule_can_ask_for_two_people() {
    let mut house = house();
    let carol = SigningKey::generate().unwrap().0;
    let roles = house.texts.get_mut("roles.yaml").unwrap();
    roles.push_str(&format!(
        "- {{name: carol, roles: [ciso], key: '{}'}}\napprovals_for_critical: 2\n",
        carol.public()
    ));
    let once = approved(&asked(), "ada", "ciso", &house.ada);
    assert_eq!(judged(&house.with(&once), &admin(), no_uses(), now()).decision, Decision::Exception);
    // The same person twice is one person.
    let same = approved(&once, "ada", "ciso", &house.ada);
    assert_eq!(judged(&house.with(&same), &admin(), no_uses(), now()).decision, Decision::Exception);
    let twice = approved(&once, "carol", "ciso", &carol);
    assert_eq!(judged(&house.with(&twice), &admin(), no_uses(), now()).decision, Decision::Warn);
}

#[test]
fn a_step_that_becomes_what_needs_an_exception_is_stopped_before_it_is_sent() {
    let house = house();
    let legislator = house.with(&approved(&asked(), "ada", "ciso", &house.ada));
    let catalog = catalog();
    let with = Surroundings {
        facts: &[],
        estimate: None,
        environment: Some("dev"),
        regions: &Regions::everywhere(Some("eu-central-1")),
        inventory: &Value::Null,
        catalog: &catalog,
        now: now(),
        uses: no_uses(),
    };
    let step = &admin().steps[0];
    // The plan was approved when the policy was not known yet.
    let failure = legislator.recheck(step, &Seen::default(), &with).unwrap_err();
    assert_eq!(failure.code, "ExceptionNeededBeforeSending");
    let verdict = Verdict::new(admin().digest(), vec![], crate::plan::Digest::of_bytes(b""), 0);
    assert!(legislator.recheck(step, &Seen::of(&verdict, &["EX-1".into()]), &with).is_ok());
    // What was seen and accepted with the plan is not asked about twice.
    let seen = judged(&legislator, &admin(), no_uses(), now());
    assert!(legislator.recheck(step, &Seen::of(&seen, &[]), &with).is_ok());
}

#[test]
fn a_broken_book_of_roles_leaves_the_last_good_one_and_an_empty_one_approves_nothing() {
    let house = house();
    let record = approved(&asked(), "ada", "ciso", &house.ada);
    let mut texts = house.texts.clone();
    texts.insert("exceptions/EX-1.yaml".into(), yaml_serde::to_string(&record).unwrap());
    texts.insert("roles.yaml".into(), String::new());
    let legislator = Legislator::from_texts(texts.clone());
    assert_eq!(judged(&legislator, &admin(), no_uses(), now()).decision, Decision::Exception);
    texts.insert("roles.yaml".into(), "people: [{name: ada, roles: [boss], key: x}]".into());
    let banners = Legislator::from_texts(texts).banners();
    assert!(banners[0].contains("rules/roles.yaml") && banners[0].contains("32 bytes"), "{banners:?}");
}
