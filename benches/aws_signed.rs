//! Requests rendered, checked, and signed per second, on one thread and on all cores: one JSON line per operation.
//!
//! `benches/aws_beside_botocore.py` runs it beside botocore with the same parameters.

use std::error::Error;
use std::io::{Write, stdin, stdout};
use std::thread;
use std::time::{Duration, Instant};

use provisioner::catalog::Catalog;
use provisioner::clouds::aws::Aws;
use provisioner::clouds::{Call, Cloud, CloudError};
use serde_json::{Value, json};

/// How long each operation is measured.
const SPAN: Duration = Duration::from_secs(2);

/// Requests per second on one thread.
async fn rate(aws: &Aws, call: &Call) -> Result<f64, CloudError> {
    // The first request reads the settings, the service, and its endpoint rules.
    let first = aws.dry_run(call).await?;
    let (begun, mut made) = (Instant::now(), 0_u32);
    while begun.elapsed() < SPAN {
        for _ in 0..50 {
            let request = aws.dry_run(call).await?;
            assert_eq!(request.url, first.url);
        }
        made += 50;
    }
    Ok(f64::from(made) / begun.elapsed().as_secs_f64())
}

fn on_a_thread(aws: &Aws, call: &Call) -> Result<f64, String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    runtime.block_on(rate(aws, call)).map_err(|e| e.to_string())
}

/// Reads one call per line, `{"operation": {"cloud", "service", "operation"}, "region", "params"}`.
fn main() -> Result<(), Box<dyn Error>> {
    let aws = Aws::live(Catalog::open(None)?, None)?;
    let cores = thread::available_parallelism()?.get();
    for line in stdin().lines() {
        let call: Call = serde_json::from_str(&line?)?;
        let alone = on_a_thread(&aws, &call)?;
        let together: Vec<Result<f64, String>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..cores).map(|_| scope.spawn(|| on_a_thread(&aws, &call))).collect();
            threads
                .into_iter()
                .map(|t| t.join().unwrap_or_else(|_| Err("a thread ended early".into())))
                .collect()
        });
        let together: f64 = together.into_iter().collect::<Result<Vec<_>, _>>()?.iter().sum();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let signed = runtime.block_on(aws.dry_run(&call))?.header("authorization").is_some();
        let line: Value = json!({"operation": call.operation.operation, "per_second": alone,
            "per_second_on_all_cores": together, "cores": cores, "signed": signed});
        writeln!(stdout(), "{line}")?;
    }
    Ok(())
}
