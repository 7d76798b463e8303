//! Compiles the price table: `cargo run --example price_table -- PRICES.csv SOURCES.csv OUT.table`.

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [prices, sources, out] = &files[..] else {
        return Err("usage: price_table PRICES.csv SOURCES.csv OUT.table".into());
    };
    let read = |path: &PathBuf| {
        std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
    };
    let table = provisioner::finops::compile_prices(&read(prices)?, &read(sources)?)?;
    std::fs::write(out, table).map_err(|e| format!("cannot write {}: {e}", out.display()))?;
    Ok(())
}
