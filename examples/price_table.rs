//! Makes the embedded price table of a file in the neutral format of `finops::read_figures`:
//!
//! ```text
//! cargo run --example price_table -- PRICES.csv assets/prices/prices.table
//! ```

use std::error::Error;
use std::path::PathBuf;

use provisioner::finops::{read_figures, write_book};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(from), Some(to), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: price_table PRICES.csv PRICES.table".into());
    };
    let figures = read_figures(&from.to_string_lossy(), &std::fs::read_to_string(&from)?)?;
    std::fs::write(&to, write_book(&figures)?)?;
    Ok(())
}
