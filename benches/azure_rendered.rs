//! Azure requests checked and rendered per second, on one thread: one JSON line per operation.
//!
//! `benches/azure_beside_sdk.py` runs it beside the official clients with the same parameters.

use std::error::Error;
use std::io::{Write, stdin, stdout};
use std::time::{Duration, Instant};

use provisioner::catalog::Catalog;
use provisioner::clouds::azure::Azure;
use provisioner::clouds::{Call, Cloud};
use serde_json::json;

/// How long each operation is measured.
const SPAN: Duration = Duration::from_secs(2);

/// Reads one call per line, `{"operation": {"cloud", "service", "operation"}, "params"}`.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let azure = Azure::sandbox(Catalog::open(None)?, "http://127.0.0.1:1")?;
    for line in stdin().lines() {
        let call: Call = serde_json::from_str(&line?)?;
        let first = azure.dry_run(&call).await?;
        let (begun, mut made) = (Instant::now(), 0_u32);
        while begun.elapsed() < SPAN {
            for _ in 0..50 {
                let request = azure.dry_run(&call).await?;
                assert_eq!(request.url, first.url);
            }
            made += 50;
        }
        let per_second = f64::from(made) / begun.elapsed().as_secs_f64();
        let line = json!({"operation": call.operation.operation, "per_second": per_second});
        writeln!(stdout(), "{line}")?;
    }
    Ok(())
}
