//! Requests rendered, checked, and signed per second, one JSON line per operation.
//!
//! `benches/aws_beside_botocore.py` runs it beside botocore with the same parameters.

use std::error::Error;
use std::io::{Write, stdin, stdout};
use std::time::{Duration, Instant};

use provisioner::catalog::Catalog;
use provisioner::clouds::aws::Aws;
use provisioner::clouds::{Call, Cloud};
use serde_json::{Value, json};

/// How long each operation is measured.
const SPAN: Duration = Duration::from_secs(2);

/// Reads one call per line, `{"operation": {"cloud", "service", "operation"}, "region", "params"}`.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let aws = Aws::live(Catalog::open(None)?, None)?;
    for line in stdin().lines() {
        let call: Call = serde_json::from_str(&line?)?;
        // The first request reads the settings, the service, and its endpoint rules.
        let first = aws.dry_run(&call).await?;
        let begun = Instant::now();
        let mut made = 0_u64;
        while begun.elapsed() < SPAN {
            for _ in 0..50 {
                let request = aws.dry_run(&call).await?;
                assert_eq!(request.url, first.url);
            }
            made += 50;
        }
        let seconds = begun.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a count of a few seconds")]
        let rate = made as f64 / seconds;
        let signed = first.header("authorization").is_some();
        let line: Value =
            json!({"operation": call.operation.operation, "per_second": rate, "signed": signed});
        writeln!(stdout(), "{line}")?;
    }
    Ok(())
}
