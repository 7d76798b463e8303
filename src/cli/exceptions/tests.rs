//! The commands, one after the other, in a folder of their own.

use std::path::Path;

use jiff::Timestamp;

use super::decide::{Approval, approve, revoke};
use super::request::{expiry, request};
use super::{RequestArgs, folder, key};
use crate::catalog::Catalog;
use crate::cli::setup::person;
use crate::cli::{CliError, Exit, Output, rules};
use crate::config::Home;
use crate::legislator::{ExceptionState, Legislator, no_uses};

struct House {
    _dir: tempfile::TempDir,
    home: Home,
    catalog: Catalog,
}

impl House {
    /// A house in which `ada` approves for security, and the person at this machine does too.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        let catalog = Catalog::open(None).unwrap();
        let quiet = Output::new(true);
        let mut people = String::new();
        for name in ["ada".to_owned(), person()] {
            key::key(quiet, home.config(), Some(name.clone())).unwrap();
            let text = std::fs::read_to_string(key::file(home.config(), &name)).unwrap();
            let public = crate::legislator::SigningKey::from_pem(&text).unwrap().public();
            people.push_str(&format!("- {{name: '{name}', roles: [ciso], key: '{public}'}}\n"));
        }
        std::fs::create_dir_all(home.config().join("rules")).unwrap();
        let book = format!("roles: {{ciso: [security]}}\npeople:\n{people}");
        std::fs::write(home.config().join("rules/roles.yaml"), book).unwrap();
        Self { _dir: dir, home, catalog }
    }

    fn config(&self) -> &Path {
        self.home.config()
    }

    fn legislator(&self) -> Legislator {
        rules::open(&self.home, &self.catalog).unwrap()
    }

    fn request(&self) -> String {
        let asked = RequestArgs {
            rules: vec!["SEC-AWS-IAM-01".into()],
            reason: "the migration needs it".into(),
            expires: "30d".into(),
            plan: None,
            inputs: vec![],
            digest: None,
            steps: vec![],
            services: vec![],
            accounts: vec![],
            environments: vec![],
            uses: Some(1),
        };
        request(Output::new(true), self.config(), &self.legislator(), &asked).unwrap();
        let mut files = std::fs::read_dir(self.config().join("rules/exceptions")).unwrap();
        let name = files.next().unwrap().unwrap().file_name().into_string().unwrap();
        name.trim_end_matches(".yaml").to_owned()
    }

    fn approve(&self, id: &str, by: Option<&str>, key: Option<&str>) -> Result<Exit, CliError> {
        let key = key.map(|name| key::file(self.config(), name));
        let approval = Approval { id: id.into(), by: by.map(str::to_owned), role: None, key };
        approve(Output::new(true), self.config(), &self.legislator(), &approval)
    }

    fn state(&self) -> ExceptionState {
        self.legislator().exceptions(Timestamp::now(), no_uses())[0].state.clone()
    }
}

#[test]
fn an_exception_is_asked_for_by_one_approved_by_another_and_taken_back() {
    let house = House::new();
    let id = house.request();
    assert!(matches!(house.state(), ExceptionState::Requested { missing } if missing.contains("ciso")));
    // Nobody approves what they asked for, with whatever key.
    let refused = house.approve(&id, None, None).unwrap_err();
    assert!(
        refused.exit == Exit::Refused && refused.message.contains("another person"),
        "{}",
        refused.message
    );
    let refused = house.approve(&id, Some("ada"), Some(&person())).unwrap_err();
    assert!(refused.message.contains("not the one of `ada`"), "{}", refused.message);
    let refused = house.approve(&id, Some("mallory"), None).unwrap_err();
    assert!(refused.message.contains("`mallory` is not in"), "{}", refused.message);
    assert!(matches!(house.state(), ExceptionState::Requested { .. }));

    assert_eq!(house.approve(&id, Some("ada"), None).unwrap(), Exit::Done);
    assert_eq!(house.state(), ExceptionState::Approved);
    revoke(Output::new(true), house.config(), &house.legislator(), &id, "done").unwrap();
    assert_eq!(house.state(), ExceptionState::Revoked);
}

#[test]
fn a_record_that_is_edited_after_the_approval_counts_as_absent() {
    let house = House::new();
    let id = house.request();
    house.approve(&id, Some("ada"), None).unwrap();
    let path = folder::file(house.config(), &id);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("max_uses: 1", "max_uses: 100")).unwrap();
    assert!(matches!(house.state(), ExceptionState::Refused { why } if why.contains("signature")));
}

#[test]
fn a_key_is_for_its_owner_alone_and_never_overwritten() {
    let house = House::new();
    let file = key::file(house.config(), "ada");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let before = std::fs::read(&file).unwrap();
    assert!(key::key(Output::new(true), house.config(), Some("ada".into())).is_err());
    assert_eq!(std::fs::read(&file).unwrap(), before);
    assert!(key::file(house.config(), "../../x").starts_with(house.config().join("keys")));
}

#[test]
fn an_expiry_is_a_span_a_date_or_a_point_in_time_that_is_to_come() {
    let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    for (text, until) in [
        ("1d", "2030-01-02T00:00:00Z"),
        ("12h", "2030-01-01T12:00:00Z"),
        ("2030-01-31", "2030-02-01T00:00:00Z"),
        ("2030-01-31T08:00:00Z", "2030-01-31T08:00:00Z"),
    ] {
        assert_eq!(expiry(text, now).unwrap(), until.parse::<Timestamp>().unwrap(), "{text}");
    }
    for text in ["", "soon", "-1d", "0d", "2029-12-30", "99999999999999999d"] {
        assert!(expiry(text, now).is_err(), "{text}");
    }
}
