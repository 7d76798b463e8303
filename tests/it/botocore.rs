//! The whole of an installed botocore compiles, when there is one.

use std::path::PathBuf;
use std::process::Command;

use provisioner::catalog::compile::botocore::compile;

fn installed() -> Option<PathBuf> {
    let output =
        Command::new("python3").args(["-c", "import botocore; print(botocore.__path__[0])"]).output().ok()?;
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    path.is_dir().then_some(path)
}

#[test]
#[ignore = "needs an installed botocore; the peers install one"]
fn every_service_of_an_installed_botocore_compiles() {
    let compiled = compile(&installed().unwrap(), &|_, _| {}).unwrap();
    let operations: usize = compiled.services.iter().map(|s| s.operations.len()).sum();
    assert!(compiled.services.len() >= 424, "{}", compiled.services.len());
    assert!(operations >= 18_378, "{operations}");
    let rules = compiled.services.iter().filter(|s| s.traits.endpoint_rules.is_some()).count();
    assert_eq!(rules, compiled.services.len());
}
