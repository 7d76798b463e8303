//! One answer per line, in order; a bad line answers with an error and never stops the stream.

use std::io::{BufRead, BufWriter, Write};

use serde_json::{Value, json};

use crate::cli::CliError;

/// Why a line got no proper answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LineError {
    /// What kind of error, for example `invalid` or `unknown_operation`.
    pub(crate) kind: String,
    /// What is wrong.
    pub(crate) message: String,
}

impl LineError {
    pub(crate) fn new(kind: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind: kind.into(), message: message.into() }
    }
}

/// Answers every line of `input` through `answer`; the `id` of a line is put into its answer.
///
/// # Errors
///
/// The output is closed or the input cannot be read.
pub(crate) fn serve(
    input: impl BufRead,
    output: impl Write,
    mut answer: impl FnMut(&Value) -> Result<Value, LineError>,
) -> Result<(), CliError> {
    let mut output = BufWriter::new(output);
    for line in input.split(b'\n') {
        let line = line.map_err(|e| CliError::failed(format!("cannot read a line: {e}")))?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let mut reply = serde_json::Map::new();
        match serde_json::from_slice::<Value>(&line) {
            Ok(request) => {
                reply.insert("id".into(), request.get("id").cloned().unwrap_or(Value::Null));
                match answer(&request) {
                    Ok(Value::Object(members)) => reply.extend(members),
                    Ok(other) => {
                        reply.insert("value".into(), other);
                    }
                    Err(error) => {
                        reply.insert("error".into(), json!({"kind": error.kind, "message": error.message}));
                    }
                }
            }
            Err(error) => {
                reply.insert("id".into(), Value::Null);
                let message = format!("not a JSON document: {error}");
                reply.insert("error".into(), json!({"kind": "syntax", "message": message}));
            }
        }
        let written = serde_json::to_writer(&mut output, &reply).map_err(std::io::Error::from);
        written
            .and_then(|()| output.write_all(b"\n"))
            .and_then(|()| output.flush())
            .map_err(|e| CliError::failed(format!("cannot write an answer: {e}")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn a_bad_line_answers_with_an_error_and_the_next_is_still_answered() {
        let mut out = Vec::new();
        let input: &[u8] = b"{\"id\":1,\"n\":2}\nnot json\n\n{\"id\":\"x\"}\n";
        serve(input, &mut out, |request| {
            let n = request.get("n").and_then(Value::as_i64);
            n.map(|n| json!({"double": n * 2})).ok_or_else(|| LineError::new("invalid", "n is missing"))
        })
        .unwrap();
        let lines: Vec<Value> = out
            .split(|b| *b == b'\n')
            .filter(|l| !l.is_empty())
            .map(|l| serde_json::from_slice(l).unwrap())
            .collect();
        assert_eq!(lines[0], json!({"id": 1, "double": 4}));
        assert_eq!(lines[1]["error"]["kind"], "syntax");
        assert_eq!(lines[2], json!({"id": "x", "error": {"kind": "invalid", "message": "n is missing"}}));
        assert_eq!(lines.len(), 3);
    }

    #[test]
    fn bytes_that_are_no_text_do_not_stop_the_stream() {
        let mut out = Vec::new();
        serve(&b"\xff\xfe\n{\"id\":1}\n"[..], &mut out, |_| Ok(json!({}))).unwrap();
        assert_eq!(out.iter().filter(|b| **b == b'\n').count(), 2);
    }
}
