//! The resource that this runs in, such as a function: its token and key stand in the environment, or in
//! files that the environment names and that are replaced before they are over.

use std::path::Path;

use super::super::sign::Signer;
use super::configured::{Sources, key_of, read_file, unusable};
use super::{Told, token};
use crate::clouds::CloudError;

/// A signer for the resource.
///
/// # Errors
///
/// The environment does not say enough, or in a version that is not spoken here.
pub(super) fn tell(sources: &Sources) -> Result<Told, CloudError> {
    let needed = |name: &str| {
        sources.set(name).ok_or_else(|| unusable(format!("{name} is not set: this is no OCI resource")))
    };
    let version = needed("OCI_RESOURCE_PRINCIPAL_VERSION")?;
    if version != "2.2" {
        return Err(unusable(format!(
            "OCI_RESOURCE_PRINCIPAL_VERSION is {}: this program knows 2.2",
            crate::text::line(&version)
        )));
    }
    let given = value_or_file(&needed("OCI_RESOURCE_PRINCIPAL_RPST")?)?;
    let given = given.trim();
    let pem = value_or_file(&needed("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM")?)?;
    let passphrase = match sources.set("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE") {
        Some(value) => Some(value_or_file(&value)?.trim().to_owned()),
        None => None,
    };
    let key = key_of(&pem, passphrase.as_deref(), "the key of the resource")?;
    Ok(Told {
        until: token::end(given),
        region: sources.set("OCI_RESOURCE_PRINCIPAL_REGION"),
        signer: Signer::session(given, key),
    })
}

/// A whole path stands for the file's text.
fn value_or_file(value: &str) -> Result<String, CloudError> {
    let path = Path::new(value.trim());
    if path.is_absolute() {
        read_file(path, "the place that this program runs in must provide it")
    } else {
        Ok(value.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::tests::token;
    use super::*;
    use crate::clouds::oci::key::tests::PKCS8;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    fn sources(set: Vec<(&'static str, String)>) -> Sources {
        let variable =
            move |name: &str| set.iter().find(|(own, _)| *own == name).map(|(_, value)| value.clone());
        Sources { variable: Box::new(variable), federation: None, cluster: None }
    }

    #[test]
    fn token_and_key_are_taken_from_the_environment_or_from_files() {
        let given = token(&json!({"exp": 1_900_000_000, "res_tenant": "t"}));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rpst");
        std::fs::write(&file, format!("{given}\n")).unwrap();
        for rpst in [given.clone(), file.display().to_string()] {
            let told = tell(&sources(vec![
                ("OCI_RESOURCE_PRINCIPAL_VERSION", "2.2".into()),
                ("OCI_RESOURCE_PRINCIPAL_RPST", rpst),
                ("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", PKCS8.into()),
                ("OCI_RESOURCE_PRINCIPAL_REGION", "us-ashburn-1".into()),
            ]))
            .unwrap();
            assert_eq!(told.region.as_deref(), Some("us-ashburn-1"));
            assert_eq!(told.until.unwrap().as_second(), 1_900_000_000);
            assert_eq!(told.signer.key_id(), format!("ST${given}"));
        }
    }

    #[test]
    fn what_is_not_set_or_not_spoken_is_named() {
        let error = tell(&sources(vec![])).unwrap_err().to_string();
        assert!(error.contains("OCI_RESOURCE_PRINCIPAL_VERSION is not set"), "{error}");
        let error = tell(&sources(vec![("OCI_RESOURCE_PRINCIPAL_VERSION", "1.1".into())])).unwrap_err();
        assert!(error.to_string().contains("is 1.1"), "{error}");
    }
}
