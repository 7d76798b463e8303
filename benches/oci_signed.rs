//! OCI requests rendered and signed per second, beside the bare signature of the same library: one JSON line each.

use std::error::Error;
use std::io::{Write, stdout};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use provisioner::catalog::Catalog;
use provisioner::clouds::oci::endpoint::{Addressing, Realms};
use provisioner::clouds::oci::render::{OciContext, render};
use provisioner::clouds::oci::{Body, PrivateKey, Signer};
use provisioner::plan::{CloudName, OperationName};
use serde_json::json;

/// How long each is measured.
const SPAN: Duration = Duration::from_secs(3);
/// A throwaway key of 2048 bits.
const KEY: &str = include_str!("../src/clouds/oci/testdata/pkcs8.pem");

/// How often something is done in a second.
fn rate(mut work: impl FnMut() -> Result<(), Box<dyn Error>>) -> Result<f64, Box<dyn Error>> {
    work()?;
    let (begun, mut done) = (Instant::now(), 0_u32);
    while begun.elapsed() < SPAN {
        for _ in 0..20 {
            work()?;
        }
        done += 20;
    }
    Ok(f64::from(done) / begun.elapsed().as_secs_f64())
}

fn main() -> Result<(), Box<dyn Error>> {
    let catalog = Catalog::open(None)?;
    let realms = Realms::new(&catalog)?;
    let key = PrivateKey::from_pem(KEY, None)?;
    let message = [b'x'; 300];
    let bare = rate(|| {
        key.sign(&message)?;
        Ok(())
    })?;
    writeln!(stdout(), "{}", json!({"what": "bare RSA-2048 signature", "per_second": bare}))?;
    let fingerprint = key.fingerprint();
    let signer = Signer::api_key("ocid1.tenancy.oc1..t", "ocid1.user.oc1..u", &fingerprint, key);
    let launch = json!({"body": {"compartmentId": "ocid1.compartment.oc1..c", "availabilityDomain": "AD-1",
        "shape": "VM.Standard.E5.Flex", "displayName": "web", "shapeConfig": {"ocpus": 1, "memoryInGBs": 8},
        "sourceDetails": {"sourceType": "image", "imageId": "ocid1.image.oc1..i"}}});
    for (service, operation, params) in [
        ("core.compute", "LaunchInstance", launch),
        ("core.compute", "ListInstances", json!({"compartmentId": "ocid1.compartment.oc1..c", "limit": 50})),
    ] {
        let found = catalog.operation(&OperationName::new(CloudName::Oci, service, operation))?;
        let addressing = Addressing { region: Some("eu-frankfurt-1".into()), ..Addressing::default() };
        let context = OciContext { realms: &realms, addressing };
        let unsigned = rate(|| {
            render(found.service(), found.operation(), &params, &context)?;
            Ok(())
        })?;
        let signed = rate(|| {
            let mut request = render(found.service(), found.operation(), &params, &context)?;
            signer.sign(&mut request, Body::Bytes, Timestamp::now())?;
            Ok(())
        })?;
        let line = json!({"what": operation, "unsigned_per_second": unsigned, "signed_per_second": signed,
            "signed_over_bare_time": bare / signed});
        writeln!(stdout(), "{line}")?;
    }
    Ok(())
}
