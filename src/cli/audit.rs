//! `audit verify|export`.

use serde_json::{Value, json};

use super::setup::Setup;
use super::{Args, CliError, Exit, Output};
use crate::regulator::{AuditChain, RegulatorError};

/// `provisioner audit verify`: 0 when the whole chain holds, 1 with the first bad record's number.
pub(crate) fn verify(args: &Args) -> Result<Exit, CliError> {
    let chain = AuditChain::open(&Setup::of(args)?.store()?).map_err(CliError::failed)?;
    let out = Output::new(args.json);
    match chain.verify() {
        Ok(verified) => {
            out.show(&verified, |v| {
                let torn = v.torn.map_or(String::new(), |bytes| {
                    format!("; {bytes} bytes of a record that was never finished are left aside")
                });
                format!("The audit chain holds: {} records, head {}{torn}", v.records, v.head)
            })?;
            Ok(Exit::Done)
        }
        Err(RegulatorError::BadRecord { number, reason }) => {
            let document: Value = json!({"bad_record": number, "reason": reason});
            out.show(&document, |_| {
                format!(
                    "Record {number} of the audit chain is not as it was written: {reason}.\nEverything before it holds. Keep the store as it is and compare it with a backup."
                )
            })?;
            Ok(Exit::Failed)
        }
        Err(error) => Err(CliError::failed(error)),
    }
}

/// `provisioner audit export`: all records, oldest first, one JSON document a line.
pub(crate) fn export(args: &Args) -> Result<Exit, CliError> {
    let chain = AuditChain::open(&Setup::of(args)?.store()?).map_err(CliError::failed)?;
    let records = chain.records().map_err(CliError::failed)?;
    Output::new(args.json).show(&records, |records| {
        let lines: Vec<String> =
            records.iter().filter_map(|record| serde_json::to_string(record).ok()).collect();
        lines.join("\n")
    })?;
    Ok(Exit::Done)
}
